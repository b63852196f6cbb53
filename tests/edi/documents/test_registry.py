from __future__ import annotations

import datetime as dt

import pytest

from edi.documents.order_response import OrderResponse
from edi.documents.receipt import Receipt
from edi.documents.registry import SETS, business_number, purpose_code, set_for
from tests.edi.documents.support import parsed


def test_sets_have_their_functional_ids() -> None:
    assert {spec.set_id: spec.functional_id for spec in SETS.values()} == {
        "850": "PO",
        "855": "PR",
        "860": "PC",
        "865": "CA",
        "856": "SH",
        "810": "IN",
    }


@pytest.mark.parametrize(
    ("set_id", "text", "number", "purpose"),
    [
        ("850", "BEG*00*SA*500001**20260504", "500001", "00"),
        ("855", "BAK*06*AC*500001*20260504", "500001", "06"),
        ("860", "BCH*04*SA*500001**1*20260504", "500001", "04"),
        ("865", "BCA*04*AC*500001***20260504", "500001", "04"),
        ("856", "BSN*01*SHP-1*20260504*1200", "SHP-1", "01"),
        ("810", "BIG*20260504*F-1*****CR*05", "F-1", "05"),
        ("810", "BIG*20260504* F-1 ", "F-1", ""),
        ("850", "CUR*BY*SEK", "", ""),
        ("997", "AK1*PO*1", "", ""),
    ],
)
def test_number_and_purpose_are_read_without_the_rest(set_id: str, text: str, number: str, purpose: str) -> None:
    tset = parsed(text, set_id)
    assert (business_number(tset), purpose_code(tset)) == (number, purpose)


def test_answers_go_by_what_they_answer() -> None:
    assert set_for(OrderResponse(order_number="1", answer="accepted")).set_id == "855"
    assert set_for(OrderResponse(order_number="1", answer="accepted", answers_change=True)).set_id == "865"


def test_a_receipt_is_no_transaction_set() -> None:
    with pytest.raises(KeyError):
        set_for(Receipt(number="1", date=dt.date(2026, 1, 1), lines=()))
