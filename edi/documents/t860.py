"""860 purchase order change: `OrderChange` to segments and back.

What is read as senders really write it:
- POC01 may be missing; the line then has no number, only item numbers (also of the kinds IN, SK, PI, UI, UK);
- POC03 and POC04 both stay as stated; `order_change.new_quantity` says what they mean;
- BCH05 holding a date while BCH06 is empty is read as the order date (a mistake of several generators);
- a suffix of the order number stays; `order_change.order_numbers` offers the number without it.
Store quantities (SDQ) and sub-lines (SLN) are not held by the document: they are left over, and a change with them must
not be applied unseen.

What an 860 cannot carry, and `carried` therefore takes out of a document: item numbers of schemes that the partner's
options do not name; line breaks and repeated spaces; empty addresses, contacts and terms; the charge code ZZZZ.
A line gets the element 670 code of its kind (CA, "changes to line items", for a quantity: QI and QD need the quantity
before) and the kind of that code. Units become element 355 codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from edi.documents import codes, money, notes, parties, terms, units
from edi.documents.building import BuildOptions, BuildRefused, Draft, Seg, as_date, carried_items, item_pairs, tidy
from edi.documents.heading import (
    Heading,
    add_currency,
    carried_parties,
    carried_references,
    read_heading,
)
from edi.documents.order_change import LineChange, OrderChange
from edi.documents.reading import Reading, ReadResult, View, every, first, loops, split
from edi.documents.structure import ORDER_LINE_LOOPS, ORDER_LOOPS
from edi.x12.segments import TransactionSet

__all__ = ["BuildOptions", "BuildRefused", "build", "carried", "read"]

DATES = {
    "requested_date": {"002": "requested date", "106": "required date"},
    "ship_date": {"010": "requested ship date"},
    "not_before": {"064": "earliest delivery"},
    "not_after": {"063": "latest delivery"},
    "cancel_after": {"001": "cancel date"},
}
LINE_DATES = {"002": "requested date", "106": "required date", "010": "requested ship date"}
MOST_NUMBERS = 10


def build(document: OrderChange, options: BuildOptions | None = None) -> list[Seg]:
    """The segments between ST and SE. Raises BuildRefused with the reasons in words."""
    options = options or BuildOptions()
    change = carried(document, options)
    draft = Draft(options)
    if not change.lines and change.purpose != "cancellation":
        draft.refuse("the change names no line; only a cancellation may do so")
    draft.check_unique(line.line_number for line in change.lines if line.line_number)
    purpose, kind = codes.PURPOSES[change.purpose], codes.ORDER_TYPES[change.order_type]
    dates = (as_date(change.order_date), change.request_reference, "", "", "", as_date(change.change_date))
    draft.add("BCH", purpose, kind, change.number, "", change.sequence, *dates)
    add_currency(draft, "BY", change.currency, required=False)
    parties.add_references(draft, change.references)
    terms.add_charges(draft, change.charges)
    terms.add_terms(draft, change.terms)
    for field, qualifiers in DATES.items():
        parties.add_date(draft, next(iter(qualifiers)), getattr(change, field))
    notes.add_notes(draft, change.notes)
    for party in change.parties:
        parties.add_party(draft, party)
    for number, (line, said) in enumerate(zip(change.lines, document.lines, strict=True), start=1):
        at = f"line {line.line_number}" if line.line_number else f"change {number}"
        _check_stated(draft, said, at=at)
        _add_line(draft, line, at=at)
    hashed = money.hash_total(line.quantity or Decimal(0) for line in change.lines) if options.hash_total else ""
    draft.add("CTT", str(len(change.lines)), hashed)
    if change.total is not None:
        draft.add("AMT", "TT", draft.amount(change.total, "total", change.currency))
    return draft.finish()


def _add_line(draft: Draft, line: LineChange, *, at: str) -> None:
    if not line.line_number and not line.item_ids:
        draft.refuse("it has neither a line number nor an item number, so nobody can tell which line is meant", at=at)
    if len(line.item_ids) > MOST_NUMBERS:
        draft.refuse(f"it has {len(line.item_ids)} item numbers; {MOST_NUMBERS} can be sent", at=at)
    quantities = ["" if q is None else money.as_r(q) for q in (line.quantity, line.quantity_left)]
    for quantity in (line.quantity, line.quantity_left):
        if quantity is not None and quantity < 0:
            draft.refuse(f"quantity {quantity} is negative", at=at)
    unit = draft.unit(line.unit, at=at) if line.unit or line.quantity is not None else ""
    price = "" if line.unit_price is None else money.as_r(line.unit_price)
    pairs = item_pairs(line.item_ids[:MOST_NUMBERS], draft.options)
    draft.add("POC", line.line_number, line.code, *quantities, unit, price, "", *pairs, at=at)
    notes.add_description(draft, line.description, at=at)
    parties.add_date(draft, "002", line.requested_date, at=at)


def _check_stated(draft: Draft, line: LineChange, *, at: str) -> None:
    """Refuse a line whose code says another kind of change, or that does not state the new value."""
    if line.code and line.kind != codes.CHANGES_READ.get(line.code, "other"):
        draft.refuse(f"its code {line.code} does not mean '{line.kind}'", at=at)
    needed = {
        "quantity": ("add", "quantity", "price_and_quantity", "date_and_quantity", "replace_values"),
        "unit_price": ("add", "price", "price_and_quantity", "date_and_price", "replace_values"),
        "requested_date": ("date", "date_and_quantity", "date_and_price"),
    }
    for field, kinds in needed.items():
        absent = getattr(line, field) is None and (field != "quantity" or line.quantity_left is None)
        if line.kind in kinds and absent:
            draft.refuse(f"the new {field.replace('_', ' ')} is missing", at=at)


def carried(document: OrderChange, options: BuildOptions | None = None) -> OrderChange:
    """The document as an 860 carries it: `read` of `build` gives exactly this."""
    options = options or BuildOptions()
    change = tidy(document)
    return msgspec.structs.replace(
        change,
        lines=tuple(_carried_line(line, options) for line in change.lines),
        parties=carried_parties(change.parties, options),
        terms=terms.carried_terms(change.terms),
        references=carried_references(change.references),
        charges=tuple(terms.carried_charge(c) for c in change.charges),
        notes=notes.carried_notes(change.notes, options),
    )


def _carried_line(line: LineChange, options: BuildOptions) -> LineChange:
    code = line.code or codes.CHANGES[line.kind]
    return msgspec.structs.replace(
        line,
        kind=codes.CHANGES_READ.get(code, "other"),
        code=code,
        unit=units.from_x12(units.to_x12(line.unit, options.units)) or line.unit,
        item_ids=carried_items(line.item_ids, options),
        description=notes.carried_description(line.description),
    )


def read(tset: TransactionSet) -> ReadResult[OrderChange]:
    """The change that an 860 states, with what could not be read and what is left over."""
    reading = Reading(tset)
    bch = first(reading.views, "BCH")
    if bch is None:
        reading.missing("BCH", "order number")
        return reading.result(None)
    before, rest = split(reading.views, ("POC", "CTT"))
    head, inner = loops(before, ORDER_LOOPS)
    change = _read_change(bch, head, read_heading(head, inner))
    summary = next((block for block in rest if block[0].tag == "CTT"), [])
    for ctt in every(summary, "CTT"):
        ctt.use_all()
    lines = tuple(_read_line(block) for block in rest if block[0].tag == "POC")
    return reading.result(msgspec.structs.replace(change, lines=lines, total=terms.read_amount(summary, "TT")))


def _read_change(bch: View, head: Sequence[View], heading: Heading) -> OrderChange:
    misplaced = not bch.peek(6) and len(bch.peek(5)) == 8 and bch.peek(5).isdigit()
    if misplaced:
        text = f"'{bch.peek(5)}' stands where the change number belongs; it is read as the order date."
        bch.complain(5, "date-misplaced", text)
    return OrderChange(
        number=bch.required(3, "order number"),
        order_date=bch.date(5 if misplaced else 6, "order date"),
        purpose=bch.purpose(1, codes.PURPOSES_READ),  # type: ignore[arg-type]
        order_type=bch.word(2, codes.ORDER_TYPES_READ, "standalone", "order type"),  # type: ignore[arg-type]
        sequence="" if misplaced else bch.get(5),
        request_reference=bch.get(7),
        change_date=bch.date(11, "change date"),
        currency=heading.currency,
        parties=heading.parties,
        terms=heading.terms,
        references=heading.references,
        charges=heading.charges,
        notes=heading.notes,
        requested_date=parties.read_date(head, DATES["requested_date"]),
        ship_date=parties.read_date(head, DATES["ship_date"]),
        not_before=parties.read_date(head, DATES["not_before"]),
        not_after=parties.read_date(head, DATES["not_after"]),
        cancel_after=parties.read_date(head, DATES["cancel_after"]),
    )


def _read_line(block: Sequence[View]) -> LineChange:
    poc = block[0]
    own, _ = loops(block[1:], ORDER_LINE_LOOPS)
    code = poc.required(2, "kind of change")
    return LineChange(
        line_number=poc.get(1),
        kind=poc.word(2, codes.CHANGES_READ, "other", "kind of change"),  # type: ignore[arg-type]
        code=code,
        quantity=poc.number(3, "quantity"),
        quantity_left=poc.number(4, "quantity left to receive"),
        unit=poc.unit(5),
        unit_price=poc.price(6),
        item_ids=poc.items(8),
        description=notes.read_description(own),
        requested_date=parties.read_date(own, LINE_DATES),
    )
