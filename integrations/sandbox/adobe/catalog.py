"""Products: the company's items by their own numbers, and what web shops make of them (variants, sets, gift cards)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.sandbox.kernel import Reply, Request, Row, route
from integrations.sandbox.world.values import Item

from .access import Json
from .amounts import cents, decimal, number
from .errors import no_entity
from .lists import PRODUCTS, Lists

PRODUCTS_ACL = "Magento_Catalog::products"
TYPES = {"stock": "simple", "non_stock": "simple", "service": "virtual"}
VIRTUAL = frozenset({"virtual", "giftcard", "downloadable"})
GIFT_CARD = Decimal(50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of an order to be. `unit` is the catalogue price in base currency; `parent` a position among the lines.

    `priced` is false for rows whose money stands elsewhere: variants (at their parent), parents of dynamic sets
    (at their children), children of sets with a fixed price (at their parent).
    """

    product: Json
    sku: str
    quantity: Decimal
    unit: Decimal
    tax_class: int
    priced: bool
    parent: int | None = None


class Catalog(Lists):
    """Products as the API shows them and as carts use them."""

    @route("GET", "/V1/products", label=PRODUCTS_ACL)
    def product_list(self, request: Request) -> Reply:
        """Search."""
        return self.search(request, PRODUCTS)

    @route("GET", "/V1/products/<sku>", label=PRODUCTS_ACL)
    def product_one(self, request: Request, sku: str) -> Reply:
        """One product by its sku."""
        row = self.row("products", sku)
        if row is None:
            no_entity()
        return self.shown(request, row)

    def seed_products(self) -> None:
        """Items by their numbers; three products with variants, two sets, one gift card."""
        items = [item for item in self.world.items if item.company == self.shop.key and item.kind in TYPES]
        for item in items:
            self._item(item)
        stock = [item for item in items if item.kind == "stock"]
        firsts = [item for item in stock if len(item.number) == len("A-001")]
        for first in firsts[:3]:
            variants = [item.number for item in stock if item.number.startswith(first.number)]
            self._product(f"{first.number}-VAR", first.description, "configurable", Decimal(0), first.vat_id, variants)
        low = firsts[3:5]
        total = sum((decimal(self._body(item.number)["price"]) for item in low), Decimal(0))
        names = [item.number for item in low]
        self._product("SET-DYN", "Set, priced by its parts", "bundle", Decimal(0), low[0].vat_id, names, dynamic=True)
        self._product("SET-FIX", "Set at one price", "bundle", cents(total * 9 / 10), low[0].vat_id, names)
        exempt = self.shop.company.vat_rates[-1].vat_id
        self._product("GIFT-50", "Gift card", "giftcard", GIFT_CARD, exempt, [])

    def _item(self, item: Item) -> None:
        rate = self.shop.rate_of_class(self.shop.tax_class(item.vat_id))
        price = cents(item.price * (1 + rate / 100)) if self.shop.prices_include_tax else item.price
        self._product(item.number, item.description, TYPES[item.kind], price, item.vat_id, [], gtin=item.gtin)

    def _product(
        self, sku: str, name: str, kind: str, price: Decimal, vat_id: str, children: list[str], *,
        dynamic: bool = False, gtin: str = "",
    ) -> None:  # fmt: skip
        own, stamp = self.number("product"), self.stamp()
        attributes = [{"attribute_code": "tax_class_id", "value": str(self.shop.tax_class(vat_id))}]
        if gtin:
            attributes.append({"attribute_code": "gtin", "value": gtin})
        if kind == "bundle":
            attributes.append({"attribute_code": "price_type", "value": "0" if dynamic else "1"})
        body = {
            "id": own,
            "sku": sku,
            "name": name,
            "attribute_set_id": 4,
            "price": number(price),
            "status": 1,
            "visibility": 4,
            "type_id": kind,
            "created_at": stamp,
            "updated_at": stamp,
            "weight": None if kind in VIRTUAL else 1,
            "extension_attributes": {"website_ids": [website.id for website in self.shop.websites]},
            "product_links": [],
            "options": [],
            "media_gallery_entries": [],
            "tier_prices": [],
            "custom_attributes": attributes,
        }
        self.add("products", sku, body, _children=children, _dynamic=dynamic)

    def _body(self, sku: str) -> Json:
        return self.product_row(sku)["body"]  # type: ignore[no-any-return]

    def product_row(self, sku: str) -> Row:
        """The product with this sku. Raises KeyError."""
        row = self.row("products", sku)
        if row is None:
            raise KeyError(f"{self.shop.slug} has no product {sku}")
        return row

    def lines_of(self, cart: Mapping[str, Any]) -> list[Line]:
        """The order rows of one cart row {sku, qty, child, price}: one, or a parent with its children."""
        row, quantity = self.product_row(str(cart["sku"])), decimal(cart.get("qty", 1))
        body = row["body"]
        price = decimal(cart["price"]) if cart.get("price") is not None else decimal(body["price"])
        kind, tax_class = body["type_id"], _tax_class(body)
        if kind == "configurable":
            child = self.product_row(str(cart.get("child") or row["_children"][0]))["body"]
            price = decimal(cart["price"]) if cart.get("price") is not None else decimal(child["price"])
            parent = Line(
                product=body, sku=child["sku"], quantity=quantity, unit=price, tax_class=tax_class, priced=True
            )
            return [parent, _line(child, quantity, parent=0, priced=False)]
        if kind == "bundle":
            children = [self._body(sku) for sku in row["_children"]]
            dynamic = row["_dynamic"]
            parent = Line(
                product=body, sku=body["sku"], quantity=quantity, unit=price, tax_class=tax_class, priced=not dynamic
            )
            return [parent, *(_line(child, quantity, parent=0, priced=dynamic) for child in children)]
        return [Line(product=body, sku=body["sku"], quantity=quantity, unit=price, tax_class=tax_class, priced=True)]


def _line(product: Json, quantity: Decimal, *, parent: int, priced: bool) -> Line:
    unit = decimal(product["price"]) if priced else Decimal(0)
    return Line(
        product=product, sku=product["sku"], quantity=quantity, unit=unit, tax_class=_tax_class(product), priced=priced,
        parent=parent,
    )  # fmt: skip


def _tax_class(product: Json) -> int:
    return next(int(a["value"]) for a in product["custom_attributes"] if a["attribute_code"] == "tax_class_id")
