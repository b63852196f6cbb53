"""Nothing where there was always something: a feed that goes quiet looks like a feed without news, and is not."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from integrations.engine import issues
from integrations.engine.handle import Counts
from integrations.http.errors import Fault
from integrations.models import Feed, Issue, Run
from integrations.systems.contract import FeedSpec

WEEKS = 4


class Quiet(Fault):
    """Nothing came where something always came."""

    kind = "quiet"


REMEDY = (
    "Look in the source whether that is so. If it is not, its rights, its filter or its interface may have changed; "
    "if it is, dismiss this."
)


def look_at_read(feed: Feed, spec: FeedSpec, counts: Counts, *, now: dt.datetime) -> None:
    """After a read: a list that is read whole and is empty, although it was not the last time, is told. What brings
    something again is told no longer."""
    if spec.reads == "whole" and not counts.read and feed.last_items:
        said = f"{_name(feed)} are gone: the list is empty, and {feed.last_items:,} stood in it the last time."
        issues.for_quiet(feed, Quiet(said, remedy=REMEDY), now=now)
    elif counts.captured or (counts.read and not feed.last_items):
        issues.resolve_quiet(feed, now=now)


def look_at_days(now: dt.datetime) -> int:
    """Once a day and feed: yesterday brought nothing, and the same weekday of each of the four weeks before did. Days
    are the tenant's. Returns how many feeds were told of."""
    told = 0
    feeds = Feed.objects.filter(enabled=True, paused_reason="", connection__enabled=True, failures=0)
    for feed in feeds.filter(last_read_at__isnull=False).select_related("tenant", "connection"):
        zone = ZoneInfo(feed.tenant.time_zone)
        yesterday = now.astimezone(zone).date() - dt.timedelta(days=1)
        since = dt.datetime.combine(yesterday - dt.timedelta(weeks=WEEKS), dt.time(), tzinfo=zone)
        runs = Run.objects.filter(feed=feed, kind=Run.Kind.LIVE, captured__gt=0, started_at__gte=since)
        days = {at.astimezone(zone).date() for at in runs.values_list("started_at", flat=True)}
        if yesterday in days or any(yesterday - dt.timedelta(weeks=n) not in days for n in range(1, WEEKS + 1)):
            continue
        said = (
            f"{_name(feed)}: nothing came on {yesterday:%A} {yesterday:%Y-%m-%d}. On each of the {WEEKS} "
            f"{yesterday:%A}s before, something did."
        )
        if _was_told(feed, said):
            continue
        issues.for_quiet(feed, Quiet(said, remedy=REMEDY), now=now)
        told += 1
    return told


def _was_told(feed: Feed, said: str) -> bool:
    """Whether somebody knows already, also when they have closed it."""
    return Issue.objects.filter(connection_id=feed.connection_id, error_class=Quiet.kind, sentence=said).exists()


def _name(feed: Feed) -> str:
    return f"{feed.key.replace('-', ' ').capitalize()} of {feed.connection}"
