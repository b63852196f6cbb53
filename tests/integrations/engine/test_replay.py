"""What people ask for: once more, all the same, not at all, and what they saw at the other side."""

from __future__ import annotations

import datetime as dt

import pytest

from integrations.engine import replay
from integrations.engine.replay import ReplayRefused
from integrations.http.errors import Rejected
from integrations.models import Attempt, Delivery, Issue, State
from portal.audit.models import AuditEvent
from portal.tenants.models import User
from tests.support.harness import Engine
from tests.support.pair import NOON, item

HOUR = dt.timedelta(hours=1)
CLOSED = (State.DELIVERED, State.NO_EFFECT, State.SUPERSEDED, State.DISMISSED)


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("asa", "asa@people.example", "correct horse 9")


def failed(engine: Engine, number: str = "1") -> Delivery:
    engine.pair.effects = [Rejected("It has no number.", remedy="Give it one.")]
    engine.read([item(number)])
    return engine.deliver()


# --- Once more


def test_rule_22_a_replay_is_the_same_delivery_with_a_new_attempt(engine: Engine, person: User) -> None:
    before = failed(engine)
    replay.reopen(before.pk, actor=person, reason="the partner corrected it")
    delivery = engine.deliver()
    assert (delivery.pk, delivery.operation_key) == (before.pk, before.operation_key)
    assert (delivery.state, delivery.tries) == (State.DELIVERED, 2)
    assert [a.outcome for a in Attempt.objects.order_by("number")] == ["rejected", "delivered"]
    line = AuditEvent.objects.get(action="delivery.replayed")
    assert (line.actor, line.business_number) == (person, "1")
    assert "the partner corrected it" in line.summary
    assert Issue.objects.get().status == Issue.Status.RESOLVED


def test_rule_22_current_maps_again_and_original_sends_the_same_bytes(engine: Engine) -> None:
    delivery = failed(engine)
    replay.reopen(delivery.pk, actor=None, content="original")
    engine.pair.effects = [Rejected("It still has none.")]
    engine.deliver()
    assert len(engine.pair.jobs) == 1
    replay.reopen(delivery.pk, actor=None, content="current")
    engine.deliver()
    assert len(engine.pair.jobs) == 2
    assert len({o.body for o in engine.pair.sent}) == 1


def test_what_is_half_done_keeps_its_bytes_whatever_is_asked_for(engine: Engine) -> None:
    """Mapped again it would be another effect, and the part that was made would be made twice."""
    half = Rejected("The file is there, but what should run after it did not.")
    half.progress = {"uploaded": "file-1"}
    engine.pair.effects = [half]
    engine.read([item("1")])
    delivery = engine.deliver()
    replay.reopen(delivery.pk, actor=None, content="current")
    engine.deliver()
    first, second = engine.pair.sent
    assert (second.body, len(engine.pair.jobs)) == (first.body, 1)
    assert second.meta["progress"] == {"uploaded": "file-1"}
    assert "progress" not in first.meta


@pytest.mark.parametrize("state", [s for s in State if s != State.FAILED])
def test_only_what_failed_is_replayed(engine: Engine, state: State) -> None:
    delivery = failed(engine)
    Delivery.objects.update(state=state)
    with pytest.raises(ReplayRefused):
        replay.reopen(delivery.pk, actor=None)
    assert Delivery.objects.get().state == state
    assert not AuditEvent.objects.filter(action="delivery.replayed").exists()


def test_a_replay_that_fails_for_another_reason_leaves_one_issue(engine: Engine) -> None:
    delivery = failed(engine)
    engine.pair.effects = [Rejected("Its date is wrong.")]
    replay.reopen(delivery.pk, actor=None)
    delivery = engine.deliver()
    (still,) = Issue.objects.filter(status=Issue.Status.OPEN)
    assert still.sentence == "Its date is wrong."
    assert delivery.issue_id == still.pk


# --- All the same


def test_rule_22_force_makes_a_new_delivery_that_points_to_the_original(engine: Engine, person: User) -> None:
    (original,) = engine.send(item("1"))
    copy = replay.force(original.pk, actor=person, reason="the partner lost it")
    assert copy.replays_id == original.pk
    assert copy.operation_key != original.operation_key
    done = engine.deliver()
    assert (done.pk, done.state, done.purpose) == (copy.pk, State.DELIVERED, "original")
    assert [o.body for o in engine.pair.there] == [b"original: 1: first, Open"] * 2
    assert AuditEvent.objects.get(action="delivery.forced").actor == person
    again = replay.force(original.pk, actor=person, reason="and again")
    assert again.operation_key not in {copy.operation_key, original.operation_key}


