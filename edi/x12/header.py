"""Find an ISA segment, or what is left of one, and learn the separators from it."""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple

import msgspec

from edi.x12.segments import BrokenSegment, Segment, Separators

ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
"""Characters of ISA01 to ISA16: with 17 separators and the tag, the ISA segment is 106 characters long."""

LINE_BREAKS = "\r\n"
_ALL_LINE_BREAKS = ("\r\n", "\n", "\r")
BLANKS = " \t\xa0"

_HEADER_LENGTH = 106
_PART_WIDTHS = [3, *ISA_WIDTHS[:15], 2]
_CUTS = tuple(sum(_PART_WIDTHS[:index]) + index - 1 for index in range(1, 17))
_WINDOW = 500
"""How far an ISA may reach: room for over-long values, small enough to keep reading linear."""

# Not \s in these: it matches the control characters 1C to 1F, which some senders use as separators.
_FEWEST_PARTS = 5
"""An ISA with fewer than four elements is not worth the name."""

_ISA = re.compile(r"[Ii][Ss][Aa](?=[^A-Za-z0-9 \r\n\xa0])")
_TAG = re.compile(r"[ \t\r\n\xa0]*[A-Za-z][A-Za-z0-9]{1,2}")
_GROUP_OR_SET = re.compile(r"(?<![A-Za-z0-9])(?:[Gg][Ss]|[Ss][Tt])([^A-Za-z0-9 \r\n\xa0])")
_VERSION = re.compile(r"00[2-8]\d\d")
_BEFORE_TAG = r"([^A-Za-z0-9 \t\r\n\xa0]|(?<=[A-Za-z0-9])(?=[\r\n]))([ \t\r\n]*)[A-Za-z][A-Za-z0-9]{1,2}"
"""What stands before a segment tag: a mark, or line breaks right behind data."""

_GROUP_WINDOW = 120
_GROUP_SEPARATORS = 6
"""A GS has eight elements in some 60 characters: with fewer separators near it, the letters GS are something else."""

_GUESSING_WINDOW = 1_000


class Header(msgspec.Struct, frozen=True):
    """A recognised ISA: the segment, its separators and the offset just past its terminator."""

    isa: Segment
    separators: Separators
    end: int


def find_header(text: str, position: int) -> tuple[int, Header] | None:
    """The first readable ISA at or after ``position`` with its offset, or None."""
    for match in _ISA.finditer(text, position):
        start = match.start()
        # VISA is no header; but a record number may stand before a real one.
        is_word = start > position and text[start - 1].isalnum()
        element = text[start + 3 : start + 4]
        header = _fixed(text, start, element) if is_word else read_header(text, start)
        if header is not None:
            return start, header
    return None


def read_header(text: str, start: int) -> Header | None:
    """Read the ISA at ``start``: fixed width, else unpadded or broken over lines, else with elements missing."""
    element = text[start + 3 : start + 4]
    if not element or not _is_mark(element) or element in LINE_BREAKS:
        return None
    return _fixed(text, start, element) or _unpadded(text, start, element) or _incomplete(text, start, element)


def _fixed(text: str, start: int, element: str) -> Header | None:
    head = text[start : start + _HEADER_LENGTH]
    parts = head.split(element)
    if [len(part) for part in parts] != _PART_WIDTHS:
        if len(head) < _HEADER_LENGTH or any(head[cut] != element for cut in _CUTS):
            return None
        parts = [head[:3], *(head[a + 1 : b] for a, b in itertools.pairwise(_CUTS)), head[_CUTS[-1] + 1 :]]
    component, terminator = parts[16][0], parts[16][1]
    if component in LINE_BREAKS or not (_is_mark(component) and _is_mark(terminator) and terminator != element):
        return None
    end = start + _HEADER_LENGTH
    if terminator == "\r" and text[end : end + 1] == "\n":
        terminator, end = "\r\n", end + 1
    elif terminator in LINE_BREAKS and _mark_then_tag(text, end, element):
        return None  # wrapped between ISA16 and the terminator
    if terminator in _ALL_LINE_BREAKS and _lines_end_with(text, end, component):
        return None  # ISA16 was left out
    parts[16] = component
    return _header(text, start, parts, component=component, terminator=terminator, end=end)


def _unpadded(text: str, start: int, element: str) -> Header | None:
    parts = text[start : start + _WINDOW].split(element, 16)
    if len(parts) != 17:
        return None
    tail_start = start + sum(map(len, parts[:16])) + 16
    tail = _tail(text, tail_start, element)
    if tail is None:
        return None
    if not (_tag_follows(text, tail.end, element) or _VERSION.fullmatch(parts[12].strip())):
        return None
    parts[16] = text[tail_start : tail.value_end]
    return _header(text, start, parts, component=tail.component, terminator=tail.terminator, end=tail.end)


class _Tail(NamedTuple):
    """What follows the 16th separator of an ISA: ISA16 and the terminator."""

    component: str
    value_end: int
    terminator: str
    end: int


def _tail(text: str, position: int, element: str) -> _Tail | None:
    at = _skip(text, position, BLANKS + LINE_BREAKS)
    if at > position and _tag_follows(text, at, element):
        line_break = next((char for char in text[position:at] if char in LINE_BREAKS), "")
        return _Tail("", position, line_break, at) if line_break else None
    component = text[at : at + 1]
    if not component or component.isalnum() or component == element:
        return None
    after = _skip(text, at + 1, BLANKS)
    terminator = text[after : after + 1]
    if terminator and terminator in LINE_BREAKS and _lines_end_with(text, _skip(text, after, LINE_BREAKS), component):
        return _Tail("", position, component, at + 1)
    if not terminator:
        return _Tail("", position, component, at + 1) if component == "~" else _Tail(component, at + 1, "~", after)
    if terminator == element:
        return None
    if terminator.isalnum():  # ISA16 was left out: this one is the terminator
        return _Tail("", position, component, at + 1) if _tag_follows(text, at + 1, element) else None
    if terminator in LINE_BREAKS:
        mark = _skip(text, after, LINE_BREAKS)
        if _mark_then_tag(text, mark, element):
            return _Tail(component, at + 1, text[mark], mark + 1)
        if text[after : after + 2] == "\r\n":
            return _Tail(component, at + 1, "\r\n", after + 2)
    return _Tail(component, at + 1, terminator, after + 1)


