"""Rules for N1: the roles of the parties."""

from __future__ import annotations

from collections.abc import Iterable

from edi.x12.maps.codes import CODES
from edi.x12.meaning.document import Document, Placed

_ONCE = frozenset({"BT", "BY", "RE", "RI", "SE", "SF", "SO", "ST", "SU", "VN"})
"""Roles that one party has for the whole document (ship notice: for the level)."""


def check(document: Document) -> None:
    """Warn when one role is given to two parties at the same place."""
    _check_roles(document, document.heading, "the heading")
    if document.set_id == "856":
        for line in document.lines:
            _check_roles(document, line.rest, f"HL level {line.index}")


def _check_roles(document: Document, segments: Iterable[Placed], where: str) -> None:
    seen: dict[str, Placed] = {}
    for placed in segments:
        if placed.segment.tag != "N1":
            continue
        role = placed.get(1)
        if role not in _ONCE:
            continue
        other = seen.setdefault(role, placed)
        if other is not placed:
            name = CODES["98"].meanings.get(role, role)
            message = f"There are two parties {role} ({name}) in {where}: {_party(other)} and {_party(placed)}."
            document.report("party-role-duplicate", message, placed, 1, severity="warning")


def _party(placed: Placed) -> str:
    return " ".join(part for part in (placed.get(2), placed.get(4)) if part) or "without name"
