"""A purchase receipt: what a buyer has received of his orders, and the ship notice that tells a partner so."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from edi.documents.ship_notice import ShipNotice, ShippedItem, ShippedOrder
from edi.documents.values import ItemId, Party, PartyRole, Purpose, Reference, Value, find_party


class ReceiptLine(Value, frozen=True, kw_only=True):
    line_number: str
    quantity: Decimal
    """Received; negative on a return."""
    unit: str
    order_number: str = ""
    order_date: dt.date | None = None
    order_line: str = ""
    ordered_quantity: Decimal | None = None
    item_ids: tuple[ItemId, ...] = ()
    description: str = ""


class Receipt(Value, frozen=True, kw_only=True):
    number: str
    """The number in our books."""
    date: dt.date
    lines: tuple[ReceiptLine, ...]
    purpose: Purpose = "original"
    shipment_number: str = ""
    """The supplier's number of the shipment, where known."""
    parties: tuple[Party, ...] = ()
    references: tuple[Reference, ...] = ()

    def party(self, role: PartyRole) -> Party | None:
        return find_party(self.parties, role)


def as_ship_notice(receipt: Receipt, *, time: dt.time = dt.time(0)) -> ShipNotice:
    """The ship notice (shipment, order, item) that tells what has been received.

    Its number is the receipt's, so that later versions replace it. Orders come in the order of their first line; lines
    without an order are kept under an order without a number, which the 856 refuses to send.
    """
    orders: dict[str, list[ReceiptLine]] = {}
    for line in receipt.lines:
        orders.setdefault(line.order_number, []).append(line)
    references = [Reference(kind="receipt", value=receipt.number)]
    if receipt.shipment_number:
        references.append(Reference(kind="shipment", value=receipt.shipment_number))
    return ShipNotice(
        number=receipt.number,
        date=receipt.date,
        time=time,
        purpose=receipt.purpose,
        orders=tuple(
            ShippedOrder(
                order_number=number,
                order_date=next((line.order_date for line in lines if line.order_date), None),
                items=tuple(_as_item(receipt, line) for line in lines),
            )
            for number, lines in orders.items()
        ),
        parties=receipt.parties,
        received_date=receipt.date,
        references=(*references, *receipt.references),
    )


def _as_item(receipt: Receipt, line: ReceiptLine) -> ShippedItem:
    return ShippedItem(
        order_line=line.order_line,
        quantity=line.quantity,
        unit=line.unit,
        ordered_quantity=line.ordered_quantity,
        item_ids=line.item_ids,
        description=line.description,
        receipt_number=receipt.number,
        receipt_line=line.line_number,
    )
