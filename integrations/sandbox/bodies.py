"""Answers that are unlike what was asked for, though their status is 200: what a client must be able to take."""

from __future__ import annotations

from typing import Any

import msgspec

UNKNOWN = "introducedLastWeek"


def changed(body: bytes, kind: str) -> bytes:
    """The body with one thing wrong: see `BODY_FAULTS`. What is no JSON stays as it is."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body
    if kind == "unknown_fields":
        value = _with_unknown(value)
    elif kind == "wrong_types":
        value = _with_wrong_types(value)
    else:
        value = _with_list(value, kind)
    return msgspec.json.encode(value)


def _with_unknown(value: Any) -> Any:
    if isinstance(value, dict):
        return {UNKNOWN: {"value": [1, None]}, **{k: _with_unknown(v) for k, v in value.items()}}
    return [_with_unknown(v) for v in value] if isinstance(value, list) else value


def _with_wrong_types(value: Any) -> Any:
    """Lists and objects stay; every other value is of another kind."""
    match value:
        case dict():
            return {k: _with_wrong_types(v) for k, v in value.items()}
        case list():
            return [_with_wrong_types(v) for v in value]
        case str():
            return [value]
        case bool() | int() | float():
            return {"value": value}
    return "null"


def _with_list(value: Any, kind: str) -> Any:
    """The list of the answer, wherever it stands near the top: empty, the other way round, or everything twice."""
    if isinstance(value, list):
        return {"empty": [], "unsorted": value[::-1], "duplicates": [*value, *value]}[kind]
    if isinstance(value, dict):
        return {k: _with_list(v, kind) if isinstance(v, list | dict) else v for k, v in value.items()}
    return value
