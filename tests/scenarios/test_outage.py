"""Both networks answer nobody for an hour: what is under way is in doubt, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

from integrations.engine.slice import run_slice
from integrations.models import Attempt, Breaker, State
from portal.common.clock import db_now
from tests.support.networks import must_stand, stands
from tests.support.settling import read_now
from tests.support.settling import settle as settle_now
from tests.support.world import World

SLOTS = 4
"""Calls that may be under way at once."""


def test_rule_13_an_outage_of_an_hour_leaves_at_most_its_slots_in_doubt(world: World, settings: Any) -> None:
    settings.WORK_THREADS = SLOTS
    for network, path in (("orderful", "^/transactions$"), ("cleo", "/files")):
        world.simulators.fault(network, "timeout_before", path, method="POST", times=10_000, seconds=8)
    read_now()
    run_slice(seconds=12, threads=SLOTS)
    for network in ("orderful", "cleo"):
        world.simulators.fault(network, "timeout_before", "", times=10_000, seconds=8)
    for _ in range(4):  # an hour goes by: each pause ends, and one probe finds out that it is not over
        Breaker.objects.exclude(probe_after=None).update(probe_after=db_now() - dt.timedelta(seconds=1))
        run_slice(seconds=6, threads=SLOTS)
    doubted = Counter(d.sink_connection_id for d in world.deliveries() if d.state == State.IN_DOUBT)
    waiting = [d for d in world.deliveries() if d.state == State.PENDING]
    assert doubted, "something was under way when it began"
    assert max(doubted.values()) <= SLOTS
    assert len(waiting) > SLOTS
    sent = Attempt.objects.filter(tenant=world.tenant, kind=Attempt.Kind.APPLY)
    assert sent.filter(outcome="unknown").count() == doubted.total(), "what a probe holds back is not sent"

    world.simulators.no_faults()
    Breaker.objects.exclude(probe_after=None).update(probe_after=db_now() - dt.timedelta(seconds=1))
    settle_now(seconds=120)
    assert stands(world) == must_stand(world)
