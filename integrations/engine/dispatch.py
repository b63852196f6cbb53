"""Waking workers up. The only place that enqueues tasks: what is to be done stands in the database, so losing a task
loses nothing."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from integrations.flows.contract import Needs
from integrations.models import Delivery, State

WORK = "integrations.tasks.work"
TICK = "integrations.tasks.tick"


def wake() -> None:
    """After the commit: has a worker look for work, unless enough are called already."""
    transaction.on_commit(_enqueue_work)


def _enqueue_work() -> None:
    from django_q.models import OrmQ
    from django_q.tasks import async_task

    # A surplus task finds no slot and ends at once, so counting need not be exact; it only keeps the queue short. Tasks
    # that somebody took are not counted: whoever took them may be dead, and they stay locked for ten minutes then.
    if OrmQ.objects.filter(lock__lte=timezone.now()).count() < settings.WORKERS + 1:
        async_task(WORK, group="work")


def run_tick_soon() -> None:
    """Has a worker run `tick` now instead of at the next minute."""
    from django_q.tasks import async_task

    transaction.on_commit(lambda: async_task(TICK, group="tick"))


def wake_waiting(*, integration_id: int, entity: str, source_id: str, now: dt.datetime) -> int:
    """Makes due what waits for a link that was just written (see `waiting`); how many.

    Once with the link, so that a crash loses no wake-up, and once more after the commit: who looked for the link while
    it was not to be seen yet notes that it waits only afterwards.
    """
    key = Needs(entity, source_id).key
    transaction.on_commit(lambda: _make_due(integration_id, key, now))
    return _make_due(integration_id, key, now)


def _make_due(integration_id: int, key: str, now: dt.datetime) -> int:
    """One that is being looked at this moment may be about to say that it waits: the row's lock is waited for."""
    looked_at, put_off = Q(state=State.SENDING), Q(state=State.PENDING, not_before__gt=now)
    waiting = Delivery.objects.filter(looked_at | put_off, integration_id=integration_id, waits_for=key)
    found = waiting.update(not_before=now)
    if found:
        wake()
    return found
