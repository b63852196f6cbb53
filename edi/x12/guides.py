"""What a trading partner asks beyond the standard, as data: differences over a version, never a copy of it.

A guide names places by path: the loops around a segment, then the segment or its element. ``"PO1/PID"`` is a PID
inside the PO1 loop, ``"N1/N402"`` element 2 of N4 inside any N1 loop. A path fits wherever its last parts agree, so
``"REF02"`` means every REF of the set; one that begins with ``/`` is complete: ``"/N1/N402"`` is the N1 loop of the
heading only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal

import msgspec

from edi.x12.errors import X12Error
from edi.x12.maps import standard
from edi.x12.maps.model import CodeList, CompositeUse, ElementUse, Loop, Node, SegmentDef, SegmentUse, SetDef, Use


class SegmentRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule for a segment or loop (named by its trigger). None leaves what the standard says."""

    path: str
    required: bool | None = None
    forbidden: bool = False
    max_use: int | None = None
    """Most uses of the segment, or repeats of the loop."""


class ElementRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule for one element, ``"N103"`` or ``"PO1/PO106"``. None leaves what the standard says."""

    path: str
    required: bool | None = None
    forbidden: bool = False
    codes: tuple[str, ...] = ()
    """Only these values may be sent; empty: no restriction."""
    min_length: int | None = None
    max_length: int | None = None


class Guide(msgspec.Struct, frozen=True, kw_only=True):
    """One partner's rules for one transaction set: hashable, so that what is compiled from it can be kept."""

    name: str
    version: str = ""
    """GS08 the partner uses, ``"004010VICS"``; ``""`` accepts each version that is described."""
    set_id: str = ""
    """``"850"``; ``""`` for rules that hold in every set."""
    segments: tuple[SegmentRule, ...] = ()
    elements: tuple[ElementRule, ...] = ()
    charset: Literal["", "basic", "extended", "latin-1", "utf-8"] = ""
    """What text may hold. ``""``: the extended set, and other letters are a warning."""
    codes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Codes that the partner adds to the closed list of a data element: ``(("353", ("XX",)),)``."""


class GuideError(X12Error):
    """Data that is no guide; the message says where and why."""


def guide_from(data: Mapping[str, Any]) -> Guide:
    """The guide that ``data`` (decoded JSON) describes. Raises GuideError, also for a member that a guide lacks: a
    misspelt rule would otherwise be no rule."""
    for place, part, kind in _parts(data):
        if isinstance(part, Mapping):
            unknown = sorted(set(part) - set(kind.__struct_fields__))
            if unknown:
                known = ", ".join(kind.__struct_fields__)
                raise GuideError(f"{place} has no {', '.join(map(str, unknown))}; it may have {known}.")
    try:
        return msgspec.convert(dict(data), Guide)
    except msgspec.ValidationError as error:
        raise GuideError(f"This is no guide: {error}.") from error


def _parts(data: Mapping[str, Any]) -> list[tuple[str, Any, type[msgspec.Struct]]]:
    parts: list[tuple[str, Any, type[msgspec.Struct]]] = [("The guide", data, Guide)]
    for member, kind in (("segments", SegmentRule), ("elements", ElementRule)):
        rules = data.get(member)
        if isinstance(rules, list | tuple):
            parts += [(f"Rule {number} of {member}", rule, kind) for number, rule in enumerate(rules, start=1)]
    return parts


_ELEMENT_PATH = re.compile(r"(?P<around>(?:.*/)?)(?P<tag>[A-Z0-9]{2,3}?)(?P<position>\d\d)")


def check_guide(guide: Guide) -> list[str]:
    """Sentences on what is wrong with ``guide``: paths that fit nowhere, codes outside a closed list."""
    problems: list[str] = []
    described = standard(guide.version or "004010")
    if described is None:
        return [f"Version {guide.version} is not described."]
    if guide.set_id and guide.set_id not in described.sets:
        return [f"Transaction set {guide.set_id} is not described."]
    sets = [described.sets[guide.set_id]] if guide.set_id else list(described.sets.values())
    places = [place for definition in sets for place in _places(definition.nodes, ())]
    for segment_rule in guide.segments:
        if not any(_fits(segment_rule.path, path) for path, _ in places):
            problems.append(
                f"{segment_rule.path}: there is no such segment in {guide.set_id or 'any transaction set'}."
            )
        if segment_rule.required and segment_rule.forbidden:
            problems.append(f"{segment_rule.path}: it cannot be required and forbidden.")
    for element_rule in guide.elements:
        problems += _element_problems(element_rule, places)
    return problems


def _element_problems(rule: ElementRule, places: list[tuple[tuple[str, ...], SegmentUse]]) -> list[str]:
    found = [use for path, use in places if _element_position(rule.path, path, use.segment)]
    if not found:
        return [f"{rule.path}: there is no such element."]
    if rule.required and rule.forbidden:
        return [f"{rule.path}: it cannot be required and forbidden."]
    match = _ELEMENT_PATH.fullmatch(rule.path)
    assert match is not None  # noqa: S101 - something was found
    use = found[0].segment.elements[int(match["position"]) - 1]
    if isinstance(use, ElementUse) and use.element.codes is not None and use.element.codes.closed:
        unknown = [code for code in rule.codes if code not in use.element.codes.meanings]
        if unknown:
            return [f"{rule.path}: {', '.join(unknown)} is no code of {use.element.name}."]
    if use.mandatory and rule.forbidden:
        return [f"{rule.path}: the standard makes it mandatory, so it cannot be forbidden."]
    return []


@lru_cache(maxsize=256)
def definition_for(version: str, set_id: str, guide: Guide | None = None) -> SetDef | None:
    """The set of the standard with ``guide`` laid over it; None when the version or the set is not described."""
    described = standard(version)
    if described is None or set_id not in described.sets:
        return None
    definition = described.sets[set_id]
    if guide is None or (guide.set_id and guide.set_id != set_id):
        return definition
    return replace(definition, nodes=_overlay(definition.nodes, (), guide))


def _overlay(nodes: tuple[Node, ...], around: tuple[str, ...], guide: Guide) -> tuple[Node, ...]:
    return tuple(_overlay_node(node, around, guide) for node in nodes)


def _overlay_node(node: Node, around: tuple[str, ...], guide: Guide) -> Node:
    if isinstance(node, Loop):
        path = (*around, node.id)
        children = (
            _overlay_segment(node.trigger, path, guide, is_trigger=True),
            *_overlay(node.children[1:], path, guide),
        )
        node = replace(node, children=children)
        for rule in (rule for rule in guide.segments if _fits(rule.path, path)):
            repeat = node.repeat if rule.max_use is None else rule.max_use
            must = node.mandatory if rule.required is None else rule.required
            node = replace(node, repeat=repeat, mandatory=must and not rule.forbidden, forbidden=rule.forbidden)
        return node
    use = _overlay_segment(node, (*around, node.segment.tag), guide)
    for rule in guide.segments:
        if _fits(rule.path, (*around, node.segment.tag)):
            most = use.max_use if rule.max_use is None else rule.max_use
            must = use.mandatory if rule.required is None else rule.required
            use = replace(use, max_use=most, mandatory=must and not rule.forbidden, forbidden=rule.forbidden)
    return use


def _overlay_segment(use: SegmentUse, path: tuple[str, ...], guide: Guide, *, is_trigger: bool = False) -> SegmentUse:
    elements = list(use.segment.elements)
    for rule in guide.elements:
        position = _element_position(rule.path, path, use.segment)
        if not position and is_trigger:
            position = _element_position(rule.path, (*path, use.segment.tag), use.segment)
        if position:
            elements[position - 1] = _overlay_element(elements[position - 1], rule)
    added = dict(guide.codes)
    if added:
        elements = [_with_codes(element, added) for element in elements]
    if tuple(elements) == use.segment.elements:
        return use
    return replace(use, segment=replace(use.segment, elements=tuple(elements)))


def _overlay_element(use: Use, rule: ElementRule) -> Use:
    must = (use.mandatory if rule.required is None else rule.required) and not rule.forbidden
    use = replace(use, mandatory=must, forbidden=rule.forbidden)
    if isinstance(use, CompositeUse):
        return use
    element = use.element
    if rule.codes:
        known = element.codes.meanings if element.codes is not None else {}
        element = replace(element, codes=CodeList({code: known.get(code, "") for code in rule.codes}, closed=True))
    low = element.min if rule.min_length is None else rule.min_length
    high = element.max if rule.max_length is None else rule.max_length
    return replace(use, element=replace(element, min=low, max=high))


def _with_codes(use: Use, added: dict[str, tuple[str, ...]]) -> Use:
    if isinstance(use, CompositeUse):
        components = tuple(_with_codes(part, added) for part in use.element.components)
        return replace(use, element=replace(use.element, components=components))  # type: ignore[arg-type]
    extra = added.get(use.element.number)
    if extra is None or use.element.codes is None:
        return use
    codes = CodeList({**use.element.codes.meanings, **dict.fromkeys(extra, "")}, use.element.codes.closed)
    return replace(use, element=replace(use.element, codes=codes))


def _element_position(rule_path: str, place: tuple[str, ...], segment: SegmentDef) -> int:
    """Position of the element that ``rule_path`` names in ``segment`` at ``place``, 0 when it names another."""
    match = _ELEMENT_PATH.fullmatch(rule_path)
    if match is None or match["tag"] != segment.tag or int(match["position"]) > len(segment.elements):
        return 0
    return int(match["position"]) if _fits(match["around"] + match["tag"], place) else 0


def _fits(rule_path: str, place: tuple[str, ...]) -> bool:
    """``N1/N4`` fits (N1, N4) and (PO1, N1, N4), ``/N1/N4`` only the first."""
    if rule_path.startswith("/"):
        return tuple(rule_path[1:].split("/")) == place
    parts = tuple(rule_path.split("/"))
    return place[-len(parts) :] == parts


def _places(nodes: tuple[Node, ...], around: tuple[str, ...]) -> list[tuple[tuple[str, ...], SegmentUse]]:
    found: list[tuple[tuple[str, ...], SegmentUse]] = []
    for node in nodes:
        if isinstance(node, Loop):
            path = (*around, node.id)
            found += [(path, node.trigger), ((*path, node.id), node.trigger)]
            found += _places(node.children[1:], path)
        else:
            found.append(((*around, node.segment.tag), node))
    return found
