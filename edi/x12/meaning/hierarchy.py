"""The levels of a ship notice: numbers, parents, and which level may stand under which."""

from __future__ import annotations

from edi.x12.meaning.document import Document, Line

_PARENTS = {
    "S": frozenset({""}),
    "O": frozenset({"S", "P", "T"}),
    "T": frozenset({"S", "O"}),
    "P": frozenset({"S", "O", "T", "I"}),
    "Q": frozenset({"P"}),
    "I": frozenset({"O", "P", "T", "Q"}),
    "K": frozenset({"I", "O", "P"}),
    "F": frozenset({"I", "K"}),
}
"""Levels that may stand above a level (``""``: none), where BSN05 names no structure. Other levels are not judged."""

_STRUCTURES = {"0001": "SOPI", "0002": "SOIP", "0003": "SPOI", "0004": "SOI"}
"""BSN05: levels from the top down. Levels outside the list (tare, subpack) may stand between."""

MAX_GAP = 100
"""So many HL numbers left out may be lost levels; a larger jump is a wrong number."""

_NAMES = {
    "S": "shipment",
    "O": "order",
    "T": "tare (pallet)",
    "P": "pack (carton)",
    "Q": "subpack",
    "I": "item",
    "K": "kit",
    "F": "component",
}


def check(document: Document) -> None:
    """Report HL numbers out of sequence, unknown parents, levels under a wrong parent, and wrong child codes."""
    by_number: dict[str, Line] = {}
    children: dict[str, int] = {}
    structure = _structure(document)
    for line in document.lines:
        number, parent = line.first.get(1), line.first.get(2)
        _check_number(document, line, by_number)
        above = by_number.get(parent) if parent else None
        if parent and above is None:
            if not document.lines_too_many:  # a lost level is one fault, and it was reported
                _report_parent(document, line, parent)
        else:
            _check_level(document, line, above, structure)
        children[parent] = children.get(parent, 0) + 1
        by_number.setdefault(number, line)
    for line in document.lines:
        _check_child_code(document, line, children.get(line.first.get(1), 0))


def _structure(document: Document) -> str:
    starts = [placed for placed in document.heading if placed.segment.tag == "BSN"]
    return _STRUCTURES.get(starts[0].get(5), "") if starts else ""


def _check_number(document: Document, line: Line, by_number: dict[str, Line]) -> None:
    number = line.first.get(1)
    if number and number in by_number:
        message = f"HL01 {number} is the number of level {by_number[number].index} and of level {line.index}."
        document.report("hierarchy-number", message, line.first, 1)
        document.lines_too_many += 1
        return
    expected = line.index - document.lines_too_many
    if number.lstrip("0") != str(expected):
        message = f"HL01 is {number}, but HL number {expected} is expected: HL segments are numbered 1, 2, 3, ..."
        document.report("hierarchy-number", message, line.first, 1)
        if number.isdecimal() and expected < int(number) <= expected + MAX_GAP:
            document.lines_too_many -= int(number) - expected  # numbers were left out; go on from this one


def _report_parent(document: Document, line: Line, parent: str) -> None:
    if parent == line.first.get(1):
        message = f"HL {parent} names itself as its parent (HL02)."
    elif any(other.first.get(1) == parent for other in document.lines):
        message = f"HL {line.first.get(1)} names HL {parent} as its parent (HL02), which comes later."
    else:
        message = f"HL {line.first.get(1)} names HL {parent} as its parent (HL02), but there is no such HL."
    document.report("hierarchy-parent", message, line.first, 2)


def _check_level(document: Document, line: Line, above: Line | None, structure: str) -> None:
    level, upper = line.first.get(3), above.first.get(3) if above is not None else ""
    if _may_stand_under(level, upper, structure):
        return
    name, upper_name = _name(level), _name(upper)
    if not upper:
        message = f"HL {line.first.get(1)} is a level {name} without a parent (HL02); only the shipment has none."
    else:
        message = (
            f"HL {line.first.get(1)}: a level {name} cannot stand under a level {upper_name} (HL {above_id(above)})."
        )
        if structure:
            message += f" By BSN05 the order of levels is {'-'.join(structure)}."
    document.report("hierarchy-level", message, line.first, 3 if upper else 2)


def _may_stand_under(level: str, upper: str, structure: str) -> bool:
    if structure and level in structure and (upper in structure or not upper):
        at = structure.index(level)
        return upper == (structure[at - 1] if at else "")
    allowed = _PARENTS.get(level)
    return allowed is None or upper in allowed or (upper not in _PARENTS and upper != "")


def _check_child_code(document: Document, line: Line, count: int) -> None:
    code = line.first.get(4)
    if code == "0" and count:
        message = f"HL04 of HL {line.first.get(1)} says that no level stands under it, but {count} do."
    elif code == "1" and not count:
        message = f"HL04 of HL {line.first.get(1)} says that levels stand under it, but none does."
    else:
        return
    document.report("hierarchy-child-code", message, line.first, 4, severity="warning")


def above_id(line: Line | None) -> str:
    """HL01 of a level, ``""`` for none."""
    return "" if line is None else line.first.get(1)


def _name(level: str) -> str:
    return f"{level} ({_NAMES[level]})" if level in _NAMES else level
