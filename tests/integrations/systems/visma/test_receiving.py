"""Which line of an order a line of a ship notice is, or why a person has to say."""

from __future__ import annotations

from contextlib import nullcontext
from decimal import Decimal

import msgspec
import pytest

from edi.documents.values import ItemId
from integrations.systems.visma import wire
from integrations.systems.visma.commands import WantedLine
from integrations.systems.visma.receiving import (
    Expected,
    NotReceivable,
    OrderLineRef,
    TooMuch,
    check_not_over,
    expected,
    line_of,
)

ORDER = wire.PurchaseOrder(
    order_nbr="500001",
    status="Open",
    supplier=wire.Numbered(number="50003"),
    lines=[
        wire.OrderLine(line_nbr=1, line_type="GoodsForInventory", inventory=wire.Numbered(number="SILL")),
        wire.OrderLine(
            line_nbr=2, line_type="GoodsForInventory", inventory=wire.Numbered(number="TORSK"), alternate_id="LEV-9"
        ),
    ],
)


def wanted(line: str, **ids: str) -> WantedLine:
    """`ids` by scheme."""
    items = tuple(ItemId(scheme=scheme, value=value) for scheme, value in ids.items())  # type: ignore[arg-type]
    return WantedLine(order_number="500001", order_line=line, quantity=Decimal(1), item_ids=items)


@pytest.mark.parametrize(
    ("one", "number"),
    [
        (wanted("2"), 2),
        (wanted("2", supplier="lev-9"), 2),
        (wanted("2", buyer="TORSK", supplier="LEV-77"), 2),
        (wanted("2", gtin="04006381333931"), 2),
        (wanted("1", supplier="LEV-1"), 1),
        (wanted("9", supplier="LEV-9"), 2),
        (wanted("", buyer="TORSK"), 2),
    ],
)
def test_by_number_where_the_item_is_the_same_or_only_the_sender_knows_it(one: WantedLine, number: int) -> None:
    assert line_of(one, ORDER).line_nbr == number


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (wanted("2", supplier="LEV-8"), "another item: LEV-9 was ordered, and LEV-8 is meant"),
        (wanted("2", supplier="LEV-8", gtin="04006381333931"), "LEV-9 was ordered"),
        (wanted("1", buyer="ROM"), "another item: SILL was ordered, and ROM is meant"),
        (wanted("1", buyer="TORSK"), "line 1 of the order is another item; this one is line 2"),
        (wanted("9", buyer="ROM"), "is not in order 500001"),
    ],
)
def test_a_number_and_an_item_that_contradict_each_other_are_for_a_person(one: WantedLine, words: str) -> None:
    with pytest.raises(NotReceivable) as refused:
        line_of(one, ORDER)
    assert words in str(refused.value)


def together(*lines: WantedLine) -> Decimal:
    """How much of the one line of the order is expected."""
    (found,) = expected(lines, {"500001": ORDER}, supplier="50003")
    return found.quantity


@pytest.mark.parametrize("owner", [wire.Numbered(number="50004"), None])
def test_an_order_of_another_supplier_is_not_the_senders_to_deliver(owner: wire.Numbered | None) -> None:
    theirs = msgspec.structs.replace(ORDER, supplier=owner)
    with pytest.raises(NotReceivable, match="and the ship notice comes from 50003"):
        expected([wanted("1")], {"500001": theirs}, supplier="50003")


def test_packages_of_one_line_are_added_up() -> None:
    assert together(wanted("2", buyer="TORSK"), wanted("2", buyer="torsk", gtin="04006381333931"), wanted("02")) == 3


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (wanted("2", buyer="TORSK"), wanted("9", buyer="TORSK"), "twice, as line 2 and as line 9"),
        (
            wanted("2", gtin="04006381333931"),
            wanted("2", gtin="04006381333948"),
            "as 0400638133393. and as",
        ),
        (
            wanted("1", supplier="LEV-1"),
            wanted("1", supplier="LEV-2"),
            "shipped as LEV-1 and as LEV-2",
        ),
    ],
)
def test_two_lines_of_one_line_that_contradict_each_other_are_for_a_person(
    one: WantedLine, other: WantedLine, words: str
) -> None:
    with pytest.raises(NotReceivable, match=words):
        together(one, other)


