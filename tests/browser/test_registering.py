"""An owner has Visma.net send its webhooks, which most companies can no longer do by asking for it."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from integrations.models import Feed, WebhookEndpoint
from integrations.services import webhooks
from portal.common.clock import db_now
from portal.tenants.models import Membership, Role
from tests.browser.conftest import Visit, Visitor
from tests.support.world import World

KEY = "signing key"


def fact(visitor: Visitor, name: str) -> str:
    """What stands beside a name in the card of webhooks."""
    return visitor.page.locator(
        "#webhooks dl.facts div", has=visitor.page.locator(f"dt:text-is('{name}')")
    ).inner_text()


def event(endpoint: WebhookEndpoint) -> int:
    """One event of Visma's dispatcher, as it comes from outside."""
    body = json.dumps({"event": "Purchase Order Changed"}).encode()
    headers = {
        "x-vwd-signature-v1": base64.b64encode(hmac.digest(KEY.encode(), body, hashlib.sha256)).decode(),
        "x-vwd-notification-id": "n-1",
        "x-vwd-notification-timestamp": str(int(dt.datetime.now(dt.UTC).timestamp() * 1000)),
    }
    path = "/api/" + webhooks.address_of(endpoint).partition("/api/")[2]
    return Client().post(path, body, content_type="application/json", headers=headers).status_code


@pytest.mark.parametrize(
    ("mode", "marks", "said"),
    [
        (404, ["✗"], ["status 404", "Visma Developer Portal", "Set webhook keys"]),
        (410, ["✗"], ["status 410", "Visma Developer Portal", "Set webhook keys"]),
        (201, ["✓", "✓"], ["purchaseorder_changed", "supplierinvoice_changed"]),
    ],
)
def test_an_owner_registers_and_sees_what_visma_said(
    world: World, visit: Visit, settings: Any, mode: int, marks: list[str], said: list[str]
) -> None:
    settings.BASE_URL = "https://portal.example"
    world.simulators.options("visma", subscription_mode=mode)
    owner = Membership.objects.filter(tenant=world.tenant, role=Role.OWNER).select_related("user").first()
    assert owner is not None
    visitor = visit(owner.user)
    visitor.goes(reverse("customer:connection", args=[world.tenant.slug, "visma"]))
    assert "none yet" in fact(visitor, "Last event")
    never = fact(visitor, "Last poll")
    visitor.clicks("Register webhooks")
    assert visitor.page.locator("table.plan").is_visible(), "no plan before anything is done"
    visitor.page.locator("main form button[type=submit]").first.click()
    assert [mark.inner_text() for mark in visitor.page.locator("#webhooks .checklist li > span").all()] == marks
    card = visitor.page.locator("#webhooks").inner_text()
    assert [words for words in said if words not in card] == []
    if mode == 201:
        assert [row["body"]["event"] for row in world.simulators.rows("visma", "subscription")] == said

    # However it was set up: the next event, and the next look without one, are shown.
    connection = world.connection("visma")
    with scope(tenant=world.tenant):
        endpoint = webhooks.endpoint_of(connection)
        webhooks.set_keys(endpoint, [KEY], actor=None)
    assert event(endpoint) == 200
    Feed.objects.filter(connection=connection).update(last_read_at=db_now())
    visitor.page.reload()
    assert "none yet" not in fact(visitor, "Last event")
    assert "Purchase Order Changed" in visitor.page.locator("#webhooks").inner_text()
    assert fact(visitor, "Last poll") != never
