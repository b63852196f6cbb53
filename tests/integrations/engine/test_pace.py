"""Reads that find nothing take at most a quarter of an allowance; the longer interval can be seen."""

from __future__ import annotations

import pytest

from integrations.engine import pace
from integrations.models import Feed, RateBudget
from integrations.services.feeds import schedule_in_words
from portal.common.clock import db_now
from tests.support.harness import Engine
from tests.support.pair import item


def allow(engine: Engine, calls: int | None) -> RateBudget:
    """The ledger allows so many calls an hour."""
    engine.read([])
    row = RateBudget.objects.get(feeds=engine.feed)
    row.allowance = calls
    row.save()
    return row


def siblings(engine: Engine, count: int, *, every: int = 60, idle_calls: int = 1) -> None:
    """More feeds that share the allowance."""
    row = RateBudget.objects.get(feeds=engine.feed)
    Feed.objects.update(interval_seconds=every, idle_calls=idle_calls)
    for number in range(count):
        Feed.objects.create(
            tenant=engine.tenant,
            connection=engine.ledger,
            key=f"other-{number}",
            interval_seconds=every,
            idle_calls=idle_calls,
            budget=row,
        )


def test_rule_12_idle_polling_takes_at_most_a_quarter_and_intervals_stretch_visibly(engine: Engine) -> None:
    allow(engine, 500)
    siblings(engine, 19)
    engine.read([])
    feed = engine.feed
    assert feed.stretched_seconds is not None
    calls_an_hour = 20 * 3600 / feed.stretched_seconds
    assert 120 <= calls_an_hour <= 125
    assert feed.due_at is not None
    assert abs((feed.due_at - db_now()).total_seconds() - feed.stretched_seconds) < 5
    assert f"stretched to {feed.stretched_seconds} s" in schedule_in_words(feed)


def test_what_an_idle_read_costs_is_counted(engine: Engine) -> None:
    allow(engine, 500)
    siblings(engine, 4, idle_calls=3)
    engine.read([], [], [])
    feed = engine.feed
    assert feed.idle_calls == 3
    assert feed.stretched_seconds is not None
    assert 5 * 3 * 3600 / feed.stretched_seconds <= 125


@pytest.mark.parametrize("calls", [None, 5000])
def test_where_there_is_enough_nothing_is_stretched(engine: Engine, calls: int | None) -> None:
    allow(engine, calls)
    siblings(engine, 4)
    engine.read([])
    assert engine.feed.stretched_seconds is None
    assert schedule_in_words(engine.feed) == "every 60 s"


def test_it_is_as_before_when_the_others_are_gone(engine: Engine) -> None:
    allow(engine, 500)
    siblings(engine, 19)
    engine.read([])
    Feed.objects.filter(key__startswith="other").update(paused_reason="not needed")
    engine.read([])
    assert engine.feed.stretched_seconds is None


def test_a_feed_by_the_clock_counts_by_the_clock(engine: Engine) -> None:
    row = allow(engine, 100)
    Feed.objects.update(schedule={"cron": ["*/30 * * * *"]}, interval_seconds=10)
    assert pace.idle_share(row, db_now()) == pytest.approx(2 / 100)


def test_a_read_that_brings_something_says_nothing_of_idle_ones(engine: Engine) -> None:
    engine.read([])
    engine.read([item("1")], [item("2")], [item("3")])
    assert engine.feed.idle_calls == 1
