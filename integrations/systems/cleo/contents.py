"""What an exchanged file says, field by field, so that two of them can be compared. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from edi.documents.edifact import MESSAGES
from edi.documents.registry import SETS
from edi.documents.values import Value
from edi.edifact import reading as edifact
from edi.edifact.reading import looks_like_edifact
from edi.x12.reader import read_bytes


def document_of(body: bytes) -> Value | None:
    """The document that X12 or EDIFACT text carries, None for another form or what cannot be read."""
    if looks_like_edifact(body):
        return _in_edifact(body)
    if not body.lstrip().startswith(b"ISA"):
        return None
    _, parsed = read_bytes(body)
    sets = [tset for interchange in parsed.interchanges for tset in interchange.sets]
    if len(sets) != 1 or sets[0].set_id not in SETS:
        return None
    found: Value | None = SETS[sets[0].set_id].read(sets[0]).document
    return found


def _in_edifact(body: bytes) -> Value | None:
    messages = edifact.read_bytes(body)[1].messages
    if len(messages) != 1 or messages[0].type not in MESSAGES:
        return None
    found: Value | None = MESSAGES[messages[0].type].read(messages[0]).document
    return found


def fields(body: bytes) -> dict[str, str]:
    """What it says: a document by its own fields, other JSON by its members, anything else as text, line by line."""
    document = document_of(body)
    if document is not None:
        return dict(_flat(msgspec.to_builtins(document), ""))
    try:
        return dict(_flat(json.loads(body), ""))
    except ValueError:
        lines = body.decode("utf-8", "replace").splitlines()
        return {f"line {number}": line for number, line in enumerate(lines, start=1) if line}


def amount(body: bytes) -> Decimal | None:
    """What the document comes to, None where it states no total."""
    total = getattr(document_of(body), "total", None)
    return total if isinstance(total, Decimal) else None


def _flat(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _flat(part, f"{at}.{name}" if at else str(name))
    elif isinstance(value, list | tuple):
        for place, part in enumerate(value, start=1):
            yield from _flat(part, f"{at} {place}".strip())
    elif value not in (None, ""):
        yield at, str(value)
