"""What a ship notice means for a purchase receipt. Pure: values in, a plan out.

A line of the notice is found in the order by its line number, where the order has it and it is the same item; without
one, or where the number is the sender's own, by the item, when exactly one line of the order has it. An item that no
line has, and that is not the one of the line with that number, is left to a person: goods would be booked on the wrong
line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from edi.documents import units
from edi.documents.values import normalise
from integrations.systems.visma import wire
from integrations.systems.visma.commands import WantedLine

RECEIVABLE = frozenset({"Open", "Printed", "PendingEmail", "PendingPrint"})
"""Statuses of orders of which goods may be received."""
TEXT_LINE = "Description"


class NotReceivable(Exception):
    """Why the notice cannot be received, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLineRef:
    order: str
    line: int

    @property
    def words(self) -> str:
        return f"line {self.line} of order {self.order}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the receipt shall say of one line of an order."""

    ref: OrderLineRef
    quantity: Decimal
    unit: str
    """As the notice counts; empty when it does not say."""


def expected(
    lines: Iterable[WantedLine], orders: Mapping[str, wire.PurchaseOrder], *, must_be_open: bool = False
) -> list[Expected]:
    """The notice's lines by line of order, quantities of the same line added up. `orders` by the number that the
    notice states.

    Raises NotReceivable for lines that cannot be found and, where it matters, for an order that takes nothing in.
    """
    found: dict[OrderLineRef, Expected] = {}
    for wanted in lines:
        if not wanted.quantity:
            continue
        if wanted.quantity < 0:
            raise NotReceivable(f"{wanted.words} is shipped {wanted.quantity} times; a ship notice takes nothing back")
        order = orders[wanted.order_number]
        if must_be_open and order.status not in RECEIVABLE:
            raise NotReceivable(f"order {order.order_nbr} is {order.status}; nothing more can be received of it")
        line = line_of(wanted, order)
        ref = OrderLineRef(order=order.order_nbr or "", line=line.line_nbr or 0)
        before = found.get(ref)
        if before is not None and before.unit != wanted.unit:
            raise NotReceivable(f"{ref.words} is shipped in {before.unit} and in {wanted.unit}")
        quantity = wanted.quantity + (before.quantity if before else Decimal(0))
        found[ref] = Expected(ref=ref, quantity=normalise(quantity), unit=wanted.unit)
    if not found:
        raise NotReceivable("nothing is shipped")
    return list(found.values())


def line_of(wanted: WantedLine, order: wire.PurchaseOrder) -> wire.OrderLine:
    """The line of the order that is meant. Raises NotReceivable."""
    lines = [line for line in order.lines or () if line.line_type != TEXT_LINE and not line.canceled]
    by_item = [line for line in lines if _same_item(wanted, line)]
    stated = wanted.order_line.lstrip("0")
    by_number = next((line for line in lines if stated and str(line.line_nbr) == stated), None)
    if by_number is not None and (by_number in by_item or not wanted.item_ids):
        return by_number
    if len(by_item) == 1:
        return by_item[0]
    if len(by_item) > 1:
        numbers = ", ".join(str(line.line_nbr) for line in by_item)
        raise NotReceivable(f"{wanted.words} may be line {numbers} of the order: they are the same item")
    if by_number is None:
        raise NotReceivable(f"{wanted.words} is not in order {order.order_nbr}")
    if (ours := _contradicted(wanted, by_number)) is not None:
        theirs = ", ".join(i.value for i in wanted.item_ids)
        raise NotReceivable(f"{wanted.words} is another item: {ours} was ordered, and {theirs} is shipped")
    return by_number  # only the sender's own article numbers, which our books need not know


def _contradicted(wanted: WantedLine, line: wire.OrderLine) -> str | None:
    """The number of the line's item that a stated one contradicts: our article number one of ours, the alternate id,
    which is the supplier's own number of the item, any of theirs. None: nothing is contradicted."""
    schemes = {i.scheme for i in wanted.item_ids}
    if "buyer" in schemes:
        return (line.inventory.number if line.inventory else "") or "without a number"
    alternate = (line.alternate_id or "").strip()
    return alternate if alternate and "supplier" in schemes else None


def _same_item(wanted: WantedLine, line: wire.OrderLine) -> bool:
    ours = {(line.inventory.number or "").strip().upper() if line.inventory else "", (line.alternate_id or "").upper()}
    return any(i.value.strip().upper() in ours - {""} for i in wanted.item_ids)


def missing(wanted: Sequence[Expected], receipt: wire.PurchaseReceipt) -> list[OrderLineRef]:
    """Lines of orders that the receipt does not have yet."""
    there = {ref_of(line) for line in receipt.lines or ()}
    return [e.ref for e in wanted if e.ref not in there]


def ref_of(line: wire.ReceiptLine) -> OrderLineRef:
    return OrderLineRef(order=line.po_order_nbr or "", line=line.po_order_line_nbr or 0)


def quantity_changes(
    wanted: Sequence[Expected], receipt: wire.PurchaseReceipt, own_units: Mapping[str, str], *, whole: bool = False
) -> list[dict[str, Any]]:
    """The line operations that make the receipt say what was shipped: quantities set, lines that came twice removed.
    Lines that are not of the notice stay, for people may add some; with `whole`, those of orders go. Empty when it says
    so already.

    Raises NotReceivable for a line that is not on the receipt, and for one that is counted in another unit.
    """
    by_ref: dict[OrderLineRef, list[wire.ReceiptLine]] = {}
    for line in receipt.lines or ():
        by_ref.setdefault(ref_of(line), []).append(line)
    changes: list[dict[str, Any]] = []
    for one in wanted:
        if one.ref not in by_ref:
            raise NotReceivable(f"{one.ref.words} is not on receipt {receipt.receipt_nbr}")
        first, *twice = by_ref[one.ref]
        _check_unit(one, first, own_units)
        if first.receipt_qty is None or normalise(first.receipt_qty) != one.quantity:
            changes.append(
                {
                    "operation": "Update",
                    "lineNbr": {"value": first.line_nbr},
                    "receiptQty": {"value": one.quantity},
                }
            )
        changes += [{"operation": "Delete", "lineNbr": {"value": line.line_nbr}} for line in twice]
    named = {one.ref for one in wanted}
    for ref, lines in by_ref.items():
        if whole and ref.order and ref not in named:
            changes += [{"operation": "Delete", "lineNbr": {"value": line.line_nbr}} for line in lines]
    return changes


def _check_unit(one: Expected, line: wire.ReceiptLine, own_units: Mapping[str, str]) -> None:
    theirs, ours = one.unit.strip(), (line.uom or "").strip()
    if not theirs or theirs.upper() == ours.upper():
        return
    if units.to_x12(theirs, own_units) != (units.to_x12(ours, own_units) or ours):
        raise NotReceivable(f"{one.ref.words} is shipped in {theirs}, and our books count it in {ours or 'no unit'}")
