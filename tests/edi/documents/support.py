"""Segments of a builder as a reader gets them."""

from __future__ import annotations

from collections.abc import Sequence

from edi.x12.segments import Segment, TransactionSet

COMPONENT = ">"

Row = Sequence[str | tuple[str, ...]]
"""A segment: tag and elements."""


def as_set(segments: Sequence[Row], set_id: str, *, version: str = "004010") -> TransactionSet:
    """A transaction set with control number 0001 around the segments."""
    body = [Segment(str(tag), [_joined(e) for e in elements]) for tag, *elements in segments]
    return TransactionSet(
        st=Segment("ST", [set_id, "0001"]),
        body=body,
        se=Segment("SE", [str(len(body) + 2), "0001"]),
        version=version,
    )


def _joined(element: str | tuple[str, ...]) -> str:
    return element if isinstance(element, str) else COMPONENT.join(element)


def lines(segments: Sequence[Row]) -> list[str]:
    """One text a segment, to compare and to look at."""
    return ["*".join([str(tag), *(_joined(e) for e in elements)]) for tag, *elements in segments]


def parsed(text: str, set_id: str, *, version: str = "004010") -> TransactionSet:
    """A transaction set of segments that stand one on a line, elements apart by `*`."""
    rows = [row.strip().split("*") for row in text.strip().splitlines()]
    return as_set([[tag, *elements] for tag, *elements in rows], set_id, version=version)
