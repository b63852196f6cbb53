"""X12 or EDIFACT text as rows for people: segments with names, loops, code meanings, every fault at its place.

``view(text)`` never raises for what the text holds. What it returns is made for templates: tuples of frozen values,
every label in English, nothing to be computed. Used by the admin, the portal and ``manage.py edi show``.
"""

from __future__ import annotations

from edi.edifact.reading import looks_like_edifact
from edi.viewing.edifact import view_edifact
from edi.viewing.envelopes import envelope_view
from edi.viewing.hiding import HIDDEN, Hider
from edi.viewing.rows import Rows
from edi.viewing.values import ComponentView, ElementView, EnvelopeView, InterchangeView, SegmentRow, SetView
from edi.x12.guides import Guide
from edi.x12.validate import validate

__all__ = [
    "HIDDEN",
    "MAX_ROWS",
    "ComponentView",
    "ElementView",
    "EnvelopeView",
    "InterchangeView",
    "SegmentRow",
    "SetView",
    "position_in",
    "view",
]

MAX_ROWS = 5_000
"""Segments shown of one text, unless the caller wants more: what a browser can take."""


def view(
    text: str, *, guide: Guide | None = None, max_rows: int = MAX_ROWS, hides_personal: bool = False
) -> InterchangeView:
    """``text`` as rows, checked as ``edi.x12.validate`` does (by a partner's ``guide`` when one is given), or as
    ``edi.edifact.validate`` where it is EDIFACT. With ``hides_personal`` nothing in it says what belongs to a person or
    opens a bank account (``edi.viewing.hiding``)."""
    hider = Hider() if hides_personal else None
    if looks_like_edifact(text[:400].encode("utf-8", "replace")):
        return view_edifact(text, max_rows=max_rows, hider=hider)
    report = validate(text, guide=guide)
    rows = Rows(report.parsed.interchanges, report.findings, guide, max_rows=max_rows, hider=hider)
    rows.build()
    return InterchangeView(
        readable=report.readable,
        ok=report.ok,
        rows=tuple(rows.rows),
        hidden=rows.hidden,
        interchanges=tuple(envelope_view(interchange) for interchange in report.parsed.interchanges),
        sets=tuple(rows.sets),
        findings=tuple(hider.finding(f) for f in report.findings) if hider else tuple(report.findings),
        unplaced=tuple(rows.unplaced),
        errors=sum(finding.is_error for finding in report.findings),
        warnings=sum(not finding.is_error for finding in report.findings),
        raw="" if hider is not None and hider.hidden else text,
        masked=hider.hidden if hider is not None else 0,
    )


def position_in(text: str, offset: int) -> tuple[int, int]:
    """Line and column (from 1) of a character offset, for people with an editor."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
