"""A transaction set as JSON, for partners who take that instead of X12 text.

The schema `x12-json-1`, which stays as it is (something else gets another name):

    {"schema": "x12-json-1", "set": "850", "name": "Purchase Order", "version": "004010", "control_number": "0001",
     "segments": [
        {"segment": "BEG", "name": "Beginning Segment for Purchase Order", "elements": [
            {"id": "BEG01", "name": "Transaction Set Purpose Code", "value": "00", "meaning": "Original"}, …]},
        {"loop": "PO1", "segments": [{"segment": "PO1", …}, {"loop": "PID", "segments": […]}]}]}

ST and SE are not among the segments: `set` and `control_number` say what they would. Empty elements are left out. All
values are texts as in X12 (N2 amounts in hundredths, dates CCYYMMDD); a composite has `components`, a list of texts,
instead of `value`. `name` and `meaning` are there where the version's description knows them. A segment that stands
where no loop expects it stays in the loop before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import msgspec

from edi.documents.building import Seg
from edi.x12.compiled.grammar import ENTER, REPEAT, Grammar, LoopPlace, Place
from edi.x12.maps import standard
from edi.x12.maps.model import CompositeUse, Standard, Use
from edi.x12.segments import Interchange, TransactionSet

SCHEMA = "x12-json-1"


def as_json(segments: Sequence[Seg], *, set_id: str, control_number: str, version: str) -> bytes:
    """The segments between ST and SE as UTF-8 JSON."""
    return msgspec.json.encode(as_data(segments, set_id=set_id, control_number=control_number, version=version))


def as_data(segments: Sequence[Seg], *, set_id: str, control_number: str, version: str) -> dict[str, Any]:
    """The same as Python values."""
    described = standard(version)
    known = described.sets.get(set_id) if described is not None else None
    data: dict[str, Any] = {"schema": SCHEMA, "set": set_id}
    if known is not None:
        data["name"] = known.name
    content = _nested(segments, set_id, version) if known is not None else list(segments)
    return data | {
        "version": version,
        "control_number": control_number,
        "segments": [_item(part, described) for part in content],
    }


def renderings(interchanges: Iterable[Interchange], *, most: int | None = None) -> Iterator[dict[str, Any]]:
    """Each transaction set of what was read, as Python values; sets of more than ``most`` segments are left out."""
    for interchange in interchanges:
        for tset in interchange.sets:
            if most is None or len(tset.body) <= most:
                segments = segments_of(tset, component=interchange.separators.component)
                yield as_data(segments, set_id=tset.set_id, control_number=tset.control_number, version=tset.version)


def from_json(data: bytes | str) -> tuple[str, str, str, list[Seg]]:
    """Set id, version, control number and segments of a rendering. Raises ValueError for anything else."""
    try:
        content = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        raise ValueError(f"This is not JSON: {error}.") from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise ValueError(f"This is not JSON of the schema {SCHEMA}.")
    try:
        segments = _flat(content["segments"])
        return content["set"], content["version"], content["control_number"], segments
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"The JSON does not follow the schema {SCHEMA}: {error}.") from error


def segments_of(tset: TransactionSet, *, component: str = ">") -> list[Seg]:
    """The segments of a received set as builders make them, composites split at the interchange's `component`."""
    described = standard(tset.version)
    found: list[Seg] = []
    for segment in tset.body:
        uses = described.segments[segment.tag].elements if described and segment.tag in described.segments else ()
        values: list[str | tuple[str, ...]] = []
        for position, value in enumerate(segment.elements):
            composite = position < len(uses) and isinstance(uses[position], CompositeUse)
            parts = tuple(value.split(component)) if composite and component and component in value else value
            values.append(parts)
        found.append([segment.tag, *values])
    return found


class _Loop:
    """A loop and what stands in it."""

    def __init__(self, place: LoopPlace | None) -> None:
        self.place = place
        self.parts: list[Seg | _Loop] = []


@cache
def _grammar(set_id: str, version: str) -> Grammar:
    described = standard(version)
    if described is None:
        raise LookupError(f"version {version} is not described")
    return Grammar(described.sets[set_id])


def _nested(segments: Sequence[Seg], set_id: str, version: str) -> list[Seg | _Loop]:
    """The segments in the loops they stand in."""
    grammar = _grammar(set_id, version)
    place: Place = grammar.start
    top = _Loop(grammar.root)
    around = [top]
    for segment in segments:
        move = grammar.move(place, str(segment[0]))
        if move is not None:
            place = move.target
            opens = move.kind in (ENTER, REPEAT)
            holder = place.loop.parent if opens else place.loop
            while around[-1].place is not holder:
                around.pop()
            if opens:
                inner = _Loop(place.loop)
                around[-1].parts.append(inner)
                around.append(inner)
        around[-1].parts.append(segment)
    return top.parts


def _item(part: Seg | _Loop, described: Standard | None) -> dict[str, Any]:
    if isinstance(part, _Loop):
        loop = part.place.id if part.place is not None else ""
        return {"loop": loop, "segments": [_item(inner, described) for inner in part.parts]}
    tag, *values = part
    known = described.segments.get(str(tag)) if described is not None else None
    uses: Sequence[Use] = known.elements if known is not None else ()
    elements = [
        _element(f"{tag}{position:02}", value, uses[position - 1] if position <= len(uses) else None)
        for position, value in enumerate(values, start=1)
        if value and any(value)
    ]
    return {"segment": tag} | ({"name": known.name} if known is not None else {}) | {"elements": elements}


def _element(place: str, value: str | tuple[str, ...], use: Use | None) -> dict[str, Any]:
    data: dict[str, Any] = {"id": place}
    if use is not None:
        data["name"] = use.element.name
    if isinstance(value, tuple):
        return data | {"components": list(value)}
    data["value"] = value
    codes = use.element.codes if use is not None and not isinstance(use, CompositeUse) else None
    if codes is not None and value in codes.meanings:
        data["meaning"] = codes.meanings[value]
    return data


def _flat(parts: Sequence[dict[str, Any]]) -> list[Seg]:
    found: list[Seg] = []
    for part in parts:
        if "loop" in part:
            found += _flat(part["segments"])
            continue
        values: list[str | tuple[str, ...]] = []
        for element in part["elements"]:
            position = int(element["id"][len(part["segment"]) :])
            values += [""] * (position - len(values) - 1)
            values.append(tuple(element["components"]) if "components" in element else element["value"])
        found.append([part["segment"], *values])
    return found
