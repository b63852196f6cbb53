"""The equation of a run adds up, whatever became of what it read."""

from __future__ import annotations

import datetime as dt

import pytest

from integrations.engine import replay
from integrations.engine.equation import WORST_FIRST, read_equation
from integrations.http.errors import Rejected, Transient, Unknown
from integrations.models import Delivery, Record, Run, State
from tests.support.harness import Engine, killed_at
from tests.support.pair import NOON, item

HOUR = dt.timedelta(hours=1)


def terms(run: Run) -> dict[str, int]:
    equation = read_equation(Run.objects.get(pk=run.pk))
    assert equation.adds_up, equation
    return {"read": equation.read, **{t.key: t.number for t in equation.terms if t.number}}


def last_run() -> Run:
    return Run.objects.order_by("-pk")[0]


def test_every_outcome_is_one_term(engine: Engine) -> None:
    engine.send(item("same"), item("changed"), item("gone"))
    first = last_run()
    assert terms(first) == {"read": 3, "delivered": 3}
    engine.pair.effects = [Rejected("No."), Unknown("No answer.")]
    engine.read(
        [item("same"), item("bad", at=NOON + HOUR), item("lost", at=NOON + HOUR), item("good", at=NOON + HOUR)],
        [item("changed", "older", at=NOON - HOUR), item("held", status="Hold"), item("never", status="Cancelled")],
        [item("gone", status="Cancelled", at=NOON + HOUR), item("later", at=NOON + HOUR)],
    )
    second = last_run()
    for _ in range(3):
        engine.deliver()
    assert terms(second) == {
        "read": 9,
        "unchanged": 1,
        "failed": 1,
        "in_doubt": 1,
        "delivered": 1,
        "pending": 2,
        "history": 1,
        "not_yet": 1,
        "nothing_to_cancel": 1,
    }
    engine.read([item("later", "newer", at=NOON + 2 * HOUR)])
    assert terms(second)["superseded"] == 1
    assert terms(first) == {"read": 3, "delivered": 3}


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_its_place(engine: Engine, state: State) -> None:
    engine.send(item("1"), item("2"))
    Delivery.objects.filter(business_number="1").update(state=state)
    expected = {"read": 2, "delivered": 1, state.value: 1} if state != State.DELIVERED else {"read": 2, "delivered": 2}
    assert terms(last_run()) == expected
    assert set(WORST_FIRST) == set(State)


def test_a_record_that_two_flows_took_counts_once_by_the_worse(engine: Engine) -> None:
    both = Engine.make(engine.pair, slug="handelsen", flows=("papers", "events"))
    both.pair.effects = [Rejected("No.")]
    both.send(item("1"), item("2"))
    assert len(both.deliveries()) == 4
    assert terms(last_run()) == {"read": 2, "failed": 1, "delivered": 1}


def test_a_replay_counts_in_its_originals_place(engine: Engine) -> None:
    engine.pair.effects = [Rejected("No.")]
    engine.send(item("1"))
    run = last_run()
    assert terms(run) == {"read": 1, "failed": 1}
    replay.force(engine.delivery("1").pk, actor=None, reason="it is right")
    assert terms(run) == {"read": 1, "pending": 1}
    engine.deliver_all()
    assert terms(run) == {"read": 1, "delivered": 1}
    replay.force(engine.delivery("1").pk, actor=None, reason="the partner lost it")
    engine.deliver_all()
    assert terms(run) == {"read": 1, "delivered": 1}


def test_a_flow_that_is_switched_off_leaves_them_unrouted(engine: Engine) -> None:
    engine.pair.accepts = lambda record, settings: None
    engine.send(item("1"), item("2"))
    assert terms(last_run()) == {"read": 2, "unrouted": 2}


def test_a_read_that_failed_half_way_adds_up(engine: Engine) -> None:
    engine.read([item("1"), item("2")], Transient("It is down."))
    assert last_run().outcome == Run.Outcome.FAILED
    assert terms(last_run()) == {"read": 2, "pending": 2}


def test_a_run_whose_worker_was_killed_anywhere_adds_up(engine: Engine) -> None:
    for number in range(1, 200):
        names = [f"{number}-{n}" for n in range(3)]
        killed = killed_at(number, lambda names=names: engine.read([item(n) for n in names[:2]], [item(names[2])]))  # type: ignore[misc]
        engine.later()
        engine.read([item(n) for n in names])
        for run in Run.objects.all():
            terms(run)
        assert Record.objects.filter(source_id__in=names).count() == 3
        if not killed:
            return
        Delivery.objects.all().delete()
        Record.objects.all().delete()
        Run.objects.all().delete()
    raise AssertionError("a read takes fewer statements")
