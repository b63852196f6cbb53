"""Asked-for work whose state can be asked for until it has ended."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django_scopes import scopes_disabled

from integrations.engine.backfill import cancel as cancel_backfill
from integrations.engine.operations import claim_operation, work_on
from integrations.engine.sessions import Sessions
from integrations.engine.slice import Scope, run_slice
from integrations.http.errors import Rejected
from integrations.models import Backfill, Feed, Operation, State
from integrations.services import operations as services
from integrations.services.feeds import pause_feed
from portal.common.clock import db_now
from tests.support.harness import WORKER, Engine
from tests.support.pair import NOON, Pair, install, item

DAY = dt.timedelta(days=1)


@pytest.fixture
def pair() -> Iterator[Pair]:
    scripted = Pair()
    remove = install(scripted)
    yield scripted
    remove()


@pytest.fixture
def engine(db: None, pair: Pair) -> Iterator[Engine]:
    with scopes_disabled():
        yield Engine.make(pair)


def look(operation: Operation) -> Operation:
    """A worker's next slice."""
    Operation.objects.filter(pk=operation.pk).update(due_at=db_now())
    claimed = claim_operation(WORKER)
    assert claimed is not None
    work_on(claimed, Sessions())
    return Operation.objects.get(pk=operation.pk)


def replay(*arguments: str) -> str:
    out = StringIO()
    call_command("replay", *arguments, stdout=out)
    return out.getvalue()


# --- Reading now


def test_a_sync_ends_when_all_was_read_and_settled(engine: Engine) -> None:
    operation = services.ask_sync([engine.feed], actor=None, actor_name="API key")
    assert (operation.state, operation.asked_by_name) == ("running", "API key")
    assert look(operation).progress["feeds_read"] == 0
    engine.read([item("1"), item("2")])
    assert look(operation).progress["deliveries"] == {"pending": 2}
    engine.deliver_all()
    done = look(operation)
    assert (done.state, done.ended) == ("done", True)
    assert done.progress["deliveries"] == {"delivered": 2}
    assert (done.progress["read"], done.progress["captured"], done.progress["unchanged"]) == (2, 2, 0)


def test_a_read_that_had_begun_before_is_not_the_one_that_was_asked_for(engine: Engine) -> None:
    def asked_meanwhile() -> list[object]:
        services.ask_sync([engine.feed], actor=None)
        return [item("1")]

    engine.read(asked_meanwhile)
    operation = Operation.objects.get()
    assert look(operation).progress["feeds_read"] == 0
    assert Feed.objects.get().due_at <= db_now() + dt.timedelta(seconds=1), "it is read again at once"  # type: ignore[operator]
    engine.read([item("1"), item("2")])
    engine.deliver_all()
    assert look(operation).state == "done"


def test_what_cannot_be_read_fails_with_its_sentence(engine: Engine) -> None:
    operation = services.ask_sync([engine.feed], actor=None)
    pause_feed(engine.feed, reason="we look first", actor=None)
    failed = look(operation)
    assert (failed.state, "paused" in failed.problem) == ("failed", True)
    with pytest.raises(ValidationError, match="paused"):
        services.ask_sync([engine.feed], actor=None)
    with pytest.raises(ValidationError, match="no feed"):
        services.ask_sync([], actor=None)


# --- Reading a period again


def test_a_backfill_can_be_asked_for_and_followed_to_its_end(live: Engine) -> None:
    with pytest.raises(ValidationError, match="Say why"):
        services.ask_backfill(live.feed, since=NOON, until=NOON + DAY, reason="", actor=None)
    assert not Operation.objects.exists()
    live.pair.pages = [[item("1"), item("2")]]
    asked = services.ask_backfill(live.feed, since=NOON - DAY, until=NOON + DAY, reason="they were lost", actor=None)
    assert (asked.state, Backfill.objects.get().reason) == ("running", "they were lost")
    assert look(asked).state == "running"
    Feed.objects.update(due_at=NOON + 40_000 * DAY)
    run_slice(threads=1, limits=Scope(operations=set()))
    done = look(asked)
    assert (done.state, done.progress["read"], done.progress["captured"]) == ("done", 2, 2)


def test_cancelling_it_cancels_the_backfill_and_the_other_way_round_it_fails(engine: Engine) -> None:
    first = services.ask_backfill(engine.feed, since=NOON - DAY, until=NOON, reason="they were lost", actor=None)
    services.cancel(first, actor=None)
    assert Backfill.objects.get().state == Backfill.State.CANCELLED
    second = services.ask_backfill(engine.feed, since=NOON - DAY, until=NOON, reason="they were lost", actor=None)
    cancel_backfill(Backfill.objects.get(state=Backfill.State.OPEN), reason="wrong period", actor=None)
    failed = look(second)
    assert failed.state == "failed"
    assert "wrong period" in failed.problem


# --- The command


def test_the_command_prints_the_plan_and_does_nothing_without_yes(engine: Engine) -> None:
    engine.pair.effects = [Rejected("No."), Rejected("No.")]
    engine.send(item("1"), item("2"))
    said = replay("--tenant", "bruket", "--flow", "ledger-exchange.papers")
    assert "2  would be sent" in said
    assert "Nothing was done" in said
    assert [s for _, s in engine.states()] == [State.FAILED] * 2
    assert Operation.objects.get().state == "planned"


def test_the_command_has_it_done_and_waits(live: Engine) -> None:
    live.pair.effects = [Rejected("No."), Rejected("No.")]
    live.send(item("1"), item("2"))
    said = json.loads(replay("--tenant", "bruket", "--number", "2", "--yes", "--wait", "--json"))
    assert (said["state"], said["progress"]["done"]) == ("done", 1)
    assert [s for _, s in live.states()] == [State.FAILED, State.PENDING]
    assert "1 reopened, 0 refused" in replay("--tenant", "bruket", "--yes", "--wait")


@pytest.fixture
def live(transactional_db: None, pair: Pair) -> Iterator[Engine]:
    with scopes_disabled():
        yield Engine.make(pair)


def test_the_command_says_what_is_missing(engine: Engine) -> None:
    with pytest.raises(CommandError, match="--tenant"):
        replay()
    with pytest.raises(CommandError, match="no flow called"):
        replay("--tenant", "bruket", "--flow", "visma-nobody.papers")
    with pytest.raises(CommandError, match="say why"):
        replay("--tenant", "bruket", "--state", "delivered", "--force", "--yes")
    with pytest.raises(CommandError, match="no state called"):
        replay("--tenant", "bruket", "--state", "gone")
