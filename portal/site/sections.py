"""What a page is made of. A page builds these from rows; one template draws them all, so that all pages read alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.site.confirm import Line
from portal.site.marks import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A sentence that stands out: what is wrong, and what to do."""

    kind: Kind
    sentence: object
    remedy: object = ""
    template: str = "staff/sections/notice.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Labels and values."""

    title: str
    lines: Sequence[Line]
    template: str = "staff/sections/facts.html"

    @property
    def said(self) -> list[Line]:
        """The lines that say something."""
        return [line for line in self.lines if line.value not in ("", None)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows with headings. `more` leads to all of them."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    empty: str = "None."
    more: str = ""
    more_text: str = "Show all"
    note: object = ""
    numeric: Sequence[int] = ()
    """Columns of numbers, counted from 0."""
    template: str = "staff/sections/table.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A section with a template of its own."""

    title: str
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
