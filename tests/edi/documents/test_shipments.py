"""Ship notices as other senders structure them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from edi.documents.reading import ReadResult
from edi.documents.ship_notice import Carrier, ShipNotice
from edi.documents.shipments import read
from tests.edi.documents.support import parsed

START = "BSN*00*S-1*20260516*1430*0001\nHL*1**S\n"


def result_of(text: str) -> ReadResult[ShipNotice]:
    return read(parsed(text, "856"))


def notice_of(text: str) -> ShipNotice:
    document = result_of(text).document
    assert document is not None
    return document


def test_cross_dock_notice_with_several_orders() -> None:
    notice = notice_of(
        START
        + """
        HL*2*1*O
        PRF*PO-1
        N1*BY*Shop 2*92*002
        HL*3*2*P
        MAN*GM*00373500100000000014
        HL*4*3*I
        LIN**UP*012345678905
        SN1**12*EA
        HL*5*1*O
        PRF*PO-2***20260501
        HL*6*5*P
        MAN*AA*373500100000000021
        HL*7*6*I
        LIN**EN*7350099123405
        SN1**6*EA
        CTT*7
        """
    )
    first, second = notice.orders
    assert (first.order_number, first.parties[0].name) == ("PO-1", "Shop 2")
    assert first.packages[0].sscc == "373500100000000014"
    assert first.packages[0].items[0].quantity == 12
    assert (second.order_number, second.order_date) == ("PO-2", dt.date(2026, 5, 1))
    assert second.packages[0].sscc == "373500100000000021"
    assert len(notice.all_items()) == 2


def test_orders_below_a_package() -> None:
    notice = notice_of(
        START
        + """
        HL*2*1*P
        MAN*GM*00373500100000000014
        HL*3*2*O
        PRF*PO-1
        HL*4*3*I
        LIN**VP*X-9
        SN1**1*EA
        HL*5*2*O
        PRF*PO-2
        HL*6*5*I
        LIN**VP*X-8
        SN1**2*EA
        HL*7*1*P
        MAN*GM*00373500100000000021
        HL*8*7*O
        PRF*PO-1
        HL*9*8*I
        LIN**VP*X-7
        SN1**3*EA
        """
    )
    first, second = notice.orders
    assert [(p.sscc[-2:], p.items[0].quantity) for p in first.packages] == [("14", Decimal(1)), ("21", Decimal(3))]
    assert [(p.sscc[-2:], p.items[0].quantity) for p in second.packages] == [("14", Decimal(2))]


def test_packages_below_an_item() -> None:
    notice = notice_of(
        START
        + """
        HL*2*1*O
        PRF*PO-1
        HL*3*2*I
        LIN*7*VP*X-9
        SN1**20*EA**24*EA
        HL*4*3*P
        MAN*GM*00373500100000000014
        HL*5*3*P
        MAN*GM*00373500100000000021
        """
    )
    item = notice.orders[0].items[0]
    assert item.package_ssccs == ("373500100000000014", "373500100000000021")
    assert (item.order_line, item.ordered_quantity) == ("7", Decimal(24))
    assert notice.orders[0].packages == ()


def test_order_number_on_the_item() -> None:
    notice = notice_of(START + "HL*2*1*I\nLIN**VP*X-9\nSN1**1*EA\nPRF*PO-1\nHL*3*1*I\nLIN**VP*X-8\nSN1**2*EA\nPRF*PO-2")
    assert [(o.order_number, o.items[0].quantity) for o in notice.orders] == [
        ("PO-1", Decimal(1)),
        ("PO-2", Decimal(2)),
    ]


def test_items_without_an_order_are_kept() -> None:
    notice = notice_of(START + "HL*2*1*I\nLIN**VP*X-9\nSN1**1*EA\nHL*3*1*I\nLIN**VP*X-8\nSN1**2*EA")
    assert [(o.order_number, len(o.items)) for o in notice.orders] == [("", 2)]


def test_empty_orders_and_packages_are_kept() -> None:
    notice = notice_of(START + "HL*2*1*O\nPRF*PO-1\nHL*3*1*O\nPRF*PO-2\nHL*4*3*T\nMAN*GM*00373500100000000014")
    assert [o.order_number for o in notice.orders] == ["PO-1", "PO-2"]
    assert notice.orders[1].packages[0].kind == "pallet"


def test_shipment_level() -> None:
    result = result_of(
        """
        BSN*14*S-1*20260516*1430
        DTM*011*20260516
        HL*1**S
        TD1*CTN25*5****G*12.5*LB
        TD5*B*2*PNBR*M*Nordbuss
        TD3*TL*ABCD*1234
        REF*BM*CMR-1
        DTM*017*20260518
        N1*SF*Fjordpakk*92*50012
        """
    )
    notice = result.document
    assert notice is not None
    assert (notice.shipped_date, notice.expected_date) == (dt.date(2026, 5, 16), dt.date(2026, 5, 18))
    assert notice.carrier == Carrier(scac="PNBR", mode="M", name="Nordbuss", equipment_number="ABCD1234")
    assert (notice.package_count, notice.gross_weight, notice.weight_unit) == (5, Decimal("12.5"), "LB")
    assert [(r.kind, r.value) for r in notice.references] == [("bill_of_lading", "CMR-1")]
    assert [(over.tag, over.unused) for over in result.left_over] == [("TD1", (1,)), ("TD5", (1,))]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("HL*1**S", "segment-missing"),
        ("BSN*00**20260516*1430\nHL*1**S", "value-missing"),
        ("BSN*00*S-1*20260516*2530\nHL*1**S", "time-unreadable"),
        (START + "HL*2*9*O\nPRF*PO-1", "parent-missing"),
        (START + "HL*1*1*O\nPRF*PO-1", "level-twice"),
        (START + "HL*2*1*O\nPRF*PO-1\nHL*3*2*I\nLIN**VP*X-9", "segment-missing"),
        (START + "HL*2*1*O\nPRF*PO-1\nHL*3*2*I\nLIN**VP*X-9\nSN1**ten*EA", "number-unreadable"),
    ],
)
def test_unreadable_notices_are_no_documents(text: str, code: str) -> None:
    result = result_of(text)
    assert result.document is None
    assert code in {f.code for f in result.findings}


def test_levels_that_are_not_understood_are_told_and_left_over() -> None:
    result = result_of(START + "HL*2*1*O\nPRF*PO-1\nHL*3*2*K\nLIN**VP*KIT-1")
    assert [f.code for f in result.findings] == ["level-not-understood"]
    assert [over.tag for over in result.left_over] == ["LIN"]


def test_many_items_are_read_in_linear_time() -> None:
    items = "\n".join(f"HL*{n}*2*I\nLIN**VP*X-{n}\nSN1**1*EA" for n in range(3, 4003))
    assert len(notice_of(START + "HL*2*1*O\nPRF*PO-1\n" + items).orders[0].items) == 4000
