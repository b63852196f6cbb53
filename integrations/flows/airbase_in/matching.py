"""Which line of an invoice in our books a coded line of a bill is. Pure.

A bill that we sent numbers its lines as our books do. Whether Airbase keeps these numbers is not public, so a number
counts only where the amount is the same, too. Else lines are taken in their order, if there are as many and each has
the amount of its place. Nothing is coded by guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from edi.documents.invoice import InvoiceLine
from integrations.systems.airbase.mapping import Coding


def matched(
    lines: Sequence[InvoiceLine], coding: Sequence[Coding], *, by_place: bool = False
) -> Mapping[str, Coding] | None:
    """The coding of each line, by the line's number in our books; None where that cannot be told. What is no line of
    the invoice (VAT, rounding) has no account in a bill that we sent. `by_place`: the invoice was made from the bill,
    line by line, and VAT was taken out of the amounts."""
    numbered = {str(c.line_number): c for c in coding}
    if not by_place and all(_is_same(line, numbered.get(line.line_number)) for line in lines):
        return {line.line_number: numbered[line.line_number] for line in lines}
    coded = [c for c in coding if c.account]
    if len(lines) == 1 and len({(c.account, c.tags) for c in coded}) == 1:
        return {lines[0].line_number: coded[0]}  # with VAT in the amount or not: there is no other line
    for ones in (coding[: len(lines)] if len(coded) <= len(lines) else (), coded):
        if len(ones) == len(lines) and (by_place or all(map(_is_same, lines, ones))):
            return {line.line_number: one for line, one in zip(lines, ones, strict=True)}
    return None


def _is_same(line: InvoiceLine, coding: Coding | None) -> bool:
    return coding is not None and coding.amount == line.amount


def in_words(lines: Sequence[InvoiceLine], coding: Sequence[Coding]) -> str:
    """Both sides, for the person who compares them."""
    here = ", ".join(f"{line.line_number}: {line.amount}" for line in lines)
    there = ", ".join(f"{c.line_number}: {_amount(c.amount)} on {c.account}" for c in coding if c.account)
    return f"Visma.net has {here or 'none'}; Airbase has {there}"


def _amount(amount: Decimal) -> str:
    return format(amount, "f")
