from __future__ import annotations

import pytest

from edi.documents import limits


def test_what_fits_is_no_complaint() -> None:
    assert limits.complaints("BEG", ("00", "SA", "500001", "", "20260504"), "004010") == []


def test_missing_value_is_named_in_plain_words() -> None:
    assert limits.complaints("BEG", ("00", "SA", "", "", "20260504"), "004010") == ["order number is missing"]


def test_too_long_value_is_shown_with_its_place() -> None:
    number = "5" * 23
    assert limits.complaints("BEG", ("00", "SA", number, "", "20260504"), "004010") == [
        f"order number '{number}' has 23 characters; BEG03 takes at most 22"
    ]


def test_too_short_value() -> None:
    assert limits.complaints("N4", ("Å",), "004010") == ["city 'Å' has 1 characters; N401 takes at least 2"]


def test_numbers_are_measured_without_sign_and_point() -> None:
    assert limits.complaints("IT1", ("1", "-1234567.890"), "004010") == []
    assert limits.complaints("IT1", ("1", "12345678.901"), "004010") == [
        "quantity '12345678.901' has 11 digits; IT102 takes at most 10"
    ]


def test_005010_takes_longer_references() -> None:
    value = "r" * 40
    assert limits.complaints("REF", ("ZZ", value), "004010") != []
    assert limits.complaints("REF", ("ZZ", value), "005010") == []


def test_codes_are_ascii() -> None:
    assert limits.complaints("N4", ("Oslo", "", "ÅÄÖ"), "004010") == [
        "postal code 'ÅÄÖ' may only have letters A to Z, digits and signs"
    ]


def test_composite_is_measured_by_its_first_component() -> None:
    assert limits.complaints("POC", ("1", "CA", "5", "", "EACH"), "004010") == [
        "unit 'EACH' has 4 characters; POC05 takes at most 2"
    ]


def test_unknown_version_is_an_error() -> None:
    with pytest.raises(LookupError):
        limits.complaints("BEG", (), "003010")
