"""Orderful's JSON form of X12 (v3), with every name spelled out, back to segments. Pure.

    {"BCH": …} is {"beginningSegmentForPurchaseOrderChange": [{"transactionSetPurposeCode": "04", …}]}

A segment is an array with one object a repeat, a loop is `<first segment>_loop`, an element that stands more than once
in a segment counts on: `quantity`, `quantity1`. The names are those of the X12 standard in camel case, so they are
derived from its description instead of being listed; capitals do not count. What has no place there is not guessed: it
is named in `unread`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from edi.x12.maps import standard
from edi.x12.maps.model import Loop, Node, SegmentDef, Standard
from edi.x12.segments import Segment, TransactionSet

VERSION = "004010"
SEGMENT_NAMES = {"N1": "partyIdentification", "N3": "partyLocation", "REF": "referenceInformation"}
"""Segments that Orderful calls as newer versions of the standard do."""
ELEMENT_NAMES = {
    "quantityordered": "quantity",
    "quantitylefttoreceive": "quantity",
    "quantityinvoiced": "quantity",
    "acknowledgmenttype": "acknowledgmenttypecode",
    "itemdescriptiontype": "itemdescriptiontypecode",
    "compositeunitofmeasure": "unitorbasisformeasurementcode",
}
"""Further names of elements, as public clients have seen them; the standard's own name is understood too."""
IGNORED = frozenset({"transactionsetheader", "transactionsettrailer"})
"""The envelope of the set: Orderful writes it anew."""
ENVELOPE = IGNORED | {
    "interchangecontrolheader",
    "interchangecontroltrailer",
    "functionalgroupheader",
    "functionalgrouptrailer",
}
"""Numbers and times of what brought a document; another time they are others."""


class Spelled(msgspec.Struct, frozen=True):
    """A set as segments, and the members that could not be told."""

    tset: TransactionSet
    unread: tuple[str, ...]


def segments_of(set_id: str, content: Mapping[str, Any]) -> Spelled:
    """The segments of one entry of `transactionSets`, in the order of the standard, whatever the order of the members.

    Raises KeyError for a set that is not described here.
    """
    walk = _Walk()
    body = list(walk.nodes(_described().sets[set_id].nodes, content, path=""))
    control = _first(content.get("transactionSetHeader")).get("transactionSetControlNumber", "")
    tset = TransactionSet(Segment("ST", [set_id, str(control or "0001")]), body, version=VERSION)
    return Spelled(tset, tuple(walk.unread))


def without_envelope(message: Mapping[str, Any]) -> dict[str, Any]:
    """What a message says, without the envelopes around it and around its sets."""
    kept = {name: value for name, value in message.items() if _plain(name) not in ENVELOPE}
    if isinstance(kept.get("transactionSets"), list):
        kept["transactionSets"] = [
            {name: value for name, value in one.items() if _plain(name) not in ENVELOPE}
            if isinstance(one, Mapping)
            else one
            for one in kept["transactionSets"]
        ]
    return kept


def _described() -> Standard:
    found = standard(VERSION)
    assert found is not None  # noqa: S101 - it is one of the described versions
    return found


class _Walk:
    def __init__(self) -> None:
        self.unread: list[str] = []

    def nodes(self, nodes: Sequence[Node], content: Mapping[str, Any], *, path: str) -> Iterator[Segment]:
        members = {_plain(name): (name, value) for name, value in content.items()}
        for name in IGNORED:
            members.pop(name, None)
        for node in nodes:
            loop = node if isinstance(node, Loop) else None
            name, value = next((members.pop(key) for key in _names(node) if key in members), ("", None))
            for number, turn in enumerate(_objects(value)):
                at = f"{path}{name}[{number}]"
                if loop:
                    yield from self.nodes(loop.children, turn, path=f"{at}.")
                elif name.endswith("_loop"):  # as CTT_loop, which is no loop in every set
                    yield from self.nodes((node,), turn, path=f"{at}.")
                else:
                    yield self._segment(_definition(node), turn, at)
        self.unread += [f"{path}{name}" for name, _ in members.values()]

    def _segment(self, definition: SegmentDef, stated: Mapping[str, Any], at: str) -> Segment:
        places = _places(definition.tag)
        elements = [""] * len(definition.elements)
        for name, value in stated.items():
            place = places.get(_plain(name))
            if place is None or isinstance(value, dict | list):
                self.unread.append(f"{at}.{name}")
            elif value is not None:
                elements[place] = str(value)
        while elements and not elements[-1]:
            elements.pop()
        return Segment(definition.tag, elements)


def _definition(node: Node) -> SegmentDef:
    return node.trigger.segment if isinstance(node, Loop) else node.segment


def _names(node: Node) -> tuple[str, ...]:
    """What the member of a segment or loop may be called."""
    definition = _definition(node)
    if isinstance(node, Loop):
        return (_plain(f"{definition.tag}_loop"),)
    return tuple(_plain(n) for n in (SEGMENT_NAMES.get(definition.tag), definition.name, f"{definition.tag}_loop") if n)


@cache
def _places(tag: str) -> dict[str, int]:
    """Place of each element of a segment, counted from 0, by each of its names."""
    found: dict[str, int] = {}
    counts: Counter[str] = Counter()
    for place, use in enumerate(_described().segments[tag].elements):
        own = _plain(use.element.name)
        for name in {own, ELEMENT_NAMES.get(own, own)}:
            found.setdefault(f"{name}{counts[name] or ''}", place)
            counts[name] += 1
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _objects(value: Any) -> list[Mapping[str, Any]]:
    found = value if isinstance(value, list) else [] if value is None else [value]
    return [entry for entry in found if isinstance(entry, Mapping)]


def _first(value: Any) -> Mapping[str, Any]:
    return next(iter(_objects(value)), {})
