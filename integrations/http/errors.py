"""Errors by consequence: what the engine does next, not what went wrong inside."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from portal.common.redaction import scrub


class Fault(Exception):
    """A call that did not do what it should.

    `sentence` is for people: what happened and to what. `remedy` says what to do. `technical` is for support. None
    holds a secret.
    """

    kind = "bug"
    certainly_not_applied = False

    def __init__(self, sentence: str, *, remedy: str = "", technical: str = "", status: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence, self.remedy, self.technical, self.status = sentence, remedy, technical, status
        self.progress: dict[str, Any] = {}
        """What of the effect was made before it failed. A sink finds it again in the frozen meta, as `progress`."""

    def forget(self, secrets: Iterable[str]) -> None:
        """Masks secrets in all texts: some systems repeat the key that they refuse."""
        secrets = tuple(secrets)
        self.sentence, self.remedy = scrub(self.sentence, secrets), scrub(self.remedy, secrets)
        self.technical = scrub(self.technical, secrets)
        self.args = (self.sentence,)


class ConfigError(Fault):
    """Credentials, permissions or settings are wrong: tell the customer, pause, never retry by itself."""

    kind = "config"
    certainly_not_applied = True


class Unauthorized(Fault):
    """The token was refused. The session refreshes it once; what remains opens the breaker."""

    kind = "unauthorized"
    certainly_not_applied = True


class RateLimited(Fault):
    """The source, or our own budget for it, allows no call before `retry_at` (UTC)."""

    kind = "rate_limited"
    certainly_not_applied = True
    connection_id: int | None = None
    """The connection whose calls are used up, once its session has noted it: nothing else goes there before."""

    def __init__(self, sentence: str, *, retry_at: dt.datetime, status: int | None = None, technical: str = "") -> None:
        super().__init__(sentence, status=status, technical=technical)
        self.retry_at = retry_at


class Paused(Fault):
    """No call was made: the breaker is open, or sending is stopped. Not a try; `retry_at` says when to look again."""

    kind = "paused"
    certainly_not_applied = True

    def __init__(self, sentence: str, *, retry_at: dt.datetime) -> None:
        super().__init__(sentence)
        self.retry_at = retry_at


class Transient(Fault):
    """It failed, it certainly had no effect, and it may work later."""

    kind = "transient"
    certainly_not_applied = True

    def __init__(
        self,
        sentence: str,
        *,
        remedy: str = "",
        technical: str = "",
        status: int | None = None,
        retry_after: dt.timedelta | None = None,
    ) -> None:
        super().__init__(sentence, remedy=remedy, technical=technical, status=status)
        self.retry_after = retry_after


class Unknown(Fault):
    """Nobody knows whether it had an effect: the delivery is in doubt until evidence is found. Never a blind retry."""

    kind = "unknown"


class Conflict(Fault):
    """Somebody else changed the target first: re-read and prepare anew.

    `base` holds the values that were to be replaced, in words: the next try, however much later, is handed those of the
    first one, and writes only where they still stand.
    """

    kind = "conflict"
    certainly_not_applied = True

    def __init__(
        self,
        sentence: str,
        *,
        remedy: str = "",
        technical: str = "",
        status: int | None = None,
        base: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(sentence, remedy=remedy, technical=technical, status=status)
        self.base = dict(base or {})


class Rejected(Fault):
    """The target refuses this one record. Only a person or new data can change that."""

    kind = "rejected"
    certainly_not_applied = True

    def __init__(
        self, sentence: str, *, remedy: str = "", technical: str = "", status: int | None = None, field: str = ""
    ) -> None:
        super().__init__(sentence, remedy=remedy, technical=technical, status=status)
        self.field = field


class NeedsApproval(Fault):
    """A person must say yes before this is written; nothing was sent. `asks` is what they are shown, a line each;
    `digest` tells it from anything else, so that a yes counts for exactly this."""

    kind = "approval"
    certainly_not_applied = True

    def __init__(self, sentence: str, *, asks: Iterable[str], digest: str) -> None:
        super().__init__(sentence, remedy="Approve or refuse it on the delivery's page. Until then it waits.")
        self.asks, self.digest = tuple(asks), digest


class NotFound(Rejected):
    """The named object does not exist there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as the error tables see it."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    effect: bool
    """Whether the call could change something at the target."""

    @property
    def text(self) -> str:
        """The body as text without markup, at most 400 characters: what can be shown of an error page."""
        text = self.body[:20_000].decode("utf-8", "replace")
        text = re.sub(r"(?is)<(script|style|head)\b.*?</\1>", " ", text)
        text = re.sub(r"<[^>]{1,300}>", " ", text)
        return " ".join(text.split())[:400]


def retry_after(headers: Mapping[str, str], now: dt.datetime) -> dt.datetime | None:
    """When a Retry-After header (seconds or HTTP date) allows the next call, by our clock, or None. A date is by the
    clock of whoever answered, which its Date header tells."""
    value = _header(headers, "retry-after").strip()
    if not value:
        return None
    if value.isdecimal():
        return now + dt.timedelta(seconds=min(int(value), 86_400))
    moment = _http_date(value)
    return now + (moment - (date_of(headers) or now)) if moment is not None else None


def date_of(headers: Mapping[str, str]) -> dt.datetime | None:
    """The clock of whoever answered, by its Date header. One without a zone is in UTC, as all are; a proxy may add a
    second one, and then the first counts."""
    return _http_date(",".join(_header(headers, "date").split(",")[:2]))


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((v for k, v in headers.items() if k.lower() == name), "")


def _http_date(value: str) -> dt.datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def default_fault(answer: Answer, *, system: str, now: dt.datetime, message: str = "") -> Fault:
    """What a status means where the system's own table says nothing else. `message` is the system's text for people."""
    said = message or answer.text or "no explanation"
    technical = f"{answer.method} {answer.url} → {answer.status}: {said}"
    status = answer.status
    if status == 401:
        return Unauthorized(f"{system} refused our credentials: {said}", technical=technical, status=status)
    if status == 403:
        return ConfigError(
            f"{system} does not permit this: {said}",
            remedy=f"Check in {system} which rights the credentials of this connection have.",
            technical=technical,
            status=status,
        )
    if status == 429:
        return RateLimited(
            f"{system} allows no more calls for now.",
            retry_at=retry_after(answer.headers, now) or now + dt.timedelta(seconds=60),
            status=status,
            technical=technical,
        )
    if status in (409, 412):
        return Conflict(
            f"{system} says that the record was changed by somebody else: {said}", technical=technical, status=status
        )
    if status == 404:
        return NotFound(f"{system} does not know {answer.url}: {said}", technical=technical, status=status)
    if status == 408 or status >= 500:
        if answer.effect:
            return Unknown(
                f"{system} failed ({status}) and may or may not have done what we asked: {said}",
                technical=technical,
                status=status,
            )
        wait = retry_after(answer.headers, now)
        return Transient(
            f"{system} failed ({status}): {said}",
            technical=technical,
            status=status,
            retry_after=wait - now if wait else None,
        )
    if 300 <= status < 400:
        return ConfigError(
            f"{system} redirected us to another address, which is not followed.",
            remedy="Check the address in the connection's settings.",
            technical=technical,
            status=status,
        )
    return Rejected(f"{system} refused it: {said}", technical=technical, status=status)
