"""Write a 997 for a received functional group."""

from __future__ import annotations

import re

from edi.x12.acknowledge.verdict import AcknowledgmentOptions, SetVerdict, judge
from edi.x12.findings import Finding
from edi.x12.segments import FunctionalGroup, Separators
from edi.x12.writer import SegmentValues

_FUNCTIONAL_ACKNOWLEDGMENT = "FA"
_SEGMENT_ELEMENTS_IN_ERROR = "8"
_SEGMENTS_IN_ERROR = "5"
_NEWER_FROM = "005010"
_BEFORE_NEWER = {"23": "7"}
"""AK502 codes that 004010 lacks, and the nearest that it has."""
_GROUP_BEFORE_NEWER = {"19": "6"}
"""The same for AK905."""
_MAX_CODES = 5
_MAX_ELEMENT_NOTES = 99
_MAX_COPY = 99


def build_997(
    group: FunctionalGroup, findings: list[Finding], options: AcknowledgmentOptions | None = None
) -> list[SegmentValues] | None:
    """The segments between ST and SE of the 997 that answers ``group``.

    ``findings`` may be those of the whole text. None where nothing is to be answered: an acknowledgment is never
    acknowledged, and a group without GS cannot be named. GS08 of the answer is ``acknowledgment_version(group)``.
    """
    if group.gs is None or group.functional_id == _FUNCTIONAL_ACKNOWLEDGMENT:
        return None
    options = options or AcknowledgmentOptions()
    answer = _Answer(options.separators, is_newer=group.version >= _NEWER_FROM, copy_values=options.copy_values)
    verdict = judge(group, findings, options)
    answer.put("AK1", group.functional_id, group.control_number, group.version if answer.is_newer else "")
    for tset in verdict.sets:
        if tset.findings or (options.list_accepted and not verdict.codes):
            _add_set(answer, tset)
    claimed = group.ge.get(1).strip() if group.ge is not None else ""
    received = len(group.sets)
    included = claimed if claimed.isascii() and claimed.isdigit() and len(claimed) <= 6 else str(received)
    codes = verdict.codes if answer.is_newer else [_GROUP_BEFORE_NEWER.get(code, code) for code in verdict.codes]
    answer.put("AK9", verdict.code, included, str(received), str(verdict.accepted), *codes[:_MAX_CODES])
    return answer.segments


def acknowledgment_version(group: FunctionalGroup) -> str:
    """GS08 of the answer: that of the received group without an industry's suffix (``004010`` for ``004010VICS``)."""
    version = group.version[:6]
    return version if re.fullmatch(r"00[1-9]\d{3}", version) else "004010"


class _Answer:
    def __init__(self, separators: Separators, *, is_newer: bool, copy_values: bool) -> None:
        marks = separators.element + separators.segment + separators.component + separators.repetition
        self._unsendable = re.compile(f"[^ -~]|[{re.escape(marks)}]")
        self._copy_values = copy_values
        self.is_newer = is_newer
        self.segments: list[SegmentValues] = []

    def put(self, tag: str, *values: str | tuple[str, ...]) -> None:
        """Add a segment. What the partner sent is repeated in it only as far as it can be sent."""
        safe = [value if isinstance(value, tuple) else self._unsendable.sub("?", value) for value in values]
        while safe and not safe[-1]:
            safe.pop()
        self.segments.append([tag, *safe])

    def copied(self, value: str) -> str:
        """AK404: an exact copy or, where that cannot be sent, nothing."""
        return "" if not self._copy_values or self._unsendable.search(value) else value[:_MAX_COPY].rstrip()


def _add_set(answer: _Answer, verdict: SetVerdict) -> None:
    tset = verdict.tset
    answer.put("AK2", tset.set_id, tset.control_number, tset.st.get(3).strip() if answer.is_newer else "")
    for findings in _by_segment(verdict.findings):
        _add_segment(answer, findings)
    codes = dict.fromkeys(finding.ack_set_code for finding in verdict.findings if finding.ack_set_code)
    if any(_is_inside(finding) for finding in verdict.findings):
        codes[_SEGMENTS_IN_ERROR] = None
    known = codes if answer.is_newer else dict.fromkeys(_BEFORE_NEWER.get(code, code) for code in codes)
    answer.put("AK5", verdict.code, *sorted(known, key=_numeric)[:_MAX_CODES])


def _is_inside(finding: Finding) -> bool:
    is_coded = bool(finding.ack_segment_code or finding.ack_element_code)
    return is_coded or finding.level in ("segment", "element")


def _numeric(code: str) -> tuple[int, str]:
    return (int(code), "") if code.isdigit() else (99, code)


def _by_segment(findings: tuple[Finding, ...]) -> list[list[Finding]]:
    """Findings that can be placed, in the order of their segments."""
    placed: dict[tuple[int, str], list[Finding]] = {}
    for finding in findings:
        if finding.position and (finding.ack_segment_code or finding.ack_element_code):
            placed.setdefault((finding.position, finding.segment), []).append(finding)
    return [placed[key] for key in sorted(placed)]


def _add_segment(answer: _Answer, findings: list[Finding]) -> None:
    first = findings[0]
    tag = re.sub("[^A-Z0-9]", "", first.segment)[:3]
    if len(tag) < 2:  # AK301 has two or three characters
        return
    codes = dict.fromkeys(
        _SEGMENT_ELEMENTS_IN_ERROR if finding.ack_element_code else finding.ack_segment_code for finding in findings
    )
    for code in sorted(codes, key=_numeric):
        answer.put("AK3", tag, str(first.position), "", code)
    notes = [finding for finding in findings if finding.ack_element_code]
    for finding in sorted(notes, key=lambda finding: (finding.element, finding.component))[:_MAX_ELEMENT_NOTES]:
        place = (str(finding.element), str(finding.component)) if finding.component else str(finding.element)
        answer.put("AK4", place, finding.element_number, finding.ack_element_code, answer.copied(finding.value))
