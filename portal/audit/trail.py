"""Writing to the audit trail, sealing it, and proving that nobody touched it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django_scopes import scope

from portal.audit import anchors
from portal.audit.models import AuditEvent, Seal
from portal.common.clock import db_now
from portal.tenants.models import Tenant, User

WORKER = "worker"
BATCH = 5_000


def event(
    tenant: Tenant | int,
    action: str,
    summary: str,
    *,
    object_type: str,
    object_id: object = "",
    business_number: str = "",
    actor: User | None = None,
    actor_name: str = "",
    details: dict[str, Any] | None = None,
) -> AuditEvent:
    """An unsaved event; call `record` with it inside the transaction that does what it tells."""
    return AuditEvent(
        tenant_id=tenant if isinstance(tenant, int) else tenant.pk,
        action=action,
        summary=summary[:500],
        object_type=object_type,
        object_id=str(object_id),
        business_number=business_number,
        actor=actor,
        actor_name=actor_name or (actor.get_username() if actor else WORKER),
        details=details or {},
    )


def record(*events: AuditEvent, now: dt.datetime | None = None) -> None:
    """Stores events. Must be called inside the transaction whose change they tell of. `now` is the moment of that
    change, by the database's clock, where the caller knows it."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An audit event belongs into the transaction of what it tells of.")
    at = now or db_now()
    for line in events:
        line.at = at
    AuditEvent.objects.bulk_create(events)


def seal_events(tenant: Tenant) -> int:
    """Chains the tenant's unsealed events. Returns how many were sealed. Safe to run at once on several hosts."""
    sealed = 0
    with scope(tenant=tenant):
        while True:
            with transaction.atomic():
                Tenant.objects.select_for_update().get(
                    pk=tenant.pk
                )  # one sealer a tenant; SQLite: the IMMEDIATE transaction
                batch = list(AuditEvent.objects.filter(seal=None).order_by("id")[:BATCH])
                if not batch:
                    return sealed
                last = Seal.objects.order_by("-number").first()
                previous = last.digest if last else ""
                seal = Seal.objects.create(
                    tenant=tenant,
                    number=last.number + 1 if last else 1,
                    count=len(batch),
                    last_event=max(e.pk for e in batch),
                    digest=_digest(previous, batch),
                    previous_digest=previous,
                    created_at=db_now(),
                )
                AuditEvent.objects.filter(pk__in=[e.pk for e in batch]).update(seal=seal)
            sealed += len(batch)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying a tenant's trail showed."""

    seals: int
    events: int
    broken_seal: int | None
    problem: str
    unsealed: int
    oldest_unsealed: AuditEvent | None

    @property
    def intact(self) -> bool:
        return self.broken_seal is None


def verify(tenant: Tenant) -> Verdict:
    """Recomputes the tenant's chain from its first seal, and compares it with the anchors outside the database. The
    first seal that does not fit is named; nothing is changed."""
    previous, seals, events = "", 0, 0
    broken: int | None = None
    problem = ""
    with scope(tenant=tenant):
        for seal in Seal.objects.order_by("number").iterator():
            lines = list(AuditEvent.objects.filter(seal=seal).order_by("id"))
            problem = _fault(seal, lines, previous, expected=seals + 1)
            if problem:
                broken = seal.number
                break
            previous, seals, events = seal.digest, seals + 1, events + len(lines)
        if broken is None and (other := anchors.broken(tenant)) is not None:
            broken, problem = other.seal, other.problem
        unsealed = AuditEvent.objects.filter(seal=None).order_by("id")
        return Verdict(seals, events, broken, problem, unsealed.count(), unsealed.first())


def _fault(seal: Seal, lines: list[AuditEvent], previous: str, *, expected: int) -> str:
    if seal.number != expected:
        return f"Seal {expected} is missing."
    if seal.previous_digest != previous:
        return f"Seal {seal.number} does not continue the chain."
    if len(lines) != seal.count:
        return f"Seal {seal.number} covers {seal.count} events, but {len(lines)} are there."
    if _digest(previous, lines) != seal.digest:
        return f"An event under seal {seal.number} (ids {lines[0].pk} to {lines[-1].pk}) was changed."
    return ""


def _digest(previous: str, lines: list[AuditEvent]) -> str:
    return hashlib.sha256(chained(previous, lines)).hexdigest()


def chained(previous: str, lines: list[AuditEvent]) -> bytes:
    """What a seal is the SHA-256 of: the digest of the seal before it, and its events one after the other, each as a
    JSON list without spaces."""
    return previous.encode() + b"".join(map(canonical, lines))


def canonical(line: AuditEvent) -> bytes:
    """An event as it goes into its seal."""
    return json.dumps(
        [
            line.pk,
            line.tenant_id,
            line.at.isoformat(),
            line.actor_id,
            line.actor_name,
            line.action,
            line.object_type,
            line.object_id,
            line.business_number,
            line.summary,
            line.details,
        ],
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
