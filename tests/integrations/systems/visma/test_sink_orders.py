"""Order changes and notes in the simulated books: once, as a whole, on the version that was read."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from edi.documents.order_change import LineChange, OrderChange
from edi.documents.values import ItemId
from integrations.http.errors import Conflict, NeedsApproval, RateLimited, Rejected, Unknown
from integrations.http.session import Session
from integrations.models import Breaker, Connection
from integrations.systems.contract import Applied, CannotTell, Delivered, Effect, Evidence, NotApplied, NotNeeded
from integrations.systems.visma.commands import AppendNote, Approval, ChangeOrder, Command
from integrations.systems.visma.spec import SYSTEM
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.visma.conftest import requests_of
from tests.integrations.systems.visma.outgoing import outgoing

ORDER = "500004"
ADDED = LineChange(
    kind="add", quantity=Decimal(3), unit_price=Decimal(2), item_ids=(ItemId(scheme="buyer", value="A-001"),)
)
LINES = (
    LineChange(line_number="1", kind="price_and_quantity", quantity=Decimal(31), unit_price=Decimal("7.5")),
    ADDED,
    LineChange(line_number="5", kind="delete"),
)
NOTE = AppendNote(stamp="997 4711", order_number=ORDER, text="acknowledged")


def command(*lines: LineChange, number: str = ORDER, stamp: str = "860 4711", **more: Any) -> ChangeOrder:
    return ChangeOrder(stamp=stamp, change=OrderChange(number=number, lines=lines or LINES, **more))


@pytest.fixture
def do(session: Session, connection: Connection) -> Callable[[Command], Effect]:
    def apply(command: Command) -> Effect:
        [effect] = sink_of(command, connection, session).apply_many([outgoing(command)])
        return effect

    return apply


@pytest.fixture
def look(session: Session, connection: Connection) -> Callable[[Command], Evidence]:
    def evidence(command: Command) -> Evidence:
        Breaker.objects.all().delete()  # it opens after a lost answer; here its pause is not waited for
        return sink_of(command, connection, session).evidence(outgoing(command))

    return evidence


def sink_of(command: Command, connection: Connection, session: Session) -> Any:
    key = "order-notes" if isinstance(command, AppendNote) else "purchase-order-changes"
    return SYSTEM.sink(key).open(connection, session)


def order(visma: Served, number: str = ORDER) -> dict[str, Any]:
    return visma.row("purchaseorder", f"SE/{number}")["body"]


def puts(visma: Served) -> int:
    return sum(1 for r in requests_of(visma) if r["method"] == "PUT")


def said(visma: Served) -> list[tuple[int, float, float]]:
    return [(line["lineNbr"], line["orderQty"], line["unitCost"]) for line in order(visma)["lines"]]


def test_a_change_is_applied_once(visma: Served, do: Callable[[Command], Effect], look: Callable[[Command], Evidence]):
    visma.options(strict_if_match=True)
    visma.mutate("purchaseorder", {"note": "Ring innan leverans"}, key=f"SE/{ORDER}")
    assert isinstance(look(command()), NotApplied)
    effect = do(command())
    assert isinstance(effect, Delivered)
    assert effect.target_id == ORDER
    assert len(effect.status["changes"]) == 4
    after = said(visma)
    assert (1, 31.0, 7.5) in after
    assert [row[1:] for row in after if row[0] not in (1, 2, 3, 4)] == [(3.0, 2.0)], "line 5 went, a new one came"
    assert order(visma)["note"] == "Ring innan leverans\n[ml-connector 860 4711] applied, 4 changes"
    assert isinstance(look(command()), Applied)
    before = puts(visma)
    assert isinstance(do(command()), Delivered)
    assert puts(visma) == before, "the same change again adds no second line"
    assert said(visma) == after


def test_number_with_a_suffix(do: Callable[[Command], Effect]):
    effect = do(command(number=f"{ORDER}-02"))
    assert isinstance(effect, Delivered)
    assert effect.target_id == ORDER


def test_cancelled_order(visma: Served, do: Callable[[Command], Effect], look: Callable[[Command], Evidence]):
    visma.mutate("purchaseorder", {"lines.2.qtyOnReceipts": 5}, key=f"SE/{ORDER}")
    change = ChangeOrder(stamp="860 4712", change=OrderChange(number=ORDER, purpose="cancellation"))
    assert isinstance(do(change), Delivered)
    found = order(visma)
    assert found["status"] == "Hold"
    assert [(one["lineNbr"], one["completed"] or one["canceled"]) for one in found["lines"]] == [(2, True), (3, True)]
    assert isinstance(look(change), Applied)


@pytest.mark.parametrize("fault", ["timeout_after", "reset_after"])
def test_rule_05_lost_answer_is_settled_by_mark_and_values(
    fault: str, visma: Served, do: Callable[[Command], Effect], look: Callable[[Command], Evidence]
):
    visma.fault(fault=fault, path_regex="/v1/purchaseorder/", method="PUT", times=1)
    assert isinstance(do(command()), Unknown)
    assert isinstance(look(command()), Applied)


def test_what_never_arrived_is_not_there(
    visma: Served, do: Callable[[Command], Effect], look: Callable[[Command], Evidence]
):
    visma.fault(fault="timeout_before", path_regex="/v1/purchaseorder/", method="PUT", times=1)
    assert isinstance(do(command()), Unknown)
    assert isinstance(look(command()), NotApplied)


def test_rule_05_a_mark_without_the_values_is_for_a_person(
    visma: Served, do: Callable[[Command], Effect], look: Callable[[Command], Evidence]
):
    do(command())
    visma.mutate("purchaseorder", {"lines.0.orderQty": 99}, key=f"SE/{ORDER}")
    found = look(command())
    assert isinstance(found, CannotTell)
    assert "99 → 31" in found.reason


@pytest.mark.parametrize(("fault", "kind"), [(412, Conflict), (409, Conflict), (429, RateLimited), (403, Exception)])
def test_refused_writes_change_nothing(
    fault: int, kind: type[Exception], visma: Served, do: Callable[[Command], Effect]
):
    before = order(visma)
    visma.fault(fault=fault, path_regex="/v1/purchaseorder/", method="PUT", times=1)
    assert isinstance(do(command()), kind)
    assert order(visma) == before


def test_somebody_was_faster(visma: Served, do: Callable[[Command], Effect], session: Session, connection: Connection):
    sink = sink_of(command(), connection, session)
    put = sink.client.put

    def late(*args: Any) -> Any:
        visma.mutate("purchaseorder", {"description": "Ändrad under tiden"}, key=f"SE/{ORDER}")
        return put(*args)

    sink.client.put = late
    [effect] = sink.apply_many([outgoing(command())])
    assert isinstance(effect, Conflict)
    assert isinstance(do(command()), Delivered), "on what was read anew"
    assert order(visma)["description"] == "Ändrad under tiden"


def test_all_or_nothing_in_words(visma: Served, do: Callable[[Command], Effect]):
    before = order(visma)
    effect = do(command(*LINES, LineChange(line_number="99", kind="delete")))
    assert isinstance(effect, Rejected)
    assert "line 99: the order has no such line" in effect.sentence
    assert "Nothing of it was applied" in effect.remedy
    assert order(visma) == before


def test_unknown_order(do: Callable[[Command], Effect], look: Callable[[Command], Evidence]):
    effect = do(command(number="PO-123456"))
    assert isinstance(effect, Rejected)
    assert "no purchase order PO-123456" in effect.sentence
    assert isinstance(look(command(number="PO-123456")), CannotTell)


def test_refusal_of_visma_itself(visma: Served, do: Callable[[Command], Effect]):
    unknown = LineChange(kind="add", quantity=Decimal(1), item_ids=(ItemId(scheme="buyer", value="FINNS-EJ"),))
    effect = do(command(unknown))
    assert isinstance(effect, Rejected)
    assert "FINNS-EJ" in effect.sentence


# --- Notes


def test_note_is_added_once(visma: Served, do: Callable[[Command], Effect], look: Callable[[Command], Evidence]):
    visma.mutate("purchaseorder", {"note": "Ring innan leverans"}, key=f"SE/{ORDER}")
    assert isinstance(look(NOTE), NotApplied)
    assert isinstance(do(NOTE), Delivered)
    assert isinstance(do(NOTE), Delivered)
    assert order(visma)["note"] == "Ring innan leverans\n[ml-connector 997 4711] acknowledged"
    assert isinstance(look(NOTE), Applied)
    assert puts(visma) == 1


def test_note_of_an_order_that_is_gone(do: Callable[[Command], Effect], look: Callable[[Command], Evidence]):
    gone = AppendNote(stamp="997 1", order_number="999999", text="acknowledged")
    assert isinstance(do(gone), NotNeeded)
    assert isinstance(look(gone), CannotTell)


def test_note_of_an_order_by_a_number_with_a_suffix(visma: Served, do: Callable[[Command], Effect]):
    effect = do(AppendNote(stamp="860 1", order_number=f"{ORDER}-02", text="accepted"))
    assert isinstance(effect, Delivered)
    assert effect.target_id == ORDER
    assert "[ml-connector 860 1] accepted" in order(visma)["note"]


# --- Conflicts


def conflicting(visma: Served, connection: Connection, session: Session, meanwhile: dict[str, Any]) -> Conflict:
    """The fault of a change that met somebody else's, which `meanwhile` made between reading and writing."""
    sink = sink_of(command(), connection, session)
    put = sink.client.put

    def late(*args: Any) -> Any:
        visma.mutate("purchaseorder", meanwhile, key=f"SE/{ORDER}")
        return put(*args)

    sink.client.put = late
    [effect] = sink.apply_many([outgoing(command())])
    assert isinstance(effect, Conflict)
    return effect


