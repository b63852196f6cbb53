"""Order changes: what they make of an order, field by field, or why they cannot be applied."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.documents.order_change import LineChange, OrderChange
from edi.documents.values import Charge, ItemId
from integrations.systems.visma import wire
from integrations.systems.visma.changing import holds, plan
from integrations.systems.visma.commands import Approval, ChangeOrder
from integrations.systems.visma.planned import NotApplicable, Plan
from tests.integrations.systems.visma.records import ZONE


def line(number: int, article: str, *, quantity: float = 10, received: float = 0, **more: Any) -> dict[str, Any]:
    return {
        "lineNbr": number, "inventory": {"number": article}, "uom": "KRT", "orderQty": quantity,
        "qtyOnReceipts": received, "unitCost": 5.0, "promised": "2026-09-01T00:00:00", "completed": False,
        "canceled": False, "lineType": "GoodsForInventory", **more,
    }  # fmt: skip


ORDER = {
    "orderNbr": "500001", "status": "Open", "hold": False, "currency": "SEK", "promisedOn": "2026-09-01T00:00:00",
    "supplier": {"number": "50002"},
    "lines": [
        line(1, "SILL"), line(2, "TORSK", received=4), line(3, "SILL-X", alternateId="LEV-9"),
        {"lineNbr": 4, "lineType": "Description", "lineDescription": "Lossas på ramp 3"},
    ],
}  # fmt: skip


def order(**changes: Any) -> wire.PurchaseOrder:
    return msgspec.json.decode(json.dumps({**ORDER, **changes}), type=wire.PurchaseOrder)


def command(*lines: LineChange, **more: Any) -> ChangeOrder:
    extra = {k: more.pop(k) for k in ("supplier", "quantity_in", "units") if k in more}
    return ChangeOrder(stamp="860 1", change=OrderChange(number="500001", lines=lines, **more), **extra)


def planned(*lines: LineChange, now: wire.PurchaseOrder | None = None, **more: Any) -> Plan:
    return plan(command(*lines, **more), now or order(), zone=ZONE)


def reasons(*lines: LineChange, now: wire.PurchaseOrder | None = None, **more: Any) -> tuple[str, ...]:
    with pytest.raises(NotApplicable) as refused:
        planned(*lines, now=now, **more)
    return refused.value.reasons


def item(number: str, scheme: str = "buyer") -> tuple[ItemId, ...]:
    return (ItemId(scheme=scheme, value=number),)  # type: ignore[arg-type]


def test_quantity_price_and_date():
    found = planned(
        LineChange(line_number="1", kind="quantity", quantity=Decimal(12), unit="CT"),
        LineChange(line_number="2", kind="price", unit_price=Decimal("4.5")),
        LineChange(line_number="3", kind="date", requested_date=dt.date(2026, 9, 9)),
    )
    assert found.members["lines"] == [
        {"operation": "Update", "lineNumber": {"value": 1}, "orderQty": {"value": Decimal(12)}},
        {"operation": "Update", "lineNumber": {"value": 2}, "unitCost": {"value": Decimal("4.5")}},
        {"operation": "Update", "lineNumber": {"value": 3}, "promised": {"value": "2026-09-09T00:00:00"}},
    ]
    assert [c.words for c in found.changes] == [
        "line 1, quantity: 10 → 12 (another quantity)",
        "line 2, unit cost: 5 → 4.5 (another price)",
        "line 3, promised: 2026-09-01 → 2026-09-09 (another day)",
    ]


def test_added_line():
    new = LineChange(kind="add", quantity=Decimal(3), unit="CT", unit_price=Decimal(7), item_ids=item("REKER"))
    assert planned(new).members["lines"] == [
        {
            "operation": "Insert",
            "inventory": {"value": "REKER"},
            "orderQty": {"value": Decimal(3)},
            "uom": {"value": "KRT"},
            "unitCost": {"value": Decimal(7)},
        }
    ]


def test_a_line_that_is_added_twice_under_one_number_is_left_to_a_person():
    new = LineChange(line_number="9", kind="add", quantity=Decimal(3), unit="CT", item_ids=item("REKER"))
    assert reasons(new, new) == ("line 9: it is to be added 2 times",)
    other = LineChange(line_number="9", kind="add", quantity=Decimal(3), unit="CT", item_ids=item("SILL"))
    assert len(planned(new, other).members["lines"]) == 2


def test_what_was_received_is_completed_and_not_deleted():
    found = planned(LineChange(line_number="1", kind="delete"), LineChange(line_number="2", kind="delete"))
    assert found.members["lines"] == [
        {"operation": "Delete", "lineNumber": {"value": 1}},
        {"operation": "Update", "completed": {"value": True}, "lineNumber": {"value": 2}},
    ]


def test_a_quantity_of_nothing_takes_the_line_out():
    zero = LineChange(line_number="1", kind="quantity", quantity=Decimal(0))
    assert planned(zero).members["lines"] == [{"operation": "Delete", "lineNumber": {"value": 1}}]


def test_cancelled_order_goes_on_hold():
    found = planned(purpose="cancellation")
    assert found.members["hold"] == {"value": True}
    assert [one["operation"] for one in found.members["lines"]] == ["Delete", "Update", "Delete", "Delete"]


def test_a_cancellation_that_names_some_lines_cancels_none():
    third = LineChange(line_number="3", kind="delete")
    assert reasons(third, purpose="cancellation") == (
        "it calls itself a cancellation of the order and names lines, but not 1, 2",
    )
    every = [LineChange(line_number=n, kind="delete") for n in "12"]
    assert planned(*every, third, purpose="cancellation") == planned(purpose="cancellation")
    nothing_of_it = LineChange(line_number="3", kind="quantity", quantity=Decimal(0))
    assert planned(*every, nothing_of_it, purpose="cancellation").members == planned(purpose="cancellation").members
    less = LineChange(line_number="3", kind="quantity", quantity=Decimal(7))
    assert reasons(*every, less, purpose="cancellation") == (
        "line 3: the order is to be cancelled, and yet the line is to be changed",
    )


def test_replaced_order_drops_what_it_does_not_name():
    found = planned(
        LineChange(line_number="1", kind="change", quantity=Decimal(8)),
        LineChange(line_number="2", kind="none"),
        LineChange(line_number="9", kind="change", quantity=Decimal(1), item_ids=item("NY")),
        purpose="replace",
    )
    assert [(one["operation"], one.get("lineNumber", {}).get("value")) for one in found.members["lines"]] == [
        ("Update", 1),
        ("Insert", None),
        ("Delete", 3),
    ]


@pytest.mark.parametrize(
    ("one", "number"),
    [
        (LineChange(kind="quantity", quantity=Decimal(1), item_ids=item("SILL")), 1),
        (LineChange(kind="quantity", quantity=Decimal(1), item_ids=item("LEV-9", "supplier")), 3),
        (LineChange(line_number="001", kind="quantity", quantity=Decimal(1)), 1),
        (LineChange(line_number="77", kind="quantity", quantity=Decimal(1), item_ids=item("sill")), 1),
    ],
)
def test_lines_are_found_by_number_or_item(one: LineChange, number: int):
    [found] = planned(one).members["lines"]
    assert found["lineNumber"] == {"value": number}


def test_old_and_new_quantity_beside_each_other():
    one = LineChange(line_number="1", kind="quantity", code="QI", quantity=Decimal(10), quantity_left=Decimal(14))
    assert planned(one).members["lines"][0]["orderQty"] == {"value": Decimal(14)}


def test_date_of_the_whole_order():
    found = planned(LineChange(line_number="1", kind="none"), requested_date=dt.date(2026, 9, 30))
    assert found.members == {"promisedOn": {"value": "2026-09-30T00:00:00"}}


def test_nothing_new_changes_nothing():
    same = LineChange(line_number="1", kind="change", quantity=Decimal("10.0"), unit_price=Decimal("5.00"))
    assert planned(same).members == {}


def test_what_is_not_applied_is_named():
    charge = Charge(kind="charge", amount=Decimal(5))
    found = planned(LineChange(line_number="1", kind="none"), charges=(charge,))
    assert found.left_out == ("allowances and charges",)


@pytest.mark.parametrize(
    ("one", "more", "words"),
    [
        (LineChange(line_number="9", kind="quantity", quantity=Decimal(1)), {}, "no such line"),
        (LineChange(line_number="1", kind="delete", item_ids=item("ANNAT")), {}, "is another item"),
        (
            LineChange(line_number="1", kind="quantity", quantity=Decimal(3), item_ids=item("XYZ", "supplier")),
            {"now": order(lines=[line(1, "SILL"), line(3, "ROM", alternateId="XYZ")])},
            "line 1 of the order is another item; this one is line 3",
        ),
        (LineChange(line_number="2", kind="quantity", quantity=Decimal(3)), {}, "less than the 4 that were received"),
        (LineChange(line_number="1", kind="quantity", quantity=Decimal(3), unit="KG"), {}, "counts in KG"),
        (
            LineChange(line_number="1", kind="quantity", quantity=Decimal(3), quantity_left=Decimal(4)),
            {},
            "cannot be told whether 3 or 4",
        ),
        (LineChange(line_number="1", kind="replace_item"), {}, "a person must do"),
        (LineChange(line_number="1", kind="date"), {}, "new date is missing"),
        (LineChange(kind="add", quantity=Decimal(1), item_ids=item("X", "supplier")), {}, "no article number of ours"),
        (LineChange(kind="add", item_ids=item("X")), {}, "no quantity to add"),
        (LineChange(kind="add", quantity=Decimal(-5), item_ids=item("X")), {}, "nothing negative can be added"),
        (LineChange(line_number="1", kind="price", unit_price=Decimal(-3)), {}, "the price -3 is negative"),
        (LineChange(line_number="1", kind="none"), {"currency": "EUR"}, "in EUR, the order in SEK"),
        (LineChange(line_number="1", kind="none"), {"supplier": "50009"}, "of supplier 50002"),
        (LineChange(line_number="1", kind="none"), {"now": order(status="Closed")}, "the order is Closed"),
        (
            LineChange(line_number="1", kind="price", unit_price=Decimal(1)),
            {"now": order(lines=[line(1, "SILL", completed=True)])},
            "the line is completed",
        ),
        (
            LineChange(kind="delete", item_ids=item("SILL")),
            {"now": order(lines=[line(1, "SILL"), line(2, "SILL")])},
            "lines 1, 2 are the same item",
        ),
    ],
)
def test_reasons_in_words(one: LineChange, more: dict[str, Any], words: str):
    assert words in "; ".join(reasons(one, **more))


@pytest.mark.parametrize(
    "other",
    [
        LineChange(line_number="1", kind="quantity", quantity=Decimal(7)),
        LineChange(line_number="1", kind="delete"),
        LineChange(item_ids=item("SILL"), kind="delete"),
    ],
)
def test_a_line_of_which_several_things_are_said_is_left_to_a_person(other: LineChange):
    one = LineChange(line_number="1", kind="quantity", quantity=Decimal(12))
    assert reasons(one, other) == ("line 1: the change says several things of it",)


def test_several_fields_of_a_line_may_be_named_apart():
    quantity = LineChange(line_number="1", kind="quantity", quantity=Decimal(12))
    price = LineChange(line_number="1", kind="price", unit_price=Decimal(7))
    found = planned(quantity, price)
    assert [c.name for c in found.changes] == ["quantity", "unit cost"]
    assert found.members["lines"] == [
        {
            "operation": "Update",
            "lineNumber": {"value": 1},
            "orderQty": {"value": Decimal(12)},
            "unitCost": {"value": Decimal(7)},
        }
    ], "the line is written once"
    assert found.value == 12 * 7 - 10 * 5, "not 2 * 5 + 10 * 2: the new ones come at the new price"
    assert planned(price, quantity).value == found.value


def test_a_change_in_two_segments_needs_the_approval_that_it_would_need_in_one():
    asked = Approval(amount=Decimal(30))
    quantity, price = {"quantity": Decimal(12)}, {"unit_price": Decimal(7)}
    together = command(LineChange(line_number="1", kind="price_and_quantity", **quantity, **price))
    apart = command(
        LineChange(line_number="1", kind="quantity", **quantity), LineChange(line_number="1", kind="price", **price)
    )
    for one in (together, apart):
        one = msgspec.structs.replace(one, approval=asked)
        assert plan(one, order(), zone=ZONE).needs_approval(one, order())


def test_a_new_version_without_lines_does_not_empty_the_order():
    assert reasons(purpose="replace") == ("it replaces the order and names no line; only a cancellation may do so",)


def test_what_is_added_without_a_price_does_not_pass_below_a_threshold():
    wanted = command(LineChange(kind="add", quantity=Decimal(100000), item_ids=item("LAX")))
    above = msgspec.structs.replace(wanted, approval=Approval(amount=Decimal(100)))
    found = plan(above, order(), zone=ZONE)
    assert found.needs_approval(above, order())
    approved = msgspec.structs.replace(wanted, approval=Approval(amount=Decimal(100), given=found.digest))
    assert not found.needs_approval(approved, order())


def test_all_reasons_are_named_and_nothing_is_applied():
    good = LineChange(line_number="1", kind="quantity", quantity=Decimal(11))
    found = reasons(good, LineChange(line_number="8", kind="delete"), LineChange(line_number="9", kind="delete"))
    assert len(found) == 2


@given(
    quantity=st.decimals(min_value=5, max_value=9999, places=3),
    price=st.decimals(min_value="0.01", max_value=9999, places=4),
)
def test_an_applied_change_holds_and_plans_nothing_more(quantity: Decimal, price: Decimal):
    one = LineChange(line_number="1", kind="price_and_quantity", quantity=quantity, unit_price=price)
    after = order(lines=[line(1, "SILL", quantity=float(quantity), unitCost=float(price)), *ORDER["lines"][1:]])
    assert planned(one, now=after).members == {}
    assert holds(command(one), after, zone=ZONE) == ()
    if quantity != 10 or price != 5:
        assert holds(command(one), order(), zone=ZONE)


def test_added_and_deleted_lines_hold():
    added = LineChange(kind="add", quantity=Decimal(3), unit_price=Decimal(5), item_ids=item("REKER"))
    both = command(added, LineChange(line_number="1", kind="delete"))
    assert len(holds(both, order(), zone=ZONE)) == 2
    after = order(lines=[line(3, "SILL-X"), line(5, "REKER", quantity=3)])
    assert holds(both, after, zone=ZONE) == ()


CONTRADICTIONS = {
    "another price on a change of the quantity": (
        LineChange(line_number="1", kind="quantity", quantity=Decimal(10), unit="CT", unit_price=Decimal(12)),
        "it states the price 12, the order has 5, and the change asks for no other",
    ),
    "another quantity on a change of the price": (
        LineChange(line_number="1", kind="price", quantity=Decimal(12), unit="CT", unit_price=Decimal(4)),
        "it states the quantity 12, the order has 10, and the change asks for no other",
    ),
    "another day on a change of the quantity": (
        LineChange(
            line_number="1", kind="quantity", quantity=Decimal(12), unit="CT", requested_date=dt.date(2026, 9, 9)
        ),
        "it states the day 2026-09-09, the order has 2026-09-01, and the change asks for no other",
    ),
    "no price on a change of the price": (LineChange(line_number="1", kind="price"), "the new price is missing"),
    "a change of nothing": (
        LineChange(line_number="1", kind="change", description="Sill"),
        "it is to be changed, and no value is stated that could be",
    ),
    "a price for another unit": (
        LineChange(line_number="1", kind="price", unit="EA", unit_price=Decimal(1)),
        "it counts in EA, the order in KRT",
    ),
    "what is left to receive beside what was ordered": (
        LineChange(line_number="2", kind="change", quantity=Decimal(10), quantity_left=Decimal(6), unit="CT"),
        "it cannot be told whether 10 or 6 is the new quantity",
    ),
    "an increase to less": (
        LineChange(line_number="1", kind="quantity", code="QI", quantity=Decimal(5), unit="CT"),
        "it cannot be told whether 5 or None is the new quantity",
    ),
    "a decrease to more": (
        LineChange(line_number="1", kind="quantity", code="QD", quantity_left=Decimal(12), unit="CT"),
        "it cannot be told whether None or 12 is the new quantity",
    ),
    "a line that is there": (
        LineChange(line_number="1", kind="add", quantity=Decimal(10), unit="CT", item_ids=item("SILL")),
        "it is to be added, and the order has it",
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_what_would_be_confirmed_and_not_be_there_is_a_person_s(name: str) -> None:
    change, reason = CONTRADICTIONS[name]
    assert reasons(change) == (f"line {change.line_number}: {reason}",)


def test_a_price_that_is_only_said_again_is_none_of_it() -> None:
    same = LineChange(line_number="1", kind="quantity", quantity=Decimal(12), unit="CT", unit_price=Decimal(5))
    assert [c.words for c in planned(same).changes] == ["line 1, quantity: 10 → 12 (another quantity)"]


def test_what_another_segment_of_the_line_asks_for_may_be_said_in_each() -> None:
    """Of quantity and price in two segments, senders state both in both, before or after they ask for them."""
    quantity = LineChange(
        line_number="2", kind="quantity", quantity=Decimal(12), unit="CT", unit_price=Decimal(4), item_ids=item("TORSK")
    )
    price = LineChange(
        line_number="2", kind="price", quantity=Decimal(12), quantity_left=Decimal(8), unit="CT", unit_price=Decimal(4)
    )
    for lines in ((quantity, price), (price, quantity)):
        assert planned(*lines).members["lines"] == [
            {
                "operation": "Update",
                "lineNumber": {"value": 2},
                "orderQty": {"value": Decimal(12)},
                "unitCost": {"value": Decimal(4)},
            }
        ]
    assert len(reasons(quantity, LineChange(line_number="2", kind="none"))) == 1


def test_a_window_of_delivery_is_for_a_person() -> None:
    found = planned(LineChange(line_number="1", kind="none"), not_after=dt.date(2026, 9, 30))
    assert found.left_out == ("window of delivery",)


def test_a_new_version_of_the_order_adds_no_article_that_it_has() -> None:
    again = LineChange(kind="add", quantity=Decimal(10), unit="CT", item_ids=item("TORSK"))
    assert reasons(again, purpose="replace") == ("item TORSK: it is to be added, and the order has it",)
    assert planned(again).members["lines"][0]["operation"] == "Insert", "a second line of an article is a change"


def test_a_confirmation_changes_nothing() -> None:
    said = LineChange(line_number="1", kind="quantity", quantity=Decimal(12), unit="CT")
    assert reasons(said, purpose="confirmation") == (
        "it calls itself a confirmation, which changes nothing, and names changes",
    )
