"""Reading a period again, beside the live reading."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django_scopes import scope

from integrations.engine import backfill as engine_backfill
from integrations.engine.backfill import begin, cancel, claim_backfill, read_backfill
from integrations.engine.claim import sweep_leases
from integrations.engine.handle import RunHandle
from integrations.engine.schedule import anything_due, next_due
from integrations.engine.sessions import Sessions
from integrations.http.errors import Transient
from integrations.models import Backfill, Delivery, Feed, Issue, Record, Run, State
from portal.common.clock import db_now
from tests.support.harness import WORKER, Engine, Killed
from tests.support.pair import NOON, item, reading

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def ask(engine: Engine, start: dt.datetime = NOON - 10 * DAY, end: dt.datetime = NOON) -> Backfill:
    return begin(engine.feed, start=start, end=end, reason="The month was missing.", actor=None)


def sit(engine: Engine) -> RunHandle | None:
    """One sitting."""
    claimed = claim_backfill(WORKER)
    assert claimed is not None
    with scope(tenant=engine.tenant):
        return read_backfill(claimed, Sessions())


def old(count: int = 6) -> list[Any]:
    return [item(f"{n}", at=NOON - (n + 1) * DAY) for n in range(count)]


def test_rule_01_a_backfill_brings_a_period_and_leaves_the_cursor_alone(engine: Engine) -> None:
    reading("period")
    engine.pair.rows = [item("now", at=NOON + DAY)]
    engine.read()
    cursor, due = engine.feed.read_until, engine.feed.due_at
    engine.pair.rows = [*engine.pair.rows, *old()]
    row = ask(engine)
    assert anything_due()
    assert sit(engine) is not None
    row.refresh_from_db()
    assert (row.state, row.read, row.captured, row.covered_until) == (Backfill.State.DONE, 6, 6, row.window_to)
    assert row.ended_at is not None
    assert (engine.feed.read_until, engine.feed.due_at, engine.feed.resume) == (cursor, due, None)
    assert Run.objects.get(kind=Run.Kind.BACKFILL).outcome == Run.Outcome.DONE
    engine.deliver_all()
    assert {state for _, state in engine.states()} == {State.DELIVERED}
    assert len(engine.pair.there) == 7
    assert [a for a in engine.audited() if a.startswith("backfill.")] == ["backfill.begun", "backfill.done"]


def test_rule_01_what_is_there_already_is_not_sent_again(engine: Engine) -> None:
    reading("period")
    engine.pair.rows = old()
    engine.read()
    engine.deliver_all()
    ask(engine)
    sit(engine)
    row = Backfill.objects.get()
    assert (row.read, row.unchanged, row.captured) == (6, 6, 0)
    assert not Run.objects.filter(kind=Run.Kind.BACKFILL).exists()
    assert len(engine.pair.sent) == 6


def test_rule_01_only_the_period_is_taken_where_the_source_knows_no_end(engine: Engine) -> None:
    engine.pair.rows = [*old(), item("later", at=NOON + DAY)]
    engine.pair.pages = [engine.pair.rows]
    engine.pair.rows = None
    ask(engine)
    sit(engine)
    assert len(engine.records("later")) == 0
    assert Record.objects.count() == 6


def test_rule_15_a_backfill_never_overwrites_newer(engine: Engine) -> None:
    """While an old page is on its way, the live reading captures a newer version."""
    engine.pair.pages = [[item("1", "old", at=NOON - DAY)]]
    ask(engine)
    engine.pair.pages = [lambda: _meanwhile(engine, [item("1", "old", at=NOON - DAY)])]
    sit(engine)
    assert [(r.is_newest, bytes(r.payload.data or b"")[:8]) for r in engine.records("1")] == [
        (True, b"1: newer"),
        (False, b"1: old, "),
    ]
    engine.deliver_all()
    assert [o.body for o in engine.pair.there] == [b"original: 1: newer, Open"]


def test_rule_15_nor_where_the_source_states_no_times(engine: Engine) -> None:
    """What was asked for before the newest was captured is older than it."""
    ask(engine)
    engine.pair.pages = [lambda: _meanwhile(engine, [item("1", "old", at=None)], at=None)]
    sit(engine)
    assert [r.is_newest for r in engine.records("1")] == [True, False]
    assert bytes(engine.records("1")[0].payload.data or b"").startswith(b"1: newer")


def _meanwhile(engine: Engine, page: list[Any], *, at: dt.datetime | None = NOON) -> list[Any]:
    engine.read([item("1", "newer", at=at)])
    return page


def test_rule_15_one_backfill_a_feed_and_the_live_reading_beside_it(engine: Engine) -> None:
    row = ask(engine)
    with pytest.raises(ValidationError, match="under way"):
        ask(engine)
    with pytest.raises(IntegrityError), transaction.atomic():
        Backfill.objects.create(
            tenant=engine.tenant,
            feed=engine.feed,
            window_from=NOON,
            window_to=NOON,
            reason="-",
            due_at=NOON,
            created_at=NOON,
        )
    first = claim_backfill(WORKER)
    assert first is not None
    assert first.pk == row.pk
    assert claim_backfill("other:1:1") is None
    assert engine.read([item("live")]) is not None  # it holds no lock of the live reading
    assert len(engine.records("live")) == 1


@pytest.mark.parametrize("at_page", [1, 2, 4])
def test_rule_01_a_backfill_goes_on_after_a_kill(engine: Engine, at_page: int) -> None:
    reading("period")
    engine.pair.rows = old(9)
    row = ask(engine)
    killed: list[int] = []

    def kill(page: int) -> None:
        if page == at_page and not killed:
            killed.append(page)
            raise Killed

    engine.pair.between = kill
    with pytest.raises(Killed):
        sit(engine)
    assert claim_backfill(WORKER) is None  # its lease still holds
    Backfill.objects.update(lease_until=db_now() - HOUR)
    assert sit(engine) is not None
    row.refresh_from_db()
    assert (row.state, row.captured) == (Backfill.State.DONE, 9)
    assert Record.objects.count() == 9
    assert engine.pair.pages_read <= 5 + 2
    assert not Run.objects.filter(outcome=Run.Outcome.RUNNING).exists()


def test_a_backfill_can_be_cancelled_and_what_came_stays(engine: Engine) -> None:
    reading("period")
    engine.pair.rows = old(9)
    row = ask(engine)
    engine.pair.between = lambda page: cancel(row, reason="The wrong month.", actor=None) if page == 3 else None
    assert sit(engine) is None
    row.refresh_from_db()
    assert (row.state, row.problem) == (Backfill.State.CANCELLED, "The wrong month.")
    assert Record.objects.count() == 6
    assert claim_backfill(WORKER) is None
    assert not Run.objects.filter(outcome=Run.Outcome.RUNNING).exists()
    with pytest.raises(ValidationError, match="cancelled already"):
        cancel(row, reason="Again.", actor=None)
    ask(engine)  # a new one may begin


def test_its_progress_can_be_seen(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leaves its thread to others now and then, and goes on."""
    monkeypatch.setattr(engine_backfill, "YIELD_SECONDS", -1.0)
    reading("period")
    engine.pair.rows = old(6)
    row = ask(engine)
    seen = []
    for _ in range(4):
        sit(engine)
        row.refresh_from_db()
        seen.append((row.read, row.total, row.state))
        if row.state != Backfill.State.OPEN:
            break
    assert [s[0] for s in seen] == [2, 4, 6, 6]
    assert {s[1] for s in seen} == {6}
    assert row.state == Backfill.State.DONE
    assert Record.objects.count() == 6


