"""Examining what came in EDIFACT: the same answers as for X12, by UNB, UNH and what stands between."""

from __future__ import annotations

import hashlib

import msgspec

from edi.documents.edifact import heading_of
from edi.edifact import segments as edifact
from edi.edifact.control import NoControl, is_about_form, read_contrl
from edi.edifact.reading import decode_by_syntax
from edi.edifact.validate import Report, validate
from edi.models import Stream
from edi.services.placing import ByOffset
from edi.services.received import ExaminedEdifact, ExaminedInterchange, ExaminedMessage, Problem, as_number
from edi.services.resolving import EDIFACT_STREAMS, Directory, edifact_ends_of
from edi.services.texts import storable
from edi.x12.findings import Finding

DIGITS = 14
"""UNB 0020 has up to 14 characters."""


def examine(data: bytes, directory: Directory) -> tuple[Report, str, tuple[ExaminedInterchange, ...]]:
    """What a file in EDIFACT holds: the report on it, the encoding it was read in, its interchanges."""
    decoded = decode_by_syntax(data)
    report = validate(decoded.text)
    if decoded.finding is not None:
        report.findings.insert(0, decoded.finding)
    found, findings = [], ByOffset(report.findings)
    for interchange in report.parsed.interchanges:
        if not _has_ends(interchange):
            continue
        own = [f for f in findings.between(interchange.start, interchange.end) if f.code != "skipped"]
        text = decoded.text[interchange.start : interchange.end]
        found.append(_examine(interchange, own, data=text.encode(decoded.encoding), directory=directory))
    return report, decoded.encoding, tuple(found)


def problems(report: Report, source_name: str) -> tuple[Problem, ...]:
    """What stands in the file and was not read, or not processed."""
    skipped = [
        Problem(
            kind="skipped",
            sentence=f"{source_name}, at character {finding.offset:,}: {finding.message} The file was kept.",
        )
        for finding in report.findings
        if finding.code == "skipped"
    ]
    strange = [
        Problem(
            kind="no_header",
            sentence=f"{source_name}: the interchange at character {interchange.start:,} has no sender or no "
            "receiver in its UNB, so nobody can tell whose it is. It was not processed; the file was kept. Ask the "
            "sender for a complete interchange.",
        )
        for interchange in report.parsed.interchanges
        if not _has_ends(interchange)
    ]
    return (*skipped, *strange)


def _has_ends(interchange: edifact.Interchange) -> bool:
    return bool(interchange.sender[0] and interchange.receiver[0])


def _examine(
    interchange: edifact.Interchange, findings: list[Finding], *, data: bytes, directory: Directory
) -> ExaminedEdifact:
    ends = edifact_ends_of(interchange)
    usage = storable(interchange.test, 1)
    stream = EDIFACT_STREAMS.get(usage, Stream.TEST)
    around = [f for f in findings if f.is_error and f.level in ("interchange", "group")]
    ordered = ByOffset(findings)
    sets = tuple(
        _message(interchange, message, position, findings=ordered, directory=directory, is_refused=bool(around))
        for position, message in enumerate(interchange.messages, start=1)
    )
    in_sets = {id(finding) for one in sets for finding in one.findings}
    return ExaminedEdifact(
        parsed=interchange,
        ends=ends,
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        stream=stream,
        usage=usage,
        findings=tuple(findings),
        own_findings=tuple(finding for finding in findings if id(finding) not in in_sets),
        control_number=as_number(interchange.reference, digits=DIGITS),
        reference=storable(interchange.reference, DIGITS),
        group_number=None,
        is_refused=bool(around),
        sets=sets,
        answer_by=directory.any_agreement(ends, stream),
    )


def _message(
    interchange: edifact.Interchange,
    message: edifact.Message,
    position: int,
    *,
    findings: ByOffset,
    directory: Directory,
    is_refused: bool,
) -> ExaminedMessage:
    last = message.segments[-1]
    until = last.offset + len(last.tag) + 1
    own = tuple(f for f in findings.between(message.header.offset, until) if f.level != "interchange")
    is_wrong = is_refused or any(is_about_form(finding) for finding in own)
    heading = heading_of(message)
    return ExaminedMessage(
        message=message,
        set_id=message.type,
        control_number=message.reference,
        group_number=None,
        business_number=_answered(message) if message.type == "CONTRL" else heading.number,
        purpose=heading.purpose,
        position=position,
        resolution=directory.resolve_edifact(interchange, message),
        verdict="R" if is_wrong else "A",
        findings=own,
        digest=_digest(message),
    )


def _answered(message: edifact.Message) -> str:
    """The interchange of ours that a CONTRL is about."""
    try:
        return read_contrl(message).interchange
    except NoControl:
        return ""


def _digest(message: edifact.Message) -> str:
    """Of all that a message says between UNH and UNT."""
    said = [[segment.tag, *segment.elements] for segment in message.body]
    return hashlib.sha256(msgspec.json.encode([message.type, said])).hexdigest()
