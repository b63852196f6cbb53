"""What people say of a delivery: that what is in doubt arrived or did not, that what failed was done by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from integrations.engine import by_person, replay
from integrations.engine.replay import ReplayRefused
from integrations.http.errors import Rejected, Unknown
from integrations.models import Delivery, Issue, Link, State
from integrations.systems.contract import Unmappable
from portal.audit.models import AuditEvent
from portal.tenants.models import User
from tests.support.harness import Engine
from tests.support.pair import NOON, item, knowing_numbers

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("asa", "asa@people.example", "correct horse 9")


def refused(engine: Engine, number: str = "1") -> Delivery:
    """One that the exchange refused: its bytes are written."""
    engine.pair.effects = [Rejected("It has no number.", remedy="Enter it, and settle this with its number.")]
    engine.read([item(number)])
    return engine.deliver()


def not_written(engine: Engine, number: str = "1") -> Delivery:
    """One that could not even be written."""

    def prepare(job: object) -> object:
        raise Unmappable("It is in two currencies.", remedy="Enter it, and settle this with its number.")

    engine.pair.prepare = prepare  # type: ignore[assignment]
    engine.read([item(number)])
    failed = engine.deliver()
    engine.pair.prepare = None
    return failed


# --- In doubt


@pytest.mark.parametrize(("arrived", "state"), [(True, State.DELIVERED), (False, State.PENDING)])
def test_rule_06_a_person_settles_what_nobody_can_tell(
    engine: Engine, person: User, arrived: bool, state: State
) -> None:
    engine.pair.effects = [Unknown("No answer.")]
    engine.read([item("1")])
    doubtful = engine.deliver()
    delivery = by_person.settle_by_person(doubtful.pk, actor=person, arrived=arrived, reason="I looked in the portal")
    assert delivery.state == state
    (proof,) = delivery.evidence
    assert "asa: I looked in the portal" in proof["proof"]
    assert AuditEvent.objects.filter(action="delivery.settled", actor=person).count() == 1
    if arrived:
        engine.send(item("1", "second", at=NOON + HOUR))
        assert engine.pair.sent[-1].purpose == "replace"
    else:
        assert engine.deliver().state == State.DELIVERED


def test_what_is_neither_in_doubt_nor_failed_is_not_settled_by_a_person(engine: Engine) -> None:
    (delivery,) = engine.send(item("1"))
    with pytest.raises(ReplayRefused, match="not in doubt"):
        by_person.settle_by_person(delivery.pk, actor=None, arrived=True, reason="I looked")
    Delivery.objects.update(state=State.IN_DOUBT)
    with pytest.raises(ReplayRefused, match="what you saw"):
        by_person.settle_by_person(delivery.pk, actor=None, arrived=True, reason="")


def test_a_worker_that_asks_meanwhile_changes_nothing_any_more(engine: Engine) -> None:
    """The person's word came first: the worker's late result finds another fence."""
    engine.pair.effects = [Unknown("No answer.")]
    engine.read([item("1")])
    doubtful = engine.deliver()
    by_person.settle_by_person(doubtful.pk, actor=None, arrived=True, reason="I looked")
    assert Delivery.objects.get().fence > doubtful.fence


# --- Done by hand


@pytest.mark.parametrize("fails", [refused, not_written])
def test_what_failed_and_was_done_by_hand_is_closed_under_its_number(
    engine: Engine, person: User, fails: object
) -> None:
    knowing_numbers()
    events = Engine.make(engine.pair, slug="handelsen", flows=("events",))
    failed = fails(events)  # type: ignore[operator]
    assert failed.state == State.FAILED
    engine.pair.numbers["H-7"] = "Asa"
    events.read([item("1", "second", at=NOON + HOUR)])
    assert events.claim() is None, "what comes after it waits"
    by_person.settle_by_person(failed.pk, actor=person, arrived=True, reason="I entered it", number=" H-7 ")
    row = Delivery.objects.get(pk=failed.pk)
    assert (row.state, row.target_id, row.reason) == (State.DELIVERED, "H-7", "asa looked: I entered it")
    assert row.closed_at is not None
    assert row.evidence[-1]["proof"] == "asa: I entered it Paper H-7 is of Asa."
    assert Link.objects.get(source_id="1").target_id == "H-7"
    assert Issue.objects.get().status == Issue.Status.RESOLVED
    event = AuditEvent.objects.get(action="delivery.settled")
    assert (event.actor, event.summary) == (person, "1: arrived as H-7. I entered it")
    assert [o.business_number for o in engine.pair.sent] == ["1"] * (fails is refused), "nothing was sent by that"
    assert events.claim_and_deliver(), "its lane goes on"


def test_a_number_that_is_not_there_is_not_believed(engine: Engine) -> None:
    knowing_numbers()
    failed = refused(engine)
    with pytest.raises(ReplayRefused, match="no paper H-8"):
        by_person.settle_by_person(failed.pk, actor=None, arrived=True, reason="I entered it", number="H-8")
    row = Delivery.objects.get(pk=failed.pk)
    assert (row.state, row.target_id, row.evidence) == (State.FAILED, "", [])
    assert not Link.objects.exists()


def test_what_one_record_is_another_one_is_not(engine: Engine) -> None:
    knowing_numbers()
    engine.pair.numbers["H-7"] = "Asa"
    first, second = refused(engine, "1"), refused(engine, "2")
    by_person.settle_by_person(first.pk, actor=None, arrived=True, reason="I entered it", number="H-7")
    with pytest.raises(ReplayRefused, match="H-7 belongs to 1 already"):
        by_person.settle_by_person(second.pk, actor=None, arrived=True, reason="I entered it", number="H-7")
    assert Delivery.objects.get(pk=second.pk).state == State.FAILED


def test_where_the_target_knows_no_numbers_the_word_counts_for_what_was_written(engine: Engine) -> None:
    failed = refused(engine)
    by_person.settle_by_person(failed.pk, actor=None, arrived=True, reason="I sent it by mail", number="M-1")
    assert Delivery.objects.get(pk=failed.pk).target_id == "M-1"
    never = not_written(engine, "2")
    with pytest.raises(ReplayRefused, match="Nothing of it was ever written"):
        by_person.settle_by_person(never.pk, actor=None, arrived=True, reason="I sent it by mail", number="M-2")


def test_of_what_failed_it_is_known_that_it_did_not_arrive(engine: Engine) -> None:
    with pytest.raises(ReplayRefused, match="Replay it"):
        by_person.settle_by_person(refused(engine).pk, actor=None, arrived=False, reason="I looked")


def test_what_was_replayed_meanwhile_is_not_settled(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The target is asked in no transaction: what became of the delivery meanwhile counts."""
    knowing_numbers()
    failed = refused(engine)
    engine.pair.numbers["H-7"] = "Asa"
    look = by_person._look

    def slow(*args: object) -> object:
        seen = look(*args)  # type: ignore[arg-type]
        replay.reopen(failed.pk, actor=None)
        return seen

    monkeypatch.setattr(by_person, "_look", slow)
    with pytest.raises(ReplayRefused, match="not in doubt and not failed"):
        by_person.settle_by_person(failed.pk, actor=None, arrived=True, reason="I entered it", number="H-7")
    assert Delivery.objects.get(pk=failed.pk).state == State.PENDING
