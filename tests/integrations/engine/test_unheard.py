"""What the other side never spoke of stays told until it does: that nobody listens, or waits longer, ends nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable

import pytest
from django_scopes import scope, scopes_disabled

from integrations.engine import unheard
from integrations.flows.visma_basware_unseen import SAID
from integrations.models import Connection, Delivery, Feed, Flow, Integration, Issue, Payload, Record, State
from portal.audit.models import AuditEvent
from portal.common.clock import db_now
from portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="nordic", name="Nordic")


def look(now: dt.datetime) -> None:
    with scopes_disabled():
        unheard.look(now)


@pytest.fixture
def lost(tenant: Tenant) -> Delivery:
    """An invoice that Basware took ten days ago and never showed; everything was read since."""
    now = db_now()
    with scope(tenant=tenant):
        books, partner = (
            Connection.objects.create(tenant=tenant, key=key, system=key, name=key, settings={}, secrets={})
            for key in ("visma", "basware")
        )
        integration = Integration.objects.create(
            tenant=tenant, key="i", name="I", books=books, partner=partner, pair="visma-basware", enabled=True
        )
        flow, _ = (
            Flow.objects.create(tenant=tenant, integration=integration, key=key, enabled=True)
            for key in ("supplier-invoices", "invoice-statuses")
        )
        feed = Feed.objects.create(tenant=tenant, connection=books, key="supplier-invoices")
        Feed.objects.create(tenant=tenant, connection=partner, key="accounting-documents", last_read_at=now)
        payload = Payload.objects.create(
            tenant=tenant, sha256=hashlib.sha256(b"{}").hexdigest(), size=2, data=b"{}", created_at=now
        )
        record = Record.objects.create(
            tenant=tenant, feed=feed, source_id="Invoice/1", payload=payload, captured_at=now, fingerprint="f"
        )
        return Delivery.objects.create(
            tenant=tenant,
            integration=integration,
            sink_connection=partner,
            flow=flow,
            record=record,
            operation="send",
            operation_key="k",
            lane="l",
            state=State.DELIVERED,
            since=now - dt.timedelta(days=10),
            not_before=now,
            created_at=now,
            business_number="LOST-1",
        )


@pytest.mark.parametrize(
    ("change", "days"),
    [
        (lambda: Flow.objects.filter(key="invoice-statuses").update(paused_reason="flood"), 0),
        (lambda: Flow.objects.filter(key="invoice-statuses").update(enabled=False), 0),
        (lambda: Flow.objects.filter(key="supplier-invoices").update(settings={"unseen_days": 0}), 0),
        (lambda: Flow.objects.filter(key="supplier-invoices").update(settings={"unseen_days": 30}), 0),
        (lambda: None, 95),
    ],
    ids=["paused", "off", "not wanted", "more time", "long ago"],
)
def test_an_invoice_stays_told_until_it_is_seen_whatever_else_changes(
    lost: Delivery, tenant: Tenant, change: Callable[[], object], days: int
) -> None:
    look(db_now())
    with scope(tenant=tenant):
        (issue,) = Issue.objects.all()
        assert (issue.status, "LOST-1" in issue.sentence) == (Issue.Status.OPEN, True)
        change()
        now = db_now() + dt.timedelta(days=days)
        Feed.objects.update(last_read_at=now)
    look(now)
    with scope(tenant=tenant):
        assert Issue.objects.get(status=Issue.Status.OPEN).deliveries.get() == lost, "nobody has shown it"
        Flow.objects.update(settings={}, paused_reason="", enabled=True)
        AuditEvent.objects.create(
            tenant=tenant, at=now, object_type="delivery", object_id=str(lost.pk), action=SAID, summary="In approval."
        )
    look(now)
    with scope(tenant=tenant):
        issue.refresh_from_db()
        assert (issue.status, issue.resolution) == (Issue.Status.RESOLVED, "The other side has shown it.")


def test_what_was_closed_without_being_seen_is_told_again(lost: Delivery, tenant: Tenant) -> None:
    """So it was closed while nobody listened, before that counted for nothing."""
    look(db_now())
    with scope(tenant=tenant):
        Issue.objects.update(status=Issue.Status.RESOLVED, resolution="The other side has shown it.")
    look(db_now())
    with scope(tenant=tenant):
        assert Issue.objects.filter(status=Issue.Status.OPEN).count() == 1
        Issue.objects.update(status=Issue.Status.RESOLVED, resolution="asa closed it.")
    look(db_now())
    with scope(tenant=tenant):
        assert not Issue.objects.filter(status=Issue.Status.OPEN).exists(), "a person's word counts"
