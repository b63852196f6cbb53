"""Webhook subscriptions by API, which Visma removed: 404 or 410, or 201 as it was (`subscription_mode`)."""

from __future__ import annotations

from typing import Any

import msgspec

from integrations.sandbox.kernel import Reply, Request, json_reply, route
from integrations.sandbox.visma.base import VismaBase
from integrations.sandbox.visma.problems import gateway, model_state, refuse
from integrations.sandbox.world.identifiers import guid

EVENTS = (
    "customer_changed",
    "inventoryitem_changed",
    "purchaseorder_changed",
    "supplier_changed",
    "supplierinvoice_changed",
)


class Subscriptions(VismaBase):
    """/v1/subscription and /v1/event of old, and the feedback call of today."""

    @route("GET", "/v1/event")
    def event_list(self, request: Request) -> Reply:
        """Names of events."""
        return self._gone() or json_reply(200, [{"name": name} for name in EVENTS])

    @route("GET", "/v1/subscription")
    def subscription_list(self, request: Request) -> Reply:
        """Own subscriptions."""
        return self._gone() or json_reply(200, [row["body"] for row in self.rows("subscription")])

    @route("POST", "/v1/subscription")
    def subscription_create(self, request: Request) -> Reply:
        """`{"event", "hookUri"}`; one for each event, user and company."""
        if gone := self._gone():
            return gone
        try:
            wanted = msgspec.json.decode(request.get_data(), type=dict[str, Any])
        except msgspec.DecodeError as error:
            refuse(model_state("subscription", str(error)))
        event, uri = wanted.get("event"), wanted.get("hookUri")
        if event not in EVENTS or not str(uri).startswith("https://"):
            refuse(model_state("subscription", "A known event and an https hookUri are required."))
        if any(row["body"]["event"] == event for row in self.rows("subscription")):
            return Reply(409)
        body = {"id": guid(self.rng), "event": event, "hookUri": uri}
        self.add("subscription", body["id"], body)
        return json_reply(201, body)

    @route("DELETE", "/v1/subscription/<subscription_id>")
    def subscription_delete(self, request: Request, subscription_id: str) -> Reply:
        """End a subscription."""
        if gone := self._gone():
            return gone
        row = self.row("subscription", subscription_id)
        del self.store.table("subscription")[row["key"]]
        return Reply(204)

    @route("POST", "/v1/webhooknotificationfeedback")
    def feedback(self, request: Request) -> Reply:
        """What became of a notification."""
        try:
            body = msgspec.json.decode(request.get_data(), type=dict[str, Any])
        except msgspec.DecodeError as error:
            refuse(model_state("webhookNotificationFeedback", str(error)))
        self.add("webhookFeedback", guid(self.rng), body)
        return Reply(201)

    def _gone(self) -> Reply | None:
        match int(self.options["subscription_mode"]):
            case 201:
                return None
            case 410:
                return Reply(410, "This API was removed. Use the Developer Portal.", {"Content-Type": "text/plain"})
            case _:
                return gateway(404, "Resource not found")
