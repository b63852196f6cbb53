"""Elements with their names and meanings."""

from __future__ import annotations

from collections.abc import Sequence

from edi.viewing.values import ComponentView, ElementView
from edi.x12 import segments as x12
from edi.x12.findings import Finding
from edi.x12.maps.model import CompositeUse, ElementUse, SegmentDef, Use


def element_views(
    segment: x12.Segment, definition: SegmentDef | None, marks: x12.Separators, findings: dict[int, list[Finding]]
) -> tuple[ElementView, ...]:
    """Elements with a value or a finding."""
    uses: Sequence[Use] = definition.elements if definition is not None else ()
    offsets = segment.element_offsets()
    count = max([len(offsets), *findings])
    return tuple(
        _element(
            segment,
            position,
            offsets[position - 1] if position <= len(offsets) else segment.end_offset,
            uses[position - 1] if position <= len(uses) else None,
            marks,
            findings,
        )
        for position in range(1, count + 1)
        if segment.get(position) or position in findings
    )


def _element(
    segment: x12.Segment,
    position: int,
    offset: int,
    use: Use | None,
    marks: x12.Separators,
    findings: dict[int, list[Finding]],
) -> ElementView:
    label, value = f"{segment.tag}{position:02}", segment.get(position)
    components: tuple[ComponentView, ...] = ()
    if isinstance(use, CompositeUse) and marks.component and marks.component in value:
        parts = value.split(marks.component)
        known: Sequence[ElementUse | None] = [*use.element.components, *([None] * len(parts))]
        components = tuple(
            ComponentView(
                label=f"{label}-{number}",
                name=part_use.element.name if part_use is not None else "",
                value=part,
                meaning=_meaning(part, part_use),
            )
            for number, (part, part_use) in enumerate(zip(parts, known, strict=False), start=1)
        )
    return ElementView(
        label=label,
        name=use.element.name if use is not None else "",
        value=value,
        meaning="" if components else _meaning(value, _simple(use)),
        components=components,
        findings=tuple(findings.get(position, ())),
        offset=offset,
    )


def _simple(use: Use | None) -> ElementUse | None:
    """The element that a value without component separator belongs to: a composite's first one."""
    return use.element.components[0] if isinstance(use, CompositeUse) else use


def _meaning(value: str, use: ElementUse | None) -> str:
    if use is None or not value.strip():
        return ""
    element, value = use.element, value.strip()
    if element.codes is not None:
        return element.codes.meanings.get(value, "")
    if not (value.isascii() and value.lstrip("-").isdigit()):
        return ""
    if element.type == "DT" and len(value) in (6, 8):
        return as_date(value)
    if element.type == "TM" and len(value) >= 4:
        return as_time(value)
    if element.type == "N2":
        digits = value.lstrip("-").zfill(3)
        return f"{'-' if value.startswith('-') else ''}{digits[:-2]}.{digits[-2:]}"
    return ""


def as_date(value: str) -> str:
    year = value[:4] if len(value) == 8 else ("19" if value[:2] >= "70" else "20") + value[:2]
    return f"{year}-{value[-4:-2]}-{value[-2:]}"


def as_time(value: str) -> str:
    return ":".join(part for part in (value[:2], value[2:4], value[4:6]) if part)
