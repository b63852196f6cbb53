"""What exactly is wrong inside one segment: element by element, then the relational notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from edi.x12.compiled.patterns import CHARSETS, DATE, NUMBER, TIME
from edi.x12.findings import Severity
from edi.x12.maps.model import Composite, CompositeUse, Element, Note, SegmentDef, Use
from edi.x12.segments import Segment, Separators

_DATE = re.compile(DATE)
_TIME = re.compile(TIME)
_NUMBER = re.compile(NUMBER, re.ASCII)
_WHOLE = re.compile(r"-?\d+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd\ufeff\u2028\u2029]")
_NOT_ASCII = re.compile(r"[^ -~]")
_NUMBER_WITH_COMMA = re.compile(r"-?\d{1,3}(?:[ .]?\d{3})*,\d+|-?\d+,\d+")
_SHOWN = 40
"""Longer values are cut in messages; ``Finding.value`` has them whole."""


class Fault(NamedTuple):
    """One fault inside a segment. ``text`` says it without naming the place."""

    position: int
    component: int
    code: str
    ack: str
    """AK403."""
    text: str
    advice: str = ""
    value: str = ""
    name: str = ""
    number: str = ""
    severity: Severity = "error"


class Setting(NamedTuple):
    """What the elements of one interchange are read with."""

    separators: Separators
    charset: str
    """``Guide.charset``."""


def segment_faults(segment: Segment, definition: SegmentDef, setting: Setting) -> Iterator[Fault]:
    """Every fault of ``segment``, at most one for each element."""
    values = segment.elements
    uses = definition.elements
    missing: set[int] = set()
    for position, use in enumerate(uses, start=1):
        value = values[position - 1] if position <= len(values) else ""
        if value and isinstance(use, CompositeUse) and not value.strip(setting.separators.component):
            value = ""  # separators only: no component is there
            values = [*values[: position - 1], value, *values[position:]]
        fault = _use_fault(use, value, position, setting)
        if fault is not None:
            if fault.code == "element-missing" and fault.component == 0:
                missing.add(position)
            yield fault
    for position in range(len(uses) + 1, len(values) + 1):
        if values[position - 1]:
            yield _surplus(definition, position, values[position - 1])
            break
    for note in sorted(definition.notes, key=_names_alternatives):
        position = broken_note(note, values)
        if position and not missing.intersection(note.positions):
            missing.add(position)
            yield _note_fault(note, position, definition, values)


def _names_alternatives(note: Note) -> bool:
    """R and L offer several elements: they come last, because the one that lacks may be named by another note."""
    return note.kind in "RL"


def broken_note(note: Note, values: list[str]) -> int:
    """0 when ``note`` holds, else the position of the element to name: the one that lacks, or is one too many."""
    present = [position for position in note.positions if position <= len(values) and values[position - 1]]
    first, others = note.positions[0], note.positions[1:]
    match note.kind:
        case "P" if present and len(present) < len(note.positions):
            return next(position for position in note.positions if position not in present)
        case "R" if not present:
            return first
        case "E" if len(present) > 1:
            return present[1]
        case "C" if first in present and len(present) < len(note.positions):
            return next(position for position in others if position not in present)
        case "L" if present == [first]:
            return others[0]
        case _:
            return 0


def _use_fault(use: Use, value: str, position: int, setting: Setting) -> Fault | None:
    name, number = use.element.name, use.element.number
    if not value:
        if not use.mandatory:
            return None
        return Fault(position, 0, "element-missing", "1", "is missing", name=name, number=number)
    if use.forbidden:
        text = "must not be sent to this partner"
        return Fault(position, 0, "element-forbidden", "10", text, value=value, name=name, number=number)
    if isinstance(use, CompositeUse):
        return _composite_fault(use.element, value, position, setting)
    return _value_fault(use.element, value, position, 0, setting)


def _composite_fault(composite: Composite, value: str, position: int, setting: Setting) -> Fault | None:
    style: Fault | None = None
    """The first warning, for want of an error."""
    component = setting.separators.component
    parts = value.split(component) if component else [value]
    for index, use in enumerate(composite.components, start=1):
        part = parts[index - 1] if index <= len(parts) else ""
        fault: Fault | None = None
        if part:
            fault = _value_fault(use.element, part, position, index, setting)
        elif use.mandatory:
            name, number = use.element.name, use.element.number
            fault = Fault(position, index, "element-missing", "1", "is missing", name=name, number=number)
        if fault is not None and fault.severity == "error":
            return fault
        style = style or fault
    surplus = [part for part in parts[len(composite.components) :] if part]
    if not surplus:
        return style
    text = f"has more than the {len(composite.components)} components of {composite.name}"
    return Fault(
        position, 0, "too-many-components", "3", text, value=value, name=composite.name, number=composite.number
    )


def _value_fault(element: Element, value: str, position: int, component: int, setting: Setting) -> Fault | None:
    def fault(code: str, ack: str, text: str, advice: str = "", severity: Severity = "error") -> Fault:
        return Fault(
            position, component, code, ack, text, advice, value, element.name, element.number, severity=severity
        )

    shown = quoted(value)
    control = _CONTROL.search(value)
    if control is not None:
        text = f"{shown} holds an unreadable character (code {ord(control[0]):#04x})"
        return fault(
            "invalid-character", "6", text, "Ask the sender to remove it, or read the file with another charset."
        )
    separator = _separator_in(value, setting.separators)
    if separator:
        text = f"{shown} holds {separator!r}, which is a separator of this interchange"
        return fault("separator-in-data", "6", text, "The sender must replace it or choose another separator.")
    kind = element.type
    digits = len(value.replace("-", "").replace(".", "")) if kind[0] in "RN" else len(value)
    typed = _type_fault(element, value)
    if typed is not None:
        return fault(*typed)
    if digits > element.max:
        unit = "digits" if kind[0] in "RN" else "characters"
        return fault(
            "element-too-long", "5", f"{shown} is too long: {digits} {unit}, at most {element.max} are allowed"
        )
    if digits < element.min:
        unit = "digits" if kind[0] in "RN" else "characters"
        return fault(
            "element-too-short", "4", f"{shown} is too short: {digits} {unit}, at least {element.min} are needed"
        )
    if element.codes is not None and element.codes.closed and value not in element.codes.meanings:
        return fault("invalid-code", "7", f"{shown} is not a code of this element", _known_codes(element))
    foreign = _foreign_fault(element, value, setting.charset)
    if foreign is not None:
        return fault(*foreign)
    if value[0] == " " or value[-1] == " ":
        text = f"{shown} begins or ends with spaces"
        return fault("space-padding", "", text, "Values are sent without padding.", "warning")
    return None


def _type_fault(element: Element, value: str) -> tuple[str, str, str, str] | None:
    shown = quoted(value)
    match element.type:
        case "R" if not _NUMBER.fullmatch(value):
            if _NUMBER_WITH_COMMA.fullmatch(value):
                return "not-a-number", "6", f"{shown} is not a number", "Use a point as the decimal separator."
            return "not-a-number", "6", f"{shown} is not a number", "Send digits, and a point before decimals."
        case "N0" if not _WHOLE.fullmatch(value):
            return "not-a-number", "6", f"{shown} is not a whole number", "Send digits only."
        case "N2" if not _WHOLE.fullmatch(value):
            advice = "The decimal point is implied here: send 1250 for 12.50."
            return "not-a-number", "6", f"{shown} is not a number of cents", advice
        case "DT" if not _DATE.fullmatch(value):
            return "invalid-date", "8", f"{shown} is not a date", "Send the date as CCYYMMDD, such as 20260131."
        case "TM" if not _TIME.fullmatch(value):
            return (
                "invalid-time",
                "9",
                f"{shown} is not a time of day",
                "Send the time as HHMM or HHMMSS, such as 1430.",
            )
        case _:
            return None


def _foreign_fault(element: Element, value: str, charset: str) -> tuple[str, str, str, str, Severity] | None:
    """A character that the charset does not have: an error in a code or by the partner's guide, else a warning."""
    allowed = CHARSETS[charset]
    if element.type == "ID":
        foreign = next(iter(_NOT_ASCII.findall(value)), "")
    else:
        foreign = next((char for char in value if char not in allowed), "") if allowed else ""
    if not foreign:
        return None
    if element.type == "ID":
        return "invalid-character", "6", f"{quoted(value)} is no code: it holds {foreign!r}", "", "error"
    if charset:
        text = f"{quoted(value)} holds {foreign!r}, which the {charset} character set of this partner does not have"
        return "invalid-character", "6", text, "Write it with other letters.", "error"
    text = f"{quoted(value)} holds {foreign!r}, which the X12 extended character set does not have"
    return "character-set", "", text, "Agree with the partner on a charset, or write it in ASCII.", "warning"


