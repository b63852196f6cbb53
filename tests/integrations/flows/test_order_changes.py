"""Order changes of trading partners, from Orderful's inbox into the books: approved where somebody has to, answered,
and not sent back."""

from __future__ import annotations

import datetime as dt
import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from edi.models import PartnerNumber, TransactionSet
from integrations.engine import replay
from integrations.engine.claim import may_go, verdicts
from integrations.engine.slice import run_slice
from integrations.flows.contract import Captured
from integrations.flows.registry import flow_spec
from integrations.models import Delivery, Feed, Flow, Issue, Payload, Record, State
from integrations.services import deliveries as services
from integrations.services.deliveries import ReplayRefused
from portal.audit.models import AuditEvent
from portal.common.clock import db_now
from tests.support.settling import read_now, what_moves
from tests.support.world import World, apply_entry

pytestmark = pytest.mark.django_db(transaction=True)
ORDER = "500020"
"""An order of the company of which nothing has been received yet; its supplier is reached over Orderful."""
CHANGES, ANSWERS = "order-changes", "order-change-answers"


def configured(world: World, folder: Path, **settings: Any) -> World:
    """The world with order changes and their answers on, and no other network."""
    for integration in world.entry["integrations"]:
        if integration["key"] == "visma-orderful":
            integration["flows"] = {
                "purchase-orders": {},
                "received-documents": {},
                CHANGES: {"settings": settings},
                ANSWERS: {},
            }
        else:
            integration["flows"] = {}
    apply_entry(world.entry, world.simulators, folder=folder)
    return world


@pytest.fixture
def world(world: World, tmp_path: Path) -> World:
    return configured(world, tmp_path)


def change(world: World, quantity: str = "321", *, sequence: str = "001", number: str = ORDER, **more: Any) -> None:
    """The supplier's 860 in the inbox: another quantity of the first line."""
    values = {
        "type": "860",
        "company": world.company,
        "stream": "test",
        "purchaseOrderNumber": ORDER,
        "message.purchaseOrderNumber": number,
        "message.changeSequenceNumber": sequence,
        "message.lineItems": [
            {"purchaseOrderLineId": "1", "changeReason": "quantityChange", "quantity": {"value": quantity}}
        ],
        **more,
    }
    world.simulators.mutate("inbox", None, values, system="orderful")


def order(world: World) -> dict[str, Any]:
    rows = world.simulators.rows("visma", "purchaseorder")
    found: dict[str, Any] = next(r["body"] for r in rows if r["key"] == f"{world.company}/{ORDER}")
    return found


def changes(world: World) -> list[Delivery]:
    return world.deliveries(flow__key=CHANGES)


def answers(world: World) -> list[dict[str, Any]]:
    """The 865s that stand at Orderful."""
    rows = world.simulators.rows("orderful", "transactions")
    return [row["body"] for row in rows if row["body"]["type"].startswith("865")]


def acknowledged(body: dict[str, Any]) -> tuple[str, list[str]]:
    """Its acknowledgment type, and the status of each line."""
    content = body["message"]["transactionSets"][0]
    head = content["beginningSegmentForPurchaseOrderChangeAcknowledgment"][0]
    lines = [line["ACK_loop"][0]["lineItemAcknowledgment"][0]["lineItemStatusCode"] for line in content["POC_loop"]]
    return head["acknowledgmentTypeCode"], lines


def sent_versions(world: World) -> list[str]:
    """Purposes of the 850s of the order that stand at Orderful."""
    rows = world.simulators.rows("orderful", "transactions")
    words = {"00": "original", "05": "replace", "01": "cancellation"}
    said = [
        row["body"]["purpose"] for row in rows if row["business_number"] == ORDER and row["body"]["type"][:3] == "850"
    ]
    return [words.get(one, one) for one in said]


def work(world: World, *, seconds: float = 60) -> None:
    """Reads every feed once and works until nothing more can go: what is left waits for a person, or for something
    that waits for one."""
    since, end = read_now(), time.monotonic() + seconds
    while True:
        run_slice(seconds=10, threads=2)
        soon = db_now() + dt.timedelta(seconds=10)
        feeds = Feed.objects.filter(tenant=world.tenant, enabled=True)
        unread = feeds.exclude(last_read_at__gte=since, due_at__gt=soon)
        due = [*may_go().filter(not_before__lte=soon)[:1], *verdicts().filter(not_before__lte=soon)[:1]]
        if not unread.exists() and not due:
            return
        assert time.monotonic() < end, what_moves()
        time.sleep(0.1)


