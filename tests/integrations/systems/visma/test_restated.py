"""What an order change says of the whole order: said again as it is, or otherwise."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from edi.documents.order_change import LineChange, OrderChange
from edi.documents.values import Address, Party, PartyId
from integrations.systems.visma import wire
from integrations.systems.visma.changing import plan
from integrations.systems.visma.commands import ChangeOrder
from integrations.systems.visma.restated import stated

LINES = (
    wire.OrderLine(line_nbr=1, order_qty=Decimal(10), unit_cost=Decimal(5), amount=Decimal(45)),
    wire.OrderLine(line_nbr=2, order_qty=Decimal(4), unit_cost=Decimal(25), amount=Decimal(100)),
)
ORDER = wire.PurchaseOrder(
    order_nbr="500001",
    currency="SEK",
    line_total=Decimal(145),
    tax_total=Decimal("36.25"),
    lines=LINES,
    warehouse=wire.Described(id="2", description="Centrallagret"),
    shipping_address=wire.Address(address_line1="Hamngatan 1", postal_code="123 45", city="Malmö"),
)
DOUBLE = LineChange(line_number="1", kind="quantity", quantity=Decimal(20))


def said(*, order: wire.PurchaseOrder = ORDER, **more: Any) -> tuple[str, ...]:
    change = OrderChange(number="500001", lines=(DOUBLE,), **more)
    return plan(ChangeOrder(stamp="860 1", change=change), order, zone=ZoneInfo("Europe/Stockholm")).otherwise


def to(name: str = "", number: str = "", **address: Any) -> dict[str, Any]:
    ids = (PartyId(scheme="buyer", value=number),) if number else ()
    place = Address(**address) if address else None
    return {"parties": (Party(role="ship_to", name=name, ids=ids, address=place),)}


@pytest.mark.parametrize(
    "same",
    [
        to(number="2"),
        to("CENTRALLAGRET"),
        to("Nordlogistik", postal_code="12345", city="MALMÖ"),
        to("Lager", number="LOC-9", lines=("Hamngatan 1",), postal_code="123 45", city="Malmö"),
    ],
)
def test_a_ship_to_that_is_the_orders_is_nothing_new(same: dict[str, Any]) -> None:
    assert said(**same) == ()


@pytest.mark.parametrize(
    "other",
    [
        to(number="3"),
        to("Centrallagret", number="2", postal_code="41101", city="Göteborg"),
        to("Centrallagret", lines=("Hamngatan 8",), postal_code="123 45", city="Malmö"),
    ],
)
def test_another_ship_to_is_named(other: dict[str, Any]) -> None:
    [words] = said(**other)
    assert words.startswith("another ship-to (")
    assert said(order=msgspec.structs.replace(ORDER, warehouse=None, shipping_address=None), **other)


@pytest.mark.parametrize("total", ["190", "237.50", "237.51"])
def test_a_total_that_the_changed_order_comes_to_is_nothing_new(total: str) -> None:
    """20 at 5 less 10 per cent, and 100; without and with 25 per cent of tax."""
    assert said(total=Decimal(total)) == ()


@pytest.mark.parametrize("total", ["145", "181.25", "200", "0"])
def test_another_total_is_named(total: str) -> None:
    assert said(total=Decimal(total)) == (f"another total ({total})",)


def test_only_what_is_stated_matters_and_a_cancelled_order_goes_nowhere() -> None:
    assert stated(OrderChange(number="1", order_date=dt.date(2026, 1, 1))) == ()
    assert stated(OrderChange(number="1", total=Decimal(1), **to(number="2"))) == ("ship-to", "total")
    assert stated(OrderChange(number="1", purpose="cancellation", total=Decimal(0), **to(number="2"))) == ()
