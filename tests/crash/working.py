"""What the worker of a story does: everything that is due, until nothing is under way any more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django_scopes import scopes_disabled

from integrations.engine import schedule
from integrations.engine.slice import run_slice
from integrations.models import AccessToken, Breaker, Delivery, Feed, RateBudget
from portal.common.clock import db_now
from tests.crash.points import POINTS
from tests.support.settling import settled, what_moves

ROUNDS = 40


def work() -> None:
    """Works with one thread until nothing moves. Raises AssertionError when that takes too many rounds."""
    with scopes_disabled():
        for _ in range(ROUNDS):
            with _uncounted():
                let_time_pass()
                schedule.sweep()
                if settled(None) and not schedule.anything_due():
                    return
            run_slice(seconds=30, threads=1)
        raise AssertionError(f"not settled: {what_moves()}")


def read_again() -> None:
    """Makes every feed due."""
    with scopes_disabled():
        Feed.objects.update(due_at=db_now())


def let_time_pass() -> None:
    """All that was put off is due, all that was stopped goes on, and whoever was fetching a token is waited for no
    more. Only a delivery's own lease is left to the engine."""
    past = db_now() - dt.timedelta(seconds=1)
    Delivery.objects.filter(not_before__gt=past).update(not_before=past)
    AccessToken.objects.exclude(refreshing_until=None).update(refreshing_until=None)
    Breaker.objects.filter(probe_after__gt=past).update(probe_after=past)
    RateBudget.objects.filter(blocked_until__gt=past).update(blocked_until=None)


@contextmanager
def _uncounted() -> Iterator[None]:
    counting, POINTS.counting = POINTS.counting, False
    try:
        yield
    finally:
        POINTS.counting = counting
