"""Receiving: read and check a file, then keep every interchange in it once."""

from __future__ import annotations

import codecs
import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from itertools import islice

import msgspec

from edi.documents.codes import ANSWER_PURPOSES_READ, NOTICE_PURPOSES_READ
from edi.documents.registry import business_number, purpose_code
from edi.edifact.reading import holds_edifact
from edi.models import Network, Stream
from edi.services import edifact
from edi.services.placing import ByOffset
from edi.services.received import (
    Examined,
    ExaminedGroup,
    ExaminedInterchange,
    ExaminedTset,
    ExaminedX12,
    Problem,
    ProblemKind,
    Received,
    as_number,
)
from edi.services.resolving import ACKNOWLEDGMENTS, ADVICE, STREAMS, Directory, ends_of
from edi.services.storing import store
from edi.services.texts import storable
from edi.x12 import segments as x12
from edi.x12.acknowledge import build_ta1, judge
from edi.x12.decode import Decoded, decode
from edi.x12.findings import Finding
from edi.x12.validate import Report, validate

MAX_BYTES = 20 * 1024 * 1024
"""Largest file that is read. Reading is linear, but a file of nothing but ISA segments takes seconds a megabyte."""

MAX_INTERCHANGES = 2_000
MAX_SETS = 50_000
"""Most of each in one file: a file with more is kept, but not processed."""

_IN_PARTS = "Ask the sender to send it in parts."
_ISA = re.compile(rb"(?<![A-Za-z0-9])ISA[^A-Za-z0-9]")
_MARKS = (
    (_ISA, 5 * MAX_INTERCHANGES),
    (re.compile(rb"(?<![A-Za-z0-9])ST[^A-Za-z0-9]"), 6 * MAX_SETS),
    (re.compile(rb"(?<![A-Za-z0-9])UNB[^A-Za-z0-9]"), 5 * MAX_INTERCHANGES),
    (re.compile(rb"(?<![A-Za-z0-9])UNH[^A-Za-z0-9]"), 6 * MAX_SETS),
)
_PURPOSES = {**ANSWER_PURPOSES_READ, **NOTICE_PURPOSES_READ}
"""What looks like a header, and how often it may: a code ST stands in other segments too. Counting takes a fraction of
the time and none of the memory of reading."""

_BLANK = codecs.BOM_UTF8 + b" \t\r\n\v\f\x00\x1a"
"""Bytes around an interchange that say nothing."""


def receive(network: Network, data: bytes, *, now: dt.datetime, source_name: str) -> Received:
    """Reads, checks and keeps what came over a network: `examine`, then `store`.

    Never raises for what the bytes hold. The caller who acts on the result calls `examine` first and then, in the
    transaction that keeps what he makes of it, `store` and `acknowledge`.
    """
    return store(network, examine(network, data, source_name=source_name), now=now)


def examine(network: Network, data: bytes, *, source_name: str) -> Examined:
    """Reads and checks a file; finds partner and agreement of every set. Writes nothing: call it outside of any
    transaction, it may take seconds."""
    if len(data) > MAX_BYTES:
        said = f"{len(data):,} bytes are too many; {MAX_BYTES:,} are read."
        return _unread(data, source_name, kind="too_large", said=said)
    if _has_too_many(data):
        return _unread(data, source_name, kind="too_large", said=f"It holds too many envelopes. {_IN_PARTS}")
    directory = Directory(network)
    if _is_edifact(data):
        return _examine_edifact(data, directory, source_name=source_name)
    decoded = decode(data)
    report = validate(
        decoded.text, choose=lambda interchange, group, tset: directory.resolve(interchange, group, tset.set_id).guide
    )
    parsed = report.parsed
    if not report.readable:
        said = " ".join(finding.message for finding in report.findings) or "This is no X12 text."
        return _unread(data, source_name, kind="unreadable", said=said)
    if said := _too_many(len(parsed.interchanges), len(parsed.sets)):
        return _unread(data, source_name, kind="too_large", said=said)
    interchanges = _examine_all(report, decoded, directory)
    return Examined(
        source_name=source_name,
        data=data,
        sha256=_sha256(data),
        encoding=decoded.encoding,
        interchanges=interchanges,
        problems=_file_problems(report, source_name),
        keeps_file=_keeps_file(data, interchanges),
    )


