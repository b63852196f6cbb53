"""What a message says, whether in Mosaic (as we send it) or in Orderful's JSON form of X12 (as v3 gives it back). Pure.

The JSON form has one array a segment, loops end in `_loop`, every value is a string
(`PO1_loop[0].baselineItemData[0]`). Of its member names only those are read that public clients have seen; what cannot
be read is not guessed. Ship notices and answers to order changes have members that no public client shows: their
beginning segment is known by how its name begins, and the quantity of a shipped line by being its first number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from edi.documents.codes import PURPOSES
from edi.documents.values import normalise

ORDER, INVOICE, SHIP_NOTICE = "850_PURCHASE_ORDER", "810_INVOICE", "856_SHIP_NOTICE_MANIFEST"
HEADERS = {ORDER: "beginningSegmentForPurchaseOrder", INVOICE: "beginningSegmentForInvoice"}
BEGINNING = "beginningSegment"
NUMBERS = {ORDER: "purchaseOrderNumber", INVOICE: "invoiceNumber", SHIP_NOTICE: "shipmentId"}
NUMBER_NAMES = {"856": ("shipmentIdentification", "shipmentId"), "865": ("purchaseOrderNumber",)}
"""In the beginning segments that no public client shows."""
DATES = {ORDER: "purchaseOrderDate", INVOICE: "invoiceDate"}
LOOPS = {ORDER: "PO1_loop", INVOICE: "IT1_loop"}
QUANTITIES = ("quantity", "quantityOrdered", "quantityInvoiced")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    quantity: Decimal | None
    price: Decimal | None = None
    said: tuple[str, ...] = ()
    """What else tells the line, in its own words: its order, or how it is answered."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """The values by which one version of a document is told from another. Empty = not stated, or not readable."""

    number: str
    date: str
    """CCYYMMDD."""
    purpose: str
    """X12 element 353. An 810 of Mosaic has none."""
    lines: tuple[Line, ...]
    total: Decimal | None = None
    priced: bool = True
    """Whether its lines have prices: those of ship notices have none, those of answers need none."""
    facts: tuple[str, ...] = ()
    """The values of the beginning segment, where nothing else tells two versions apart."""

    @property
    def readable(self) -> bool:
        """Whether it says enough to be compared: number and, for each line, quantity and price."""
        if not self.priced:
            return bool(self.number and (self.facts or self.lines))
        return bool(self.number and self.lines) and all(
            line.quantity is not None and line.price is not None for line in self.lines
        )


def business_number(kind: str, message: Mapping[str, Any]) -> str:
    """The number by which Orderful lists a message: that of the order or the invoice."""
    return str(message.get(NUMBERS.get(kind, "")) or "")


def of_mosaic(kind: str, message: Mapping[str, Any]) -> Statement:
    """What a Mosaic message says."""
    if kind == SHIP_NOTICE:
        lines = tuple(_shipped(message))
        number = business_number(kind, message)
        return Statement(number=number, date="", purpose="", lines=lines, priced=False)
    quantity, price = ("quantityInvoiced", "unitPrice") if kind == INVOICE else ("quantity", "unitCostPrice")
    return Statement(
        number=business_number(kind, message),
        date=_digits(message.get(DATES.get(kind, ""))),
        purpose=PURPOSES.get(str(message.get("purpose") or ""), ""),
        lines=tuple(
            Line(quantity=_number((line.get(quantity) or {}).get("value")), price=_number(line.get(price)))
            for line in message.get("lineItems") or []
        ),
        total=_number(message.get("invoiceTotal")),
    )


def of_answer(kind: str, answer: Mapping[str, Any]) -> Statement:
    """What the answer to "give me the message" says, in whichever form it comes."""
    if "lineItems" in answer or "shipmentId" in answer:
        return of_mosaic(kind, answer)
    for nested in ("message", "content"):
        if isinstance(answer.get(nested), Mapping):
            return of_answer(kind, answer[nested])
    sets = answer.get("transactionSets")
    first = sets[0] if isinstance(sets, list) and sets and isinstance(sets[0], Mapping) else {}
    return _of_set(kind, first)


def fields(statement: Statement) -> dict[str, str]:
    """What a statement says, field by field; what it does not state is left out."""
    said = {"number": statement.number, "date": statement.date, "purpose": statement.purpose}
    for number, line in enumerate(statement.lines, start=1):
        said[f"line {number} quantity"] = "" if line.quantity is None else format(normalise(line.quantity), "f")
        said[f"line {number} price"] = "" if line.price is None else format(normalise(line.price), "f")
    if statement.total is not None:
        said["total"] = format(normalise(statement.total), "f")
    return {name: value for name, value in said.items() if value}


def in_units_of(theirs: Statement, ours: Statement) -> Statement:
    """Their statement with its total as ours counts: some forms give hundredths without a point (TDS01 is N2)."""
    if ours.total is not None and theirs.total is not None and theirs.total == ours.total * 100:
        return msgspec.structs.replace(theirs, total=ours.total)
    return theirs


def differences(ours: Statement, theirs: Statement) -> list[str]:
    """In what two readable statements differ, in words. A value that one of them does not state is no difference."""
    found = [
        f"{name} is {there or 'missing'} there and {here} here"
        for name, here, there in (
            ("number", ours.number, theirs.number),
            ("date", ours.date, theirs.date or ours.date),
            ("purpose", ours.purpose or theirs.purpose, theirs.purpose or ours.purpose),
        )
        if here != there
    ]
    if len(ours.lines) != len(theirs.lines):
        return [*found, f"it has {len(theirs.lines)} lines there and {len(ours.lines)} here"]
    if ours.facts and theirs.facts and ours.facts != theirs.facts:
        found.append(f"it begins with {' '.join(theirs.facts)} there and {' '.join(ours.facts)} here")
    for number, (here, there) in enumerate(zip(ours.lines, theirs.lines, strict=True), start=1):
        if here.said and there.said and here.said != there.said:
            found.append(f"its line {number} says {' '.join(there.said)} there and {' '.join(here.said)} here")
        if here.quantity != there.quantity:
            found.append(f"the quantity of its line {number} is {there.quantity} there and {here.quantity} here")
        if here.price != there.price:
            found.append(f"the price of its line {number} is {there.price} there and {here.price} here")
    # TDS01 is N2: some forms give hundredths without a point.
    if ours.total is not None and theirs.total is not None and theirs.total not in (ours.total, ours.total * 100):
        found.append(f"its total is {theirs.total} there and {ours.total} here")
    return found


def _of_set(kind: str, content: Mapping[str, Any]) -> Statement:
    set_id = kind.partition("_")[0]
    if set_id in NUMBER_NAMES:
        return _unseen_set(set_id, content)
    header = _first(content.get(HEADERS.get(kind, "")))
    total = _first(content.get("totalMonetaryValueSummary"))
    return Statement(
        number=str(header.get(NUMBERS.get(kind, "")) or ""),
        date=_digits(header.get("date")),
        purpose=str(header.get("transactionSetPurposeCode") or ""),
        lines=tuple(_lines(content.get(LOOPS.get(kind, "")))),
        total=_number(total.get("amount")),
    )


def _unseen_set(set_id: str, content: Mapping[str, Any]) -> Statement:
    """A ship notice or an answer to an order change."""
    header = _first(next((value for name, value in content.items() if name.startswith(BEGINNING)), {}))
    number = next((str(header[name]) for name in NUMBER_NAMES[set_id] if header.get(name)), "")
    lines = _shipped_in_segments(content) if set_id == "856" else _answered(content)
    facts = tuple(str(value) for value in header.values() if value)
    return Statement(number=number, date="", purpose="", lines=tuple(lines), priced=False, facts=facts)


def _shipped(message: Mapping[str, Any]) -> Iterator[Line]:
    """The items of a Mosaic ship notice, loose or in pallets and cartons."""
    for order in message.get("orders") or []:
        yield from _items(order, str(order.get("purchaseOrderNumber") or ""))


def _items(holder: Mapping[str, Any], order: str) -> Iterator[Line]:
    for item in holder.get("items") or []:
        yield Line(quantity=_number((item.get("quantityShipped") or {}).get("value")), said=(order,))
    for inner in [*(holder.get("pallets") or []), *(holder.get("cartons") or [])]:
        yield from _items(inner, order)


def _shipped_in_segments(content: Mapping[str, Any]) -> Iterator[Line]:
    """SN1 of each item, with the PRF above it, whether the loops are nested or stand in a row."""
    order = ""
    for name, segment in _all_segments(content):
        if name == "purchaseOrderReference":
            order = str(segment.get("purchaseOrderNumber") or "")
        elif name == "itemDetailShipment":
            values = (_number(v) for k, v in segment.items() if k != "assignedIdentification")
            yield Line(quantity=next((v for v in values if v is not None), None), said=(order,))


def _answered(content: Mapping[str, Any]) -> Iterator[Line]:
    """POC of each line with the codes of its answers."""
    for entry in content.get("POC_loop") or []:
        line = _first(entry.get("lineItemChange")) if isinstance(entry, Mapping) else {}
        acks = [s for name, s in _all_segments(entry) if name == "lineItemAcknowledgment"]
        said = (str(line.get("assignedIdentification") or ""), *(str(next(iter(a.values()), "")) for a in acks))
        yield Line(quantity=_number(line.get("quantity")), price=_number(line.get("unitPrice")), said=said)


def _all_segments(content: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every segment by name, in the order in which they stand, loops included."""
    for name, value in content.items() if isinstance(content, Mapping) else ():
        for entry in value if isinstance(value, list) else []:
            if name.endswith("_loop"):
                yield from _all_segments(entry)
            elif isinstance(entry, Mapping):
                yield name, entry


def _lines(loop: Any) -> Iterator[Line]:
    for entry in loop if isinstance(loop, list) else []:
        segment = next((s for s in _segments(entry) if "unitPrice" in s or any(q in s for q in QUANTITIES)), {})
        quantity = next((segment[name] for name in QUANTITIES if name in segment), None)
        yield Line(quantity=_number(quantity), price=_number(segment.get("unitPrice")))


def _segments(entry: Any) -> Iterator[Mapping[str, Any]]:
    """The segments that stand directly in one turn of a loop."""
    for name, value in entry.items() if isinstance(entry, Mapping) else ():
        if not name.endswith("_loop"):
            yield _first(value)


def _first(segment: Any) -> Mapping[str, Any]:
    found = segment[0] if isinstance(segment, list) and segment else segment
    return found if isinstance(found, Mapping) else {}


def _number(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value)) if value not in (None, "") else None
    except InvalidOperation:
        return None


def _digits(value: Any) -> str:
    return "".join(c for c in str(value or "") if c.isdigit())
