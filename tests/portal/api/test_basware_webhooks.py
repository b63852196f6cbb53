"""Basware's notifications: signed over the raw body in every known form, stored once, and nothing but a hint."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone
from django_scopes import scopes_disabled

from integrations.models import Connection, Feed, WebhookEndpoint, WebhookEvent
from integrations.services import webhooks
from portal.tenants.models import Tenant
from tests.portal.api.test_webhooks import due_in, post

pytestmark = pytest.mark.django_db
KEY = "hemlig nyckel ö"
FORMS: dict[str, Callable[[bytes], str]] = {
    "hex": lambda digest: digest.hex(),
    "HEX": lambda digest: digest.hex().upper(),
    "sha256=hex": lambda digest: f"sha256={digest.hex()}",
    "base64": lambda digest: base64.b64encode(digest).decode(),
}


@pytest.fixture
def basware() -> Iterator[WebhookEndpoint]:
    with scopes_disabled():
        tenant = Tenant.objects.create(slug="krok", name="Krok AB")
        connection = Connection.objects.create(tenant=tenant, key="basware", system="basware", name="Basware")
        for key in ("accounting-documents", "exported-orders"):
            due = timezone.now() + dt.timedelta(minutes=5)
            Feed.objects.create(tenant=tenant, connection=connection, key=key, due_at=due, settle_seconds=5)
        made = webhooks.endpoint_of(connection)
        webhooks.set_keys(made, [KEY], actor=None)
        yield made


def notification(task_type: str = "AccountingDocuments", *, task: str = "t-1", valid: int = 3600) -> bytes:
    expires = timezone.now() + dt.timedelta(seconds=valid)
    said = {
        "taskId": task,
        "taskStatus": "New",
        "taskType": task_type,
        "taskSubType": "WaitingForTransfer",
        "documentId": "63255782d0a04d8d",
        "expirationTime": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return json.dumps(said).encode()


def signed(body: bytes, *, key: str = KEY, form: str = "hex") -> dict[str, str]:
    return {"X-BWAPI-Signature-256": FORMS[form](hmac.digest(key.encode(), body, hashlib.sha256))}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_rule_16_every_form_of_a_signature_is_taken(basware: WebhookEndpoint, form: str) -> None:
    body = notification()
    assert post(basware, body, **signed(body, form=form)).status_code == 200
    event = WebhookEvent.objects.get()
    assert (event.state, event.feeds, event.kind) == (
        "taken",
        ["accounting-documents"],
        "AccountingDocuments WaitingForTransfer",
    )
    assert due_in(basware, "accounting-documents") <= 5
    assert due_in(basware, "exported-orders") > 200


@pytest.mark.parametrize(
    ("task_type", "feed"),
    [("AccoutingDocuments", "accounting-documents"), ("exportedpurchaseorders", "exported-orders")],
)
def test_a_type_is_known_however_it_is_written(basware: WebhookEndpoint, task_type: str, feed: str) -> None:
    body = notification(task_type)
    post(basware, body, **signed(body))
    assert due_in(basware, feed) <= 5


def test_rule_16_what_is_forged_or_stale_is_refused_and_leaves_nothing(basware: WebhookEndpoint) -> None:
    body, old = notification(), notification(valid=-60)
    answers = [
        post(basware, body),
        post(basware, body, **signed(body, key="another key")),
        post(basware, body, **signed(body + b" ")),
        post(basware, old, **signed(old)),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401]
    assert not WebhookEvent.objects.exists()
    assert due_in(basware, "accounting-documents") > 200
    basware.refresh_from_db()
    assert basware.last_refusal.startswith("It expired at")
    webhooks.set_keys(basware, [], actor=None)
    assert post(basware, body, **signed(body, key="")).status_code == 401


def test_rule_16_the_same_task_is_counted_and_does_nothing_new(basware: WebhookEndpoint) -> None:
    body = notification()
    post(basware, body, **signed(body))
    Feed.objects.update(due_at=timezone.now() + dt.timedelta(minutes=5))
    again = notification(valid=7200)
    assert post(basware, again, **signed(again)).status_code == 200
    assert WebhookEvent.objects.get().times == 2
    assert due_in(basware, "accounting-documents") > 200


def test_a_connection_test_is_answered_and_an_unknown_type_parked(basware: WebhookEndpoint) -> None:
    for task_type, state in (("ConnectionTest", "taken"), ("ExportedContracts", "parked")):
        body = notification(task_type, task=task_type)
        assert post(basware, body, **signed(body)).status_code == 200
        assert WebhookEvent.objects.get(event_id=task_type).state == state
    assert due_in(basware, "accounting-documents") > 200
