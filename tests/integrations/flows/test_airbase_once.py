"""Payments of Airbase that come again, otherwise, or as something else: none is booked twice, none is lost silently."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scope

from integrations.engine.slice import run_slice
from integrations.flows.airbase_in.coding import code_invoices
from integrations.flows.contract import Job, Nothing
from integrations.models import Delivery, Integration, Issue, RateBudget, State
from integrations.services import deliveries
from integrations.services.connections import check_connection
from integrations.systems.airbase.sources import Payments
from integrations.systems.registry import system
from portal.common.clock import db_now
from tests.integrations.flows.test_airbase import act, airbase_entry, bodies, failures
from tests.support.settling import read_now
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
Settle = Callable[..., None]
FLOWS = ("suppliers", "supplier-invoices", "payments")


@pytest.fixture
def ledger(world: World, sandbox: Simulators, tmp_path: Path) -> World:
    """The company with an Airbase that offers its ledger only: payments come among all other entries."""
    sandbox.options("airbase", mode="evidence")
    entry = airbase_entry(world, mode="evidence", resources="ledger", auth_scheme="Token")
    flows: dict[str, Any] = {key: {} for key in FLOWS}
    flows["payments"] = {"settings": {"code_invoices": False}}
    entry["integrations"][0]["flows"] = flows
    apply_entry(entry, sandbox, folder=tmp_path)
    found = World(world.tenant, entry, sandbox)
    with scope(tenant=world.tenant):
        Integration.objects.exclude(key="visma-airbase").update(enabled=False)
        assert all(step.ok for step in check_connection(found.connection("airbase")))
    return found


def open_invoice(world: World) -> dict[str, Any]:
    active = {s["number"] for s in bodies(world, "supplier", system="visma") if s["status"] == "Active"}
    return next(
        i
        for i in bodies(world, "supplierInvoice", system="visma")
        if i["status"] == "Open" and i["documentType"] == "Invoice" and i["balanceInCurrency"] == i["amount"]
        if i["supplier"]["number"] in active
    )


def approve(world: World, invoice: dict[str, Any]) -> str:
    born_there = {
        "vendor": invoice["supplier"]["number"],
        "invoice_number": invoice["supplierReference"],
        "total_amount": f"{invoice['amount']:.2f}",
        "currency": invoice["currencyId"],
    }
    return str(act(world, "approve_payment", invoice=born_there)["result"])


def booked(world: World) -> list[dict[str, Any]]:
    return [p for p in bodies(world, "supplierPayment", system="visma") if p["description"].startswith("Airbase ")]


def says(world: World, entry: str, **values: Any) -> None:
    """Somebody changes an entry in Airbase."""
    world.simulators.mutate("ledger_entries", f"{world.company}/{entry}", values, system="airbase")


def issues(world: World) -> list[str]:
    with scope(tenant=world.tenant):
        return list(Issue.objects.filter(status=Issue.Status.OPEN).values_list("sentence", flat=True))


def test_what_is_booked_and_comes_again_is_not_booked_again(ledger: World, settle: Settle) -> None:
    settle(seconds=300)
    entry = approve(ledger, open_invoice(ledger))
    settle(seconds=300)
    (made,) = booked(ledger)
    # Months later, with another day and other notes, it waits to be booked once more.
    says(ledger, entry, status="sync_ready", notes="As agreed", payment_entry_date="2027-03-01T00:00:00")
    settle(seconds=300)
    assert not failures(ledger)
    assert [p["refNbr"] for p in booked(ledger)] == [made["refNbr"]]
    (told,) = [e for e in bodies(ledger, "ledger_entries") if e["airbase_id"] == entry]
    assert (told["status"], told["erp_reference_id"]) == ("sync_complete", made["refNbr"])
    # With another amount it is neither booked again nor taken for booked.
    says(ledger, entry, status="sync_ready", total_amount="99999.00")
    settle(seconds=300)
    assert [p["refNbr"] for p in booked(ledger)] == [made["refNbr"]]
    with scope(tenant=ledger.tenant):
        (pay,) = ledger.deliveries(flow__key="payments", state=State.FAILED)
    assert pay.operation == "pay"
    assert f"Payment {made['refNbr']}" in pay.reason
    assert "99999" in pay.reason


def test_what_takes_effect_after_nobody_waits_for_it_is_made_once(ledger: World, settle: Settle) -> None:
    """The first look at the books does not see the payment yet; a second one comes before it is made again."""
    ledger.simulators.fault("airbase", "commits_late", "vendors/bulk_upsert", method="POST", seconds=2)
    settle(seconds=300)
    references = [v["erp_reference_id"] for v in bodies(ledger, "vendors") if v["erp_reference_id"]]
    assert len(references) == len(set(references))
    entry = approve(ledger, open_invoice(ledger))
    ledger.simulators.fault("visma", "commits_late", "supplierPayment$", method="POST", seconds=3)
    settle(seconds=300)
    settle(seconds=300)  # where Airbase was left alone for a while after its connection broke
    assert not failures(ledger)
    assert ledger.simulators.fired() == 2, ledger.simulators.get("faults")
    (made,) = booked(ledger)
    assert made["released"] is True
    with scope(tenant=ledger.tenant):
        (pay,) = [d for d in ledger.deliveries(flow__key="payments", operation="pay") if d.state == State.DELIVERED]
    assert [e["found"] for e in pay.evidence] == ["not there", "there"]
    (told,) = [e for e in bodies(ledger, "ledger_entries") if e["airbase_id"] == entry]
    assert (told["status"], told["erp_reference_id"]) == ("sync_complete", made["refNbr"])


def test_what_fails_at_the_bank_after_it_was_booked_is_an_issue_with_its_steps(ledger: World, settle: Settle) -> None:
    settle(seconds=300)
    entry = approve(ledger, open_invoice(ledger))
    settle(seconds=300)
    (made,) = booked(ledger)
    act(ledger, "fail_payment", payment=entry)
    settle(seconds=300)
    assert [p["refNbr"] for p in booked(ledger)] == [made["refNbr"]], "nothing is undone by itself"
    with scope(tenant=ledger.tenant):
        issue = Issue.objects.get(status=Issue.Status.OPEN)
    assert f"booked as {made['refNbr']}" in issue.sentence
    assert "void it" in issue.remedy
    assert made["refNbr"] in issue.remedy


def test_what_airbase_corrects_before_it_is_booked_is_booked_as_corrected(ledger: World, settle: Settle) -> None:
    """It waits for an invoice that nobody knows; its amount is corrected, and then a person says what to do."""
    settle(seconds=300)
    vendor = open_invoice(ledger)["supplier"]["number"]
    stated = {"vendor": vendor, "invoice_number": "NOWHERE-1", "total_amount": "50.00"}
    entry = str(act(ledger, "approve_payment", invoice=stated)["result"])
    settle(seconds=300)
    with scope(tenant=ledger.tenant):
        waiting = ledger.deliveries(flow__key="payments", state=State.PENDING)[0]
    says(ledger, entry, total_amount="60.00")
    settle(seconds=300)
    with scope(tenant=ledger.tenant):
        deliveries.say_what_it_is(waiting.pk, target_id="unapplied", actor=None, reason="An advance.")
    settle(seconds=300)
    settle(seconds=300)
    assert [p["paymentAmount"] for p in booked(ledger)] == [60.0]
    with scope(tenant=ledger.tenant):
        pay = ledger.deliveries(flow__key="payments", operation="pay")
    assert [d.state for d in pay if d.state != State.NO_EFFECT] == [State.DELIVERED]
    assert any("was corrected in Airbase before it was booked" in d.reason for d in pay)
    assert not failures(ledger)


@pytest.mark.parametrize("stated", [[], [{"amount": "30.00"}]])
def test_what_no_bill_says_the_use_of_is_booked_when_somebody_said_it(
    ledger: World, settle: Settle, stated: list[dict[str, str]]
) -> None:
    """A payment without a bill, and one that is larger than its bills."""
    settle(seconds=300)
    invoice = open_invoice(ledger)
    entry = approve(ledger, invoice)
    (row,) = [e for e in bodies(ledger, "ledger_entries") if e["airbase_id"] == entry]
    says(ledger, entry, applied_to=[{**row["applied_to"][0], **bill} for bill in stated])
    settle(seconds=300)
    assert booked(ledger) == []
    rest = Decimal(str(invoice["amount"])) - (Decimal(30) if stated else 0)
    with scope(tenant=ledger.tenant):
        waiting = next(d for d in ledger.deliveries(flow__key="payments", state=State.PENDING) if d.waits_for)
        assert f"word of what {rest:.2f}" in waiting.reason
        deliveries.say_what_it_is(waiting.pk, target_id="unapplied", actor=None, reason="An advance.")
    settle(seconds=300)
    (made,) = booked(ledger)
    assert made["paymentAmount"] == invoice["amount"]
    assert [line["amountPaid"] for line in made["paymentLines"]] == [30.0] * len(stated)


def test_what_is_taken_back_while_its_release_waits_is_not_released(ledger: World, settle: Settle) -> None:
    """Visma allows no more calls for an hour, just when the payment is to be released; meanwhile Airbase voids it."""
    settle(seconds=300)
    simulators = ledger.simulators
    simulators.fault("visma", 429, "supplierPayment/.*release", method="POST", times=1, retry_after=3600)
    entry = approve(ledger, open_invoice(ledger))
    read_now()
    run_slice(seconds=20)
    assert simulators.fired() == 1
    (made,) = booked(ledger)
    assert not made["released"]
    says(ledger, entry, status="voided")
    with scope(tenant=ledger.tenant):
        RateBudget.objects.all().delete()  # the hour is over
    read_now()
    run_slice(seconds=20)
    with scope(tenant=ledger.tenant):
        Delivery.objects.filter(flow__key="payments", state=State.PENDING).update(not_before=db_now())
    settle(seconds=300)
    (made,) = booked(ledger)
    assert not made["released"]
    assert any("taken back" in sentence and made["refNbr"] in sentence for sentence in issues(ledger))


def test_entries_that_are_no_payments_are_kept_and_one_that_takes_a_payment_back_is_told(
    ledger: World, settle: Settle
) -> None:
    ledger.simulators.options("airbase", void_form="entry")
    act(ledger, "add_entry", type="card_purchase", status="sync_ready", total_amount="12.00", vendor=None)
    settle(seconds=300)
    with scope(tenant=ledger.tenant):
        first = ledger.deliveries(flow__key="payments", operation="send")[0]
    assert (first.state, "card_purchase" in first.reason) == (State.NO_EFFECT, True)
    (unknown,) = issues(ledger)
    assert "card_purchase" in unknown, "nobody has said what it is"
    entry = approve(ledger, open_invoice(ledger))
    settle(seconds=300)
    assert not failures(ledger)
    assert issues(ledger) == [unknown]
    (made,) = booked(ledger)
    act(ledger, "void_payment", payment=entry)
    settle(seconds=300)
    (told,) = set(issues(ledger)) - {unknown}
    assert "bill_payment_void" in told
    assert made["refNbr"] in told
    assert len(booked(ledger)) == 1


def test_a_status_that_nobody_named_is_not_taken_for_one_that_is_to_be_booked(ledger: World) -> None:
    ledger.simulators.act("airbase", "add_entry", company=ledger.company, type="bill_payment", total_amount="5.00")
    entry = bodies(ledger, "ledger_entries")[-1]["airbase_id"]
    connection = ledger.connection("airbase")
    session = system("airbase").session(connection)
    source = Payments(connection, session)
    marks = {}
    for status in ("sync_ready", "on_hold", "voided", "sync_complete"):
        says(ledger, entry, status=status)
        item = source.fetch(entry)
        assert item is not None
        marks[status] = item.fingerprint
        assert item.status == {"sync_ready": "ready", "voided": "taken back", "sync_complete": "done"}.get(
            status, "unknown"
        )
        if status == "on_hold":
            with scope(tenant=ledger.tenant):
                flow = ledger.flow("visma-airbase.payments")
                job = Job(flow=flow, operation="send", lane="", business_number="", raw=item.raw, last=None)
                parked = code_invoices(job)
            assert isinstance(parked, Nothing)
            assert parked.issue
            assert "on_hold in Airbase, which is not known" in parked.reason
    session.close()
    assert len(set(marks.values())) == 3, "what is ready again, after another status, is something new"
    assert marks["sync_complete"] == marks["sync_ready"], "our own report is nothing new"
