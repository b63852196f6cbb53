"""Every flow from end to end, with a real cluster, and a network that stumbles once on each side."""

from __future__ import annotations

from pathlib import Path

import pytest
from django_scopes import scopes_disabled

from integrations.models import Attempt, Delivery, State
from tests.support.cluster import Cluster
from tests.support.simulators import Simulators
from tests.support.stories import STORIES, delivered


@pytest.mark.parametrize("flow", sorted(STORIES))
def test_a_flow_does_what_it_says_although_the_network_stumbles(
    flow: str, transactional_db: None, sandbox: Simulators, cluster: Cluster, tmp_path: Path
) -> None:
    story = STORIES[flow]
    with scopes_disabled():
        story.begin(flow, sandbox, folder=tmp_path, work=cluster.settle)
        for system in sandbox.get("")["systems"]:
            sandbox.fault(system, "reset", times=1)
        cluster.settle()
        assert delivered(flow) == story.delivered
        states = set(Delivery.objects.values_list("state", flat=True))
        assert states <= {State.DELIVERED, State.NO_EFFECT}
        assert not Attempt.objects.filter(closed_at=None).exists()
        cluster.settle()  # what the flow changed is read by those of the other direction
        made = Delivery.objects.count()
        cluster.settle()
        assert Delivery.objects.count() == made
