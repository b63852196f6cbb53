"""Visma.net ERP ↔ Airbase, from the books to Airbase's simulator and back, in both of its modes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scope

from integrations.models import Breaker, Delivery, Integration, Issue, State
from integrations.services import deliveries
from integrations.services.connections import check_connection
from integrations.systems.registry import system
from integrations.systems.visma.client import VismaClient
from integrations.systems.visma.settings import Options as VismaOptions
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]
OUT = (
    "accounts", "dimensions", "suppliers", "purchase-orders", "purchase-receipts", "supplier-invoices",
    "invoice-payments",
)  # fmt: skip
SLUGS = {"FI": "kasityopuoti"}


def airbase_entry(world: World, *, mode: str = "brief", **settings: Any) -> dict[str, Any]:
    """The tenant's configuration with Airbase instead of its networks."""
    entry = dict(world.entry)
    base = "${SANDBOX_URL}/airbase" + (f"/{SLUGS[world.company]}" if mode == "brief" else "")
    entry["connections"] = [
        next(c for c in entry["connections"] if c["system"] == "visma"),
        {
            "key": "airbase",
            "system": "airbase",
            "name": "Airbase",
            "settings": {
                "base_url": base,
                "api_key": f"sandbox-airbase-{world.company.lower()}",
                "subsidiary": "*",
                **settings,
            },
        },
    ]
    entry["integrations"] = [
        {
            "key": "visma-airbase",
            "name": "Visma.net and Airbase",
            "visma": "visma",
            "partner": "airbase",
            "flows": {key: {} for key in (*OUT, "payments", "vendors")},
        }
    ]
    entry["trading_partners"] = []
    entry.pop("agreement_defaults", None)
    return entry


@pytest.fixture
def airbase(world: World, sandbox: Simulators, tmp_path: Path) -> World:
    """The company with Airbase in its mode "brief"."""
    return _configured(world, sandbox, tmp_path)


@pytest.fixture
def ledger_only(world: World, sandbox: Simulators, tmp_path: Path) -> World:
    """The company with Airbase in its mode "evidence", as the live test finds it."""
    sandbox.options("airbase", mode="evidence")
    return _configured(world, sandbox, tmp_path, mode="evidence", auth_scheme="Bearer")


def _configured(world: World, sandbox: Simulators, folder: Path, **values: Any) -> World:
    entry = airbase_entry(world, **values)
    apply_entry(entry, sandbox, folder=folder)
    found = World(world.tenant, entry, sandbox)
    with scope(tenant=world.tenant):
        Integration.objects.exclude(key="visma-airbase").update(enabled=False)
        steps = check_connection(found.connection("airbase"))
    assert all(step.ok for step in steps), steps
    return found


def bodies(world: World, entity: str, *, system: str = "airbase") -> list[dict[str, Any]]:
    return [row["body"] for row in world.simulators.rows(system, entity) if row["key"].startswith(f"{world.company}/")]


def act(world: World, action: str, **values: Any) -> Any:
    return world.simulators.post(
        "act", system="airbase", action=action, **{"with": {"company": world.company, **values}}
    )


def failures(world: World) -> list[str]:
    with scope(tenant=world.tenant):
        return [f"{d.flow_id} {d.operation} {d.business_number}: {d.reason}" for d in world.deliveries(state="failed")]


def approve_new_suppliers(world: World) -> list[Delivery]:
    """Says yes to every supplier that is to be made."""
    with scope(tenant=world.tenant):
        waiting = list(Delivery.objects.filter(flow__key="vendors", state=State.WAITING))
        for delivery in waiting:
            deliveries.approve(delivery.pk, actor=None, reason="We know them.")
    return waiting


