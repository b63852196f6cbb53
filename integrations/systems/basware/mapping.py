"""Our values as Basware's records. Pure.

Every record has an external code that we choose and that never changes: it is how Basware knows the record, so the same
record written again is the same record. Amounts are JSON numbers, written digit by digit from decimals.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from edi.documents.invoice import Invoice
from edi.documents.purchase_order import OrderLine, PurchaseOrder
from edi.documents.values import Address
from integrations.documents import PaidTo, Supplier
from integrations.systems.adding_up import must_add_up

Row = dict[str, Any]
CODE = 36
"""Longest external code."""
FOR_EVER = ("1900-01-01T00:00:00Z", "9999-12-31T00:00:00Z")
ENGLISH = "en-US"
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where records belong: the company in P2P, and what our books are called there."""

    company: str
    element: str
    source: str
    language: str = ENGLISH

    def code(self, *parts: str) -> str:
        """The external code of a record: readable where it is short enough, else its beginning and a hash of it all."""
        whole = "-".join((self.source, self.company, *parts))
        if len(whole) <= CODE:
            return whole
        return f"{whole[: CODE - 17]}-{hashlib.sha256(whole.encode()).hexdigest()[:16]}"


def encode(row: Row) -> bytes:
    """A record as it is sent: members in alphabetical order, decimals as numbers."""
    return _ENCODER.encode(row)


_ENCODER = msgspec.json.Encoder(order="sorted", decimal_format="number")


def _names(place: Place, name: str) -> list[Row]:
    languages = dict.fromkeys((ENGLISH, place.language))
    return [{"translation": name[:2000], "language": language} for language in languages]


def _companies(place: Place, *, active: bool, inherit: bool = True) -> list[Row]:
    entry: Row = {"companyCode": place.company, "active": active}
    return [{**entry, "inherit": True} if inherit else entry]


# --- Reference data


def account(place: Place, *, number: str, name: str, active: bool) -> Row:
    return {
        "externalCode": place.code("A", number),
        "accountCode": number,
        "accountNames": _names(place, name or number),
        "companies": _companies(place, active=active),
    }


def cost_center(place: Place, *, segment: int, value: str, name: str, active: bool) -> Row:
    return {
        "externalCode": place.code("D", str(segment), value),
        "costCenterCode": value,
        "costCenterNames": _names(place, name or value),
        "companies": _companies(place, active=active, inherit=False),
    }


def list_item(place: Place, *, segment: int, value: str, name: str, active: bool) -> Row:
    """A value of a segment that is no cost centre, as an entry of one of P2P's lists."""
    return {
        "externalCode": place.code("D", str(segment), value),
        "text_1": value,
        "text_2": name or value,
        "companies": _companies(place, active=active, inherit=False),
    }


def payment_term(
    place: Place, *, code: str, name: str, days: int | None, discount_days: int, discount_percent: Decimal
) -> Row:
    row: Row = {
        "externalCode": place.code("T", code),
        "paymentTermCode": code,
        "paymentTermNames": _names(place, name or code),
        "validFrom": FOR_EVER[0],
        "validTo": FOR_EVER[1],
        "companies": _companies(place, active=True),
    }
    if days is not None:
        row["dueDateDays"] = days
    if discount_percent:
        row |= {"cashDueDateDays": discount_days, "cashDiscount": discount_percent}
    return row


def tax_code(place: Place, *, code: str, name: str, percent: Decimal, active: bool) -> Row:
    return {
        "externalCode": place.code("V", code),
        "taxCode": code,
        "taxCodeNames": _names(place, name or code),
        "taxPercentage": percent,
        "companies": _companies(place, active=active),
    }


# --- Vendors


def vendor(
    place: Place,
    supplier: Supplier,
    *,
    paid_to: PaidTo | None = None,
    term: str = "",
    term_name: str = "",
    paid: bool = True,
) -> Row:
    """A supplier. The whole record is written each time: what is left out is gone at Basware."""
    means = paid_to or PaidTo(accounts=(supplier.bank_account,) if supplier.bank_account else ())
    code = place.code("S", supplier.number)
    row: Row = {
        "externalCode": code,
        "vendorCode": supplier.number,
        "name": supplier.name[:250],
        "sourceSystem": place.source,
        "identifiers": _identifiers(supplier),
        "addresses": _addresses(place, supplier, means),
        "processingStatus": {"active": supplier.active, "paymentDenied": not paid},
        "companies": [{"companyCode": place.company, "inheritToChildUnits": True}],
    }
    if supplier.contact is not None and (supplier.contact.name or supplier.contact.email or supplier.contact.phone):
        contact: Row = {"name": (supplier.contact.name or supplier.name)[:200], "role": "PrimaryContact"}
        if supplier.contact.email:
            contact["email"] = supplier.contact.email[:200]
        if supplier.contact.phone:
            contact["telephone"] = supplier.contact.phone[:50]
        row["contacts"] = [contact]
    if means.accounts:
        row["paymentMeans"] = [_payment_means(supplier, means)]
    if term:
        row["paymentTerms"] = {"paymentTermCode": term[:25], **({"description": term_name[:200]} if term_name else {})}
    return row


