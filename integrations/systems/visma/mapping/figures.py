"""What the mappings of supplier and customer invoices share: which figures belong together, what is rounding, what a
line costs, which VAT is a line's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from edi.documents import money
from edi.documents.values import Tax, normalise
from integrations.systems.visma.mapping.parts import net_price

ROUNDED_TO_WHOLE = frozenset({"SEK", "NOK", "DKK"})
"""Currencies in which invoices are commonly rounded to whole kronor."""
HALF, ONE = Decimal("0.5"), Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The header's amounts in one of the two currencies."""

    lines: Decimal
    discount: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        return self.lines - self.discount + self.tax


def rounding_of(difference: Decimal, total: Decimal, currency: str, stated: set[Decimal]) -> Decimal:
    """What of the difference between total and parts is rounding of the total, and not a fault.

    It is when the books call this amount a rounding difference and it is less than one unit of the currency; or,
    where they state none, when the total is in whole kronor and the difference at most half a krona. Any other
    difference stays one: whoever sends the document refuses it.
    """
    if stated:
        return difference if abs(difference) in stated and abs(difference) < ONE else Decimal(0)
    whole = currency in ROUNDED_TO_WHOLE and total == total.to_integral_value()
    return difference if whole and abs(difference) <= HALF else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a line costs, by one reading of its figures: quantity × price − discount = amount."""

    quantity: Decimal
    price: Decimal
    discount: Decimal
    amount: Decimal


def line_cost(quantity: Decimal, price: Decimal, discount: Decimal, amount: Decimal, currency: str) -> Cost:
    """The cost of a line whose booked amount (after discount) is `amount`: where quantity times price, less the
    discount, is not that, the price is made to fit."""
    if not quantity and amount:  # a cost without a quantity, as booked on an account: one of it at that amount
        return Cost(quantity=ONE, price=amount, discount=Decimal(0), amount=amount)
    gross, allowed = money.rounded(quantity * price, currency), money.minor_unit(currency)
    if abs(gross - discount - amount) <= allowed:
        return Cost(quantity=quantity, price=price, discount=discount, amount=amount)
    if abs(gross - amount) > allowed:
        price = net_price(amount, quantity)
    return Cost(quantity=quantity, price=price, discount=Decimal(0), amount=amount)


def without_vat(costs: list[Cost], rates: Sequence[Decimal | None], figures: Figures, currency: str) -> list[Cost]:
    """The lines' costs without the VAT that they include where an invoice was entered with it (VAT calculation mode
    Gross): the header states the lines without VAT, and lines and VAT together come to what the lines state. Cents that
    are left by rounding go to the largest line. As they are in every other case: whoever sends it sees that they do not
    add up."""
    allowed, stated = money.minor_unit(currency), sum((cost.amount for cost in costs), Decimal(0))
    if not figures.tax or abs(stated - figures.lines - figures.tax) > allowed:
        return costs
    nets = [
        money.rounded(cost.amount * 100 / (100 + rate), currency)
        for cost, rate in zip(costs, rates, strict=True)
        if rate is not None
    ]
    rest = figures.lines - sum(nets, Decimal(0))
    if len(nets) < len(costs) or abs(rest) > allowed * len(nets):
        return costs
    largest = max(range(len(nets)), key=lambda n: abs(nets[n]))
    nets[largest] += rest
    return [
        line_cost(cost.quantity, cost.price, cost.discount, net, currency)
        for cost, net in zip(costs, nets, strict=True)
    ]


def line_taxes(code: str, amount: Decimal, taxes: tuple[Tax, ...], tax_total: Decimal, currency: str) -> Iterator[Tax]:
    """The VAT of a line by the rate of its code, computed. A code without a rate is named only where that cannot be
    read as "no VAT": beside the document's taxes, or on a document without VAT.
    """
    rate = next((tax.rate for tax in taxes if tax.code == code), None)
    if code and rate is not None:
        yield Tax(code=code, rate=rate, base=amount, amount=normalise(money.rounded(amount * rate / 100, currency)))
    elif code and (taxes or not tax_total):
        yield Tax(code=code)
