"""Findings by their place in a text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from edi.x12.findings import Finding


class ByOffset:
    """Findings in the order of the text, found by offset: a file may have a fault in each of its thousands of sets."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self._findings = sorted(findings, key=lambda finding: finding.offset)
        self._offsets = [finding.offset for finding in self._findings]

    def between(self, start: int, end: int) -> list[Finding]:
        """Those at `start` up to, not including, `end`."""
        return self._findings[bisect_left(self._offsets, start) : bisect_left(self._offsets, end)]
