"""SIGKILL in the middle: the same end as undisturbed."""

from __future__ import annotations

from integrations.models import Attempt, Run, State
from tests.support.cluster import Cluster
from tests.support.networks import must_stand, stands
from tests.support.settling import read_now
from tests.support.world import World

CREATE = "^/transactions$"


def test_killed_while_reading_and_sending_and_again_while_sending(world: World, cluster: Cluster) -> None:
    """Both times a document has arrived whose answer is still under way."""
    world.simulators.options("visma", page_cap=6)
    world.simulators.fault("visma", "slow", "/v1/purchaseorder.*pageNumber=3", times=1, seconds=60)
    world.simulators.fault("orderful", "timeout_after", CREATE, method="POST", times=1, seconds=20)
    read_now()
    cluster.wait(lambda: world.simulators.fired() == 2)
    cluster.kill()
    assert Run.objects.filter(outcome=Run.Outcome.RUNNING).exists()
    assert Attempt.objects.filter(closed_at=None, kind=Attempt.Kind.APPLY).exists()

    world.simulators.no_faults()
    world.simulators.fault("cleo", "timeout_after", "/files", method="POST", times=1, seconds=20)
    cluster.wait(lambda: world.simulators.fired() == 1)
    cluster.kill()
    assert Attempt.objects.filter(closed_at=None, kind=Attempt.Kind.APPLY).exists()

    cluster.settle(seconds=90)
    assert stands(world) == must_stand(world)
    assert {d.state for d in world.deliveries()} == {State.DELIVERED, State.NO_EFFECT}
    assert not Attempt.objects.filter(closed_at=None).exists()
    assert not Run.objects.filter(outcome=Run.Outcome.RUNNING).exists()
    lost = [d for d in world.deliveries() if d.crashes]
    assert len(lost) >= 2
    assert {d.sink_connection.key for d in lost if d.evidence and d.evidence[-1]["found"] == "there"} == {
        "orderful",
        "cleo",
    }

    cluster.settle()
    assert stands(world) == must_stand(world)
