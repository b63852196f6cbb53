"""What is left to pay of a supplier invoice, as its record states it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from integrations.systems.visma.mapping import balance_of
from tests.integrations.systems.visma.records import ZONE, raw

OTHER_COLUMN = {
    "currencyId": "EUR",
    "detailTotal": 15528.45,
    "detailTotalInCurrency": 1350.3,
    "vatTotal": 3882.17,
    "vatTotalInCurrency": 337.58,
}
"""The header the other way round: what is called "in currency" is in that of the document."""


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({"balance": 1000.0}, "1000"),
        ({"balance": 1000.0, "balanceInCurrency": 1000.0}, "1000"),
        ({"balance": None, "balanceInCurrency": 1000.0}, "1000"),
        ({"currencyId": "EUR", "balance": 1000.0, "balanceInCurrency": 11500.0, "detailTotalInCurrency": 15528.45,
          "vatTotalInCurrency": 3882.17}, "1000"),
        (OTHER_COLUMN | {"balance": 11500.0, "balanceInCurrency": 1000.0}, "1000"),
    ],
)  # fmt: skip
def test_it_is_in_the_currency_of_the_document(changes: dict[str, Any], left: str) -> None:
    found = balance_of(raw("supplier_invoice", **changes), zone=ZONE)
    assert found is not None
    assert (found.left, found.total) == (Decimal(left), Decimal("1688"))
    assert found.currency == changes.get("currencyId", "SEK")
    assert found.is_part


@pytest.mark.parametrize("left", [1688.0, 0.0, -5.0, 2000.0])
def test_nothing_and_all_are_no_part(left: float) -> None:
    found = balance_of(raw("supplier_invoice", balance=left), zone=ZONE)
    assert found is not None
    assert not found.is_part


@pytest.mark.parametrize("changes", [{"balance": None}, OTHER_COLUMN | {"balance": 11500.0}])
def test_what_is_not_stated_in_the_currency_of_the_document_is_not_told(changes: dict[str, Any]) -> None:
    assert balance_of(raw("supplier_invoice", **changes), zone=ZONE) is None