def test_what_is_in_the_books_stands_in_airbase_once(airbase: World, settle: Settle) -> None:
    settle()
    assert not failures(airbase)
    approve_new_suppliers(airbase)
    settle()
    vendors = {v["erp_reference_id"] for v in bodies(airbase, "vendors") if v["erp_reference_id"]}
    suppliers = {s["number"] for s in bodies(airbase, "supplier", system="visma")}
    assert vendors == suppliers
    bills = bodies(airbase, "bills")
    wanted = {
        f"{i['documentType']}/{i['referenceNumber']}": i["balanceInCurrency"] if i["status"] == "Open" else i["amount"]
        for i in bodies(airbase, "supplierInvoice", system="visma")
        if i["status"] in ("Balanced", "Open") and i["documentType"] in ("Invoice", "CreditAdj", "DebitAdj")
    }
    assert {b["erp_reference_id"] for b in bills} == set(wanted)
    assert len(bills) == len(wanted)
    for bill in bills:
        assert abs(float(bill["total_amount"])) == pytest.approx(wanted[bill["erp_reference_id"]])
        assert sum(float(line["amount"]) for line in bill["expense_list"]) == pytest.approx(float(bill["total_amount"]))
    before = len(airbase.deliveries())
    settle()
    assert len(airbase.deliveries()) == before
    with scope(tenant=airbase.tenant):
        assert not Issue.objects.filter(status=Issue.Status.OPEN).exists()


# --- Receipts


def _order_of(world: World, number: str) -> dict[str, Any]:
    return next(o for o in bodies(world, "purchaseorder", system="visma") if o["orderNbr"] == number)


def _received_at_airbase(world: World, number: str) -> list[float]:
    order = next(o for o in bodies(world, "purchase_orders") if o["erp_reference_id"] == number)
    return [float(line["received_quantity"]) for line in order["line_items"]]


def _open_orders(world: World, supplier: str, count: int) -> list[str]:
    """Orders of a supplier of which something can still come."""
    found = [
        o["orderNbr"]
        for o in bodies(world, "purchaseorder", system="visma")
        if o["supplier"]["number"] == supplier
        and o["status"] == "Open"
        and o["orderType"] == "RegularOrder"
        and any(line["orderQty"] > line["qtyOnReceipts"] for line in o["lines"])
    ]
    assert len(found) >= count, found
    return found[:count]


def _receive(world: World, numbers: list[str]) -> str:
    """A person receives one piece of a line of each order, on one receipt, and releases it. Returns its number."""
    lines = []
    for number in numbers:
        order = _order_of(world, number)
        line = next(x for x in order["lines"] if x["orderQty"] > x["qtyOnReceipts"])
        lines.append(
            {
                "operation": "Insert",
                "inventoryId": {"value": line["inventory"]["number"]},
                "receiptQty": {"value": 1},
                "poOrderType": {"value": "RegularOrder"},
                "poOrderNbr": {"value": number},
                "poOrderLineNbr": {"value": line["lineNbr"]},
            }
        )
    connection = world.connection("visma")
    with scope(tenant=world.tenant):
        session = system("visma").session(connection)
        client = VismaClient(session, VismaOptions.of(connection))
        body = {
            "receiptType": {"value": "PoReceipt"},
            "supplierId": {"value": _order_of(world, numbers[0])["supplier"]["number"]},
            "hold": {"value": False},
            "lines": lines,
        }
        number = client.create("v1/PurchaseReceipt", body)
        client.act(f"v1/PurchaseReceipt/{number}/action/release", {})
        session.close()
    return number


def test_a_receipt_of_several_orders_moves_them_all_although_their_time_of_change_stands_still(
    airbase: World, settle: Settle
) -> None:
    """Visma notes on the order what was received, and leaves the order's time of change as it was."""
    settle()
    supplier = next(
        s["number"] for s in bodies(airbase, "supplier", system="visma") if _has_open_orders(airbase, s["number"], 2)
    )
    numbers = _open_orders(airbase, supplier, 2)
    before = {n: sum(_received_at_airbase(airbase, n)) for n in numbers}
    stamps = {n: _order_of(airbase, n)["lastModifiedDateTime"] for n in numbers}
    receipt = _receive(airbase, numbers)
    assert {n: _order_of(airbase, n)["lastModifiedDateTime"] for n in numbers} == stamps
    settle()
    settle()
    assert not failures(airbase)
    assert {n: sum(_received_at_airbase(airbase, n)) for n in numbers} == {n: v + 1 for n, v in before.items()}
    with scope(tenant=airbase.tenant):
        (delivery,) = airbase.deliveries(receipt, flow__key="purchase-receipts")
    assert delivery.state == State.DELIVERED
    assert (
        delivery.reason == f"Airbase has what receipt {receipt} brought of purchase order {', '.join(sorted(numbers))}."
    )


