"""Checks of what clients send against SHAPES: unknown members are refused, null means "not sent"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any, Final

from .shapes import SHAPES

_RUN: Final = re.compile(r"(.*?)(\d+)-(\d+)\Z")


@cache
def members(shape: str) -> dict[str, tuple[str, bool]]:
    """The members of a shape: name to (type, required)."""
    known: dict[str, tuple[str, bool]] = {}
    for entry in SHAPES[shape].split():
        name, _, kind = entry.partition(":")
        required, name = name.endswith("!"), name.rstrip("!")
        if run := _RUN.match(name):
            for number in range(int(run[2]), int(run[3]) + 1):
                known[f"{run[1]}{number}"] = (kind, required)
        else:
            known[name] = (kind, required)
    return known


def problems(shape: str, value: Any, *, where: str = "", partial: bool = False) -> Iterator[str]:
    """What is wrong with `value`, as sentences. With `partial` nothing is required (PATCH)."""
    if not isinstance(value, dict):
        yield f"{where or shape}: expected object"
        return
    known = members(shape)
    for name in value:
        if name not in known:
            yield f"{where}{name}: property is not defined and additional properties are not allowed"
    for name, (kind, required) in known.items():
        given = value.get(name)
        if given is None:
            if required and not partial:
                yield f"{where}{name}: field required"
            continue
        yield from _typed(kind, given, where=f"{where}{name}", required=required)


def _typed(kind: str, given: Any, *, where: str, required: bool) -> Iterator[str]:
    if kind.startswith("["):
        if not isinstance(given, list):
            yield f"{where}: expected array"
            return
        for index, one in enumerate(given):
            yield from _typed(kind[1:-1], one, where=f"{where}[{index}]", required=True)
    elif kind in SHAPES:
        yield from problems(kind, given, where=f"{where}.")
    elif kind.endswith("|"):
        if given not in kind.rstrip("|").split("|"):
            yield f"{where}: {given!r} is not one of the allowed values"
    elif text := _plain(kind, given, required=required):
        yield f"{where}: {text}"


def _plain(kind: str, given: Any, *, required: bool) -> str:
    number = isinstance(given, int | float) and not isinstance(given, bool)
    match kind[0]:
        case "s" if not isinstance(given, str):
            return "expected string"
        case "s" if kind[1:] and len(given) > int(kind[1:]):
            return f"maximum length is {kind[1:]}"
        case "s" if required and not given:
            return "minimum length is 1"
        case "n" if not number:
            return "expected number"
        case "i" if not number or int(given) != given:
            return "expected integer"
        case "b" if not isinstance(given, bool):
            return "expected boolean"
        case "d" if not moment(given):
            return "expected date-time"
    return ""


def moment(given: Any) -> datetime | None:
    """A date or date-time in ISO form; None when it is neither."""
    try:
        return datetime.fromisoformat(given)
    except (TypeError, ValueError):
        return None


def without_nulls(value: Any) -> Any:
    """Null members off, at every depth."""
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value
