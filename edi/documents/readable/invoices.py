"""Invoices as facts and tables."""

from __future__ import annotations

from decimal import Decimal

from edi.documents.invoice import Invoice
from edi.documents.readable.parts import (
    Column,
    Readable,
    Section,
    charge_section,
    facts_of,
    item_lines,
    notes_section,
    numbered,
    party_section,
    reference_section,
    sections_of,
    signed,
    table_of,
    tax_section,
    terms_section,
    words,
)

INVOICES = {"invoice": "Invoice", "credit_note": "Credit note", "debit_note": "Debit note"}


def readable_invoice(invoice: Invoice) -> Readable:
    """An invoice, credit note or debit note."""
    columns = (
        Column("Line"),
        Column("Item", "lines"),
        Column("Description"),
        Column("Quantity", "number"),
        Column("Unit"),
        Column("Price", "number"),
        Column("Discount", "amount"),
        Column("Amount", "amount"),
        Column("Order"),
        Column("Receipt"),
        Column("Account"),
    )
    rows = (
        (
            *(line.line_number, item_lines(line.item_ids), line.description, line.quantity, line.unit, line.unit_price),
            sum((signed(c) for c in line.charges), Decimal(0)) if line.charges else None,
            line.amount,
            numbered(line.order_number, line.order_line),
            numbered(line.receipt_number, line.receipt_line),
            line.account,
        )
        for line in invoice.lines
    )
    facts = facts_of(
        ("Invoice date", invoice.date, "date"),
        ("Due date", invoice.due_date, "date"),
        ("Purpose", words(invoice.purpose)),
        ("Currency", invoice.currency),
        ("Our number", invoice.ledger_number),
        ("Order", invoice.order_number),
        ("Order date", invoice.order_date, "date"),
    )
    return Readable(
        title=INVOICES[invoice.kind],
        number=invoice.number,
        currency=invoice.currency,
        sections=sections_of(
            Section(title="Invoice", facts=facts),
            *(party_section(p) for p in invoice.parties),
            Section(title="Lines", table=table_of(columns, rows)),
            charge_section(invoice.charges),
            tax_section(invoice.taxes),
            terms_section(invoice.terms),
            reference_section(invoice.references),
            notes_section(invoice.notes),
        ),
        totals=facts_of(
            ("Lines", invoice.line_total, "amount"),
            ("Tax", invoice.tax_total, "amount"),
            ("Rounding", invoice.rounding or None, "amount"),
            ("Total", invoice.total, "amount"),
        ),
    )
