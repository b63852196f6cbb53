"""A later version of an order as ORDCHG: what became of each line since the partner was told of it last."""

from __future__ import annotations

import datetime as dt

import msgspec

from edi.documents.edifact import EdifactOptions, ordchg, orders
from edi.documents.order_change import LineChange, OrderChange
from edi.documents.purchase_order import OrderLine, PurchaseOrder
from edi.edifact.reading import read_bytes
from edi.edifact.segments import Message
from edi.models import TransactionSet

ORDER, CHANGE = "ORDERS", "ORDCHG"

Stated = dict[str, OrderLine | LineChange]
"""Lines as they were stated last, by their number."""


def stated_before(sent: TransactionSet | None) -> Stated | None:
    """The lines of an order as the partner has them, out of what was sent last; None where nobody can tell: it went in
    another standard, or is not kept any more."""
    if sent is None or sent.set_id not in (ORDER, CHANGE) or sent.interchange.text is None:
        return None
    messages = read_bytes(bytes(sent.interchange.text))[1].messages
    return _stated_in(messages[0]) if messages else None


def _stated_in(message: Message) -> Stated | None:
    order = orders.read(message).document if message.type == ORDER else None
    if order is not None:
        return {line.line_number: line for line in order.lines}
    change = ordchg.read(message).document if message.type == CHANGE else None
    if change is None:
        return None
    return {line.line_number: line for line in change.lines if line.kind != "delete"}


def change_of(
    order: PurchaseOrder, before: Stated, *, sequence: str, today: dt.date, options: EdifactOptions
) -> OrderChange:
    """The change that makes of what was stated before what the order says now. Every line is named, those that stay
    among them: the next change is told from this one. `sequence` is our number of the change."""
    carried = orders.carried(order, options)
    lines = [_line(line, before.get(line.line_number)) for line in carried.lines if not line.cancelled]
    known = {line.line_number for line in lines}
    gone = [_deleted(line) for number, line in before.items() if number not in known]
    return OrderChange(
        number=order.number,
        order_date=order.date,
        purpose=order.purpose,
        sequence=sequence,
        change_date=today,
        currency=order.currency,
        lines=() if order.purpose == "cancellation" else (*lines, *gone),
        parties=order.parties,
        requested_date=order.requested_date,
        terms=order.terms,
        references=order.references,
        charges=order.charges,
        notes=order.notes,
        total=order.total,
    )


def _line(line: OrderLine, before: OrderLine | LineChange | None) -> LineChange:
    now = LineChange(
        line_number=line.line_number,
        kind="add",
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        item_ids=line.item_ids,
        description=line.description,
        requested_date=line.requested_date,
    )
    if before is None:
        return now
    return msgspec.structs.replace(now, kind="none" if _said(now) == _said(before) else "change")


def _deleted(line: OrderLine | LineChange) -> LineChange:
    return LineChange(line_number=line.line_number, kind="delete", item_ids=line.item_ids, description=line.description)


def _said(line: OrderLine | LineChange) -> tuple[object, ...]:
    ids = tuple(sorted((item.scheme, item.value) for item in line.item_ids))
    return line.quantity, line.unit, line.unit_price, ids, line.description, line.requested_date
