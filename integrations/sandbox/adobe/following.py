"""Parts of invoices, shipments and credit memos: their rows, their totals, and what they leave on the order."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from integrations.sandbox.kernel import Row

from .access import Json
from .amounts import ZERO, cents, decimal, number, portion
from .errors import refuse
from .money import SHIPPING_COMPENSATION
from .placing import Placing

Quantities = dict[int, Decimal]
INVOICED: Final = {
    "row_total": "row_invoiced", "tax_amount": "tax_invoiced", "discount_amount": "discount_invoiced",
    "discount_tax_compensation_amount": "discount_tax_compensation_invoiced",
}  # fmt: skip
REFUNDED: Final = {
    "row_total": "amount_refunded", "tax_amount": "tax_refunded", "discount_amount": "discount_refunded",
    "discount_tax_compensation_amount": "discount_tax_compensation_refunded",
}  # fmt: skip
PREFIXES: Final = ("", "base_")
CREDITS: Final = ("gift_cards", "customer_balance")


def children_of(order: Json, item: Json) -> list[Json]:
    """The rows under a row."""
    return [one for one in order["items"] if one["parent_item_id"] == item["item_id"]]


def carries_money(order: Json, item: Json) -> bool:
    """Whether the amounts of a row count: not those of variants, nor the sums shown by parents of dynamic sets."""
    if item["parent_item_id"] is not None:
        return bool(item["row_total"])
    return not any(child["row_total"] for child in children_of(order, item))


def add_to(body: Json, name: str, amount: Decimal) -> None:
    """Add to a number that may be absent."""
    body[name] = number(decimal(body.get(name)) + amount)


class Following(Placing):
    """What documents that follow from an order have in common."""

    def wanted_of(self, order: Json, given: Mapping[int, Any] | None, done: str, *, virtual: bool = True) -> Quantities:
        """Quantity by item_id, children as their parents. Without quantities: all that is left to be `done`."""
        wanted: Quantities = {}
        for item in order["items"]:
            if item["parent_item_id"] is not None or (item["is_virtual"] and not virtual):
                continue
            quantity = decimal(given.get(item["item_id"], 0)) if given is not None else left_to(item, done)
            for own in (item, *children_of(order, item)):
                wanted[own["item_id"]] = quantity * decimal(own["qty_ordered"]) / decimal(item["qty_ordered"])
        return wanted

    def document_of(self, row: Row, kind: str) -> Json:
        order = row["body"]
        shipping = order["extension_attributes"]["shipping_assignments"]
        copied = ("store_id", "billing_address_id", "base_currency_code", "global_currency_code", "order_currency_code",
                  "store_currency_code", "base_to_global_rate", "base_to_order_rate", "store_to_base_rate",
                  "store_to_order_rate", "discount_description")  # fmt: skip
        return {
            "entity_id": self.number(kind),
            "increment_id": self._increment(kind, self.shop.store_by_id(order["store_id"])),
            "order_id": order["entity_id"],
            "created_at": self.stamp(),
            "updated_at": self.stamp(),
            **{name: order[name] for name in copied},
            "shipping_address_id": shipping[0]["shipping"]["address"]["entity_id"] if shipping else None,
            "comments": [],
            "extension_attributes": {},
        }

    def document_items_of(
        self, order: Json, wanted: Quantities, parent: int, fields: Mapping[str, str], done: str
    ) -> list[Json]:
        """Rows for the wanted quantities, noted on the order. Rows that carry no money have no totals."""
        rows = []
        for item in order["items"]:
            quantity = wanted.get(item["item_id"], ZERO)
            if not quantity:
                continue
            own: Json = {
                "entity_id": self.number("document_item"),
                "parent_id": parent,
                "order_item_id": item["item_id"],
                "qty": number(quantity),
                **{name: item[name] for name in ("sku", "name", "product_id", "price", "base_price")},
            }
            if done == "refunded":
                own["base_cost"] = None
            if carries_money(order, item):
                before, of = decimal(item[f"qty_{done}"]), decimal(item["qty_ordered"])
                for prefix in PREFIXES:
                    for name, counter in fields.items():
                        taken = decimal(item.get(prefix + counter))
                        share = portion(decimal(item[prefix + name]), done=before, now=quantity, of=of, taken=taken)
                        own[prefix + name] = number(share)
                        add_to(item, prefix + counter, share)
                    gross = decimal(item[f"{prefix}row_total_incl_tax"])
                    own[f"{prefix}row_total_incl_tax"] = number(cents(gross * quantity / of))
                    own[f"{prefix}price_incl_tax"] = item[f"{prefix}price_incl_tax"]
            add_to(item, f"qty_{done}", quantity)
            rows.append(own)
        return rows

    def document_totals_of(self, body: Json, order: Json, prefix: str, way: Mapping[str, Any]) -> Decimal:
        """Totals of rows and shipping; answers what they come to."""

        def rows(name: str) -> Decimal:
            return sum((decimal(own.get(prefix + name)) for own in body["items"]), ZERO)

        shipping, tax, off = (
            decimal(way.get(f"{prefix}shipping_{name}")) for name in ("amount", "tax_amount", "discount_amount")
        )
        back = decimal(way.get(SHIPPING_COMPENSATION[prefix]))
        values = {
            "subtotal": rows("row_total"),
            "subtotal_incl_tax": rows("row_total_incl_tax"),
            "discount_amount": -(rows("discount_amount") + off),
            "discount_tax_compensation_amount": rows("discount_tax_compensation_amount"),
            "shipping_amount": shipping,
            "shipping_tax_amount": tax,
            "shipping_incl_tax": decimal(way.get(f"{prefix}shipping_incl_tax")),
            "tax_amount": rows("tax_amount") + tax,
        }
        body |= {prefix + name: number(value) for name, value in values.items()}
        body[SHIPPING_COMPENSATION[prefix]] = number(back)
        names = ("subtotal", "discount_amount", "discount_tax_compensation_amount", "shipping_amount", "tax_amount")
        return sum((values[name] for name in names), ZERO) + back

    def fees_of(self, body: Json, order: Json, kind: str, done: str, *, last: bool) -> dict[str, Decimal]:
        """Fees that come with the first or the last document of a kind (invoice, creditmemo), as each says, noted on
        the order; what they come to by prefix. A fee that was not invoiced is not given back."""
        sums = dict.fromkeys(PREFIXES, ZERO)
        for fee in order["extension_attributes"].get("custom_fees") or ():
            is_open = fee[f"{kind}_id"] is None and (done == "invoiced" or fee["invoice_id"] is not None)
            if not is_open or (fee[f"apply_fee_on_last_{kind}"] and not last):
                continue
            fee[f"{kind}_id"] = str(body["entity_id"])
            for prefix in PREFIXES:
                amount = decimal(fee[f"{prefix}custom_fee_amount"])
                fee[f"{prefix}custom_fee_amount_{done}"] = number(amount)
                sums[prefix] += amount
        return sums

    def credits_of(self, body: Json, order: Json, prefix: str, total: Decimal, source: str, done: str) -> Decimal:
        """Gift cards and store credit take their share of a document before money does."""
        own, taken = order["extension_attributes"], ZERO
        for name in CREDITS:
            left = decimal(own.get(f"{prefix}{name}_{source}")) - decimal(own.get(f"{prefix}{name}_{done}"))
            share = min(left, total - taken)
            if share > 0:
                body["extension_attributes"][f"{prefix}{name}_amount"] = number(share)
                add_to(own, f"{prefix}{name}_{done}", share)
                taken += share
        return taken

    def to_balance(self, order: Json, body: Json, prefix: str, wanted: Decimal | str) -> None:
        """What a credit memo gives to the customer's store credit: what was paid with it, and what is `wanted` of the
        money (base currency, or "all"). The order alone says so, of all its credit memos; no total is less for it."""
        given = self.balance_of(order, body, prefix, wanted)
        given += decimal(body["extension_attributes"].get(f"{prefix}customer_balance_amount"))
        if given:
            add_to(order["extension_attributes"], f"{prefix}customer_balance_total_refunded", given)

    def balance_of(self, order: Json, body: Json, prefix: str, wanted: Decimal | str) -> Decimal:
        """What of a credit memo's money goes to store credit."""
        if not wanted:
            return ZERO
        if order["customer_is_guest"]:
            refuse(400, "Guests have no store credit.")
        money = decimal(body[f"{prefix}grand_total"])
        share = (
            money if wanted == "all" else cents(decimal(wanted) * decimal(1 if prefix else order["base_to_order_rate"]))
        )
        if share > money:
            refuse(400, "You can't use more store credit than the order amount.")
        return share

    def note_balance(self, order: Json, body: Json, wanted: Decimal | str) -> None:
        """The customer's history of store credit, which the admin shows."""
        own = self.number("balance_history")
        amount = self.balance_of(order, body, "", wanted)
        self.add("balance_history", own, {
            "history_id": own, "order_id": order["entity_id"], "creditmemo_id": body["entity_id"],
            "currency": order["order_currency_code"], "amount": number(amount),
        })  # fmt: skip

    def count_of(self, order: Json, body: Json, prefix: str, done: str) -> None:
        """Add a document to the order's sums."""
        for name, of in (("subtotal", "subtotal"), ("tax", "tax_amount"), ("shipping", "shipping_amount"),
                         ("discount", "discount_amount"), ("total", "grand_total")):  # fmt: skip
            add_to(
                order,
                f"{prefix}{name}_{done}" if name != "total" else f"{prefix}total_{done}",
                decimal(body[prefix + of]),
            )

    def transaction_of(self, order: Json, kind: str, amount: Any) -> None:
        own = self.number("transaction")
        body = {
            "transaction_id": own,
            "order_id": order["entity_id"],
            "payment_id": order["payment"]["entity_id"],
            "txn_id": f"{order['payment']['last_trans_id']}-{kind}",
            "parent_txn_id": order["payment"]["last_trans_id"],
            "txn_type": kind,
            "is_closed": 1,
            "additional_information": [str(amount)],
            "created_at": self.stamp(),
            "child_transactions": [],
        }
        self.add("transactions", own, body)


def left_to(item: Json, done: str) -> Decimal:
    """The quantity that may still be invoiced, shipped or refunded."""
    if done == "refunded":
        return decimal(item["qty_invoiced"]) - decimal(item["qty_refunded"])
    gone = decimal(item["qty_refunded"]) if done == "shipped" else ZERO
    return decimal(item["qty_ordered"]) - decimal(item[f"qty_{done}"]) - decimal(item["qty_canceled"]) - gone


def is_top(order: Json, item_id: int) -> bool:
    return any(item["item_id"] == item_id and item["parent_item_id"] is None for item in order["items"])
