"""Whether an order stands as its supplier's own changes left it: what anybody else touched makes it another order."""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from edi.documents.order_change import LineChange, OrderChange
from edi.documents.values import ItemId
from integrations.systems.visma.commands import ChangeOrder
from integrations.systems.visma.explained import is_explained
from tests.integrations.systems.visma.records import OURSELVES, ZONE

Order = dict[str, Any]


def line(number: int, article: str, quantity: float, cost: float, *, percent: float = 0, **more: Any) -> Order:
    whole = quantity * cost
    return {
        "lineNbr": number, "lineType": "GoodsForInventory", "inventory": {"number": article}, "uom": "KRT",
        "orderQty": quantity, "unitCost": cost, "extCost": whole, "amount": round(whole * (1 - percent / 100), 2),
        "qtyOnReceipts": 0, "promised": "2026-09-01T00:00:00", "completed": False, "canceled": False,
        "lineDescription": article.lower(), "taxCategory": {"number": "25"}, **more,
    }  # fmt: skip


BEFORE: Order = {
    "orderNbr": "500001", "orderType": "RegularOrder", "status": "Open", "hold": False, "currency": "SEK",
    "date": "2026-08-20T00:00:00", "promisedOn": "2026-09-01T00:00:00", "lineTotal": 400.0, "taxTotal": 100.0,
    "orderTotal": 500.0, "supplier": {"number": "50002", "name": "Sillgrossen"}, "description": "Ring innan",
    "lines": [line(1, "SILL", 10, 10, percent=12.5), line(2, "TORSK", 20, 5), line(3, "LAX", 4, 50)],
}  # fmt: skip
CHANGE = (
    LineChange(line_number="1", kind="price_and_quantity", quantity=Decimal(12), unit_price=Decimal("9.5")),
    LineChange(line_number="2", kind="delete"),
    LineChange(
        kind="add",
        quantity=Decimal(3),
        unit="CT",
        item_ids=(ItemId(scheme="buyer", value="RÄKOR"),),
        requested_date=dt.date(2026, 9, 7),
    ),
)


def after() -> Order:
    """The order as Visma.net has it once the change is applied: the new line gets its price and texts from there."""
    order = copy.deepcopy(BEFORE)
    new = line(4, "RÄKOR", 3, 88, promised="2026-09-07T00:00:00", lineDescription="Räkor, skalade")
    order["lines"] = [line(1, "SILL", 12, 9.5, percent=12.5), order["lines"][2], new]
    return order | {
        "lineTotal": 563.75,
        "taxTotal": 140.94,
        "orderTotal": 704.69,
        "note": "[ml-connector 860 1] applied",
    }


def command(*lines: LineChange, **more: Any) -> ChangeOrder:
    return ChangeOrder(stamp="860 1", change=OrderChange(number="500001", lines=lines, **more))


def explained(now: Order, *commands: ChangeOrder, before: Order = BEFORE, between: tuple[Order, ...] = ()) -> bool:
    was, is_now, *read = (json.dumps(one).encode() for one in (before, now, *between))
    changes = commands or (command(*CHANGE),)
    return is_explained(was, is_now, changes, buyer=OURSELVES, zone=ZONE, between=read)


def test_what_the_change_makes_of_it_is_the_suppliers_own() -> None:
    assert explained(after())
    assert not explained(BEFORE), "it is not as the change leaves it"


def edits() -> dict[str, Callable[[Order], object]]:
    return {
        "another line's quantity": lambda o: o["lines"][1].update(orderQty=5, extCost=250, amount=250.0),
        "the changed line's quantity": lambda o: o["lines"][0].update(orderQty=13, extCost=123.5, amount=108.06),
        "the changed line's day": lambda o: o["lines"][0].update(promised="2026-09-02T00:00:00"),
        "the changed line's discount": lambda o: o["lines"][0].update(amount=114.0),
        "another line's VAT code": lambda o: o["lines"][1].update(taxCategory={"number": "12"}),
        "a line taken out": lambda o: o["lines"].pop(1),
        "a line added": lambda o: o["lines"].append(line(5, "SEJ", 1, 1)),
        "the new line's quantity": lambda o: o["lines"][2].update(orderQty=4, extCost=352, amount=352.0),
        "the new line twice": lambda o: o["lines"].append({**o["lines"][2], "lineNbr": 5}),
        "the line that went is back": lambda o: o["lines"].insert(1, line(2, "TORSK", 20, 5)),
        "a line cancelled": lambda o: o["lines"][1].update(canceled=True),
        "the order's day": lambda o: o.update(promisedOn="2026-09-03T00:00:00"),
        "a text": lambda o: o.update(description="Lossas på ramp 3"),
        "the supplier's own number": lambda o: o.update(supplierRef="S-9"),
    }


