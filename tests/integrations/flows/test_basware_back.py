"""What Basware says of invoices comes back: into their history, their notes, and as answers to Basware."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scope

from integrations.models import Delivery, Issue, Link, State
from portal.audit.models import AuditEvent
from tests.integrations.flows.test_basware import bodies, configured
from tests.support.simulators import Simulators
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]
BACK = ("invoice-statuses", "invoice-notes", "prebook-responses", "transfer-responses", "exported-orders")
INVOICES = ("payment-terms", "suppliers", "supplier-invoices")


@pytest.fixture
def back(world: World, sandbox: Simulators, tmp_path: Path, settle: Settle) -> World:
    """The company with its invoices in approval in Basware."""
    found = configured(world, sandbox, tmp_path, flows=(*INVOICES, *BACK))
    settle(seconds=240)
    sandbox.act("basware", "process")
    return found


def an_invoice(world: World) -> dict[str, Any]:
    """One of the invoices that came in, as Basware has it."""
    return next(d for d in documents(world) if d["grossSum"] > 0)


def documents(world: World) -> list[dict[str, Any]]:
    rows = bodies(world, "accountingDocuments")
    return sorted((d for d in rows if d.get("bumid")), key=lambda d: d["bumid"])


def document(world: World, invoice_id: str) -> dict[str, Any]:
    return next(d for d in bodies(world, "accountingDocuments") if d["invoiceId"] == invoice_id)


def history(world: World, bum_id: str) -> list[str]:
    """What stands in the history of the delivery that brought an invoice, the oldest first."""
    with scope(tenant=world.tenant):
        sent = Delivery.objects.get(target_id=bum_id, flow__key="supplier-invoices")
        rows = AuditEvent.objects.filter(object_type="delivery", object_id=str(sent.pk), action="basware.status")
        return [row.summary.partition(" is ")[2] for row in rows.order_by("pk")]


def books(world: World, bum_id: str) -> dict[str, Any]:
    """The invoice in the books, by the id under which it went."""
    kind, number = bum_id.split("-I-")[1].split("-")
    rows = bodies(world, "supplierInvoice", system="visma")
    return next(i for i in rows if (i["documentType"], i["referenceNumber"]) == (kind, number))


def problems(world: World) -> list[str]:
    with scope(tenant=world.tenant):
        return list(Issue.objects.filter(status=Issue.Status.OPEN).values_list("sentence", flat=True))


def test_from_approval_to_payment(back: World, settle: Settle) -> None:
    invoice, others = an_invoice(back), len(documents(back))
    settle()
    assert history(back, invoice["bumid"]) == ["in approval in Basware."]
    named = {"company": back.company, "document": invoice["invoiceId"]}
    back.simulators.fault("basware", "reset_after", "prebookResponses", method="POST")
    back.simulators.act("basware", "approve_document", **named, prebook=True)
    settle(seconds=120)
    booked = document(back, invoice["invoiceId"])
    assert (booked["processingStatus"], len(booked["prebookResponses"])) == ("Prebooked", 1)
    back.simulators.act("basware", "approve_document", company=back.company, document=invoice["invoiceId"])
    settle()
    there = document(back, invoice["invoiceId"])
    own = books(back, invoice["bumid"])
    assert (there["processingStatus"], there["voucherNumber1"]) == ("Transferred", own["referenceNumber"])
    assert len(there["transferResponses"]) == 1
    settle()
    half = round(invoice["grossSum"] / 2, 2)
    for paid, number in ((half, "P-1"), (invoice["grossSum"], "P-2")):
        back.simulators.act(
            "basware",
            "pay_document",
            company=back.company,
            document=invoice["invoiceId"],
            paidTotal=paid,
            number=number,
            date="2026-01-30",
        )
        settle()
    whole, currency = Decimal(str(invoice["grossSum"])), invoice["currencyCode"]
    partly = f"partly paid in Basware: {half:,.2f} {currency}, on 2026-01-30, payment P-1"
    paid_off = f"paid in Basware: {whole:,.2f} {currency}, on 2026-01-30, payment P-2"
    said = history(back, invoice["bumid"])
    assert said[0] == "in approval in Basware."
    assert said[-3:] == ["ready for payment in Basware.", f"{partly}.", f"{paid_off}."]
    note = books(back, invoice["bumid"])["note"].splitlines()
    assert [line.partition("] ")[2] for line in note] == [partly, paid_off]
    assert not problems(back)
    assert len(documents(back)) == others
    before = bodies(back, "supplierInvoice", system="visma"), len(back.deliveries())
    settle()
    assert (bodies(back, "supplierInvoice", system="visma"), len(back.deliveries())) == before


def test_a_rejection_is_an_issue_until_it_is_in_order(back: World, settle: Settle) -> None:
    invoice = an_invoice(back)
    back.simulators.act(
        "basware",
        "dispute_document",
        company=back.company,
        document=invoice["invoiceId"],
        reason="Price differs from the order",
    )
    settle()
    assert problems(back) == [
        f"Invoice {invoice['invoiceNumber']} is stopped in Basware: Price differs from the order."
    ]
    back.simulators.act("basware", "approve_document", company=back.company, document=invoice["invoiceId"])
    settle()
    assert not problems(back)
    other = next(d for d in documents(back) if d["invoiceId"] != invoice["invoiceId"])
    back.simulators.act(
        "basware",
        "reject_document",
        company=back.company,
        document=other["invoiceId"],
        reason="IncorrectInvoiceAmount",
        comment="Twice as much as agreed",
    )
    settle()
    said = "rejected in Basware: IncorrectInvoiceAmount: Twice as much as agreed"
    assert problems(back) == [f"Invoice {other['invoiceNumber']} is {said}."]
    assert books(back, other["bumid"])["note"].endswith(said)


def test_what_came_another_way_is_not_answered_and_not_booked(back: World, settle: Settle) -> None:
    before = bodies(back, "supplierInvoice", system="visma")
    given = {"company": back.company, "supplierCode": "80001", "invoiceNumber": "ELSEWHERE-1", "grossSum": 10}
    invoice_id = back.simulators.act("basware", "receive_document", **given)
    back.simulators.act("basware", "approve_document", company=back.company, document=invoice_id)
    settle()
    assert document(back, invoice_id)["processingStatus"] == "WaitingForTransfer"
    assert bodies(back, "supplierInvoice", system="visma") == before
    with scope(tenant=back.tenant):
        rows = Delivery.objects.filter(business_number="ELSEWHERE-1")
        assert {row.state for row in rows} == {State.NO_EFFECT}
        assert all("another way" in row.reason or "came to nothing" in row.reason for row in rows)


def test_a_second_document_of_an_invoice_is_told_and_not_confirmed(back: World, settle: Settle) -> None:
    """It came by mail too; and another has the number of an invoice that was not sent from here, and another sum."""
    ours, other = [d for d in documents(back) if d["grossSum"] > 0][:2]
    with scope(tenant=back.tenant):
        Link.objects.filter(entity="supplier-invoice", target_id=other["bumid"]).delete()
    same, alike = ({n: d[n] for n in ("invoiceNumber", "supplierCode", "grossSum")} for d in (ours, other))
    given = (same, {**same, "bumid": "by-mail"}, {**alike, "bumid": "by-edi", "grossSum": other["grossSum"] + 1})
    settle()
    ids = [back.simulators.act("basware", "receive_document", company=back.company, **one) for one in given]
    for invoice_id in (ours["invoiceId"], *ids):
        back.simulators.act("basware", "approve_document", company=back.company, document=invoice_id)
    settle()
    assert document(back, ours["invoiceId"])["processingStatus"] == "Transferred"
    assert {document(back, one)["processingStatus"] for one in ids} == {"WaitingForTransfer"}
    told = problems(back)
    assert len(told) == 3
    for invoice_id in ids[:2]:
        (sentence,) = [one for one in told if invoice_id in one]
        assert f"which went to Basware as {ours['bumid']}" in sentence
    (sentence,) = [one for one in told if ids[2] in one]
    assert f"{other['grossSum'] + 1}" in sentence
    assert f"Invoice/{books(back, other['bumid'])['referenceNumber']}" in sentence


def test_what_was_acknowledged_before_is_a_success(back: World, settle: Settle) -> None:
    """Basware answers 405; the invoice itself tells that it was taken over."""
    invoice = an_invoice(back)
    back.simulators.act("basware", "approve_document", company=back.company, document=invoice["invoiceId"])
    back.simulators.fault("basware", "reset_after", "acknowledge", method="POST")
    settle(seconds=120)
    there = document(back, invoice["invoiceId"])
    assert (there["processingStatus"], len(there["transferResponses"])) == ("Transferred", 1)


def test_a_lost_answer_makes_no_second_response(back: World, settle: Settle) -> None:
    invoice = an_invoice(back)
    back.simulators.act("basware", "approve_document", company=back.company, document=invoice["invoiceId"])
    back.simulators.fault("basware", "reset_after", "transferResponses", method="POST")
    settle(seconds=120)
    there = document(back, invoice["invoiceId"])
    assert (there["processingStatus"], len(there["transferResponses"])) == ("Transferred", 1)


def test_a_note_goes_on_the_version_that_somebody_else_made(back: World, settle: Settle) -> None:
    invoice = an_invoice(back)
    back.simulators.act("basware", "reject_document", company=back.company, document=invoice["invoiceId"])
    back.simulators.fault("visma", 412, "supplierInvoice", method="PUT")
    settle(seconds=120)
    note = books(back, invoice["bumid"])["note"]
    assert note.count("rejected in Basware") == 1


def test_orders_of_basware_are_kept_and_confirmed_only_where_that_is_wanted(
    world: World, sandbox: Simulators, tmp_path: Path, settle: Settle
) -> None:
    found = configured(world, sandbox, tmp_path, flows=("exported-orders",))
    order = {"company": found.company, "supplierCode": "80001", "netSum": 1200, "orderLines": [{}, {}]}
    code = sandbox.act("basware", "export_order", **order)
    orders = bodies(found, "purchaseorder", system="visma")
    settle()
    [kept] = found.deliveries(flow__key="exported-orders")
    assert kept.state == State.DELIVERED
    assert "80001, Ordered, 2 lines, 1,200.00" in kept.reason
    assert bodies(found, "purchaseorder", system="visma") == orders
    assert bodies(found, "exportedPurchaseOrders")[0]["processingStatus"] == "WaitingForExport"

    scopes = "accounts.read accountingDocuments.read exportedPurchaseOrders.read exportedPurchaseOrders.write"
    needed = f"{scopes} vendors.read matchingOrders.read requestStatus.read"
    again = configured(
        world, sandbox, tmp_path, flows=("exported-orders",), confirm_exported_orders=True, scopes=needed
    )
    settle()
    rows = {o["externalCode"]: o["processingStatus"] for o in bodies(again, "exportedPurchaseOrders")}
    assert rows == {code: "Exported"}
    settle()
    assert len(again.deliveries(flow__key="exported-orders")) == 1


def test_where_p2p_lists_nothing_yet_the_status_is_asked(
    world: World, sandbox: Simulators, tmp_path: Path, settle: Settle
) -> None:
    """P2P shows a document when the books are to do something with it: until then its status is all there is."""
    found = configured(world, sandbox, tmp_path, flows=(*INVOICES, "invoice-statuses"))
    sandbox.fault("basware", "empty", "/accountingDocuments$", times=10_000)
    settle(seconds=240)
    sandbox.act("basware", "process")
    settle()
    invoice = an_invoice(found)
    assert history(found, invoice["bumid"]) == ["in approval in Basware."]
