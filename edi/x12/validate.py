"""Check X12 text: envelope, structure, elements and meaning. The one function most callers need is ``validate``."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from edi.x12.compiled import compiled_set
from edi.x12.envelope import names_set, names_version
from edi.x12.findings import Finding
from edi.x12.guides import Guide
from edi.x12.joined import parted
from edi.x12.maps import VERSIONS, standard
from edi.x12.meaning import check_line_count, check_meaning
from edi.x12.reader import read
from edi.x12.segments import FunctionalGroup, Interchange, Parsed, Separators, TransactionSet
from edi.x12.structure_check import SetWalk

DEFAULT_SEPARATORS = Separators()

MAX_FINDINGS = 20_000
"""Findings on the content of one text. With more, what follows is not checked, and not accepted."""

GuideChoice = Callable[[Interchange, FunctionalGroup, TransactionSet], Guide | None]
"""Whose rules a transaction set is checked by, where one text holds sets of several partners."""

_VERSION_OF_ISA12 = {"00401": "004010", "00501": "005010"}
"""For a transaction set without GS: what its ISA12 suggests."""


class Report(msgspec.Struct, kw_only=True):
    """What ``validate`` found. ``findings`` are in the order of the text."""

    parsed: Parsed
    findings: list[Finding]

    @property
    def ok(self) -> bool:
        """True when there is something to read and nothing in it is an error; warnings do not count."""
        return self.readable and not any(finding.severity == "error" for finding in self.findings)

    @property
    def readable(self) -> bool:
        """True when the text holds at least one interchange or fragment of one."""
        return bool(self.parsed.interchanges)


def validate(text: str, *, guide: Guide | None = None, choose: GuideChoice | None = None) -> Report:
    """Read ``text`` and check everything in it, with the rules of a partner's ``guide`` when one is given; ``choose``
    gives each set a guide of its own.

    Never raises for what the text holds: unknown versions and transaction sets are findings. Linear in time.
    """
    parsed = read(text)
    findings = list(parsed.findings)
    unlisted_from = next((f.offset for f in findings if f.code == "too-many-findings"), None)
    for interchange in parsed.interchanges:
        separators = interchange.separators
        is_cut = unlisted_from is not None and interchange.end > unlisted_from
        for group in interchange.groups:
            if is_cut or len(findings) > MAX_FINDINGS:
                findings.append(_not_checked(group))
                continue
            version = _version(interchange, group)
            is_told = False
            for tset in group.sets:
                rules = guide if choose is None else choose(interchange, group, tset)
                if not is_told and rules is not None and _is_other_version(group, version, rules):
                    findings.append(_other_version(group, rules))
                    is_told = True
                found = validate_set(tset, version, guide=rules, separators=separators)
                joined = _joined(tset, found, version, guide=rules, separators=separators)
                if joined:
                    found = joined
                    findings = [finding for finding in findings if not _counts(finding, tset)]
                findings += [finding for finding in found if not _is_said(finding, group, tset)]
    findings.sort(key=lambda finding: finding.offset)
    return Report(parsed=parsed, findings=findings)


def validate_set(
    tset: TransactionSet, version: str, *, guide: Guide | None = None, separators: Separators = DEFAULT_SEPARATORS
) -> list[Finding]:
    """Structure, elements and meaning of one transaction set of ``version`` (GS08, ``"004010VICS"``).

    ST01, ST02, SE01 and SE02 belong to the envelope and are checked by the reader.
    """
    described = standard(version)
    if described is None:
        return [_unsupported_version(tset, version), *check_line_count(tset)]
    compiled = compiled_set(described.version, tset.set_id, guide, separators.component, separators.repetition)
    if compiled is None:
        return [_unsupported_set(tset, described.version)]
    walk = SetWalk(tset, compiled, separators, described.segments.__contains__)
    walk.run()
    findings = walk.findings
    if not walk.has_structure_fault:
        faulty = {(finding.segment, finding.element) for finding in findings if finding.is_error}
        findings += check_meaning(tset, faulty)
    return findings


def _joined(
    tset: TransactionSet, found: list[Finding], version: str, *, guide: Guide | None, separators: Separators
) -> list[Finding]:
    """The findings where lost terminators explain every error in ``found`` and the count in SE01; else none."""
    described = standard(version)
    if described is None or not any(finding.is_error for finding in found):
        return []
    apart = parted(tset, described.segments.__contains__)
    if apart is None:
        return []
    left = validate_set(apart[0], version, guide=guide, separators=separators)
    return [] if any(finding.is_error for finding in left) else [*apart[1], *left]


def _counts(finding: Finding, tset: TransactionSet) -> bool:
    """Whether the finding is that SE01 of the set is wrong."""
    return finding.code == "segment-count" and tset.se is not None and finding.offset == tset.se.element_offset(1)


def _not_checked(group: FunctionalGroup) -> Finding:
    """Why a group is rejected of which not every fault is known."""
    first = group.gs or next((tset.st for tset in group.sets), None) or group.ge
    return Finding(
        level="group",
        code="not-checked",
        message="There are too many faults in this text: this group was not checked. Correct those that are listed.",
        segment=first.tag if first is not None else "",
        offset=first.offset if first is not None else 0,
        group_control=group.control_number,
    )


def _version(interchange: Interchange, group: FunctionalGroup) -> str:
    if group.gs is not None and names_version(group):
        return group.version
    return _VERSION_OF_ISA12.get(interchange.version, "")


def _is_said(finding: Finding, group: FunctionalGroup, tset: TransactionSet) -> bool:
    """Whether the reader has reported the GS08 or ST01 for which nothing could be checked."""
    return (finding.code == "version-unsupported" and not names_version(group)) or (
        finding.code == "set-unsupported" and not names_set(tset)
    )


def _is_other_version(group: FunctionalGroup, version: str, guide: Guide) -> bool:
    return bool(guide.version and version and group.gs is not None and version != guide.version)


def _other_version(group: FunctionalGroup, guide: Guide) -> Finding:
    assert group.gs is not None  # noqa: S101 - the caller looked
    return Finding(
        level="group",
        code="version-not-agreed",
        message=f"The group is in version {group.version} (GS08), but {guide.version} is agreed with this partner.",
        severity="warning",
        segment="GS",
        element=8,
        value=group.version,
        offset=group.gs.element_offset(8),
        group_control=group.control_number,
    )


def _unsupported_version(tset: TransactionSet, version: str) -> Finding:
    said = f"Version {version!r}" if version else "The version of the standard"
    known = " and ".join(VERSIONS)
    return Finding(
        level="set",
        code="version-unsupported",
        message=f"{said} is {'not described here' if version else 'not given (GS08)'}: only {known} are checked. "
        "Of this transaction set only the number of lines was checked.",
        segment="ST",
        position=1,
        value=version,
        offset=tset.st.offset,
        set_id=tset.set_id,
        set_control=tset.control_number,
        ack_set_code="1",
        ack_group_code="2",
    )


def _unsupported_set(tset: TransactionSet, version: str) -> Finding:
    return Finding(
        level="set",
        code="set-unsupported",
        message=f"Transaction set {tset.set_id!r} of {version} is not described here: its content was not checked.",
        segment="ST",
        position=1,
        element=1,
        value=tset.set_id,
        offset=tset.st.element_offset(1),
        set_id=tset.set_id,
        set_control=tset.control_number,
        ack_set_code="1",
    )
