"""Pairs that go both ways come to rest: what we wrote is not news when it is read again. And numbers of envelopes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from edi.models import Interchange
from integrations.flows.registry import all_flows
from integrations.management.asked import to_its_end
from integrations.models import Delivery, Flow, Record, State
from integrations.services import operations as services
from portal.common.clock import db_now
from tests.support import stories
from tests.support.world import QUICK, World, apply_entry

BEGINNING = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
PATIENCE = 300
"""Seconds: Basware takes an order when it has its vendor, and the vendor when it has its terms."""
HARMLESS = ("/token", "/authentication", "/v3/convert", "/accept", "/oauth")
"""Parts of addresses of calls that are no effect although they are no GET: logins, conversions, confirmations."""


@pytest.fixture
def whole(world: World, tmp_path: Path) -> World:
    """The tenant with every flow that the demo switches on."""
    text = (Path(settings.BASE_DIR) / "demo" / "tenants.yaml").read_text(encoding="utf-8")
    entry: dict[str, Any] = next(t for t in yaml.safe_load(text)["tenants"] if t["slug"] == world.tenant.slug)
    for connection in entry["connections"]:
        connection["settings"] |= stories.QUICK.get(connection["system"], {}) | QUICK.get(connection["system"], {})
    apply_entry(entry, world.simulators, folder=tmp_path)
    return World(world.tenant, entry, world.simulators)


def effects(world: World) -> Counter[str]:
    """Calls that change something, by system, method and address."""
    return Counter(
        f"{r['system']} {r['method']} {r['path']}"
        for r in world.simulators.requests()
        if r["method"] not in ("GET", "HEAD") and not any(part in r["path"] for part in HARMLESS)
    )


def test_rule_19_every_two_way_pair_is_idle_after_two_ticks(whole: World, settle: Callable[..., None]) -> None:
    directions = {d for i in whole.entry["integrations"] for d in i["flows"]}
    assert {"purchase-orders", "order-changes", "suppliers", "trading-partners"} <= directions
    for _ in range(2):
        settle(seconds=PATIENCE)
        whole.simulators.post("clock", advance_seconds=120)  # what partners answer is there at the next tick
    settle()
    made, said = Delivery.objects.filter(state=State.DELIVERED).count(), effects(whole)
    assert said, "something was sent"
    records = Record.objects.count()
    for _ in range(2):
        settle()
    assert effects(whole) - said == Counter(), "nothing is sent again"
    assert Delivery.objects.filter(state=State.DELIVERED).count() == made
    assert Record.objects.count() == records


def test_rule_23_numbers_are_taken_with_the_bytes_and_stay_through_faults(
    world: World, settle: Callable[..., None]
) -> None:
    """Uploads that fail, answers that are lost: each file keeps its number, none is used twice, none is left out."""
    sim = world.simulators
    sim.fault("cleo", 503, "/files", method="POST", times=2)
    sim.fault("cleo", "timeout_after", "/files", method="POST", times=1)
    settle(seconds=120)
    rows = Interchange.objects.filter(direction="out", network=world.connection("cleo").network)
    numbers = sorted(rows.values_list("control_number", flat=True))
    sent = [d for d in world.deliveries() if d.sink_connection_id == world.connection("cleo").pk and d.frozen_id]
    assert {d.state for d in sent} == {State.DELIVERED}
    assert sum(d.tries for d in sent) > len(sent), "the faults were met"
    by_route: dict[str, list[int]] = {}
    for route, number in rows.values_list("route", "control_number"):
        by_route.setdefault(route, []).append(number or 0)
    assert len(numbers) == len(sent)
    for route, used in by_route.items():
        assert sorted(used) == list(range(min(used), min(used) + len(used))), f"{route}: {sorted(used)}"
    files = [r["body"] for r in sim.rows("cleo", "files") if r["body"]["direction"] == "outbound"]
    assert len({f["name"] for f in files}) == len(files) == len(sent)


def test_of_everything_that_the_demo_does_nothing_is_unexplained(whole: World, settle: Callable[..., None]) -> None:
    for _ in range(2):
        settle(seconds=PATIENCE)
        whole.simulators.post("clock", advance_seconds=120)
    settle()
    seen, unexplained = Counter[str](), list[str]()
    for flow in Flow.objects.filter(tenant=whole.tenant, enabled=True).select_related("tenant"):
        if all_flows()[flow.full_key].keeps:
            continue
        asked = services.ask_reconcile(flow, since=BEGINNING, until=db_now() + dt.timedelta(days=1), actor=None)
        done = to_its_end(asked)
        assert done.state == "done", f"{flow}: {done.problem}"
        lines = services.reconciled_lines(done)
        unexplained += [f"{flow.full_key} {n['number']}: {n['why']}" for n in lines if n["kind"] == "unexplained"]
        seen[flow.full_key] = services.summary(lines)["same"]
    assert not unexplained, "\n".join(unexplained)
    assert seen["visma-orderful.purchase-orders"] > 0
    assert seen["visma-cleo.supplier-invoices"] > 0
