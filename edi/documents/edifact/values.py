"""Dates, numbers and units in the forms of EDIFACT."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from edi.documents import money, units
from edi.documents.edifact import codes

DAY, MINUTE, SECOND = "102", "203", "204"
"""Formats of dates (2379)."""


def day(date: dt.date) -> str:
    """CCYYMMDD."""
    return f"{date.year:04d}{date.month:02d}{date.day:02d}"


def as_number(value: Decimal) -> str:
    """An explicit point, no needless zeros, never an exponent."""
    return money.as_r(value)


def to_unit(unit: str, extra: Mapping[str, str]) -> str:
    """The unit (6411) of a book unit or an X12 code, ``""`` when it is unknown.

    A partner's own table comes first; an entry for a book unit (STK) holds for its X12 code (EA) as well.
    """
    known = units.to_x12(unit)
    for own, code in extra.items():
        if own.upper() == unit.strip().upper() or (known and units.to_x12(own) == known):
            return code
    stated = units.from_x12(known) if known else ""
    return codes.UNITS.get(stated, stated)


def from_unit(code: str) -> str:
    """The unit that a document states for a unit (6411)."""
    return codes.UNITS_READ.get(code, code)
