"""What a read leaves behind when it ends: its run with its counts, and the exchanges that are kept."""

from __future__ import annotations

import datetime as dt

from integrations.engine.handle import RunHandle
from integrations.http.session import Session
from integrations.models import Exchange, Feed, Run


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