def test_a_change_is_applied_answered_noted_and_not_sent_back(world: World) -> None:
    work(world)
    assert sent_versions(world) == ["original"]
    change(world, number=f"{ORDER}-01")
    work(world)
    assert order(world)["lines"][0]["orderQty"] == 321
    [applied] = changes(world)
    assert applied.state == State.DELIVERED, applied.reason
    [answer] = answers(world)
    assert acknowledged(answer) == ("AD", ["IA"])
    note = order(world)["note"]
    [sent] = TransactionSet.objects.filter(set_id="865")
    assert f"change 001 accepted, 1 line; answered by 865 (transaction {sent.network_id})" in note
    kept = TransactionSet.objects.get(set_id="860")
    assert "→ 321 (" in kept.network_status["changes"][0]

    for _ in range(2):  # the changed order is read again, and later its note
        work(world)
    assert sent_versions(world) == ["original"]
    later = world.deliveries(number=ORDER, flow__key="purchase-orders")[1:]
    assert {d.state for d in later} == {State.NO_EFFECT}
    assert "own change left it" in later[0].reason
    before = len(world.deliveries())
    work(world)
    assert len(world.deliveries()) == before
    assert not Issue.objects.filter(status=Issue.Status.OPEN).exists()

    world.simulators.mutate("purchaseorder", f"{world.company}/{ORDER}", {"lines.0.orderQty": 400.0})
    work(world)
    assert sent_versions(world) == ["original", "replace"], "what a person changes goes out"
    world.simulators.mutate("purchaseorder", f"{world.company}/{ORDER}", {"lines.0.orderQty": 321.0})
    work(world)
    assert sent_versions(world) == ["original", "replace", "replace"], "the partner has had another version since"


def test_the_same_transaction_again_changes_nothing(world: World) -> None:
    """Its confirmation is lost, so it comes a second time."""
    work(world)
    world.simulators.fault("orderful", "timeout_after", "/accept$", method="POST", times=1, seconds=20)
    change(world)
    work(world)
    work(world)
    assert len(changes(world)) == 1
    assert len(answers(world)) == 1
    assert not world.simulators.rows("orderful", "inbox")


def test_the_same_change_in_a_transaction_of_its_own_adds_nothing_twice(world: World) -> None:
    """Its sender's system sent it once more: only the network's number is another."""
    work(world)
    article = order(world)["lines"][0]["inventory"]["number"]
    added = {"changeReason": "addItem", "quantity": {"value": "7"}, "productIds": {"buyerItemNumber": article}}
    lines = [{"purchaseOrderLineId": "", **added}]
    before = len(order(world)["lines"])
    for _ in range(2):
        change(world, **{"message.lineItems": lines})
        work(world)
    first, again = changes(world)
    assert (first.state, again.state) == (State.DELIVERED, State.NO_EFFECT), (first.reason, again.reason)
    assert len(order(world)["lines"]) == before + 1
    assert "came before and says the same" in again.reason

    change(world, "322", sequence="002")
    change(world, **{"message.lineItems": lines})
    work(world)
    *_, other, late = changes(world)
    assert (other.state, late.state) == (State.DELIVERED, State.FAILED), (other.reason, late.reason)
    assert "changed again since" in late.reason
    assert len(order(world)["lines"]) == before + 1


def in_envelopes(number: int, article: str) -> dict[str, Any]:
    """An 860 that adds a line, as v3 spells it, in envelopes that its sender's system numbers."""
    added = {
        "changeOrResponseTypeCode": "AI",
        "quantity": "7",
        "compositeUnitOfMeasure": "EA",
        "productServiceIDQualifier": "BP",
        "productServiceID": article,
    }
    content = {
        "transactionSetHeader": [
            {"transactionSetIdentifierCode": "860", "transactionSetControlNumber": f"{number:04}"}
        ],
        "beginningSegmentForPurchaseOrderChange": [
            {
                "transactionSetPurposeCode": "04",
                "purchaseOrderTypeCode": "SA",
                "purchaseOrderNumber": ORDER,
                "changeOrderSequenceNumber": "001",
                "date": "20261120",
            }
        ],
        "POC_loop": [{"lineItemChange": [added]}],
        "transactionSetTrailer": [{"numberOfIncludedSegments": "4", "transactionSetControlNumber": f"{number:04}"}],
    }
    return {
        "interchangeControlHeader": [{"interchangeControlNumber": f"{number:09}", "interchangeTime": f"08{number:02}"}],
        "functionalGroupHeader": [{"groupControlNumber": str(number), "time": f"08{number:02}"}],
        "transactionSets": [content],
    }


