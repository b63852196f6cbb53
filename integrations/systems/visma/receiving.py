"""What a ship notice means for a purchase receipt. Pure: values in, a plan out.

Which line of the order is meant says `order_lines`, as for order changes. Lines of the notice that come together on one
line of the order (several packages of it) are added up, unless they contradict each other: then somebody has to say
what came, because goods would be booked twice or on the wrong line. So has somebody where more came than was ordered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from edi.documents import units
from edi.documents.values import normalise
from integrations.systems.visma import order_lines, wire
from integrations.systems.visma.commands import WantedLine

RECEIVABLE = frozenset({"Open", "Printed", "PendingEmail", "PendingPrint"})
"""Statuses of orders of which goods may be received."""


TAKES_ALL = "Accept"
"""`receiptAction` of a line of which more may come than was ordered."""


class NotReceivable(Exception):
    """Why the notice cannot be received, in words."""

    remedy = "Ask the trading partner for a corrected ship notice, or correct the document and replay it."


class TooMuch(NotReceivable):
    remedy = (
        "If all of it is to be kept, raise the quantity of the order's line in Visma.net, or let the line accept more, "
        "and replay. Otherwise correct the document to what is kept and replay it, or ask the trading partner for a "
        "corrected ship notice."
    )


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
    lines: Iterable[WantedLine],
    orders: Mapping[str, wire.PurchaseOrder],
    *,
    supplier: str,
    must_be_open: bool = False,
) -> list[Expected]:
    """The notice's lines by line of order, quantities of the same line added up. `orders` by the number that the
    notice states; `supplier` is its sender's number in our books.

    Raises NotReceivable for an order of another supplier, for lines that cannot be found and, where it matters, for an
    order that takes nothing in.
    """
    found: dict[OrderLineRef, Expected] = {}
    said: dict[OrderLineRef, WantedLine] = {}
    for wanted in lines:
        if not wanted.quantity:
            continue
        if wanted.quantity < 0:
            raise NotReceivable(f"{wanted.words} is shipped {wanted.quantity} times; a ship notice takes nothing back")
        order = orders[wanted.order_number]
        _check_supplier(order, supplier)
        if must_be_open and order.status not in RECEIVABLE:
            raise NotReceivable(f"order {order.order_nbr} is {order.status}; nothing more can be received of it")
        line = line_of(wanted, order)
        ref = OrderLineRef(order=order.order_nbr or "", line=line.line_nbr or 0)
        _check_together(ref, said.setdefault(ref, wanted), wanted)
        before = found.get(ref)
        quantity = wanted.quantity + (before.quantity if before else Decimal(0))
        found[ref] = Expected(ref=ref, quantity=normalise(quantity), unit=wanted.unit)
    if not found:
        raise NotReceivable("nothing is shipped")
    return list(found.values())


def _check_supplier(order: wire.PurchaseOrder, supplier: str) -> None:
    """Raises NotReceivable for an order that is not the sender's to deliver."""
    number = (order.supplier.number or "") if order.supplier is not None else ""
    if number != supplier:
        raise NotReceivable(
            f"order {order.order_nbr} is of supplier {number or 'nobody'}, and the ship notice comes from {supplier}"
        )


def line_of(wanted: WantedLine, order: wire.PurchaseOrder) -> wire.OrderLine:
    """The line of the order that is meant. Raises NotReceivable."""
    try:
        line = order_lines.find(wanted.order_line, wanted.item_ids, order)
    except order_lines.NotFound as reason:
        why = f"it is not in order {order.order_nbr}" if reason.absent else str(reason)
        raise NotReceivable(f"{wanted.words}: {why}") from reason
    if line.canceled:
        raise NotReceivable(f"{wanted.words}: the line is cancelled")
    return line


