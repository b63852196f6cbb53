"""Visma.net ERP ↔ Basware P2P, from the books to Basware's simulator and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scope

from integrations.engine.replay import reopen
from integrations.http.errors import ConfigError
from integrations.models import Delivery, Integration, Issue, Link, State
from integrations.services.connections import check_connection
from integrations.systems.basware import wire
from integrations.systems.basware.client import Client
from integrations.systems.basware.settings import Options
from integrations.systems.basware.spec import SYSTEM
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]
REFERENCES = ("accounts", "dimensions", "payment-terms", "tax-codes")
OUT = (*REFERENCES, "suppliers", "purchase-orders", "purchase-receipts", "supplier-invoices")
SEGMENTS = {"lists": {"2": "ACC_LIST_1"}, "dimensions": {"2": 1}}
CODES = {"SE": "1001", "NO": "1002", "DK": "1003", "FI": "1004"}


def basware_entry(world: World, *, flows: tuple[str, ...] = OUT, **settings: Any) -> dict[str, Any]:
    """The tenant's configuration with Basware instead of its networks."""
    entry, slug = dict(world.entry), world.company.lower()
    entry["connections"] = [
        next(c for c in entry["connections"] if c["system"] == "visma"),
        {
            "key": "basware",
            "system": "basware",
            "name": "Basware",
            "settings": {
                "client_id": f"basware-{slug}",
                "client_secret": f"sandbox-basware-{slug}-secret",
                "company_code": CODES[world.company],
                **{f"{region}_url": f"${{SANDBOX_URL}}/basware/{region}" for region in ("eu", "us", "au", "ca")},
                "network_url": "${SANDBOX_URL}/basware/network",
                "network_user": f"network-{slug}",
                "network_password": f"sandbox-network-{slug}-secret",
                "storage_hosts": ["localhost", "127.1"],
                "status_seconds": 1,
                "deadline_seconds": 5,
                "calls_per_minute": 100_000,
                **settings,
            },
        },
    ]
    entry["integrations"] = [
        {
            "key": "visma-basware",
            "name": "Visma.net and Basware",
            "visma": "visma",
            "partner": "basware",
            "flows": {key: {"settings": SEGMENTS} if key == "dimensions" else {} for key in flows},
        }
    ]
    entry["trading_partners"] = []
    entry.pop("agreement_defaults", None)
    return entry


def configured(world: World, sandbox: Simulators, folder: Path, **values: Any) -> World:
    entry = basware_entry(world, **values)
    sandbox.options("basware", rate_limit=1_000_000)
    apply_entry(entry, sandbox, folder=folder)
    found = World(world.tenant, entry, sandbox)
    with scope(tenant=world.tenant):
        Integration.objects.exclude(key="visma-basware").update(enabled=False)
        steps = check_connection(found.connection("basware"))
    assert all(step.ok for step in steps), steps
    return found


@pytest.fixture
def basware(world: World, sandbox: Simulators, tmp_path: Path) -> World:
    """The company with Basware."""
    return configured(world, sandbox, tmp_path)


def bodies(world: World, entity: str, *, system: str = "basware") -> list[dict[str, Any]]:
    return [row["body"] for row in world.simulators.rows(system, entity) if row["key"].startswith(f"{world.company}/")]


def in_p2p(world: World, kind: str) -> dict[str, dict[str, Any]]:
    """What P2P has of a kind, by external code."""
    return {row["externalCode"]: row for row in bodies(world, "p2p") if row["kind"] == kind}


def failures(world: World) -> list[str]:
    with scope(tenant=world.tenant):
        return [f"{d.flow_id} {d.operation} {d.business_number}: {d.reason}" for d in world.deliveries(state="failed")]


