"""Tries are added, one after the other, and never written over."""

from __future__ import annotations

from typing import Any

from integrations.http.errors import Rejected, Transient, Unknown
from integrations.models import Attempt, State
from integrations.services.deliveries import reopen
from integrations.systems.contract import NotApplied
from tests.support.harness import Engine
from tests.support.pair import item


def kept(engine: Engine) -> list[dict[str, Any]]:
    return list(Attempt.objects.filter(tenant=engine.tenant).order_by("number").values())


def test_rule_04_each_try_is_added_and_none_is_changed(engine: Engine) -> None:
    engine.read([item("1")])
    engine.pair.effects = [Transient("Busy."), Unknown("Silence."), Rejected("No room.")]
    engine.pair.evidences = [NotApplied(proof="not there"), NotApplied(proof="not there")]
    seen: list[dict[str, Any]] = []
    for step in (engine.deliver, engine.deliver, engine.settle, engine.settle, engine.deliver):
        engine.later()
        step()
        now = kept(engine)
        assert now[: len(seen)] == seen
        assert len(now) == len(seen) + 1
        seen = now
    assert engine.delivery("1").state == State.FAILED
    reopen(engine.delivery("1").pk, actor=None)
    engine.deliver()
    assert kept(engine)[:-1] == seen
    assert [(a["number"], a["outcome"]) for a in kept(engine)] == [
        (1, "transient"),
        (2, "unknown"),
        (3, "notapplied"),
        (4, "notapplied"),
        (5, "rejected"),
        (6, "delivered"),
    ]