def examine_interchange(network: Network, data: bytes) -> ExaminedInterchange:
    """One interchange that is kept already, read and checked again by what is agreed now."""
    directory, decoded = Directory(network), decode(data)
    if _is_edifact(data):
        return edifact.examine(data, directory)[2][0]
    report = validate(
        decoded.text, choose=lambda interchange, group, tset: directory.resolve(interchange, group, tset.set_id).guide
    )
    return _examine_all(report, decoded, directory)[0]


def _is_edifact(data: bytes) -> bool:
    return holds_edifact(data) and _ISA.search(data) is None


def _examine_edifact(data: bytes, directory: Directory, *, source_name: str) -> Examined:
    report, encoding, interchanges = edifact.examine(data, directory)
    if not report.readable:
        said = " ".join(finding.message for finding in report.findings)
        return _unread(data, source_name, kind="unreadable", said=said)
    if said := _too_many(len(interchanges), len(report.parsed.messages)):
        return _unread(data, source_name, kind="too_large", said=said)
    return Examined(
        source_name=source_name,
        data=data,
        sha256=_sha256(data),
        encoding=encoding,
        interchanges=interchanges,
        problems=edifact.problems(report, source_name),
        keeps_file=_keeps_file(data, interchanges),
    )


def _too_many(interchanges: int, sets: int) -> str:
    """Why a file with so many is not processed, "" where it is."""
    if interchanges <= MAX_INTERCHANGES and sets <= MAX_SETS:
        return ""
    return f"{interchanges:,} interchanges with {sets:,} documents are too many for one file. {_IN_PARTS}"


def _has_too_many(data: bytes) -> bool:
    return any(next(islice(mark.finditer(data), most, None), None) is not None for mark, most in _MARKS)


def _keeps_file(data: bytes, interchanges: Sequence[ExaminedInterchange]) -> bool:
    """Whether there is more in the file than its one interchange."""
    if len(interchanges) != 1:
        return True
    before, found, after = data.partition(interchanges[0].data)
    return not found or bool((before + after).strip(_BLANK))


def _unread(data: bytes, source_name: str, *, kind: ProblemKind, said: str) -> Examined:
    problem = Problem(kind=kind, sentence=f"{source_name}: {said} The file was kept and not processed.")
    return Examined(
        source_name=source_name,
        data=data,
        sha256=_sha256(data),
        encoding="",
        interchanges=(),
        problems=(problem,),
        keeps_file=True,
    )


def _file_problems(report: Report, source_name: str) -> tuple[Problem, ...]:
    parsed = report.parsed
    problems = [
        Problem(
            kind="skipped",
            sentence=f"{source_name}: {skipped.end - skipped.start:,} characters at {skipped.start:,} were not read: "
            f"{skipped.reason}. The file was kept.",
        )
        for skipped in parsed.skipped
    ]
    problems += [
        Problem(
            kind="no_header",
            sentence=f"{source_name}: the text at character {interchange.start:,} has no readable ISA, so nobody can "
            "tell whose it is. It was not processed; the file was kept. Ask the sender for a complete interchange.",
        )
        for interchange in parsed.interchanges
        if interchange.isa is None
    ]
    return tuple(problems)


def _examine_all(report: Report, decoded: Decoded, directory: Directory) -> tuple[ExaminedInterchange, ...]:
    parsed, findings = report.parsed, ByOffset(report.findings)
    encoding = "utf-8" if decoded.encoding == "utf-8-sig" else decoded.encoding
    found = []
    for number, interchange in enumerate(parsed.interchanges):
        if interchange.isa is None:
            continue
        is_last = number + 1 == len(parsed.interchanges)
        until = len(decoded.text) + 1 if is_last else parsed.interchanges[number + 1].start
        own = [f for f in findings.between(interchange.start, until) if not _is_outside(f, interchange)]
        data = decoded.text[interchange.start : interchange.end].encode(encoding)
        found.append(_examine(interchange, own, data=data, directory=directory))
    return tuple(found)


