"""X12 text ↔ OrderfulJSON, for POST /v3/convert and for showing documents on v3 that came in by another way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .names import INNER_LOOPS, LINE_LOOPS, SEGMENTS, TAGS

Segment = list[str]
Tree = dict[str, Any]
_ISA_LENGTH = 106


class NotX12(ValueError):
    """The text is no X12 interchange; the message says why."""


def x12_to_json(text: str) -> dict[str, Any]:
    """{"transactionSets": [...]} of an interchange. Raises NotX12."""
    sets: list[list[Segment]] = []
    for segment in _split(text):
        if segment[0] == "ST":
            sets.append([])
        if segment[0] not in {"ISA", "GS", "GE", "IEA", "TA1"}:
            if not sets:
                raise NotX12(f"segment {segment[0]} stands outside a transaction set")
            sets[-1].append(segment)
    if not sets:
        raise NotX12("there is no transaction set")
    return {"transactionSets": [tree(one) for one in sets]}


def json_to_x12(message: dict[str, Any], *, sender: str, receiver: str, control_number: int) -> str:
    """An interchange from OrderfulJSON with an envelope of our own. Raises NotX12 when there is nothing to write."""
    sets = message.get("transactionSets")
    if not isinstance(sets, list) or not sets:
        raise NotX12("transactionSets must be a list with at least one entry")
    lines = []
    for position, one in enumerate(sets, start=1):
        body = [s for s in segments(one) if s[0] not in {"ST", "SE"}]
        lines.append(["ST", _set_id(one), f"{position:04}"])
        lines.extend(body)
        lines.append(["SE", str(len(body) + 2), f"{position:04}"])
    group, number = _FUNCTIONAL_IDS.get(_set_id(sets[0]), "PO"), f"{control_number:09}"
    head = [
        f"ISA*00*{'':10}*00*{'':10}*ZZ*{sender:15.15}*ZZ*{receiver:15.15}*260101*0000*U*00401*{number}*0*T*>",
        f"GS*{group}*{sender}*{receiver}*20260101*0000*{control_number}*X*004010",
    ]
    tail = [f"GE*{len(sets)}*{control_number}", f"IEA*1*{number}"]
    return "".join(f"{line}~\n" for line in [*head, *("*".join(line) for line in lines), *tail])


def tree(items: Iterable[Segment]) -> Tree:
    """One transaction set as OrderfulJSON; segments that are not known by name are left out."""
    top: Tree = {}
    line: Tree | None = None
    inner: tuple[str, Tree] | None = None
    for segment in items:
        tag = segment[0]
        if tag not in SEGMENTS or tag == "SE":
            continue
        if tag in LINE_LOOPS and not (tag == "LIN" and line is not None and "hierarchicalLevel" in line):
            line, inner = _open(top, tag), None
            _put(line, segment)
        elif tag in INNER_LOOPS:
            inner = (tag, _open(line if line is not None and tag != "TDS" else top, tag))
            _put(inner[1], segment)
        elif inner is not None and tag in INNER_LOOPS[inner[0]]:
            _put(inner[1], segment)
        elif tag == "TDS":
            line = inner = None
            _put(top, segment)
        else:
            inner = None
            _put(line if line is not None else top, segment)
    return top


def segments(one: Tree) -> Iterator[Segment]:
    """The segments of one transaction set in OrderfulJSON, in the order in which they are written there."""
    for name, entries in one.items():
        if not isinstance(entries, list):
            continue
        for entry in entries:
            if not isinstance(entry, dict):
                continue
            if name.endswith("_loop"):
                yield from segments(entry)
            elif tag := TAGS.get(name):
                yield _segment(tag, entry)


def _segment(tag: str, entry: Tree) -> Segment:
    values = [str(entry.get(name) or "") for name in SEGMENTS[tag][1]]
    while values and not values[-1]:
        values.pop()
    return [tag, *values]


def _open(parent: Tree, tag: str) -> Tree:
    entry: Tree = {}
    parent.setdefault(f"{tag}_loop", []).append(entry)
    return entry


def _put(target: Tree, segment: Segment) -> None:
    name, elements = SEGMENTS[segment[0]]
    named = {element: value for element, value in zip(elements, segment[1:], strict=False) if value != ""}
    target.setdefault(name, []).append(named)


def _split(text: str) -> Iterator[Segment]:
    if len(text) < _ISA_LENGTH or not text.startswith("ISA"):
        raise NotX12("an interchange starts with an ISA segment of 106 characters")
    element, terminator = text[3], text[_ISA_LENGTH - 1]
    if text[:_ISA_LENGTH].count(element) != 16:
        raise NotX12("the ISA segment does not have 16 elements")
    for raw in text.split(terminator):
        if raw.strip():
            yield raw.strip("\r\n").split(element)


def _set_id(one: Tree) -> str:
    header = one.get("transactionSetHeader")
    if isinstance(header, list) and header and isinstance(header[0], dict):
        return str(header[0].get("transactionSetIdentifierCode") or "850")
    return "850"


_FUNCTIONAL_IDS = {"850": "PO", "855": "PR", "860": "PC", "865": "CA", "856": "SH", "810": "IN", "846": "IB"}
