"""What a viewer shows: frozen values, made for templates."""

from __future__ import annotations

from typing import Literal

import msgspec

from edi.x12.findings import Finding

RowKind = Literal["interchange", "group", "set", "segment"]


class ComponentView(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a composite element."""

    label: str
    """``"POC05-1"``."""
    name: str
    value: str
    meaning: str = ""


class ElementView(msgspec.Struct, frozen=True, kw_only=True):
    """One element of a segment."""

    label: str
    """``"BEG03"``."""
    name: str
    """``""`` where the version is not described, or has no such element."""
    value: str
    """As it stands in the text; ``""`` for one that is missing and has a finding."""
    meaning: str = ""
    """What a code, date or amount says: ``"Original"``, ``"2026-05-04"``, ``"3900.00"``."""
    components: tuple[ComponentView, ...] = ()
    findings: tuple[Finding, ...] = ()
    offset: int = 0
    is_hidden: bool = False
    """Whether something personal stands there, which is not shown."""

    @property
    def has_error(self) -> bool:
        return any(finding.is_error for finding in self.findings)


class SegmentRow(msgspec.Struct, frozen=True, kw_only=True):
    """One segment."""

    kind: RowKind
    """Which envelope it belongs to: ISA, IEA and TA1; GS and GE; ST and SE; or the content of a set."""
    tag: str
    name: str
    depth: int
    """Indentation: ISA 0, GS 1, ST 2, content 3 and more by loop; the levels of a ship notice nest in each other."""
    loop: str = ""
    """The loop that it stands in, ``"PO1"``; ``""`` outside of loops."""
    opens: str = ""
    """What begins here: ``"PO1 2"`` for the second PO1 loop of the set."""
    position: int = 0
    """Its place in the transaction set, ST = 1; 0 for the other envelopes."""
    set_number: int = 0
    """The set of the text that it belongs to, from 1: ``InterchangeView.sets``; 0 outside of sets."""
    elements: tuple[ElementView, ...] = ()
    findings: tuple[Finding, ...] = ()
    """About the segment as a whole; those about elements stand there."""
    raw: str = ""
    """The segment on one line, with its terminator."""
    offset: int = 0

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Those of the segment and of its elements."""
        return (*self.findings, *(finding for element in self.elements for finding in element.findings))

    @property
    def has_error(self) -> bool:
        return any(finding.is_error for finding in self.all_findings)


class SetView(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction set, for the summary."""

    number: int
    """From 1 in the text."""
    set_id: str
    name: str
    """``"Purchase Order"``; ``""`` for a set that is not described."""
    control_number: str
    group_control: str
    version: str
    business_number: str
    segments: int
    errors: int
    warnings: int
    row: int
    """Index of its ST among the rows; -1 when it lies beyond the rows that are shown."""


class EnvelopeView(msgspec.Struct, frozen=True, kw_only=True):
    """One interchange, for the summary."""

    sender: str
    """``"ZZ:BUYER"``."""
    receiver: str
    control_number: str
    date: str
    """ISA09 and ISA10 as ``"2026-05-04 08:00"``, or as they stand where they are none."""
    usage: str
    """``"production"``, ``"test"``, ``"information"`` or ``""``."""
    version: str
    separators: tuple[tuple[str, str], ...]
    """Name and character of each."""
    groups: int
    sets: int
    acknowledgment_requested: bool


class InterchangeView(msgspec.Struct, frozen=True, kw_only=True):
    """A whole text; it may hold several interchanges."""

    readable: bool
    ok: bool
    """True when it is readable and nothing in it is an error."""
    rows: tuple[SegmentRow, ...]
    hidden: int
    """Segments beyond the rows that are shown."""
    interchanges: tuple[EnvelopeView, ...]
    sets: tuple[SetView, ...]
    findings: tuple[Finding, ...]
    """All, in the order of the text."""
    unplaced: tuple[Finding, ...]
    """Those that stand at no row: about the text as a whole, or beyond the rows that are shown."""
    errors: int
    warnings: int
    raw: str
    """The whole text; empty where something in it is hidden."""
    masked: int = 0
    """Values that are hidden."""
