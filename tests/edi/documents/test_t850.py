from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from edi.documents import t850
from edi.documents.building import BuildOptions, BuildRefused
from edi.documents.purchase_order import OrderLine, PurchaseOrder
from edi.documents.values import Charge, Terms
from tests.edi.documents.examples import ORDER
from tests.edi.documents.strategies import options, purchase_orders
from tests.edi.documents.support import as_set, lines, parsed


def altered(**changes: Any) -> PurchaseOrder:
    return msgspec.structs.replace(ORDER, **changes)


def with_line(**changes: Any) -> PurchaseOrder:
    return altered(lines=(msgspec.structs.replace(ORDER.lines[0], **changes), ORDER.lines[1]))


def refusal(order: PurchaseOrder, chosen: BuildOptions | None = None) -> tuple[str, ...]:
    with pytest.raises(BuildRefused) as refused:
        t850.build(order, chosen)
    return refused.value.reasons


@given(purchase_orders(), options())
def test_what_is_built_is_read_again(order: PurchaseOrder, chosen: BuildOptions) -> None:
    result = t850.read(as_set(t850.build(order, chosen), "850"))
    assert result.findings == ()
    assert result.left_over == ()
    assert result.document == t850.carried(order, chosen)


@settings(max_examples=50)
@given(purchase_orders(), options())
def test_what_is_carried_is_carried_again(order: PurchaseOrder, chosen: BuildOptions) -> None:
    once = t850.carried(order, chosen)
    assert t850.carried(once, chosen) == once
    assert t850.build(once, chosen) == t850.build(order, chosen)


@pytest.mark.parametrize(
    ("purpose", "code"),
    [("original", "00"), ("cancellation", "01"), ("change", "04"), ("replace", "05"), ("confirmation", "06")],
)
def test_purposes(purpose: str, code: str) -> None:
    assert t850.build(altered(purpose=purpose))[0][1] == code


def test_cancellation_carries_the_whole_order() -> None:
    rows = lines(t850.build(altered(purpose="cancellation")))
    assert rows[1:] == lines(t850.build(ORDER))[1:]


def test_cancelled_lines_are_left_out() -> None:
    order = altered(
        purpose="replace",
        lines=(ORDER.lines[0], msgspec.structs.replace(ORDER.lines[1], cancelled=True)),
        line_total=Decimal(45),
        tax_total=Decimal("11.25"),
        total=Decimal("56.25"),
    )
    rows = lines(t850.build(order))
    assert [row for row in rows if row.startswith(("PO1", "CTT"))] == ["PO1*1*10*EA*4.5**BP*A-1", "CTT*1"]


def test_order_without_any_line_left_is_no_order() -> None:
    gone = tuple(msgspec.structs.replace(line, cancelled=True) for line in ORDER.lines)
    reasons = refusal(altered(lines=gone, purpose="replace", line_total=Decimal(0), total=Decimal("26.25")))
    assert reasons == ("the order has no line to send; if it is cancelled, send it as a cancellation",)


def test_cancelled_order_with_cancelled_lines_keeps_them() -> None:
    gone = tuple(msgspec.structs.replace(line, cancelled=True) for line in ORDER.lines)
    assert lines(t850.build(altered(lines=gone, purpose="cancellation")))[-2:] == ["CTT*2", "AMT*TT*131.25"]


def test_line_total_must_be_the_sum_of_the_lines() -> None:
    assert refusal(altered(line_total=Decimal("105.02"), total=Decimal("131.27"))) == (
        "the line total is not the sum of quantity times price of the lines: 105.02 is stated, the parts make 105.0",
    )


def test_total_must_add_up() -> None:
    order = altered(charges=(Charge(kind="charge", code="D240", amount=Decimal("10.00")),))
    assert refusal(order) == (
        "the total is not lines + charges - allowances + tax: 131.25 is stated, the parts make 141.25",
    )


def test_rounding_is_tolerated_and_carried() -> None:
    result = t850.read(as_set(t850.build(altered(line_total=Decimal("105.01"), total=Decimal("131.26"))), "850"))
    assert result.document is not None
    assert (result.document.line_total, result.document.total) == (Decimal("105.01"), Decimal("131.26"))


def test_tolerance_can_be_agreed() -> None:
    order = altered(total=Decimal("131.00"))
    assert refusal(order) != ()
    assert t850.build(order, BuildOptions(tolerance=Decimal("0.5")))


def test_each_reason_names_line_and_value() -> None:
    order = with_line(unit="FLAK", quantity=Decimal(-1), line_number="", description="Spik")
    reasons = refusal(order)
    assert reasons[-3:] == (
        "line without a number (Spik): line number is missing",
        "line without a number (Spik): quantity -1 is negative; an order cannot take goods back",
        "line without a number (Spik): unit 'FLAK' is not known; add it to the partner's units",
    )


