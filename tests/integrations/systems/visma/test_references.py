"""Reference data that changes on a day, with nobody changing it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from integrations.systems.visma.references import VAT_CODES, as_of

DAY = dt.date(2026, 7, 1)
BEFORE = DAY - dt.timedelta(days=1)


def mark(today: dt.date, **values: Any) -> str:
    """The fingerprint of a VAT code as it is read on a day."""
    raw = msgspec.json.encode({"vatId": "1", "description": "25 %", **values})
    return as_of(VAT_CODES.item(raw, ZoneInfo("Europe/Oslo")), today).fingerprint


def rates(*days: str) -> dict[str, Any]:
    return {"schedules": [{"startDate": f"{day}T00:00:00", "vatRate": 25.0, "groupType": "Input"} for day in days]}


def test_a_rate_that_begins_is_news_on_its_day_and_once() -> None:
    given = rates("2020-01-01", DAY.isoformat(), "2027-01-01")
    assert mark(BEFORE, **given) != mark(DAY, **given)
    assert mark(DAY, **given) == mark(DAY + dt.timedelta(days=30), **given)
    assert mark(BEFORE, **given) == mark(BEFORE - dt.timedelta(days=30), **given)


def test_a_code_that_is_valid_until_a_day_is_news_the_day_after() -> None:
    given = {**rates("2020-01-01"), "notValidAfter": f"{BEFORE.isoformat()}T00:00:00"}
    assert mark(BEFORE, **given) != mark(DAY, **given)


def test_a_code_that_never_changes_by_itself_is_no_news() -> None:
    for given in (rates("2020-01-01"), rates("2020-01-01") | {"notValidAfter": "9999-12-31T00:00:00"}, {}):
        assert len({mark(day, **given) for day in (BEFORE, DAY)}) == 1
        assert (
            mark(DAY, **given)
            == VAT_CODES.item(
                msgspec.json.encode({"vatId": "1", "description": "25 %", **given}), ZoneInfo("Europe/Oslo")
            ).fingerprint
        )
