"""Searches over tables: which columns each has, and how a list is answered."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.sandbox.kernel import Refusal, Reply, Request, Row, json_reply

from . import search
from .access import Json, without_nulls
from .errors import fatal, masked
from .tokens import Tokens

_MONEY = (
    "grand_total", "subtotal", "tax_amount", "discount_amount", "shipping_amount", "base_grand_total",
    "base_subtotal", "base_tax_amount",
)  # fmt: skip
_DOCUMENT = (
    "entity_id", "increment_id", "order_id", "store_id", "state", "created_at", "updated_at", "order_currency_code",
    "base_currency_code", "transaction_id", *_MONEY,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Searchable:
    """Top-level columns of a table: nothing else can be asked for. `id` is the column that ids stand in."""

    table: str
    columns: frozenset[str]
    aliases: Mapping[str, str] = field(default_factory=dict)


ORDERS = Searchable(
    table="orders",
    columns=frozenset(
        {
            *_MONEY, "entity_id", "increment_id", "state", "status", "store_id", "store_name", "created_at",
            "updated_at", "customer_id", "customer_email", "customer_firstname", "customer_lastname",
            "customer_group_id", "customer_is_guest", "customer_taxvat", "ext_order_id", "ext_customer_id",
            "order_currency_code", "base_currency_code", "quote_id", "coupon_code", "total_paid", "total_due",
            "total_refunded", "total_invoiced", "is_virtual", "relation_parent_id", "relation_child_id",
            "original_increment_id", "remote_ip",
        }
    ),
)  # fmt: skip
ORDER_ITEMS = Searchable(
    table="orders",
    columns=frozenset({"item_id", "order_id", "sku", "name", "product_id", "product_type", "parent_item_id",
                       "store_id", "created_at", "updated_at", "qty_ordered", "qty_invoiced"}),
)  # fmt: skip
INVOICES = Searchable(table="invoices", columns=frozenset({*_DOCUMENT, "is_used_for_refund", "total_qty"}))
CREDITMEMOS = Searchable(table="creditmemos", columns=frozenset({*_DOCUMENT, "invoice_id", "creditmemo_status"}))
SHIPMENTS = Searchable(
    table="shipments",
    columns=frozenset({"entity_id", "increment_id", "order_id", "store_id", "created_at", "updated_at", "total_qty",
                       "customer_id", "shipment_status"}),
)  # fmt: skip
TRANSACTIONS = Searchable(
    table="transactions",
    columns=frozenset({"transaction_id", "order_id", "payment_id", "txn_id", "txn_type", "created_at", "is_closed"}),
)
CUSTOMERS = Searchable(
    table="customers",
    columns=frozenset({"entity_id", "email", "firstname", "lastname", "group_id", "store_id", "website_id", "taxvat",
                       "created_at", "updated_at", "created_in", "dob", "gender", "default_billing",
                       "default_shipping"}),
    aliases={"entity_id": "id"},
)  # fmt: skip
PRODUCTS = Searchable(
    table="products",
    columns=frozenset({"entity_id", "sku", "name", "type_id", "status", "price", "created_at", "updated_at",
                       "visibility", "attribute_set_id"}),
    aliases={"entity_id": "id"},
)  # fmt: skip
GROUPS = Searchable(
    table="customer_groups",
    columns=frozenset({"id", "code", "customer_group_id", "customer_group_code", "tax_class_id"}),
    aliases={"customer_group_id": "id", "customer_group_code": "code"},
)
COMPANIES = Searchable(
    table="companies",
    columns=frozenset({"entity_id", "company_name", "company_email", "status", "vat_tax_id", "country_id"}),
    aliases={"entity_id": "id"},
)
TAX_CLASSES = Searchable(table="tax_classes", columns=frozenset({"class_id", "class_name", "class_type"}))
TAX_RATES = Searchable(
    table="tax_rates",
    columns=frozenset({"id", "tax_calculation_rate_id", "code", "rate", "tax_country_id"}),
    aliases={"tax_calculation_rate_id": "id"},
)
TAX_RULES = Searchable(table="tax_rules", columns=frozenset({"id", "code", "priority"}))


class Lists(Tokens):
    """The common answer of search endpoints."""

    def search(
        self, request: Request, listing: Searchable, *, bodies: list[Json] | None = None,
        show: Callable[[Json], Any] = without_nulls,
    ) -> Reply:  # fmt: skip
        """A page of `listing`, or of `bodies` where the rows do not stand in a table of their own."""
        wanted = search.criteria(request.args, limits=bool(self.options["input_limits"]))
        own = bodies if bodies is not None else [row["body"] for row in self.rows(listing.table) if self.visible(row)]
        try:
            found = search.selected(own, wanted, columns=listing.columns, aliases=listing.aliases)
        except search.BadColumn:
            raise Refusal(masked(uuid.uuid4().hex[:13])) from None
        page = search.page_of(found, wanted, legacy=bool(self.options["legacy_paging"]))
        if listing.table == "orders":
            for body in page:
                self.sound(body)
        items: list[Any] | None = [show(body) for body in page]
        if not found and self.options["empty_items_null"]:
            items = None
        return self.answer(request, {"items": items, "search_criteria": wanted.shown(), "total_count": len(found)})

    def answer(self, request: Request, body: Any) -> Reply:
        """200, with only the members that `fields` names."""
        fields = request.args.get("fields")
        return json_reply(200, search.trimmed(body, fields) if fields else body)

    def shown(self, request: Request, row: Row) -> Reply:
        """One row."""
        return self.answer(request, without_nulls(row["body"]))

    def sound(self, order: Json) -> None:
        """Fail on an order that Magento cannot load: the whole page fails with it."""
        if order.get("entity_id", order.get("order_id")) in self.options["corrupt_orders"]:
            ended = fatal if self.options["fatal_errors"] else masked
            raise Refusal(ended(uuid.uuid4().hex[:13]))
