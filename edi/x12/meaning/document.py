"""A transaction set as the rules of meaning see it: heading, lines and summary, and numbers instead of text."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal, InvalidOperation

import msgspec

from edi.x12.findings import Finding, Severity
from edi.x12.segments import Segment, TransactionSet

LINE_TAGS = {"850": "PO1", "855": "PO1", "860": "POC", "865": "POC", "810": "IT1", "856": "HL"}
"""The segment that begins a line (856: a level of the hierarchy)."""

_SUMMARY_TAGS = {"850": "CTT", "855": "CTT", "860": "CTT", "865": "CTT", "810": "TDS", "856": "CTT"}


_SUMS = {"hash-total", "order-total", "invoice-total", "store-quantities", "schedule-quantities", "answered-quantities"}
_LEVELS = {"hierarchy-number", "hierarchy-parent", "hierarchy-level", "hierarchy-child-code"}

_CONSEQUENCES: dict[tuple[str, int], frozenset[str]] = {
    **dict.fromkeys(
        [("PO1", 2), ("PO1", 4), ("PO1", 5), ("POC", 3), ("POC", 6), ("POC", 7), ("IT1", 2), ("IT1", 4), ("IT1", 5)],
        frozenset(_SUMS),
    ),
    **dict.fromkeys([("SN1", 2), ("CTT", 2)], frozenset({"hash-total"})),
    **dict.fromkeys([("PO1", 3), ("POC", 5), ("IT1", 3), ("SN1", 3), ("SN1", 6)], frozenset({"unit-mismatch"})),
    **dict.fromkeys([("ACK", 2), ("ACK", 3)], frozenset({"answered-quantities", "unit-mismatch"})),
    **dict.fromkeys([("SCH", 1), ("SCH", 2)], frozenset({"schedule-quantities"})),
    **dict.fromkeys([("SDQ", element) for element in range(1, 24)], frozenset({"store-quantities"})),
    **dict.fromkeys([("TDS", 1), ("TXI", 2), ("TXI", 7)], frozenset({"invoice-total"})),
    **dict.fromkeys([("SAC", element) for element in (1, 2, 5, 12)], frozenset({"invoice-total"})),
    ("AMT", 2): frozenset({"order-total"}),
    ("CTT", 1): frozenset({"line-count"}),
    **dict.fromkeys([("HL", element) for element in range(1, 5)], frozenset(_LEVELS)),
    ("BSN", 5): frozenset({"hierarchy-level"}),
    **dict.fromkeys([("AK9", element) for element in range(1, 5)], frozenset({"acknowledgment-count"})),
    ("AK5", 1): frozenset({"acknowledgment-count"}),
}
"""Where an element is wrong in itself: the contradictions that only follow from it."""


class Placed(msgspec.Struct, frozen=True, gc=False):
    """A segment and its position in the set (ST = 1)."""

    segment: Segment
    position: int

    @property
    def tag(self) -> str:
        """``"PO1"``."""
        return self.segment.tag

    def get(self, element: int) -> str:
        """Value of an element without padding, ``""`` when absent."""
        return self.segment.get(element).strip()

    def number(self, element: int) -> Decimal | None:
        """An R or N0 element as a number; None when it is absent or none."""
        return number(self.get(element))

    def cents(self, element: int) -> Decimal | None:
        """An N2 element (``"1250"`` is 12.50) as an amount; None when it is absent or no number."""
        value = number(self.get(element))
        return None if value is None else value / 100


class Line(msgspec.Struct):
    """A line: its first segment and those up to the next line or the summary. ``index`` counts from 1."""

    first: Placed
    index: int
    rest: list[Placed] = msgspec.field(default_factory=list)

    def all(self, tag: str) -> list[Placed]:
        """The segments ``tag`` of the line."""
        return [placed for placed in self.rest if placed.segment.tag == tag]


class Document:
    """One transaction set, split; rules add what they find with ``report``."""

    def __init__(self, tset: TransactionSet, faulty: Collection[tuple[str, int]] = ()) -> None:
        """``faulty``: segment and position of elements that were reported as wrong in themselves."""
        self.tset = tset
        self._explained = frozenset[str]().union(*(_CONSEQUENCES.get(place, frozenset()) for place in faulty))
        self.set_id = tset.set_id
        self.heading: list[Placed] = []
        self.lines: list[Line] = []
        self.summary: list[Placed] = []
        self.findings: list[Finding] = []
        self.lines_too_many = 0
        """Lines that were reported as doubled, less those reported as lost: the line count may be off by as many."""
        self.has_doubtful_lines = False
        """A count or hash total is wrong: totals of money would only report the same fault again."""
        line_tag, summary_tag = LINE_TAGS.get(self.set_id, ""), _SUMMARY_TAGS.get(self.set_id, "")
        into = self.heading
        for position, segment in enumerate(tset.body, start=2):
            placed = Placed(segment, position)
            tag = segment.tag
            if tag == line_tag:
                line = Line(placed, len(self.lines) + 1)
                self.lines.append(line)
                into = line.rest
                continue
            if tag == summary_tag:
                into = self.summary
            into.append(placed)

    def all(self, tag: str) -> list[Placed]:
        """The segments ``tag`` of heading and summary."""
        return [placed for placed in (*self.heading, *self.summary) if placed.segment.tag == tag]

    def report(
        self, code: str, message: str, placed: Placed, element: int = 0, *, severity: Severity = "error"
    ) -> None:
        """Add a finding about ``element`` (0: all) of a segment, unless a wrong element explains it."""
        if code in self._explained:
            return
        segment = placed.segment
        self.findings.append(
            Finding(
                level="meaning",
                code=code,
                message=message,
                severity=severity,
                segment=segment.tag,
                position=placed.position,
                element=element,
                value=segment.get(element) if element else "",
                offset=segment.element_offset(element) if element else segment.offset,
                set_id=self.set_id,
                set_control=self.tset.control_number,
            )
        )


def number(text: str) -> Decimal | None:
    """``text`` as a number, None when it is empty or none (``NaN``, ``1e5`` and ``1,5`` are none)."""
    if not text.replace(".", "", 1).replace("-", "", 1).isdecimal() or not text.isascii():
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def shown(value: Decimal) -> str:
    """A number for people: without an exponent and without zeros behind the point (``1250.5``)."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: Decimal) -> str:
    """An amount for people, with two decimals or as many as it has (``1,250.50``)."""
    return f"{value:,.2f}" if value == round(value, 2) else f"{value:,}"
