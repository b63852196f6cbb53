"""What a message says, in both forms, and what tells two versions apart."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.documents.values import ItemId
from integrations.systems.orderful import compare
from integrations.systems.orderful.mapping import mosaic_810, mosaic_850
from tests.edi.documents import strategies
from tests.integrations.systems.orderful.documents import invoice, order

FIXTURES = Path(__file__).parent / "fixtures"
ORDER, INVOICE = "850_PURCHASE_ORDER", "810_INVOICE"


def answer(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / name).read_text())
    return found


def test_an_order_is_known_in_the_other_form() -> None:
    ours = compare.of_mosaic(ORDER, mosaic_850(order(), purpose="original"))
    theirs = compare.of_answer(ORDER, answer("message_850.json"))
    assert ours.readable
    assert theirs.readable
    assert compare.differences(ours, theirs) == []


def test_an_invoice_is_known_in_the_other_form() -> None:
    """TDS01 is N2: 125200 is 1252.00."""
    ours = compare.of_mosaic(INVOICE, mosaic_810(invoice(), purpose="original"))
    theirs = compare.of_answer(INVOICE, answer("message_810.json"))
    assert compare.differences(ours, theirs) == []


def test_the_message_may_come_as_it_was_sent() -> None:
    message = mosaic_850(order(), purpose="replace")
    ours = compare.of_mosaic(ORDER, message)
    assert compare.of_answer(ORDER, message) == ours
    assert compare.of_answer(ORDER, {"href": "x", "message": message}) == ours
    assert ours.purpose == "05"


@pytest.mark.parametrize(
    ("path", "value", "part"),
    [
        (("beginningSegmentForPurchaseOrder", 0, "transactionSetPurposeCode"), "05", "purpose is 05 there and 00 here"),
        (("beginningSegmentForPurchaseOrder", 0, "purchaseOrderNumber"), "500002", "number is 500002 there"),
        (("beginningSegmentForPurchaseOrder", 0, "date"), "20261121", "date is 20261121 there"),
        (
            ("PO1_loop", 0, "baselineItemData", 0, "quantity"),
            "11",
            "the quantity of its line 1 is 11 there and 10 here",
        ),
        (("PO1_loop", 1, "baselineItemData", 0, "unitPrice"), "12.3457", "the price of its line 2 is 12.3457 there"),
    ],
)
def test_each_value_tells_versions_apart(path: tuple[Any, ...], value: str, part: str) -> None:
    theirs = answer("message_850.json")
    place: Any = theirs["transactionSets"][0]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    ours = compare.of_mosaic(ORDER, mosaic_850(order(), purpose="original"))
    [difference] = compare.differences(ours, compare.of_answer(ORDER, theirs))
    assert part in difference


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"transactionSets": []},
        {"transactionSets": ["x"]},
        {"transactionSets": [{"PO1_loop": [{"x": [{"y": "1"}]}]}]},
    ],
)
def test_what_cannot_be_read_is_not_guessed(answer: dict[str, Any]) -> None:
    assert not compare.of_answer(ORDER, answer).readable


@settings(max_examples=50, deadline=None)
@given(document=strategies.purchase_orders(), more=st.decimals("0.001", 10, places=3))
def test_a_changed_quantity_or_price_is_another_version(document: Any, more: Decimal) -> None:
    lines = tuple(
        msgspec.structs.replace(line, unit="EA", item_ids=(ItemId(scheme="buyer", value="1"),))
        for line in document.lines
    )
    first = lines[0]
    plain = msgspec.structs.replace(document, lines=lines)
    ours = compare.of_mosaic(ORDER, mosaic_850(plain, purpose="original"))
    assert compare.differences(ours, ours) == []
    for changed in (
        msgspec.structs.replace(first, quantity=first.quantity + more),
        msgspec.structs.replace(first, unit_price=first.unit_price + more),
    ):
        other = msgspec.structs.replace(plain, lines=(changed, *lines[1:]))
        theirs = compare.of_mosaic(ORDER, mosaic_850(other, purpose="original"))
        assert len(compare.differences(ours, theirs)) == 1
