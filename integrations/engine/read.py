"""Reading a feed: claim it, pull the window page by page, keep what is new, move the cursor."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import F, Q

from integrations.engine import epoch, flood, issues, pace, quiet
from integrations.engine.backoff import pause_after
from integrations.engine.cadence import EVERY_DAY, Cadence, NeverDue
from integrations.engine.capture import Subscription
from integrations.engine.closing import close_run, count_death, keep_exchanges
from integrations.engine.handle import FenceLost, RunHandle
from integrations.engine.pull import Keep, Stretch, as_json, from_json, pull
from integrations.engine.sessions import Sessions
from integrations.flows.registry import all_flows
from integrations.http.errors import ConfigError, Fault, Paused, RateLimited, Transient, Unauthorized
from integrations.http.session import Session
from integrations.models import Feed, Flow, Run
from integrations.systems.contract import FeedSpec, Window
from integrations.systems.registry import system
from portal.common.clock import db_now

log = structlog.get_logger()

LEASE = dt.timedelta(seconds=150)
"""Longer than any single call may last; renewed with each page that brought something new, and now and then."""
RENEW_SECONDS = 30.0
CONFIG_PAUSE = dt.timedelta(minutes=30)
HISTORY = 24
SEARCH_AFTER = 2
"""After so many failed reads in a row, a page that does not come is asked for in parts."""


def claim_feed(worker: str, *, only: set[int] | None = None) -> Feed | None:
    """Takes a due feed for this worker, or None. Its fence grows, so that a worker believed dead can write nothing any
    more."""
    now = db_now()
    due = Feed.objects.filter(
        Q(due_at=None) | Q(due_at__lte=now),
        Q(lease_until=None) | Q(lease_until__lt=now),
        enabled=True,
        paused_reason="",
        connection__enabled=True,
    )
    if only is not None:
        due = due.filter(pk__in=only)
    with transaction.atomic():
        feed = (
            due.select_for_update(skip_locked=True, of=("self",))
            .order_by(F("due_at").asc(nulls_first=True), "pk")
            .first()
        )
        if feed is None:
            return None
        if feed.lease_until is not None:
            count_death(feed, now)  # whoever had it did not give it back
        feed.fence += 1
        feed.lease_until, feed.leased_by = now + LEASE, worker
        feed.save(update_fields=["fence", "lease_until", "leased_by", "failures", "last_problem"])
    return Feed.objects.select_related("connection", "tenant").get(pk=feed.pk)


def read_feed(feed: Feed, sessions: Sessions, *, trigger: str = "schedule") -> RunHandle | None:
    """Reads a claimed feed to the end of its window and gives it back. Faults end the read, set when to try again, and
    open an issue where somebody has to act. Returns what was read, None when the read did not come to an end."""
    handle: RunHandle | None = None
    session: Session | None = None
    try:
        spec = system(feed.connection.system).feed(feed.key)
        session = sessions.of(feed.connection)
        session.calls, session.searches = 0, feed.failures >= SEARCH_AFTER
        session.last_date = None  # what another feed of the connection was told a while ago is no clock
        epoch.check()
        window, left, made = _window(feed)
        handle = RunHandle(
            feed,
            feed.fence,
            Run.Kind.LIVE,
            trigger,
            window.start,
            window.end,
            made_before=made,
            may_flood=feed.read_until is None,
        )
        pull(
            handle,
            spec.open(feed.connection, session),
            subscriptions_of(feed, spec),
            reads=spec.reads,
            window=window,
            left=left,
            keep=_keeper(handle, window, session),
        )
    except FenceLost:
        log.warning("feed.fence_lost", feed=feed.pk)
        return None
    except Exception as error:  # noqa: BLE001  (whatever it is: the feed is given back, and the problem shown)
        _read_failed(feed, handle, session, error)
        return None
    _read_done(feed, handle, session, spec)
    return handle


def subscriptions_of(feed: Feed, spec: FeedSpec) -> list[Subscription]:
    """The flows that take from this feed."""
    found = []
    for side, path in (("books", "integration__books"), ("partner", "integration__partner")):
        flows = Flow.objects.filter(**{path: feed.connection}, enabled=True, integration__enabled=True)
        for flow in flows.select_related("integration", "integration__partner", "integration__books"):
            flow_spec = all_flows().get(flow.full_key)
            if flow_spec is not None and flow_spec.source == side and flow_spec.feed == spec.key:
                found.append(Subscription(flow, flow_spec))
    return found


def _window(feed: Feed) -> tuple[Window, Stretch | None, int]:
    """From the cursor minus the overlap to now by the source's clock minus the settle delay; or what an interrupted
    read left, and how many deliveries it had made."""
    if feed.resume:
        return from_json(feed.resume)
    end = db_now() + dt.timedelta(milliseconds=feed.clock_skew_ms) - dt.timedelta(seconds=feed.settle_seconds)
    start_at = None if feed.read_until is None else feed.read_until - dt.timedelta(seconds=feed.overlap_seconds)
    return Window(start=start_at, end=end), None, 0


def _keeper(handle: RunHandle, window: Window, session: Session) -> Keep:
    """Notes after a page where the read stands, and renews its lease: with each page once there is a run, and now and
    then before, for a read that finds nothing writes nothing."""
    renewed = time.monotonic()

    def keep(stretch: Stretch, resumable: bool) -> None:
        nonlocal renewed
        if handle.row is None:
            session.slim_exchanges()
        else:
            keep_exchanges(handle.feed, session, handle.row)
        if handle.row is None and time.monotonic() - renewed <= RENEW_SECONDS:
            return
        renewed = time.monotonic()
        made = handle.made_before + handle.counts.deliveries
        whole = stretch.start == window.start and stretch.end == window.end
        place = as_json(stretch, window, made=made) if resumable or not whole else None
        kept = Feed.objects.filter(pk=handle.feed.pk, fence=handle.fence).update(
            resume=place, lease_until=db_now() + LEASE
        )
        if not kept:
            raise FenceLost(str(handle.feed))

    return keep


def _read_done(feed: Feed, handle: RunHandle, session: Session, spec: FeedSpec) -> None:
    now = db_now()
    counts = handle.counts
    skew = feed.clock_skew_ms
    if session.last_date is not None:
        # Date has whole seconds and is cut off, so the true clock is up to a second later: never later than it reads.
        skew = int((session.last_date - now).total_seconds() * 1000)
        skew = skew if abs(skew) > 2000 else 0
    elif not session.calls:
        skew = 0  # nobody was asked: it is read from our own books
    changes: dict[str, Any] = {
        "resume": None,
        "lease_until": None,
        "leased_by": "",
        "failures": 0,
        "last_problem": "",
        "last_read_at": now,
        "last_items": counts.read,
        "last_calls": session.calls,
        "last_run": handle.row,
        "clock_skew_ms": skew,
        "history": [*feed.history, _usual(feed, handle)][-HISTORY:],
        "budget_id": session.budget_id,
    }
    if handle.row is None:
        changes["idle_calls"] = max(1, session.calls)
    feed.budget_id = session.budget_id
    # The window was made with what was known of the source's clock before; where that was too late, so was its end.
    read_to = handle.window_to - dt.timedelta(milliseconds=max(0, feed.clock_skew_ms - skew))
    if feed.read_until is None or read_to > feed.read_until:
        changes["read_until"] = read_to
    if feed.look_until is not None and read_to >= feed.look_until:
        changes["look_until"] = None  # all that a lost database may have delivered has been seen
    if handle.row is not None:
        changes["last_change_at"] = now
    with transaction.atomic():
        hinted_for = Feed.objects.select_for_update().values_list("hinted_for", flat=True).get(pk=feed.pk)
        changes |= _next_read(feed, read_to - dt.timedelta(milliseconds=skew), hinted_for, now)
        if not Feed.objects.filter(pk=feed.pk, fence=handle.fence).update(**changes):
            return
        if handle.row is not None:
            close_run(handle, session, Run.Outcome.DONE, "", now)
    session.take_exchanges()
    quiet.look_at_read(feed, spec, counts, now=now)
    if feed.last_problem:
        issues.resolve_feed(feed, now=now)


def _next_read(feed: Feed, read_to: dt.datetime, hinted_for: dt.datetime | None, now: dt.datetime) -> dict[str, Any]:
    """When the feed is read again: by its schedule, or sooner for a hint of what the read cannot have seen: of later
    than its window, or one that came while it was being read (what it speaks of may have been committed only then).
    `read_to` by our clock: the hint was heard by it."""
    feed.stretched_seconds = pace.stretched(feed, now)
    changes: dict[str, Any] = {"stretched_seconds": feed.stretched_seconds}
    regular = next_read(feed, now)
    if hinted_for is None or (hinted_for < read_to and hinted_for == feed.hinted_for):
        return changes | {"due_at": regular, "hinted_for": None}
    hinted = opens(feed, max(now, hinted_for + dt.timedelta(seconds=feed.settle_seconds)))
    return changes | {"due_at": min(regular, hinted)}


def _usual(feed: Feed, handle: RunHandle) -> int:
    """What the read counts for when the next flood is judged: a flood does not make the next one usual."""
    limit = flood.limit_of(feed)
    return handle.counts.captured if not handle.flooded or limit is None else min(handle.counts.captured, limit)


def cadence_of(feed: Feed) -> Cadence:
    """The feed's schedule. One that cannot be read (of a later release) counts for nothing: the interval is left."""
    try:
        return Cadence.of(feed.schedule or {})
    except NeverDue as error:
        log.warning("feed.schedule_unreadable", feed=feed.pk, why=str(error))
        return EVERY_DAY


