"""JSON Patch (RFC 6902) on canonical documents. Pure: values in, values out.

A patch that we make tests what stood at a place before it replaces or removes it, so that it never changes something
else than what the person saw.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

Patch = list[dict[str, Any]]
ABSENT = object()
OPERATIONS = frozenset({"test", "add", "remove", "replace"})
"""What a patch may do. Moving and copying are other words for these."""


class PatchRefused(Exception):
    """Why a patch does not fit, as a sentence."""


def difference(before: Any, after: Any) -> Patch:
    """The patch that makes `after` of `before`; [] when they are equal."""
    return list(_difference(before, after, ""))


def _difference(before: Any, after: Any, path: str) -> Iterator[dict[str, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before:
            at = f"{path}/{_escape(name)}"
            if name not in after:
                yield {"op": "test", "path": at, "value": before[name]}
                yield {"op": "remove", "path": at}
            else:
                yield from _difference(before[name], after[name], at)
        for name in after:
            if name not in before:
                yield {"op": "add", "path": f"{path}/{_escape(name)}", "value": after[name]}
    elif isinstance(before, list) and isinstance(after, list):
        shared = min(len(before), len(after))
        for place in range(shared):
            yield from _difference(before[place], after[place], f"{path}/{place}")
        for place in range(len(before) - 1, shared - 1, -1):  # from the end: what is before keeps its place
            yield {"op": "test", "path": f"{path}/{place}", "value": before[place]}
            yield {"op": "remove", "path": f"{path}/{place}"}
        for value in after[shared:]:
            yield {"op": "add", "path": f"{path}/-", "value": value}
    elif not _same(before, after):
        yield {"op": "test", "path": path, "value": before}
        yield {"op": "replace", "path": path, "value": after}


def apply(document: Any, patch: Sequence[Any]) -> Any:
    """`document` with the patch; itself untouched. Raises PatchRefused."""
    result = copy.deepcopy(document)
    for step in patch:
        result = _apply(result, step)
    return result


def changed_paths(patch: Sequence[dict[str, Any]]) -> list[str]:
    """The places that a patch changes, each once, in its order."""
    return list(dict.fromkeys(step["path"] for step in patch if step["op"] != "test"))


def read(document: Any, path: str) -> Any:
    """What stands at a place; ABSENT when there is nothing."""
    for token in tokens(path):
        if isinstance(document, dict) and token in document:
            document = document[token]
        elif isinstance(document, list) and token.isdecimal() and int(token) < len(document):
            document = document[int(token)]
        else:
            return ABSENT
    return document


def tokens(path: str) -> list[str]:
    """The parts of a JSON Pointer. Raises PatchRefused when it is none."""
    if path and not path.startswith("/"):
        raise PatchRefused(f"'{path}' is no place in a document: it begins with a slash, as /lines/0/quantity.")
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def _apply(document: Any, step: Any) -> Any:
    if not isinstance(step, dict) or not isinstance(step.get("path"), str) or step.get("op") not in OPERATIONS:
        raise PatchRefused("Each step of a patch has an op (test, add, remove or replace) and a path.")
    op, path = step["op"], step["path"]
    if op != "remove" and "value" not in step:
        raise PatchRefused(f"The step '{op} {path}' has no value.")
    parts = tokens(path)
    if op in ("test", "remove", "replace"):
        there = read(document, path)
        if there is ABSENT:
            raise PatchRefused(f"There is nothing at {path or 'the whole document'}.")
        if op == "test":
            if not _same(there, step["value"]):
                raise PatchRefused(f"{path} is {_short(there)} and not {_short(step['value'])}, as the edit expects.")
            return document
    value = copy.deepcopy(step.get("value"))
    if not parts:
        if op == "remove":
            raise PatchRefused("The whole document cannot be removed.")
        return value
    parent = read(document, path.rpartition("/")[0])
    last = parts[-1]
    if isinstance(parent, dict):
        if op == "remove":
            del parent[last]
        else:
            parent[last] = value
    elif isinstance(parent, list):
        _change_list(parent, last, op, value, path)
    else:
        raise PatchRefused(f"There is nothing at {path.rpartition('/')[0]} to put {last} into.")
    return document


def _change_list(parent: list[Any], last: str, op: str, value: Any, path: str) -> None:
    if op == "add":
        place = len(parent) if last == "-" else int(last) if last.isdecimal() else -1
        if not 0 <= place <= len(parent):
            raise PatchRefused(f"{path} is no place in the list.")
        parent.insert(place, value)
    elif op == "remove":
        del parent[int(last)]
    else:
        parent[int(last)] = value


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1, which Python says it is."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return (type(one) is type(other) and bool(one == other)) or (_number(one) and _number(other) and bool(one == other))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    return f"“{str(value)[:40]}”"


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
