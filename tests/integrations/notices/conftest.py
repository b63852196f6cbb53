"""A house, a listener that answers as a test says, and time that goes by when a test says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
import time_machine
from django_scopes import scopes_disabled

from integrations.notices import queue
from integrations.notices.models import Notice, Subscriber
from integrations.services import subscribers
from tests.integrations.admin.house import House, build_house
from tests.support.http_server import ScriptedServer, serving

Drain = Callable[[], int]
START = dt.datetime(2026, 11, 18, 9, 0, tzinfo=dt.UTC)
"""A Wednesday, ten in the morning in Stockholm."""

CLOCKED = (
    "integrations.notices.queue",
    "integrations.notices.gather",
    "integrations.notices.alerts",
    "integrations.services.subscribers",
    "integrations.engine.retention",
    "integrations.engine.expected",
    "integrations.engine.forecasts",
)
"""Modules that ask the database for the time."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    """Time stands still; the database's clock is the same one."""
    with time_machine.travel(START, tick=False) as traveller:
        for module in CLOCKED:
            monkeypatch.setattr(f"{module}.db_now", lambda: dt.datetime.now(dt.UTC))
        yield traveller


@pytest.fixture
def house(db: None, clock: time_machine.Traveller) -> Iterator[House]:
    """The house, with nobody yet who is told what happens."""
    with scopes_disabled():
        built = build_house()
        Subscriber.objects.all().delete()
        Notice.objects.all().delete()
        yield built


@pytest.fixture
def listener() -> Iterator[ScriptedServer]:
    with serving(ScriptedServer()) as server:
        yield server


@pytest.fixture
def subscriber(house: House, listener: ScriptedServer, clock: time_machine.Traveller) -> Subscriber:
    clock.shift(600)  # the house was there before
    return subscribers.add(house.tenant, name="ERP", url=f"{listener.url}/hook", actor=house.customer)


@pytest.fixture
def drain() -> Drain:
    """Sends all that is due now, as a worker would. Returns how many."""

    def send() -> int:
        count = 0
        while (item := queue.claim("test")) is not None:
            queue.carry_out(item)
            count += 1
        return count

    return send
