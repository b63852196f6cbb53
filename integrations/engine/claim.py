"""Taking work from the outbox (T1): one at a time in a lane, tenants in turn, never twice."""

from __future__ import annotations

import datetime as dt
import time

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import CharField, Count, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django_scopes import scopes_disabled

from integrations.engine import issues
from integrations.engine.backoff import pause_after
from integrations.engine.closing import count_death
from integrations.engine.workers import is_dead
from integrations.flows.contract import RECALL
from integrations.http.errors import Fault
from integrations.models import (
    HELD_STATES,
    OPEN_STATES,
    Attempt,
    Backfill,
    Breaker,
    Delivery,
    Feed,
    Flow,
    Operation,
    State,
    WorkSlot,
)
from portal.audit import trail
from portal.common.clock import db_now

LEASE = dt.timedelta(seconds=150)
"""Longer than any single call may last."""
CRASHES_ALLOWED = 2
APART = dt.timedelta(seconds=2)
"""Between the next tries of what one dead worker held: one of them may have killed it, and must not take the others
with it a second time."""
FARTHEST_APART = dt.timedelta(minutes=10)
LOOKS_ALLOWED = 5
"""So many look-ups in a row may fail before somebody is told."""
LOOK_AHEAD = 25


def due_deliveries(now: dt.datetime) -> QuerySet[Delivery]:
    """Deliveries that may be claimed now: due, switched on, first of their lane, at a connection that may be called."""
    disturbed = Breaker.objects.filter(~Q(position=Breaker.Position.CLOSED) | Q(on_trial=True))
    rows = list(disturbed.values_list("connection_id", "position", "probe_after", "on_trial"))  # nearly always none
    closed = [pk for pk, at, until, _ in rows if at != Breaker.Position.CLOSED and until is not None and until > now]
    closed += _full([pk for pk, _, _, on_trial in rows if on_trial])
    due = may_go().filter(not_before__lte=now)
    return due.exclude(sink_connection__in=closed) if closed else due


def may_go() -> QuerySet[Delivery]:
    """Deliveries that go by themselves when their time has come: switched on, first of their lane. What takes a
    document back from a trading partner does not wait for a person who looks at what failed: that is another's."""
    earlier = (
        Delivery.objects.filter(
            integration=OuterRef("integration"), lane=OuterRef("lane"), id__lt=OuterRef("id"), state__in=OPEN_STATES
        )
        .annotate(for_the_later=ExpressionWrapper(OuterRef("operation"), output_field=CharField()))
        .exclude(state=State.FAILED, for_the_later=RECALL)
    )
    held = Delivery.objects.filter(integration=OuterRef("integration"), lane=OuterRef("lane"), state__in=HELD_STATES)
    return Delivery.objects.filter(
        ~Exists(earlier),
        ~Exists(held),
        state=State.PENDING,
        flow__enabled=True,
        flow__paused_reason="",
        integration__enabled=True,
        sink_connection__enabled=True,
    ).filter(not_stopped())


def not_stopped() -> Q:
    """Where no kill switch is pressed: neither the tenant's nor that of the side of the integration to which it goes.
    Without a query of its own: it is looked at for every claim."""
    return Q(tenant__sending_stopped=False) & side_not_stopped()


def side_not_stopped() -> Q:
    """Where the side of the integration to which it goes is not stopped."""
    books, partner = (Q(sink_connection=F(f"integration__{side}")) for side in ("books", "partner"))
    return (Q(integration__books_stopped="") | ~books) & (Q(integration__partner_stopped="") | ~partner)


def due_verdicts(now: dt.datetime) -> QuerySet[Delivery]:
    """Accepted deliveries whose verdict may be asked for now, and those in doubt that may be settled."""
    free = verdicts().filter(Q(lease_until=None) | Q(lease_until__lt=now))
    return free.filter(not_before__lte=now).exclude(sink_connection__in=_stopped_connections(now))


def verdicts() -> QuerySet[Delivery]:
    """Deliveries that somebody will be asked about when their time has come."""
    return Delivery.objects.filter(state__in=[State.ACCEPTED, State.IN_DOUBT], sink_connection__enabled=True)


def _stopped_connections(now: dt.datetime) -> list[int]:
    """Connections whose breaker is open: claiming their deliveries would only put them back."""
    rows = Breaker.objects.exclude(position=Breaker.Position.CLOSED).filter(probe_after__gt=now)
    return list(rows.values_list("connection_id", flat=True))


def connections_on_trial() -> list[int]:
    """Connections at which effects are on trial and no further one is tried for now: one is under way, or as many as
    one outage may put in doubt wait to be settled. What asks a person does not count: that may take days."""
    return _full(list(Breaker.objects.filter(on_trial=True).values_list("connection_id", flat=True)))


