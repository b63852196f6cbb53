"""Every document of the corpus, broken in one place at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edi.x12.maps import standard
from edi.x12.maps.model import CompositeUse, Element, ElementUse, Loop, SegmentDef, SegmentUse, Use
from tests.edi.x12.corpus import BODIES, body

FOREIGN = {"850": "BIG", "855": "BEG", "856": "PO1", "860": "PO1", "865": "BEG", "810": "BEG", "997": "N1"}
"""A segment of the standard that the set does not have."""

LONGEST_RUN = 60
"""Repeats tried to go over a maximum."""


@dataclass(frozen=True)
class Mutation:
    """One fault: ``rows`` is the body with it, ``position`` where it is (ST = 1), ``element`` 0 for a segment fault."""

    set_id: str
    version: str
    kind: str
    tag: str
    position: int
    element: int
    rows: tuple[tuple[str, ...], ...]
    was: str = ""
    """Value before, or the segment after a swapped one."""

    @property
    def label(self) -> str:
        """For messages of failing tests."""
        place = f"{self.tag}{self.element:02}" if self.element else self.tag
        return f"{self.version} {self.set_id} {self.kind} {place} at {self.position}"

    @property
    def body(self) -> list[list[str]]:
        """``rows`` as lists."""
        return [list(row) for row in self.rows]


def mutations(version: str) -> Iterator[Mutation]:
    """All mutations of all documents, in a fixed order."""
    described = standard(version)
    assert described is not None
    for set_id in BODIES:
        rows = body(set_id, version)
        for index in range(len(rows)):
            yield from _segment_faults(set_id, version, rows, index)
            yield from _element_faults(set_id, version, rows, index, described.segments[rows[index][0]])
        yield from _runs(set_id, version, rows)


def _make(
    set_id: str,
    version: str,
    kind: str,
    rows: list[list[str]],
    index: int,
    *,
    element: int = 0,
    tag: str = "",
    was: str = "",
) -> Mutation:
    frozen = tuple(tuple(row) for row in rows)
    return Mutation(set_id, version, kind, tag or rows[index][0], index + 2, element, frozen, was)


def _segment_faults(set_id: str, version: str, rows: list[list[str]], index: int) -> Iterator[Mutation]:
    row = rows[index]
    yield _make(set_id, version, "drop", rows[:index] + rows[index + 1 :], min(index, len(rows) - 2), tag=row[0])
    yield _make(set_id, version, "rename", [*rows[:index], ["QQ9", *row[1:]], *rows[index + 1 :]], index)
    foreign = [FOREIGN[set_id], *row[1:]]
    yield _make(set_id, version, "foreign", [*rows[:index], foreign, *rows[index + 1 :]], index)
    yield _make(set_id, version, "insert", [*rows[:index], ["QQ9", "1"], *rows[index:]], index)
    yield _make(set_id, version, "double", [*rows[: index + 1], row, *rows[index + 1 :]], index + 1)
    if index + 1 < len(rows) and rows[index + 1][0] != row[0]:
        swapped = [*rows[:index], rows[index + 1], row, *rows[index + 2 :]]
        yield _make(set_id, version, "swap", swapped, index, tag=row[0], was=rows[index + 1][0])


def _element_faults(
    set_id: str, version: str, rows: list[list[str]], index: int, definition: SegmentDef
) -> Iterator[Mutation]:
    row = rows[index]

    def changed(kind: str, position: int, value: str) -> Mutation:
        new = [*row[:position], value, *row[position + 1 :]]
        return _make(
            set_id, version, kind, [*rows[:index], new, *rows[index + 1 :]], index, element=position, was=row[position]
        )

    for position, value in enumerate(row[1:], start=1):
        use = definition.elements[position - 1]
        if not value:
            continue
        yield changed("blank", position, "")
        for kind, wrong in _wrong_values(use, value):
            yield changed(kind, position, wrong)
    surplus = [*row, *[""] * (len(definition.elements) - len(row) + 1), "X"]
    yield _make(
        set_id,
        version,
        "surplus",
        [*rows[:index], surplus, *rows[index + 1 :]],
        index,
        element=len(definition.elements) + 1,
    )


def _wrong_values(use: Use, value: str) -> Iterator[tuple[str, str]]:
    if isinstance(use, CompositeUse):
        return
    element = use.element
    filler = "9" if element.type[0] in "RN" else "A"
    if element.type not in ("DT", "TM"):
        yield "long", _longer(element, value, filler)
    if element.min > 1:
        yield "short", value[: element.min - 1]
    if element.type in ("R", "N0", "N2"):
        yield "comma", "1,5"
        yield "letters", "AB"
    if element.type == "DT":
        yield "no-date", "20260230"
        yield "us-date", "01312026"
    if element.type == "TM":
        yield "no-time", "2560"
    if element.codes is not None and element.codes.closed:
        yield "no-code", "?" * element.min
    yield "control", value[:-1] + "\x07" if len(value) > 1 else "\x07"
    yield "separator", value[:-1] + ">" if len(value) > 1 else ">"


def _longer(element: Element, value: str, filler: str) -> str:
    return value + filler * (element.max + 1 - len(value.replace(".", "").replace("-", "")))


def _runs(set_id: str, version: str, rows: list[list[str]]) -> Iterator[Mutation]:
    """Segments and loops repeated once more than allowed, where the maximum is small."""
    described = standard(version)
    assert described is not None
    for index, row in enumerate(rows):
        if index and rows[index - 1][0] == row[0]:
            continue
        for most in sorted(_limits(described.sets[set_id].nodes, row[0])):
            if 1 < most <= LONGEST_RUN:
                repeated = [*rows[:index], *[row] * (most + 1), *rows[index + 1 :]]
                yield _make(set_id, version, f"run-{most}", repeated, index + most, tag=row[0])


def _limits(nodes: tuple[SegmentUse | Loop, ...], tag: str) -> set[int]:
    found: set[int] = set()
    for node in nodes:
        if isinstance(node, Loop):
            if node.id == tag:
                found.add(node.repeat)
            found |= _limits(node.children, tag)
        elif node.segment.tag == tag:
            found.add(node.max_use)
    return found


__all__ = ["ElementUse", "Mutation", "mutations"]