def test_an_order_that_cannot_be_read_anew_keeps_its_receipt_waiting(airbase: World, settle: Settle) -> None:
    settle()
    supplier = next(
        s["number"] for s in bodies(airbase, "supplier", system="visma") if _has_open_orders(airbase, s["number"], 1)
    )
    (number,) = _open_orders(airbase, supplier, 1)
    before = sum(_received_at_airbase(airbase, number))
    receipt = _receive(airbase, [number])
    airbase.simulators.fault("visma", 500, f"/v1/purchaseorder/{number}", method="GET", times=20)
    settle()
    with scope(tenant=airbase.tenant):
        (delivery,) = airbase.deliveries(receipt, flow__key="purchase-receipts")
        assert delivery.state == State.PENDING
        assert f"purchase order {number} to be read again after receipt {receipt}" in delivery.reason
        airbase.simulators.no_faults()
        Delivery.objects.filter(pk=delivery.pk).update(not_before=delivery.since)
        Breaker.objects.update(position=Breaker.Position.CLOSED, failures=0)
    settle()
    settle()
    assert sum(_received_at_airbase(airbase, number)) == before + 1


def _has_open_orders(world: World, supplier: str, count: int) -> bool:
    try:
        return bool(_open_orders(world, supplier, count))
    except AssertionError:
        return False


# --- Payments


def _open_invoice(world: World) -> dict[str, Any]:
    return next(
        i
        for i in bodies(world, "supplierInvoice", system="visma")
        if i["status"] == "Open" and i["documentType"] == "Invoice" and i["balanceInCurrency"] == i["amount"]
    )


def test_an_approved_payment_is_booked_released_and_reported_once(airbase: World, settle: Settle) -> None:
    settle()
    invoice = _open_invoice(airbase)
    known = len(bodies(airbase, "supplierPayment", system="visma"))
    entry = act(airbase, "approve_payment", bill=f"Invoice/{invoice['referenceNumber']}")["result"]
    settle()
    settle()
    assert not failures(airbase)
    payments = bodies(airbase, "supplierPayment", system="visma")
    assert len(payments) == known + 1
    made = next(p for p in payments if p["description"] == f"Airbase {entry}")
    assert (made["released"], made["paymentAmount"]) == (True, invoice["amount"])
    assert [line["invoiceRefNbr"] for line in made["paymentLines"]] == [invoice["referenceNumber"]]
    reported = next(e for e in bodies(airbase, "ledger_entries") if e["airbase_id"] == entry)
    assert (reported["status"], reported["erp_reference_id"]) == ("sync_complete", made["refNbr"])


def test_a_payment_without_its_invoice_waits_and_says_so(airbase: World, settle: Settle) -> None:
    settle()
    supplier = next(v["erp_reference_id"] for v in bodies(airbase, "vendors") if v["erp_reference_id"])
    known = len(bodies(airbase, "supplierPayment", system="visma"))
    act(
        airbase,
        "approve_payment",
        invoice={"vendor": supplier, "invoice_number": "NOWHERE-1", "total_amount": "10.50"},
    )
    settle()
    with scope(tenant=airbase.tenant):
        waiting = Delivery.objects.filter(flow__key="payments", operation="send").latest("pk")
        assert waiting.state == State.PENDING
        assert "supplier invoice NOWHERE-1" in waiting.reason
        assert "No flow" not in waiting.reason
        issue = Issue.objects.get(status=Issue.Status.OPEN, error_class="missing_link")
        assert "NOWHERE-1" in issue.sentence
        assert len(bodies(airbase, "supplierPayment", system="visma")) == known
        deliveries.say_what_it_is(waiting.pk, target_id="unapplied", actor=None, reason="An advance.")
    settle()
    settle()
    assert not failures(airbase)
    made = next(
        p for p in bodies(airbase, "supplierPayment", system="visma") if p["description"].startswith("Airbase ")
    )
    assert (made["paymentAmount"], made["unappliedBalance"], made["paymentLines"]) == (10.5, 10.5, [])
    with scope(tenant=airbase.tenant):
        assert Issue.objects.get(pk=issue.pk).status == Issue.Status.RESOLVED


