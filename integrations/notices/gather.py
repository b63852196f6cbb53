"""From rows to notices: looks what happened since the last look, and queues it for whoever is to be told.

Nothing has to remember to tell: what the database says is what happened, whoever did it. Each look begins a little
before the end of the last one, longer than any transaction lasts, so that what committed late is seen; the key of a
notice keeps it from being told twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

from django.db import transaction

from edi.models import TransactionSet
from integrations.models import Delivery, Issue, Run, State
from integrations.notices import alerts
from integrations.notices.models import Alerting, Kind, Message, Notice, Subscriber
from portal.common.clock import db_now

OVERLAP = dt.timedelta(minutes=5)
BATCH = 500
"""Notices of one transaction."""

_DELIVERIES = {
    State.DELIVERED: Kind.DOCUMENT_DELIVERED,
    State.FAILED: Kind.DELIVERY_FAILED,
    State.IN_DOUBT: Kind.DELIVERY_IN_DOUBT,
}
_ISSUES = (Kind.ISSUE_OPENED, Kind.ISSUE_RESOLVED)


def gather_all() -> int:
    """Looks through the rows of every tenant that has somebody to tell. Returns how many notices were made."""
    return sum(gather(row) for row in Alerting.objects.select_related("tenant"))


def gather(alerting: Alerting) -> int:
    """As `gather_all`, for one tenant. Safe at any time and at once on several hosts."""
    now = db_now()
    subscribers = list(Subscriber.objects.filter(tenant=alerting.tenant_id))
    wanted = {kind for kind in Kind if any(s.wants(kind) for s in subscribers)}
    if alerting.mail_to:
        wanted.update(_ISSUES)
    if not wanted:
        return 0
    found = _happened(alerting, wanted, since=alerting.gathered_until - OVERLAP)
    made = 0
    while batch := list(islice(found, BATCH)):
        made += _keep(batch, alerting, now)
    # A worker that was slower than the next one must not turn the clock back.
    Alerting.objects.filter(pk=alerting.pk, gathered_until__lt=now).update(gathered_until=now)
    return made


def _keep(batch: list[Notice], alerting: Alerting, now: dt.datetime) -> int:
    """Stores what is new of a batch, with a message for each subscriber who wants it, and its mail."""
    with transaction.atomic():
        Alerting.objects.select_for_update().get(pk=alerting.pk)  # one at a time looks what is new
        rows = Notice.objects.filter(tenant=alerting.tenant_id, key__in=[notice.key for notice in batch])
        known = set(rows.values_list("key", flat=True))
        new = [notice for notice in batch if notice.key not in known]
        for notice in new:
            notice.created_at = now
        Notice.objects.bulk_create(new)
        subscribers = list(Subscriber.objects.filter(tenant=alerting.tenant_id, enabled=True))
        Message.objects.bulk_create(
            Message(
                tenant_id=notice.tenant_id,
                subscriber=subscriber,
                notice=notice,
                queued_at=now,
                not_before=now,
                created_at=now,
            )
            for notice in new
            for subscriber in subscribers
            if subscriber.wants(notice.kind) and subscriber.created_at <= notice.happened_at
        )
        for notice in new:
            if notice.kind in _ISSUES:
                alerts.tell_of_issue(notice, alerting, now=now)
    return len(new)


def _happened(alerting: Alerting, wanted: Collection[str], *, since: dt.datetime) -> Iterator[Notice]:
    tenant = alerting.tenant_id
    closed = [state for state in (State.DELIVERED, State.FAILED) if _DELIVERIES[state] in wanted]
    for states in (closed, [State.IN_DOUBT] if Kind.DELIVERY_IN_DOUBT in wanted else []):  # each has an index
        if not states:
            continue
        rows = Delivery.objects.filter(tenant=tenant, state__in=states, since__gte=since)
        for delivery in rows.select_related("flow__integration").order_by("since", "pk").iterator(BATCH):
            yield of_delivery(delivery)
    if Kind.ISSUE_OPENED in wanted or Kind.ISSUE_RESOLVED in wanted:
        of = Issue.objects.filter(tenant=tenant).select_related("flow__integration", "connection")
        for issue in of.filter(last_seen_at__gte=since, first_seen_at__gte=since).order_by("pk"):
            yield of_issue(issue, Kind.ISSUE_OPENED)
        for issue in of.filter(resolved_at__gte=since).exclude(status=Issue.Status.OPEN).order_by("resolved_at"):
            yield of_issue(issue, Kind.ISSUE_RESOLVED)
    if Kind.ACKNOWLEDGED in wanted:
        sets = TransactionSet.objects.filter(tenant=tenant, verdict_noted_at__gte=since).select_related("partner")
        for row in sets.order_by("verdict_noted_at", "pk").iterator(BATCH):
            yield of_acknowledged(row)
    if Kind.RUN_FAILED in wanted:
        runs = Run.objects.filter(tenant=tenant, outcome=Run.Outcome.FAILED, ended_at__gte=since)
        for run in runs.select_related("feed__connection").order_by("pk"):
            yield of_run(run)


# --- What is told of each. Numbers, states and sentences that every member of the company may see; no content.


def of_delivery(row: Delivery) -> Notice:
    kind = _DELIVERIES[State(row.state)]
    data = {
        "delivery": row.pk,
        "flow": row.flow.full_key,
        "integration": row.flow.integration.key,
        "business_number": row.business_number,
        "operation": row.operation,
        "state": row.state,
        "reason": row.reason,
        "target_id": row.target_id,
    }
    moment = int(row.since.timestamp() * 1000)
    subject = f"{row.flow.full_key} {row.business_number}".strip()
    return _notice(row, kind, f"{kind}:{row.pk}:{moment}", subject, data, row.since)


def of_issue(row: Issue, kind: Kind) -> Notice:
    is_over = kind == Kind.ISSUE_RESOLVED
    data = {
        "issue": row.pk,
        "status": row.status if is_over else Issue.Status.OPEN,
        "error_class": row.error_class,
        "who": row.who,
        "sentence": row.sentence,
        "remedy": row.remedy,
        "flow": row.flow.full_key if row.flow else None,
        "connection": row.connection.key if row.connection else None,
        "first_seen_at": _iso(row.first_seen_at),
        "resolved_at": _iso(row.resolved_at) if is_over else None,
        "resolution": row.resolution if is_over else "",
    }
    happened = row.resolved_at if is_over and row.resolved_at else row.first_seen_at
    return _notice(row, kind, f"{kind}:{row.pk}", row.sentence[:200], data, happened)


def of_acknowledged(row: TransactionSet) -> Notice:
    data = {
        "document": row.pk,
        "set_id": row.set_id,
        "business_number": row.business_number,
        "partner": str(row.partner) if row.partner else None,
        "acknowledged": row.acknowledged,
        "acknowledged_at": _iso(row.acknowledged_at),
    }
    at = row.verdict_noted_at or row.created_at
    key = f"{Kind.ACKNOWLEDGED}:{row.pk}:{row.acknowledged}"
    return _notice(row, Kind.ACKNOWLEDGED, key, f"{row.set_id} {row.business_number}".strip(), data, at)


def of_run(row: Run) -> Notice:
    data = {
        "run": row.pk,
        "feed": row.feed.key,
        "connection": row.feed.connection.key,
        "kind": row.kind,
        "problem": row.problem,
        "started_at": _iso(row.started_at),
        "ended_at": _iso(row.ended_at),
    }
    return _notice(
        row, Kind.RUN_FAILED, f"{Kind.RUN_FAILED}:{row.pk}", str(row.feed), data, row.ended_at or row.started_at
    )


def _notice(
    row: Delivery | Issue | TransactionSet | Run,
    kind: Kind,
    key: str,
    subject: str,
    data: dict[str, Any],
    happened: dt.datetime,
) -> Notice:
    return Notice(tenant_id=row.tenant_id, kind=kind, key=key, subject=subject[:200], body=data, happened_at=happened)


def _iso(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment else None
