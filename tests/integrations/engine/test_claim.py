"""Claiming: one at a time in a lane, tenants in turn, by due time and rank, never twice."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django_scopes import scopes_disabled

from integrations.engine import issues
from integrations.engine.claim import LEASE, Turn, claim_delivery, claim_verdict, due_deliveries
from integrations.engine.schedule import next_due
from integrations.http import breaker
from integrations.http.errors import Fault
from integrations.models import Attempt, Breaker, Connection, Delivery, Flow, Integration, State
from integrations.selectors import why_not_sent
from integrations.services.feeds import pause_flow, resume_flow
from integrations.services.sides import allow_side, stop_side
from integrations.services.tenants import allow_sending, stop_sending
from portal.common.clock import db_now
from tests.support.database import in_threads
from tests.support.harness import WORKER, Engine
from tests.support.pair import NOON, item

HOUR = dt.timedelta(hours=1)


def test_a_claim_is_counted_and_leased_before_the_work(engine: Engine) -> None:
    engine.read([item("1")])
    before = db_now()
    claimed = engine.claim()
    assert claimed is not None
    row = Delivery.objects.get()
    assert (row.state, row.claims, row.fence, row.worker, row.tries) == (State.SENDING, 1, 1, WORKER, 0)
    assert row.lease_until is not None
    assert before + LEASE <= row.lease_until <= db_now() + LEASE
    assert engine.claim() is None


def test_rule_04_deliveries_of_one_lane_go_one_after_the_other(engine: Engine) -> None:
    events = Engine.make(engine.pair, slug="handelsen", flows=("events",))
    for hours, content in enumerate(("first", "second", "third")):
        events.read([item("1", content, at=NOON + hours * HOUR)])
    first = events.claim()
    assert first is not None
    assert events.claim() is None
    events.deliver(first)
    second = events.claim()
    assert second is not None
    assert second.pk > first.pk
    assert events.claim() is None


@pytest.mark.parametrize("state", [State.ACCEPTED, State.IN_DOUBT, State.FAILED, State.WAITING])
def test_an_open_delivery_holds_what_comes_after_it(engine: Engine, state: State) -> None:
    events = Engine.make(engine.pair, slug="handelsen", flows=("events",))
    events.read([item("1")], [item("1", "second", at=NOON + HOUR)], [item("2")])
    first = events.deliveries("1")[0]
    Delivery.objects.filter(pk=first.pk).update(state=state, not_before=db_now() + HOUR)
    claimed = events.claim()
    assert claimed is not None
    assert claimed.business_number == "2"
    assert events.claim() is None


@pytest.mark.parametrize("state", [State.DELIVERED, State.NO_EFFECT, State.SUPERSEDED, State.DISMISSED])
def test_a_closed_delivery_holds_nothing(engine: Engine, state: State) -> None:
    events = Engine.make(engine.pair, slug="handelsen", flows=("events",))
    events.read([item("1")], [item("1", "second", at=NOON + HOUR)])
    first, second = events.deliveries("1")
    Delivery.objects.filter(pk=first.pk).update(state=state)
    claimed = events.claim()
    assert claimed is not None
    assert claimed.pk == second.pk


def test_the_database_allows_one_held_delivery_a_lane(engine: Engine) -> None:
    events = Engine.make(engine.pair, slug="handelsen", flows=("events",))
    events.read([item("1")], [item("1", "second", at=NOON + HOUR)])
    first, second = events.deliveries("1")
    for held in (State.SENDING, State.ACCEPTED, State.IN_DOUBT):
        Delivery.objects.filter(pk=first.pk).update(state=held)
        for other in (State.SENDING, State.ACCEPTED, State.IN_DOUBT):
            with pytest.raises(IntegrityError), transaction.atomic():
                Delivery.objects.filter(pk=second.pk).update(state=other)


def on_trial(engine: Engine) -> None:
    breaker.failed(engine.exchange, "It did not answer.", open_now=True)
    Breaker.objects.update(position=Breaker.Position.CLOSED, probe_after=None)


def test_rule_13_effects_on_trial_are_claimed_one_at_a_time(engine: Engine) -> None:
    engine.read([item("1"), item("2"), item("3")])
    on_trial(engine)
    first = engine.claim()
    assert first is not None
    assert engine.claim() is None
    engine.deliver(first)
    assert engine.claim() is not None, "the scripted exchange tells no breaker: the trial goes on with the next"
    breaker.succeeded(engine.exchange, breaker.admit(engine.exchange), effect=True)
    assert engine.claim() is not None


def test_rule_13_two_that_were_claimed_at_once_are_not_both_tried(engine: Engine) -> None:
    engine.read([item("1"), item("2")])
    first, second = engine.claim(), engine.claim()
    assert first is not None
    assert second is not None
    on_trial(engine)
    Attempt.objects.create(
        tenant=engine.tenant, delivery=first, number=1, fence=first.fence, worker=WORKER, started_at=db_now()
    )
    waits = engine.deliver(second)
    assert (waits.state, waits.tries) == (State.PENDING, 0)
    assert waits.not_before > db_now() - HOUR
    assert not engine.pair.sent


def test_rule_13_no_further_effect_is_tried_while_as_many_as_slots_are_in_doubt(engine: Engine, settings: Any) -> None:
    settings.WORK_THREADS = 2
    engine.read([item("1"), item("2"), item("3")])
    on_trial(engine)
    now = db_now()
    Delivery.objects.filter(business_number__in=["1", "2"]).update(state=State.IN_DOUBT, not_before=now + HOUR)
    assert engine.claim() is None
    soonest = next_due()
    assert soonest is not None
    assert soonest > now + dt.timedelta(minutes=1), "nobody works in vain until they are settled"
    asks = engine.delivery("1")
    issues.for_delivery(asks, Fault("Nobody can tell."), now=now, as_class="in_doubt")
    asks.save()
    assert engine.claim() is not None, "what asks a person may do so for days"


def test_what_is_due_first_goes_first_and_then_by_rank(engine: Engine) -> None:
    both = Engine.make(engine.pair, slug="bada", flows=("papers", "events"))
    both.read([item("1"), item("2")])
    now = db_now()
    Delivery.objects.filter(tenant=both.tenant).update(not_before=now - HOUR)
    Delivery.objects.filter(tenant=both.tenant, business_number="2").update(not_before=now - 2 * HOUR)
    for delivery in both.deliveries():
        Delivery.objects.filter(pk=delivery.pk).update(lane=f"one of its own: {delivery.pk}")
    order = []
    while (claimed := claim_delivery(WORKER, Turn())) is not None:
        order.append((claimed.business_number, claimed.flow.key))
        Delivery.objects.filter(pk=claimed.pk).update(state=State.DELIVERED)
    assert order == [("2", "papers"), ("2", "events"), ("1", "papers"), ("1", "events")]


def test_tenants_take_turns(engine: Engine) -> None:
    """One with very many does not make the other wait."""
    small = Engine.make(engine.pair, slug="liten")
    engine.read([item(str(n)) for n in range(40)])
    small.read([item("1"), item("2")])
    turn = Turn()
    claimed = [claim_delivery(WORKER, turn) for _ in range(4)]
    assert [c.tenant.slug for c in claimed if c] == ["bruket", "liten", "bruket", "liten"]


@pytest.mark.parametrize(
    "switch", ["flow off", "flow paused", "integration off", "connection off", "tenant stopped", "side stopped"]
)
def test_nothing_is_claimed_where_sending_is_switched_off(engine: Engine, switch: str) -> None:
    engine.read([item("1")])
    flow = engine.flow()
    match switch:
        case "flow off":
            Flow.objects.update(enabled=False)
        case "flow paused":
            pause_flow(flow, reason="we look first", actor=None)
        case "integration off":
            Integration.objects.update(enabled=False)
        case "connection off":
            Connection.objects.filter(pk=engine.exchange.pk).update(enabled=False)
        case "tenant stopped":
            stop_sending(engine.tenant, reason="stocktaking", actor=None)
        case "side stopped":
            stop_side(engine.integration, "partner", reason="stocktaking", actor=None)
    assert engine.claim() is None
    Flow.objects.update(enabled=True)
    resume_flow(flow, actor=None)
    Integration.objects.update(enabled=True)
    Connection.objects.update(enabled=True)
    allow_sending(engine.tenant, actor=None)
    allow_side(engine.integration, "partner", actor=None)
    assert engine.claim() is not None


def test_one_direction_is_stopped_and_the_other_goes_on(engine: Engine) -> None:
    """Of the same integration, and of no other: by the side to which a delivery goes, whatever its flow."""
    other = Engine.make(engine.pair, slug="liten")
    engine.read([item("1"), item("2")])
    other.read([item("3")])
    engine.deliver()
    back = engine.delivery("2")
    Delivery.objects.filter(pk=back.pk).update(sink_connection=engine.ledger)
    stop_side(engine.integration, "books", reason="the month is closed", actor=None)
    claimed = [engine.claim(), engine.claim()]
    assert [c.business_number for c in claimed if c] == ["3"]
    assert not due_deliveries(db_now()).exists()
    assert why_not_sent(back_of(back)) == [
        "Writing into Ledger is stopped for Ledger and Exchange: the month is closed"
    ]
    stop_side(engine.integration, "partner", reason="wrong prices", actor=None)
    allow_side(engine.integration, "books", actor=None)
    assert [c.business_number for c in [engine.claim()] if c] == ["2"]


def test_what_was_for_a_connection_that_is_gone_from_the_integration_fails_and_stops_nobody(engine: Engine) -> None:
    engine.read([item("1")])
    former = engine.exchange
    other = Connection.objects.create(tenant=engine.tenant, system=former.system, key="other", name="Other")
    Integration.objects.filter(pk=engine.integration.pk).update(partner=other)
    claimed = engine.claim()
    assert claimed is not None
    assert claimed.sink_connection == former
    row = engine.deliver(claimed)
    assert row.state == State.FAILED
    assert f"{former.name}, which {engine.integration.name} no longer has" in row.reason
    assert not row.attempts.exists()


def back_of(delivery: Delivery) -> Delivery:
    """As it is now, with all that is said of it."""
    sides = ("integration__books", "integration__partner", "flow__integration", "sink_connection", "tenant")
    return Delivery.objects.select_related(*sides).get(pk=delivery.pk)


def test_rule_13_nothing_is_claimed_for_a_connection_that_is_not_called(engine: Engine) -> None:
    engine.read([item("1")])
    breaker = Breaker.objects.create(
        tenant=engine.tenant,
        connection=engine.exchange,
        position=Breaker.Position.OPEN,
        probe_after=db_now() + HOUR,
    )
    assert engine.claim() is None
    assert not due_deliveries(db_now()).exists()
    Breaker.objects.filter(pk=breaker.pk).update(probe_after=db_now() - HOUR)
    assert engine.claim() is not None


def test_what_is_put_off_is_not_claimed_before_its_time(engine: Engine) -> None:
    engine.read([item("1")])
    Delivery.objects.update(not_before=db_now() + HOUR)
    assert engine.claim() is None


def test_threads_never_claim_the_same_delivery(live_engine: Engine) -> None:
    live_engine.read([item(str(n)) for n in range(24)])

    def claim_all(number: int) -> list[int]:
        turn, mine, misses = Turn(), [], 0
        with scopes_disabled():
            while misses < 5:
                claimed = claim_delivery(f"elsewhere:{number}:1", turn)
                if claimed is None:
                    misses += 1
                else:
                    mine.append(claimed.pk)
        return mine

    claimed = [pk for mine in in_threads(4, claim_all) for pk in mine]
    assert sorted(claimed) == sorted(d.pk for d in live_engine.deliveries())
    assert {d.claims for d in live_engine.deliveries()} == {1}


def test_threads_never_claim_two_of_one_lane(live_engine: Engine) -> None:
    events = Engine.make(live_engine.pair, slug="handelsen", flows=("events",))
    for hours in range(6):
        events.read([item("1", f"version {hours}", at=NOON + hours * HOUR)])

    def claim_one(number: int) -> int | None:
        with scopes_disabled():
            claimed = claim_delivery(f"elsewhere:{number}:1", Turn())
        return claimed.pk if claimed else None

    claimed = [pk for pk in in_threads(6, claim_one) if pk is not None]
    assert claimed == [events.deliveries()[0].pk]


def test_threads_never_ask_for_the_same_verdict(live_engine: Engine) -> None:
    live_engine.read([item(str(n)) for n in range(6)])
    Delivery.objects.update(state=State.IN_DOUBT)

    def claim_one(number: int) -> int | None:
        with scopes_disabled():
            claimed = claim_verdict(f"elsewhere:{number}:1")
        return claimed.pk if claimed else None

    claimed = [pk for pk in in_threads(6, claim_one) if pk is not None]
    assert len(claimed) == len(set(claimed))
    assert claimed