def test_after_a_conflict_the_change_goes_on_where_nobody_touched_its_fields(
    visma: Served, session: Session, connection: Connection
):
    fault = conflicting(visma, connection, session, {"description": "Ändrad", "lines.1.orderQty": 5})
    [effect] = sink_of(command(), connection, session).apply_many([outgoing(command(), base=fault.base)])
    assert isinstance(effect, Delivered)
    assert order(visma)["lines"][0]["orderQty"] == 31


def test_after_a_conflict_in_the_same_field_a_person_sees_both_values(
    visma: Served, session: Session, connection: Connection
):
    before = order(visma)["lines"][0]["orderQty"]
    fault = conflicting(visma, connection, session, {"lines.0.orderQty": 12})
    sent = puts(visma)
    [effect] = sink_of(command(), connection, session).apply_many([outgoing(command(), base=fault.base)])
    assert isinstance(effect, Rejected)
    assert f"line 1, quantity was {before:g} and is now 12" in effect.sentence
    assert "12 → 31" in effect.sentence
    assert puts(visma) == sent
    assert order(visma)["lines"][0]["orderQty"] == 12


# --- Approval

PRICED = LineChange(line_number="1", kind="price_and_quantity", quantity=Decimal(31), unit_price=Decimal("7.5"))


def value_of_change(visma: Served) -> Decimal:
    line = order(visma)["lines"][0]
    return abs(Decimal(31) * Decimal("7.5") - Decimal(str(line["orderQty"])) * Decimal(str(line["unitCost"])))


