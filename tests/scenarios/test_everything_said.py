"""Looking back at all stories of this run."""

from __future__ import annotations

from pathlib import Path

import pytest
from django_scopes import scope

from integrations.http.errors import Conflict
from integrations.systems.registry import system
from integrations.systems.visma.client import VismaClient
from integrations.systems.visma.settings import Options
from tests.support.cluster import Cluster
from tests.support.heard import Heard
from tests.support.world import World


def test_every_call_to_visma_named_its_company_and_every_change_its_version(
    world: World, cluster: Cluster, heard: Heard, own_folder: Path
) -> None:
    """Each story was checked when it ended; here that there was something to check, changes of records among it."""
    cluster.settle()
    connection = world.connection("visma")
    with scope(tenant=world.tenant):
        session = system("visma").session(connection)
        client = VismaClient(session, Options.of(connection))
        answer, version = client.get_with_etag("v1/supplier/80001")
        body = {"name": {"value": answer.json()["name"] + " Oy"}}
        client.put("v1/supplier/80001", body, version)
        with pytest.raises(Conflict):
            client.put("v1/supplier/80001", body, version)
    problems = heard.listen(world.simulators, own_folder / "log")
    assert problems == []
    for what in ("visma GET", "visma PUT", "orderful POST", "cleo POST"):
        assert heard.requests[what], what
    for what in ("visma GET", "visma POST", "orderful POST", "cleo POST"):
        assert heard.exchanges[what], what
    assert len(heard.secrets) >= 5
    assert list((own_folder / "log").glob("*.log"))
