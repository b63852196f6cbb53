"""Where in a kept JSON text the value stands that a problem is about."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_STEP = re.compile(r"[^.\[\]]+")
_HERE = "\ue000 here"
"""Stands in the place of the value while its line is looked for; no text of business has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A text in three parts. The middle one is whole lines: the value, or the nearest thing around it that is there."""

    before: str
    value: str
    after: str
    is_there: bool
    """False where the value itself is missing."""


def mark(value: Any, path: str, *, indent: int = 2) -> Marked | None:
    """`value`, written as JSON in lines, with the place at `path` (as `lines[3].unitCost.amount`) marked. None where
    not even the first step of the path is there, or the path is empty."""
    steps = [int(step) if step.isdecimal() else step for step in _STEP.findall(path)]
    found, at, reached = [], value, 0
    for step in steps:
        name = _named(at, step)
        if name is None:
            break
        found.append(name)
        at, reached = at[name], reached + 1
    if not found:
        return None
    lines = json.dumps(value, indent=indent, ensure_ascii=False).split("\n")
    with_mark = json.dumps(_replaced(value, found), indent=indent, ensure_ascii=False).split("\n")
    begin = next(n for n, line in enumerate(with_mark) if _HERE in line)
    end = begin + len(json.dumps(at, indent=indent, ensure_ascii=False).split("\n"))
    return Marked(
        before="".join(f"{line}\n" for line in lines[:begin]),
        value="\n".join(lines[begin:end]),
        after="".join(f"\n{line}" for line in lines[end:]),
        is_there=reached == len(steps),
    )


def _named(at: Any, step: str | int) -> Any:
    """The key of `at` that a step of a path means, None where there is none. Names may differ in case."""
    if isinstance(at, list):
        return step if isinstance(step, int) and step < len(at) else None
    if not isinstance(at, dict):
        return None
    return next((key for key in at if str(key).lower() == str(step).lower()), None)


def _replaced(value: Any, keys: list[Any]) -> Any:
    """The same with the mark in the place that the keys lead to."""
    if not keys:
        return _HERE
    if isinstance(value, list):
        return [_replaced(v, keys[1:]) if n == keys[0] else v for n, v in enumerate(value)]
    return {k: _replaced(v, keys[1:]) if k == keys[0] else v for k, v in value.items()}
