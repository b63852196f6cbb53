"""Replay by command: a failed delivery once more, a delivered one only when somebody insists."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from integrations.models import State
from portal.audit.models import AuditEvent
from tests.support.cluster import Cluster
from tests.support.networks import must_stand, of_number, stands
from tests.support.world import World, apply_entry

AT_CLEO, AT_ORDERFUL = "500001", "500002"


def test_a_failed_delivery_goes_after_the_repair_and_a_delivered_one_only_by_force(
    world: World, cluster: Cluster, tmp_path: Path
) -> None:
    agreed = next(p for p in world.entry["trading_partners"] if p["key"] == "sup80001")["agreements"][0]
    folder = agreed["settings"]["folder"]
    agreed["settings"]["folder"] = "/NOBODY/upload/850"
    apply_entry(world.entry, world.simulators, folder=tmp_path)
    cluster.settle()
    failed = [d for d in world.deliveries() if d.state == State.FAILED]
    assert AT_CLEO in {d.business_number for d in failed}
    assert all("/NOBODY/upload/850" in d.reason for d in failed)

    agreed["settings"]["folder"] = folder
    apply_entry(world.entry, world.simulators, folder=tmp_path)
    for delivery in failed:
        call_command("replay", str(delivery.pk))
    cluster.settle(read=False)
    assert stands(world) == must_stand(world)

    sent = next(d for d in world.deliveries(AT_ORDERFUL) if d.state == State.DELIVERED)
    with pytest.raises(CommandError, match="nothing is sent twice"):
        call_command("replay", str(sent.pk))
    with pytest.raises(CommandError, match="say why"):
        call_command("replay", str(sent.pk), "--force")
    with pytest.raises(CommandError, match="There is no delivery"):
        call_command("replay", "999999")
    cluster.settle(read=False)
    assert stands(world) == must_stand(world)

    call_command("replay", str(sent.pk), "--force", "--reason", "the partner lost it")
    cluster.settle(read=False)
    original, copy = of_number(stands(world), AT_ORDERFUL)
    assert original == copy
    forced = world.deliveries(AT_ORDERFUL)[-1]
    assert forced.replays_id == sent.pk
    assert forced.state == State.DELIVERED
    line = AuditEvent.objects.get(action="delivery.forced")
    assert "the partner lost it" in line.summary
