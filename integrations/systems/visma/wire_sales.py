"""What Visma sends of the sales side: customers and customer invoices, as far as we read them."""

from __future__ import annotations

from decimal import Decimal

from integrations.systems.visma.wire import Address, Contact, Described, Head, Numbered, TaxDetail, Wire


class CustomerHead(Head, frozen=True, kw_only=True):
    number: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.number or "",)


class CustomerInvoiceHead(Head, frozen=True, kw_only=True):
    """Reference numbers are unique over all types of customer invoices: a single one is read by its number alone."""

    document_type: str | None = None
    reference_number: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.reference_number or "",)

    @property
    def kind(self) -> str:
        return self.document_type or ""


class Customer(Wire, frozen=True, kw_only=True):
    number: str | None = None
    name: str | None = None
    status: str | None = None
    account_reference: str | None = None
    """What the customer is called elsewhere."""
    main_address: Address | None = None
    main_contact: Contact | None = None
    invoice_address: Address | None = None
    delivery_address: Address | None = None
    vat_registration_id: str | None = None
    corporate_id: str | None = None
    gln: str | None = None
    currency_id: str | None = None


class CustomerInvoiceLine(Wire, frozen=True, kw_only=True):
    line_number: int | None = None
    inventory_number: str | None = None
    description: str | None = None
    quantity: Decimal | None = None
    uom: str | None = None
    unit_price: Decimal | None = None
    unit_price_in_currency: Decimal | None = None
    amount: Decimal | None = None
    amount_in_currency: Decimal | None = None
    discount_amount: Decimal | None = None
    discount_amount_in_currency: Decimal | None = None
    account: Numbered | None = None
    vat_code: Described | None = None


class CustomerInvoice(Wire, frozen=True, kw_only=True):
    document_type: str | None = None
    reference_number: str | None = None
    customer_ref_number: str | None = None
    external_reference: str | None = None
    status: str | None = None
    note: str | None = None
    document_date: str | None = None
    document_due_date: str | None = None
    customer: Numbered | None = None
    currency_id: str | None = None
    credit_terms: Described | None = None
    payment_reference: str | None = None
    invoice_text: str | None = None
    invoice_address: Address | None = None
    invoice_contact: Contact | None = None
    amount: Decimal | None = None
    amount_in_currency: Decimal | None = None
    balance: Decimal | None = None
    balance_in_currency: Decimal | None = None
    detail_total: Decimal | None = None
    detail_total_in_currency: Decimal | None = None
    discount_total: Decimal | None = None
    discount_total_in_currency: Decimal | None = None
    vat_total: Decimal | None = None
    vat_total_in_currency: Decimal | None = None
    rounding_diff: Decimal | None = None
    tax_details: tuple[TaxDetail, ...] | None = None
    invoice_lines: tuple[CustomerInvoiceLine, ...] | None = None
