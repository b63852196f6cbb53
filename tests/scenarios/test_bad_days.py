"""The database itself fails in the middle of everything: when it is back, the same end as undisturbed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, connections

from integrations.models import Attempt, Delivery, Feed, Run, State, WorkSlot
from portal.common.clock import db_now
from tests.support.cluster import Cluster
from tests.support.networks import must_stand, stands
from tests.support.settling import read_now
from tests.support.world import World

pytestmark = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite is a file: it does not restart")

AWAY = 3.0
"""Seconds without a database: longer than a call and its verdict."""
FULL = """
CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
END $$;
CREATE TRIGGER full_records BEFORE INSERT OR UPDATE ON integrations_record EXECUTE FUNCTION no_space();
CREATE TRIGGER full_attempts BEFORE INSERT OR UPDATE ON integrations_attempt EXECUTE FUNCTION no_space();
"""
SPACE = """
DROP TRIGGER IF EXISTS full_records ON integrations_record;
DROP TRIGGER IF EXISTS full_attempts ON integrations_attempt;
DROP FUNCTION IF EXISTS no_space();
"""


@contextmanager
def administrator() -> Iterator[psycopg.Connection]:
    """A connection beside the test's database."""
    own = connection.settings_dict
    with psycopg.connect(
        host=own["HOST"], port=own["PORT"] or 5432, user=own["USER"], password=own["PASSWORD"] or None,
        dbname="postgres", autocommit=True,
    ) as found:  # fmt: skip
        yield found


def restart_database() -> None:
    """All that its clients see of a restart: every connection breaks, and for a while none can be made."""
    name = connection.settings_dict["NAME"]
    connections.close_all()
    with administrator() as admin:
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')  # type: ignore[arg-type]
        try:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            time.sleep(AWAY)
        finally:
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')  # type: ignore[arg-type]


def under_way(world: World) -> bool:
    """Whether something is being sent while other things wait for it."""
    rows = world.deliveries()
    return any(d.state == State.SENDING for d in rows) and any(d.state == State.PENDING for d in rows)


def the_leases_end() -> None:
    """The minutes have passed after which it is free what was held when the database went away. Who still lives and
    holds it has lost it: that is what fences are for."""
    for model in (Delivery, Feed, WorkSlot):
        model.objects.exclude(lease_until=None).update(lease_until=db_now())


def check_the_end(world: World, cluster: Cluster) -> None:
    cluster.settle(seconds=180)
    assert stands(world) == must_stand(world)
    assert {d.state for d in world.deliveries()} == {State.DELIVERED, State.NO_EFFECT}
    assert not Attempt.objects.filter(closed_at=None).exists()
    assert not Run.objects.filter(outcome=Run.Outcome.RUNNING).exists()
    cluster.stop()  # tasks that were under way stand in the queue for minutes: there is nothing to wait for


def test_the_database_restarts_while_it_is_read_and_sent(world: World, cluster: Cluster) -> None:
    world.simulators.fault("orderful", "slow", "^/transactions$", method="POST", times=5, seconds=1)
    world.simulators.fault("visma", "slow", "/v1/supplierInvoice", times=1, seconds=1)
    read_now()
    cluster.wait(lambda: under_way(world))
    restart_database()
    the_leases_end()
    cluster.wait(lambda: under_way(world) or bool(stands(world)))
    restart_database()
    the_leases_end()
    check_the_end(world, cluster)


def test_the_databases_disk_is_full_while_it_is_read_and_sent(world: World, cluster: Cluster) -> None:
    world.simulators.fault("orderful", "slow", "^/transactions$", method="POST", times=5, seconds=1)
    read_now()
    cluster.wait(lambda: under_way(world))
    with connection.cursor() as cursor:
        cursor.execute(FULL)
    try:
        end = time.monotonic() + AWAY
        with pytest.raises(AssertionError, match="Not there"):
            cluster.wait(lambda: False, seconds=end - time.monotonic())
    finally:
        with connection.cursor() as cursor:
            cursor.execute(SPACE)
    the_leases_end()
    check_the_end(world, cluster)