def test_the_same_change_in_envelopes_of_its_own_adds_nothing_twice(world: World) -> None:
    """As above by way of v3, where the message carries the numbers of interchange, group and set."""
    work(world)
    article = order(world)["lines"][0]["inventory"]["number"]
    before = len(order(world)["lines"])
    for number in (1, 2):
        values = {"company": world.company, "stream": "test", "purchaseOrderNumber": ORDER, "channel": "bucket"}
        values |= {"type": "860", "message": in_envelopes(number, article)}
        world.simulators.mutate("inbox", None, values, system="orderful")
        work(world)
    first, again = changes(world)
    assert (first.state, again.state) == (State.DELIVERED, State.NO_EFFECT), (first.reason, again.reason)
    assert "came before and says the same" in again.reason
    assert len(order(world)["lines"]) == before + 1


def test_a_change_above_the_threshold_waits_until_it_is_approved(world: World, tmp_path: Path) -> None:
    configured(world, tmp_path, approval="above", approval_amount=1)
    work(world)
    before = order(world)
    change(world)
    change(world, "400", sequence="002")
    work(world)
    first, second = changes(world)
    assert (first.state, first.waits_for) == (State.WAITING, "a person's approval")
    assert second.state == State.PENDING, "later changes of the order wait behind it"
    assert "→ 321" in first.approval["asks"][0]
    assert order(world)["lines"] == before["lines"]
    [issue] = Issue.objects.filter(status=Issue.Status.OPEN)
    assert issue.who == Issue.Who.CUSTOMER
    assert ORDER in issue.sentence
    assert "needs a person's approval" in issue.sentence
    assert not answers(world)

    services.approve(first.pk, actor=None, reason="Agreed on the phone")
    work(world)
    assert order(world)["lines"][0]["orderQty"] == 321
    first, second = changes(world)
    assert first.state == State.DELIVERED
    assert (second.state, second.waits_for) == (State.WAITING, "a person's approval")
    [said] = AuditEvent.objects.filter(action="delivery.approved")
    assert "Agreed on the phone" in said.summary
    assert said.details["asked"] == first.approval["asks"]
    with pytest.raises(ReplayRefused, match="nobody is asked"):
        services.approve(first.pk, actor=None)

    with pytest.raises(ReplayRefused, match="Say why"):
        services.refuse(second.pk, actor=None, reason=" ")
    services.refuse(second.pk, actor=None, reason="Too much")
    work(world)
    assert order(world)["lines"][0]["orderQty"] == 321
    assert [acknowledged(a) for a in answers(world)] == [("AD", ["IA"]), ("RD", ["IR"])]
    assert "change 002 refused by the command line: Too much" in order(world)["note"]
    assert AuditEvent.objects.filter(action="delivery.refused").count() == 1
    assert not Issue.objects.filter(status=Issue.Status.OPEN).exists()


def test_a_change_that_cannot_be_applied_is_answered_when_a_person_refuses_it(world: World) -> None:
    work(world)
    change(world, **{"message.lineItems.0.purchaseOrderLineId": "99"})
    work(world)
    [failed] = changes(world)
    assert failed.state == State.FAILED
    assert "the order has no such line" in failed.reason
    assert not answers(world)
    services.refuse(failed.pk, actor=None, reason="There is no line 99")
    work(world)
    assert [acknowledged(a) for a in answers(world)] == [("RD", ["IR"])]


def test_a_change_by_somebody_who_is_no_supplier_changes_nothing(world: World) -> None:
    work(world)
    before = order(world)
    PartnerNumber.objects.filter(entity="supplier").delete()
    change(world)
    work(world)
    [failed] = changes(world)
    assert failed.state == State.FAILED
    assert "which is not one supplier of company" in failed.reason
    assert order(world) == before


def test_a_change_by_another_supplier_fails_beside_the_order_and_does_not_hold_it_up(world: World) -> None:
    work(world)
    owner = order(world)["supplier"]["number"]
    stranger = next(f"SUP{n}" for n in ("80002", "80004", "80006") if n != owner)
    change(world, "999", partner=stranger)
    work(world)
    [failed] = changes(world)
    assert failed.state == State.FAILED
    assert f"the order is of supplier {owner}, and the change comes from {stranger[3:]}" in failed.reason
    assert failed.lane != f"purchase-order:{ORDER}"

    change(world, sequence="002")
    work(world)
    _, applied = changes(world)
    assert (applied.state, applied.lane) == (State.DELIVERED, f"purchase-order:{ORDER}"), applied.reason
    assert order(world)["lines"][0]["orderQty"] == 321
    world.simulators.mutate("purchaseorder", f"{world.company}/{ORDER}", {"lines.0.orderQty": 400.0})
    work(world)
    assert sent_versions(world) == ["original", "replace"]
    [issue] = Issue.objects.filter(status=Issue.Status.OPEN)
    assert ORDER in issue.sentence