def _separator_in(value: str, separators: Separators) -> str:
    if separators.component and separators.component in value:
        return separators.component
    if separators.repetition and separators.repetition in value:
        return separators.repetition
    return ""


def _known_codes(element: Element) -> str:
    assert element.codes is not None  # noqa: S101 - only called for closed lists
    codes = list(element.codes.meanings.items())
    if len(codes) > 8:
        return f"The list of {element.name} has {len(codes)} codes, such as {codes[0][0]} ({codes[0][1]})."
    return "Possible are " + ", ".join(f"{code} ({meaning})" for code, meaning in codes) + "."


def _surplus(definition: SegmentDef, position: int, value: str) -> Fault:
    most = len(definition.elements)
    text = f"{quoted(value)} is one element too many: {definition.tag} has {most} elements"
    return Fault(position, 0, "too-many-elements", "3", text, "Check for a separator inside a value.", value)


def _note_fault(note: Note, position: int, definition: SegmentDef, values: list[str]) -> Fault:
    def label(place: int) -> str:
        return f"{definition.tag}{place:02} {definition.elements[place - 1].element.name}"

    element = definition.elements[position - 1].element
    if note.kind == "E":
        names = " and ".join(label(place) for place in note.positions)
        text = f"excludes the other: only one of {names} may be sent"
        return Fault(
            position,
            0,
            "element-exclusion",
            "10",
            text,
            value=values[position - 1],
            name=element.name,
            number=element.number,
        )
    if note.kind == "R" or note.kind == "L":
        places = note.positions if note.kind == "R" else note.positions[1:]
        text = "one of " + ", ".join(label(place) for place in places) + " is needed"
        if note.kind == "L":
            text += f" when {label(note.positions[0])} is sent"
    else:
        given = next(place for place in note.positions if place <= len(values) and values[place - 1])
        text = f"is missing: it is needed when {label(given)} is sent"
    return Fault(position, 0, "element-condition", "2", text, name=element.name, number=element.number)


def quoted(value: str) -> str:
    """``value`` in quotes, cut when it is long."""
    return f"'{value}'" if len(value) <= _SHOWN else f"'{value[: _SHOWN - 1]}…'"
