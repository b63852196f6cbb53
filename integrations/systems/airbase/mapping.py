"""Our values as Airbase's rows, and its entries as payments. Pure.

Amounts are decimal strings: a JSON number would be a float on its way.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from edi.documents.invoice import Invoice
from edi.documents.purchase_order import PurchaseOrder
from edi.documents.values import Value, normalise
from integrations.documents import Supplier
from integrations.systems.adding_up import must_add_up
from integrations.systems.airbase import wire
from integrations.systems.contract import Unmappable

Row = dict[str, Any]
FOUR = Decimal("0.0001")
HOLD_PAYMENTS = "HoldPayments"
"""Status of a supplier in our books that can be ordered from and must not be paid."""
SETTLED = "Paid or settled in Visma.net"
"""Description of the line by which a bill is lower than its invoice."""


class PaidBill(Value, frozen=True, kw_only=True):
    """A bill that a payment pays."""

    airbase_id: str
    reference: str
    """Its key in our books, when it was sent from there; else ""."""
    invoice_number: str
    amount: Decimal
    """What is paid of it."""
    coding: tuple[Coding, ...] = ()
    total: Decimal | None = None
    """What it comes to; None when Airbase shows no more of it than its id."""
    date: dt.date | None = None
    currency: str = ""


class Coding(Value, frozen=True, kw_only=True):
    """To what a line of a bill was coded when it was approved."""

    line_number: int
    account: str
    """"" for a line that is not coded."""
    tags: tuple[str, ...] = ()
    amount: Decimal = Decimal(0)
    description: str = ""


class ApprovedPayment(Value, frozen=True, kw_only=True):
    """A payment that was approved in Airbase."""

    airbase_id: str
    kind: str
    status: str
    vendor_id: str
    vendor_name: str
    supplier: str
    """The vendor's number in our books; "" for one that is not linked."""
    date: dt.date
    amount: Decimal
    currency: str
    bank_account: str
    """Number of the cash account in our books; "" when it is not said."""
    settled: Decimal | None = None
    """What left the account, where Airbase says it."""
    settled_in: str = ""
    """In which currency."""
    branch: str
    bills: tuple[PaidBill, ...] = ()
    notes: str = ""


class NewVendor(Value, frozen=True, kw_only=True):
    """A vendor that was made in Airbase."""

    airbase_id: str
    name: str
    tax_id: str = ""
    email: str = ""


