"""850 purchase order: `PurchaseOrder` to segments and back.

What an 850 cannot carry, and `carried` therefore takes out of a document:
- a cancelled line: it is left out, the supplier sees that it is gone (the whole cancelled order carries all its lines);
- the base of a tax without a rate, or longer than nine digits (TXI08);
- item numbers of schemes that the partner's options do not name;
- line breaks and repeated spaces in texts; address lines longer than 55 characters are wrapped, and words that are
  longer than a segment's text (264 characters in a note, 80 in a description, 60 in a name) are cut;
- an address, contact or terms in which nothing is stated; the charge code ZZZZ, which means none.
Units become element 355 codes. The number of a party that stands in N1 becomes its first.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from edi.documents import codes, money, notes, parties, terms, units
from edi.documents.building import (
    BuildOptions,
    BuildRefused,
    Draft,
    Seg,
    as_date,
    carried_items,
    item_pairs,
    line_name,
    tidy,
)
from edi.documents.heading import (
    Heading,
    add_currency,
    carried_parties,
    carried_references,
    read_heading,
)
from edi.documents.purchase_order import OrderLine, PurchaseOrder
from edi.documents.reading import Reading, ReadResult, View, every, first, loops, split
from edi.documents.structure import ORDER_LINE_LOOPS, ORDER_LOOPS
from edi.documents.values import normalise
from edi.x12.segments import TransactionSet

__all__ = ["BuildOptions", "BuildRefused", "build", "carried", "read"]

LINE_DATES = {"002": "requested date", "106": "required date"}


def build(document: PurchaseOrder, options: BuildOptions | None = None) -> list[Seg]:
    """The segments between ST and SE. Raises BuildRefused with the reasons in words."""
    options = options or BuildOptions()
    order = carried(document, options)
    draft = Draft(options)
    _check(draft, order)
    draft.add(
        "BEG", codes.PURPOSES[order.purpose], codes.ORDER_TYPES[order.order_type], order.number, "", as_date(order.date)
    )
    add_currency(draft, "BY", order.currency)
    parties.add_references(draft, order.references)
    terms.add_charges(draft, order.charges)
    terms.add_terms(draft, order.terms)
    parties.add_date(draft, "002", order.requested_date)
    if order.tax_total != _line_taxes(order):
        tax = draft.amount(order.tax_total, "tax total", order.currency)
        draft.add("TXI", options.tax_type, tax)
    if order.line_total != _line_sum(order):
        draft.add("AMT", "1", draft.amount(order.line_total, "line total", order.currency))
    notes.add_notes(draft, order.notes)
    for party in order.parties:
        parties.add_party(draft, party)
    for line in order.lines:
        _add_line(draft, line, order.currency)
    hashed = money.hash_total(line.quantity for line in order.lines) if options.hash_total else ""
    draft.add("CTT", str(len(order.lines)), hashed)
    draft.add("AMT", "TT", draft.amount(order.total, "total", order.currency))
    return draft.finish()


def _check(draft: Draft, order: PurchaseOrder) -> None:
    if not order.lines:
        draft.refuse("the order has no line to send; if it is cancelled, send it as a cancellation")
    draft.check_unique(line.line_number for line in order.lines)
    currency, count = order.currency, len(order.lines)
    draft.adds_up(
        order.line_total,
        sum((line.amount for line in order.lines), Decimal(0)),
        "the line total is not the sum of quantity times price of the lines",
        allowed=draft.tolerance(currency, rounded=count),
    )
    draft.adds_up(
        order.total,
        order.line_total + money.net_charges(order.charges) + order.tax_total,
        "the total is not lines + charges - allowances + tax",
        allowed=draft.tolerance(currency),
    )


def _line_sum(order: PurchaseOrder) -> Decimal:
    return sum((money.rounded(line.amount, order.currency) for line in order.lines), Decimal(0))


def _line_taxes(order: PurchaseOrder) -> Decimal:
    return sum((tax.amount for line in order.lines for tax in line.taxes), Decimal(0))


def _add_line(draft: Draft, line: OrderLine, currency: str) -> None:
    at = line_name(line.line_number, line.description)
    if not line.line_number:
        draft.refuse("line number is missing", at=at)
    if line.quantity < 0:
        draft.refuse(f"quantity {line.quantity} is negative; an order cannot take goods back", at=at)
    if len(line.item_ids) > 10:
        draft.refuse(f"it has {len(line.item_ids)} item numbers; 10 can be sent", at=at)
    pairs = item_pairs(line.item_ids[:10], draft.options)
    unit = draft.unit(line.unit, at=at)
    draft.add("PO1", line.line_number, money.as_r(line.quantity), unit, money.as_r(line.unit_price), "", *pairs, at=at)
    notes.add_description(draft, line.description, at=at)
    parties.add_date(draft, "002", line.requested_date, at=at)
    terms.add_taxes(draft, line.taxes, currency, at=at)


def carried(document: PurchaseOrder, options: BuildOptions | None = None) -> PurchaseOrder:
    """The document as an 850 carries it: `read` of `build` gives exactly this."""
    options = options or BuildOptions()
    order = tidy(document)
    lines = tuple(line for line in order.lines if not line.cancelled)
    if order.purpose == "cancellation" and not lines:
        lines = order.lines
    return msgspec.structs.replace(
        order,
        lines=tuple(_carried_line(line, options) for line in lines),
        parties=carried_parties(order.parties, options),
        terms=terms.carried_terms(order.terms),
        charges=tuple(terms.carried_charge(c) for c in order.charges),
        references=carried_references(order.references),
        notes=notes.carried_notes(order.notes, options),
    )


def _carried_line(line: OrderLine, options: BuildOptions) -> OrderLine:
    return msgspec.structs.replace(
        line,
        unit=units.from_x12(units.to_x12(line.unit, options.units)) or line.unit,
        item_ids=carried_items(line.item_ids, options),
        description=notes.carried_description(line.description),
        taxes=terms.carried_taxes(line.taxes),
        cancelled=False,
    )


def read(tset: TransactionSet) -> ReadResult[PurchaseOrder]:
    """The purchase order that an 850 states, with what could not be read and what is left over."""
    reading = Reading(tset)
    beg = first(reading.views, "BEG")
    if beg is None:
        reading.missing("BEG", "order number")
        return reading.result(None)
    before, rest = split(reading.views, ("PO1", "CTT"))
    head, inner = loops(before, ORDER_LOOPS)
    summary = next((b for b in rest if b[0].tag == "CTT"), [])
    found = [block for block in rest if block[0].tag == "PO1"]
    lines = tuple(_read_line(number, block) for number, block in enumerate(found, start=1))
    order = msgspec.structs.replace(_read_order(beg, head, read_heading(head, inner)), lines=lines)
    return reading.result(_with_totals(order, head, summary))


def _read_order(beg: View, head: Sequence[View], heading: Heading) -> PurchaseOrder:
    return PurchaseOrder(
        number=beg.required(3, "order number"),
        date=beg.required_date(5, "order date"),
        currency=heading.currency,
        lines=(),
        parties=heading.parties,
        purpose=beg.purpose(1, codes.PURPOSES_READ),  # type: ignore[arg-type]
        order_type=beg.word(2, codes.ORDER_TYPES_READ, "standalone", "order type"),  # type: ignore[arg-type]
        requested_date=parties.read_date(head, LINE_DATES),
        terms=heading.terms,
        references=heading.references,
        charges=heading.charges,
        notes=heading.notes,
        line_total=Decimal(0),
        total=Decimal(0),
    )


def _read_line(number: int, block: Sequence[View]) -> OrderLine:
    po1 = block[0]
    own, _ = loops(block[1:], ORDER_LINE_LOOPS)
    return OrderLine(
        line_number=po1.get(1) or str(number),
        quantity=po1.number(2, "quantity") or Decimal(0),
        unit=po1.unit(3),
        unit_price=po1.price(4) or Decimal(0),
        item_ids=po1.items(6),
        description=notes.read_description(own),
        requested_date=parties.read_date(own, LINE_DATES),
        taxes=terms.read_taxes(own),
    )


def _with_totals(order: PurchaseOrder, head: Sequence[View], summary: Sequence[View]) -> PurchaseOrder:
    """The order with its totals: as stated, otherwise computed from what is there."""
    for ctt in every(summary, "CTT"):
        ctt.use_all()
    heading_taxes = [tax.amount for tax in terms.read_taxes(head)]
    tax_total = sum(heading_taxes, Decimal(0)) if heading_taxes else _line_taxes(order)
    line_total = terms.read_amount(head, "1")
    line_total = _line_sum(order) if line_total is None else line_total
    total = terms.read_amount(summary, "TT")
    computed = line_total + money.net_charges(order.charges) + tax_total
    return msgspec.structs.replace(
        order,
        line_total=normalise(line_total),
        tax_total=normalise(tax_total),
        total=computed if total is None else total,
    )
