"""What a trading partner's order change means for a purchase order of ours. Pure: values in, a plan out.

A change applies as a whole or not at all: `plan` says every field that changes, from what to what and why, or every
reason why the change cannot be applied.

- A line that is taken out is deleted while nothing of it was received, and completed otherwise: what came, came.
- A cancelled order is put on hold too, so that nobody receives or prints it by mistake. A cancellation that names some
  of the lines may mean just those, and is not applied.
- Which line is meant says `order_lines`, as for ship notices.
- Terms and charges of a change are not applied: `left_out` names them, for the people who own the order; `otherwise` a
  ship-to or a total that is not the order's.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from contextlib import suppress
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from edi.documents import units
from edi.documents.order_change import LineChange, OrderChange, QuantityIn, new_quantity
from edi.documents.values import normalise
from integrations.systems.visma import order_lines, restated, stamps, wire
from integrations.systems.visma.commands import ChangeOrder
from integrations.systems.visma.planned import Draft, NotApplicable, Plan

CLOSED = frozenset({"Closed", "Cancelled", "Voided"})
TAKEN_OUT = ("line", "completed")
"""Names of changes by which a line goes."""
QUANTITY = frozenset({"quantity", "price_and_quantity", "date_and_quantity", "replace_values", "change"})
PRICE = frozenset({"price", "price_and_quantity", "date_and_price", "replace_values", "change"})
DATE = frozenset({"date", "date_and_quantity", "date_and_price", "replace_values", "change"})


def plan(command: ChangeOrder, order: wire.PurchaseOrder, *, zone: ZoneInfo) -> Plan:
    """What the change makes of the order as it is now. Raises NotApplicable with every reason."""
    change, draft = command.change, Draft(order, command.units, zone)
    _check_order(draft, command)
    if change.purpose == "cancellation":
        _check_cancels_all(draft, change)
        _cancel_order(draft)
    else:
        for line in change.lines:
            _change_line(draft, change, line, command.quantity_in)
        _check_once(draft)
        _check_added(draft, change)
        _check_restated(draft, change)
        if change.purpose == "replace" and not change.lines:
            draft.reasons.append("it replaces the order and names no line; only a cancellation may do so")
        elif change.purpose == "replace":
            _drop_unnamed(draft)
        _change_date(draft, change)
    if draft.reasons:
        raise NotApplicable(draft.reasons)
    members = {**draft.members, **({"lines": draft.lines} if draft.lines else {})}
    return Plan(
        changes=tuple(draft.changes),
        members=members,
        left_out=left_out(change),
        otherwise=restated.otherwise(change, order, draft.lines, unpriced=draft.unpriced),
        value=draft.value,
        unpriced=draft.unpriced,
    )


def holds(command: ChangeOrder, order: wire.PurchaseOrder, *, zone: ZoneInfo) -> tuple[str, ...]:
    """What of an applied change is not in the order, in words; () when all its values stand there."""
    change = command.change
    lines = [line for line in order.lines or () if line.line_type != order_lines.TEXT_LINE]
    if change.purpose == "cancellation":
        open_lines = [str(line.line_nbr) for line in lines if not (line.completed or line.canceled)]
        return (f"lines {', '.join(open_lines)} are open",) if open_lines else ()
    missing = []
    for one in change.lines:
        if one.kind == "add" and not any(_says(one, line) for line in lines):
            missing.append(f"{_name(one)} is not there")
        elif one.kind == "delete" and any(_meant(one, line) and not line.completed for line in lines):
            missing.append(f"{_name(one)} is there")
        elif one.kind not in ("add", "delete", "none"):
            draft = Draft(order, command.units, zone)
            _change_line(draft, change, one, command.quantity_in, again=True)
            missing += [c.words for c in draft.changes]
    return tuple(missing)


# --- The order


def _check_order(draft: Draft, command: ChangeOrder) -> None:
    order, change = draft.order, command.change
    if order.status in CLOSED:
        draft.reasons.append(f"the order is {order.status}")
    number = (order.supplier.number or "") if order.supplier else ""
    if command.supplier and number != command.supplier:
        draft.reasons.append(f"the order is of supplier {number}, and the change comes from {command.supplier}")
    if change.purpose == "confirmation":
        draft.reasons.append("it calls itself a confirmation, which changes nothing, and names changes")
    if change.currency and order.currency and change.currency.upper() != order.currency.upper():
        draft.reasons.append(f"the change is in {change.currency}, the order in {order.currency}")


def _check_cancels_all(draft: Draft, change: OrderChange) -> None:
    """A cancellation that names lines has to name every open one, and to ask for nothing but that they go: one that
    names some of them may mean just those."""
    named: set[int | None] = set()
    for one in change.lines:
        stated = [quantity for quantity in (one.quantity, one.quantity_left) if quantity is not None]
        goes = one.kind in ("delete", "none") or (one.kind in QUANTITY and stated and not any(stated))
        if not goes:
            draft.reasons.append(f"{_name(one)}: the order is to be cancelled, and yet the line is to be changed")
        try:
            named.add(order_lines.find(one.line_number, one.item_ids, draft.order).line_nbr)
        except order_lines.NotFound as reason:
            draft.reasons.append(f"{_name(one)}: {reason}")
    lines = [line for line in draft.order.lines or () if line.line_type != order_lines.TEXT_LINE]
    others = [
        line.line_nbr for line in lines if not line.canceled and not line.completed and line.line_nbr not in named
    ]
    if change.lines and others:
        words = ", ".join(str(number) for number in others)
        draft.reasons.append(f"it calls itself a cancellation of the order and names lines, but not {words}")


def _cancel_order(draft: Draft) -> None:
    for line in draft.order.lines or ():
        if not line.canceled and not line.completed:
            _take_out(draft, line, "the order is cancelled")
    if not draft.order.hold:
        draft.note(None, "hold", "no", "yes", "the order is cancelled")
        draft.members["hold"] = {"value": True}


def _check_once(draft: Draft) -> None:
    """A line may be named several times for several of its fields, but not for one field twice, and not to change and
    to go."""
    said = Counter((c.line, c.name) for c in draft.changes if c.line is not None)
    gone = {line for line, name in said if name in TAKEN_OUT}
    twice = {line for (line, name), count in said.items() if count > 1 or (line in gone and name not in TAKEN_OUT)}
    draft.reasons += [f"line {line}: the change says several things of it" for line in sorted(twice)]


def _check_added(draft: Draft, change: OrderChange) -> None:
    """Two new lines under one number with one item are one line that is named twice: its double would be ordered."""
    said = Counter((one.line_number.lstrip("0"), one.item_ids) for one in change.lines if one.kind == "add")
    draft.reasons += [
        f"line {number}: it is to be added {count} times" for (number, _), count in said.items() if number and count > 1
    ]


def _check_restated(draft: Draft, change: OrderChange) -> None:
    """A value that a line states beside what it asks for has to be the one that the line has, before the change or
    after all of it. Another one is a contradiction: it would be confirmed and not be there."""
    written = {e["lineNumber"]["value"]: e for e in draft.lines if e["operation"] == "Update"}
    out = {c.line for c in draft.changes if c.name in TAKEN_OUT}
    for one in change.lines:
        with suppress(order_lines.NotFound):
            line = order_lines.find(one.line_number, one.item_ids, draft.order)
            if line.line_nbr not in out and one.kind not in ("add", "delete", "none", "replace_item", "other"):
                _check_line(draft, one, line, written.get(line.line_nbr, {}))


def _check_line(draft: Draft, one: LineChange, line: wire.OrderLine, written: dict[str, Any]) -> None:
    quantity, price = normalise(line.order_qty or Decimal(0)), normalise(line.unit_cost or Decimal(0))
    received = normalise(line.qty_on_receipts or Decimal(0))
    day = stamps.day(line.promised, draft.zone)
    quantities = {quantity, written.get("orderQty", {}).get("value", quantity)}
    quantities |= {ordered - received for ordered in quantities}
    days = {day, stamps.day(written.get("promised", {}).get("value") or line.promised, draft.zone)}
    stated: list[tuple[str, object, object, bool]] = []
    if one.kind not in QUANTITY:
        values = [q for q in (one.quantity, one.quantity_left) if q is not None]
        stated += [("quantity", q, quantity, q in quantities) for q in values]
    if one.kind not in PRICE and one.unit_price is not None and one.unit_price >= 0:
        same = one.unit_price in (price, written.get("unitCost", {}).get("value"))
        stated.append(("price", one.unit_price, price, same))
    if one.kind not in DATE and one.requested_date is not None:
        stated.append(("day", one.requested_date, day or "none", one.requested_date in days))
    draft.reasons += [
        f"{_name(one)}: it states the {name} {value}, the order has {now}, and the change asks for no other"
        for name, value, now, same in stated
        if not same
    ]


def _drop_unnamed(draft: Draft) -> None:
    for line in draft.order.lines or ():
        named = line.line_nbr in draft.touched or line.line_type == order_lines.TEXT_LINE
        if not named and not line.canceled and not line.completed:
            _take_out(draft, line, "the new version of the order has no such line")


def _change_date(draft: Draft, change: OrderChange) -> None:
    if change.requested_date is None:
        return
    before = stamps.day(draft.order.promised_on, draft.zone)
    if before != change.requested_date:
        draft.note(None, "promised on", before, change.requested_date, "delivery is requested for another day")
        draft.members["promisedOn"] = {"value": _day(change.requested_date)}


def left_out(change: OrderChange) -> tuple[str, ...]:
    """What of a change is never applied to an order: for the people who own it."""
    return tuple(
        name
        for name, stated in (
            ("terms of payment", change.terms),
            ("allowances and charges", change.charges),
            ("date of shipment", change.ship_date),
            ("window of delivery", change.not_before or change.not_after),
            ("cancel date", change.cancel_after),
        )
        if stated
    )


# --- A line


def _change_line(draft: Draft, change: OrderChange, one: LineChange, quantity_in: str, *, again: bool = False) -> None:
    match one.kind:
        case "none":
            with suppress(order_lines.NotFound):
                draft.touched.add(order_lines.find(one.line_number, one.item_ids, draft.order).line_nbr or 0)
        case "add" if _is_there(draft, one, by_item=change.purpose == "replace"):
            draft.reasons.append(f"{_name(one)}: it is to be added, and the order has it")
        case "add":
            _add(draft, change, one)
        case "replace_item" | "other":
            draft.reasons.append(f"{_name(one)}: code {one.code or one.kind} asks for something that a person must do")
        case _:
            try:
                line = order_lines.find(one.line_number, one.item_ids, draft.order)
            except order_lines.NotFound as reason:
                if reason.absent and change.purpose == "replace" and one.kind != "delete":
                    _add(draft, change, one)
                else:
                    draft.reasons.append(f"{_name(one)}: {reason}")
            else:
                draft.touched.add(line.line_nbr or 0)
                _update(draft, change, one, line, quantity_in, again=again)


def _update(
    draft: Draft, change: OrderChange, one: LineChange, line: wire.OrderLine, quantity_in: str, *, again: bool
) -> None:
    name, number = _name(one), line.line_nbr
    if line.canceled or (line.completed and one.kind != "delete" and not again):
        draft.reasons.append(f"{name}: the line is {'cancelled' if line.canceled else 'completed'}")
        return
    if one.unit and one.kind in QUANTITY | PRICE and not _same_unit(draft, one.unit, line.uom or ""):
        draft.reasons.append(f"{name}: it counts in {one.unit}, the order in {line.uom}")
        return
    current = normalise(line.order_qty or Decimal(0))
    received = normalise(line.qty_on_receipts or Decimal(0))
    stated_in = cast(QuantityIn, quantity_in)
    quantity = new_quantity(one, current=current, received=received, stated_in=stated_in)
    if again and quantity is None and current in (one.quantity, one.quantity_left):
        return
    if one.kind == "delete" or (one.kind in QUANTITY and quantity == 0):
        if not line.completed:
            _take_out(draft, line, "the trading partner takes it out")
        return
    members: dict[str, Any] = {}
    if one.kind in QUANTITY:
        _quantity(draft, one, line, quantity, members)
    _price(draft, one, line, members)
    if one.kind in DATE:
        wanted = one.requested_date or (change.requested_date if one.kind != "change" else None)
        day = stamps.day(line.promised, draft.zone)
        if wanted is not None and day != wanted:
            draft.note(number, "promised", day, wanted, "another day")
            members["promised"] = {"value": _day(wanted)}
        elif wanted is None and one.kind in ("date", "date_and_quantity", "date_and_price"):
            draft.reasons.append(f"{name}: the new date is missing")
    if one.kind in ("change", "replace_values") and not _states_anything(one):
        draft.reasons.append(f"{name}: it is to be changed, and no value is stated that could be")
    if members:
        draft.update(line, members)


def _quantity(
    draft: Draft, one: LineChange, line: wire.OrderLine, quantity: Decimal | None, members: dict[str, Any]
) -> None:
    name, current = _name(one), normalise(line.order_qty or Decimal(0))
    if quantity is None:
        if one.kind != "change" or one.quantity is not None or one.quantity_left is not None:
            draft.reasons.append(
                f"{name}: it cannot be told whether {one.quantity} or {one.quantity_left} is the new quantity"
            )
        return
    received = normalise(line.qty_on_receipts or Decimal(0))
    if quantity < received:
        draft.reasons.append(f"{name}: {quantity} is less than the {received} that were received")
    elif quantity != current:
        draft.note(line.line_nbr, "quantity", current, quantity, "another quantity")
        members["orderQty"] = {"value": quantity}


def _price(draft: Draft, one: LineChange, line: wire.OrderLine, members: dict[str, Any]) -> None:
    name, before = _name(one), normalise(line.unit_cost or Decimal(0))
    if one.unit_price is None:
        if one.kind in ("price", "price_and_quantity", "date_and_price"):
            draft.reasons.append(f"{name}: the new price is missing")
    elif one.unit_price < 0:
        draft.reasons.append(f"{name}: the price {one.unit_price} is negative")
    elif before != one.unit_price and one.kind in PRICE:
        draft.note(line.line_nbr, "unit cost", before, one.unit_price, "another price")
        members["unitCost"] = {"value": one.unit_price}


def _states_anything(one: LineChange) -> bool:
    return any(value is not None for value in (one.quantity, one.quantity_left, one.unit_price, one.requested_date))


def _is_there(draft: Draft, one: LineChange, *, by_item: bool) -> bool:
    """Whether the order has the line that is to be added: by its number, or by its item where all lines are named."""
    lines = [line for line in draft.order.lines or () if line.line_type != order_lines.TEXT_LINE]
    if one.line_number and any(_meant(one, line) for line in lines):
        return True
    return by_item and any(order_lines.is_item(one.item_ids, line) for line in lines if not line.canceled)


def _add(draft: Draft, change: OrderChange, one: LineChange) -> None:
    name = _name(one)
    article = next((i.value for i in one.item_ids if i.scheme == "buyer"), "")
    quantity = one.quantity if one.quantity is not None else one.quantity_left
    if not article:
        draft.reasons.append(f"{name}: it names no article number of ours, so it cannot be added")
    if not quantity:
        draft.reasons.append(f"{name}: it states no quantity to add")
    if quantity is not None and (quantity < 0 or (one.unit_price or 0) < 0):
        draft.reasons.append(f"{name}: nothing negative can be added")
    unit = _book_unit(draft, one.unit)
    if one.unit and not unit:
        draft.reasons.append(f"{name}: the unit {one.unit} is none of the order's; add it to the partner's units")
    if not article or not quantity or (one.unit and not unit):
        return
    members: dict[str, Any] = {"inventory": {"value": article}, "orderQty": {"value": quantity}}
    if unit:
        members["uom"] = {"value": unit}
    if one.unit_price is not None:
        members["unitCost"] = {"value": one.unit_price}
    if one.description:
        members["lineDescription"] = {"value": one.description}
    if (day := one.requested_date or change.requested_date) is not None:
        members["promised"] = {"value": _day(day)}
    draft.unpriced = draft.unpriced or one.unit_price is None
    price = "" if one.unit_price is None else f" at {one.unit_price}"
    draft.value += abs(quantity * (one.unit_price or Decimal(0)))
    draft.note(None, "new line", "", f"{quantity} {unit or one.unit} of {article}{price}".replace("  ", " "), "added")
    draft.lines.append({"operation": "Insert", **members})


def _take_out(draft: Draft, line: wire.OrderLine, reason: str) -> None:
    number = line.line_nbr
    still_open = max((line.order_qty or Decimal(0)) - (line.qty_on_receipts or Decimal(0)), Decimal(0))
    draft.value += still_open * (line.unit_cost or Decimal(0))
    if line.qty_on_receipts:
        draft.note(number, "completed", "no", "yes", f"{reason}; {normalise(line.qty_on_receipts)} were received")
        members: dict[str, Any] = {"operation": "Update", "completed": {"value": True}}
    else:
        draft.note(number, "line", f"{normalise(line.order_qty or Decimal(0))} {line.uom or ''}".strip(), "", reason)
        members = {"operation": "Delete"}
    draft.lines.append({**members, "lineNumber": {"value": number}})


# --- Finding


def _meant(one: LineChange, line: wire.OrderLine) -> bool:
    stated = one.line_number.lstrip("0")
    return str(line.line_nbr) == stated if stated else order_lines.is_item(one.item_ids, line)


def _says(one: LineChange, line: wire.OrderLine) -> bool:
    """Whether a line of the order is the one that was added."""
    quantity = one.quantity if one.quantity is not None else one.quantity_left
    same_price = one.unit_price is None or normalise(line.unit_cost or Decimal(0)) == one.unit_price
    return (
        order_lines.is_item(one.item_ids, line) and normalise(line.order_qty or Decimal(0)) == quantity and same_price
    )


def _same_unit(draft: Draft, theirs: str, ours: str) -> bool:
    if theirs.upper() == ours.upper():
        return True
    return units.to_x12(theirs, draft.units) == (units.to_x12(ours, draft.units) or ours)


def _book_unit(draft: Draft, theirs: str) -> str:
    """Our books' word for a unit: one that the order uses, or of the partner's own table; "" when there is none."""
    known = [line.uom for line in draft.order.lines or () if line.uom] + list(draft.units)
    return next((ours for ours in known if theirs and _same_unit(draft, theirs, ours)), "")


def _name(one: LineChange) -> str:
    return f"line {one.line_number}" if one.line_number else f"item {', '.join(i.value for i in one.item_ids) or '?'}"


def _day(day: dt.date) -> str:
    return f"{day.isoformat()}T00:00:00"
