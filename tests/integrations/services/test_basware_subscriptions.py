"""Subscriptions to Basware's notifications, with a simulated Basware that tries our address out before it answers."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scopes_disabled

from integrations.engine.slice import run_slice
from integrations.models import Connection, Delivery, Feed, Record, State, WebhookEndpoint, WebhookEvent
from integrations.services import webhooks
from portal.audit.models import AuditEvent
from portal.common.clock import db_now
from tests.integrations.flows.test_basware import configured
from tests.support.simulators import Simulators
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]
COMPANY = "FI"


@pytest.fixture
def basware(world: World, sandbox: Simulators, tmp_path: Path, settings: Any, live_server: Any) -> Connection:
    """A connection of which two feeds are read, and the portal, where the simulator reaches it."""
    settings.BASE_URL = live_server.url
    found = configured(world, sandbox, tmp_path, flows=("suppliers", "payment-terms", "invoice-statuses"))
    return found.connection("basware")


def subscriptions(sandbox: Simulators) -> dict[str, str]:
    rows = (row["body"] for row in sandbox.rows("basware", "subscriptions"))
    return {f"{row['taskType']} {row['taskSubType']}": row["notificationWebhookURL"] for row in rows}


def test_what_is_read_is_subscribed_listed_and_removed(basware: Connection, sandbox: Simulators) -> None:
    steps = webhooks.register(basware, actor=None)
    assert [(step.name, step.ok) for step in steps] == [("AccountingDocuments", True), ("RequestStatus", True)], steps
    endpoint = WebhookEndpoint.objects.get(connection=basware)
    address = webhooks.address_of(endpoint)
    assert subscriptions(sandbox) == {"AccountingDocuments All": address, "RequestStatus All": address}
    assert len(str(endpoint.keys[0])) > 30
    with scopes_disabled():
        assert set(WebhookEvent.objects.values_list("kind", "state")) == {("ConnectionTest", "taken")}
    again = webhooks.register(basware, actor=None)
    assert all(step.ok for step in again)
    assert list(WebhookEndpoint.objects.get(connection=basware).keys) == list(endpoint.keys)
    assert [(s.name, s.ok) for s in webhooks.registered(basware, actor=None)] == [
        ("AccountingDocuments All", True),
        ("RequestStatus All", True),
    ]
    assert all(step.ok for step in webhooks.unregister(basware, actor=None))
    assert subscriptions(sandbox) == {}
    [none] = webhooks.registered(basware, actor=None)
    assert (none.ok, none.detail) == (False, "There are none.")
    said = set(AuditEvent.objects.filter(action__startswith="webhook.").values_list("action", flat=True))
    assert said >= {"webhook.keys_changed", "webhook.registered", "webhook.listed", "webhook.unregistered"}


def test_a_subscription_of_somebody_else_is_left_alone(basware: Connection, sandbox: Simulators) -> None:
    """There is one place for each type: registering would take it from whoever has it."""
    webhooks.register(basware, actor=None)
    WebhookEndpoint.objects.filter(connection=basware).update(token_hash="gone")
    WebhookEndpoint.objects.filter(connection=basware).delete()
    before = subscriptions(sandbox)
    steps = webhooks.register(basware, actor=None)
    assert [step.ok for step in steps] == [False, False]
    assert "no longer get them" in steps[0].remedy
    assert subscriptions(sandbox) == before
    assert [step.ok for step in webhooks.registered(basware, actor=None)] == [False, False]
    [none] = webhooks.unregister(basware, actor=None)
    assert none.detail == "None was sent here."
    assert subscriptions(sandbox) == before


def test_an_address_that_cannot_be_reached_is_a_step_that_failed(
    basware: Connection, sandbox: Simulators, settings: Any
) -> None:
    settings.BASE_URL = "http://127.0.0.1:9"
    steps = webhooks.register(basware, actor=None)
    assert [step.ok for step in steps] == [False, False]
    assert "did not answer with status 200" in steps[0].detail
    settings.BASE_URL = "http://portal.example"
    [step] = webhooks.register(basware, actor=None)
    assert "https" in step.detail
    assert subscriptions(sandbox) == {}


@pytest.mark.parametrize("form", ["hex", "base64"])
def test_news_is_fetched_at_once(basware: Connection, sandbox: Simulators, settle: Settle, form: str) -> None:
    """The notification is thin: the invoice itself is read, and only once, however often it is told."""
    sandbox.options("basware", webhook_signature_form=form, webhook_copies=2, misspell_task_type=True)
    webhooks.register(basware, actor=None)
    settle()
    with scopes_disabled():
        Feed.objects.update(due_at=db_now() + dt.timedelta(hours=1))
    given = {"company": COMPANY, "supplierCode": "80001", "invoiceNumber": "NEWS-1", "grossSum": 10}
    invoice = sandbox.act("basware", "receive_document", **given)
    sandbox.act("basware", "approve_document", company=COMPANY, document=invoice)
    with scopes_disabled():
        events = WebhookEvent.objects.filter(kind="AccoutingDocuments WaitingForTransfer")
        wait_until(lambda: events.filter(times=2).exists())
        wait_until(lambda: work_off() and Record.objects.filter(source_id=invoice).exists())
        assert Record.objects.filter(source_id=invoice).count() == 1


def test_a_verdict_is_asked_for_when_basware_says_that_there_is_one(
    world: World, sandbox: Simulators, tmp_path: Path, settings: Any, live_server: Any, settle: Settle
) -> None:
    """Nobody would look before an hour has passed."""
    sandbox.options("basware", processing_delay=3600)
    settings.BASE_URL = live_server.url
    found = configured(world, sandbox, tmp_path, flows=("payment-terms",), status_seconds=3600)
    webhooks.register(found.connection("basware"), actor=None)
    with scopes_disabled():
        terms = Delivery.objects.filter(flow__key="payment-terms")
        wait_until(lambda: work_off() and terms.exists() and not terms.exclude(state=State.ACCEPTED).exists())
        sandbox.act("basware", "process")
        wait_until(lambda: work_off() and not terms.exclude(state=State.DELIVERED).exists())


def work_off() -> bool:
    """Does what is due now."""
    run_slice(seconds=2, threads=2)
    return True


def wait_until(there: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not there():
        assert time.monotonic() < until, "It did not come."
        time.sleep(0.1)
