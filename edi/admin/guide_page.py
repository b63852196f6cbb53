"""A partner's guide as people read it: how it differs from the standard."""

from __future__ import annotations

from edi.models import Agreement
from edi.x12.guides import ElementRule, Guide, GuideError, SegmentRule
from portal.site import Table


def guide_table(row: Agreement) -> Table:
    """The differences, a line each."""
    title, note = "Guide: differences over the standard", ""
    rows: list[tuple[str, str]] = []
    try:
        guide = row.partner_guide()
    except GuideError as error:
        guide, note = None, f"It cannot be used: {error}"
    if guide is not None:
        rows = differences(guide)
    return Table(
        title=title,
        headings=("Where", "What the partner asks"),
        rows=rows,
        empty="None: the standard is what counts.",
        note=note,
    )


def differences(guide: Guide) -> list[tuple[str, str]]:
    """Place and demand, in the order of the guide."""
    found = [(rule.path, _segment(rule)) for rule in guide.segments]
    found += [(rule.path, _element(rule)) for rule in guide.elements]
    found += [(f"Data element {number}", f"may also be {', '.join(codes)}") for number, codes in guide.codes]
    if guide.charset:
        found.append(("All texts", f"are in the character set {guide.charset}"))
    return found


def _segment(rule: SegmentRule) -> str:
    said = _common(required=rule.required, is_forbidden=rule.forbidden)
    if rule.max_use is not None:
        said.append(f"at most {rule.max_use} times")
    return ", ".join(said) or "as in the standard"


def _element(rule: ElementRule) -> str:
    said = _common(required=rule.required, is_forbidden=rule.forbidden)
    if rule.codes:
        said.append(f"only {', '.join(rule.codes)}")
    if rule.min_length is not None:
        said.append(f"at least {rule.min_length} characters")
    if rule.max_length is not None:
        said.append(f"at most {rule.max_length} characters")
    return ", ".join(said) or "as in the standard"


def _common(*, required: bool | None, is_forbidden: bool) -> list[str]:
    if is_forbidden:
        return ["must not be there"]
    if required is None:
        return []
    return ["must be there"] if required else ["may be left out"]
