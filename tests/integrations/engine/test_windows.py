"""Long windows: read in stretches of time, while the list changes, and gone on with after a kill."""

from __future__ import annotations

import datetime as dt

import pytest
from django_scopes import scope

from integrations.engine import pull
from integrations.engine.read import claim_feed, read_feed
from integrations.engine.sessions import Sessions
from integrations.models import Record, Run
from integrations.systems.contract import Item, Window
from tests.support.harness import WORKER, Engine, Killed
from tests.support.pair import NOON, item, reading

HOUR = dt.timedelta(hours=1)
MANY = 230
"""Records of the window: 115 pages of two, more than are read in one go."""


def ledger(count: int = MANY) -> list[Item]:
    """Records that changed all over a year, listed in no order."""
    rows = [item(f"{n:03}", at=NOON - n * 38 * HOUR) for n in range(count)]
    return rows[1::2] + rows[0::2][::-1]


def captured() -> list[str]:
    return sorted(Record.objects.filter(is_newest=True).values_list("source_id", flat=True))


def test_rule_01_a_window_over_fifty_pages_is_split_by_time(engine: Engine) -> None:
    reading("period")
    engine.pair.rows = ledger()
    handle = engine.read()
    assert handle is not None
    assert captured() == sorted(row.source_id for row in engine.pair.rows)
    asked = engine.pair.windows
    whole = asked[0]
    taken = [w for w in asked if w.end < whole.end or w is asked[-1]]
    assert len(taken) > 1
    assert asked[-1].end == whole.end
    assert engine.feed.read_until == whole.end  # it moves when the whole window is read
    assert Run.objects.get().captured == MANY
    pages = MANY / engine.pair.page_size
    assert engine.pair.pages_read < 1.5 * pages + 20


def test_rule_01_without_a_count_it_is_split_once_it_shows_to_be_long(engine: Engine) -> None:
    reading("period")
    engine.pair.rows, engine.pair.counts = ledger(), False
    engine.read()
    assert captured() == sorted(row.source_id for row in engine.pair.rows)
    assert len(engine.pair.windows) > 2


def test_rule_01_a_source_that_takes_one_bound_is_read_in_one_go(engine: Engine) -> None:
    engine.pair.rows = ledger()
    engine.read()
    assert len(engine.pair.windows) == 1
    assert len(captured()) == MANY


def test_rule_01_what_changed_all_at_once_is_read_in_one_go(engine: Engine) -> None:
    """Halving time cannot part what has one time: the split must come to an end."""
    reading("period")
    engine.pair.rows = [item(f"{n:03}", at=NOON) for n in range(MANY)]
    engine.read()
    assert len(captured()) == MANY
    assert len(engine.pair.windows) < 100


@pytest.mark.parametrize("at_page", [15, 40, 75, 110])
def test_rule_01_a_split_window_goes_on_after_a_kill(engine: Engine, at_page: int) -> None:
    reading("period")
    rows = engine.pair.rows = ledger()
    killed_once = []

    def kill(page: int) -> None:
        if page == at_page and not killed_once:
            killed_once.append(page)
            raise Killed

    engine.pair.between = kill
    with pytest.raises(Killed):
        engine.read()
    before = engine.pair.pages_read
    kept = len(captured())
    assert engine.feed.read_until is None
    engine.later()
    handle = engine.read()
    assert handle is not None
    assert captured() == sorted(row.source_id for row in rows)
    assert handle.counts.unchanged <= 2 * engine.pair.page_size  # what came before the kill is not read again
    assert engine.pair.pages_read - before <= (MANY - kept) / engine.pair.page_size + 20
    assert engine.feed.read_until == engine.pair.windows[0].end
    assert [len(engine.deliveries(row.source_id)) for row in rows] == [1] * MANY


def test_rule_01_rows_that_move_between_pages_are_neither_lost_nor_doubled(engine: Engine) -> None:
    """While stretches are read, records change: they leave their stretch for a later one, or for the next read."""
    reading("period")
    rows = engine.pair.rows = ledger()
    moved: list[str] = []

    def change(page: int) -> None:
        if page % 7 == 0 and len(moved) < 12:
            old = rows.pop(page % len(rows))
            later = old.modified_at and max(old.modified_at, NOON) + (page + 1) * HOUR
            rows.append(item(old.source_id, f"changed on page {page}", at=later))
            moved.append(old.source_id)

    engine.pair.between = change
    engine.read()
    engine.pair.between = None
    engine.read()
    assert moved
    assert captured() == sorted({row.source_id for row in rows})
    newest = dict(Record.objects.filter(is_newest=True).values_list("source_id", "fingerprint"))
    assert newest == {row.source_id: row.fingerprint for row in rows}
    keys = [d.operation_key for d in engine.deliveries()]
    assert len(keys) == len(set(keys))


def test_what_an_older_release_left_is_gone_on_with() -> None:
    """A resume that knows no stretches: its window is its only stretch."""
    left = {"start": None, "end": NOON.isoformat(), "place": {"page": 4}}
    window, stretch, made = pull.from_json(left)
    assert window == Window(start=None, end=NOON)
    assert (stretch.end, stretch.place, made) == (NOON, {"page": 4}, 0)


def test_a_stretch_comes_back_as_it_was_left() -> None:
    window = Window(start=NOON - 100 * HOUR, end=NOON)
    stretch = pull.Stretch(NOON - 50 * HOUR, NOON - 25 * HOUR, {"page": 2})
    assert pull.from_json(pull.as_json(stretch, window, made=7)) == (window, stretch, 7)


def test_rule_01_a_read_is_not_gone_on_with_by_whoever_lost_it(engine: Engine) -> None:
    """The stretch that a second worker reads is the second worker's: the first writes nothing more."""
    reading("period")
    engine.pair.rows = ledger()
    overtaken: list[int] = []

    def overtake(page: int) -> None:
        if page == 60 and not overtaken:
            overtaken.append(page)
            engine.later()
            other = claim_feed("other:2:2")
            assert other is not None
            with scope(tenant=engine.tenant):
                read_feed(other, Sessions())

    engine.pair.between = overtake
    engine.due()
    feed = claim_feed(WORKER)
    assert feed is not None
    with scope(tenant=engine.tenant):
        assert read_feed(feed, Sessions()) is None
    assert overtaken
    assert len(captured()) == MANY
    assert [len(engine.deliveries(n)) for n in captured()] == [1] * MANY
