"""Visma.net ERP → Adobe Commerce: what became of an order's invoice, and supplier invoices of goods that were bought
for an order, as comments on the order that the shop's people see. Customers and purchase orders are compared; nothing
of them is written.

A shop has no supplier invoices. The order that one belongs to is found by its lines' purchase order, of which a field
(the supplier's reference, unless set otherwise) holds the number of the web order. Where that does not tell, a person
says so on the delivery's page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from edi.documents.values import digest
from integrations.flows.adobe_in.reading import CUSTOMER, PAIR, newest, shop_of
from integrations.flows.adobe_out.purchases import (
    NAMING,
    ORDER_FIELD,
    ORDER_FIELDS,
    ORDER_OF_PURCHASE,
    id_of,
    orders_of_purchases,
    web_number_of,
)
from integrations.flows.adobe_out.telling import ATTRIBUTES, Told, money, tell, told_as
from integrations.flows.contract import (
    Captured,
    Decision,
    FlowSpec,
    Job,
    Keep,
    Kept,
    Needs,
    Nothing,
    Prepared,
    Take,
)
from integrations.flows.status import by_status, status_settings
from integrations.flows.visma_documents import document_lane
from integrations.models import Link
from integrations.systems.adobe import attributes
from integrations.systems.adobe import mapping as shop
from integrations.systems.adobe import wire as shop_wire
from integrations.systems.contract import Setting, Unmappable
from integrations.systems.visma import mapping, vocabulary, wire, wire_sales
from integrations.systems.visma.mapping.parts import clean, decoded

SALES_STATUSES: dict[str, tuple[str, ...]] = {"leave": ("Open", "Closed"), "cancel": ("Voided",)}
EVERY = dt.timedelta(minutes=30)
PAYABLE_STATUSES: dict[str, tuple[str, ...]] = {"leave": ("Open", "Closed"), "cancel": ("Voided",)}


def _takes_all(record: Captured, settings: Mapping[str, Any]) -> Decision:
    return Take("send")


# --- Customer invoices


def _customer_invoice(job: Job) -> Prepared:
    """Status and balance of an order's invoice or credit note."""
    given = decoded(job.raw, wire_sales.CustomerInvoice, "customer invoice")
    order = _order_of_reference(job, (given.external_reference or "").strip())
    if not order:
        return Nothing("It is of no order of this shop.")
    if job.operation == "cancel" and job.last is None:
        return Nothing("It was voided before the shop was told of it.")
    number, status = clean(given.reference_number), clean(given.status)
    balance = money(given.balance_in_currency if given.balance_in_currency is not None else given.balance)
    total = money(given.amount_in_currency if given.amount_in_currency is not None else given.amount)
    what = "Credit note" if given.document_type == "CreditNote" else "Invoice"
    text = f"{what} {number} in Visma.net: {status}, {balance} of {total} {given.currency_id} is open."
    short = f"{status} {balance} of {total} {given.currency_id}"
    return tell(job, Told(order=order, about=f"ERP-AR visma:{number}", key=number, text=text, short=short))


def _order_of_reference(job: Job, reference: str) -> str:
    """Id of the order that a document was made of, by our stamp; "" for other documents."""
    instance, _, rest = reference.partition(":")
    if instance != shop_of(job).instance or not rest:
        return ""
    kind, _, number = rest.rpartition(":")
    if kind != "creditmemo":
        return number if number.isdecimal() else ""
    record = newest(job, "credit-memos", number)
    raw = record.payload.data if record is not None else None
    if raw is None:
        return ""
    memo = shop.decoded(bytes(raw), shop_wire.Refunded, "credit memo").memo
    return str(memo.order_id or "")


# --- Supplier invoices


def _supplier_invoice(job: Job) -> Prepared:
    """A supplier invoice of goods that were bought for an order of the shop. A new version is a new comment."""
    given = decoded(job.raw, wire.SupplierInvoice, "supplier invoice")
    numbers = list(dict.fromkeys(clean(line.po_number) for line in given.invoice_lines or () if clean(line.po_number)))
    if not numbers:
        return Nothing("It is tied to no purchase order.")
    if job.operation == "cancel" and job.last is None:
        return Nothing("It was voided before the shop was told of it.")
    name = f"{given.document_type}/{given.reference_number}"
    said = [
        f"{'Voided: s' if job.operation == 'cancel' else 'S'}upplier invoice {clean(given.supplier_reference) or name}",
        clean(given.supplier.name) if given.supplier else "",
        f"PO {', '.join(numbers)}",
        f"due {given.due_date[:10]}" if given.due_date else "",
        f"{money(given.amount)} {given.currency_id}",
        clean(given.status),
    ]
    text = ", ".join(part for part in said if part)
    short = f"{clean(given.status)} {money(given.amount)} {given.currency_id} PO {', '.join(numbers)}"
    told = Told(about=f"ERP-AP visma:{name}", key=name, text=text, short=short)
    try:
        orders, unknown = orders_of_purchases(job, numbers)
    except Needs:
        company = str(job.flow.settings.get("company") or "").strip()
        if not company or not attributes.there_are(shop_of(job), attributes.OF_COMPANIES):
            raise
        return tell(job, msgspec.structs.replace(told, company=company))
    return tell(job, msgspec.structs.replace(told, order=orders[0]), others=orders[1:], unknown=unknown)


