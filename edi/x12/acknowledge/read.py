"""Read a 997 or 999 that a trading partner sent."""

from __future__ import annotations

import re

from edi.x12.acknowledge.codes import (
    ELEMENT_ERRORS,
    GROUP_ERRORS,
    SECURITY_ERRORS,
    SEGMENT_ERRORS,
    SET_ERRORS,
    words,
)
from edi.x12.acknowledge.values import CodedError, ElementError, GroupAcknowledgment, SegmentError, SetAcknowledgment
from edi.x12.errors import NotAnAcknowledgment
from edi.x12.segments import Segment, TransactionSet

_SET_CODES = SECURITY_ERRORS | SET_ERRORS
_IN_999 = {"IK3": "AK3", "IK4": "AK4", "IK5": "AK5"}


def read_997(tset: TransactionSet) -> GroupAcknowledgment:
    """What a 997 says. Raises ``NotAnAcknowledgment`` for another transaction set or one without AK1."""
    return _read(tset, "997")


def read_999(tset: TransactionSet) -> GroupAcknowledgment:
    """What a 999 (implementation acknowledgment) says; as ``read_997``, with the guide's errors and their context."""
    return _read(tset, "999")


def read_acknowledgment(tset: TransactionSet) -> GroupAcknowledgment:
    """What a 997 or a 999 says. Raises ``NotAnAcknowledgment`` for any other transaction set."""
    if tset.set_id not in ("997", "999"):
        raise NotAnAcknowledgment(f"Transaction set {tset.set_id or '(no id)'} is neither a 997 nor a 999.")
    return _read(tset, tset.set_id)


def _read(tset: TransactionSet, kind: str) -> GroupAcknowledgment:
    if tset.set_id != kind:
        raise NotAnAcknowledgment(f"Transaction set {tset.set_id or '(no id)'} is no {kind}.")
    header = next((segment for segment in tset.body if segment.tag == "AK1"), None)
    if header is None:
        raise NotAnAcknowledgment(f"The {kind} {tset.control_number} has no AK1: it does not say what it acknowledges.")
    reading = _Reading()
    for segment in tset.body:
        reading.take(segment)
    reading.end_set()
    trailer = reading.trailer
    return GroupAcknowledgment(
        kind=kind,
        control_number=tset.control_number,
        functional_id=_value(header, 1),
        group_control=_value(header, 2),
        version=_value(header, 3),
        code=_value(trailer, 1),
        included=_count(trailer, 2),
        received=_count(trailer, 3),
        accepted=_count(trailer, 4),
        errors=_errors(trailer, GROUP_ERRORS, first=5),
        sets=tuple(reading.sets),
        unread=tuple(reading.unread),
    )


class _Reading:
    """Gathers the parts of a set's acknowledgment; parts out of order are taken as far as they make sense."""

    def __init__(self) -> None:
        self.sets: list[SetAcknowledgment] = []
        self.unread: list[str] = []
        self.trailer: Segment | None = None
        self._header: Segment | None = None
        self._verdict: Segment | None = None
        self._segments: list[tuple[Segment, list[Segment], list[Segment]]] = []

    def take(self, segment: Segment) -> None:
        match _IN_999.get(segment.tag, segment.tag):
            case "AK1":
                pass
            case "AK2":
                self.end_set()
                self._header = segment
            case "AK3":
                if self._verdict is not None:
                    self.end_set()
                self._segments.append((segment, [], []))
            case "AK4" if self._segments:
                self._segments[-1][1].append(segment)
            case "CTX" if self._segments:
                self._segments[-1][2].append(segment)
            case "AK5":
                if self._verdict is not None:
                    self.end_set()
                self._verdict = segment
            case "AK9":
                self.end_set()
                self.trailer = segment
            case _:
                self.unread.append(segment.tag)

    def end_set(self) -> None:
        """Keep what was gathered since the last AK2."""
        header, verdict, segments = self._header, self._verdict, self._segments
        if header is None and verdict is None and not segments:
            return
        self._header, self._verdict, self._segments = None, None, []
        self.sets.append(
            SetAcknowledgment(
                set_id=_value(header, 1),
                control_number=_value(header, 2),
                implementation=_value(header, 3),
                code=_value(verdict, 1),
                errors=_errors(verdict, _SET_CODES, first=2),
                segments=tuple(_segment_error(*parts) for parts in segments),
            )
        )


def _segment_error(segment: Segment, elements: list[Segment], context: list[Segment]) -> SegmentError:
    code = _value(segment, 4)
    return SegmentError(
        segment=_value(segment, 1),
        position=_count(segment, 2) or 0,
        loop=_value(segment, 3),
        code=code,
        words=words(SEGMENT_ERRORS, code),
        elements=tuple(map(_element_error, elements)),
        context=tuple("*".join(part.elements) for part in context),
    )


def _element_error(segment: Segment) -> ElementError:
    place = [int(number) for number in re.findall(r"[0-9]{1,6}", segment.get(1))]  # whatever separates components
    code = _value(segment, 3)
    return ElementError(
        element=place[0] if place else 0,
        component=place[1] if len(place) > 1 else 0,
        element_number=_value(segment, 2),
        code=code,
        words=words(ELEMENT_ERRORS, code),
        value=segment.get(4),
    )


def _errors(segment: Segment | None, table: dict[str, str], *, first: int) -> tuple[CodedError, ...]:
    if segment is None:
        return ()
    codes = [code.strip() for code in segment.elements[first - 1 : first + 4]]
    return tuple(CodedError(code, words(table, code)) for code in codes if code)


def _value(segment: Segment | None, position: int) -> str:
    return "" if segment is None else segment.get(position).strip()


def _count(segment: Segment | None, position: int) -> int | None:
    value = _value(segment, position)
    return int(value) if 0 < len(value) <= 10 and value.isascii() and value.isdigit() else None
