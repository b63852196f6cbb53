"""Supplier invoices, credit notes and payments."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from integrations.sandbox.world.companies import exchange_rate
from integrations.sandbox.world.documents import Invoice, InvoiceLine, Payment, Receipt, cents
from integrations.sandbox.world.identifiers import payment_reference
from integrations.sandbox.world.parties import later, moment
from integrations.sandbox.world.purchasing import Book, free_account, taxes_of
from integrations.sandbox.world.values import Supplier

INVOICES = {"SE": 40, "NO": 26, "DK": 22, "FI": 18}
OPEN_PERIOD_DAYS = 80  # what is older is posted into a month that is still open
_STATUSES = (
    "Open", "Closed", "Balanced", "Open", "Hold", "Closed", "Open", "Balanced", "Voided", "Open",
    "Prebooked", "Closed", "Open", "Scheduled", "Open", "Balanced", "Printed", "Closed", "Reserved", "Open",
)  # fmt: skip
_FREE_TEXTS = ("Städning ~ månad", "Konsultarvode: inventering", "El > nätavgift", "Frakt * augusti", "Kontorsmaterial")
_APPROVALS = ("ApprovedInApproval", "ApprovedInApproval", "New", "SentToApproval", "InProgressApproval")


def period_of(day: date) -> str:
    """The financial period of a day: YYYYMM."""
    return f"{day:%Y%m}"


def build_invoices(book: Book, receipts: list[Receipt], *, size: int) -> list[Invoice]:
    """Supplier documents; numbers are unique within a document type only."""
    rng = random.Random(f"{book.seed}/{book.company.key}/invoices")
    billable = [r for r in receipts if r.status == "Released" and r.receipt_type == "PoReceipt"]
    series: dict[str, int] = {}
    invoices: list[Invoice] = []
    for position in range(INVOICES[book.company.key] * size):
        document_type = {9: "DebitAdj", 14: "Prepayment", 17: "DebitAdj", 16: "CreditAdj"}.get(position % 20, "Invoice")
        receipt = billable.pop(0) if document_type == "Invoice" and billable and position % 5 != 4 else None
        series[document_type] = series.get(document_type, 0) + 1
        number = f"{series[document_type]:06d}"
        invoices.append(_invoice(book, position, document_type, number, receipt, rng))
    return _with_faults(invoices, book.today)


def _invoice(
    book: Book, position: int, document_type: str, number: str, receipt: Receipt | None, rng: random.Random
) -> Invoice:
    company = book.company
    supplier = _supplier(book, receipt, rng)
    first = receipt.day if receipt else book.today - timedelta(days=rng.randrange(5, 85))
    day = min(first + timedelta(days=rng.randrange(0, 10)), book.today - timedelta(days=1))
    lines = _receipt_lines(book, receipt, position) if receipt else _free_lines(book, supplier, position, rng)
    taxes = taxes_of(company, [(line.vat_id, line.amount) for line in lines])
    line_total, tax_total = _sum(line.amount for line in lines), _sum(tax.amount for tax in taxes)
    rounding = _rounding(supplier, line_total + tax_total, position)
    total, status = line_total + tax_total + rounding, _STATUSES[position % len(_STATUSES)]
    created = moment(day, rng)
    return Invoice(
        company=company.key,
        document_type=document_type,
        number=number,
        status=status,
        approval=_APPROVALS[position % len(_APPROVALS)],
        day=day,
        due=day + timedelta(days=supplier.terms_days),
        period=period_of(max(day, book.today - timedelta(days=OPEN_PERIOD_DAYS))),
        supplier_number=supplier.number,
        supplier_ref=f"F{90_000 + 7 * position}",
        payment_ref=payment_reference(100_000 + 7 * position),
        description="" if receipt else _FREE_TEXTS[position % len(_FREE_TEXTS)],
        currency=supplier.currency,
        rate=exchange_rate(supplier.currency, company.currency),
        branch="1",
        terms_days=supplier.terms_days,
        lines=lines,
        taxes=taxes,
        line_total=line_total,
        tax_total=tax_total,
        rounding=rounding,
        total=total,
        balance=_balance(status, position, total),
        created_at=created,
        modified_at=later(created, rng, book.today),
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal("0.00"))


def _supplier(book: Book, receipt: Receipt | None, rng: random.Random) -> Supplier:
    if receipt is None:
        return rng.choice([s for s in book.suppliers if s.status in {"Active", "HoldPayments"}])
    return next(s for s in book.suppliers if s.number == receipt.supplier_number)


def _receipt_lines(book: Book, receipt: Receipt, position: int) -> tuple[InvoiceLine, ...]:
    """The receipt as billed; every sixth supplier bills two percent more than was ordered."""
    lines = []
    for received in receipt.lines:
        source = received.order_line
        dearer = Decimal("1.02") if position % 6 == 5 else Decimal(1)
        price = (source.unit_cost * dearer).quantize(Decimal("0.0001"))
        gross = cents(received.quantity * price)
        amount = cents(gross * (100 - source.discount_percent) / 100)
        lines.append(
            InvoiceLine(
                number=received.number,
                item_number=source.item_number,
                description=source.description,
                uom=source.uom,
                quantity=received.quantity,
                unit_price=price,
                amount=amount,
                discount_percent=source.discount_percent,
                discount=gross - amount,
                vat_id=source.vat_id,
                account=source.account,
                department=book.company.segments[position % 3].value,
                order_number=received.order_number,
                order_line=source.number,
                receipt_number=receipt.number,
                receipt_line=received.number,
            )
        )
    return tuple(lines)


def _free_lines(book: Book, supplier: Supplier, position: int, rng: random.Random) -> tuple[InvoiceLine, ...]:
    rates = book.company.vat_rates
    lines = []
    for number in range(1, 1 + position % 3 + 1):
        amount = Decimal(rng.randrange(5_000, 2_500_000)) / 100
        lines.append(
            InvoiceLine(
                number=number,
                item_number=None,
                description=_FREE_TEXTS[(position + number) % len(_FREE_TEXTS)],
                uom=None,
                quantity=Decimal(1),
                unit_price=amount,
                amount=amount,
                vat_id=rates[(number - 1) % (len(rates) - 1) if len(rates) > 2 else 0].vat_id
                if supplier.domestic
                else rates[-1].vat_id,
                account=free_account(book.company, ("service", "non_stock", "freight")[number % 3]),
                department=book.company.segments[number % 3].value,
            )
        )
    return tuple(lines)


def _rounding(supplier: Supplier, total: Decimal, position: int) -> Decimal:
    """Swedish suppliers may round to whole kronor; the difference is a line of its own in the books."""
    if supplier.currency == "SEK" and position % 3 == 1:
        return total.quantize(Decimal(1)) - total
    return Decimal("0.00")


def _balance(status: str, position: int, total: Decimal) -> Decimal:
    if status in {"Closed", "Voided"}:
        return Decimal("0.00")
    if status == "Open" and position % 20 == 12:
        return total - cents(total / 3)
    return total


def _with_faults(invoices: list[Invoice], today: date) -> list[Invoice]:
    """One invoice registered twice under two of our numbers, and a document whose period is closed."""
    free = [n for n, i in enumerate(invoices) if i.document_type == "Invoice" and not i.lines[0].order_number]
    original, double = free[0], free[1]
    invoices[double] = replace(
        invoices[original],
        number=invoices[double].number,
        status="Balanced",
        balance=invoices[original].total,
        created_at=invoices[double].created_at,
        modified_at=invoices[double].modified_at,
        faults=frozenset({"duplicate_supplier_reference"}),
    )
    balanced = [n for n, i in enumerate(invoices) if i.document_type == "Invoice" and i.status == "Balanced"]
    closed = next(n for n in balanced if n != double)
    day = today - timedelta(days=200)
    invoices[closed] = replace(
        invoices[closed],
        day=day,
        due=day + timedelta(days=30),
        period=period_of(day),
        faults=frozenset({"closed_period"}),
    )
    return invoices


def build_payments(book: Book, invoices: list[Invoice]) -> list[Payment]:
    """Payments of what is paid, and one each on hold, balanced, voided and waiting for approval."""
    rng = random.Random(f"{book.seed}/{book.company.key}/payments")
    payments: list[Payment] = []
    for invoice in invoices:
        paid = invoice.total - invoice.balance
        if invoice.document_type == "Invoice" and paid and invoice.status in {"Closed", "Open"}:
            payments.append(_payment(book, invoice, paid, "Closed", len(payments), rng))
    waiting = [i for i in invoices if i.document_type == "Invoice" and i.status == "Open" and i.balance == i.total]
    for invoice, status in zip(waiting, ("Hold", "Balanced", "Voided", "PendingApproval"), strict=False):
        payments.append(_payment(book, invoice, invoice.balance, status, len(payments), rng))
    return payments


def _payment(book: Book, invoice: Invoice, amount: Decimal, status: str, position: int, rng: random.Random) -> Payment:
    day = min(invoice.due, book.today - timedelta(days=1))
    return Payment(
        company=book.company.key,
        payment_type="Payment",
        number=f"{position + 1:06d}",
        status=status,
        day=day,
        supplier_number=invoice.supplier_number,
        payment_ref=f"BANK-{position + 1}",
        currency=invoice.currency,
        amount=amount,
        document_type=invoice.document_type,
        invoice_number=invoice.number,
        supplier_ref=invoice.supplier_ref,
        modified_at=later(moment(day - timedelta(days=1), rng), rng, book.today),
    )
