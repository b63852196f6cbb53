"""What Cleo says of invoices and files that we sent, and what we tell it when an invoice is paid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edi.models import TransactionSet
from integrations.models import Delivery, Feed, Issue, Record, SeenFile, State
from integrations.selectors.documents import events_of, versions_of
from portal.audit.models import AuditEvent
from tests.support.networks import of_number, stands
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]
PARTNER, FOLDER = "SUP80001", "/SUP80001/download/810"


@pytest.fixture
def world(world: World, sandbox: Simulators, tmp_path: Path) -> World:
    """The world with invoices to Cleo, and what Cleo says of them. Its files are whole at once: they are read once in
    these stories."""
    sandbox.options("cleo", half_written_every=0)
    for integration in world.entry["integrations"]:
        keys = ("supplier-invoices", "match-results", "audit-events") if integration["key"] == "visma-cleo" else ()
        integration["flows"] = {key: {} for key in keys}
    for connection in world.entry["connections"]:
        if connection["system"] == "cleo":
            connection["settings"] |= {
                "quiet_seconds": 0,
                "match_folders": [FOLDER],
                "match_fields": {"number": "invoice.number", "result": "match.status", "message": "match.text"},
            }
    apply_entry(world.entry, sandbox, folder=tmp_path)
    Feed.objects.exclude(key__in=["supplier-invoices", "match-results", "audit-events"]).update(enabled=False)
    return world


def sent(world: World) -> list[TransactionSet]:
    return list(TransactionSet.objects.filter(tenant=world.tenant, interchange__direction="out").order_by("id"))


def result(number: str, status: str, text: str = "") -> dict[str, Any]:
    return {"invoice": {"number": number}, "match": {"status": status, "text": text}}


def put(world: World, content: Any) -> None:
    given = {"company": world.company, "partner": PARTNER, "folder": FOLDER, "kinds": "match", "content": content}
    world.simulators.mutate("inbound", None, given, system="cleo")


def test_match_results_show_on_the_invoice_and_a_bad_one_is_an_issue_until_a_good_one_comes(
    world: World, settle: Settle
) -> None:
    settle()
    first, second = [row.business_number for row in sent(world)][:2]
    put(world, {"results": [result(first, "Matched"), result(second, "quantity differs", "10 ordered, 12 invoiced")]})
    settle()
    said = {row.business_number: row.network_status.get("match") for row in sent(world)}
    assert (said[first], said[second]) == ("Matched", "quantity differs: 10 ordered, 12 invoiced")
    (issue,) = Issue.objects.filter(status=Issue.Status.OPEN)
    assert second in issue.sentence
    assert "10 ordered, 12 invoiced" in issue.sentence

    put(world, result(second, "matched"))
    settle()
    issue.refresh_from_db()
    assert issue.status == Issue.Status.RESOLVED
    assert SeenFile.objects.filter(path__contains="download/810").count() == 2
    before = Delivery.objects.count()
    settle()
    assert Delivery.objects.count() == before


def test_a_result_is_of_the_supplier_in_whose_folder_it_stands(world: World, settle: Settle) -> None:
    """Two suppliers may call their invoices the same."""
    settle()
    own = [row for row in sent(world) if row.interchange.receiver_id.startswith(PARTNER)]
    foreign = [row for row in sent(world) if row.partner_id != own[0].partner_id]
    number = own[0].business_number
    TransactionSet.objects.filter(pk=foreign[-1].pk).update(business_number=number)
    put(world, result(number, "price differs"))
    settle()
    said = {row.pk: row.network_status.get("match") for row in sent(world)}
    assert (said[own[0].pk], said[foreign[-1].pk]) == ("price differs", None)

    others = {row.partner_id: row for row in foreign}
    one, other = list(others.values())[:2]
    TransactionSet.objects.filter(pk__in=[one.pk, other.pk]).update(business_number="SAME")
    put(world, result("SAME", "price differs"))
    settle()
    (told,) = world.deliveries(flow__key="match-results", business_number="SAME")
    assert told.state == State.FAILED
    assert "several trading partners were sent an invoice of that number" in told.reason


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (result("4711", "matched"), "invoice 4711 (matched), which we did not send"),
        ({"invoice": {"number": "4711"}}, "nothing at match.status"),
        ("ISA*00*", "It is not JSON"),
    ],
)
def test_a_result_that_says_nothing_of_ours_is_kept_and_said(
    world: World, settle: Settle, content: Any, says: str
) -> None:
    Feed.objects.filter(key="supplier-invoices").update(enabled=False)
    put(world, content)
    settle()
    (delivery,) = world.deliveries(flow__key="match-results")
    assert delivery.state == State.FAILED
    assert says in delivery.reason


def test_entries_of_the_audit_log_stand_in_the_documents_history_once(world: World, settle: Settle) -> None:
    settle()
    settle()
    for row in sent(world):
        (delivery,) = row.deliveries.filter(flow__key="supplier-invoices")
        lines = AuditEvent.objects.filter(action="cleo.event", object_type="delivery", object_id=str(delivery.pk))
        assert [line.actor_name for line in lines] == ["Cleo"]
        assert "fileReceived" in lines[0].summary
        assert len(row.network_status["events"]) == 1
        (told,) = [e for e in events_of(versions_of(delivery.record), [delivery]) if "Cleo says" in e.text]
        assert (told.lane, told.kind) == ("target", "ok"), "on the document's page"
    count = Record.objects.filter(feed__key="audit-events").count()
    settle()
    assert Record.objects.filter(feed__key="audit-events").count() == count
    files = {r["body"]["name"] for r in world.simulators.rows("cleo", "files") if r["body"]["direction"] == "outbound"}
    assert count == len(files), "logins and other files are nobody's history here"


def test_a_long_log_is_read_from_its_end(world: World, sandbox: Simulators, settle: Settle, tmp_path: Path) -> None:
    sandbox.options("cleo", max_count=2)
    settle()
    settle()
    count = Record.objects.filter(feed__key="audit-events").count()
    assert count == len(sent(world))
    before = len(sandbox.requests("cleo"))
    settle()
    asked = [e for e in sandbox.requests("cleo")[before:] if e["path"].endswith("/events")]
    total = len(sandbox.rows("cleo", "events"))
    assert asked
    assert len(asked) <= total // 2 + 2


def test_an_error_in_the_log_is_an_issue(world: World, sandbox: Simulators, settle: Settle) -> None:
    settle()
    row = sent(world)[0]
    (delivery,) = row.deliveries.filter(flow__key="supplier-invoices")
    event = next(
        r for r in sandbox.rows("cleo", "events") if r["body"].get("path", "").endswith(delivery.frozen_meta["name"])
    )
    changes = {"severity": "error", "message": "The Data Flow stopped at this file"}
    sandbox.mutate("events", event["key"], changes, system="cleo")
    settle()
    (issue,) = Issue.objects.filter(status=Issue.Status.OPEN)
    assert row.business_number in issue.sentence
    assert "The Data Flow stopped" in issue.sentence


def test_a_paid_invoice_goes_out_once_more_as_a_version_that_says_so(world: World, settle: Settle) -> None:
    settle()
    (delivery, *_) = [d for d in world.deliveries(flow__key="supplier-invoices", state=State.DELIVERED)
                      if d.record.status == "Open"]  # fmt: skip
    number = delivery.transaction_set.business_number
    world.simulators.mutate("supplierInvoice", f"{world.company}/{delivery.record.source_id}", {"status": "Closed"})
    settle()
    assert [d.purpose for d in of_number(stands(world), number)] == ["original", "replace"]
    files = [r["body"]["content"] for r in world.simulators.rows("cleo", "files")]
    assert sum("SETTLED IN FULL" in f.upper() and number in f for f in files) == 1
    settle()
    assert len(of_number(stands(world), number)) == 2


def test_each_part_that_is_paid_goes_out_as_a_version_and_so_does_a_payment_taken_back(
    world: World, settle: Settle
) -> None:
    settle()
    (delivery, *_) = [d for d in world.deliveries(flow__key="supplier-invoices", state=State.DELIVERED)
                      if d.record.status == "Open"]  # fmt: skip
    number, key = delivery.transaction_set.business_number, f"{world.company}/{delivery.record.source_id}"
    body = next(r["body"] for r in world.simulators.rows("visma", "supplierInvoice") if r["key"] == key)
    total = body["amount"]
    said = []
    for left in (round(total / 2, 2), round(total / 4, 2), total):
        world.simulators.mutate("supplierInvoice", key, {"balance": left, "balanceInCurrency": left})
        settle()
        settle()
        files = [r["body"] for r in world.simulators.rows("cleo", "files") if f"_{number}." in r["body"]["name"]]
        newest = max(files, key=lambda f: f["name"].split("_")[3])["content"]
        said.append(f"PAID IN PART: {left:.2f} OF {total:.2f}" in newest.upper())
    assert said == [True, True, False]
    assert [d.purpose for d in of_number(stands(world), number)] == ["original", "replace", "replace", "replace"]


def test_payments_are_not_told_where_that_is_switched_off(world: World, sandbox: Simulators, settle: Settle) -> None:
    flow = world.flow("visma-cleo.supplier-invoices")
    flow.settings = {"tell_payment": False}
    flow.save()
    settle()
    (delivery, *_) = [d for d in world.deliveries(flow__key="supplier-invoices", state=State.DELIVERED)
                      if d.record.status == "Open"]  # fmt: skip
    half = {"balance": 1.0, "balanceInCurrency": 1.0}
    sandbox.mutate("supplierInvoice", f"{world.company}/{delivery.record.source_id}", half)
    settle()
    assert len(of_number(stands(world), delivery.transaction_set.business_number)) == 1
