"""What is paid of an invoice in Visma.net without Airbase is not billed there, so that nobody pays it again."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from django_scopes import scope

from integrations.flows.contract import Job, Needs
from integrations.flows.visma_airbase import _made_in_airbase
from integrations.flows.visma_airbase_settled import PAYS, Standing, bill_key, standing_of
from integrations.models import Connection, Delivery, Feed, Flow, Integration, Payload, Record, State
from integrations.systems.registry import system
from integrations.systems.visma.client import VismaClient
from integrations.systems.visma.mapping import balance_of
from integrations.systems.visma.settings import Options
from portal.common.clock import db_now
from portal.tenants.models import Tenant
from tests.integrations.flows.test_airbase import act, airbase, bodies, failures
from tests.integrations.flows.test_airbase_by_hand import book
from tests.integrations.systems.visma.records import raw
from tests.month_end.clock import moved_clock
from tests.support.world import World

__all__ = ["airbase"]
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


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(600)
def test_what_is_paid_without_airbase_is_not_billed_there(airbase: World, settle: Settle) -> None:
    elsewhere, partly, rest, own, refused, voided, born = entered(airbase, 7)
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
    for one in (refused, voided):
        airbase.simulators.mutate("bills", rows[key_of(one)], {"payment_status": "partially_paid"}, system="airbase")
    airbase.simulators.mutate("supplierInvoice", f"{airbase.company}/{key_of(voided)}", {"status": "Voided"})
    settle()
    assert bill_of(airbase, elsewhere)["status"] == "closed"
    assert float(bill_of(airbase, partly)["total_amount"]) == pytest.approx(partly["amount"] - 10)
    assert float(bill_of(airbase, rest)["total_amount"]) == 30.0, "what Airbase has paid of it"
    assert len(failures(airbase)) == 2
    for one, words in ((refused, "without Airbase"), (voided, "reject it")):
        failed = last_of(airbase, one)
        assert failed.state == State.FAILED
        assert failed.issue is not None
        assert words in failed.issue.remedy
        assert "stop payments of it that are scheduled" in failed.issue.remedy
    before = len(airbase.deliveries())
    settle()
    assert len(airbase.deliveries()) == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(600)
def test_a_part_that_is_paid_in_visma_lowers_the_bill(airbase: World, settle: Settle) -> None:
    """Visma.net gives the invoice no new time of change then; days later no overlap of reads shows it either."""
    with moved_clock(airbase.simulators) as clock:
        (invoice,) = entered(airbase, 1)
        settle()
        clock.move(dt.timedelta(days=2))
        settle()
        half = round(invoice["amount"] / 2, 2)
        number = book(
            airbase,
            invoice["supplier"]["number"],
            invoice["currencyId"],
            description={"value": "from the bank"},
            paymentAmount={"value": half},
            paymentLines=[
                {
                    "operation": "Insert",
                    "documentType": {"value": "Invoice"},
                    "refNbr": {"value": invoice["referenceNumber"]},
                    "amountPaid": {"value": half},
                }
            ],
        )
        released(airbase, number)
        clock.move(dt.timedelta(hours=3))
        settle()
        clock.move(dt.timedelta(hours=1))
        settle()
    assert float(bill_of(airbase, invoice)["total_amount"]) == pytest.approx(invoice["amount"] - half)
    with scope(tenant=airbase.tenant):
        (told,) = airbase.deliveries(
            flow__key="invoice-payments", record__source_id=f"{key_of(invoice)}/Payment/{number}"
        )
        assert told.state == State.DELIVERED
    # What Airbase pays itself is not read again because of that.
    (own,) = entered(airbase, 1)
    settle()
    act(airbase, "approve_payment", bill=key_of(own))
    settle()
    settle()
    with scope(tenant=airbase.tenant):
        for told in airbase.deliveries(flow__key="invoice-payments", record__source_id__startswith=key_of(own)):
            assert "approved in Airbase" in told.reason
    assert not failures(airbase)


def released(world: World, number: str) -> None:
    """Somebody releases a payment in Visma.net, which does it by and by."""
    with scope(tenant=world.tenant):
        connection = world.connection("visma")
        with closing(system("visma").session(connection)) as session:
            client = VismaClient(session, Options.of(connection))
            client.act(f"v1/supplierPayment/{number}/action/release", {"type": {"value": "Payment"}})
    until = time.monotonic() + 20
    while not any(p["refNbr"] == number and p["released"] for p in bodies(world, "supplierPayment", system="visma")):
        assert time.monotonic() < until
        time.sleep(0.1)


# --- What is paid by whom


@pytest.fixture
def payments(db: None) -> Iterator[Flow]:
    """The flow of payments of an integration that exists in the database alone."""
    tenant = Tenant.objects.create(slug="nordbod", name="Nordbod AB")
    with scope(tenant=tenant):
        books, partner = (
            Connection.objects.create(
                tenant=tenant,
                key=key,
                system=key,
                name=key,
                settings={"base_url": "https://api.example.com", "company_id": "1", "client_id": "c", "tenant_id": "t"},
                secrets={"client_secret": "s", "api_key": "k"},
            )
            for key in ("visma", "airbase")
        )
        integration = Integration.objects.create(
            tenant=tenant, key="i", name="i", books=books, partner=partner, pair="visma-airbase"
        )
        yield Flow.objects.create(tenant=tenant, integration=integration, key="payments")


def booked(
    flow: Flow, entry: str, pays: dict[str, str], *, state: State = State.DELIVERED, status: str = "ready"
) -> None:
    """A payment of Airbase whose booking was begun."""
    now, tenant = db_now(), flow.tenant
    feed, _ = Feed.objects.get_or_create(tenant=tenant, connection=flow.integration.partner, key="payments")
    payload, _ = Payload.objects.get_or_create(
        tenant=tenant, sha256=hashlib.sha256(b"{}").hexdigest(), defaults={"size": 2, "data": b"{}", "created_at": now}
    )
    common = {"tenant": tenant, "feed": feed, "source_id": entry, "payload": payload, "captured_at": now}
    Record.objects.filter(source_id=entry).update(is_newest=False)
    record = Record.objects.create(fingerprint=f"{entry}{now}", status=status, **common)
    Delivery.objects.create(
        tenant=tenant,
        integration=flow.integration,
        sink_connection=flow.integration.books,
        flow=flow,
        record=record,
        operation="pay",
        operation_key=f"{entry} {record.pk}",
        lane=f"payment:{entry}",
        state=state,
        since=now,
        not_before=now,
        created_at=now,
        frozen_meta={"payment": entry, PAYS: pays},
    )


def test_what_airbase_pays_is_told_from_what_is_settled_elsewhere(payments: Flow) -> None:
    zone = Options.of(payments.integration.books).zone
    whole = balance_of(raw("supplier_invoice"), zone=zone)
    assert whole is not None
    total = whole.total

    def elsewhere(left: Decimal, *, status: str = "Open", bill: str = "") -> Decimal:
        body = raw("supplier_invoice", balance=float(left), balanceInCurrency=float(left))
        job = Job(flow=payments, operation="send", lane="", business_number="", raw=body, last=None)
        return standing_of(job, "Invoice/1", status, bill=bill).elsewhere

    assert elsewhere(total) == 0
    assert elsewhere(total - 10) == 10
    assert elsewhere(Decimal(0), status="Balanced") == 0, "nothing of it can have been paid"
    booked(payments, "first", {"Invoice/1": "10.00", "DebitAdj/1": "4.00"})
    booked(payments, "other", {"Invoice/2": "50.00"})
    assert (elsewhere(total - 10), elsewhere(total - 25)) == (0, 15)
    booked(payments, "first", {"Invoice/1": "10.00"})  # it came again, with other notes
    assert elsewhere(total - 25) == 15
    assert elsewhere(total) == 0, "not released yet"
    booked(payments, "refused", {"Invoice/1": "5.00"}, state=State.FAILED)
    assert elsewhere(total - 10) == 0, "all of it is known"
    with pytest.raises(Needs, match=r"15\.00 .* of Invoice/1 is paid") as unknown:
        elsewhere(total - 25)
    assert unknown.value.key == "payment refused"
    booked(payments, "refused", {"Invoice/1": "5.00"})  # a person said that it was booked
    assert elsewhere(total - 25) == 10
    booked(payments, "left", {"Invoice/1": "9.00"}, state=State.DISMISSED)
    assert elsewhere(total - 25) == 10
    booked(payments, "voided", {"Invoice/1": "3.00"}, state=State.NO_EFFECT, status="taken back")
    assert elsewhere(total - 25) == 10
    booked(payments, "unapplied", {bill_key("b-1"): "10.00"})  # a person applies it to the invoice later
    assert (elsewhere(total - 25), elsewhere(total - 25, bill="b-1")) == (10, 0)


@pytest.mark.parametrize("elsewhere", [Decimal(0), Decimal("12.50")])
def test_a_bill_that_was_made_in_airbase_and_paid_without_it_is_for_a_person(elsewhere: Decimal) -> None:
    standing = Standing(is_open=False, by_airbase=Decimal(0), elsewhere=elsewhere, currency="SEK")
    found = _made_in_airbase("Invoice/000357", "b-1", standing)
    assert found.issue == bool(elsewhere)
    assert "b-1" in found.reason
    if elsewhere:
        assert "12.50 SEK of Invoice/000357" in found.reason
        assert "Open bill b-1 in Airbase" in found.remedy
        assert "stop payments of it" in found.remedy
