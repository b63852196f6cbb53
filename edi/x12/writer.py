"""Write interchanges: envelopes with right counts and widths, and data that can be read back as it was."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence

import msgspec

from edi.x12.charset import Charset, NoTransliteration
from edi.x12.envelope_spec import EnvelopeSpec, TextFormat
from edi.x12.errors import ForbiddenCharacter, InvalidEnvelope, SeparatorInData
from edi.x12.functional_ids import FUNCTIONAL_IDS

SegmentValues = Sequence[str | tuple[str, ...]]
"""A segment as its tag and elements, ``["PO1", "1", "12", "EA"]``; a composite element is a tuple of its components."""

_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_SET_ID = re.compile(r"[0-9A-Z]{3}")
_SET_CONTROL = re.compile(r"[0-9A-Za-z]{4,9}")
_ENVELOPE_TAGS = frozenset({"ISA", "GS", "ST", "SE", "GE", "IEA", "TA1"})
_MAX_CONTROL_NUMBER = 999_999_999


class OutgoingSet(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction set to write: ``segments`` are those between ST and SE."""

    set_id: str
    """ST01, ``"850"``."""
    control_number: str
    """ST02: four to nine letters or digits, ``"0001"``."""
    segments: Sequence[SegmentValues]
    implementation: str = ""
    """ST03, the implementation convention (from 005010 on)."""


class OutgoingGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A functional group to write. All sets of a group have one functional id."""

    control_number: int
    """GS06: 1 to 999,999,999."""
    sets: Sequence[OutgoingSet]
    functional_id: str = ""
    """GS01; from the transaction sets when empty."""
    version: str = ""
    """GS08; the envelope's when empty."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A value that was not written as it was given: another character set, or a separator inside it."""

    segment: str
    position: int
    """The segment's place in its transaction set (ST = 1)."""
    element: int
    component: int = 0
    before: str
    after: str
    set_control: str = ""
    """ST02 of the transaction set."""


class Written(msgspec.Struct, frozen=True):
    """The text, the same as bytes in the trading partner's encoding, and what was changed on the way."""

    text: str
    data: bytes
    changes: tuple[Change, ...]


def write_interchange(
    spec: EnvelopeSpec,
    groups: Sequence[OutgoingGroup],
    *,
    control_number: int,
    written_at: datetime.datetime,
    ta1: Sequence[SegmentValues] = (),
) -> Written:
    """The interchange with ISA13 ``control_number``, dated ``written_at`` (as given: the caller chooses the time zone).

    ``ta1`` are interchange acknowledgments, which stand before the groups. Raises ``InvalidEnvelope`` for numbers, ids
    and sets that do not go together, and ``InvalidValue`` for what may not be sent.
    """
    if not (groups or ta1):
        raise InvalidEnvelope("An interchange needs a functional group or a TA1.")
    _require_number(control_number, "ISA13")
    _require_unique([group.control_number for group in groups], "GS06")
    writer = _Writer(spec)
    writer.put_checked(spec.isa(control_number=control_number, written_at=written_at))
    for segment in ta1:
        if segment[0] != "TA1":
            raise InvalidEnvelope(f"{segment[0]} is no TA1.")
        writer.put_segment(segment, position=0)
    for group in groups:
        _write_group(writer, spec, group, written_at)
    writer.put_checked(["IEA", str(len(groups)), f"{control_number:09}"])
    return writer.written()


def write_set(outgoing: OutgoingSet, text_format: TextFormat | None = None) -> Written:
    """ST to SE alone, for networks that write the envelopes themselves."""
    writer = _Writer(text_format or TextFormat())
    writer.put_set(outgoing)
    return writer.written()


def clean_segments(
    segments: Iterable[SegmentValues], text_format: TextFormat
) -> tuple[list[SegmentValues], list[Change]]:
    """The segments as they will be written, and what that changes: lengths are to be measured on these.

    Positions count from 2, as for the segments behind an ST. Raises ``InvalidValue`` as writing does.
    """
    writer = _Writer(text_format)
    cleaned = [writer.cleaned(segment, position=position) for position, segment in enumerate(segments, start=2)]
    return cleaned, writer.changes


def _write_group(writer: _Writer, spec: EnvelopeSpec, group: OutgoingGroup, written_at: datetime.datetime) -> None:
    _require_number(group.control_number, "GS06")
    if not group.sets:
        raise InvalidEnvelope(f"Functional group {group.control_number} has no transaction set.")
    _require_unique([outgoing.control_number for outgoing in group.sets], "ST02")
    writer.put_checked(
        spec.gs(
            functional_id=_functional_id(group),
            control_number=group.control_number,
            version=group.version or spec.version,
            written_at=written_at,
        )
    )
    for outgoing in group.sets:
        writer.put_set(outgoing)
    writer.put_checked(["GE", str(len(group.sets)), str(group.control_number)])