def test_what_is_in_the_books_stands_in_p2p_once(basware: World, settle: Settle) -> None:
    settle(seconds=240)
    assert not failures(basware)
    vendors = {row["content"]["vendorCode"]: row for row in in_p2p(basware, "vendors").values()}
    suppliers = {s["number"] for s in bodies(basware, "supplier", system="visma")}
    assert set(vendors) == suppliers
    assert {row["processed"] for row in vendors.values()} == {1}
    orders = {row["content"]["orderNumber"] for row in in_p2p(basware, "matchingOrders").values()}
    wanted = {
        o["orderNbr"]: o
        for o in bodies(basware, "purchaseorder", system="visma")
        if o["status"] in ("Open", "Printed", "PendingEmail", "PendingPrint", "Closed")
    }
    assert orders == set(wanted)
    received = {
        (one["goodsReceiptNumber"], one["quantity"])
        for row in in_p2p(basware, "matchingOrderLines").values()
        for one in row["content"].get("goodsReceipts", ())
    }
    assert received == {
        (receipt["receiptNbr"], line["receiptQty"] * (-1 if receipt["receiptType"] == "PoReturn" else 1))
        for receipt in bodies(basware, "PurchaseReceipt", system="visma")
        if receipt["status"] == "Released"
        for line in receipt["lines"]
        if line.get("poOrderNbr") and line["receiptQty"]
    }
    rows = [
        one for row in in_p2p(basware, "matchingOrderLines").values() for one in row["content"].get("goodsReceipts", ())
    ]
    codes = {one["externalCode"] for one in rows if one["quantity"] > 0}
    returned = [one["referenceGRExternalCode"] for one in rows if one["quantity"] < 0]
    assert returned, "a return says of which receipt it is"
    assert set(returned) <= codes
    coded = [c for row in in_p2p(basware, "matchingOrderLines").values() for c in row["content"]["orderLineCoding"]]
    projects = {row["content"]["text_1"] for row in in_p2p(basware, "lists").values()}
    assert coded
    assert {c["dimCode1"] for c in coded} <= projects
    invoices = bodies(basware, "invoices")
    payable = [
        i
        for i in bodies(basware, "supplierInvoice", system="visma")
        if i["status"] in ("Balanced", "Open") and i["documentType"] in ("Invoice", "CreditAdj", "DebitAdj")
    ]
    assert sorted(abs(i["payload"]["grossSum"]) for i in invoices) == sorted(i["amount"] for i in payable)
    assert len({i["code"] for i in invoices}) == len(payable)
    with scope(tenant=basware.tenant):
        assert not Issue.objects.filter(status=Issue.Status.OPEN).exists()
    before = len(basware.deliveries())
    settle()
    assert len(basware.deliveries()) == before


def test_an_order_waits_until_p2p_has_taken_its_vendor(
    world: World, sandbox: Simulators, tmp_path: Path, settle: Settle
) -> None:
    """The vendor's 200 is no confirmation: P2P refuses it later, which comes back in words, and a replay is looked at
    again although it says the same."""
    found = configured(world, sandbox, tmp_path, flows=("payment-terms", "suppliers", "purchase-orders"))
    order = next(o for o in bodies(found, "purchaseorder", system="visma") if o["status"] == "Open")
    supplier = order["supplier"]["number"]
    code = f"VISMA-{CODES[found.company]}-S-{supplier}"
    sandbox.options("basware", outcomes={code: {"status": "Error", "message": "Bank account is not unique"}})
    settle(seconds=240)
    assert not [o for o in in_p2p(found, "matchingOrders").values() if o["content"]["supplierCode"] == supplier]
    with scope(tenant=found.tenant):
        vendor = Delivery.objects.get(flow__key="suppliers", record__source_id=supplier)
        waiting = Delivery.objects.get(flow__key="purchase-orders", operation="send", business_number=order["orderNbr"])
        assert (vendor.state, waiting.state) == (State.FAILED, State.PENDING)
        assert "Bank account is not unique" in vendor.reason
        assert f"supplier {supplier}" in waiting.reason
    sandbox.options("basware", outcomes={})
    with scope(tenant=found.tenant):
        reopen(vendor.pk, actor=None, reason="corrected in P2P")
    settle(seconds=240)
    assert not failures(found)
    assert in_p2p(found, "vendors")[code]["processed"] == 1
    assert order["orderNbr"] in {o["content"]["orderNumber"] for o in in_p2p(found, "matchingOrders").values()}


