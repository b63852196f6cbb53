"""After a backup was restored: what was done since is not known here, and must be done neither again nor never."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, QuerySet

from edi import services as edi
from edi.models import ControlNumber, Direction
from integrations.engine.claim import sweep_leases
from integrations.models import AccessToken, Attempt, Backfill, Delivery, Feed, Operation, Record, State, WorkSlot
from portal.audit import trail
from portal.common.clock import db_now
from portal.common.installation import epoch_matches, installation, write_epoch
from portal.tenants.models import Tenant

UNSENT = (State.WAITING, State.PENDING, State.SENDING, State.FAILED)
"""What this database believes not to be at the other side. Since the backup it may have come there."""


@dataclass(frozen=True, slots=True)
class TenantStatus:
    """What is open for one tenant."""

    tenant: Tenant
    unsent: int
    in_doubt: int
    feeds: int
    counters: int


@dataclass(frozen=True, slots=True)
class Status:
    """What a restored database knows, and what accepting it would do."""

    restored: bool
    known_until: dt.datetime | None
    """The last thing that it did; whatever it did later is lost."""
    tenants: tuple[TenantStatus, ...]


def status() -> Status:
    """Looks only."""
    open_rows = dict(Delivery.objects.filter(state__in=UNSENT).order_by().values_list("tenant").annotate(n=Count("pk")))
    doubt = dict(Delivery.objects.filter(state=State.IN_DOUBT).order_by().values_list("tenant").annotate(n=Count("pk")))
    feeds = dict(Feed.objects.order_by().values_list("tenant").annotate(n=Count("pk")))
    counters = dict(_counters().order_by().values_list("tenant").annotate(n=Count("pk")))
    return Status(
        not epoch_matches(),
        known_until(),
        tuple(
            TenantStatus(t, open_rows.get(t.pk, 0), doubt.get(t.pk, 0), feeds.get(t.pk, 0), counters.get(t.pk, 0))
            for t in Tenant.objects.order_by("slug")
        ),
    )


def known_until() -> dt.datetime | None:
    """The last moment of which this database knows that something was read or sent."""
    moments = (
        Feed.objects.aggregate(at=Max("last_read_at"))["at"],
        Record.objects.aggregate(at=Max("captured_at"))["at"],
        Attempt.objects.filter(kind=Attempt.Kind.APPLY).aggregate(at=Max("started_at"))["at"],
    )
    return max((m for m in moments if m is not None), default=None)


def accept(*, by: str, since: dt.datetime | None = None) -> Status:
    """Lets a restored database go on. Everything in one transaction; interrupted, nothing has happened.

    What it believes to be unsent, and what it reads again from the time that is lost (`since`, by default the last
    moment that it knows of), is looked for at the other side before it is sent. Cursors step back by
    RESTORE_STEP_BACK, control numbers go ahead by RESTORE_NUMBER_JUMP, and a new epoch begins. Returns what there was
    to do. Raises ValidationError when control numbers cannot go so far.
    """
    was = status()
    begin = since or was.known_until
    with transaction.atomic():
        now = db_now()
        _end_all_leases(now)
        sweep_leases()
        Delivery.objects.filter(state__in=UNSENT).update(look_first=True)
        _end_forced_replays(by, now)
        step_back = dt.timedelta(seconds=settings.RESTORE_STEP_BACK)
        for feed in Feed.objects.select_for_update():
            if feed.read_until is not None:
                feed.read_until = min(feed.read_until, begin or feed.read_until) - step_back
            feed.resume, feed.due_at = None, now
            feed.look_until = now + dt.timedelta(milliseconds=max(0, feed.clock_skew_ms))
            feed.fence += 1
            feed.save(update_fields=["read_until", "resume", "due_at", "look_until", "fence"])
        for counter in _counters().select_related("network"):
            _jump(counter, by, now)
        AccessToken.objects.update(refreshing_until=None)
        row = installation()
        row.restored_from, row.restored_at, row.epoch = begin or now, now, uuid.uuid4()
        row.save(update_fields=["restored_from", "restored_at", "epoch"])
        for one in was.tenants:
            trail.record(
                trail.event(
                    one.tenant,
                    "installation.restored",
                    f"A backup that knew until {begin:%Y-%m-%d %H:%M:%S} UTC was accepted; {one.unsent} deliveries are "
                    "looked for before they are sent."
                    if begin
                    else "An empty backup was accepted.",
                    object_type="installation",
                    object_id=row.pk,
                    actor_name=by,
                )
            )
    write_epoch()  # last: until then nothing is read or sent
    return was


def declare() -> None:
    """Says that this database was restored, where it cannot know: the backup is as young as the last sign of life. From
    now on nothing is read or sent until it is accepted."""
    row = installation()
    row.epoch = uuid.uuid4()
    row.save(update_fields=["epoch"])


def _counters() -> QuerySet[ControlNumber]:
    return ControlNumber.objects.filter(direction=Direction.OUT, last__gt=0)


def _jump(counter: ControlNumber, by: str, now: dt.datetime) -> None:
    route = edi.Route(network=counter.network, route=counter.route, stream=counter.stream, direction=counter.direction)
    edi.set_next_number(
        route,
        counter.kind,
        counter.last + settings.RESTORE_NUMBER_JUMP + 1,
        reason="The database was restored from a backup; these numbers may have been used since.",
        actor=None,
        actor_name=by,
        now=now,
    )


def _end_forced_replays(by: str, now: dt.datetime) -> None:
    """A forced replay makes new deliveries, each with a key of its own, so nothing tells which of them were sent since
    the backup. One that was running, or was about to, ends here; a person who looked asks for the rest anew."""
    open_ones = Operation.objects.filter(kind=Operation.Kind.REPLAY).exclude(state__in=Operation.TERMINAL)
    for row in open_ones.select_for_update(of=("self",)):
        if not row.options.get("force"):
            continue
        row.state, row.ended_at, row.fence = Operation.State.CANCELLED, now, row.fence + 1
        row.lease_until, row.leased_by = None, ""
        row.problem = "The database was restored from a backup: what it sent since is not known. Look, then ask anew."
        row.save(update_fields=["state", "ended_at", "fence", "lease_until", "leased_by", "problem"])
        trail.record(
            trail.event(
                row.tenant_id,
                "operation.cancelled",
                f"{row}: {row.problem}",
                object_type="operation",
                object_id=row.pk,
                actor_name=by,
            )
        )


def _end_all_leases(now: dt.datetime) -> None:
    """Nobody who held anything when the backup was made holds it any more."""
    past = now - dt.timedelta(seconds=1)
    Delivery.objects.filter(lease_until__gt=past).update(lease_until=past)
    for model, holder in ((Feed, "leased_by"), (Backfill, "leased_by"), (WorkSlot, "holder")):
        model.objects.exclude(lease_until=None).update(lease_until=None, **{holder: ""})
