"""EDIFACT text as the same rows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict

from edi.edifact.directory import SEGMENTS
from edi.edifact.directory.model import Element
from edi.edifact.directory.names import CODES, ELEMENTS
from edi.edifact.segments import Interchange, Marks, Message, Segment
from edi.edifact.validate import Report, validate
from edi.edifact.writer import as_text
from edi.viewing.hiding import Hider
from edi.viewing.values import ComponentView, ElementView, EnvelopeView, InterchangeView, RowKind, SegmentRow, SetView
from edi.x12.findings import Finding

_OPENING = {"LIN": 0, "CPS": 0}
"""Segments that begin what people look for; what follows them is indented."""

_NAMES = {
    "ORDERS": "Purchase order",
    "ORDRSP": "Order response",
    "ORDCHG": "Order change",
    "DESADV": "Despatch advice",
    "INVOIC": "Invoice",
    "CONTRL": "Syntax report",
}


def view_edifact(text: str, *, max_rows: int, hider: Hider | None = None) -> InterchangeView:
    """``text`` as rows, checked as ``edi.edifact.validate`` does."""
    report = validate(text)
    rows = _Rows(report, max_rows, hider)
    for interchange in report.parsed.interchanges:
        rows.interchange(interchange)
    return InterchangeView(
        readable=report.readable,
        ok=report.ok,
        rows=tuple(rows.rows),
        hidden=rows.hidden,
        interchanges=tuple(_envelope(interchange) for interchange in report.parsed.interchanges),
        sets=tuple(rows.sets),
        findings=tuple(hider.finding(f) for f in report.findings) if hider else tuple(report.findings),
        unplaced=tuple(finding for found in rows.findings.values() for finding in found),
        errors=sum(finding.is_error for finding in report.findings),
        warnings=sum(not finding.is_error for finding in report.findings),
        raw="" if hider is not None and hider.hidden else text,
        masked=hider.hidden if hider is not None else 0,
    )


class _Rows:
    def __init__(self, report: Report, max_rows: int, hider: Hider | None) -> None:
        self.hider = hider
        self.findings: dict[int, list[Finding]] = defaultdict(list)
        for finding in report.findings:
            self.findings[finding.offset].append(finding)
        self.all = sorted(report.findings, key=lambda finding: finding.offset)
        self.offsets = [finding.offset for finding in self.all]
        self.max_rows = max_rows
        self.rows: list[SegmentRow] = []
        self.sets: list[SetView] = []
        self.hidden = 0

    def interchange(self, interchange: Interchange) -> None:
        marks = interchange.marks
        self._add(interchange.header, marks, kind="interchange", depth=0)
        for segment in interchange.loose:
            self._add(segment, marks, kind="interchange", depth=1)
        for message in interchange.messages:
            self._message(message, marks)
        if interchange.trailer is not None:
            self._add(interchange.trailer, marks, kind="interchange", depth=0)

    def _message(self, message: Message, marks: Marks) -> None:
        number, first = len(self.sets) + 1, len(self.rows)
        opened: dict[str, int] = defaultdict(int)
        depth = 2
        for position, segment in enumerate(message.segments, start=1):
            is_envelope = segment.tag in ("UNH", "UNT")
            opens = ""
            if segment.tag in _OPENING:
                opened[segment.tag] += 1
                opens, depth = f"{segment.tag} {opened[segment.tag]}", 3
            elif segment.tag in ("UNS", "CNT"):
                depth = 2
            shown_at = 1 if is_envelope else depth - bool(opens)
            self._add(
                segment,
                marks,
                kind="set" if is_envelope else "segment",
                depth=shown_at,
                position=position,
                set_number=number,
                opens=opens,
            )
        own = self._findings_in(message)
        self.sets.append(
            SetView(
                number=number,
                set_id=message.type,
                name=_NAMES.get(message.type, ""),
                control_number=message.reference,
                group_control="",
                version=message.release,
                business_number=next((s.get(2) for s in message.body if s.tag == "BGM"), ""),
                segments=len(message.segments),
                errors=sum(finding.is_error for finding in own),
                warnings=sum(not finding.is_error for finding in own),
                row=first if first < self.max_rows else -1,
            )
        )

    def _findings_in(self, message: Message) -> list[Finding]:
        last = message.segments[-1]
        return self.all[
            bisect_left(self.offsets, message.header.offset) : bisect_right(self.offsets, last.offset + len(last.tag))
        ]

    def _add(
        self,
        segment: Segment,
        marks: Marks,
        *,
        kind: RowKind,
        depth: int,
        position: int = 0,
        set_number: int = 0,
        opens: str = "",
    ) -> None:
        if len(self.rows) >= self.max_rows:
            self.hidden += 1
            return
        found = self.findings.pop(segment.offset, [])
        at_elements = [f for f in found if f.element and f.segment == segment.tag]
        definition = SEGMENTS.get(segment.tag)
        elements, own, shown = (
            _elements(segment, marks, at_elements),
            [f for f in found if f not in at_elements],
            segment,
        )
        if self.hider is not None:
            elements = self.hider.views(segment.tag, elements)
            own = [self.hider.finding(finding) for finding in own]
            shown = Segment(segment.tag, tuple(self.hider.composites(segment.tag, segment.elements)))
        self.rows.append(
            SegmentRow(
                kind=kind,
                tag=segment.tag,
                name=definition.name if definition is not None else "",
                depth=depth,
                loop=opens.partition(" ")[0],
                opens=opens,
                position=position,
                set_number=set_number,
                elements=elements,
                findings=tuple(own),
                raw=as_text([shown.tag, *shown.elements], marks),
                offset=segment.offset,
            )
        )


def _elements(segment: Segment, marks: Marks, findings: list[Finding]) -> tuple[ElementView, ...]:
    """Elements with a value or a finding."""
    definition = SEGMENTS.get(segment.tag)
    described = definition.elements if definition is not None else ()
    most = max([len(segment.elements), *(finding.element for finding in findings)])
    shown = []
    for place in range(1, most + 1):
        own = tuple(finding for finding in findings if finding.element == place)
        values = segment.elements[place - 1] if place <= len(segment.elements) else ()
        if not any(values) and not own:
            continue
        parts = described[place - 1] if place <= len(described) else ()
        label = f"{segment.tag}{place:02}"
        components = tuple(
            _component(f"{label}-{number}", value, parts[number - 1] if number <= len(parts) else None)
            for number, value in enumerate(values, start=1)
            if value
        )
        alone = components[0] if len(components) == 1 and values and values[0] else None
        shown.append(
            ElementView(
                label=label,
                name=alone.name if alone is not None else "",
                value=marks.component.join(values),
                meaning=alone.meaning if alone is not None else "",
                components=() if alone is not None else components,
                findings=own,
                offset=segment.offset,
            )
        )
    return tuple(shown)


def _component(label: str, value: str, element: Element | None) -> ComponentView:
    if element is None:
        return ComponentView(label=label, name="", value=value)
    meaning = CODES.get((element.number, value), "")
    return ComponentView(label=label, name=ELEMENTS.get(element.number, element.number), value=value, meaning=meaning)


def _envelope(interchange: Interchange) -> EnvelopeView:
    header, marks = interchange.header, interchange.marks
    date, time = header.get(4, 1), header.get(4, 2)
    is_date = len(date) in (6, 8) and date.isascii() and date.isdigit() and len(time) == 4
    year = date[:-4] if len(date) == 8 else ("19" if date[:2] >= "70" else "20") + date[:2]
    moment = f"{year}-{date[-4:-2]}-{date[-2:]} {time[:2]}:{time[2:]}" if is_date else f"{date} {time}".strip()
    return EnvelopeView(
        sender=":".join(part for part in reversed(interchange.sender) if part),
        receiver=":".join(part for part in reversed(interchange.receiver) if part),
        control_number=interchange.reference,
        date=moment,
        usage="test" if interchange.is_test else "production",
        version=f"{header.get(1, 1)} {header.get(1, 2)}".strip(),
        separators=(
            ("element", marks.element),
            ("segment", marks.segment),
            ("component", marks.component),
            ("release", marks.release),
        ),
        groups=interchange.group_count,
        sets=len(interchange.messages),
        acknowledgment_requested=header.get(9) == "1",
    )
