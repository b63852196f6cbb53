"""Which line of an order a line of a ship notice is, or why a person has to say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from edi.documents.values import ItemId
from integrations.systems.visma import wire
from integrations.systems.visma.commands import WantedLine
from integrations.systems.visma.receiving import NotReceivable, line_of

ORDER = wire.PurchaseOrder(
    order_nbr="500001",
    status="Open",
    lines=[
        wire.OrderLine(line_nbr=1, line_type="GoodsForInventory", inventory=wire.Numbered(number="SILL")),
        wire.OrderLine(
            line_nbr=2, line_type="GoodsForInventory", inventory=wire.Numbered(number="TORSK"), alternate_id="LEV-9"
        ),
    ],
)


def wanted(line: str, **ids: str) -> WantedLine:
    """`ids` by scheme."""
    items = tuple(ItemId(scheme=scheme, value=value) for scheme, value in ids.items())  # type: ignore[arg-type]
    return WantedLine(order_number="500001", order_line=line, quantity=Decimal(1), item_ids=items)


@pytest.mark.parametrize(
    ("one", "number"),
    [
        (wanted("2"), 2),
        (wanted("2", supplier="lev-9"), 2),
        (wanted("2", buyer="TORSK", supplier="LEV-77"), 2),
        (wanted("2", gtin="04006381333931"), 2),
        (wanted("1", supplier="LEV-1"), 1),
        (wanted("9", supplier="LEV-9"), 2),
        (wanted("1", buyer="TORSK"), 2),
    ],
)
def test_by_number_where_the_item_is_the_same_or_only_the_sender_knows_it(one: WantedLine, number: int) -> None:
    assert line_of(one, ORDER).line_nbr == number


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (wanted("2", supplier="LEV-8"), "another item: LEV-9 was ordered, and LEV-8 is shipped"),
        (wanted("2", supplier="LEV-8", gtin="04006381333931"), "LEV-9 was ordered"),
        (wanted("1", buyer="ROM"), "another item: SILL was ordered, and ROM is shipped"),
        (wanted("9", buyer="ROM"), "is not in order 500001"),
    ],
)
def test_a_number_and_an_item_that_contradict_each_other_are_for_a_person(one: WantedLine, words: str) -> None:
    with pytest.raises(NotReceivable) as refused:
        line_of(one, ORDER)
    assert words in str(refused.value)
