"""Whether a value fits its element: presence, length and letters as `edi.x12.maps` describes them, in plain words."""

from __future__ import annotations

from functools import cache

from edi.x12.maps import standard
from edi.x12.maps.model import CompositeUse, Element, SegmentDef

WORDS = {
    "19": "city",
    "26": "country",
    "67": "number",
    "76": "invoice number",
    "87": "mark",
    "93": "name",
    "100": "currency",
    "116": "postal code",
    "127": "reference",
    "140": "carrier code",
    "156": "region",
    "166": "address line",
    "207": "equipment number",
    "212": "price",
    "234": "item number",
    "324": "order number",
    "327": "change number",
    "330": "quantity",
    "350": "line number",
    "352": "text",
    "355": "unit",
    "358": "quantity",
    "364": "phone or e-mail",
    "373": "date",
    "380": "quantity",
    "382": "quantity",
    "396": "shipment number",
    "610": "amount",
    "782": "amount",
    "828": "tax base",
    "933": "note",
    "954": "rate",
    "1551": "note",
}
"""What people call a data element; the standard's own name for the others."""

NUMERIC = frozenset({"R", "N0", "N2"})


@cache
def segment(tag: str, version: str) -> SegmentDef:
    """The description of a segment. Raises LookupError for a version or segment that is not described."""
    described = standard(version)
    if described is None:
        raise LookupError(f"version {version} is not described")
    return described.segments[tag]


def element(tag: str, position: int, version: str) -> Element:
    """The data element at a position; of a composite its first component."""
    use = segment(tag, version).elements[position - 1]
    return use.element.components[0].element if isinstance(use, CompositeUse) else use.element


def complaints(tag: str, elements: tuple[str, ...], version: str) -> list[str]:
    """What is wrong with the values of a segment, one sentence each.

    Numbers are measured as X12 does: digits only, without sign and point.
    """
    uses = segment(tag, version).elements
    found = []
    for position, use in enumerate(uses, start=1):
        value = elements[position - 1] if position <= len(elements) else ""
        if not value and not use.mandatory:
            continue
        described = element(tag, position, version)
        name = WORDS.get(described.number, described.name)
        found.append(_complaint(described, value, f"{name} '{value}'" if value else name, f"{tag}{position:02}"))
    return [sentence for sentence in found if sentence]


def _complaint(described: Element, value: str, shown: str, place: str) -> str:
    if not value:
        return f"{shown} is missing"
    numeric = described.type in NUMERIC
    size = sum(c.isdigit() for c in value) if numeric else len(value)
    counted = "digits" if numeric else "characters"
    if size > described.max:
        return f"{shown} has {size} {counted}; {place} takes at most {described.max}"
    if size < described.min:
        return f"{shown} has {size} {counted}; {place} takes at least {described.min}"
    if described.type == "ID" and not value.isascii():
        return f"{shown} may only have letters A to Z, digits and signs"
    return ""