def test_a_payment_that_is_voided_after_it_was_booked_is_an_issue(airbase: World, settle: Settle) -> None:
    settle()
    invoice = _open_invoice(airbase)
    entry = act(airbase, "approve_payment", bill=f"Invoice/{invoice['referenceNumber']}")["result"]
    settle()
    act(airbase, "void_payment", payment=entry)
    settle()
    with scope(tenant=airbase.tenant):
        issue = Issue.objects.get(status=Issue.Status.OPEN, sentence__contains="taken back")
    made = next(p for p in bodies(airbase, "supplierPayment", system="visma") if p["description"] == f"Airbase {entry}")
    assert made["refNbr"] in issue.remedy


def test_where_only_the_ledger_is_offered_payments_come_back_all_the_same(ledger_only: World, settle: Settle) -> None:
    """The live test has found scheme and resources; bills and orders are off with a sentence."""
    assert ledger_only.connection("airbase").settings["resources"] == "ledger"
    assert ledger_only.connection("airbase").settings["auth_scheme"] == "Token"
    settle()
    assert not failures(ledger_only)
    reasons = {d.reason for d in ledger_only.deliveries(flow__key="supplier-invoices")}
    assert len(reasons) == 1
    assert "takes no bills" in reasons.pop()
    invoice = _open_invoice(ledger_only)
    act(
        ledger_only,
        "approve_payment",
        invoice={
            "vendor": invoice["supplier"]["number"],
            "invoice_number": invoice["supplierReference"],
            "total_amount": f"{invoice['amount']:.2f}",
            "currency": invoice["currencyId"],
        },
    )
    settle()
    assert not failures(ledger_only)
    assert any(
        line["invoiceRefNbr"] == invoice["referenceNumber"]
        for p in bodies(ledger_only, "supplierPayment", system="visma")
        for line in p["paymentLines"]
        if p["description"].startswith("Airbase ")
    )


def test_vendors_of_airbase_are_found_by_their_number_or_made_once_somebody_says_yes(
    airbase: World, settle: Settle
) -> None:
    """The seed has two: one that Visma.net knows by its VAT number, and one that nobody knows."""
    born = [v for v in bodies(airbase, "vendors") if not v["erp_reference_id"]]
    known = bodies(airbase, "supplier", system="visma")
    settle()
    assert not failures(airbase)
    assert len(bodies(airbase, "supplier", system="visma")) == len(known)
    twin = next(v for v in born if v["tax_id"])
    linked = next(v for v in bodies(airbase, "vendors") if v["airbase_id"] == twin["airbase_id"])
    assert linked["erp_reference_id"] == next(s["number"] for s in known if s["vatRegistrationId"] == twin["tax_id"])
    (asked,) = approve_new_suppliers(airbase)
    assert "Shall it be made?" in asked.reason
    settle()
    settle()
    assert not failures(airbase)
    suppliers = bodies(airbase, "supplier", system="visma")
    assert len(suppliers) == len(known) + 1
    made = next(s for s in suppliers if s["number"] not in {k["number"] for k in known})
    stranger = next(v for v in bodies(airbase, "vendors") if v["name"] == made["name"])
    assert stranger["erp_reference_id"] == made["number"]
    assert not [v for v in bodies(airbase, "vendors") if not v["erp_reference_id"]]


