"""Visma.net and Basware, as the customer was promised it: every document once, in order, whatever happens on the way.
What Basware says of invoices comes back, without touching the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django_scopes import scopes_disabled

from integrations.engine.replay import reopen
from integrations.models import Delivery, Issue, State
from portal.audit.models import AuditEvent
from tests.integrations.flows.test_basware import bodies, configured, in_p2p
from tests.integrations.flows.test_basware_back import BACK, books, document, documents, history
from tests.support.cluster import Cluster
from tests.support.simulators import Simulators
from tests.support.world import World

pytestmark = pytest.mark.timeout(900)  # says nothing of the code: the machine may be busy
MASTER = ("accounts", "dimensions", "payment-terms", "tax-codes", "suppliers")
ORDERS = ("purchase-orders", "purchase-receipts")
PATIENCE = 280
LEDGER = ("balance", "amount", "status", "invoiceLines", "vatTotal")
"""What of an invoice is the books' alone."""


@pytest.fixture
def basware(world: World, sandbox: Simulators, tmp_path: Path) -> World:
    return configured(world, sandbox, tmp_path, flows=(*MASTER, *ORDERS, "supplier-invoices", *BACK))


def stumble(sandbox: Simulators) -> None:
    """What a network and a busy Basware do in a day, once each and more: before the effect, after it, and instead."""
    v1 = "/v1/"
    sandbox.fault("basware", 503, f"{v1}vendors", method="POST")
    sandbox.fault("basware", 429, f"{v1}accounts", method="POST", retry_after=1)
    sandbox.fault("basware", "reset_after", f"{v1}matchingOrders", method="POST")
    sandbox.fault("basware", 503, f"{v1}matchingOrderLines", method="PATCH")
    sandbox.fault("basware", "reset_after", f"{v1}invoices", method="PUT")
    sandbox.fault("basware", 401, f"{v1}requestStatus")
    sandbox.fault("basware", "malformed", f"{v1}requestStatus")


def test_every_document_is_there_once_although_the_network_stumbles(
    basware: World, cluster: Cluster, sandbox: Simulators
) -> None:
    sandbox.options("basware", storage_host="same")
    stumble(sandbox)
    cluster.settle(seconds=PATIENCE)
    assert standing(basware) == must_stand(basware)
    with scopes_disabled():
        states = set(Delivery.objects.filter(tenant=basware.tenant).values_list("state", flat=True))
        assert states <= {State.DELIVERED, State.NO_EFFECT}
    twice = {
        code: row["processed"] for kind in ("vendors", "matchingOrders") for code, row in in_p2p(basware, kind).items()
    }
    assert set(twice.values()) == {1}, "what was written again was not processed again"

    # A person orders more and another supplier's invoice is entered: both are there with the next tick.
    order = next(o for o in bodies(basware, "purchaseorder", system="visma") if o["status"] == "Open")
    sandbox.mutate("purchaseorder", f"{basware.company}/{order['orderNbr']}", {"lines.0.orderQty": 999})
    cluster.settle(seconds=PATIENCE)
    lines = in_p2p(basware, "matchingOrderLines").values()
    assert 999 in {row["content"]["quantity"] for row in lines if order["orderNbr"] in row["externalCode"]}
    assert standing(basware) == must_stand(basware)


def test_what_p2p_refuses_later_is_told_replayed_and_explained(
    basware: World, cluster: Cluster, sandbox: Simulators
) -> None:
    """The 200 was no confirmation. Nothing that needs the vendor goes before it is taken."""
    order = next(o for o in bodies(basware, "purchaseorder", system="visma") if o["status"] == "Open")
    supplier = order["supplier"]["number"]
    code = f"VISMA-1004-S-{supplier}"
    sandbox.options("basware", outcomes={code: {"status": "Error", "message": "Bank account is not unique"}})
    cluster.settle(seconds=PATIENCE)
    assert not [o for o in in_p2p(basware, "matchingOrders").values() if o["content"]["supplierCode"] == supplier]
    with scopes_disabled():
        vendor = Delivery.objects.get(flow__key="suppliers", record__source_id=supplier)
        assert vendor.state == State.FAILED
        issue = Issue.objects.get(status=Issue.Status.OPEN)
        assert "Bank account is not unique" in issue.sentence
        assert issue.remedy
        sandbox.options("basware", outcomes={})
        reopen(vendor.pk, actor=None, reason="corrected in P2P")
    cluster.settle(seconds=PATIENCE)
    assert standing(basware) == must_stand(basware)
    with scopes_disabled():
        assert not Issue.objects.filter(status=Issue.Status.OPEN).exists()
        told = AuditEvent.objects.filter(object_type="delivery", object_id=str(vendor.pk)).order_by("pk")
        said = [event.summary for event in told]
    assert any("Bank account is not unique" in one for one in said)
    assert any("corrected in P2P" in one for one in said)


