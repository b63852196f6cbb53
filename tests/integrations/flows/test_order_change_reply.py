"""What an 865 says of each line: once, as it stands after the change, and only what was applied as accepted."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from edi.documents import t865
from edi.documents.order_change import LineChange, OrderChange
from edi.documents.order_response import OrderResponse
from edi.documents.values import ItemId
from integrations.flows.order_change_reply import answer_to

TODAY = dt.date(2026, 11, 22)
ARTICLE = (ItemId(scheme="buyer", value="A-003"),)
OTHER = (ItemId(scheme="buyer", value="A-004"),)


def line(kind: Any, number: str = "1", **more: Any) -> LineChange:
    amounts = {k: Decimal(more.pop(k)) for k in ("quantity", "quantity_left", "unit_price") if k in more}
    return LineChange(line_number=number, kind=kind, unit="EA", **amounts, **more)


def answer(*lines: LineChange, accepted: bool = True, **more: Any) -> OrderResponse:
    found = answer_to(OrderChange(number="500001", lines=lines), accepted=accepted, date=TODAY, **more)
    t865.build(found)  # what cannot be built is never answered
    return found


def said(found: OrderResponse) -> list[tuple[Any, ...]]:
    return [(one.line_number, one.change, one.quantity, one.unit_price, one.answers[0].status) for one in found.lines]


def test_several_changes_of_one_line_are_answered_as_one() -> None:
    found = answer(
        line("quantity", quantity="37", code="QC"),
        line("price", "001", quantity="36", unit_price="9.95", item_ids=ARTICLE),
        line("add", "", quantity="7", unit_price="5", item_ids=ARTICLE),
        line("delete", "2"),
        line("add", "", quantity="8", unit_price="5", item_ids=ARTICLE),
    )
    assert said(found) == [
        ("1", "PQ", Decimal(37), Decimal("9.95"), "accepted"),
        ("", "AI", Decimal(7), Decimal(5), "accepted"),
        ("2", "DI", None, None, "accepted"),
        ("", "AI", Decimal(8), Decimal(5), "accepted"),
    ]
    assert found.lines[0].item_ids == ARTICLE
    assert found.answer == "accepted"


def test_what_is_changed_together_is_named_by_its_code() -> None:
    day = dt.date(2026, 12, 1)
    price, quantity = line("price", unit_price="2"), line("quantity", quantity="3")
    date = line("date", requested_date=day)
    for lines, code in (
        ((price, quantity), "PQ"),
        ((date, quantity), "RQ"),
        ((price, date), "PR"),
        ((price, quantity, date), "CA"),
        ((line("none"), quantity), "CA"),
        ((line("delete"), quantity), "CA"),
    ):
        (only,) = answer(*lines, accepted=False).lines
        assert (only.change, only.answers[0].status) == (code, "rejected"), lines


def test_of_two_quantities_the_one_that_was_applied_is_confirmed() -> None:
    def confirmed(code: str, ordered: str, left: str, **more: Any) -> Decimal | None:
        (only,) = answer(line("quantity", code=code, quantity=ordered, quantity_left=left), **more).lines
        return only.quantity

    assert confirmed("QC", "100", "150") == 150
    assert confirmed("QD", "80", "100") == 80
    assert confirmed("QC", "150", "50", quantity_in="ordered") == 150


def test_one_number_on_two_items_is_left_to_the_items() -> None:
    found = answer(
        line("quantity", "10", quantity="3", item_ids=ARTICLE), line("quantity", "10", quantity="4", item_ids=OTHER)
    )
    assert [(one.line_number, one.item_ids) for one in found.lines] == [("", ARTICLE), ("", OTHER)]


def test_what_a_person_made_of_it_is_not_accepted_as_it_was_asked() -> None:
    asked = (line("quantity", quantity="37"), line("delete", "2"), line("price", "3", unit_price="4"))
    made = (line("quantity", quantity="30"), line("price", "3", unit_price="4"))
    found = answer(*asked, applied=OrderChange(number="500001", lines=made))
    assert [(number, status) for number, *_, status in said(found)] == [
        ("1", "changed"),
        ("3", "accepted"),
        ("2", "rejected"),
    ]
    assert found.lines[0].quantity == 30
    assert found.answer == "changed"
    again = answer(*asked, applied=OrderChange(number="500001", sequence="002", lines=asked))
    assert again.answer == "accepted"
    refused = answer(*asked, accepted=False, applied=OrderChange(number="500001", lines=made))
    assert [status for *_, status in said(refused)] == ["rejected"] * 3
    assert refused.lines[0].quantity == 37
