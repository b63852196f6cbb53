"""What an 865 says of an order change: each line of the order once, as it stands after the change. Pure.

An 860 may speak of one line in several segments, here of its quantity and there of its price; an answer names each line
once, for two answers to one line could not be told apart. What a person changed of the change before it was applied is
answered as changed, and what was taken out of it as rejected.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

import msgspec

from edi.documents import codes
from edi.documents.order_change import ChangeKind, LineChange, OrderChange, QuantityIn, applied_quantity
from edi.documents.order_response import Answer, LineAnswer, LineStatus, OrderResponse, ResponseLine

_PARTS: dict[str, frozenset[str]] = {
    "none": frozenset(),
    "quantity": frozenset({"quantity"}),
    "price": frozenset({"price"}),
    "date": frozenset({"date"}),
    "price_and_quantity": frozenset({"price", "quantity"}),
    "date_and_quantity": frozenset({"date", "quantity"}),
    "date_and_price": frozenset({"date", "price"}),
}
"""Which values a kind of change asks for; the others ask for all or for something else."""
_KINDS: dict[frozenset[str], ChangeKind] = {parts: kind for kind, parts in _PARTS.items()}  # type: ignore[misc]


def answer_to(
    change: OrderChange,
    *,
    accepted: bool,
    date: dt.date,
    quantity_in: QuantityIn = "auto",
    applied: OrderChange | None = None,
) -> OrderResponse:
    """The answer: every line accepted, or every line refused, for a change applies as a whole or not at all.

    `applied`: what was applied in its place, where a person edited it.
    """
    asked = _lines(change, quantity_in)
    made = asked if applied is None or not accepted else _lines(applied, quantity_in)
    lines = [_line(one, _status(one, asked, accepted)) for one in made]
    lines += [_line(one, "rejected") for one in asked if not any(_is_same(one, other) for other in made)]
    as_asked = all(line.answers[0].status == "accepted" for line in lines) and _heads_alike(change, applied)
    answer: Answer = "rejected" if not accepted else "accepted" if as_asked else "changed"
    return OrderResponse(
        order_number=change.number,
        order_date=change.order_date or change.change_date or date,
        answer=answer,
        answers_change=True,
        change_sequence=change.sequence,
        request_reference=change.request_reference,
        date=date,
        currency=change.currency,
        lines=_told_apart(lines),
    )


def _lines(change: OrderChange, quantity_in: QuantityIn) -> list[LineChange]:
    """The lines of a change, each once, its quantity the one that the line has after it."""
    found: list[LineChange] = []
    for one in change.lines:
        stated = msgspec.structs.replace(one, quantity=applied_quantity(one, stated_in=quantity_in), quantity_left=None)
        places = (n for n, other in enumerate(found) if "add" not in (one.kind, other.kind) and _is_same(one, other))
        place = next(places, None)
        if place is None:
            found.append(stated)
        else:
            found[place] = _together(found[place], stated)
    return found


def _is_same(one: LineChange, other: LineChange) -> bool:
    """Whether two changes speak of one line: the same number, unless the items contradict it; without numbers, the
    same item."""
    number, item_ids = one.line_number.lstrip("0"), set(one.item_ids)
    if number != other.line_number.lstrip("0"):
        return False
    contradicts = bool(item_ids and other.item_ids) and item_ids.isdisjoint(other.item_ids)
    return not contradicts and bool(number or (item_ids and other.item_ids))


def _together(one: LineChange, other: LineChange) -> LineChange:
    """Two changes of one line as one. A value is that of the change that asks for it."""
    kind = one.kind
    if one.kind != other.kind:
        parts = [_PARTS.get(each.kind) for each in (one, other)]
        known = None if None in parts else frozenset[str]().union(*(part for part in parts if part is not None))
        kind = _KINDS.get(known, "change") if known is not None else "change"
    by_quantity, by_price = _asking(one, other, "quantity"), _asking(one, other, "price")
    return LineChange(
        line_number=one.line_number,
        kind=kind,
        code=one.code if (one.kind, one.code) == (other.kind, other.code) else codes.CHANGES[kind],
        quantity=next((each.quantity for each in by_quantity if each.quantity is not None), None),
        unit=one.unit or other.unit,
        unit_price=next((each.unit_price for each in by_price if each.unit_price is not None), None),
        item_ids=one.item_ids or other.item_ids,
        description=one.description or other.description,
        requested_date=one.requested_date or other.requested_date,
    )


def _asking(one: LineChange, other: LineChange, part: str) -> tuple[LineChange, LineChange]:
    """Both, first the one that asks for another value of that part of the line."""
    return (other, one) if part in _PARTS.get(other.kind, ()) else (one, other)


def _status(one: LineChange, asked: Sequence[LineChange], accepted: bool) -> LineStatus:
    if not accepted:
        return "rejected"
    return "accepted" if one in asked else "changed"


def _heads_alike(change: OrderChange, applied: OrderChange | None) -> bool:
    """Whether what was applied is what was asked for, beside the lines."""
    if applied is None:
        return True
    return (change.purpose, change.requested_date) == (applied.purpose, applied.requested_date)


def _line(one: LineChange, status: LineStatus) -> ResponseLine:
    return ResponseLine(
        line_number=one.line_number,
        change=one.code or codes.CHANGES[one.kind],
        quantity=None if one.kind == "delete" else one.quantity,
        unit=one.unit,
        unit_price=one.unit_price,
        item_ids=one.item_ids,
        description=one.description,
        answers=(LineAnswer(status=status),),
    )


def _told_apart(lines: Sequence[ResponseLine]) -> tuple[ResponseLine, ...]:
    """The lines without numbers that stand on several of them: there the items tell."""
    count = Counter(line.line_number for line in lines)
    return tuple(
        msgspec.structs.replace(line, line_number="") if count[line.line_number] > 1 else line for line in lines
    )
