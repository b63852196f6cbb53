"""What the world consists of, as values. Money and quantities are Decimal; moments are UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from integrations.sandbox.world.documents import CustomerInvoice, Invoice, Order, Payment, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; `country` is the ISO 3166 code."""

    line1: str
    postal_code: str
    city: str
    country: str
    line2: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How to reach someone."""

    name: str
    email: str
    phone: str
    attention: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VatRate:
    """A VAT code of a company. `rate` in percent."""

    vat_id: str
    rate: Decimal
    description: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse:
    """A warehouse."""

    warehouse_id: str
    description: str
    address: Address
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch of a company."""

    number: str
    name: str
    main: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A general-ledger account; `kind` Asset, Liability, Income or Expense."""

    number: str
    description: str
    kind: str
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentValue:
    """A value of a segment of the subaccount key: a department or a cost centre."""

    segment: int
    value: str
    description: str
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """One of the four companies: a Visma company, and an EDI sender."""

    key: str
    name: str
    country: str
    currency: str
    time_zone: str
    isa_qualifier: str
    isa_id: str
    test_isa_id: str
    gln: str
    organisation_number: str
    vat_number: str
    iban: str
    address: Address
    contact: Contact
    branches: tuple[Branch, ...]
    warehouses: tuple[Warehouse, ...]
    vat_rates: tuple[VatRate, ...]
    accounts: tuple[Account, ...]
    segments: tuple[SegmentValue, ...]
    visma_company_id: int
    visma_tenant_id: str
    visma_customer_tenant_id: str
    visma_client_id: str
    visma_client_secret: str

    def vat(self, vat_id: str) -> VatRate:
        """The VAT rate with this code. Raises KeyError."""
        for rate in self.vat_rates:
            if rate.vat_id == vat_id:
                return rate
        raise KeyError(vat_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """A supplier of one company. `faults` name what is wrong with the record, as real books have it."""

    company: str
    number: str
    internal_id: int
    name: str
    status: str
    address: Address
    contact: Contact
    organisation_number: str | None
    vat_number: str | None
    currency: str
    terms_days: int
    iban: str | None
    bankgiro: str | None
    gln: str
    domestic: bool
    created_at: datetime
    modified_at: datetime
    faults: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer of one company. `web_id` is the customer's id in the web shop, where it has one."""

    company: str
    number: str
    internal_id: int
    name: str
    status: str
    address: Address
    contact: Contact
    organisation_number: str | None
    vat_number: str | None
    currency: str
    terms_days: int
    credit_limit: Decimal
    web_id: int | None
    created_at: datetime
    modified_at: datetime
    faults: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An article. `kind` is stock, non_stock, service or freight; `cost` is per `uom` in the company's currency."""

    company: str
    number: str
    internal_id: int
    description: str
    uom: str
    kind: str
    cost: Decimal
    price: Decimal
    vat_id: str
    gtin: str
    status: str
    account: str
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldPartner:
    """One trading partner of one company. `network` is "orderful", "cleo" or None (not on any network)."""

    company: str
    supplier_number: str
    name: str
    isa_qualifier: str
    isa_id: str
    test_isa_id: str
    network: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything the simulators are seeded from."""

    seed: int
    size: int
    today: date
    companies: list[Company]
    trading_partners: list[WorldPartner]
    suppliers: list[Supplier] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    customer_invoices: list[CustomerInvoice] = field(default_factory=list)

    def company(self, key: str) -> Company:
        """The company with this key ("SE", "NO", "DK", "FI"). Raises KeyError."""
        for company in self.companies:
            if company.key == key:
                return company
        raise KeyError(key)

    def partners_of(self, company: str, *, network: str | None = None) -> list[WorldPartner]:
        """Trading partners of one company, all or those on one network."""
        return [p for p in self.trading_partners if p.company == company and network in (None, p.network)]

    def supplier(self, company: str, number: str) -> Supplier:
        """The supplier of a company. Raises KeyError."""
        for supplier in self.suppliers:
            if supplier.company == company and supplier.number == number:
                return supplier
        raise KeyError(f"{company}/{number}")
