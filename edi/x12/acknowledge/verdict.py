"""Judge a received group: which sets are accepted. The same verdict decides what is processed and what is answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from edi.x12.findings import Finding
from edi.x12.segments import FunctionalGroup, Segment, Separators, TransactionSet

_SET_LEVELS = frozenset({"set", "segment", "element", "meaning"})


class AcknowledgmentOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a trading partner is answered."""

    list_accepted: bool = True
    """Whether accepted transaction sets are named (AK2, AK5)."""
    errors: Literal["reject", "note"] = "reject"
    """``note``: a set with faults in its segments is accepted and the faults are reported (E)."""
    note_warnings: bool = False
    """Whether warnings that have a code are reported; the set is then accepted with E."""
    partial: bool = True
    """Whether some sets of a group may be accepted (P); if not, one rejected set rejects the group."""
    copy_values: bool = True
    """Whether the offending value is sent back (AK404)."""
    separators: Separators = Separators()
    """Of the interchange that carries the answer: no value that contains one is sent back."""


class SetVerdict(msgspec.Struct, frozen=True):
    """``code`` is A, E or R; ``findings`` are those to report."""

    tset: TransactionSet
    code: str
    findings: tuple[Finding, ...]

    @property
    def is_accepted(self) -> bool:
        """Accepted, perhaps with errors noted."""
        return self.code != "R"


class GroupVerdict(msgspec.Struct, frozen=True):
    """``code`` is A, E, P or R; ``codes`` are the group's own faults (AK905)."""

    code: str
    codes: tuple[str, ...]
    sets: tuple[SetVerdict, ...]

    @property
    def accepted(self) -> int:
        """How many transaction sets are accepted."""
        return sum(verdict.is_accepted for verdict in self.sets)


def judge(
    group: FunctionalGroup, findings: Iterable[Finding], options: AcknowledgmentOptions | None = None
) -> GroupVerdict:
    """The verdict on ``group`` by ``findings``, which may be those of the whole text.

    Errors of the group itself (a wrong count, no trailer) reject it as a whole: nobody knows what is missing. Errors of
    meaning reject only where they carry a code: an acknowledgment speaks about syntax.
    """
    options = options or AcknowledgmentOptions()
    own, by_set = _sorted_out(group, findings)
    sets = [_judge_set(tset, found, options) for tset, found in zip(group.sets, by_set, strict=True)]
    codes = tuple(dict.fromkeys(finding.ack_group_code for finding in own if finding.ack_group_code))
    is_rejected = any(finding.is_error for finding in own)
    if is_rejected or not (options.partial or all(verdict.is_accepted for verdict in sets)):
        sets = [SetVerdict(verdict.tset, "R", verdict.findings) for verdict in sets]
    accepted = sum(verdict.is_accepted for verdict in sets)
    if is_rejected or (sets and not accepted):
        code = "R"
    elif accepted < len(sets):
        code = "P"
    else:
        code = "E" if any(verdict.code == "E" for verdict in sets) else "A"
    return GroupVerdict(code, codes, tuple(sets))


def _judge_set(tset: TransactionSet, findings: list[Finding], options: AcknowledgmentOptions) -> SetVerdict:
    reported = tuple(
        finding for finding in findings if finding.is_error or (options.note_warnings and _has_code(finding))
    )
    errors = [finding for finding in reported if finding.is_error]
    if not reported:
        return SetVerdict(tset, "A", ())
    is_broken = any(finding.level in ("interchange", "group", "set") for finding in errors)
    if errors and (options.errors == "reject" or is_broken):
        return SetVerdict(tset, "R", reported)
    return SetVerdict(tset, "E", reported)


def _has_code(finding: Finding) -> bool:
    return bool(finding.ack_segment_code or finding.ack_element_code or finding.ack_set_code)


def _sorted_out(group: FunctionalGroup, findings: Iterable[Finding]) -> tuple[list[Finding], list[list[Finding]]]:
    """The findings of the group itself, and of each of its sets."""
    own: list[Finding] = []
    by_set: list[list[Finding]] = [[] for _ in group.sets]
    start, end = _span(group)
    index: dict[str, list[int]] = {}
    for at, tset in enumerate(group.sets):
        index.setdefault(tset.control_number, []).append(at)
    for finding in findings:
        if end and not start <= finding.offset <= end:
            continue
        if finding.group_control and finding.group_control != group.control_number:
            continue
        if finding.level == "meaning" and not _has_code(finding):
            continue
        if finding.set_control or finding.level in _SET_LEVELS:
            place = _place(group, index, finding)
            if place is not None:
                by_set[place].append(finding)
                if finding.ack_group_code:
                    own.append(finding)
                continue
        if finding.ack_group_code or finding.level == "group":
            own.append(finding)
    return [finding for finding in own if finding.is_error], by_set


def _place(group: FunctionalGroup, index: dict[str, list[int]], finding: Finding) -> int | None:
    """The set that the finding is about: by control number, and where that does not tell, by offset."""
    if not finding.set_control:
        return next((at for at, tset in enumerate(group.sets) if _holds(tset, finding.offset)), None)
    places = index.get(finding.set_control, [])
    if len(places) > 1:
        places = [at for at in places if group.sets[at].st.offset < finding.offset] or places[:1]
    return places[-1] if places else None


def _holds(tset: TransactionSet, offset: int) -> bool:
    return tset.st.offset <= offset <= tset.segments[-1].end_offset


def _span(group: FunctionalGroup) -> tuple[int, int]:
    """First and last offset of the group; (0, 0) for a group that was not read from text."""
    segments: list[Segment] = [segment for segment in (group.gs, *group.loose, group.ge) if segment is not None]
    for tset in group.sets:
        segments += (tset.st, tset.segments[-1])
    if not any(segment.offset for segment in segments):
        return 0, 0
    end = max(segment.end_offset for segment in segments)
    return min(segment.offset for segment in segments), end
