"""The allowance of calls: one for all who share it, corrected by what the source says."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scopes_disabled

from integrations.http import budget
from integrations.http.budget import BACKGROUND_SHARE, PEOPLE_SHARE, RateReading
from integrations.http.errors import RateLimited, retry_after
from integrations.http.session import Session
from integrations.models import Connection, RateBudget
from integrations.selectors import CallsLeft
from portal.common.clock import db_now
from tests.support.database import environment, in_threads
from tests.support.http_server import Says, ScriptedServer

HOUR = dt.timedelta(hours=1)


def rows(connection: Connection, allowance: int | None = 100) -> RateBudget:
    return budget.budget_of(connection, ("app", "company"), allowance=allowance, window=HOUR)


def use_up(row: RateBudget, *, for_people: bool = False) -> int:
    taken = 0
    while True:
        try:
            budget.take(row, for_people=for_people)
        except RateLimited:
            return taken
        taken += 1


def test_rule_12_calls_are_counted_and_a_share_is_kept_for_people(connection: Connection) -> None:
    row = rows(connection)
    assert use_up(row) == int(100 * (1 - PEOPLE_SHARE))
    assert use_up(row, for_people=True) == 100 - int(100 * (1 - PEOPLE_SHARE))
    with pytest.raises(RateLimited) as caught:
        budget.take(row, for_people=True)
    row.refresh_from_db()
    assert caught.value.retry_at == row.resets_at


def test_rule_12_what_is_read_again_leaves_calls_for_what_is_new(connection: Connection) -> None:
    row = rows(connection)
    taken = int(100 * BACKGROUND_SHARE)
    for _ in range(taken):
        budget.take(row, in_background=True)
    with pytest.raises(RateLimited):
        budget.take(row, in_background=True)
    assert use_up(row) == int(100 * (1 - PEOPLE_SHARE)) - taken


@pytest.mark.parametrize(
    ("used", "minutes", "ends_after"),
    [(50, 30, None), (80, 40, 10), (100, 30, 0), (10, 1, None), (0, 30, None), (60, 20, 13)],
    ids=["enough", "before the end", "used up", "too early to tell", "unused", "soon"],
)
def test_rule_12_it_is_foreseen_when_the_calls_are_used_up(
    connection: Connection, used: int, minutes: int, ends_after: int | None
) -> None:
    now = db_now()
    row = rows(connection)
    row.used, row.resets_at = used, now + HOUR - dt.timedelta(minutes=minutes)
    found = budget.used_up_at(row, now)
    if ends_after is None:
        assert found is None
    else:
        assert found is not None
        assert round((found - now).total_seconds() / 60) == ends_after


def test_rule_12_the_forecast_is_a_sentence_by_the_tenants_clocks(connection: Connection) -> None:
    noon = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
    left = CallsLeft("Visma", 1, 500, 40, noon + HOUR / 2, None, noon + HOUR / 6)
    assert left.forecast("Europe/Stockholm") == "The 500 calls are used up at 14:10; they are there again at 14:30."
    gone = CallsLeft("Visma", 1, 500, 0, noon + HOUR / 2, None, noon)
    assert gone.forecast("Europe/Helsinki") == "The 500 calls are used up; they are there again at 15:30."
    assert CallsLeft("Visma", 1, 500, 400, noon, None).forecast("Europe/Helsinki") == ""


def test_a_new_window_begins_anew(connection: Connection) -> None:
    row = rows(connection)
    use_up(row)
    RateBudget.objects.update(resets_at=db_now() - HOUR)
    budget.take(row)
    row.refresh_from_db()
    assert row.used == 1


def test_rule_12_credential_and_company_share_one_row(connection: Connection) -> None:
    same = Connection.objects.create(tenant=connection.tenant, key="y", system="x", name="Y")
    other = Connection.objects.create(tenant=connection.tenant, key="z", system="other", name="Z")
    assert rows(connection).pk == rows(same).pk
    assert rows(connection).pk != rows(other).pk
    company = budget.budget_of(connection, ("app", "another"), allowance=100, window=HOUR)
    assert company.pk != rows(connection).pk


def test_rule_12_a_429_stops_everybody_until_its_reset(connection: Connection) -> None:
    for allowance, identity in ((100, "counted"), (None, "uncounted")):
        row = budget.budget_of(connection, (identity,), allowance=allowance, window=HOUR)
        until = db_now() + HOUR
        budget.block(row, until)
        budget.block(row, until - HOUR / 2)
        with pytest.raises(RateLimited) as caught:
            budget.take(row)
        assert caught.value.retry_at == until
        with pytest.raises(RateLimited):
            budget.take(row, for_people=True)


def test_what_the_source_says_only_lowers_what_is_left(connection: Connection) -> None:
    row = rows(connection)
    budget.take(row)
    budget.learn(row, RateReading(allowance=50, remaining=10, resets_in=HOUR / 2))
    row.refresh_from_db()
    assert (row.allowance, row.used) == (50, 40)
    assert row.resets_at is not None
    assert row.resets_at <= db_now() + HOUR / 2
    budget.learn(row, RateReading(allowance=50, remaining=30))  # an answer that was late
    row.refresh_from_db()
    assert row.used == 40


def test_where_nothing_is_stated_nothing_is_written(connection: Connection) -> None:
    row = rows(connection, allowance=None)
    with CaptureQueriesContext(database) as said:
        budget.take(row)
    assert all(query["sql"].lstrip().upper().startswith("SELECT") for query in said.captured_queries)


def test_a_429_without_reset_ends_with_its_retry_after(
    connection: Connection, open_session: Callable[..., Session], server: ScriptedServer
) -> None:
    """It says that nothing is left, and when to come again; not that the whole hour is lost."""

    def rate(headers: object, now: dt.datetime) -> RateReading:
        return RateReading(allowance=100, remaining=0)

    session = open_session(connection, rate=rate, allowance=100)
    server.script = [Says(429, None, {"Retry-After": "4"})]
    with pytest.raises(RateLimited):
        session.get("/things")
    row = RateBudget.objects.get(pk=budget.budget_of(connection, ("x",), allowance=100, window=HOUR).pk)
    assert row.resets_at is not None
    assert row.resets_at <= db_now() + dt.timedelta(seconds=5)


def test_rule_12_threads_never_take_more_than_there_is(live_connection: Connection) -> None:
    row = rows(live_connection, allowance=60)

    def take(number: int) -> int:
        with scopes_disabled():
            return use_up(row)

    assert sum(n for n in in_threads(6, take) if isinstance(n, int)) == 54


CALLS = 25
_PROGRAM = """
import sys, django
django.setup()
from django.utils import timezone
from django_scopes import scopes_disabled
from integrations.http.errors import RateLimited, retry_after
from integrations.models import Connection
from integrations.systems.registry import system
with scopes_disabled():
    connection = Connection.objects.get(pk=int(sys.argv[1]))
    session = system("visma").session(connection)
    for _ in range(int(sys.argv[2])):
        try:
            session.get("v1/branch")
        except RateLimited:
            break
