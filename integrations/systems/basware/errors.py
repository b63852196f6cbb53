"""What Basware's refusals mean. Its APIs have several shapes of bodies, and some answers have none."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import msgspec

from integrations.http.errors import Answer, ConfigError, Fault, Rejected, Transient, retry_after
from integrations.systems.basware import wire

LABEL = "Basware"
REMEDY = "Correct what it names in Visma.net; the corrected version goes by itself."
BUSY = dt.timedelta(seconds=5)
LINES = re.compile(r"/matchingOrderLines|/purchaseOrders")


class BatchRefused(Rejected):
    """A batch of which nothing was taken, because some of its records are wrong."""

    records: dict[str, str]
    """External code to what is wrong."""


def fault(answer: Answer, now: dt.datetime) -> Fault | None:
    """The error table: what an answer other than 2xx means. None: the usual meaning of its status."""
    said = said_in(answer.body) or answer.text
    technical = f"{answer.method} {answer.url} → {answer.status}: {said or 'no explanation'}"
    if answer.status == 400 and (wrong := _records(answer.body)):
        refused = BatchRefused(f"{LABEL} refused it: {said}", remedy=REMEDY, technical=technical, status=400)
        refused.records = wrong
        return refused
    if answer.status in (400, 422):
        return Rejected(
            f"{LABEL} refused it: {said or 'no explanation'}", remedy=REMEDY, technical=technical, status=answer.status
        )
    if answer.status == 403:
        return ConfigError(
            f"{LABEL} does not permit this to our credentials: {said or 'a scope is missing'}",
            remedy="Ask Basware's consultant for the scope, and write it among the scopes of the connection.",
            technical=technical,
            status=403,
        )
    # Only in Basware's own words: what a gateway in front of it answers does not say that nothing was changed.
    if answer.status == 503 and said_in(answer.body) and answer.method == "PATCH" and LINES.search(answer.url):
        until = retry_after(answer.headers, now)
        return Transient(
            f"{LABEL} is still busy with an earlier change of the line.",
            technical=technical,
            status=503,
            retry_after=until - now if until else BUSY,
        )
    return None


def network_fault(answer: Answer, now: dt.datetime) -> Fault | None:
    """The Network's refusals: `{"errors": {"message", "validationErrors": [...]}}`."""
    said = said_in(answer.body) or answer.text
    technical = f"{answer.method} {answer.url} → {answer.status}: {said or 'no explanation'}"
    if answer.status == 409:
        return Rejected(
            f"{LABEL} has this invoice in process already, and takes no other version of it: {said}",
            remedy="Correct it in Basware; the corrected version in Visma.net is not sent.",
            technical=technical,
            status=409,
        )
    if answer.status in (400, 413, 422):
        return Rejected(f"{LABEL} refused it: {said}", remedy=REMEDY, technical=technical, status=answer.status)
    return None


def said_in(body: bytes) -> str:
    """The sentences of an error body; "" for one that has none."""
    try:
        refusal = msgspec.json.decode(body, type=wire.Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    found = [*_data_errors(refusal), *_network_errors(refusal)]
    found += [e.message or e.code or "" for e in refusal.error_messages or ()]
    found += [text for text in (refusal.error_description, refusal.error, refusal.message) if text][:1]
    found += _detail(refusal.detail)
    return "; ".join(dict.fromkeys(text for text in found if text))[:600]


def _errors(refusal: wire.Refusal) -> list[wire.Error]:
    found = []
    for said in refusal.errors if isinstance(refusal.errors, list) else ():
        try:
            found.append(msgspec.convert(said, wire.Error, strict=False))
        except msgspec.ValidationError:
            continue  # of a shape that nobody knows: the text of the whole body is kept beside
    return found


def _data_errors(refusal: wire.Refusal) -> list[str]:
    return [
        " ".join(t for t in (f"{e.external_code}:" if e.external_code else "", e.message or e.code, e.info) if t)
        for e in _errors(refusal)
    ]


def _network_errors(refusal: wire.Refusal) -> list[str]:
    said = refusal.errors
    if not isinstance(said, dict):
        return []
    fields = [
        f"{one.get('fieldId')}: {one.get('fieldMessage')}"
        for one in said.get("validationErrors") or ()
        if isinstance(one, dict)
    ]
    return [str(said.get("message") or ""), *fields]


def _detail(said: Any) -> list[str]:
    if isinstance(said, str):
        return [said]
    return [str(one.get("msg") or "") for one in said if isinstance(one, dict)] if isinstance(said, list) else []


def _records(body: bytes) -> dict[str, str]:
    """Which records of a refused batch are wrong, and why; {} when the body does not say."""
    try:
        refusal = msgspec.json.decode(body, type=wire.Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    found: dict[str, str] = {}
    for error in _errors(refusal):
        if error.external_code:
            text = " ".join(t for t in (error.message or error.code, error.info) if t)
            found[error.external_code] = "; ".join(t for t in (found.get(error.external_code, ""), text) if t)
    return found
