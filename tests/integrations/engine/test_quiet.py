"""Nothing where there was always something."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from integrations.engine.quiet import WEEKS, look_at_days
from integrations.models import Feed, Issue, Run, State
from portal.common.clock import db_now
from tests.support.harness import Engine
from tests.support.pair import item, reading


def runs_on(engine: Engine, days: list[dt.date]) -> None:
    """The feed brought something on these days, by the tenant's calendar."""
    zone = ZoneInfo(engine.tenant.time_zone)
    for day in days:
        at = dt.datetime.combine(day, dt.time(9), tzinfo=zone)
        Run.objects.create(
            tenant=engine.tenant,
            feed=engine.feed,
            trigger="schedule",
            fence=1,
            captured=3,
            outcome=Run.Outcome.DONE,
            started_at=at,
            ended_at=at,
        )


def yesterday(engine: Engine) -> dt.date:
    return db_now().astimezone(ZoneInfo(engine.tenant.time_zone)).date() - dt.timedelta(days=1)


def weeks_before(day: dt.date) -> list[dt.date]:
    return [day - dt.timedelta(weeks=n) for n in range(1, WEEKS + 1)]


def test_rule_01_a_day_without_records_that_always_had_some_is_told(engine: Engine) -> None:
    engine.read([])
    runs_on(engine, weeks_before(yesterday(engine)))
    assert look_at_days(db_now()) == 1
    issue = Issue.objects.get()
    assert (issue.error_class, issue.who) == ("quiet", Issue.Who.CUSTOMER)
    assert f"{yesterday(engine):%A %Y-%m-%d}" in issue.sentence
    assert look_at_days(db_now()) == 0  # it is told once
    Issue.objects.update(status=Issue.Status.DISMISSED)
    assert look_at_days(db_now()) == 0
    Issue.objects.update(status=Issue.Status.OPEN)
    engine.read([item("1")])
    assert Issue.objects.get().status == Issue.Status.RESOLVED


def test_a_day_that_is_sometimes_quiet_is_not_told(engine: Engine) -> None:
    engine.read([])
    runs_on(engine, weeks_before(yesterday(engine))[:-1])
    assert look_at_days(db_now()) == 0


def test_a_day_that_brought_something_is_not_told(engine: Engine) -> None:
    engine.read([])
    day = yesterday(engine)
    runs_on(engine, [day, *weeks_before(day)])
    assert look_at_days(db_now()) == 0


def test_a_feed_that_is_paused_or_fails_is_told_of_elsewhere(engine: Engine) -> None:
    engine.read([])
    runs_on(engine, weeks_before(yesterday(engine)))
    Feed.objects.update(failures=2)
    assert look_at_days(db_now()) == 0
    Feed.objects.update(failures=0, paused_reason="stocktaking")
    assert look_at_days(db_now()) == 0


def test_rule_18_a_whole_list_that_is_empty_is_told_and_cancels_nothing(engine: Engine) -> None:
    reading("whole")
    engine.send(item("1"), item("2"))
    engine.read([])
    issue = Issue.objects.get()
    assert "2 stood in it the last time" in issue.sentence
    engine.read([])
    assert Issue.objects.get().occurrences == 1
    assert engine.states() == [("1", State.DELIVERED), ("2", State.DELIVERED)]
    engine.read([item("1"), item("2")])
    assert Issue.objects.get().status == Issue.Status.RESOLVED
    assert len(engine.pair.sent) == 2


def test_rule_18_what_is_missing_from_a_read_is_no_delete(engine: Engine) -> None:
    """Only a status that the source states cancels; an absence never does."""
    reading("whole")
    engine.send(item("1"), item("2"))
    engine.send(item("1"))
    assert [r.is_newest for r in engine.records("2")] == [True]
    assert [o.purpose for o in engine.pair.there] == ["original", "original"]
    engine.send(item("1"), item("2", status="Cancelled"))
    assert [o.purpose for o in engine.pair.arrived("2")] == ["original", "cancellation"]
