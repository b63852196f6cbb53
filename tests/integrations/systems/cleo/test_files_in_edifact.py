"""What files in EDIFACT say, whether two say the same, and whether one is still being written."""

from __future__ import annotations

import pytest

from integrations.systems.cleo.alike import says_the_same
from integrations.systems.cleo.completeness import is_cut_off
from integrations.systems.cleo.contents import amount, document_of, fields
from tests.edi.documents import examples
from tests.edi.messages import content, one, written


def test_a_file_says_its_document() -> None:
    document = document_of(one("ORDERS"))
    assert document is not None
    assert fields(one("ORDERS"))["number"] == examples.ORDER.number
    assert amount(one("ORDERS")) == examples.ORDER.total
    two = written([("ORDERS", content("ORDERS")), ("ORDERS", content("ORDERS"))])
    assert document_of(two) is None, "nobody can tell which"


def test_the_same_under_other_numbers_is_the_same() -> None:
    assert says_the_same(one("ORDERS", number="000000001"), one("ORDERS", number="000000002"))
    assert not says_the_same(one("ORDERS"), one("ORDERS", number="1", notes=("other",)))
    assert not says_the_same(one("ORDERS"), one("INVOIC"))
    assert not says_the_same(b"UNB+UNOC:3'", b"UNB+UNOC:3'"), "nothing is said at all"


@pytest.mark.parametrize("cut", [20, 200, 5])
def test_a_file_that_ends_in_the_middle_is_cut_off(cut: int) -> None:
    data = one("ORDERS").rstrip()
    assert not is_cut_off(data)
    assert is_cut_off(data[:-cut])
