"""Customer invoices and credit notes."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

from integrations.sandbox.world.documents import CustomerInvoice, InvoiceLine
from integrations.sandbox.world.identifiers import payment_reference
from integrations.sandbox.world.parties import later, moment
from integrations.sandbox.world.payables import period_of
from integrations.sandbox.world.purchasing import Book, taxes_of
from integrations.sandbox.world.values import Customer

CUSTOMER_INVOICES = {"SE": 20, "NO": 14, "DK": 16, "FI": 30}
FIRST_INVOICE = 150_001
_STATUSES = (
    "Open", "Closed", "Open", "Balanced", "Closed", "Hold", "Open", "PendingPrint", "Voided", "PendingEmail",
    "Open", "CreditHold", "Closed", "Scheduled", "Open", "Reserved",
)  # fmt: skip


def build_customer_invoices(book: Book, customers: list[Customer], *, size: int) -> list[CustomerInvoice]:
    """The sales documents of a company, every eighth a credit note."""
    rng = random.Random(f"{book.seed}/{book.company.key}/sales")
    active = [customer for customer in customers if customer.status == "Active"]
    count = CUSTOMER_INVOICES[book.company.key] * size
    return [_document(book, position, active[position % len(active)], rng) for position in range(count)]


def _document(book: Book, position: int, customer: Customer, rng: random.Random) -> CustomerInvoice:
    company = book.company
    day = book.today - timedelta(days=rng.randrange(3, 80))
    lines = tuple(_line(book, number, rng) for number in range(1, 2 + position % 5))
    taxes = taxes_of(company, [(line.vat_id, line.amount) for line in lines])
    zero = Decimal("0.00")
    line_total = sum((line.amount for line in lines), zero)
    tax_total = sum((tax.amount for tax in taxes), zero)
    total = line_total + tax_total
    rounding = total.quantize(Decimal(1)) - total if company.currency == "SEK" and position % 2 else zero
    status = _STATUSES[position % len(_STATUSES)]
    created = moment(day, rng)
    return CustomerInvoice(
        company=company.key,
        document_type="CreditNote" if position % 8 == 7 else "Invoice",
        number=str(FIRST_INVOICE + position),
        status=status,
        day=day,
        due=day + timedelta(days=customer.terms_days),
        period=period_of(day),
        customer_number=customer.number,
        customer_ref=f"PO-{300 + position}" if position % 2 else "",
        external_ref=f"WEB-{9000 + position}" if customer.web_id and position % 3 == 0 else None,
        payment_ref=payment_reference(200_000 + position),
        text="Tack för er order ~ välkommen åter" if position % 4 == 0 else "",
        currency=company.currency,
        rate=Decimal(1),
        branch="1",
        lines=lines,
        taxes=taxes,
        line_total=line_total,
        tax_total=tax_total,
        rounding=rounding,
        total=total + rounding,
        balance=zero if status in {"Closed", "Voided"} else total + rounding,
        created_at=created,
        modified_at=later(created, rng, book.today),
    )


def _line(book: Book, number: int, rng: random.Random) -> InvoiceLine:
    item = rng.choice([item for item in book.items if item.kind == "stock"])
    quantity = Decimal(rng.randrange(1, 12))
    income = next(account for account in book.company.accounts if account.kind == "Income")
    return InvoiceLine(
        number=number,
        item_number=item.number,
        description=item.description,
        uom=item.uom,
        quantity=quantity,
        unit_price=item.price,
        amount=quantity * item.price,
        vat_id=item.vat_id,
        account=income.number,
        department=book.company.segments[1].value,
    )
