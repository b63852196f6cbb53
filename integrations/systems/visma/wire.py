"""What Visma sends, as far as we read it. Names and types: the schemas of Visma's specification; unknown members
are skipped.

Amounts are JSON numbers (doubles); they are decoded to Decimal digit by digit and rounded in `mapping.parts`.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base: camelCase members, each of which may be missing or null."""


# --- Any list element
# -----------------------------------------------------------------------------------------------


class Metadata(Wire, frozen=True, kw_only=True):
    """Repeated in every element of a list."""

    total_count: int | None = None
    max_page_size: int | None = None


class Head(Wire, frozen=True, kw_only=True):
    """What reading needs of a record: identity, version, time of change. Mapping reads the rest."""

    status: str | None = None
    last_modified_date_time: str | None = None
    time_stamp: str | None = None
    metadata: Metadata | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """The parts of the path of the single record; an empty part = the record cannot be named."""
        raise NotImplementedError

    @property
    def business_number(self) -> str:
        """The number by which people know the record."""
        return self.key[-1]

    @property
    def kind(self) -> str:
        """Visma's type of the record, where a list mixes types."""
        return ""


class SupplierHead(Head, frozen=True, kw_only=True):
    number: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.number or "",)


class PurchaseOrderHead(Head, frozen=True, kw_only=True):
    order_nbr: str | None = None
    order_type: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.order_nbr or "",)

    @property
    def kind(self) -> str:
        return self.order_type or ""


class SupplierInvoiceHead(Head, frozen=True, kw_only=True):
    document_type: str | None = None
    reference_number: str | None = None
    supplier_reference: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """Reference numbers are unique within a type only."""
        return (self.document_type or "", self.reference_number or "")

    @property
    def business_number(self) -> str:
        """The supplier's own number, ours where the supplier's is not known."""
        return (self.supplier_reference or "").strip() or self.reference_number or ""

    @property
    def kind(self) -> str:
        return self.document_type or ""


class PurchaseReceiptHead(Head, frozen=True, kw_only=True):
    receipt_nbr: str | None = None
    receipt_type: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.receipt_nbr or "",)

    @property
    def kind(self) -> str:
        return self.receipt_type or ""


# --- Parts
# ----------------------------------------------------------------------------------------------------------


class Described(Wire, frozen=True, kw_only=True):
    """{id, description} or {id, name}: terms, warehouses, VAT codes, countries."""

    id: str | None = None
    description: str | None = None
    name: str | None = None


class Numbered(Wire, frozen=True, kw_only=True):
    """{number, name} or {number, description}: suppliers, branches, articles, accounts."""

    number: str | None = None
    name: str | None = None
    description: str | None = None


class Address(Wire, frozen=True, kw_only=True):
    address_line1: str | None = None
    address_line2: str | None = None
    address_line3: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: Described | None = None
    county: Described | None = None


class Contact(Wire, frozen=True, kw_only=True):
    name: str | None = None
    attention: str | None = None
    email: str | None = None
    phone1: str | None = None


class TaxDetail(Wire, frozen=True, kw_only=True):
    tax_id: str | None = None
    vat_id: Numbered | None = None
    vat_rate: Decimal | None = None
    taxable_amount: Decimal | None = None
    vat_amount: Decimal | None = None

    @property
    def code(self) -> str:
        return (self.vat_id.number if self.vat_id else None) or self.tax_id or ""


# --- SupplierDto
# ----------------------------------------------------------------------------------------------------


class PaymentMethodDetail(Wire, frozen=True, kw_only=True):
    payment_method_detail_description: str | None = None
    payment_method_detail_value: str | None = None
    payment_method_detail_banking_detail_type: str | None = None


class Supplier(Wire, frozen=True, kw_only=True):
    internal_id: int | None = None
    number: str | None = None
    name: str | None = None
    status: str | None = None
    main_address: Address | None = None
    remit_address: Address | None = None
    main_contact: Contact | None = None
    vat_registration_id: str | None = None
    corporate_id: str | None = None
    currency_id: str | None = None
    credit_terms: Described | None = None
    account_used_for_payment: str | None = None
    supplier_payment_method_details: tuple[PaymentMethodDetail, ...] | None = None


# --- PurchaseOrderDto
# -----------------------------------------------------------------------------------------------


class OrderDiscount(Wire, frozen=True, kw_only=True):
    type: str | None = None
    skip_discount: bool | None = None
    discount_code: str | None = None
    discount_amt: Decimal | None = None


class OrderLine(Wire, frozen=True, kw_only=True):
    line_nbr: int | None = None
    line_type: str | None = None
    inventory: Numbered | None = None
    alternate_id: str | None = None
    line_description: str | None = None
    uom: str | None = None
    order_qty: Decimal | None = None
    unit_cost: Decimal | None = None
    ext_cost: Decimal | None = None
    discount_amount: Decimal | None = None
    amount: Decimal | None = None
    qty_on_receipts: Decimal | None = None
    max_receipt: Decimal | None = None
    receipt_action: str | None = None
    tax_category: Numbered | None = None
    promised: str | None = None
    completed: bool | None = None
    canceled: bool | None = None


class ReceiptOfOrder(Wire, frozen=True, kw_only=True):
    type: str | None = None
    receipt_number: str | None = None
    status: str | None = None


