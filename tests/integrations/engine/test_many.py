"""Many deliveries replayed: plan first, then at a pace, cancellable, and after a kill as if there had been none."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from integrations.engine import many, restore
from integrations.engine.operations import claim_operation, work_on
from integrations.engine.sessions import Sessions
from integrations.http import budget
from integrations.http.errors import Rejected, Unknown
from integrations.models import Attempt, Delivery, Operation, RateBudget, State
from integrations.services import operations as services
from integrations.services.operations import Options, Selection
from integrations.systems.registry import system
from portal.audit.models import AuditEvent
from portal.common.clock import db_now
from portal.tenants.models import User
from tests.support.harness import WORKER, Engine, killed_at
from tests.support.pair import NOON, item

HOUR = dt.timedelta(hours=1)


def all_fail(engine: Engine, *numbers: str) -> None:
    engine.pair.effects = [Rejected("It has no number.") for _ in numbers]
    engine.send(*(item(n) for n in numbers))


def mixed(engine: Engine) -> None:
    """Two failed, one delivered, one in doubt, one failed that was dismissed, one pending."""
    engine.pair.effects = [Rejected("No."), Rejected("No."), Rejected("No."), Unknown("No answer.")]
    engine.send(*(item(n) for n in ("bad", "worse", "left", "lost", "good")))
    Delivery.objects.filter(business_number="left").update(state=State.DISMISSED)
    engine.read([item("new")])


def asked(engine: Engine, selection: Selection | None = None, *, reason: str = "again", **options: Any) -> Operation:
    return services.ask_replay(
        engine.tenant, selection or Selection(), Options(**options), reason=reason, actor=None, actor_name="test"
    )


def slice_of_it(operation: Operation) -> Operation:
    """One slice, now."""
    Operation.objects.filter(pk=operation.pk).update(due_at=db_now())
    claimed = claim_operation(WORKER)
    assert claimed is not None
    work_on(claimed, Sessions())
    return Operation.objects.get(pk=operation.pk)


def to_its_end(operation: Operation, *, most: int = 100) -> Operation:
    for _ in range(most):
        operation = slice_of_it(operation)
        if operation.ended:
            return operation
    raise AssertionError(f"not ended after {most} slices: {operation.progress}")


# --- The plan


def test_rule_22_the_plan_says_what_would_be_done_with_each_that_is_matched(engine: Engine) -> None:
    mixed(engine)
    every = Selection(states=tuple(State.values))
    plan = asked(engine, every).plan
    assert {k: v for k, v in plan.items() if v} == {
        "matched": 6,
        "would_be_sent": 2,
        "already_applied": 1,
        "in_doubt": 1,
        "under_way": 1,
        "closed": 1,
        "calls_needed": 2,
        "seconds": 1,
    }
    forced = asked(engine, every, force=True).plan
    assert (forced["would_be_sent"], forced["already_applied"], forced["closed"]) == (4, 0, 0)
    for counted in (plan, forced):
        parts = ("would_be_sent", "already_applied", "in_doubt", "under_way", "closed", "older_versions")
        assert counted["matched"] == sum(counted[p] for p in parts)
    assert [s for _, s in engine.states()].count(State.FAILED) == 2, "a plan does nothing"


def test_rule_22_an_older_version_is_not_sent(engine: Engine) -> None:
    engine.pair.effects = [Rejected("No.")]
    events = Engine.make(engine.pair, slug="handelsen", flows=("events",))
    events.send(item("1"))
    events.read([item("1", "second", at=NOON + HOUR)])
    plan = asked(events).plan
    assert (plan["matched"], plan["older_versions"], plan["would_be_sent"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        (Selection(), ["bad", "worse"]),
        (Selection(numbers=("worse", "good")), ["worse"]),
        (Selection(flow="ledger-exchange.papers"), ["bad", "worse"]),
        (Selection(flow="ledger-exchange.events"), []),
        (Selection(error_class="rejected"), ["bad", "worse"]),
        (Selection(error_class="unmappable"), []),
        (Selection(created_from=NOON - HOUR, created_to=NOON), []),
        (Selection(states=("delivered",)), ["good"]),
        (Selection(issue=1_000_000), []),
        (Selection(integration=1_000_000), []),
        (Selection(up_to=1), []),
    ],
)
def test_what_is_selected(engine: Engine, selection: Selection, found: list[str]) -> None:
    mixed(engine)
    rows = many.matching(engine.tenant.pk, selection).order_by("pk")
    if selection.up_to:
        found = [d.business_number for d in rows if d.pk <= selection.up_to]
    assert [d.business_number for d in rows] == found


def test_what_makes_no_sense_is_refused_with_a_sentence(engine: Engine) -> None:
    all_fail(engine, "1")
    with pytest.raises(ValidationError, match="no state called gone"):
        asked(engine, Selection(states=("gone",)))
    with pytest.raises(ValidationError, match="no flow called"):
        asked(engine, Selection(flow="visma-nobody.papers"))
    with pytest.raises(ValidationError, match="pace"):
        asked(engine, per_minute=0)
    with pytest.raises(ValidationError, match="say why"):
        asked(engine, force=True, reason=" ")
    assert not Operation.objects.exists()


# --- Doing it


def test_rule_22_many_are_reopened_at_a_pace_and_each_is_the_same_delivery(engine: Engine) -> None:
    numbers = [str(n) for n in range(1, 6)]
    all_fail(engine, *numbers)
    keys = {d.pk: d.operation_key for d in engine.deliveries()}
    operation = services.start(asked(engine, per_minute=24), actor=None)
    assert claim_operation(WORKER) is not None
    Operation.objects.update(lease_until=None)
    operation = slice_of_it(operation)
    assert (operation.state, operation.progress["done"]) == ("running", 2), "24 a minute are 2 in 5 seconds"
    assert dt.timedelta(seconds=3) < operation.due_at - db_now() <= dt.timedelta(seconds=5)
    assert claim_operation(WORKER) is None, "the next slice is not due yet"
    operation = to_its_end(operation)
    assert (operation.state, operation.progress["done"]) == ("done", 5)
    engine.deliver_all()
    assert {d.pk: d.operation_key for d in engine.deliveries()} == keys
    assert {s for _, s in engine.states()} == {State.DELIVERED}
    assert Attempt.objects.count() == 10
    assert engine.audited().count("delivery.replayed") == 5
    assert [a for a in engine.audited() if a.startswith("operation.")] == ["operation.started", "operation.done"]


def test_what_fails_again_is_tried_once_and_what_failed_later_was_not_meant(engine: Engine) -> None:
    all_fail(engine, "1", "2")
    operation = services.start(asked(engine, per_minute=12), actor=None)
    slice_of_it(operation)
    engine.pair.effects = [Rejected("Still not.")]
    engine.deliver_all()
    all_fail(engine, "3")
    ended = to_its_end(operation)
    assert ended.progress["done"] == 2
    assert [d.tries for d in engine.deliveries()] == [2, 1, 1]
    engine.deliver_all()
    assert [d.state for d in engine.deliveries()] == [State.FAILED, State.DELIVERED, State.FAILED]


def test_rule_22_by_force_what_was_delivered_is_sent_as_a_new_delivery(engine: Engine) -> None:
    engine.send(item("1"), item("2"))
    operation = services.start(
        asked(engine, Selection(states=("delivered",)), force=True, reason="the partner lost them"), actor=None
    )
    assert to_its_end(operation).progress["done"] == 2
    engine.deliver_all()
    assert [d.replays_id is not None for d in engine.deliveries()] == [False, False, True, True]
    assert len(engine.pair.there) == 4
    assert all("the partner lost them" in e.summary for e in AuditEvent.objects.filter(action="delivery.forced"))


@pytest.mark.parametrize("begun", [True, False])
def test_rule_26_a_restored_database_forces_nothing_a_second_time(engine: Engine, begun: bool) -> None:
    """It may have come to its end after the backup was made; what failed is looked for, so that replay goes on."""
    engine.send(item("1"), item("2"))
    forced = asked(engine, Selection(states=("delivered",)), force=True, reason="the partner lost them")
    if begun:
        services.start(forced, actor=None)
    gentle = services.start(asked(engine), actor=None)
    restore.accept(by="anna")
    forced.refresh_from_db()
    gentle.refresh_from_db()
    assert (forced.state, gentle.state) == (Operation.State.CANCELLED, Operation.State.RUNNING)
    assert "restored from a backup" in forced.problem
    assert AuditEvent.objects.filter(action="operation.cancelled", actor_name="anna").count() == 1
    engine.deliver_all()
    assert len(engine.pair.there) == 2


def test_what_is_refused_meanwhile_is_counted_with_its_sentence(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.send(item("1"), item("2"))
    first, second = engine.deliveries()
    operation = services.start(asked(engine, Selection(ids=(first.pk, second.pk)), force=True), actor=None)
    Delivery.objects.filter(pk=second.pk).update(state=State.ACCEPTED)
    Delivery.objects.filter(pk=first.pk).update(state=State.DELIVERED)
    ended = to_its_end(operation)
    assert (ended.progress["done"], ended.progress.get("refused", 0)) == (1, 0), "what is under way is not even tried"


def test_cancelled_it_begins_nothing_more_and_what_it_did_stays(engine: Engine) -> None:
    all_fail(engine, "1", "2", "3")
    operation = services.start(asked(engine, per_minute=12), actor=None)
    Operation.objects.update(due_at=db_now())
    held = claim_operation(WORKER)
    assert held is not None
    services.cancel(operation, actor=None, reason="wrong ones")
    work_on(held, Sessions())
    assert [d.state for d in engine.deliveries()] == [State.FAILED] * 3, "whoever had it does nothing any more"
    row = Operation.objects.get()
    assert (row.state, row.problem, row.ended_at is not None) == ("cancelled", "wrong ones", True)
    assert claim_operation(WORKER) is None
    with pytest.raises(ValidationError, match="has ended already"):
        services.cancel(row, actor=None)
    with pytest.raises(ValidationError, match="cancelled already"):
        services.start(row, actor=None)


def test_rule_22_killed_anywhere_it_goes_on_where_it_was(engine: Engine) -> None:
    """Before every statement of a slice: afterwards each was reopened exactly once, and the count is right."""
    for number in range(1, 200):
        all_fail(engine, *(f"{number}-{n}" for n in range(2)))
        operation = services.start(asked(engine, Selection(numbers=(f"{number}-0", f"{number}-1"))), actor=None)
        claimed = claim_operation(WORKER)
        assert claimed is not None
        was_killed = killed_at(number, lambda claimed=claimed: work_on(claimed, Sessions()))  # type: ignore[misc]
        Operation.objects.update(lease_until=None)
        if not Operation.objects.get(pk=operation.pk).ended:
            to_its_end(operation)
        assert Operation.objects.get(pk=operation.pk).progress["done"] == 2
        engine.deliver_all()
        rows = Delivery.objects.filter(business_number__startswith=f"{number}-")
        assert [(d.state, d.tries) for d in rows] == [(State.DELIVERED, 2)] * 2
        if not was_killed:
            return
    raise AssertionError("a slice of two takes fewer statements")


def test_it_waits_while_its_target_has_little_of_its_allowance_left(engine: Engine) -> None:
    all_fail(engine, "1")
    identity = system("exchange").budget_identity(engine.exchange)
    row = budget.budget_of(engine.exchange, identity, allowance=100, window=HOUR)
    resets = db_now() + HOUR
    RateBudget.objects.filter(pk=row.pk).update(allowance=100, used=76, resets_at=resets)
    operation = slice_of_it(services.start(asked(engine), actor=None))
    assert (operation.state, operation.progress) == ("running", {})
    assert "76 of the 100 calls" in operation.problem
    assert operation.due_at <= resets
    RateBudget.objects.filter(pk=row.pk).update(used=75)
    assert to_its_end(operation).progress["done"] == 1


def test_who_asked_and_why_stands_with_each(engine: Engine) -> None:
    person = User.objects.create_user("asa", "asa@people.example", "correct horse 9")
    all_fail(engine, "1")
    operation = services.ask_replay(engine.tenant, Selection(), Options(), reason="folder made", actor=person)
    assert (operation.asked_by, operation.asked_by_name, operation.state) == (person, "asa", "planned")
    to_its_end(services.start(operation, actor=person))
    line = AuditEvent.objects.get(action="delivery.replayed")
    assert line.actor == person
    assert f"folder made (operation {operation.pk})" in line.summary
