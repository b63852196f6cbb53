"""The main job: what is in the books stands on the networks, once; then the books change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from integrations.models import State
from integrations.services.feeds import pause_flow, resume_flow
from tests.support.cluster import Cluster
from tests.support.networks import Standing, must_stand, of_number, stands
from tests.support.world import World, configure

CLEO, CLEO_TOO, ORDERFUL, ORDERFUL_TOO = "500001", "500004", "500002", "500008"
"""Orders of the company, by the network of their supplier."""


def new(after: list[Standing], before: list[Standing]) -> list[tuple[str, str, str]]:
    """What stands in `after` alone: network, number, purpose."""
    left = list(after)
    for document in before:
        left.remove(document)
    return sorted((d.network, d.number, d.purpose) for d in left)


def test_every_document_goes_once_and_every_change_as_one_version(world: World, cluster: Cluster) -> None:
    cluster.settle()
    first = stands(world)
    assert first == must_stand(world)
    assert {d.state for d in world.deliveries()} == {State.DELIVERED, State.NO_EFFECT}

    cluster.settle()
    assert stands(world) == first

    for number in (CLEO, ORDERFUL):
        world.simulators.mutate("purchaseorder", f"{world.company}/{number}", {"lines.0.orderQty": 777.0})
    for number in (CLEO_TOO, ORDERFUL_TOO):
        world.simulators.mutate("purchaseorder", f"{world.company}/{number}", {"status": "Cancelled"})
    cluster.settle()
    second = stands(world)
    assert new(second, first) == [
        ("cleo", CLEO, "replace"),
        ("cleo", CLEO_TOO, "cancellation"),
        ("orderful", ORDERFUL, "replace"),
        ("orderful", ORDERFUL_TOO, "cancellation"),
    ]
    totals = {row.number: row.total for row in must_stand(world)}
    assert {d.total for d in of_number(second, CLEO) if d.purpose == "replace"} == {totals[CLEO]}

    cluster.settle()
    assert stands(world) == second


def test_what_changes_before_it_was_sent_goes_as_it_is_then(world: World, cluster: Cluster) -> None:
    """Orders that wait: changed twice, cancelled, put on hold and released again."""
    flows = [world.flow("visma-orderful.purchase-orders"), world.flow("visma-cleo.purchase-orders")]
    key = f"{world.company}/"
    for flow in flows:
        pause_flow(flow, reason="we look first", actor=None)
    world.simulators.mutate("purchaseorder", key + CLEO_TOO, {"status": "Hold"})
    cluster.settle()
    assert [d for d in stands(world) if d.document == "850"] == []

    for quantity in (500.0, 600.0):
        world.simulators.mutate("purchaseorder", key + ORDERFUL, {"lines.0.orderQty": quantity})
        cluster.settle()
    for number in (CLEO, ORDERFUL_TOO):
        world.simulators.mutate("purchaseorder", key + number, {"status": "Cancelled"})
    cluster.settle()
    for flow in flows:
        resume_flow(flow, actor=None)
    cluster.settle()

    there = stands(world)
    assert there == must_stand(world)
    assert of_number(there, CLEO) == of_number(there, CLEO_TOO) == of_number(there, ORDERFUL_TOO) == []
    assert [d.purpose for d in of_number(there, ORDERFUL)] == ["original"]

    world.simulators.mutate("purchaseorder", key + CLEO_TOO, {"status": "Open"})
    cluster.settle()
    assert stands(world) == must_stand(world)
    assert [d.purpose for d in of_number(stands(world), CLEO_TOO)] == ["original"]


def test_small_pages_in_no_order_lose_and_double_nothing(world: World, cluster: Cluster) -> None:
    world.simulators.options("visma", page_cap=4, sort="unsorted")
    cluster.settle()
    assert stands(world) == must_stand(world)
    world.simulators.mutate("purchaseorder", f"{world.company}/{CLEO}", {"description": "Ny text"})
    cluster.settle()
    assert [d.purpose for d in of_number(stands(world), CLEO)] == ["original", "replace"]


def test_tenants_do_not_meet(world: World, cluster: Cluster, tmp_path: Path, settle: Callable[..., None]) -> None:
    other = configure("smorengros", world.simulators, folder=tmp_path)
    cluster.settle()
    for place in (world, other):
        assert stands(place) == must_stand(place)
        assert stands(place)
        for delivery in place.deliveries():
            assert delivery.sink_connection.tenant_id == delivery.record.tenant_id == place.tenant.pk
    assert {d.receiver for d in stands(world)}.isdisjoint({d.receiver for d in stands(other)})
