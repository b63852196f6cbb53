"""810 invoice, credit note and debit note: `Invoice` to segments and back.

Signs. The sign of the books is kept: a credit note (BIG07 CR) has negative quantities, amounts and total. Partners
who want them positive get them so (`credit_sign`; a total of 0 has no sign to turn); a CR whose TDS01 is positive is
turned round again when it is read.
Unit prices keep their sign. An allowance is SAC A, a charge SAC C, with amounts that are never negative.

Numbers for matching: the order's number and date stand in BIG04 and BIG03, and per line in REF PO (order number), REF
FJ (order line) and REF RV (receipt number, its line in REF03). Our ledger number is REF VV, the due date ITD06.

TDS01 and SAC05 are N2, two decimals in every currency: 1000 ISK is 100000; an amount with three decimals is refused.

What an 810 cannot carry, and `carried` therefore takes out of a document:
- the general-ledger account of a line: it is the books' own affair;
- the base of a tax without a rate, or longer than nine digits (TXI08);
- item numbers of schemes that the partner's options do not name;
- line breaks and repeated spaces in texts; address lines longer than 55 characters are wrapped, and words that are
  longer than a segment's text (80 characters in notes and descriptions, 60 in a name) are cut;
- an address, contact or terms in which nothing is stated; the charge code ZZZZ, which means none.
A tax total without any tax becomes one tax. The due date of the terms becomes the invoice's. Units become element 355
codes. The number of a party that stands in N1 becomes its first.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from edi.documents import codes, money, notes, parties, terms, units
from edi.documents.building import (
    BuildOptions,
    BuildRefused,
    Draft,
    Seg,
    as_date,
    carried_items,
    item_pairs,
    line_name,
    tidy,
)
from edi.documents.heading import (
    Heading,
    add_currency,
    carried_parties,
    carried_references,
    read_heading,
)
from edi.documents.invoice import Invoice, InvoiceLine
from edi.documents.reading import Reading, ReadResult, View, every, first, loops, split
from edi.documents.structure import INVOICE_LOOPS
from edi.documents.values import Charge, Tax, Terms, normalise
from edi.x12.segments import TransactionSet

__all__ = ["BuildOptions", "BuildRefused", "build", "carried", "read"]

MOST_LINE_TAXES = 10


def build(document: Invoice, options: BuildOptions | None = None) -> list[Seg]:
    """The segments between ST and SE. Raises BuildRefused with the reasons in words."""
    options = options or BuildOptions()
    draft = Draft(options)
    _check_due_dates(draft, document)
    invoice = carried(document, options)
    _check(draft, invoice)
    if invoice.kind == "credit_note" and invoice.total < 0 and options.credit_sign == "positive":
        invoice = _turned(invoice)
    _add_heading(draft, invoice)
    for line in invoice.lines:
        _add_line(draft, line, invoice.currency)
    draft.add("TDS", draft.n2(invoice.total, "total"))
    if len(invoice.taxes) > MOST_LINE_TAXES and options.version == "004010":
        draft.refuse(f"there are {len(invoice.taxes)} taxes; {MOST_LINE_TAXES} can be sent")
    terms.add_taxes(draft, invoice.taxes, invoice.currency)
    if invoice.line_total != _line_sum(invoice):
        draft.add("AMT", "1", draft.amount(invoice.line_total, "line total", invoice.currency))
    if invoice.tax_total != _tax_sum(invoice):
        draft.add("AMT", "T", draft.amount(invoice.tax_total, "tax total", invoice.currency))
    terms.add_charges(draft, invoice.charges)
    terms.add_rounding(draft, invoice.rounding)
    hashed = money.hash_total(line.quantity for line in invoice.lines) if options.hash_total else ""
    draft.add("CTT", str(len(invoice.lines)), hashed)
    return draft.finish()


def _check_due_dates(draft: Draft, invoice: Invoice) -> None:
    stated = invoice.terms.due_date if invoice.terms else None
    if stated and invoice.due_date and stated != invoice.due_date:
        draft.refuse(f"the invoice is due {invoice.due_date}, its terms say {stated}")


def _check(draft: Draft, invoice: Invoice) -> None:
    if not invoice.lines:
        draft.refuse("the invoice has no line")
    if invoice.kind == "credit_note" and invoice.total > 0:
        draft.refuse(f"the total of a credit note is {invoice.total}; it must not be positive")
    draft.check_unique(line.line_number for line in invoice.lines)
    allowed = draft.tolerance(invoice.currency)
    draft.adds_up(
        invoice.line_total, _line_sum(invoice), "the line total is not the sum of the lines' amounts", allowed=allowed
    )
    draft.adds_up(invoice.tax_total, _tax_sum(invoice), "the tax total is not the sum of the taxes", allowed=allowed)
    on_lines = tuple(tax for line in invoice.lines for tax in line.taxes)
    if on_lines and invoice.taxes:
        draft.adds_up(
            _tax_sum(invoice),
            sum((tax.amount for tax in on_lines), Decimal(0)),
            "the taxes are not the sum of the lines' taxes",
            allowed=draft.tolerance(invoice.currency, rounded=len(on_lines)),
        )
    draft.adds_up(
        invoice.total,
        _line_sum(invoice) + money.net_charges(invoice.charges) + _tax_sum(invoice) + invoice.rounding,
        "the total is not lines + charges - allowances + tax + rounding",
        allowed=allowed,
    )


def _line_sum(invoice: Invoice) -> Decimal:
    return sum((line.amount for line in invoice.lines), Decimal(0))


def _tax_sum(invoice: Invoice) -> Decimal:
    """The taxes of the whole invoice; where there are none, those of its lines."""
    taxes = invoice.taxes or tuple(tax for line in invoice.lines for tax in line.taxes)
    return sum((tax.amount for tax in taxes), Decimal(0))


def _add_heading(draft: Draft, invoice: Invoice) -> None:
    kind, purpose = codes.INVOICE_KINDS[invoice.kind], codes.PURPOSES[invoice.purpose]
    order = (as_date(invoice.order_date), invoice.order_number)
    draft.add("BIG", as_date(invoice.date), invoice.number, *order, "", "", kind, purpose)
    notes.add_nte(draft, invoice.notes)
    add_currency(draft, "SE", invoice.currency)
    if len(invoice.references) + bool(invoice.ledger_number) > parties.MOST_REFERENCES:
        draft.refuse(f"there are more than {parties.MOST_REFERENCES} references")
    if invoice.ledger_number:
        draft.add("REF", "VV", invoice.ledger_number, at="ledger number")
    parties.add_references(draft, invoice.references)
    for party in invoice.parties:
        parties.add_party(draft, party)
    if invoice.due_date:
        terms.add_terms(draft, msgspec.structs.replace(invoice.terms or Terms(), due_date=invoice.due_date))
    else:
        terms.add_terms(draft, invoice.terms)


def _add_line(draft: Draft, line: InvoiceLine, currency: str) -> None:
    at = line_name(line.line_number, line.description)
    computed = _line_amount(line.quantity, line.unit_price, line.charges, currency)
    _check_amount(draft, line, currency, at=at)
    if len(line.item_ids) > 10:
        draft.refuse(f"it has {len(line.item_ids)} item numbers; 10 can be sent", at=at)
    if len(line.taxes) > MOST_LINE_TAXES and draft.options.version == "004010":
        draft.refuse(f"it has {len(line.taxes)} taxes; {MOST_LINE_TAXES} can be sent", at=at)
    if not line.line_number:
        draft.refuse("line number is missing", at=at)
    pairs = item_pairs(line.item_ids[:10], draft.options)
    unit = draft.unit(line.unit, at=at)
    draft.add("IT1", line.line_number, money.as_r(line.quantity), unit, money.as_r(line.unit_price), "", *pairs, at=at)
    terms.add_taxes(draft, line.taxes, currency, at=at)
    if line.amount != computed:
        draft.add("PAM", "", "", "", "1", draft.amount(line.amount, "amount", currency, at=at), at=at)
    notes.add_description(draft, line.description, at=at)
    for qualifier, value, further in (
        ("PO", line.order_number, ""),
        ("FJ", line.order_line, ""),
        ("RV", line.receipt_number, line.receipt_line),
    ):
        if value or further:
            draft.add("REF", qualifier, value, further, at=at)
    terms.add_charges(draft, line.charges, at=at)


def _check_amount(draft: Draft, line: InvoiceLine, currency: str, *, at: str) -> None:
    """Refuse an amount that is not quantity times price with charges and allowances, but for the rounding of each."""
    allowed = draft.tolerance(currency, rounded=1 + len(line.charges))
    exact = line.quantity * line.unit_price + money.net_charges(line.charges)
    if abs(line.amount - exact) > allowed:
        parts = f"{money.as_r(line.quantity)} times {money.as_r(line.unit_price)}"
        parts += ", with its charges and allowances," if line.charges else ""
        draft.refuse(f"amount {line.amount} is not {parts} which make {money.as_r(exact)}", at=at)


def _line_amount(quantity: Decimal, price: Decimal, charges: Sequence[Charge], currency: str) -> Decimal:
    return money.rounded(quantity * price, currency) + money.net_charges(charges)


def _turned(invoice: Invoice) -> Invoice:
    """The invoice with the opposite sign throughout."""
    return msgspec.structs.replace(
        invoice,
        lines=tuple(
            msgspec.structs.replace(
                line,
                quantity=-line.quantity,
                amount=-line.amount,
                taxes=tuple(_turned_tax(t) for t in line.taxes),
                charges=tuple(_turned_charge(c) for c in line.charges),
            )
            for line in invoice.lines
        ),
        taxes=tuple(_turned_tax(t) for t in invoice.taxes),
        charges=tuple(_turned_charge(c) for c in invoice.charges),
        line_total=-invoice.line_total,
        tax_total=-invoice.tax_total,
        rounding=-invoice.rounding,
        total=-invoice.total,
    )


def _turned_tax(tax: Tax) -> Tax:
    return msgspec.structs.replace(tax, amount=-tax.amount, base=None if tax.base is None else -tax.base)


def _turned_charge(charge: Charge) -> Charge:
    return msgspec.structs.replace(charge, kind="charge" if charge.kind == "allowance" else "allowance")


def carried(document: Invoice, options: BuildOptions | None = None) -> Invoice:
    """The document as an 810 carries it: `read` of `build` gives exactly this."""
    options = options or BuildOptions()
    invoice = tidy(document)
    agreed = invoice.terms
    due_date = invoice.due_date or (agreed.due_date if agreed else None)
    taxes = terms.carried_taxes(invoice.taxes)
    if not taxes and invoice.tax_total and not any(line.taxes for line in invoice.lines):
        taxes = (Tax(amount=invoice.tax_total),)
    return msgspec.structs.replace(
        invoice,
        lines=tuple(_carried_line(line, options) for line in invoice.lines),
        due_date=due_date,
        terms=terms.carried_terms(msgspec.structs.replace(agreed, due_date=None)) if agreed else None,
        parties=carried_parties(invoice.parties, options),
        references=carried_references(invoice.references),
        taxes=taxes,
        charges=tuple(terms.carried_charge(c) for c in invoice.charges),
        notes=notes.carried_nte(invoice.notes),
    )


def _carried_line(line: InvoiceLine, options: BuildOptions) -> InvoiceLine:
    return msgspec.structs.replace(
        line,
        unit=units.from_x12(units.to_x12(line.unit, options.units)) or line.unit,
        item_ids=carried_items(line.item_ids, options),
        description=notes.carried_description(line.description),
        taxes=terms.carried_taxes(line.taxes),
        charges=tuple(terms.carried_charge(c) for c in line.charges),
        account="",
    )


def read(tset: TransactionSet) -> ReadResult[Invoice]:
    """The invoice that an 810 states, with what could not be read and what is left over."""
    reading = Reading(tset)
    big, tds = first(reading.views, "BIG"), first(reading.views, "TDS")
    if big is None:
        reading.missing("BIG", "invoice number")
        return reading.result(None)
    if tds is None:
        reading.missing("TDS", "total")
    before, rest = split(reading.views, ("IT1", "TDS"))
    head, inner = loops(before, INVOICE_LOOPS)
    summary = next((block for block in rest if block[0].tag == "TDS"), [])
    invoice = _read_invoice(big, head, read_heading(head, inner))
    found = [block for block in rest if block[0].tag == "IT1"]
    lines = tuple(_read_line(number, block, invoice.currency) for number, block in enumerate(found, start=1))
    invoice = _with_totals(msgspec.structs.replace(invoice, lines=lines), summary)
    if invoice.kind == "credit_note" and invoice.total > 0:
        invoice = _turned(invoice)
    return reading.result(invoice)


def _read_invoice(big: View, head: Sequence[View], heading: Heading) -> Invoice:
    agreed = heading.terms
    return Invoice(
        number=big.required(2, "invoice number"),
        date=big.required_date(1, "invoice date"),
        currency=heading.currency,
        lines=(),
        kind=big.word(7, codes.INVOICE_KINDS_READ, "invoice", "invoice type"),  # type: ignore[arg-type]
        purpose=big.purpose(8, codes.PURPOSES_READ),  # type: ignore[arg-type]
        ledger_number=parties.read_reference(head, ("VV",)),
        order_number=big.get(4),
        order_date=big.date(3, "order date"),
        due_date=agreed.due_date if agreed else None,
        parties=heading.parties,
        terms=terms.carried_terms(msgspec.structs.replace(agreed, due_date=None)) if agreed else None,
        references=heading.references,
        notes=notes.read_nte(head) + heading.notes,
        line_total=Decimal(0),
        total=Decimal(0),
    )


def _read_line(number: int, block: Sequence[View], currency: str) -> InvoiceLine:
    it1 = block[0]
    own, inner = loops(block[1:], INVOICE_LOOPS)
    quantity, price = it1.number(2, "quantity") or Decimal(0), it1.price(4) or Decimal(0)
    charges = terms.read_charges([loop[0] for loop in inner])
    return InvoiceLine(
        line_number=it1.get(1) or str(number),
        quantity=quantity,
        unit=it1.unit(3),
        unit_price=price,
        amount=_read_line_amount(own, _line_amount(quantity, price, charges, currency)),
        item_ids=it1.items(6, apart=("PO", "PL")),
        description=notes.read_description(own),
        order_number=parties.read_reference(own, ("PO",)) or it1.item_number(6, "PO"),
        order_line=parties.read_reference(own, ("FJ",)) or it1.item_number(6, "PL"),
        receipt_number=parties.read_reference(own, ("RV",)),
        receipt_line=parties.read_reference(own, ("RV",), 3),
        taxes=terms.read_taxes(own),
        charges=charges,
    )


def _read_line_amount(own: Sequence[View], computed: Decimal) -> Decimal:
    """The amount that PAM states, otherwise the computed one."""
    pam = next((v for v in every(own, "PAM") if v.peek(4) == "1"), None)
    if pam is None:
        return normalise(computed)
    pam.get(4)
    stated = pam.number(5, "amount")
    return computed if stated is None else stated


def _with_totals(invoice: Invoice, summary: Sequence[View]) -> Invoice:
    """The invoice with its taxes, charges and totals: as stated, otherwise computed from what is there."""
    for ctt in every(summary, "CTT"):
        ctt.use_all()
    own, inner = loops(summary, INVOICE_LOOPS)
    stated = [loop[0] for loop in inner]
    rounding = terms.read_rounding(stated)
    charges = terms.read_charges([view for view in stated if not terms.is_rounding(view)])
    invoice = msgspec.structs.replace(invoice, taxes=terms.read_taxes(own), charges=charges, rounding=rounding)
    line_total, tax_total = terms.read_amount(own, "1"), terms.read_amount(own, "T")
    line_total = _line_sum(invoice) if line_total is None else line_total
    tax_total = _tax_sum(invoice) if tax_total is None else tax_total
    total = summary[0].n2(1, "total") if summary else None
    computed = line_total + money.net_charges(charges) + tax_total + rounding
    return msgspec.structs.replace(
        invoice,
        line_total=normalise(line_total),
        tax_total=normalise(tax_total),
        total=normalise(computed if total is None else total),
    )
