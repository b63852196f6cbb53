"""Capture: what is new is kept once, with its deliveries, and nothing is dropped."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from integrations.engine.capture import BATCH, capture
from integrations.engine.handle import FenceLost, RunHandle
from integrations.engine.read import claim_feed, subscriptions_of
from integrations.models import Delivery, Feed, Issue, Payload, Record, Run, State
from integrations.systems.registry import system
from portal.audit.models import AuditEvent
from portal.common.clock import db_now
from tests.support.harness import WORKER, Engine, killed_at
from tests.support.pair import NOON, item

HOUR = dt.timedelta(hours=1)


def test_what_is_new_is_kept_with_a_delivery(engine: Engine) -> None:
    handle = engine.read([item("1"), item("2")])
    assert handle is not None
    (record,) = engine.records("1")
    assert (record.is_newest, record.takers, record.not_yet, record.status) == (True, 1, False, "Open")
    assert record.payload.data == b"1: first, Open"
    delivery = engine.delivery("1")
    assert (delivery.state, delivery.lane, delivery.operation) == (State.PENDING, "paper:1", "send")
    assert delivery.sink_connection_id == engine.integration.partner_id
    run = Run.objects.get()
    assert (run.outcome, run.read, run.unchanged, run.captured) == (Run.Outcome.DONE, 2, 0, 2)
    assert AuditEvent.objects.filter(action="feed.captured", object_id=str(run.pk)).count() == 1


def test_what_is_unchanged_leaves_no_row(engine: Engine) -> None:
    engine.read([item("1"), item("2")])
    counts = (Record.objects.count(), Delivery.objects.count(), Run.objects.count(), AuditEvent.objects.count())
    handle = engine.read([item("1", at=NOON + HOUR), item("2")])
    assert handle is not None
    assert (handle.counts.read, handle.counts.unchanged, handle.counts.captured) == (2, 2, 0)
    assert counts == (
        Record.objects.count(),
        Delivery.objects.count(),
        Run.objects.count(),
        AuditEvent.objects.count(),
    )


def test_read_is_unchanged_plus_captured(engine: Engine) -> None:
    engine.read([item("1"), item("2"), item("3", at=NOON + HOUR)])
    engine.read([item("1"), item("2", "second", at=NOON + HOUR), item("3", "older", at=NOON), item("4"), item("4")])
    run = Run.objects.latest("pk")
    assert (run.read, run.unchanged, run.captured, run.history) == (5, 2, 3, 1)


def test_the_same_record_twice_on_a_page_is_kept_once(engine: Engine) -> None:
    engine.read([item("1"), item("1")], [item("1")])
    assert len(engine.records("1")) == len(engine.deliveries("1")) == 1


def test_two_versions_of_an_object_on_one_page_are_two_records_of_which_the_second_goes(engine: Engine) -> None:
    engine.read([item("1"), item("2"), item("1", "second", at=NOON + HOUR), item("1", "third", at=NOON + 2 * HOUR)])
    assert [record.is_newest for record in engine.records("1")] == [False, False, True]
    states = [delivery.state for delivery in engine.deliveries("1")]
    assert states == [State.SUPERSEDED, State.SUPERSEDED, State.PENDING]
    assert engine.delivery("2").state == State.PENDING


def test_the_statements_of_a_page_do_not_grow_with_its_items(engine: Engine) -> None:
    def statements(first: int, count: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            engine.read([item(str(n)) for n in range(first, first + count)])
        return len(seen)

    statements(0, 1)
    assert statements(100, BATCH) < statements(1, 2) + BATCH // 10  # SQLite takes a large insert in several parts


def test_an_older_version_is_history_without_effect(engine: Engine) -> None:
    engine.read([item("1", "new", at=NOON + HOUR)])
    engine.read([item("1", "old", at=NOON)])
    new, old = engine.records("1")
    assert (new.is_newest, old.is_newest) == (True, False)
    assert [d.record_id for d in engine.deliveries("1")] == [new.pk]
    engine.read([item("1", "old", at=NOON)])
    assert len(engine.records("1")) == 2


def test_a_version_without_time_of_change_counts_as_newer(engine: Engine) -> None:
    engine.read([item("1", at=NOON)])
    engine.read([item("1", "second", at=None)])
    assert [r.is_newest for r in engine.records("1")] == [False, True]


def test_rule_04_there_and_back_again_is_three_operations(engine: Engine) -> None:
    for hours, content in enumerate(("first", "second", "first")):
        engine.send(item("1", content, at=NOON + hours * HOUR))
    keys = {d.operation_key for d in engine.deliveries("1")}
    assert len(keys) == 3
    assert [o.body for o in engine.pair.there] == [
        b"original: 1: first, Open",
        b"replace: 1: second, Open",
        b"replace: 1: first, Open",
    ]


def test_rule_04_the_operation_key_names_tenant_flow_object_content_and_turn(engine: Engine) -> None:
    other = Engine.make(engine.pair, slug="grannen")
    engine.read([item("1"), item("2")])
    other.read([item("1"), item("2")])
    keys = [d.operation_key for d in (*engine.deliveries(), *other.deliveries())]
    assert len(set(keys)) == 4


def test_what_waits_for_its_status_is_not_yet(engine: Engine) -> None:
    engine.read([item("1", status="Hold")])
    (record,) = engine.records("1")
    assert (record.not_yet, record.takers) == (True, 0)
    assert engine.deliveries() == []
    engine.read([item("1", status="Open", at=NOON + HOUR)])
    assert engine.states() == [("1", State.PENDING)]


def test_what_no_flow_takes_is_kept_as_unrouted(engine: Engine) -> None:
    engine.pair.accepts = lambda record, settings: None
    engine.read([item("1")])
    assert (engine.records("1")[0].takers, Run.objects.get().unrouted) == (0, 1)


def test_what_was_cancelled_before_it_was_sent_makes_nothing(engine: Engine) -> None:
    engine.read([item("1", status="Cancelled")])
    assert engine.deliveries() == []
    assert Run.objects.get().unrouted == 0


def test_a_cancellation_closes_what_was_not_sent_and_has_no_effect(engine: Engine) -> None:
    engine.read([item("1")])
    engine.send(item("1", status="Cancelled", at=NOON + HOUR))
    assert engine.states() == [("1", State.SUPERSEDED), ("1", State.NO_EFFECT)]
    assert engine.pair.sent == []


def test_a_cancellation_of_what_was_sent_goes(engine: Engine) -> None:
    engine.send(item("1"))
    engine.send(item("1", status="Cancelled", at=NOON + HOUR))
    assert [o.purpose for o in engine.pair.there] == ["original", "cancellation"]
    engine.send(item("1", "again", at=NOON + 2 * HOUR))
    assert [o.purpose for o in engine.pair.there] == ["original", "cancellation", "original"]


def test_a_newer_version_supersedes_what_was_not_sent_and_its_issue(engine: Engine) -> None:
    engine.read([item("1", problem="It has no number.")])
    failed = engine.deliver()
    assert failed.issue is not None
    engine.read([item("1", "second", at=NOON + HOUR)])
    assert engine.states() == [("1", State.SUPERSEDED), ("1", State.PENDING)]
    assert Issue.objects.get().status == Issue.Status.RESOLVED


def test_an_event_is_never_superseded(engine: Engine) -> None:
    events = Engine.make(engine.pair, slug="handelsen", flows=("events",))
    events.read([item("1")])
    events.read([item("1", "second", at=NOON + HOUR)])
    assert events.states() == [("1", State.PENDING), ("1", State.PENDING)]


def test_a_feed_is_read_once_for_all_its_flows(engine: Engine) -> None:
    both = Engine.make(engine.pair, slug="bada", flows=("papers", "events"))
    both.read([item("1")])
    assert len(both.records("1")) == 1
    assert sorted(d.flow.key for d in both.deliveries()) == ["events", "papers"]
    assert both.records("1")[0].takers == 2


def test_rule_03_bad_content_is_captured_and_fails_visibly(engine: Engine) -> None:
    engine.send(item("1", problem="A paper that the ledger sent cannot be read."), item("2"))
    assert engine.states() == [("1", State.FAILED), ("2", State.DELIVERED)]
    assert engine.delivery("1").reason == "A paper that the ledger sent cannot be read."
    assert engine.records("1")[0].payload.data == b"1: first, Open"


def test_many_items_go_in_several_transactions(engine: Engine) -> None:
    engine.read([item(str(n)) for n in range(2 * BATCH + 1)])
    assert Record.objects.count() == 2 * BATCH + 1
    assert AuditEvent.objects.filter(action="feed.captured").count() == 3


def test_equal_content_is_stored_once(engine: Engine) -> None:
    engine.read([item("1", raw=b"same"), item("2", raw=b"same")])
    assert Payload.objects.filter(size=4).count() == 1


@pytest.mark.parametrize("how", ["another took it", "the lease ended"])
def test_rule_15_a_worker_that_lost_its_feed_writes_nothing(engine: Engine, how: str) -> None:
    engine.pair.pages = [[item("1")]]
    feed = claim_feed(WORKER)
    assert feed is not None
    if how == "another took it":
        Feed.objects.filter(pk=feed.pk).update(fence=feed.fence + 1)
    else:
        Feed.objects.filter(pk=feed.pk).update(lease_until=db_now() - HOUR)
    handle = RunHandle(feed, feed.fence, Run.Kind.LIVE, "schedule", None, db_now())
    with pytest.raises(FenceLost):
        capture(handle, [item("1")], subscriptions_of(feed, system("ledger").feed(feed.key)))
    assert not Record.objects.exists()
    assert not Run.objects.exists()


def everything(engine: Engine) -> object:
    """The end state, without ids and times."""
    return (
        sorted(Record.objects.values_list("source_id", "fingerprint", "is_newest", "takers", "not_yet")),
        sorted(Delivery.objects.values_list("business_number", "operation", "operation_key", "lane", "state")),
        Feed.objects.get().read_until is not None,
        Feed.objects.get().resume,
    )


def test_rule_03_killed_before_any_statement_and_read_again_gives_the_same_end(engine: Engine) -> None:
    engine.send(item("1"), item("2"))
    pages = [
        [item("1", "second", at=NOON + HOUR), item("2"), item("3", status="Hold")],
        [item("2", status="Cancelled", at=NOON + HOUR), item("4"), item("4", "older", at=NOON - HOUR)],
    ]

    def read() -> None:
        engine.read(*pages)

    with transaction.atomic():
        read()
        undisturbed = everything(engine)
        transaction.set_rollback(True)

    number, killed = 0, True
    while killed:
        number += 1
        with transaction.atomic():
            killed = killed_at(number, read)
            if killed:
                engine.later()
                read()
            assert everything(engine) == undisturbed, f"killed at statement {number}"
            transaction.set_rollback(True)
    assert number > 30