def _incomplete(text: str, start: int, element: str) -> Header | None:
    """An ISA with too few or too many elements ends before the next envelope segment; the terminator is a guess."""
    following = re.compile(r"(?<![A-Za-z0-9])(?:GS|TA1|ST|IEA)" + re.escape(element), re.IGNORECASE)
    for match in following.finditer(text, start + 4, start + _WINDOW):
        end = match.start()
        before = text[start:end].rstrip(BLANKS + LINE_BREAKS)
        if before.endswith(element):
            continue
        terminator = guess_separators(text, start, element).segment
        parts = before.removesuffix(terminator).split(element)
        if len(parts) < _FEWEST_PARTS:
            return None
        component = parts[-1] if len(parts[-1]) == 1 and _is_mark(parts[-1]) else ""
        isa = broken_segment(before.removesuffix(terminator), parts, offset=start)
        return Header(isa, Separators(element=element, segment=terminator, component=component), end)
    return None


def _header(text: str, start: int, parts: list[str], *, component: str, terminator: str, end: int) -> Header:
    raw = text[start : start + sum(map(len, parts)) + 16]
    isa = broken_segment(raw, parts, offset=start)
    separators = Separators(
        element=text[start + 3],
        segment=terminator,
        component=component,
        repetition=_repetition(isa.get(11), isa.get(12)),
    )
    return Header(isa, separators, end)


def _repetition(isa11: str, isa12: str) -> str:
    return isa11 if isa12.strip() >= "00402" and len(isa11) == 1 and _is_mark(isa11) else ""


def broken_segment(raw: str, parts: list[str], *, offset: int, keep_breaks: bool = False) -> Segment:
    """The segment of ``parts`` (tag first), without the line breaks that ``raw``, its text, holds inside it."""
    tag = parts[0]
    if keep_breaks or ("\n" not in raw and "\r" not in raw):
        return Segment(tag.strip().upper(), parts[1:], offset, tag)
    removed = tuple(offset + at for at, char in enumerate(raw) if char in LINE_BREAKS)
    clean = [part.replace("\r", "").replace("\n", "") for part in parts]
    return BrokenSegment(clean[0].strip().upper(), clean[1:], offset, clean[0], removed=removed)


def find_fragment(text: str, position: int, end: int) -> re.Match[str] | None:
    """The first GS or ST in ``text[position:end]`` that starts a fragment without ISA; group 1 is its separator."""
    for match in _GROUP_OR_SET.finditer(text, position, end):
        element = match[1]
        if text[match.start()] in "Ss":
            set_id = text[match.end() : match.end() + 3]
            is_start = len(set_id) == 3 and set_id.isdigit() and text[match.end() + 3 : match.end() + 4] == element
        else:
            separators = text.count(element, match.end(), match.end() + _GROUP_WINDOW)
            is_start = separators >= _GROUP_SEPARATORS and text[match.end() : match.end() + 1] not in " \r\n"
        if is_start:
            return match
    return None


def guess_separators(text: str, start: int, element: str) -> Separators:
    """Separators of a fragment without ISA, by what most often stands before a segment tag."""
    window = text[start : start + _GUESSING_WINDOW]
    votes: dict[str, int] = {}
    for match in re.finditer(_BEFORE_TAG + re.escape(element), window):
        mark = match[1] or match[2][:1]
        if mark != element:
            votes[mark] = votes.get(mark, 0) + 1
    last = window.rstrip(BLANKS + LINE_BREAKS)[-1:]
    terminator = max(votes, key=lambda mark: votes[mark]) if votes else last if last and not last.isalnum() else "~"
    free = [mark for mark in ":>" if mark not in (element, terminator)]
    component = next((mark for mark in free if mark in window), free[0] if free else "")
    version = re.search(r"00[2-8]\d{3}", window)
    is_repeating = version is not None and version[0] >= "004020" and "^" not in (element, terminator, component)
    return Separators(element=element, segment=terminator, component=component, repetition="^" if is_repeating else "")


def _skip(text: str, position: int, chars: str) -> int:
    while position < len(text) and text[position] in chars:
        position += 1
    return position


def _tag_follows(text: str, position: int, element: str) -> bool:
    match = _TAG.match(text, position)
    if match is None:
        return not text[position : position + _WINDOW].strip()
    return text[match.end() : match.end() + 1] in (element, "")


def _mark_then_tag(text: str, position: int, element: str) -> bool:
    mark = text[position : position + 1]
    return (
        bool(mark)
        and _is_mark(mark)
        and mark not in LINE_BREAKS + element
        and _tag_follows(text, position + 1, element)
    )


def _lines_end_with(text: str, position: int, mark: str) -> bool:
    """Whether the two lines from ``position`` on end with ``mark``: last in the ISA, it is the terminator then."""
    lines = text[position : position + _WINDOW].split("\n", 2)[:2]
    return len(lines) == 2 and all(line.rstrip(BLANKS + "\r").endswith(mark) for line in lines)


def _is_mark(char: str) -> bool:
    """Whether the character may separate: anything but letters, digits and blanks (a tab may)."""
    return not char.isalnum() and char not in " \xa0"
