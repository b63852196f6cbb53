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


class PaidTo(Value, frozen=True, kw_only=True):
    """How a supplier is paid, as far as the books say it."""

    accounts: tuple[str, ...] = ()
    """All bank accounts, that which is paid to first; each once."""
    bic: str = ""
    """Of the bank of the account in IBAN form."""
    bank: str = ""
    """Its name."""
    address: Address | None = None
    """Where payments and letters about them go, where that is not the main address."""


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
