"""Reconciling, comparing and planning against the simulators: nothing is unexplained until somebody meddles."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from integrations.engine.compare import compare
from integrations.models import State
from integrations.services.feeds import pause_flow
from tests.support.networks import must_stand, stands
from tests.support.world import World

FLOWS = (
    "visma-orderful.purchase-orders",
    "visma-orderful.supplier-invoices",
    "visma-cleo.purchase-orders",
    "visma-cleo.supplier-invoices",
)
AT_ORDERFUL, AT_CLEO = "500002", "500001"


def reconcile(world: World, flow: str) -> dict[str, Any]:
    out = StringIO()
    with contextlib.suppress(CommandError):  # what is unexplained ends it with an error, after it was printed
        call_command("reconcile", flow, "--tenant", world.tenant.slug, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())[world.tenant.slug]
    return found


def differences(world: World, flow: str) -> list[tuple[str, str]]:
    return [
        (line["number"], line["kind"]) for line in reconcile(world, flow)["differences"] if line["kind"] != "left_out"
    ]


def orders_at_orderful(world: World) -> dict[str, str]:
    """The simulator's keys of the orders that stand there, by their number."""
    rows = [row for row in world.simulators.rows("orderful", "transactions") if row["body"]["type"].startswith("850")]
    return {row["body"]["message"].get("purchaseOrderNumber", ""): row["key"] for row in rows}


def test_undisturbed_both_sides_are_equal_to_the_cent(world: World, settle: Callable[..., None]) -> None:
    settle()
    there = stands(world)
    assert there == must_stand(world)
    for flow in FLOWS:
        said = reconcile(world, flow)["summary"]
        network, kind = flow.split("-")[1].split(".")[0], {"orders": "850", "invoices": "810"}[flow.rpartition("-")[2]]
        mine = [d for d in there if d.network == network and d.document == kind]
        assert (said["unexplained"], said["same"]) == (0, len(mine)), said
        assert said["source_count"] == said["target_count"] == len(mine)
        assert sum(float(own["target"]) for own in said["amounts"].values()) == float(sum(d.total for d in mine))
        assert all(currency and not float(own["difference"]) for currency, own in said["amounts"].items())


def test_every_difference_has_its_class(world: World, settle: Callable[..., None]) -> None:
    settle()
    flow = world.flow("visma-orderful.purchase-orders")
    mine = sorted({d.business_number for d in world.deliveries(flow=flow, state=State.DELIVERED)})
    lost, altered, changed, waits = mine[:4]
    assert differences(world, flow.full_key) == []

    transactions = orders_at_orderful(world)
    world.simulators.mutate("transactions", transactions[lost], {"statuses.validation": "INVALID"}, system="orderful")
    world.simulators.mutate(
        "transactions", transactions[altered], {"message.lineItems.0.quantity.value": 4711}, system="orderful"
    )
    pause_flow(flow, reason="we look first", actor=None)
    world.simulators.mutate("purchaseorder", f"{world.company}/{waits}", {"lines.0.orderQty": 77.0})
    settle(read=True)
    world.simulators.mutate("purchaseorder", f"{world.company}/{changed}", {"lines.0.orderQty": 88.0})
    said = reconcile(world, flow.full_key)
    found = {line["number"]: line for line in said["differences"] if line["kind"] != "left_out"}
    assert {number: line["kind"] for number, line in found.items()} == {
        lost: "unexplained",
        altered: "unexplained",
        changed: "changed_after",
        waits: "in_flight",
    }
    assert "line 1 quantity is 4711 there" in found[altered]["why"]
    assert said["summary"]["unexplained"] == 2
    with pytest.raises(CommandError, match="2 documents are unexplained"):
        call_command("reconcile", flow.full_key, "--tenant", world.tenant.slug, stdout=StringIO())


def test_one_document_is_compared_live(world: World, settle: Callable[..., None]) -> None:
    settle()
    for number, system in ((AT_ORDERFUL, "orderful"), (AT_CLEO, "cleo")):
        sent = next(d for d in world.deliveries(number) if d.state == State.DELIVERED)
        whole = compare(sent.pk)
        assert whole.fields, whole.sentence
        assert {f.reason for f in whole.fields} <= {"same", "mapped", "owned by partner"}, system
    sent = next(d for d in world.deliveries(AT_ORDERFUL) if d.state == State.DELIVERED)
    world.simulators.mutate("purchaseorder", f"{world.company}/{AT_ORDERFUL}", {"lines.0.orderQty": 99.0})
    key = orders_at_orderful(world)[AT_ORDERFUL]
    world.simulators.mutate("transactions", key, {"message.lineItems.0.unitCostPrice": 1.23}, system="orderful")
    reasons = {f.name: f.reason for f in compare(sent.pk).fields}
    assert reasons["line 1 quantity"] == "pending"
    assert reasons["line 1 price"] == "conflict"
    assert reasons["number"] == "same"


def test_a_dry_run_says_each_field_and_writes_nothing(world: World, settle: Callable[..., None]) -> None:
    settle()
    before = stands(world)
    world.simulators.mutate("purchaseorder", f"{world.company}/{AT_ORDERFUL}", {"lines.0.orderQty": 55.0})
    out = StringIO()
    call_command("sync", "--flow", "visma-orderful.purchase-orders", "--dry-run", "--json", stdout=out)
    planned = next(p for p in json.loads(out.getvalue()) if p["business_number"] == AT_ORDERFUL)
    assert planned["action"] == "replace"
    changed = {c["field"]: (c["after"], c["reason"]) for c in planned["changes"]}
    assert changed["line 1 quantity"] == ("55", "changed at the source")
    out = StringIO()
    call_command("sync", "--flow", "visma-orderful.purchase-orders", "--dry-run", "--csv", stdout=out)
    assert "line 1 quantity" in out.getvalue()
    assert stands(world) == before
