"""Suppliers as vendors: who must not be paid is not active where payments begin."""

from __future__ import annotations

import pytest

from integrations.documents import Supplier
from integrations.systems.airbase.mapping import vendor


@pytest.mark.parametrize(
    ("active", "status", "is_active"),
    [
        (True, "Active", True),
        (True, "OneTime", True),
        (True, "HoldPayments", False),
        (False, "OnHold", False),
        (False, "Inactive", False),
    ],
)
def test_a_vendor_is_active_while_its_supplier_may_be_paid(active: bool, status: str, is_active: bool) -> None:
    row = vendor(Supplier(number="50001", name="Acme AB", active=active, status=status))
    assert row["is_active"] is is_active


def test_a_vendor_is_sent_with_the_subsidiaries_that_are_named() -> None:
    acme = Supplier(number="50001", name="Acme AB", active=True, status="Active")
    assert "subsidiary_reference_ids" not in vendor(acme), "Airbase decides"
    named = vendor(acme, subsidiaries=["1", "2"])["subsidiary_reference_ids"]
    assert named == [{"erp_reference_id": "1"}, {"erp_reference_id": "2"}]
