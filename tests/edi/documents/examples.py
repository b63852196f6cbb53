"""One complete document of each kind, to be altered by tests."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from edi.documents.invoice import Invoice, InvoiceLine
from edi.documents.order_change import LineChange, OrderChange
from edi.documents.order_response import LineAnswer, OrderResponse, ResponseLine
from edi.documents.purchase_order import OrderLine, PurchaseOrder
from edi.documents.ship_notice import ShipNotice, ShippedItem, ShippedOrder
from edi.documents.values import Address, ItemId, Party, PartyId, Tax

OURS = ItemId(scheme="buyer", value="A-1")
THEIRS = ItemId(scheme="supplier", value="X-9")

BUYER = Party(
    role="buyer",
    name="Nordlager AB",
    ids=(PartyId(scheme="gln", value="7350099123405"), PartyId(scheme="vat", value="SE556699112301")),
    address=Address(lines=("Hamngatan 1",), city="Göteborg", postal_code="411 14", country="SE"),
)

ORDER = PurchaseOrder(
    number="500001",
    date=dt.date(2026, 5, 4),
    currency="SEK",
    parties=(BUYER,),
    lines=(
        OrderLine(line_number="1", quantity=Decimal(10), unit="STK", unit_price=Decimal("4.5"), item_ids=(OURS,)),
        OrderLine(line_number="2", quantity=Decimal(3), unit="KG", unit_price=Decimal("20"), item_ids=(THEIRS,)),
    ),
    line_total=Decimal("105.00"),
    tax_total=Decimal("26.25"),
    total=Decimal("131.25"),
)

INVOICE = Invoice(
    number="F-1",
    date=dt.date(2026, 5, 20),
    currency="SEK",
    parties=(BUYER,),
    lines=(
        InvoiceLine(
            line_number="1",
            quantity=Decimal(10),
            unit="STK",
            unit_price=Decimal("4.5"),
            amount=Decimal("45.00"),
            item_ids=(OURS,),
        ),
    ),
    taxes=(Tax(code="25", rate=Decimal(25), base=Decimal("45.00"), amount=Decimal("11.25")),),
    line_total=Decimal("45.00"),
    tax_total=Decimal("11.25"),
    rounding=Decimal("-0.25"),
    total=Decimal("56.00"),
)

CREDIT_NOTE = Invoice(
    number="K-1",
    date=dt.date(2026, 5, 20),
    currency="SEK",
    kind="credit_note",
    lines=(
        InvoiceLine(
            line_number="1",
            quantity=Decimal(-10),
            unit="STK",
            unit_price=Decimal("4.5"),
            amount=Decimal("-45.00"),
            item_ids=(OURS,),
        ),
    ),
    line_total=Decimal("-45.00"),
    total=Decimal("-45.00"),
)

CHANGE = OrderChange(
    number="500001",
    order_date=dt.date(2026, 5, 4),
    lines=(LineChange(line_number="1", kind="quantity", quantity=Decimal(12), unit="STK", item_ids=(OURS,)),),
)

RESPONSE = OrderResponse(
    order_number="500001",
    order_date=dt.date(2026, 5, 4),
    answer="accepted",
    lines=(
        ResponseLine(
            line_number="1",
            quantity=Decimal(10),
            unit="EA",
            answers=(LineAnswer(status="accepted", quantity=Decimal(10), unit="EA"),),
        ),
    ),
)

NOTICE = ShipNotice(
    number="SHP-1",
    date=dt.date(2026, 5, 16),
    orders=(
        ShippedOrder(
            order_number="500001",
            items=(ShippedItem(order_line="1", quantity=Decimal(10), unit="STK", item_ids=(OURS,)),),
        ),
    ),
)
