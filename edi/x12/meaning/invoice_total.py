"""TDS01 against the lines, charges, allowances and taxes of an invoice. No segment forces them to agree."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import product

import msgspec

from edi.x12.meaning.document import Document, Placed, money
from edi.x12.meaning.lines import extended_price

TOLERANCE = Decimal("0.01")
"""A cent for the total itself."""

TOLERANCE_PER_TERM = Decimal("0.005")
"""Half a cent for each line, charge and tax: senders round each of them."""

WITHOUT_CENTS = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"})
"""CUR02 of currencies without hundredths: each term is rounded to a whole unit, although TDS01 is N2."""

_NOT_ON_THIS_INVOICE = frozenset({"01", "03", "04", "09", "10"})
"""SAC12: bill back, vendor check, credit to the account, issued by vendor or reseller: settled elsewhere."""

_NOT_ADDED = frozenset({"I", "O"})
"""TXI07: the tax is included already, or is for information only."""

_TAX_CHARGES = frozenset(
    {"H640", "H650", "H660", "H670", "H680", "H690", "H700", "H730", "H740", "H750", "H770", "H850"}
)
"""SAC02 of charges that are taxes: many senders repeat in them what TXI says."""

_DISCOUNTS = frozenset({"C310", "C320", "C330", "C340"})
"""SAC02 of discounts: TDS01 may stand before them."""


class _Parts(msgspec.Struct):
    """What lines, or the summary, add to the total."""

    charges: Decimal = Decimal(0)
    """Charges less allowances, without those below."""
    discounts: Decimal = Decimal(0)
    charged_taxes: Decimal = Decimal(0)
    """Taxes sent as SAC."""
    taxes: Decimal = Decimal(0)
    """Taxes sent as TXI."""
    count: int = 0

    @property
    def total(self) -> Decimal:
        """All of it; a tax that is sent as SAC and as TXI counts once."""
        return self.charges + self.discounts + (self.taxes or self.charged_taxes)


def check(document: Document) -> None:
    """Report a TDS01 that no reading of the document comes to.

    Senders differ: charges and taxes stand on lines, in the summary, or in both (the parts and their sum); taxes are
    TXI or SAC or both; line allowances may be in the price, discounts in the terms. Every such reading is tried, and
    only when none fits is it an error.
    """
    totals = [placed for placed in document.summary if placed.segment.tag == "TDS"]
    given = totals[0].cents(1) if totals else None
    amounts = [extended_price(document, line) for line in document.lines]
    if document.has_doubtful_lines or given is None or not amounts or any(amount is None for amount in amounts):
        return
    lines = sum((amount for amount in amounts if amount is not None), Decimal(0))
    line_segments = [placed for line in document.lines for placed in line.rest]
    on_lines, in_summary = _parts(line_segments), _parts(document.summary)
    if on_lines is None or in_summary is None or any(placed.segment.tag == "SLN" for placed in line_segments):
        return
    tolerance = TOLERANCE + TOLERANCE_PER_TERM * (len(amounts) + on_lines.count + in_summary.count)
    if any(placed.get(2) in WITHOUT_CENTS for placed in document.all("CUR")):
        tolerance *= 100
    if any(abs(lines + extra - given) <= tolerance for extra in _readings(on_lines, in_summary)):
        return
    extra = on_lines.total + in_summary.total
    sums = f"the lines come to {money(lines)}"
    if extra:
        sums += f" and, with charges, allowances and taxes ({money(extra)}), to {money(round(lines + extra, 2))}"
    message = f"The invoice total is {money(given)} (TDS01), but {sums}. TDS01 has two implied decimals."
    document.report("invoice-total", message, totals[0], 1)


def _readings(on_lines: _Parts, in_summary: _Parts) -> set[Decimal]:
    """What may come on top of the lines."""

    def choices(one: Decimal, other: Decimal) -> set[Decimal]:
        return {one + other, one or other, other or one}

    taxes = choices(on_lines.taxes, in_summary.taxes)
    charged = choices(on_lines.charged_taxes, in_summary.charged_taxes)
    if not (on_lines.taxes or in_summary.taxes):
        taxes = charged
    elif on_lines.charged_taxes or in_summary.charged_taxes:
        taxes |= charged
    charges = {on_lines.charges + in_summary.charges, in_summary.charges}
    discounts = choices(on_lines.discounts, in_summary.discounts) | {Decimal(0), in_summary.discounts}
    return {sum(parts, Decimal(0)) for parts in product(charges, discounts, taxes)}


def _parts(segments: Iterable[Placed]) -> _Parts | None:
    """None when an amount is given in another way than SAC05 (by percent or rate)."""
    parts = _Parts()
    for placed in segments:
        tag = placed.segment.tag
        if tag == "TXI" and placed.get(7) not in _NOT_ADDED:
            parts.taxes += placed.number(2) or 0
            parts.count += 1
        if tag != "SAC" or placed.get(1) not in ("A", "C") or placed.get(12) in _NOT_ON_THIS_INVOICE:
            continue
        amount = placed.cents(5)
        if amount is None:
            return None
        signed = amount if placed.get(1) == "C" else -amount
        parts.count += 1
        if placed.get(2) in _TAX_CHARGES:
            parts.charged_taxes += signed
        elif placed.get(2) in _DISCOUNTS:
            parts.discounts += signed
        else:
            parts.charges += signed
    return parts
