"""Order changes by whom the order is not, and of orders that nobody knows: told to a person, and in nobody's way."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrations.models import Issue, Payload, Record, State
from integrations.services import deliveries as services
from tests.integrations.flows.test_order_changes import (
    ANSWERS,
    ORDER,
    acknowledged,
    answers,
    change,
    changes,
    configured,
    order,
    work,
)
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(world: World, tmp_path: Path) -> World:
    return configured(world, tmp_path)


def test_what_is_not_the_senders_order_or_nobodys_is_for_a_person_and_holds_nothing_up(world: World) -> None:
    work(world)
    note, owner = order(world)["note"], f"SUP{order(world)['supplier']['number']}"
    stranger = next(f"SUP{n}" for n in ("80002", "80004", "80006") if f"SUP{n}" != owner)
    change(world, "999", partner=stranger)
    change(world, "5", number="777777-1", purchaseOrderNumber="777777", partner=owner)
    work(world)
    foreign, unknown = sorted(changes(world), key=lambda d: d.business_number)
    assert [d.state for d in (foreign, unknown)] == [State.FAILED, State.FAILED]
    assert unknown.lane.endswith(":777777")
    assert unknown.lane.startswith("order-change:")
    issue = Issue.objects.get(pk=unknown.issue_id)
    assert "There is no purchase order 777777-1 in Visma.net ERP" in issue.sentence
    assert "Ask the trading partner which order is meant" in issue.remedy
    assert "refuse it where it is an order change" in issue.remedy

    # A person refuses the stranger's: the stranger is told so, and the order of somebody else says nothing of it.
    services.refuse(foreign.pk, actor=None, reason="Not your order")
    work(world)
    assert [acknowledged(a) for a in answers(world)] == [("RD", ["IR"])]
    assert order(world)["note"] == note
    [noted] = [d for d in world.deliveries(flow__key=ANSWERS, operation="note") if d.record_id == foreign.record_id]
    assert noted.state == State.NO_EFFECT
    assert "does not belong into its note" in noted.reason

    # Retention takes what was read of the order: whom it was sent to still tells whose it is.
    newest = Record.objects.filter(source_id=ORDER, feed__key="purchase-orders", is_newest=True)
    Payload.objects.filter(pk__in=newest.values("payload")).update(data=None)
    change(world, "998", sequence="002", partner=stranger)
    change(world, "322", sequence="003", partner=owner)
    work(world)
    late = {d.lane: d.state for d in changes(world)[2:]}
    assert late[f"purchase-order:{ORDER}"] == State.DELIVERED
    assert [state for lane, state in late.items() if lane.startswith("order-change:")] == [State.FAILED]
    assert order(world)["lines"][0]["orderQty"] == 322
