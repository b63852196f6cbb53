"""Where reading notes what it found and what it left out."""

from __future__ import annotations

from edi.x12.findings import Finding
from edi.x12.segments import Skipped

MAX_ENTRIES = 1_000
"""Findings (and skipped places) kept for one text. A text with more is no X12, and nobody reads on."""

PADDING = " \t\r\n\v\f\xa0\ufeff\x00\x1a\u200b"
"""Characters that stand between segments and mean nothing there."""


class ReadingLog:
    """Findings and skipped places of one text, each bounded by ``MAX_ENTRIES``."""

    __slots__ = ("findings", "skipped")

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.skipped: list[Skipped] = []

    @property
    def is_full(self) -> bool:
        """Whether looking for more faults is of no use."""
        return len(self.findings) > MAX_ENTRIES

    def add(self, finding: Finding) -> None:
        """Keep the finding; past the bound one last finding says that there are more."""
        count = len(self.findings)
        if count < MAX_ENTRIES:
            self.findings.append(finding)
        elif count == MAX_ENTRIES:
            self.findings.append(
                Finding(
                    level="interchange",
                    code="too-many-findings",
                    message=f"More than {MAX_ENTRIES:,} faults: the rest is not listed. Correct these first.",
                    offset=finding.offset,
                )
            )

    def skip(self, text: str, start: int, end: int, *, reason: str, is_told: bool = False) -> None:
        """Note that ``text[start:end]`` was not read. Blank text between segments is not worth a note.

        ``is_told``: another finding says so already.
        """
        if start >= end or not text[start:end].strip(PADDING):
            return
        if len(self.skipped) == MAX_ENTRIES:
            last = self.skipped[-1]
            self.skipped[-1] = Skipped(last.start, end, f"several places: more than {MAX_ENTRIES:,} were skipped")
            return
        self.skipped.append(Skipped(start, end, reason))
        if is_told:
            return
        self.add(
            Finding(
                level="interchange",
                code="text-skipped",
                severity="warning",
                message=f"{end - start:,} characters were not read: {reason}. Nothing in them was processed.",
                value=text[start:end][:80],
                offset=start,
            )
        )
