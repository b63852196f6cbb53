"""Check EDIFACT text: envelope, structure, elements, and the counts that a message states of itself."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

import msgspec

from edi.edifact.assembling import too_many
from edi.edifact.directory import RELEASE, STRUCTURES
from edi.edifact.elements import check_elements, check_segment
from edi.edifact.reading import read
from edi.edifact.segments import Message, Parsed, Segment
from edi.edifact.structure import check_structure
from edi.x12.findings import Finding, Severity

MAX_FINDINGS = 20_000
"""Findings on the messages of one text. With more, what follows is not checked, and its interchange is refused."""

_LINES, _QUANTITIES = "2", "1"
"""Control totals (6069): the number of lines, the sum of the quantities in them."""

_COUNTED_QUANTITY = {"ORDERS": "21", "ORDRSP": "21", "ORDCHG": "21", "DESADV": "12", "INVOIC": "47"}
"""The quantity (6063) whose sum is the control total."""


_LONGEST_NUMBER = 20
"""Characters: 18 digits, a sign and a point."""


class Report(msgspec.Struct, kw_only=True):
    """What ``validate`` found. ``findings`` are in the order of the text."""

    parsed: Parsed
    findings: list[Finding]

    @property
    def ok(self) -> bool:
        """True when there is something to read and nothing in it is an error."""
        return self.readable and not any(finding.is_error for finding in self.findings)

    @property
    def readable(self) -> bool:
        """True when the text holds an interchange."""
        return bool(self.parsed.interchanges)


def validate(text: str) -> Report:
    """Read ``text`` and check everything in it. Never raises for what the text holds."""
    parsed = read(text)
    findings: list[Finding] = []
    for interchange in parsed.interchanges:
        header = interchange.header
        findings += check_segment(header) if header.elements and header.tag == "UNB" else []
        for message in interchange.messages:
            if len(findings) > MAX_FINDINGS:
                findings.append(too_many(interchange.header, offset=message.header.offset))
                break
            findings += validate_message(message)
    told = {(finding.offset, finding.element) for finding in parsed.findings}
    kept = [*parsed.findings]
    kept += (f for f in findings if f.level != "element" or (f.offset, f.element) not in told)
    kept.sort(key=lambda finding: finding.offset)
    return Report(parsed=parsed, findings=kept)


def validate_message(message: Message) -> list[Finding]:
    """Structure, elements and totals of one message. Other releases than D.96A are read, and checked for their counts
    only: their lists of segments are longer."""
    if message.type not in STRUCTURES:
        known = ", ".join(STRUCTURES)
        text = f"Messages of type {message.type or '(none)'} are not described here: only {known} are checked."
        return [_about(message, "message-unsupported", text, severity="warning")]
    if not _is_known(message):
        text = f"{message.type} {message.release or '(no release)'} is read as it is; only {RELEASE} is checked whole."
        return [_about(message, "release-unsupported", text, severity="warning"), *_check_totals(message)]
    structure = check_structure(message)
    found = [*structure, *check_elements(message)]
    return found if structure else [*found, *_check_totals(message)]


def _is_known(message: Message) -> bool:
    return message.release == RELEASE or message.type == "CONTRL"


def _check_totals(message: Message) -> list[Finding]:
    lines = sum(segment.tag == "LIN" for segment in message.body)
    found = []
    for position, segment in enumerate(message.body, start=2):
        if segment.tag != "CNT":
            continue
        stated = number(segment.get(1, 2))
        if segment.get(1) == _LINES and stated is not None and stated != lines:
            text = (
                f"CNT says {segment.get(1, 2)} lines, but there are {lines} (LIN). Ask the sender whether one was lost."
            )
            found.append(_about(message, "line-count", text, segment=segment, position=position))
        total = _quantity(message)
        if segment.get(1) == _QUANTITIES and stated is not None and total is not None and stated != total:
            text = f"CNT says the quantities sum up to {segment.get(1, 2)}, but they sum up to {total.normalize():f}."
            found.append(_about(message, "quantity-total", text, segment=segment, position=position))
    return found


def _quantity(message: Message) -> Decimal | None:
    wanted = _COUNTED_QUANTITY.get(message.type, "")
    values = [number(s.get(1, 2)) for s in message.body if s.tag == "QTY" and s.get(1) == wanted]
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if values and len(known) == len(values) else None


def number(text: str) -> Decimal | None:
    """A number with a point or a comma, of up to 18 digits as EDIFACT has them; None for anything else."""
    if len(text) > _LONGEST_NUMBER or not re.fullmatch(r"-?\d*[.,]?\d+", text, re.ASCII):
        return None
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None


def _about(
    message: Message,
    code: str,
    text: str,
    *,
    segment: Segment | None = None,
    position: int = 1,
    severity: Severity = "error",
) -> Finding:
    place = segment or message.header
    return Finding(
        level="set" if segment is None else "meaning",
        code=code,
        message=text,
        severity=severity,
        segment=place.tag,
        position=position,
        offset=place.offset,
        set_id=message.type,
        set_control=message.reference,
    )
