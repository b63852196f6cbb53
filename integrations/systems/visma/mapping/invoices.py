"""SupplierInvoiceDto → Invoice.

Which type is what. Visma.net's ledger is Acumatica's: a *debit adjustment* (DebitAdj) debits the supplier's
account, so it is the supplier's credit note, and it is what reversing an invoice makes (the specification's note on
deferral schedules says so, and its list of types calls the third one "purchase credit note"). A *credit adjustment*
(CreditAdj) raises what we owe, so it is the supplier's debit note. Visma states both with positive amounts; here a
credit note gets negative quantities, amounts and totals, prices stay positive. Payments, prepayments and refunds in
the same list are no invoices.

Which currency. Visma states most amounts twice, with and without "InCurrency", and its specification contradicts
itself on which is which (header: "in your default currency", line: "in the selected currency"). Only `amount` is
clear: what is to be paid, in the document's currency. So the header figures are taken that make up `amount`, and
the line figures that make up the header's. In the company's own currency both are the same.

Prices. The amount of a line is what was booked. Where quantity times unit cost, less the discount that the line
states, is not that amount (Visma takes over discounted amounts from orders without stating the discount), the unit
price is amount ÷ quantity, as it is for orders, so that both can be matched.

Lines that include VAT are not mapped: net amounts cannot be told from them without rounding anew what the books
rounded. VAT by line is not in Visma's record; a line's VAT is computed from its code's rate and is there to
explain, the VAT of the document is the books' own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from edi.documents import money
from edi.documents.invoice import Invoice, InvoiceLine
from edi.documents.values import Party, Reference, Tax, Terms, Value, normalise
from integrations.documents import Supplier
from integrations.systems.visma import wire
from integrations.systems.visma.mapping.figures import Cost, Figures, line_cost, line_taxes, rounding_of, without_vat
from integrations.systems.visma.mapping.parts import (
    Record,
    buyer_party,
    clean,
    decoded,
    item_ids,
    notes,
    signed_charge,
    supplier_party,
)

Kind = Literal["invoice", "credit_note", "debit_note"]
KINDS: dict[str, Kind] = {"Invoice": "invoice", "DebitAdj": "credit_note", "CreditAdj": "debit_note"}


def supplier_invoice(raw: bytes, *, buyer: Party, zone: ZoneInfo, supplier: Supplier | None = None) -> Invoice:
    """The invoice, credit note or debit note. `supplier`, where known, adds VAT and organisation number, address,
    contact.

    Raises Unmappable for other types of record, for lines that include VAT, and where number, date, currency,
    supplier, totals, or a line's number or cost are missing.
    """
    given = decoded(raw, wire.SupplierInvoice, "supplier invoice")
    own_number = clean(given.reference_number)
    record = Record(f"supplier invoice {own_number}" if own_number else "a supplier invoice", zone)
    record.text(given.reference_number, "referenceNumber", "has no number")
    kind = _kind(given, record)
    currency = record.text(given.currency_id, "currencyId", "has no currency").upper()
    total = record.amount(given.amount, "amount")
    figures = _header_figures(given, total, record)
    _refuse_lines_with_vat(figures, total, currency, record)
    sign = -1 if kind == "credit_note" and total > 0 else 1
    taxes = tuple(_tax(detail, sign, record) for detail in given.tax_detail_lines or ())
    costs = without_vat(_line_costs(given, figures, currency, record), _rates(given, taxes), figures, currency)
    lines = tuple(
        _line(line, cost, sign, taxes, figures.tax, currency)
        for line, cost in zip(given.invoice_lines or (), costs, strict=True)
    )
    orders = {line.order_number for line in lines}
    rounding = rounding_of(total - figures.total, total, currency, _stated_roundings(given, record))
    terms = clean(given.credit_terms.description) or clean(given.credit_terms.id) if given.credit_terms else ""
    payment = clean(given.payment_ref_no)
    return Invoice(
        number=clean(given.supplier_reference) or own_number,
        ledger_number=own_number,
        date=record.required_date(given.date, "date"),
        due_date=record.date(given.due_date, "dueDate"),
        currency=currency,
        kind=kind,
        lines=lines,
        order_number=orders.pop() if len(orders) == 1 else "",
        parties=(buyer_party(buyer), supplier_party(given.supplier, record, known=supplier)),
        terms=Terms(text=terms) if terms else None,
        references=(Reference(kind="payment", value=payment),) if payment else (),
        taxes=taxes,
        charges=signed_charge(-figures.discount * sign, text="Discount"),
        notes=notes(given.description),
        line_total=normalise(figures.lines * sign),
        tax_total=normalise(figures.tax * sign),
        rounding=normalise(rounding * sign),
        total=normalise(total * sign),
    )


class Balance(Value, frozen=True, kw_only=True):
    """What is left to pay of an invoice, in its currency. Both figures are positive, as the books state them."""

    left: Decimal
    total: Decimal
    currency: str

    @property
    def is_part(self) -> bool:
        """Whether a part of it was paid, and a part was not."""
        return 0 < self.left < self.total


def balance_of(raw: bytes, *, zone: ZoneInfo) -> Balance | None:
    """What is left to pay of an invoice that can be mapped; None where its record does not state it. Raises
    Unmappable."""
    given = decoded(raw, wire.SupplierInvoice, "supplier invoice")
    record = Record(f"supplier invoice {clean(given.reference_number)}", zone)
    total = record.amount(given.amount, "amount")
    plain, in_currency = given.balance, given.balance_in_currency
    stated = in_currency if plain is None or _is_in_other_column(given, total, record) else plain
    left = record.amount_or_none(stated, "balance")
    if left is None:
        return None
    return Balance(left=normalise(left), total=normalise(total), currency=clean(given.currency_id).upper())


def _kind(given: wire.SupplierInvoice, record: Record) -> Kind:
    kind = KINDS.get(given.document_type or "")
    if kind is None:
        raise record.unmappable(
            f"is of type {given.document_type!r}, which is no invoice, credit note or debit note",
            field="documentType",
            remedy="Nothing is to be done in Visma; such records are not sent.",
        )
    return kind


# --- The header
# -----------------------------------------------------------------------------------------------------


def _header_figures(given: wire.SupplierInvoice, total: Decimal, record: Record) -> Figures:
    """The figures in the currency of `total`: those that come nearest to it."""
    return _column_of(given, total, record)[1]


def _is_in_other_column(given: wire.SupplierInvoice, total: Decimal, record: Record) -> bool:
    """Whether the figures called "in currency" are those in the currency of `total`."""
    return _column_of(given, total, record)[0]


def _column_of(given: wire.SupplierInvoice, total: Decimal, record: Record) -> tuple[bool, Figures]:
    return min(_columns(given, record), key=lambda column: abs(column[1].total - total))


def _columns(given: wire.SupplierInvoice, record: Record) -> list[tuple[bool, Figures]]:
    """Both readings of the header: whether it is that "in currency", and its figures."""
    read = record.amount_or_none
    in_currency = given.vat_total_in_currency
    found = [
        (
            is_other,
            Figures(lines=lines, discount=read(discount, "discountTotal") or Decimal(0), tax=tax),
        )
        for is_other, lines, discount, tax in (
            (
                False,
                read(given.detail_total, "detailTotal"),
                given.discount_total,
                _tax_total(given, given.vat_total, record),
            ),
            (
                True,
                read(given.detail_total_in_currency, "detailTotalInCurrency"),
                given.discount_total_in_currency,
                _tax_total(given, given.vat_total if in_currency is None else in_currency, record),
            ),
        )
        if lines is not None
    ]
    if not found:
        raise record.unmappable("has no total of its lines", field="detailTotal")
    return found


def _tax_total(given: wire.SupplierInvoice, computed: Decimal | None, record: Record) -> Decimal:
    """Visma's own VAT; where it states none, the VAT that was entered."""
    stated = given.vat_amount if computed is None else computed
    return record.amount_or_none(stated, "vatTotal") or Decimal(0)


