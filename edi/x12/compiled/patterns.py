"""Regular expressions that accept a whole valid segment at once.

Checking element by element in Python costs about a microsecond an element; one match in C costs about one a segment. A
pattern only says yes or no: whatever it refuses is looked at element by element (``edi.x12.elements``), which finds out
what is wrong. So a pattern may be too strict (the slow look then finds nothing), never too lax.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from edi.x12.maps.model import Composite, CompositeUse, Element, ElementUse, SegmentDef, Use

SEPARATOR = "\0"
"""Put between (and behind) the elements before a segment is matched; no pattern accepts it inside a value."""

_BASIC = """ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!"&'()*+,-./:;?= """
_ASCII = "".join(chr(code) for code in range(0x20, 0x7F))
_EXTENDED = _ASCII + "ÀÁÂÄàáâäÈÉÊËèéêëÌÍÎÏìíîïÒÓÔÖòóôöÙÚÛÜùúûüÇçÑñ¿¡"
_LATIN_1 = _ASCII + "".join(chr(code) for code in range(0xA1, 0x100))

CHARSETS = {"": _EXTENDED, "basic": _BASIC, "extended": _EXTENDED, "latin-1": _LATIN_1, "utf-8": ""}
"""Characters of text by charset of a guide. ``""``: no guide, the extended set (X12.6: with ä and ö, without å, ø, æ);
other letters are then a warning. Empty value: every character but control characters."""

DATE = (
    r"(?:(?:1[89]|[2-9]\d)\d\d(?:(?:0[13578]|1[02])(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)(?:0[1-9]|[12]\d|30)"
    r"|02(?:0[1-9]|1\d|2[0-8]))"
    r"|(?:(?:1[89]|[2-9]\d)(?:0[48]|[2468][048]|[13579][26])|(?:2[048]|[3579][26]|[468][048])00)0229)"
)
"""CCYYMMDD, a day of the calendar from 1800 on."""

TIME = r"(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d\d{0,2})?"
"""HHMM, HHMMSS, HHMMSSD or HHMMSSDD."""

NUMBER = r"-?(?:\d+(?:\.\d+)?|\.\d+)"
"""Type R: an explicit decimal point, no thousands separator, no exponent."""


def segment_pattern(segment: SegmentDef, *, component: str, repetition: str, charset: str = "") -> re.Pattern[str]:
    """The pattern of ``segment``: its elements, each followed by ``SEPARATOR``, missing ones empty."""
    text, code = _text_class(charset, component + repetition), _text_class("extended", component + repetition, _ASCII)
    parts = [_use_pattern(use, component=component, text=text, code=code) + SEPARATOR for use in segment.elements]
    return re.compile("".join(parts), re.ASCII)


def _text_class(charset: str, separators: str, limit: str = "") -> str:
    """A character class for text in ``charset`` that does not hold ``separators``."""
    chars = CHARSETS[charset]
    if not chars:
        return f"[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ufeff\\ufffd{re.escape(separators)}]"
    return "[" + "".join(re.escape(char) for char in limit or chars if char not in separators) + "]"


def _use_pattern(use: Use, *, component: str, text: str, code: str) -> str:
    if use.forbidden:
        return ""
    if isinstance(use, CompositeUse):
        pattern = _composite_pattern(use.element, component=component, text=text, code=code)
    else:
        pattern = element_pattern(use.element, text=text, code=code, end=_ending(component))
    return pattern if use.mandatory else f"(?:{pattern})?"


def _composite_pattern(composite: Composite, *, component: str, text: str, code: str) -> str:
    if not component:
        return r"(?!)"
    pattern = ""
    for use in reversed(composite.components):
        inner = _component_pattern(use, text=text, code=code, end=_ending(component))
        pattern = f"{inner}(?:{re.escape(component)}{pattern})?" if pattern else inner
    return pattern


def _component_pattern(use: ElementUse, *, text: str, code: str, end: str) -> str:
    pattern = element_pattern(use.element, text=text, code=code, end=end)
    return f"(?:{pattern})" if use.mandatory else f"(?:{pattern})?"


def _ending(component: str) -> str:
    """Lookahead for the end of a value."""
    return f"(?=[{SEPARATOR}{re.escape(component)}])"


def element_pattern(element: Element, *, text: str, code: str, end: str) -> str:
    """The pattern of one value of ``element``.

    ``text`` and ``code`` are the character classes of AN and ID elements, ``end`` looks ahead for the end of the value.
    """
    low, high = element.min, element.max
    if element.codes is not None and element.codes.closed:
        return f"(?:{alternatives(element.codes.meanings)}){end}"
    match element.type:
        case "R":
            return rf"-?(?:\d{{{low},{high}}}{end}|(?=[\d.]{{{low + 1},{high + 1}}}{end})\d*\.\d+)"
        case "N0" | "N2":
            return rf"-?\d{{{low},{high}}}"
        case "DT":
            return DATE
        case "TM":
            return TIME
        case _:
            return rf"(?! ){code if element.type == 'ID' else text}{{{low},{high}}}(?<! )"


def alternatives(codes: Iterable[str]) -> str:
    """A pattern that accepts exactly ``codes``, branching character by character (long lists stay fast)."""
    tree: dict[str, dict] = {}  # type: ignore[type-arg]  # a trie has no simpler type
    for code in codes:
        branch = tree
        for char in code:
            branch = branch.setdefault(char, {})
        branch[""] = {}
    return _branches(tree)


def _branches(tree: dict[str, dict]) -> str:  # type: ignore[type-arg]
    leaves = [char for char in tree if char and tree[char].keys() == {""}]
    parts = [re.escape(char) + _branches(tree[char]) for char in sorted(tree) if char and char not in leaves]
    if leaves:
        parts.append(
            f"[{''.join(re.escape(char) for char in sorted(leaves))}]" if len(leaves) > 1 else re.escape(leaves[0])
        )
    if not parts:
        return ""
    body = parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"
    return f"(?:{body})?" if "" in tree else body
