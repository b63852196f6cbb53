"""Times of change: three forms in, one form out, and no change lost when clocks are set back."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.systems.visma import stamps

START = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
ZONES = st.sampled_from(
    [ZoneInfo(z) for z in ("Europe/Stockholm", "Europe/Helsinki", "Atlantic/Reykjavik", "UTC", "America/New_York")]
)
MOMENTS = st.integers(0, 3 * 365 * 86_400_000).map(lambda ms: START + dt.timedelta(milliseconds=ms))
SET_BACK = dt.datetime(2026, 10, 25, 1, tzinfo=dt.UTC)
"""Summer time ends in Europe: 03:00 becomes 02:00."""


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-09-01T12:03:04.567Z", "2026-09-01T12:03:04.567"),
        ("2026-09-01T12:03:04.567+02:00", "2026-09-01T10:03:04.567"),
        ("2026-09-01T12:03:04.567", "2026-09-01T10:03:04.567"),
        ("2026-09-01T12:03:04", "2026-09-01T10:03:04"),
        ("2026-01-01T12:03:04.1234567", "2026-01-01T11:03:04.123456"),
        ("2026-09-01 12:03:04", "2026-09-01T10:03:04"),
    ],
)
def test_three_forms(text: str, instant: str):
    assert stamps.parse(text, STOCKHOLM) == utc(instant)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01T00:00:00", "0001-01-01T00:00:00", "/Date(1)/"])
def test_what_is_no_time(text: str):
    with pytest.raises(ValueError):
        stamps.parse(text, STOCKHOLM)


def test_the_hour_that_comes_twice_is_told_by_the_servers_clock():
    first, second = SET_BACK - dt.timedelta(minutes=50), SET_BACK + dt.timedelta(minutes=10)
    stamp = "2026-10-25T02:10:00"
    assert stamps.parse(stamp, STOCKHOLM, not_after=SET_BACK) == first
    assert stamps.parse(stamp, STOCKHOLM, not_after=second) == second
    assert stamps.parse(stamp, STOCKHOLM) == second


@given(MOMENTS, ZONES)
def test_a_stamp_read_at_once_is_the_instant_it_was_made(instant: dt.datetime, zone: ZoneInfo):
    written = instant.astimezone(zone).replace(tzinfo=None).isoformat()
    assert stamps.parse(written, zone, not_after=instant + dt.timedelta(minutes=5)) == instant


@given(
    st.one_of(
        MOMENTS,
        st.integers(-7200, 7200).map(lambda s: SET_BACK + dt.timedelta(seconds=s)),
    ),
    st.timedeltas(dt.timedelta(), dt.timedelta(days=2)),
    ZONES,
)
def test_no_later_change_is_stamped_before_the_bound(instant: dt.datetime, later: dt.timedelta, zone: ZoneInfo):
    start = instant
    stamp = (start + later).astimezone(zone).replace(tzinfo=None)
    assert dt.datetime.fromisoformat(stamps.lower_bound(start, zone)) <= stamp


@given(MOMENTS, ZONES)
def test_bound_reaches_back_no_further_than_the_set_clocks(instant: dt.datetime, zone: ZoneInfo):
    start = instant
    wall = start.astimezone(zone).replace(tzinfo=None)
    bound = dt.datetime.fromisoformat(stamps.lower_bound(start, zone))
    set_back = start.astimezone(zone).utcoffset() != (start + dt.timedelta(hours=1)).astimezone(zone).utcoffset()
    assert wall - bound < dt.timedelta(milliseconds=1) + (dt.timedelta(hours=1) if set_back else dt.timedelta())


def test_form_of_the_bound():
    assert stamps.lower_bound(utc("2026-09-01T10:03:04.567890"), STOCKHOLM) == "2026-09-01T12:03:04.567"
    assert stamps.lower_bound(utc("2026-01-01T10:00:00"), STOCKHOLM) == "2026-01-01T11:00:00.000"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-06-01T00:00:00", "2026-06-01"), ("2026-05-31T22:00:00Z", "2026-06-01"), (None, "None"), ("", "None"),
        ("0001-01-01T00:00:00", "None"),
    ],
)  # fmt: skip
def test_day(text: str | None, day: str):
    assert str(stamps.day(text, STOCKHOLM)) == day
