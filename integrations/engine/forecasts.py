"""Whether the calls that a source allows will last until they are there again."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from integrations.engine import issues
from integrations.http import budget
from integrations.models import Issue, RateBudget
from portal.common.clock import db_now

USED_AT_LEAST = 0.5
"""Part of an allowance before whose use nothing is foretold: the first minutes of a window say little."""


def look() -> int:
    """Opens an issue for each allowance that will not last, and closes those that do again. Returns how many will
    not."""
    now, short = db_now(), 0
    told = set(
        Issue.objects.filter(error_class="budget", status=Issue.Status.OPEN).values_list("fingerprint", flat=True)
    )
    for row in RateBudget.objects.filter(allowance__isnull=False, resets_at__gt=now).select_related("tenant"):
        ends = budget.used_up_at(row, now)
        if ends is None or not row.allowance or row.used / row.allowance < USED_AT_LEAST:
            continue
        short += 1
        fingerprint = issues.fingerprint("budget", row.pk)
        if fingerprint not in told:
            issues.for_budget(row, sentence=_sentence(row, ends), now=now)
        told.discard(fingerprint)
    if told:
        for row in RateBudget.objects.filter(allowance__isnull=False):
            if issues.fingerprint("budget", row.pk) in told:
                issues.resolve_budget(row, now=now)
    return short


def _sentence(row: RateBudget, ends: dt.datetime) -> str:
    zone = ZoneInfo(row.tenant.time_zone)
    again = f"{row.resets_at.astimezone(zone):%H:%M}" if row.resets_at else "the next window"
    return f"The {row.allowance:,} calls are used up at {ends.astimezone(zone):%H:%M}; they are there again at {again}."
