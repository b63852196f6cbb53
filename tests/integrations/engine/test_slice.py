"""A slice of work: threads that share what is due, and survive what goes wrong."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from prometheus_client import CollectorRegistry, generate_latest

from integrations.engine import slice as slices
from integrations.engine.slice import Scope, run_slice
from integrations.models import Feed, State
from integrations.selectors.metrics import Connector
from portal.common import durations
from portal.common.models import Duration
from tests.support.harness import Engine
from tests.support.pair import item


def test_everything_is_done_once(live_engine: Engine) -> None:
    live_engine.pair.pages = [[item(str(n)) for n in range(20)]]
    live_engine.due()
    done = run_slice(threads=4)
    assert (done.feeds, done.deliveries, done.anything) == (1, 20, True)
    assert sorted(o.business_number for o in live_engine.pair.there) == sorted(str(n) for n in range(20))
    assert run_slice(threads=4).anything is False


def test_a_slice_takes_only_what_it_may(live_engine: Engine) -> None:
    other = Engine.make(live_engine.pair, slug="grannen")
    live_engine.pair.pages = [[item("1"), item("2")]]
    live_engine.due()
    other.due()
    only = Scope(feeds={live_engine.feed.pk}, deliveries=Q(tenant=live_engine.tenant))
    done = run_slice(limits=only, threads=2)
    assert (done.feeds, done.deliveries, done.read) == (1, 2, {live_engine.feed.pk})
    assert other.deliveries() == []


def test_a_slice_ends_when_its_time_is_up(live_engine: Engine) -> None:
    live_engine.read([item(str(n)) for n in range(30)])
    live_engine.pair.before_send = lambda outgoing: time.sleep(0.2)
    begun = time.monotonic()
    done = run_slice(seconds=0.5, threads=1)
    assert time.monotonic() - begun < 2
    assert 1 <= done.deliveries < 30
    assert {s for _, s in live_engine.states()} == {State.DELIVERED, State.PENDING}


def test_a_database_that_is_away_for_a_moment_ends_no_slice(live_engine: Engine, monkeypatch: Any) -> None:
    live_engine.read([item("1"), item("2")])
    monkeypatch.setattr(slices, "POLL", 0.01)
    failures = [OperationalError("the server closed the connection")]
    claim = slices.claim_delivery

    def sometimes(*arguments: Any, **more: Any) -> Any:
        if failures:
            raise failures.pop()
        return claim(*arguments, **more)

    monkeypatch.setattr(slices, "claim_delivery", sometimes)
    assert run_slice(threads=1).deliveries == 2


def test_a_database_that_stays_away_ends_the_slice(live_engine: Engine, monkeypatch: Any) -> None:
    monkeypatch.setattr(slices, "POLL", 0.01)

    monkeypatch.setattr(slices, "claim_feed", away)
    assert run_slice(threads=1).anything is False


@pytest.mark.parametrize("threads", [1, 3])
def test_one_bad_delivery_ends_no_thread(live_engine: Engine, threads: int) -> None:
    live_engine.pair.effects = [RuntimeError("boom"), ValueError("bang")]
    live_engine.pair.pages = [[item(str(n)) for n in range(10)]]
    live_engine.due()
    assert run_slice(threads=threads).deliveries >= 10
    assert {s for _, s in live_engine.states()} <= {State.DELIVERED, State.IN_DOUBT}


def test_nothing_is_left_open_after_a_slice(live_engine: Engine) -> None:
    live_engine.send(item("1"))
    run_slice(threads=2)
    assert Feed.objects.get().lease_until is None


def test_durations_are_counted_in_memory_and_stored_once_a_slot(live_engine: Engine, monkeypatch: Any) -> None:
    durations.store()
    Duration.objects.all().delete()
    live_engine.pair.pages = [[item(str(n)) for n in range(5)]]
    live_engine.due()
    with CaptureQueriesContext(connection) as taken:
        assert slices.run_slot() is not None
    totals = {row.kind: row for row in Duration.objects.all()}
    assert (sum(totals["read"].counts), sum(totals["delivery"].counts)) == (1, 5)
    assert totals["delivery"].seconds > 0
    assert totals["delivery"].system == live_engine.exchange.system
    writes = [q["sql"] for q in taken if "common_duration" in q["sql"] and q["sql"].startswith(("UPDATE", "INSERT"))]
    assert len(writes) == 2 * len(totals), "a row and its counts a kind, however many deliveries"
    live_engine.read([item("9")])
    monkeypatch.setattr(Duration, "save", away)
    durations.observe("call", "visma", 0.3)
    durations.store()
    monkeypatch.undo()
    assert not Duration.objects.filter(kind="call").exists()
    durations.store()
    assert Duration.objects.get(kind="call").counts[3] == 1, "what could not be stored was kept"
    durations.observe("call", "visma", 1000)
    durations.observe("call", "visma", 0.05)
    durations.store()
    assert Duration.objects.get(kind="call").counts == [1, 0, 0, 1, *[0] * 7, 1]
    text = generate_latest(registry()).decode()
    assert 'connector_call_seconds_bucket{le="0.05",system="visma"} 1.0' in text
    assert 'connector_call_seconds_bucket{le="300.0",system="visma"} 2.0' in text
    assert 'connector_call_seconds_count{system="visma"} 3.0' in text


def away(*arguments: Any, **more: Any) -> Any:
    raise OperationalError("the server closed the connection")


def registry() -> CollectorRegistry:
    made = CollectorRegistry(auto_describe=False)
    made.register(Connector())
    return made


def test_run_slot_waits_for_what_is_due_soon(live_engine: Engine) -> None:
    """A retry in a second must not wait for the next tick."""
    from integrations.http.errors import Transient

    live_engine.pair.effects = [Transient("Down.")]
    live_engine.pair.pages = [[item("1")]]
    live_engine.due()
    done = slices.run_slot()
    assert done is not None
    assert live_engine.delivery("1").state == State.DELIVERED
    assert live_engine.delivery("1").tries == 2