@pytest.mark.parametrize("name", edits())
def test_what_a_person_changed_besides_is_not(name: str) -> None:
    order = after()
    edits()[name](order)
    assert not explained(order)


def edits_of_the_new_line() -> dict[str, Order]:
    """Of what the supplier did not state: Visma.net took it from the article."""
    return {
        "price": {"unitCost": 777, "extCost": 2331, "amount": 2331.0},
        "discount": {"amount": 250.0},
        "text": {"lineDescription": "Räkor, oskalade"},
        "VAT": {"taxCategory": {"number": "12"}},
        "unit": {"uom": "ST"},
    }


@pytest.mark.parametrize("name", edits_of_the_new_line())
def test_what_a_person_changes_of_the_new_line_once_it_was_read_is_not(name: str) -> None:
    order = after()
    order["lines"][2].update(edits_of_the_new_line()[name])
    assert not explained(order, between=(BEFORE, after()))
    assert not explained(order, between=(BEFORE, after(), order)), "nor when it is read once more"


def test_the_new_line_stays_the_suppliers_own_while_nobody_touches_it() -> None:
    assert explained(after() | {"note": "Ring Kalle"}, between=(BEFORE, after()))
    again = after()
    again["lines"][2].update(orderQty=6, extCost=528, amount=528.0)
    more = command(LineChange(line_number="4", kind="quantity", quantity=Decimal(6)))
    assert explained(again, command(*CHANGE), more, between=(BEFORE, after()))


def test_a_discount_on_the_new_line_was_not_the_suppliers() -> None:
    """Also where it is there when the line is read first."""
    order = after()
    order["lines"][2]["amount"] = 250.0
    assert not explained(order)


def test_what_is_not_told_to_a_partner_does_not_matter() -> None:
    order = after()
    order["lines"][1]["qtyOnReceipts"] = 2
    assert explained(order | {"status": "Printed", "note": "Ring Kalle"})


def test_a_line_of_which_something_came_meanwhile_was_completed_instead() -> None:
    order = after()
    order["lines"].insert(1, line(2, "TORSK", 20, 5, qtyOnReceipts=4, completed=True))
    assert explained(order)


def test_a_new_line_may_get_the_number_of_one_that_went() -> None:
    gone = LineChange(line_number="3", kind="delete")
    order = after()
    order["lines"] = [order["lines"][0], {**order["lines"][2], "lineNbr": 3}]
    assert explained(order, command(*CHANGE, gone))


def test_several_changes_one_after_the_other() -> None:
    order = after()
    order["lines"][1] = line(3, "LAX", 6, 50)
    order["lines"][2]["promised"] = "2026-09-09T00:00:00"
    second = (
        LineChange(line_number="3", kind="quantity", quantity=Decimal(6)),
        LineChange(line_number="4", kind="date", requested_date=dt.date(2026, 9, 9)),
    )
    now = order | {"promisedOn": "2026-09-05T00:00:00"}
    assert explained(now, command(*CHANGE), command(*second, requested_date=dt.date(2026, 9, 5)))
    assert not explained(now, command(*CHANGE))
    assert not explained(now, command(*second), command(*CHANGE)), "a line that is not there yet cannot change"


def test_a_cancelled_order_has_no_lines_left() -> None:
    cancelled = command(purpose="cancellation")
    assert explained(BEFORE | {"lines": [], "status": "Hold", "hold": True}, cancelled)
    assert not explained(BEFORE | {"lines": BEFORE["lines"][:1], "status": "Hold", "hold": True}, cancelled)
