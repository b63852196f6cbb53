"""The language in which a version of the standard is written down, and what it is read into.

A version is four Python files of short text tables:

* dictionary: one line a data element, ``373 DT 8/8 Date``; composites, ``C040 Reference Identifier: 128! 127! ...``;
* segments: ``DTM Date/Time Reference`` and, indented below, its elements (``374! 373 337``; ``!`` is mandatory,
  ``x3`` repeats the one before it, ``10*(235 234)`` is ten pairs) and its relational notes (``R020305``;
  ``P0607..P2425`` stands for each pair between the two);
* sets: segments in their order, separated by commas (``DTM 10`` at most ten times, ``>1`` any number, ``!`` mandatory,
  otherwise optional and once); a line that ends in ``:`` opens a loop: the segment is its trigger, the number is the
  loop's repeat, and the indented lines below belong to it;
* codes: the code lists (see ``codes.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

UNLIMITED = 0
"""``max_use`` or ``repeat`` of something that may occur any number of times (``>1`` in the tables)."""


class DescriptionError(ValueError):
    """A line of a description cannot be read, or names something that is not described."""


@dataclass(frozen=True, slots=True)
class CodeList:
    """Code values of one data element with their meanings.

    ``closed`` is True where the list is complete for the version, so that another value is an error; an open list only
    names values.
    """

    meanings: Mapping[str, str]
    closed: bool


@dataclass(frozen=True, slots=True)
class Element:
    """A data element: ``373 DT 8/8 Date``. ``type`` is AN, ID, R, N0, N2, DT, TM or B."""

    number: str
    type: str
    min: int
    max: int
    name: str
    codes: CodeList | None = None


@dataclass(frozen=True, slots=True)
class ElementUse:
    """A data element at its place in a composite or segment; ``forbidden`` only by a partner's guide."""

    element: Element
    mandatory: bool
    forbidden: bool = False


@dataclass(frozen=True, slots=True)
class Composite:
    """A composite data element, ``C040``; its components are separated by the component separator."""

    number: str
    name: str
    components: tuple[ElementUse, ...]


@dataclass(frozen=True, slots=True)
class CompositeUse:
    """A composite at its place in a segment; ``forbidden`` only by a partner's guide."""

    element: Composite
    mandatory: bool
    forbidden: bool = False


Use = ElementUse | CompositeUse

NoteKind = Literal["P", "R", "E", "C", "L"]


@dataclass(frozen=True, slots=True)
class Note:
    """A relational condition between elements of one segment; ``positions`` are 1-based.

    P: all or none. R: at least one. E: at most one. C: if the first, then all others. L: if the first, then at least
    one of the others.
    """

    kind: NoteKind
    positions: tuple[int, ...]

    def __str__(self) -> str:
        return self.kind + "".join(f"{position:02}" for position in self.positions)


