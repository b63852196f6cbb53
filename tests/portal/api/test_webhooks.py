"""Webhooks from outside: verified over raw bytes, stored once, and nothing but a hint."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from django_scopes import scopes_disabled

from integrations.engine.read import claim_feed, read_feed
from integrations.models import Connection, Feed, WebhookEndpoint, WebhookEvent
from integrations.services import webhooks
from integrations.systems.contract import Window
from portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db
BODY = json.dumps({"event": "Purchase Order Changed", "number": "500001"}).encode()


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with scopes_disabled():
        yield Tenant.objects.create(slug="krok", name="Krok AB")


@pytest.fixture
def visma(tenant: Tenant) -> WebhookEndpoint:
    return endpoint(tenant, "visma", ["old key", "new key"])


def endpoint(tenant: Tenant, system: str, keys: list[str]) -> WebhookEndpoint:
    connection = Connection.objects.create(tenant=tenant, key=system, system=system, name=system)
    for key in ("purchase-orders", "suppliers", "inbox", "payments", "vendors"):
        due = timezone.now() + dt.timedelta(minutes=5)
        Feed.objects.create(tenant=tenant, connection=connection, key=key, due_at=due, settle_seconds=5)
    made = webhooks.endpoint_of(connection)
    webhooks.set_keys(made, keys, actor=None)
    return made


def post(to: WebhookEndpoint, body: bytes = BODY, **headers: str) -> HttpResponse:
    """Sends a webhook as a stranger does: without session, without CSRF token."""
    address = f"/api/v1/webhooks/{to.connection.system}/{to.token}/"
    client = Client(enforce_csrf_checks=True)
    answer: Any = client.post(address, body, content_type="application/json", headers=headers)
    return answer


def signed(key: str, body: bytes = BODY, *, event: str = "n-1", at: dt.datetime | None = None) -> dict[str, str]:
    moment = at or timezone.now()
    return {
        "x-vwd-signature-v1": base64.b64encode(hmac.digest(key.encode(), body, hashlib.sha256)).decode(),
        "x-vwd-notification-id": event,
        "x-vwd-notification-timestamp": str(int(moment.timestamp() * 1000)),
    }


def due_in(to: WebhookEndpoint, feed: str) -> float:
    """Seconds until a feed is read."""
    found = Feed.objects.get(connection=to.connection, key=feed)
    assert found.due_at is not None
    return (found.due_at - timezone.now()).total_seconds()


@pytest.mark.parametrize("key", ["old key", "new key"])
def test_rule_16_an_event_signed_with_any_key_makes_its_feed_due_after_the_settle_delay(
    visma: WebhookEndpoint, key: str
) -> None:
    assert post(visma, **signed(key)).status_code == 200
    event = WebhookEvent.objects.get()
    assert (bytes(event.body), event.state, event.feeds) == (BODY, "taken", ["purchase-orders"])
    assert 3 < due_in(visma, "purchase-orders") <= 5
    assert due_in(visma, "suppliers") > 200, "other feeds keep their time"


def test_rule_16_the_same_event_is_counted_and_does_nothing_new(visma: WebhookEndpoint) -> None:
    post(visma, **signed("new key"))
    Feed.objects.update(due_at=timezone.now() + dt.timedelta(minutes=5))
    assert post(visma, **signed("new key")).status_code == 200
    assert WebhookEvent.objects.get().times == 2
    assert due_in(visma, "purchase-orders") > 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed("wrong key"),
        signed("new key", BODY + b" "),
        signed("new key", at=timezone.now() - dt.timedelta(days=2)),
        signed("new key", at=timezone.now() + dt.timedelta(hours=1)),
    ],
    ids=["unsigned", "wrong key", "other body", "stale", "from the future"],
)
def test_rule_16_what_is_not_proven_is_refused_and_leaves_nothing(
    visma: WebhookEndpoint, headers: dict[str, str]
) -> None:
    assert post(visma, **headers).status_code == 401
    assert not WebhookEvent.objects.exists()
    assert due_in(visma, "purchase-orders") > 200
    visma.refresh_from_db()
    assert visma.last_refusal


def test_without_a_key_nothing_of_visma_is_taken(visma: WebhookEndpoint) -> None:
    webhooks.set_keys(visma, [], actor=None)
    assert post(visma, **signed("")).status_code == 401


def test_rule_16_an_unknown_kind_is_parked(visma: WebhookEndpoint) -> None:
    body = b'{"event": "Moon Phase Changed"}'
    assert post(visma, body, **signed("new key", body)).status_code == 200
    assert WebhookEvent.objects.get().state == "parked"
    assert due_in(visma, "purchase-orders") > 200


def test_a_wrong_address_is_not_there(visma: WebhookEndpoint) -> None:
    answers = [
        Client().post(address, BODY, content_type="application/json", headers=signed("new key")).status_code
        for address in ("/api/v1/webhooks/visma/guessed/", f"/api/v1/webhooks/orderful/{visma.token}/")
    ]
    assert answers == [404, 404]
    assert Client().get(f"/api/v1/webhooks/visma/{visma.token}/").status_code == 405


def test_orderful_is_told_that_it_came_but_not_that_it_is_delivered(tenant: Tenant) -> None:
    orderful = endpoint(tenant, "orderful", [])
    body = json.dumps({"id": "802", "type": {"name": "860_X"}, "delivery": {"deliveryId": "d"}}).encode()
    assert post(orderful, body).status_code == 202
    assert due_in(orderful, "inbox") <= 5
    webhooks.set_keys(orderful, ["hook:secret"], actor=None)
    assert post(orderful, body).status_code == 401
    basic = base64.b64encode(b"hook:secret").decode()
    assert post(orderful, body, Authorization=f"Basic {basic}").status_code == 202
    assert WebhookEvent.objects.get().times == 2


# --- Airbase


def airbase_event(kind: str = "payment_approved", **values: Any) -> bytes:
    created = "2026-11-20T10:00:00Z"
    return json.dumps(
        {"id": "evt_1", "object": "event", "type": kind, "created_date": created, "data": {}} | values
    ).encode()


@pytest.mark.parametrize(
    ("kind", "feed"),
    [
        ("payment_approved", "payments"),
        ("purchase_request_approved", "payments"),
        ("bill_approved", "payments"),
        ("vendor_created", "vendors"),
    ],
)
def test_rule_16_an_event_of_airbase_is_a_hint_to_look_there(tenant: Tenant, kind: str, feed: str) -> None:
    airbase = endpoint(tenant, "airbase", [])
    other = {"payments": "vendors", "vendors": "payments"}[feed]
    assert post(airbase, airbase_event(kind)).status_code == 200
    event = WebhookEvent.objects.get()
    assert (event.event_id, event.kind, event.state, event.feeds) == ("evt_1", kind, "taken", [feed])
    assert event.occurred_at == dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
    assert due_in(airbase, feed) <= 5
    assert due_in(airbase, other) > 200


def test_rule_16_airbase_is_deduplicated_by_id_whatever_else_it_says(tenant: Tenant) -> None:
    airbase = endpoint(tenant, "airbase", [])
    post(airbase, airbase_event())
    Feed.objects.update(due_at=timezone.now() + dt.timedelta(minutes=5))
    assert post(airbase, airbase_event(data={"attempt": 2})).status_code == 200
    assert WebhookEvent.objects.get().times == 2
    assert due_in(airbase, "payments") > 200


@pytest.mark.parametrize(
    "body",
    [
        airbase_event("moon_phase_changed"),
        airbase_event("payment\0approved".replace("payment", "moon")),
        airbase_event(created_date="0001-01-01T00:00:00+14:00", type=""),
        b"[]",
        b"\xff not JSON",
    ],
)
def test_rule_16_what_airbase_means_by_it_is_unknown_and_parked(tenant: Tenant, body: bytes) -> None:
    airbase = endpoint(tenant, "airbase", [])
    assert post(airbase, body).status_code == 200
    assert WebhookEvent.objects.get().state == "parked"
    assert due_in(airbase, "payments") > 200


def test_a_time_in_the_future_puts_nothing_off(tenant: Tenant) -> None:
    airbase = endpoint(tenant, "airbase", [])
    assert post(airbase, airbase_event(created_date="2031-01-01T00:00:00Z")).status_code == 200
    assert due_in(airbase, "payments") <= 5


@pytest.mark.parametrize("form", ["hex", "HEX", "sha256=hex", "base64"])
def test_with_a_key_airbase_has_to_sign(tenant: Tenant, form: str) -> None:
    airbase = endpoint(tenant, "airbase", ["old secret", "secret"])
    body = airbase_event()
    mac = hmac.digest(b"secret", body, hashlib.sha256)
    forms = {
        "hex": mac.hex(),
        "HEX": mac.hex().upper(),
        "sha256=hex": f"sha256={mac.hex()}",
        "base64": base64.b64encode(mac).decode(),
    }
    assert post(airbase, body).status_code == 401
    assert post(airbase, body, **{"X-Airbase-Signature": "00" * 32}).status_code == 401
    assert post(airbase, body + b" ", **{"X-Airbase-Signature": forms[form]}).status_code == 401
    assert not WebhookEvent.objects.exists()
    assert post(airbase, body, **{"X-Airbase-Signature": forms[form]}).status_code == 200


def test_rule_16_a_hint_during_a_read_has_the_feed_read_again(
    visma: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event came after the window was fixed: the read that is under way cannot have seen it."""
    feed = Feed.objects.get(connection=visma.connection, key="purchase-orders")
    Feed.objects.filter(pk=feed.pk).update(due_at=None)

    class Slow:
        def read(self, window: Window, resume: object) -> Iterator[Any]:
            post(visma, **signed("new key"))
            return iter(())

    class Spec:
        reads = "changes"
        key = "purchase-orders"

        def feed(self, key: str) -> Spec:
            return self

        def open(self, connection: object, session: object) -> Slow:
            return Slow()

    class Quiet:
        calls, last_date, searches, budget_id = 0, None, False, None

        def slim_exchanges(self) -> None:
            """Nothing was said."""

        def take_exchanges(self) -> list[Any]:
            return []

    class Sessions:
        def of(self, connection: object) -> Quiet:
            return Quiet()

    monkeypatch.setattr("integrations.engine.read.system", lambda key: Spec())
    claimed = claim_feed("test", only={feed.pk})
    assert claimed is not None
    read_feed(claimed, Sessions())  # type: ignore[arg-type]
    assert due_in(visma, "purchase-orders") <= 6


@pytest.mark.parametrize("system", ["orderful", "airbase", "adobe_commerce"])
def test_a_body_that_is_nested_without_end_is_taken_for_nothing_known(tenant: Tenant, system: str) -> None:
    assert post(endpoint(tenant, system, []), b"[" * 100_000).status_code < 300
    assert WebhookEvent.objects.get().state == WebhookEvent.State.PARKED


def test_a_time_that_no_calendar_has_is_none(visma: WebhookEndpoint) -> None:
    assert post(visma, **signed("new key") | {"x-vwd-notification-timestamp": "9" * 15}).status_code == 200
    assert WebhookEvent.objects.get().occurred_at is None
