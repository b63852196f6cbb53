"""Reading, as operations: now, until what came of it is settled; or a period again."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, Q, Sum

from integrations.engine.step import OperationFailed, Step, keep
from integrations.models import MOVING_STATES, Backfill, Delivery, Feed, Operation, Run
from portal.common.clock import db_now

LOOK_AGAIN = dt.timedelta(seconds=2)
PATIENCE = dt.timedelta(hours=1)


def sync_slice(operation: Operation) -> Step:
    """Looks how far it is. The feeds were made due when it was asked for; workers read them like any other."""
    now, since = db_now(), operation.created_at
    feeds = Feed.objects.filter(pk__in=operation.selection["feeds"])
    stopped = feeds.filter(Q(enabled=False) | ~Q(paused_reason="") | Q(connection__enabled=False))
    if stopped.exists():
        raise OperationFailed(f"{stopped.select_related('connection')[0]} is paused or switched off: it is not read.")
    # A read that had begun before is not enough: what was asked for is a hint, which such a read leaves standing.
    unread = feeds.filter(Q(last_read_at=None) | Q(last_read_at__lt=since) | Q(hinted_for__isnull=False))
    runs = Run.objects.filter(feed__in=feeds, started_at__gte=since)
    totals = runs.aggregate(read=Sum("read"), unchanged=Sum("unchanged"), captured=Sum("captured"))
    made = Delivery.objects.filter(run__in=runs)
    states = dict(made.order_by().values_list("state").annotate(n=Count("pk")))
    waiting = unread.count()
    keep(
        operation,
        now=now,
        feeds=feeds.count(),
        feeds_read=feeds.count() - waiting,
        **{name: value or 0 for name, value in totals.items()},
        deliveries=states,
    )
    problem = unread.exclude(last_problem="").values_list("last_problem", flat=True).first() or ""
    moving = sum(states.get(s, 0) for s in MOVING_STATES)
    if not waiting and not moving:
        return Step()
    if now - since > PATIENCE:
        raise OperationFailed(problem or f"{moving} deliveries of it are still under way; they go on by themselves.")
    return Step(again_at=now + LOOK_AGAIN, problem=problem)


def backfill_slice(operation: Operation) -> Step:
    """Looks how far the backfill is that was begun for it: workers read it beside the live reading."""
    now = db_now()
    row = Backfill.objects.filter(pk=operation.selection["backfill"]).first()
    if row is None:
        raise OperationFailed("The backfill is gone.")
    counts = {"read": row.read, "unchanged": row.unchanged, "captured": row.captured, "calls": row.calls}
    if row.total:
        counts["total"] = row.total
    keep(operation, now=now, **counts)
    if row.state == Backfill.State.OPEN:
        return Step(again_at=now + LOOK_AGAIN, problem=row.problem)
    if row.state == Backfill.State.DONE:
        return Step()
    raise OperationFailed(f"It was {row.get_state_display()} on the page of its feed. {row.problem}".strip())
