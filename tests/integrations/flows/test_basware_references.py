"""The report of differences between the ledger's reference data and Basware's; segments as lists of P2P."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django_scopes import scope

from portal.common.clock import db_now
from portal.customer.acting import offered
from portal.customer.integrations import ACTIONS
from tests.integrations.flows.test_basware import bodies, configured, failures
from tests.support.simulators import Simulators
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]


def report(world: World, flow: str) -> dict[str, dict[str, str]]:
    out = StringIO()
    call_command("differences", f"visma-basware.{flow}", "--tenant", world.tenant.slug, "--json", stdout=out)
    return {line["reference"]: line for line in json.loads(out.getvalue())[world.tenant.slug]["lines"]}


def test_segments_go_to_their_lists_and_differences_are_told(
    world: World, sandbox: Simulators, tmp_path: Path, settle: Settle
) -> None:
    found = configured(world, sandbox, tmp_path, flows=("dimensions", "tax-codes", "suppliers"))
    settle(seconds=120)
    segments = {(row["segment"], row["value"]) for row in segment_values(found)}
    lists = {row["text_1"]: row["externalCode"] for row in bodies(found, "lists")}
    assert set(lists) == {value for segment, value in segments if segment == 2}
    assert {row["costCenterCode"] for row in bodies(found, "costCenters")} == {v for s, v in segments if s == 1}
    for flow in ("dimensions", "tax-codes"):
        said = report(found, flow)
        assert said
        assert {line["kind"] for line in said.values()} == {"same"}, said
    # The rate of today, whatever begins later.
    days = (("2020-01-01", 25.0), (str((db_now() - dt.timedelta(days=2)).date()), 22.0), ("2099-01-01", 30.0))
    rates = [{"startDate": f"{day}T00:00:00", "vatRate": rate, "groupType": "Input"} for day, rate in days]
    code = next(row["vatId"] for row in bodies(found, "vat", system="visma") if row["schedules"][0]["vatRate"])
    sandbox.mutate("vat", f"{found.company}/{code}", {"schedules": rates})
    settle(seconds=120)
    assert {row["taxCode"]: row["taxPercentage"] for row in bodies(found, "taxCodes")}[code] == 22.0
    # An external code is for ever: under another name of the books nothing goes a second time.
    before = len(bodies(found, "taxCodes"))
    connection = found.connection("basware")
    connection.settings = {**connection.settings, "source_system": "BOOKS"}
    connection.save()
    sandbox.mutate("vat", f"{found.company}/{code}", {"description": "Renamed"})
    settle(seconds=120)
    assert len(bodies(found, "taxCodes")) == before
    assert [f"knows {code} as VISMA-" in reason and "twice" in reason for reason in failures(found)] == [True]
    connection.settings = {**connection.settings, "source_system": "VISMA"}
    connection.save()
    changed = next(row for row in sandbox.rows("basware", "lists") if row["key"].startswith(f"{found.company}/"))
    sandbox.mutate("lists", changed["key"], {"text_2": "Renamed"}, system="basware")
    line = report(found, "dimensions")[changed["body"]["externalCode"]]
    assert line["kind"] == "different"
    assert "Renamed there" in line["why"]
    with scope(tenant=found.tenant):
        for flow, has in (("dimensions", True), ("suppliers", False)):
            names = {action.name for action in offered(ACTIONS, found.flow(f"visma-basware.{flow}"))}
            assert ("differences" in names) is has


def segment_values(world: World) -> list[dict[str, object]]:
    """Segment and value of each entry of the subaccount's dimension in the books."""
    found: list[dict[str, object]] = []
    for dimension in bodies(world, "dimension", system="visma"):
        for segment in dimension["segments"]:
            found += [{"segment": segment["segmentId"], "value": v["valueId"]} for v in segment["segmentValues"]]
    return found
