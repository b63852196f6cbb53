"""What Visma's failures mean, from every body it is known to send: business message, gateway exception, token
error, HTML, nothing.

Sources: the vendor's pages on tokens and rate limits, its forum, and public client code, as collected for this
project.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from integrations.http.budget import RateReading
from integrations.http.errors import (
    Answer,
    ConfigError,
    Conflict,
    Fault,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    default_fault,
    retry_after,
)
from integrations.systems.visma.wire import Problem

LABEL = "Visma.net ERP"
RIGHTS_TAKE = "New rights take up to 15 minutes to work."
TENANT_MIX_UP = (
    "Mostly the Visma tenant id is the customer's and not the company's: both give a token, only the company's opens "
    "the API. Check too that company id and Visma tenant id belong to the same company. If it has worked before, the "
    "company's licence or the approval in the Visma App Store may have ended: ask its Integration Administrator. "
    f"{RIGHTS_TAKE}"
)

_SUPPORT_KEY = re.compile(r"VismaId:\s*([0-9a-fA-F-]{8,})\.?\s*")
_MISSING = re.compile(r"(\w[\w .]*?) '([^']*)' cannot be found in the system")
_NOT_SAVED = re.compile(
    r"\berror (creating|inserting|updating|saving)\b|'[^']+' record raised at least one error"
    r"|cannot be found in the system|cannot be empty",
    re.IGNORECASE,
)
_BROKE_OFF = re.compile(
    r"time-?d?[ -]?out|deadlock|object reference|connection|network|transaction|internal server error|sql|unexpected"
    r"|another process",
    re.IGNORECASE,
)
_SECONDS_LEFT = re.compile(r"try again in (\d+) seconds?", re.IGNORECASE)


class _LoginProblem(NamedTuple):
    sentence: str
    remedy: str


_LOGIN_PROBLEMS = {
    "invalid_client": _LoginProblem(
        "Visma Connect does not know this client id, or the client secret is wrong.",
        "Compare both with the application in the Visma Developer Portal. If the secret is lost or has ended, make a "
        "new "
        "one there.",
    ),
    "invalid_tenant": _LoginProblem(
        "Visma Connect gives this application no access to Visma tenant {tenant}.",
        "Check the Visma tenant id, and that the company has a licence and its Integration Administrator has "
        "approved the "
        f"application in the Visma App Store. {RIGHTS_TAKE}",
    ),
    "invalid_scope": _LoginProblem(
        "Visma Connect does not give this application the scopes “{scope}”.",
        "Have them approved in the Visma Developer Portal and again by the company in the Visma App Store, or take the "
        f"missing ones out of the connection's scopes. {RIGHTS_TAKE}",
    ),
    "unauthorized_client": _LoginProblem(
        "Visma Connect does not let this application log in by itself.",
        "The application must be of the kind “service” (client credentials) in the Visma Developer Portal.",
    ),
    "invalid_grant": _LoginProblem(
        "Visma Connect refused the log-in of this application.",
        "Check client id, client secret and Visma tenant id, and the application's approval in the Visma App Store.",
    ),
    "unsupported_grant_type": _LoginProblem(
        "What answers at the token URL does not give tokens to applications.",
        "Check the token URL in the connection's settings.",
    ),
    "invalid_request": _LoginProblem(
        "Visma Connect does not understand the log-in.",
        "Check that client id, client secret, scopes and Visma tenant id are filled in as Visma states them.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorTable:
    """The error table of one connection: Answer → Fault, or None where the default table says it."""

    token_url: str
    tenant_id: str
    company_id: str
    scope: str

    def __call__(self, answer: Answer, now: dt.datetime) -> Fault | None:
        said = Said.of(answer)
        if (said.login_error or answer.url == self.token_url) and (refused := self._login(answer, said)):
            return refused
        match answer.status:
            case 401:
                return self._unauthorized(answer, said)
            case 403:
                return self._forbidden(answer, said)
            case 404:
                return NotFound(
                    f"{LABEL} has nothing at {_path(answer)}{said.quoted}.",
                    technical=said.technical(answer),
                    status=404,
                )
            case 409 | 412:
                return Conflict(
                    f"The record at {_path(answer)} was changed in {LABEL} after it was read{said.quoted}.",
                    technical=said.technical(answer),
                    status=answer.status,
                )
            case 429:
                return self._too_many(answer, said, now)
            case 400 | 422:
                return _rejected(answer, said)
            case 500 if answer.effect and proves_not_saved(answer, said.message):
                return _rejected(answer, said)
        fault = default_fault(answer, system=LABEL, now=now, message=said.message)
        fault.technical = said.technical(answer)
        return fault

    def _login(self, answer: Answer, said: Said) -> Fault | None:
        if answer.status in (400, 401, 403):
            known = _LOGIN_PROBLEMS.get(said.login_error)
            sentence = known.sentence if known else f"Visma Connect refused to give a token{said.quoted}."
            for name, value in (("{tenant}", self.tenant_id), ("{scope}", self.scope)):
                sentence = sentence.replace(name, value)
            return ConfigError(
                sentence,
                remedy=known.remedy if known else "Check the credentials in the connection's settings.",
                technical=said.technical(answer),
                status=answer.status,
            )
        if answer.status in (404, 405):
            return ConfigError(
                "Nothing gives tokens at the token URL.",
                remedy="Check the token URL in the connection's settings.",
                technical=said.technical(answer),
                status=answer.status,
            )
        return None

    def _unauthorized(self, answer: Answer, said: Said) -> Fault:
        if said.fault_code == "12027" or "license" in said.message.lower():
            return ConfigError(
                f"{LABEL} does not let Visma tenant {self.tenant_id} into company {self.company_id}{said.quoted}.",
                remedy=TENANT_MIX_UP,
                technical=said.technical(answer),
                status=401,
            )
        return Unauthorized(
            f"{LABEL} refuses the token that Visma Connect gave for Visma tenant {self.tenant_id}{said.quoted}.",
            remedy=TENANT_MIX_UP,
            technical=said.technical(answer),
            status=401,
        )

    def _forbidden(self, answer: Answer, said: Said) -> Fault:
        verb = "change" if answer.effect else "read"
        return ConfigError(
            f"{LABEL} does not let this application {verb} {_path(answer)} in company {self.company_id}{said.quoted}.",
            remedy="Check the application's scopes, and that the company's Integration Administrator approved it in "
            f"the Visma App Store after the last change of scopes. {RIGHTS_TAKE}",
            technical=said.technical(answer),
            status=403,
        )

    def _too_many(self, answer: Answer, said: Said, now: dt.datetime) -> RateLimited:
        """Retry-After is what Visma documents; then its other headers, then its words."""
        until = retry_after(answer.headers, now)
        reading = rate_reading(answer.headers, now)
        if until is None and reading is not None and reading.resets_in is not None:
            until = now + reading.resets_in
        if until is None and (words := _SECONDS_LEFT.search(said.message)):
            until = now + dt.timedelta(seconds=int(words.group(1)))
        return RateLimited(
            f"{LABEL} allows company {self.company_id} no more calls for now{said.quoted}.",
            retry_at=until or now + dt.timedelta(seconds=60),
            status=429,
            technical=said.technical(answer),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the body of a failure says."""

    message: str = ""
    """For people, on one line, without Visma's support key."""
    support_key: str = ""
    """What Visma's support asks for."""
    fault_code: str = ""
    login_error: str = ""
    """The error code of the token service."""

    @classmethod
    def of(cls, answer: Answer) -> Said:
        try:
            problem = msgspec.json.decode(answer.body, type=Problem, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError):  # HTML, plain text, nothing at all
            return cls(message=answer.text, support_key=_header(answer, "Ipp-Request-Id"))
        texts = (problem.message, problem.Message, problem.exception_message, problem.error_description, problem.error)
        text = next((text for text in texts if text), "")
        if problem.exception_details:
            text = f"{text} {problem.exception_details}".strip()
        if problem.model_state:
            text = "; ".join(
                [text.rstrip(".:; "), *(f"{k}: {' '.join(v)}" for k, v in problem.model_state.items())]
            ).strip("; ")
        keys = [*_SUPPORT_KEY.findall(text), problem.exception_message_id or "", _header(answer, "Ipp-Request-Id")]
        return cls(
            message=_one_line(_SUPPORT_KEY.sub("", text)) or answer.text,
            support_key=next((key for key in keys if key), ""),
            fault_code=str(problem.exception_fault_code or ""),
            login_error=problem.error or "",
        )

    @property
    def quoted(self) -> str:
        return f": {self.message.rstrip('.')}" if self.message else ""

    def technical(self, answer: Answer) -> str:
        parts = [f"{answer.method} {answer.url} → {answer.status}"]
        parts += [
            f"{name} {value}" for name, value in (("VismaId", self.support_key), ("code", self.fault_code)) if value
        ]
        return "; ".join([*parts, self.login_error or self.message or "empty body"])


