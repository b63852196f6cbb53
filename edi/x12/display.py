"""X12 for people: one segment a line, indented by envelope."""

from __future__ import annotations

from collections.abc import Iterator

from edi.x12.segments import Interchange, Parsed, Segment, Separators


def pretty(parsed: Parsed, *, indent: str = "  ") -> str:
    """All that was read, one segment a line, groups, sets and their segments indented. For display, not for sending."""
    blocks = []
    for interchange in parsed.interchanges:
        marks = interchange.separators
        lines = [indent * depth + segment_text(segment, marks) for depth, segment in outline(interchange)]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def outline(interchange: Interchange) -> Iterator[tuple[int, Segment]]:
    """Every segment with its depth (ISA 0, GS 1, ST 2, the others of a set 3), in the order of the envelopes."""
    if interchange.isa is not None:
        yield 0, interchange.isa
    for segment in (*interchange.ta1, *interchange.loose):
        yield 1, segment
    for group in interchange.groups:
        if group.gs is not None:
            yield 1, group.gs
        for tset in group.sets:
            yield 2, tset.st
            for segment in tset.body:
                yield 3, segment
            if tset.se is not None:
                yield 2, tset.se
        for segment in group.loose:
            yield 2, segment
        if group.ge is not None:
            yield 1, group.ge
    if interchange.iea is not None:
        yield 0, interchange.iea


def segment_text(segment: Segment, separators: Separators) -> str:
    """The segment on one line, with its terminator unless that is a line break."""
    end = "" if separators.segment in ("\n", "\r\n", "\r") else separators.segment
    text = separators.element.join([segment.tag, *segment.elements]) + end
    return text.replace("\r", " ").replace("\n", " ")
