"""v3 polling buckets and deliveries: the older way to fetch documents, used by channels of that kind."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.kernel import Reply, Request, Row, json_reply, route

from .errors import json_array, json_object, known_properties, not_found, refuse
from .v3 import V3Endpoints
from .v4 import V4Endpoints, delivery_view, mailbox_limit

NOTE_LENGTH = 240


class BucketEndpoints(V3Endpoints, V4Endpoints):
    """Buckets, approve and fail, and the deprecated confirmations."""

    @route("GET", "/v3/polling-buckets/<bucket>")
    def bucket(self, request: Request, bucket: str) -> Reply:
        """What waits, oldest first: a plain array, the content included."""
        organization = self.organization(request)
        if bucket != str(organization.bucket_id):
            raise not_found("Polling bucket not found")
        limit = mailbox_limit(request)
        rows = [
            row
            for row in self.store.table("inbox").values()
            if row["_company"] == organization.company and row["_channel"] == "bucket" and not row.get("_retrieved")
        ]
        return json_reply(200, [self._bucket_item(request, row) for row in rows[:limit]])

    def _bucket_item(self, request: Request, row: Row) -> dict[str, Any]:
        href = f"{request.base}/v3/deliveries/{row['_delivery']}"
        delivery = {"href": href, "approve": {"href": f"{href}/approve"}, "fail": {"href": f"{href}/fail"}}
        message = self.message_view(request, row)
        return {**self.transaction_view(request, row), "message": message, "delivery": delivery}

    @route("GET", "/v3/deliveries/<delivery>")
    def delivery_v3(self, request: Request, delivery: str) -> Reply:
        """One delivery."""
        row = self._by_delivery(request, delivery)
        return json_reply(200, delivery_view(row, href=f"{request.base}/v3/deliveries/{delivery}"))

    @route("POST", "/v3/deliveries/<delivery>/approve")
    def approve_v3(self, request: Request, delivery: str) -> Reply:
        """Received: the item leaves the bucket."""
        self.confirm(self._by_delivery(request, delivery), status="DELIVERED", note=_note(request))
        return Reply(200)

    @route("POST", "/v3/deliveries/<delivery>/fail")
    def fail_v3(self, request: Request, delivery: str) -> Reply:
        """Refusal for good: the item leaves the bucket as well."""
        self.confirm(self._by_delivery(request, delivery), status="FAILED", note=_note(request))
        return Reply(200)

    @route("POST", "/v3/polling-buckets/<bucket>/confirm-retrieval")
    def confirm_retrieval(self, request: Request, bucket: str) -> Reply:
        """Deprecated: take transactions out of the bucket without a word about their delivery."""
        if bucket != str(self.organization(request).bucket_id):
            raise not_found("Polling bucket not found")
        body = json_object(request.get_data())
        known_properties(body, {"resourceIds"})
        wanted = body.get("resourceIds")
        if not isinstance(wanted, list) or not all(isinstance(entry, str) and entry for entry in wanted):
            raise refuse("resourceIds", "each value in resourceIds must be a string")
        waiting = self.store.table("inbox")
        rows = [waiting[key] for key in dict.fromkeys(wanted) if key in waiting]
        rows = [row for row in rows if row["_channel"] == "bucket" and not row.get("_retrieved")]
        for row in rows:
            row["_retrieved"] = True
        self.store.touch()
        return json_reply(200, {"confirmedTransactions": len(rows)})

    @route("POST", "/v3/transactions/confirm-delivery")
    def confirm_delivery(self, request: Request) -> Reply:
        """Deprecated: 200 with a sentence for each id, failures included."""
        organization = self.organization(request)
        entries = json_array(request.get_data())
        for entry in entries:
            _check_confirmation(entry)
        answers: dict[str, str] = {}
        for entry in entries:
            transaction_id, status = entry["transactionId"], entry["deliveryStatus"]
            row = self.store.table("inbox").get(transaction_id)
            if row is None or row["_company"] != organization.company:
                answers[transaction_id] = f"Transaction ID {transaction_id} not found"
                continue
            self.confirm(row, status=status, note=entry.get("note", ""))
            kind = "delivery" if status == "DELIVERED" else "failed delivery"
            answers[transaction_id] = f"Successfully confirmed {kind} for transaction {transaction_id}"
        return json_reply(200, answers)

    def _by_delivery(self, request: Request, delivery: str) -> Row:
        company = self.organization(request).company
        for name in ("inbox", "confirmed"):
            for row in self.store.table(name).values():
                if row["_delivery"] == delivery and row["_company"] == company:
                    return row
        raise not_found("Delivery not found")


def _note(request: Request) -> str:
    body = json_object(request.get_data() or b"{}")
    known_properties(body, {"note"})
    return str(body.get("note") or "")


def _check_confirmation(entry: Any) -> None:
    if not isinstance(entry, dict) or not isinstance(entry.get("transactionId"), str):
        raise refuse("transactionId", "transactionId must be a string")
    known_properties(entry, {"transactionId", "deliveryStatus", "note"})
    if entry.get("deliveryStatus") not in ("DELIVERED", "FAILED"):
        raise refuse("deliveryStatus", "deliveryStatus must be one of the following values: DELIVERED, FAILED")
    if len(str(entry.get("note", ""))) > NOTE_LENGTH:
        raise refuse("note", f"note must be shorter than or equal to {NOTE_LENGTH} characters")
