"""Strict reader of an X12 interchange, as a trading partner's translator sees it.

Faults are found on three levels, because they are answered on three levels: the interchange (TA1), the functional group
(AK9) and the transaction set (AK5).
"""

from __future__ import annotations

from dataclasses import dataclass, field

ISA_LENGTH = 106
_ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)

Segment = list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementFault:
    """One wrong element: the segment, its position in the set (ST = 1), the element, the AK403 code and the value."""

    tag: str
    position: int
    element: int
    code: str
    value: str = ""


@dataclass(slots=True, kw_only=True)
class TransactionSet:
    """ST to SE. `codes` are AK502 codes: empty = accepted."""

    id: str
    control_number: str
    segments: list[Segment] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    elements: list[ElementFault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def find(self, tag: str) -> list[Segment]:
        """All segments with this tag."""
        return [segment for segment in self.segments if segment[0] == tag]


@dataclass(slots=True, kw_only=True)
class Group:
    """GS to GE. `codes` are AK905 codes."""

    functional_id: str
    control_number: str
    version: str
    sets: list[TransactionSet] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    declared: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Interchange:
    """ISA to IEA. `codes` are TA105 codes: empty = the envelope is right."""

    isa: Segment
    groups: list[Group] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def sender(self) -> str:
        """ISA06 without padding."""
        return self.isa[6].strip()

    @property
    def receiver(self) -> str:
        """ISA08 without padding."""
        return self.isa[8].strip()

    @property
    def control_number(self) -> str:
        """ISA13, nine digits."""
        return self.isa[13]

    @property
    def sets(self) -> list[TransactionSet]:
        """Every transaction set of every group."""
        return [one for group in self.groups for one in group.sets]

    @property
    def all_notes(self) -> list[str]:
        """Every fault as a sentence."""
        inner = [note for group in self.groups for note in group.notes]
        return [*self.notes, *inner, *(note for one in self.sets for note in one.notes)]


class NoInterchange(ValueError):
    """The text has no readable ISA segment, so there is nobody to answer; the message says why."""


def read(text: str) -> list[Interchange]:
    """Every interchange of `text` with its faults. Raises NoInterchange when an ISA is not 106 characters."""
    found: list[Interchange] = []
    rest = text
    while rest:
        interchange, rest = _read_first(rest)
        found.append(interchange)
        rest = rest.lstrip("\r\n")
        if rest and not rest.startswith("ISA"):
            interchange.codes.append("022")
            interchange.notes.append("there is more after the IEA segment")
            break
    if not found:
        raise NoInterchange("the file is empty")
    return found


def _read_first(text: str) -> tuple[Interchange, str]:
    """The first interchange, and the text after its IEA."""
    element, terminator = _separators(text)
    segments: list[Segment] = []
    position = 0
    while position < len(text) and (not segments or segments[-1][0] != "IEA"):
        end = text.find(terminator, position)
        raw = text[position : end if end >= 0 else len(text)].lstrip("\r\n")
        position = end + 1 if end >= 0 else len(text)
        if raw or end >= 0:
            segments.append(raw.split(element))
    interchange = Interchange(isa=segments[0])
    _check_isa(interchange)
    _Walk(interchange).run(segments[1:])
    if not text[:position].endswith(terminator):
        interchange.codes.append("023")
        interchange.notes.append("the last segment has no terminator")
    return interchange, text[position:]


def _separators(text: str) -> tuple[str, str]:
    if not text.startswith("ISA"):
        raise NoInterchange("the text does not start with ISA")
    if len(text) < ISA_LENGTH:
        raise NoInterchange(f"the ISA segment has {len(text)} characters instead of {ISA_LENGTH}")
    element, component, terminator = text[3], text[ISA_LENGTH - 2], text[ISA_LENGTH - 1]
    if len({element, component, terminator}) != 3 or any(mark.isalnum() for mark in (element, component, terminator)):
        raise NoInterchange("element, component and segment separators are not three different marks")
    if terminator in text[: ISA_LENGTH - 1]:
        raise NoInterchange(f"the segment terminator {terminator!r} stands inside the ISA segment")
    fields = text[: ISA_LENGTH - 1].split(element)[1:]
    widths = tuple(len(one) for one in fields)
    if widths != _ISA_WIDTHS:
        raise NoInterchange(f"the ISA elements have the widths {widths} instead of {_ISA_WIDTHS}")
    return element, terminator


def _check_isa(interchange: Interchange) -> None:
    isa = interchange.isa
    if not (isa[9].isdigit() and isa[10].isdigit()):
        interchange.codes.append("014")
        interchange.notes.append("ISA09 or ISA10 is no date or time")
    if not isa[13].isdigit():
        interchange.codes.append("018")
        interchange.notes.append(f"ISA13 {isa[13]!r} is not nine digits")
    if isa[15] not in {"P", "T", "I"}:
        interchange.codes.append("020")
        interchange.notes.append(f"ISA15 {isa[15]!r} is not P, T or I")
    if not isa[6].strip() or not isa[8].strip():
        interchange.codes.append("006" if not isa[6].strip() else "008")
        interchange.notes.append("sender or receiver id is blank")


class _Walk:
    """One pass over the segments after the ISA."""

    def __init__(self, interchange: Interchange) -> None:
        self._interchange = interchange
        self._group: Group | None = None
        self._set: TransactionSet | None = None
        self._closed = False

    def run(self, segments: list[Segment]) -> None:
        for segment in segments:
            match segment[0]:
                case "GS":
                    self._open_group(segment)
                case "ST":
                    self._open_set(segment)
                case "SE":
                    self._close_set(segment)
                case "GE":
                    self._close_group(segment)
                case "IEA":
                    self._close(segment)
                case "":
                    self._fault("024", "there is an empty segment")
                case tag:
                    self._collect(tag, segment)
        if not self._closed:
            self._drop_open()
            self._fault("023", "the IEA segment is missing")

    def _fault(self, code: str, note: str) -> None:
        self._interchange.codes.append(code)
        self._interchange.notes.append(note)

    def _open_group(self, segment: Segment) -> None:
        self._drop_open()
        if len(segment) < 9:
            self._fault("024", "the GS segment has fewer than 8 elements")
        padded = [*segment, *[""] * 9]
        self._group = Group(functional_id=padded[1], control_number=padded[6], version=padded[8])
        if any(known.control_number == padded[6] for known in self._interchange.groups):
            self._group.codes.append("6")
            self._group.notes.append(f"GS06 {padded[6]} comes twice")
        self._interchange.groups.append(self._group)

    def _open_set(self, segment: Segment) -> None:
        if self._group is None:
            self._fault("024", "an ST segment stands outside a functional group")
            return
        if self._set is not None:
            self._unclosed_set()
        padded = [*segment, "", "", ""]
        self._set = TransactionSet(id=padded[1], control_number=padded[2], segments=[segment])
        if any(known.control_number == padded[2] for known in self._group.sets):
            self._set.codes.append("23")
            self._set.notes.append(f"ST02 {padded[2]} comes twice in the group")
        self._group.sets.append(self._set)

    def _collect(self, tag: str, segment: Segment) -> None:
        if self._set is not None:
            self._set.segments.append(segment)
        elif tag != "TA1":
            self._fault("024", f"segment {tag} stands outside a transaction set")

    def _close_set(self, segment: Segment) -> None:
        if self._set is None:
            self._fault("024", "an SE segment has no ST")
            return
        one, padded = self._set, [*segment, "", "", ""]
        one.segments.append(segment)
        if padded[1] != str(len(one.segments)):
            one.codes.append("4")
            one.notes.append(f"SE01 of {one.control_number} says {padded[1]}, there are {len(one.segments)} segments")
        if padded[2] != one.control_number:
            one.codes.append("3")
            one.notes.append(f"SE02 {padded[2]} does not match ST02 {one.control_number}")
        self._set = None

    def _close_group(self, segment: Segment) -> None:
        if self._set is not None:
            self._unclosed_set()
        if self._group is None:
            self._fault("024", "a GE segment has no GS")
            return
        group, padded = self._group, [*segment, "", "", ""]
        group.declared = padded[1]
        if padded[1] != str(len(group.sets)):
            group.codes.append("5")
            group.notes.append(f"GE01 says {padded[1]}, there are {len(group.sets)} transaction sets")
        if padded[2] != group.control_number:
            group.codes.append("4")
            group.notes.append(f"GE02 {padded[2]} does not match GS06 {group.control_number}")
        self._group = None

    def _close(self, segment: Segment) -> None:
        self._drop_open()
        self._closed = True
        padded = [*segment, "", "", ""]
        if padded[1] != str(len(self._interchange.groups)):
            self._fault("021", f"IEA01 says {padded[1]}, there are {len(self._interchange.groups)} groups")
        if padded[2] != self._interchange.control_number:
            self._fault("001", f"IEA02 {padded[2]} does not match ISA13 {self._interchange.control_number}")

    def _drop_open(self) -> None:
        if self._set is not None:
            self._unclosed_set()
        if self._group is not None:
            self._group.codes.append("3")
            self._group.notes.append(f"group {self._group.control_number} has no GE")
            self._group = None

    def _unclosed_set(self) -> None:
        if self._set is not None:
            self._set.codes.append("2")
            self._set.notes.append(f"transaction set {self._set.control_number} has no SE")
            self._set = None
