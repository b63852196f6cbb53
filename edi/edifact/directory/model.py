"""The notation of the directory and what it is read into.

A structure is a list of segments, ``!`` for a mandatory one, then how often it may stand: ``BGM! DTM!35 ALI5``. A
segment with braces begins a group, whose other segments stand in them: ``RFF10 { DTM5 }``. A segment is a line:
``NAD 3035! C082(3039! 1131 3055)``, with the formats of the elements beside it: ``3035 an3``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec


class Use(msgspec.Struct, frozen=True):
    """A segment of a message. ``most`` is how often it may stand."""

    tag: str
    mandatory: bool
    most: int


class Group(msgspec.Struct, frozen=True):
    """A segment group; its first segment is its trigger and stands once."""

    tag: str
    mandatory: bool
    most: int
    nodes: tuple[Use | Group, ...]


Node = Use | Group


class Element(msgspec.Struct, frozen=True):
    """A data element: its number, and its format: letters, digits or both, and how many."""

    number: str
    mandatory: bool
    kind: str
    """``a``, ``n`` or ``an``."""
    most: int


class SegmentDef(msgspec.Struct, frozen=True):
    """The elements of a segment, each with its components."""

    tag: str
    name: str
    elements: tuple[tuple[Element, ...], ...]
    mandatory: tuple[bool, ...]
    """Whether each element must be there."""


_TOKEN = re.compile(r"([A-Z]{3})(!?)(\d*)|([{}])")


def read_structure(text: str) -> tuple[Node, ...]:
    """The nodes of a structure. Raises ValueError for what is not in the notation."""
    tokens = list(_tokens(text))
    nodes, end = _nodes(tokens, 0)
    if end != len(tokens):
        raise ValueError(f"a brace too many in {text[:40]!r}")
    return nodes


def _tokens(text: str) -> Iterator[tuple[str, bool, int]]:
    for word in text.split():
        match = _TOKEN.fullmatch(word)
        if match is None:
            raise ValueError(f"{word!r} is no segment of a structure")
        yield (match[4], False, 0) if match[4] else (match[1], bool(match[2]), int(match[3] or 1))


def _nodes(tokens: list[tuple[str, bool, int]], at: int) -> tuple[tuple[Node, ...], int]:
    nodes: list[Node] = []
    while at < len(tokens):
        tag, mandatory, most = tokens[at]
        at += 1
        if tag == "}":
            return tuple(nodes), at
        if at < len(tokens) and tokens[at][0] == "{":
            inner, at = _nodes(tokens, at + 1)
            nodes.append(Group(tag, mandatory, most, inner))
        else:
            nodes.append(Use(tag, mandatory, most))
    return tuple(nodes), at


_SEGMENT = re.compile(r"(?P<tag>[A-Z]{3}) \((?P<name>[^)]+)\): (?P<elements>.+)")
_PART = re.compile(r"(?P<composite>[CS]\d{3})(?P<must>!?)(?P<times>\*\d+)?\((?P<inner>[^)]*)\)|(?P<simple>\d{4}\S*)")
_SIMPLE = re.compile(r"(\d{4})(!?)(?:\*(\d+))?:(an?|n)(\d+)")


def read_segments(text: str) -> dict[str, SegmentDef]:
    """Segment definitions by tag. Raises ValueError for what is not in the notation."""
    found = {}
    for line in filter(None, (line.strip() for line in text.replace("\\\n", " ").splitlines())):
        match = _SEGMENT.fullmatch(" ".join(line.split()))
        if match is None:
            raise ValueError(f"{line!r} describes no segment")
        elements: list[tuple[Element, ...]] = []
        mandatory: list[bool] = []
        for part in _PART.finditer(match["elements"]):
            if part["simple"]:
                for one in _simple(part["simple"]):
                    elements.append((one,))
                    mandatory.append(one.mandatory)
            else:
                components = tuple(one for word in part["inner"].split() for one in _simple(word))
                for _ in range(int((part["times"] or "*1")[1:])):
                    elements.append(components)
                    mandatory.append(bool(part["must"]))
        found[match["tag"]] = SegmentDef(match["tag"], match["name"], tuple(elements), tuple(mandatory))
    return found


def _simple(word: str) -> list[Element]:
    match = _SIMPLE.fullmatch(word)
    if match is None:
        raise ValueError(f"{word!r} describes no element")
    number, must, times, kind, most = match.groups()
    later = Element(number, False, kind, int(most))
    return [Element(number, bool(must), kind, int(most)), *[later] * (int(times or 1) - 1)]
