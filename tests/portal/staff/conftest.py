"""A house with a row of everything, and the people who look at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone
from django_scopes import scopes_disabled

from integrations.models import WebhookEndpoint, WebhookEvent
from integrations.notices.models import Message, MessageTry, Notice, Subscriber
from tests.integrations.admin.house import SECRETS, House, build_house, client_of


@pytest.fixture
def house(db: None) -> Iterator[House]:
    """The test looks at it as staff does, over all tenants."""
    with scopes_disabled():
        built = build_house()
        add_webhooks(built)
        yield built


def add_webhooks(house: House) -> None:
    """A system that tells us something, and a program that is told."""
    now = timezone.now()
    tenant, secret = house.tenant, "whsec_" + SECRETS[0]
    WebhookEndpoint.objects.create(
        tenant=tenant,
        connection=house.orderful,
        token="shown-to-superusers",
        token_hash="0" * 64,
        keys=[SECRETS[2]],
        created_at=now,
        refused=3,
        last_refused_at=now,
        last_refusal="The signature is wrong.",
    )
    WebhookEvent.objects.create(
        tenant=tenant,
        connection=house.orderful,
        event_id="event-1",
        kind="transaction.created",
        state=WebhookEvent.State.PARKED,
        headers={"Authorization": SECRETS[0]},
        body=b"{}",
        received_at=now,
        last_received_at=now,
    )
    subscriber = Subscriber.objects.create(
        tenant=tenant, name="Their ERP", url=f"https://example.com/{SECRETS[0]}", secret=secret, created_at=now
    )
    notice = Notice.objects.create(
        tenant=tenant,
        kind="delivery.failed",
        key="k",
        subject="500001",
        body={"state": "failed"},
        happened_at=now,
        created_at=now,
    )
    message = Message.objects.create(
        tenant=tenant,
        subscriber=subscriber,
        notice=notice,
        state=Message.State.FAILED,
        queued_at=now,
        not_before=now,
        tries=1,
        problem="It answered 500.",
        created_at=now,
        closed_at=now,
    )
    MessageTry.objects.create(
        tenant=tenant, message=message, started_at=now, closed_at=now, status=500, answer="oops", milliseconds=12
    )


@pytest.fixture
def staff(house: House) -> Client:
    return client_of(house.staff)


@pytest.fixture
def root(house: House) -> Client:
    return client_of(house.root)
