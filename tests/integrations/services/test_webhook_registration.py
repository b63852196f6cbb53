"""Registering for webhooks with a simulated Visma, whose subscription API is there, gone, or removed for good."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from integrations.models import Connection, WebhookEndpoint
from integrations.services import webhooks
from portal.audit.models import AuditEvent
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "https://portal.example"


@pytest.fixture
def visma(world: World, settings: object) -> Connection:
    settings.BASE_URL = BASE  # type: ignore[attr-defined]
    return world.connection("visma")


def registered(world: World) -> list[str]:
    return [row["body"]["event"] for row in world.simulators.rows("visma", "subscription")]


def test_where_the_api_is_there_the_events_of_what_is_read_are_subscribed(world: World, visma: Connection) -> None:
    world.simulators.options("visma", subscription_mode=201)
    steps = webhooks.register(visma, actor=None)
    assert [(s.name, s.ok) for s in steps] == [("purchaseorder_changed", True), ("supplierinvoice_changed", True)]
    assert registered(world) == ["purchaseorder_changed", "supplierinvoice_changed"]
    endpoint = WebhookEndpoint.objects.get(connection=visma)
    rows = world.simulators.rows("visma", "subscription")
    assert {row["body"]["hookUri"] for row in rows} == {webhooks.address_of(endpoint)}
    assert webhooks.address_of(endpoint).startswith(f"{BASE}/api/v1/webhooks/visma/")
    assert AuditEvent.objects.filter(action="webhook.registered").count() == 1

    again = webhooks.register(visma, actor=None)
    assert all(step.ok for step in again)
    assert "subscribed before" in again[0].detail
    assert len(registered(world)) == 2


@pytest.mark.parametrize("mode", [404, 410])
def test_where_the_api_is_gone_the_steps_of_the_portal_are_shown(world: World, visma: Connection, mode: int) -> None:
    world.simulators.options("visma", subscription_mode=mode)
    [step] = webhooks.register(visma, actor=None)
    assert not step.ok
    assert f"status {mode}" in step.detail
    assert "Visma Developer Portal" in step.remedy
    assert "Set webhook keys" in step.remedy
    endpoint = WebhookEndpoint.objects.get(connection=visma)
    assert endpoint.registered_at is not None
    assert endpoint.registration[0]["remedy"] == step.remedy
    assert AuditEvent.objects.filter(action="webhook.not_registered").count() == 1


def test_an_address_without_tls_is_not_sent(world: World, visma: Connection, settings: object) -> None:
    settings.BASE_URL = "http://portal.example"  # type: ignore[attr-defined]
    world.simulators.options("visma", subscription_mode=201)
    [step] = webhooks.register(visma, actor=None)
    assert not step.ok
    assert "https" in step.detail
    assert [r for r in world.simulators.requests("visma") if "subscription" in r["path"]] == []


def test_what_is_set_up_by_people_is_not_asked_for(world: World) -> None:
    with pytest.raises(ValidationError, match="are set up in Orderful"):
        webhooks.register(world.connection("orderful"), actor=None)


def test_an_outage_is_a_step_that_failed(world: World, visma: Connection) -> None:
    world.simulators.options("visma", subscription_mode=201)
    world.simulators.fault("visma", 500, "/v1/event", times=1)
    [step] = webhooks.register(visma, actor=None)
    assert not step.ok
    assert step.remedy
