"""What trading partners send in the demo, and what the connector makes of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edi.models import TransactionSet
from integrations.management import partners
from integrations.management.local import Sandbox
from integrations.models import State
from tests.support.world import World, apply_entry

pytestmark = pytest.mark.django_db(transaction=True)


def test_partners_send_once_and_all_of_it_is_taken(world: World, settle: Callable[..., None], tmp_path: Path) -> None:
    demo: dict[str, Any] = next(i for i in world.entry["integrations"] if i["key"] == "visma-orderful")
    demo["flows"] = {
        key: {}
        for key in (
            "purchase-orders",
            "received-documents",
            "order-changes",
            "order-change-answers",
            "partner-documents",
        )
    }
    world.entry["integrations"] = [demo]
    apply_entry(world.entry, world.simulators, folder=tmp_path)
    settle()
    sandbox = Sandbox(world.simulators.url, None)  # type: ignore[arg-type]
    assert partners.send(sandbox) == 4, "of the one company that has sent orders"
    assert partners.send(sandbox) == 0, "once"
    end = time.monotonic() + 60
    while not world.deliveries(flow__key="order-change-answers", operation="note", state=State.DELIVERED):
        assert time.monotonic() < end
        settle()
    kinds = TransactionSet.objects.filter(interchange__direction="in").values_list("set_id", flat=True)
    assert sorted(kinds) == ["810", "855", "856", "860"]
    (change,) = world.deliveries(flow__key="order-changes")
    assert change.state == State.DELIVERED, change.reason
    assert partners.send(sandbox) == 0
