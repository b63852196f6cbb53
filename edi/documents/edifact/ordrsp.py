"""Answers to orders and to changes as ORDRSP. It says one thing about a line: several answers to one are refused."""

from __future__ import annotations

import msgspec

from edi.documents.building import tidy
from edi.documents.edifact import carried as shared
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
    one,
    parties_of,
    price_of,
    quantity_of,
    reference_of,
    references_of,
    terms_of,
)
from edi.documents.edifact.values import as_number
from edi.documents.order_response import LineAnswer, OrderResponse, ResponseLine
from edi.documents.reading import ReadResult
from edi.edifact.segments import Message
from edi.edifact.writer import Seg

_ANSWERS = {"accepted": "29", "changed": "4", "rejected": "27", "received": "12", "held": "23"}
"""What becomes of the order (1225)."""
_ANSWERS_READ = {**{code: word for word, code in _ANSWERS.items()}, "28": "changed", "30": "changed", "34": "changed"}
_STATUSES = {"accepted": "5", "changed": "3", "rejected": "7", "deleted": "2"}
"""What becomes of a line (1229)."""
_STATUSES_READ = {**{code: word for word, code in _STATUSES.items()}, "6": "changed"}
_ORDERED, _ANSWERED, _BACKORDERED = "21", "113", "83"
_SHIP, _DELIVERY, _DOCUMENT, _ORDER_DATE = "11", "67", "137", "171"
_ORDER, _CHANGE, _REQUEST, _TOTAL = "ON", "PP", "AAV", "86"


def carried(response: OrderResponse, options: EdifactOptions | None = None) -> OrderResponse:
    """The answer as ORDRSP carries it: without X12 codes and schedules, what it answers told by the change's number."""
    options = options or EdifactOptions()
    response = tidy(response)
    return msgspec.structs.replace(
        response,
        code="",
        purpose="original",
        answers_change=bool(response.change_sequence),
        lines=tuple(_carried_line(line, options) for line in response.lines),
        parties=shared.carried_parties(response.parties, options),
        terms=shared.carried_terms(response.terms),
        references=shared.carried_references(response.references),
        charges=shared.carried_charges(response.charges) if response.currency else (),
        notes=shared.carried_notes(response.notes),
    )


def _carried_line(line: ResponseLine, options: EdifactOptions) -> ResponseLine:
    return msgspec.structs.replace(
        line,
        change="",
        unit="" if line.quantity is None else shared.carried_unit(line.unit, options),
        item_ids=shared.carried_items(line.item_ids, options),
        description=shared.carried_description(line.description),
        answers=tuple(_carried_answer(answer, options) for answer in line.answers),
        schedules=(),
        notes=shared.carried_notes(line.notes),
    )


def _carried_answer(answer: LineAnswer, options: EdifactOptions) -> LineAnswer:
    return msgspec.structs.replace(
        answer,
        code="",
        unit="" if answer.quantity is None else shared.carried_unit(answer.unit, options),
        date_kind=answer.date_kind if answer.date else "ship",
        item_ids=shared.carried_items(answer.item_ids, options) if answer.status == "substituted" else (),
    )


def build(response: OrderResponse, options: EdifactOptions | None = None) -> list[Seg]:
    """The segments between UNH and UNT. Raises BuildRefused with every reason why the answer cannot be sent."""
    options = options or EdifactOptions()
    response = carried(response, options)
    draft = Draft("ORDRSP", options)
    draft.add("BGM", "231", response.number, _ANSWERS[response.answer])
    if response.date is None:
        draft.refuse("the answer has no date")
    draft.date(_DOCUMENT, response.date)
    draft.date(_SHIP, response.ship_date)
    draft.date(_DELIVERY, response.delivery_date)
    draft.notes(response.notes)
    draft.terms_text(response.terms)
    draft.references(response.references)
    draft.reference(_CHANGE, response.change_sequence)
    draft.reference(_REQUEST, response.request_reference)
    draft.reference(_ORDER, response.order_number)
    draft.date(_ORDER_DATE, response.order_date)
    for party in response.parties:
        draft.party(party)
    if response.currency:
        draft.add("CUX", ("2", response.currency, "9"))
    draft.terms(response.terms)
    draft.charges(response.charges, response.currency)
    for place, line in enumerate(response.lines, start=1):
        _add_line(draft, line, place)
    draft.add("UNS", "S")
    if response.total is not None:
        draft.amount(_TOTAL, response.total, response.currency, "total")
    draft.add("CNT", ("2", str(len(response.lines))))
    return draft.finish()


