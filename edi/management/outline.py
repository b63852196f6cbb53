"""What `edi show` prints: segments with their names, indented by loop, elements with names and meanings, faults."""

from __future__ import annotations

from collections.abc import Iterator

from edi.management.findings import Line
from edi.viewing import ElementView, InterchangeView, SegmentRow
from edi.x12.findings import Finding

_VALUE_WIDTH = 20


def outline(shown: InterchangeView, *, compact: bool = False) -> Iterator[Line]:
    """Everything in the text, a line each; `compact`: one line a segment, without its elements."""
    for finding in shown.unplaced:
        yield _fault("", finding)
    for row in shown.rows:
        yield from _segment(row, compact=compact)


def _segment(row: SegmentRow, *, compact: bool) -> Iterator[Line]:
    indent = "  " * row.depth
    name = f"  {row.name}" if row.name else ""
    repeat = f"  ({row.opens})" if row.opens else ""
    mark = "error" if row.has_error else "warning" if row.all_findings else ""
    yield Line(f"{indent}{row.raw if compact else row.tag}{name}{repeat}", mark)
    if compact:
        yield from (_fault(indent + "    ", finding) for finding in row.all_findings)
        return
    yield from (_fault(indent + "    ", finding) for finding in row.findings)
    for element in row.elements:
        yield from _element(indent + "    ", element)


def _element(indent: str, element: ElementView) -> Iterator[Line]:
    yield Line(_named(indent, element.label, element.value, element.name, element.meaning))
    for part in element.components:
        yield Line(_named(indent + "  ", part.label, part.value, part.name, part.meaning))
    yield from (_fault(indent + "  ", finding) for finding in element.findings)


def _named(indent: str, label: str, value: str, name: str, meaning: str) -> str:
    said = ": ".join(part for part in (name, meaning) if part)
    return f"{indent}{label:8} {value.strip():{_VALUE_WIDTH}} {said}".rstrip()


def _fault(indent: str, finding: Finding) -> Line:
    mark = "error" if finding.is_error else "warning"
    return Line(f"{indent}{mark}: {finding.message} [{finding.code}]", mark)