def _full(on_trial: list[int]) -> list[int]:
    """Of connections at which effects are on trial, those at which no further one is tried for now."""
    if not on_trial:
        return []
    there = Delivery.objects.filter(sink_connection__in=on_trial).order_by().values_list("sink_connection")
    trying = there.filter(state=State.SENDING).distinct()
    in_doubt = there.filter(state=State.IN_DOUBT, issue=None).annotate(count=Count("pk"))
    return [pk for (pk,) in trying] + [pk for pk, count in in_doubt if count >= settings.WORK_THREADS]


def claim_delivery(worker: str, turn: Turn, *, only: Q | None = None, known: Known | None = None) -> Delivery | None:
    """Claims the next delivery for this worker, or None when nothing is due. Counted before the work, so that what
    kills its worker is known by its claims."""
    now = db_now()
    due = due_deliveries(now)
    if only is not None:
        due = due.filter(only)
    for tenant in turn.order(due):
        pk = _claim(due.filter(tenant_id=tenant), worker, now)
        if pk is not None:
            turn.took(tenant)
            return _whole(pk, known)
    turn.look_anew()
    return None


def claim_mates(first: Delivery, worker: str, most: int, *, known: Known | None = None) -> list[Delivery]:
    """Claims up to `most` further deliveries that may go to the sink in one call with a claimed one: of the same
    operation of the same flow, each of another lane. What a worker died over goes alone: it may kill the next one too.

    Unscoped, as the first one was claimed: a tenant beside the state in the look for earlier ones of a lane makes
    SQLite read all that is open for each of them, and thousands may be.
    """
    found: list[Delivery] = []
    if first.crashes:
        return found
    with scopes_disabled():
        while len(found) < most:
            now = db_now()
            due = due_deliveries(now).filter(flow_id=first.flow_id, operation=first.operation, crashes=0)
            pk = _claim(due.filter(sink_connection_id=first.sink_connection_id), worker, now)
            if pk is None:
                break
            found.append(_whole(pk, known))
    return found


def _claim(due: QuerySet[Delivery], worker: str, now: dt.datetime) -> int | None:
    try:
        with transaction.atomic():
            first = due.select_for_update(skip_locked=True, of=("self",)).order_by("not_before", "rank", "id")
            delivery = first.only("pk").first()
            if delivery is None:
                return None
            Delivery.objects.filter(pk=delivery.pk).update(
                state=State.SENDING,
                since=now,
                claims=F("claims") + 1,
                fence=F("fence") + 1,
                lease_until=now + LEASE,
                worker=worker,
            )
    except IntegrityError:
        return None  # another worker was faster in the same lane: the database allows one
    return delivery.pk


def claim_verdict(worker: str, *, only: Q | None = None, known: Known | None = None) -> Delivery | None:
    """Claims an accepted delivery whose verdict is to be asked for, or one in doubt that is to be settled."""
    now = db_now()
    due = due_verdicts(now)
    if only is not None:
        due = due.filter(only)
    with transaction.atomic():
        delivery = due.select_for_update(skip_locked=True, of=("self",)).order_by("not_before", "id").first()
        if delivery is None:
            return None
        delivery.fence += 1
        delivery.lease_until, delivery.worker = now + LEASE, worker
        delivery.save(update_fields=["fence", "lease_until", "worker"])
    return _whole(delivery.pk, known)


def _whole(pk: int, known: Known | None) -> Delivery:
    """A delivery with all that is needed to work on it."""
    delivery = Delivery.objects.select_related(
        "record__payload", "frozen", "transaction_set__agreement", "issue", "replays", "edit"
    ).get(pk=pk)
    flow = (known or Known()).flow(delivery.flow_id)
    delivery.flow, delivery.integration, delivery.tenant = flow, flow.integration, flow.tenant
    for side in (flow.integration.books, flow.integration.partner):
        if side.pk == delivery.sink_connection_id:
            delivery.sink_connection = side
    return delivery  # of a connection that the integration no longer has, Django reads the row when it is needed


class Known:
    """Flows with their integration and connections, as one thread remembers them for a moment: they are wide, their
    secrets must be decrypted, and hundreds of deliveries share them."""

    SECONDS = 2.0

    def __init__(self) -> None:
        self._flows: dict[int, tuple[float, Flow]] = {}

    def flow(self, pk: int) -> Flow:
        now = time.monotonic()
        kept = self._flows.get(pk)
        if kept is None or now - kept[0] > self.SECONDS:
            row = Flow.objects.select_related("tenant", "integration__books", "integration__partner__network")
            kept = self._flows[pk] = (now, row.get(pk=pk))
        return kept[1]


