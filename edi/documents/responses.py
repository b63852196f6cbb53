"""What 855 and 865 share: everything but the beginning segment and the line segment (PO1 or POC)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from edi.documents import codes, money, notes, parties, terms, units
from edi.documents.building import BuildOptions, Draft, Seg, as_date, carried_items, item_pairs, tidy
from edi.documents.heading import (
    Heading,
    add_currency,
    carried_parties,
    carried_references,
)
from edi.documents.order_response import LineAnswer, OrderResponse, ResponseLine, Schedule
from edi.documents.reading import Reading, ReadResult, View, every, loops
from edi.documents.structure import ORDER_LINE_LOOPS

SHIP_DATES = {"068": "ship date", "010": "ship date", "011": "ship date", "079": "ship date"}
DELIVERY_DATES = {"067": "delivery date", "002": "delivery date", "017": "delivery date", "069": "delivery date"}
DATE_KINDS = {"ship": "068", "delivery": "067"}
DATE_KINDS_READ = {**dict.fromkeys(SHIP_DATES, "ship"), **dict.fromkeys(DELIVERY_DATES, "delivery"), "106": "ship"}
MOST_ANSWERS, MOST_SCHEDULES, MOST_NUMBERS = 104, 200, 10


def carried(response: OrderResponse, options: BuildOptions) -> OrderResponse:
    """The document as both sets carry it; the code of an answer is filled in, and the answer is the one of its code."""
    response = tidy(response)
    code = response.code or codes.ANSWERS[response.answer, bool(response.lines)]
    return msgspec.structs.replace(
        response,
        answer=codes.ANSWERS_READ.get(code, "received"),
        code=code,
        lines=tuple(_carried_line(line, options) for line in response.lines),
        parties=carried_parties(response.parties, options),
        terms=terms.carried_terms(response.terms),
        references=carried_references(response.references),
        charges=tuple(terms.carried_charge(c) for c in response.charges),
        notes=notes.carried_notes(response.notes, options),
    )


def _carried_line(line: ResponseLine, options: BuildOptions) -> ResponseLine:
    return msgspec.structs.replace(
        line,
        unit="" if line.quantity is None else _carried_unit(line.unit, options),
        item_ids=carried_items(line.item_ids, options),
        description=notes.carried_description(line.description),
        answers=tuple(_carried_answer(a, options) for a in line.answers),
        schedules=tuple(msgspec.structs.replace(s, unit=_carried_unit(s.unit, options)) for s in line.schedules),
        notes=notes.carried_notes(line.notes, options),
    )


def _carried_answer(answer: LineAnswer, options: BuildOptions) -> LineAnswer:
    code = answer.code or codes.LINE_STATUSES[answer.status]
    return msgspec.structs.replace(
        answer,
        status=codes.LINE_STATUSES_READ.get(code, "other"),
        code=code,
        unit="" if answer.quantity is None else _carried_unit(answer.unit, options),
        date_kind=answer.date_kind if answer.date else "ship",
        item_ids=carried_items(answer.item_ids, options),
    )


def _carried_unit(unit: str, options: BuildOptions) -> str:
    return units.from_x12(units.to_x12(unit, options.units)) or unit


def add_heading(draft: Draft, response: OrderResponse) -> None:
    """Append CUR, REF, SAC, ITD, DTM, notes and parties."""
    add_currency(draft, "SE", response.currency, required=False)
    parties.add_references(draft, response.references)
    terms.add_charges(draft, response.charges)
    terms.add_terms(draft, response.terms)
    parties.add_date(draft, "068", response.ship_date)
    parties.add_date(draft, "067", response.delivery_date)
    notes.add_notes(draft, response.notes)
    for party in response.parties:
        parties.add_party(draft, party)


def check_codes(draft: Draft, response: OrderResponse) -> None:
    """Refuse codes that say something else than the words beside them."""
    if response.code and response.answer != codes.ANSWERS_READ.get(response.code, "received"):
        draft.refuse(f"its code {response.code} does not mean '{response.answer}'")
    for number, line in enumerate(response.lines, start=1):
        for answer in line.answers:
            if answer.code and answer.status != codes.LINE_STATUSES_READ.get(answer.code, "other"):
                reason = f"the code {answer.code} of its answer does not mean '{answer.status}'"
                draft.refuse(reason, at=f"line {line.line_number or number}")


def add_line(draft: Draft, tag: str, line: ResponseLine, *, at: str) -> None:
    """Append PO1 or POC, then PID, ACK, SCH and notes."""
    if len(line.item_ids) > MOST_NUMBERS:
        draft.refuse(f"it has {len(line.item_ids)} item numbers; {MOST_NUMBERS} can be sent", at=at)
    for count, most, what in (
        (len(line.answers), MOST_ANSWERS, "answers"),
        (len(line.schedules), MOST_SCHEDULES, "schedules"),
    ):
        if count > most:
            draft.refuse(f"it has {count} {what}; {most} can be sent", at=at)
    quantity = _quantity(draft, line.quantity, at=at)
    unit = draft.unit(line.unit, at=at) if quantity else ""
    price = "" if line.unit_price is None else money.as_r(line.unit_price)
    pairs = item_pairs(line.item_ids[:MOST_NUMBERS], draft.options)
    if tag == "PO1":
        draft.add("PO1", line.line_number, quantity, unit, price, "", *pairs, at=at)
    else:
        draft.add("POC", line.line_number, line.change or "CA", quantity, "", unit, price, "", *pairs, at=at)
    notes.add_description(draft, line.description, at=at)
    for answer in line.answers:
        _add_answer(draft, answer, at=at)
    for schedule in line.schedules:
        _add_schedule(draft, schedule, at=at)
    notes.add_notes(draft, line.notes, at=at)


def _quantity(draft: Draft, quantity: Decimal | None, *, at: str) -> str:
    if quantity is None:
        return ""
    if quantity < 0:
        draft.refuse(f"quantity {quantity} is negative", at=at)
    return money.as_r(quantity)


def _add_schedule(draft: Draft, schedule: Schedule, *, at: str) -> None:
    quantity, unit = _quantity(draft, schedule.quantity, at=at), draft.unit(schedule.unit, at=at)
    draft.add("SCH", quantity, unit, "", "", DATE_KINDS[schedule.date_kind], as_date(schedule.date), at=at)


def _add_answer(draft: Draft, answer: LineAnswer, *, at: str) -> None:
    quantity = _quantity(draft, answer.quantity, at=at)
    unit = draft.unit(answer.unit, at=at) if quantity else ""
    when = (DATE_KINDS[answer.date_kind], as_date(answer.date)) if answer.date else ("", "")
    if answer.status == "substituted" and not answer.item_ids:
        draft.refuse("the item delivered instead is not named", at=at)
    pairs = item_pairs(answer.item_ids[:MOST_NUMBERS], draft.options)
    draft.add("ACK", answer.code, quantity, unit, *when, "", *pairs, at=at)


def finish(draft: Draft, response: OrderResponse) -> list[Seg]:
    """Append CTT and the total, and give the segments. Raises BuildRefused."""
    hashed = ""
    if draft.options.hash_total:
        hashed = money.hash_total(line.quantity or Decimal(0) for line in response.lines)
    draft.add("CTT", str(len(response.lines)), hashed)
    if response.total is not None:
        draft.add("AMT", "TT", draft.amount(response.total, "total", response.currency))
    return draft.finish()


def read_response(response: OrderResponse, head: Sequence[View], heading: Heading) -> OrderResponse:
    """The response with what its heading states beside the beginning segment."""
    return msgspec.structs.replace(
        response,
        currency=heading.currency,
        parties=heading.parties,
        ship_date=parties.read_date(head, SHIP_DATES),
        delivery_date=parties.read_date(head, DELIVERY_DATES),
        terms=heading.terms,
        references=heading.references,
        charges=heading.charges,
        notes=heading.notes,
    )


def read_line(block: Sequence[View]) -> ResponseLine:
    """The line of a PO1 or POC loop."""
    head = block[0]
    changed = head.tag == "POC"
    own, inner = loops(block[1:], ORDER_LINE_LOOPS)
    return ResponseLine(
        line_number=head.get(1),
        change=head.get(2) if changed else "",
        quantity=head.number(3 if changed else 2, "quantity"),
        unit=head.unit(5 if changed else 3),
        unit_price=head.price(6 if changed else 4),
        item_ids=head.items(8 if changed else 6),
        description=notes.read_description(own),
        answers=tuple(_read_answer(loop) for loop in inner if loop[0].tag == "ACK"),
        schedules=tuple(s for loop in inner if loop[0].tag == "SCH" and (s := _read_schedule(loop[0])) is not None),
        notes=notes.read_notes(inner),
    )


def _read_answer(loop: Sequence[View]) -> LineAnswer:
    """One ACK; its date may stand in a DTM behind it."""
    ack = loop[0]
    date, kind = None, "ship"
    if ack.peek(4) in DATE_KINDS_READ:
        kind = DATE_KINDS_READ[ack.get(4)]
        date = ack.date(5, "date of the answer")
    elif len(loop) > 1 and not ack.peek(5) and loop[1].peek(1) in DATE_KINDS_READ:
        kind = DATE_KINDS_READ[loop[1].get(1)]
        date = loop[1].date(2, "date of the answer")
    return LineAnswer(
        status=ack.word(1, codes.LINE_STATUSES_READ, "other", "answer to a line"),  # type: ignore[arg-type]
        code=ack.required(1, "answer to a line"),
        quantity=ack.number(2, "quantity"),
        unit=ack.unit(3),
        date=date,
        date_kind=kind if date else "ship",  # type: ignore[arg-type]
        item_ids=ack.items(7),
    )


def _read_schedule(sch: View) -> Schedule | None:
    """One SCH, None when its date is of another kind or missing; it stays left over then."""
    if sch.peek(5) not in DATE_KINDS_READ or not sch.peek(6):
        return None
    kind = DATE_KINDS_READ[sch.get(5)]
    date, quantity = sch.date(6, "scheduled date"), sch.number(1, "scheduled quantity")
    if date is None or quantity is None:
        return None
    return Schedule(quantity=quantity, unit=sch.unit(2), date=date, date_kind=kind)  # type: ignore[arg-type]


def result(
    reading: Reading, response: OrderResponse, *, rest: Sequence[Sequence[View]], tag: str
) -> ReadResult[OrderResponse]:
    """The reading's result: the response with the lines and total of `rest`."""
    summary = next((block for block in rest if block[0].tag == "CTT"), [])
    for ctt in every(summary, "CTT"):
        ctt.use_all()
    lines = tuple(read_line(block) for block in rest if block[0].tag == tag)
    return reading.result(msgspec.structs.replace(response, lines=lines, total=terms.read_amount(summary, "TT")))
