"""Taking away what personal and bank data stands in, once it is old: bodies first, whole runs later. Hashes, business
numbers, attempts and the audit trail stay."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from edi.models import Interchange, ReceivedFile
from integrations.models import OPEN_STATES, Delivery, Exchange, Payload, Run, WebhookEvent
from integrations.notices.models import Mail, Message, Notice
from portal.audit import trail
from portal.common.clock import db_now
from portal.common.models import Installation
from portal.tenants.models import Retention, Tenant

BATCH = 500
"""Rows of one transaction."""
SECONDS = 40.0
"""So long one sitting lasts; what is left waits for the next minute."""
EVERY = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Days:
    """How long things are kept."""

    bodies: int
    runs: int


DAYS = {
    Retention.SHORT: Days(bodies=30, runs=90),
    Retention.STANDARD: Days(bodies=90, runs=180),
    Retention.LONG: Days(bodies=400, runs=800),
}


@dataclass(slots=True)
class Pruned:
    """What was taken away."""

    payloads: int = 0
    exchanges: int = 0
    interchanges: int = 0
    files: int = 0
    webhooks: int = 0
    notices: int = 0
    mails: int = 0
    runs: int = 0
    reads: int = 0
    """Rows of exchanges that read, which go with their runs."""

    @property
    def anything(self) -> bool:
        return any(asdict(self).values())


def due(now: dt.datetime) -> bool:
    """Whether it is time, for the one who asks: true once an hour over all hosts."""
    rows = Installation.objects.filter(Q(pruned_at=None) | Q(pruned_at__lt=now - EVERY), id=1)
    return bool(rows.update(pruned_at=now))


def prune_all(tenants: list[Tenant]) -> int:
    """Prunes every tenant by its class of retention, for a while. Returns how many of them had something to prune. What
    is left is gone on with in a minute."""
    until = time.monotonic() + SECONDS
    pruned = sum(prune(tenant, until=until).anything for tenant in tenants)
    if time.monotonic() > until:
        Installation.objects.filter(id=1).update(pruned_at=None)
    return pruned


def prune(tenant: Tenant, *, until: float | None = None) -> Pruned:
    """Takes away what is older than the tenant's class says. Never what an open delivery needs, or the tries of one;
    nothing at all while the tenant is under a legal hold."""
    if tenant.legal_hold:
        return Pruned()
    until = time.monotonic() + SECONDS if until is None else until
    days, now, done = DAYS[Retention(tenant.retention)], db_now(), Pruned()
    bodies, runs = now - dt.timedelta(days=days.bodies), now - dt.timedelta(days=days.runs)
    done.payloads = _all(_payloads(tenant, bodies), _emptied(data=None), until)
    no_bodies = _emptied(request_body=None, response_body=None, pruned=True)
    done.exchanges = _all(_exchanges(tenant, bodies), no_bodies, until)
    done.interchanges = _all(_interchanges(tenant, bodies), _emptied(text=None), until)
    files = ReceivedFile.objects.filter(tenant=tenant, last_received_at__lt=bodies, content__isnull=False)
    done.files = _all(files, _emptied(content=None), until)
    done.webhooks = _all(WebhookEvent.objects.filter(tenant=tenant, last_received_at__lt=bodies), _deleted, until)
    queued = Message.objects.filter(state__in=[Message.State.PENDING, Message.State.SENDING], notice=OuterRef("pk"))
    told = Notice.objects.filter(~Exists(queued), tenant=tenant, created_at__lt=bodies)
    done.notices = _all(told, _deleted, until)
    done.mails = _all(Mail.objects.filter(tenant=tenant, created_at__lt=bodies), _deleted, until)
    # Exchanges of attempts stay: an attempt is a proof, and its hashes belong to it.
    reads = Exchange.objects.filter(tenant=tenant, started_at__lt=runs, attempts=None)
    done.reads = _all(reads, _deleted, until)
    old = Run.objects.filter(tenant=tenant, started_at__lt=runs).exclude(outcome=Run.Outcome.RUNNING)
    done.runs = _all(old.exclude(deliveries__state__in=OPEN_STATES), _deleted, until)
    if done.anything:
        _audit(tenant, days, done)
    return done


def _payloads(tenant: Tenant, before: dt.datetime) -> QuerySet[Payload]:
    needed = Delivery.objects.filter(tenant=tenant, state__in=OPEN_STATES)
    return Payload.objects.filter(
        ~Exists(needed.filter(record__payload=OuterRef("pk"))),
        ~Exists(needed.filter(frozen=OuterRef("pk"))),
        tenant=tenant,
        created_at__lt=before,
        data__isnull=False,
    )


def _exchanges(tenant: Tenant, before: dt.datetime) -> QuerySet[Exchange]:
    open_rows = Delivery.objects.filter(attempts__exchanges=OuterRef("pk"), state__in=OPEN_STATES)
    return Exchange.objects.filter(~Exists(open_rows), tenant=tenant, started_at__lt=before, pruned=False)


def _interchanges(tenant: Tenant, before: dt.datetime) -> QuerySet[Interchange]:
    needed = Delivery.objects.filter(transaction_set__interchange=OuterRef("pk"), state__in=OPEN_STATES)
    return Interchange.objects.filter(~Exists(needed), tenant=tenant, created_at__lt=before, text__isnull=False)


def _all(rows: QuerySet[Any], take: Callable[[QuerySet[Any]], object], until: float) -> int:
    """Takes all rows away in batches, each a transaction of its own, the oldest first."""
    done = 0
    while time.monotonic() < until:
        with transaction.atomic():
            pks = list(rows.order_by("pk").values_list("pk", flat=True).distinct()[:BATCH])
            if not pks:
                break
            take(rows.model._default_manager.filter(pk__in=pks))
        done += len(pks)
    return done


def _emptied(**values: Any) -> Callable[[QuerySet[Any]], object]:
    return lambda rows: rows.update(**values)


def _deleted(rows: QuerySet[Any]) -> object:
    return rows.delete()


def _audit(tenant: Tenant, days: Days, done: Pruned) -> None:
    counts = {name: number for name, number in asdict(done).items() if number}
    with transaction.atomic():
        trail.record(
            trail.event(
                tenant,
                "retention.pruned",
                f"Bodies older than {days.bodies} days and runs older than {days.runs}: "
                + ", ".join(f"{number} {name}" for name, number in counts.items()),
                object_type="tenant",
                object_id=tenant.pk,
                details=counts,
            )
        )
