"""What is paid of an invoice in Visma.net without Airbase is not billed there, so that nobody pays it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django_scopes import scope

from integrations.models import Delivery, Issue, Record
from tests.integrations.flows.test_airbase import act, airbase, bodies, failures
from tests.support.world import World

__all__ = ["airbase"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
Settle = Callable[..., None]


def key_of(invoice: dict[str, Any]) -> str:
    return f"{invoice['documentType']}/{invoice['referenceNumber']}"


def entered(world: World, count: int) -> list[dict[str, Any]]:
    """New invoices of suppliers that can be paid, of which nothing is."""
    numbers = world.simulators.act("visma", "enter_invoices", company=world.company, count=count, prefix="SET")
    return [i for i in bodies(world, "supplierInvoice", system="visma") if i["referenceNumber"] in numbers]


def left(world: World, invoice: dict[str, Any], amount: float) -> None:
    """What a payment that somebody made in Visma.net leaves open of an invoice."""
    values = {"balance": amount, "balanceInCurrency": amount, "status": "Open" if amount else "Closed"}
    world.simulators.mutate("supplierInvoice", f"{world.company}/{key_of(invoice)}", values)


def bill_of(world: World, invoice: dict[str, Any]) -> dict[str, Any]:
    (bill,) = [b for b in bodies(world, "bills") if b["erp_reference_id"] == key_of(invoice)]
    assert sum(float(line["amount"]) for line in bill["expense_list"]) == pytest.approx(float(bill["total_amount"]))
    return bill


def last_of(world: World, invoice: dict[str, Any]) -> Delivery:
    with scope(tenant=world.tenant):
        return world.deliveries(flow__key="supplier-invoices", record__source_id=key_of(invoice))[-1]


def test_what_is_paid_without_airbase_is_not_billed_there(airbase: World, settle: Settle) -> None:
    elsewhere, partly, rest, own, refused, born = entered(airbase, 6)
    left(airbase, born, 0.0)
    settle()
    # Paid before it was seen: kept, and nothing of it goes.
    assert key_of(born) not in {b["erp_reference_id"] for b in bodies(airbase, "bills")}
    with scope(tenant=airbase.tenant):
        record = Record.objects.get(source_id=key_of(born), is_newest=True)
        assert (record.status, record.not_yet) == ("Closed", True)
        assert not Delivery.objects.filter(record=record).exists()
    # Meanwhile Airbase pays a part of one and the whole of another.
    act(airbase, "approve_payment", bill=key_of(rest), amount="30.00")
    act(airbase, "approve_payment", bill=key_of(own))
    settle()
    settle()
    bill = bill_of(airbase, own)
    assert (bill["payment_status"], float(bill["total_amount"])) == ("paid", own["amount"])
    assert "paid by what was approved in Airbase" in last_of(airbase, own).reason
    assert not failures(airbase)
    left(airbase, elsewhere, 0.0)
    left(airbase, partly, round(partly["amount"] - 10, 2))
    left(airbase, rest, 0.0)
    left(airbase, refused, 0.0)
    rows = {r["body"]["erp_reference_id"]: r["key"] for r in airbase.simulators.rows("airbase", "bills")}
    airbase.simulators.mutate("bills", rows[key_of(refused)], {"payment_status": "partially_paid"}, system="airbase")
    settle()
    assert bill_of(airbase, elsewhere)["status"] == "closed"
    assert float(bill_of(airbase, partly)["total_amount"]) == pytest.approx(partly["amount"] - 10)
    assert float(bill_of(airbase, rest)["total_amount"]) == 30.0, "what Airbase has paid of it"
    (failure,) = failures(airbase)
    assert refused["supplierReference"] in failure
    with scope(tenant=airbase.tenant):
        issue = Issue.objects.get(status=Issue.Status.OPEN, error_class="rejected")
    assert "stop payments of it that are scheduled" in issue.remedy
    before = len(airbase.deliveries())
    settle()
    assert len(airbase.deliveries()) == before
