from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from edi.documents.order_change import LineChange, applied_quantity, new_quantity, order_numbers


def told(ordered: str | None, left: str | None, code: str = "CA", kind: str = "change") -> LineChange:
    amounts: dict[str, Any] = {
        "quantity": None if ordered is None else Decimal(ordered),
        "quantity_left": None if left is None else Decimal(left),
    }
    return LineChange(line_number="1", kind=kind, code=code, **amounts)


@pytest.mark.parametrize(
    ("change", "current", "quantity"),
    [
        (told("150", None), "100", "150"),  # POC03 alone
        (told(None, "150"), "100", "150"),  # POC04 alone
        (told("150", "150"), "100", "150"),
        (told("100", "150", "QC"), "100", "150"),  # POC03 the old quantity, POC04 the new one
        (told("0", None, "QC"), "100", "0"),  # a line cancelled by quantity
        (told("0", "0", "QC"), "100", "0"),
        (told("120", "150", "QI"), "130", "150"),  # only one of them is an increase
        (told("80", "150", "QD"), "100", "80"),
        (told("50", "30", "DI", "delete"), "100", "0"),
        (told(None, None, "PC"), "100", None),  # the quantity stays
        (told("100", "0", "CA"), "100", None),  # nothing left, or nothing wanted?
        (told("150", "50", "CA"), "100", None),
        (told("150", "120", "QI"), "100", None),  # both are increases
        (told("100", "150"), None, None),  # nobody knows what was ordered
    ],
)
def test_new_quantity(change: LineChange, current: str | None, quantity: str | None) -> None:
    found = new_quantity(change, current=None if current is None else Decimal(current))
    assert found == (None if quantity is None else Decimal(quantity))
    if found is not None and current is not None and change.kind != "delete":
        assert applied_quantity(change) == found, "what was applied is told afterwards, too"


def test_where_only_the_price_changes_the_quantity_is_the_one_that_is_ordered() -> None:
    assert applied_quantity(told("100", "40", "PC", "price")) == 100
    assert applied_quantity(told(None, None, "PC", "price")) is None


def test_an_agreement_says_where_the_quantity_stands() -> None:
    change = told("150", "50")
    assert new_quantity(change, current=Decimal(100), stated_in="ordered") == Decimal(150)
    assert new_quantity(change, current=Decimal(100), stated_in="left") == Decimal(50)
    assert applied_quantity(change, stated_in="ordered") == Decimal(150)
    assert applied_quantity(change, stated_in="left") == Decimal(50)


@pytest.mark.parametrize(
    ("number", "numbers"),
    [
        ("PO12345-1", ("PO12345-1", "PO12345")),
        ("500001", ("500001",)),
        ("500001/02", ("500001/02", "500001")),
        ("PO-12345", ("PO-12345",)),
        ("A-1", ("A-1",)),
        ("PO-12345-002", ("PO-12345-002", "PO-12345")),
        ("", ("",)),
    ],
)
def test_order_numbers_with_and_without_suffix(number: str, numbers: tuple[str, ...]) -> None:
    assert order_numbers(number) == numbers
