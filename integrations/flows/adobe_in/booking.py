"""A sale of the shop as a document of the books, to the öre. Pure.

Our books reckon VAT anew: once for each VAT code, over the sum of its lines. A shop reckons it by unit, row or total.
What is between the two, and what the shop's own rows are off its total, goes to one rounding line without VAT: so the
document comes to what the customer was asked for, exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from edi.documents.money import minor_unit, rounded
from edi.documents.values import normalise
from integrations.flows.adobe_in.rules import Coding, Rule, coding_of
from integrations.systems.adobe.amounts import ShopLine
from integrations.systems.adobe.mapping import Sale
from integrations.systems.contract import Unmappable
from integrations.systems.visma.sale_commands import SaleLine

ZERO = Decimal(0)
LEAST_ALLOWED = 5
"""Smallest units that rounding may always come to; above, one for each line and two."""


def booked(sale: Sale, rules: Sequence[Rule], *, own_items: bool = False) -> tuple[SaleLine, ...]:
    """The lines that make up the sale's total. `own_items`: the shop's article numbers are those of the books.

    Raises Unmappable for a line without VAT code, and where more than rounding would be needed.
    """
    return tuple(
        SaleLine(
            text=line.text[:250],
            item=line.sku if own_items and line.kind == "product" else "",
            quantity=line.quantity,
            amount=line.net,
            vat_code=coding.vat_code,
            account=coding.account,
            segments=coding.segments,
        )
        for line, coding in coded(sale, rules)
    )


def coded(sale: Sale, rules: Sequence[Rule]) -> tuple[tuple[ShopLine, Coding], ...]:
    """The lines of a sale with where each goes; the rounding, where there is some, is the last. Raises as `booked`."""
    lines = [(line, coding_of(rules, sale, line)) for line in sale.lines]
    left = normalise(
        sale.total - total_of(((coding.vat_code, line.percent, line.net) for line, coding in lines), sale.currency)
    )
    if not left:
        return tuple(lines)
    _must_be_rounding(sale, left, len(lines))
    rounding = ShopLine(kind="rounding", text="Rounding", net=left)
    whole = (*lines, (rounding, coding_of(rules, sale, rounding)))
    # With a VAT code that other lines have at a rate, the rounding would be taxed and the total would be off again.
    total_of(((coding.vat_code, line.percent, line.net) for line, coding in whole), sale.currency)
    return whole


def total_of(lines: Iterable[tuple[str, Decimal, Decimal]], currency: str) -> Decimal:
    """What the books make of lines (VAT code, its rate, net amount): VAT is rounded once for each code. Raises
    Unmappable for a code with two rates."""
    sums: dict[str, Decimal] = {}
    rates: dict[str, Decimal] = {}
    for code, percent, net in lines:
        if rates.setdefault(code, percent) != percent:
            raise Unmappable(
                f"The rules give VAT code {code} to {rates[code]} % and to {percent} %.",
                remedy="Say in the rules of the flow which rates a VAT code is for (percents).",
                field="rules",
            )
        sums[code] = sums.get(code, ZERO) + net
    return sum((net + rounded(net * rates[code] / 100, currency) for code, net in sums.items()), ZERO)


def _must_be_rounding(sale: Sale, left: Decimal, count: int) -> None:
    most = minor_unit(sale.currency) * max(LEAST_ALLOWED, count + 2)
    if abs(left) > most:
        raise Unmappable(
            f"{sale.kind.replace('_', ' ').capitalize()} {sale.number} comes to {sale.total} {sale.currency} in the "
            f"shop and would come to {sale.total - left} in the books: {left} is more than rounding ({most}).",
            remedy="Compare the shop's rates of tax with the VAT codes in the rules of the flow. Then replay.",
            field="grand_total",
        )