def _refuse_lines_with_vat(figures: Figures, total: Decimal, currency: str, record: Record) -> None:
    net, allowed = figures.lines - figures.discount, money.minor_unit(currency)
    if figures.tax and abs(total - net) <= allowed < abs(total - figures.total):
        raise record.unmappable(
            f"states VAT of {figures.tax} {currency}, yet its total is that of its lines: they include VAT, or the "
            "VAT is not paid "
            "to the supplier",
            field="taxCalculationMode",
            remedy="Let Visma calculate the VAT of this supplier's invoices from net lines (VAT calculation mode "
            "“Net”).",
        )


def _stated_roundings(given: wire.SupplierInvoice, record: Record) -> set[Decimal]:
    """What the books call a rounding difference, in both currencies; its sign is not documented."""
    stated = (
        record.amount_or_none(given.rounding_diff, "roundingDiff"),
        record.amount_or_none(given.rounding_diff_in_currency, "roundingDiffInCurrency"),
    )
    return {abs(value) for value in stated if value}


def _tax(detail: wire.TaxDetail, sign: int, record: Record) -> Tax:
    base = record.amount_or_none(detail.taxable_amount, "taxDetailLines.taxableAmount")
    return Tax(
        code=clean(detail.code),
        rate=record.fine_or_none(detail.vat_rate, "taxDetailLines.vatRate"),
        base=None if base is None else normalise(base * sign),
        amount=normalise(record.amount(detail.vat_amount, "taxDetailLines.vatAmount") * sign),
    )