@pytest.mark.parametrize("reason", ["", "   "])
def test_force_needs_a_reason(engine: Engine, reason: str) -> None:
    (original,) = engine.send(item("1"))
    with pytest.raises(ReplayRefused, match="say why"):
        replay.force(original.pk, actor=None, reason=reason)
    assert len(engine.deliveries()) == 1


@pytest.mark.parametrize("state", [s for s in State if s not in (*CLOSED, State.FAILED)])
def test_what_is_under_way_is_not_forced(engine: Engine, state: State) -> None:
    (original,) = engine.send(item("1"))
    Delivery.objects.update(state=state)
    with pytest.raises(ReplayRefused, match="wait until that is settled"):
        replay.force(original.pk, actor=None, reason="now")


def test_rule_22_only_the_newest_record_is_forced(engine: Engine) -> None:
    (original,) = engine.send(item("1"))
    engine.send(item("1", "second", at=NOON + HOUR))
    with pytest.raises(ReplayRefused, match="newer version"):
        replay.force(original.pk, actor=None, reason="now")


def test_forcing_what_failed_takes_its_place(engine: Engine) -> None:
    """Otherwise the failed one would hold the lane, and the forced one would wait behind it for ever."""
    original = failed(engine)
    copy = replay.force(original.pk, actor=None, reason="it is right as it is")
    assert engine.deliver().pk == copy.pk
    assert [d.state for d in engine.deliveries()] == [State.SUPERSEDED, State.DELIVERED]
    assert Issue.objects.get().status == Issue.Status.RESOLVED


def test_forced_original_content_sends_the_very_bytes(engine: Engine) -> None:
    (original,) = engine.send(item("1"))
    replay.force(original.pk, actor=None, reason="the partner lost it", content="original")
    engine.pair.prepare = lambda job: pytest.fail("it was prepared again")
    copy = engine.deliver()
    assert (copy.state, copy.frozen_id, copy.document_digest) == (
        State.DELIVERED,
        original.frozen_id,
        original.document_digest,
    )


# --- Not at all


@pytest.mark.parametrize("state", [State.FAILED, State.WAITING, State.PENDING, State.IN_DOUBT])
def test_what_is_dismissed_lets_its_lane_go_on(engine: Engine, person: User, state: State) -> None:
    events = Engine.make(engine.pair, slug="handelsen", flows=("events",))
    events.read([item("1")], [item("1", "second", at=NOON + HOUR)])
    first, second = events.deliveries()
    Delivery.objects.filter(pk=first.pk).update(state=state, not_before=NOON + dt.timedelta(days=40_000))
    assert events.claim() is None
    replay.dismiss(first.pk, actor=person, reason="the partner has it on paper")
    row = Delivery.objects.get(pk=first.pk)
    assert (row.state, row.reason) == (State.DISMISSED, "the partner has it on paper")
    assert row.closed_at is not None
    claimed = events.claim()
    assert claimed is not None
    assert claimed.pk == second.pk


def test_dismissing_resolves_the_issue_of_the_last_one(engine: Engine) -> None:
    engine.pair.effects = [Rejected("The folder is gone."), Rejected("The folder is gone.")]
    first, second = engine.send(item("1"), item("2"))
    assert Issue.objects.get().occurrences == 2
    replay.dismiss(first.pk, actor=None, reason="not needed")
    assert Issue.objects.get().status == Issue.Status.OPEN
    replay.dismiss(second.pk, actor=None, reason="not needed")
    assert Issue.objects.get().status == Issue.Status.RESOLVED


@pytest.mark.parametrize("state", [State.SENDING, State.ACCEPTED, *CLOSED])
def test_what_is_sent_or_closed_is_not_dismissed(engine: Engine, state: State) -> None:
    (delivery,) = engine.send(item("1"))
    Delivery.objects.update(state=state)
    with pytest.raises(ReplayRefused, match="nothing to dismiss"):
        replay.dismiss(delivery.pk, actor=None, reason="no")


def test_dismissing_needs_a_reason(engine: Engine) -> None:
    with pytest.raises(ReplayRefused, match="Say why"):
        replay.dismiss(failed(engine).pk, actor=None, reason=" ")
