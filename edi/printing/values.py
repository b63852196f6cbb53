"""Values of a readable document as people write them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from edi.documents.money import exponent, rounded
from edi.documents.readable import Fact
from edi.documents.readable.parts import Kind, Shown

_THOUSANDS = "\u00a0"


def written(value: Shown, kind: Kind, currency: str) -> str:
    """A value as text: amounts with the decimals of ``currency``, dates as 2026-05-31, lines one below the other."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "\n".join(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return amount(value, currency) if kind == "amount" else number(value)
    if isinstance(value, int):
        return number(Decimal(value))
    return value


def amount(value: Decimal, currency: str) -> str:
    """``12 345.60``. More decimals than the currency has are kept: nothing is rounded on paper."""
    places = exponent(currency)
    exact = value if rounded(value, currency) != value else rounded(value, currency)
    text = f"{exact:,f}" if exact != rounded(value, currency) else f"{exact:,.{places}f}"
    return text.replace(",", _THOUSANDS)


def number(value: Decimal) -> str:
    """``1 250.5``: no needless zeros, never an exponent."""
    text = f"{value:,f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(",", _THOUSANDS)


def fact_text(fact: Fact, currency: str) -> str:
    """The value of a fact."""
    return written(fact.value, fact.kind, currency)
