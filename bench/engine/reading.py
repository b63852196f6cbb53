"""What reading costs: calls of the source, memory, and rows that nobody needs."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

from bench.engine.place import DATABASE, TENANT, peak_memory, place
from bench.figures import Figure, Target

if TYPE_CHECKING:
    from integrations.models import Feed
    from tests.support.simulators import Simulators

FLOW = "visma-cleo.purchase-orders"
CHANGED = 250
PAGE = 100
FEW, MANY = 1_000, 100_000
TENANTS = 50
READS = 3


def calls_of_the_source() -> list[Figure]:
    """Calls to Visma.net for 250 changed orders in pages of 100, and for a poll that finds nothing."""
    with place() as here:
        from portal.common.clock import db_now

        simulators = here.simulators(orders=CHANGED, lines=10)
        here.tenant(simulators, FLOW, visma={"page_size": PAGE})
        feed = _feed()
        feed.read_until, feed.overlap_seconds = db_now() - dt.timedelta(hours=3), 0
        feed.save(update_fields=["read_until", "overlap_seconds"])  # the added orders were changed two hours ago
        found, calls = _counted(simulators, feed)
        _, idle = _counted(simulators, feed)
    needed = math.ceil(found / PAGE) + 1
    return [
        Figure(
            name=f"Calls to read {found} changed orders",
            value=calls,
            unit=f"calls, {PAGE} a page",
            target=Target("at most", needed),
        ),
        Figure(name="Calls of a poll that finds nothing", value=idle, unit="calls", target=Target("at most", 1)),
    ]


def memory_of_few() -> list[Figure]:
    """The most memory of a worker that reads 1,000 orders."""
    return [Figure(name=f"Memory of a worker, {FEW:,} records", value=round(_memory(FEW), 1), unit="MiB")]


def memory_of_many() -> list[Figure]:
    """The most memory of a worker that reads 100,000 orders, relative to one that reads 1,000."""
    from bench.child import run

    few = run("bench.engine.reading:memory_of_few")
    if few is None:
        raise RuntimeError("the worker that reads few records failed")
    many = _memory(MANY)
    return [
        *few,
        Figure(
            name=f"Memory of a worker, {MANY:,} records",
            value=round(many / few[0].value, 3),
            unit="times",
            target=Target("at most", 1.1),
            compared_with=f"the same with {FEW:,} records",
        ),
    ]


def rows_of_idle_tenants() -> list[Figure]:
    """Rows that fifty tenants write when all their feeds are read three times and nothing has changed."""
    with place() as here:
        from integrations.models import Feed

        simulators = here.simulators()
        for number in range(TENANTS):
            here.tenant(simulators, FLOW, slug=f"{TENANT}-{number}")
        read = Feed.objects.filter(key="purchase-orders")
        for _ in range(2):  # the first read finds everything; the second what the first had no time for
            _read(*read)
        before = _rows()
        for _ in range(READS):
            _read(*read)
        after = _rows()
        grown = {table: n - before.get(table, 0) for table, n in after.items() if n != before.get(table, 0)}
    if grown:
        print(f"Tables that grew: {grown}")  # noqa: T201 - it says where to look
    return [
        Figure(
            name=f"Rows of {TENANTS} idle tenants, {READS} reads each",
            value=sum(grown.values()),
            unit="rows",
            target=Target("at most", 0),
            compared_with=DATABASE,
        )
    ]


def _memory(records: int) -> float:
    with place() as here:
        simulators = here.simulators(orders=records, lines=1)
        here.tenant(simulators, FLOW, visma={"page_size": 1000})
        feed = _feed()
        _read(feed, seconds=1200)
        feed.refresh_from_db()
        if feed.last_items < records:
            raise RuntimeError(f"{feed.last_items:,} of {records:,} records were read. {feed.last_problem}")
        return peak_memory()


def _feed() -> Feed:
    from integrations.models import Feed

    return Feed.objects.get(key="purchase-orders", connection__system="visma")


def _read(*feeds: Feed, seconds: float = 120) -> None:
    """Reads the feeds once, and delivers nothing."""
    from django.db.models import Q

    from integrations.engine.slice import Scope, run_slice
    from integrations.models import Feed
    from portal.common.clock import db_now

    keys = {feed.pk for feed in feeds}
    Feed.objects.filter(pk__in=keys).update(due_at=db_now())
    run_slice(seconds=seconds, threads=1, limits=Scope(feeds=keys, deliveries=Q(pk=0), operations=set()))


def _counted(simulators: Simulators, feed: Feed) -> tuple[int, int]:
    """Reads a feed. How many items came, and how many calls of lists that took."""
    before = len(simulators.requests("visma"))
    _read(feed)
    feed.refresh_from_db()
    made = simulators.requests("visma")[before:]
    return feed.last_items, len([call for call in made if call["method"] == "GET"])


def _rows() -> dict[str, int]:
    """How many rows each table holds."""
    from django.apps import apps

    return {
        model._meta.db_table: model._base_manager.count()
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }
