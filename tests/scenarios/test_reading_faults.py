"""Visma.net fails while it is read: nothing is lost, nothing doubled, and we call it no more than we may."""

from __future__ import annotations

import datetime as dt

import pytest

from integrations.models import Breaker, Issue
from tests.support.cluster import Cluster
from tests.support.networks import must_stand, stands
from tests.support.simulators import moments
from tests.support.world import World

ORDERS = "/v1/purchaseorder"


def open_issues(world: World) -> list[Issue]:
    return list(Issue.objects.filter(tenant=world.tenant, status=Issue.Status.OPEN))


def test_a_429_stops_all_calls_until_its_time(world: World, cluster: Cluster) -> None:
    world.simulators.fault("visma", 429, ORDERS, retry_after=4)
    cluster.settle()
    entries = world.simulators.requests("visma")
    refused = next(i for i, e in enumerate(entries) if e["status"] == 429)
    at = dt.datetime.fromisoformat(entries[refused]["at"])
    under_way = dt.timedelta(seconds=0.5)  # what another thread had begun
    early = [m for m in moments(entries[refused + 1 :]) if at + under_way < m < at + dt.timedelta(seconds=4)]
    assert early == []
    assert [e["status"] for e in entries].count(429) == 1
    assert stands(world) == must_stand(world)
    assert open_issues(world) == []


def test_an_expired_token_is_refreshed_once(world: World, cluster: Cluster) -> None:
    cluster.settle()
    world.simulators.fault("visma", 401, "^/v1/", times=1)
    world.simulators.mutate("purchaseorder", f"{world.company}/500001", {"description": "Ny text"})
    cluster.settle()
    entries = world.simulators.requests("visma")
    assert len([e for e in entries if e["path"].endswith("/connect/token")]) == 2
    assert [e["status"] for e in entries].count(401) == 1
    assert [d.purpose for d in stands(world) if d.number == "500001"] == ["original", "replace"]


def test_a_right_that_is_missing_is_one_issue_and_stops_nothing_else(world: World, cluster: Cluster) -> None:
    world.simulators.fault("visma", 403, "/v1/supplierinvoice", times=1000)
    cluster.rest()
    assert {d.document for d in stands(world)} == {"850"}
    (issue,) = open_issues(world)
    assert issue.who == Issue.Who.CUSTOMER
    assert "supplierInvoice" in issue.sentence
    assert "App Store" in issue.remedy
    assert len([e for e in world.simulators.requests("visma") if e["status"] == 403]) == 1

    world.simulators.no_faults()
    cluster.settle()
    assert stands(world) == must_stand(world)
    assert open_issues(world) == []


@pytest.mark.parametrize(
    "faults", [(500, "malformed"), ("503html", "reset"), ("timeout_before", "reset_after")], ids=str
)
def test_a_read_that_breaks_is_done_again(world: World, cluster: Cluster, faults: tuple[int | str, int | str]) -> None:
    """On the second page: what came before is kept."""
    world.simulators.options("visma", page_cap=10)
    for path, fault in zip((ORDERS, "/v1/supplierinvoice"), faults, strict=True):
        world.simulators.fault("visma", fault, rf"{path}.*pageNumber=2", times=1, seconds=20)
    cluster.settle()
    assert world.simulators.fired() == 2
    assert stands(world) == must_stand(world)
    assert open_issues(world) == []
    assert {b.position for b in Breaker.objects.all()} == {Breaker.Position.CLOSED}
