"""Numbers of plans and progress as lines for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from portal.common.language import spoken
from portal.site import Line
from portal.site.marks import thousands

WORDS = {
    "matched": gettext_noop("Matched"),
    "would_be_sent": gettext_noop("Would be sent"),
    "already_applied": gettext_noop("Already applied: left alone"),
    "in_doubt": gettext_noop("In doubt: left alone, settle them first"),
    "under_way": gettext_noop("Under way: they go by themselves"),
    "closed": gettext_noop("Superseded or dismissed: left alone"),
    "older_versions": gettext_noop("Older than the newest version of their record: left alone"),
    "calls_needed": gettext_noop("Calls needed, about"),
    "seconds": gettext_noop("Seconds at this pace, at least"),
    "done": gettext_noop("Done"),
    "refused": gettext_noop("Refused meanwhile"),
    "feeds": gettext_noop("Feeds"),
    "feeds_read": gettext_noop("Feeds read"),
    "read": gettext_noop("Items read"),
    "unchanged": gettext_noop("Of them unchanged"),
    "captured": gettext_noop("Of them captured"),
    "looked_at": gettext_noop("Records looked at"),
}
"""What the numbers of plans and progress are called, in the order in which they are shown."""


def numbers(stated: Mapping[str, Any]) -> list[Line]:
    """The numbers of a plan or a progress, by their names."""
    return [Line(spoken(WORDS[name]), thousands(stated[name])) for name in WORDS if isinstance(stated.get(name), int)]