class Turn:
    """Whose turn it is: tenants with due work one after the other, so that none waits behind another's thousands.

    Who has due work is looked up once a second, not for each claim.
    """

    SECONDS = 1.0

    def __init__(self) -> None:
        self._last = 0
        self._tenants: list[int] = []
        self._looked_at = float("-inf")

    def order(self, due: QuerySet[Delivery]) -> list[int]:
        """The tenants with due work, the one after the last that was served first."""
        if not self._tenants or time.monotonic() - self._looked_at > self.SECONDS:
            self._tenants, self._looked_at = _tenants_of(due), time.monotonic()
        later = [t for t in self._tenants if t > self._last]
        return later + [t for t in self._tenants if t <= self._last]

    def took(self, tenant: int) -> None:
        self._last = tenant

    def look_anew(self) -> None:
        """None of them had anything left."""
        self._tenants = []


def _tenants_of(due: QuerySet[Delivery]) -> list[int]:
    """The tenants of what is due first, and one more whose work stands further back."""
    first = set(due.order_by("not_before", "rank", "id").values_list("tenant_id", flat=True)[:LOOK_AHEAD])
    if first:
        other = due.exclude(tenant_id__in=first).order_by().values_list("tenant_id", flat=True).first()
        if other is not None:
            first.add(other)
    return sorted(first)


def sweep_leases() -> int:
    """Frees what dead workers held: after its lease, or at once when its process is gone from this host. Without an
    open attempt nothing was sent: pending. With one, nobody knows: in doubt, never pending. What killed its worker
    twice is parked; what merely died with it goes on apart from it. Returns how many were freed."""
    now = db_now()
    freed = 0
    held = Delivery.objects.filter(lease_until__isnull=False).values_list("pk", "lease_until", "worker")
    for pk, lease_until, worker in held.order_by("lease_until")[:1000]:
        if lease_until is None or (lease_until >= now and not is_dead(worker)):
            continue
        with transaction.atomic():
            delivery = (
                Delivery.objects.select_for_update(of=("self",))
                .filter(pk=pk, lease_until=lease_until, worker=worker)
                .first()
            )
            if delivery is None:
                continue
            _free(delivery, now, at=now + min(freed * APART, FARTHEST_APART))
            freed += 1
    for model, holder in ((Feed, "leased_by"), (Backfill, "leased_by"), (Operation, "leased_by"), (WorkSlot, "holder")):
        for row in model.objects.filter(lease_until__gte=now):
            if is_dead(getattr(row, holder)):
                _let_go(row, holder, now)
    return freed


def _let_go(row: Feed | Backfill | Operation | WorkSlot, holder: str, now: dt.datetime) -> None:
    """Frees what a dead worker held, unless somebody did so before."""
    with transaction.atomic():
        held = type(row).objects.filter(pk=row.pk, lease_until=row.lease_until)
        if held.update(lease_until=None, **{holder: ""}) and isinstance(row, Feed):
            count_death(row, now)
            Feed.objects.filter(pk=row.pk, lease_until=None).update(
                failures=row.failures, due_at=row.due_at, last_problem=row.last_problem
            )


def _free(delivery: Delivery, now: dt.datetime, *, at: dt.datetime) -> None:
    """`at`: when it is its turn again."""
    worker = delivery.worker
    delivery.fence += 1  # whatever the dead worker still writes comes too late
    delivery.lease_until, delivery.worker = None, ""
    open_attempts = delivery.attempts.filter(closed_at=None)
    was_calling = open_attempts.filter(kind=Attempt.Kind.APPLY).exists()
    open_attempts.update(closed_at=now, outcome="worker lost", detail=f"{worker} did not come back.")
    if delivery.state == State.SENDING:
        delivery.crashes += 1
        delivery.state, delivery.since = (State.IN_DOUBT if was_calling else State.PENDING), now
        delivery.not_before = at
        if delivery.crashes >= CRASHES_ALLOWED and not was_calling:
            delivery.state = State.FAILED
            delivery.reason = "Its worker died twice while preparing it. It is parked, so that others go on."
            delivery.error_class = "bug"
            issues.for_delivery(delivery, Fault(delivery.reason, remedy="The support looks into it."), now=now)
    else:  # it was being looked for: that may be what killed the worker, so it is done again later and later
        delivery.transient_failures += 1
        delivery.not_before = now + pause_after(delivery.transient_failures)
        if delivery.transient_failures >= LOOKS_ALLOWED:
            words = f"Workers die while they look what became of {delivery.business_number or 'a record'}."
            issues.for_delivery(delivery, Fault(words, remedy="The support looks into it."), now=now)
    delivery.save()
    trail.record(
        trail.event(
            delivery.tenant_id,
            "delivery.lease_expired",
            f"{worker} was lost; now {delivery.get_state_display()}.",
            object_type="delivery",
            object_id=delivery.pk,
            business_number=delivery.business_number,
        )
    )