def test_invoices_go_to_a_path_of_p2p_where_one_was_set_up(
    world: World, sandbox: Simulators, tmp_path: Path, settle: Settle
) -> None:
    flows = ("payment-terms", "suppliers", "supplier-invoices")
    sandbox.options("basware", p2p_intake_path="/v1/invoiceIntake")
    path = {"intake": "p2p", "p2p_intake_path": "/v1/invoiceIntake", "network_user": ""}
    found = configured(world, sandbox, tmp_path, flows=flows, **path)
    settle(seconds=240)
    assert not failures(found)
    invoices = bodies(found, "invoices")
    assert invoices
    assert {invoice["channel"] for invoice in invoices} == {"p2p"}
    assert len({invoice["code"] for invoice in invoices}) == len(invoices)
    with scope(tenant=found.tenant):
        linked = Link.objects.filter(entity="supplier-invoice").values_list("target_id", flat=True)
        assert set(linked) == {invoice["code"] for invoice in invoices}


def test_the_region_is_found_and_kept(world: World, sandbox: Simulators, tmp_path: Path) -> None:
    sandbox.options("basware", regions={world.company: "us"})
    found = configured(world, sandbox, tmp_path, flows=("accounts",))
    assert found.connection("basware").settings["region"] == "us"
    hosts = {r["path"].split("/")[2] for r in sandbox.requests("basware") if r["path"].startswith("/basware/")}
    assert not hosts & {"au", "ca"}


def test_a_secret_is_not_sent_to_hosts_that_nobody_confirmed(world: World, sandbox: Simulators, tmp_path: Path) -> None:
    sandbox.options("basware", regions={world.company: "au"})
    entry = basware_entry(world, flows=("accounts",))
    apply_entry(entry, sandbox, folder=tmp_path)
    found = World(world.tenant, entry, sandbox)
    with scope(tenant=world.tenant):
        steps = check_connection(found.connection("basware"))
    assert [step.ok for step in steps] == [False]
    assert "AU" in steps[0].remedy
    assert not [r for r in sandbox.requests("basware") if "/basware/au/" in r["path"]]


def test_lists_are_read_to_the_end_through_the_store_and_without_our_credentials(
    world: World, sandbox: Simulators, tmp_path: Path
) -> None:
    """The store refuses calls with an Authorization header, and the continuation token comes with its answer."""
    found = configured(world, sandbox, tmp_path, flows=("accounts",), page_size=1)
    sandbox.options("basware", storage_host="same")
    wanted = {f"N-{n}" for n in range(3)}
    for number in wanted:
        sandbox.act(
            "basware",
            "receive_document",
            company=found.company,
            supplierCode="50001",
            invoiceNumber=number,
            grossSum=10,
        )
    connection = found.connection("basware")
    session = SYSTEM.session(connection)
    client = Client(session, Options.of(connection))
    pages = list(client.pages("/v1/accountingDocuments", "accountingDocuments"))
    assert [len(page) for page in pages] == [1, 1, 1]
    assert {client.decode(raw, wire.AccountingDocument).invoice_number for page in pages for raw in page} == wanted
    assert list(client.pages("/v1/vendors", "vendorEntities")) == []


def test_a_store_that_nobody_named_is_not_called(world: World, sandbox: Simulators, tmp_path: Path) -> None:
    found = configured(world, sandbox, tmp_path, flows=("accounts",), storage_hosts=["store.example"])
    sandbox.act(
        "basware", "receive_document", company=found.company, supplierCode="50001", invoiceNumber="N", grossSum=10
    )
    connection = found.connection("basware")
    client = Client(SYSTEM.session(connection), Options.of(connection))
    with pytest.raises(ConfigError, match="none of its known stores"):
        list(client.pages("/v1/accountingDocuments", "accountingDocuments"))
