"""The shape of X12 text once it is read: segments, transaction sets, functional groups, interchanges."""

from __future__ import annotations

import msgspec

from edi.x12.findings import Finding


class Separators(msgspec.Struct, frozen=True, kw_only=True):
    """The delimiters of one interchange. ``component`` or ``repetition`` is ``""`` where the interchange has none."""

    element: str = "*"
    segment: str = "~"
    component: str = ">"
    repetition: str = ""
    """ISA11 from 00402 on; ``""`` before."""


class Segment(msgspec.Struct, gc=False):
    """One segment as read. Built by the hundred thousand, so mutable, outside the garbage collector and unchecked."""

    tag: str
    """Upper-cased and stripped: ``"PO1"``."""
    elements: list[str]
    """``elements[0]`` is PO101; trailing empty elements stay; a composite is one string with its separators."""
    offset: int = 0
    """Character offset of the tag in the text; 0 for a generated segment."""
    raw_tag: str = ""
    """The tag as it stood in the text."""

    def get(self, position: int) -> str:
        """Value of the element at the 1-based ``position``, ``""`` when it is absent."""
        if 0 < position <= len(self.elements):
            return self.elements[position - 1]
        return ""

    def element_offset(self, position: int) -> int:
        """Character offset of the element at the 1-based ``position``; past the last element, the segment's end."""
        offset = self.offset + len(self.raw_tag or self.tag)
        for value in self.elements[: position - 1]:
            offset += len(value) + 1
        return offset + 1 if position <= len(self.elements) else offset

    def element_offsets(self) -> list[int]:
        """``element_offset`` of each element, in one pass."""
        offset = self.offset + len(self.raw_tag or self.tag) + 1
        offsets = []
        for value in self.elements:
            offsets.append(offset)
            offset += len(value) + 1
        return offsets

    @property
    def end_offset(self) -> int:
        """Character offset just past the last element, where the terminator stands."""
        return self.element_offset(len(self.elements) + 1)


class BrokenSegment(Segment, gc=False, kw_only=True):
    """A segment with line breaks inside it, which were taken out of its elements."""

    removed: tuple[int, ...]
    """Offsets in the text of the characters taken out, ascending."""

    def element_offset(self, position: int) -> int:
        """As in ``Segment``, counting what was taken out before the element."""
        offset = Segment.element_offset(self, position)
        for removed in self.removed:
            if removed <= offset:
                offset += 1
        return offset

    def element_offsets(self) -> list[int]:
        """As in ``Segment``, counting what was taken out before each element."""
        offsets, gone = [], 0
        for offset in Segment.element_offsets(self):
            while gone < len(self.removed) and self.removed[gone] <= offset + gone:
                gone += 1
            offsets.append(offset + gone)
        return offsets


class TransactionSet(msgspec.Struct):
    """ST to SE. ``se`` is None when the trailer is missing."""

    st: Segment
    body: list[Segment] = msgspec.field(default_factory=list)
    """The segments between ST and SE: ``body[0]`` is at position 2."""
    se: Segment | None = None
    version: str = ""
    """GS08 of the group around it, ``"004010VICS"``; ``""`` in a fragment without GS."""

    @property
    def set_id(self) -> str:
        """ST01, ``"850"``."""
        return self.st.get(1).strip()

    @property
    def control_number(self) -> str:
        """ST02."""
        return self.st.get(2).strip()

    @property
    def segments(self) -> list[Segment]:
        """All segments, ST first: the one at index ``n`` is at position ``n + 1``."""
        return [self.st, *self.body] if self.se is None else [self.st, *self.body, self.se]


class FunctionalGroup(msgspec.Struct):
    """GS to GE. ``gs`` is None for transaction sets outside any group, ``ge`` when the trailer is missing."""

    gs: Segment | None
    sets: list[TransactionSet] = msgspec.field(default_factory=list)
    ge: Segment | None = None
    loose: list[Segment] = msgspec.field(default_factory=list)
    """Segments inside the group that belong to no transaction set."""

    @property
    def functional_id(self) -> str:
        """GS01, ``"PO"``."""
        return "" if self.gs is None else self.gs.get(1).strip()

    @property
    def control_number(self) -> str:
        """GS06."""
        return "" if self.gs is None else self.gs.get(6).strip()

    @property
    def version(self) -> str:
        """GS08, ``"004010"``."""
        return "" if self.gs is None else self.gs.get(8).strip()


class Interchange(msgspec.Struct):
    """ISA to IEA. ``isa`` is None for a fragment that starts at GS or ST, ``iea`` when the trailer is missing."""

    isa: Segment | None
    separators: Separators
    groups: list[FunctionalGroup] = msgspec.field(default_factory=list)
    iea: Segment | None = None
    ta1: list[Segment] = msgspec.field(default_factory=list)
    loose: list[Segment] = msgspec.field(default_factory=list)
    """Segments inside the interchange that belong to no group."""
    start: int = 0
    end: int = 0
    """The interchange is ``text[start:end]``."""

    @property
    def control_number(self) -> str:
        """ISA13."""
        return "" if self.isa is None else self.isa.get(13).strip()

    @property
    def version(self) -> str:
        """ISA12, ``"00401"``."""
        return "" if self.isa is None else self.isa.get(12).strip()

    @property
    def sets(self) -> list[TransactionSet]:
        """The transaction sets of all groups."""
        return [tset for group in self.groups for tset in group.sets]


class Skipped(msgspec.Struct, frozen=True):
    """``text[start:end]`` was not read as a segment; ``reason`` says why, for people."""

    start: int
    end: int
    reason: str


class Parsed(msgspec.Struct):
    """All that one text holds. Each character is in a segment, is a separator or line break, or is in ``skipped``."""

    interchanges: list[Interchange] = msgspec.field(default_factory=list)
    findings: list[Finding] = msgspec.field(default_factory=list)
    skipped: list[Skipped] = msgspec.field(default_factory=list)

    @property
    def sets(self) -> list[TransactionSet]:
        """The transaction sets of all interchanges."""
        return [tset for interchange in self.interchanges for tset in interchange.sets]
