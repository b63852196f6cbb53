"""What the sinks of the sales side of Visma take: customers, and invoices and credit notes to them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal

import msgspec

from edi.documents.values import Address
from integrations.systems.visma.commands import Command


class KeepCustomer(Command, frozen=True, kw_only=True, tag="keep-customer"):
    """A customer that is kept in another system: the one in our books that it is; made when there is none. A field that
    is empty is not ours to change."""

    stamp: str
    """What tells this customer from every other; kept in Visma's account reference of the one that is made for it."""
    number: str = ""
    """In our books, where it is known."""
    name: str
    email: str = ""
    phone: str = ""
    vat_number: str = ""
    address: Address | None = None
    match_email: bool = True
    """Whether a customer of the same e-mail address is the same, when exactly one has it."""
    fields: tuple[str, ...] = ()
    """Which of the fields follow the other system when the customer was made for it: name, email, phone, vat_number,
    address."""
    matched_fields: tuple[str, ...] = ()
    """The same of a customer that was in the books before, or was made for somebody else."""
    same_name: bool = False
    """Whether the stamp alone does not say that it is the same person: one under another name is as one that was in the
    books before."""
    tell: bool = True
    """Whether people are told where such a customer says otherwise."""
    customer_class: str = ""
    """Of a new customer, as the next ones. Empty: Visma's default."""
    vat_zone: str = ""
    terms: str = ""
    currency: str = ""


class SaleLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of an invoice or credit note to a customer."""

    text: str
    item: str = ""
    """Number of the article in our books. Empty: a line of text with an amount."""
    quantity: Decimal = Decimal(1)
    amount: Decimal
    """Of the line as a whole, without VAT; negative: taken off."""
    vat_code: str = ""
    account: str = ""
    segments: dict[int, str] = {}


class MakeSale(Command, frozen=True, kw_only=True, tag="make-sale"):
    """An invoice or credit note to a customer. Amounts of a credit note are positive: what is given back."""

    stamp: str
    """Kept in Visma's external reference, by which it is found again."""
    document_type: Literal["Invoice", "CreditNote"] = "Invoice"
    customer: str = ""
    """Number in our books. Empty: that of the document that is taken back."""
    takes_back: str = ""
    """Number of the invoice that a credit note is about."""
    date: dt.date
    currency: str
    total: Decimal
    """With VAT: what the document has to come to."""
    reference: str = ""
    """The customer's: their order number."""
    text: str = ""
    terms: str = ""
    due: dt.date | None = None
    """Of an invoice. None: as the books reckon it by the terms."""
    branch: str = ""
    lines: tuple[SaleLine, ...]


class ReleaseSale(Command, frozen=True, kw_only=True, tag="release-sale"):
    stamp: str
    document_type: Literal["Invoice", "CreditNote"] = "Invoice"
    number: str = ""
    """Empty: it is found by its stamp."""
    total: Decimal
    """What it has to come to: one that does not is not released."""
    currency: str
    release: bool = True
    """False: it is looked at, and people release it."""


SaleCommand = MakeSale | ReleaseSale


class NoteSale(Command, frozen=True, kw_only=True, tag="note-sale"):
    """A line at the end of the note of a customer invoice, with our mark."""

    stamp: str
    number: str
    text: str
