"""Changes of purchase orders as ORDCHG. A line says that it is added, deleted, changed or left as it is."""

from __future__ import annotations

import msgspec

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
    reference_of,
    references_of,
    terms_of,
)
from edi.documents.edifact.values import as_number
from edi.documents.order_change import LineChange, OrderChange
from edi.documents.reading import ReadResult
from edi.edifact.segments import Message
from edi.edifact.writer import Seg

_ACTIONS = {"add": "1", "delete": "2", "change": "3", "none": "4"}
"""What happens to a line (1229)."""
_ACTIONS_READ = {code: kind for kind, code in _ACTIONS.items()}
_ORDERED, _LEFT = "21", "73"
_DATES = {"requested_date": "2", "ship_date": "10", "not_before": "64", "not_after": "63", "cancel_after": "61"}
"""Kinds of dates (2005) by the field of the change."""
_DOCUMENT, _ORDER_DATE = "137", "171"
_ORDER, _CHANGE, _REQUEST, _TOTAL = "ON", "PP", "AAV", "86"


def carried(change: OrderChange, options: EdifactOptions | None = None) -> OrderChange:
    """The change as ORDCHG carries it: kinds of changes of a line that have no code are changes."""
    options = options or EdifactOptions()
    change = tidy(change)
    return msgspec.structs.replace(
        change,
        order_type="standalone",
        lines=tuple(_carried_line(line, options) for line in change.lines),
        parties=shared.carried_parties(change.parties, options),
        terms=shared.carried_terms(change.terms),
        references=shared.carried_references(change.references),
        charges=shared.carried_charges(change.charges) if change.currency else (),
        notes=shared.carried_notes(change.notes),
    )


def _carried_line(line: LineChange, options: EdifactOptions) -> LineChange:
    has_unit = line.quantity is not None or line.quantity_left is not None
    return msgspec.structs.replace(
        line,
        kind=line.kind if line.kind in _ACTIONS else "change",
        code="",
        unit=shared.carried_unit(line.unit, options) if has_unit else "",
        item_ids=shared.carried_items(line.item_ids, options),
        description=shared.carried_description(line.description),
    )


def build(change: OrderChange, options: EdifactOptions | None = None) -> list[Seg]:
    """The segments between UNH and UNT. Raises BuildRefused with every reason why the change cannot be sent."""
    options = options or EdifactOptions()
    change = carried(change, options)
    draft = Draft("ORDCHG", options)
    if not change.lines and change.purpose == "change":
        draft.refuse("a change without lines changes nothing")
    draft.add("BGM", "230", change.sequence or change.number, codes.PURPOSES[change.purpose])
    if change.change_date is None:
        draft.refuse("the change has no date")
    draft.date(_DOCUMENT, change.change_date)
    for field, kind in _DATES.items():
        draft.date(kind, getattr(change, field))
    draft.notes(change.notes)
    draft.terms_text(change.terms)
    draft.references(change.references)
    draft.reference(_CHANGE, change.sequence)
    draft.reference(_REQUEST, change.request_reference)
    draft.reference(_ORDER, change.number)
    draft.date(_ORDER_DATE, change.order_date)
    for party in change.parties:
        draft.party(party)
    if change.currency:
        draft.add("CUX", ("2", change.currency, "9"))
    draft.terms(change.terms)
    draft.charges(change.charges, change.currency)
    for place, line in enumerate(change.lines, start=1):
        _add_line(draft, line, place)
    draft.add("UNS", "S")
    if change.total is not None:
        draft.amount(_TOTAL, change.total, change.currency, "total")
    draft.add("CNT", ("2", str(len(change.lines))))
    return draft.finish()


def _add_line(draft: Draft, line: LineChange, place: int) -> None:
    at = f"line {line.line_number or place}"
    if not line.line_number:
        draft.refuse("it has no line number; ORDCHG would give it one, and another line might be meant", at=at)
    draft.line(line.line_number, place, line.item_ids, action=_ACTIONS[line.kind])
    draft.description(line.description)
    for kind, quantity in ((_ORDERED, line.quantity), (_LEFT, line.quantity_left)):
        if quantity is not None:
            draft.quantity(kind, quantity, line.unit, at=at)
    draft.date(_DATES["requested_date"], line.requested_date)
    if line.unit_price is not None:
        draft.add("PRI", ("AAA", as_number(line.unit_price)))
    draft.line_reference(line.line_number)


def read(message: Message) -> ReadResult[OrderChange]:
    """The change that an ORDCHG states."""
    reading = Reading(message)
    head = reading.heading
    bgm = next((view for view in head if view.tag == "BGM"), None)
    if message.type != "ORDCHG" or bgm is None:
        reading.fail("no-beginning", "This is no ORDCHG with a BGM: it does not say what it is.")
        return ReadResult(draft=None, findings=tuple(reading.findings), left_over=reading.left_over)
    number = reference_of(head, _ORDER)
    if not number:
        reading.fail("value-missing", "The order's number (RFF ON) is missing: nobody could tell what is changed.")
    bgm.get(1)
    draft = OrderChange(
        number=number,
        order_date=date_of(head, _ORDER_DATE, "order date"),
        purpose=reading.word(bgm, 3, codes.PURPOSES_READ, "change", "purpose"),  # type: ignore[arg-type]
        sequence=reference_of(head, _CHANGE),
        request_reference=reference_of(head, _REQUEST),
        change_date=date_of(head, _DOCUMENT, "date of the change"),
        currency=currency_of(head),
        lines=tuple(_line(reading, block) for block in blocks(reading.detail, "LIN")),
        parties=parties_of(head),
        terms=terms_of(head),
        references=references_of(head),
        charges=charges_of(head),
        notes=notes_of(head),
        total=amount_of(reading.summary, _TOTAL, "total"),
    )
    dates = {field: date_of(head, kind, field.replace("_", " ")) for field, kind in _DATES.items()}
    draft = msgspec.structs.replace(draft, **dates)
    return ReadResult(draft=draft, findings=tuple(reading.findings), left_over=reading.left_over)


def _line(reading: Reading, block: list[View]) -> LineChange:
    quantity, unit = quantity_of(block, _ORDERED)
    left, left_unit = quantity_of(block, _LEFT)
    return LineChange(
        line_number=line_number(block),
        kind=reading.word(block[0], 2, _ACTIONS_READ, "change", "action on the line"),  # type: ignore[arg-type]
        quantity=quantity,
        quantity_left=left,
        unit=unit or left_unit,
        unit_price=price_of(block),
        item_ids=items_of(block),
        description=description_of(block),
        requested_date=date_of(block, _DATES["requested_date"], "requested date"),
    )