def _examine(
    interchange: x12.Interchange, findings: list[Finding], *, data: bytes, directory: Directory
) -> ExaminedX12:
    ends = ends_of(interchange)
    usage = storable(interchange.isa.get(15).strip(), 1) if interchange.isa is not None else ""
    stream = STREAMS.get(usage, Stream.TEST)
    ta1 = tuple(build_ta1(interchange, findings))
    groups = _examine_groups(interchange, ByOffset(findings), directory=directory, is_refused=ta1[4] == "R")
    in_sets = {id(finding) for group in groups for item in group.sets for finding in item.findings}
    return ExaminedX12(
        parsed=interchange,
        ends=ends,
        data=data,
        sha256=_sha256(data),
        stream=stream,
        usage=usage,
        control_number=as_number(interchange.control_number),
        reference="",
        group_number=as_number(groups[0].group.control_number) if len(groups) == 1 else None,
        is_refused=ta1[4] == "R",
        sets=tuple(item for group in groups for item in group.sets),
        findings=tuple(findings),
        own_findings=tuple(finding for finding in findings if id(finding) not in in_sets),
        ta1=ta1,
        groups=groups,
        answer_by=directory.any_agreement(ends, stream),
    )


def _examine_groups(
    interchange: x12.Interchange, findings: ByOffset, *, directory: Directory, is_refused: bool
) -> tuple[ExaminedGroup, ...]:
    starts = [_start(group) for group in interchange.groups] + [interchange.end + 1]
    examined, position = [], 0
    for group, start, until in zip(interchange.groups, starts[:-1], starts[1:], strict=True):
        own = findings.between(start, max(start, until))
        if is_refused:
            own = [*own, _envelope_refused(group)]
        resolutions = [directory.resolve(interchange, group, tset.set_id) for tset in group.sets]
        verdict = judge(group, own, resolutions[0].options if resolutions else None)
        ordered = ByOffset(own)
        sets = []
        for tset, resolution, said in zip(group.sets, resolutions, verdict.sets, strict=True):
            position += 1
            sets.append(
                ExaminedTset(
                    tset=tset,
                    set_id=tset.set_id,
                    control_number=tset.control_number,
                    group_number=as_number(group.control_number),
                    business_number=_number_for_people(tset),
                    purpose=_PURPOSES.get(purpose_code(tset), ""),
                    position=position,
                    resolution=resolution,
                    verdict=said.code,
                    findings=tuple(ordered.between(tset.st.offset, tset.segments[-1].end_offset + 1)),
                    digest=_digest(tset),
                )
            )
        examined.append(ExaminedGroup(group=group, verdict=verdict, findings=tuple(own), sets=tuple(sets)))
    return tuple(examined)


def _number_for_people(tset: x12.TransactionSet) -> str:
    """The business number; of an acknowledgment, the group that it is about; of an advice, the first document."""
    if tset.set_id not in ACKNOWLEDGMENTS | ADVICE:
        return business_number(tset)
    tag, elements = ("AK1", (1, 2)) if tset.set_id in ACKNOWLEDGMENTS else ("OTI", (3,))
    header = next((segment for segment in tset.body if segment.tag == tag), None)
    return " ".join(header.get(element).strip() for element in elements) if header is not None else ""


def _envelope_refused(group: x12.FunctionalGroup) -> Finding:
    """Makes the 997 reject a group whose interchange is refused: the 997 has no code for that."""
    return Finding(
        level="group",
        code="interchange-refused",
        message="The interchange around this group was refused.",
        segment="GS",
        offset=group.gs.offset if group.gs is not None else _start(group),
        group_control=group.control_number,
    )


def _start(group: x12.FunctionalGroup) -> int:
    first = [segment.offset for segment in (group.gs, group.ge) if segment is not None]
    first += [tset.st.offset for tset in group.sets[:1]] + [segment.offset for segment in group.loose[:1]]
    return min(first, default=0)


def _is_outside(finding: Finding, interchange: x12.Interchange) -> bool:
    return finding.code == "text-skipped" and finding.offset >= interchange.end


def _digest(tset: x12.TransactionSet) -> str:
    """Of all that a set says between ST and SE."""
    said = [[segment.tag, *_trimmed(segment.elements)] for segment in tset.body]
    return hashlib.sha256(msgspec.json.encode([tset.set_id, said])).hexdigest()


def _trimmed(elements: list[str]) -> list[str]:
    end = len(elements)
    while end and not elements[end - 1]:
        end -= 1
    return elements[:end]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
