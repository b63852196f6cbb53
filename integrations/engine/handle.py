"""Who reads: the run of a read, and the proof that its worker still holds what it reads for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from integrations.models import Backfill, Delivery, Feed, Run, State


class FenceLost(Exception):
    """Somebody else has taken the feed over; what this worker still writes would double theirs."""


@dataclass(slots=True)
class Counts:
    """What became of the items of a read: read = unchanged + captured."""

    read: int = 0
    unchanged: int = 0
    captured: int = 0
    history: int = 0
    unrouted: int = 0
    deliveries: int = 0


@dataclass(slots=True)
class RunHandle:
    """The run of a read, made when the first new item is kept: reads that find nothing write no row."""

    feed: Feed
    fence: int
    kind: str
    trigger: str
    window_from: dt.datetime | None
    window_to: dt.datetime
    row: Run | None = None
    counts: Counts = field(default_factory=Counts)
    pages: int = 0
    backfill: Backfill | None = None
    """Set where a period is read beside the live reading: then the fence is the backfill's."""
    wanted_by: Delivery | None = None
    """Set where one object is fetched because a delivery needs it: then the fence is the delivery's, and there is no
    run."""
    asked_at: dt.datetime | None = None
    """When the page at hand was asked for, by the database's clock."""
    made_before: int = 0
    """Deliveries that the same read made before it was interrupted."""
    may_flood: bool = False
    """Much is expected: the first read of a feed, or a period that a person asked for."""
    flooded: bool = False

    def ensure(self, now: dt.datetime) -> Run | None:
        """The run's row, made on first use. None for a fetch."""
        if self.row is None and self.wanted_by is None:
            abandon_run(self.feed, now, kind=self.kind)
            self.row = Run.objects.create(
                tenant_id=self.feed.tenant_id,
                feed=self.feed,
                kind=self.kind,
                trigger=self.trigger,
                window_from=self.window_from,
                window_to=self.window_to,
                fence=self.fence,
                started_at=now,
            )
        return self.row

    def hold(self, now: dt.datetime) -> None:
        """Locks the feed for the transaction at hand: all who write to it do so one after the other. Raises FenceLost
        when this worker no longer holds what it reads for."""
        feed = Feed.objects.select_for_update().filter(pk=self.feed.pk)
        if self.backfill is None and self.wanted_by is None:
            feed = feed.filter(fence=self.fence, lease_until__gt=now)
        if not feed.exists() or not self._is_wanted(now):
            raise FenceLost(str(self.feed))

    def _is_wanted(self, now: dt.datetime) -> bool:
        if self.backfill is not None:
            rows = Backfill.objects.filter(pk=self.backfill.pk, fence=self.fence, state=Backfill.State.OPEN)
            return rows.filter(lease_until__gt=now).exists()
        if self.wanted_by is not None:
            sending = Delivery.objects.filter(pk=self.wanted_by.pk, fence=self.fence, state=State.SENDING)
            return sending.filter(lease_until__gt=now).exists()
        return True


def abandon_run(feed: Feed, now: dt.datetime, *, kind: str = Run.Kind.LIVE) -> None:
    """Closes the run that a dead worker left open."""
    Run.objects.filter(feed=feed, kind=kind, outcome=Run.Outcome.RUNNING).update(
        outcome=Run.Outcome.ABANDONED, ended_at=now, problem="Its worker died; the next run went on."
    )
