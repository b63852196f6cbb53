"""A small month: the same tool as `make month-end`, with a few documents and an allowance that they use up."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone
from django_scopes import scopes_disabled

from portal.common.clock import db_now
from tests.month_end.clock import moved_clock
from tests.month_end.month_end import Month, MonthEnd
from tests.support.simulators import Simulators

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_small_month_waits_for_its_allowance_and_loses_nothing(
    transactional_db: None, sandbox: Simulators, tmp_path: Path
) -> None:
    month = Month(invoices=12, payments=8, calls_an_hour=40, seconds=150)
    with scopes_disabled(), moved_clock(sandbox) as clock:
        said = MonthEnd.begin(month, sandbox, clock, folder=tmp_path, tell=lambda text: None).run()
    assert (said["lost"], said["doubled"], said["wrong"]) == ([], [], [])
    assert said["payments"] == 8
    assert said["windows"] > 1, "the allowance was not used up: the clock was never moved for it"
    assert said["most_calls_a_window"] <= 40
    assert said["most_429_a_window"] <= 1


def test_the_clocks_go_together_and_back(transactional_db: None, sandbox: Simulators) -> None:
    import datetime as dt

    before = timezone.now()
    with moved_clock(sandbox) as clock:
        clock.move(dt.timedelta(hours=5))
        theirs = dt.datetime.fromisoformat(sandbox.get("")["clock"])
        for ours in (timezone.now(), db_now()):
            assert abs(ours - theirs) < dt.timedelta(seconds=10)
            assert ours - before > dt.timedelta(hours=4)
    assert db_now() - before < dt.timedelta(minutes=5)
