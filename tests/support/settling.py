"""Working until nothing is under way any more."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django_scopes import scopes_disabled

from integrations.engine import schedule
from integrations.engine.slice import run_slice
from integrations.models import MOVING_STATES, Breaker, Delivery, Feed, State
from portal.common.clock import db_now
from tests.support.database import Upkeep

SOON = dt.timedelta(seconds=10)
"""A hinted feed is read within its settle delay; all others, minutes later."""


def settle(*, seconds: float = 60, read: bool = True, threads: int = 2) -> None:
    """Reads every feed once and works in this process until nothing is under way, or fails the test after `seconds`."""
    since = read_now() if read else None
    until = time.monotonic() + seconds
    with scopes_disabled():
        schedule.sweep()
    upkeep = Upkeep()
    while True:
        run_slice(seconds=10, threads=threads)
        upkeep.look()
        with scopes_disabled():
            if settled(since):
                return
        assert time.monotonic() < until, f"Not settled after {seconds} s: {what_moves()}"
        time.sleep(0.1)


def read_now() -> dt.datetime:
    """Makes every feed due. Returns when that was."""
    with scopes_disabled():
        now = db_now()
        # One that is being read says when it is due as it ends: it is hinted, so that it is read once more.
        Feed.objects.exclude(lease_until=None).update(hinted_for=now)
        Feed.objects.update(due_at=now)
    return now


@contextmanager
def at_one_moment() -> Iterator[None]:
    """All queries inside see the database as it is now: between two looks, what left one place may reach another."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def settled(since: dt.datetime | None) -> bool:
    """Whether every feed was read since then (None: that does not matter) and no delivery moves by itself."""
    with at_one_moment():
        return _settled(since)


def _settled(since: dt.datetime | None) -> bool:
    if since is not None:
        feeds = Feed.objects.filter(enabled=True, paused_reason="")
        if feeds.exclude(last_read_at__gte=since).exists() or feeds.exclude(lease_until=None).exists():
            return False
        if feeds.filter(due_at__lte=db_now() + SOON).exists():  # hinted: what was received is about to be read
            return False
    return not schedule.under_way(db_now()).exists()


def at_rest() -> bool:
    """Whether nothing happens by itself for the next minute: what is under way waits for somebody."""
    with at_one_moment():
        return _at_rest()


def _at_rest() -> bool:
    soon = db_now() + dt.timedelta(minutes=1)
    stopped = Breaker.objects.exclude(position=Breaker.Position.CLOSED).filter(probe_after__gt=soon)
    under_way = schedule.under_way(db_now())
    reading = Feed.objects.filter(due_at__lte=db_now(), enabled=True, paused_reason="").exists()
    sending = under_way.filter(state=State.SENDING).exists()
    due = under_way.filter(not_before__lte=soon).exclude(sink_connection__in=stopped.values("connection"))
    return not (reading or sending or due.exists())


def what_moves() -> str:
    """For the message of a test that waits in vain."""
    with scopes_disabled():
        feeds = [f"{f} due {f.due_at}, leased until {f.lease_until}: {f.last_problem}" for f in Feed.objects.all()]
        rows = Delivery.objects.filter(state__in=MOVING_STATES).order_by("pk")[:10]
        deliveries = [f"{d.pk} {d.business_number} {d.state} not before {d.not_before}: {d.reason}" for d in rows]
        stopped = Breaker.objects.exclude(position=Breaker.Position.CLOSED).select_related("connection")
        breakers = [f"{b.connection}: {b.position}, probe after {b.probe_after}" for b in stopped]
    return "\n".join(["", *feeds, *deliveries, *breakers])
