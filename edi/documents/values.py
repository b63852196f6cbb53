"""What trade documents are made of: parties, addresses, items, taxes, charges, terms."""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal
from typing import Any, Literal

import msgspec

PartyRole = Literal["buyer", "supplier", "ship_to", "bill_to", "ship_from", "remit_to"]
"""Whose party it is, seen from the trade: buyer = who orders and pays, supplier = who delivers and invoices."""

Purpose = Literal["original", "replace", "change", "cancellation", "confirmation"]
"""What a message wants with its document (X12 element 353: 00, 05, 04, 01, 06)."""


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all canonical values: immutable, compared by content, encoded as JSON without defaults."""


class PartyId(Value, frozen=True, kw_only=True):
    """A number under which somebody knows a party."""

    scheme: Literal["buyer", "supplier", "gln", "duns", "vat", "organisation", "other"]
    """`buyer` = assigned by the buyer, `supplier` = assigned by the supplier."""
    value: str


class Address(Value, frozen=True, kw_only=True):
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    """State, county or province code."""
    postal_code: str = ""
    country: str = ""
    """ISO 3166-1 alpha-2."""


class Contact(Value, frozen=True, kw_only=True):
    name: str = ""
    email: str = ""
    phone: str = ""


class Party(Value, frozen=True, kw_only=True):
    role: PartyRole
    name: str = ""
    ids: tuple[PartyId, ...] = ()
    address: Address | None = None
    contact: Contact | None = None

    def id_of(self, scheme: str) -> str:
        """The party's number in `scheme`, or ""."""
        return next((i.value for i in self.ids if i.scheme == scheme), "")


class ItemId(Value, frozen=True, kw_only=True):
    """A number of an article."""

    scheme: Literal["buyer", "supplier", "gtin", "upc", "manufacturer", "other"]
    value: str


class Tax(Value, frozen=True, kw_only=True):
    """One tax of a document or a line. Amounts in the document's currency."""

    code: str = ""
    """The books' own VAT code."""
    rate: Decimal | None = None
    """Per cent: 25 means 25 %."""
    base: Decimal | None = None
    amount: Decimal = Decimal(0)


class Charge(Value, frozen=True, kw_only=True):
    """An allowance (deducted) or charge (added). `amount` is never negative in the document's currency."""

    kind: Literal["allowance", "charge"]
    code: str = ""
    text: str = ""
    amount: Decimal


class Terms(Value, frozen=True, kw_only=True):
    """Terms of payment."""

    text: str = ""
    net_days: int | None = None
    due_date: dt.date | None = None
    discount_percent: Decimal | None = None
    discount_days: int | None = None


class Reference(Value, frozen=True, kw_only=True):
    """A further number of the document, by meaning."""

    kind: Literal[
        "supplier_order",
        "contract",
        "payment",
        "receipt",
        "delivery_note",
        "bill_of_lading",
        "shipment",
        "tracking",
        "project",
        "original_invoice",
        "department",
        "other",
    ]
    value: str


def find_party(parties: tuple[Party, ...], role: PartyRole) -> Party | None:
    return next((p for p in parties if p.role == role), None)


def encode(document: Value) -> bytes:
    """The document as canonical JSON: keys in order of declaration, decimals as strings, dates ISO 8601."""
    return msgspec.json.encode(document)


def normalise(amount: Decimal) -> Decimal:
    """The same number without needless zeros and never in exponent form: 10.00 → 10, 1E+2 → 100, -0.0 → 0."""
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return Decimal(0) if amount == 0 else Decimal(text)


def digest(document: Value) -> str:
    """SHA-256 (hex) of what a document says, apart from its `purpose`: equal documents have equal digests.

    Echo is judged on this: a document whose digest equals that of the one last exchanged with a system is nothing new.
    10 and 10.00 say the same.
    """
    stated = msgspec.structs.replace(document, purpose="original") if hasattr(document, "purpose") else document
    plain = _normalised(msgspec.to_builtins(stated, builtin_types=(Decimal, dt.date)))
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()


def _normalised(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _normalised(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_normalised(part) for part in value]
    return normalise(value) if isinstance(value, Decimal) else value
