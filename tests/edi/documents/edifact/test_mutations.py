"""The golden messages, broken in one place at a time: one finding at its place, or none by a stated rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edi.edifact.directory import SEGMENTS, STRUCTURES
from edi.edifact.segments import Message, Segment
from edi.edifact.structure import check_structure
from edi.edifact.validate import validate, validate_message

FOLDER = Path(__file__).parent / "golden"
CASES = sorted(path.stem for path in FOLDER.glob("*.edi"))
ALWAYS = frozenset({"rename", "insert", "surplus", "long", "letters", "control"})
"""Kinds of mutation that break every message; dropping or blanking what is optional leaves a valid one."""

GROUP = 7
"""Where the first segment of a group is lost, the fault is seen at the first of its others that cannot stand without
it."""


def message_of(case: str) -> Message:
    (message,) = validate((FOLDER / f"{case}.edi").read_bytes().decode("latin-1")).parsed.messages
    return message


def mutations(message: Message) -> Iterator[tuple[str, int, int, list[Segment]]]:
    """Kind, position (UNH = 1), element and the broken body."""
    body = message.body
    for index, segment in enumerate(body):
        at = index + 2
        yield "drop", at, 0, [*body[:index], *body[index + 1 :]]
        yield "rename", at, 0, [*body[:index], Segment("QQ9", segment.elements), *body[index + 1 :]]
        yield "insert", at, 0, [*body[:index], Segment("QQ9", (("1",),)), *body[index:]]
        definition = SEGMENTS[segment.tag]
        extra = ((),) * (len(definition.elements) - len(segment.elements))
        surplus = Segment(segment.tag, (*segment.elements, *extra, ("X",)))
        yield "surplus", at, len(definition.elements) + 1, [*body[:index], surplus, *body[index + 1 :]]
        for place, parts in enumerate(segment.elements, start=1):
            for number, value in enumerate(parts, start=1):
                if not value:
                    continue
                element = definition.elements[place - 1][number - 1]
                wrong = {"blank": "", "long": value + "9" * (element.most + 1), "control": value + "\x07"}
                if element.kind == "n":
                    wrong["letters"] = "AB"
                for kind, new in wrong.items():
                    changed = (*parts[: number - 1], new, *parts[number:])
                    elements = (*segment.elements[: place - 1], changed, *segment.elements[place:])
                    yield kind, at, place, [*body[:index], Segment(segment.tag, elements), *body[index + 1 :]]


@pytest.mark.parametrize("case", CASES)
def test_each_fault_is_one_finding_at_its_place(case: str) -> None:
    message = message_of(case)
    wrong, count = [], 0
    for kind, position, element, body in mutations(message):
        count += 1
        broken = Message(header=message.header, body=body, trailer=message.trailer)
        found = [f for f in validate_message(broken) if f.is_error and f.level != "meaning"]
        label = f"{kind} {body[min(position, len(body)) - 2].tag} at {position}, element {element}"
        if not found and kind in ALWAYS:
            wrong.append(f"{label}: accepted")
        places = {(f.position, f.element) for f in found}
        near = range(position, position + GROUP) if kind == "drop" else (position,)
        if len(places) > 1 or any(at not in near for at, _ in places):
            wrong.append(f"{label}: {[(f.position, f.element, f.code) for f in found]}")
        elif found and element and places != {(position, element)}:
            wrong.append(f"{label}: {places}")
    assert wrong == []
    assert count > 80


@pytest.mark.parametrize("case", CASES)
def test_a_dropped_segment_is_missed_where_it_must_stand(case: str) -> None:
    message = message_of(case)
    must = {node.tag for node in STRUCTURES[message.type] if node.mandatory}
    for index, segment in enumerate(message.body):
        body = [*message.body[:index], *message.body[index + 1 :]]
        if segment.tag in must and segment.tag not in {other.tag for other in body}:
            found = check_structure(Message(header=message.header, body=body, trailer=message.trailer))
            assert [f.code for f in found] == ["mandatory-missing"], segment.tag
