"""An order and an invoice as the tests of Orderful send them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec

from edi.documents.invoice import Invoice, InvoiceLine
from edi.documents.purchase_order import OrderLine, PurchaseOrder
from edi.documents.values import Address, Charge, Contact, ItemId, Party, PartyId, Reference, Tax, Terms

BUYER = Party(
    role="buyer",
    name="Nordlogistik AB",
    ids=(PartyId(scheme="buyer", value="100"), PartyId(scheme="vat", value="SE556677889901")),
)
SUPPLIER = Party(
    role="supplier",
    name="Ångström & Søn Værktøj A/S",
    ids=(PartyId(scheme="gln", value="7300009012340"), PartyId(scheme="buyer", value="50002")),
    contact=Contact(name="Åsa Öberg", email="asa@example.com", phone="+46 8 123 45"),
)
SHIP_TO = Party(
    role="ship_to",
    name="Lager Väst",
    ids=(PartyId(scheme="buyer", value="WH-3"),),
    address=Address(lines=("Hamngatan 1", "Port 4"), city="Göteborg", postal_code="411 06", country="SE", region="O"),
)


def order(number: str = "500001", **changes: Any) -> PurchaseOrder:
    """Two lines, freight, 25 % tax."""
    lines = (
        OrderLine(
            line_number="1",
            quantity=Decimal("10"),
            unit="EA",
            unit_price=Decimal("99.90"),
            item_ids=(ItemId(scheme="buyer", value="A-1"), ItemId(scheme="gtin", value="7310865004703")),
            description="Kullager",
            requested_date=dt.date(2026, 12, 1),
        ),
        OrderLine(
            line_number="2",
            quantity=Decimal("2.5"),
            unit="MTR",
            unit_price=Decimal("12.3456"),
            item_ids=(ItemId(scheme="supplier", value="SLANG-20"), ItemId(scheme="manufacturer", value="M/9")),
        ),
    )
    found = PurchaseOrder(
        number=number,
        date=dt.date(2026, 11, 20),
        currency="SEK",
        lines=lines,
        parties=(BUYER, SUPPLIER, SHIP_TO),
        requested_date=dt.date(2026, 12, 1),
        terms=Terms(text="30 dagar netto", net_days=30),
        references=(Reference(kind="contract", value="C-77"), Reference(kind="department", value="011")),
        charges=(Charge(kind="charge", code="D240", text="Frakt", amount=Decimal("50")),),
        notes=("Ring före leverans",),
        line_total=Decimal("1029.86"),
        tax_total=Decimal("269.97"),
        total=Decimal("1349.83"),
    )
    return msgspec.structs.replace(found, **changes)


def invoice(number: str = "F-9001", **changes: Any) -> Invoice:
    """Two lines of one order, one received, 25 % tax, rounded to whole kronor."""
    lines = (
        InvoiceLine(
            line_number="1",
            quantity=Decimal("10"),
            unit="EA",
            unit_price=Decimal("99.90"),
            amount=Decimal("999.00"),
            item_ids=(ItemId(scheme="buyer", value="A-1"),),
            description="Kullager",
            order_number="500001",
            order_line="1",
            receipt_number="R-12",
            receipt_line="3",
            taxes=(Tax(code="25", rate=Decimal(25), amount=Decimal("249.75")),),
        ),
        InvoiceLine(
            line_number="2",
            quantity=Decimal("2"),
            unit="EA",
            unit_price=Decimal("10"),
            amount=Decimal("20"),
            item_ids=(ItemId(scheme="upc", value="012345678905"),),
            order_number="500001",
            taxes=(Tax(code="12", rate=Decimal(12), amount=Decimal("2.40")),),
        ),
    )
    found = Invoice(
        number=number,
        date=dt.date(2026, 11, 25),
        currency="SEK",
        lines=lines,
        order_date=dt.date(2026, 11, 20),
        due_date=dt.date(2026, 12, 25),
        parties=(BUYER, msgspec.structs.replace(SUPPLIER, ids=(*SUPPLIER.ids, PartyId(scheme="vat", value="SE9901")))),
        terms=Terms(text="30 dagar netto", net_days=30, discount_percent=Decimal(2), discount_days=10),
        charges=(Charge(kind="allowance", text="Rabatt", amount=Decimal("19")),),
        line_total=Decimal("1019.00"),
        tax_total=Decimal("252.15"),
        rounding=Decimal("-0.15"),
        total=Decimal("1252.00"),
    )
    return msgspec.structs.replace(found, **changes)


def credit_note(number: str = "K-12", **changes: Any) -> Invoice:
    """One of the bearings goes back; freight was credited too (an allowance), to nought by the way of the tax."""
    line = InvoiceLine(
        line_number="1",
        quantity=Decimal("-1"),
        unit="EA",
        unit_price=Decimal("99.90"),
        amount=Decimal("-99.90"),
        item_ids=(ItemId(scheme="buyer", value="A-1"),),
        order_number="500001",
        order_line="1",
    )
    found = Invoice(
        number=number,
        date=dt.date(2026, 11, 28),
        currency="SEK",
        kind="credit_note",
        lines=(line,),
        parties=(BUYER, SUPPLIER),
        references=(Reference(kind="original_invoice", value="F-9001"),),
        taxes=(Tax(code="25", rate=Decimal(25), amount=Decimal("-27.48")),),
        charges=(Charge(kind="allowance", text="Frakt", amount=Decimal("10")),),
        line_total=Decimal("-99.90"),
        tax_total=Decimal("-27.48"),
        total=Decimal("-137.38"),
    )
    return msgspec.structs.replace(found, **changes)
