"""Purchase orders as ORDERS."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec

from edi.documents import money
from edi.documents.building import tidy
from edi.documents.edifact import carried as shared
from edi.documents.edifact import codes
from edi.documents.edifact.building import Draft, EdifactOptions
from edi.documents.edifact.reading import (
    Reading,
    View,
    amount_of,
    blocks,
    charges_of,
    currency_of,
    date_of,
    description_of,
    items_of,
    line_number,
    notes_of,
    parties_of,
    price_of,
    quantity_of,
    references_of,
    taxes_of,
    terms_of,
)
from edi.documents.edifact.values import as_number
from edi.documents.purchase_order import OrderLine, PurchaseOrder
from edi.documents.reading import ReadResult
from edi.edifact.segments import Message
from edi.edifact.writer import Seg

_ORDERED, _REQUESTED, _DOCUMENT = "21", "2", "137"
_LINES, _TAX, _TOTAL = "79", "124", "86"


def carried(order: PurchaseOrder, options: EdifactOptions | None = None) -> PurchaseOrder:
    """The order as ORDERS carries it. Cancelled lines are left out, unless the whole order is cancelled."""
    options = options or EdifactOptions()
    order = tidy(order)
    lines = tuple(
        msgspec.structs.replace(
            line,
            unit=shared.carried_unit(line.unit, options),
            item_ids=shared.carried_items(line.item_ids, options),
            description=shared.carried_description(line.description),
            cancelled=False,
        )
        for line in _sent(order)
    )
    return msgspec.structs.replace(
        order,
        lines=lines,
        order_type=order.order_type if order.order_type in codes.ORDER_TYPES else "standalone",
        parties=shared.carried_parties(order.parties, options),
        terms=shared.carried_terms(order.terms),
        references=shared.carried_references(order.references),
        charges=shared.carried_charges(order.charges),
        notes=shared.carried_notes(order.notes),
    )


def _sent(order: PurchaseOrder) -> tuple[OrderLine, ...]:
    kept = tuple(line for line in order.lines if not line.cancelled)
    return order.lines if order.purpose == "cancellation" and not kept else kept


def build(order: PurchaseOrder, options: EdifactOptions | None = None) -> list[Seg]:
    """The segments between UNH and UNT. Raises BuildRefused with every reason why the order cannot be sent."""
    options = options or EdifactOptions()
    order = carried(order, options)
    draft = Draft("ORDERS", options)
    if not order.lines:
        draft.refuse("the order has no line that is not cancelled")
    draft.add("BGM", codes.ORDER_TYPES[order.order_type], order.number, codes.PURPOSES[order.purpose])
    draft.date(_DOCUMENT, order.date)
    draft.date(_REQUESTED, order.requested_date)
    draft.notes(order.notes)
    draft.terms_text(order.terms)
    draft.references(order.references)
    for party in order.parties:
        draft.party(party)
    draft.add("CUX", ("2", order.currency, "9"))
    draft.terms(order.terms)
    draft.charges(order.charges, order.currency)
    for place, line in enumerate(order.lines, start=1):
        at = f"line {line.line_number}"
        draft.line(line.line_number, place, line.item_ids)
        draft.description(line.description)
        draft.quantity(_ORDERED, line.quantity, line.unit, at=at)
        draft.date(_REQUESTED, line.requested_date)
        draft.add("PRI", ("AAA", as_number(line.unit_price)))
        draft.line_reference(line.line_number)
        draft.taxes(line.taxes, order.currency)
    draft.add("UNS", "S")
    draft.amount(_LINES, order.line_total, order.currency, "sum of the lines")
    draft.amount(_TAX, order.tax_total, order.currency, "tax")
    draft.amount(_TOTAL, order.total, order.currency, "total")
    draft.add("CNT", ("2", str(len(order.lines))))
    _check(draft, order)
    return draft.finish()


def _check(draft: Draft, order: PurchaseOrder) -> None:
    currency = order.currency
    lines = sum((money.rounded(line.amount, currency) for line in order.lines), Decimal(0))
    what = "the sum of the lines is not that of their amounts"
    draft.adds_up(order.line_total, lines, what, currency=currency, rounded=2 * len(order.lines))
    total = order.line_total + money.net_charges(order.charges) + order.tax_total
    draft.adds_up(order.total, total, "lines, charges and tax are not the total", currency=currency, rounded=2)
    numbers = [line.line_number for line in order.lines]
    if len(set(numbers)) != len(numbers):
        draft.refuse("a line number stands on more than one line")


def read(message: Message) -> ReadResult[PurchaseOrder]:
    """The order that an ORDERS states."""
    reading = Reading(message)
    head = reading.heading
    bgm = next((view for view in head if view.tag == "BGM"), None)
    if message.type != "ORDERS" or bgm is None:
        reading.fail("no-beginning", "This is no ORDERS with a BGM: it does not say which order it is.")
        return ReadResult(draft=None, findings=tuple(reading.findings), left_over=reading.left_over)
    number = bgm.get(2)
    if not number:
        bgm.fail("value-missing", "The order's number (BGM) is missing.")
    currency = currency_of(head)
    lines = tuple(_line(block) for block in blocks(reading.detail, "LIN"))
    charges = charges_of(head)
    stated = amount_of(reading.summary, _LINES, "sum of the lines")
    line_total = sum((money.rounded(x.amount, currency) for x in lines), Decimal(0)) if stated is None else stated
    tax = amount_of(reading.summary, _TAX, "tax")
    tax_total = sum((t.amount for x in lines for t in x.taxes), Decimal(0)) if tax is None else tax
    total = amount_of(reading.summary, _TOTAL, "total")
    date = date_of(head, _DOCUMENT, "order date")
    if date is None:
        reading.fail("value-missing", "The order's date (DTM 137) is missing.")
    draft = PurchaseOrder(
        number=number,
        date=date or dt.date.min,
        currency=currency,
        lines=lines,
        parties=parties_of(head),
        purpose=reading.word(bgm, 3, codes.PURPOSES_READ, "original", "purpose"),  # type: ignore[arg-type]
        order_type=reading.word(bgm, 1, codes.ORDER_TYPES_READ, "standalone", "kind of order"),  # type: ignore[arg-type]
        requested_date=date_of(head, _REQUESTED, "requested date"),
        terms=terms_of(head),
        references=references_of(head),
        charges=charges,
        notes=notes_of(head),
        line_total=line_total,
        tax_total=tax_total,
        total=line_total + money.net_charges(charges) + tax_total if total is None else total,
    )
    return ReadResult(draft=draft, findings=tuple(reading.findings), left_over=reading.left_over)


def _line(block: list[View]) -> OrderLine:
    quantity, unit = quantity_of(block, _ORDERED)
    if quantity is None:
        block[0].fail("value-missing", f"Line {block[0].peek(1)} has no ordered quantity (QTY 21).")
    return OrderLine(
        line_number=line_number(block),
        quantity=quantity or Decimal(0),
        unit=unit,
        unit_price=price_of(block) or Decimal(0),
        item_ids=items_of(block),
        description=description_of(block),
        requested_date=date_of(block, _REQUESTED, "requested date"),
        taxes=taxes_of(block),
    )
