"""What shoppers and people in the shop's admin do. Called by POST /_control/act; all take company: "FI" or "SE"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from integrations.sandbox.kernel import Refusal, Row

from .access import Json
from .amounts import decimal
from .customers import ADDRESS_MEMBERS
from .push import Push, public_key

Given = Mapping[str, Any]
_CARTS: Final = ((("SIMPLE", 1),), (("SIMPLE", 3), ("SIMPLE", 1)), (("VARIANT", 1),), (("SET-DYN", 1), ("SIMPLE", 2)))


class Actions(Push):
    """Orders are named by `order`: increment_id or entity_id."""

    def perform(self, action: str, values: Given) -> Any:
        """As the base; what the API would refuse is a ValueError here."""
        self._nobody()
        self.moment = None
        if "company" in values:
            self.at_shop(str(values["company"]))
        try:
            return super().perform(action, values)
        except Refusal as refusal:
            raise ValueError(str(refusal.reply.body, "utf-8")) from refusal  # type: ignore[arg-type]

    def act_place_order(self, given: Given) -> Json:
        """Place an order: company, items [{sku, qty, price, child}], customer (id) or guest {email, firstname,
        lastname, street, postcode, city, country_id, company, vat_id}. Optional: store (code), ship_to (address),
        payment (see payment_methods; default stripe_payments), po_number, coupon, discount_percent, discount_amount,
        shipping, shipping_discount, gift_card, store_credit (amounts in base currency, store_credit also "all"),
        shipping_method, shipping_description, fees of apps [{code, label, amount (base currency), last_invoice (default
        false), last_credit_memo (default true)}]. Payments by sale make their invoice at once. Answers entity_id,
        increment_id, state, grand_total, currency.
        """
        row = self.place(given)
        self._start(row)
        return _told(row)

    def act_guest_order(self, given: Given) -> Json:
        """Place an order without account: as place_order; guest and items have defaults, email alone is enough."""
        guest = {"email": given.get("email", "vieras@post.example"), **given.get("guest", {})}
        items = given.get("items") or [{"sku": self._stock()[0], "qty": 1}]
        return self.act_place_order({**given, "guest": guest, "items": items})

    def act_place_orders(self, given: Given) -> list[Json]:
        """Many orders as a day brings them: company, count; optional store (default: all in turn), seconds (between
        two; then the first lies in the past), finish (true: invoice and ship). Carts, buyers, discounts and payments
        are mixed, the same for the same position."""
        count, gap = int(given["count"]), float(given.get("seconds", 0))
        made = []
        for position in range(count):
            self.moment = self.clock() - timedelta(seconds=gap * (count - position)) if gap else None
            row = self.place(self.mixed(position, store=given.get("store")))
            self._start(row)
            if given.get("finish") and row["body"]["state"] == "processing":
                self.finish(row)
            made.append(_told(row))
        self.moment = None
        return made

    def act_pay(self, given: Given) -> str:
        """The money came: order; optional capture (default true: the open invoice is paid, or everything that is left
        is invoiced and paid; false: the order only starts being processed). Answers the increment_id of the invoice."""
        row = self._order(given)
        order = row["body"]
        if order["state"] in {"pending_payment", "payment_review", "new"} and not given.get("capture", True):
            self.set_status(row, "processing")
            return ""
        for invoice in self.rows("invoices"):
            body = invoice["body"]
            if body["order_id"] == order["entity_id"] and body["state"] == 1:
                self._paid(row, body)
                return str(body["increment_id"])
        if order["state"] == "payment_review":
            self.set_status(row, "processing")
        return str(self.invoice(row)["body"]["increment_id"])

    def act_invoice(self, given: Given) -> str:
        """Invoice: order; optional items [{sku, qty}], paid (default true). Answers the increment_id."""
        row = self._order(given)
        made = self.invoice(row, self._chosen(row, given), paid=bool(given.get("paid", True)))
        return str(made["body"]["increment_id"])

    def act_ship(self, given: Given) -> str:
        """Ship: order; optional items [{sku, qty}], track. Answers the increment_id of the shipment."""
        row = self._order(given)
        return str(self.ship(row, self._chosen(row, given), track=given.get("track"))["body"]["increment_id"])

    def act_credit_memo(self, given: Given) -> str:
        """Refund: order; optional items [{sku, qty}] (default: all; [] none), shipping, adjustment_positive,
        adjustment_negative (order currency), invoice (increment_id), online, comment, to_store_credit (what of the
        money the customer gets so: amount in base currency, or "all"). Answers the increment_id."""
        row = self._order(given)
        invoice = next((r for r in self.rows("invoices") if r["business_number"] == str(given.get("invoice"))), None)
        made = self.refund(
            row,
            self._chosen(row, given),
            shipping=decimal(given["shipping"]) if given.get("shipping") is not None else None,
            positive=decimal(given.get("adjustment_positive")),
            negative=decimal(given.get("adjustment_negative")),
            invoice=invoice,
            online=bool(given.get("online")),
            comment=str(given.get("comment", "")),
            to_store_credit="all" if given.get("to_store_credit") == "all" else decimal(given.get("to_store_credit")),
        )
        return str(made["body"]["increment_id"])

    def act_cancel(self, given: Given) -> bool:
        """Cancel: order. False when there is nothing to cancel."""
        return self.cancel(self._order(given))

    def act_hold(self, given: Given) -> str:
        """Put on hold: order."""
        row = self._order(given)
        self.hold(row)
        return str(row["body"]["state"])

    def act_unhold(self, given: Given) -> str:
        """End the hold: order. Answers the state."""
        row = self._order(given)
        self.unhold(row)
        return str(row["body"]["state"])

    def act_set_status(self, given: Given) -> str:
        """Another state or a merchant's own status in it: order, state; optional status (packed, delivered, fraud)."""
        self.set_status(self._order(given), str(given["state"]), given.get("status"))
        return str(given["state"])

    def act_comment(self, given: Given) -> bool:
        """A person's comment: order, comment."""
        row = self._order(given)
        self.remark(row, str(given["comment"]))
        self.save(row)
        return True

    def act_edit_order(self, given: Given) -> Json:
        """Edit an order that was not invoiced: order, and whatever of place_order changes (items …). The old one is
        cancelled, a new one is made with "-1" behind its number; both name each other. Answers as place_order."""
        row = self._order(given)
        old = row["body"]
        if any(item["qty_invoiced"] for item in old["items"]) or old["state"] in {"canceled", "closed", "complete"}:
            raise ValueError(f"order {old['increment_id']} is {old['state']} or invoiced: it cannot be edited")
        first, edits = old.get("original_increment_id") or old["increment_id"], int(old.get("edit_increment") or 0) + 1
        relation = {
            "increment_id": f"{first}-{edits}",
            "original_increment_id": first,
            "edit_increment": edits,
            "relation_parent_id": str(old["entity_id"]),
            "relation_parent_real_id": old["increment_id"],
        }
        changes = {name: value for name, value in given.items() if name != "order"}
        new = self.place({**row["_given"], **changes}, relation)
        old["relation_child_id"] = str(new["body"]["entity_id"])
        old["relation_child_real_id"] = new["body"]["increment_id"]
        self.cancel(row)
        return _told(new)

    def act_change_address(self, given: Given) -> bool:
        """Change an address: customer (id) or order, and members (street, postcode, city …); optional kind (billing,
        shipping). The customer's updated_at moves only with option address_moves_updated_at, an order's never.
        """
        kind = str(given.get("kind", "billing"))
        values = {name: given[name] for name in ADDRESS_MEMBERS if name in given}
        if "order" in given:
            order = self._order(given)["body"]
            ways = [one["shipping"]["address"] for one in order["extension_attributes"]["shipping_assignments"]]
            (order["billing_address"] if kind == "billing" else ways[0]).update(values)
            return True
        row = self._customer_row(given)
        for address in row["body"]["addresses"]:
            if address.get(f"default_{kind}"):
                address.update(values)
        if self.options["address_moves_updated_at"]:
            self.touch_customer(row)
        return True

    def act_create_customer(self, given: Given) -> int:
        """A new customer: company, email, firstname, lastname; optional taxvat, group_id, store_id, addresses.
        Answers the id."""
        row = self.new_customer(given)
        self.happened("customer_save_after", {"customer": row["body"]})
        return int(row["body"]["id"])

    def act_change_customer(self, given: Given) -> bool:
        """Change a customer: customer (id), and email, firstname, lastname, taxvat, group_id."""
        row = self._customer_row(given)
        names = ("email", "firstname", "lastname", "taxvat", "group_id")
        row["body"] = {**row["body"], **{name: given[name] for name in names if name in given}}
        self.touch_customer(row)
        return True

    def act_delete_customer(self, given: Given) -> bool:
        """Delete a customer: customer (id). Its orders stay, without customer_id."""
        self.remove_customer(self._customer_row(given))
        return True

    def act_revoke(self, given: Given) -> bool:
        """Revoke the integration's access token: company; optional limited (true), restore (true)."""
        shop = self.shop
        own = shop.limited if given.get("limited") else shop.integration
        if given.get("restore"):
            self.store.table("revoked").pop(f"{shop.key}/{own.id}", None)
        else:
            self.add("revoked", own.id, {})
        return True

    def act_add_webhook(self, given: Given) -> bool:
        """A webhook as webhooks.xml declares it: company, url; optional event (default sales_order_save_after), fields,
        headers, hook_name."""
        event = str(given.get("event", "sales_order_save_after"))
        values = {"webhook_method": f"observer.{event}", "webhook_type": "after", "batch_name": "sandbox",
                  "hook_name": given.get("hook_name", event), "url": given["url"]}  # fmt: skip
        self._subscribe({**values, **{name: given[name] for name in ("fields", "headers") if name in given}})
        return True

    def act_add_event_registration(self, given: Given) -> str:
        """A registration in the developer console: company, url, client_id, client_secret. The URL is challenged
        first, but with unchallenged (true)."""
        wrong = "" if given.get("unchallenged") else self.challenge(str(given["url"]))
        if wrong:
            raise ValueError(f"the challenge failed: {wrong}")
        body = {name: str(given[name]) for name in ("url", "client_id", "client_secret")}
        return str(self.add("event_registrations", body["url"], body)["key"])

    def act_webhook_public_key(self, given: Given) -> str:
        """The PEM that the admin shows for checking webhooks."""
        return public_key("webhooks")

    # what is meant

    def _order(self, given: Given) -> Row:
        wanted = str(given["order"])
        by_id = self.row("orders", wanted)
        for row in self.rows("orders"):
            if row["business_number"] == wanted:
                return row
        if by_id is None:
            raise KeyError(f"{self.shop.slug} has no order {wanted}")
        return by_id

    def _customer_row(self, given: Given) -> Row:
        row = self.row("customers", given["customer"])
        if row is None:
            raise KeyError(f"{self.shop.slug} has no customer {given['customer']}")
        return row

    def _chosen(self, row: Row, given: Given) -> dict[int, Decimal] | None:
        if given.get("items") is None:
            return None
        tops = [item for item in row["body"]["items"] if item["parent_item_id"] is None]
        chosen: dict[int, Decimal] = {}
        for one in given["items"]:
            found = next((i for i in tops if one["sku"] == i["sku"] and i["item_id"] not in chosen), None)
            if found is None:
                raise KeyError(f"order {row['body']['increment_id']} has no row {one['sku']}")
            chosen[found["item_id"]] = decimal(one.get("qty", found["qty_ordered"]))
        return chosen

    def _start(self, row: Row) -> None:
        """Payments by sale are captured at once, as far as there is an order to be paid."""
        if row["body"]["payment"]["method"] in {"stripe_payments", "paypal_express", "free"}:
            self.invoice(row)

    def _paid(self, row: Row, invoice: Json) -> None:
        order = row["body"]
        invoice |= {"state": 2, "updated_at": self.stamp()}
        for prefix in ("", "base_"):
            total = decimal(order.get(f"{prefix}total_paid")) + decimal(invoice[f"{prefix}grand_total"])
            order[f"{prefix}total_paid"] = float(total)
            order[f"{prefix}total_due"] = float(decimal(order[f"{prefix}grand_total"]) - total)
        self.save(row)

    def finish(self, row: Row) -> None:
        """Invoice and ship what is left."""
        order = row["body"]
        if any(decimal(i["qty_invoiced"]) < decimal(i["qty_ordered"]) for i in order["items"]):
            self.invoice(row)
        if not order["is_virtual"]:
            self.ship(row)

    # many orders

    def mixed(self, position: int, *, store: str | None = None) -> Json:
        """The order of one position: the same for the same position and shop."""
        stores = self.shop.stores
        view = self.shop.store(store) if store else stores[0 if position % 3 else position // 3 % len(stores)]
        stock, payments = self._stock(), ("stripe_payments", "klarna_kp", "paypal_express", "banktransfer")
        if self.shop.business:
            payments = ("purchaseorder", "banktransfer", "companycredit", "stripe_payments")
        items: list[Json] = []
        for number, (kind, quantity) in enumerate(_CARTS[position % len(_CARTS)]):
            sku = stock[(position * 7 + number) % len(stock)]
            if kind == "VARIANT":
                sku = f"{stock[position % 3][:5]}-VAR"
            elif kind != "SIMPLE":
                sku = kind
            items.append({"sku": sku, "qty": quantity})
        values: Json = {"store": view.code, "items": items, "payment": payments[position % 4]}
        if values["payment"] == "purchaseorder":
            values["po_number"] = f"PO-{4_000 + position}"
        if position % 5 == 0:
            values |= {"coupon": "KEVAT10", "discount_percent": 10}
        if position % 11 == 3:
            values["gift_card"] = 5
        if position % 13 == 4:
            values["store_credit"] = 3
        country = {"SEK": "SE", "NOK": "NO"}.get(view.currency, self.shop.company.country)
        if not self.shop.business and position % 3 == 1:
            values["guest"] = {"email": f"vieras{position}@post.example", "country_id": country}
        else:
            own = [row["body"] for row in self.rows("customers") if row["body"]["addresses"]]
            near = [c for c in own if c["addresses"][0]["country_id"] == country] or own
            values["customer"] = near[position % len(near)]["id"]
        return values

    def _stock(self) -> list[str]:
        return [row["body"]["sku"] for row in self.rows("products") if row["body"]["type_id"] == "simple"]


def _told(row: Row) -> Json:
    names = ("entity_id", "increment_id", "state", "grand_total")
    return {**{name: row["body"][name] for name in names}, "currency": row["body"]["order_currency_code"]}
