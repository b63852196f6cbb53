"""A network fails while a document is sent: in the end it stands there once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from integrations.models import Attempt, Breaker, Issue, State
from integrations.services.connections import check_connection
from integrations.services.deliveries import settle_by_person
from tests.support.cluster import Cluster
from tests.support.networks import must_stand, of_number, stands
from tests.support.simulators import moments
from tests.support.world import World, apply_entry

UPLOAD, CREATE = "/files", "^/transactions$"
SENT = "/(files|transactions)"
PATHS = {"orderful": CREATE, "cleo": UPLOAD}


def outcomes(world: World, kind: str) -> list[str]:
    rows = Attempt.objects.filter(tenant=world.tenant, kind=kind).order_by("pk")
    return [a.outcome for a in rows]


@pytest.mark.parametrize("network", ["orderful", "cleo"])
def test_what_arrived_without_an_answer_is_found_and_not_sent_again(
    world: World, cluster: Cluster, network: str
) -> None:
    """The body was received, the answer was not: timeout, reset, half an answer."""
    for fault in ("timeout_after", "reset_after", "malformed"):
        world.simulators.fault(network, fault, PATHS[network], method="POST", times=1, seconds=20)
    cluster.settle(seconds=90)
    assert world.simulators.fired() == 3
    assert stands(world) == must_stand(world)
    assert "applied" in outcomes(world, Attempt.Kind.EVIDENCE)
    doubted = [d for d in world.deliveries() if d.evidence]
    assert doubted
    assert {d.state for d in doubted} == {State.DELIVERED}
    assert all(d.tries == 1 for d in doubted)


@pytest.mark.parametrize("network", ["orderful", "cleo"])
def test_what_did_not_arrive_is_sent_again_byte_for_byte(world: World, cluster: Cluster, network: str) -> None:
    """The call broke before it was received, or was refused without a sign of what happened."""
    for fault in ("timeout_before", "reset", 500, "503html"):
        world.simulators.fault(network, fault, PATHS[network], method="POST", times=1, seconds=20)
    cluster.settle(seconds=120)
    assert world.simulators.fired() == 4
    assert stands(world) == must_stand(world)
    doubted = [d for d in world.deliveries() if d.evidence]
    assert doubted
    assert all([e["found"] for e in d.evidence][:2] == ["not there", "not there"] for d in doubted)
    for delivery in (d for d in world.deliveries() if d.tries > 1):
        said = [
            a.exchanges.filter(method="POST", url__regex=SENT).last() for a in delivery.attempts.filter(kind="apply")
        ]
        assert len({bytes(e.request_body) for e in said if e is not None}) == 1


@pytest.mark.parametrize("network", ["orderful", "cleo"])
def test_a_429_holds_the_network_until_its_time(world: World, cluster: Cluster, network: str) -> None:
    world.simulators.fault(network, 429, PATHS[network], method="POST", times=1, retry_after=3)
    cluster.settle()
    entries = world.simulators.requests(network)
    refused = next(i for i, e in enumerate(entries) if e["status"] == 429)
    at = dt.datetime.fromisoformat(entries[refused]["at"])
    early = [
        m for m in moments(entries[refused + 1 :]) if at + dt.timedelta(seconds=0.5) < m < at + dt.timedelta(seconds=3)
    ]
    assert early == []
    assert stands(world) == must_stand(world)


def test_an_expired_token_of_cleo_is_refreshed_once(world: World, cluster: Cluster) -> None:
    world.simulators.fault("cleo", 401, UPLOAD, method="POST", times=1)
    cluster.settle()
    assert stands(world) == must_stand(world)
    assert [r["body"]["result"] for r in world.simulators.rows("cleo", "authentications")] == ["success", "success"]


def test_a_missing_right_waits_for_somebody_and_goes_on_by_itself(world: World, cluster: Cluster) -> None:
    """Nothing is failed for it: when the right is given and the connection is tested, everything goes."""
    world.simulators.fault("cleo", 403, UPLOAD, method="POST", times=1000)
    cluster.rest()
    at_cleo = [d for d in world.deliveries() if d.sink_connection.key == "cleo" and d.state != State.NO_EFFECT]
    assert {d.state for d in at_cleo} == {State.PENDING}
    assert {d.network for d in stands(world)} == {"orderful"}
    (issue,) = Issue.objects.filter(status=Issue.Status.OPEN)
    assert issue.connection_id == world.connection("cleo").pk

    world.simulators.no_faults()
    steps = check_connection(world.connection("cleo"))
    assert all(step.ok for step in steps), steps
    cluster.settle()
    assert stands(world) == must_stand(world)
    issue.refresh_from_db()
    assert issue.status == Issue.Status.RESOLVED


def test_what_nobody_can_tell_is_settled_by_a_person(world: World, cluster: Cluster, tmp_path: Path) -> None:
    """A Data Flow takes uploaded files away: a file that is not there may have arrived."""
    for connection in world.entry["connections"]:
        if connection["key"] == "cleo":
            connection["settings"]["files_stay"] = False
    apply_entry(world.entry, world.simulators, folder=tmp_path)
    world.simulators.fault("cleo", "timeout_before", UPLOAD, method="POST", times=1, seconds=20)
    cluster.rest()
    (doubtful,) = [d for d in world.deliveries() if d.state == State.IN_DOUBT]
    assert doubtful.issue is not None
    assert "settle the delivery" in doubtful.issue.remedy
    assert of_number(stands(world), doubtful.business_number) == []

    settle_by_person(doubtful.pk, actor=None, arrived=False, reason="The folder's history does not show it.")
    cluster.settle()
    assert stands(world) == must_stand(world)
    doubtful.issue.refresh_from_db()
    assert {b.position for b in Breaker.objects.all()} == {Breaker.Position.CLOSED}
    assert doubtful.issue.status == Issue.Status.RESOLVED
