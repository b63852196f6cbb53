"""What a read leaves behind when it ends: its run with its counts, and the exchanges that are kept."""

from __future__ import annotations

import datetime as dt

from integrations.engine import issues
from integrations.engine.backoff import pause_after
from integrations.engine.handle import RunHandle, abandon_run
from integrations.http.errors import Fault
from integrations.http.session import Session
from integrations.models import Exchange, Feed, Run

DEATHS_UNTOLD = 3
"""A read may end its worker so often in a row before somebody is told. The first time it begins again at once: workers
are restarted for many reasons."""


def count_death(feed: Feed, now: dt.datetime) -> None:
    """In memory, and with its issue: a read ended with its worker. One that does so again and again must not take one
    worker after the other."""
    abandon_run(feed, now)
    feed.failures += 1
    if feed.failures < 2:
        return
    feed.due_at = now + pause_after(feed.failures)
    if feed.failures >= DEATHS_UNTOLD:
        feed.last_problem = f"Workers die while they read it, {feed.failures} times in a row now."
        issues.for_feed(feed, Fault(feed.last_problem, remedy="The support looks into it."), now=now)


def close_run(handle: RunHandle, session: Session, outcome: str, problem: str, now: dt.datetime) -> None:
    """Ends the run of a read, if it made one, with what it counted and what was said."""
    run, counts = handle.row, handle.counts
    if run is None:
        return
    Run.objects.filter(pk=run.pk).update(
        outcome=outcome,
        problem=problem[:500],
        ended_at=now,
        pages=handle.pages,
        read=counts.read,
        unchanged=counts.unchanged,
        captured=counts.captured,
        history=counts.history,
        unrouted=counts.unrouted,
        calls=session.calls,
    )
    keep_exchanges(handle.feed, session, run)


def keep_exchanges(feed: Feed, session: Session, run: Run | None) -> None:
    """Rows for what was said: of a read that failed before it found anything, only what failed."""
    said = session.take_exchanges()
    Exchange.objects.bulk_create([e.row(feed.connection, run) for e in said if run is not None or not e.succeeded])
