"""A shop's orders, credit memos and customers as values. Pure. What they come to stands in `amounts`."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from edi.documents.money import rounded
from edi.documents.values import Address, Value, normalise
from integrations.systems.adobe import wire
from integrations.systems.adobe.amounts import (
    ZERO,
    ShopLine,
    in_cents,
    lines_of_the_rest,
    memo_lines,
    must_add_up,
    not_invoiced_total,
    order_lines,
    was_invoiced,
)
from integrations.systems.adobe.client import moment_of
from integrations.systems.contract import Unmappable

W = TypeVar("W", bound=wire.Wire)


UNPAID_STATUSES = frozenset({"pending", "pending_payment", "pending_paypal", "canceled"})
"""What Adobe calls orders that nobody paid, and cancelled ones. A status of a shop's own may mean anything."""


class Sale(Value, frozen=True, kw_only=True):
    """An order, or a credit memo: what it comes to, and for whom."""

    kind: Literal["order", "credit_memo"]
    entity_id: str
    """Of the order or of the credit memo."""
    number: str
    """The one that people see."""
    order_id: str
    order_number: str
    date: dt.date
    """Of the document in the books: the day it was made; of a cancelled order, the day it changed last."""
    currency: str
    total: Decimal
    lines: tuple[ShopLine, ...]
    customer_id: str = ""
    """Empty: a guest, or a customer whom the shop has no more."""
    email: str = ""
    name: str = ""
    company: str = ""
    vat_number: str = ""
    phone: str = ""
    address: Address | None = None
    """That bills go to."""
    shipping_country: str = ""
    """Where the goods go. Empty: nothing is shipped."""
    store_id: int = 0
    customer_group: int | None = None
    payment_method: str = ""
    purchase_order_number: str = ""
    replaces: str = ""
    """Id of the order that this one is an edition of."""
    cancelled: bool = False
    invoiced: bool = False
    """Of a cancelled order: that it was invoiced before, at least in part. Credit memos take that back."""
    cancelled_part: Decimal = Decimal(0)
    """Of an order that was invoiced in part, and the rest of it cancelled: what that rest comes to."""

    @property
    def country(self) -> str:
        """Of supply, whose VAT it is: where the goods go (Directive 2006/112/EC, articles 32 and 33); of an order of
        which nothing is shipped, where the bill goes. So shops reckon the tax, too, unless they are set otherwise."""
        return self.shipping_country or self.billing_country

    @property
    def billing_country(self) -> str:
        return self.address.country if self.address is not None else ""


class ShopCustomer(Value, frozen=True, kw_only=True):
    customer_id: str
    """Empty: a guest."""
    email: str
    name: str
    """The company, where there is one; else the person."""
    person: str = ""
    vat_number: str = ""
    phone: str = ""
    address: Address | None = None
    group_id: int | None = None

    @property
    def country(self) -> str:
        return self.address.country if self.address is not None else ""


class ShopInvoice(Value, frozen=True, kw_only=True):
    """An invoice that the shop made of an order: a reference for the books, which have the order's."""

    entity_id: str
    number: str
    order_id: str
    currency: str
    total: Decimal
    cancelled: bool


# --- Orders


def order(raw: bytes, *, zone: ZoneInfo) -> Sale:
    """The order. `zone` says on which day of the books it was made. Raises Unmappable where a member is missing that
    must be there, and where its rows do not come to its total."""
    given = decoded(raw, wire.Order, "order")
    return sale_of_order(given, zone=zone)


