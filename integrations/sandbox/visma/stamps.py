"""Row versions and moments as Visma writes them, and the moments it accepts in filters."""

from __future__ import annotations

import base64
import re
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from integrations.sandbox.kernel import iso

FIRST_ROWVERSION = 0x4D182222
FORMS = ("zoneless", "utc", "offset", "mixed")
_FILTER_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}:\d{2}(\.\d{1,3})?)?")
_BODY_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?(Z|[+-]\d{2}:\d{2})?)?")


def rowversion(number: int) -> str:
    """An 8-byte SQL Server row version in base64: 0x4D182222 gives "AAAAAE0YIiI="."""
    return base64.b64encode((FIRST_ROWVERSION + number).to_bytes(8, "big")).decode()


@lru_cache(maxsize=200_000)
def local(stored: str, zone: str) -> datetime:
    """A stored UTC moment as the zoneless local time that the database of the company holds."""
    return datetime.fromisoformat(stored).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def shown(stored: str, *, zone: str, form: str, salt: int) -> str:
    """A stored UTC moment in one of the three forms that occur in answers; "mixed" picks one by `salt`."""
    if form == "mixed":
        form = FORMS[salt % 3]
    moment = datetime.fromisoformat(stored)
    if form == "utc":
        return iso(moment)
    placed = moment.astimezone(ZoneInfo(zone))
    if form == "zoneless":
        placed = placed.replace(tzinfo=None)
    return placed.isoformat(timespec="milliseconds" if placed.microsecond else "seconds")


def filter_moment(text: str) -> datetime:
    """A zoneless moment from a query. Raises ValueError for anything with a zone and for other formats."""
    if not _FILTER_MOMENT.fullmatch(text):
        raise ValueError(f"String was not recognized as a valid DateTime: '{text}'")
    return datetime.fromisoformat(text)


def body_date(text: str) -> str:
    """A date-time of a request body as it is stored. Raises ValueError.

    A zone is not kept: the value is moved to UTC first, which is how a date lands on the day before.
    """
    if not _BODY_MOMENT.fullmatch(text):
        raise ValueError(f"Could not convert string to DateTime: {text}")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(timespec="seconds")


def day(value: date) -> str:
    """A date as Visma writes it: "2026-06-01T00:00:00"."""
    return datetime.combine(value, time()).isoformat()
