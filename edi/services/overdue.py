"""Acknowledgments that did not come in time."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from edi.models import TransactionSet
from portal.audit import trail
from portal.audit.models import AuditEvent

Acknowledged = TransactionSet.Acknowledged

_BATCH = 500


def mark_overdue(now: dt.datetime, *, limit: int = _BATCH) -> list[TransactionSet]:
    """Marks the sets of the scope whose acknowledgment is past its deadline, the oldest first and `limit` at most, and
    gives them back with agreement, partner and interchange, so that somebody is told. A set is given back once."""
    with transaction.atomic():
        due = TransactionSet.objects.filter(acknowledged=Acknowledged.WAITING, acknowledgment_due_at__lt=now)
        found = list(
            due.order_by("acknowledgment_due_at", "pk")
            .select_for_update(skip_locked=True)
            .values_list("pk", flat=True)[:limit]
        )
        TransactionSet.objects.filter(pk__in=found).update(acknowledged=Acknowledged.OVERDUE)
        rows = list(
            TransactionSet.objects.filter(pk__in=found)
            .select_related("agreement", "partner", "interchange")
            .defer("interchange__text", "findings")
            .order_by("acknowledgment_due_at", "pk")
        )
        trail.record(*(_event(row) for row in rows))
    return rows


def _event(row: TransactionSet) -> AuditEvent:
    due = row.acknowledgment_due_at.isoformat() if row.acknowledgment_due_at is not None else ""
    return trail.event(
        row.tenant_id,
        "transactionset.overdue",
        f"{row.set_id} {row.business_number}: {row.partner or 'the partner'} has not acknowledged it until {due}.",
        object_type="transactionset",
        object_id=row.pk,
        business_number=row.business_number,
        details={"due": due},
    )
