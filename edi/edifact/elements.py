"""The elements of a segment: which must be there, how long they may be, what they may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from edi.edifact.directory import SEGMENTS
from edi.edifact.directory.model import Element
from edi.edifact.segments import Message, Segment
from edi.x12.findings import Finding, quoted

_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?|-?[.,]\d+")


def check_elements(message: Message, *, decimal: str = ".") -> list[Finding]:
    """Findings on the elements of all segments whose elements are described (``SEGMENTS``)."""
    found: list[Finding] = []
    for position, segment in enumerate(message.segments, start=1):
        if segment.tag in SEGMENTS:
            found += check_segment(segment, message, position)
    return found


def check_segment(segment: Segment, message: Message | None = None, position: int = 0) -> list[Finding]:
    """Findings on one segment."""
    definition = SEGMENTS[segment.tag]
    checks = _Checks(segment, message, position)
    for place, components in enumerate(definition.elements, start=1):
        given = segment.elements[place - 1] if place <= len(segment.elements) else ()
        if not any(value.strip() for value in given):
            if definition.mandatory[place - 1]:
                checks.say("element-missing", f"{segment.tag} needs its element {place}", place, 0, "13")
            continue
        checks.components(place, components, given)
    if any("".join(parts) for parts in segment.elements[len(definition.elements) :]):
        most = len(definition.elements)
        checks.say("too-many-elements", f"{segment.tag} has {most} elements, and something behind", most + 1, 0, "16")
    return checks.findings


class _Checks:
    def __init__(self, segment: Segment, message: Message | None, position: int) -> None:
        self.segment, self.message, self.position = segment, message, position
        self.findings: list[Finding] = []

    def components(self, place: int, described: tuple[Element, ...], given: tuple[str, ...]) -> None:
        """One element: each of its components, and whether there are too many."""
        for number, element in enumerate(described, start=1):
            value = given[number - 1] if number <= len(given) else ""
            if not value.strip():
                if element.mandatory:
                    text = f"{self._name(place, number, described)} is missing"
                    self.say("component-missing", text, place, number, "13")
                continue
            for code, text, ack in _faults(element, value):
                self.say(code, f"{self._name(place, number, described)}: {quoted(value)} {text}", place, number, ack)
        if any(given[len(described) :]):
            text = f"{self.segment.tag} element {place} has {len(described)} components, and something behind"
            self.say(
                "too-many-components", f"{text}. Check for a separator in a value", place, len(described) + 1, "16"
            )

    def say(self, code: str, text: str, place: int, component: int, ack: str) -> None:
        """Add a finding."""
        message = self.message
        self.findings.append(
            Finding(
                level="element",
                code=code,
                message=f"Segment {self.position}: {text}." if self.position else f"{text}.",
                segment=self.segment.tag,
                position=self.position,
                element=place,
                component=component,
                value=self.segment.get(place, component or 1),
                offset=self.segment.offset,
                set_id=message.type if message is not None else "",
                set_control=message.reference if message is not None else "",
                ack_element_code=ack,
            )
        )

    def _name(self, place: int, number: int, described: tuple[Element, ...]) -> str:
        element = described[number - 1].number
        within = f", component {number}" if len(described) > 1 else ""
        return f"{self.segment.tag} element {place}{within} ({element})"


def _faults(element: Element, value: str) -> Iterator[tuple[str, str, str]]:
    if any(ord(char) < 32 for char in value):
        yield "invalid-character", "holds an unreadable character", "21"
        return
    if element.kind == "n":
        if not _NUMBER.fullmatch(value):
            yield "not-a-number", "is not a number", "37"
            return
        size = sum(char.isdigit() for char in value)
    else:
        size = len(value)
        if element.kind == "a" and any(char.isdigit() for char in value) and element.number != "0001":
            yield "not-letters", "may hold letters only", "37"
    if size > element.most:
        yield "element-too-long", f"is too long: {size} characters, at most {element.most} are allowed", "39"
