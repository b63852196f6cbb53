"""What in a text belongs to a person or opens a bank account, and is shown as three dots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from edi.viewing.values import ElementView
from edi.x12.findings import Finding, quoted

HIDDEN = "•••"
"""Stands for a hidden value: the usual mask is made of what may be a separator."""

PERSONAL: Mapping[str, tuple[int, ...]] = {
    "PER": (2, 4, 6, 8),
    "BPR": (7, 9, 13, 15),
    "N3": (1, 2),
    "CTA": (2,),
    "COM": (1,),
    "NAD": (3, 5),
    "FII": (2,),
}
"""Elements by segment, counted from 1: names and numbers of contacts, bank accounts, streets. Those of X12, then those
of EDIFACT."""


class Hider:
    """Hides personal elements, and counts what it hid."""

    def __init__(self) -> None:
        self.hidden = 0

    def values(self, tag: str, elements: Iterable[str]) -> list[str]:
        """The elements of a segment as they are shown in its text."""
        places = PERSONAL.get(tag, ())
        return [HIDDEN if place in places and value else value for place, value in enumerate(elements, start=1)]

    def composites(self, tag: str, elements: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """The same, where elements have components."""
        places = PERSONAL.get(tag, ())
        return [(HIDDEN,) if place in places and any(value) else value for place, value in enumerate(elements, start=1)]

    def views(self, tag: str, elements: tuple[ElementView, ...]) -> tuple[ElementView, ...]:
        """The elements of a segment as they are shown one by one."""
        places = PERSONAL.get(tag, ())
        return tuple(self._view(element) if _place(tag, element) in places else element for element in elements)

    def finding(self, finding: Finding) -> Finding:
        """A finding that does not say what is hidden."""
        if finding.element not in PERSONAL.get(finding.segment, ()) or not finding.value:
            return finding
        message = finding.message.replace(quoted(finding.value), HIDDEN).replace(finding.value, HIDDEN)
        return msgspec.structs.replace(finding, message=message, value=HIDDEN)

    def _view(self, element: ElementView) -> ElementView:
        if not element.value:
            return element
        self.hidden += 1
        findings = tuple(self.finding(finding) for finding in element.findings)
        return msgspec.structs.replace(
            element, value=HIDDEN, meaning="", components=(), findings=findings, is_hidden=True
        )


def _place(tag: str, element: ElementView) -> int:
    number = element.label.removeprefix(tag)
    return int(number) if number.isdigit() else 0
