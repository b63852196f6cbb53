"""A read that suddenly brings far more than any lately waits for a person."""

from __future__ import annotations

import pytest

from integrations.engine import flood
from integrations.models import Delivery, Feed, Issue, Run, State
from integrations.services import issues as services
from tests.support.harness import Engine
from tests.support.pair import item


@pytest.fixture
def usual(engine: Engine) -> Engine:
    """A feed that brings two or three records a read, and is held above thirty."""
    engine.send(item("a"), item("b"))
    engine.send(item("c"), item("d"), item("e"))
    Feed.objects.update(flood_factor=10, flood_floor=20)
    return engine


def many(count: int, content: str = "first") -> list[object]:
    return [item(f"{n:03}", content) for n in range(count)]


def waiting() -> int:
    return Delivery.objects.filter(state=State.WAITING).count()


def test_rule_01_a_flood_is_held_until_a_person_releases_it(usual: Engine) -> None:
    usual.read(many(25), many(45)[25:])
    assert waiting() == 45
    usual.deliver_all()
    assert len(usual.pair.there) == 5
    issue = Issue.objects.get(status=Issue.Status.OPEN)
    assert (issue.error_class, issue.who) == ("flood", Issue.Who.CUSTOMER)
    assert "more than 30 deliveries" in issue.sentence
    assert Run.objects.latest("pk").flood
    assert services.release(issue, actor=None, reason="A new price list.") == 45
    usual.deliver_all()
    assert len(usual.pair.there) == 50
    issue.refresh_from_db()
    assert issue.status == Issue.Status.RESOLVED
    assert "flood.released" in usual.audited()


def test_rule_01_a_flood_that_was_a_mistake_is_dismissed(usual: Engine) -> None:
    usual.read(many(45))
    issue = Issue.objects.get(status=Issue.Status.OPEN)
    assert flood.dismiss(issue, actor=None, reason="Somebody touched all records.") == 45
    usual.deliver_all()
    assert len(usual.pair.there) == 5
    assert Delivery.objects.filter(state=State.DISMISSED, closed_at__isnull=False).count() == 45
    issue.refresh_from_db()
    assert issue.status == Issue.Status.RESOLVED


def test_what_is_usual_goes_by_itself(usual: Engine) -> None:
    usual.send(*many(30))  # type: ignore[arg-type]
    assert len(usual.pair.there) == 35
    assert not Issue.objects.exists()


@pytest.mark.parametrize(("factor", "floor", "held"), [(10, 20, True), (0, 20, False), (20, 20, False), (2, 50, False)])
def test_factor_and_floor_are_settings(engine: Engine, factor: int, floor: int, held: bool) -> None:
    engine.send(item("a"), item("b"), item("c"))
    Feed.objects.update(flood_factor=factor, flood_floor=floor)
    engine.read(many(45))
    assert (waiting() == 45) is held


def test_the_first_read_is_no_flood(engine: Engine) -> None:
    Feed.objects.update(flood_floor=5)
    engine.read(many(45))
    assert waiting() == 0


def test_a_flood_does_not_make_the_next_one_usual(usual: Engine) -> None:
    usual.read(many(45))
    assert usual.feed.history[-1] == 30
    assert flood.limit_of(usual.feed) == 300
    Feed.objects.update(history=[3, 3])
    usual.read(many(45, "second"))
    assert waiting() == 45  # the newer versions took the place of the older ones, and wait themselves


def test_what_is_released_while_it_is_read_is_not_held_again(usual: Engine) -> None:
    def released() -> list[object]:
        services.release(Issue.objects.get(status=Issue.Status.OPEN), actor=None, reason="Meant.")
        return many(60)[40:]

    usual.read(many(40), released)
    assert waiting() == 0


def test_a_read_that_was_interrupted_counts_on(usual: Engine) -> None:
    """Killed again and again, a flood would pass in portions."""
    from integrations.http.errors import Transient

    usual.pair.resumable = True
    usual.read(many(25), Transient("Down."))
    assert waiting() == 0
    usual.pair.pages[1] = many(40)[25:]
    usual.read()
    assert waiting() == 15