def sale_of_order(given: wire.Order, *, zone: ZoneInfo) -> Sale:
    name = f"Order {given.increment_id or given.entity_id or '?'}"
    currency = _text(given.order_currency_code, name, "order_currency_code").upper()
    total = _amount(given.grand_total, name, "grand_total")
    stated = tuple(order_lines(given))
    must_add_up(name, stated, total, currency)
    lines = in_cents(stated, currency)
    extension, parent = given.extension, str(given.relation_parent_id or "")
    cancelled = given.state == "canceled"
    invoiced = cancelled and was_invoiced(given)
    in_part = invoiced or (not cancelled and bool(given.total_canceled))
    company = extension.company_order_attributes
    billing = given.billing_address or wire.Address()
    person = (
        f"{given.customer_firstname or billing.firstname or ''} {given.customer_lastname or billing.lastname or ''}"
    )
    return Sale(
        kind="order",
        entity_id=_text(given.entity_id, name, "entity_id"),
        number=_text(given.increment_id, name, "increment_id"),
        order_id=str(given.entity_id),
        order_number=given.increment_id or "",
        # What takes a cancelled order back is of the day of that: the day of the order may be in a closed period.
        date=_day((given.updated_at if cancelled else None) or given.created_at, zone, name),
        currency=currency,
        total=normalise(rounded(total, currency)),
        lines=lines,
        customer_id="" if wire.is_guest(given) else str(given.customer_id),
        email=(given.customer_email or billing.email or "").strip(),
        name=" ".join(person.split()),
        company=(company.company_name or "" if isinstance(company, wire.CompanyOrder) else "")
        or (billing.company or "").strip(),
        vat_number=(given.customer_taxvat or billing.vat_id or "").strip(),
        phone=(billing.telephone or "").strip(),
        address=address_of(given.billing_address),
        shipping_country=_shipping_country(extension),
        store_id=given.store_id or 0,
        customer_group=given.customer_group_id,
        payment_method=(given.payment.method or "") if given.payment else "",
        purchase_order_number=(given.payment.po_number or "") if given.payment else "",
        replaces="" if parent == "0" else parent,
        cancelled=cancelled,
        invoiced=invoiced,
        cancelled_part=normalise(rounded(not_invoiced_total(given), currency) if in_part else ZERO),
    )


def cancelled_rest(raw: bytes, *, zone: ZoneInfo) -> Sale | None:
    """What was cancelled of an order after a part of it was invoiced, as a sale that was cancelled on that day; None
    where the shop does not say it to the cent, row by row. Raises Unmappable as `order`."""
    given = decoded(raw, wire.Order, "order")
    whole = sale_of_order(given, zone=zone)
    lines = in_cents(lines_of_the_rest(given), whole.currency) if whole.cancelled_part else ()
    if not lines:
        return None
    day = _day(given.updated_at or given.created_at, zone, f"Order {whole.number}")
    total = whole.cancelled_part
    return msgspec.structs.replace(
        whole, date=day, total=total, lines=lines, replaces="", cancelled=True, invoiced=False, cancelled_part=ZERO
    )


def as_placed(raw: bytes, *, zone: ZoneInfo) -> Sale:
    """The order as it was before anything of it was cancelled. Raises Unmappable as `order`."""
    given = decoded(raw, wire.Order, "order")
    sale = sale_of_order(given, zone=zone)
    day = _day(given.created_at, zone, f"Order {sale.number}")
    return msgspec.structs.replace(sale, date=day, cancelled=False, invoiced=False, cancelled_part=ZERO)


def day_of_change(raw: bytes, *, zone: ZoneInfo) -> dt.date:
    """On which day of the books an order had changed last. Raises Unmappable for what is no order."""
    given = decoded(raw, wire.Order, "order")
    return _day(given.updated_at or given.created_at, zone, f"Order {given.increment_id or '?'}")


def cancelled_rows(raw: bytes) -> str:
    """Of which rows of an order how many pieces were cancelled, as "3 of 4 A-001"; "" where it names none. Raises
    Unmappable for what is no order."""
    given = decoded(raw, wire.Order, "order")
    return ", ".join(
        f"{normalise(item.qty_canceled)} of {normalise(item.qty_ordered or ZERO)} {item.sku or item.name}"
        for item in given.items or ()
        if item.qty_canceled and item.parent_item_id is None
    )


