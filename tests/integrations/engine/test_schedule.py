"""What is due and when: what stands still is waited for by nobody."""

from __future__ import annotations

import datetime as dt

import pytest
from django.conf import settings
from django_q.models import OrmQ, Schedule

from integrations import tasks
from integrations.engine import dispatch, schedule
from integrations.engine.slice import SLOT_LEASE, give_slot_back, run_slot, take_slot
from integrations.engine.workers import host_name
from integrations.http.errors import Unknown
from integrations.models import Breaker, Delivery, Feed, State, WorkSlot
from integrations.services.feeds import pause_flow
from integrations.services.sides import stop_side
from integrations.services.tenants import stop_sending
from portal.audit.models import AuditEvent
from portal.common.clock import db_now
from portal.common.models import Installation
from tests.support.harness import Engine
from tests.support.pair import item

HOUR = dt.timedelta(hours=1)
LATER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def waiting(engine: Engine) -> Engine:
    """One delivery is due, and no feed for a long time."""
    engine.read([item("1")])
    Feed.objects.update(due_at=LATER)
    return engine


def near(moment: dt.datetime | None, wanted: dt.datetime) -> bool:
    return moment is not None and abs((moment - wanted).total_seconds()) < 5


def open_breaker(engine: Engine, until: dt.datetime) -> None:
    Breaker.objects.update_or_create(
        connection=engine.exchange,
        defaults={"tenant": engine.tenant, "position": Breaker.Position.OPEN, "probe_after": until},
    )


def test_a_due_delivery_is_due(waiting: Engine) -> None:
    assert schedule.anything_due()
    assert schedule.under_way(db_now()).exists()
    assert near(schedule.next_due(), db_now())


def test_a_due_feed_is_due(waiting: Engine) -> None:
    waiting.deliver_all()
    assert not schedule.anything_due()
    assert schedule.next_due() == LATER
    Feed.objects.update(due_at=db_now())
    assert schedule.anything_due()


@pytest.mark.parametrize(
    "why", ["flow paused", "tenant stopped", "side stopped", "behind a failed one", "connection off"]
)
def test_what_is_held_back_by_people_is_not_waited_for(waiting: Engine, why: str) -> None:
    match why:
        case "flow paused":
            pause_flow(waiting.flow(), reason="we look first", actor=None)
        case "tenant stopped":
            stop_sending(waiting.tenant, reason="stocktaking", actor=None)
        case "side stopped":
            stop_side(waiting.integration, "partner", reason="stocktaking", actor=None)
        case "behind a failed one":
            first = waiting.delivery("1")
            Delivery.objects.update(state=State.FAILED)
            first.pk, first.operation_key, first.state = None, "another", State.PENDING
            first.save()
        case "connection off":
            type(waiting.exchange).objects.update(enabled=False)
    assert not schedule.anything_due()
    assert schedule.next_due() in (None, LATER)
    assert not schedule.under_way(db_now()).exists()


@pytest.mark.parametrize("state", [State.PENDING, State.IN_DOUBT])
def test_what_waits_for_a_connection_that_is_not_called_waits_for_its_probe(waiting: Engine, state: State) -> None:
    Delivery.objects.update(state=state)
    probe = db_now() + HOUR
    open_breaker(waiting, probe)
    assert not schedule.anything_due()
    assert schedule.next_due() == probe
    open_breaker(waiting, db_now() - HOUR)
    assert schedule.anything_due()
    assert near(schedule.next_due(), db_now())


def test_a_verdict_is_due(waiting: Engine) -> None:
    waiting.pair.effects = [Unknown("No answer.")]
    waiting.deliver()
    assert schedule.anything_due()
    Delivery.objects.update(not_before=db_now() + HOUR)
    assert not schedule.anything_due()
    assert near(schedule.next_due(), db_now() + HOUR)


# --- Slots


def test_one_worker_is_always_left_free(engine: Engine) -> None:
    slots = [take_slot() for _ in range(settings.WORKERS)]
    assert [s is not None for s in slots] == [True] * (settings.WORKERS - 1) + [False]
    assert slots[0] is not None
    give_slot_back(slots[0])
    assert take_slot() is not None


def test_a_slot_whose_lease_ended_is_free(engine: Engine) -> None:
    assert take_slot() is not None
    assert WorkSlot.objects.get().lease_until <= db_now() + SLOT_LEASE  # type: ignore[operator]
    WorkSlot.objects.update(lease_until=db_now() - HOUR)
    assert take_slot() is not None


def test_a_slot_that_somebody_else_took_over_is_not_given_back(engine: Engine) -> None:
    slot = take_slot()
    assert slot is not None
    WorkSlot.objects.update(holder="elsewhere:1:1")
    give_slot_back(slot)
    assert WorkSlot.objects.get().lease_until is not None


def test_without_a_slot_a_task_ends_at_once(engine: Engine) -> None:
    for _ in range(settings.WORKERS):
        take_slot()
    assert run_slot() is None
    assert tasks.work() == "no slot free"


def test_a_task_works_until_nothing_is_due(live_engine: Engine) -> None:
    live_engine.pair.pages = [[item(str(n)) for n in range(6)]]
    live_engine.due()
    assert tasks.work() == "feeds 1, deliveries 6, verdicts 0, operations 0"
    assert {s for _, s in live_engine.states()} == {State.DELIVERED}
    assert WorkSlot.objects.get().lease_until is None


# --- Tasks


def test_the_tick_is_registered_once(engine: Engine) -> None:
    for _ in range(2):
        schedule.register_tick()
    row = Schedule.objects.get()
    assert (row.func, row.minutes, row.repeats) == ("integrations.tasks.tick", 1, -1)


def test_the_tick_beats_sweeps_seals_and_calls(live_engine: Engine) -> None:
    live_engine.read([item("1")])
    live_engine.claim()
    Delivery.objects.update(lease_until=db_now() - HOUR)
    OrmQ.objects.all().delete()
    said = tasks.tick()
    assert "freed 1" in said
    assert live_engine.states() == [("1", State.PENDING)]
    assert near(Installation.objects.get().heartbeat_at, db_now())
    assert not AuditEvent.objects.filter(seal=None).exists()
    assert OrmQ.objects.count() == 1


def test_calls_are_few_and_only_after_the_commit(live_engine: Engine) -> None:
    OrmQ.objects.all().delete()
    for _ in range(20):
        dispatch.wake()
    assert OrmQ.objects.count() == settings.WORKERS + 1
    OrmQ.objects.all().delete()
    from django.db import transaction

    with transaction.atomic():
        dispatch.wake()
        assert OrmQ.objects.count() == 0
        transaction.set_rollback(True)
    assert OrmQ.objects.count() == 0


def test_tasks_that_a_dead_cluster_took_do_not_count(live_engine: Engine) -> None:
    """They stay locked in the queue's table for ten minutes; nobody would be called."""
    OrmQ.objects.all().delete()
    for _ in range(settings.WORKERS + 1):
        dispatch.wake()
    OrmQ.objects.update(lock=db_now() + dt.timedelta(minutes=10))
    dispatch.wake()
    assert OrmQ.objects.filter(lock__lte=db_now()).count() == 1


def test_the_host_is_told_apart_by_its_process_namespace() -> None:
    assert host_name()
