"""Settling: later verdicts, and what becomes of a delivery in doubt. Never sent blindly again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db.models import F

from integrations.engine.claim import claim_verdict
from integrations.engine.settle import ASK_AGAIN
from integrations.http.errors import ConfigError, Conflict, Paused, Transient, Unknown
from integrations.models import Attempt, Connection, Delivery, Issue, State
from integrations.services.connections import save_connection
from integrations.services.deliveries import force
from integrations.systems.contract import (
    Accepted,
    Applied,
    CannotTell,
    Confirms,
    Delivered,
    NotApplied,
    Refused,
    StillOpen,
)
from portal.common.clock import db_now
from portal.common.installation import installation, new_epoch
from tests.support.harness import WORKER, Engine
from tests.support.http_server import Says, ScriptedServer, serving
from tests.support.pair import NOON, item, lose_answer

HOUR = dt.timedelta(hours=1)
LATER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def in_doubt(engine: Engine, *, arrived: bool = False) -> Delivery:
    """A delivery whose answer was lost."""
    engine.pair.effects = [lose_answer(engine.pair) if arrived else Unknown("No answer.")]
    engine.read([item("1")])
    return engine.deliver()


def accepted(engine: Engine, *, deadline: dt.timedelta = HOUR) -> Delivery:
    engine.pair.confirms = Confirms(later=True, poll=dt.timedelta(seconds=30), deadline=deadline)
    engine.pair.effects = [Accepted(target_id="E-1")]
    engine.read([item("1")])
    return engine.deliver()


# --- In doubt


def test_rule_06_what_is_there_is_delivered_with_its_proof(engine: Engine) -> None:
    in_doubt(engine, arrived=True)
    delivery = engine.settle()
    assert (delivery.state, delivery.target_id, delivery.tries) == (State.DELIVERED, "E-1", 1)
    (proof,) = delivery.evidence
    assert (proof["found"], proof["proof"]) == ("there", "the same key")
    assert [a.kind for a in Attempt.objects.order_by("number")] == ["apply", "evidence"]
    assert len(engine.pair.sent) == 1


def test_rule_06_what_is_looked_for_was_sent_by_a_try_that_was_not_refused(engine: Engine) -> None:
    """Hours may lie between a conflict and the try that had the effect: what others wrote meanwhile is not ours."""
    engine.pair.effects = [Conflict("Somebody else wrote."), lose_answer(engine.pair)]
    engine.read([item("1")])
    assert engine.deliver().state == State.PENDING
    Attempt.objects.update(started_at=F("started_at") - HOUR)
    engine.later()
    assert engine.deliver().state == State.IN_DOUBT
    engine.settle()
    tries = list(Attempt.objects.filter(kind="apply").order_by("number").values_list("started_at", flat=True))
    assert [o.first_sent_at for o in engine.pair.sent] == [tries[0] + HOUR, tries[1]]
    assert engine.pair.looked[-1].first_sent_at == tries[1]


def test_rule_06_one_negative_look_is_not_enough_and_two_send_again(engine: Engine) -> None:
    engine.pair.visibility_delay = dt.timedelta(seconds=20)
    delivery = in_doubt(engine)
    assert db_now() < delivery.not_before < db_now() + dt.timedelta(seconds=15), (
        "mostly it is there: a look is due soon"
    )
    assert claim_verdict(WORKER) is None
    engine.later()
    delivery = engine.settle()
    assert delivery.state == State.IN_DOUBT
    assert delivery.not_before > db_now() + dt.timedelta(seconds=15)
    engine.later()
    delivery = engine.settle()
    assert delivery.state == State.PENDING
    assert [e["found"] for e in delivery.evidence] == ["not there", "not there"]
    delivery = engine.deliver()
    assert (delivery.state, delivery.tries) == (State.DELIVERED, 2)
    assert len({o.body for o in engine.pair.sent}) == 1


def test_rule_06_two_negatives_are_counted_anew_for_each_try(engine: Engine) -> None:
    engine.pair.effects = [Unknown("No answer."), Unknown("No answer.")]
    engine.read([item("1")])
    for _ in range(2):
        engine.deliver()
        assert [engine.settle().state for _ in range(2)] == [State.IN_DOUBT, State.PENDING]
    assert engine.deliver().state == State.DELIVERED


def test_rule_06_what_an_equal_document_left_there_is_no_proof(engine: Engine) -> None:
    """A forced replay says the same again: that the first one is there does not tell that the second one is."""
    (first,) = engine.send(item("1"))
    engine.pair.effects = [Unknown("No answer.")]
    again = force(first.pk, actor=None, reason="they lost it")
    assert engine.deliver().pk == again.pk
    engine.pair.evidences = [Applied(target_id=first.target_id, proof="the same values")] * 2
    engine.later()
    assert engine.settle().state == State.IN_DOUBT
    engine.later()
    settled = engine.settle()
    assert settled.state == State.PENDING
    assert f"that is delivery {first.pk}" in settled.evidence[-1]["proof"]
    engine.later()
    assert engine.deliver().state == State.DELIVERED
    assert len(engine.pair.arrived("1")) == 2


def test_rule_06_what_another_step_did_to_the_same_object_is_no_other_document(engine: Engine) -> None:
    """The making of a payment and its release name one payment: that it was made does not tell that this is another."""
    (made,) = engine.send(item("1"))
    engine.pair.effects = [Unknown("No answer.")]
    force(made.pk, actor=None, reason="it stands for the step that follows")
    Delivery.objects.filter(pk=made.pk).update(operation="make")
    engine.deliver()
    engine.pair.evidences = [Applied(target_id=made.target_id, proof="It is Closed.")]
    engine.later()
    settled = engine.settle()
    assert (settled.state, settled.target_id) == (State.DELIVERED, made.target_id)
    assert [(e["found"], e["proof"]) for e in settled.evidence] == [("there", "It is Closed.")]


def test_rule_06_with_a_newer_version_waiting_it_is_superseded(engine: Engine) -> None:
    in_doubt(engine)
    engine.read([item("1", "second", at=NOON + HOUR)])
    assert engine.states() == [("1", State.IN_DOUBT), ("1", State.PENDING)]
    engine.settle()
    engine.settle()
    assert engine.states() == [("1", State.SUPERSEDED), ("1", State.PENDING)]
    engine.deliver_all()
    assert [o.body for o in engine.pair.there] == [b"original: 1: second, Open"]


def test_a_newer_version_waits_behind_doubt_and_then_replaces(engine: Engine) -> None:
    in_doubt(engine, arrived=True)
    engine.read([item("1", "second", at=NOON + HOUR)])
    assert engine.claim() is None
    engine.settle()
    engine.deliver_all()
    assert [o.purpose for o in engine.pair.there] == ["original", "replace"]


def test_rule_06_what_nobody_can_tell_is_a_persons(engine: Engine) -> None:
    in_doubt(engine)
    engine.pair.evidences = [CannotTell(reason="Files are taken away.")]
    delivery = engine.settle()
    assert delivery.state == State.IN_DOUBT
    assert delivery.not_before > db_now() + ASK_AGAIN - dt.timedelta(minutes=1)
    assert delivery.issue is not None
    assert (delivery.issue.error_class, delivery.issue.who) == ("in_doubt", Issue.Who.CUSTOMER)
    assert "Files are taken away." in delivery.issue.sentence
    engine.later()
    engine.pair.evidences = [Applied(target_id="E-9", proof="It came back.")]
    delivery = engine.settle()
    assert delivery.state == State.DELIVERED
    assert Issue.objects.get().status == Issue.Status.RESOLVED


def test_an_event_that_did_not_arrive_is_sent_again_though_a_newer_one_waits(engine: Engine) -> None:
    events = Engine.make(engine.pair, slug="handelsen", flows=("events",))
    engine.pair.effects = [Unknown("No answer.")]
    events.read([item("1")])
    events.deliver()
    events.read([item("1", "second", at=NOON + HOUR)])
    events.settle()
    events.settle()
    assert events.states() == [("1", State.PENDING), ("1", State.PENDING)]


@pytest.mark.parametrize("error", [Transient("Down."), RuntimeError("boom")])
def test_a_look_that_fails_is_done_again_and_changes_nothing(engine: Engine, error: Exception) -> None:
    in_doubt(engine)
    engine.pair.evidences = [error]
    delivery = engine.settle()
    assert (delivery.state, delivery.evidence, delivery.lease_until) == (State.IN_DOUBT, [], None)
    assert delivery.transient_failures == 1
    assert delivery.not_before > db_now()


def test_a_look_that_keeps_failing_is_told(engine: Engine) -> None:
    in_doubt(engine)
    engine.pair.evidences = [Transient("Down.") for _ in range(5)]
    for _ in range(5):
        engine.later()
        delivery = engine.settle()
    assert delivery.issue is not None
    assert delivery.issue.status == Issue.Status.OPEN


def test_a_look_that_is_refused_is_the_connections_issue(engine: Engine) -> None:
    in_doubt(engine)
    engine.pair.evidences = [ConfigError("The password is wrong.")]
    engine.settle()
    issue = Issue.objects.get()
    assert (issue.connection_id, issue.flow_id) == (engine.exchange.pk, None)


def test_a_connection_that_is_not_called_puts_the_look_off(engine: Engine) -> None:
    in_doubt(engine)
    engine.pair.evidences = [Paused("Not now.", retry_at=LATER)]
    delivery = engine.settle()
    assert (delivery.not_before, delivery.transient_failures) == (LATER, 0)


def test_a_connection_that_cannot_be_opened_puts_the_look_off(engine: Engine, monkeypatch: Any) -> None:
    in_doubt(engine)

    def broken(*arguments: object) -> object:
        raise ConfigError("It has no address.")

    monkeypatch.setattr("integrations.engine.sessions.Sessions.of", broken)
    delivery = engine.settle()
    assert (delivery.state, delivery.lease_until) == (State.IN_DOUBT, None)
    assert delivery.not_before > db_now()


def test_a_flow_that_this_release_does_not_know_keeps_its_state(engine: Engine) -> None:
    delivery = in_doubt(engine)
    delivery.flow.key = "of-a-later-release"
    delivery.flow.save()
    assert engine.settle().state == State.IN_DOUBT


def test_a_verdict_that_comes_too_late_changes_nothing(engine: Engine) -> None:
    in_doubt(engine)

    def overtaken() -> Any:
        Delivery.objects.update(fence=99)
        return NotApplied(proof="no such key")

    engine.pair.evidences = []
    original = type(engine.pair).arrived
    claimed = claim_verdict(WORKER)
    assert claimed is not None
    Delivery.objects.update(fence=99)
    from django_scopes import scope

    from integrations.engine.sessions import Sessions
    from integrations.engine.settle import settle

    with scope(tenant=engine.tenant):
        settle(claimed, Sessions())
    assert Delivery.objects.get().evidence == []
    assert original is not None
    assert overtaken is not None


def test_what_killed_its_worker_twice_is_parked_once_it_is_known_that_it_did_not_arrive(engine: Engine) -> None:
    in_doubt(engine)
    Delivery.objects.update(crashes=2)
    engine.settle()
    delivery = engine.settle()
    assert delivery.state == State.FAILED
    assert "died twice" in delivery.reason
    assert delivery.issue is not None


# --- Verdicts


def test_a_verdict_delivers(engine: Engine) -> None:
    accepted(engine)
    engine.later()
    engine.pair.verdicts = [Delivered(target_id="E-1")]
    delivery = engine.settle()
    assert (delivery.state, delivery.deadline) == (State.DELIVERED, None)
    assert delivery.closed_at is not None


def test_no_verdict_yet_leaves_no_row_and_asks_again(engine: Engine) -> None:
    accepted(engine)
    attempts = Attempt.objects.count()
    for _ in range(3):
        engine.later()
        engine.pair.verdicts = [StillOpen(status={"validation": "processing"})]
        delivery = engine.settle()
        assert delivery.state == State.ACCEPTED
        assert dt.timedelta(seconds=20) < delivery.not_before - db_now() <= dt.timedelta(seconds=30)
    assert Attempt.objects.count() == attempts


def test_no_verdict_in_time_is_doubt(engine: Engine) -> None:
    accepted(engine, deadline=dt.timedelta(0))
    engine.later()
    engine.pair.verdicts = [StillOpen()]
    delivery = engine.settle()
    assert delivery.state == State.IN_DOUBT
    assert "no verdict in time" in delivery.reason


def test_a_late_refusal_fails_with_its_reason(engine: Engine) -> None:
    accepted(engine)
    engine.later()
    engine.pair.verdicts = [Refused(sentence="The partner does not take it.", remedy="Ask the partner.")]
    delivery = engine.settle()
    assert (delivery.state, delivery.reason) == (State.FAILED, "The partner does not take it.")
    assert delivery.issue is not None
    assert delivery.issue.remedy == "Ask the partner."


def test_what_is_found_where_verdicts_come_later_is_accepted(engine: Engine) -> None:
    engine.pair.confirms = Confirms(later=True, poll=dt.timedelta(seconds=30), deadline=HOUR)
    in_doubt(engine, arrived=True)
    delivery = engine.settle()
    assert (delivery.state, delivery.target_id) == (State.ACCEPTED, "E-1")
    engine.later()
    assert engine.settle().state == State.DELIVERED


def test_a_connection_that_is_switched_off_is_not_asked(engine: Engine) -> None:
    in_doubt(engine)
    Connection.objects.filter(pk=engine.exchange.pk).update(enabled=False)
    assert claim_verdict(WORKER) is None


def test_rule_06_a_look_that_fails_keeps_what_was_said(engine: Engine) -> None:
    """Of a look-up that fails, what the other side answered is all that anybody will ever know."""
    server = ScriptedServer(script=[Says(500, b"<h1>Out of order</h1>", {"Content-Type": "text/html"})])
    with serving(server):
        save_connection(
            tenant=engine.tenant,
            key="exchange",
            system_key="exchange",
            name="Exchange",
            values={"address": server.url},
            actor=None,
        )
        engine.read([item("1")])
        engine.pair.effects = [lose_answer(engine.pair)]
        engine.deliver()
        engine.pair.looks_over_http = True
        engine.later()
        looked_at = engine.settle()
        assert looked_at.state == State.IN_DOUBT
        attempt = looked_at.attempts.get(kind=Attempt.Kind.EVIDENCE)
        assert attempt.outcome == "transient"
        assert "Out of order" in attempt.detail
        (said,) = attempt.exchanges.all()
        assert (said.status, said.method) == (500, "GET")
        assert bytes(said.response_body or b"") == b"<h1>Out of order</h1>"
        engine.later()
        assert engine.settle().state == State.DELIVERED


def test_rule_26_nothing_is_asked_from_a_restored_database(engine: Engine) -> None:
    """What it takes to be in doubt may be settled since; only once it is accepted are both sides looked at."""
    in_doubt(engine, arrived=True)
    engine.later()
    row = installation()
    row.epoch = "00000000-0000-4000-8000-000000000001"
    row.save()
    put_off = engine.settle()
    assert (put_off.state, engine.pair.looked) == (State.IN_DOUBT, [])
    assert put_off.not_before > db_now()
    new_epoch()
    engine.later()
    assert engine.settle().state == State.DELIVERED