class Times(Value, frozen=True, kw_only=True):
    """When the shop noted what of an order, or of a credit memo. None where it does not say."""

    placed: dt.datetime | None
    """The order."""
    made: dt.datetime | None
    """The record itself."""
    changed: dt.datetime | None
    """The order, the last time."""


def times_of_order(raw: bytes) -> Times:
    """Raises Unmappable for what is no order."""
    given = decoded(raw, wire.Head, "order")
    placed = moment_of(given.created_at)
    return Times(placed=placed, made=placed, changed=moment_of(given.updated_at))


def was_paid_for(raw: bytes) -> bool:
    """Whether an order shows that it ever was more than placed: something was authorised or paid, or its history has a
    status of after that. Raises Unmappable for what is no order."""
    given = decoded(raw, wire.Order, "order")
    payment = given.payment or wire.Payment()
    statuses = {entry.status for entry in given.status_histories or () if entry.status}
    return bool(given.total_paid or payment.amount_paid or payment.amount_authorized or statuses - UNPAID_STATUSES)


def times_of_credit_memo(raw: bytes) -> Times:
    """Raises Unmappable for what is no credit memo with its order."""
    given = decoded(raw, wire.Refunded, "credit memo")
    return Times(
        placed=moment_of(given.order.created_at),
        made=moment_of(given.memo.created_at),
        changed=moment_of(given.order.updated_at),
    )


def _shipping_country(said: wire.OrderExtension) -> str:
    """Empty for an order of which nothing is shipped: it has no shipping address, or one that says nothing."""
    for one in said.shipping_assignments or ():
        given = one.shipping.address if isinstance(one.shipping, wire.Shipping) else None
        address = address_of(given) if isinstance(given, wire.Address) else None
        if address is not None and address.country:
            return address.country
    return ""


# --- Credit memos


def credit_memo(raw: bytes, *, zone: ZoneInfo) -> Sale:
    """The credit memo with what its order knows of customer and rates; amounts are what is given back, so positive.
    What went to store credit is owed to the customer still: it is no part of the total, which leaves what is
    receivable, but a line below zero, as what was paid with store credit. Raises Unmappable as `order`, and where
    nobody can tell what went there."""
    given = decoded(raw, wire.Refunded, "credit memo")
    memo, whole = given.memo, given.order
    name = f"Credit memo {memo.increment_id or memo.entity_id or '?'}"
    of_order = sale_of_order(whole, zone=zone)
    currency = (memo.order_currency_code or of_order.currency).upper()
    total = _amount(memo.grand_total, name, "grand_total")
    stated = tuple(memo_lines(memo, whole))
    must_add_up(name, stated, total, currency)
    kept = rounded(_to_store_credit(given, name), currency)
    if kept:
        stated = (*stated, ShopLine(kind="store_credit", text="Refunded to store credit", net=-kept))
    lines = in_cents(stated, currency)
    return msgspec.structs.replace(
        of_order,
        kind="credit_memo",
        entity_id=_text(memo.entity_id, name, "entity_id"),
        number=memo.increment_id or str(memo.entity_id),
        date=_day(memo.created_at, zone, name),
        currency=currency,
        total=normalise(rounded(total, currency) - kept),
        lines=lines,
        replaces="",
        cancelled=memo.state == 3,
        invoiced=False,
        cancelled_part=ZERO,
    )


def _to_store_credit(given: wire.Refunded, name: str) -> Decimal:
    """What of a credit memo's money the customer has as store credit now."""
    found = given.to_store_credit
    if found is None:
        return ZERO
    if found.amount is None:
        raise Unmappable(
            f"{name} of Adobe Commerce does not say what of it went to the customer's store credit; its order has "
            f"several refunds, of which {given.order.extension.customer_balance_total_refunded} did.",
            remedy="See in the shop's administration what this one gave to store credit. Make the credit note by hand "
            "in Visma.net: its total is what was paid back otherwise; then dismiss this.",
            field="customer_balance_total_refunded",
        )
    return found.amount