"""


@pytest.mark.timeout(120)
def test_rule_12_four_processes_meet_at_most_one_429(world, own_folder: Path) -> None:  # type: ignore[no-untyped-def]
    """The source allows forty calls; four processes want a hundred."""
    world.simulators.options("visma", rate_limit=40)
    connection = world.connection("visma")
    Connection.objects.filter(pk=connection.pk).update(settings={**connection.settings, "calls_per_hour": 500})
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(connection.pk), str(CALLS)],
            cwd=settings.BASE_DIR,
            env={"PATH": "", **environment(own_folder)},
        )
        for _ in range(4)
    ]
    assert [worker.wait(100) for worker in workers] == [0, 0, 0, 0]
    entries = [e for e in world.simulators.requests("visma") if not e["path"].endswith("/connect/token")]
    assert [e["status"] for e in entries].count(429) <= 1
    assert [e["status"] for e in entries].count(200) >= 30
    logins = [e for e in world.simulators.requests("visma") if e["path"].endswith("/connect/token")]
    assert len(logins) == 1


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"Retry-After": "40"}, 40),
        ({"Retry-After": "Sat, 21 Nov 2026 10:00:40 GMT", "Date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 40),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}, 30),
        ({"Retry-After": "soon", "Date": "nonsense"}, None),
    ],
    ids=["seconds", "a date by its own clock", "a date by no clock", "nonsense"],
)
def test_rule_12_when_to_come_again_is_by_the_clock_of_whoever_says_it(
    said: dict[str, str], seconds: int | None
) -> None:
    now = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
    assert retry_after(said, now) == (None if seconds is None else now + dt.timedelta(seconds=seconds))


@pytest.mark.skipif(database.vendor == "sqlite", reason="There all hosts are one, with one clock.")
@pytest.mark.parametrize("off", [-HOUR, HOUR], ids=["behind", "ahead"])
def test_rule_12_a_429_stops_all_hosts_though_the_clock_of_the_one_that_heard_it_is_wrong(
    session: Session, server: ScriptedServer, off: dt.timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: true() + off)
    server.script = [Says(429, None, {"Retry-After": "40"})]
    with pytest.raises(RateLimited) as caught:
        session.get("/things")
    assert abs(caught.value.retry_at - db_now() - dt.timedelta(seconds=40)) < dt.timedelta(minutes=1)
    with pytest.raises(RateLimited):
        session.get("/things")
    assert len(server.asked) == 1
