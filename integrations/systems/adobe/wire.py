"""What Adobe Commerce sends, as far as we read it. Members without value are left out by it, so all may be missing; an
empty object may come as an empty list."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """Base: snake_case members, each of which may be missing or null."""


class Page(Wire, frozen=True, kw_only=True):
    """The answer to a search."""

    items: tuple[msgspec.Raw, ...] | None = None
    total_count: int | None = None


class Head(Wire, frozen=True, kw_only=True):
    """What reading needs of any record."""

    entity_id: int | None = None
    id: int | None = None
    """Customers alone call it so."""
    increment_id: str | None = None
    updated_at: str | None = None
    created_at: str | None = None
    state: str | int | None = None
    store_id: int | None = None
    email: str | None = None
    customer_is_guest: int | None = None
    customer_id: int | None = None
    customer_email: str | None = None
    order_id: int | None = None

    @property
    def key(self) -> int | None:
        return self.entity_id if self.entity_id is not None else self.id


# --- Orders


class AppliedTax(Wire, frozen=True, kw_only=True):
    code: str | None = None
    title: str | None = None
    percent: Decimal | None = None
    amount: Decimal | None = None


class ItemTaxes(Wire, frozen=True, kw_only=True):
    """The taxes of an item, or of the shipping (type `shipping`)."""

    type: str | None = None
    item_id: int | None = None
    associated_item_id: int | None = None
    """Of type `weee`: the item that the fixed product tax is on."""
    applied_taxes: tuple[AppliedTax, ...] | None = None


class CompanyOrder(Wire, frozen=True, kw_only=True):
    company_id: int | None = None
    company_name: str | None = None


class CustomFee(Wire, frozen=True, kw_only=True):
    """A fee, or a discount below zero, that an app added (CustomFeesInterface of the REST schema). It knows no tax."""

    custom_fee_code: str | None = None
    custom_fee_label: str | None = None
    custom_fee_amount: Decimal | None = None
    """In the currency of the order, as what follows."""
    custom_fee_amount_refunded: Decimal | None = None
    creditmemo_id: str | int | None = None
    """The credit memo that gave it back. Credit memos themselves say nothing of fees."""


class Shipping(Wire, frozen=True, kw_only=True):
    address: Address | list[None] | None = None
    """None of an order of which nothing is shipped."""


class ShippingAssignment(Wire, frozen=True, kw_only=True):
    """Where goods of an order go. Shops that ship to several places make an order of each."""

    shipping: Shipping | list[None] | None = None


class OrderExtension(Wire, frozen=True, kw_only=True):
    shipping_assignments: tuple[ShippingAssignment, ...] | None = None
    applied_taxes: tuple[AppliedTax, ...] | None = None
    item_applied_taxes: tuple[ItemTaxes, ...] | None = None
    company_order_attributes: CompanyOrder | list[None] | None = None
    gift_cards_amount: Decimal | None = None
    customer_balance_amount: Decimal | None = None
    customer_balance_total_refunded: Decimal | None = None
    """What all its credit memos gave to the customer's store credit."""
    reward_currency_amount: Decimal | None = None
    gw_price: Decimal | None = None
    gw_items_price: Decimal | None = None
    gw_card_price: Decimal | None = None
    gw_tax_amount: Decimal | None = None
    gw_items_tax_amount: Decimal | None = None
    gw_card_tax_amount: Decimal | None = None
    custom_fees: tuple[CustomFee, ...] | None = None


class Address(Wire, frozen=True, kw_only=True):
    """Of an order: region flat. Of a customer: region nested, and which of the two it is for."""

    id: int | None = None
    firstname: str | None = None
    lastname: str | None = None
    company: str | None = None
    street: tuple[str, ...] | str | None = None
    postcode: str | None = None
    city: str | None = None
    region: str | Region | None = None
    region_code: str | None = None
    country_id: str | None = None
    telephone: str | None = None
    email: str | None = None
    vat_id: str | None = None
    default_billing: bool | None = None
    default_shipping: bool | None = None


class Region(Wire, frozen=True, kw_only=True):
    region: str | None = None
    region_code: str | None = None


class OrderItem(Wire, frozen=True, kw_only=True):
    item_id: int | None = None
    parent_item_id: int | None = None
    product_type: str | None = None
    sku: str | None = None
    name: str | None = None
    qty_ordered: Decimal | None = None
    qty_invoiced: Decimal | None = None
    qty_canceled: Decimal | None = None
    row_invoiced: Decimal | None = None
    """Of the row's amounts what was invoiced, as the next three."""
    tax_invoiced: Decimal | None = None
    discount_invoiced: Decimal | None = None
    discount_tax_compensation_invoiced: Decimal | None = None
    price: Decimal | None = None
    row_total: Decimal | None = None
    row_total_incl_tax: Decimal | None = None
    tax_percent: Decimal | None = None
    tax_amount: Decimal | None = None
    discount_amount: Decimal | None = None
    discount_tax_compensation_amount: Decimal | None = None
    weee_tax_applied_row_amount: Decimal | None = None


class Payment(Wire, frozen=True, kw_only=True):
    method: str | None = None
    po_number: str | None = None
    amount_authorized: Decimal | None = None
    amount_paid: Decimal | None = None


class History(Wire, frozen=True, kw_only=True):
    """A line of an order's history. Not each change of its status leaves one."""

    status: str | None = None


