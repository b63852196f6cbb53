"""An order's later version as ORDCHG: told from what was sent last, as it was sent."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec

from edi.documents.edifact import EdifactOptions, ordchg, orders
from edi.documents.order_change import OrderChange
from edi.documents.purchase_order import PurchaseOrder
from edi.edifact.segments import Message
from edi.models import Interchange, TransactionSet
from integrations.flows.edi_out import changes
from tests.edi.documents import examples
from tests.edi.documents.edifact.support import received, written

OPTIONS = EdifactOptions()
TODAY = dt.date(2026, 5, 6)
FIRST = examples.ORDER.lines[0]


def order(*lines: Any, **more: Any) -> PurchaseOrder:
    total = sum((line.amount for line in lines), Decimal(0))
    return msgspec.structs.replace(
        examples.ORDER, lines=lines, line_total=total, tax_total=Decimal(0), total=total, **more
    )


def line(number: str, **more: Any) -> Any:
    return msgspec.structs.replace(FIRST, line_number=number, taxes=(), **more)


def sent(kind: str, document: PurchaseOrder | OrderChange) -> TransactionSet:
    return TransactionSet(set_id=kind, interchange=Interchange(text=written(kind, document).data))


def change(now: PurchaseOrder, before: changes.Stated | None, number: int = 1) -> OrderChange:
    assert before is not None
    made = changes.change_of(now, before, sequence=f"{now.number}-{number}", today=TODAY, options=OPTIONS)
    message: Message = received(written("ORDCHG", made))
    read = ordchg.read(message).document
    assert read == ordchg.carried(made, OPTIONS), "it arrives as it was meant"
    return read


def test_each_line_says_what_became_of_it() -> None:
    before = changes.stated_before(sent("ORDERS", order(line("1"), line("2"), line("3"))))
    now = order(line("1"), line("2", quantity=Decimal(99)), line("4"), purpose="change")
    found = change(now, before)
    assert [(one.line_number, one.kind) for one in found.lines] == [
        ("1", "none"),
        ("2", "change"),
        ("4", "add"),
        ("3", "delete"),
    ]
    assert (found.number, found.sequence, found.purpose) == (now.number, f"{now.number}-1", "change")
    assert (found.order_date, found.change_date, found.total) == (now.date, TODAY, now.total)


def test_the_next_change_is_told_from_the_one_before() -> None:
    before = changes.stated_before(sent("ORDERS", order(line("1"), line("2"), line("3"))))
    first = change(order(line("1", quantity=Decimal(5)), line("2"), purpose="change"), before)
    second = change(
        order(line("1", quantity=Decimal(5)), line("2", unit_price=Decimal("1.50")), purpose="change"),
        changes.stated_before(sent("ORDCHG", first)),
        2,
    )
    assert [(one.line_number, one.kind) for one in second.lines] == [("1", "none"), ("2", "change")]


def test_a_cancellation_names_no_lines() -> None:
    before = changes.stated_before(sent("ORDERS", order(line("1"))))
    found = change(order(line("1"), purpose="cancellation"), before)
    assert (found.purpose, found.lines) == ("cancellation", ())


def test_without_what_was_sent_nobody_can_tell() -> None:
    assert changes.stated_before(None) is None
    assert changes.stated_before(TransactionSet(set_id="850", interchange=Interchange(text=b"ISA"))) is None
    assert changes.stated_before(TransactionSet(set_id="ORDERS", interchange=Interchange(text=None))) is None
    assert changes.stated_before(TransactionSet(set_id="ORDERS", interchange=Interchange(text=b"UNB+"))) is None


def test_what_the_partner_gets_in_other_words_is_no_change() -> None:
    """Descriptions are wrapped, units have other codes: both are compared as they are carried."""
    long = line("1", description="Ett mycket långt namn på en artikel som inte får plats på en enda rad", unit="STK")
    before = changes.stated_before(sent("ORDERS", order(long)))
    assert [one.kind for one in change(order(long, purpose="change"), before).lines] == ["none"]
    assert orders.carried(order(long), OPTIONS).lines[0].unit == "EA"
