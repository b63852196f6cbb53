"""What is due, and what dead workers left."""

from __future__ import annotations

import datetime as dt

from django.db.models import Min, Q, QuerySet

from integrations.engine import backfill
from integrations.engine.claim import (
    connections_on_trial,
    due_deliveries,
    due_verdicts,
    may_go,
    not_stopped,
    sweep_leases,
    verdicts,
)
from integrations.engine.operations import due_operations
from integrations.engine.waiting import LOOK_SOON
from integrations.models import MOVING_STATES, Breaker, Delivery, Feed, Operation, State
from integrations.notices import queue as notices
from portal.common.clock import db_now

TICK_NAME = "tick"


def sweep() -> int:
    """Frees what workers held that died. Returns how many deliveries."""
    return sweep_leases()


def anything_due() -> bool:
    """Whether a worker would find something to do now."""
    now = db_now()
    feeds = Feed.objects.filter(
        Q(due_at=None) | Q(due_at__lte=now),
        Q(lease_until=None) | Q(lease_until__lt=now),
        enabled=True,
        paused_reason="",
        connection__enabled=True,
    )
    operations = Operation.objects.filter(due_operations(now))
    return (
        feeds.exists()
        or due_deliveries(now).exists()
        or due_verdicts(now).exists()
        or operations.exists()
        or backfill.due(now).exists()
        or notices.anything_due(now)
    )


def next_due() -> dt.datetime | None:
    """When the next thing can be done, None when nothing is planned. What waits for a connection that is not called for
    now waits for its probe, and what waits for a trial, for what is tried or settled before it."""
    feeds = Feed.objects.filter(enabled=True, paused_reason="", connection__enabled=True)
    stopped = Breaker.objects.exclude(position=Breaker.Position.CLOSED).filter(probe_after__gt=db_now())
    running = Operation.objects.filter(state=Operation.State.RUNNING)
    moments = [
        feeds.aggregate(at=Min("due_at"))["at"],
        running.aggregate(at=Min("due_at"))["at"],
        backfill.next_due(),
        notices.next_due(),
    ]
    for rows in (may_go().exclude(sink_connection__in=connections_on_trial()), verdicts()):
        there = rows.exclude(sink_connection__in=stopped.values("connection"))
        probes = stopped.filter(connection__in=rows.values("sink_connection"))
        moments += [there.aggregate(at=Min("not_before"))["at"], probes.aggregate(at=Min("probe_after"))["at"]]
    return min((m for m in moments if m is not None), default=None)


def register_tick() -> None:
    """Makes or corrects the one django-q2 schedule that there is."""
    from django_q.models import Schedule

    Schedule.objects.update_or_create(
        name=TICK_NAME,
        defaults={"func": "integrations.tasks.tick", "schedule_type": Schedule.MINUTES, "minutes": 1, "repeats": -1},
    )


def under_way(now: dt.datetime) -> QuerySet[Delivery]:
    """Deliveries that go on by themselves. What failed, waits for a person or for a link that nobody has written yet,
    or is to go where somebody stopped sending, does not, and neither does what stands behind it in its lane."""
    for_a_link = Q(state=State.PENDING, not_before__gt=now + LOOK_SOON) & ~Q(waits_for="")
    waiting = Delivery.objects.filter(for_a_link | Q(state__in=[State.WAITING, State.FAILED])).values("lane")
    rows = Delivery.objects.filter(
        ~Q(state=State.PENDING) | (not_stopped() & Q(integration__enabled=True)),
        state__in=MOVING_STATES,
        flow__paused_reason="",
        flow__enabled=True,
        sink_connection__enabled=True,
    )
    return rows.exclude(state=State.PENDING, lane__in=waiting)
