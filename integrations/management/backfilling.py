"""`sync --backfill`: reads a period again, in this process, and shows how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db.models import Q
from django_scopes import scopes_disabled

from integrations.engine.claim import not_stopped
from integrations.engine.slice import Scope, run_slice
from integrations.models import Backfill, Delivery, Feed, Flow, State
from integrations.services.backfills import begin, moment, progress
from portal.common.clock import db_now


def backfill(
    feeds: Iterable[Feed],
    flows: list[Flow],
    period: tuple[str, str],
    *,
    reason: str,
    patience: float,
    say: Callable[[str], object],
) -> None:
    """Begins a backfill of each feed, or goes on with the one that is under way, and works until all are over and their
    deliveries settled, or `patience` (seconds) ends. Raises CommandError."""
    with scopes_disabled():
        rows = [_begin(feed, period, reason) for feed in feeds]
    until = time.monotonic() + patience
    known: dict[int, str] = {}
    own = Q(flow__in=[flow.pk for flow in flows])
    while True:
        done = run_slice(seconds=10, limits=Scope(feeds={row.feed_id for row in rows}, deliveries=own))
        with scopes_disabled():
            open_rows = _show(rows, known, say)
            moving = Delivery.objects.filter(own, state__in=[State.PENDING, State.SENDING, State.ACCEPTED])
            is_moving = moving.filter(not_stopped(), not_before__lte=db_now()).exists()
        if not open_rows and not is_moving:
            break
        if time.monotonic() > until:
            raise CommandError(
                "It is not over yet; the worker goes on with it. What is said of each stands on its feed's page."
            )
        if not done.anything:
            time.sleep(0.5)
    failed = [row for row in rows if row.state != Backfill.State.DONE]
    if failed:
        raise CommandError("\n".join(f"{row} {row.get_state_display()}: {row.problem}" for row in failed))


def _begin(feed: Feed, period: tuple[str, str], reason: str) -> Backfill:
    zone = feed.tenant.time_zone
    try:
        start, end = (moment(text, zone) for text in period)
        under_way = Backfill.objects.filter(feed=feed, state=Backfill.State.OPEN).select_related("feed").first()
        if under_way is not None and (under_way.window_from, under_way.window_to) == (start, end):
            return under_way
        return begin(feed, start=start, end=end, reason=reason, actor=None, actor_name="command line")
    except ValidationError as error:
        raise CommandError(f"{feed}: {' '.join(error.messages)}") from error


def _show(rows: list[Backfill], known: dict[int, str], say: Callable[[str], object]) -> int:
    """Says what has changed. Returns how many are under way."""
    for row in rows:
        row.refresh_from_db()
        said = f"{row}: {row.get_state_display()}. {progress(row)}"
        if known.get(row.pk) != said:
            say(said)
            known[row.pk] = said
    return sum(row.state == Backfill.State.OPEN for row in rows)
