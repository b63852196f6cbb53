"""Payments of Airbase that people book by hand: closed under their number, released, reported, never booked again."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django_scopes import scope

from integrations.flows.visma_airbase_settled import PAYS
from integrations.models import Issue, State
from integrations.services import deliveries
from integrations.services.deliveries import ReplayRefused
from integrations.systems.registry import system
from integrations.systems.visma.client import VismaClient
from integrations.systems.visma.settings import Options
from tests.integrations.flows.test_airbase import act, airbase, bodies, failures
from tests.support.world import World

__all__ = ["airbase"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
Settle = Callable[..., None]


def book(world: World, supplier: str, currency: str, **members: object) -> str:
    """Somebody enters a payment in Visma.net, with their own words."""
    with scope(tenant=world.tenant):
        connection = world.connection("visma")
        session = system("visma").session(connection)
        body = {
            "type": {"value": "Payment"},
            "supplier": {"value": supplier},
            "currency": {"value": currency},
            "hold": {"value": False},
            **members,
        }
        number = VismaClient(session, Options.of(connection)).create("v1/supplierPayment", body)
        session.close()
    return number


def test_a_payment_in_two_currencies_that_a_person_booked_is_closed_under_its_number(
    airbase: World, settle: Settle
) -> None:
    settle()
    paid = [s["number"] for s in bodies(airbase, "supplier", system="visma") if s["status"] == "Active"]
    invoice = next(
        i
        for i in bodies(airbase, "supplierInvoice", system="visma")
        if i["status"] == "Open" and i["documentType"] == "Invoice" and i["balanceInCurrency"] == i["amount"]
        if i["supplier"]["number"] in paid
    )
    supplier, key = invoice["supplier"]["number"], f"Invoice/{invoice['referenceNumber']}"
    other = "USD" if invoice["currencyId"] != "USD" else "GBP"
    entry = act(airbase, "approve_payment", bill=key, currency=other)["result"]
    settle()
    assert len(failures(airbase)) == 1
    with scope(tenant=airbase.tenant):
        (failed,) = airbase.deliveries(flow__key="payments", state=State.FAILED)
        issue = Issue.objects.get(pk=failed.issue_id)
    assert "with its number" in issue.remedy
    line = {
        "operation": "Insert",
        "documentType": {"value": "Invoice"},
        "refNbr": {"value": invoice["referenceNumber"]},
        "amountPaid": {"value": invoice["amount"]},
    }
    members = {"paymentAmount": {"value": invoice["amount"]}, "paymentLines": [line]}
    number = book(airbase, supplier, invoice["currencyId"], description={"value": "by hand"}, **members)
    meant = book(airbase, supplier, invoice["currencyId"], description={"value": "Airbase 000-elses"}, **members)
    unapplied = book(airbase, supplier, invoice["currencyId"], paymentAmount={"value": 1}, paymentLines=[])
    somebody = next(n for n in paid if n != supplier)
    elses = book(airbase, somebody, invoice["currencyId"], paymentAmount={"value": 1}, paymentLines=[])
    known = len(bodies(airbase, "supplierPayment", system="visma"))
    with scope(tenant=airbase.tenant):
        for wrong, why in (
            ("", "Say under which number"),
            ("999999", "no supplier payment"),
            (elses, "not to"),
            (meant, "made for another payment"),
            (unapplied, f"does not pay Invoice {invoice['referenceNumber']}"),
        ):
            with pytest.raises(ReplayRefused, match=why):
                deliveries.settle_by_person(failed.pk, actor=None, arrived=True, reason="Booked by hand.", number=wrong)
        deliveries.settle_by_person(failed.pk, actor=None, arrived=True, reason="Booked by hand.", number=number)
        row = airbase.deliveries(pk=failed.pk)[0]
        assert (row.state, row.target_id) == (State.DELIVERED, number)
        assert {k: Decimal(v) for k, v in row.frozen_meta[PAYS].items()} == {key: Decimal(str(invoice["amount"]))}
        assert Issue.objects.get(pk=issue.pk).status == Issue.Status.RESOLVED
        # Its release is the next step; what was approved was of another currency, so only its amount is compared.
    settle()
    assert not failures(airbase)
    payments = bodies(airbase, "supplierPayment", system="visma")
    assert len(payments) == known
    assert next(p for p in payments if p["refNbr"] == number)["released"] is True
    told = next(e for e in bodies(airbase, "ledger_entries") if e["airbase_id"] == entry)
    assert (told["status"], told["erp_reference_id"]) == ("sync_complete", number)


def test_an_invoice_that_a_person_entered_for_a_bill_without_coding_is_the_bills(
    airbase: World, settle: Settle
) -> None:
    """Nothing of it was ever written: what the bill says of itself is compared all the same."""
    settle()
    supplier = next(v["erp_reference_id"] for v in bodies(airbase, "vendors") if v["erp_reference_id"])
    bill = {"vendor": supplier, "invoice_number": "BORN-1", "total_amount": "125.00", "expense_list": []}
    entry = act(airbase, "approve_payment", invoice=bill)["result"]
    settle()
    with scope(tenant=airbase.tenant):
        waiting = airbase.deliveries(flow__key="payments", operation="send", record__source_id=entry)[-1]
        deliveries.say_what_it_is(waiting.pk, target_id="new", actor=None, reason="Nobody entered it.")
    settle()
    others = next(
        f"Invoice/{i['referenceNumber']}"
        for i in bodies(airbase, "supplierInvoice", system="visma")
        if i["supplier"]["number"] != supplier and i["documentType"] == "Invoice"
    )
    with scope(tenant=airbase.tenant):
        (failed,) = airbase.deliveries(flow__key="payments", operation="make-invoices", state=State.FAILED)
        for wrong, why in ((others, f"not of {supplier}"), (f"{others} {others}", "2 documents are named")):
            with pytest.raises(ReplayRefused, match=why):
                deliveries.settle_by_person(failed.pk, actor=None, arrived=True, reason="Entered.", number=wrong)
