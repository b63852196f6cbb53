"""Free text in elements of limited length: cleaning, splitting over repeated segments, joining again."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeVar, get_origin, get_type_hints

import msgspec

V = TypeVar("V")

_SHOWN = {"Cc": " ", "Zl": " ", "Zp": " ", "Cf": ""}
"""What stands for a character of these Unicode categories."""


def clean(text: str) -> str:
    """The text on one line: control characters and runs of white space become one space, none at the ends.

    X12 data holds no control characters, and trailing spaces do not survive most translators. Characters that nobody
    sees (soft hyphens, zero-width signs) are dropped.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join("".join(_SHOWN.get(unicodedata.category(c), c) for c in text).split())


def split(text: str, size: int) -> list[str]:
    """Pieces of a clean text of at most `size` characters, cut at spaces; a longer word is cut where it must be."""
    pieces = []
    while len(text) > size:
        space = text.rfind(" ", 1, size + 1)
        pieces.append(text[: space if space > 0 else size])
        text = text[space + 1 if space > 0 else size :]
    return [*pieces, text] if text else pieces


def join(pieces: Iterable[str]) -> str:
    """One text from the pieces of repeated segments."""
    return clean(" ".join(pieces))


def wrapped(text: str, size: int) -> str:
    """A clean text as it is after `split` and `join`: a word longer than `size` has a space where it is cut."""
    return join(split(text, size))


def map_texts(value: V, change: Callable[[str], str]) -> V:
    """The same value with `change` applied to every text in it, at any depth; words of a closed list stay.

    With a partner's transliteration as `change`, lengths are measured on what is sent.
    """
    return _mapped(value, change)  # type: ignore[no-any-return]


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_mapped(v, change) for v in value)
    if isinstance(value, msgspec.Struct):
        changes = {field: _mapped(getattr(value, field), change) for field in _open_fields(type(value))}
        return msgspec.structs.replace(value, **changes)
    return value


@functools.cache
def _open_fields(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    hints = get_type_hints(kind)
    return tuple(f for f in kind.__struct_fields__ if get_origin(hints[f]) is not Literal)
