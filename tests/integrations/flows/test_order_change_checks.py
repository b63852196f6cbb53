"""What of an order change a person has to see before anybody accepts it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from edi.documents.order_change import OrderChange
from edi.models import Agreement, TransactionSet
from integrations.flows.edi_in.documents import Read
from integrations.flows.order_change_answers import not_in_the_order
from integrations.flows.order_change_checks import check_certain, left_out, left_out_words
from integrations.systems.contract import Unmappable


def change(**more: Any) -> OrderChange:
    return OrderChange(number="500020", **more)


def read(document: OrderChange, **more: Any) -> Read:
    return Read(document=document, set_id="860", business_number=document.number, **more)


def test_a_change_with_lines_that_are_not_understood_is_not_applied_until_a_person_decides() -> None:
    uncertain = read(change(), uncertain=("SDQ (segment 4) is not used",))
    with pytest.raises(Unmappable, match="SDQ"):
        check_certain(change(), uncertain, is_decided=False)
    check_certain(change(), uncertain, is_decided=True)
    assert left_out(change(), uncertain, None), "and yet nothing is accepted by itself"
    check_certain(change(), read(change(), unread=("MAN (segment 9) is not used",)), is_decided=False)


def test_what_was_left_over_is_named() -> None:
    unread = tuple(f"SPI (segment {n}) is not used" for n in range(9))
    said = left_out_words(change(), read(change(), unread=unread), None)
    assert "SPI (segment 0) is not used" in said
    assert "and 4 more" in said
    assert left_out_words(change(), read(change()), None) == ""


def test_notes_are_for_a_person_unless_the_agreement_says_that_they_are_always_the_same() -> None:
    noted = change(notes=("Leverera till ramp 3", "Ring innan"))
    assert "Leverera till ramp 3 / Ring innan" in left_out_words(noted, read(noted), None)
    assert left_out(noted, read(noted), Agreement(settings={"change_notes": "ask"})) == ("notes",)
    assert left_out(noted, read(noted), Agreement(settings={"change_notes": "show"})) == ()


def test_what_the_books_found_otherwise_is_not_accepted_either() -> None:
    """Nor what it restates, where nobody noted whether it is so."""
    total = change(total=Decimal(5))
    for noted, names in (
        ({"otherwise": []}, ()),
        ({"otherwise": ["another total (5)"]}, ("another total (5)",)),
        ({}, ("total",)),
    ):
        assert not_in_the_order(total, read(total), TransactionSet(network_status=noted)) == names
    assert not_in_the_order(change(), read(change()), TransactionSet(network_status={})) == ()
