from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec
import pytest

from edi.documents import t850
from edi.documents.building import BuildOptions, BuildRefused, Draft, as_date, carried_items, item_pairs, losses
from edi.documents.purchase_order import OrderLine, PurchaseOrder
from edi.documents.values import ItemId

UPC = ItemId(scheme="gtin", value="012345678905")
EAN = ItemId(scheme="gtin", value="7350099123405")
OURS = ItemId(scheme="buyer", value="A-1")
THEIRS = ItemId(scheme="supplier", value="X-9")


def test_options_come_from_stored_settings() -> None:
    stored = {"version": "005010", "units": {"FLAK": "PL"}, "tolerance": "0.05", "item_ids": ["supplier"]}
    options = msgspec.convert(stored, BuildOptions)
    assert options.tolerance == Decimal("0.05")
    assert options.item_ids == ("supplier",)


def test_trailing_empty_elements_are_left_off() -> None:
    draft = Draft(BuildOptions())
    draft.add("N1", "BY", "Nordlager AB", "", "")
    assert draft.finish() == [["N1", "BY", "Nordlager AB"]]


def test_all_reasons_are_told_at_once_and_once() -> None:
    draft = Draft(BuildOptions())
    draft.refuse("price is missing", at="line 1")
    draft.refuse("price is missing", at="line 1")
    draft.add("CUR", "BY", "")
    with pytest.raises(BuildRefused) as refused:
        draft.finish()
    assert refused.value.reasons == ("line 1: price is missing", "currency is missing")


def test_unknown_unit_is_refused_with_its_name() -> None:
    draft = Draft(BuildOptions())
    assert draft.unit("FLAK", at="line 3") == ""
    assert draft.reasons == ["line 3: unit 'FLAK' is not known; add it to the partner's units"]


def test_own_units_are_known() -> None:
    assert Draft(BuildOptions(units={"FLAK": "PL"})).unit("Flak", at="line 3") == "PL"


def test_amounts_have_the_decimals_of_their_currency() -> None:
    draft = Draft(BuildOptions())
    assert draft.amount(Decimal("10.50"), "total", "SEK") == "10.5"
    draft.amount(Decimal("10.5"), "total", "ISK")
    draft.n2(Decimal("1.234"), "total")
    assert draft.reasons == [
        "total 10.5 has more decimals than ISK has",
        "total 1.234 has more than two decimals, which X12 cannot carry here",
    ]


def test_tolerance_is_what_rounding_explains_or_what_is_agreed() -> None:
    assert Draft(BuildOptions()).tolerance("SEK", rounded=3) == Decimal("0.015")
    assert Draft(BuildOptions()).tolerance("ISK") == 1
    assert Draft(BuildOptions(tolerance=Decimal("0.5"))).tolerance("SEK", rounded=3) == Decimal("0.5")


def test_early_years_keep_four_digits() -> None:
    assert as_date(dt.date(987, 1, 2)) == "09870102"
    assert as_date(None) == ""


def test_item_numbers_stand_in_the_partners_order() -> None:
    options = BuildOptions(item_ids=("supplier", "buyer"))
    assert carried_items((OURS, EAN, THEIRS), options) == (THEIRS, OURS)


def test_gtin_is_qualified_by_its_length() -> None:
    items = (UPC, EAN, ItemId(scheme="gtin", value="17350099123402"))
    assert item_pairs(items, BuildOptions())[::2] == ["UP", "EN", "UK"]
    assert [i.scheme for i in carried_items(items, BuildOptions())] == ["gtin", "gtin", "upc"]


def test_a_partner_who_wants_gtins_gets_upcs_too() -> None:
    assert [i.value for i in carried_items((UPC, EAN, OURS), BuildOptions(item_ids=("gtin",)))] == [
        UPC.value,
        EAN.value,
    ]


def test_partners_choose_qualifiers() -> None:
    options = BuildOptions(item_qualifiers={"buyer": "IN"})
    assert item_pairs((OURS, THEIRS), options) == ["IN", "A-1", "VP", "X-9"]


def test_losses_say_what_a_set_leaves_out() -> None:
    line = OrderLine(line_number="1", quantity=Decimal(1), unit="STK", unit_price=Decimal(2), item_ids=(OURS, THEIRS))
    gone = msgspec.structs.replace(line, line_number="2", cancelled=True)
    order = PurchaseOrder(
        number="1",
        date=dt.date(2026, 1, 1),
        currency="SEK",
        lines=(line, gone),
        line_total=Decimal(2),
        total=Decimal(2),
    )
    told = losses(order, t850.carried(order, BuildOptions(item_ids=("buyer",))))
    assert told[:2] == [
        "lines[1].unit: 'STK' is sent as 'EA'",
        "lines[1].item_ids[2]: {'scheme': 'supplier', 'value': 'X-9'} is not sent",
    ]
    assert told[2].startswith("lines[2]: {'line_number': '2'")
    assert losses(order, order) == []