def new_vendor(raw: bytes) -> NewVendor:
    """Raises Unmappable for a vendor without a name."""
    try:
        said = msgspec.json.decode(raw, type=wire.Vendor, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unmappable(f"A vendor of Airbase cannot be read: {error}.") from error
    if not (said.name or "").strip():
        raise Unmappable(f"Vendor {said.own_id} of Airbase has no name.", remedy="Name it in Airbase.", field="name")
    return NewVendor(
        airbase_id=said.own_id, name=(said.name or "").strip(), tax_id=said.tax_id or "", email=said.email or ""
    )


def plain(number: str) -> str:
    """A VAT or organisation number without spaces and signs, as it is compared."""
    return re.sub(r"[^0-9A-Z]", "", number.upper())


def vendor(supplier: Supplier, *, subsidiaries: Sequence[str] = ()) -> Row:
    """A supplier, of the subsidiaries with these references. Names alone are known to be taken; tax id and e-mail are
    sent because the brief's API has them. One that is not to be paid is not active: orders may still go to it, but
    Airbase is where payments begin."""
    active = supplier.active and supplier.status != HOLD_PAYMENTS
    row: Row = {"erp_reference_id": supplier.number, "name": supplier.name, "is_active": active}
    tax_id = supplier.vat_number or supplier.organisation_number
    if tax_id:
        row["tax_id"] = tax_id
    if supplier.contact is not None and supplier.contact.email:
        row["email"] = supplier.contact.email
    if subsidiaries:
        row["subsidiary_reference_ids"] = [{"erp_reference_id": one} for one in subsidiaries]
    return row


def account(*, number: str, name: str, kind: str, active: bool, currency: str = "") -> Row:
    row: Row = {
        "erp_reference_id": number,
        "account_number": number,
        "name": name or number,
        "type": kind,
        "category": "",
        "is_active": active,
    }
    return {**row, "erp_currency_reference_id": currency} if currency else row


def tag(*, reference: str, name: str, label: str, active: bool) -> Row:
    return {"erp_reference_id": reference, "name": name, "type_label": label, "is_active": active}


def tag_reference(segment: int, value: str) -> str:
    """How a value of a segment is called at Airbase: `1:100`. Values are unique within their segment only."""
    return f"{segment}:{value}"


def bill(
    invoice: Invoice,
    *,
    reference: str,
    vendor_number: str,
    tags: dict[str, tuple[str, ...]],
    settled: Decimal = Decimal(0),
) -> Row:
    """An invoice. A credit note keeps its sign. `reference` is its key in our books; `tags` the dimensions by line;
    `settled` what was paid of it without Airbase, without sign: it is not to be paid again.

    What is no line (charges, tax, rounding, what is settled) is a line of its own, so that lines add up to what is to
    be paid. Raises Unmappable where they do not in our books.
    """
    must_add_up(invoice)
    settled = -settled if invoice.total < 0 else settled
    numbers = _line_numbers(invoice)
    lines = [
        {
            "line_number": n,
            "description": line.description or f"Line {line.line_number}",
            "amount": _decimal(line.amount),
            **({"account": {"erp_reference_id": line.account}} if line.account else {}),
            "tags": [{"erp_reference_id": t} for t in tags.get(line.line_number, ())],
        }
        for n, line in zip(numbers, invoice.lines, strict=True)
    ]
    last = max(numbers, default=0)
    rest = {"VAT": invoice.tax_total, "Rounding": invoice.rounding}
    stated = sum((line.amount for line in invoice.lines), Decimal(0)) + sum(rest.values(), Decimal(0))
    rest["Charges and discounts"] = invoice.total - stated
    rest[SETTLED] = -settled
    for description, amount in rest.items():
        if amount:
            last += 1
            lines.append({"line_number": last, "description": description, "amount": _decimal(amount), "tags": []})
    return {
        "erp_reference_id": reference,
        "vendor": {"erp_reference_id": vendor_number},
        "invoice_number": invoice.number,
        "entry_date": _moment(invoice.date),
        **({"due_date": _moment(invoice.due_date)} if invoice.due_date else {}),
        "currency": {"iso_code": invoice.currency},
        "total_amount": _decimal(invoice.total - settled),
        "expense_list": lines,
        **({"purchase_order": {"erp_reference_id": invoice.order_number}} if invoice.order_number else {}),
    }


def _line_numbers(invoice: Invoice) -> list[int]:
    """The numbers of the lines in our books, by which their coding comes back; their places where these are none."""
    numbers = [int(line.line_number) for line in invoice.lines if line.line_number.isdecimal()]
    places = list(range(1, len(invoice.lines) + 1))
    return numbers if len(set(numbers)) == len(places) else places


def closed(reference: str) -> Row:
    """A bill or order that was cancelled or voided in our books."""
    return {"erp_reference_id": reference, "status": "closed"}


def purchase_order(
    order: PurchaseOrder, *, reference: str, vendor_number: str, received: dict[str, Decimal], done: bool
) -> Row:
    """An order with what was received of each line. `done`: nothing more will come."""
    return {
        "erp_reference_id": reference,
        "vendor": {"erp_reference_id": vendor_number},
        "number": order.number,
        "entry_date": _moment(order.date),
        "currency": {"iso_code": order.currency},
        "total_amount": _decimal(order.total),
        "status": "closed" if done else "open",
        "line_items": [
            {
                "line_number": n,
                "description": line.description or f"Line {line.line_number}",
                "quantity": _decimal(line.quantity),
                "unit": line.unit,
                "unit_price": _decimal(line.unit_price),
                "amount": _decimal(line.amount),
                "received_quantity": _decimal(received.get(line.line_number, Decimal(0))),
            }
            for n, line in enumerate(order.lines, 1)
        ],
    }


class EntryHead(Value, frozen=True, kw_only=True):
    """What an entry is, whatever else it says."""

    airbase_id: str
    kind: str
    status: str
    amount: str
    applied_to: tuple[str, ...] = ()
    """Ids of the entries that it is applied to."""


def entry_head(raw: bytes) -> EntryHead:
    """Raises Unmappable for what is no entry at all."""
    entry = _captured(raw).payment
    return EntryHead(
        airbase_id=entry.own_id,
        kind=entry.type or "",
        status=entry.status or "",
        amount=f"{entry.total_amount or ''} {entry.currency.code if entry.currency else ''}".strip(),
        applied_to=tuple(a.own_id for a in entry.applied_to or ()),
    )


def _captured(raw: bytes) -> wire.Payment:
    try:
        return msgspec.json.decode(raw, type=wire.Payment, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unmappable(f"A payment of Airbase cannot be read: {error}.") from error


def payment(raw: bytes) -> ApprovedPayment:
    """A captured payment. Raises Unmappable naming the member that cannot be read."""
    said = _captured(raw)
    entry = said.payment
    bills = {b.own_id: b for b in said.bills}
    vendor_row = entry.vendor
    if vendor_row is None:
        raise Unmappable(
            f"Payment {entry.own_id} of Airbase names no vendor.",
            remedy="Book it by hand, and mark it as synced in Airbase.",
            field="vendor",
        )
    total = _amount(entry.total_amount, "total_amount", entry.own_id)
    applied = entry.applied_to or ()
    return ApprovedPayment(
        airbase_id=entry.own_id,
        kind=entry.type or "",
        status=entry.status or "",
        vendor_id=vendor_row.own_id,
        vendor_name=vendor_row.name or "",
        supplier="" if _is_own(vendor_row) else vendor_row.reference,
        date=_day(entry.payment_entry_date or entry.entry_date, entry.own_id),
        amount=total,
        currency=entry.currency.code if entry.currency else "",
        bank_account=entry.bank_account.reference if entry.bank_account else "",
        **_settlement(entry),
        branch=entry.subsidiary.reference if entry.subsidiary else "",
        bills=tuple(_paid(a, bills.get(a.own_id), total if len(applied) == 1 else None, entry) for a in applied),
        notes=entry.notes or "",
    )


def _settlement(entry: wire.Entry) -> dict[str, Any]:
    said = entry.amounts.settlement_amount if entry.amounts is not None else None
    if said is None or said.currency is None or not said.currency.code:
        return {}
    settled = _amount(said.amount, "settlement_amount", entry.own_id)
    return {"settled": abs(settled), "settled_in": said.currency.code}


def _paid(applied: wire.Applied, bill_row: wire.Entry | None, whole: Decimal | None, entry: wire.Entry) -> PaidBill:
    """One bill of a payment, with what is paid of it in its own currency. Where Airbase does not say how much of
    several it pays, each is taken whole; so is one that is paid in another currency."""
    if applied.amount is not None:
        amount = _amount(applied.amount, "applied_to.amount", entry.own_id)
    elif whole is not None and not _in_other_currency(entry, bill_row):
        amount = whole
    elif bill_row is not None:
        amount = _amount(bill_row.total_amount, "total_amount of a bill", entry.own_id)
    else:
        raise Unmappable(
            f"Payment {entry.own_id} of Airbase pays several bills and does not say how much of each.",
            remedy="Book it by hand, and mark it as synced in Airbase.",
            field="applied_to",
        )
    lines = (bill_row.expense_list or ()) if bill_row is not None else ()
    return PaidBill(
        airbase_id=applied.own_id,
        reference=applied.reference or (bill_row.reference if bill_row is not None else ""),
        invoice_number=(bill_row.invoice_number or "") if bill_row is not None else (entry.invoice_number or ""),
        amount=amount,
        coding=tuple(
            Coding(
                line_number=line.line_number or n,
                account=line.account.reference if line.account is not None else "",
                tags=tuple(t.reference for t in line.tags or () if t.reference),
                amount=_amount(line.amount or "0", "expense_list.amount", entry.own_id),
                description=line.description or "",
            )
            for n, line in enumerate(lines, 1)
        ),
        total=_amount(bill_row.total_amount, "total_amount of a bill", entry.own_id) if bill_row is not None else None,
        date=_day(bill_row.entry_date, entry.own_id) if bill_row is not None and bill_row.entry_date else None,
        currency=bill_row.currency.code if bill_row is not None and bill_row.currency else "",
    )


def _in_other_currency(entry: wire.Entry, bill_row: wire.Entry | None) -> bool:
    """Whether a payment's amounts are not those of the bill."""
    codes = {one.currency.code for one in (entry, bill_row) if one is not None and one.currency is not None}
    return len(codes - {""}) > 1


def _is_own(vendor_row: wire.Named) -> bool:
    """Whether the reference is Airbase's own id, which vendors born there have."""
    return vendor_row.reference == vendor_row.own_id or len(vendor_row.reference) == 36


def _amount(text: str | None, name: str, entry: str) -> Decimal:
    try:
        found = Decimal(text or "")
    except InvalidOperation as error:
        raise Unmappable(f"{name} of entry {entry} of Airbase is no amount: {text!r}.", field=name) from error
    if not found.is_finite():
        raise Unmappable(f"{name} of entry {entry} of Airbase is no amount: {text!r}.", field=name)
    return found


def _day(text: str | None, entry: str) -> dt.date:
    try:
        return dt.datetime.fromisoformat(text or "").date()
    except ValueError as error:
        raise Unmappable(f"The date of entry {entry} of Airbase is no date: {text!r}.", field="entry_date") from error


def _decimal(value: Decimal) -> str:
    """A decimal string as Airbase takes it: no exponent, at most four decimals. Prices may have more in our books; what
    counts is the amount of their line, which never has."""
    return format(normalise(value.quantize(FOUR)), "f")


def _moment(day: dt.date) -> str:
    """As entries have it: a date-time without zone."""
    return f"{day.isoformat()}T00:00:00"
