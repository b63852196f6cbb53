"""Placing an order: rows, totals in both currencies, addresses, payment, in the shape of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from integrations.sandbox.kernel import Row
from integrations.sandbox.world.companies import exchange_rate

from .access import Json
from .amounts import ZERO, Part, Priced, Rounding, cents, decimal, discounts, number, priced
from .catalog import VIRTUAL, Line
from .customers import ADDRESS_MEMBERS, Customers, default_address
from .money import Money, applied_taxes, row_amounts, summed, totals
from .shops import STANDARD_CLASS, Shop, Store

PAYMENTS: Final = {
    "checkmo": ("offline", "Check / Money order"),
    "banktransfer": ("offline", "Bank Transfer Payment"),
    "purchaseorder": ("offline", "Purchase Order"),
    "companycredit": ("offline", "Payment on Account"),
    "klarna_kp": ("authorize", "Klarna"),
    "adyen_cc": ("redirect", "Cards"),
    "paypal_express": ("sale", "PayPal"),
    "stripe_payments": ("sale", "Cards and wallets"),
    "swish": ("review", "Swish"),
    "free": ("sale", "No Payment Information Required"),
}
STARTS: Final = {
    "offline": ("new", "pending"),
    "redirect": ("pending_payment", "pending_payment"),
    "review": ("payment_review", "payment_review"),
    "authorize": ("processing", "processing"),
    "sale": ("processing", "processing"),
}


class Placing(Customers):
    """From a cart to an order."""

    def place(self, given: Mapping[str, Any], relation: Json | None = None) -> Row:
        """The order that `given` describes; see act_place_order. Raises KeyError or ValueError for what is wrong."""
        shop = self.shop
        store = shop.store(str(given.get("store", "default")))
        buyer, billing, shipping = self._buyer(given)
        carts = given.get("items") or []
        if not carts:
            raise ValueError("an order needs items: [{sku, qty}]")
        lines: list[Line] = []
        for cart in carts:
            first = len(lines)
            own = self.lines_of(cart)
            lines += [line if line.parent is None else replace(line, parent=first) for line in own]
        virtual = all(line.product["type_id"] in VIRTUAL for line in lines if line.parent is None)
        country = (billing if virtual else shipping)["country_id"]
        rates = [shop.tax_rate(line.tax_class, country=country, group=buyer["customer_group_id"]) for line in lines]
        ratio = Decimal(1)
        if store.currency != shop.base_currency:
            ratio = exchange_rate(shop.base_currency, store.currency).quantize(Decimal("0.0001"))
        order_money = self._money(given, lines, rates, ratio=ratio, virtual=virtual)
        base_money = self._money(given, lines, rates, ratio=Decimal(1), virtual=virtual)
        if order_money.grand_total < 0 or base_money.grand_total < 0:
            raise ValueError("gift cards and store credit are more than the order")
        entity_id = self.number("order")
        increment = relation["increment_id"] if relation else self._increment("order", store)
        mode, _title = PAYMENTS[self._method(given, order_money)]
        state, status = STARTS[mode]
        body: Json = {
            "entity_id": entity_id,
            "increment_id": increment,
            "state": state,
            "status": status,
            "store_id": store.id,
            "store_name": f"{shop.website(store.website).name}\n{shop.website(store.website).name} Store\n{store.name}",
            "created_at": self.stamp(),
            "updated_at": self.stamp(),
            **buyer,
            **_currencies(shop, store, ratio),
            "is_virtual": int(virtual),
            "quote_id": self.number("quote"),
            "protect_code": f"{self.rng.getrandbits(128):032x}",
            "remote_ip": "192.0.2.17",
            "email_sent": 1,
            "coupon_code": given.get("coupon"),
            "discount_description": given.get("coupon"),
            "ext_order_id": None,
            "weight": number(sum((line.quantity for line in lines if line.parent is None), Decimal(0))),
            **(relation or {}),
        }
        body |= totals("", order_money, lines) | totals("base_", base_money, lines)
        body["items"] = self._items(body, lines, rates, order_money, base_money, ratio)
        body["billing_address"] = self._order_address(body, billing, "billing")
        body["billing_address_id"] = body["billing_address"]["entity_id"]
        body["payment"] = self._payment(given, body)
        body["status_histories"] = []
        body["extension_attributes"] = self._extensions(
            given, body, shipping, country, order_money, base_money, virtual
        )
        row = self.add("orders", entity_id, body, _given={**given, "company": shop.key}, _ratio=str(ratio))
        self.happened("sales_order_save_after", {"order": body})
        return row

    # who buys

    def _buyer(self, given: Mapping[str, Any]) -> tuple[Json, Json, Json]:
        """Members of the order about the buyer, billing address, shipping address."""
        if "guest" in given:
            guest = given["guest"]
            address = self._address_of(guest)
            buyer: Json = {"customer_is_guest": 1, "customer_group_id": 0, "customer_email": guest["email"],
                           "customer_id": None, "customer_taxvat": guest.get("vat_id")}  # fmt: skip
            return buyer, address, self._address_of(given["ship_to"]) if "ship_to" in given else address
        row = self.row("customers", given.get("customer") or "")
        if row is None:
            raise KeyError(f"{self.shop.slug} has no customer {given.get('customer')!r}; or give guest {{email, …}}")
        customer = row["body"]
        billing = default_address(customer, "billing")
        if billing is None:
            raise ValueError(f"customer {customer['id']} has no default billing address")
        buyer = {
            "customer_is_guest": 0,
            "customer_id": customer["id"],
            "customer_group_id": customer["group_id"],
            "customer_email": customer["email"],
            "customer_firstname": customer["firstname"],
            "customer_lastname": customer["lastname"],
            "customer_taxvat": customer["taxvat"],
        }
        if "ship_to" in given:
            return buyer, billing, self._address_of(given["ship_to"])
        return buyer, billing, default_address(customer, "shipping") or billing

    def _address_of(self, given: Mapping[str, Any]) -> Json:
        plain = {"firstname": "Testi", "lastname": "Vieras", "street": ["Mannerheimintie 1"], "postcode": "00100",
                 "city": "Helsinki", "country_id": "FI", "telephone": "+358 9 700 100"}  # fmt: skip
        return {**plain, **{name: given[name] for name in ADDRESS_MEMBERS if given.get(name) is not None}}

    def _order_address(self, order: Json, source: Json, kind: str) -> Json:
        """An address of an order: flat, with region as text."""
        members = {name: source.get(name) for name in ADDRESS_MEMBERS if name not in {"region", "region_id"}}
        return {
            "address_type": kind,
            "entity_id": self.number("order_address"),
            "parent_id": order["entity_id"],
            "customer_address_id": source.get("id"),
            "email": order["customer_email"],
            **members,
        }

    # what it costs

    def _money(
        self,
        given: Mapping[str, Any],
        lines: Sequence[Line],
        rates: Sequence[Decimal],
        *,
        ratio: Decimal,
        virtual: bool,
    ) -> Money:
        includes_tax, rounding = self.shop.prices_include_tax, Rounding(str(self.options["tax_algorithm"]))
        parts = [
            Part(
                unit=self._unit(line.unit, self.shop.rate_of_class(line.tax_class), rate, ratio),
                quantity=line.quantity,
                rate=rate,
            )
            for line, rate in zip(lines, rates, strict=True)
            if line.priced
        ]
        percent, amount = decimal(given.get("discount_percent")), cents(decimal(given.get("discount_amount")) * ratio)
        shares = iter(discounts(parts, percent=percent, amount=amount))
        left = iter(parts)
        rows = [
            priced(next(left), next(shares), includes_tax=includes_tax, rounding=rounding) if line.priced else Priced()
            for line in lines
        ]
        usual = "49.00" if self.shop.base_currency == "SEK" else "4.90"
        price, rate = decimal(0 if virtual else given.get("shipping", usual)), self._way_rate(rates)
        cost = self._unit(price, self.shop.rate_of_class(STANDARD_CLASS), rate, ratio)
        way = Part(unit=cost, quantity=Decimal(1), rate=rate)
        off = min(cost, cents(decimal(given.get("shipping_discount")) * ratio))
        shipping = priced(way, off, includes_tax=includes_tax, rounding=Rounding("row"))
        fees = sum((cents(decimal(fee["amount"]) * ratio) for fee in given.get("fees") or ()), ZERO)
        money = Money(rows=rows, shipping=shipping, gift_cards=ZERO, store_credit=ZERO, fees=fees)
        cards = min(cents(decimal(given.get("gift_card")) * ratio), money.before_credits)
        wanted = given.get("store_credit")
        rest = money.before_credits - cards
        credit = rest if wanted == "all" else min(cents(decimal(wanted) * ratio), rest)
        return replace(money, gift_cards=cards, store_credit=credit)

    def _unit(self, price: Decimal, home: Decimal, rate: Decimal, ratio: Decimal) -> Decimal:
        """A catalogue price in the order's currency. Where it includes tax, the home tax gives way to the buyer's."""
        if self.shop.prices_include_tax and rate != home:
            price = price / (1 + home / 100) * (1 + rate / 100)
        return cents(price * ratio)

    def _way_rate(self, rates: Sequence[Decimal]) -> Decimal:
        """Shipping has the standard rate, but none where none of the goods is taxed."""
        return self.shop.rate_of_class(STANDARD_CLASS) if any(rates) else Decimal(0)

    # its parts

    def _items(
        self, order: Json, lines: Sequence[Line], rates: Sequence[Decimal], money: Money, base: Money, ratio: Decimal
    ) -> list[Json]:
        items: list[Json] = []
        for position, (line, rate) in enumerate(zip(lines, rates, strict=True)):
            dynamic = not line.priced and line.parent is None
            children = [n for n, other in enumerate(lines) if dynamic and other.parent == position]
            item: Json = {
                "item_id": self.number("order_item"),
                "order_id": order["entity_id"],
                "store_id": order["store_id"],
                "quote_item_id": self.number("quote_item"),
                "parent_item_id": items[line.parent]["item_id"] if line.parent is not None else None,
                "product_id": line.product["id"],
                "product_type": line.product["type_id"],
                "sku": line.sku,
                "name": line.product["name"],
                "created_at": order["created_at"],
                "updated_at": order["updated_at"],
                "is_virtual": int(line.product["type_id"] in VIRTUAL),
                "is_qty_decimal": 0,
                "free_shipping": 0,
                "no_discount": 0,
                "weight": line.product["weight"],
                "tax_percent": 0 if dynamic or (line.parent is not None and not line.priced) else number(rate),
                "discount_percent": 0,
                "qty_ordered": number(line.quantity),
                **{f"qty_{done}": 0 for done in ("invoiced", "shipped", "refunded", "canceled")},
            }
            for prefix, own in (("", money), ("base_", base)):
                row = own.rows[position] if not dynamic else summed([own.rows[n] for n in children])
                item |= row_amounts(prefix, row, original=line.unit * (ratio if prefix == "" else 1))
            if self.options["item_price_base"]:
                item["price"] = item["base_price"]
            if line.parent is not None and not line.priced and self.options["child_price"] == "copy":
                item |= {name: items[line.parent][name] for name in ("price", "base_price", "original_price")}
            items.append(item)
        return items

    def _method(self, given: Mapping[str, Any], money: Money) -> str:
        method = str(given.get("payment", "stripe_payments")) if money.grand_total else "free"
        if method not in PAYMENTS:
            raise ValueError(f"unknown payment method {method!r}; known: {', '.join(PAYMENTS)}")
        return method

    def _payment(self, given: Mapping[str, Any], order: Json) -> Json:
        method = "free" if not order["grand_total"] else str(given.get("payment", "stripe_payments"))
        mode, title = PAYMENTS[method]
        online = mode in {"authorize", "redirect", "sale", "review"} and method != "free"
        return {
            "entity_id": self.number("payment"),
            "parent_id": order["entity_id"],
            "method": method,
            "account_status": None,
            "cc_last4": "1111" if method in {"adyen_cc", "stripe_payments"} else None,
            "additional_information": [title],
            "po_number": given.get("po_number"),
            "amount_ordered": order["grand_total"],
            "base_amount_ordered": order["base_grand_total"],
            "amount_authorized": order["grand_total"] if mode == "authorize" else None,
            "shipping_amount": order["shipping_amount"],
            "base_shipping_amount": order["base_shipping_amount"],
            "last_trans_id": f"txn-{order['entity_id']:06}" if online else None,
        }

    def _extensions(
        self, given: Mapping[str, Any], order: Json, shipping: Json, country: str, money: Money, base: Money,
        virtual: bool,
    ) -> Json:  # fmt: skip
        extensions: Json = {"shipping_assignments": []}
        if not virtual:
            address = self._order_address(order, shipping, "shipping")
            method = str(given.get("shipping_method", "flatrate_flatrate"))
            order["shipping_description"] = str(given.get("shipping_description", "Flat Rate - Fixed"))
            names = ("shipping_amount", "shipping_incl_tax", "shipping_tax_amount", "shipping_discount_amount")
            total = {prefix + name: order[prefix + name] for name in names for prefix in ("", "base_")}
            extensions["shipping_assignments"] = [
                {"shipping": {"address": address, "method": method, "total": total}, "items": []}
            ]
        extensions |= applied_taxes(order, country, money, base, way_rate=self.shop.rate_of_class(STANDARD_CLASS))
        if given.get("fees"):
            extensions["custom_fees"] = [self._fee(order, fee) for fee in given["fees"]]
        title = PAYMENTS[order["payment"]["method"]][1]
        extensions["payment_additional_info"] = [{"key": "method_title", "value": title}]
        if money.gift_cards:
            code = f"GIFT{self.number('gift_card'):08}"
            card = {"id": 1, "code": code, "amount": number(money.gift_cards), "base_amount": number(base.gift_cards)}
            extensions["gift_cards"] = [card]
        for name, value, twin in (
            ("gift_cards_amount", money.gift_cards, base.gift_cards),
            ("customer_balance_amount", money.store_credit, base.store_credit),
        ):
            if value or twin:
                extensions |= {name: number(value), f"base_{name}": number(twin)}
        customer = self.row("customers", order["customer_id"]) if order["customer_id"] else None
        own = customer["body"]["extension_attributes"].get("company_attributes") if customer else None
        if own:
            company = self.row("companies", own["company_id"])
            name = company["body"]["company_name"] if company else ""
            extensions["company_order_attributes"] = {
                "order_id": order["entity_id"], "company_id": own["company_id"], "company_name": name,
            }  # fmt: skip
        return extensions

    def _fee(self, order: Json, fee: Mapping[str, Any]) -> Json:
        """A fee as the schema has it: numbers of records as text. Nothing is invoiced or given back of it yet."""
        amount, ratio = decimal(fee["amount"]), decimal(order["base_to_order_rate"])
        return {
            "id": str(self.number("custom_fee")),
            "order_id": str(order["entity_id"]),
            "custom_fee_code": str(fee["code"]),
            "custom_fee_label": str(fee.get("label", fee["code"])),
            "custom_fee_amount": number(cents(amount * ratio)),
            "base_custom_fee_amount": number(cents(amount)),
            **{f"{prefix}custom_fee_amount_{done}": 0 for prefix in ("", "base_") for done in ("invoiced", "refunded")},
            "apply_fee_on_last_invoice": bool(fee.get("last_invoice", False)),
            "apply_fee_on_last_creditmemo": bool(fee.get("last_credit_memo", True)),
            "invoice_id": None,
            "creditmemo_id": None,
        }

    def _increment(self, series: str, store: Store) -> str:
        """Numbers run in each store: 000000001 in the first, 2000000001 in the second."""
        count = self.store.next(f"{self.shop.key}/{series}/{store.id}")
        return f"{count:09}" if store.id == 1 else f"{store.id}{count:09}"


def _currencies(shop: Shop, store: Store, ratio: Decimal) -> Json:
    return {
        "global_currency_code": shop.base_currency,
        "base_currency_code": shop.base_currency,
        "store_currency_code": shop.base_currency,
        "order_currency_code": store.currency,
        "base_to_global_rate": 1,
        "base_to_order_rate": number(ratio),
        "store_to_base_rate": 0,
        "store_to_order_rate": 0,
    }
