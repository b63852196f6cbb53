"""Several effects in one call, and a verdict for each."""

from __future__ import annotations

from django_scopes import scope

from integrations.engine.claim import Turn, claim_delivery, claim_mates
from integrations.engine.deliver import batch_of, deliver_batch
from integrations.engine.sessions import Sessions
from integrations.http.errors import Rejected, Transient, Unknown
from integrations.models import Attempt, Delivery, State
from integrations.systems.contract import Effect, Outgoing
from tests.support.harness import WORKER, Engine
from tests.support.pair import item, take, taking_batches


def claim_all(engine: Engine) -> list[Delivery]:
    first = claim_delivery(WORKER, Turn())
    assert first is not None
    return [first, *claim_mates(first, WORKER, batch_of(first) - 1)]


def deliver_together(engine: Engine) -> list[Delivery]:
    claimed = claim_all(engine)
    with scope(tenant=engine.tenant):
        deliver_batch(claimed, Sessions())
    return claimed


def test_rule_06_each_item_of_a_batch_has_its_own_verdict(engine: Engine) -> None:
    taking_batches(5)
    engine.read([item(str(n)) for n in range(1, 6)])
    pair = engine.pair

    def fine(outgoing: Outgoing) -> Effect:
        return take(pair, outgoing)

    pair.effects = [fine, Rejected("No room for 2."), Transient("Busy."), Unknown("Silence."), fine]
    assert len(deliver_together(engine)) == 5
    assert engine.states() == [
        ("1", State.DELIVERED),
        ("2", State.FAILED),
        ("3", State.PENDING),
        ("4", State.IN_DOUBT),
        ("5", State.DELIVERED),
    ]
    assert list(Attempt.objects.order_by("delivery").values_list("outcome", flat=True)) == [
        "delivered",
        "rejected",
        "transient",
        "unknown",
        "delivered",
    ]


def test_rule_06_an_item_without_a_verdict_is_in_doubt(engine: Engine) -> None:
    taking_batches(3)
    engine.read([item("1"), item("2"), item("3")])
    engine.pair.silent_after = 1
    deliver_together(engine)
    assert [s for _, s in engine.states()] == [State.DELIVERED, State.IN_DOUBT, State.IN_DOUBT]
    assert "No verdict came for 3." in engine.delivery("3").reason


def test_a_fault_of_the_whole_call_is_everybodys(engine: Engine) -> None:
    taking_batches(3)
    engine.read([item("1"), item("2"), item("3")])
    engine.pair.effects = [ValueError("a bug in the sink")]
    deliver_together(engine)
    assert {s for _, s in engine.states()} == {State.IN_DOUBT}


def test_what_cannot_be_prepared_does_not_keep_the_others_back(engine: Engine) -> None:
    taking_batches(3)
    engine.read([item("1"), item("2", problem="It cannot be read."), item("3")])
    deliver_together(engine)
    assert engine.states() == [("1", State.DELIVERED), ("2", State.FAILED), ("3", State.DELIVERED)]


def test_one_lane_never_has_two_in_a_batch(engine: Engine) -> None:
    taking_batches(3)
    engine.read([item("1")])
    engine.read([item("1", "second"), item("2")])
    claimed = claim_all(engine)
    assert sorted(d.lane for d in claimed) == ["paper:1", "paper:2"]


def test_a_sink_that_takes_one_is_given_one(engine: Engine) -> None:
    engine.read([item("1"), item("2")])
    assert len(claim_all(engine)) == 1
