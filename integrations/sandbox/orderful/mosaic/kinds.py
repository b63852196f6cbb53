"""What a value of a Mosaic document may be: the small vocabulary in which the shapes are written.

Orderful's published schemas say what exists but not what is required (that stands in their prose only), so the
shapes are written here by hand and carry the required members themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


@dataclass(frozen=True, slots=True)
class Text:
    """Any string that is not blank."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number written as a string with a point: "45.00". A JSON number is refused."""


@dataclass(frozen=True, slots=True)
class Date:
    """A calendar date as YYYY-MM-DD."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A JSON integer: days and layers, the only numbers that Mosaic writes as numbers."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A JSON boolean."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """One word of a fixed list."""

    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Group:
    """An object: its members, and which of them must be there."""

    members: Mapping[str, Node]
    required: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Many:
    """An array with at least `least` entries."""

    of: Node
    least: int = 0


Node = Text | Number | Date | Whole | Flag | OneOf | Group | Many
Leaf = Text | Number | Date | Whole | Flag | OneOf

TEXT, NUMBER, DATE, WHOLE, FLAG = Text(), Number(), Date(), Whole(), Flag()


def one_of(words: str) -> OneOf:
    """The list of words, written with blanks between them."""
    return OneOf(frozenset(words.split()))


def group(members: Mapping[str, Node], *, required: str = "") -> Group:
    """An object shape; `required` names members with blanks between them. ValueError for an unknown one."""
    names = frozenset(required.split())
    if unknown := names - members.keys():
        raise ValueError(f"required but not a member: {sorted(unknown)}")
    return Group(members, names)


def texts(names: str) -> dict[str, Node]:
    """Members that are all plain text."""
    return dict.fromkeys(names.split(), TEXT)


def dates(names: str) -> dict[str, Node]:
    """Members that are all dates."""
    return dict.fromkeys(names.split(), DATE)


def each(names: str, node: Node) -> dict[str, Node]:
    """Members that share one shape."""
    return dict.fromkeys(names.split(), node)


def leaf_error(node: Leaf, value: object) -> str | None:
    """What is wrong with a single value, or None."""
    match node:
        case Whole():
            return None if isinstance(value, int) and not isinstance(value, bool) else "must be an integer"
        case Flag():
            return None if isinstance(value, bool) else "must be a boolean value"
    if not isinstance(value, str):
        return "must be a string"
    match node:
        case Number() if not _DECIMAL.match(value):
            return "must be a numeric string"
        case Date() if not _is_date(value):
            return "must be a valid date in the format YYYY-MM-DD"
        case OneOf(words) if value not in words:
            return f"must be one of the following values: {', '.join(sorted(words))}"
    return None if value.strip() else "should not be empty"


def _is_date(value: str) -> bool:
    if not _DATE.match(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