def next_read(feed: Feed, after: dt.datetime) -> dt.datetime:
    """When the feed is due after a read at `after`."""
    every = dt.timedelta(seconds=feed.stretched_seconds or feed.interval_seconds)
    try:
        return cadence_of(feed).next_read(after, every=every, zone=ZoneInfo(feed.tenant.time_zone))
    except NeverDue as error:
        log.warning("feed.never_due", feed=feed.pk, why=str(error))
        return after + every


def opens(feed: Feed, moment: dt.datetime) -> dt.datetime:
    """The moment, or the end of the quiet hours or closed days that it lies in. For reads that the clock did not
    bring about: hints, and further tries."""
    try:
        return cadence_of(feed).opens(moment, zone=ZoneInfo(feed.tenant.time_zone))
    except NeverDue:
        return moment


def _read_failed(feed: Feed, handle: RunHandle | None, session: Session | None, error: Exception) -> None:
    now = db_now()
    due: dt.datetime
    match error:
        case Paused() | RateLimited():
            due = error.retry_at
        case ConfigError() | Unauthorized():
            due = now + CONFIG_PAUSE
        case Transient():
            due = now + pause_after(feed.failures, at_least=error.retry_after)
        case Fault():
            due = now + pause_after(feed.failures)
        case _:
            due = now + pause_after(feed.failures + 4)
            log.exception("feed.read_failed", feed=feed.pk, tenant=feed.tenant_id)
    sentence = error.sentence if isinstance(error, Fault) else f"{type(error).__name__}: {error}"
    with transaction.atomic():
        held = Feed.objects.filter(pk=feed.pk, fence=feed.fence).update(
            lease_until=None,
            leased_by="",
            due_at=opens(feed, due),
            last_problem=sentence[:500],
            failures=F("failures") + (0 if isinstance(error, Paused | RateLimited) else 1),
        )
        if not held:
            return
        if handle is not None and handle.row is not None and session is not None:
            close_run(handle, session, Run.Outcome.FAILED, sentence, now)
        elif session is not None:
            keep_exchanges(feed, session, None)
        waits = isinstance(error, Paused | RateLimited)
        needs_somebody = not isinstance(error, Transient) or feed.failures >= 3
        if not waits and needs_somebody:
            issues.for_feed(feed, error, now=now)
