"""What Orderful's asynchronous validation finds wrong in an OrderfulJSON message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .names import BEGINNINGS, LINE_LOOP_OF, SEGMENTS

Finding = tuple[str, str]


def check(set_id: str, message: dict[str, Any]) -> list[Finding]:
    """Findings as (path, text): values that are no strings, missing beginning segment, business number or lines."""
    sets = message.get("transactionSets")
    if not isinstance(sets, list) or not sets:
        return [("/transactionSets", "transactionSets must be a list with at least one entry")]
    found: list[Finding] = []
    for position, one in enumerate(sets):
        path = f"/transactionSets/{position}"
        if not isinstance(one, dict):
            found.append((path, "must be an object"))
            continue
        found.extend(_loop(one, path))
        found.extend(_required(set_id, one, path))
    return found


def business_number(set_id: str, message: dict[str, Any]) -> str:
    """The number of the document's beginning segment, or an empty string."""
    segment, element = BEGINNINGS.get(set_id, ("", ""))
    sets = message.get("transactionSets")
    if segment and isinstance(sets, list) and sets and isinstance(sets[0], dict):
        return str(_first(sets[0], SEGMENTS[segment][0]).get(element) or "")
    return ""


def purpose(set_id: str, message: dict[str, Any]) -> str:
    """The purpose code of the beginning segment ("00", "05"), or an empty string."""
    segment = BEGINNINGS.get(set_id, ("", ""))[0]
    sets = message.get("transactionSets")
    if segment and isinstance(sets, list) and sets and isinstance(sets[0], dict):
        return str(_first(sets[0], SEGMENTS[segment][0]).get("transactionSetPurposeCode") or "")
    return ""


def _required(set_id: str, one: dict[str, Any], path: str) -> Iterator[Finding]:
    if set_id not in BEGINNINGS:
        return
    segment, element = BEGINNINGS[set_id]
    name = SEGMENTS[segment][0]
    if not _first(one, name):
        yield f"{path}/{name}", f"{segment} is mandatory"
    elif not _first(one, name).get(element):
        yield f"{path}/{name}/0/{element}", f"{element} is mandatory"
    loop = LINE_LOOP_OF.get(set_id)
    if loop and not one.get(loop):
        yield f"{path}/{loop}", f"{loop} must occur at least once"


def _loop(entry: dict[str, Any], path: str) -> Iterator[Finding]:
    """A set or one round of a loop: every member is an array of objects, loops again or segments."""
    for name, rounds in entry.items():
        if not isinstance(rounds, list):
            yield f"{path}/{name}", "must be an array"
            continue
        inside = _loop if name.endswith("_loop") else _segment
        for position, one in enumerate(rounds):
            if isinstance(one, dict):
                yield from inside(one, f"{path}/{name}/{position}")
            else:
                yield f"{path}/{name}/{position}", "must be an object"


def _segment(entry: dict[str, Any], path: str) -> Iterator[Finding]:
    """A segment: every element is a string, or an array for composites."""
    for name, value in entry.items():
        if isinstance(value, list):
            yield from _loop({name: value}, path)
        elif not isinstance(value, str):
            yield f"{path}/{name}", "must be a string"


def _first(one: dict[str, Any], name: str) -> dict[str, Any]:
    entries = one.get(name)
    if isinstance(entries, list) and entries and isinstance(entries[0], dict):
        return entries[0]
    return {}