def asking(**thresholds: Any) -> ChangeOrder:
    change = OrderChange(number=ORDER, lines=(PRICED,))
    return ChangeOrder(stamp="860 4713", change=change, approval=Approval(**thresholds))


def test_a_change_above_the_amount_asks_and_goes_when_just_that_is_approved(
    visma: Served, do: Callable[[Command], Effect]
):
    before, value = order(visma), value_of_change(visma)
    asked = do(asking(amount=value - 1))
    assert isinstance(asked, NeedsApproval)
    assert f"by {value:.2f} SEK" in asked.sentence
    assert any("line 1, quantity" in line for line in asked.asks)
    assert order(visma) == before
    assert isinstance(do(asking(amount=value - 1, given="of something else")), NeedsApproval)
    assert isinstance(do(asking(amount=value - 1, given=asked.digest)), Delivered)
    assert order(visma)["lines"][0]["orderQty"] == 31


def test_what_was_approved_before_somebody_changed_the_order_is_asked_again(
    visma: Served, do: Callable[[Command], Effect]
):
    asked = do(asking(always=True))
    assert isinstance(asked, NeedsApproval)
    visma.mutate("purchaseorder", {"lines.0.orderQty": 12}, key=f"SE/{ORDER}")
    again = do(asking(always=True, given=asked.digest))
    assert isinstance(again, NeedsApproval)
    assert again.digest != asked.digest


def test_a_change_at_the_threshold_asks_nobody(visma: Served, do: Callable[[Command], Effect]):
    assert isinstance(do(asking(amount=value_of_change(visma))), Delivered)


def test_a_share_of_the_order_above_the_percentage_asks(visma: Served, do: Callable[[Command], Effect]):
    share = value_of_change(visma) * 100 / Decimal(str(order(visma)["orderTotal"]))
    assert isinstance(do(asking(percent=share - 1)), NeedsApproval)
    assert isinstance(do(asking(percent=share + 1)), Delivered)
