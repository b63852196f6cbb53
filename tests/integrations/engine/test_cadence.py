"""When a feed is read next: intervals, cron lines, business days, quiet hours, and the hours when clocks change."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.engine.cadence import Cadence, NeverDue

STOCKHOLM, OSLO, UTC = ZoneInfo("Europe/Stockholm"), ZoneInfo("Europe/Oslo"), ZoneInfo("UTC")
FIVE = dt.timedelta(minutes=5)
ALWAYS_POSSIBLE = Cadence(
    cron=("0 6-18/2 * * *",), business_days="SE", closed_days=("12-24",), quiet_hours=("20:00-06:00",)
)


def local(text: str, zone: ZoneInfo = STOCKHOLM) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone)


def read_after(cadence: Cadence, text: str, *, zone: ZoneInfo = STOCKHOLM, every: dt.timedelta = FIVE) -> str:
    found = cadence.next_read(local(text, zone), every=every, zone=zone)
    return found.astimezone(zone).isoformat(timespec="minutes")


def test_without_anything_the_interval_counts() -> None:
    assert read_after(Cadence(), "2026-03-02T12:00") == "2026-03-02T12:05+01:00"


def test_any_cron_line_makes_it_due_and_the_interval_no_longer_counts() -> None:
    cadence = Cadence(cron=("0 6 * * *", "30 17 * * 1-5"))
    assert read_after(cadence, "2026-03-02T06:00") == "2026-03-02T17:30+01:00"
    assert read_after(cadence, "2026-03-02T17:30") == "2026-03-03T06:00+01:00"
    assert read_after(cadence, "2026-03-06T18:00") == "2026-03-07T06:00+01:00"


def test_quiet_hours_over_midnight_put_a_read_off_to_their_end() -> None:
    cadence = Cadence(quiet_hours=("20:00-06:00",))
    assert read_after(cadence, "2026-03-02T19:54") == "2026-03-02T19:59+01:00"
    assert read_after(cadence, "2026-03-02T19:55") == "2026-03-03T06:00+01:00"
    assert read_after(cadence, "2026-03-03T05:58") == "2026-03-03T06:03+01:00"


def test_a_cron_line_in_quiet_hours_is_left_out_and_one_at_their_end_counts() -> None:
    cadence = Cadence(cron=("0 */3 * * *",), quiet_hours=("20:00-06:00",))
    assert read_after(cadence, "2026-03-02T18:00") == "2026-03-03T06:00+01:00"


@pytest.mark.parametrize(
    ("country", "eve", "next_day"),
    [
        ("SE", "2026-06-18T23:58", "2026-06-22T00:00+02:00"),  # Midsummer's Eve is a Friday
        ("NO", "2026-05-13T23:58", "2026-05-15T00:00+02:00"),  # Ascension Day
        ("DK", "2026-06-04T23:58", "2026-06-05T00:03+02:00"),  # Constitution Day is a working day by law
        ("FI", "2026-12-05T10:00", "2026-12-07T00:00+02:00"),  # Independence Day, on a Sunday
    ],
)
def test_only_business_days_of_the_country(country: str, eve: str, next_day: str) -> None:
    zone = ZoneInfo({"SE": "Europe/Stockholm", "NO": "Europe/Oslo", "DK": "Europe/Copenhagen"}.get(country, "")
                    or "Europe/Helsinki")  # fmt: skip
    assert read_after(Cadence(business_days=country), eve, zone=zone) == next_day


def test_the_companys_own_days_off() -> None:
    cadence = Cadence(closed_days=("12-24", "2026-12-28"))
    assert read_after(cadence, "2026-12-23T23:57") == "2026-12-25T00:00+01:00"
    assert read_after(cadence, "2026-12-27T23:57") == "2026-12-29T00:00+01:00"
    assert read_after(cadence, "2027-12-27T23:57") == "2027-12-28T00:02+01:00"


def test_an_hour_that_is_skipped_is_the_next_that_is_there() -> None:
    assert read_after(Cadence(cron=("30 2 * * *",)), "2026-03-28T12:00") == "2026-03-29T03:00+02:00"
    assert read_after(Cadence(cron=("30 2 * * *",)), "2026-03-29T03:00") == "2026-03-30T02:30+02:00"
    quiet = Cadence(quiet_hours=("01:00-02:30",))
    assert read_after(quiet, "2026-03-29T00:58") == "2026-03-29T03:30+02:00"


def test_an_hour_that_comes_twice_is_taken_once() -> None:
    cadence = Cadence(cron=("30 2 * * *",))
    assert read_after(cadence, "2026-10-24T12:00") == "2026-10-25T02:30+02:00"
    assert read_after(cadence, "2026-10-25T02:30") == "2026-10-26T02:30+01:00"


def test_quiet_hours_that_end_in_an_hour_that_comes_twice_end_at_last() -> None:
    """In the second 02:10 the first 02:30 has passed."""
    quiet = Cadence(quiet_hours=("01:00-02:30",))
    second = local("2026-10-25T02:05").replace(fold=1)
    found = quiet.next_read(second, every=FIVE, zone=STOCKHOLM)
    assert found == local("2026-10-25T02:30").replace(fold=1).astimezone(dt.UTC)


@pytest.mark.parametrize(
    "stated",
    [
        {"cron": ["every day"]},
        {"cron": ["0 6 * *"]},
        {"cron": ["0 0 6 * * *"]},
        {"cron": ["0 6 31 2 *"]},
        {"cron": ["0 2 * * *"], "quiet_hours": ["00:00-06:00"]},
        {"cron": ["0 6 * * 6"], "business_days": "SE"},
        {"quiet_hours": ["20-06"]},
        {"quiet_hours": ["06:00-06:00"]},
        {"quiet_hours": ["00:00-12:00", "12:00-00:00"]},
        {"business_days": "Sweden"},
        {"closed_days": ["24/12"]},
        {"closed_days": ["02-30"]},
        {"croon": ["0 6 * * *"]},
        {"cron": "0 6 * * *"},
    ],
)
def test_what_would_never_be_read_or_cannot_be_understood_is_refused(stated: dict[str, object]) -> None:
    with pytest.raises(NeverDue):
        Cadence.of(stated).check(zone=STOCKHOLM, now=local("2026-03-02T12:00"))


def test_what_is_stored_is_read_again_and_said_in_words() -> None:
    assert Cadence.of(ALWAYS_POSSIBLE.as_stored()) == ALWAYS_POSSIBLE
    assert Cadence().as_stored() == {}
    assert Cadence().words == ""
    assert ALWAYS_POSSIBLE.words == ("at 0 6-18/2 * * *, on business days of SE, not on 12-24, not from 20:00 to 06:00")


@given(
    minutes=st.integers(0, 3 * 366 * 24 * 60),
    cadence=st.sampled_from(
        [
            Cadence(),
            ALWAYS_POSSIBLE,
            Cadence(quiet_hours=("22:30-02:30", "12:00-13:00")),
            Cadence(business_days="NO", quiet_hours=("02:00-03:00",)),
            Cadence(cron=("*/7 * * * *",), quiet_hours=("01:15-02:45",)),
        ]
    ),
    zone=st.sampled_from([STOCKHOLM, OSLO, UTC, ZoneInfo("America/New_York")]),
)
def test_the_next_read_lies_ahead_and_at_a_time_when_it_may_be_read(
    minutes: int, cadence: Cadence, zone: ZoneInfo
) -> None:
    after = dt.datetime(2025, 1, 1, tzinfo=UTC) + dt.timedelta(minutes=minutes)
    found = cadence.next_read(after, every=FIVE, zone=zone)
    assert found > after
    assert cadence.opens(found, zone=zone) == found