def _check_together(ref: OrderLineRef, first: WantedLine, other: WantedLine) -> None:
    """Raises NotReceivable where two lines of a notice that mean one line of the order contradict each other."""
    if first.unit != other.unit:
        raise NotReceivable(f"{ref.words} is shipped in {first.unit} and in {other.unit}")
    numbers = [line.order_line.lstrip("0") for line in (first, other)]
    if all(numbers) and numbers[0] != numbers[1]:
        raise NotReceivable(f"{ref.words} is shipped twice, as line {numbers[0]} and as line {numbers[1]}")
    for scheme in {i.scheme for i in first.item_ids} - {"other"}:
        was, now = ({i.value.strip().upper() for i in line.item_ids if i.scheme == scheme} for line in (first, other))
        if now and not was & now:
            raise NotReceivable(f"{ref.words} is shipped as {', '.join(sorted(was))} and as {', '.join(sorted(now))}")


def check_not_over(
    wanted: Iterable[Expected],
    orders: Iterable[wire.PurchaseOrder],
    own_units: Mapping[str, str],
    *,
    receipt: wire.PurchaseReceipt | None = None,
) -> None:
    """Raises TooMuch where a line of an order would be received beyond what it takes: by default what was ordered, else
    what is set at the line in Visma. What is on `receipt` already is not counted twice.

    Whether Visma counts a receipt on hold among what is on receipts is not documented. Where ours is the order's only
    one, nothing else can be counted; where there are others, it is taken as not counted, so that the others' quantities
    are never taken for its own.
    """
    orders = list(orders)
    lines = {(order.order_nbr, line.line_nbr): line for order in orders for line in order.lines or ()}
    is_counted = {order.order_nbr: _is_counted(receipt, order) for order in orders}
    own: dict[OrderLineRef, Decimal] = {}
    for there in receipt.lines or () if receipt is not None else ():
        own[ref_of(there)] = own.get(ref_of(there), Decimal(0)) + (there.receipt_qty or Decimal(0))
    for one in wanted:
        line = lines[one.ref.order, one.ref.line]
        ordered = line.order_qty
        if ordered is None or line.receipt_action == TAKES_ALL or not _same_unit(one.unit, line.uom or "", own_units):
            continue
        most = ordered * max(line.max_receipt or Decimal(100), Decimal(100)) / 100
        mine = own.get(one.ref, Decimal(0)) if is_counted[one.ref.order] else Decimal(0)
        before = max((line.qty_on_receipts or Decimal(0)) - mine, Decimal(0))
        if one.quantity > most - before:
            came = f", and {normalise(before)} were received before" if before else ""
            raise TooMuch(
                f"{one.quantity} are shipped of {one.ref.words}, of which {normalise(ordered)} were ordered{came}"
            )


def _is_counted(receipt: wire.PurchaseReceipt | None, order: wire.PurchaseOrder) -> bool:
    """Whether what is on the receipt is part of what the order says is on receipts."""
    if receipt is None:
        return False
    named = {one.receipt_number for one in order.purchase_receipts or ()}
    return receipt.status != "Hold" or named == {receipt.receipt_nbr}


def check_units(wanted: Iterable[Expected], orders: Iterable[wire.PurchaseOrder], own_units: Mapping[str, str]) -> None:
    """Raises NotReceivable where a line is counted in another unit than the order's."""
    lines = {(order.order_nbr, line.line_nbr): line for order in orders for line in order.lines or ()}
    for one in wanted:
        _check_unit(one, lines[one.ref.order, one.ref.line].uom, own_units)


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
        _check_unit(one, first.uom, own_units)
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


def _check_unit(one: Expected, unit: str | None, own_units: Mapping[str, str]) -> None:
    if not _same_unit(one.unit, unit or "", own_units):
        raise NotReceivable(
            f"{one.ref.words} is shipped in {one.unit.strip()}, and our books count it in {unit or 'no unit'}"
        )


def _same_unit(theirs: str, ours: str, own_units: Mapping[str, str]) -> bool:
    theirs, ours = theirs.strip(), ours.strip()
    if not theirs or theirs.upper() == ours.upper():
        return True
    return units.to_x12(theirs, own_units) == (units.to_x12(ours, own_units) or ours)
