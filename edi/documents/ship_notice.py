"""A ship notice: what is on its way, in which packages, for which orders (X12 856)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal

from edi.documents.values import ItemId, Party, PartyRole, Purpose, Reference, Value, find_party


class ShippedItem(Value, frozen=True, kw_only=True):
    """A quantity of one item."""

    order_line: str = ""
    """The buyer's line number in the order."""
    quantity: Decimal
    unit: str
    ordered_quantity: Decimal | None = None
    item_ids: tuple[ItemId, ...] = ()
    description: str = ""
    receipt_number: str = ""
    """The buyer's receipt that it belongs to, when the notice tells what has been received."""
    receipt_line: str = ""
    package_ssccs: tuple[str, ...] = ()
    """SSCCs of packages that hold this item, where the sender states packages below the item."""


class Package(Value, frozen=True, kw_only=True):
    """A pallet with cartons and items in it, or a carton with items."""

    kind: Literal["pallet", "carton"] = "carton"
    sscc: str = ""
    """Serial shipping container code, 18 digits, without the application identifier 00."""
    tracking_number: str = ""
    gross_weight: Decimal | None = None
    weight_unit: str = ""
    packages: tuple[Package, ...] = ()
    items: tuple[ShippedItem, ...] = ()


class ShippedOrder(Value, frozen=True, kw_only=True):
    """What is shipped of one order, in packages or loose."""

    order_number: str
    order_date: dt.date | None = None
    packages: tuple[Package, ...] = ()
    items: tuple[ShippedItem, ...] = ()
    references: tuple[Reference, ...] = ()
    parties: tuple[Party, ...] = ()

    def all_items(self) -> list[ShippedItem]:
        """The items of the order, loose ones first, then package by package."""
        return [*self.items, *(item for package in self.packages for item in _items_in(package))]


class Carrier(Value, frozen=True, kw_only=True):
    scac: str = ""
    """Standard carrier alpha code, or the code that both sides use."""
    name: str = ""
    mode: str = ""
    """X12 element 91: M road, A air, R rail, S sea …"""
    equipment_number: str = ""
    """Number of the trailer or container."""


class ShipNotice(Value, frozen=True, kw_only=True):
    number: str
    """Shipment number, unique for the sender."""
    date: dt.date
    time: dt.time = dt.time(0)
    """When the notice was made, to the second."""
    purpose: Purpose = "original"
    orders: tuple[ShippedOrder, ...] = ()
    parties: tuple[Party, ...] = ()
    shipped_date: dt.date | None = None
    expected_date: dt.date | None = None
    received_date: dt.date | None = None
    carrier: Carrier | None = None
    package_count: int | None = None
    gross_weight: Decimal | None = None
    weight_unit: str = ""
    references: tuple[Reference, ...] = ()

    def party(self, role: PartyRole) -> Party | None:
        return find_party(self.parties, role)

    def all_items(self) -> list[ShippedItem]:
        """All items of all orders."""
        return [item for order in self.orders for item in order.all_items()]


def _items_in(package: Package) -> list[ShippedItem]:
    return [*package.items, *(item for inner in package.packages for item in _items_in(inner))]


def sscc_check_digit(digits: str) -> str:
    """The last digit of a GS1 number (SSCC, GTIN, GLN) by the digits before it."""
    total = sum(int(d) * (3 if place % 2 == 0 else 1) for place, d in enumerate(reversed(digits)))
    return str(-total % 10)


def is_sscc(number: str) -> bool:
    """Whether a text is an SSCC: 18 digits with the right check digit."""
    return len(number) == 18 and number.isascii() and number.isdigit() and sscc_check_digit(number[:-1]) == number[-1]