# --- Lines
# ----------------------------------------------------------------------------------------------------------


def _line_costs(given: wire.SupplierInvoice, figures: Figures, currency: str, record: Record) -> list[Cost]:
    """The lines' costs by the reading that comes nearest to the header's total of the lines.

    Two things are open: which figures are in the document's currency, and whether `cost` is before or after the
    discount of the line. The first reading is the one that the specification's words suggest; where all fit equally
    it is taken.
    """
    lines = given.invoice_lines or ()
    readings = [
        [_cost(line, record, f"invoiceLines[{i}]", currency, foreign=foreign, net=net) for i, line in enumerate(lines)]
        for foreign in (True, False)
        for net in (True, False)
    ]
    wanted = (figures.lines, figures.lines + figures.tax)  # the latter where lines were entered with VAT

    def distance(costs: list[Cost]) -> Decimal:
        stated = sum((cost.amount for cost in costs), Decimal(0))
        return min(abs(stated - one) for one in wanted)

    return min(readings, key=distance)


def _rates(given: wire.SupplierInvoice, taxes: tuple[Tax, ...]) -> list[Decimal | None]:
    """The VAT rate of each line, by its code; None where the document does not state it."""
    known = {tax.code: tax.rate for tax in taxes}
    return [known.get(clean(line.vat_code.id)) if line.vat_code else None for line in given.invoice_lines or ()]


def _cost(line: wire.InvoiceLine, record: Record, path: str, currency: str, *, foreign: bool, net: bool) -> Cost:
    def pick(in_currency: Decimal | None, plain: Decimal | None) -> Decimal | None:
        """Figures "in currency" may be left out, or 0, where the document is in the company's own."""
        chosen = (in_currency or plain) if foreign else plain
        return chosen if chosen is not None else in_currency

    if line.line_number is None:
        raise record.unmappable(f"has a line without number ({path})", field=f"{path}.lineNumber")
    cost = record.amount(pick(line.cost_in_currency, line.cost), f"{path}.costInCurrency")
    price = record.fine_or_none(
        pick(line.unit_cost_in_currency, line.unit_cost), f"{path}.unitCostInCurrency"
    ) or Decimal(0)
    discount = record.amount_or_none(
        pick(line.discount_amount_in_currency, line.discount_amount), f"{path}.discountAmount"
    ) or Decimal(0)
    quantity = record.fine_or_none(line.quantity, f"{path}.quantity") or Decimal(0)
    return line_cost(quantity, price, discount, cost if net else cost - discount, currency)


def _line(
    line: wire.InvoiceLine, cost: Cost, sign: int, taxes: tuple[Tax, ...], tax_total: Decimal, currency: str
) -> InvoiceLine:
    code = clean(line.vat_code.id) if line.vat_code else ""
    amount = normalise(cost.amount * sign)
    return InvoiceLine(
        line_number=str(line.line_number),
        quantity=normalise(cost.quantity * sign),
        unit=clean(line.uom),
        unit_price=cost.price,
        amount=amount,
        item_ids=item_ids(buyer=clean(line.inventory_number), other=clean(line.external_inventory_id)),
        description=clean(line.transaction_description),
        order_number=clean(line.po_number),
        order_line=_text(line.po_line_nr),
        receipt_number=clean(line.po_receipt_nbr),
        receipt_line=_text(line.po_receipt_line_nbr),
        taxes=tuple(line_taxes(code, amount, taxes, tax_total, currency)),
        charges=signed_charge(-cost.discount * sign, text="Discount"),
        account=clean(line.account.number) if line.account else "",
    )


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
