"""Reading a period again, beside the live reading: a cursor, a lease and a run of its own, and never a step back."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Min, Q, QuerySet

from integrations.engine import dispatch, epoch, issues
from integrations.engine.backoff import pause_after
from integrations.engine.closing import close_run, keep_exchanges
from integrations.engine.handle import FenceLost, RunHandle, abandon_run
from integrations.engine.pull import Keep, Stretch, as_json, from_json, pull
from integrations.engine.read import CONFIG_PAUSE, LEASE, SEARCH_AFTER, subscriptions_of
from integrations.engine.sessions import Sessions
from integrations.http.errors import ConfigError, Fault, Paused, RateLimited, Transient, Unauthorized
from integrations.http.session import Session
from integrations.models import Backfill, Feed, Run
from integrations.systems.contract import Item, Window
from integrations.systems.registry import system
from portal.audit import trail
from portal.common.clock import db_now
from portal.tenants.models import User

log = structlog.get_logger()

GIVE_UP_AFTER = 10
"""Failed reads in a row that moved nothing; then a person decides whether it is worth another."""


def begin(
    feed: Feed, *, start: dt.datetime, end: dt.datetime, reason: str, actor: User | None, actor_name: str = ""
) -> Backfill:
    """Has a period of the feed read again: what changed at the source from `start` until before `end`. Raises
    ValidationError: without a reason, for a period that is none or not over, for a feed that has no time, and while
    another backfill of the feed is under way."""
    if not reason.strip():
        raise ValidationError("Say why the period is read again.")
    if start >= end:
        raise ValidationError("The period ends before it begins.")
    if end > db_now():
        raise ValidationError("The period is not over yet; what comes is read by itself.")
    if system(feed.connection.system).feed(feed.key).reads not in ("changes", "period"):
        raise ValidationError(f"{feed} is always read whole: there is no period to choose.")
    with transaction.atomic():
        Feed.objects.select_for_update().get(pk=feed.pk)
        if Backfill.objects.filter(feed=feed, state=Backfill.State.OPEN).exists():
            raise ValidationError("A backfill of this feed is under way; wait for its end, or cancel it.")
        now = db_now()
        row = Backfill.objects.create(
            tenant_id=feed.tenant_id,
            feed=feed,
            window_from=start,
            window_to=end,
            reason=reason[:300],
            asked_by=actor,
            due_at=now,
            created_at=now,
        )
        _audit(row, "backfill.begun", f"{row}: {reason}", actor, actor_name)
        dispatch.wake()
    return row


def cancel(backfill: Backfill, *, reason: str, actor: User | None) -> None:
    """Ends a backfill: what it has captured stays, and goes its way. Raises ValidationError when it is over."""
    if not reason.strip():
        raise ValidationError("Say why it is cancelled.")
    with transaction.atomic():
        Feed.objects.select_for_update().get(pk=backfill.feed_id)  # a page that is being stored is waited for
        row = Backfill.objects.select_for_update(of=("self",)).get(pk=backfill.pk)
        if row.state != Backfill.State.OPEN:
            raise ValidationError(f"It is {row.get_state_display()} already.")
        now = db_now()
        row.state, row.ended_at, row.problem = Backfill.State.CANCELLED, now, reason[:500]
        row.fence += 1
        row.lease_until, row.leased_by = None, ""
        row.save()
        abandon_run(row.feed, now, kind=Run.Kind.BACKFILL)
        _audit(row, "backfill.cancelled", f"{row}: {reason}", actor)


def due(now: dt.datetime) -> QuerySet[Backfill]:
    """Backfills that may be gone on with now."""
    free = _alive().filter(Q(lease_until=None) | Q(lease_until__lt=now))
    return free.filter(due_at__lte=now)


def next_due() -> dt.datetime | None:
    """When the next backfill goes on, None where none is under way."""
    moment: dt.datetime | None = _alive().aggregate(at=Min("due_at"))["at"]
    return moment


def _alive() -> QuerySet[Backfill]:
    return Backfill.objects.filter(
        state=Backfill.State.OPEN, feed__paused_reason="", feed__enabled=True, feed__connection__enabled=True
    )


def claim_backfill(worker: str, *, only: set[int] | None = None) -> Backfill | None:
    """Takes a backfill for this worker, or None. `only`: of these feeds."""
    now = db_now()
    rows = due(now) if only is None else due(now).filter(feed__in=only)
    with transaction.atomic():
        row = rows.select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "pk").first()
        if row is None:
            return None
        if row.lease_until is not None:
            abandon_run(row.feed, now, kind=Run.Kind.BACKFILL)  # whoever had it did not give it back
        row.fence += 1
        row.lease_until, row.leased_by = now + LEASE, worker
        row.save(update_fields=["fence", "lease_until", "leased_by"])
    return Backfill.objects.select_related("feed__connection", "feed__tenant", "tenant").get(pk=row.pk)


def read_backfill(backfill: Backfill, sessions: Sessions) -> RunHandle | None:
    """Goes on with a claimed backfill to its end. Faults set when it is tried again. Returns what was read, None when
    it did not come to its end."""
    feed = backfill.feed
    session: Session | None = None
    handle: RunHandle | None = None
    try:
        spec = system(feed.connection.system).feed(feed.key)
        session = sessions.of(feed.connection)
        session.calls, session.in_background = 0, True
        session.searches = backfill.failures >= SEARCH_AFTER
        epoch.check()
        window = Window(start=backfill.window_from, end=backfill.window_to)
        left = from_json(backfill.resume)[1] if backfill.resume else None
        handle = RunHandle(
            feed,
            backfill.fence,
            Run.Kind.BACKFILL,
            "person" if backfill.asked_by_id else "command",
            window.start,
            window.end,
            backfill=backfill,
            may_flood=True,
        )
        pull(
            handle,
            spec.open(feed.connection, session),
            subscriptions_of(feed, spec),
            reads=spec.reads,
            window=window,
            left=left,
            keep=_keeper(handle, backfill, window, session),
            wanted=lambda item: _lies_in(item, window),
            heard=lambda total: _heard(backfill, total),
        )
    except FenceLost:
        log.info("backfill.fence_lost", backfill=backfill.pk)
        return None
    except Exception as error:  # noqa: BLE001  (whatever it is: it is given back, and the problem shown)
        _failed(backfill, handle, session, error)
        return None
    finally:
        if session is not None:
            session.in_background = False
    _done(backfill, handle, session)
    return handle


def _lies_in(item: Item, window: Window) -> bool:
    """Whether an item is of the period. One without a time may be."""
    return item.modified_at is None or item.modified_at < window.end


def _heard(backfill: Backfill, total: int | None) -> None:
    backfill.total = max(backfill.total or 0, total) if total is not None else backfill.total


def _keeper(handle: RunHandle, backfill: Backfill, window: Window, session: Session) -> Keep:
    began = time.monotonic()

    def keep(stretch: Stretch, resumable: bool) -> None:
        if handle.row is None:
            session.slim_exchanges()
        else:
            keep_exchanges(handle.feed, session, handle.row)
        whole = stretch.start == window.start and stretch.end == window.end
        left = as_json(stretch, window, made=0) if resumable or not whole else None
        rows = Backfill.objects.filter(pk=backfill.pk, fence=backfill.fence, state=Backfill.State.OPEN)
        kept = rows.update(
            resume=left,
            lease_until=db_now() + LEASE,
            covered_until=stretch.start if stretch.start != window.start else None,
            failures=0,
            **_progress(backfill, handle, session),
        )
        if not kept:
            raise FenceLost(str(backfill))
        if time.monotonic() - began > YIELD_SECONDS and left is not None and handle.counts.read:
            raise _TurnOver

    return keep


YIELD_SECONDS = 30.0
"""So long a backfill keeps a thread before others have their turn."""


class _TurnOver(Exception):
    """Others have their turn; it goes on where it stands."""


def _progress(backfill: Backfill, handle: RunHandle, session: Session) -> dict[str, Any]:
    """What this sitting adds to what the earlier ones counted."""
    counts = handle.counts
    return {
        "run": handle.row,
        "pages": backfill.pages + handle.pages,
        "read": backfill.read + counts.read,
        "unchanged": backfill.unchanged + counts.unchanged,
        "captured": backfill.captured + counts.captured,
        "calls": backfill.calls + session.calls,
        "total": backfill.total,
    }


def _done(backfill: Backfill, handle: RunHandle, session: Session) -> None:
    now = db_now()
    with transaction.atomic():
        rows = Backfill.objects.filter(pk=backfill.pk, fence=backfill.fence, state=Backfill.State.OPEN)
        if not rows.update(
            state=Backfill.State.DONE,
            ended_at=now,
            lease_until=None,
            leased_by="",
            resume=None,
            covered_until=backfill.window_to,
            problem="",
            **_progress(backfill, handle, session),
        ):
            return
        close_run(handle, session, Run.Outcome.DONE, "", now)
        backfill.refresh_from_db(fields=["read", "captured"])
        _audit(backfill, "backfill.done", f"{backfill}: {backfill.read} read, {backfill.captured} captured.", None)
        issues.resolve_backfill(backfill, now=now)


def _failed(backfill: Backfill, handle: RunHandle | None, session: Session | None, error: Exception) -> None:
    """Gives it back, and says when it goes on."""
    now = db_now()
    waits = isinstance(error, Paused | RateLimited | _TurnOver)
    at: dt.datetime
    match error:
        case _TurnOver():
            at = now
        case Paused() | RateLimited():
            at = error.retry_at
        case ConfigError() | Unauthorized():
            at = now + CONFIG_PAUSE
        case Transient():
            at = now + pause_after(backfill.failures, at_least=error.retry_after)
        case _:
            at = now + pause_after(backfill.failures + 2)
            if not isinstance(error, Fault):
                log.exception("backfill.failed", backfill=backfill.pk, tenant=backfill.tenant_id)
    said = "" if isinstance(error, _TurnOver) else getattr(error, "sentence", f"{type(error).__name__}: {error}")
    with transaction.atomic():
        row = Backfill.objects.select_for_update(of=("self",)).filter(pk=backfill.pk, fence=backfill.fence).first()
        if row is None or row.state != Backfill.State.OPEN:
            return
        row.due_at, row.problem = at, said[:500]
        row.lease_until, row.leased_by = None, ""
        row.failures += 0 if waits else 1
        if row.failures >= GIVE_UP_AFTER:
            row.state, row.ended_at = Backfill.State.FAILED, now
            issues.for_backfill(row, error, now=now)
        row.save()
        if handle is not None and session is not None:
            ended = Run.Outcome.DONE if isinstance(error, _TurnOver) else Run.Outcome.FAILED
            close_run(handle, session, ended, said, now)


def _audit(row: Backfill, action: str, summary: str, actor: User | None, actor_name: str = "") -> None:
    trail.record(
        trail.event(
            row.tenant_id,
            action,
            summary,
            object_type="backfill",
            object_id=row.pk,
            actor=actor,
            actor_name=actor_name,
        )
    )
