"""What the engine and the portal see of the system."""

from __future__ import annotations

import datetime as dt

import pytest

from integrations.systems.registry import system
from integrations.systems.visma.resources import RESOURCES
from integrations.systems.visma.spec import SYSTEM


def test_it_is_registered():
    assert system("visma") is SYSTEM
    assert (SYSTEM.key, SYSTEM.label, SYSTEM.is_network) == ("visma", "Visma.net ERP", False)


def test_feeds():
    assert [feed.key for feed in SYSTEM.feeds] == [
        "suppliers", "purchase-orders", "purchase-receipts", "supplier-invoices", "customers", "customer-invoices",
        "invoice-payments", "accounts", "dimensions", "vat-codes", "payment-terms",
    ]  # fmt: skip
    often, seldom = dt.timedelta(minutes=5), dt.timedelta(minutes=30)
    assert {feed.key for feed in SYSTEM.feeds if feed.interval != often} == {
        "accounts", "dimensions", "vat-codes", "payment-terms",
    }  # fmt: skip
    assert {feed.interval for feed in SYSTEM.feeds} == {often, seldom}


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.feed)
def test_every_resource_names_its_records_by_as_many_parts_as_its_path_has(resource):
    source_id = "/".join(["X"] * resource.key_parts)
    assert len(resource.head().key) == resource.key_parts
    assert resource.path_of(source_id) == f"{resource.path}/{source_id}"
