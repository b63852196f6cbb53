"""What a supplier is told of an order that it changed: nothing of its own change, and all that anybody else did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from integrations.models import Feed, State
from integrations.systems.visma.sinks.orders import OrderChangeSink
from tests.integrations.flows.test_order_changes import (
    ORDER,
    change,
    changes,
    configured,
    order,
    sent_versions,
    work,
)
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(world: World, tmp_path: Path) -> World:
    return configured(world, tmp_path)


def by_a_person(world: World) -> None:
    world.simulators.mutate("purchaseorder", f"{world.company}/{ORDER}", {"lines.1.orderQty": 77.0})


def read_orders(world: World, *, enabled: bool) -> None:
    Feed.objects.filter(tenant=world.tenant, key="purchase-orders").update(enabled=enabled)


def test_what_a_person_changed_just_before_is_sent(world: World) -> None:
    """It was not read yet when the supplier's change was applied: the version that is read has both."""
    work(world)
    read_orders(world, enabled=False)
    by_a_person(world)
    change(world)
    work(world)
    assert [d.state for d in changes(world)] == [State.DELIVERED]
    assert sent_versions(world) == ["original"]
    read_orders(world, enabled=True)
    work(world)
    assert [order(world)["lines"][n]["orderQty"] for n in (0, 1)] == [321, 77]
    assert sent_versions(world) == ["original", "replace"]


@pytest.mark.parametrize("meanwhile", [None, by_a_person])
def test_rule_19_after_a_lost_answer_only_what_a_person_changed_meanwhile_is_sent(
    world: World, monkeypatch: pytest.MonkeyPatch, meanwhile: Any
) -> None:
    """Between the try and the look at what became of it, somebody writes."""
    work(world)
    looks: list[str] = []
    look = OrderChangeSink.look

    def late(sink: OrderChangeSink, *args: Any) -> Any:
        if meanwhile is not None and not looks:
            meanwhile(world)
        looks.append("looked")
        return look(sink, *args)

    monkeypatch.setattr(OrderChangeSink, "look", late)
    world.simulators.fault("visma", "reset_after", f"/purchaseorder/{ORDER}$", method="PUT", times=1)
    change(world)
    work(world)
    work(world)
    assert looks
    assert [d.state for d in changes(world)] == [State.DELIVERED]
    assert order(world)["lines"][0]["orderQty"] == 321
    assert sent_versions(world) == (["original"] if meanwhile is None else ["original", "replace"])
