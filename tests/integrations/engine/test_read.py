"""Reading: window, overlap, resuming, the source's clock, and what a read that fails leaves."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django_scopes import scope, scopes_disabled

from integrations.engine.hints import make_due
from integrations.engine.read import CONFIG_PAUSE, claim_feed, opens, read_feed
from integrations.engine.sessions import Sessions
from integrations.http.errors import (
    ConfigError,
    Paused,
    RateLimited,
    Rejected,
    Transient,
    Unauthorized,
)
from integrations.models import Connection, Exchange, Feed, Issue, Record, Run
from integrations.services.feeds import pause_feed, resume_feed, run_now, set_cursor
from integrations.systems.contract import Item
from portal.common.clock import db_now
from tests.support.database import in_threads
from tests.support.harness import WORKER, Engine, Killed
from tests.support.pair import NOON, item

HOUR = dt.timedelta(hours=1)
LATER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def near(moment: dt.datetime | None, wanted: dt.datetime, *, seconds: float = 5) -> bool:
    return moment is not None and abs((moment - wanted).total_seconds()) < seconds


# --- The window


def test_rule_01_the_first_read_begins_at_the_beginning_and_ends_before_now(engine: Engine) -> None:
    Feed.objects.update(settle_seconds=30)
    engine.read([item("1")])
    (window,) = engine.pair.windows
    assert window.start is None
    assert near(window.end, db_now() - dt.timedelta(seconds=30))
    assert engine.feed.read_until == window.end


def test_rule_01_the_next_begins_an_overlap_before_the_cursor(engine: Engine) -> None:
    engine.read([item("1")])
    first = engine.feed.read_until
    assert first is not None
    engine.read([item("1")])
    assert engine.pair.windows[1].start == first - dt.timedelta(seconds=60)


def test_rule_01_late_and_equal_times_are_neither_lost_nor_doubled(engine: Engine) -> None:
    """While pages are read, rows appear with earlier, equal and later times of change, and some come twice."""
    early, same = NOON - HOUR, NOON
    engine.read(
        [item("1", at=same), item("2", at=same)],
        [item("2", at=same), item("3", at=early), item("4", at=NOON + HOUR)],
    )
    engine.read([item("5", at=same), item("3", at=early)], [item("1", at=same), item("4", "newer", at=NOON + HOUR)])
    assert sorted(Record.objects.filter(is_newest=True).values_list("source_id", flat=True)) == list("12345")
    assert [len(engine.deliveries(n)) for n in "12345"] == [1, 1, 1, 2, 1]


def test_the_cursor_never_goes_back_by_itself(engine: Engine) -> None:
    engine.read([item("1")])
    ahead = db_now() + HOUR
    Feed.objects.update(read_until=ahead)
    engine.read([item("1")])
    assert engine.feed.read_until == ahead


def test_a_read_that_fails_moves_no_cursor(engine: Engine) -> None:
    engine.read([item("1")])
    cursor = engine.feed.read_until
    engine.read([item("2")], Transient("It is down."))
    assert engine.feed.read_until == cursor
    assert len(engine.records("2")) == 1  # what came is kept


# --- Whose clock


@pytest.mark.parametrize("behind", [dt.timedelta(hours=1), dt.timedelta(seconds=4)])
def test_rule_02_a_source_whose_clock_is_behind_loses_nothing(engine: Engine, behind: dt.timedelta) -> None:
    """Its records of the next hour carry times before ours: the cursor must not stand in its future."""
    engine.pair.date = db_now() - behind
    engine.read([item("1")])
    theirs = db_now() - behind
    cursor = engine.feed.read_until
    assert cursor is not None
    assert cursor <= theirs + dt.timedelta(seconds=1)


def test_rule_02_a_source_whose_clock_is_ahead_is_read_by_its_own(engine: Engine) -> None:
    engine.pair.date = db_now() + HOUR
    engine.read([item("1")])
    engine.pair.date = db_now() + HOUR
    engine.read([item("1")])
    assert near(engine.pair.windows[1].end, db_now() + HOUR)


def test_rule_02_the_second_that_a_date_header_cuts_off_is_no_difference(engine: Engine) -> None:
    engine.pair.date = db_now() - dt.timedelta(seconds=1)
    engine.read([item("1")])
    assert engine.feed.clock_skew_ms == 0


# --- Interrupted reads


def test_a_read_that_was_killed_goes_on_where_it_stood(engine: Engine) -> None:
    engine.pair.resumable = True

    def kill() -> Any:
        raise Killed

    with pytest.raises(Killed):
        engine.read([item("1")], [item("2")], kill, [item("4")])
    first = engine.pair.windows[0]
    assert engine.feed.resume is not None
    engine.later()
    engine.pair.pages[2] = [item("3")]
    engine.read()
    assert engine.pair.places == [None, {"page": 2}]
    assert engine.pair.windows[1] == first
    assert [len(engine.records(n)) for n in "1234"] == [1, 1, 1, 1]
    assert (engine.feed.resume, engine.feed.read_until) == (None, first.end)
    assert sorted(Run.objects.values_list("outcome", flat=True)) == [Run.Outcome.ABANDONED, Run.Outcome.DONE]


def test_a_read_without_a_place_begins_its_window_again(engine: Engine) -> None:
    engine.read([item("1")], Transient("Down."))
    assert engine.feed.resume is None
    engine.read([item("1")], [item("2")])
    assert engine.pair.places == [None, None]
    assert len(engine.records("1")) == 1


def test_rule_15_two_workers_never_read_a_feed_at_once(engine: Engine) -> None:
    engine.due()
    assert claim_feed(WORKER) is not None
    assert claim_feed(WORKER) is None
    engine.later()
    again = claim_feed(WORKER)
    assert again is not None
    assert again.fence == 2


def test_threads_never_claim_the_same_feed(live_engine: Engine) -> None:
    live_engine.due()

    def claim(number: int) -> int | None:
        with scopes_disabled():
            feed = claim_feed(f"elsewhere:{number}:1")
        return feed.pk if feed else None

    assert sorted(pk for pk in in_threads(6, claim) if pk is not None) == [live_engine.feed.pk]


def test_rule_15_a_worker_that_was_believed_dead_writes_nothing_more(engine: Engine) -> None:
    def overtaken() -> Any:
        Feed.objects.update(fence=99)
        return [item("2")]

    engine.read([item("1")], overtaken)
    assert [len(engine.records(n)) for n in "12"] == [1, 0]
    assert engine.feed.fence == 99
    assert engine.feed.read_until is None


def test_rule_15_nor_does_one_that_found_nothing_move_the_cursor(engine: Engine) -> None:
    def overtaken() -> Any:
        Feed.objects.update(fence=99, lease_until=LATER)
        return [item("1")]

    engine.read([item("1")])
    before = Feed.objects.values("read_until", "due_at", "lease_until", "history").get()
    engine.read([item("1")], overtaken)
    after = Feed.objects.values("read_until", "due_at", "lease_until", "history").get()
    assert after["lease_until"] == LATER, "whoever has it keeps it"
    assert (after["read_until"], after["history"]) == (before["read_until"], before["history"])


def test_a_long_read_without_news_keeps_its_lease(engine: Engine, monkeypatch: Any) -> None:
    """Otherwise others take it over again and again, and it never ends."""
    engine.read([item("1")])
    leases = []

    def look() -> Any:
        leases.append(engine.feed.lease_until)
        return [item("1")]

    clock = iter(range(0, 10_000, 40))
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    engine.read(*[look for _ in range(6)])
    assert len(set(leases)) > 3


# --- Feeds that are read, and when


def test_what_is_found_says_when_it_is_read_again(engine: Engine) -> None:
    engine.read([item("1")])
    feed = engine.feed
    assert near(feed.due_at, db_now() + dt.timedelta(seconds=feed.interval_seconds))
    assert (feed.lease_until, feed.leased_by, feed.failures, feed.last_problem) == (None, "", 0, "")
    assert feed.history[-1] == 1


def test_idle_reading_writes_one_row_and_no_more(engine: Engine) -> None:
    """Fifty tenants that poll must cost nothing."""
    engine.read([item("1")], [item("2")])
    engine.due()
    with CaptureQueriesContext(database) as queries:
        engine.read([item("1")], [item("2")])
    writes = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert {sql.split()[1].strip('"') for sql in writes} == {"integrations_feed"}
    assert len(writes) <= 3  # made due, claimed, given back


@pytest.mark.parametrize("switch", ["off", "paused", "connection off", "not due"])
def test_a_feed_that_is_not_to_be_read_is_not_claimed(engine: Engine, switch: str) -> None:
    engine.due()
    match switch:
        case "off":
            Feed.objects.update(enabled=False)
        case "paused":
            pause_feed(engine.feed, reason="stocktaking", actor=None)
        case "connection off":
            Connection.objects.update(enabled=False)
        case "not due":
            Feed.objects.update(due_at=LATER)
    assert claim_feed(WORKER) is None


def test_what_people_do_to_feeds(engine: Engine) -> None:
    engine.read([item("1")])
    feed = engine.feed
    run_now(feed)
    assert near(engine.feed.due_at, db_now())
    pause_feed(feed, reason="stocktaking", actor=None)
    resume_feed(feed, actor=None)
    assert engine.feed.paused_reason == ""
    set_cursor(feed, read_until=None, reason="read it all again", actor=None)
    assert (engine.feed.read_until, engine.feed.resume) == (None, None)
    handle = engine.read([item("1")])
    assert handle is not None
    assert handle.counts.unchanged == 1
    assert [a for a in engine.audited() if a.startswith("feed.")] == [
        "feed.captured",
        "feed.run_now",
        "feed.paused",
        "feed.resumed",
        "feed.cursor_moved",
    ]


# --- Faults


@pytest.mark.parametrize(
    ("fault", "due_in", "tells"),
    [
        (Transient("Down."), dt.timedelta(seconds=2), False),
        (Transient("Down.", retry_after=HOUR), HOUR, False),
        (RateLimited("Too many.", retry_at=LATER, status=429), None, False),
        (Paused("Not now.", retry_at=LATER), None, False),
        (ConfigError("It may not."), CONFIG_PAUSE, True),
        (Unauthorized("Who are you?"), CONFIG_PAUSE, True),
        (Rejected("It does not know this filter."), dt.timedelta(seconds=2), True),
        (ValueError("a bug"), dt.timedelta(seconds=32), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_rule_11_each_fault_says_when_it_is_tried_again_and_who_is_told(
    engine: Engine, fault: Exception, due_in: dt.timedelta | None, tells: bool
) -> None:
    engine.read(fault)
    feed = engine.feed
    assert feed.due_at is not None
    assert feed.lease_until is None
    if due_in is None:
        assert feed.due_at == LATER
        assert feed.failures == 0
    else:
        assert db_now() < feed.due_at <= db_now() + due_in
        assert feed.failures == 1
    assert Issue.objects.filter(status=Issue.Status.OPEN).exists() == tells

    engine.read([item("1")])
    assert not Issue.objects.filter(status=Issue.Status.OPEN).exists()
    assert (engine.feed.failures, engine.feed.last_problem) == (0, "")


def test_an_outage_is_told_after_a_while(engine: Engine) -> None:
    for _ in range(3):
        engine.read(Transient("Down."))
    assert not Issue.objects.exists()
    engine.read(Transient("Down."))
    issue = Issue.objects.get()
    assert issue.who == Issue.Who.OTHER_SIDE
    assert "Papers cannot be read: Down." in issue.sentence


def test_a_run_that_fails_says_so_and_counts_what_it_kept(engine: Engine) -> None:
    engine.read([item("1"), item("2")], Transient("Down."))
    run = Run.objects.get()
    assert (run.outcome, run.problem, run.captured, run.pages) == (Run.Outcome.FAILED, "Down.", 2, 1)
    assert run.ended_at is not None


def test_rule_17_what_we_do_not_have_is_never_confirmed(engine: Engine) -> None:
    def overtaken() -> Any:
        Feed.objects.update(fence=99)
        return [item("2")]

    engine.read([item("1")], overtaken)
    assert engine.pair.confirmed == ["1"]


def test_an_unchanged_item_is_confirmed_again(engine: Engine) -> None:
    """A confirmation that was lost must not leave the item in its inbox for ever."""
    engine.read([item("1")])
    engine.read([item("1")])
    assert engine.pair.confirmed == ["1", "1"]


# --- Poison


@pytest.mark.parametrize(
    "poison",
    [
        {"source_id": "x" * 300},
        {"business_number": "5\x00001"},
        {"status": "A status that is far longer than any status that a source has ever had"},
        {"kind": "k" * 60},
        {"source_version": "v" * 300, "business_number": "n" * 300},
    ],
    ids=["long id", "null character", "long status", "long kind", "long version and number"],
)
def test_rule_09_one_bad_item_stops_neither_its_page_nor_its_feed(engine: Engine, poison: dict[str, str]) -> None:
    bad = {"source_id": "bad", "business_number": "bad", **poison}
    engine.read([item("1"), item("bad", **bad), item("2")], [item("3")])
    engine.deliver_all()
    assert [len(engine.pair.arrived(n)) for n in "123"] == [1, 1, 1]
    assert Record.objects.count() == 4
    assert engine.feed.read_until is not None
    engine.read([item("1"), item("bad", **bad), item("2")], [item("3")])
    assert Record.objects.count() == 4


def test_rule_09_a_flow_that_trips_over_one_item_fails_only_that(engine: Engine) -> None:
    def accepts(record: Any, settings: Any) -> Any:
        from integrations.flows.contract import Take

        return Take("send") if record.source_id != "bad" else 1 / 0

    engine.pair.accepts = accepts
    engine.read([item("1"), item("bad"), item("2")])
    engine.deliver_all()
    assert [len(engine.pair.arrived(n)) for n in ("1", "bad", "2")] == [1, 0, 1]
    (record,) = engine.records("bad")
    assert "ZeroDivisionError" in record.problem
    assert engine.feed.read_until is not None


def test_exchanges_of_a_read_that_found_nothing_are_not_kept(engine: Engine) -> None:
    engine.read([])
    assert not Exchange.objects.exists()


# --- The schedule


MORNINGS = {"cron": ["30 6 * * *"]}


def quiet_now(engine: Engine) -> dt.datetime:
    """Has quiet hours lie around now, to the minute. Returns when they end."""
    now = db_now().astimezone(ZoneInfo(engine.tenant.time_zone))
    begin, end = now - HOUR, now + HOUR
    Feed.objects.filter(pk=engine.feed.pk).update(schedule={"quiet_hours": [f"{begin:%H:%M}-{end:%H:%M}"]})
    return end.replace(second=0, microsecond=0)


def test_after_a_read_the_feed_is_due_by_its_schedule(engine: Engine) -> None:
    Feed.objects.filter(pk=engine.feed.pk).update(schedule=MORNINGS)
    engine.read([])
    assert engine.feed.due_at is not None
    due = engine.feed.due_at.astimezone(ZoneInfo(engine.tenant.time_zone))
    assert (due.hour, due.minute) == (6, 30)
    assert due > db_now()


def test_a_further_try_after_a_fault_waits_for_the_end_of_quiet_hours(engine: Engine) -> None:
    end = quiet_now(engine)
    engine.read(Transient("Away for a moment."))
    assert engine.feed.due_at == end


def test_a_hint_does_not_wait_for_the_cron_line_but_for_the_end_of_quiet_hours(engine: Engine) -> None:
    Feed.objects.filter(pk=engine.feed.pk).update(schedule=MORNINGS)
    now = db_now()
    assert opens(engine.feed, now) == now
    end = quiet_now(engine)
    assert opens(engine.feed, now) == end


def hint(engine: Engine, at: dt.datetime) -> None:
    with transaction.atomic():
        make_due(engine.feed.connection_id, [engine.feed.key], at=at, now=db_now())


def test_a_hint_that_comes_while_the_feed_is_read_has_it_read_again(engine: Engine) -> None:
    """What it speaks of is older than the window's end, but may have been committed after the list was asked for."""
    Feed.objects.filter(pk=engine.feed.pk).update(interval_seconds=600)
    engine.read([])
    before = db_now() - dt.timedelta(seconds=5)
    for _ in range(2):  # also one that says no more than the one before

        def meanwhile() -> list[Item]:
            hint(engine, before)
            return []

        engine.read(meanwhile)
        assert near(engine.feed.due_at, db_now())
    engine.read([])
    assert near(engine.feed.due_at, db_now() + dt.timedelta(seconds=600), seconds=90)