def test_a_backfill_that_never_gets_anywhere_is_given_up_visibly(engine: Engine) -> None:
    engine.pair.pages = [Transient("Down.")]
    row = ask(engine)
    for _ in range(engine_backfill.GIVE_UP_AFTER):
        Backfill.objects.update(due_at=db_now())
        sit(engine)
    row.refresh_from_db()
    assert (row.state, row.problem) == (Backfill.State.FAILED, "Down.")
    assert "was given up" in Issue.objects.get().sentence
    assert next_due() == engine.feed.due_at
    again = ask(engine)
    engine.pair.pages = [[item("1", at=NOON - DAY)]]
    sit(engine)
    again.refresh_from_db()
    assert again.state == Backfill.State.DONE
    assert Issue.objects.get().status == Issue.Status.RESOLVED


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"reason": " "}, "Say why"),
        ({"start": NOON, "end": NOON}, "ends before it begins"),
        ({"end": dt.datetime(2100, 1, 1, tzinfo=dt.UTC)}, "not over yet"),
    ],
)
def test_what_is_no_period_is_refused(engine: Engine, change: dict[str, Any], sentence: str) -> None:
    values: dict[str, Any] = {"start": NOON - DAY, "end": NOON, "reason": "Because.", "actor": None}
    with pytest.raises(ValidationError, match=sentence):
        begin(engine.feed, **{**values, **change})


def test_an_inbox_has_no_periods(engine: Engine) -> None:
    reading("inbox")
    with pytest.raises(ValidationError, match="no period to choose"):
        ask(engine)


def test_a_dead_workers_backfill_is_free_at_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(engine)
    assert claim_backfill("gone:1:1") is not None
    monkeypatch.setattr("integrations.engine.claim.is_dead", lambda worker: worker == "gone:1:1")
    sweep_leases()
    assert claim_backfill(WORKER) is not None


def test_a_paused_feed_is_not_read_again_either(engine: Engine) -> None:
    ask(engine)
    Feed.objects.update(paused_reason="stocktaking")
    assert claim_backfill(WORKER) is None


def test_the_equation_of_a_backfills_run_adds_up(engine: Engine) -> None:
    reading("period")
    engine.pair.rows = old()
    ask(engine)
    sit(engine)
    run = Run.objects.get(kind=Run.Kind.BACKFILL)
    assert run.read == run.unchanged + run.captured == 6
    assert Delivery.objects.filter(run=run).count() == 6
