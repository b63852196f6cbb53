"""Purchase receipts as documents, and as the 856 that tells the supplier what came."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.documents import t856
from edi.documents.building import BuildOptions
from edi.documents.receipt import as_ship_notice
from integrations.systems.visma.mapping import purchase_receipt
from tests.integrations.systems.visma.records import OURSELVES, ZONE, raw, refusal


def receipt(**changes: Any):
    return purchase_receipt(raw("purchase_receipt", **changes), buyer=OURSELVES, zone=ZONE)


def test_receipt():
    found = receipt()
    assert (found.number, str(found.date), found.shipment_number) == ("700044", "2026-09-03", "LEV-88")
    assert [(line.order_number, line.order_line, line.quantity, line.unit) for line in found.lines] == [
        ("500101", "2", Decimal(10), "KASSE"),
        ("500102", "1", Decimal("2.5"), "KG"),
    ]
    assert found.lines[0].ordered_quantity == Decimal(20)
    assert found.lines[0].description == "Sild, rund, 20 kg"
    assert found.lines[1].description == "Torskfilé", "the article's name where the line says nothing"
    supplier, ship_to = found.party("supplier"), found.party("ship_to")
    assert supplier is not None
    assert (supplier.name, supplier.id_of("buyer")) == ("Fjordfisk Råvarer AS", "50002")
    assert ship_to is not None
    assert (ship_to.name, ship_to.id_of("buyer")) == ("Kyllager", "2")


def test_lines_in_several_warehouses_have_no_common_place():
    assert receipt(lines__1__warehouse={"id": "3"}).party("ship_to") is None


def test_856_carries_order_line_and_receipt_number():
    segments = t856.build(as_ship_notice(receipt()), BuildOptions(units={"KASSE": "CA"}))
    said = ["*".join(str(e) for e in segment) for segment in segments]
    assert "BSN*00*700044*20260903*0000*0004" in said
    assert [s for s in said if s.startswith("PRF")] == ["PRF*500101", "PRF*500102"]
    assert [s for s in said if s.startswith("LIN")] == ["LIN*2*BP*SILD-20", "LIN*1*BP*TORSK-F"]
    assert [s for s in said if s.startswith("SN1")] == ["SN1**10*CA**20*CA", "SN1**2.5*KG**2.5*KG"]
    assert [s for s in said if s.startswith("REF*RV")] == ["REF*RV*700044", "REF*RV*700044*1", "REF*RV*700044*2"]


def test_return_has_negative_quantities():
    assert [line.quantity for line in receipt(receiptType="PoReturn").lines] == [Decimal(-10), Decimal("-2.5")]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"receiptType": "TransferReceipt"}, "TransferReceipt"),
        ({"receiptNbr": " "}, "no number"),
        ({"date": None}, "no date"),
        ({"supplier": None}, "names no supplier"),
        ({"lines": []}, "no line on which anything is received"),
        ({"lines__0__lineNbr": None}, "line without number"),
        ({"lines__0__receiptQty": None}, "receiptQty"),
    ],
)
def test_refusals(changes: dict[str, Any], words: str):
    assert words in refusal(receipt, **changes).sentence


@given(quantity=st.decimals(min_value="0.000001", max_value="9999999", places=6))
def test_quantities_keep_their_digits(quantity: Decimal):
    assert receipt(lines__0__receiptQty=float(quantity)).lines[0].quantity == quantity
