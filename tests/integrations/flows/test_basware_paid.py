"""What is paid of an invoice in Visma.net is told to Basware, in total, once for each change, when Basware takes it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scope

from integrations.flows.visma_basware_paid import Payments, paid_by
from integrations.models import Delivery, Feed, Issue, State
from integrations.systems.visma import wire_ledger as ledger
from integrations.systems.visma.settlements import FEED
from tests.integrations.flows.test_basware import bodies, configured, failures
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
    with scope(tenant=found.tenant):  # what is closed now is read now, and not with the next look
        Feed.objects.filter(key=FEED).update(settle_seconds=0)
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


def pay(world: World, invoice: dict[str, Any], amount: float | None = None, **given: Any) -> str:
    """A payment in Visma.net, of all that is open unless an amount is named; its number."""
    return str(in_books(world, "pay_invoice", invoice, amount=amount, **given))


def in_books(world: World, action: str, invoice: dict[str, Any], **given: Any) -> Any:
    """What somebody does with an invoice in Visma.net."""
    own = books(world, invoice["bumid"])
    named = {"company": world.company, "number": own["referenceNumber"], "document_type": own["documentType"]}
    return world.simulators.act("visma", action, **named, **given)


def told(world: World, invoice: dict[str, Any]) -> tuple[str, list[float]]:
    """Where the invoice stands, and the totals that Basware was told."""
    there = document(world, invoice["invoiceId"])
    return there["processingStatus"], [one["paidTotal"] for one in there.get("paymentResponses", ())]


def test_what_is_paid_is_told_in_total_once_for_each_change(paying: World, settle: Settle) -> None:
    first, second, written_off = open_in_full(paying)[:3]
    named = {"company": paying.company}
    for one in (first, written_off):
        paying.simulators.act("basware", "approve_document", **named, document=one["invoiceId"])
    settle(seconds=300)
    whole = first["grossSum"]
    half = round(whole / 2, 2)
    paying.simulators.options("visma", payment_touches_invoice=False)  # a part leaves the invoice as it is
    number = pay(paying, first, half, date="2026-01-15")
    pay(paying, second)  # before anybody approved it
    part = pay(paying, written_off, 1.0)
    assert in_books(paying, "end_invoice", written_off, how="writeoff") == "Closed"
    settle(seconds=300)
    assert not failures(paying)
    assert told(paying, first) == ("Transferred", [half])
    there = document(paying, first["invoiceId"])
    assert (there["clearingDate"][:10], there["clearingReferenceId"]) == ("2026-01-15", number)
    assert told(paying, second)[1] == []
    # What was written off was not paid, and is left to a person.
    assert told(paying, written_off) == ("Transferred", [1.0])
    assert document(paying, written_off["invoiceId"])["clearingReferenceId"] == part
    paying.simulators.fault("basware", "reset_after", "paymentResponses", method="POST")
    rest = pay(paying, first, date="2026-01-30")
    settle(seconds=300)
    assert told(paying, first) == ("Paid", [half, whole])
    with scope(tenant=paying.tenant):
        issue = Issue.objects.get(status=Issue.Status.OPEN)
        assert "payments paid only 1.00 of" in issue.sentence
        assert written_off["invoiceNumber"] in issue.sentence
        assert "Dismiss this" in issue.remedy
    settle(seconds=300)
    said = history(paying, first["bumid"])
    assert any(line.startswith("paid in Basware") and f"on 2026-01-30, payment {rest}" in line for line in said)
    paying.simulators.act("visma", "void_payment", **named, payment=rest)
    settle(seconds=300)
    assert told(paying, first) == ("Transferred", [half, whole, half])
    there = document(paying, first["invoiceId"])
    assert (there["clearingDate"][:10], there["clearingReferenceId"]) == ("2026-01-15", number)
    # The other is told as soon as Basware takes it.
    with scope(tenant=paying.tenant):
        waiting = Delivery.objects.filter(flow__key="payment-responses", state=State.PENDING)
        assert any("Basware to have invoice" in one.reason for one in waiting)
    paying.simulators.act("basware", "approve_document", **named, document=second["invoiceId"])
    settle(seconds=300)
    assert told(paying, second) == ("Paid", [second["grossSum"]])
    assert not failures(paying)
    with scope(tenant=paying.tenant):
        assert Issue.objects.filter(status=Issue.Status.OPEN).count() == 1
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
    pay(paying, invoice)
    settle(seconds=300)
    assert told(paying, invoice) == ("Paid", [invoice["grossSum"]])
    assert document(paying, invoice["invoiceId"])["clearingReferenceId"] == "P-77"
    with scope(tenant=paying.tenant):
        key = invoice["bumid"].split("-I-")[1].replace("-", "/")
        rows = Delivery.objects.filter(flow__key="payment-responses", record__source_id__startswith=key)
        assert {row.state for row in rows} == {State.NO_EFFECT}
        assert all("Basware knows" in row.reason for row in rows)


def test_what_is_voided_is_left_to_a_person_and_a_reversal_goes_as_a_credit_note(paying: World, settle: Settle) -> None:
    voided, turned = open_in_full(paying)[:2]
    named = {"company": paying.company, "document": voided["invoiceId"]}
    assert in_books(paying, "end_invoice", voided, how="voidinvoice") == "Voided"
    in_books(paying, "end_invoice", turned, how="reverse")
    settle(seconds=300)
    number = voided["invoiceNumber"]
    with scope(tenant=paying.tenant):
        issue = Issue.objects.get(status=Issue.Status.OPEN)
        assert f"{number} was voided in Visma.net after it went to Basware" in issue.sentence
        assert issue.remedy.startswith("1. Reject the invoice in Basware")
    came = [row["payload"] for row in bodies(paying, "invoices") if row["payload"]["grossSum"] == -turned["grossSum"]]
    assert [one["invoiceType"] for one in came] == ["credit_note"]
    # Basware approves it all the same: it is not told that the books have it.
    paying.simulators.act("basware", "approve_document", **named)
    settle(seconds=300)
    there = document(paying, voided["invoiceId"])
    assert (there["processingStatus"], there.get("transferResponses")) == ("WaitingForTransfer", None)
    with scope(tenant=paying.tenant):
        sentences = Issue.objects.filter(status=Issue.Status.OPEN).values_list("sentence", flat=True)
        assert any("Basware has approved it" in one and number in one for one in sentences)


def paid(number: str, amount: str, **values: Any) -> ledger.InvoicePayment:
    """A released payment of an invoice in kronor."""
    line = {name: values.pop(name) for name in ("cash_discount_taken", "withholding_tax") if name in values}
    paid_line = ledger.PaidLine(amount_paid=Decimal(amount), currency="SEK", supplier_ref="F-1", **line)
    given = {"type": "Payment", "status": "Closed", "released": True, "currency": "SEK", **values}
    day = f"2026-01-{number[-2:]}T00:00:00"
    return ledger.InvoicePayment(ref_nbr=number, application_date=day, lines=(paid_line,), **given)


@pytest.mark.parametrize(
    "other",
    [
        paid("000009", "70", status="Balanced", released=False),
        paid("000009", "70", type="DebitAdj"),
        paid("000009", "70", status="Voided"),
    ],
    ids=["not released", "a credit note", "voided"],
)
def test_only_payments_that_stand_count(other: ledger.InvoicePayment) -> None:
    found = paid_by([paid("000002", "20"), other, paid("000001", "10")])
    assert (found.paid, found.payment, found.paid_on) == (30, "000002", "2026-01-02")
    assert (found.currency, found.supplier_number, found.in_other_currency) == ("SEK", "F-1", False)


def test_a_payment_that_was_taken_back_does_not_count_whatever_its_status_says() -> None:
    void = paid("000002", "-20", type="VoidPayment")
    assert paid_by([paid("000001", "10"), paid("000002", "20"), void]).paid == 10
    assert paid_by([paid("000002", "20"), void]) == Payments(supplier_number="F-1")


def test_a_cash_discount_settles_and_another_currency_is_said() -> None:
    found = paid_by([paid("000001", "97", cash_discount_taken=Decimal(2), withholding_tax=Decimal(1))])
    assert (found.paid, found.discount) == (100, 3)
    assert paid_by([paid("000001", "10", currency="EUR")]).in_other_currency
