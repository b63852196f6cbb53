"""Amounts: decimals of currencies, the number forms of X12, and sums that must add up."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal

from edi.documents.values import Charge, normalise

EXPONENTS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"), 0
    ),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""ISO 4217 currencies whose minor unit is not a hundredth."""

CENT = Decimal("0.01")

WIDE = Context(prec=60)
"""Holds any product of an X12 quantity (15 digits) and price (17 digits) exactly."""


def exponent(currency: str) -> int:
    """Number of decimals of a currency's minor unit: 2 for SEK, 0 for ISK, 3 for KWD."""
    return EXPONENTS.get(currency, 2)


def minor_unit(currency: str) -> Decimal:
    """The least amount of a currency: 0.01 for SEK, 1 for ISK."""
    return Decimal(1).scaleb(-exponent(currency))


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole minor units, halves away from zero as in bookkeeping."""
    return amount.quantize(minor_unit(currency), ROUND_HALF_UP, WIDE)


def fits(amount: Decimal, unit: Decimal) -> bool:
    """Whether an amount is a whole number of `unit`."""
    return WIDE.remainder(amount, unit) == 0


def as_r(number: Decimal) -> str:
    """X12 type R: an explicit point, no needless zeros, never an exponent."""
    return format(normalise(number), "f")


def as_n2(amount: Decimal) -> str:
    """X12 type N2: hundredths without a point.

    N2 has two decimals whatever the currency is: 1000 ISK is 100000, and 1.234 KWD has no N2 form (`fits` tells).
    """
    return str(int(amount.scaleb(2)))


def from_n2(text: str) -> Decimal:
    """The amount of an N2 value. Raises ValueError."""
    if not text.lstrip("-").isascii() or not text.removeprefix("-").isdigit():
        raise ValueError(text)
    return Decimal(text).scaleb(-2)


def net_charges(charges: Iterable[Charge]) -> Decimal:
    """Charges minus allowances."""
    return sum((c.amount if c.kind == "charge" else -c.amount for c in charges), Decimal(0))


def hash_total(quantities: Iterable[Decimal]) -> str:
    """X12 element 347: the digits of all values summed without point and sign, the last ten digits kept.

    So 1.8 counts 18. A value counts in its shortest form, as it is written in the segments.
    """
    total = sum(int("".join(d for d in as_r(q) if d.isdigit())) for q in quantities)
    return str(total % 10**10)
