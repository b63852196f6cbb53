"""A return goes to Basware after the receipts that it may take back: it names them there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scope

from integrations.engine.slice import run_slice
from integrations.models import Delivery, Flow, State
from portal.common.clock import db_now
from tests.integrations.flows.test_basware import bodies, configured, failures, in_p2p
from tests.support.simulators import Simulators
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
Settle = Callable[..., None]
FLOWS = ("payment-terms", "suppliers", "purchase-orders", "purchase-receipts")


def orders_of(receipt: dict[str, Any]) -> set[str]:
    return {line["poOrderNbr"] for line in receipt["lines"] if line.get("poOrderNbr")}


def test_a_return_waits_for_its_receipts(world: World, sandbox: Simulators, tmp_path: Path, settle: Settle) -> None:
    found = configured(world, sandbox, tmp_path, flows=FLOWS)
    with scope(tenant=found.tenant):
        Flow.objects.filter(key="purchase-orders").update(settings={"coding": False})
        Flow.objects.filter(key="purchase-receipts").update(paused_reason="Until all is read.")
    settle(seconds=300)
    there = [r for r in bodies(found, "PurchaseReceipt", system="visma") if r["status"] == "Released"]
    receipts = [r for r in there if r["receiptType"] != "PoReturn"]
    returns = [r for r in there if r["receiptType"] == "PoReturn"]
    returned = next(r for r in returns if any(orders_of(r) & orders_of(o) for o in receipts))
    needed = {r["receiptNbr"] for r in receipts if orders_of(r) & orders_of(returned)}
    with scope(tenant=found.tenant):
        rows = Delivery.objects.filter(flow__key="purchase-receipts")
        assert set(rows.values_list("state", flat=True)) == {State.PENDING}
        mine = rows.get(record__source_id=returned["receiptNbr"])
        rows.filter(record__source_id__in=needed).update(not_before=db_now() + dt.timedelta(hours=1))
        Flow.objects.filter(key="purchase-receipts").update(paused_reason="")
        for _ in range(3):
            run_slice(seconds=5, threads=2)
        mine.refresh_from_db()
        assert mine.state == State.PENDING, mine.reason
        assert any(mine.reason.startswith(f"Waits for receipt {one}, which it may take back") for one in needed)
        assert not mine.attempts.exists()
        rows.filter(state=State.PENDING).update(not_before=db_now())
    settle(seconds=300)
    assert not failures(found)
    received = [
        one for row in in_p2p(found, "matchingOrderLines").values() for one in row["content"].get("goodsReceipts", ())
    ]
    by_code = {one["externalCode"]: one["goodsReceiptNumber"] for one in received}
    (own, *_) = [one for one in received if one["goodsReceiptNumber"] == returned["receiptNbr"]]
    assert own["quantity"] < 0
    assert by_code[own["referenceGRExternalCode"]] in needed
