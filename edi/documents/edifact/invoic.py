"""Invoices, credit notes and debit notes as INVOIC. Amounts keep the sign that they have in the books."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec

from edi.documents import money
from edi.documents.building import tidy
from edi.documents.edifact import carried as shared
from edi.documents.edifact import codes
from edi.documents.edifact.building import Draft, EdifactOptions
from edi.documents.edifact.reading import (
    Reading,
    View,
    amount_of,
    blocks,
    charges_of,
    currency_of,
    date_of,
    description_of,
    items_of,
    line_number,
    notes_of,
    one,
    parties_of,
    price_of,
    quantity_of,
    references_of,
    taxes_of,
    terms_of,
)
from edi.documents.edifact.values import as_number
from edi.documents.invoice import Invoice, InvoiceLine
from edi.documents.reading import ReadResult
from edi.documents.values import Terms
from edi.edifact.segments import Message
from edi.edifact.writer import Seg

_INVOICED, _DOCUMENT, _ORDER_DATE = "47", "137", "171"
_LINE, _LINES, _TAX, _TOTAL, _ROUNDING = "203", "79", "124", "77", "165"
_ORDER, _RECEIPT = "ON", "ALO"
_MOST_OF_A_LINE = 6
"""Characters of a line number beside a reference (1156)."""


def carried(invoice: Invoice, options: EdifactOptions | None = None) -> Invoice:
    """The invoice as INVOIC carries it: our own number and accounts stay here, the due date stands in the terms."""
    options = options or EdifactOptions()
    invoice = tidy(invoice)
    due = invoice.due_date or (invoice.terms.due_date if invoice.terms is not None else None)
    terms = invoice.terms
    if due is not None:
        terms = msgspec.structs.replace(terms or Terms(), due_date=due)
    return msgspec.structs.replace(
        invoice,
        ledger_number="",
        order_date=invoice.order_date if invoice.order_number else None,
        due_date=due,
        lines=tuple(_carried_line(line, options) for line in invoice.lines),
        parties=shared.carried_parties(invoice.parties, options),
        terms=shared.carried_terms(terms),
        references=shared.carried_references(invoice.references),
        charges=shared.carried_charges(invoice.charges),
        notes=shared.carried_notes(invoice.notes),
    )


def _carried_line(line: InvoiceLine, options: EdifactOptions) -> InvoiceLine:
    return msgspec.structs.replace(
        line,
        unit=shared.carried_unit(line.unit, options),
        item_ids=shared.carried_items(line.item_ids, options),
        description=shared.carried_description(line.description),
        order_line=line.order_line if len(line.order_line) <= _MOST_OF_A_LINE else "",
        receipt_line=line.receipt_line if len(line.receipt_line) <= _MOST_OF_A_LINE else "",
        charges=shared.carried_charges(line.charges),
        account="",
    )


def build(invoice: Invoice, options: EdifactOptions | None = None) -> list[Seg]:
    """The segments between UNH and UNT. Raises BuildRefused with every reason why the invoice cannot be sent."""
    options = options or EdifactOptions()
    invoice = carried(invoice, options)
    draft, currency = Draft("INVOIC", options), invoice.currency
    draft.add("BGM", codes.INVOICE_KINDS[invoice.kind], invoice.number, codes.PURPOSES[invoice.purpose])
    draft.date(_DOCUMENT, invoice.date)
    draft.notes(invoice.notes)
    draft.terms_text(invoice.terms)
    draft.references(invoice.references)
    draft.reference(_ORDER, invoice.order_number)
    draft.date(_ORDER_DATE, invoice.order_date)
    for party in invoice.parties:
        draft.party(party)
    draft.add("CUX", ("2", currency, "4"))
    draft.terms(invoice.terms)
    draft.charges(invoice.charges, currency)
    for place, line in enumerate(invoice.lines, start=1):
        _add_line(draft, line, place, currency)
    draft.add("UNS", "S")
    draft.add("CNT", ("2", str(len(invoice.lines))))
    draft.amount(_TOTAL, invoice.total, currency, "total")
    draft.amount(_LINES, invoice.line_total, currency, "sum of the lines")
    draft.amount(_TAX, invoice.tax_total, currency, "tax")
    if invoice.rounding:
        draft.amount(_ROUNDING, invoice.rounding, currency, "rounding")
    draft.taxes(invoice.taxes, currency)
    _check(draft, invoice)
    return draft.finish()


def _add_line(draft: Draft, line: InvoiceLine, place: int, currency: str) -> None:
    draft.line(line.line_number, place, line.item_ids)
    draft.description(line.description)
    draft.quantity(_INVOICED, line.quantity, line.unit, at=f"line {line.line_number}")
    draft.amount(_LINE, line.amount, currency, "amount of a line")
    draft.add("PRI", ("AAA", as_number(line.unit_price)))
    for kind, number, at in (
        (_ORDER, line.order_number, line.order_line),
        (_RECEIPT, line.receipt_number, line.receipt_line),
    ):
        if number or at:
            draft.add("RFF", (kind, number, at))
    draft.line_reference(line.line_number)
    draft.taxes(line.taxes, currency)
    draft.charges(line.charges, currency)


def _check(draft: Draft, invoice: Invoice) -> None:
    currency = invoice.currency
    lines = sum((line.amount for line in invoice.lines), Decimal(0))
    draft.adds_up(
        invoice.line_total, lines, "the sum of the lines is not that of their amounts", currency=currency, rounded=0
    )
    total = invoice.line_total + money.net_charges(invoice.charges) + invoice.tax_total + invoice.rounding
    draft.adds_up(
        invoice.total, total, "lines, charges, tax and rounding are not the total", currency=currency, rounded=0
    )


def read(message: Message) -> ReadResult[Invoice]:
    """The invoice that an INVOIC states."""
    reading = Reading(message)
    head, end = reading.heading, reading.summary
    bgm = next((view for view in head if view.tag == "BGM"), None)
    if message.type != "INVOIC" or bgm is None:
        reading.fail("no-beginning", "This is no INVOIC with a BGM: it does not say which invoice it is.")
        return ReadResult(draft=None, findings=tuple(reading.findings), left_over=reading.left_over)
    if not bgm.get(2):
        bgm.fail("value-missing", "The invoice's number (BGM) is missing.")
    lines = tuple(_line(block) for block in blocks(reading.detail, "LIN"))
    charges, taxes, terms = charges_of(head), taxes_of(end), terms_of(head)
    stated = amount_of(end, _LINES, "sum of the lines")
    line_total = sum((line.amount for line in lines), Decimal(0)) if stated is None else stated
    tax = amount_of(end, _TAX, "tax")
    tax_total = sum((t.amount for t in taxes), Decimal(0)) if tax is None else tax
    rounding = amount_of(end, _ROUNDING, "rounding") or Decimal(0)
    total = amount_of(end, _TOTAL, "total")
    if total is None:
        reading.fail("value-missing", "The invoice's amount (MOA 77) is missing.")
    order = one(head, "RFF", _ORDER)
    date = date_of(head, _DOCUMENT, "invoice date")
    if date is None:
        reading.fail("value-missing", "The invoice's date (DTM 137) is missing.")
    draft = Invoice(
        number=bgm.get(2),
        date=date or dt.date.min,
        currency=currency_of(head),
        lines=lines,
        kind=reading.word(bgm, 1, codes.INVOICE_KINDS_READ, "invoice", "kind of invoice"),  # type: ignore[arg-type]
        purpose=reading.word(bgm, 3, codes.PURPOSES_READ, "original", "purpose"),  # type: ignore[arg-type]
        order_number="" if order is None else order.get(1, 2),
        order_date=None if order is None else date_of(head, _ORDER_DATE, "order date"),
        due_date=terms.due_date if terms is not None else None,
        parties=parties_of(head),
        terms=terms,
        references=references_of(head),
        taxes=taxes,
        charges=charges,
        notes=notes_of(head),
        line_total=line_total,
        tax_total=tax_total,
        rounding=rounding,
        total=total or Decimal(0),
    )
    return ReadResult(draft=draft, findings=tuple(reading.findings), left_over=reading.left_over)


def _line(block: list[View]) -> InvoiceLine:
    quantity, unit = quantity_of(block, _INVOICED)
    price, amount = price_of(block) or Decimal(0), amount_of(block, _LINE, "amount of the line")
    if quantity is None or amount is None:
        block[0].fail("value-missing", f"Line {block[0].peek(1)} has no quantity (QTY 47) or no amount (MOA 203).")
    order, receipt = one(block, "RFF", _ORDER), one(block, "RFF", _RECEIPT)
    return InvoiceLine(
        line_number=line_number(block),
        quantity=quantity or Decimal(0),
        unit=unit,
        unit_price=price,
        amount=amount or Decimal(0),
        item_ids=items_of(block),
        description=description_of(block),
        order_number="" if order is None else order.get(1, 2),
        order_line="" if order is None else order.get(1, 3),
        receipt_number="" if receipt is None else receipt.get(1, 2),
        receipt_line="" if receipt is None else receipt.get(1, 3),
        taxes=taxes_of(block),
        charges=charges_of(block),
    )
