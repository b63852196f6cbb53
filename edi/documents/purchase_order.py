"""A purchase order (X12 850)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal

from edi.documents.values import Charge, ItemId, Party, PartyRole, Purpose, Reference, Tax, Terms, Value, find_party


class OrderLine(Value, frozen=True, kw_only=True):
    """One line. `line_number` is the buyer's own and stays the same through changes."""

    line_number: str
    quantity: Decimal
    unit: str
    """Unit of measure as an X12 element 355 code (EA, CA, KG …)."""
    unit_price: Decimal
    item_ids: tuple[ItemId, ...] = ()
    description: str = ""
    requested_date: dt.date | None = None
    taxes: tuple[Tax, ...] = ()
    cancelled: bool = False

    @property
    def amount(self) -> Decimal:
        """Quantity times price, unrounded."""
        return self.quantity * self.unit_price


class PurchaseOrder(Value, frozen=True, kw_only=True):
    """What a buyer orders from a supplier."""

    number: str
    date: dt.date
    currency: str
    lines: tuple[OrderLine, ...]
    parties: tuple[Party, ...] = ()
    purpose: Purpose = "original"
    order_type: Literal["standalone", "dropship", "blanket", "release", "rush", "new"] = "standalone"
    requested_date: dt.date | None = None
    terms: Terms | None = None
    references: tuple[Reference, ...] = ()
    charges: tuple[Charge, ...] = ()
    notes: tuple[str, ...] = ()
    line_total: Decimal
    """Sum of the line amounts as the books state it, before tax."""
    tax_total: Decimal = Decimal(0)
    total: Decimal
    """Lines + charges − allowances + tax."""

    def party(self, role: PartyRole) -> Party | None:
        return find_party(self.parties, role)
