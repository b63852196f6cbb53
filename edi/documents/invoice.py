"""An invoice, credit note or debit note (X12 810)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal

from edi.documents.values import Charge, ItemId, Party, PartyRole, Purpose, Reference, Tax, Terms, Value, find_party


class InvoiceLine(Value, frozen=True, kw_only=True):
    line_number: str
    quantity: Decimal
    unit: str
    """X12 element 355 code."""
    unit_price: Decimal
    amount: Decimal
    """Net amount of the line as the books state it, after line discounts, before tax."""
    item_ids: tuple[ItemId, ...] = ()
    description: str = ""
    order_number: str = ""
    order_line: str = ""
    receipt_number: str = ""
    receipt_line: str = ""
    taxes: tuple[Tax, ...] = ()
    charges: tuple[Charge, ...] = ()
    account: str = ""
    """General-ledger account it is coded to, where known."""


class Invoice(Value, frozen=True, kw_only=True):
    """Amounts of a credit note are negative: a document's sign is kept from books to partner and back."""

    number: str
    """The number by which both sides know it: the supplier's own invoice number for a supplier invoice."""
    date: dt.date
    currency: str
    lines: tuple[InvoiceLine, ...]
    kind: Literal["invoice", "credit_note", "debit_note"] = "invoice"
    purpose: Purpose = "original"
    ledger_number: str = ""
    """The number in our books."""
    order_number: str = ""
    order_date: dt.date | None = None
    due_date: dt.date | None = None
    parties: tuple[Party, ...] = ()
    terms: Terms | None = None
    references: tuple[Reference, ...] = ()
    taxes: tuple[Tax, ...] = ()
    charges: tuple[Charge, ...] = ()
    notes: tuple[str, ...] = ()
    line_total: Decimal
    tax_total: Decimal = Decimal(0)
    rounding: Decimal = Decimal(0)
    total: Decimal
    """Lines + charges − allowances + tax + rounding: what is to be paid."""

    def party(self, role: PartyRole) -> Party | None:
        return find_party(self.parties, role)
