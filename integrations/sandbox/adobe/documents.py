"""Invoices, shipments, credit memos and transactions: read, and made from orders. Nothing changes them later."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from integrations.sandbox.kernel import Reply, Request, Row, json_reply, route

from .access import Json, without_nulls
from .amounts import decimal
from .errors import no_entity, refuse, required
from .lifecycle import NO_REFUND
from .lists import CREDITMEMOS, INVOICES, SHIPMENTS, TRANSACTIONS
from .orders import Orders

INVOICE_ACL, MEMO_ACL, SHIP_ACL = (
    "Magento_Sales::sales_invoice",
    "Magento_Sales::sales_creditmemo",
    "Magento_Sales::shipment",
)


class Documents(Orders):
    """What follows from orders."""

    @route("GET", "/V1/invoices", label=INVOICE_ACL)
    def invoice_list(self, request: Request) -> Reply:
        """Search. Invoices name no customer: their orders do."""
        return self.search(request, INVOICES)

    @route("GET", "/V1/invoices/<int:entity_id>", label=INVOICE_ACL)
    def invoice_one(self, request: Request, entity_id: int) -> Reply:
        """One invoice."""
        return self.shown(request, self._made("invoices", entity_id))

    @route("GET", "/V1/invoices/<int:entity_id>/comments", label=INVOICE_ACL)
    def invoice_comments(self, request: Request, entity_id: int) -> Reply:
        """Comments of an invoice."""
        return self._comments(self._made("invoices", entity_id))

    @route("POST", "/V1/invoices/comments", label=INVOICE_ACL)
    def invoice_comment(self, request: Request) -> Reply:
        """A comment: {"entity": {parent_id, comment, …}}; answers it."""
        given = self.body_of(request).get("entity") or required("entity")
        return self._comment(self._made("invoices", int(given.get("parent_id") or 0)), given)

    @route("POST", "/V1/order/<int:order_id>/invoice", label="Magento_Sales::invoice")
    def invoice_create(self, request: Request, order_id: int) -> Reply:
        """Invoice items, or everything; the answer is the invoice's id. A repeated call invoices again."""
        values, row = self.body_of(request), self.order(order_id)
        quantities = _quantities(values)
        text = _comment_text(values)
        made = self.invoice(row, quantities, paid=bool(values.get("capture")), comment=text)
        return self._new_id(made)

    @route("POST", "/V1/order/<int:order_id>/ship", label="Magento_Sales::ship")
    def shipment_create(self, request: Request, order_id: int) -> Reply:
        """Ship items, or everything; the answer is the shipment's id."""
        values, row = self.body_of(request), self.order(order_id)
        tracks = values.get("tracks") or [{}]
        made = self.ship(row, _quantities(values), track=tracks[0].get("track_number"))
        return self._new_id(made)

    @route("GET", "/V1/shipments", label=SHIP_ACL)
    def shipment_list(self, request: Request) -> Reply:
        """Search."""
        return self.search(request, SHIPMENTS)

    @route("GET", "/V1/shipment/<int:entity_id>", label=SHIP_ACL)
    def shipment_one(self, request: Request, entity_id: int) -> Reply:
        """One shipment."""
        return self.shown(request, self._made("shipments", entity_id))

    @route("GET", "/V1/transactions", label="Magento_Sales::transactions_fetch")
    def transaction_list(self, request: Request) -> Reply:
        """Search."""
        return self.search(request, TRANSACTIONS)

    # credit memos

    @route("GET", "/V1/creditmemos", label=MEMO_ACL)
    def memo_list(self, request: Request) -> Reply:
        """Search: plural here, singular for one."""
        return self.search(request, CREDITMEMOS)

    @route("GET", "/V1/creditmemo/<int:entity_id>", label=MEMO_ACL)
    def memo_one(self, request: Request, entity_id: int) -> Reply:
        """One credit memo."""
        return self.shown(request, self._made("creditmemos", entity_id))

    @route("PUT", "/V1/creditmemo/<int:entity_id>", label=MEMO_ACL)
    def memo_cancel(self, request: Request, entity_id: int) -> Reply:
        """It is called cancelling, and never happens."""
        self._made("creditmemos", entity_id)
        refuse(400, "You can not cancel Credit Memo")

    @route("GET", "/V1/creditmemo/<int:entity_id>/comments", label=MEMO_ACL)
    def memo_comments(self, request: Request, entity_id: int) -> Reply:
        """Comments of a credit memo."""
        return self._comments(self._made("creditmemos", entity_id))

    @route("POST", "/V1/creditmemo/<int:entity_id>/comments", label=MEMO_ACL)
    def memo_comment(self, request: Request, entity_id: int) -> Reply:
        """A comment; answers it."""
        given = self.body_of(request).get("entity") or required("entity")
        return self._comment(self._made("creditmemos", entity_id), given)

    @route("POST", "/V1/order/<int:order_id>/refund", label="Magento_Sales::creditmemo")
    def refund_order(self, request: Request, order_id: int) -> Reply:
        """Refund offline; the answer is the credit memo's id."""
        return self._refunded(self.body_of(request), self.order(order_id))

    @route("POST", "/V1/invoice/<int:invoice_id>/refund", label="Magento_Sales::creditmemo")
    def refund_invoice(self, request: Request, invoice_id: int) -> Reply:
        """Refund an invoice, online where is_online says so."""
        values, invoice = self.body_of(request), self._made("invoices", invoice_id)
        if invoice["body"]["state"] != 2:
            refuse(400, NO_REFUND % "The invoice is not paid.")
        return self._refunded(values, self.order(invoice["body"]["order_id"]), invoice=invoice)

    def _refunded(self, values: Mapping[str, Any], row: Row, invoice: Row | None = None) -> Reply:
        arguments = values.get("arguments") or {}
        way = arguments.get("shipping_amount")
        made = self.refund(
            row,
            _quantities(values),
            shipping=None if way is None else decimal(way),
            positive=decimal(arguments.get("adjustment_positive")),
            negative=decimal(arguments.get("adjustment_negative")),
            invoice=invoice,
            online=bool(values.get("is_online") or values.get("isOnline")),
            comment=_comment_text(values),
        )
        return self._new_id(made)

    # shared

    def _new_id(self, made: Row) -> Reply:
        own = made["body"]["entity_id"]
        return json_reply(200, str(own) if self.options["new_ids"] == "string" else own)

    def _made(self, table: str, entity_id: int) -> Row:
        row = self.row(table, entity_id)
        if row is None or not self.visible(row):
            no_entity()
        return row

    def _comments(self, row: Row) -> Reply:
        items = row["body"]["comments"]
        return json_reply(200, {"items": items, "search_criteria": {"filter_groups": []}, "total_count": len(items)})

    def _comment(self, row: Row, given: Mapping[str, Any]) -> Reply:
        if not given.get("comment"):
            required("comment")
        comment: Json = {
            "comment": str(given["comment"]),
            "created_at": self.stamp(),
            "entity_id": self.number("document_comment"),
            "is_customer_notified": int(given.get("is_customer_notified") or 0),
            "is_visible_on_front": int(given.get("is_visible_on_front") or 0),
            "parent_id": row["body"]["entity_id"],
        }
        row["body"]["comments"] = [*row["body"]["comments"], comment]
        self.store.touch()
        return json_reply(200, without_nulls(comment))


def _quantities(values: Mapping[str, Any]) -> dict[int, Decimal] | None:
    given = values.get("items")
    if not given:
        return None
    return {int(one["order_item_id"]): decimal(one["qty"]) for one in given}


def _comment_text(values: Mapping[str, Any]) -> str:
    wanted = values.get("appendComment") or values.get("append_comment")
    return str((values.get("comment") or {}).get("comment") or "") if wanted else ""
