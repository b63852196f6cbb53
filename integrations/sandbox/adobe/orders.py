"""/V1/orders: read, comment, cancel, hold, and the sparse save that integrations use for references."""

from __future__ import annotations

from typing import Any, Final

from integrations.sandbox.kernel import Reply, Request, Row, json_reply, route

from .access import Json, without_nulls
from .errors import no_entity, refuse, required
from .lifecycle import DEFAULT_STATUS, Lifecycle
from .lists import ORDER_ITEMS, ORDERS

VIEW, COMMENT, WRITE = "Magento_Sales::actions_view", "Magento_Sales::comment", "Magento_Sales::api_actions"
ATTRIBUTES: Final = "Magento_CustomAttributeSerializable"
STATUSES: Final = {
    "new": ("pending",),
    "pending_payment": ("pending_payment",),
    "payment_review": ("payment_review", "fraud"),
    "processing": ("processing", "fraud", "packed"),
    "holded": ("holded",),
    "complete": ("complete", "delivered"),
    "closed": ("closed",),
    "canceled": ("canceled",),
}
WRONG_STATUS = 'Unable to add comment: The status "%1" is not part of the order status history.'


class Orders(Lifecycle):
    """Orders and their comments."""

    @route("GET", "/V1/orders", label=VIEW)
    def order_list(self, request: Request) -> Reply:
        """Search. The store in the URL filters nothing."""
        return self.search(request, ORDERS, show=self.order_shown)

    @route("GET", "/V1/orders/<int:entity_id>", label=VIEW)
    def order_one(self, request: Request, entity_id: int) -> Reply:
        """One order by its entity_id."""
        row = self.order(entity_id)
        self.sound(row["body"])
        return self.answer(request, self.order_shown(row["body"]))

    @route("GET", "/V1/orders/items", label=VIEW)
    def item_list(self, request: Request) -> Reply:
        """All rows of all orders, flat."""
        rows = [row for row in self.rows("orders") if self.visible(row)]
        return self.search(request, ORDER_ITEMS, bodies=[item for row in rows for item in row["body"]["items"]])

    @route("GET", "/V1/orders/items/<int:item_id>", label=VIEW)
    def item_one(self, request: Request, item_id: int) -> Reply:
        """One row."""
        items = [item for row in self.rows("orders") for item in row["body"]["items"]]
        found = next((item for item in items if item["item_id"] == item_id), None) or no_entity()
        return self.answer(request, without_nulls(found))

    def order(self, entity_id: int) -> Row:
        """The order with this entity_id. Refuses with 404."""
        row = self.row("orders", entity_id)
        if row is None or not self.visible(row):
            no_entity()
        return row

    def order_shown(self, order: Json) -> Json:
        """An order with its rows under their parents and in the shipping assignment, nulls left out."""
        own = {item["item_id"]: item for item in order["items"]}
        items = [
            {**item, "parent_item": own[item["parent_item_id"]]} if item["parent_item_id"] else item
            for item in order["items"]
        ]
        extensions = dict(order["extension_attributes"])
        extensions["shipping_assignments"] = [{**one, "items": items} for one in extensions["shipping_assignments"]]
        shown = {**order, "items": items, "extension_attributes": extensions}
        if not self.has_module(ATTRIBUTES):
            shown.pop("custom_attributes", None)
        return without_nulls(shown)  # type: ignore[no-any-return]

    # comments and states

    @route("GET", "/V1/orders/<int:entity_id>/comments", label=COMMENT)
    def comment_list(self, request: Request, entity_id: int) -> Reply:
        """The history, newest first, as a search result without criteria of its own."""
        items = without_nulls(self.order(entity_id)["body"]["status_histories"])
        criteria: Json = {"filter_groups": [{"filters": [{"field": "parent_id", "value": str(entity_id),
                                                          "condition_type": "eq"}]}]}  # fmt: skip
        return self.answer(request, {"items": items, "search_criteria": criteria, "total_count": len(items)})

    @route("POST", "/V1/orders/<int:entity_id>/comments", label=COMMENT)
    def comment_add(self, request: Request, entity_id: int) -> Reply:
        """A comment: true, no id, for ever. The order is saved on the way, so its updated_at moves."""
        values = self.body_of(request)
        given = values.get("statusHistory") or values.get("status_history") or required("statusHistory")
        row = self.order(entity_id)
        for name in ("comment", "is_customer_notified", "is_visible_on_front", "parent_id"):
            if given.get(name) is None:
                required(name)
        status = given.get("status") or row["body"]["status"]
        if status not in STATUSES[row["body"]["state"]]:
            refuse(400, WRONG_STATUS, [status])
        row["body"]["status"] = status
        flags = {name: int(given[f"is_{name}"]) for name in ("customer_notified", "visible_on_front")}
        self.remark(
            row,
            str(given["comment"]),
            status=status,
            notified=flags["customer_notified"],
            front=flags["visible_on_front"],
        )
        self.save(row)
        self.happened("sales_order_status_history_save_after", {"status_history": row["body"]["status_histories"][0]})
        return json_reply(200, True)

    @route("GET", "/V1/orders/<int:entity_id>/statuses", label=VIEW)
    def order_status(self, request: Request, entity_id: int) -> Reply:
        """The status as a bare string."""
        return json_reply(200, self.order(entity_id)["body"]["status"])

    @route("GET", "/V1/order-statuses", label=VIEW)
    def statuses(self, request: Request) -> Reply:
        """All statuses with their states; SaaS only."""
        return json_reply(
            200,
            [
                {
                    "status": status,
                    "label": status.replace("_", " ").title(),
                    "state": state,
                    "default": status == DEFAULT_STATUS[state],
                    "visible_on_front": True,
                }
                for state, own in STATUSES.items()
                for status in own
            ],
        )

    @route("POST", "/V1/orders/<int:entity_id>/cancel", label="Magento_Sales::cancel")
    def order_cancel(self, request: Request, entity_id: int) -> Reply:
        """true, or 200 and false where nothing can be cancelled."""
        return json_reply(200, self.cancel(self.order(entity_id)))

    @route("POST", "/V1/orders/<int:entity_id>/hold", label="Magento_Sales::hold")
    def order_hold(self, request: Request, entity_id: int) -> Reply:
        """Put on hold."""
        self.hold(self.order(entity_id))
        return json_reply(200, True)

    @route("POST", "/V1/orders/<int:entity_id>/unhold", label="Magento_Sales::unhold")
    def order_unhold(self, request: Request, entity_id: int) -> Reply:
        """End the hold."""
        self.unhold(self.order(entity_id))
        return json_reply(200, True)

    @route("POST", "/V1/orders/<int:entity_id>/emails", label="Magento_Sales::emails")
    def order_email(self, request: Request, entity_id: int) -> Reply:
        """Sends nothing here."""
        self.order(entity_id)
        return json_reply(200, True)

    # writing

    @route("POST", "/V1/orders", label=WRITE)
    @route("PUT", "/V1/orders/create", label=WRITE)
    def order_save(self, request: Request) -> Reply:
        """The sparse save by entity_id: whatever is named is written over, states and totals too, without any check.

        The answer is as sparse as the call. Creating an order this way is not simulated: it is answered 400.
        """
        given = self.body_of(request).get("entity")
        if not isinstance(given, dict):
            required("entity")
        if not given.get("entity_id"):
            required("entity_id")
        row = self.order(int(given["entity_id"]))
        attributes = given.pop("custom_attributes", None)
        if attributes is not None:
            self._write_attributes(row["body"], attributes)
        extra = given.pop("extension_attributes", None) or {}
        row["body"]["extension_attributes"] = {**row["body"]["extension_attributes"], **extra}
        if given.get("ext_order_id") is not None:
            given["ext_order_id"] = str(given["ext_order_id"])
        kept = {"updated_at", "items", "status_histories"}  # rows and history are left as they are here
        row["body"] |= {name: value for name, value in given.items() if name not in kept}
        row["body"]["updated_at"] = self.stamp()
        self.store.touch()
        self.happened("sales_order_save_after", {"order": {**given, "updated_at": self.stamp()}})
        return json_reply(200, without_nulls({**given, "updated_at": self.stamp()}))

    def _write_attributes(self, order: Json, given: Any) -> None:
        if not self.has_module(ATTRIBUTES):
            text = 'Property "%1" does not have accessor method "%2" in class "%3".'
            refuse(400, text, ["CustomAttributes", "getCustomAttributes", "Magento\\Sales\\Api\\Data\\OrderInterface"])
        kept: dict[str, str] = {}
        if self.options["custom_attributes_merge"] == "merge":
            kept = {one["attribute_code"]: one["value"] for one in order.get("custom_attributes") or ()}
        kept |= {one["attribute_code"]: str(one["value"]) for one in given}
        order["custom_attributes"] = [{"attribute_code": code, "value": value} for code, value in kept.items()]

    @route("PUT", "/V1/orders/<int:parent_id>", label=WRITE)
    def address_save(self, request: Request, parent_id: int) -> Reply:
        """Change an address of the order. Its row is another one: the order's updated_at stays."""
        given = self.body_of(request).get("entity") or required("entity")
        order = self.order(parent_id)["body"]
        own = order["billing_address"]
        if given.get("entity_id") != own["entity_id"]:
            found = [one["shipping"]["address"] for one in order["extension_attributes"]["shipping_assignments"]]
            own = next((a for a in found if a["entity_id"] == given.get("entity_id")), None) or no_entity()
        own |= {name: value for name, value in given.items() if name in own}
        self.store.touch()
        return json_reply(200, without_nulls(own))

    def set_status(self, row: Row, state: str, status: str | None = None) -> None:
        """Another state or label, as a payment module or a person sets it. Raises ValueError."""
        status = status or DEFAULT_STATUS.get(state, "")
        if status not in STATUSES.get(state, ()):
            raise ValueError(f"state {state!r} has no status {status!r}; there are {STATUSES}")
        row["body"] |= {"state": state, "status": status}
        self.save(row)