# --- Purchase orders and customers: looked at, nothing is written


def _purchase_order(job: Job) -> Prepared:
    given = decoded(job.raw, wire.PurchaseOrder, "purchase order")
    field = str(job.flow.settings.get("order_field") or ORDER_FIELDS[0])
    web_number = web_number_of(job.raw, field)
    if not web_number:
        return Nothing(f"Its {field} names no order of the shop.")
    order = id_of(job, web_number)
    if not order:
        return Nothing(f"Its {field}, “{web_number}”, is no order of the shop that is known.")
    summary = f"Purchase order {clean(given.order_nbr)} is for order {web_number} of the shop (id {order})."
    told = Told(order=order, about=clean(given.order_nbr), text=summary)
    return Keep(digest=digest(told), what=summary, keep=lambda now: Kept(summary=summary))


def _customer(job: Job) -> Prepared:
    """How a customer of the books differs from the one of the shop that it is."""
    books = mapping.customer(job.raw)
    links = Link.objects.filter(integration=job.flow.integration, entity=CUSTOMER, target_id=books.number)
    source_id = links.values_list("source_id", flat=True).first()
    record = newest(job, "customers", source_id) if source_id is not None else None
    if record is None or record.payload.data is None:
        return Nothing("It is no customer of the shop.")
    try:
        there = shop.customer(bytes(record.payload.data))
    except Unmappable as error:
        return Nothing(error.sentence)
    email = books.contact.email if books.contact is not None else ""
    pairs = (
        ("name", books.name, there.name),
        ("e-mail", email.lower(), there.email.lower()),
        ("VAT number", books.vat_number, there.vat_number),
        ("city", books.address.city if books.address else "", there.address.city if there.address else ""),
        ("country", books.address.country if books.address else "", there.country),
    )
    different = [
        f"{name}: “{ours}” here, “{theirs}” there" for name, ours, theirs in pairs if theirs and ours != theirs
    ]
    said = "; ".join(different) or "both say the same"
    summary = f"Customer {books.number} is {there.email or there.customer_id} in the shop: {said}."
    told = Told(about=books.number, text=summary)
    if job.last is not None and job.last.digest == digest(told):
        return Nothing("Nothing new.")
    return Keep(digest=digest(told), what=summary, keep=lambda now: Kept(summary=summary[:500]))


FLOWS = (
    FlowSpec(
        pair=PAIR,
        key="customer-invoices",
        label="Customer invoices → comments on orders",
        entity="customer-invoice",
        source="books",
        feed="customer-invoices",
        sink="order-comments",
        rank=80,
        one_to_one=False,
        settings=(
            *status_settings(**SALES_STATUSES, among=vocabulary.CUSTOMER_INVOICE_STATUSES),
            *told_as(ATTRIBUTES["customer-invoices"]),
        ),
        interval=EVERY,
        accepts=by_status(**SALES_STATUSES),
        lane=document_lane("customer-invoice"),
        prepare=_customer_invoice,
    ),
    FlowSpec(
        pair=PAIR,
        key="supplier-invoices",
        label="Supplier invoices of purchase orders → comments on orders",
        entity="supplier-invoice",
        source="books",
        feed="supplier-invoices",
        sink="order-comments",
        rank=80,
        one_to_one=False,
        settings=(
            *status_settings(**PAYABLE_STATUSES, among=vocabulary.SUPPLIER_INVOICE_STATUSES),
            ORDER_FIELD,
            Setting(
                name="orders_of_purchases",
                label="Web orders of purchase orders",
                kind="json",
                default={},
                shape=dict[str, str],
                help='Where no field says it, as {"500012": "000000042"}.',
            ),
            *told_as(ATTRIBUTES["supplier-invoices"]),
            Setting(
                name="company",
                label="Company for those of no known order",
                help="Its id in the shop (B2B): what belongs to no order that is known is then an entry of a custom "
                f"attribute of this company, where there is the module {attributes.OF_COMPANIES}. Empty: it waits, as "
                "an issue, until a person says which order it is.",
            ),
            Setting(
                name="company_attribute",
                label="Code of the company's attribute",
                default=ATTRIBUTES["supplier-invoices"],
            ),
        ),
        names={ORDER_OF_PURCHASE: NAMING},
        interval=EVERY,
        accepts=by_status(**PAYABLE_STATUSES),
        lane=document_lane("supplier-invoice"),
        prepare=_supplier_invoice,
    ),
    FlowSpec(
        pair=PAIR,
        key="purchase-orders",
        label="Purchase orders, with the web order that they are for",
        entity="purchase-order",
        source="books",
        feed="purchase-orders",
        rank=40,
        settings=(ORDER_FIELD,),
        interval=EVERY,
        accepts=_takes_all,
        lane=document_lane("purchase-order"),
        prepare=_purchase_order,
    ),
    FlowSpec(
        pair=PAIR,
        key="visma-customers",
        label="Customers, compared with the shop's",
        entity="customer",
        source="books",
        feed="customers",
        rank=20,
        interval=EVERY,
        accepts=_takes_all,
        lane=document_lane("customer"),
        prepare=_customer,
    ),
)