def test_line_numbers_are_unique() -> None:
    order = altered(lines=(ORDER.lines[0], msgspec.structs.replace(ORDER.lines[1], line_number="1")))
    assert refusal(order) == ("line number 1 stands on 2 lines",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"number": ""}, "order number is missing"),
        ({"number": "5" * 23}, f"order number '{'5' * 23}' has 23 characters; BEG03 takes at most 22"),
        ({"currency": ""}, "currency '' is not an ISO 4217 code of three letters"),
        ({"currency": "SEKR"}, "currency 'SEKR' is not an ISO 4217 code of three letters"),
        ({"terms": Terms(text="x" * 81)}, f"terms: text '{'x' * 81}' has 81 characters; ITD12 takes at most 80"),
    ],
)
def test_missing_and_overlong_values(changes: dict[str, Any], reason: str) -> None:
    assert reason in refusal(altered(**changes))


def test_whole_kronur_only() -> None:
    order = altered(currency="ISK", line_total=Decimal("105"), tax_total=Decimal("26.25"), total=Decimal("131.25"))
    assert refusal(order) == (
        "tax total 26.25 has more decimals than ISK has",
        "total 131.25 has more decimals than ISK has",
    )


def test_three_decimals_fit_where_x12_has_a_point() -> None:
    line = msgspec.structs.replace(ORDER.lines[0], unit_price=Decimal("1.2345"))
    order = altered(
        currency="KWD",
        lines=(line,),
        line_total=Decimal("12.345"),
        tax_total=Decimal(0),
        total=Decimal("12.345"),
    )
    result = t850.read(as_set(t850.build(order), "850"))
    assert result.document is not None
    assert result.document.total == Decimal("12.345")
    charge = Charge(kind="charge", amount=Decimal("0.005"))
    assert refusal(msgspec.structs.replace(order, charges=(charge,), total=Decimal("12.350"))) == (
        "charge 0.005 has more than two decimals, which X12 cannot carry here",
    )


def test_hash_total_on_demand() -> None:
    assert "CTT*2*13" in lines(t850.build(ORDER, BuildOptions(hash_total=True)))


def test_more_item_numbers_than_fit_are_refused() -> None:
    order = with_line(item_ids=ORDER.lines[0].item_ids * 11)
    assert refusal(order) == ("line 1: it has 11 item numbers; 10 can be sent",)


def test_order_of_another_sender() -> None:
    result = t850.read(
        parsed(
            """
            BEG*00*KN*PO-7**260504*CT-1
            REF*DP*38
            DTM*106*20260520
            N9*L1*1
            MSG*Call first
            MSG*before noon
            N1*ST*Shop 12*92*0012
            PO1**12*EA*900*HP*SK*A-1*PR*RO
            PID*F****Nail
            SDQ*EA*92*0012*12
            CTT*1
            """,
            "850",
        )
    )
    order = result.document
    assert order is not None
    assert (order.number, order.date, order.order_type) == ("PO-7", dt.date(2026, 5, 4), "standalone")
    assert (order.requested_date, order.notes) == (dt.date(2026, 5, 20), ("Call first before noon",))
    line = order.lines[0]
    assert (line.line_number, line.unit_price, line.description) == ("1", Decimal(9), "Nail")
    assert [i.scheme for i in line.item_ids] == ["buyer", "other"]
    assert (order.line_total, order.total) == (Decimal(108), Decimal(108))
    assert [(over.tag, over.unused) for over in result.left_over] == [("BEG", (6,)), ("SDQ", ())]
    assert [f.code for f in result.findings] == ["code-not-understood"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CUR*BY*SEK", "segment-missing"),
        ("BEG*00*SA***20260504", "value-missing"),
        ("BEG*00*SA*1", "value-missing"),
        ("BEG*00*SA*1**20269904", "date-unreadable"),
        ("BEG*07*SA*1**20260504", "purpose-not-understood"),
        ("BEG*00*SA*1**20260504\nPO1*1*ten*EA*1", "number-unreadable"),
    ],
)
def test_unreadable_orders_are_no_documents(text: str, code: str) -> None:
    result = t850.read(parsed(text, "850"))
    assert result.document is None
    assert [f.code for f in result.findings] == [code]


def test_lines_do_not_need_items_or_descriptions() -> None:
    line = OrderLine(line_number="1", quantity=Decimal(1), unit="EA", unit_price=Decimal(0))
    order = altered(lines=(line,), line_total=Decimal(0), tax_total=Decimal(0), total=Decimal(0))
    assert "PO1*1*1*EA*0" in lines(t850.build(order))