@pytest.mark.parametrize(
    ("line", "quantity", "words"),
    [
        ({}, 10, ""),
        ({}, 11, "11 are shipped of line 1 of order 500001, of which 10 were ordered"),
        ({"qty_on_receipts": Decimal(4)}, 6, ""),
        ({"qty_on_receipts": Decimal(4)}, 7, "10 were ordered, and 4 were received before"),
        ({"max_receipt": Decimal(120)}, 12, ""),
        ({"max_receipt": Decimal(120)}, 13, "13 are shipped"),
        ({"receipt_action": "Accept"}, 99, ""),
        ({"receipt_action": "AcceptButWarn"}, 99, "99 are shipped"),
    ],
)
def test_more_than_was_ordered_is_for_a_person(line: dict[str, object], quantity: int, words: str) -> None:
    ordered = wire.OrderLine(line_nbr=1, uom="STK", order_qty=Decimal(10), **line)  # type: ignore[arg-type]
    order = wire.PurchaseOrder(order_nbr="500001", status="Open", lines=[ordered])
    one = Expected(ref=OrderLineRef(order="500001", line=1), quantity=Decimal(quantity), unit="EA")
    with pytest.raises(TooMuch, match=words) if words else nullcontext():
        check_not_over([one], [order], {"STK": "EA"})


def test_what_is_on_the_receipt_is_not_counted_twice() -> None:
    ordered = wire.OrderLine(line_nbr=1, uom="STK", order_qty=Decimal(10), qty_on_receipts=Decimal(9))
    order = wire.PurchaseOrder(order_nbr="500001", status="Open", lines=[ordered])
    mine = wire.ReceiptLine(po_order_nbr="500001", po_order_line_nbr=1, receipt_qty=Decimal(6))
    receipt = wire.PurchaseReceipt(receipt_nbr="700001", lines=[mine])
    ref = OrderLineRef(order="500001", line=1)
    check_not_over([Expected(ref=ref, quantity=Decimal(7), unit="")], [order], {}, receipt=receipt)
    with pytest.raises(TooMuch, match="8 are shipped"):
        check_not_over([Expected(ref=ref, quantity=Decimal(8), unit="")], [order], {}, receipt=receipt)


@pytest.mark.parametrize(
    ("status", "others", "on_receipts", "most"),
    [
        ("Balanced", ("700000",), 10, 4),
        ("Hold", ("700000",), 6, 4),
        ("Hold", (), 0, 10),
        ("Hold", (), 4, 10),
    ],
    ids=("counted", "on hold, beside another", "alone, not counted", "alone, counted"),
)
def test_what_others_received_is_never_taken_for_our_own(
    status: str, others: tuple[str, ...], on_receipts: int, most: int
) -> None:
    """Of 10 ordered, 4 stand on our receipt; whether these count while it is on hold, nobody knows."""
    ordered = wire.OrderLine(line_nbr=1, uom="STK", order_qty=Decimal(10), qty_on_receipts=Decimal(on_receipts))
    receipts = tuple(wire.ReceiptOfOrder(receipt_number=number) for number in (*others, "700001"))
    order = wire.PurchaseOrder(order_nbr="500001", status="Open", lines=(ordered,), purchase_receipts=receipts)
    mine = wire.ReceiptLine(po_order_nbr="500001", po_order_line_nbr=1, receipt_qty=Decimal(4))
    receipt = wire.PurchaseReceipt(receipt_nbr="700001", status=status, lines=(mine,))
    ref = OrderLineRef(order="500001", line=1)
    check_not_over([Expected(ref=ref, quantity=Decimal(most), unit="")], [order], {}, receipt=receipt)
    with pytest.raises(TooMuch):
        check_not_over([Expected(ref=ref, quantity=Decimal(most + 1), unit="")], [order], {}, receipt=receipt)