def _add_line(draft: Draft, line: ResponseLine, place: int) -> None:
    at = f"line {line.line_number or place}"
    if not line.line_number:
        draft.refuse("it has no line number; ORDRSP would give it one, and another line might be meant", at=at)
    if len(line.answers) > 1:
        draft.refuse(f"it has {len(line.answers)} answers; ORDRSP says one thing about a line", at=at)
    answer = line.answers[0] if line.answers else None
    status = answer.status if answer is not None else ""
    if status in ("held", "other"):
        draft.refuse(f"ORDRSP has no code for a line that is {status}", at=at)
    action = _STATUSES.get(status, "3" if status else "")
    draft.line(line.line_number, place, line.item_ids, action=action)
    if answer is not None and status == "substituted":
        if not answer.item_ids or len(answer.item_ids) > 5:
            draft.refuse("it needs one to five numbers of the item that comes instead", at=at)
        draft.substitute(answer.item_ids)
    draft.description(line.description)
    if line.quantity is not None:
        draft.quantity(_ORDERED, line.quantity, line.unit, at=at)
    if answer is not None:
        kind = _BACKORDERED if status == "backordered" else _ANSWERED
        if answer.quantity is not None:
            draft.quantity(kind, answer.quantity, answer.unit, at=at)
        elif status == "backordered":
            draft.refuse("the quantity that comes later is missing", at=at)
        draft.date(_SHIP if answer.date_kind == "ship" else _DELIVERY, answer.date)
    draft.notes(line.notes)
    if line.unit_price is not None:
        draft.add("PRI", ("AAA", as_number(line.unit_price)))
    draft.line_reference(line.line_number)


def read(message: Message) -> ReadResult[OrderResponse]:
    """The answer that an ORDRSP states."""
    reading = Reading(message)
    head = reading.heading
    bgm = next((view for view in head if view.tag == "BGM"), None)
    if message.type != "ORDRSP" or bgm is None:
        reading.fail("no-beginning", "This is no ORDRSP with a BGM: it does not say what it is.")
        return ReadResult(draft=None, findings=tuple(reading.findings), left_over=reading.left_over)
    number = reference_of(head, _ORDER)
    if not number:
        reading.fail("value-missing", "The order's number (RFF ON) is missing: nobody could tell what is answered.")
    if not bgm.peek(3):
        bgm.fail("value-missing", "The answer (BGM, message function) is missing.")
    bgm.get(1)
    sequence = reference_of(head, _CHANGE)
    draft = OrderResponse(
        order_number=number,
        order_date=date_of(head, _ORDER_DATE, "order date"),
        answer=reading.word(bgm, 3, _ANSWERS_READ, "received", "answer"),  # type: ignore[arg-type]
        answers_change=bool(sequence),
        change_sequence=sequence,
        number=bgm.get(2),
        date=date_of(head, _DOCUMENT, "date of the answer"),
        request_reference=reference_of(head, _REQUEST),
        currency=currency_of(head),
        lines=tuple(_line(reading, block) for block in blocks(reading.detail, "LIN")),
        parties=parties_of(head),
        ship_date=date_of(head, _SHIP, "ship date"),
        delivery_date=date_of(head, _DELIVERY, "delivery date"),
        terms=terms_of(head),
        references=references_of(head),
        charges=charges_of(head),
        notes=notes_of(head),
        total=amount_of(reading.summary, _TOTAL, "total"),
    )
    return ReadResult(draft=draft, findings=tuple(reading.findings), left_over=reading.left_over)


def _line(reading: Reading, block: list[View]) -> ResponseLine:
    quantity, unit = quantity_of(block, _ORDERED)
    own = [view for view in block if not _is_instead(view)]
    return ResponseLine(
        line_number=line_number(block),
        quantity=quantity,
        unit=unit,
        unit_price=price_of(block),
        item_ids=items_of(own),
        description=description_of(block),
        answers=_answers(reading, block),
        notes=notes_of(block),
    )


def _is_instead(view: View) -> bool:
    return view.tag == "PIA" and view.peek(1) == "3"


def _answers(reading: Reading, block: list[View]) -> tuple[LineAnswer, ...]:
    if not block[0].peek(2):
        return ()
    status = reading.word(block[0], 2, _STATUSES_READ, "other", "answer to the line")
    instead = items_of([view for view in block if _is_instead(view)])
    later = one(block, "QTY", _BACKORDERED) is not None
    if status == "changed" and (instead or later):
        status = "substituted" if instead else "backordered"
    quantity, unit = quantity_of(block, _BACKORDERED if later else _ANSWERED)
    ship, delivery = date_of(block, _SHIP, "ship date"), date_of(block, _DELIVERY, "delivery date")
    return (
        LineAnswer(
            status=status,  # type: ignore[arg-type]
            quantity=quantity,
            unit=unit,
            date=ship or delivery,
            date_kind="ship" if ship or not delivery else "delivery",
            item_ids=instead,
        ),
    )
