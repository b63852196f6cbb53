"""What was read while its flow was off is found by a reconciliation and sent when a person asks for it: once."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from integrations.models import Delivery, Feed, Operation, Record, State
from integrations.services import operations as services
from integrations.services.deliveries import force
from portal.common.clock import db_now
from tests.integrations.engine.test_reconcile import HOUR, a_slice, asked, kinds
from tests.support.harness import Engine, killed_at
from tests.support.pair import NOON, item

OFF = ("2", "3")
"""Read while the flow was off."""
WHY = "the flow was off over the weekend"


def switch(engine: Engine, *, on: bool) -> None:
    flow = engine.flow()
    flow.enabled = on
    flow.save(update_fields=["enabled"])


@pytest.fixture
def found(engine: Engine) -> Operation:
    """A reconciliation that found two documents that were never sent."""
    engine.send(item("1"))
    switch(engine, on=False)
    engine.read([item("1"), *map(item, OFF)])
    switch(engine, on=True)
    engine.read([item("1"), *map(item, OFF)])
    return a_slice(asked(engine))


def ask(found: Operation) -> Operation:
    return services.start(services.ask_send_unsent(found, reason=WHY, actor=None), actor=None)


def test_it_is_planned_then_sent_and_written_down(engine: Engine, found: Operation) -> None:
    planned = services.ask_send_unsent(found, reason=WHY, actor=None)
    assert (planned.state, planned.plan["would_be_sent"]) == (Operation.State.PLANNED, 2)
    assert [engine.deliveries(n) for n in OFF] == [[], []], "a plan sends nothing"
    done = a_slice(services.start(planned, actor=None))
    assert (done.state, done.progress["done"]) == (Operation.State.DONE, 2)
    engine.deliver_all()
    assert [len(engine.pair.arrived(n)) for n in ("1", *OFF)] == [1, 1, 1]
    assert kinds(engine) == {"1": "same", "2": "same", "3": "same"}
    assert engine.audited().count("delivery.made") == 2
    assert list(Record.objects.filter(source_id__in=OFF).values_list("takers", "not_yet")) == [(1, False)] * 2


def test_what_has_a_delivery_by_now_gets_no_second_one(engine: Engine, found: Operation) -> None:
    a_slice(ask(found))
    ended = a_slice(ask(found))
    assert (ended.progress.get("done", 0), ended.progress["refused"]) == (0, 2)
    assert ended.progress["sentences"] == [f"{n}: It has a delivery by now." for n in OFF]
    engine.deliver_all()
    assert [len(engine.pair.arrived(n)) for n in OFF] == [1, 1]


def test_its_key_is_the_one_that_it_would_have_had(engine: Engine, found: Operation) -> None:
    """The same content came before: it is another operation than that one, and a later capture than this one again."""
    later = NOON + HOUR
    engine.read([item("2", "other", at=later)], [item("2", at=later + HOUR)])
    a_slice(ask(found))
    engine.deliver_all()
    keys = [d.operation_key for d in engine.deliveries("2")]
    assert len(set(keys)) == len(keys)
    forced = force(engine.delivery("3").pk, actor=None, reason="they lost it")
    assert forced.operation_key != engine.deliveries("3")[0].operation_key


def test_only_the_newest_version_goes_and_an_older_one_gives_way(engine: Engine) -> None:
    engine.read([item("1")])
    switch(engine, on=False)
    engine.read([item("1", "second", at=NOON + HOUR)])
    switch(engine, on=True)
    engine.pair.pages = [[item("1", "second", at=NOON + HOUR)]]
    a_slice(ask(a_slice(asked(engine))))
    assert [d.state for d in engine.deliveries("1")] == [State.SUPERSEDED, State.PENDING]
    engine.deliver_all()
    assert [o.body for o in engine.pair.arrived("1")] == [b"original: 1: second, Open"]


def test_after_a_restore_it_is_looked_for_first(engine: Engine, found: Operation) -> None:
    Feed.objects.update(look_until=db_now())
    a_slice(ask(found))
    assert set(Delivery.objects.filter(business_number__in=OFF).values_list("look_first", flat=True)) == {True}


def test_killed_anywhere_each_is_sent_once(engine: Engine, found: Operation) -> None:
    operation, number = ask(found), 1
    while killed_at(number, lambda: a_slice(operation)):
        number += 1
        assert number < 200
    assert Operation.objects.get(pk=operation.pk).state == Operation.State.DONE
    engine.deliver_all()
    assert number > 10
    assert [len(engine.deliveries(n)) for n in OFF] == [1, 1]
    assert [len(engine.pair.arrived(n)) for n in OFF] == [1, 1]


def test_what_makes_no_sense_is_refused(engine: Engine, found: Operation) -> None:
    with pytest.raises(ValidationError, match="Say why"):
        services.ask_send_unsent(found, reason=" ", actor=None)
    switch(engine, on=False)
    found = Operation.objects.select_related("flow__integration", "tenant").get(pk=found.pk)
    with pytest.raises(ValidationError, match="switched off"):
        services.ask_send_unsent(found, reason=WHY, actor=None)
    switch(engine, on=True)
    other = services.ask_dry_run(engine.flow(), actor=None)
    with pytest.raises(ValidationError, match="Reconcile the flow first"):
        services.ask_send_unsent(other, reason=WHY, actor=None)
    services.cancel(other, actor=None)
    planned = ask(Operation.objects.select_related("flow__integration", "tenant").get(pk=found.pk))
    switch(engine, on=False)
    assert a_slice(planned).state == Operation.State.FAILED