def test_a_sender_that_is_made_the_orders_supplier_later_adds_nothing_twice(world: World) -> None:
    """What it sent before stands in a lane of its own, and counts when it sends the same again."""
    work(world)
    numbers = list(PartnerNumber.objects.filter(entity="supplier").values())
    PartnerNumber.objects.filter(entity="supplier").delete()
    article = order(world)["lines"][0]["inventory"]["number"]
    added = {"changeReason": "addItem", "quantity": {"value": "7"}, "productIds": {"buyerItemNumber": article}}
    lines = [{"purchaseOrderLineId": "", **added}]
    before = len(order(world)["lines"])
    change(world, **{"message.lineItems": lines})
    work(world)
    [failed] = changes(world)
    assert failed.state == State.FAILED
    PartnerNumber.objects.bulk_create(PartnerNumber(**values) for values in numbers)
    change(world, **{"message.lineItems": lines})
    work(world)
    _, again = changes(world)
    assert again.state == State.FAILED
    assert "what came before is not done with" in again.reason
    assert len(order(world)["lines"]) == before
    replay.reopen(failed.pk, actor=None)
    work(world)
    replay.reopen(again.pk, actor=None)
    work(world)
    first, again = changes(world)
    assert (first.state, again.state) == (State.DELIVERED, State.NO_EFFECT), (first.reason, again.reason)
    assert first.lane != again.lane
    assert len(order(world)["lines"]) == before + 1


def test_what_a_person_dismissed_is_that_persons_to_answer(world: World) -> None:
    work(world)
    change(world, **{"message.lineItems.0.purchaseOrderLineId": "99"})
    work(world)
    services.dismiss(changes(world)[0].pk, actor=None, reason="Entered by hand")
    work(world)
    assert not answers(world)
    assert {d.state for d in world.deliveries(flow__key=ANSWERS)} == {State.NO_EFFECT}


def test_what_only_a_person_can_apply_is_not_accepted_unseen(world: World) -> None:
    """Terms of payment beside the lines: the lines are applied, a person is told, and no 865 says yes to it all."""
    work(world)
    notes = {"general": {"text": ["Kör in från baksidan"]}}
    change(world, **{"message.termsOfSale": {"description": "90 days net"}, "message.notes": notes})
    work(world)
    assert order(world)["lines"][0]["orderQty"] == 321
    [issue] = Issue.objects.filter(status=Issue.Status.OPEN, error_class="incomplete")
    assert f"Order change {ORDER} also states terms of payment, notes" in issue.sentence
    assert "Kör in från baksidan" in issue.sentence
    assert answers(world) == []
    assert "change 001 accepted, 1 line, but for terms of payment, notes; no 865 was sent" in order(world)["note"]


def test_what_is_not_understood_of_a_line_is_not_applied_and_not_accepted(world: World) -> None:
    """The sender's own numbers contradict each other: 10 changed by 2 is not 9."""
    work(world)
    before = order(world)["lines"]
    said = {"quantity": {"value": "9"}, "originalQuantity": {"value": "10"}, "changeInQuantity": {"value": "2"}}
    line = {"purchaseOrderLineId": "1", "changeReason": "quantityChange", **said}
    change(world, **{"message.lineItems": [line]})
    work(world)
    [failed] = changes(world)
    assert (failed.state, order(world)["lines"]) == (State.FAILED, before)
    assert "10 changed by 2 is not the new quantity 9" in failed.reason
    assert answers(world) == []


def test_an_older_change_that_comes_by_another_channel_does_not_undo_a_newer_one(world: World) -> None:
    """The first waits in the bucket of v3 and the second in the inbox of v4, which is looked at first."""
    work(world)
    change(world, "111", sequence="001", channel="bucket")
    change(world, "222", sequence="002")
    work(world)
    assert order(world)["lines"][0]["orderQty"] == 222
    newer, older = changes(world)
    assert (newer.state, older.state) == (State.DELIVERED, State.FAILED)
    assert "number 002 was applied before" in older.reason
    assert len(answers(world)) == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [({"status": "SETUP"}, "still being set up"), ({"status": "BLOCKED"}, "is blocked")],
)
def test_where_no_relationship_carries_an_answer_the_change_stays_applied(
    world: World, values: dict[str, Any], said: str
) -> None:
    for key in [r["key"] for r in world.simulators.rows("orderful", "relationships") if r["key"].endswith(":865")]:
        world.simulators.mutate("relationships", key, values, system="orderful")
    work(world)
    change(world)
    work(world)
    assert order(world)["lines"][0]["orderQty"] == 321
    answer, note = world.deliveries(flow__key=ANSWERS)
    assert answer.state == State.NO_EFFECT
    assert said in answer.reason
    assert note.state == State.DELIVERED
    assert "no 865 was sent" in order(world)["note"]


