"""Entries of types that no setting explains: told once, and taken up as soon as one does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django_scopes import scope

from integrations.models import Issue, State
from integrations.services.connections import check_connection
from tests.integrations.flows.test_airbase import act, bodies, failures, ledger_only
from tests.support.world import World

__all__ = ["ledger_only"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(600)
def test_payments_of_an_unknown_type_are_one_issue_and_are_booked_once_it_is_known(
    ledger_only: World, settle: Callable[..., None]
) -> None:
    world = ledger_only
    settle()
    payable = {s["number"] for s in bodies(world, "supplier", system="visma") if s["status"] == "Active"}
    invoices = [
        i
        for i in bodies(world, "supplierInvoice", system="visma")
        if i["status"] == "Open" and i["documentType"] == "Invoice" and i["balanceInCurrency"] == i["amount"]
        if i["supplier"]["number"] in payable
    ][:2]
    entries = [
        act(
            world,
            "approve_payment",
            type="vendor_payment",
            invoice={
                "vendor": invoice["supplier"]["number"],
                "invoice_number": invoice["supplierReference"],
                "total_amount": f"{invoice['amount']:.2f}",
                "currency": invoice["currencyId"],
            },
        )["result"]
        for invoice in invoices
    ]
    settle()
    settle()
    with scope(tenant=world.tenant):
        (issue,) = Issue.objects.filter(sentence__contains="vendor_payment")
        assert "“Types that are payments of bills”" in issue.remedy
        connection = world.connection("airbase")
        step = check_connection(connection)[-1]
        assert "2 of type “vendor_payment”" in step.detail
        assert "nothing of it is booked" in step.detail
        connection.settings = {**connection.settings, "payment_types": ["bill_payment", "vendor_payment"]}
        connection.save()
    settle()
    settle()
    assert not failures(world)
    for entry in entries:
        (made,) = [
            p for p in bodies(world, "supplierPayment", system="visma") if p["description"] == f"Airbase {entry}"
        ]
        assert made["released"]
        with scope(tenant=world.tenant):
            assert world.deliveries(record__source_id=entry, operation="report")[-1].state == State.DELIVERED
