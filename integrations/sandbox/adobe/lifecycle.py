"""What happens to an order after it was placed: paid, invoiced, shipped, refunded, cancelled, held, edited."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from integrations.sandbox.kernel import Row

from .access import Json
from .amounts import ZERO, cents, decimal, number
from .errors import refuse
from .following import INVOICED, PREFIXES, REFUNDED, Following, add_to, is_top, left_to
from .money import SHIPPING_COMPENSATION

DEFAULT_STATUS: Final = {
    "new": "pending", "pending_payment": "pending_payment", "payment_review": "payment_review", "holded": "holded",
    "processing": "processing", "complete": "complete", "closed": "closed", "canceled": "canceled",
}  # fmt: skip
_WAY: Final = ("amount", "tax_amount", "discount_amount", "incl_tax")
TOO_MANY = 'The quantity to {} must not be greater than the {} quantity for product SKU "{}".'
NO_SHIPMENT = "Shipment Document Validation Error(s):\nA shipment cannot be created when an order has a status of %1"
NO_INVOICE = "Invoice Document Validation Error(s):\n%s"
NO_REFUND = "Creditmemo Document Validation Error(s):\n%s"


class Lifecycle(Following):
    """Transitions. Those that a client may ask for refuse as the API does."""

    def save(self, row: Row) -> None:
        """An order was written: updated_at moves, events are told."""
        row["body"]["updated_at"] = self.stamp()
        self.store.touch()
        self.happened("sales_order_save_after", {"order": row["body"]})

    def remark(
        self, row: Row, comment: str | None, *, status: str | None = None, notified: int = 0, front: int = 0
    ) -> None:
        """Append to the history. It has no way back."""
        order = row["body"]
        entry = {
            "comment": comment,
            "created_at": self.stamp(),
            "entity_id": self.number("history"),
            "entity_name": "order",
            "is_customer_notified": notified,
            "is_visible_on_front": front,
            "parent_id": order["entity_id"],
            "status": status or order["status"],
        }
        order["status_histories"] = [entry, *order["status_histories"]]

    def _state(self, order: Json, state: str) -> None:
        order |= {"state": state, "status": DEFAULT_STATUS[state]}

    def settle(self, order: Json) -> None:
        """The state that follows from what was invoiced, shipped and refunded."""
        if order["state"] in {"canceled", "holded", "payment_review", "closed"}:
            return
        tops = [item for item in order["items"] if item["parent_item_id"] is None]
        if order["state"] in {"new", "pending_payment"} and any(i["qty_invoiced"] or i["qty_shipped"] for i in tops):
            self._state(order, "processing")
        if order["state"] not in {"processing", "complete"} or any(left_to(item, "invoiced") for item in tops):
            return
        refunded = all(decimal(i["qty_refunded"]) >= decimal(i["qty_invoiced"]) for i in tops)
        paid_back = decimal(order.get("total_refunded")) >= decimal(order.get("total_paid"))
        if any(i["qty_refunded"] for i in tops) and (refunded and paid_back):
            self._state(order, "closed")
        elif order["state"] == "processing" and not any(left_to(i, "shipped") for i in tops if not i["is_virtual"]):
            self._state(order, "complete")

    # invoices

    def invoice(
        self, row: Row, quantities: Mapping[int, Any] | None = None, *, paid: bool = True, comment: str = "",
        shipping: bool = True,
    ) -> Row:  # fmt: skip
        """Invoice quantities by item_id, everything by default. The first invoice takes the shipping."""
        order = row["body"]
        if order["state"] in {"complete", "closed", "canceled"}:
            refuse(400, NO_INVOICE % f"An invoice cannot be created when an order has a status of {order['status']}")
        if order["state"] in {"holded", "payment_review"}:
            refuse(400, NO_INVOICE % "The order does not allow an invoice to be created.")
        wanted = self.wanted_of(order, quantities, "invoiced")
        for item in order["items"]:
            if wanted.get(item["item_id"], ZERO) > left_to(item, "invoiced"):
                refuse(400, NO_INVOICE % TOO_MANY.format("invoice", "uninvoiced", item["sku"]))
        if not any(wanted.values()):
            refuse(400, NO_INVOICE % "The invoice can't be created without products. Add products and try again.")
        body = self.document_of(row, "invoice")
        with_way = shipping and not order.get("shipping_invoiced")
        body["items"] = self.document_items_of(order, wanted, body["entity_id"], INVOICED, "invoiced")
        last = not any(left_to(item, "invoiced") for item in order["items"] if item["parent_item_id"] is None)
        fees = self.fees_of(body, order, "invoice", "invoiced", last=last)
        for prefix in PREFIXES:
            total = self.document_totals_of(body, order, prefix, order if with_way else {}) + fees[prefix]
            total -= self.credits_of(body, order, prefix, total, "amount", "invoiced")
            body[f"{prefix}grand_total"] = number(total)
            self.count_of(order, body, prefix, "invoiced")
            if paid:
                add_to(order, f"{prefix}total_paid", total)
                add_to(order["payment"], f"{prefix}amount_paid", total)
            order[f"{prefix}total_due"] = number(
                decimal(order[f"{prefix}grand_total"]) - decimal(order.get(f"{prefix}total_paid"))
            )
        body |= {
            "state": 2 if paid else 1,
            "total_qty": number(sum((q for i, q in wanted.items() if is_top(order, i)), Decimal(0))),
            "transaction_id": order["payment"]["last_trans_id"] if paid else None,
            "can_void_flag": 0,
        }
        made = self.add("invoices", body["entity_id"], body)
        if paid and order["payment"]["last_trans_id"]:
            self.transaction_of(order, "capture", body["grand_total"])
        self.settle(order)
        if comment:
            self.remark(row, comment)
        if self.options["invoice_moves_order"]:
            self.save(row)
        self.happened("sales_order_invoice_save_after", {"invoice": body})
        return made

    # shipments

    def ship(self, row: Row, quantities: Mapping[int, Any] | None = None, *, track: str | None = None) -> Row:
        """Ship quantities by item_id, everything that is left by default."""
        order = row["body"]
        wanted = self.wanted_of(order, quantities, "shipped", virtual=False)
        if order["state"] in {"holded", "payment_review", "canceled", "closed", "pending_payment"} or not any(
            wanted.values()
        ):
            refuse(400, NO_SHIPMENT, [order["status"]])
        plain = self.document_of(row, "shipment")
        own = ("entity_id", "increment_id", "order_id", "store_id", "created_at", "updated_at", "billing_address_id")
        body = {name: plain[name] for name in own} | {"customer_id": order["customer_id"], "comments": [], "tracks": []}
        body["items"] = [
            {"entity_id": self.number("shipment_item"), "parent_id": body["entity_id"], "qty": number(quantity),
             **{name: item[name] for name in ("name", "sku", "product_id", "price")}, "order_item_id": item["item_id"]}
            for item in order["items"] if (quantity := wanted.get(item["item_id"]))
        ]  # fmt: skip
        body["total_qty"] = number(sum((q for i, q in wanted.items() if is_top(order, i)), Decimal(0)))
        if track:
            ids = {"entity_id": self.number("track"), "parent_id": body["entity_id"], "order_id": order["entity_id"]}
            body["tracks"] = [{**ids, "title": "Posti", "track_number": track, "carrier_code": "custom"}]
        for item in order["items"]:
            add_to(item, "qty_shipped", wanted.get(item["item_id"], ZERO))
        made = self.add("shipments", body["entity_id"], body)
        self.settle(order)
        self.save(row)
        return made

    # refunds

    def refund(
        self, row: Row, quantities: Mapping[int, Any] | None = None, *, shipping: Decimal | None = None,
        positive: Decimal = ZERO, negative: Decimal = ZERO, invoice: Row | None = None, online: bool = False,
        comment: str = "", to_store_credit: Decimal | str = ZERO,
    ) -> Row:  # fmt: skip
        """A credit memo. `shipping` and the adjustments are amounts in order currency; None = all that is left.
        `to_store_credit`: what of its money goes there, in base currency, or "all"; what was paid with store credit
        goes back there by itself."""
        order = copy.deepcopy(row["body"])
        invoiced = any(item["qty_invoiced"] for item in order["items"])
        if order["state"] in {"holded", "payment_review", "canceled", "closed"} or not invoiced:
            refuse(400, NO_REFUND % "The order does not allow a creditmemo to be created.")
        wanted = self.wanted_of(order, quantities, "refunded")
        for item in order["items"]:
            if wanted.get(item["item_id"], ZERO) > decimal(item["qty_invoiced"]) - decimal(item["qty_refunded"]):
                refuse(400, NO_REFUND % TOO_MANY.format("creditmemo", "unrefunded", item["sku"]))
        left = decimal(order.get("shipping_invoiced")) - decimal(order.get("shipping_refunded"))
        way = left if shipping is None else shipping
        if way > left:
            refuse(400, "Maximum shipping amount allowed to refund is: %1", [f"{left:.2f}"])
        if not any(wanted.values()) and not (way or positive):
            refuse(400, NO_REFUND % "The credit memo's total must be positive.")
        body = self.document_of(row, "creditmemo")
        body["invoice_id"] = invoice["body"]["entity_id"] if invoice else None
        body["items"] = self.document_items_of(order, wanted, body["entity_id"], REFUNDED, "refunded")
        tops = [item for item in order["items"] if item["parent_item_id"] is None]
        last = not any(left_to(item, "invoiced") or left_to(item, "refunded") for item in tops)
        fees = self.fees_of(body, order, "creditmemo", "refunded", last=last)
        whole = decimal(order["shipping_amount"])
        for prefix in PREFIXES:
            share = way / whole if whole else ZERO
            names = [*(f"{prefix}shipping_{name}" for name in _WAY), SHIPPING_COMPENSATION[prefix]]
            total = self.document_totals_of(
                body, order, prefix, {n: number(cents(decimal(order.get(n)) * share)) for n in names}
            )
            rate = decimal(row["_ratio"]) if prefix else Decimal(1)
            up, down = cents(positive / rate), cents(negative / rate)
            total += up - down + fees[prefix]
            body[f"{prefix}adjustment_positive"], body[f"{prefix}adjustment_negative"] = number(up), number(down)
            body[f"{prefix}adjustment"] = number(up - down)
            taken = self.credits_of(body, order, prefix, total, "invoiced", "refunded")
            total -= taken
            if total <= 0 and not taken:
                refuse(400, NO_REFUND % "The credit memo's total must be positive.")
            left = decimal(order.get(f"{prefix}total_paid")) - decimal(order.get(f"{prefix}total_refunded"))
            if total > left and not prefix:
                refuse(400, "The most money available to refund is %1.", [f"{left:.2f}"])
            body[f"{prefix}grand_total"] = number(total)
            self.to_balance(order, body, prefix, to_store_credit)
            self.count_of(order, body, prefix, "refunded")
            add_to(order, f"{prefix}total_{'online' if online else 'offline'}_refunded", total)
            add_to(order["payment"], f"{prefix}amount_refunded", total)
        row["body"] = order
        body |= {"state": 2, "transaction_id": None}
        made = self.add("creditmemos", body["entity_id"], body)
        if to_store_credit:
            self.note_balance(order, body, to_store_credit)
        if comment:
            self.remark(row, comment)
        self.settle(order)
        self.save(row)
        self.happened("sales_order_creditmemo_save_after", {"creditmemo": body})
        return made

    # cancel and hold

    def cancel(self, row: Row) -> bool:
        """Cancel what was not invoiced. False, and nothing happens, when there is nothing to cancel."""
        order = row["body"]
        tops = [item for item in order["items"] if item["parent_item_id"] is None]
        if order["state"] in {"canceled", "complete", "closed", "payment_review", "holded"}:
            return False
        if not any(left_to(item, "invoiced") for item in tops):
            return False
        for item in order["items"]:
            add_to(item, "qty_canceled", left_to(item, "invoiced"))
        for prefix in PREFIXES:
            for name in ("subtotal", "tax", "shipping", "discount", "total"):
                total = decimal(order[f"{prefix}{_TOTAL_OF[name]}"])
                done = "total_paid" if name == "total" else f"{name}_invoiced"  # as the vendor reckons it
                order[f"{prefix}{name}_canceled"] = number(total - decimal(order.get(f"{prefix}{done}")))
        if any(decimal(item["qty_invoiced"]) > decimal(item["qty_refunded"]) for item in tops):
            self.settle(order)
        else:
            self._state(order, "canceled")
        self.save(row)
        return True

    def hold(self, row: Row) -> None:
        """Put on hold; refuses where Magento does."""
        order = row["body"]
        if order["state"] in {"canceled", "complete", "closed", "payment_review", "holded"}:
            refuse(400, "A hold action is not available.")
        order |= {"hold_before_state": order["state"], "hold_before_status": order["status"]}
        self._state(order, "holded")
        self.save(row)

    def unhold(self, row: Row) -> None:
        """Back to the state before the hold."""
        order = row["body"]
        if order["state"] != "holded":
            refuse(400, "You cannot remove the hold.")
        order |= {"state": order["hold_before_state"], "status": order["hold_before_status"]}
        order |= {"hold_before_state": None, "hold_before_status": None}
        self.save(row)


_TOTAL_OF = {"subtotal": "subtotal", "tax": "tax_amount", "shipping": "shipping_amount", "discount": "discount_amount",
             "total": "grand_total"}  # fmt: skip
