"""Write interchanges: service characters, counts, references, letters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal

import msgspec

from edi.edifact.segments import SYNTAX_ENCODINGS, Marks, Segment
from edi.x12.charset import Charset, CharsetPolicy

Element = str | tuple[str, ...]
Seg = list[Element]
"""Tag and elements; a composite is a tuple. What is empty at the end is left off."""

LEVEL_A = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-()/='+:?!\"%&*;<>")
"""Characters of level A (UNOA), released ones among them."""


class InvalidHeader(ValueError):
    """What an interchange cannot be written with. Its text is a sentence."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends to whom, and how it is written."""

    sender: str
    sender_qualifier: str = ""
    """Partner identification code qualifier (0007): 14 = GLN, 1 = D-U-N-S, ZZZ = agreed."""
    receiver: str
    receiver_qualifier: str = ""
    syntax: Literal["UNOA", "UNOB", "UNOC", "UNOY"] = "UNOC"
    """UNOC is ISO 8859-1 and carries all Swedish letters; UNOA and UNOB are transliterated."""
    syntax_version: Literal["1", "2", "3", "4"] = "3"
    is_test: bool = False
    acknowledgment_requested: bool = False
    line_break: str = "\n"
    una: bool = True
    """Whether the service characters are stated, even where they are the usual ones."""
    marks: Marks = Marks()

    def __post_init__(self) -> None:
        ends = (("sender", self.sender, 35), ("receiver", self.receiver, 35))
        qualifiers = (
            ("sender qualifier", self.sender_qualifier, 4),
            ("receiver qualifier", self.receiver_qualifier, 4),
        )
        for name, value, most in (*ends, *qualifiers):
            if len(value) > most:
                raise InvalidHeader(f"The {name} {value!r} has {len(value)} characters; at most {most} are allowed.")
        if not self.sender or not self.receiver:
            raise InvalidHeader("An interchange needs a sender and a receiver.")


class OutgoingMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message to be written: its type, its reference and the segments between UNH and UNT."""

    type: str
    reference: str
    segments: Sequence[Seg]
    association: str = ""
    """Code of the association that rules its use (0057): EAN008 for EANCOM."""


class Written(msgspec.Struct, frozen=True):
    """An interchange as it goes out. ``changes`` are values whose letters the character set lacks."""

    text: str
    data: bytes
    changes: tuple[tuple[str, str], ...] = ()


def write_interchange(
    header: Header, messages: Sequence[OutgoingMessage], *, reference: str, written_at: dt.datetime
) -> Written:
    """The interchange with number ``reference`` (at most 14 characters).

    Raises InvalidHeader for a reference that does not fit, a message twice under one reference, and no message.
    """
    if not 0 < len(reference) <= 14:
        raise InvalidHeader(f"The interchange reference {reference!r} must have 1 to 14 characters.")
    if not messages or len({message.reference for message in messages}) != len(messages):
        raise InvalidHeader("An interchange holds one message or more, each with a reference of its own.")
    letters = _Letters(header)
    end = (header.sender, header.sender_qualifier), (header.receiver, header.receiver_qualifier)
    moment = (written_at.strftime("%y%m%d"), written_at.strftime("%H%M"))
    flags: list[Element] = [
        "",
        "",
        "",
        "1" if header.acknowledgment_requested else "",
        "",
        "1" if header.is_test else "",
    ]
    segments: list[Seg] = [["UNB", (header.syntax, header.syntax_version), *end, moment, reference, *flags]]
    for message in messages:
        body = [letters.converted(segment) for segment in message.segments]
        kind = (message.type, "D", "96A", "UN", message.association)
        if message.type == "CONTRL":
            kind = ("CONTRL", "2", "2", "UN", message.association)
        segments.append(["UNH", message.reference, kind])
        segments += body
        segments.append(["UNT", str(len(body) + 2), message.reference])
    segments.append(["UNZ", str(len(messages)), reference])
    head = header.marks.una + header.line_break if header.una or header.marks != Marks() else ""
    text = head + "".join(as_text(segment, header.marks) + header.line_break for segment in segments)
    return Written(text, text.encode(SYNTAX_ENCODINGS[header.syntax]), tuple(letters.changes))


def as_text(segment: Seg, marks: Marks) -> str:
    """One segment with its terminator; service characters in values are released, what is empty at the end left off."""
    parts = [_element(element, marks) for element in segment[1:]]
    while parts and not parts[-1]:
        parts.pop()
    return marks.element.join([str(segment[0]), *parts]) + marks.segment


def parsed(segment: Seg) -> Segment:
    """The segment as a reader gets it."""
    elements = [(e,) if isinstance(e, str) else e for e in segment[1:]]
    return Segment(str(segment[0]), tuple(tuple(element) for element in elements))


def _element(element: Element, marks: Marks) -> str:
    components = [element] if isinstance(element, str) else list(element)
    while components and not components[-1]:
        components.pop()
    return marks.component.join(_released(value, marks) for value in components)


def _released(value: str, marks: Marks) -> str:
    service = {marks.component, marks.element, marks.release, marks.segment}
    return "".join(marks.release + char if char in service else char for char in value)


class _Letters:
    """Values in the letters of the syntax."""

    def __init__(self, header: Header) -> None:
        charset = {"UNOA": "basic", "UNOB": "extended", "UNOC": "latin-1", "UNOY": "utf-8"}[header.syntax]
        self._charset = Charset(CharsetPolicy(charset=charset))  # type: ignore[arg-type]
        self._level_a = header.syntax == "UNOA"
        self.changes: list[tuple[str, str]] = []

    def converted(self, segment: Seg) -> Seg:
        return [
            self._one(part) if isinstance(part, str) else tuple(self._one(value) for value in part) for part in segment
        ]

    def _one(self, value: str) -> str:
        written = self._charset.convert(value)
        if self._level_a:
            written = "".join(char if char in LEVEL_A else " " for char in written)
        if written != value:
            self.changes.append((value, written))
        return written
