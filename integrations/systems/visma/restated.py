"""What an order change says of the whole order and does not ask to be changed: where the goods go, and the total. Pure.

Neither is ever written to an order. A change that restates them as they are says nothing new; one that says them
otherwise means something that only a person can do, and must not be accepted as if it were done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from edi.documents import money
from edi.documents.order_change import OrderChange
from edi.documents.values import Party
from integrations.systems.visma import order_lines, wire
from integrations.systems.visma.mapping.orders import ship_to

SHIP_TO, TOTAL = "ship-to", "total"


def stated(change: OrderChange) -> tuple[str, ...]:
    """What of that a change states at all. A cancelled order goes nowhere and costs nothing."""
    if change.purpose == "cancellation":
        return ()
    names = ((SHIP_TO, change.party("ship_to")), (TOTAL, change.total))
    return tuple(name for name, value in names if value is not None)


def otherwise(
    change: OrderChange, order: wire.PurchaseOrder, written: Sequence[Mapping[str, Any]], *, unpriced: bool
) -> tuple[str, ...]:
    """What of that is not as in the order, once it is changed. `written`: the operations on its lines; `unpriced`:
    whether one of them adds a line of which the books make the price."""
    named = stated(change)
    found = []
    party = change.party("ship_to")
    if SHIP_TO in named and party is not None and not _is_same_place(party, ship_to(order)):
        found.append(f"another ship-to ({_words(party)})")
    if TOTAL in named and change.total is not None:
        after = None if unpriced else _after(order, written)
        if after is None or not _comes_to(change.total, after, order):
            found.append(f"another total ({change.total})")
    return tuple(found)


def _is_same_place(theirs: Party, ours: Party | None) -> bool:
    """By postal code and town, where both state them; else by number or name."""
    if ours is None:
        return False
    if theirs.address is not None and ours.address is not None:
        places = [
            (_plain(theirs.address.postal_code), _plain(ours.address.postal_code)),
            (_plain(theirs.address.city), _plain(ours.address.city)),
            (_plain(" ".join(theirs.address.lines)), _plain(" ".join(ours.address.lines))),
        ]
        said = [(one, other) for one, other in places if one and other]
        if said:
            return all(one == other for one, other in said)
    numbers = {one.value for one in theirs.ids} & {one.value for one in ours.ids}
    return bool(numbers) or (bool(theirs.name) and _plain(theirs.name) == _plain(ours.name))


def _after(order: wire.PurchaseOrder, written: Sequence[Mapping[str, Any]]) -> Decimal:
    """What the lines come to after the change; a line keeps its share of discount."""
    lines = [line for line in order.lines or () if line.line_type != order_lines.TEXT_LINE and not line.canceled]
    sums = {line.line_nbr: (_whole(line) if line.amount is None else line.amount) for line in lines}
    by_number = {line.line_nbr: line for line in lines}
    total = Decimal(0)
    for entry in written:
        values = {name: part["value"] for name, part in entry.items() if name != "operation"}
        line = by_number.get(values.get("lineNumber"))
        if entry["operation"] == "Insert":
            total += values["orderQty"] * values.get("unitCost", Decimal(0))
        elif entry["operation"] == "Delete":
            sums.pop(values.get("lineNumber"), None)
        elif line is not None and ("orderQty" in values or "unitCost" in values):
            quantity = values.get("orderQty", line.order_qty or Decimal(0))
            whole, before = quantity * values.get("unitCost", line.unit_cost or Decimal(0)), _whole(line)
            sums[line.line_nbr] = whole * sums[line.line_nbr] / before if before else whole
    return total + sum(sums.values(), Decimal(0))


def _comes_to(total: Decimal, after: Decimal, order: wire.PurchaseOrder) -> bool:
    """Whether it is what the lines come to, without tax or with the share of tax that the order has."""
    minor = money.minor_unit(order.currency or "")
    allowed = minor * (len(order.lines or ()) + 2)
    with_tax = after * (1 + (order.tax_total or Decimal(0)) / order.line_total) if order.line_total else after
    return any(abs(total - one) <= allowed for one in (after, with_tax))


def _whole(line: wire.OrderLine) -> Decimal:
    return (line.order_qty or Decimal(0)) * (line.unit_cost or Decimal(0))


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _words(party: Party) -> str:
    address = party.address
    place = (*address.lines, f"{address.postal_code} {address.city}".strip()) if address is not None else ()
    return ", ".join(part for part in (party.name, *place, *(one.value for one in party.ids)) if part)
