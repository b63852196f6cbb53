"""Ledger records: accounts, segments of subaccounts, cash accounts, ways of payment, supplier payments."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from integrations.systems.visma.wire import Described, Head, Numbered, TaxDetail, Wire


class AccountHead(Head, frozen=True, kw_only=True):
    account_cd: str | None = msgspec.field(default=None, name="accountCD")
    active: bool | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return ((self.account_cd or "").strip(),)


class Account(Wire, frozen=True, kw_only=True):
    account_cd: str | None = msgspec.field(default=None, name="accountCD")
    description: str | None = None
    type: str | None = None
    active: bool | None = None
    currency: str | None = None
    cash_account: bool | None = None


class SegmentValue(Wire, frozen=True, kw_only=True):
    segment_id: int | None = None
    value_id: str | None = None
    description: str | None = None
    active: bool | None = None
    last_modified: str | None = None


class Segment(Wire, frozen=True, kw_only=True):
    segment_id: int | None = None
    description: str | None = None
    segment_values: tuple[SegmentValue, ...] | None = None


class Dimension(Wire, frozen=True, kw_only=True):
    id: str | None = None
    description: str | None = None
    segments: tuple[Segment, ...] | None = None


class VatHead(Head, frozen=True, kw_only=True):
    vat_id: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return ((self.vat_id or "").strip(),)


class VatSchedule(Wire, frozen=True, kw_only=True):
    """A rate in per cent from a day on."""

    start_date: str | None = None
    vat_rate: Decimal | None = None
    group_type: str | None = None


class Vat(Wire, frozen=True, kw_only=True):
    vat_id: str | None = None
    description: str | None = None
    not_valid_after: str | None = None
    schedules: tuple[VatSchedule, ...] | None = None


class CreditTerm(Wire, frozen=True, kw_only=True):
    terms_id: str | None = None
    description: str | None = None
    visible_to: str | None = None
    due_date_type: str | None = None
    due_day1: int | None = None
    discount_type: str | None = None
    discount_day: int | None = None
    discount_percent: Decimal | None = None


class CreditTermHead(Head, frozen=True, kw_only=True):
    terms_id: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return ((self.terms_id or "").strip(),)


class CreditTerms(Wire, frozen=True, kw_only=True):
    """A page of payment terms: this list has an envelope, unlike most."""

    page_number: int | None = None
    total_count: int | None = None
    records: tuple[msgspec.Raw, ...] | None = None


class CashAccount(Wire, frozen=True, kw_only=True):
    number: str | None = None
    description: str | None = None
    currency: str | None = None


class PaymentMethod(Wire, frozen=True, kw_only=True):
    payment_method_id: str | None = msgspec.field(default=None, name="paymentMethodID")
    description: str | None = None
    active: bool | None = None
    use_in_ap: bool | None = msgspec.field(default=None, name="useInAP")


class BranchAddress(Wire, frozen=True, kw_only=True):
    address_line1: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country: Described = Described()


class Branch(Wire, frozen=True, kw_only=True):
    """A part of the company, with what it is registered by."""

    number: str | None = None
    name: str | None = None
    is_active: bool | None = None
    corporate_id: str | None = None
    vat_registration_id: str | None = None
    main_address: BranchAddress = BranchAddress()


class PaidLine(Wire, frozen=True, kw_only=True):
    doc_type: str | None = None
    invoice_ref_nbr: str | None = None
    amount_paid: Decimal | None = None
    cash_discount_taken: Decimal | None = None
    withholding_tax: Decimal | None = None
    currency: str | None = None
    """Of the document that is paid; amounts are in that of the payment."""
    supplier_ref: str | None = None


class SupplierPaymentHead(Head, frozen=True, kw_only=True):
    type: str | None = None
    ref_nbr: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """What voids a payment has its number, and another type."""
        return (self.type or "", self.ref_nbr or "")

    @property
    def kind(self) -> str:
        return self.type or ""


class InvoicePayment(Wire, frozen=True, kw_only=True):
    """What is captured of a payment for one of the invoices that it pays."""

    type: str | None = None
    ref_nbr: str | None = None
    status: str | None = None
    released: bool | None = None
    application_date: str | None = None
    payment_ref: str | None = None
    currency: str | None = None
    lines: tuple[PaidLine, ...] = ()


class SupplierPayment(Wire, frozen=True, kw_only=True):
    type: str | None = None
    ref_nbr: str | None = None
    status: str | None = None
    application_date: str | None = None
    payment_ref: str | None = None
    description: str | None = None
    supplier: Numbered | None = None
    currency: Described | None = None
    payment_amount: Decimal | None = None
    released: bool | None = None
    payment_lines: tuple[PaidLine, ...] | None = None


class Attachment(Wire, frozen=True, kw_only=True):
    """A file of a document or of one of its lines."""

    id: str | None = None
    name: str | None = None
    revision: int | None = None


class PayableLine(Wire, frozen=True, kw_only=True):
    """A line of a supplier invoice, as far as its coding goes."""

    line_number: int | None = None
    account: Numbered | None = None
    subaccount: Subaccount | None = None
    cost_in_currency: Decimal | None = None
    transaction_description: str | None = None
    attachments: tuple[Attachment, ...] | None = None


class Subaccount(Wire, frozen=True, kw_only=True):
    subaccount_number: str | None = None
    segments: tuple[SubaccountSegment, ...] | None = None


class SubaccountSegment(Wire, frozen=True, kw_only=True):
    segment_id: int | None = None
    segment_value: str | None = None


class CodedOrderLine(Wire, frozen=True, kw_only=True):
    line_nbr: int | None = None
    account: Numbered | None = None
    sub: Subaccount | None = None


class CodedOrder(Wire, frozen=True, kw_only=True):
    """A purchase order, as far as its coding goes."""

    tax_details: tuple[TaxDetail, ...] | None = None
    lines: tuple[CodedOrderLine, ...] | None = None


class Payable(Wire, frozen=True, kw_only=True):
    """A supplier invoice, as far as paying and coding it goes."""

    document_type: str | None = None
    reference_number: str | None = None
    supplier_reference: str | None = None
    description: str | None = None
    status: str | None = None
    date: str | None = None
    supplier: Numbered | None = None
    currency_id: str | None = None
    exchange_rate: Decimal | None = None
    amount: Decimal | None = None
    balance_in_currency: Decimal | None = None
    invoice_lines: tuple[PayableLine, ...] | None = None
    attachments: tuple[Attachment, ...] | None = None

    @property
    def files(self) -> tuple[Attachment, ...]:
        """Those of the document, then those of its lines."""
        of_lines = (one for line in self.invoice_lines or () for one in line.attachments or ())
        return tuple(one for one in (*(self.attachments or ()), *of_lines) if one.id)


class Journal(Wire, frozen=True, kw_only=True):
    """A batch of the general ledger. A list may give one in two parts."""

    batch_number: str | None = None
    status: str | None = None
    description: str | None = None


class NotedInvoice(Wire, frozen=True, kw_only=True):
    """A supplier invoice, as far as its note goes."""

    note: str | None = None