def test_a_hint_that_the_read_has_seen_is_done(engine: Engine) -> None:
    Feed.objects.filter(pk=engine.feed.pk).update(interval_seconds=600)
    engine.read([])
    hint(engine, db_now())
    assert near(engine.feed.due_at, db_now())
    engine.read([])
    assert engine.feed.hinted_for is None
    assert near(engine.feed.due_at, db_now() + dt.timedelta(seconds=600), seconds=90)


def test_a_hint_at_a_source_whose_clock_is_late_is_done_after_one_read(engine: Engine) -> None:
    Feed.objects.filter(pk=engine.feed.pk).update(interval_seconds=600)
    engine.pair.date = db_now() - dt.timedelta(seconds=90)
    engine.read([])
    assert engine.feed.clock_skew_ms < -80_000
    hint(engine, db_now())
    engine.pair.date = db_now() - dt.timedelta(seconds=90)
    engine.read([])
    assert engine.feed.hinted_for is None
    assert near(engine.feed.due_at, db_now() + dt.timedelta(seconds=600), seconds=90)


def test_what_another_feed_heard_of_the_time_is_no_clock_of_this_one(engine: Engine) -> None:
    """Feeds of one connection share a session. One that asks nobody was taken for late by the age of the last answer,
    and a hint had it read again and again."""
    Feed.objects.filter(pk=engine.feed.pk).update(interval_seconds=600, clock_skew_ms=-40_000)
    sessions = Sessions()
    sessions.of(engine.ledger).last_date = db_now() - dt.timedelta(seconds=90)
    hint(engine, db_now())
    for _ in range(2):  # the first finds what an earlier release left
        feed = claim_feed(WORKER, only={engine.feed.pk})
        assert feed is not None
        with scope(tenant=engine.tenant):
            read_feed(feed, sessions)
    assert engine.feed.clock_skew_ms == 0
    assert engine.feed.hinted_for is None
    assert claim_feed(WORKER, only={engine.feed.pk}) is None


def test_a_schedule_of_a_later_release_leaves_the_interval(engine: Engine) -> None:
    Feed.objects.filter(pk=engine.feed.pk).update(schedule={"moon": "full"}, interval_seconds=60)
    engine.read([])
    assert near(engine.feed.due_at, db_now() + dt.timedelta(seconds=60), seconds=30)
