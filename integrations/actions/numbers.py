"""Numbers of plans and progress as lines for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.site import Line

WORDS = {
    "matched": "Matched",
    "would_be_sent": "Would be sent",
    "already_applied": "Already applied: left alone",
    "in_doubt": "In doubt: left alone, settle them first",
    "under_way": "Under way: they go by themselves",
    "closed": "Superseded or dismissed: left alone",
    "older_versions": "Older than the newest version of their record: left alone",
    "calls_needed": "Calls needed, about",
    "seconds": "Seconds at this pace, at least",
    "done": "Done",
    "refused": "Refused meanwhile",
    "feeds": "Feeds",
    "feeds_read": "Feeds read",
    "read": "Items read",
    "unchanged": "Of them unchanged",
    "captured": "Of them captured",
    "looked_at": "Records looked at",
}
"""What the numbers of plans and progress are called, in the order in which they are shown."""


def numbers(stated: Mapping[str, Any]) -> list[Line]:
    """The numbers of a plan or a progress, by their names."""
    return [Line(WORDS[name], f"{stated[name]:,}") for name in WORDS if isinstance(stated.get(name), int)]
