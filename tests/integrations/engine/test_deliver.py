"""Delivering: what every verdict and every fault makes of a delivery, and what is kept of it."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django_scopes import scope

from integrations.engine import outcome
from integrations.engine.backoff import GIVE_UP_AFTER
from integrations.engine.claim import LEASE, sweep_leases
from integrations.engine.deliver import deliver
from integrations.engine.outcome import CONFIG_PAUSE
from integrations.engine.sessions import Sessions
from integrations.flows.contract import Job, Keep, Nothing, Prepared
from integrations.http.errors import (
    ConfigError,
    Conflict,
    Fault,
    NotFound,
    Paused,
    RateLimited,
    Rejected,
    Transient,
    Unauthorized,
    Unknown,
)
from integrations.models import Attempt, Breaker, Delivery, Issue, Link, Payload, Record, State
from integrations.systems.contract import Accepted, Confirms, Delivered, Unmappable
from portal.common.clock import db_now
from portal.common.installation import installation, new_epoch
from tests.support.harness import Engine
from tests.support.pair import NOON, item, lose_answer, prepared

HOUR = dt.timedelta(hours=1)
LATER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def test_delivered_is_final_with_attempt_link_and_audit_line(engine: Engine) -> None:
    engine.pair.effects = [Delivered(target_id="E-77", version_tag="v1")]
    (delivery,) = engine.send(item("1"))
    assert (delivery.state, delivery.target_id, delivery.tries, delivery.purpose) == (
        State.DELIVERED,
        "E-77",
        1,
        "original",
    )
    assert (delivery.lease_until, delivery.worker, delivery.error_class) == (None, "", "")
    assert delivery.closed_at is not None
    attempt = Attempt.objects.get()
    assert (attempt.number, attempt.kind, attempt.outcome, attempt.fence) == (1, "apply", "delivered", 1)
    assert attempt.closed_at is not None
    link = Link.objects.get()
    assert (link.entity, link.source_id, link.target_id, link.version_tag) == ("paper", "1", "E-77", "v1")
    assert engine.audited()[-1] == "delivery.delivered"


def test_rule_07_a_later_version_keeps_the_one_link(engine: Engine) -> None:
    engine.pair.effects = [Delivered(target_id="E-1"), Delivered(target_id="E-1", version_tag="v2")]
    engine.send(item("1"))
    engine.send(item("1", "second", at=NOON + HOUR))
    assert [(link.target_id, link.version_tag) for link in Link.objects.all()] == [("E-1", "v2")]


def test_accepted_holds_its_lane_until_the_verdict(engine: Engine) -> None:
    engine.pair.confirms = Confirms(later=True, poll=dt.timedelta(seconds=30), deadline=HOUR)
    engine.pair.effects = [Accepted(target_id="E-1", status={"validation": "soon"})]
    (delivery,) = engine.send(item("1"))
    now = db_now()
    assert (delivery.state, delivery.target_id, delivery.closed_at) == (State.ACCEPTED, "E-1", None)
    assert delivery.deadline is not None
    assert now < delivery.deadline <= now + HOUR
    assert now < delivery.not_before <= now + dt.timedelta(seconds=30)
    assert Link.objects.count() == 0


FAULTS: list[tuple[Fault, str, str]] = [
    (Transient("It is down."), State.PENDING, "transient"),
    (RateLimited("Too many calls.", retry_at=LATER, status=429), State.PENDING, "rate_limited"),
    (Paused("It is not called for now.", retry_at=LATER), State.PENDING, "paused"),
    (ConfigError("It may not do this."), State.PENDING, "config"),
    (Unauthorized("Who are you?"), State.PENDING, "unauthorized"),
    (Conflict("Somebody changed it."), State.PENDING, "conflict"),
    (Rejected("It has no number.", remedy="Give it one."), State.FAILED, "rejected"),
    (NotFound("Never heard of it."), State.FAILED, "rejected"),
    (Unknown("No answer."), State.IN_DOUBT, "unknown"),
]


@pytest.mark.parametrize(("fault", "state", "error_class"), FAULTS, ids=lambda value: type(value).__name__)
def test_rule_08_each_class_of_fault_has_its_state(engine: Engine, fault: Fault, state: str, error_class: str) -> None:
    engine.pair.effects = [fault]
    engine.read([item("1"), item("2")])
    delivery = engine.deliver()
    assert (delivery.state, delivery.error_class) == (state, error_class)
    assert delivery.reason == fault.sentence
    assert (delivery.lease_until, delivery.worker, delivery.tries) == (None, "", 1)
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.detail) == (fault.kind, fault.sentence)
    assert engine.deliver().state == State.DELIVERED  # its neighbour


@pytest.mark.parametrize("fault", [f for f, *_ in FAULTS if isinstance(f, RateLimited | Paused)])
def test_rule_11_nothing_is_called_before_the_time_that_was_named(engine: Engine, fault: Any) -> None:
    engine.pair.effects = [fault]
    engine.read([item("1")])
    delivery = engine.deliver()
    assert delivery.not_before == LATER
    assert delivery.transient_failures == 0
    assert not Issue.objects.exists()


def test_rule_11_what_would_meet_the_same_refusal_is_put_off_without_a_try(engine: Engine) -> None:
    """Ten are due where the calls are used up: one finds it out, and nine are not prepared for nothing."""
    engine.read([item(str(n)) for n in range(10)])
    waiting, elsewhere = engine.deliveries()[8:]
    Delivery.objects.filter(pk=waiting.pk).update(waits_for="vendor/7", reason="The vendor is not there yet.")
    Delivery.objects.filter(pk=elsewhere.pk).update(sink_connection=engine.ledger)
    fault = RateLimited("The 500 calls of this window are used up.", retry_at=LATER)
    fault.connection_id = engine.exchange.pk
    engine.pair.effects = [fault]
    refused = engine.deliver()
    others = [d for d in engine.deliveries() if d.pk not in (refused.pk, waiting.pk, elsewhere.pk)]
    assert len(others) == 7
    assert {(d.state, d.not_before, d.reason, d.claims, d.tries) for d in others} == {
        (State.PENDING, LATER, fault.sentence, 0, 0)
    }
    untouched = {d.pk: d for d in engine.deliveries()}
    assert untouched[waiting.pk].reason == "The vendor is not there yet."
    assert untouched[waiting.pk].not_before == waiting.not_before
    assert untouched[elsewhere.pk].not_before == elsewhere.not_before


def test_rule_11_a_refusal_of_the_source_puts_nothing_off_at_the_target(engine: Engine) -> None:
    fault = RateLimited("Too many calls.", retry_at=LATER, status=429)
    fault.connection_id = engine.ledger.pk
    engine.pair.effects = [fault]
    engine.read([item("1"), item("2")])
    engine.deliver()
    assert engine.deliver().state == State.DELIVERED


def test_rule_11_pauses_grow_and_are_never_shorter_than_asked(engine: Engine) -> None:
    wanted = dt.timedelta(hours=2)
    engine.pair.effects = [Transient("Down."), Transient("Down.", retry_after=wanted)]
    engine.read([item("1")])
    first = engine.deliver()
    assert dt.timedelta(0) < first.not_before - db_now() <= dt.timedelta(seconds=4)
    engine.later()
    second = engine.deliver()
    assert second.transient_failures == 2
    assert wanted - dt.timedelta(seconds=5) < second.not_before - db_now() <= wanted


@pytest.mark.parametrize("fault", [ConfigError("It may not do this."), Unauthorized("It does not know us.")])
def test_rule_11_a_wrong_configuration_is_not_tried_over_and_over(engine: Engine, fault: Fault) -> None:
    """The pause is long and does not grow: who mends the connection makes what waits due."""
    engine.read([item("1")])
    for _ in range(2):
        engine.pair.effects = [fault]
        delivery = engine.deliver()
        assert dt.timedelta(seconds=-30) < delivery.not_before - db_now() - CONFIG_PAUSE <= dt.timedelta(0)
        assert delivery.transient_failures == 0
        engine.later()
    assert Issue.objects.get().connection_id == engine.exchange.pk


def test_after_very_many_transient_failures_a_person_has_to_look(engine: Engine) -> None:
    engine.read([item("1")])
    Delivery.objects.update(transient_failures=GIVE_UP_AFTER - 1)
    engine.pair.effects = [Transient("Still down.")]
    delivery = engine.deliver()
    assert delivery.state == State.FAILED
    assert delivery.issue is not None
    assert delivery.issue.who == Issue.Who.OTHER_SIDE


def test_a_success_forgets_the_failures_before_it(engine: Engine) -> None:
    engine.pair.effects = [Transient("Down."), Transient("Down.")]
    engine.read([item("1")])
    for _ in range(3):
        engine.later()
        delivery = engine.deliver()
    assert (delivery.state, delivery.transient_failures, delivery.error_class) == (State.DELIVERED, 0, "")


def test_rule_04_every_try_sends_the_same_bytes(engine: Engine) -> None:
    engine.pair.effects = [Transient("Down."), RateLimited("Wait.", retry_at=NOON)]
    engine.read([item("1")])
    engine.deliver()
    frozen = Delivery.objects.get().frozen_id
    engine.pair.prepare = lambda job: pytest.fail("it was prepared again")
    for _ in range(2):
        engine.later()
        engine.deliver()
    assert len({o.body for o in engine.pair.sent}) == 1
    assert Delivery.objects.get().frozen_id == frozen
    assert [a.number for a in Attempt.objects.all()] == [1, 2, 3]


@pytest.mark.parametrize("down", [0, 9], ids=["at once", "after an outage"])
def test_rule_19_a_conflict_prepares_anew_and_ends_with_a_person(engine: Engine, down: int) -> None:
    """What an outage took of tries is not taken of them. Each try is handed the values that the first one was to
    replace, not those of whoever came between."""
    conflicts = [Conflict("Changed.", base={"price": str(n)}) for n in range(outcome.CONFLICTS_ALLOWED)]
    engine.pair.effects = [*[Transient("Down.")] * down, *conflicts]
    engine.read([item("1")])
    for left in reversed(range(down + outcome.CONFLICTS_ALLOWED)):
        engine.later()
        delivery = engine.deliver()
        assert delivery.state == (State.PENDING if left else State.FAILED)
    assert len(engine.pair.jobs) == outcome.CONFLICTS_ALLOWED
    assert [o.base for o in engine.pair.sent[down:]] == [{}, *[{"price": "0"}] * (outcome.CONFLICTS_ALLOWED - 1)]
    assert delivery.issue is not None


def test_refused_content_fails_without_an_attempt(engine: Engine) -> None:
    def refuse(job: Job) -> Prepared:
        raise Unmappable("Paper 1 has no number.", remedy="Give it one in the ledger.", field="header.number")

    engine.pair.prepare = refuse
    (delivery,) = engine.send(item("1"))
    assert (delivery.state, delivery.tries, delivery.error_class) == (State.FAILED, 0, "unmappable")
    assert not Attempt.objects.exists()
    assert delivery.issue is not None
    assert (delivery.issue.who, delivery.issue.remedy) == (Issue.Who.CUSTOMER, "Give it one in the ledger.")
    assert delivery.issue.field == "header.number"
    assert engine.pair.sent == []


def test_a_bug_in_the_mapping_says_so_and_nothing_was_sent(engine: Engine) -> None:
    engine.pair.prepare = lambda job: 1 / 0  # type: ignore[assignment,return-value]
    delivery, other = engine.send(item("1"), item("2"))
    assert [d.state for d in (delivery, other)] == [State.FAILED, State.FAILED]
    assert delivery.error_class == "bug"
    assert "something in ml-connector is wrong (ZeroDivisionError)" in delivery.reason
    assert delivery.issue is not None
    assert delivery.issue.who == Issue.Who.STAFF


def test_a_bug_while_the_bytes_are_written_leaves_nothing_half_done(engine: Engine) -> None:
    payloads = Payload.objects.count()

    def broken(job: Job) -> Prepared:
        send: Any = prepared(job)

        def freeze(now: dt.datetime) -> Any:
            Payload.objects.create(tenant=engine.tenant, sha256="half", size=1, data=b"x", created_at=now)
            raise KeyError("separator")

        return type(send)(
            digest=send.digest, purpose=send.purpose, document=send.document, preview=send.preview, freeze=freeze
        )

    engine.pair.prepare = broken
    (delivery,) = engine.send(item("1"))
    assert (delivery.state, delivery.frozen_id, delivery.tries) == (State.FAILED, None, 0)
    assert Payload.objects.count() == payloads + 1  # of the record


def test_a_bug_in_the_sink_leaves_it_in_doubt(engine: Engine) -> None:
    engine.pair.effects = [RuntimeError("boom")]
    engine.read([item("1")])
    delivery = engine.deliver()
    assert (delivery.state, delivery.tries) == (State.IN_DOUBT, 1)
    assert Attempt.objects.get().closed_at is not None


def test_no_verdict_leaves_it_in_doubt(engine: Engine) -> None:
    engine.pair.effects = [lambda outgoing: None]  # type: ignore[list-item,return-value]
    engine.read([item("1")])
    assert engine.deliver().state == State.IN_DOUBT


def test_nothing_to_do_is_no_effect_and_opens_an_issue_only_when_asked_to(engine: Engine) -> None:
    engine.pair.prepare = lambda job: Nothing("Not on this network.", issue=job.business_number == "2", remedy="Agree.")
    quiet, told = engine.send(item("1"), item("2"))
    assert [d.state for d in (quiet, told)] == [State.NO_EFFECT, State.NO_EFFECT]
    assert (quiet.tries, quiet.issue, quiet.reason) == (0, None, "Not on this network.")
    assert told.issue is not None
    assert (told.issue.sentence, told.issue.remedy) == ("Not on this network.", "Agree.")
    assert told.issue.status == Issue.Status.OPEN


def test_echo_what_the_other_side_has_is_not_sent_again(engine: Engine) -> None:
    engine.send(item("1"))
    engine.send(item("1", at=NOON + HOUR, fingerprint="other, though it says the same"))
    assert engine.states() == [("1", State.DELIVERED), ("1", State.NO_EFFECT)]


def test_a_superseded_record_is_not_sent_although_its_delivery_waited(engine: Engine) -> None:
    """The newer version came between claim and preparation."""
    engine.read([item("1")])
    claimed = engine.claim()
    assert claimed is not None
    engine.read([item("1", "second", at=NOON + HOUR)])
    claimed.record.refresh_from_db()
    assert engine.deliver(claimed).state == State.NO_EFFECT
    engine.deliver_all()
    assert [o.body for o in engine.pair.there] == [b"original: 1: second, Open"]


def test_a_lost_lease_sends_nothing(engine: Engine) -> None:
    engine.read([item("1")])
    claimed = engine.claim()
    assert claimed is not None
    Delivery.objects.update(fence=claimed.fence + 1)
    assert engine.deliver(claimed).state == State.SENDING
    assert engine.pair.sent == []
    assert not Attempt.objects.exists()


def test_a_lease_that_ended_sends_nothing(engine: Engine) -> None:
    engine.read([item("1")])
    claimed = engine.claim()
    assert claimed is not None
    claimed.lease_until = db_now() - HOUR
    engine.deliver(claimed)
    assert engine.pair.sent == []


def test_no_effect_is_begun_that_could_outlast_the_lease(engine: Engine) -> None:
    """Whoever takes the delivery over finds the call over or not begun, never under way."""
    engine.read([item("1")])
    claimed = engine.claim()
    assert claimed is not None
    seen: list[float] = []
    with scope(tenant=engine.tenant):
        sessions = Sessions()
        session = sessions.of(claimed.sink_connection)
        engine.pair.before_send = lambda outgoing: seen.append((session.effects_until or 0) - time.monotonic())
        deliver(claimed, sessions)
    assert LEASE.total_seconds() - 5 < seen[0] <= LEASE.total_seconds()
    assert session.effects_until is None


def test_a_slow_system_gets_a_longer_lease(engine: Engine) -> None:
    engine.read([item("1")])
    claimed = engine.claim()
    assert claimed is not None
    held: list[Any] = []
    with scope(tenant=engine.tenant):
        sessions = Sessions()
        session = sessions.of(claimed.sink_connection)
        session.profile = replace(session.profile, deadline=600.0)
        engine.pair.before_send = lambda outgoing: held.append(Delivery.objects.get().lease_until)
        deliver(claimed, sessions)
    assert held[0] > db_now() + dt.timedelta(seconds=1790)


def test_a_result_that_comes_too_late_is_kept_and_changes_nothing(engine: Engine) -> None:
    engine.read([item("1")])
    claimed = engine.claim()
    assert claimed is not None

    def lose_lease(outgoing: Any) -> None:
        Delivery.objects.update(fence=claimed.fence + 1, state=State.IN_DOUBT, lease_until=None)

    engine.pair.before_send = lose_lease
    delivery = engine.deliver(claimed)
    assert delivery.state == State.IN_DOUBT
    assert Attempt.objects.get().outcome == "delivered"


def test_nothing_is_called_while_the_breaker_is_open(engine: Engine) -> None:
    engine.read([item("1")])
    claimed = engine.claim()
    until = db_now() + HOUR
    Breaker.objects.create(
        tenant=engine.tenant, connection=engine.exchange, position=Breaker.Position.OPEN, probe_after=until
    )
    delivery = engine.deliver(claimed)
    assert (delivery.state, delivery.tries) == (State.PENDING, 0)
    # A little after the breaker lets a probe pass, and not all deliveries at the same moment.
    assert until <= delivery.not_before <= until + dt.timedelta(seconds=2)
    assert engine.pair.sent == []


def test_rule_26_nothing_is_sent_from_a_restored_database(engine: Engine) -> None:
    engine.read([item("1")])
    row = installation()
    row.epoch = "00000000-0000-4000-8000-000000000001"
    row.save()
    delivery = engine.deliver()
    assert delivery.state == State.PENDING
    assert "restored from a backup" in delivery.reason
    assert engine.pair.sent == []
    new_epoch()
    engine.later()
    assert engine.deliver().state == State.DELIVERED


def test_what_retention_pruned_cannot_be_sent_and_says_so(engine: Engine) -> None:
    engine.read([item("1")])
    Payload.objects.update(data=None)
    delivery = engine.deliver()
    assert delivery.state == State.FAILED
    assert "pruned by retention" in delivery.reason


def test_frozen_bytes_that_were_pruned_are_not_sent(engine: Engine) -> None:
    engine.pair.effects = [Transient("Down.")]
    engine.read([item("1")])
    engine.deliver()
    Payload.objects.filter(pk=Delivery.objects.get().frozen_id).update(data=None)
    engine.later()
    delivery = engine.deliver()
    assert delivery.state == State.FAILED
    assert delivery.issue is not None
    assert not Attempt.objects.filter(closed_at=None).exists()


def test_keep_makes_no_call(engine: Engine) -> None:
    """A flow with a sink that prepares Keep is a bug, and says so."""
    engine.pair.prepare = lambda job: Keep(digest="d", what="it is kept", keep=lambda now: pytest.fail("kept"))
    (delivery,) = engine.send(item("1"))
    assert (delivery.state, delivery.error_class) == (State.FAILED, "bug")


def test_a_flow_that_this_release_does_not_know_stops_only_its_own_deliveries(engine: Engine) -> None:
    engine.read([item("1"), item("2")])
    claimed = engine.claim()
    assert claimed is not None
    claimed.flow.key = "of-a-later-release"
    delivery = engine.deliver(claimed)
    assert (delivery.state, delivery.tries) == (State.PENDING, 0)
    assert "This release does not know ledger-exchange.of-a-later-release" in delivery.reason
    assert delivery.not_before > db_now()
    assert engine.deliver().state == State.DELIVERED


def test_a_database_that_is_away_fails_no_delivery(engine: Engine) -> None:
    def away(job: Job) -> Prepared:
        raise OperationalError("the server closed the connection")

    engine.pair.prepare = away
    engine.read([item("1")])
    with pytest.raises(OperationalError):
        engine.deliver()
    assert engine.states() == [("1", State.SENDING)]
    engine.later()
    sweep_leases()
    engine.pair.prepare = None
    assert engine.deliver().state == State.DELIVERED


def test_several_records_may_hold_the_same_bytes(engine: Engine) -> None:
    engine.send(item("1", raw=b"same"), item("2", raw=b"same"))
    assert [d.state for d in engine.deliveries()] == [State.DELIVERED, State.DELIVERED]
    assert len({d.frozen_id for d in engine.deliveries()}) == 1


def test_an_effect_whose_answer_was_lost_is_not_made_again(engine: Engine) -> None:
    engine.pair.effects = [lose_answer(engine.pair)]
    engine.send(item("1"))
    engine.later()
    assert engine.settle().state == State.DELIVERED
    assert len(engine.pair.arrived("1")) == 1


def test_a_record_of_another_version_is_marked_with_release_and_mapping(engine: Engine) -> None:
    (delivery,) = engine.send(item("1"))
    assert set(delivery.settings_used) >= {"mapping_version", "release"}
    assert Record.objects.get().pk == delivery.record_id
    with transaction.atomic():
        assert delivery.frozen is not None
        assert delivery.frozen.data == b"original: 1: first, Open"
