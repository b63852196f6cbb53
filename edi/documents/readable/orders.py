"""Orders, changes and answers as facts and tables."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from edi.documents.order_change import OrderChange
from edi.documents.order_response import LineAnswer, OrderResponse
from edi.documents.purchase_order import PurchaseOrder
from edi.documents.readable.parts import (
    Column,
    Readable,
    Section,
    charge_section,
    facts_of,
    item_lines,
    notes_section,
    party_section,
    reference_section,
    sections_of,
    table_of,
    terms_section,
    words,
)


def readable_order(order: PurchaseOrder) -> Readable:
    """A purchase order."""
    columns = (
        Column("Line"),
        Column("Item", "lines"),
        Column("Description"),
        Column("Quantity", "number"),
        Column("Unit"),
        Column("Price", "number"),
        Column("Amount", "amount"),
        Column("Requested", "date"),
        Column("Status"),
    )
    rows = (
        (
            *(line.line_number, item_lines(line.item_ids), line.description, line.quantity, line.unit, line.unit_price),
            *(line.amount, line.requested_date, "Cancelled" if line.cancelled else ""),
        )
        for line in order.lines
    )
    facts = facts_of(
        ("Order date", order.date, "date"),
        ("Purpose", words(order.purpose)),
        ("Order type", words(order.order_type)),
        ("Currency", order.currency),
        ("Requested date", order.requested_date, "date"),
    )
    return Readable(
        title="Purchase order",
        number=order.number,
        currency=order.currency,
        sections=sections_of(
            Section(title="Order", facts=facts),
            *(party_section(p) for p in order.parties),
            Section(title="Lines", table=table_of(columns, rows)),
            charge_section(order.charges),
            terms_section(order.terms),
            reference_section(order.references),
            notes_section(order.notes),
        ),
        totals=facts_of(
            ("Lines", order.line_total, "amount"), ("Tax", order.tax_total, "amount"), ("Total", order.total, "amount")
        ),
    )


def readable_change(change: OrderChange) -> Readable:
    """A change, as its sender states it."""
    columns = (
        Column("Line"),
        Column("Change"),
        Column("Item", "lines"),
        Column("Description"),
        Column("Quantity", "number"),
        Column("Left to receive", "number"),
        Column("Unit"),
        Column("Price", "number"),
        Column("Requested", "date"),
    )
    rows = (
        (
            *(line.line_number, words(line.kind), item_lines(line.item_ids), line.description, line.quantity),
            *(line.quantity_left, line.unit, line.unit_price, line.requested_date),
        )
        for line in change.lines
    )
    facts = facts_of(
        ("Order date", change.order_date, "date"),
        ("Purpose", words(change.purpose)),
        ("Change number", change.sequence),
        ("Change date", change.change_date, "date"),
        ("Currency", change.currency),
        ("Requested date", change.requested_date, "date"),
        ("Ship date", change.ship_date, "date"),
        ("Not before", change.not_before, "date"),
        ("Not after", change.not_after, "date"),
        ("Cancel after", change.cancel_after, "date"),
        ("Request", change.request_reference),
    )
    return Readable(
        title="Purchase order change",
        number=change.number,
        currency=change.currency,
        sections=sections_of(
            Section(title="Change", facts=facts),
            *(party_section(p) for p in change.parties),
            Section(title="Lines", table=table_of(columns, rows)),
            charge_section(change.charges),
            terms_section(change.terms),
            reference_section(change.references),
            notes_section(change.notes),
        ),
        totals=facts_of(("Total", change.total, "amount")),
    )


def readable_response(response: OrderResponse) -> Readable:
    """An answer to an order or to a change, one row an answer."""
    columns = (
        Column("Line"),
        Column("Item", "lines"),
        Column("Description"),
        Column("Quantity", "number"),
        Column("Unit"),
        Column("Price", "number"),
        Column("Answer"),
        Column("Answered", "number"),
        Column("Date", "date"),
        Column("Instead", "lines"),
        Column("Note", "lines"),
    )
    rows = []
    for line in response.lines:
        stated = (line.line_number, item_lines(line.item_ids), line.description, line.quantity, line.unit)
        said = [_answer(answer) for answer in line.answers]
        said += [("Scheduled", s.quantity, s.date, ()) for s in line.schedules]
        for index, (status, quantity, date, instead) in enumerate(said or [("", None, None, ())]):
            first = index == 0
            left = (*stated, line.unit_price) if first else (line.line_number, (), "", None, "", None)
            rows.append((*left, status, quantity, date, instead, line.notes if first else ()))
    facts = facts_of(
        ("Answer", words(response.answer)),
        ("Purpose", words(response.purpose)),
        ("Order date", response.order_date, "date"),
        ("Supplier's number", response.number),
        ("Answered on", response.date, "date"),
        ("Change number", response.change_sequence),
        ("Request", response.request_reference),
        ("Currency", response.currency),
        ("Ship date", response.ship_date, "date"),
        ("Delivery date", response.delivery_date, "date"),
    )
    return Readable(
        title="Answer to an order change" if response.answers_change else "Answer to an order",
        number=response.order_number,
        currency=response.currency,
        sections=sections_of(
            Section(title="Answer", facts=facts),
            *(party_section(p) for p in response.parties),
            Section(title="Lines", table=table_of(columns, rows)),
            charge_section(response.charges),
            terms_section(response.terms),
            reference_section(response.references),
            notes_section(response.notes),
        ),
        totals=facts_of(("Total", response.total, "amount")),
    )


def _answer(answer: LineAnswer) -> tuple[str, Decimal | None, dt.date | None, tuple[str, ...]]:
    return words(answer.status), answer.quantity, answer.date, item_lines(answer.item_ids)