# --- Invoices and customers


def invoice(raw: bytes) -> ShopInvoice:
    """Raises Unmappable for one without number or order."""
    given = decoded(raw, wire.Invoice, "invoice")
    name = f"Invoice {given.increment_id or given.entity_id or '?'}"
    return ShopInvoice(
        entity_id=_text(given.entity_id, name, "entity_id"),
        number=_text(given.increment_id, name, "increment_id"),
        order_id=_text(given.order_id, name, "order_id"),
        currency=(given.order_currency_code or "").upper(),
        total=normalise(given.grand_total or Decimal(0)),
        cancelled=given.state == 3,
    )


def customer(raw: bytes) -> ShopCustomer:
    """The customer, with the address that bills go to. Raises Unmappable for one without id or name."""
    given = decoded(raw, wire.Customer, "customer")
    name = f"Customer {given.email or given.id or '?'}"
    addresses = given.addresses or ()
    billing = next((a for a in addresses if a.default_billing), None)
    billing = billing or next(
        (a for a in addresses if given.default_billing and str(a.id) == given.default_billing), None
    )
    billing = billing or (addresses[0] if addresses else wire.Address())
    person = " ".join(f"{given.firstname or ''} {given.lastname or ''}".split())
    return ShopCustomer(
        customer_id=_text(given.id, name, "id"),
        email=(given.email or "").strip(),
        name=_text((billing.company or "").strip() or person, name, "lastname"),
        person=person,
        vat_number=(given.taxvat or billing.vat_id or "").strip(),
        phone=(billing.telephone or "").strip(),
        address=address_of(billing),
        group_id=given.group_id,
    )


def guest(sale: Sale) -> ShopCustomer:
    """The customer that a guest's order names. Raises Unmappable for one without e-mail: nothing else tells guests
    apart."""
    name = f"Order {sale.number}"
    return ShopCustomer(
        customer_id="",
        email=_text(sale.email, name, "customer_email"),
        name=_text(sale.company or sale.name, name, "customer_lastname"),
        person=sale.name,
        vat_number=sale.vat_number,
        phone=sale.phone,
        address=sale.address,
        group_id=sale.customer_group,
    )


def address_of(given: wire.Address | None) -> Address | None:
    if given is None:
        return None
    street = (given.street,) if isinstance(given.street, str) else given.street or ()
    region = given.region if isinstance(given.region, wire.Region) else None
    found = Address(
        lines=tuple(line.strip() for line in street if line and line.strip()),
        city=(given.city or "").strip(),
        region=(given.region_code or (region.region_code if region else "") or "").strip(),
        postal_code=(given.postcode or "").strip(),
        country=(given.country_id or "").strip().upper(),
    )
    return None if found == Address() else found


# --- Parts


def decoded(raw: bytes, kind: type[W], noun: str) -> W:
    """Raises Unmappable for a record that has not the form that Adobe documents."""
    try:
        return msgspec.json.decode(raw, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unmappable(
            f"A {noun} of Adobe Commerce cannot be read: {error}.",
            remedy="Open it in the shop's administration. If it looks right, tell the people who look after this "
            "connector.",
        ) from error


def _text(value: object, name: str, field: str) -> str:
    text = str(value if value is not None else "").strip()
    if not text:
        raise Unmappable(f"{name} of Adobe Commerce has no {field}.", remedy="Complete it in the shop.", field=field)
    return text


def _amount(value: Decimal | None, name: str, field: str) -> Decimal:
    if value is None or not value.is_finite():
        raise Unmappable(f"{name} of Adobe Commerce has no {field}.", field=field)
    return value


def _day(text: str | None, zone: ZoneInfo, name: str) -> dt.date:
    moment = moment_of(text)
    if moment is None:
        raise Unmappable(f"{name} of Adobe Commerce says {text!r} for when it was made.", field="created_at")
    return moment.astimezone(zone).date()
