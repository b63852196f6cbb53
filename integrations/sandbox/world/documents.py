"""Documents of the world. Amounts are in the document's currency, rounded to its exponent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """Rounded half up to two decimals, as invoices are."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """VAT of one code over a whole document; `rate` in percent."""

    vat_id: str
    rate: Decimal
    taxable: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of an order. `extended` = quantity × unit cost, `amount` = after discount, both rounded."""

    number: int
    line_type: str
    item_number: str | None
    description: str
    uom: str
    quantity: Decimal
    unit_cost: Decimal
    discount_percent: Decimal
    extended: Decimal
    amount: Decimal
    vat_id: str
    account: str
    warehouse: str | None
    alternate_id: str | None
    received: Decimal
    promised: date
    completed: bool
    canceled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A purchase order: total = sum of line amounts + sum of taxes."""

    company: str
    number: str
    order_type: str
    status: str
    day: date
    promised: date
    description: str
    supplier_number: str
    supplier_ref: str
    currency: str
    rate: Decimal
    branch: str
    warehouse: str
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]
    line_total: Decimal
    tax_total: Decimal
    total: Decimal
    created_at: datetime
    modified_at: datetime
    faults: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """A received line; points to the order's line where there is one."""

    number: int
    order_number: str | None
    order_line: Line
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A purchase receipt or return."""

    company: str
    number: str
    receipt_type: str
    status: str
    day: date
    supplier_number: str
    supplier_ref: str
    currency: str
    rate: Decimal
    branch: str
    lines: tuple[ReceiptLine, ...]
    total_quantity: Decimal
    total: Decimal
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """A line of a supplier or customer invoice, with its origin where it has one.

    `amount` = quantity × unit price − `discount`, rounded.
    """

    number: int
    item_number: str | None
    description: str
    uom: str | None
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    vat_id: str
    account: str
    department: str
    order_number: str | None = None
    order_line: int | None = None
    receipt_number: str | None = None
    receipt_line: int | None = None
    discount_percent: Decimal = Decimal(0)
    discount: Decimal = Decimal("0.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """A supplier document: total = line total + VAT + rounding (öre)."""

    company: str
    document_type: str
    number: str
    status: str
    approval: str
    day: date
    due: date
    period: str
    supplier_number: str
    supplier_ref: str
    payment_ref: str
    description: str
    currency: str
    rate: Decimal
    branch: str
    terms_days: int
    lines: tuple[InvoiceLine, ...]
    taxes: tuple[Tax, ...]
    line_total: Decimal
    tax_total: Decimal
    rounding: Decimal
    total: Decimal
    balance: Decimal
    created_at: datetime
    modified_at: datetime
    faults: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A supplier payment of one supplier document."""

    company: str
    payment_type: str
    number: str
    status: str
    day: date
    supplier_number: str
    payment_ref: str
    currency: str
    amount: Decimal
    document_type: str
    invoice_number: str
    supplier_ref: str
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerInvoice:
    """A customer document: total = line total + VAT + rounding."""

    company: str
    document_type: str
    number: str
    status: str
    day: date
    due: date
    period: str
    customer_number: str
    customer_ref: str
    external_ref: str | None
    payment_ref: str
    text: str
    currency: str
    rate: Decimal
    branch: str
    lines: tuple[InvoiceLine, ...]
    taxes: tuple[Tax, ...]
    line_total: Decimal
    tax_total: Decimal
    rounding: Decimal
    total: Decimal
    balance: Decimal
    created_at: datetime
    modified_at: datetime
