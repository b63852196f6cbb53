"""The live test: what it says when all is well, and one sentence for each thing that is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.models import Connection, Feed
from integrations.systems.contract import Step
from integrations.systems.visma.spec import SYSTEM
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.visma.conftest import requests_of


def steps(connection: Connection) -> list[Step]:
    session = SYSTEM.session(connection)
    found = list(SYSTEM.checks(connection, session))
    session.close()
    for step in found:
        assert step.detail
        assert step.ok or step.remedy, step
    return found


def test_all_is_well(visma: Served, connection: Connection):
    found = steps(connection)
    assert [step.name for step in found if not step.ok] == []
    assert [step.name for step in found] == [
        "Reach Visma", "Get a token", "Find the company", "Read suppliers", "Read purchase orders",
        "Read supplier invoices", "Compare clocks", "Check the time zone", "Look at the allowance of calls",
    ]  # fmt: skip
    assert "Nordlogistik Göteborg AB" in found[2].detail
    assert found[3].detail.endswith(" there.")
    assert len(requests_of(visma)) <= 10


def test_what_flows_read_is_tested_too(visma: Served, connection: Connection):
    for key in ("purchase-receipts", "customers", "customer-invoices"):
        Feed.objects.create(tenant=connection.tenant, connection=connection, key=key)
    visma.fault(method="GET", path_regex="^/v1/customer$", fault=403, times=1)
    found = {step.name: step for step in steps(connection)}
    assert found["Read purchase receipts"].ok
    assert found["Read customer invoices"].ok
    assert not found["Read customers"].ok, "a right that a flow needs and the application lacks"
    assert len(requests_of(visma)) <= 13


@pytest.mark.parametrize(
    ("changes", "last", "words"),
    [
        ({"base_url": "http://visma.invalid"}, "Reach Visma", "not known (DNS)"),
        ({"client_secret": "not-the-secret"}, "Get a token", "client secret is wrong"),
        ({"tenant_id": "00000000-0000-0000-0000-000000000000"}, "Get a token", "no access to Visma tenant"),
        ({"company_id": "4711"}, "Find the company", "4711"),
        ({"base_path": "/nothing"}, "Find the company", "organization"),
    ],
)
def test_ends_where_the_next_makes_no_sense(
    changes: dict[str, Any], last: str, words: str, visma: Served, connect: Callable[..., Connection]
):
    if path := changes.pop("base_path", ""):
        changes = {"base_url": visma.base + path}
    found = steps(connect(**changes))
    assert [step.ok for step in found] == [True] * (len(found) - 1) + [False]
    assert found[-1].name == last
    assert words in found[-1].detail
    assert len(requests_of(visma)) == (last == "Find the company"), "nothing is asked that makes no sense"


def test_customers_tenant_id(company: dict[str, Any], connect: Callable[..., Connection]):
    found = steps(connect(tenant_id=company["customer_tenant_id"]))
    assert found[-1].name == "Find the company"
    assert "customer's and not the company's" in found[-1].remedy


def test_a_missing_right_is_said_and_the_rest_goes_on(visma: Served, connection: Connection):
    visma.fault(method="GET", path_regex="^/v1/purchaseorder", fault=403, times=1)
    found = {step.name: step for step in steps(connection)}
    assert not found["Read purchase orders"].ok
    assert "read purchaseorder" in found["Read purchase orders"].detail
    assert found["Read supplier invoices"].ok
    assert "Check the time zone" not in found


def test_clocks_that_differ(visma: Served, connection: Connection):
    visma.advance(600)
    found = {step.name: step for step in steps(connection)}
    assert not found["Compare clocks"].ok
    assert "s ahead of ours" in found["Compare clocks"].detail


def zone_step(connection: Connection) -> Step:
    return next(step for step in steps(connection) if step.name == "Check the time zone")


def test_time_zone_is_proved_by_a_fresh_change(visma: Served, connect: Callable[..., Connection]):
    visma.mutate("supplier", {"name": "Nyss ändrad AB"}, count=1)
    found = zone_step(connect())
    assert found.ok
    assert "stamped by the clocks of Europe/Stockholm" in found.detail


def test_stamps_of_the_future_prove_the_zone_wrong(visma: Served, connect: Callable[..., Connection]):
    visma.mutate("supplier", {"name": "Nyss ändrad AB"}, count=1)
    found = zone_step(connect(zone="America/New_York"))
    assert not found.ok
    assert "another time zone" in found.detail


def test_stamps_in_utc_prove_nothing_and_that_is_said(visma: Served, connect: Callable[..., Connection]):
    visma.options(time_zone="UTC")
    visma.advance(86_400)
    visma.mutate("supplier", {"name": "Nyss ändrad AB"}, count=1)
    found = zone_step(connect())
    assert found.ok
    assert "No change of the last hours proves" in found.detail


def test_allowance_is_shown(visma: Served, connection: Connection):
    visma.options(rate_limit=50)
    assert " of 50 calls are left" in steps(connection)[-1].detail
