"""An order that is moved to another supplier: the new one gets an original, the one who had it is told that it is
cancelled, once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edi.models import Agreement, TransactionSet
from integrations.engine import replay
from integrations.models import Delivery, Feed, Issue, Payload, State
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]

FIRST, SECOND, ELSEWHERE = "80001", "80003", "80002"
"""Suppliers: two on Cleo, one on Orderful."""


@pytest.fixture
def world(world: World, sandbox: Simulators, tmp_path: Path) -> World:
    """The world with nothing but purchase orders."""
    for integration in world.entry["integrations"]:
        integration["flows"] = {"purchase-orders": {}}
    apply_entry(world.entry, sandbox, folder=tmp_path)
    Feed.objects.exclude(key="purchase-orders").update(enabled=False)
    return world


@pytest.fixture
def number(world: World, settle: Settle) -> str:
    """An order that the first supplier has."""
    settle()
    sent = world.deliveries(state=State.DELIVERED, transaction_set__partner__key=f"sup{FIRST}")
    return next(d.business_number for d in sent if d.record.status == "Open")


def move(world: World, number: str, supplier: str, **more: Any) -> None:
    """A person chooses another supplier for the order."""
    name = next(
        r["body"]["name"] for r in world.simulators.rows("visma", "supplier") if r["body"]["number"] == supplier
    )
    values = {"supplier.number": supplier, "supplier.name": name, **more}
    world.simulators.mutate("purchaseorder", f"{world.company}/{number}", values)


def told(number: str) -> list[tuple[str, str]]:
    """What partners were told of the order, in this order: supplier and purpose."""
    sets = TransactionSet.objects.filter(business_number=number, interchange__direction="out", set_id="850")
    return [(one.partner.key.removeprefix("sup"), one.purpose) for one in sets.order_by("pk")]


def files(world: World, supplier: str, number: str) -> list[str]:
    """BEG01 of what stands at Cleo of the order for this supplier."""
    rows = [r["body"] for r in world.simulators.rows("cleo", "files")]
    there = [b["content"] for b in rows if b["folder"] == f"/SUP{supplier}/upload/850" and number in b["name"]]
    return [text.split("BEG*")[1][:2] for text in there]


def test_the_new_supplier_gets_an_original_and_the_old_one_a_cancellation_once(
    world: World, number: str, settle: Settle
) -> None:
    move(world, number, SECOND)
    settle()
    expected = [(FIRST, "original"), (SECOND, "original"), (FIRST, "cancellation")]
    assert told(number) == expected
    assert files(world, FIRST, number) == ["00", "01"]
    assert files(world, SECOND, number) == ["00"]
    sent, moved, recall = world.deliveries(number, flow__integration__key="visma-cleo")
    assert (recall.operation, recall.replays_id, recall.record_id) == ("recall", sent.pk, sent.record_id)
    parties = [[s for s in bytes(d.frozen.data).split(b"~") if s.strip().startswith(b"N1*")] for d in (sent, recall)]
    assert parties[0] == parties[1], "it is still addressed to the one who had it"
    assert any("is told that it is cancelled" in change for change in moved.settings_used["changes"])
    for _ in range(2):
        settle()
    assert told(number) == expected

    # A later version goes to the one who has it, as such; and back again it begins anew.
    world.simulators.mutate("purchaseorder", f"{world.company}/{number}", {"lines.0.orderQty": 77.0})
    settle()
    assert told(number)[3:] == [(SECOND, "replace")]
    move(world, number, FIRST)
    settle()
    assert told(number)[4:] == [(FIRST, "original"), (SECOND, "cancellation")]
    assert not Issue.objects.filter(status=Issue.Status.OPEN).exists()


def test_a_lost_answer_of_the_cancellation_sends_it_once(world: World, number: str, settle: Settle) -> None:
    move(world, number, ELSEWHERE, status="Cancelled", hold=False)
    world.simulators.fault("cleo", "reset_after", "/files", method="POST", times=1)
    settle()
    assert world.simulators.fired() == 1
    assert told(number) == [(FIRST, "original"), (FIRST, "cancellation")], "the new one never had it"
    assert files(world, FIRST, number) == ["00", "01"]


def test_who_cannot_be_told_by_a_document_is_named_to_a_person(world: World, number: str, settle: Settle) -> None:
    Agreement.objects.filter(partner__key=f"sup{FIRST}", document_type="850").update(active=False)
    move(world, number, ELSEWHERE)
    settle()
    assert told(number) == [(FIRST, "original"), (ELSEWHERE, "original")], "over another network"
    recall = world.deliveries(number, operation="recall")[-1]
    assert recall.state == State.FAILED
    (issue,) = Issue.objects.filter(status=Issue.Status.OPEN)
    partner = str(Agreement.objects.filter(partner__key=f"sup{FIRST}").first().partner)
    assert f"Purchase order {number} went to {partner} and is another partner's now" in issue.sentence
    assert f"Tell {partner} yourself" in issue.remedy

    # The new one's changes are not held up; once a person has dealt with it, nobody is asked again.
    world.simulators.mutate("purchaseorder", f"{world.company}/{number}", {"lines.0.orderQty": 77.0})
    settle()
    assert told(number)[2:] == [(ELSEWHERE, "replace")]
    (recall,) = Delivery.objects.filter(operation="recall", business_number=number, state=State.FAILED)
    replay.dismiss(recall.pk, actor=None, reason="They were called.")
    world.simulators.mutate("purchaseorder", f"{world.company}/{number}", {"lines.0.orderQty": 78.0})
    settle()
    assert told(number)[3:] == [(ELSEWHERE, "replace")]
    assert not Issue.objects.filter(status=Issue.Status.OPEN).exists()


def test_the_old_one_is_told_although_the_new_ones_order_is_refused(world: World, number: str, settle: Settle) -> None:
    """The order waits for a person, in the lane before the cancellation; that belongs to somebody else."""
    move(world, number, SECOND)
    world.simulators.fault("cleo", 404, "/files", method="POST", times=1)
    settle()
    assert (world.simulators.fired(), files(world, SECOND, number)) == (1, [])
    assert files(world, FIRST, number) == ["00", "01"]
    (refused,) = world.deliveries(number, state=State.FAILED)
    replay.reopen(refused.pk, actor=None, reason="The folder is there now.")
    settle()
    assert (files(world, FIRST, number), files(world, SECOND, number)) == (["00", "01"], ["00"])
    assert not Issue.objects.filter(status=Issue.Status.OPEN).exists()


def test_the_old_one_is_told_although_the_new_ones_order_cannot_be_written(
    world: World, number: str, settle: Settle
) -> None:
    unit = next(
        r["body"]["lines"][0]["uom"]
        for r in world.simulators.rows("visma", "purchaseorder")
        if r["key"] == f"{world.company}/{number}"
    )
    move(world, number, SECOND, **{"lines.0.uom": "GLOP"})
    settle()
    (failed,) = world.deliveries(number, state=State.FAILED)
    assert "GLOP" in failed.reason
    assert told(number) == [(FIRST, "original"), (FIRST, "cancellation")]
    world.simulators.mutate("purchaseorder", f"{world.company}/{number}", {"lines.0.uom": unit})
    settle()
    assert told(number)[2:] == [(SECOND, "original")]
    assert files(world, FIRST, number) == ["00", "01"]
    assert not Issue.objects.filter(status=Issue.Status.OPEN).exists()


def test_a_person_is_told_what_to_do_where_retention_took_what_was_sent(
    world: World, number: str, settle: Settle
) -> None:
    sent = world.deliveries(number, transaction_set__partner__key=f"sup{FIRST}")[0]
    Payload.objects.filter(pk=sent.record.payload_id).update(data=None)
    move(world, number, SECOND)
    settle()
    assert told(number) == [(FIRST, "original"), (SECOND, "original")]
    recall = world.deliveries(number, operation="recall")[-1]
    (issue,) = Issue.objects.filter(status=Issue.Status.OPEN)
    assert (recall.state, recall.issue) == (State.FAILED, issue)
    partner = str(sent.transaction_set.partner)
    assert f"{number} went to {partner} on" in issue.sentence
    assert f"Tell {partner} yourself" in issue.remedy
    assert "dismiss this" in issue.remedy
    assert "Change the record" not in issue.remedy, "that tells the new one"
    replay.dismiss(recall.pk, actor=None, reason="Called them today.")
    assert not Issue.objects.filter(status=Issue.Status.OPEN).exists()


def test_a_supplier_that_got_another_number_is_not_told_that_its_order_is_cancelled(
    world: World, number: str, settle: Settle
) -> None:
    """Nobody has linked the new number yet: that is what is said, and the order stays theirs."""
    name = next(r["body"]["name"] for r in world.simulators.rows("visma", "supplier") if r["body"]["number"] == FIRST)
    values = {"supplier.number": "89999", "supplier.name": name}
    world.simulators.mutate("purchaseorder", f"{world.company}/{number}", values)
    settle()
    assert told(number) == [(FIRST, "original")]
    assert not world.deliveries(number, operation="recall")
    assert "89999" in world.deliveries(number)[-1].reason