@dataclass(frozen=True, slots=True)
class SegmentDef:
    """A segment with its complete element list and its relational notes."""

    tag: str
    name: str
    elements: tuple[Use, ...]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class SegmentUse:
    """A segment at its place in a transaction set; ``max_use`` is ``UNLIMITED`` (0) or a number.

    ``forbidden`` only by a partner's guide.
    """

    segment: SegmentDef
    mandatory: bool
    max_use: int
    forbidden: bool = False


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop: ``children[0]`` is its trigger, always a segment that stands once in each repeat."""

    id: str
    mandatory: bool
    repeat: int
    children: tuple[SegmentUse | Loop, ...]
    forbidden: bool = False

    @property
    def trigger(self) -> SegmentUse:
        """The segment that starts each repeat of the loop."""
        first = self.children[0]
        assert isinstance(first, SegmentUse)  # noqa: S101 - the reader below never builds another
        return first


Node = SegmentUse | Loop


@dataclass(frozen=True, slots=True)
class SetDef:
    """A transaction set from ST to SE: ``850 Purchase Order``, sent in groups with ``functional_id`` PO."""

    set_id: str
    name: str
    functional_id: str
    nodes: tuple[Node, ...]

    def walk(self) -> Iterator[tuple[int, Node]]:
        """Each segment use and loop with its depth, in the order of the set."""
        return _walk(self.nodes, 0)


@dataclass(frozen=True, slots=True)
class Standard:
    """One version of the standard, ``004010``: dictionary, segments and transaction sets."""

    version: str
    elements: Mapping[str, Element]
    composites: Mapping[str, Composite]
    segments: Mapping[str, SegmentDef]
    sets: Mapping[str, SetDef] = field(default_factory=dict)


def _walk(nodes: tuple[Node, ...], depth: int) -> Iterator[tuple[int, Node]]:
    for node in nodes:
        yield depth, node
        if isinstance(node, Loop):
            yield from _walk(node.children, depth + 1)


_NOTE = re.compile(r"[PRECL](\d\d){2,}(\.\.[PRECL](\d\d){2,})?$")
"""``C0302`` or ``P0607..P2425``; ``C001`` is a composite."""


# --- reading the tables ---


def read_elements(table: str, codes: Mapping[str, CodeList]) -> dict[str, Element]:
    """Data elements by number from lines ``373 DT 8/8 Date``.

    Raises DescriptionError for a line of another form, or a code list without its element.
    """
    elements = {}
    for line in _lines(table):
        match = re.fullmatch(r"([\w-]+) (AN|ID|R|N\d|DT|TM|B) (\d+)/(\d+) (.+)", line.strip())
        if match is None:
            raise DescriptionError(f"not a data element: {line!r}")
        number, kind, low, high, name = match.groups()
        elements[number] = Element(number, kind, int(low), int(high), name, codes.get(number))
    if unknown := sorted(set(codes) - set(elements)):
        raise DescriptionError(f"code lists of elements that are not described: {unknown}")
    return elements


def read_composites(table: str, elements: Mapping[str, Element]) -> dict[str, Composite]:
    """Composites by number from lines ``C040 Reference Identifier: 128! 127! ...``."""
    composites = {}
    for line in _lines(table):
        head, _, body = line.strip().partition(": ")
        number, _, name = head.partition(" ")
        uses = tuple(ElementUse(_known(elements, n), must) for n, must in _uses(body))
        composites[number] = Composite(number, name, uses)
    return composites


def read_segments(
    table: str, elements: Mapping[str, Element], composites: Mapping[str, Composite]
) -> dict[str, SegmentDef]:
    """Segments by tag from blocks of ``TAG Name`` and indented element and note lines."""
    segments = {}
    for head, body in _blocks(table):
        tag, _, name = head.partition(" ")
        words = " ".join(body)
        notes = [word for word in words.split() if _NOTE.match(word)]
        numbers = " ".join(word for word in words.split() if not _NOTE.match(word))
        uses = tuple(_use(elements, composites, n, must) for n, must in _uses(numbers))
        segments[tag] = SegmentDef(tag, name.strip(), uses, tuple(n for word in notes for n in _notes(word)))
    return segments


def revise(table: str, changes: str) -> str:
    """``table`` with the blocks of ``changes`` in place of those with the same first word, and the new ones behind.

    For elements and composites a block is one line, for segments a name line with its indented lines.
    """
    blocks = {head.split()[0]: "\n".join([head, *(f"    {line}" for line in body)]) for head, body in _blocks(table)}
    blocks |= {head.split()[0]: "\n".join([head, *(f"    {line}" for line in body)]) for head, body in _blocks(changes)}
    return "\n".join(blocks.values())


def read_set(set_id: str, name: str, functional_id: str, table: str, segments: Mapping[str, SegmentDef]) -> SetDef:
    """A transaction set from its indented table of segments and loops."""
    lines = [(len(line) - len(line.lstrip()), line.strip()) for line in _lines(table)]
    nodes, rest = _nodes(lines, lines[0][0], segments)
    if rest:
        raise DescriptionError(f"{set_id}: indentation of {rest[0][1]!r}")
    return SetDef(set_id, name, functional_id, nodes)


def _nodes(
    lines: list[tuple[int, str]], indent: int, segments: Mapping[str, SegmentDef]
) -> tuple[tuple[Node, ...], list[tuple[int, str]]]:
    nodes: list[Node] = []
    while lines and lines[0][0] == indent:
        text, lines = lines[0][1], lines[1:]
        if not text.endswith(":"):
            nodes.extend(_segment_use(word, segments) for word in text.split(", "))
            continue
        trigger = _segment_use(text[:-1], segments)
        inner: tuple[Node, ...] = ()
        if lines and lines[0][0] > indent:
            inner, lines = _nodes(lines, lines[0][0], segments)
        children = (SegmentUse(trigger.segment, True, 1), *inner)
        nodes.append(Loop(trigger.segment.tag, trigger.mandatory, trigger.max_use, children))
    return tuple(nodes), lines


def _segment_use(text: str, segments: Mapping[str, SegmentDef]) -> SegmentUse:
    """``DTM! 10`` as a segment use; ``max_use`` is the loop's repeat when the line opens a loop."""
    match = re.fullmatch(r"(\w+)(!?)(?: (\d+|>1))?", text)
    if match is None:
        raise DescriptionError(f"not a segment or loop: {text!r}")
    tag, must, times = match.groups()
    if tag not in segments:
        raise DescriptionError(f"segment {tag} is not described")
    return SegmentUse(segments[tag], bool(must), UNLIMITED if times == ">1" else int(times or 1))


def _lines(table: str) -> list[str]:
    return [line.rstrip() for line in table.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _blocks(table: str) -> Iterator[tuple[str, list[str]]]:
    head = ""
    body: list[str] = []
    for line in _lines(table):
        if line[0] != " ":
            if head:
                yield head, body
            head, body = line, []
        else:
            body.append(line.strip())
    if head:
        yield head, body


def _uses(text: str) -> Iterator[tuple[str, bool]]:
    """``374! 373`` -> ("374", True), ("373", False); expands ``166x2`` and ``10*(235 234)``."""
    text = re.sub(r"(\d+)\*\(([^)]*)\)", lambda m: " ".join([m[2]] * int(m[1])), text)
    for word in text.split():
        match = re.fullmatch(r"((?:x-)?\w+?)(?:x(\d+))?(!?)", word)
        if match is None:
            raise DescriptionError(f"not an element: {word!r}")
        for _ in range(int(match[2] or 1)):
            yield match[1], bool(match[3])


def _use(elements: Mapping[str, Element], composites: Mapping[str, Composite], number: str, must: bool) -> Use:
    if number in composites:
        return CompositeUse(composites[number], must)
    return ElementUse(_known(elements, number), must)


def _known(elements: Mapping[str, Element], number: str) -> Element:
    if number not in elements:
        raise DescriptionError(f"data element {number} is not described")
    return elements[number]


def _notes(word: str) -> Iterator[Note]:
    first, _, last = word.partition("..")
    note = _note(first)
    yield note
    if last:
        end = _note(last)
        while note.positions != end.positions:
            step = len(note.positions)
            note = Note(note.kind, tuple(position + step for position in note.positions))
            yield note


def _note(word: str) -> Note:
    positions = tuple(int(word[i : i + 2]) for i in range(1, len(word), 2))
    return Note(word[0], positions)  # type: ignore[arg-type]  # _NOTE matched
