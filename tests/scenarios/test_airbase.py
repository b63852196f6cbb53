"""An import-export company: invoices go to Airbase for approval, approved payments are booked back, in both modes of
Airbase, while everything fails that can. Nothing is paid twice."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.test import Client
from django_scopes import scope, scopes_disabled

from integrations.models import Delivery, Feed, Issue, State, WebhookEvent
from integrations.services import webhooks
from integrations.services.connections import check_connection
from portal.tenants.models import Tenant
from tests.integrations.flows.test_airbase import airbase_entry
from tests.support.cluster import Cluster
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry, entry_of

COMPANY = "kasityopuoti"
PATIENCE = 240.0


@pytest.fixture(params=["brief", "evidence"])
def company(
    request: pytest.FixtureRequest, transactional_db: None, sandbox: Simulators, tmp_path: Path
) -> Iterator[Any]:
    """The company with Airbase, as the live test finds it; and which of the two modes Airbase is in."""
    mode = request.param
    with scopes_disabled():
        sandbox.options("airbase", mode=mode)
        books = cast("World", SimpleNamespace(entry=entry_of(COMPANY), company="FI"))  # nothing else is ever configured
        entry = airbase_entry(books, mode=mode, auth_scheme="Bearer", deadline_seconds=4)
        entry["integrations"][0]["flows"].pop("vendors", None)
        apply_entry(entry, sandbox, folder=tmp_path)
        world = World(Tenant.objects.get(slug=COMPANY), entry, sandbox)
        with scope(tenant=world.tenant):
            steps = check_connection(world.connection("airbase"))
        assert all(step.ok for step in steps), steps
        yield world, mode


def bodies(world: World, system: str, entity: str) -> list[dict[str, Any]]:
    rows = world.simulators.rows(system, entity)
    return [row["body"] for row in rows if row["key"].startswith(f"{world.company}/")]


def booked(world: World) -> dict[str, list[dict[str, Any]]]:
    """What we booked in Visma.net, by entry of Airbase."""
    found: dict[str, list[dict[str, Any]]] = {}
    for payment in bodies(world, "visma", "supplierPayment"):
        if payment["description"].startswith("Airbase "):
            found.setdefault(payment["description"].removeprefix("Airbase "), []).append(payment)
    return found


def open_invoices(world: World, count: int) -> list[dict[str, Any]]:
    found = [
        i
        for i in bodies(world, "visma", "supplierInvoice")
        if i["status"] == "Open" and i["documentType"] == "Invoice" and i["balanceInCurrency"] == i["amount"]
    ]
    assert len(found) >= count
    return found[:count]


def approve_payment(world: World, mode: str, invoice: dict[str, Any]) -> str:
    """Somebody approves the payment of an invoice in Airbase. Returns the id of its entry."""
    given: dict[str, Any] = {"bill": f"Invoice/{invoice['referenceNumber']}"}
    if mode == "evidence":  # no bill was pushed: it was made in Airbase, and has the supplier's number
        given = {
            "invoice": {
                "vendor": invoice["supplier"]["number"],
                "invoice_number": invoice["supplierReference"],
                "total_amount": f"{invoice['amount']:.2f}",
                "currency": invoice["currencyId"],
            }
        }
    return str(world.simulators.act("airbase", "approve_payment", company=world.company, **given))


def everything_fails_once(simulators: Simulators) -> None:
    simulators.fault("visma", "timeout_after", "/v1/supplierPayment$", method="POST", seconds=8)
    simulators.fault("visma", "reset_after", "/supplierPayment/.*/action/release", method="POST")
    simulators.fault("visma", 412, "/supplierPayment/.*/action/release", method="POST")
    simulators.fault("visma", 429, "/v1/supplierInvoice", times=1, retry_after=1)
    simulators.fault("airbase", 500, "/ledger_entries/", method="PATCH")
    simulators.fault("airbase", "reset_after", "/ledger_entries/", method="PATCH")
    simulators.fault("airbase", "malformed", "/payments/|/ledger_entries/\\?", method="GET")


def test_approved_payments_are_booked_once_whatever_fails(company: tuple[World, str], cluster: Cluster) -> None:
    world, mode = company
    cluster.settle(seconds=PATIENCE)
    if mode == "brief":
        sent = {b["erp_reference_id"] for b in bodies(world, "airbase", "bills")}
        leaving = {
            f"{i['documentType']}/{i['referenceNumber']}"
            for i in bodies(world, "visma", "supplierInvoice")
            if i["status"] in ("Balanced", "Open") and i["documentType"] in ("Invoice", "CreditAdj", "DebitAdj")
        }
        assert sent == leaving
    invoices = open_invoices(world, 2)
    everything_fails_once(world.simulators)
    entries = {approve_payment(world, mode, invoice): invoice for invoice in invoices}
    for _ in range(2):
        cluster.settle(seconds=PATIENCE)
    found = booked(world)
    assert set(found) == set(entries)
    reported = {e["airbase_id"]: e for e in bodies(world, "airbase", "ledger_entries")}
    for entry, invoice in entries.items():
        (payment,) = found[entry]
        assert (payment["released"], payment["paymentAmount"]) == (True, invoice["amount"])
        assert [line["invoiceRefNbr"] for line in payment["paymentLines"]] == [invoice["referenceNumber"]]
        assert (reported[entry]["status"], reported[entry]["erp_reference_id"]) == ("sync_complete", payment["refNbr"])
    assert not Delivery.objects.filter(state__in=[State.FAILED, State.IN_DOUBT]).exists()
    # One is taken back after it was booked: never undone by itself.
    entry = next(iter(entries))
    world.simulators.act("airbase", "void_payment", company=world.company, payment=entry)
    cluster.settle(seconds=PATIENCE)
    issue = Issue.objects.get(status=Issue.Status.OPEN, sentence__contains="taken back")
    assert found[entry][0]["refNbr"] in issue.remedy
    assert {e: len(p) for e, p in booked(world).items()} == dict.fromkeys(entries, 1)


def test_events_of_both_sides_have_us_look_at_once(company: tuple[World, str], cluster: Cluster) -> None:
    """Visma.net tells of an invoice, Airbase of a payment: neither waits for its schedule."""
    world, mode = company
    cluster.settle(seconds=PATIENCE)
    books = webhooks.endpoint_of(world.connection("visma"))
    webhooks.set_keys(books, ["key"], actor=None)
    theirs = webhooks.endpoint_of(world.connection("airbase"))
    (invoice,) = open_invoices(world, 1)
    key = f"{world.company}/Invoice/{invoice['referenceNumber']}"
    world.simulators.mutate("supplierInvoice", key, {"description": "Looked at again"})
    body = json.dumps({"event": "APInvoice Changed", "number": invoice["referenceNumber"]}).encode()
    signature = base64.b64encode(hmac.digest(b"key", body, hashlib.sha256)).decode()
    answer = Client().post(
        f"/api/v1/webhooks/visma/{books.token}/",
        body,
        content_type="application/json",
        headers={"x-vwd-signature-v1": signature, "x-vwd-notification-id": "n-1"},
    )
    assert answer.status_code == 200
    before = Feed.objects.get(connection=world.connection("visma"), key="supplier-invoices").last_read_at
    cluster.wait(lambda: _read_since(world, "visma", "supplier-invoices", before), seconds=PATIENCE)
    entry = approve_payment(world, mode, invoice)
    created = "2026-11-20T10:00:00Z"
    said = {"id": "evt_1", "object": "event", "type": "payment_approved", "created_date": created, "data": {}}
    event = json.dumps(said)
    for _ in range(2):  # sent twice, acted on once
        answer = Client().post(f"/api/v1/webhooks/airbase/{theirs.token}/", event, content_type="application/json")
        assert answer.status_code == 200
    assert WebhookEvent.objects.get(connection=theirs.connection).times == 2
    cluster.wait(lambda: entry in booked(world), seconds=PATIENCE)
    cluster.settle(seconds=PATIENCE, read=False)
    assert len(booked(world)[entry]) == 1


def _read_since(world: World, connection: str, feed: str, before: Any) -> bool:
    row = Feed.objects.get(connection=world.connection(connection), key=feed)
    return row.last_read_at is not None and row.last_read_at > before
