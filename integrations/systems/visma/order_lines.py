"""Which line of a purchase order a trading partner means: one rule for order changes and for ship notices. Pure.

A line is found by its number, where the order has it and nothing that is stated of the item contradicts it; without a
number, or with one that the order does not have, by the item, when exactly one line of the order has it. A number and
an item that mean two lines are left to a person: one of them is wrong, and nobody but the partner knows which.
"""

from __future__ import annotations

from collections.abc import Sequence

from edi.documents.values import ItemId
from integrations.systems.visma import wire

TEXT_LINE = "Description"


class NotFound(Exception):
    """Why no line is meant, in words that go on from a line's name: "line 3: …"."""

    def __init__(self, reason: str, *, absent: bool = False) -> None:
        super().__init__(reason)
        self.absent = absent
        """Whether neither its number nor its item is in the order: it may be a new one."""


def find(number: str, item_ids: Sequence[ItemId], order: wire.PurchaseOrder) -> wire.OrderLine:
    """The line of the order that is meant. Raises NotFound."""
    lines = [line for line in order.lines or () if line.line_type != TEXT_LINE]
    stated = number.lstrip("0")
    by_number = next((line for line in lines if stated and str(line.line_nbr) == stated), None)
    by_item = [line for line in lines if is_item(item_ids, line)]
    if by_number is not None:
        if by_number in by_item:
            return by_number
        if by_item:
            others = ", ".join(str(line.line_nbr) for line in by_item)
            raise NotFound(f"line {stated} of the order is another item; this one is line {others}")
        if (ours := _contradicted(item_ids, by_number)) is not None:
            theirs = ", ".join(i.value for i in item_ids)
            raise NotFound(f"line {stated} of the order is another item: {ours} was ordered, and {theirs} is meant")
        return by_number  # only the sender's own article numbers, which our books need not know
    live = [line for line in by_item if not line.canceled]
    if len(live) > 1:
        numbers = ", ".join(str(line.line_nbr) for line in live)
        raise NotFound(f"lines {numbers} are the same item, and no number says which is meant")
    if not live:
        raise NotFound("the order has no such line", absent=True)
    return live[0]


def is_item(item_ids: Sequence[ItemId], line: wire.OrderLine) -> bool:
    """Whether a line's item is named, by our number or by the supplier's."""
    ours = {(line.inventory.number or "").strip().upper() if line.inventory else "", (line.alternate_id or "").upper()}
    return any(i.value.strip().upper() in ours - {""} for i in item_ids)


def _contradicted(item_ids: Sequence[ItemId], line: wire.OrderLine) -> str | None:
    """The number of the line's item that a stated one contradicts: our article number one of ours, the alternate id,
    which is the supplier's own number of the item, any of theirs. None: nothing is contradicted."""
    schemes = {i.scheme for i in item_ids}
    if "buyer" in schemes:
        return (line.inventory.number if line.inventory else "") or "without a number"
    alternate = (line.alternate_id or "").strip()
    return alternate if alternate and "supplier" in schemes else None
