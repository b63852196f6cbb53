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
