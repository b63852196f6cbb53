"""Canonical values that are no trade documents. They stand on edi's Party, Address and Money values."""

from __future__ import annotations

from edi.documents.values import Address, Contact, Value


class Supplier(Value, frozen=True):
    """A supplier of the books."""

    number: str
    name: str
    active: bool = True
    status: str = ""
    address: Address | None = None
    contact: Contact | None = None
    vat_number: str = ""
    organisation_number: str = ""
    currency: str = ""
    payment_days: int | None = None
    bank_account: str = ""


class Customer(Value, frozen=True, kw_only=True):
    """A customer of the books."""

    number: str
    name: str
    active: bool = True
    status: str = ""
    address: Address | None = None
    invoice_address: Address | None = None
    delivery_address: Address | None = None
    contact: Contact | None = None
    vat_number: str = ""
    organisation_number: str = ""
    gln: str = ""
    """Global location number, by which retailers are addressed in EDI."""
    currency: str = ""


class PartnerData(Value, frozen=True, kw_only=True):
    """What a network states of a trading partner, or is told. None = nothing is said of it."""

    key: str
    """How the network names the trading partner."""
    supplier_number: str = ""
    """In the books of the company that it belongs to; empty where the network does not know it."""
    name: str | None = None
    address: Address | None = None
    vat_number: str | None = None
    organisation_number: str | None = None
    status: str | None = None
    """The books' own status of the supplier."""
