"""Sweeping: what dead workers held goes on, as far as it can be known where it stood."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from itertools import pairwise

import pytest

from integrations.engine.claim import (
    APART,
    CRASHES_ALLOWED,
    LOOKS_ALLOWED,
    claim_mates,
    claim_verdict,
    sweep_leases,
)
from integrations.engine.closing import DEATHS_UNTOLD
from integrations.engine.deliver import batch_of
from integrations.engine.read import claim_feed
from integrations.engine.workers import host_name, is_dead, worker_name
from integrations.http.errors import Unknown
from integrations.models import Attempt, Delivery, Feed, Issue, Run, State, WorkSlot
from portal.common.clock import db_now
from tests.support.harness import WORKER, Engine
from tests.support.pair import item, taking_batches

HOUR = dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def dead() -> str:
    """A worker of this host whose process is gone."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    return f"{host_name()}:{gone.pid}:1"


def opened(delivery: Delivery, *, kind: str = Attempt.Kind.APPLY) -> Attempt:
    return Attempt.objects.create(
        tenant=delivery.tenant,
        delivery=delivery,
        number=delivery.attempts.count() + 1,
        kind=kind,
        fence=delivery.fence,
        worker=WORKER,
        started_at=db_now(),
    )


def test_a_living_worker_keeps_what_it_has(engine: Engine) -> None:
    engine.read([item("1")])
    for worker in (worker_name(), WORKER):
        engine.claim(worker)
        assert sweep_leases() == 0
        Delivery.objects.update(state=State.PENDING)


def test_who_is_dead(dead: str) -> None:
    assert is_dead(dead)
    assert not is_dead(worker_name())
    assert not is_dead(f"another host:{dead.split(':')[1]}:1")
    assert not is_dead(f"{host_name()}:1:1")  # of somebody else, and alive
    assert not is_dead("")
    assert not is_dead(f"{host_name()}:{os.getpid()}:99999")


def test_without_an_open_attempt_nothing_was_sent(engine: Engine, dead: str) -> None:
    engine.read([item("1")])
    engine.claim(dead)
    assert sweep_leases() == 1
    delivery = engine.delivery("1")
    assert (delivery.state, delivery.crashes, delivery.fence) == (State.PENDING, 1, 2)
    assert (delivery.lease_until, delivery.worker) == (None, "")
    assert engine.audited()[-1] == "delivery.lease_expired"
    assert engine.deliver().state == State.DELIVERED


def test_with_an_open_attempt_nobody_knows(engine: Engine) -> None:
    engine.read([item("1")])
    delivery = engine.claim()
    assert delivery is not None
    opened(delivery)
    engine.later()
    assert sweep_leases() == 1
    assert engine.delivery("1").state == State.IN_DOUBT
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.closed_at is not None) == ("worker lost", True)


def test_rule_09_twice_is_parked(engine: Engine, dead: str) -> None:
    engine.read([item("1"), item("2")])
    for _ in range(CRASHES_ALLOWED):
        Delivery.objects.filter(business_number="2").update(not_before=db_now() + HOUR)
        engine.claim(dead)
        sweep_leases()
    delivery = engine.delivery("1")
    assert (delivery.state, delivery.crashes) == (State.FAILED, CRASHES_ALLOWED)
    assert delivery.issue is not None
    assert delivery.issue.who == Issue.Who.STAFF
    engine.later()
    assert engine.deliver().business_number == "2"


def test_a_dead_look_leaves_the_doubt(engine: Engine, dead: str) -> None:
    engine.pair.effects = [Unknown("No answer.")]
    engine.read([item("1")])
    engine.deliver()
    claim_verdict(dead)
    assert sweep_leases() == 1
    delivery = engine.delivery("1")
    assert (delivery.state, delivery.crashes, delivery.lease_until) == (State.IN_DOUBT, 0, None)


