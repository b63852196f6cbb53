"""How many statements a delivery costs: each is a way to the database and back, and they bound how many go a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from integrations.models import State
from tests.support.harness import Engine
from tests.support.pair import item

CLAIM = {"postgresql": 8, "sqlite": 7}
"""Clock, breakers, whose turn it is (two), the row, its claim, all of it, its flow."""
DELIVER = {"postgresql": 23, "sqlite": 22}
"""From the look at the epoch to the audit line, with a call that costs none."""


@contextmanager
def counted(found: list[str]) -> Iterator[None]:
    """Statements but those that begin and end transactions, which tests nest."""
    with CaptureQueriesContext(database) as queries:
        yield
    found += [q["sql"] for q in queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]


def test_a_delivery_costs_no_more_statements_than_this(engine: Engine) -> None:
    engine.send(item("0"))  # rows that are made once for a connection
    engine.read([item("1")])
    claiming: list[str] = []
    delivering: list[str] = []
    with counted(claiming):
        claimed = engine.claim()
    with counted(delivering):
        delivered = engine.deliver(claimed)
    assert delivered.state == State.DELIVERED
    assert len(claiming) <= CLAIM[database.vendor], "\n".join(claiming)
    assert len(delivering) <= DELIVER[database.vendor], "\n".join(delivering)


def test_the_clock_is_asked_for_no_more_than_is_needed(engine: Engine) -> None:
    engine.send(item("0"))
    engine.read([item("1")])
    said: list[str] = []
    with counted(said):
        engine.deliver()
    alone = [sql for sql in said if sql == "SELECT clock_timestamp()"]
    assert len(alone) <= 1, "once to claim it; then with what is locked"
