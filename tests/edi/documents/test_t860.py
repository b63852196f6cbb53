from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from edi.documents import t860
from edi.documents.building import BuildOptions, BuildRefused
from edi.documents.order_change import LineChange, OrderChange
from edi.documents.values import ItemId
from tests.edi.documents.examples import CHANGE, OURS
from tests.edi.documents.strategies import options, order_changes
from tests.edi.documents.support import as_set, lines, parsed


def with_line(**changes: Any) -> OrderChange:
    return msgspec.structs.replace(CHANGE, lines=(msgspec.structs.replace(CHANGE.lines[0], **changes),))


def refusal(change: OrderChange) -> tuple[str, ...]:
    with pytest.raises(BuildRefused) as refused:
        t860.build(change)
    return refused.value.reasons


@given(order_changes(), options())
def test_what_is_built_is_read_again(change: OrderChange, chosen: BuildOptions) -> None:
    result = t860.read(as_set(t860.build(change, chosen), "860"))
    assert [f for f in result.findings if f.value != "XX"] == []
    assert result.left_over == ()
    assert result.document == t860.carried(change, chosen)


@settings(max_examples=50)
@given(order_changes(), options())
def test_what_is_carried_is_carried_again(change: OrderChange, chosen: BuildOptions) -> None:
    once = t860.carried(change, chosen)
    assert t860.carried(once, chosen) == once
    assert t860.build(once, chosen) == t860.build(change, chosen)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "add", "unit_price": None}, "line 1: the new unit price is missing"),
        ({"quantity": None}, "line 1: the new quantity is missing"),
        ({"kind": "date"}, "line 1: the new requested date is missing"),
        ({"quantity": Decimal(-2)}, "line 1: quantity -2 is negative"),
        ({"code": "DI"}, "line 1: its code DI does not mean 'quantity'"),
        ({"unit": "FLAK"}, "line 1: unit 'FLAK' is not known; add it to the partner's units"),
        (
            {"line_number": "", "item_ids": ()},
            "change 1: it has neither a line number nor an item number, so nobody can tell which line is meant",
        ),
    ],
)
def test_refusals(changes: dict[str, Any], reason: str) -> None:
    assert reason in refusal(with_line(**changes))


def test_a_change_needs_lines_a_cancellation_does_not() -> None:
    empty = msgspec.structs.replace(CHANGE, lines=())
    assert refusal(empty) == ("the change names no line; only a cancellation may do so",)
    whole = msgspec.structs.replace(empty, purpose="cancellation")
    assert lines(t860.build(whole)) == ["BCH*01*SA*500001***20260504", "CTT*0"]


def test_the_order_date_is_mandatory() -> None:
    assert refusal(msgspec.structs.replace(CHANGE, order_date=None)) == ("date is missing",)


def test_kinds_have_their_codes() -> None:
    sent = [
        LineChange(line_number=str(n), kind=kind, quantity=Decimal(1), unit="EA", unit_price=Decimal(2))
        for n, kind in enumerate(("add", "delete", "price", "price_and_quantity", "none", "replace_values"), start=1)
    ]
    rows = lines(t860.build(msgspec.structs.replace(CHANGE, lines=tuple(sent))))
    assert [row.split("*")[2] for row in rows if row.startswith("POC")] == ["AI", "DI", "PC", "PQ", "NC", "RZ"]


def test_a_kind_without_code_is_refused() -> None:
    assert refusal(with_line(kind="other")) == ("line 1: Change or Response Type Code is missing",)


def test_received_codes_stay() -> None:
    assert lines(t860.build(with_line(code="QI")))[1] == "POC*1*QI*12**EA***BP*A-1"


def test_lines_without_number_are_told_by_their_items() -> None:
    result = t860.read(parsed("BCH*04*SA*PO12345-1***20260504\nPOC**QC**150*EA***UI*012345678905*SK*A-1", "860"))
    change = result.document
    assert change is not None
    assert change.number == "PO12345-1"
    line = change.lines[0]
    assert (line.line_number, line.kind, line.code) == ("", "quantity", "QC")
    assert (line.quantity, line.quantity_left) == (None, Decimal(150))
    assert line.item_ids == (ItemId(scheme="upc", value="012345678905"), OURS)


def test_a_date_in_the_place_of_the_change_number() -> None:
    result = t860.read(parsed("BCH*04*SA*1**20260504\nPOC*1*DI", "860"))
    assert result.document is not None
    assert (result.document.sequence, result.document.order_date) == ("", dt.date(2026, 5, 4))
    assert [(f.code, f.severity) for f in result.findings] == [("date-misplaced", "warning")]


def test_a_change_number_of_eight_digits_is_one() -> None:
    result = t860.read(parsed("BCH*04*SA*1**20260504*20260401\nPOC*1*DI", "860"))
    assert result.document is not None
    assert (result.document.sequence, result.document.order_date) == ("20260504", dt.date(2026, 4, 1))


def test_dates_of_the_heading() -> None:
    text = "BCH*04*SA*1***20260504\nDTM*010*20260510\nDTM*064*20260511\nDTM*063*20260512\nDTM*001*20260520\nPOC*1*DI"
    change = t860.read(parsed(text, "860")).document
    assert change is not None
    dates = (change.ship_date, change.not_before, change.not_after, change.cancel_after)
    assert dates == tuple(dt.date(2026, 5, day) for day in (10, 11, 12, 20))


def test_store_quantities_are_left_over() -> None:
    result = t860.read(parsed("BCH*04*SA*1***20260504\nPOC*1*QI*10**EA\nSDQ*EA*92*0012*10", "860"))
    assert [over.tag for over in result.left_over] == ["SDQ"]


def test_unknown_kinds_are_told() -> None:
    result = t860.read(parsed("BCH*04*SA*1***20260504\nPOC*1*OC*10**EA", "860"))
    assert result.document is not None
    assert result.document.lines[0].kind == "other"
    assert [f.code for f in result.findings] == ["code-not-understood"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("POC*1*DI", "segment-missing"),
        ("BCH*17*SA*1***20260504\nPOC*1*DI", "purpose-not-understood"),
        ("BCH*04*SA****20260504\nPOC*1*DI", "value-missing"),
        ("BCH*04*SA*1***20260504\nPOC*1**5", "value-missing"),
        ("BCH*04*SA*1***20260504\nPOC*1*QC*five", "number-unreadable"),
    ],
)
def test_unreadable_changes_are_no_documents(text: str, code: str) -> None:
    result = t860.read(parsed(text, "860"))
    assert result.document is None
    assert [f.code for f in result.findings] == [code]
