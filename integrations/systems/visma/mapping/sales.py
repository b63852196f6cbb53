"""CustomerInvoiceDto → Invoice: we are the supplier, the customer is the buyer.

Visma states credit notes with positive amounts; here they get negative quantities, amounts and totals, prices stay
positive. Interest invoices, cash sales, write-offs and payments in the same list are no invoices of goods or services.

Which currency. As on supplier invoices, `amount` is what stands in the window's top part, so it is in the document's
currency, and of the header figures "InCurrency" and without, those are taken that make up `amount`; of the line
figures, those that make up the header's. A line's `amount` is after its discount.

Numbers. The invoice number is Visma's. The customer's own order number (Customer ref. no.) is the order's number for
the document: a customer invoice of Visma knows no order lines of the customer.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from edi.documents.invoice import Invoice, InvoiceLine
from edi.documents.values import Party, PartyId, Reference, Tax, Terms, normalise
from integrations.documents import Customer
from integrations.systems.visma import wire, wire_sales
from integrations.systems.visma.mapping.figures import Cost, Figures, line_cost, line_taxes, rounding_of
from integrations.systems.visma.mapping.parts import (
    Record,
    address_of,
    clean,
    contact_of,
    decoded,
    item_ids,
    notes,
    signed_charge,
)

Kind = Literal["invoice", "credit_note", "debit_note"]
KINDS: dict[str, Kind] = {"Invoice": "invoice", "CreditNote": "credit_note", "DebitNote": "debit_note"}


def customer_invoice(raw: bytes, *, seller: Party, zone: ZoneInfo, customer: Customer | None = None) -> Invoice:
    """The invoice, credit note or debit note to a customer. `seller` is our own company, whatever role it was
    described in; `customer`, where known, adds the customer's numbers, address and contact.

    Raises Unmappable for other types of record, and where number, date, currency, customer, totals, or a line's
    number or amount are missing.
    """
    given = decoded(raw, wire_sales.CustomerInvoice, "customer invoice")
    number = clean(given.reference_number)
    record = Record(f"customer invoice {number}" if number else "a customer invoice", zone)
    record.text(given.reference_number, "referenceNumber", "has no number")
    kind = _kind(given, record)
    currency = record.text(given.currency_id, "currencyId", "has no currency").upper()
    total = record.amount(given.amount, "amount")
    figures = _header_figures(given, total, record)
    sign = -1 if kind == "credit_note" and total > 0 else 1
    taxes = tuple(_tax(detail, sign, record) for detail in given.tax_details or ())
    costs = _line_costs(given, figures, currency, record)
    lines = tuple(
        _line(line, cost, sign, taxes, figures.tax, currency)
        for line, cost in zip(given.invoice_lines or (), costs, strict=True)
    )
    stated = record.amount_or_none(given.rounding_diff, "roundingDiff")
    rounding = rounding_of(total - figures.total, total, currency, {abs(stated)} if stated else set())
    terms = clean(given.credit_terms.description) or clean(given.credit_terms.id) if given.credit_terms else ""
    payment = clean(given.payment_reference)
    return Invoice(
        number=number,
        ledger_number=number,
        date=record.required_date(given.document_date, "documentDate"),
        due_date=record.date(given.document_due_date, "documentDueDate"),
        currency=currency,
        kind=kind,
        lines=lines,
        order_number=clean(given.customer_ref_number),
        parties=(_buyer(given, record, customer), _seller(seller)),
        terms=Terms(text=terms) if terms else None,
        references=(Reference(kind="payment", value=payment),) if payment else (),
        taxes=taxes,
        charges=signed_charge(-figures.discount * sign, text="Discount"),
        notes=notes(given.invoice_text),
        line_total=normalise(figures.lines * sign),
        tax_total=normalise(figures.tax * sign),
        rounding=normalise(rounding * sign),
        total=normalise(total * sign),
    )


def _kind(given: wire_sales.CustomerInvoice, record: Record) -> Kind:
    kind = KINDS.get(given.document_type or "")
    if kind is None:
        raise record.unmappable(
            f"is of type {given.document_type!r}, which is no invoice, credit note or debit note",
            field="documentType",
            remedy="Nothing is to be done in Visma; such records are not sent.",
        )
    return kind


def _header_figures(given: wire_sales.CustomerInvoice, total: Decimal, record: Record) -> Figures:
    """The figures in the currency of `total`: those that come nearest to it."""
    read = record.amount_or_none
    candidates = [
        Figures(lines=lines, discount=read(off, "discountTotal") or Decimal(0), tax=read(tax, "vatTotal") or Decimal(0))
        for lines, off, tax in (
            (read(given.detail_total, "detailTotal"), given.discount_total, given.vat_total),
            (
                read(given.detail_total_in_currency, "detailTotalInCurrency"),
                given.discount_total_in_currency,
                given.vat_total_in_currency,
            ),
        )
        if lines is not None
    ]
    if not candidates:
        raise record.unmappable("has no total of its lines", field="detailTotal")
    return min(candidates, key=lambda figures: abs(figures.total - total))


def _tax(detail: wire.TaxDetail, sign: int, record: Record) -> Tax:
    base = record.amount_or_none(detail.taxable_amount, "taxDetails.taxableAmount")
    return Tax(
        code=clean(detail.code),
        rate=record.fine_or_none(detail.vat_rate, "taxDetails.vatRate"),
        base=None if base is None else normalise(base * sign),
        amount=normalise(record.amount(detail.vat_amount, "taxDetails.vatAmount") * sign),
    )


def _line_costs(given: wire_sales.CustomerInvoice, figures: Figures, currency: str, record: Record) -> list[Cost]:
    """The lines' costs in the currency whose sum comes nearest to the header's total of the lines."""
    lines = given.invoice_lines or ()
    readings = [
        [_cost(line, record, f"invoiceLines[{i}]", currency, in_currency=chosen) for i, line in enumerate(lines)]
        for chosen in (True, False)
    ]
    return min(readings, key=lambda costs: abs(sum((c.amount for c in costs), Decimal(0)) - figures.lines))


def _cost(line: wire_sales.CustomerInvoiceLine, record: Record, path: str, currency: str, *, in_currency: bool) -> Cost:
    def pick(foreign: Decimal | None, plain: Decimal | None) -> Decimal | None:
        chosen = (foreign or plain) if in_currency else plain
        return chosen if chosen is not None else foreign

    if line.line_number is None:
        raise record.unmappable(f"has a line without number ({path})", field=f"{path}.lineNumber")
    amount = record.amount(pick(line.amount_in_currency, line.amount), f"{path}.amountInCurrency")
    price = record.fine_or_none(pick(line.unit_price_in_currency, line.unit_price), f"{path}.unitPriceInCurrency")
    discount = record.amount_or_none(
        pick(line.discount_amount_in_currency, line.discount_amount), f"{path}.discountAmount"
    )
    quantity = record.fine_or_none(line.quantity, f"{path}.quantity")
    return line_cost(quantity or Decimal(0), price or Decimal(0), discount or Decimal(0), amount, currency)


def _line(
    line: wire_sales.CustomerInvoiceLine,
    cost: Cost,
    sign: int,
    taxes: tuple[Tax, ...],
    tax_total: Decimal,
    currency: str,
) -> InvoiceLine:
    code = clean(line.vat_code.id) if line.vat_code else ""
    amount = normalise(cost.amount * sign)
    return InvoiceLine(
        line_number=str(line.line_number),
        quantity=normalise(cost.quantity * sign),
        unit=clean(line.uom),
        unit_price=cost.price,
        amount=amount,
        item_ids=item_ids(supplier=clean(line.inventory_number)),
        description=clean(line.description),
        taxes=tuple(line_taxes(code, amount, taxes, tax_total, currency)),
        charges=signed_charge(-cost.discount * sign, text="Discount"),
        account=clean(line.account.number) if line.account else "",
    )


def _seller(seller: Party) -> Party:
    return seller if seller.role == "supplier" else msgspec.structs.replace(seller, role="supplier")


def _buyer(given: wire_sales.CustomerInvoice, record: Record, known: Customer | None) -> Party:
    """The customer, by the number that our books give it. Raises Unmappable when the invoice names none."""
    number = record.text(given.customer.number if given.customer else None, "customer.number", "names no customer")
    if known is not None and known.number != number:
        raise record.unmappable(f"is to customer {number}, not {known.number}", field="customer.number")
    ids = [PartyId(scheme="supplier", value=number)]
    address, contact = address_of(given.invoice_address), contact_of(given.invoice_contact)
    if known is not None:
        further = (("gln", known.gln), ("vat", known.vat_number), ("organisation", known.organisation_number))
        ids += [PartyId(scheme=scheme, value=value) for scheme, value in further if value]  # type: ignore[arg-type]
        address, contact = address or known.invoice_address or known.address, contact or known.contact
    name = clean(given.customer.name if given.customer else None) or (known.name if known else "")
    return Party(role="buyer", name=name, ids=tuple(ids), address=address, contact=contact)
