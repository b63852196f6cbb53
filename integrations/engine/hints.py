"""Feeds of which it is said that something is new there: a webhook came, or something was received."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from integrations.engine import dispatch
from integrations.engine.read import opens
from integrations.models import Delivery, Feed, State

MARK = dt.timedelta(microseconds=1)


def ask_for_verdict(connection_id: int, target_id: str, *, now: dt.datetime) -> None:
    """What was sent there under this id is asked for its verdict now. Call it inside a transaction."""
    rows = Delivery.objects.filter(sink_connection_id=connection_id, state=State.ACCEPTED, target_id=target_id)
    if rows.filter(not_before__gt=now).update(not_before=now):
        dispatch.wake()


def make_due(connection_id: int, keys: Sequence[str], *, at: dt.datetime, now: dt.datetime) -> None:
    """The feeds are read once what happened `at` that time can be seen: then, and their settle delay. A feed that is
    being read right now is read again after that. Call it inside a transaction."""
    if not keys:
        return
    rows = Feed.objects.select_for_update(of=("self",)).select_related("tenant")
    for feed in rows.filter(connection_id=connection_id, key__in=keys, enabled=True):
        # Each hint leaves another mark, so that a read that is under way can tell that one came.
        feed.hinted_for = at if feed.hinted_for is None else max(at, feed.hinted_for + MARK)
        due = opens(feed, max(now, at + dt.timedelta(seconds=feed.settle_seconds)))
        if feed.due_at is not None and feed.due_at > due:
            feed.due_at = due
        feed.save(update_fields=["hinted_for", "due_at"])
        dispatch.wake()
