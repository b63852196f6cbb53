"""What trading partners do in the demo."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from django_scopes import scopes_disabled

from edi.edifact.validate import validate
from edi.models import TransactionSet
from integrations.management.answers import MOVED_TO, let_cleo_know_addresses, let_partners_answer
from integrations.management.local import Sandbox
from integrations.models import Delivery, Feed, State
from portal.tenants.models import Tenant
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry, entry_of

FLOWS = ("purchase-orders", "suppliers", "trading-partners", "received-files", "ship-notices")


@pytest.mark.django_db(transaction=True)
def test_an_order_is_shipped_and_a_supplier_moves_once(
    transactional_db: None, sandbox: Simulators, settle: Callable[..., None], tmp_path: Path
) -> None:
    entry = entry_of("nordlogistik")
    for connection in entry["connections"]:
        if connection["system"] == "cleo":
            connection["settings"]["quiet_seconds"] = 0
    for integration in entry["integrations"]:
        integration["flows"] = {key: {} for key in FLOWS} if integration["partner"] == "cleo" else {}
    simulators = Sandbox(sandbox.url, cast(Any, None))
    with scopes_disabled():
        apply_entry(entry, sandbox, folder=tmp_path)
        Feed.objects.exclude(connection__system__in=["visma", "cleo"]).update(enabled=False)
        assert let_partners_answer(simulators) == "", "nothing stands at Cleo yet"
        settle(seconds=120)
        let_cleo_know_addresses(simulators)
        settle(seconds=120)  # what Cleo makes of what it was told is read back
        number = let_partners_answer(simulators)
        assert number
        world = World(Tenant.objects.get(slug="nordlogistik"), entry, sandbox)
        end = time.monotonic() + 120
        while Delivery.objects.filter(flow__key="ship-notices", state=State.DELIVERED).count() < 3:
            assert time.monotonic() < end, "the shipment is not received"
            settle(seconds=120)
        assert let_partners_answer(simulators) == "", "they answer once"
        rows = sandbox.rows("visma", "purchaseReceipt")
        (receipt,) = [r["body"] for r in rows if (r["body"].get("note") or "").startswith("[ml-connector")]
        assert {line["poOrderNbr"] for line in receipt["lines"]} == {number}
        suppliers = [r["body"] for r in sandbox.rows("visma", "supplier")]
        moved = [s["number"] for s in suppliers if s["mainAddress"]["addressLine1"] == MOVED_TO["line1"]]
        assert moved == [receipt["supplier"]["number"]]
        assert world.deliveries(flow__key="trading-partners", state=State.DELIVERED)
        _stands_in_edifact(world)


def _stands_in_edifact(world: World) -> None:
    """The partner of the demo who takes EDIFACT has its orders and receipts so, without a finding, and took them."""
    files = [row["body"] for row in world.simulators.rows("cleo", "files")]
    texts = [f["content"] for f in files if f["direction"] == "outbound" and f["folder"].startswith("/SUP50009/")]
    assert texts
    for text in texts:
        assert validate(text).findings == []
    rows = TransactionSet.objects.filter(partner__key="sup50009", interchange__direction="out").exclude(set_id="CONTRL")
    assert {row.set_id for row in rows} <= {"ORDERS", "DESADV"}
    assert {row.acknowledged for row in rows} == {TransactionSet.Acknowledged.ACCEPTED}