def test_an_answer_that_fails_undoes_nothing_and_holds_nothing_up(world: World) -> None:
    work(world)
    world.simulators.options("orderful", outcomes={ORDER: "INVALID"})
    change(world)
    work(world)
    assert order(world)["lines"][0]["orderQty"] == 321
    answer, _ = world.deliveries(flow__key=ANSWERS)
    assert answer.state == State.FAILED
    assert changes(world)[0].state == State.DELIVERED
    world.simulators.options("orderful", outcomes={})
    change(world, "322", sequence="002")
    work(world)
    assert order(world)["lines"][0]["orderQty"] == 322


def test_a_cancelled_order_loses_its_open_lines_and_is_on_hold(world: World) -> None:
    work(world)
    key = f"{world.company}/{ORDER}"
    lines = len(order(world)["lines"])
    world.simulators.mutate("purchaseorder", key, {"lines.0.qtyOnReceipts": 1.0})
    work(world)
    change(world, **{"message.purpose": "cancellation", "message.lineItems": []})
    work(world)
    found = order(world)
    assert found["status"] == "Hold"
    assert [line["completed"] for line in found["lines"]] == [True], f"of {lines} lines, one was received"
    work(world)
    assert "cancellation" not in sent_versions(world)


def test_while_it_is_applied_somebody_else_writes(world: World) -> None:
    """412 once: nobody touched its fields, so it goes on the new version, after a pause."""
    work(world)
    world.simulators.fault("visma", 412, f"/purchaseorder/{ORDER}$", method="PUT", times=1)
    change(world)
    end = time.monotonic() + 60
    while not (changes(world) and changes(world)[0].state == State.DELIVERED):
        assert time.monotonic() < end
        work(world)
    assert order(world)["lines"][0]["orderQty"] == 321
    assert changes(world)[0].tries == 2
    assert changes(world)[0].base == {}
    total = sum(Decimal(str(line["orderQty"])) for line in order(world)["lines"][:1])
    assert total == 321


def test_changes_of_one_order_are_received_in_the_order_in_which_they_came() -> None:
    """Two threads that receive them side by side would have the later one applied first."""
    lane = flow_spec("visma-orderful.received-documents").lane

    def of(number: str, source_id: str, kind: str = "860") -> str:
        return lane(Captured(source_id=source_id, status="", kind=kind, business_number=number, problem=""))

    assert of("500020-01", "1") == of("500020-02", "2") == of("500020", "3")
    assert len({of("500020", "1"), of("500021", "1"), of("500020", "1", "855"), of("", "1"), of("", "2")}) == 5


def test_a_change_goes_in_the_lane_of_the_order_that_the_books_know(world: World) -> None:
    """An order series may be written with a hyphen, and a sender may add a suffix: the orders that were read tell."""
    books = Feed.objects.get(connection=world.connection("visma"), key="purchase-orders")
    for number in ("PO-500", "PO-501", "PO500", "PO"):
        data = json.dumps({"orderNbr": number, "supplier": {"number": "80002"}}).encode()
        kept = Payload.objects.create(tenant=world.tenant, sha256=number, data=data, size=0, created_at=db_now())
        Record.objects.create(
            tenant=world.tenant,
            feed=books,
            source_id=number,
            business_number=number,
            fingerprint=number,
            payload=kept,
            captured_at=db_now(),
        )
    flow = Flow.objects.select_related("integration").get(integration__pair="visma-orderful", key=CHANGES)
    spec, orders = flow_spec(flow.full_key), flow_spec("visma-orderful.purchase-orders")
    for said, meant in (("PO-500", "PO-500"), ("PO-501-1", "PO-501"), ("PO500-01", "PO500")):
        change_of_it = Captured(source_id="1", status="", kind="860", business_number=said, problem="")
        order_of_it = Captured(source_id=meant, status="", kind="", business_number=meant, problem="")
        assert spec.lane_of(change_of_it, flow) == orders.lane(order_of_it), said

    unknown = Captured(source_id="7", status="", kind="860", business_number="PX77-1", problem="")
    assert spec.lane_of(unknown, flow) == "order-change:7", "what the books do not know has a lane of its own"

    change(world, number="PO-500", purchaseOrderNumber="PO-500", partner="SUP80002")
    work(world)
    [made] = changes(world)
    assert made.lane == "purchase-order:PO-500"
