"""Rules for lines: how many, their numbers, hash totals, quantities, units, order totals."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from edi.x12.meaning.document import LINE_TAGS, Document, Line, Placed, money, number, shown

ORDER_TOTAL_TOLERANCE_PER_LINE = Decimal("0.005")
"""Half a cent a line: what rounding each line to cents can add up to."""

_QUANTITY = {
    "850": ("PO1", 2),
    "855": ("PO1", 2),
    "860": ("POC", 3),
    "865": ("POC", 3),
    "810": ("IT1", 2),
    "856": ("SN1", 2),
}
"""Whose sum the hash total CTT02 is."""

_HASH_DIGITS = 10
"""CTT02 keeps the last ten digits of a longer sum."""

_PER = {"HP": 100, "TP": 1000}
"""Price bases (PO105, IT105) that price more than one unit: per hundred, per thousand."""

_FREE = "NC"
"""Price basis: no charge."""

_UNIT_BASES = frozenset(
    {"", "CA", "CP", "CT", "DI", "LE", "NE", "NT", "PE", "PR", "QS", "QT", "SR", "TE", "UM", "WE", "WH"}
)
"""Price bases that price one unit."""


def check(document: Document) -> None:
    """Line count, hash total, line numbers, and the quantities of each line."""
    if document.set_id != "856":
        _check_line_ids(document)
    for total in (placed for placed in document.summary if placed.segment.tag == "CTT"):
        if _has_right_count(document, total):
            _check_hash(document, total)
    if document.set_id != "856":
        for line in document.lines:
            _check_destinations(document, line)
            _check_schedule(document, line)
    else:
        for line in document.lines:
            _check_shipped_units(document, line)


def check_count(document: Document) -> None:
    """Whether CTT01 is the number of lines."""
    for total in (placed for placed in document.summary if placed.segment.tag == "CTT"):
        _has_right_count(document, total)


def _has_right_count(document: Document, total: Placed) -> bool:
    given = total.number(1)
    tag = LINE_TAGS[document.set_id]
    count = len(document.lines)
    if given is None or given == count:
        return True
    if document.set_id == "856" and given == sum(1 for _ in _segments(document, "LIN")):
        message = f"CTT01 counts the {shown(given)} items (LIN); by the standard it counts the {count} HL segments."
        document.report("line-count", message, total, 1, severity="warning")
        return True
    document.has_doubtful_lines = True
    if document.lines_too_many and count - document.lines_too_many == given:
        return False
    what = "HL segments" if tag == "HL" else f"lines ({tag})"
    message = (
        f"CTT01 says {shown(given)}, but there are {count} {what}. Ask the sender whether a line was lost or added."
    )
    document.report("line-count", message, total, 1)
    return False


def _check_hash(document: Document, total: Placed) -> None:
    given = total.number(2)
    if given is None:
        return
    tag, element = _QUANTITY[document.set_id]
    texts = [placed.get(element) for placed in _segments(document, tag)]
    values = [number(text) for text in texts if text]
    if any(value is None for value in values):
        return
    plain = sum((value for value in values if value is not None), Decimal(0))
    digits = sum(int(text.replace(".", "").replace("-", "")) for text in texts if text)
    if given in (plain, Decimal(digits), Decimal(digits % 10**_HASH_DIGITS)):
        return
    message = f"CTT02 says {shown(given)}, but the quantities ({tag}{element:02}) add up to {shown(plain)}."
    document.has_doubtful_lines = True
    document.report("hash-total", message + " Ask the sender whether a line was lost or changed.", total, 2)


def _segments(document: Document, tag: str) -> Iterator[Placed]:
    for line in document.lines:
        if line.first.segment.tag == tag:
            yield line.first
        for placed in line.rest:
            if placed.segment.tag == tag:
                yield placed


def _check_line_ids(document: Document) -> None:
    seen: dict[str, Line] = {}
    for line in document.lines:
        line_id = line.first.get(1)
        if not line_id:
            continue
        other = seen.setdefault(line_id, line)
        if other is not line:
            tag = line.first.tag
            message = f"{tag}01 {line_id} is the number of line {other.index} and of line {line.index}."
            is_error = document.set_id == "850"
            document.lines_too_many += is_error
            document.report("line-id-duplicate", message, line.first, 1, severity="error" if is_error else "warning")


def _check_destinations(document: Document, line: Line) -> None:
    """SDQ: the quantities of the stores add up to the quantity of the line."""
    parts = line.all("SDQ")
    ordered = _quantity(document, line)
    if not parts or ordered is None:
        return
    total = Decimal(0)
    for placed in parts:
        for element in range(4, min(len(placed.segment.elements), 22) + 1, 2):
            value = placed.number(element)
            if value is None and placed.get(element):
                return
            total += value or 0
    if total != ordered:
        message = (
            f"Line {line.index}: the quantities by store (SDQ) add up to {shown(total)}, the line has {shown(ordered)}."
        )
        document.report("store-quantities", message, parts[0], severity="warning")


def _check_schedule(document: Document, line: Line) -> None:
    """SCH: the scheduled quantities add up to the quantity of the line (in the same unit)."""
    parts = line.all("SCH")
    ordered = _quantity(document, line)
    values = [placed.number(1) for placed in parts]
    if not parts or ordered is None or any(value is None for value in values):
        return
    unit = _unit(document, line)
    if any(placed.get(2) != unit for placed in parts):
        return
    total = sum((value for value in values if value is not None), Decimal(0))
    if total != ordered:
        message = f"Line {line.index}: the schedule (SCH) adds up to {shown(total)}, not {shown(ordered)} {unit}."
        document.report("schedule-quantities", message, parts[0], 1, severity="warning")


def _check_shipped_units(document: Document, line: Line) -> None:
    for placed in line.all("SN1"):
        unit, ordered = placed.get(3), placed.get(6)
        if ordered and unit != ordered:
            message = f"HL level {line.index}: shipped in {unit} (SN103) but ordered in {ordered} (SN106)."
            document.report("unit-mismatch", message, placed, 3, severity="warning")


def check_answers(document: Document) -> None:
    """855 and 865: what the ACK segments of a line say together."""
    for line in document.lines:
        answers = line.all("ACK")
        unit, ordered = _unit(document, line), _quantity(document, line)
        for placed in answers:
            answered = placed.get(3)
            if answered and unit and answered != unit:
                message = f"Line {line.index}: answered in {answered} (ACK03) but ordered in {unit}."
                document.report("unit-mismatch", message, placed, 3, severity="warning")
        values = [placed.number(2) for placed in answers]
        if not answers or ordered is None or any(value is None for value in values):
            continue
        total = sum((value for value in values if value is not None), Decimal(0))
        if total != ordered and all(placed.get(3) in ("", unit) for placed in answers):
            message = f"Line {line.index}: the answers (ACK02) add up to {shown(total)}, the line has {shown(ordered)}."
            document.report("answered-quantities", message, answers[0], 2, severity="warning")


def check_order_total(document: Document) -> None:
    """850 and 860: AMT*TT of the summary against quantity times price. With taxes or charges it may include them."""
    totals = [placed for placed in document.summary if placed.segment.tag == "AMT" and placed.get(1) == "TT"]
    given = totals[0].number(2) if totals else None
    if given is None or document.has_doubtful_lines:
        return
    amounts = [extended_price(document, line) for line in document.lines]
    if any(amount is None for amount in amounts):
        return
    total = sum((amount for amount in amounts if amount is not None), Decimal(0))
    has_more = any(document.all(tag) or any(line.all(tag) for line in document.lines) for tag in ("SAC", "TXI"))
    if has_more or abs(total - given) <= ORDER_TOTAL_TOLERANCE_PER_LINE * max(len(amounts), 2):
        return
    message = f"AMT02 says {money(given)}, but quantity times price of all lines is {money(total)}."
    document.report("order-total", message, totals[0], 2, severity="warning")


def extended_price(document: Document, line: Line) -> Decimal | None:
    """Quantity times price of a line with its price basis; None when it cannot be known."""
    if document.set_id in ("860", "865"):
        quantity, price, basis = line.first.number(3), line.first.number(6), line.first.get(7)
    else:
        quantity, price, basis = line.first.number(2), line.first.number(4), line.first.get(5)
    if basis == _FREE:
        return Decimal(0)
    if quantity is None or price is None:
        return None
    if basis in _PER:
        return quantity * price / _PER[basis]
    return quantity * price if basis in _UNIT_BASES else None


def _quantity(document: Document, line: Line) -> Decimal | None:
    return line.first.number(3 if line.first.tag == "POC" else 2)


def _unit(document: Document, line: Line) -> str:
    if line.first.tag == "POC":
        return line.first.get(5)
    return line.first.get(3)