def test_an_invoice_is_made_from_the_bill_when_a_person_says_so_and_never_sent_back_as_a_bill(
    airbase: World, settle: Settle
) -> None:
    settle()
    supplier = next(v["erp_reference_id"] for v in bodies(airbase, "vendors") if v["erp_reference_id"])
    bill = {"vendor": supplier, "invoice_number": "BORN-1", "total_amount": "125.00"}
    act(airbase, "approve_payment", invoice=bill, amount="100.00")
    settle()
    with scope(tenant=airbase.tenant):
        waiting = Delivery.objects.filter(flow__key="payments", operation="send").latest("pk")
        deliveries.say_what_it_is(waiting.pk, target_id="new", actor=None, reason="Nobody entered it.")
    settle()
    settle()
    assert not failures(airbase)
    (invoice,) = [i for i in bodies(airbase, "supplierInvoice", system="visma") if i["supplierReference"] == "BORN-1"]
    assert (invoice["supplier"]["number"], invoice["amount"]) == (supplier, 125.0)
    assert (invoice["status"], invoice["balanceInCurrency"]) == ("Open", 25.0)
    (payment,) = _made_by_airbase(airbase)
    assert (payment["released"], payment["paymentAmount"]) == (True, 100.0)
    assert [line["invoiceRefNbr"] for line in payment["paymentLines"]] == [invoice["referenceNumber"]]
    assert not [b for b in bodies(airbase, "bills") if b["invoice_number"] == "BORN-1"]
    with scope(tenant=airbase.tenant):
        (echo,) = airbase.deliveries(
            flow__key="supplier-invoices", record__source_id=f"Invoice/{invoice['referenceNumber']}"
        )[-1:]
        assert echo.state == State.NO_EFFECT
        assert "which was made in Airbase" in echo.reason
    # The rest of the bill is paid: the invoice is there by now, and stays the only one.
    entry = next(
        e for e in bodies(airbase, "ledger_entries") if e["invoice_number"] == "BORN-1" and e["type"] == "bill"
    )
    act(airbase, "approve_payment", bill=entry["airbase_id"], amount="25.00")
    settle()
    settle()
    assert not failures(airbase)
    assert len(_made_by_airbase(airbase)) == 2
    (invoice,) = [i for i in bodies(airbase, "supplierInvoice", system="visma") if i["supplierReference"] == "BORN-1"]
    assert invoice["status"] == "Closed"


def _made_by_airbase(world: World) -> list[dict[str, Any]]:
    return [p for p in bodies(world, "supplierPayment", system="visma") if p["description"].startswith("Airbase ")]


@pytest.mark.parametrize("late", ["issue", "journal"])
def test_a_coding_that_comes_too_late_is_told_or_booked_by_a_journal(airbase: World, settle: Settle, late: str) -> None:
    settle()
    with scope(tenant=airbase.tenant):
        flow = airbase.flow("visma-airbase.payments")
        flow.settings = {**flow.settings, "late_coding": late}
        flow.save(update_fields=["settings"])
    invoice = _open_invoice(airbase)
    reference = f"Invoice/{invoice['referenceNumber']}"
    bill = next(b for b in bodies(airbase, "bills") if b["erp_reference_id"] == reference)
    was = invoice["invoiceLines"][0]["account"]["number"]
    accounts = bodies(airbase, "account", system="visma")
    shall = next(a["accountCD"] for a in accounts if a["type"] == "Expense" and a["accountCD"] != was)
    lines = [
        {**line, "account": {"erp_reference_id": shall}} if n == 0 else line
        for n, line in enumerate(bill["expense_list"])
    ]
    act(airbase, "approve_bill", bill=reference, expense_list=lines)
    for part in ("1.00", "2.00"):  # paid in two parts, corrected once
        act(airbase, "approve_payment", bill=reference, amount=part)
        settle()
        settle()
    assert not failures(airbase)
    assert len(_made_by_airbase(airbase)) == 2
    with scope(tenant=airbase.tenant):
        told = Issue.objects.filter(status=Issue.Status.OPEN, sentence__contains="can no longer be changed")
        assert told.exists() == (late == "issue")
    posted = [r for r in airbase.simulators.requests("visma") if r["path"].endswith("journaltransaction")]
    if late == "issue":
        assert not posted
        return
    (journal,) = bodies(airbase, "journaltransaction", system="visma")
    amount = invoice["invoiceLines"][0]["costInCurrency"]
    assert [
        (x["accountNumber"], x["debitAmountInCurrency"], x["creditAmountInCurrency"])
        for x in journal["journalTransactionLines"]
    ] == [(was, 0.0, amount), (shall, amount, 0.0)]
