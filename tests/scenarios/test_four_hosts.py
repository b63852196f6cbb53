"""Four hosts work in one database: each document goes once, one lane after the other, under one allowance; a host that
is stopped in the middle hands over."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django_scopes import scopes_disabled

from integrations.engine import dispatch, schedule
from integrations.management.local import Local, Process
from integrations.models import Attempt, Delivery, RateBudget, State, WorkSlot
from tests.support.database import environment
from tests.support.networks import must_stand, stands
from tests.support.settling import read_now, settled, what_moves
from tests.support.world import World

NAMES = ("host-1", "host-2", "host-3", "host-4")
ON_HOST = """
import socket, sys
socket.gethostname = lambda: sys.argv[1]  # by it a host knows itself; on one machine all would be the same
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "qcluster"])
"""
SLOW = {"visma": "^/v[12]/", "orderful": "/transactions"}
HANDED_OVER_IN = 20.0
"""Seconds that a stopped host may take: a call that is under way, and its verdict."""

pytestmark = pytest.mark.skipif(connection.vendor == "sqlite", reason="several hosts need PostgreSQL")


@pytest.fixture
def hosts(world: World, own_folder: object) -> Iterator[dict[str, Process]]:
    with Local({**environment(own_folder), "WORKERS": "2", "WORK_THREADS": "2"}) as local:  # type: ignore[arg-type]
        started = {name: local.start(name, "-c", ON_HOST, name) for name in NAMES}
        yield started
        for process in started.values():  # all at once: each takes some seconds
            process.popen.terminate()


def wait(until: Callable[[], bool], *, seconds: float, calls: bool = True) -> None:
    end, woken = time.monotonic() + seconds, 0.0
    while not until():
        assert time.monotonic() < end, f"Not there after {seconds} s: {what_moves()}"
        if calls and time.monotonic() - woken > 1:  # as the minute's tick does, for as many hosts as there are
            schedule.sweep()
            for _ in NAMES:
                dispatch.wake()
            woken = time.monotonic()
        time.sleep(0.1)


def at_work() -> set[str]:
    """Hosts whose workers tried a delivery."""
    return {worker.partition("/")[0] for worker in Attempt.objects.values_list("worker", flat=True)}


def lanes_that_overlap() -> list[str]:
    """Lanes in which a try began before the one before it was over."""
    spans: dict[tuple[int, str], list[tuple[dt.datetime, dt.datetime]]] = defaultdict(list)
    for attempt in Attempt.objects.select_related("delivery"):
        assert attempt.closed_at is not None
        spans[attempt.delivery.integration_id, attempt.delivery.lane].append((attempt.started_at, attempt.closed_at))
    return [
        lane
        for (_, lane), found in spans.items()
        for (_, ended), (begun, _) in zip(sorted(found), sorted(found)[1:], strict=False)
        if begun < ended
    ]


def test_four_hosts_send_each_document_once_and_a_stopped_one_hands_over(
    world: World, hosts: dict[str, Process]
) -> None:
    for system, path in SLOW.items():
        world.simulators.fault(system, "slow", path, times=1000, seconds=0.3)  # so that all have something to do
    with scopes_disabled():
        wait(lambda: len(WorkSlot.objects.exclude(lease_until=None)) >= 3, seconds=60)
        since = read_now()
        wait(lambda: len(at_work()) >= 2, seconds=60)
        stopped = min(at_work())
        mine = Delivery.objects.filter(worker__startswith=f"{stopped}/")
        begun = time.monotonic()
        hosts[stopped].popen.terminate()
        wait(lambda: not hosts[stopped].runs, seconds=HANDED_OVER_IN)
        took = time.monotonic() - begun
        assert not mine.filter(state__in=[State.SENDING, State.IN_DOUBT]).exists(), "it handed over what it held"
        assert not WorkSlot.objects.filter(host__startswith=f"{stopped}/").exclude(lease_until=None).exists()
        tried = Attempt.objects.filter(worker__startswith=f"{stopped}/").count()
        wait(lambda: settled(since), seconds=90)
        assert Attempt.objects.filter(worker__startswith=f"{stopped}/").count() == tried, "it works no more"
        assert took < HANDED_OVER_IN
        assert stands(world) == must_stand(world)
        assert lanes_that_overlap() == []
        assert set(Delivery.objects.values_list("state", flat=True)) <= {State.DELIVERED, State.NO_EFFECT}
        assert sum(Delivery.objects.values_list("crashes", flat=True)) == 0
        sent = Counter(Attempt.objects.filter(kind="apply").values_list("delivery", flat=True))
        assert set(sent.values()) == {1}, "one try each"
        asked = [e for e in world.simulators.requests("visma") if e["path"].startswith(("/v1/", "/v2/"))]
        counted = RateBudget.objects.filter(tenant=world.tenant, label__startswith="visma").values_list(
            "used", flat=True
        )
        assert [e["status"] for e in asked].count(429) == 0
        assert list(counted) == [len(asked)], "all hosts count in one row, and no call is missing in it"