def _identifiers(supplier: Supplier) -> list[Row]:
    found = [("VAT", supplier.vat_number), ("OrganizationNumber", supplier.organisation_number)]
    stated = [(scheme, value) for scheme, value in found if value]
    return [
        {"id": value[:36], "schemeId": scheme, "defaultPartyId": n == 0} for n, (scheme, value) in enumerate(stated)
    ]


def _addresses(place: Place, supplier: Supplier, means: PaidTo) -> list[Row]:
    """Each under a code of its own, that says what it is for."""
    kinds = (("P", "PostalAddress", supplier.address), ("R", "RemittanceAddress", means.address))
    return [_address(place, supplier, address, *kind) for *kind, address in kinds if address is not None]


def _address(place: Place, supplier: Supplier, address: Address, letter: str, kind: str) -> Row:
    row: Row = {
        "externalCode": place.code("S", supplier.number, letter),
        "name": supplier.name[:200],
        "addressType": kind,
        "default": letter == "P",
    }
    for n, line in enumerate(address.lines[:3], 1):
        row[f"addressLine{n}"] = line[:200]
    given = {
        "streetName": address.lines[0][:50] if address.lines else "",
        "cityName": address.city[:50],
        "postalZone": address.postal_code[:50],
        "countrySubEntity": address.region[:50],
        "countryId": address.country if len(address.country) == 2 else "",
    }
    return row | {name: value for name, value in given.items() if value}


def _payment_means(supplier: Supplier, means: PaidTo) -> Row:
    """All accounts, the first one as the default."""
    accounts = [_account(account, means, default=n == 0) for n, account in enumerate(means.accounts)]
    row: Row = {"paymentMeansCode": "BANK", "default": True, "financialAccounts": accounts}
    return {**row, "currencyCode": supplier.currency} if supplier.currency else row


def _account(stated: str, means: PaidTo, *, default: bool) -> Row:
    number = re.sub(r"[\s.]", "", stated).upper()
    is_iban = _IBAN.fullmatch(number) is not None
    identifier = {
        "schemeId": "IBAN" if is_iban else "BBAN",
        "id": (number if is_iban else stated.strip())[:50],
        "default": default,
    }
    row: Row = {"financialAccountIdentifiers": [identifier]}
    if not is_iban or not means.bic:
        return row
    institution = {"name": (means.bank or means.bic)[:250], "id": means.bic, "schemeId": "BIC"}
    return {**row, "financialInstitution": institution}


# --- Purchase orders


def order(place: Place, given: PurchaseOrder, *, vendor_number: str, done: bool, term: str = "") -> Row:
    """The header of an order for matching. P2P shows the order as soon as it has lines."""
    supplier = given.party("supplier")
    row: Row = {
        "externalCode": place.code("O", given.number),
        "orderNumber": given.number,
        "sourceSystem": place.source,
        "companyCode": place.company,
        "organizationElementCode": place.element,
        "currencyCode": given.currency,
        "supplierCode": vendor_number,
        "created": _moment(given.date),
        "isClosed": done,
    }
    optional = {
        "supplierName": (supplier.name if supplier else "")[:250],
        "description": " / ".join(given.notes)[:1000],
        "requestedDeliveryDate": _moment(given.requested_date) if given.requested_date else "",
        "paymentTermCode": term[:25],
    }
    return row | {name: value for name, value in optional.items() if value}


class Coding(msgspec.Struct, frozen=True, kw_only=True):
    """What a line of an order is booked to; empty what is not known."""

    account: str = ""
    cost_center: str = ""
    tax_code: str = ""
    dimensions: Mapping[int, str] = {}
    """Values of other segments, by the number of P2P's dimension (1 to 10) that they go to."""


def order_lines(
    place: Place, given: PurchaseOrder, *, done: frozenset[str], coding: Mapping[str, Coding] | None = None
) -> list[Row]:
    """The lines of an order. A line without quantity cannot be matched and is left out; `done` holds those of which
    nothing more will come, `coding` what lines are booked to, by their numbers."""
    known = coding or {}
    return [
        _line(place, given, line, sort=n, done=line.line_number in done)
        | _coded(place, given, line, known.get(line.line_number))
        for n, line in enumerate(given.lines, 1)
        if line.quantity > 0
    ]


