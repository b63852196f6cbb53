"""Any document as titled facts and tables, for people. What draws it (HTML, PDF) formats numbers and dates.

Labels are English and stable, so that templates can translate them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edi.documents.invoice import Invoice
from edi.documents.order_change import OrderChange
from edi.documents.order_response import OrderResponse
from edi.documents.purchase_order import PurchaseOrder
from edi.documents.readable.deliveries import readable_notice, readable_receipt
from edi.documents.readable.invoices import readable_invoice
from edi.documents.readable.orders import readable_change, readable_order, readable_response
from edi.documents.readable.parts import Column, Fact, Readable, Section, Table
from edi.documents.receipt import Receipt
from edi.documents.ship_notice import ShipNotice

__all__ = ["Column", "Fact", "Readable", "Section", "Table", "readable"]

_BY_TYPE: dict[type, Callable[[Any], Readable]] = {
    PurchaseOrder: readable_order,
    OrderChange: readable_change,
    OrderResponse: readable_response,
    ShipNotice: readable_notice,
    Receipt: readable_receipt,
    Invoice: readable_invoice,
}


def readable(document: Any) -> Readable:
    """The document as facts and tables. Raises KeyError for a value that is no document."""
    return _BY_TYPE[type(document)](document)