class Order(Wire, frozen=True, kw_only=True):
    entity_id: int | None = None
    increment_id: str | None = None
    state: str | None = None
    status: str | None = None
    store_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    customer_is_guest: int | None = None
    customer_id: int | None = None
    customer_group_id: int | None = None
    customer_email: str | None = None
    customer_firstname: str | None = None
    customer_lastname: str | None = None
    customer_taxvat: str | None = None
    order_currency_code: str | None = None
    subtotal: Decimal | None = None
    discount_amount: Decimal | None = None
    discount_description: str | None = None
    coupon_code: str | None = None
    discount_tax_compensation_amount: Decimal | None = None
    shipping_amount: Decimal | None = None
    shipping_tax_amount: Decimal | None = None
    shipping_invoiced: Decimal | None = None
    shipping_discount_amount: Decimal | None = None
    shipping_discount_tax_compensation_amount: Decimal | None = None
    shipping_description: str | None = None
    tax_amount: Decimal | None = None
    grand_total: Decimal | None = None
    total_paid: Decimal | None = None
    total_invoiced: Decimal | None = None
    total_canceled: Decimal | None = None
    """Of an order that goes on, too: what was not paid when the rest of it was cancelled. That is what was not invoiced
    only where each invoice was paid."""
    ext_order_id: str | None = None
    original_increment_id: str | None = None
    relation_parent_id: str | int | None = None
    relation_parent_real_id: str | None = None
    relation_child_id: str | int | None = None
    items: tuple[OrderItem, ...] | None = None
    billing_address: Address | None = None
    payment: Payment | None = None
    status_histories: tuple[History, ...] | None = None
    extension_attributes: OrderExtension | list[None] | None = None

    @property
    def extension(self) -> OrderExtension:
        found = self.extension_attributes
        return found if isinstance(found, OrderExtension) else OrderExtension()


def is_guest(order: Order | Head) -> bool:
    """Whether an order has no customer of the shop: a guest's, and one that lost its customer, who was deleted. That
    one still says that it is no guest's, but there is nobody to wait for."""
    return bool(order.customer_is_guest) or not order.customer_id


# --- Invoices and credit memos


class Invoice(Wire, frozen=True, kw_only=True):
    entity_id: int | None = None
    increment_id: str | None = None
    order_id: int | None = None
    state: int | None = None
    created_at: str | None = None
    order_currency_code: str | None = None
    grand_total: Decimal | None = None


class CreditItem(Wire, frozen=True, kw_only=True):
    order_item_id: int | None = None
    sku: str | None = None
    name: str | None = None
    qty: Decimal | None = None
    row_total: Decimal | None = None
    tax_amount: Decimal | None = None
    discount_amount: Decimal | None = None
    discount_tax_compensation_amount: Decimal | None = None
    weee_tax_applied_row_amount: Decimal | None = None


class CreditExtension(Wire, frozen=True, kw_only=True):
    gift_cards_amount: Decimal | None = None
    customer_balance_amount: Decimal | None = None
    reward_currency_amount: Decimal | None = None
    gw_price: Decimal | None = None
    gw_items_price: Decimal | None = None
    gw_card_price: Decimal | None = None
    gw_tax_amount: Decimal | None = None
    gw_items_tax_amount: Decimal | None = None
    gw_card_tax_amount: Decimal | None = None


class CreditMemo(Wire, frozen=True, kw_only=True):
    entity_id: int | None = None
    increment_id: str | None = None
    order_id: int | None = None
    state: int | None = None
    created_at: str | None = None
    order_currency_code: str | None = None
    adjustment_positive: Decimal | None = None
    adjustment_negative: Decimal | None = None
    shipping_amount: Decimal | None = None
    shipping_tax_amount: Decimal | None = None
    shipping_discount_tax_compensation_amount: Decimal | None = None
    discount_amount: Decimal | None = None
    tax_amount: Decimal | None = None
    grand_total: Decimal | None = None
    items: tuple[CreditItem, ...] | None = None
    extension_attributes: CreditExtension | list[None] | None = None

    @property
    def extension(self) -> CreditExtension:
        found = self.extension_attributes
        return found if isinstance(found, CreditExtension) else CreditExtension()


class ToStoreCredit(Wire, frozen=True, kw_only=True):
    """What of a credit memo's money went to store credit, as we found out when we read it."""

    amount: Decimal | None = None
    """None: it cannot be told."""


class Refunded(Wire, frozen=True, kw_only=True):
    """What is captured of a credit memo: itself, the order that it belongs to, which alone knows the taxes' rates and
    the customer, and what went to store credit, where the order says that something did."""

    memo: CreditMemo
    order: Order
    to_store_credit: ToStoreCredit | None = None


# --- Customers


class Customer(Wire, frozen=True, kw_only=True):
    id: int | None = None
    group_id: int | None = None
    email: str | None = None
    firstname: str | None = None
    lastname: str | None = None
    taxvat: str | None = None
    website_id: int | None = None
    store_id: int | None = None
    default_billing: str | None = None
    addresses: tuple[Address, ...] | None = None


# --- What is looked up


class StoreConfig(Wire, frozen=True, kw_only=True):
    id: int | None = None
    code: str | None = None
    base_currency_code: str | None = None
    timezone: str | None = None


class Attribute(Wire, frozen=True, kw_only=True):
    attribute_code: str = ""
    value: Any = None


class Attributed(Wire, frozen=True, kw_only=True):
    """An order or a company, for its custom attributes alone."""

    custom_attributes: tuple[Attribute, ...] | None = None


class Comment(Wire, frozen=True, kw_only=True):
    comment: str | None = None


class Comments(Wire, frozen=True, kw_only=True):
    items: tuple[Comment, ...] | None = None
