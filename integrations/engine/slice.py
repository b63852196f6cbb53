"""A slice of work: threads that take what is due until nothing is, or the time is up."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import structlog
from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.db.models import Q
from django_scopes import scope, scopes_disabled

from integrations.engine import dispatch, schedule
from integrations.engine.backfill import claim_backfill, read_backfill
from integrations.engine.claim import Known, Turn, claim_delivery, claim_mates, claim_verdict
from integrations.engine.deliver import batch_of, deliver_batch
from integrations.engine.operations import claim_operation, work_on
from integrations.engine.read import claim_feed, read_feed
from integrations.engine.sessions import Sessions
from integrations.engine.settle import settle
from integrations.engine.workers import host_name, worker_name
from integrations.flows.registry import all_flows
from integrations.models import Delivery, Feed, WorkSlot
from integrations.notices import queue as notices
from portal.common import durations
from portal.common.clock import db_now
from portal.common.decoding import prepare_types
from portal.tenants.models import Tenant

log = structlog.get_logger()

SECONDS = 45.0
SLOT_LEASE = dt.timedelta(seconds=180)
POLL = 0.5
SOON = dt.timedelta(seconds=45)
MISHAPS = 3
LOOK_SECONDS = 0.5
"""So often the thread that reads first looks for operations, feeds and messages while there is much to send."""


@dataclass(slots=True)
class Scope:
    """What a slice may take. Empty: everything."""

    feeds: set[int] | None = None
    deliveries: Q | None = None
    operations: set[int] | None = None


@dataclass(slots=True)
class Done:
    """What a slice did."""

    feeds: int = 0
    deliveries: int = 0
    verdicts: int = 0
    operations: int = 0
    messages: int = 0
    """Messages and mails to customers."""
    periods: int = 0
    """Sittings of backfills."""
    read: set[int] = field(default_factory=set)
    """Feeds that were read."""

    @property
    def anything(self) -> bool:
        return bool(self.feeds or self.deliveries or self.verdicts or self.operations or self.messages or self.periods)


def run_slice(*, seconds: float = SECONDS, threads: int | None = None, limits: Scope | None = None) -> Done:
    """Works with `threads` threads until nothing is due any more or `seconds` are over. Returns what was done."""
    all_flows()
    prepare_types()
    until = time.monotonic() + seconds
    total, guard = Done(), threading.Lock()
    count = threads or settings.WORK_THREADS
    with ThreadPoolExecutor(max_workers=count, thread_name_prefix="work") as pool:
        futures = [
            pool.submit(_thread, until, limits or Scope(), total, guard, reads_first=i == 0) for i in range(count)
        ]
        wait(futures)
        for future in futures:
            future.result()
    return total


@dataclass(slots=True)
class _Hand:
    """One thread at work, and what it remembers between two things."""

    worker: str = field(default_factory=worker_name)
    sessions: Sessions = field(default_factory=Sessions)
    turn: Turn = field(default_factory=Turn)
    known: Known = field(default_factory=Known)
    tells: bool = False
    looked_at: float = float("-inf")
    """On the monotonic clock: when it last found no operation, feed or message to be due."""


def _thread(until: float, limits: Scope, total: Done, guard: threading.Lock, *, reads_first: bool) -> None:
    hand = _Hand()
    try:
        mishaps = 0
        while time.monotonic() < until and mishaps < MISHAPS:
            try:
                if not _one(hand, limits, total, guard, reads_first=reads_first):
                    return
            except DatabaseError:
                # The database is away or busy. What was claimed stands there with its lease, and is freed later.
                log.exception("work.database_failed", worker=hand.worker)
                mishaps += 1
                connections.close_all()
                time.sleep(POLL * mishaps)
    finally:
        hand.sessions.close()
        connections.close_all()


def _one(hand: _Hand, limits: Scope, total: Done, guard: threading.Lock, *, reads_first: bool) -> bool:
    """Takes one thing that is due and does it. False when nothing is. Most threads send before they read; one reads
    first, so that neither a flood of news holds back what is ready to go, nor what is to go holds back the reading of
    others."""
    worker, sessions = hand.worker, hand.sessions
    only, known = limits.deliveries, hand.known
    # One thread looks for what is to be told every other time, so that much work never starves it.
    looks = reads_first and time.monotonic() - hand.looked_at > LOOK_SECONDS
    hand.tells = looks and limits == Scope() and not hand.tells
    if hand.tells and _tell(worker, total, guard):
        return True
    with scopes_disabled():
        operation = claim_operation(worker, only=limits.operations) if looks else None
        feed = claim_feed(worker, only=limits.feeds) if looks and operation is None else None
        if looks and not (operation or feed):
            hand.looked_at = time.monotonic()
        delivery = None if operation or feed else claim_delivery(worker, hand.turn, only=only, known=known)
        verdict = None if operation or feed or delivery else claim_verdict(worker, only=only, known=known)
        if reads_first and not (looks or delivery or verdict):
            operation = claim_operation(worker, only=limits.operations)
        if not (operation or feed or delivery or verdict):
            feed = claim_feed(worker, only=limits.feeds)
        period = None if feed or delivery or verdict or operation else claim_backfill(worker, only=limits.feeds)
    task: Callable[[], object]
    if delivery is not None:
        tenant, task, kind = delivery.tenant, (lambda: _deliver(hand, delivery)), "deliveries"
    elif verdict is not None:
        tenant, task, kind = verdict.tenant, (lambda: settle(verdict, sessions)), "verdicts"
    elif operation is not None:
        tenant, task, kind = operation.tenant, (lambda: work_on(operation, sessions)), "operations"
    elif feed is not None:
        tenant, task, kind = feed.tenant, (lambda: _read(feed, sessions)), "feeds"
    elif period is not None:
        tenant, task, kind = period.tenant, (lambda: read_backfill(period, sessions)), "periods"
    else:
        return limits == Scope() and _tell(worker, total, guard)
    _do(total, guard, tenant, task, kind)
    if feed is not None:
        with guard:
            total.read.add(feed.pk)
    return True


def _tell(worker: str, total: Done, guard: threading.Lock) -> bool:
    """Sends a message or a mail to a customer, if one is due."""
    with scopes_disabled():
        item = notices.claim(worker)
    if item is not None:
        _do(total, guard, item.tenant, lambda: notices.carry_out(item), "messages")
    return item is not None


def _do(total: Done, guard: threading.Lock, tenant: Tenant, task: Callable[[], object], kind: str) -> None:
    """Does what was claimed, as its tenant, and counts it."""
    with scope(tenant=tenant), structlog.contextvars.bound_contextvars(tenant=tenant.slug):
        task()
    with guard:
        setattr(total, kind, getattr(total, kind) + 1)


def _deliver(hand: _Hand, delivery: Delivery) -> None:
    """Does a claimed delivery, together with others where its sink takes several in one call."""
    mates = claim_mates(delivery, hand.worker, batch_of(delivery) - 1, known=hand.known)
    begun = time.monotonic()
    try:
        deliver_batch([delivery, *mates], hand.sessions)
    finally:
        for _ in (delivery, *mates):
            durations.observe("delivery", delivery.sink_connection.system, time.monotonic() - begun)


def _read(feed: Feed, sessions: Sessions) -> None:
    with durations.timed("read", feed.connection.system):
        read_feed(feed, sessions)


# --- Slots: at most workers − 1 slices a host, so that tick and heartbeat always get through


def take_slot() -> WorkSlot | None:
    """A free place on this host, or None when enough slices run."""
    host, now = host_name(), db_now()
    for number in range(max(1, settings.WORKERS - 1)):
        with transaction.atomic():
            WorkSlot.objects.get_or_create(host=host, number=number)
            won = WorkSlot.objects.filter(
                Q(lease_until=None) | Q(lease_until__lt=now), host=host, number=number
            ).update(lease_until=now + SLOT_LEASE, holder=worker_name())
        if won:
            return WorkSlot.objects.get(host=host, number=number)
    return None


def give_slot_back(slot: WorkSlot) -> None:
    WorkSlot.objects.filter(pk=slot.pk, holder=slot.holder).update(lease_until=None, holder="")


def run_slot() -> Done | None:
    """What one `work` task does: take a slot, work for a slice, and call the next slice while there is work. None
    without a slot."""
    slot = take_slot()
    if slot is None:
        return None
    total = Done()
    until = time.monotonic() + SECONDS
    try:
        while True:
            _add(total, run_slice(seconds=until - time.monotonic()))
            if not _wait_for_more(until):
                break
    finally:
        durations.store()
        give_slot_back(slot)
    with scopes_disabled():
        if _due_within(SOON):
            dispatch.wake()
    return total


def _wait_for_more(until: float) -> bool:
    """Waits while something becomes due before the slice ends: a retry in two seconds must not wait for the next tick.
    True when it is."""
    with scopes_disabled():
        while time.monotonic() < until:
            if schedule.anything_due():
                return True
            if not _due_within(dt.timedelta(seconds=until - time.monotonic())):
                return False
            time.sleep(POLL)  # the slot stays ours: other slices would find nothing either
    return False


def _due_within(span: dt.timedelta) -> bool:
    moment = schedule.next_due()
    return moment is not None and moment <= db_now() + span


def _add(total: Done, more: Done) -> None:
    total.feeds += more.feeds
    total.deliveries += more.deliveries
    total.verdicts += more.verdicts
    total.operations += more.operations
    total.messages += more.messages
    total.periods += more.periods
