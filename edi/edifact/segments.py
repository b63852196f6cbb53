"""What was read: segments in messages in interchanges, each with its offset in the text."""

from __future__ import annotations

import msgspec

from edi.x12.findings import Finding

SYNTAX_ENCODINGS = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "latin-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOW": "utf-8",
    "UNOY": "utf-8",
}
"""Syntax identifier (UNB, 0001) to the encoding of its characters."""


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """The service characters, as UNA states them; these are the usual ones."""

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str = "?"
    segment: str = "'"

    @property
    def una(self) -> str:
        """The service string advice: ``UNA:+.? '``."""
        return f"UNA{self.component}{self.element}{self.decimal}{self.release} {self.segment}"


class Segment(msgspec.Struct, frozen=True, gc=False):
    """A tag and its elements, each a tuple of components. ``offset`` is where the tag stands in the text."""

    tag: str
    elements: tuple[tuple[str, ...], ...] = ()
    offset: int = 0

    def get(self, element: int, component: int = 1) -> str:
        """A component, both counted from 1; ``""`` when it is absent."""
        if element > len(self.elements):
            return ""
        parts = self.elements[element - 1]
        return parts[component - 1] if component <= len(parts) else ""


class Message(msgspec.Struct, kw_only=True):
    """From UNH to UNT. ``body`` is what stands between them; the trailer may be missing."""

    header: Segment
    body: list[Segment] = []
    trailer: Segment | None = None

    @property
    def reference(self) -> str:
        """UNH 0062."""
        return self.header.get(1).strip()

    @property
    def type(self) -> str:
        """``ORDERS``."""
        return self.header.get(2, 1).strip().upper()

    @property
    def release(self) -> str:
        """Version and release, ``D96A``."""
        return (self.header.get(2, 2) + self.header.get(2, 3)).strip().upper()

    @property
    def segments(self) -> list[Segment]:
        """All of it, UNH and UNT included."""
        return [self.header, *self.body, *([self.trailer] if self.trailer is not None else [])]


class Interchange(msgspec.Struct, kw_only=True):
    """From UNB to UNZ."""

    marks: Marks
    header: Segment
    messages: list[Message] = []
    trailer: Segment | None = None
    group_count: int = 0
    loose: list[Segment] = []
    """Segments outside any message."""
    start: int = 0
    end: int = 0
    """Where it begins (UNA, or UNB) and ends in the text."""

    @property
    def reference(self) -> str:
        """The sender's number of the interchange (UNB 0020)."""
        return self.header.get(5).strip()

    @property
    def sender(self) -> tuple[str, str]:
        """Id and qualifier."""
        return self.header.get(2, 1).strip(), self.header.get(2, 2).strip()

    @property
    def receiver(self) -> tuple[str, str]:
        """Id and qualifier."""
        return self.header.get(3, 1).strip(), self.header.get(3, 2).strip()

    @property
    def is_test(self) -> bool:
        """UNB 0035."""
        return self.test == "1"

    @property
    def test(self) -> str:
        """UNB 0035 as it stands: ``1`` for a test, empty for the real thing."""
        return self.header.get(11).strip()

    @property
    def asks_for_answer(self) -> bool:
        """UNB 0031: whether the sender wants a CONTRL."""
        return self.header.get(9).strip() == "1"


class Parsed(msgspec.Struct, frozen=True):
    """All interchanges of a text, and what is wrong around their documents, in the order of the text."""

    interchanges: list[Interchange]
    findings: list[Finding]

    @property
    def messages(self) -> list[Message]:
        """The messages of all interchanges."""
        return [message for interchange in self.interchanges for message in interchange.messages]
