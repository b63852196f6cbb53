"""What is paid of an invoice in Visma.net is told to Basware, in total, once for each change, when Basware takes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scope

from integrations.models import Delivery, Issue, State
from tests.integrations.flows.test_basware import configured, failures
from tests.integrations.flows.test_basware_back import INVOICES, books, document, documents, history
from tests.support.simulators import Simulators
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
Settle = Callable[..., None]
FLOWS = (*INVOICES, "invoice-statuses", "transfer-responses", "payment-responses")


@pytest.fixture
def paying(world: World, sandbox: Simulators, tmp_path: Path, settle: Settle) -> World:
    """The company with its invoices in approval in Basware, and everything told that can be."""
    found = configured(world, sandbox, tmp_path, flows=FLOWS)
    settle(seconds=300)
    sandbox.act("basware", "process")
    settle(seconds=300)
    return found


def open_in_full(world: World) -> list[dict[str, Any]]:
    """Invoices of which nothing is paid, as Basware has them."""
    found = []
    for one in documents(world):
        invoice = books(world, one["bumid"])
        if invoice["status"] == "Open" and invoice["balanceInCurrency"] == invoice["amount"] and one["grossSum"] > 0:
            found.append(one)
    return found


def left(world: World, invoice: dict[str, Any], amount: float) -> None:
    """What a payment in Visma.net leaves open of an invoice."""
    own = books(world, invoice["bumid"])
    key = f"{world.company}/{own['documentType']}/{own['referenceNumber']}"
    status = "Open" if amount else "Closed"
    world.simulators.mutate("supplierInvoice", key, {"balance": amount, "balanceInCurrency": amount, "status": status})


def told(world: World, invoice: dict[str, Any]) -> tuple[str, list[float]]:
    """Where the invoice stands, and the totals that Basware was told."""
    there = document(world, invoice["invoiceId"])
    return there["processingStatus"], [one["paidTotal"] for one in there.get("paymentResponses", ())]


def test_what_is_paid_is_told_in_total_once_for_each_change(paying: World, settle: Settle) -> None:
    first, second = open_in_full(paying)[:2]
    named = {"company": paying.company}
    paying.simulators.act("basware", "approve_document", **named, document=first["invoiceId"])
    settle(seconds=300)
    whole = first["grossSum"]
    half = round(whole / 2, 2)
    left(paying, first, round(whole - half, 2))
    left(paying, second, 0.0)  # paid before anybody approved it
    settle(seconds=300)
    assert not failures(paying)
    assert told(paying, first) == ("Transferred", [half])
    assert told(paying, second)[1] == []
    paying.simulators.fault("basware", "reset_after", "paymentResponses", method="POST")
    left(paying, first, 0.0)
    settle(seconds=300)
    assert told(paying, first) == ("Paid", [half, whole])
    settle(seconds=300)
    assert any(line.startswith("paid in Basware") for line in history(paying, first["bumid"]))
    left(paying, first, round(whole - half, 2))  # the second payment is taken back
    settle(seconds=300)
    assert told(paying, first) == ("Transferred", [half, whole, half])
    # The other is told as soon as Basware takes it.
    with scope(tenant=paying.tenant):
        waiting = Delivery.objects.get(flow__key="payment-responses", state=State.PENDING)
        assert "Basware to have invoice" in waiting.reason
    paying.simulators.act("basware", "approve_document", **named, document=second["invoiceId"])
    settle(seconds=300)
    assert told(paying, second) == ("Paid", [second["grossSum"]])
    assert not failures(paying)
    with scope(tenant=paying.tenant):
        assert not Issue.objects.filter(status=Issue.Status.OPEN).exists()
    settle(seconds=300)  # what Basware says of it now is read
    before = len(paying.deliveries())
    settle(seconds=300)
    assert len(paying.deliveries()) == before
    written = {r["method"] for r in paying.simulators.requests("visma") if "supplierInvoice" in r["path"]}
    assert written == {"GET"}, "the books are not touched"


def test_what_basware_paid_itself_is_not_told_again(paying: World, settle: Settle) -> None:
    """Its own payment has a number, which our response would take away."""
    invoice = open_in_full(paying)[0]
    named = {"company": paying.company, "document": invoice["invoiceId"]}
    paying.simulators.act("basware", "approve_document", **named)
    settle(seconds=300)
    paying.simulators.act("basware", "pay_document", **named, date="2026-01-30", number="P-77")
    settle(seconds=300)
    left(paying, invoice, 0.0)
    settle(seconds=300)
    assert told(paying, invoice) == ("Paid", [invoice["grossSum"]])
    assert document(paying, invoice["invoiceId"])["clearingReferenceId"] == "P-77"
    with scope(tenant=paying.tenant):
        last = paying.deliveries(flow__key="payment-responses", record__source_id=invoice["bumid"].split("-I-")[1].replace("-", "/"))[-1]  # fmt: skip  # noqa: E501
    assert last.state == State.NO_EFFECT
    assert "Basware knows" in last.reason