class PurchaseOrder(Wire, frozen=True, kw_only=True):
    order_type: str | None = None
    order_nbr: str | None = None
    status: str | None = None
    date: str | None = None
    promised_on: str | None = None
    description: str | None = None
    supplier: Numbered | None = None
    supplier_ref: str | None = None
    hold: bool | None = None
    note: str | None = None
    remit_address: Address | None = None
    remit_contact: Contact | None = None
    currency: str | None = None
    terms: Described | None = None
    line_total: Decimal | None = None
    tax_total: Decimal | None = None
    order_total: Decimal | None = None
    discount_details: tuple[OrderDiscount, ...] | None = None
    tax_details: tuple[TaxDetail, ...] | None = None
    lines: tuple[OrderLine, ...] | None = None
    purchase_receipts: tuple[ReceiptOfOrder, ...] | None = None
    branch: Numbered | None = None
    warehouse: Described | None = None
    shipping_destination_type: str | None = None
    ship_to: Numbered | None = None
    shipping_address: Address | None = None
    shipping_contact: Contact | None = None
    custom_str1: str | None = None
    """Columns of a company's own (includeCustomFreeFields)."""
    custom_str2: str | None = None
    custom_str3: str | None = None
    custom_str4: str | None = None
    custom_str5: str | None = None


# --- PurchaseReceiptDto
# ---------------------------------------------------------------------------------------------


class ReceiptLine(Wire, frozen=True, kw_only=True):
    line_nbr: int | None = None
    line_type: str | None = None
    inventory: Numbered | None = None
    transaction_description: str | None = None
    uom: str | None = None
    warehouse: Described | None = None
    order_qty: Decimal | None = None
    receipt_qty: Decimal | None = None
    po_order_type: str | None = None
    po_order_nbr: str | None = None
    po_order_line_nbr: int | None = None


class PurchaseReceipt(Wire, frozen=True, kw_only=True):
    receipt_type: str | None = None
    receipt_nbr: str | None = None
    status: str | None = None
    hold: bool | None = None
    date: str | None = None
    supplier: Numbered | None = None
    supplier_ref: str | None = None
    note: str | None = None
    warehouse: Described | None = None
    lines: tuple[ReceiptLine, ...] | None = None


# --- SupplierInvoiceDto
# ---------------------------------------------------------------------------------------------


class InvoiceLine(Wire, frozen=True, kw_only=True):
    line_number: int | None = None
    inventory_number: str | None = None
    external_inventory_id: str | None = None
    transaction_description: str | None = None
    quantity: Decimal | None = None
    uom: str | None = None
    unit_cost: Decimal | None = None
    unit_cost_in_currency: Decimal | None = None
    cost: Decimal | None = None
    cost_in_currency: Decimal | None = None
    discount_amount: Decimal | None = None
    discount_amount_in_currency: Decimal | None = None
    account: Numbered | None = None
    vat_code: Described | None = None
    po_number: str | None = None
    po_line_nr: int | None = None
    po_receipt_nbr: str | None = None
    po_receipt_line_nbr: int | None = None


class SupplierInvoice(Wire, frozen=True, kw_only=True):
    document_type: str | None = None
    reference_number: str | None = None
    supplier_reference: str | None = None
    status: str | None = None
    date: str | None = None
    due_date: str | None = None
    description: str | None = None
    supplier: Numbered | None = None
    currency_id: str | None = None
    credit_terms: Described | None = None
    payment_ref_no: str | None = None
    tax_calculation_mode: str | None = None
    amount: Decimal | None = None
    balance: Decimal | None = None
    balance_in_currency: Decimal | None = None
    vat_amount: Decimal | None = None
    detail_total: Decimal | None = None
    detail_total_in_currency: Decimal | None = None
    discount_total: Decimal | None = None
    discount_total_in_currency: Decimal | None = None
    vat_total: Decimal | None = None
    vat_total_in_currency: Decimal | None = None
    rounding_diff: Decimal | None = None
    rounding_diff_in_currency: Decimal | None = None
    tax_detail_lines: tuple[TaxDetail, ...] | None = None
    invoice_lines: tuple[InvoiceLine, ...] | None = None


# --- The company
# ----------------------------------------------------------------------------------------------------


class Organization(Wire, frozen=True, kw_only=True):
    organization_cd: str | None = None
    name: str | None = None
    corporate_id: str | None = None
    base_currency: str | None = None


class ActionAnswer(Wire, frozen=True, kw_only=True):
    """What became of an action: release, adding lines."""

    action_result: str | None = None
    """Queued, InProcess, Failed, Done."""
    error_info: str | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Bodies of failures in all known shapes: business, gateway (ExceptionMessage …), token service (error …)."""

    message: str | None = None
    Message: str | None = None
    exception_type: str | None = msgspec.field(default=None, name="ExceptionType")
    exception_message: str | None = msgspec.field(default=None, name="ExceptionMessage")
    exception_fault_code: str | int | None = msgspec.field(default=None, name="ExceptionFaultCode")
    exception_message_id: str | None = msgspec.field(default=None, name="ExceptionMessageID")
    exception_details: str | None = msgspec.field(default=None, name="ExceptionDetails")
    error: str | None = None
    error_description: str | None = None
    model_state: dict[str, list[str]] | None = msgspec.field(default=None, name="modelState")