def _functional_id(group: OutgoingGroup) -> str:
    if group.functional_id:
        return group.functional_id
    found = {FUNCTIONAL_IDS.get(outgoing.set_id, "") for outgoing in group.sets}
    if len(found) > 1 or "" in found:
        names = ", ".join(sorted({outgoing.set_id for outgoing in group.sets}))
        raise InvalidEnvelope(
            f"The transaction sets {names} have no common functional id; put them in groups of their own."
        )
    return found.pop()


def _require_number(number: int, name: str) -> None:
    if not 1 <= number <= _MAX_CONTROL_NUMBER:
        raise InvalidEnvelope(f"{name} {number} is not between 1 and 999,999,999.")


def _require_unique(numbers: Sequence[int | str], name: str) -> None:
    seen: set[int | str] = set()
    for number in numbers:
        if number in seen:
            raise InvalidEnvelope(f"{name} {number} is used twice.")
        seen.add(number)


class _Writer:
    """Collects segment texts and changes; every value passes the character set and the separators here."""

    def __init__(self, text_format: TextFormat) -> None:
        marks = text_format.separators
        self._format = text_format
        self._charset = Charset(text_format.charset)
        self._separator = re.compile("[" + re.escape(text_format.marks) + "]")
        self._element = marks.element
        self._component = marks.component
        self._end = marks.segment + text_format.line_break
        self._lines: list[str] = []
        self._control = ""
        self.changes: list[Change] = []

    def put_checked(self, values: Sequence[str]) -> None:
        """A control segment whose values were checked by the specification."""
        self._lines.append(self._element.join(values))

    def put_set(self, outgoing: OutgoingSet) -> None:
        if not _SET_ID.fullmatch(outgoing.set_id):
            raise InvalidEnvelope(f"ST01 {outgoing.set_id!r} is no transaction set id.")
        if not _SET_CONTROL.fullmatch(outgoing.control_number):
            raise InvalidEnvelope(f"ST02 {outgoing.control_number!r} is not four to nine letters or digits.")
        self._control = outgoing.control_number
        header = ["ST", outgoing.set_id, outgoing.control_number]
        self.put_segment([*header, outgoing.implementation], position=1)
        for position, segment in enumerate(outgoing.segments, start=2):
            if segment[0] in _ENVELOPE_TAGS:
                raise InvalidEnvelope(
                    f"{segment[0]} is written with the envelope and cannot stand in a transaction set."
                )
            self.put_segment(segment, position=position)
        self.put_checked(["SE", str(len(outgoing.segments) + 2), outgoing.control_number])

    def put_segment(self, segment: SegmentValues, *, position: int) -> None:
        values = self.cleaned(segment, position=position)
        self._lines.append(
            self._element.join([value if isinstance(value, str) else self._component.join(value) for value in values])
        )

    def cleaned(self, segment: SegmentValues, *, position: int) -> SegmentValues:
        """The segment in the partner's characters, without separators in data and without empty ends."""
        tag = segment[0]
        if not (isinstance(tag, str) and _TAG.fullmatch(tag)):
            raise InvalidEnvelope(f"{tag!r} is no segment tag (segment {position}).")
        values: list[str | tuple[str, ...]] = [tag]
        for element, value in enumerate(segment[1:], start=1):
            if isinstance(value, str):
                values.append(self._clean(value, tag, position, element) if value else "")
            else:
                values.append(self._clean_composite(value, tag, position, element))
        while len(values) > 1 and not values[-1]:
            values.pop()
        return values

    def _clean_composite(self, components: tuple[str, ...], tag: str, position: int, element: int) -> tuple[str, ...]:
        cleaned = [
            self._clean(value, tag, position, element, component) if value else ""
            for component, value in enumerate(components, start=1)
        ]
        while cleaned and not cleaned[-1]:
            cleaned.pop()
        return tuple(cleaned)

    def _clean(self, value: str, tag: str, position: int, element: int, component: int = 0) -> str:
        try:
            written = self._charset.convert(value)
        except NoTransliteration as error:
            raise ForbiddenCharacter(
                str(error), segment=tag, position=position, element=element, component=component, value=value
            ) from error
        found = self._separator.search(written)
        if found is not None:
            replacement = self._format.separator_replacement
            if replacement is None:
                raise SeparatorInData(
                    f"{found[0]!r} is a separator of this partner's interchanges and cannot stand in a value.",
                    segment=tag,
                    position=position,
                    element=element,
                    component=component,
                    value=value,
                )
            written = self._separator.sub(replacement, written)
        if written != value:
            self.changes.append(
                Change(
                    segment=tag,
                    position=position,
                    element=element,
                    component=component,
                    before=value,
                    after=written,
                    set_control=self._control,
                )
            )
        return written

    def written(self) -> Written:
        text = self._end.join([*self._lines, ""])
        return Written(text, text.encode(self._format.charset.encoding), tuple(self.changes))
