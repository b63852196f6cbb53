"""Rows of two tenants, and their keys."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_scopes import scopes_disabled

from edi.models import Interchange, Network, TransactionSet
from integrations.models import (
    Attempt,
    Connection,
    Delivery,
    Feed,
    Flow,
    Integration,
    Issue,
    Operation,
    Payload,
    Record,
    Run,
    State,
)
from integrations.notices.models import Message
from integrations.services import subscribers
from portal.tenants.models import ApiKey, Tenant
from tests.edi.interchanges import one


@dataclass(frozen=True, slots=True)
class Owned:
    """What one tenant has."""

    tenant: Tenant
    key: str
    connection: Connection
    integration: Integration
    flow: Flow
    run: Run
    delivery: Delivery
    operation: Operation
    issue: Issue
    record: Record
    message: Message
    document: TransactionSet

    def paths(self) -> list[str]:
        """Every address that shows something of this tenant alone."""
        return [
            f"/api/v1/connections/{self.connection.key}",
            f"/api/v1/connections/{self.connection.key}/status",
            f"/api/v1/integrations/{self.integration.key}",
            f"/api/v1/flows/{self.flow.pk}",
            f"/api/v1/flows/{self.flow.pk}/status",
            f"/api/v1/feeds/{self.run.feed_id}",
            f"/api/v1/feeds/{self.run.feed_id}/status",
            f"/api/v1/documents/{self.document.pk}",
            f"/api/v1/documents/{self.document.pk}/json",
            f"/api/v1/runs/{self.run.pk}",
            f"/api/v1/deliveries/{self.delivery.pk}",
            f"/api/v1/operations/{self.operation.pk}",
            f"/api/v1/issues/{self.issue.pk}",
            f"/api/v1/records/{self.record.pk}",
            f"/api/v1/subscribers/{self.message.subscriber_id}",
            f"/api/v1/messages/{self.message.pk}",
        ]


class Caller:
    """Calls the API with a key, or with none."""

    def __init__(self, key: str = "") -> None:
        self._client = Client()
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def get(self, path: str, **params: Any) -> Any:
        return self._client.get(path, params, headers=self._headers)


def _owned(slug: str) -> Owned:
    now = timezone.now()
    tenant = Tenant.objects.create(slug=slug, name=slug.capitalize())
    books = Connection.objects.create(
        tenant=tenant,
        key=f"visma-{slug}",
        system="visma",
        name=f"Books of {slug}",
        secrets={"client_secret": "hemligt-x"},
    )
    network = Network.objects.create(tenant=tenant, key=f"orderful-{slug}", name="Orderful")
    partner = Connection.objects.create(
        tenant=tenant, key=f"orderful-{slug}", system="orderful", name="Orderful", network=network
    )
    integration = Integration.objects.create(
        tenant=tenant, key=f"main-{slug}", pair="visma-orderful", name="Main", books=books, partner=partner
    )
    flow = Flow.objects.create(tenant=tenant, integration=integration, key="purchase-orders")
    feed = Feed.objects.create(tenant=tenant, connection=books, key="purchase-orders", read_until=now)
    run = Run.objects.create(
        tenant=tenant, feed=feed, fence=1, trigger="test", outcome=Run.Outcome.DONE, read=1, captured=1, started_at=now
    )
    payload = Payload.objects.create(tenant=tenant, sha256="0" * 64, size=2, data=b"{}", created_at=now)
    record = Record.objects.create(
        tenant=tenant, feed=feed, run=run, source_id="500001", fingerprint="f", payload=payload, captured_at=now
    )
    delivery = Delivery.objects.create(
        tenant=tenant,
        integration=integration,
        flow=flow,
        sink_connection=partner,
        record=record,
        run=run,
        operation="send",
        operation_key=f"key-{slug}",
        lane="purchase-order:500001",
        business_number=f"500001-{slug}",
        state=State.FAILED,
        reason="Refused.",
        since=now,
        not_before=now,
        created_at=now,
    )
    Attempt.objects.create(
        tenant=tenant,
        delivery=delivery,
        number=1,
        fence=1,
        worker="w",
        started_at=now,
        closed_at=now,
        outcome="rejected",
    )
    issue = Issue.objects.create(
        tenant=tenant,
        fingerprint="i",
        integration=integration,
        flow=flow,
        error_class="rejected",
        who="customer",
        sentence="Refused.",
        first_seen_at=now,
        last_seen_at=now,
    )
    operation = Operation.objects.create(
        tenant=tenant,
        kind="dry_run",
        state="cancelled",
        flow=flow,
        asked_by_name="somebody",
        created_at=now,
        due_at=now,
        ended_at=now,
    )
    subscriber = subscribers.add(tenant, name=f"ERP of {slug}", url="http://127.0.0.1:9/hook", actor=None)
    message = subscribers.send_test(subscriber, actor=None)
    _, key = ApiKey.issue(tenant=tenant, name="tests")
    document = _document(network, slug)
    return Owned(tenant, key, books, integration, flow, run, delivery, operation, issue, record, message, document)


def _document(network: Network, slug: str) -> TransactionSet:
    """An order that was sent."""
    body, now = one("850"), timezone.now()
    interchange = Interchange.objects.create(
        tenant=network.tenant,
        network=network,
        direction="out",
        stream="live",
        route="-",
        control_number=42,
        text=body,
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        created_at=now,
    )
    return TransactionSet.objects.create(
        tenant=network.tenant,
        interchange=interchange,
        set_id="850",
        business_number=f"500001-{slug}",
        acknowledged="accepted",
        created_at=now,
    )


@pytest.fixture
def ours(db: None) -> Owned:
    with scopes_disabled():
        return _owned("ours")


@pytest.fixture
def theirs(db: None) -> Owned:
    with scopes_disabled():
        return _owned("theirs")
