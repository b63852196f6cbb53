"""Rules for dates: windows that end before they begin."""

from __future__ import annotations

from collections.abc import Iterable

from edi.x12.meaning.document import Document, Placed

_WINDOWS = (
    ("037", "038", "ship not before", "ship no later"),
    ("064", "063", "do not deliver before", "do not deliver after"),
    ("150", "151", "service period start", "service period end"),
    ("186", "187", "invoice period start", "invoice period end"),
    ("196", "197", "start", "end"),
    ("011", "017", "shipped", "estimated delivery"),
)


def check(document: Document) -> None:
    """Warn when the end of a window lies before its start, in the heading or in one line."""
    _check_windows(document, document.heading)
    for line in document.lines:
        _check_windows(document, line.rest)


def _check_windows(document: Document, segments: Iterable[Placed]) -> None:
    dates: dict[str, Placed] = {}
    for placed in segments:
        if placed.segment.tag == "DTM":
            dates.setdefault(placed.get(1), placed)
    if len(dates) < 2:
        return
    for start, end, start_name, end_name in _WINDOWS:
        first, last = dates.get(start), dates.get(end)
        if first is None or last is None or not first.get(2) or not last.get(2):
            continue
        if last.get(2) < first.get(2) and len(last.get(2)) == len(first.get(2)):
            message = f"{end_name.capitalize()} ({end}) is {last.get(2)}, before {start_name} ({start}) {first.get(2)}."
            document.report("date-order", message, last, 2, severity="warning")
