"""What an order costs, calculated as Magento's total collectors do, in one currency at a time.

Per row: row_total + tax + discount_tax_compensation − discount = what the shopper pays for it. Where catalogue prices
include tax, discounts are taken from the price with tax, and the compensation gives back the tax of the discount.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def cents(value: Decimal) -> Decimal:
    """Rounded half up to two decimals."""
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def decimal(value: Any) -> Decimal:
    """A JSON number or decimal string as Decimal; absent counts as zero."""
    return Decimal(str(value or 0))


def number(value: Decimal) -> int | float:
    """As PHP writes a number: 175, 22.5."""
    return int(value) if value == value.to_integral_value() else float(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One row to be priced: `unit` is the catalogue price, `rate` the tax in percent."""

    unit: Decimal
    quantity: Decimal
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A priced row."""

    price: Decimal = ZERO
    price_incl_tax: Decimal = ZERO
    row_total: Decimal = ZERO
    row_total_incl_tax: Decimal = ZERO
    tax_amount: Decimal = ZERO
    discount_amount: Decimal = ZERO
    discount_tax_compensation_amount: Decimal = ZERO


class Rounding:
    """Tax rounded per row, or carried from row to row so that the total is right ("total", Magento's default)."""

    def __init__(self, algorithm: str) -> None:
        self._carry = algorithm == "total"
        self._left: dict[tuple[str, Decimal], Decimal] = {}

    def tax(self, raw: Decimal, rate: Decimal, kind: str) -> Decimal:
        """The rounded tax of a row."""
        if not self._carry:
            return cents(raw)
        exact = raw + self._left.get((kind, rate), ZERO)
        rounded = cents(exact)
        self._left[kind, rate] = exact - rounded
        return rounded


def priced(part: Part, discount: Decimal, *, includes_tax: bool, rounding: Rounding) -> Priced:
    """The amounts of one row."""
    share = part.rate / 100
    amount = cents(part.unit * part.quantity)
    if includes_tax:
        before = rounding.tax(amount * share / (1 + share), part.rate, "before")
        tax = rounding.tax((amount - discount) * share / (1 + share), part.rate, "after")
        return Priced(
            price=cents(part.unit / (1 + share)),
            price_incl_tax=cents(part.unit),
            row_total=amount - before,
            row_total_incl_tax=amount,
            tax_amount=tax,
            discount_amount=discount,
            discount_tax_compensation_amount=before - tax,
        )
    return Priced(
        price=cents(part.unit),
        price_incl_tax=cents(part.unit * (1 + share)),
        row_total=amount,
        row_total_incl_tax=amount + rounding.tax(amount * share, part.rate, "before"),
        tax_amount=rounding.tax((amount - discount) * share, part.rate, "after"),
        discount_amount=discount,
    )


def discounts(parts: Sequence[Part], *, percent: Decimal, amount: Decimal) -> list[Decimal]:
    """The discount of each row: a percentage, or a sum for the whole cart, shared out to the last cent."""
    rows = [cents(part.unit * part.quantity) for part in parts]
    if percent:
        return [cents(row * percent / 100) for row in rows]
    total, left, shares = sum(rows, ZERO), min(amount, sum(rows, ZERO)), []
    wanted = left
    for position, row in enumerate(rows):
        last = position == len(rows) - 1
        share = left if last else cents(wanted * row / total if total else ZERO)
        shares.append(share)
        left -= share
    return shares


def portion(total: Decimal, *, done: Decimal, now: Decimal, of: Decimal, taken: Decimal) -> Decimal:
    """The share of an amount for `now` of `of` pieces after `done`; the last piece takes what is left."""
    if not of:
        return ZERO
    return cents(total * (done + now) / of) - taken
