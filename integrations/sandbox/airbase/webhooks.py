"""Events that Airbase sends. Endpoints are set up by people in its portal, not by API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from integrations.sandbox import hooks
from integrations.sandbox.kernel import new_row

from .ledger import Ledger


class Webhooks(Ledger):
    """Endpoints and events: `id`, `object`, `type`, `created_date`, `data`, all required."""

    def act_add_webhook(self, given: Mapping[str, Any]) -> str:
        """Register an endpoint: company, url; optional secret (signs the raw body) and types (a list; default all).

        The same url again replaces it. Answers the key.
        """
        company = self.world.company(given["company"]).key
        body = {"company": company, "url": given["url"], "secret": given.get("secret"), "types": given.get("types")}
        row = new_row(key=f"{company}/{given['url']}", body=body, received_at=self.clock(), _company=company)
        return str(self.store.table("webhook_endpoints").add(row)["key"])

    def act_send_event(self, given: Mapping[str, Any]) -> str:
        """Send an event: company, type; optional data, id (to repeat one), object, copies, raw (a text as body).

        Answers the event's id.
        """
        company = self.world.company(given["company"]).key
        return self.emit(
            company,
            str(given.get("type", "purchase_request_approved")),
            dict(given.get("data") or {}),
            event_id=given.get("id"),
            kind=str(given.get("object", "event")),
            copies=int(given.get("copies", 1)),
            raw=given.get("raw"),
        )

    def emit(
        self,
        company: str,
        event: str,
        data: dict[str, Any],
        *,
        event_id: str | None = None,
        kind: str = "event",
        copies: int = 1,
        raw: str | None = None,
    ) -> str:
        """Send an event to every endpoint of the company that wants it. Answers the event's id."""
        event_id = event_id or f"evt_{self.new_id().replace('-', '')}"
        envelope = {
            "id": event_id,
            "object": kind,
            "type": event,
            "created_date": self.written_at(),
            "data": data,
        }
        content = raw.encode() if raw is not None else msgspec.json.encode(envelope)
        for row in self.rows("webhook_endpoints", company):
            endpoint = row["body"]
            if endpoint["types"] and event not in endpoint["types"]:
                continue
            headers = {}
            if endpoint["secret"]:
                form = self.options["webhook_signature_form"]
                signed = hooks.signature(content, endpoint["secret"], form)
                headers[self.options["webhook_signature_header"]] = signed
            notification = hooks.Notification(
                id=event_id,
                url=endpoint["url"],
                content=content,
                headers=headers,
                copies=copies,
                retries=int(self.options["webhook_retries"]),
                retry_seconds=float(self.options["webhook_retry_seconds"]),
            )
            hooks.send(self.store, notification, company=company, at=self.clock())
        return event_id
