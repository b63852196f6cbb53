"""The report of differences between the ledger's reference data and Airbase's, in both of Airbase's modes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django_scopes import scope

from integrations.services import operations as services
from tests.integrations.flows.test_airbase import airbase, bodies, ledger_only
from tests.support.world import World

__all__ = ["airbase", "ledger_only"]
pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]


def report(world: World, flow: str = "accounts") -> dict[str, dict[str, str]]:
    """The command's report, by reference."""
    out = StringIO()
    call_command("differences", f"visma-airbase.{flow}", "--tenant", world.tenant.slug, "--json", stdout=out)
    said = json.loads(out.getvalue())[world.tenant.slug]
    assert sum(said["counts"].values()) == len(said["lines"])
    return {line["reference"]: line for line in said["lines"]}


def writes(world: World) -> int:
    return sum(1 for r in world.simulators.requests("airbase") if r["method"] != "GET")


def key_of(world: World, entity: str, reference: str) -> str:
    rows = world.simulators.rows("airbase", entity)
    return next(
        str(r["key"])
        for r in rows
        if r["body"]["erp_reference_id"] == reference and r["key"].startswith(f"{world.company}/")
    )


def test_what_is_missing_different_and_only_there_is_told_and_nothing_is_written(
    airbase: World, settle: Settle
) -> None:
    accounts = {a["accountCD"]: a for a in bodies(airbase, "account", system="visma")}
    before = report(airbase)
    assert {r for r, line in before.items() if line["kind"] == "missing"} == set(accounts)
    settle()
    assert {line["kind"] for line in report(airbase).values()} == {"same"}
    one, two, *_ = sorted(accounts)
    airbase.simulators.mutate("accounts", key_of(airbase, "accounts", one), {"name": "Renamed"}, system="airbase")
    own = next(a["airbase_id"] for a in bodies(airbase, "accounts") if a["erp_reference_id"] == two)
    airbase.simulators.mutate("accounts", key_of(airbase, "accounts", two), {"erp_reference_id": ""}, system="airbase")
    known = writes(airbase)
    after = report(airbase)
    assert after[one]["kind"] == "different"
    assert "name: " in after[one]["why"]
    assert "Renamed there" in after[one]["why"]
    assert after[two]["kind"] == "missing"
    assert (after[own]["kind"], after[own]["why"]) == ("only_there", "It has no reference to the books.")
    assert sum(line["kind"] == "same" for line in after.values()) == len(accounts) - 2
    assert writes(airbase) == known
    out = StringIO()
    call_command("differences", "visma-airbase.accounts", "--csv", stdout=out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert {row["reference"]: row["kind"] for row in rows} == {r: line["kind"] for r, line in after.items()}
    out = StringIO()
    call_command("differences", "visma-airbase.accounts", stdout=out)
    assert "1 different" in out.getvalue()


def test_cost_centres_are_compared_in_the_mode_of_the_ledger_too(ledger_only: World, settle: Settle) -> None:
    settle()
    found = report(ledger_only, "dimensions")
    assert found
    assert {line["kind"] for line in found.values()} == {"same"}


def test_a_tenant_that_lists_nothing_is_taken_by_what_was_delivered(airbase: World, settle: Settle) -> None:
    settle()
    airbase.simulators.fault("airbase", 404, "/accounting/accounts/", method="GET", times=5)
    found = report(airbase)
    assert {line["kind"] for line in found.values()} == {"same"}
    assert all("does not list it" in line["why"] for line in found.values())


def test_documents_are_no_reference_data(airbase: World) -> None:
    with scope(tenant=airbase.tenant), pytest.raises(ValidationError):
        services.ask_differences(airbase.flow("visma-airbase.supplier-invoices"), actor=None)