def proves_not_saved(answer: Answer, message: str) -> bool:
    """Whether a 500 on a write says that nothing was saved.

    Visma answers some refusals of records with 500 and a message that names the refusal (“Error inserting the
    customer …”, “Terms 'TT' cannot be found in the system”); a record is saved whole or not at all. Everything else
    that comes as 500 may have happened after saving: an action (release …), a timeout, a lost connection, a fault
    in Visma's own code. Then it is unknown whether the write had an effect.
    """
    if "/action/" in answer.url.lower() or _BROKE_OFF.search(message):
        return False
    return bool(_NOT_SAVED.search(message))


def rate_reading(headers: Mapping[str, str], now: dt.datetime) -> RateReading | None:
    """X-RateLimit-Limit, -Remaining and -Reset, which every answer carries; None without them.

    Reset is seconds from now; older answers gave seconds since 1970, which are told apart by their size.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    limit, remaining, reset = (_count(lower.get(f"x-ratelimit-{name}", "")) for name in ("limit", "remaining", "reset"))
    if limit is None and remaining is None and reset is None:
        return None
    resets_in = None
    if reset is not None:
        seconds = reset - now.timestamp() if reset > 1_000_000_000 else float(reset)
        resets_in = dt.timedelta(seconds=min(max(seconds, 0.0), 86_400.0))
    return RateReading(allowance=limit, remaining=remaining, resets_in=resets_in)


def _rejected(answer: Answer, said: Said) -> Rejected:
    missing = _MISSING.search(said.message)
    remedy = (
        f"Correct the record, or make {missing.group(1)} {missing.group(2)} in {LABEL}."
        if missing
        else "Correct the record and replay it."
    )
    return Rejected(
        f"{LABEL} refuses {_path(answer)}{said.quoted or ' without saying why'}.",
        remedy=remedy,
        technical=said.technical(answer),
        status=answer.status,
        field=missing.group(1) if missing else "",
    )


def _one_line(text: str) -> str:
    """Visma packs several errors into one text with line breaks between them."""
    parts = (part.strip() for part in re.split(r"[\r\n]+", text))
    return "; ".join(part for part in parts if part)[:1000]


def _path(answer: Answer) -> str:
    """The resource without host and query: supplierInvoice/Invoice/000357."""
    path = answer.url.partition("?")[0]
    return re.split(r"/v\d+/", path, maxsplit=1)[-1]


def _header(answer: Answer, name: str) -> str:
    return next((value for key, value in answer.headers.items() if key.lower() == name.lower()), "")


def _count(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() else None
