"""v4: the Mosaic create endpoint, inboxes, deliveries. Unversioned paths with `orderful-api-version: v4`."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.kernel import Refusal, Reply, Request, Row, iso, json_reply, route

from .base import TradeRoute
from .errors import argument_error, json_object, known_properties, not_found, refuse
from .lifecycle import Lifecycle
from .mosaic.check import Fault, check, output_path
from .mosaic.documents import BUSINESS_NUMBER, DOCUMENTS

_MEMBERS = ("type", "stream", "senderId", "receiverId", "message")
MAILBOX_LIMIT, MAILBOX_DEFAULT = 100, 30


class V4Endpoints(Lifecycle):
    """Endpoints of the current API."""

    @route("POST", "/transactions")
    def create(self, request: Request) -> Reply:
        """202 both for ACCEPTED and for FAILED; 400 when the request itself is wrong."""
        body = json_object(request.get_data())
        known_properties(body, set(_MEMBERS))
        self._check_envelope(body)
        faults = self._faults(body)
        number = str(body["message"].get(BUSINESS_NUMBER[body["type"]]) or "")
        try:
            path = self.find_route(
                self.organization(request),
                set_id=body["type"][:3],
                stream=body["stream"],
                sender_id=body["senderId"],
                receiver_id=body["receiverId"],
            )
        except Refusal as refused:
            return self._unprocessed(number, body, refused)
        row = self._create(request, body, path, number, faults)
        failed = row["body"]["statuses"]["validation"] == "INVALID"
        return json_reply(202, _answer(row["key"], row["body"]["validationErrors"], failed=failed))

    def _create(
        self, request: Request, body: dict[str, Any], path: TradeRoute, number: str, faults: list[Fault]
    ) -> Row:
        errors = [
            {
                "payloadPaths": [fault.path],
                "errorMessage": fault.text,
                "outputPath": output_path(body["type"], fault.path),
            }
            for fault in faults
        ]
        return self.add_transaction(
            company=self.organization(request).company,
            posted_type=body["type"],
            route=path,
            message=body["message"],
            business_number=number,
            purpose=str(body["message"].get("purpose") or ""),
            form="mosaic",
            errors=errors,
            at_once=True,
        )

    def _check_envelope(self, body: dict[str, Any]) -> None:
        wrong = [(name, f"{name} should not be empty") for name in _MEMBERS if body.get(name) in (None, "")]
        if "type" in body and body["type"] not in tuple(DOCUMENTS):
            wrong.append(("type", f"type must be one of the following values: {', '.join(DOCUMENTS)}"))
        if "stream" in body and body["stream"] not in ("test", "live"):
            wrong.append(("stream", "stream must be one of the following values: test, live"))
        wrong.extend(
            (name, f"{name} must be a string")
            for name in ("senderId", "receiverId")
            if name in body and not isinstance(body[name], str)
        )
        if body.get("message") is not None and not isinstance(body["message"], dict):
            wrong.append(("message", "message must be an object"))
        if wrong:
            raise Refusal(argument_error(wrong))

    def _faults(self, body: dict[str, Any]) -> list[Fault]:
        """Faults of the document. Unknown members refuse the whole request, or as the option says."""
        faults = check(body["type"], body["message"])
        unknown = [fault for fault in faults if fault.unknown_property]
        policy = self.options["unknown_property"] if self.options["strict"] else "ignore"
        if unknown and policy == "refuse":
            raise Refusal(argument_error([(fault.path, fault.text) for fault in unknown]))
        return [fault for fault in faults if policy == "fail" or not fault.unknown_property]

    def _unprocessed(self, number: str, body: dict[str, Any], refused: Refusal) -> Reply:
        transaction_id = self.note_unprocessed(business_number=number, posted=body, reply=refused.reply)
        if self.options["relationship_failure"] == "refuse":
            raise refused
        error = {"payloadPaths": None, "errorMessage": "Transaction could not be processed", "outputPath": "ISA"}
        return json_reply(202, _answer(transaction_id, [error], failed=True))

    @route("GET", "/inboxes/<inbox>/transactions")
    def inbox(self, request: Request, inbox: str) -> Reply:
        """What waits, oldest first; the same again until it is accepted or failed. There is no `type` member."""
        organization = self.organization(request)
        if inbox != str(organization.inbox_id):
            raise not_found("Inbox not found")
        limit = mailbox_limit(request)
        rows = [
            row
            for row in self.store.table("inbox").values()
            if row["_company"] == organization.company and row["_channel"] == "inbox"
        ]
        return json_reply(200, [self._inbox_item(request, row) for row in rows[:limit]])

    def _inbox_item(self, request: Request, row: Row) -> dict[str, Any]:
        delivery = self.delivery_href(request, row)
        return {
            "integrationPayloadId": row["_payload"],
            "transactionId": int(row["key"]),
            "senderId": row["body"]["senderId"],
            "receiverId": row["body"]["receiverId"],
            "stream": row["body"]["stream"],
            "message": row["body"]["message"],
            "delivery": {
                "deliveryId": row["_delivery"],
                "transactionId": int(row["key"]),
                "href": delivery,
                "approve": {"href": f"{delivery}/accept"},
                "fail": {"href": f"{delivery}/fail"},
            },
        }

    def delivery_href(self, request: Request, row: Row) -> str:
        """Absolute URL of a delivery on v4."""
        return f"{request.base}/transactions/{row['key']}/deliveries/{row['_delivery']}"

    @route("GET", "/transactions/<transaction>/deliveries/<delivery>")
    def delivery(self, request: Request, transaction: str, delivery: str) -> Reply:
        """One delivery. Its `approve` link ends in /approve here and in /accept in the inbox."""
        row = self._delivered_row(request, transaction, delivery)
        href = self.delivery_href(request, row)
        return json_reply(200, delivery_view(row, href=href))

    @route("POST", "/transactions/<transaction>/deliveries/<delivery>/accept")
    @route("POST", "/transactions/<transaction>/deliveries/<delivery>/approve")
    def accept(self, request: Request, transaction: str, delivery: str) -> Reply:
        """Received: the item leaves the inbox."""
        row = self._delivered_row(request, transaction, delivery)
        self.confirm(row, status="DELIVERED", note=_required_note(request))
        return json_reply(200, {})

    @route("POST", "/transactions/<transaction>/deliveries/<delivery>/fail")
    def fail(self, request: Request, transaction: str, delivery: str) -> Reply:
        """Refusal for good: the item leaves the inbox as well and does not come back."""
        row = self._delivered_row(request, transaction, delivery)
        self.confirm(row, status="FAILED", note=_required_note(request))
        return json_reply(200, {})

    def _delivered_row(self, request: Request, transaction: str, delivery: str) -> Row:
        row = self.row_of(self.organization(request), transaction)
        if row is None or row["_delivery"] != delivery:
            raise not_found("Delivery not found")
        return row

    def confirm(self, row: Row, *, status: str, note: str) -> None:
        """Move an inbound item from the inbox to the confirmed ones. Raises Refusal when it was confirmed before."""
        inbox = self.store.table("inbox")
        if row["key"] not in inbox:
            raise refuse(
                "deliveryId", "Delivery has already been confirmed", status=self.options["second_confirm_status"]
            )
        del inbox[row["key"]]
        now = iso(self.clock())
        row["body"]["delivery"] = {"status": status, "note": note, "lastConfirmedAt": now}
        row["body"]["statuses"]["delivery"] = status
        row["body"]["lastUpdatedAt"] = now
        self.store.table("confirmed").add(row)


def delivery_view(row: Row, *, href: str) -> dict[str, Any]:
    """A delivery as GET shows it. Times that have not come are the time of creation."""
    body = row["body"]
    status = {"PENDING": "CREATED"}.get(body["statuses"]["delivery"], body["statuses"]["delivery"])
    confirmed = body.get("delivery", {})
    return {
        "deliveryId": row["_delivery"],
        "transactionId": int(row["key"]),
        "href": href,
        "status": status,
        "createdAt": body["createdAt"],
        "lastUpdatedAt": body["lastUpdatedAt"],
        "note": confirmed.get("note", ""),
        "approve": {"href": f"{href}/approve"},
        "fail": {"href": f"{href}/fail"},
        "sendSucceededAt": body["createdAt"],
        "sendFailedAt": body["createdAt"],
        "lastConfirmedAt": confirmed.get("lastConfirmedAt", body["createdAt"]),
    }


def mailbox_limit(request: Request) -> int:
    """The `limit` of an inbox or bucket: 1 to 100, 30 when not given. Raises Refusal for anything else."""
    known_properties(request.args.to_dict(), {"limit"})
    given = request.args.get("limit", str(MAILBOX_DEFAULT))
    if not given.isdigit() or not 1 <= int(given) <= MAILBOX_LIMIT:
        raise refuse("limit", f"limit must be a number between 1 and {MAILBOX_LIMIT}")
    return int(given)


def _required_note(request: Request) -> str:
    body = json_object(request.get_data() or b"{}")
    known_properties(body, {"note"})
    if not isinstance(body.get("note"), str) or not body["note"]:
        raise refuse("note", "note must be a string and should not be empty")
    return str(body["note"])


def _answer(transaction_id: str, errors: list[dict[str, Any]], *, failed: bool) -> dict[str, Any]:
    if failed:
        return {
            "id": transaction_id,
            "status": "FAILED",
            "detail": "Validation failed",
            "validationErrors": errors,
        }
    return {"id": transaction_id, "status": "ACCEPTED", "detail": ""}
