"""What of a refund went to store credit, told from what the order says of all its credit memos."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest

from integrations.systems.adobe.store_credit import NEAR, Refund, to_store_credit


def told(own: int, *refunds: Refund, of_order: str, **known: str) -> Decimal | None:
    before = {int(key[1:]): Decimal(amount) for key, amount in known.items()}
    return to_store_credit(own, dict(enumerate(refunds, 1)), of_order=Decimal(of_order), known=before)


def refund(money: str, used: str = "0", cards: str = "0") -> Refund:
    return Refund(money=Decimal(money), used=Decimal(used), gift_cards=Decimal(cards))


@pytest.mark.parametrize(
    ("refunds", "of_order", "first"),
    [
        ((refund("125.50"),), "125.50", "125.50"),
        ((refund("125.50"),), "40", "40"),
        ((refund("125.50", used="20"),), "20", "0"),
        ((refund("125.50", used="20"),), "60.25", "40.25"),
        ((refund("125.50", used="20"),), "10", "0"),
        ((refund("125.50"),), "125.49", "125.50"),
        ((refund("100"), refund("25")), "125", "100"),
        ((refund("100", used="5"), refund("25", used="5")), "10", "0"),
    ],
)
def test_it_follows_where_there_is_one_or_all_went_the_same_way(
    refunds: tuple[Refund, ...], of_order: str, first: str
) -> None:
    assert told(1, *refunds, of_order=of_order) == Decimal(first)


@pytest.mark.parametrize(
    ("refunds", "of_order"),
    [
        ((refund("100"), refund("25")), "25"),
        ((refund("100"), refund("25")), "60"),
        ((refund("100"),), "150"),
        ((refund("100", cards="30"),), "30"),
    ],
)
def test_what_could_be_either_is_not_guessed(refunds: tuple[Refund, ...], of_order: str) -> None:
    assert told(1, *refunds, of_order=of_order) is None


def test_what_was_known_before_stays_and_tells_the_rest() -> None:
    both = (refund("100"), refund("25"))
    assert told(2, *both, of_order="25", _1="0") == 25
    assert told(2, *both, of_order="60", _1="60") == 0
    assert told(1, *both, of_order="60", _1="60") == 60
    assert told(2, *both, of_order="60", _1="80") is None


def test_read_one_after_the_other_each_is_told_rightly() -> None:
    money = (Decimal("100"), Decimal("25.10"), Decimal("0.05"))
    for went in product(*((Decimal(0), amount, amount / 2) for amount in money)):
        known: dict[int, Decimal] = {}
        for count in range(1, 4):
            made = {n: Refund(money=money[n - 1]) for n in range(1, count + 1)}
            found = to_store_credit(count, made, of_order=sum(went[:count], Decimal(0)), known=known)
            assert found is not None
            assert abs(found - went[count - 1]) <= NEAR
            known[count] = went[count - 1]
