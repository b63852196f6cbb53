"""How much of an allowance the reads that find nothing may take, and the longer intervals that follow from it."""

from __future__ import annotations

import datetime as dt
import math
from zoneinfo import ZoneInfo

from integrations.engine.cadence import Cadence, NeverDue
from integrations.models import Feed, RateBudget

IDLE_SHARE = 0.25
"""Part of an allowance that reads which find nothing may take."""


def stretched(feed: Feed, now: dt.datetime) -> int | None:
    """The interval in seconds at which the feed is read, where it must be longer than the feed's own; else None. Costs
    queries only where a source states an allowance."""
    budget = RateBudget.objects.filter(pk=feed.budget_id, allowance__isnull=False).first() if feed.budget_id else None
    if budget is None:
        return None
    factor = idle_share(budget, now) / IDLE_SHARE
    return math.ceil(feed.interval_seconds * factor) if factor > 1 else None


def idle_share(budget: RateBudget, now: dt.datetime) -> float:
    """What all feeds of a budget take of it, at their own intervals, while they find nothing; 1 is all of it."""
    if not budget.allowance:
        return 0.0
    feeds = Feed.objects.filter(budget=budget, enabled=True, paused_reason="", connection__enabled=True)
    calls = sum(
        budget.window_seconds / _gap(feed, now) * max(1, feed.idle_calls)
        for feed in feeds.select_related("tenant").only(
            "tenant__time_zone", "schedule", "interval_seconds", "idle_calls"
        )
    )
    return calls / budget.allowance


def _gap(feed: Feed, now: dt.datetime) -> float:
    """Seconds between two reads of a feed, by its own interval or its cron lines."""
    try:
        cadence = Cadence.of(feed.schedule or {})
        if cadence.cron:
            zone = ZoneInfo(feed.tenant.time_zone)
            every = dt.timedelta(seconds=feed.interval_seconds)
            first = cadence.next_read(now, every=every, zone=zone)
            return max(1.0, (cadence.next_read(first, every=every, zone=zone) - first).total_seconds())
    except NeverDue:
        pass  # it cannot be read: the interval counts
    return max(1.0, feed.interval_seconds)
