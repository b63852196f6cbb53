"""Whether two files say the same document under different envelopes: other control numbers, written at another time.
Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from edi.edifact.reading import looks_like_edifact, read_bytes

_NUMBER = re.compile(r"(?<!\d)\d{9}(?!\d)")


def names_like(name: str) -> re.Pattern[str]:
    """Names that differ from `name` in nothing but numbers of nine digits, as control numbers are."""
    parts = _NUMBER.split(name)
    return re.compile(r"\d{9}".join(re.escape(part) for part in parts))


def says_the_same(one: bytes, other: bytes) -> bool:
    """Whether sender, receiver and the whole document between the envelopes are equal. False for what is neither X12
    nor its JSON rendering nor EDIFACT."""
    ours = _said(one)
    return ours is not None and ours == _said(other)


def _said(content: bytes) -> Any:
    if looks_like_edifact(content):
        return _said_in_edifact(content)
    text = content.decode("utf-8", "replace").lstrip("\ufeff \r\n")
    if text.startswith("ISA") and len(text) > 105:
        separator, terminator = text[3], text[105]
        rows = [segment.strip().split(separator) for segment in text.split(terminator) if segment.strip()]
        ends = [part.strip() for part in rows[0][5:9]]
        body = [row for row in rows if row[0] not in ("ISA", "GS", "GE", "IEA", "SE")]
        return ends, [["ST", row[1]] if row[0] == "ST" else row for row in body]
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if not isinstance(value, dict) or "transaction_set" not in value:
        return None
    return value.get("sender"), value.get("receiver"), value["transaction_set"]


def _said_in_edifact(content: bytes) -> Any:
    """None where there is no message."""
    found = read_bytes(content)[1].interchanges
    said = [
        (one.sender, one.receiver, [(m.type, [(s.tag, s.elements) for s in m.body]) for m in one.messages])
        for one in found
    ]
    return said if any(one.messages for one in found) else None
