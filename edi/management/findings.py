"""What `edi validate` says of a file: for programs as JSON, for people in sentences that say where and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edi.edifact.reading import decode_by_syntax, looks_like_edifact
from edi.viewing import InterchangeView, SegmentRow, position_in, view
from edi.x12.decode import decode
from edi.x12.findings import Finding
from edi.x12.guides import Guide

CLEAN, FINDINGS, UNREADABLE = 0, 1, 2
"""Exit codes."""

LISTED = 50
"""Findings of one file that are shown to people unless they ask for all."""

_EXCERPT = 90
_LEAD = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One file after the check."""

    file: str
    readable: bool
    findings: tuple[Finding, ...]
    text: str = ""
    shown: InterchangeView | None = None

    @property
    def ok(self) -> bool:
        """Nothing was found."""
        return self.readable and not self.findings

    @property
    def exit_code(self) -> int:
        if not self.readable:
            return UNREADABLE
        return FINDINGS if self.findings else CLEAN

    def as_data(self) -> dict[str, Any]:
        """The object of this file in the JSON array. `interchanges` and `transaction_sets` are counts."""
        return {
            "file": self.file,
            "readable": self.readable,
            "ok": self.ok,
            "interchanges": len(self.shown.interchanges) if self.shown else 0,
            "transaction_sets": len(self.shown.sets) if self.shown else 0,
            "findings": [_as_data(finding) for finding in self.findings],
        }


def check_file(name: str, data: bytes, *, guide: Guide | None = None, warnings: bool = True) -> Checked:
    """Checks the content of a file called `name`; without `warnings` only errors count."""
    decoded = decode_by_syntax(data) if looks_like_edifact(data) else decode(data)
    shown = view(decoded.text, guide=guide, max_rows=len(decoded.text) + 1)
    guessed = [decoded.finding] if decoded.finding is not None and shown.readable else []
    found = [finding for finding in (*guessed, *shown.findings) if warnings or finding.is_error]
    return Checked(file=name, readable=shown.readable, findings=tuple(found), text=decoded.text, shown=shown)


def not_opened(name: str, reason: str) -> Checked:
    """A file that could not even be opened."""
    message = f"The file cannot be opened: {reason}."
    return Checked(
        file=name,
        readable=False,
        findings=(Finding(level="interchange", code="file-unreadable", message=message, value=str(Path(name))),),
    )


def _as_data(finding: Finding) -> dict[str, Any]:
    return {
        "level": finding.level,
        "severity": finding.severity,
        "segment": finding.segment,
        "position": finding.position,
        "element": finding.element,
        "code": finding.code,
        "message": finding.message,
        "value": finding.value,
        "offset": finding.offset,
    }


# --- for people


@dataclass(frozen=True, slots=True)
class Line:
    """A line of output; `mark` says how it is coloured."""

    text: str
    mark: str = ""
    """"error", "warning", "good" or ""."""


def in_words(checked: Checked, *, limit: int = LISTED) -> Iterator[Line]:
    """The report on one file, a line each."""
    if not checked.readable or checked.shown is None:
        yield Line(f"{checked.file}: cannot be read as X12 or EDIFACT", "error")
        yield from (Line(f"  {finding.message}") for finding in checked.findings)
        return
    shown = checked.shown
    content = f"{_count(len(shown.interchanges), 'interchange')}, {_count(len(shown.sets), 'transaction set')}"
    if not checked.findings:
        yield Line(f"{checked.file}: nothing to correct in {content}", "good")
        return
    errors = sum(finding.is_error for finding in checked.findings)
    warnings = len(checked.findings) - errors
    counts = [_count(errors, "error")] * bool(errors) + [_count(warnings, "warning")] * bool(warnings)
    yield Line(f"{checked.file}: {' and '.join(counts)} in {content}", "error" if errors else "warning")
    by_offset = _rows_by_offset(shown)
    heading = ""
    for finding in checked.findings[:limit]:
        row = by_offset.get(id(finding))
        said = _heading(shown, row)
        if said != heading:
            yield Line("")
            yield Line(f"  {said}")
            heading = said
        yield from _one(checked, finding, row)
    if len(checked.findings) > limit:
        yield Line("")
        yield Line(f"  … and {len(checked.findings) - limit} more. Correct these first, or list all with --all.")


def _rows_by_offset(shown: InterchangeView) -> dict[int, SegmentRow]:
    return {id(finding): row for row in shown.rows for finding in row.all_findings}


def _heading(shown: InterchangeView, row: SegmentRow | None) -> str:
    if row is None:
        return "The file as a whole"
    if not row.set_number:
        return "Envelope"
    tset = shown.sets[row.set_number - 1]
    number = f", {tset.business_number}" if tset.business_number else ""
    header = "UNH" if tset.set_id.isalpha() else "ST02"
    return f"{tset.set_id} {tset.name or '(not described here)'}{number} ({header} {tset.control_number or 'empty'})"


def _one(checked: Checked, finding: Finding, row: SegmentRow | None) -> Iterator[Line]:
    mark = "error" if finding.is_error else "warning"
    line, column = position_in(checked.text, finding.offset)
    where = f"line {line}, column {column}" if checked.text.count("\n") > 1 else f"character {finding.offset + 1}"
    place = f"segment {finding.position}, {where}" if finding.position else where
    yield Line(f"    {mark}: {finding.message}", mark)
    yield Line(f"        at {place}  [{finding.code}]")
    if row is None:
        return
    at = finding.offset - row.offset
    if not 0 <= at <= len(row.raw):
        yield Line(f"        {row.raw[:_EXCERPT]}")
        return
    start = max(0, at - _LEAD) if len(row.raw) > _EXCERPT else 0
    lead = "…" if start else ""
    yield Line(f"        {lead}{row.raw[start : start + _EXCERPT]}")
    if finding.element or at:
        yield Line(f"        {' ' * (len(lead) + at - start)}^")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
