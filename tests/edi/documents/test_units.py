from __future__ import annotations

import pytest

from edi.documents import units
from edi.x12.maps.codes import CODES as LISTS


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        ("STK", "EA"),
        ("st", "EA"),
        ("PCS", "EA"),
        ("KRT", "CT"),
        ("KART", "CT"),
        ("KG", "KG"),
        ("LTR", "LT"),
        ("L", "LT"),
        ("M", "MR"),
        ("H", "HR"),
        ("TIM", "HR"),
        ("PAL", "PL"),
        ("låda", "BX"),
        ("EA", "EA"),
        (" kg ", "KG"),
    ],
)
def test_nordic_units_and_codes(unit: str, code: str) -> None:
    assert units.to_x12(unit) == code


@pytest.mark.parametrize("unit", ["", "XQ", "FLAK", "QQQ"])
def test_unknown_units_have_no_code(unit: str) -> None:
    assert units.to_x12(unit) == ""


def test_a_partner_table_comes_first() -> None:
    assert units.to_x12("flak", {"FLAK": "PL"}) == "PL"
    assert units.to_x12("ST", {"st": "SH"}) == "SH"


def test_set_and_styck_are_not_mixed_up() -> None:
    assert units.from_x12("ST") == "SET"
    assert units.to_x12("SET") == "ST"
    assert units.to_x12("ST") == "EA"


@pytest.mark.parametrize("code", units.CODES)
def test_codes_survive_reading_and_writing(code: str) -> None:
    assert units.to_x12(units.from_x12(code)) == code


def test_book_units_are_upper_case_and_lead_to_codes() -> None:
    assert all(name == name.upper() for name in units.BOOK_UNITS)
    assert set(units.BOOK_UNITS.values()) <= set(units.CODES)


def test_meanings_do_not_contradict_the_maps() -> None:
    listed = LISTS["355"].meanings
    differing = {
        code: (meaning, listed[code])
        for code, meaning in units.CODES.items()
        if code in listed and meaning[:3].lower() not in listed[code].lower()
    }
    assert differing == {}
