"""A supplier that Visma.net gave another number does not become a second vendor by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django_scopes import scope

from integrations.models import Delivery, Issue, State
from integrations.services import deliveries
from tests.integrations.flows.test_airbase import airbase_entry
from tests.integrations.flows.test_basware import bodies, configured, in_p2p
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
Settle = Callable[..., None]


@pytest.fixture(params=["airbase", "basware"])
def there(request: pytest.FixtureRequest, world: World, sandbox: Simulators, tmp_path: Path) -> Callable[[], list[str]]:
    """The company with one of the two; how its vendors are called there."""
    if request.param == "basware":
        configured(world, sandbox, tmp_path, flows=("payment-terms", "suppliers"))
        return lambda: sorted(v["content"]["vendorCode"] for v in in_p2p(world, "vendors").values())
    entry = airbase_entry(world)
    entry["integrations"][0]["flows"] = {"suppliers": {}}
    apply_entry(entry, sandbox, folder=tmp_path)
    return lambda: sorted(v["erp_reference_id"] for v in bodies(world, "vendors", system="airbase"))


def test_a_supplier_that_is_renumbered_is_asked_about(
    there: Callable[[], list[str]], world: World, sandbox: Simulators, settle: Settle, request: pytest.FixtureRequest
) -> None:
    settle(seconds=120)
    before = there()
    active = [s["number"] for s in bodies(world, "supplier", system="visma") if s["status"] == "Active"]
    old = next(number for number in active if number in before)
    if "basware" in request.node.name:  # what an earlier release sent
        with scope(tenant=world.tenant):
            Delivery.objects.filter(flow__key="suppliers").update(frozen_meta={})
    sandbox.mutate("supplier", f"{world.company}/{old}", {"number": "77001"})
    settle(seconds=120)
    assert there() == before
    with scope(tenant=world.tenant):
        waiting = Delivery.objects.get(record__source_id="77001", flow__integration__enabled=True)
        issue = Issue.objects.get(status=Issue.Status.OPEN, error_class="missing_link")
        assert (waiting.state, waiting.waits_for) == (State.PENDING, "renumbered-supplier 77001")
        assert f"vendor {old}" in issue.sentence
        assert "say “new”" in issue.remedy
        deliveries.say_what_it_is(waiting.pk, target_id="new", actor=None, reason="The old one is blocked there.")
    settle(seconds=120)
    assert there() == sorted([*before, "77001"])
    with scope(tenant=world.tenant):
        assert Issue.objects.get(pk=issue.pk).status == Issue.Status.RESOLVED
