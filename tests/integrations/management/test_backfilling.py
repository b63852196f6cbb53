"""`sync --backfill`: a period read again from the command line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django_scopes import scopes_disabled

from integrations.models import Backfill, Feed, Run, State
from portal.common.clock import db_now
from portal.common.installation import installation
from tests.support.harness import Engine
from tests.support.pair import NOON, Pair, install, item, reading

FLOW = "ledger-exchange.papers"


@pytest.fixture
def engine(transactional_db: None) -> Iterator[Engine]:
    pair = Pair()
    remove = install(pair)
    installation()
    with scopes_disabled():
        yield Engine.make(pair)
    remove()


def sync(*arguments: str, reason: str = "It was missing.") -> None:
    call_command("sync", "--flow", FLOW, "--backfill", *arguments, "--reason", reason, "--patience", "30")


def test_a_period_is_read_and_delivered(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    reading("period")
    engine.pair.rows = [item("1", at=NOON), item("2", at=NOON)]
    Feed.objects.update(due_at=db_now() + dt.timedelta(hours=1))  # or the live reading may be there first
    sync("2026-03-02", "2026-03-03")
    row = Backfill.objects.get()
    assert (row.state, row.captured, row.asked_by_id) == (Backfill.State.DONE, 2, None)
    assert row.window_from.isoformat() == "2026-03-01T23:00:00+00:00"  # midnight in Stockholm
    assert engine.states() == [("1", State.DELIVERED), ("2", State.DELIVERED)]
    assert "2 read of about 2; 2 new, 0 unchanged" in capsys.readouterr().out
    assert engine.feed.read_until is None or not Run.objects.filter(kind=Run.Kind.LIVE, captured__gt=0).exists()


@pytest.mark.parametrize(
    ("period", "reason", "said"),
    [
        (("2026-03-02", "2026-03-03"), "", "Say why"),
        (("2026-03-03", "2026-03-02"), "-", "ends before it begins"),
        (("yesterday", "2026-03-02"), "-", "is no day or time"),
    ],
)
def test_what_is_no_period_is_refused(engine: Engine, period: tuple[str, str], reason: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        sync(*period, reason=reason)
    assert not Backfill.objects.exists()


def test_an_inbox_has_no_periods(engine: Engine) -> None:
    reading("inbox")
    with pytest.raises(CommandError, match="gives all that waits"):
        sync("2026-03-02", "2026-03-03")
