"""Payments of several bills, with a credit note, in two currencies, and for an invoice that is entered later."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django_scopes import scope

from integrations.flows.airbase_in.bills import Paid
from integrations.flows.airbase_in.payments import _must_be_in_one_currency
from integrations.models import Delivery, Link, State
from integrations.systems.airbase.mapping import ApprovedPayment, PaidBill, payment
from integrations.systems.contract import Unmappable
from integrations.systems.registry import system
from integrations.systems.visma.client import VismaClient
from integrations.systems.visma.settings import Options
from portal.common.clock import db_now
from tests.integrations.flows.test_airbase import _made_by_airbase, act, airbase, bodies, failures
from tests.support.world import World

__all__ = ["airbase"]
Settle = Callable[..., None]


def enter(world: World, supplier: str, amount: int, number: str, kind: str = "Invoice") -> str:
    """Somebody enters an invoice in Visma.net and releases it. Returns its type and number."""
    expense = next(a["accountCD"] for a in bodies(world, "account", system="visma") if a["type"] == "Expense")
    line = {"operation": "Insert", "transactionDescription": {"value": number}, "accountNumber": {"value": expense}}
    body = {
        "documentType": {"value": kind},
        "supplierNumber": {"value": supplier},
        "supplierReference": {"value": number},
        "taxCalculationMode": {"value": "Gross"},
        "invoiceLines": [{**line, "quantity": {"value": 1}, "unitCostInCurrency": {"value": amount}}],
    }
    connection = world.connection("visma")
    with scope(tenant=world.tenant), closing(system("visma").session(connection)) as session:
        client = VismaClient(session, Options.of(connection))
        key = f"{kind}/{client.create('v1/supplierInvoice', body)}"
        client.act(f"v1/supplierInvoice/{key}/action/release", {})
    until = time.monotonic() + 10
    while True:  # Visma may put a release into its queue
        (made,) = [i for i in bodies(world, "supplierInvoice", system="visma") if i["supplierReference"] == number]
        if made["status"] == "Open":
            assert made["amount"] == amount
            return key
        assert time.monotonic() < until, made["status"]
        time.sleep(0.1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(600)
def test_payments_of_several_bills_and_one_whose_invoice_is_entered_while_it_waits(
    airbase: World, settle: Settle
) -> None:
    supplier = next(
        s["number"]
        for s in bodies(airbase, "supplier", system="visma")
        if s["status"] == "Active" and s["currencyId"] == "EUR"
    )
    hundred, less, thirty, twenty = (
        enter(airbase, supplier, amount, number, kind)
        for amount, number, kind in (
            (100, "SEV-1", "Invoice"),
            (40, "SEV-2", "DebitAdj"),
            (30, "SEV-3", "Invoice"),
            (20, "SEV-4", "Invoice"),
        )
    )
    settle()
    # The answer to a bulk upsert comes in another order; each link leads to its own bill.
    ids = {b["erp_reference_id"]: b["airbase_id"] for b in bodies(airbase, "bills")}
    with scope(tenant=airbase.tenant):
        links = Link.objects.filter(integration__key="visma-airbase", entity="supplier-invoice")
        assert dict(links.values_list("source_id", "target_id")) == ids
    with_credit = act(airbase, "approve_payment", bills=[{"bill": hundred}, {"bill": less}])["result"]
    two = act(airbase, "approve_payment", bills=[{"bill": thirty}, {"bill": twenty}])["result"]
    waits = {"vendor": supplier, "invoice_number": "WAIT-1", "total_amount": "70.00", "currency": "EUR"}
    waiting = act(airbase, "approve_payment", invoice=waits)["result"]
    settle()
    settle()
    assert not failures(airbase)
    made = {p["description"]: p for p in _made_by_airbase(airbase)}
    assert set(made) == {f"Airbase {with_credit}", f"Airbase {two}"}
    lines = {
        name: {f"{x['docType']}/{x['invoiceRefNbr']}": x["amountPaid"] for x in p["paymentLines"]}
        for name, p in made.items()
    }
    assert made[f"Airbase {with_credit}"]["paymentAmount"] == 60
    assert lines[f"Airbase {with_credit}"] == {hundred: 100, less: 40}
    assert made[f"Airbase {two}"]["paymentAmount"] == 50
    assert lines[f"Airbase {two}"] == {thirty: 30, twenty: 20}
    assert all(p["released"] for p in made.values())
    standing = {
        f"{i['documentType']}/{i['referenceNumber']}": i for i in bodies(airbase, "supplierInvoice", system="visma")
    }
    assert {standing[key]["status"] for key in (hundred, less, thirty, twenty)} == {"Closed"}
    # Somebody enters the invoice that the third one waits for.
    entered = enter(airbase, supplier, 70, "WAIT-1")
    settle()
    with scope(tenant=airbase.tenant):
        Delivery.objects.filter(flow__key="payments", state=State.PENDING).update(not_before=db_now())
    settle(read=False)
    assert not failures(airbase)
    (third,) = [p for p in _made_by_airbase(airbase) if p["description"] == f"Airbase {waiting}"]
    assert [f"{x['docType']}/{x['invoiceRefNbr']}" for x in third["paymentLines"]] == [entered]
    assert not [b for b in bodies(airbase, "bills") if b["invoice_number"] == "WAIT-1"], "it is there already"
    with scope(tenant=airbase.tenant):
        for echo in airbase.deliveries(flow__key="supplier-invoices", record__source_id=entered):
            assert echo.state in (State.NO_EFFECT, State.SUPERSEDED)
            assert "which was made in Airbase" in echo.reason or echo.state == State.SUPERSEDED


# --- Two currencies


def approved(**amounts: Any) -> ApprovedPayment:
    entry = {
        "airbase_id": "pay-1",
        "type": "bill_payment",
        "vendor": {"airbase_id": "v", "name": "Vendor", "erp_reference_id": "50001"},
        "entry_date": "2026-03-01T00:00:00",
        "total_amount": "100.00",
        "currency": {"iso_code": "EUR"},
        "bank_account": {"erp_reference_id": "1930"},
        "applied_to": [{"airbase_id": "b", "erp_reference_id": "Invoice/000357"}],
        "amounts": amounts,
    }
    return payment(msgspec.json.encode({"payment": entry, "bills": []}))


def paid(currency: str) -> list[Paid]:
    bill = PaidBill(airbase_id="b", reference="", invoice_number="", amount=Decimal(100), currency=currency)
    return [Paid(bill, "Invoice", "000357")]


@pytest.mark.parametrize(
    ("amounts", "bill"),
    [
        ({"settlement_amount": {"amount": "1125.50", "currency": {"iso_code": "SEK"}}}, "EUR"),
        ({"settlement_amount": None}, "SEK"),
    ],
)
def test_a_payment_in_two_currencies_is_for_a_person_who_is_told_how(amounts: dict[str, Any], bill: str) -> None:
    found = approved(**amounts)
    assert found.date == dt.date(2026, 3, 1)
    with pytest.raises(Unmappable, match="in two currencies are not booked") as caught:
        _must_be_in_one_currency(found, paid(bill))
    assert f"100 {bill} of Invoice/000357" in caught.value.remedy
    wanted = "1125.50 SEK" if amounts["settlement_amount"] else "100.00 EUR"
    assert f"a payment of {wanted} from cash account 1930" in caught.value.remedy
    assert "“Airbase pay-1”" in caught.value.remedy


@pytest.mark.parametrize("said", [None, {"amount": "100.00", "currency": {"iso_code": "EUR"}}])
@pytest.mark.parametrize("bill", ["EUR", ""])
def test_a_payment_in_one_currency_is_booked(said: dict[str, Any] | None, bill: str) -> None:
    _must_be_in_one_currency(approved(settlement_amount=said), paid(bill))
