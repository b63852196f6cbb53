"""Acknowledgments that did not come in time: one issue for each trading partner and type of document, over when the
answers are there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Count, Min

from edi import services as edi
from edi.models import TransactionSet
from integrations.engine import issues
from integrations.engine.issues import Late
from integrations.models import Issue
from portal.common.clock import db_now

BUDGET = 500
"""Documents that one tick marks at most; the next one goes on."""
_NAMED = 3

_Group = tuple[int, int | None, str, str]
"""Tenant, trading partner, type, stream."""


def note_overdue(*, limit: int = BUDGET) -> int:
    """Marks what is overdue now, in all tenants, and says so; closes what is answered meanwhile. Returns how many
    documents became overdue."""
    now = db_now()
    with transaction.atomic():
        rows = edi.mark_overdue(now, limit=limit)
        report(rows, now=now)
    tenants = Issue.objects.filter(status=Issue.Status.OPEN, error_class="overdue").values_list("tenant", flat=True)
    for tenant in set(tenants):
        close_answered(tenant, now=now)
    return len(rows)


def report(rows: Iterable[TransactionSet], *, now: dt.datetime) -> None:
    """Opens, or brings up to date, the issues of documents that are overdue."""
    groups: dict[_Group, TransactionSet] = {}
    for row in rows:
        groups.setdefault(_group(row), row)
    for group, row in groups.items():
        issues.for_late(_late(group, row), now=now)


def close_answered(tenant_id: int, *, now: dt.datetime) -> None:
    """Resolves the issues of partners and types of which nothing is overdue any more."""
    still = {
        _fingerprint((tenant_id, partner, set_id, stream))
        for partner, set_id, stream in TransactionSet.objects.filter(tenant=tenant_id, acknowledged="overdue")
        .order_by()
        .values_list("partner", "set_id", "interchange__stream")
        .distinct()
    }
    issues.resolve_late(tenant_id, still_late=still, now=now)


def _late(group: _Group, row: TransactionSet) -> Late:
    tenant, partner, set_id, stream = group
    rows = TransactionSet.objects.filter(
        tenant=tenant, partner=partner, set_id=set_id, interchange__stream=stream, acknowledged="overdue"
    )
    found = rows.order_by().aggregate(n=Count("id"), since=Min("acknowledgment_due_at"))
    named = list(rows.order_by("acknowledgment_due_at", "pk").values_list("business_number", flat=True)[:_NAMED])
    more = found["n"] - len(named)
    numbers = ", ".join(named) + (f" and {more} more" if more > 0 else "")
    who, since = row.partner or row.interchange.receiver_id, found["since"]
    return Late(
        fingerprint=_fingerprint(group),
        example=row,
        sentence=f"{who} has not acknowledged {set_id} {numbers} in time"
        + (f"; the first was due {since:%Y-%m-%d %H:%M} UTC." if since is not None else "."),
    )


def _group(row: TransactionSet) -> _Group:
    return (row.tenant_id, row.partner_id, row.set_id, row.interchange.stream)


def _fingerprint(group: Sequence[object]) -> str:
    return issues.fingerprint("overdue", *group)
