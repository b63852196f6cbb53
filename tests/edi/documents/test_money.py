from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.documents import money
from edi.documents.values import Charge


@pytest.mark.parametrize(("currency", "unit"), [("SEK", "0.01"), ("ISK", "1"), ("JPY", "1"), ("KWD", "0.001")])
def test_minor_units(currency: str, unit: str) -> None:
    assert money.minor_unit(currency) == Decimal(unit)


def test_rounding_is_half_away_from_zero() -> None:
    assert money.rounded(Decimal("0.125"), "SEK") == Decimal("0.13")
    assert money.rounded(Decimal("-0.125"), "SEK") == Decimal("-0.13")
    assert money.rounded(Decimal("1290.5"), "ISK") == Decimal(1291)


@given(st.decimals(-(10**9), 10**9, places=2))
def test_n2_is_read_again(amount: Decimal) -> None:
    text = money.as_n2(amount)
    assert "." not in text
    assert money.from_n2(text) == amount


@pytest.mark.parametrize("text", ["", "-", "1.5", "12-", "--1", "１", "1e3"])
def test_other_texts_are_not_n2(text: str) -> None:
    with pytest.raises(ValueError):
        money.from_n2(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_r_has_no_exponent_and_no_needless_zero(number: Decimal) -> None:
    text = money.as_r(number)
    assert set(text) <= set("-.0123456789")
    assert Decimal(text) == number
    assert "." not in text or not text.endswith(("0", "."))


def test_allowances_are_deducted() -> None:
    charges = [Charge(kind="charge", amount=Decimal(10)), Charge(kind="allowance", amount=Decimal("2.5"))]
    assert money.net_charges(charges) == Decimal("7.5")


def test_hash_total_sums_digits_without_point_and_sign() -> None:
    assert money.hash_total([Decimal("1.80"), Decimal("-18.01"), Decimal(3)]) == str(18 + 1801 + 3)


def test_hash_total_keeps_ten_digits() -> None:
    assert money.hash_total([Decimal(9_999_999_999), Decimal(5)]) == "4"
