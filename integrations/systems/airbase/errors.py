"""What Airbase's refusals mean. Bodies are those of Django REST framework: `{"detail": …}`, or field to messages."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from integrations.http.budget import RateReading
from integrations.http.errors import Answer, ConfigError, Fault, RateLimited, Rejected, retry_after
from integrations.systems.airbase import wire

LABEL = "Airbase"
IN_USE = re.compile(r"already (in use|exists)|must be unique", re.IGNORECASE)
UNKNOWN_ENTITY = re.compile(r"entity not found", re.IGNORECASE)
NOT_OFFERED = (404, 405)


class NotOffered(ConfigError):
    """This tenant has no such resource, or does not let it be written."""


class BatchRefused(Rejected):
    """A batch of which nothing was taken, because some of its rows are wrong."""

    rows: dict[int, str]
    """Place in the batch to what is wrong."""


def fault(answer: Answer, now: dt.datetime) -> Fault | None:
    """The error table: what an answer other than 2xx means. None: the usual meaning of its status."""
    if answer.status == 429:
        return _throttled(answer, now)
    if answer.status in (401, 408, 409, 412) or answer.status >= 500:
        return None
    said = "; ".join(messages_of(answer.body)) or answer.text or "no explanation"
    technical = f"{answer.method} {answer.url} → {answer.status}: {said}"
    if answer.status == 405:
        return NotOffered(
            f"{LABEL} does not take this from outside: {said}",
            remedy="Test the connection: it looks what this tenant offers.",
            technical=technical,
            status=405,
        )
    if answer.status == 403:
        return ConfigError(
            f"{LABEL} does not permit this to our key: {said}",
            remedy="Give the API key the permission to write, in the Airbase portal.",
            technical=technical,
            status=403,
        )
    if answer.status in (400, 422) and (rows := _row_errors(answer.body)):
        refused = BatchRefused(f"{LABEL} refused it: {said}", technical=technical, status=answer.status)
        refused.rows = rows
        return refused
    if answer.status in (400, 422):
        return Rejected(
            f"{LABEL} refused it: {said}",
            remedy="Correct what it names in Visma.net; the corrected version goes by itself.",
            technical=technical,
            status=answer.status,
        )
    return None


def _throttled(answer: Answer, now: dt.datetime) -> RateLimited | None:
    """Without a Retry-After header the body says when: "Expected available in 12 seconds."."""
    said = " ".join(messages_of(answer.body))
    seconds = re.search(r"available in (\d{1,5}) second", said)
    if retry_after(answer.headers, now) is not None or seconds is None:
        return None
    return RateLimited(
        f"{LABEL} allows no more calls for now.",
        retry_at=now + dt.timedelta(seconds=int(seconds.group(1)) + 1),
        status=429,
        technical=f"{answer.method} {answer.url} → 429: {said}",
    )


def _row_errors(body: bytes) -> dict[int, str]:
    """Which rows of a refused batch are wrong, and why; {} when the body does not say."""
    try:
        refusal = msgspec.json.decode(body, type=wire.Refusal)
        rows = [(msgspec.json.decode(raw, type=wire.RowError).index, bytes(raw)) for raw in refusal.validation_errors]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return {index: "; ".join(messages_of(raw)) or "no reason" for index, raw in rows if index is not None}


def messages_of(body: bytes) -> list[str]:
    """The sentences of an error body, fields before them; [] for what is none."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []
    return list(_sentences(said))[:20]


def _sentences(said: Any, name: str = "") -> Iterator[str]:
    if isinstance(said, Mapping):
        for key, value in said.items():
            if key != "index":
                yield from _sentences(value, "" if key in ("detail", "non_field_errors") else str(key))
    elif isinstance(said, list):
        for one in said:
            yield from _sentences(one, name)
    elif said is not None:
        yield f"{name}: {said}"[:300] if name else str(said)[:300]


def rate_reading(headers: Mapping[str, str], now: dt.datetime) -> RateReading | None:
    """The allowance by its headers. There is none that says when it begins anew."""
    limit, left = (headers.get(f"X-Ratelimit-{name}", "").strip() for name in ("Limit", "Remaining"))
    if not (limit.isdecimal() and left.isdecimal()):
        return None
    return RateReading(allowance=int(limit), remaining=int(left))
