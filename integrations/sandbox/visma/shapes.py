"""Shapes of request bodies. Writes wrap scalars (`{"name": {"value": "Acme"}}`); arrays and a few members are plain.

A shape is written as text, one word a member:

    name:s            wrapped string       total:n   wrapped number    count:i  wrapped integer
    hold:b            wrapped boolean      date:d    wrapped date-time
    status:e(A|B)     wrapped enumeration  mainAddress:@address        wrapped object
    lines:[line]      plain array of objects      linkLine:{link}      plain object
    operation:=e(A|B) plain scalar (any letter after the equals sign)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from integrations.sandbox.visma.stamps import body_date

_MEMBER = re.compile(r"(?P<name>\w+):(?P<kind>\S+)")
_CLR_NAMES = {"s": "String", "n": "Decimal", "i": "Int32", "b": "Boolean", "d": "DateTime", "e": "Enum"}


class ShapeError(Exception):
    """A body that does not have the expected shape."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(f"{path}: {text}")
        self.path, self.text = path, text


@dataclass(frozen=True, slots=True)
class Member:
    """One member: `kind` is a letter, "object" or "array"; `wrapped` tells whether {"value": ...} is expected."""

    name: str
    kind: str
    wrapped: bool
    shape: str = ""
    values: frozenset[str] = frozenset()


Shape = dict[str, Member]


def parse_shape(text: str) -> Shape:
    """Members by lower-case name, because names in bodies are matched without regard to case."""
    return {found["name"].lower(): _member(found["name"], found["kind"]) for found in _MEMBER.finditer(text)}


def _member(name: str, kind: str) -> Member:
    match kind[0]:
        case "[":
            return Member(name, "array", wrapped=False, shape=kind[1:-1])
        case "{":
            return Member(name, "object", wrapped=False, shape=kind[1:-1])
        case "@":
            return Member(name, "object", wrapped=True, shape=kind[1:])
    wrapped, letter = not kind.startswith("="), kind.removeprefix("=")
    values = frozenset(letter[2:-1].split("|")) if letter.startswith("e(") else frozenset()
    return Member(name, letter[0], wrapped=wrapped, values=values)


def unwrap(body: Any, shape: str, shapes: dict[str, Shape], *, path: str = "") -> dict[str, Any]:
    """The plain values of a request body. Unknown members are ignored, as the service does. Raises ShapeError."""
    if not isinstance(body, dict):
        raise ShapeError(path or shape, "Error converting value to an object.")
    plain: dict[str, Any] = {}
    for name, value in body.items():
        member = shapes[shape].get(name.lower())
        if member is not None:
            plain[member.name] = _unwrapped(value, member, shapes, f"{path}.{name}".lstrip("."))
    return plain


def _unwrapped(value: Any, member: Member, shapes: dict[str, Shape], path: str) -> Any:
    if member.kind == "array":
        if value is None:
            return []
        if not isinstance(value, list):
            raise ShapeError(path, "Cannot deserialize the current JSON object: the type requires a JSON array.")
        return [unwrap(entry, member.shape, shapes, path=f"{path}[{n}]") for n, entry in enumerate(value)]
    if member.wrapped:
        if value is None:
            return None
        if not isinstance(value, dict) or (value and "value" not in {name.lower() for name in value}):
            clr = _CLR_NAMES.get(member.kind, member.shape)
            raise ShapeError(path, f"Error converting value {value!r} to type 'DtoValue[{clr}]'. Path '{path}'.")
        value = next((entry for name, entry in value.items() if name.lower() == "value"), None)
    if value is None:
        return None
    if member.kind == "object":
        return unwrap(value, member.shape, shapes, path=path)
    return _scalar(value, member, path)


def _scalar(value: Any, member: Member, path: str) -> Any:
    if isinstance(value, (dict, list)):
        raise ShapeError(path, f"Unexpected character encountered while parsing value. Path '{path}'.")
    try:
        return _converted(value, member)
    except (ValueError, TypeError) as error:
        clr = _CLR_NAMES[member.kind]
        raise ShapeError(path, f"Error converting value {value!r} to type '{clr}'. Path '{path}'. {error}") from error


def _converted(value: Any, member: Member) -> Any:
    match member.kind:
        case "s":
            return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        case "n":
            return float(value)
        case "i":
            return int(str(value))
        case "b":
            if isinstance(value, bool):
                return value
            if str(value).lower() in {"true", "false"}:
                return str(value).lower() == "true"
            raise ValueError("not a boolean")
        case "d":
            return body_date(str(value))
        case _:
            for known in member.values:
                if known.lower() == str(value).lower():
                    return known
            raise ValueError(f"known values: {', '.join(sorted(member.values))}")