def test_rule_09_a_look_that_kills_its_workers_is_done_later_and_later_and_told(engine: Engine, dead: str) -> None:
    engine.pair.effects = [Unknown("No answer.")]
    engine.read([item("1")])
    engine.deliver()
    for _ in range(LOOKS_ALLOWED):
        engine.later()
        assert claim_verdict(dead) is not None
        sweep_leases()
        assert claim_verdict(dead) is None  # not at once: it would take one worker after the other
    delivery = engine.delivery("1")
    assert delivery.state == State.IN_DOUBT
    assert delivery.issue is not None
    assert delivery.issue.who == Issue.Who.STAFF
    engine.later()
    assert engine.settle().state == State.IN_DOUBT  # it was not there: the second look counts
    engine.later()
    engine.settle()
    delivery = engine.deliver()
    assert delivery.state == State.DELIVERED
    assert delivery.issue is not None
    assert delivery.issue.status == Issue.Status.RESOLVED


def test_rule_09_what_died_with_another_goes_apart_from_it(engine: Engine, dead: str) -> None:
    """A batch kills its worker over one of its documents: the others must not be parked with it."""
    taking_batches(5)
    engine.read([item(str(n)) for n in range(1, 6)])
    first = engine.claim(dead)
    assert first is not None
    assert len(claim_mates(first, dead, batch_of(first) - 1)) == 4
    assert sweep_leases() == 5
    turns = sorted(d.not_before for d in engine.deliveries())
    assert all(later - earlier >= APART for earlier, later in pairwise(turns))
    engine.later()
    first = engine.claim(dead)
    assert first is not None
    assert claim_mates(first, dead, batch_of(first) - 1) == []  # again it is the bad one
    sweep_leases()
    engine.later()
    engine.deliver_all()
    assert sorted(d.state for d in engine.deliveries()) == [*[State.DELIVERED] * 4, State.FAILED]


def test_what_was_given_back_meanwhile_is_left_alone(engine: Engine) -> None:
    engine.read([item("1")])
    claimed = engine.claim()
    engine.deliver(claimed)
    assert sweep_leases() == 0
    assert engine.delivery("1").state == State.DELIVERED


def test_feeds_and_slots_of_dead_workers_are_free_at_once(engine: Engine, dead: str) -> None:
    engine.due()
    assert claim_feed(dead) is not None
    WorkSlot.objects.create(host=host_name(), number=0, lease_until=db_now() + HOUR, holder=dead)
    assert claim_feed(WORKER) is None
    sweep_leases()
    assert Feed.objects.get().lease_until is None
    assert WorkSlot.objects.get().lease_until is None
    assert claim_feed(WORKER) is not None


@pytest.mark.parametrize("how", ["known to be dead", "its lease ended"])
def test_rule_09_a_feed_that_kills_its_workers_is_read_later_and_later_and_told(
    engine: Engine, dead: str, how: str
) -> None:
    for deaths in range(1, DEATHS_UNTOLD + 1):
        engine.due()
        if how == "known to be dead":
            assert claim_feed(dead) is not None
            sweep_leases()
            due_at = engine.feed.due_at
            assert due_at is not None
            assert (due_at > db_now()) == (deaths > 1)  # a restart of workers holds nothing back
        else:
            assert claim_feed(dead) is not None
            engine.later()
    assert Issue.objects.exists() == (how == "known to be dead")
    engine.due()
    engine.read([])
    assert not Issue.objects.filter(status=Issue.Status.OPEN).exists()
    assert (engine.feed.failures, engine.feed.last_problem) == (0, "")


@pytest.mark.parametrize("how", ["known to be dead", "its lease ended"])
def test_rule_15_the_run_of_a_dead_worker_does_not_run_for_ever(engine: Engine, dead: str, how: str) -> None:
    """Also when the next read finds nothing, and so makes no run."""
    engine.due()
    feed = claim_feed(dead)
    assert feed is not None
    Run.objects.create(tenant=engine.tenant, feed=feed, trigger="schedule", fence=feed.fence, started_at=db_now())
    if how == "its lease ended":
        engine.later()
    else:
        sweep_leases()
    engine.read([])
    run = Run.objects.get()
    assert (run.outcome, run.ended_at is not None) == (Run.Outcome.ABANDONED, True)
