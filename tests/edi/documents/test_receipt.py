from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec
import pytest

from edi.documents import t856
from edi.documents.building import BuildRefused
from edi.documents.receipt import Receipt, ReceiptLine, as_ship_notice
from edi.documents.values import ItemId, Reference
from tests.edi.documents.support import as_set


def line(number: str, order: str, quantity: int = 5) -> ReceiptLine:
    return ReceiptLine(
        line_number=number,
        quantity=Decimal(quantity),
        unit="STK",
        order_number=order,
        order_line=number,
        item_ids=(ItemId(scheme="buyer", value=f"A-{number}"),),
    )


RECEIPT = Receipt(
    number="R-9001",
    date=dt.date(2026, 5, 18),
    shipment_number="SHP-1",
    lines=(line("1", "500001"), line("2", "500002"), line("3", "500001")),
)


def test_lines_are_grouped_by_order() -> None:
    notice = as_ship_notice(RECEIPT, time=dt.time(9, 15))
    assert [(o.order_number, [i.receipt_line for i in o.items]) for o in notice.orders] == [
        ("500001", ["1", "3"]),
        ("500002", ["2"]),
    ]
    assert (notice.number, notice.received_date, notice.time) == ("R-9001", dt.date(2026, 5, 18), dt.time(9, 15))
    assert notice.references == (Reference(kind="receipt", value="R-9001"), Reference(kind="shipment", value="SHP-1"))


def test_what_it_is_matched_by_arrives() -> None:
    result = t856.read(as_set(t856.build(as_ship_notice(RECEIPT)), "856"))
    assert result.document is not None
    items = [(i.order_line, i.receipt_number, i.receipt_line) for i in result.document.all_items()]
    assert items == [("1", "R-9001", "1"), ("3", "R-9001", "3"), ("2", "R-9001", "2")]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((line("1", ""),), "order without a number: order number is missing"),
        (
            (line("1", "500001", -5),),
            "order 500001, line 1: quantity -5 is negative; a ship notice cannot take goods back",
        ),
        ((), "the notice names no order"),
    ],
)
def test_receipts_that_are_no_ship_notices(lines: tuple[ReceiptLine, ...], reason: str) -> None:
    with pytest.raises(BuildRefused) as refused:
        t856.build(as_ship_notice(msgspec.structs.replace(RECEIPT, lines=lines)))
    assert reason in refused.value.reasons
