"""Segments that were read as one because the terminator between them is missing, or another mark stands there.

Nothing in the text tells them apart from data that ends like a segment tag. The trailer does: SE01 counts one segment
more for each, and with the segments parted the document is correct.
"""

from __future__ import annotations

from collections.abc import Callable

from edi.x12.findings import Finding
from edi.x12.segments import Segment, TransactionSet

MOST = 5
"""So many lost terminators are looked for; where more are missing, the file itself is broken."""

_TAG_LENGTHS = (3, 2)


def parted(tset: TransactionSet, is_tag: Callable[[str], bool]) -> tuple[TransactionSet, list[Finding]] | None:
    """``tset`` with joined segments parted, and a finding for each; None where SE01 does not say how many there are."""
    claimed = tset.se.get(1).strip() if tset.se is not None else ""
    lost = int(claimed) - len(tset.body) - 2 if claimed.isascii() and claimed.isdigit() and len(claimed) < 10 else 0
    if not 1 <= lost <= MOST:
        return None
    body: list[Segment] = []
    findings: list[Finding] = []
    for segment in tset.body:
        rest = segment
        while (place := _joint(rest, is_tag)) is not None:
            first, rest, mark = _cut(rest, *place)
            findings.append(_finding(tset, first, mark, position=len(body) + 2))
            body.append(first)
            if len(findings) > lost:
                return None
        body.append(rest)
    if len(findings) != lost:
        return None
    return TransactionSet(tset.st, body, tset.se, tset.version), findings


def _joint(segment: Segment, is_tag: Callable[[str], bool]) -> tuple[int, int] | None:
    """The element (from 0) that ends with a tag though others follow, and how long the tag is."""
    for index, value in enumerate(segment.elements[:-1]):
        for length in _TAG_LENGTHS:
            if len(value) > length and is_tag(value[-length:]):
                return index, length
    return None


def _cut(segment: Segment, index: int, length: int) -> tuple[Segment, Segment, str]:
    """The segment up to the joint, the one behind it, and the mark between them."""
    value = segment.elements[index]
    data, tag = value[:-length].rstrip(), value[-length:]
    mark = "" if not data or data[-1].isalnum() else data[-1]
    first = Segment(segment.tag, [*segment.elements[:index], data.removesuffix(mark)], segment.offset, segment.raw_tag)
    offset = segment.element_offset(index + 1) + len(value) - length
    return first, Segment(tag, segment.elements[index + 1 :], offset, tag), mark


def _finding(tset: TransactionSet, first: Segment, mark: str, *, position: int) -> Finding:
    what = f"{mark!r} in place of a terminator" if mark else "no terminator"
    return Finding(
        level="segment",
        code="terminator-wrong" if mark else "terminator-missing",
        message=f"Segment {position}: {what} stands behind this {first.tag}, so that the next segment became part of "
        "it. Ask the sender to end each segment with its terminator.",
        segment=first.tag,
        position=position,
        value=mark,
        offset=first.end_offset,
        set_id=tset.set_id,
        set_control=tset.control_number,
        ack_segment_code="8",
        ack_set_code="5",
    )