def test_payments_and_exceptions_come_back_and_the_ledger_stays_as_it_is(
    basware: World, cluster: Cluster, sandbox: Simulators
) -> None:
    cluster.settle(seconds=PATIENCE)
    sandbox.act("basware", "process")
    cluster.settle()
    ledger = ledger_of(basware)
    paid, rejected = [d for d in documents(basware) if d["grossSum"] > 0][:2]
    v1 = "/v1/accountingDocuments"
    sandbox.fault("basware", "reset_after", f"{v1}/.*/acknowledge", method="POST")
    sandbox.fault("basware", "reset_after", f"{v1}/.*/transferResponses", method="POST")
    sandbox.fault("basware", 500, f"{v1}$", times=1)
    sandbox.fault("visma", 412, "supplierInvoice", method="PUT", times=1)
    who = {"company": basware.company}
    sandbox.act("basware", "approve_document", **who, document=paid["invoiceId"])
    sandbox.act("basware", "reject_document", **who, document=rejected["invoiceId"], comment="Not ordered")
    cluster.settle(seconds=PATIENCE)
    sandbox.act("basware", "pay_document", **who, document=paid["invoiceId"], date="2026-01-30", number="P-77")
    cluster.settle(seconds=PATIENCE)
    there = document(basware, paid["invoiceId"])
    assert (there["processingStatus"], len(there["transferResponses"])) == ("Paid", 1)
    assert there["voucherNumber1"] == books(basware, paid["bumid"])["referenceNumber"]
    assert "payment P-77" in history(basware, paid["bumid"])[-1]
    assert books(basware, paid["bumid"])["note"].count("payment P-77") == 1
    assert books(basware, rejected["bumid"])["note"].count("Not ordered") == 1
    with scopes_disabled():
        problems = Issue.objects.filter(status=Issue.Status.OPEN).values_list("sentence", flat=True)
        assert [one for one in problems if "rejected in Basware" in one and "Not ordered" in one] == list(problems)
    assert ledger_of(basware) == ledger
    assert {r["method"] for r in sandbox.requests("visma") if "supplierInvoice" in r["path"]} == {"GET", "PUT"}


# --- What stands there, and what must


def standing(world: World) -> dict[str, list[Any]]:
    lines = in_p2p(world, "matchingOrderLines").values()
    receipts = [one for row in lines for one in row["content"].get("goodsReceipts", ())]
    return {
        "vendors": sorted(row["content"]["vendorCode"] for row in in_p2p(world, "vendors").values()),
        "orders": sorted(row["content"]["orderNumber"] for row in in_p2p(world, "matchingOrders").values()),
        "receipts": sorted((one["goodsReceiptNumber"], one["quantity"]) for one in receipts),
        "invoices": sorted(one["payload"]["ledgerNumber"] for one in bodies(world, "invoices")),
    }


def must_stand(world: World) -> dict[str, list[Any]]:
    def rows(entity: str) -> list[dict[str, Any]]:
        return bodies(world, entity, system="visma")

    leave = {"Open", "Printed", "PendingEmail", "PendingPrint", "Closed"}
    return {
        "vendors": sorted(row["number"] for row in rows("supplier")),
        "orders": sorted(row["orderNbr"] for row in rows("purchaseorder") if row["status"] in leave),
        "receipts": sorted(
            (row["receiptNbr"], line["receiptQty"] * (-1 if row["receiptType"] == "PoReturn" else 1))
            for row in rows("PurchaseReceipt")
            if row["status"] == "Released"
            for line in row["lines"]
            if line.get("poOrderNbr") and line["receiptQty"]
        ),
        "invoices": sorted(
            row["referenceNumber"]
            for row in rows("supplierInvoice")
            if row["status"] in ("Balanced", "Open") and row["documentType"] in ("Invoice", "CreditAdj", "DebitAdj")
        ),
    }


def ledger_of(world: World) -> dict[str, Any]:
    """The invoices of the books, apart from their notes."""
    rows = bodies(world, "supplierInvoice", system="visma")
    return {f"{r['documentType']}/{r['referenceNumber']}": {name: r.get(name) for name in LEDGER} for r in rows}
