"""The Adobe Commerce simulator as a whole: the shops' first days, and its description for GET /_control/."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from integrations.sandbox.kernel import Row

from .access import Json
from .actions import Actions
from .placing import PAYMENTS
from .tokens import SCOPES

OPTIONS = {
    "version": "of Commerce: webhooks/subscribe exists on PaaS from 2.4.9 on",
    "modules": "what GET /V1/modules lists and what works: webhooks, events, companies, custom attributes of orders "
    "(Magento_CustomAttributeSerializable; SaaS always has it)",
    "two_factor, two_factor_status": "admin tokens need the one-time code; 400 or 401 for the plain endpoint",
    "admin_token_seconds, ims_token_seconds": "lifetimes; an expired token is a guest on PaaS, 401 on SaaS",
    "integration_as_bearer": "the integration's access token alone works as bearer",
    "acl_denied": 'resources nobody has: ["Magento_Sales::comment"]',
    "gateway_org_check": "SaaS: 403 for another x-gw-ims-org-id or another shop's token",
    "rate_limit, rate_window, retry_after": "calls in a window of so many seconds (0: no limit); whether 429 says when",
    "input_limits": "pages of 20 by default and 300 at most",
    "legacy_paging": "pages beyond the end repeat the last one",
    "empty_items_null": "items: null where nothing was found",
    "corrupt_orders": "entity_ids that cannot be loaded: their pages answer 500",
    "commit_delay": "seconds after which a new order, invoice or credit memo can be seen, with its older updated_at",
    "address_moves_updated_at": "whether act change_address moves the customer's updated_at",
    "invoice_moves_order": "whether an invoice moves the order's updated_at",
    "new_ids": "integer, as documented, or string: how ids of new invoices, shipments and credit memos are answered",
    "tax_algorithm": "total (tax carried from row to row) or row",
    "child_price": "zero or copy: the price of variants",
    "item_price_base": "rows of orders in another currency show the base price as price",
    "custom_attributes_merge": "merge or replace, when an order is saved with some",
    "webhook_copies, webhook_retries, webhook_retry_seconds": "duplicates; tries of events after an error",
    "events_swapped": "every second event of I/O Events overtakes the one before it",
    "fatal_errors": "orders that cannot be loaded end in the other shape, {messages: {error: […]}}",
    "webhook_hmac_secret": "webhooks carry x-adobe-signature (base64 HMAC-SHA256) too",
}
_FINNISH: tuple[tuple[float, Json, tuple[str, ...]], ...] = (
    (9.1, {"customer": 101, "items": [{"sku": 0, "qty": 2}]}, ("ship",)),
    (8.9, {"customer": 102, "items": [{"sku": 1, "qty": 3}, {"sku": 4, "qty": 1}], "coupon": "KEVAT10",
           "discount_percent": 10}, ("ship",)),
    (8.2, {"guest": {"email": "vieras@post.example"}, "items": [{"sku": "VAR", "qty": 1}]}, ("ship",)),
    (7.7, {"customer": 104, "items": [{"sku": "SET-DYN", "qty": 1}], "payment": "klarna_kp"}, ("invoice", "ship")),
    (7.0, {"customer": 106, "items": [{"sku": "SET-FIX", "qty": 2}]}, ("ship", "refund_all")),
    (6.4, {"customer": 10_001, "store": "se", "items": [{"sku": 2, "qty": 2}], "shipping": 6}, ("ship",)),
    (6.1, {"customer": 10_002, "store": "no", "items": [{"sku": 3, "qty": 1}], "shipping": 9}, ("ship",)),
    (5.5, {"customer": 10_003, "items": [{"sku": 5, "qty": 20}], "payment": "banktransfer"}, ("invoice", "ship")),
    (5.0, {"customer": 110, "items": [{"sku": 6, "qty": 1}], "gift_card": 10}, ("ship",)),
    (4.6, {"customer": 112, "items": [{"sku": 7, "qty": 1}], "store_credit": "all"}, ("ship",)),
    (4.1, {"customer": 114, "items": [{"sku": 8, "qty": 4}], "payment": "klarna_kp"}, ("half_invoice",)),
    (3.5, {"customer": 10_004, "items": [{"sku": 9, "qty": 3}]}, ("ship", "refund_one")),
    (3.0, {"guest": {"email": "maksamatta@post.example"}, "items": [{"sku": 1, "qty": 1}], "payment": "adyen_cc"}, ()),
    (2.6, {"customer": 116, "items": [{"sku": 2, "qty": 1}], "payment": "swish"}, ()),
    (2.2, {"customer": 118, "items": [{"sku": 3, "qty": 2}], "payment": "klarna_kp"}, ("cancel",)),
    (1.8, {"customer": 120, "items": [{"sku": 4, "qty": 2}], "payment": "klarna_kp"}, ("hold",)),
    (1.4, {"customer": 122, "items": [{"sku": 5, "qty": 1}], "payment": "klarna_kp"}, ("edit",)),
    (1.0, {"customer": 124, "items": [{"sku": "GIFT-50", "qty": 1}]}, ()),
    (0.6, {"guest": {"email": "jul@post.example", "firstname": "Maja", "lastname": "Berg", "country_id": "SE",
                     "postcode": "111 22", "city": "Stockholm", "street": ["Sveavägen 1"]},
           "store": "se", "items": [{"sku": "VAR", "qty": 2}, {"sku": 0, "qty": 1}], "discount_amount": 2}, ()),
    (0.3, {"customer": 10_005, "store": "se", "items": [{"sku": 6, "qty": 1}], "payment": "klarna_kp"}, ()),
)  # fmt: skip
_SWEDISH: tuple[tuple[float, Json, tuple[str, ...]], ...] = (
    (8.0, {"items": [{"sku": 0, "qty": 10}], "payment": "purchaseorder", "po_number": "PO-77"}, ("invoice", "ship")),
    (6.5, {"items": [{"sku": 1, "qty": 4}, {"sku": 2, "qty": 2}], "payment": "purchaseorder", "po_number": "PO-78",
           "discount_percent": 5}, ("invoice", "ship")),
    (5.2, {"items": [{"sku": "SET-DYN", "qty": 3}], "payment": "companycredit"}, ("invoice", "ship", "refund_one")),
    (4.0, {"items": [{"sku": 3, "qty": 6}], "payment": "banktransfer"}, ("half_invoice",)),
    (2.9, {"store": "eu", "items": [{"sku": 4, "qty": 2}], "payment": "stripe_payments"}, ("ship",)),
    (1.7, {"items": [{"sku": "VAR", "qty": 5}], "payment": "purchaseorder", "po_number": "PO-81"}, ()),
    (0.9, {"items": [{"sku": 5, "qty": 1}], "payment": "stripe_payments", "shipping": 49}, ()),
    (0.2, {"items": [{"sku": 6, "qty": 12}], "payment": "purchaseorder", "po_number": "PO-82"}, ("invoice",)),
)  # fmt: skip


class AdobeSimulator(Actions):
    """Adobe Commerce: two shops with customers, orders, invoices and credit memos."""

    def seed(self) -> None:
        """Registers, products, customers, and the orders of the last days."""
        midnight = datetime.combine(self.world.today, time(), tzinfo=UTC)
        for key, orders in (("FI", _FINNISH), ("SE", _SWEDISH)):
            self.at_shop(key)
            self.moment = midnight - timedelta(days=400)
            self.seed_registers()
            self.seed_products()
            self.seed_customers()
            for round_number in range(self.world.size):
                for position, (days, values, deeds) in enumerate(orders):
                    back = timedelta(days=days, minutes=7 * round_number)
                    self._seed_order(midnight - back, values, deeds, position)
        self.moment = None

    def _seed_order(self, at: datetime, values: Json, deeds: tuple[str, ...], position: int) -> None:
        self.moment = at
        stock = self._stock()
        items = [{**one, "sku": self._sku(one["sku"], stock)} for one in values["items"]]
        given = {**values, "items": items}
        if "guest" not in given:
            own = [row["body"]["id"] for row in self.rows("customers")]
            if given.get("customer") not in own:  # the world's customers are not the same for every seed
                given["customer"] = own[position % len(own)]
        row = self.place(given)
        self._start(row)
        for number, deed in enumerate(deeds, start=1):
            self.moment = at + timedelta(hours=4 * number)
            self._deed(row, deed)

    def _deed(self, row: Row, deed: str) -> None:
        tops = [item for item in row["body"]["items"] if item["parent_item_id"] is None]
        first = tops[0]["item_id"]
        match deed:
            case "ship":
                self.ship(row)
            case "invoice":
                self.invoice(row)
            case "half_invoice":
                self.invoice(row, {first: tops[0]["qty_ordered"] / 2})
            case "refund_all":
                self.refund(row, comment="Returned")
            case "refund_one":
                self.refund(row, {first: 1}, shipping=None, comment="One came back")
            case "cancel":
                self.cancel(row)
            case "hold":
                self.hold(row)
            case "edit":
                items = [{"sku": item["sku"], "qty": 2} for item in tops]
                self.act_edit_order({"order": row["body"]["increment_id"], "items": items})

    def _sku(self, wanted: int | str, stock: list[str]) -> str:
        if isinstance(wanted, int):
            return str(stock[wanted % len(stock)])
        return f"{stock[0]}-VAR" if wanted == "VAR" else str(wanted)

    def entities(self) -> Iterable[str]:
        """Bodies are as the API has them, with nulls."""
        return (
            "orders", "invoices", "creditmemos", "balance_history", "shipments", "transactions", "customers",
            "companies", "products", "customer_groups", "tax_classes", "tax_rates", "tax_rules",
            "webhook_subscriptions", "event_subscriptions", "event_registrations", "notifications",
        )  # fmt: skip

    def touched(self, entity: str, row: Row) -> None:
        """A row was changed by hand: its updated_at moves."""
        if "updated_at" in row["body"]:
            row["body"]["updated_at"] = self.stamp()

    def resolve_key(self, entity: str, key: str) -> str:
        """A row key "FI/12", or a business number that only one row has. Raises KeyError."""
        table = self.store.table(entity)
        if key in table:
            return key
        found = [row["key"] for row in table.values() if row["business_number"] == key]
        if len(found) != 1:
            raise KeyError(f"{len(found)} rows of {entity} are called {key}")
        return str(found[0])

    def describe(self) -> dict[str, Any]:
        """Shops, credentials, options, payment methods."""
        return {
            "shops": {
                shop.key: {
                    "PaaS base URL": f"/adobe/{shop.slug}",
                    "PaaS REST": f"/adobe/{shop.slug}/rest/<store>/V1/…",
                    "SaaS base URL": f"/adobe/accs/{shop.tenant_id}",
                    "stores": {s.code: f"id {s.id}, website {s.website}, {s.currency}" for s in shop.stores},
                    "base_currency": shop.base_currency,
                    "prices_include_tax": shop.prices_include_tax,
                    "consumer_key": shop.integration.consumer_key,
                    "consumer_secret": shop.integration.consumer_secret,
                    "access_token": shop.integration.access_token,
                    "access_token_secret": shop.integration.access_token_secret,
                    "consumer_key (read only)": shop.limited.consumer_key,
                    "consumer_secret (read only)": shop.limited.consumer_secret,
                    "access_token (read only)": shop.limited.access_token,
                    "access_token_secret (read only)": shop.limited.access_token_secret,
                    "admin user": shop.admin,
                    "admin password": shop.password,
                    "admin TOTP seed (base32)": shop.totp_seed,
                    "ims_token_url": "/adobe/ims/token/v3",
                    "ims_client_id": shop.ims_client,
                    "ims_client_secret": shop.ims_secret,
                    "ims_org_id": shop.ims_org,
                }
                for shop in self.shops.values()
            },
            "ims_scopes": list(SCOPES),
            "payment_methods": {name: f"{mode}: {title}" for name, (mode, title) in PAYMENTS.items()},
            "io_events_public_keys": "/adobe/public_keys/events-1.pem, /adobe/public_keys/events-2.pem",
            "option_meaning": OPTIONS,
        }