def _line(place: Place, given: PurchaseOrder, line: OrderLine, *, sort: int, done: bool) -> Row:
    article = next((i.value for i in line.item_ids if i.scheme == "supplier"), "")
    own = next((i.value for i in line.item_ids if i.scheme == "buyer"), "")
    row: Row = {
        "externalCode": line_code(place, given.number, line.line_number),
        "orderExternalCode": place.code("O", given.number),
        "lineNumber": line.line_number,
        "sortNumber": sort,
        "quantity": line.quantity,
        "matchingMode": "Standard",
        "netPrice": line.unit_price,
        "netSum": line.amount,
        "currencyCode": given.currency,
        "isClosed": done,
        "isDeleted": line.cancelled,
    }
    optional = {
        "uom": line.unit[:25],
        "description": line.description[:1000],
        "productCode": article[:250],
        "buyerProductCode": own[:250],
        "requestedDeliveryDate": _moment(line.requested_date) if line.requested_date else "",
    }
    return row | {name: value for name, value in optional.items() if value}


def _coded(place: Place, given: PurchaseOrder, line: OrderLine, coding: Coding | None) -> Row:
    """The members of a line that say what it is booked to: one row of coding for all of it."""
    if coding is None:
        return {}
    row: Row = {"taxCode": coding.tax_code[:25]} if coding.tax_code else {}
    booked = {"accountCode": coding.account[:25], "costCenterCode": coding.cost_center[:25]}
    booked |= {f"dimCode{number}": value[:100] for number, value in sorted(coding.dimensions.items())}
    booked = {name: value for name, value in booked.items() if value}
    if booked:
        row["orderLineCoding"] = [
            {
                "externalCode": place.code("C", given.number, line.line_number),
                "rowIndex": 1,
                "allocatedQuantity": line.quantity,
                "netTotal": line.amount,
                **row,
                **booked,
            }
        ]
    return row


def line_code(place: Place, order_number: str, line_number: str) -> str:
    return place.code("O", order_number, line_number)


def goods_receipt(
    place: Place, *, number: str, line_number: str, quantity: Decimal, day: dt.date, delivery_note: str
) -> Row:
    """What was received of one order line by one line of a receipt; a return has a negative quantity."""
    row: Row = {
        "externalCode": place.code("R", number, line_number),
        "goodsReceiptNumber": number,
        "goodsReceiptLineNumber": line_number,
        "quantity": quantity,
        "deliveryDate": _moment(day),
        "isDeleted": False,
    }
    return {**row, "deliveryNoteNumber": delivery_note[:250]} if delivery_note else row


# --- Invoices


def invoice_id(place: Place, reference: str) -> str:
    """The bumId of an invoice: ours, and for ever the same."""
    return place.code("I", reference.replace("/", "-"))


def invoice(place: Place, given: Invoice, *, bum_id: str, vendor_number: str) -> Row:
    """An invoice for the intake. Which members Basware's Network takes is not public; these are our own, by the names
    of its accounting documents where those have one. A credit note keeps its sign. Raises Unmappable where its parts do
    not add up."""
    must_add_up(given)
    supplier = given.party("supplier")
    row: Row = {
        "externalCode": bum_id,
        "companyCode": place.company,
        "supplierCode": vendor_number,
        "supplierName": supplier.name if supplier else "",
        "invoiceNumber": given.number,
        "invoiceType": given.kind,
        "invoiceDate": given.date.isoformat(),
        "currencyCode": given.currency,
        "netSum": given.total - given.tax_total,
        "taxSum": given.tax_total,
        "grossSum": given.total,
        "ledgerNumber": given.ledger_number,
        "lines": [
            {
                "lineNumber": line.line_number,
                "description": line.description,
                "quantity": line.quantity,
                "unit": line.unit,
                "netPrice": line.unit_price,
                "netSum": line.amount,
                "accountCode": line.account,
                "orderNumber": line.order_number,
                "orderLineNumber": line.order_line,
            }
            for line in given.lines
        ],
    }
    orders = sorted({line.order_number for line in given.lines if line.order_number})
    if given.order_number and given.order_number not in orders:
        orders = [given.order_number, *orders]
    payment = next((r.value for r in given.references if r.kind == "payment"), "")
    optional = {
        "dueDate": given.due_date.isoformat() if given.due_date else "",
        "orderNumbers": orders,
        "referenceNumber": payment,
    }
    return row | {name: value for name, value in optional.items() if value}


def _moment(day: dt.date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
