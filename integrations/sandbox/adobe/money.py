"""The totals of an order in one currency, in the words of the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from .access import Json
from .amounts import ZERO, Priced, cents, decimal, number
from .catalog import Line
from .shops import tax_code

SHIPPING_COMPENSATION: Final = {
    "": "shipping_discount_tax_compensation_amount", "base_": "base_shipping_discount_tax_compensation_amnt",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An order in one currency: its rows, its shipping, the fees of apps, and what is paid otherwise than in money."""

    rows: list[Priced]
    shipping: Priced
    gift_cards: Decimal
    store_credit: Decimal
    fees: Decimal = ZERO

    def total(self, name: str) -> Decimal:
        """The sum of one amount over the rows."""
        return sum((getattr(row, name) for row in self.rows), ZERO)

    @property
    def before_credits(self) -> Decimal:
        """What the goods, their way and the fees cost."""
        names = ("row_total", "tax_amount", "discount_tax_compensation_amount")
        goods = sum((self.total(name) for name in names), ZERO) - self.total("discount_amount")
        way = self.shipping
        return (
            goods
            + way.row_total
            + way.tax_amount
            + way.discount_tax_compensation_amount
            - way.discount_amount
            + self.fees
        )

    @property
    def grand_total(self) -> Decimal:
        """What is left to be paid."""
        return self.before_credits - self.gift_cards - self.store_credit


def totals(prefix: str, money: Money, lines: Sequence[Line]) -> Json:
    """The totals of an order in one currency; `prefix` is "" or "base_"."""
    way, grand = money.shipping, money.grand_total
    values = {
        "subtotal": money.total("row_total"),
        "subtotal_incl_tax": money.total("row_total_incl_tax"),
        "discount_amount": -(money.total("discount_amount") + way.discount_amount),
        "discount_tax_compensation_amount": money.total("discount_tax_compensation_amount"),
        "shipping_amount": way.row_total,
        "shipping_incl_tax": way.row_total_incl_tax,
        "shipping_tax_amount": way.tax_amount,
        "shipping_discount_amount": way.discount_amount,
        "tax_amount": money.total("tax_amount") + way.tax_amount,
        "grand_total": grand,
        "total_due": grand,
        "total_qty_ordered": sum((line.quantity for line in lines if line.parent is None), Decimal(0)),
    }
    totals = {prefix + name: number(value) for name, value in values.items()}
    totals[SHIPPING_COMPENSATION[prefix]] = number(way.discount_tax_compensation_amount)
    if not prefix:
        totals["total_item_count"] = sum(1 for line in lines if line.parent is None)
    return totals


def row_amounts(prefix: str, row: Priced, *, original: Decimal) -> Json:
    """The amounts of a row in one currency."""
    values = {name: number(getattr(row, name)) for name in Priced.__dataclass_fields__}
    amounts = {prefix + name: value for name, value in values.items()}
    return {**amounts, f"{prefix}original_price": number(cents(original))}


def summed(rows: Sequence[Priced]) -> Priced:
    """The parent of a dynamic set shows the sum of its parts, but for discounts, which stay with them."""
    kept = [n for n in Priced.__dataclass_fields__ if "discount" not in n]
    return Priced(**{name: sum((getattr(row, name) for row in rows), ZERO) for name in kept})


def applied_taxes(order: Json, country: str, money: Money, base: Money, *, way_rate: Decimal) -> Json:
    """applied_taxes by rate, and item_applied_taxes by row and for shipping."""
    rates: dict[Decimal, list[Decimal]] = {}
    items: list[Json] = []
    for position, item in enumerate(order["items"]):
        rate, tax = decimal(item["tax_percent"]), money.rows[position].tax_amount
        if rate and tax:
            twin = base.rows[position].tax_amount
            items.append(
                {"type": "product", "item_id": item["item_id"], "applied_taxes": [_tax(country, rate, tax, twin)]}
            )
            sums = rates.setdefault(rate, [ZERO, ZERO])
            sums[0], sums[1] = sums[0] + tax, sums[1] + twin
    way = money.shipping.tax_amount
    if way:
        twin = base.shipping.tax_amount
        items.append({"type": "shipping", "applied_taxes": [_tax(country, way_rate, way, twin)]})
        sums = rates.setdefault(way_rate, [ZERO, ZERO])
        sums[0], sums[1] = sums[0] + way, sums[1] + twin
    applied = [_tax(country, rate, own, twin) for rate, (own, twin) in rates.items()]
    return {"applied_taxes": applied, "item_applied_taxes": items}


def _tax(country: str, rate: Decimal, amount: Decimal, base: Decimal) -> Json:
    code = tax_code(country, rate)
    return {"code": code, "title": code, "percent": number(rate), "amount": number(amount), "base_amount": number(base)}
