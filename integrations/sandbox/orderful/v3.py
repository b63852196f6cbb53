"""v3: create, list and read transactions, acknowledgments, raw documents, conversion, relationships."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from integrations.sandbox.kernel import Refusal, Reply, Request, Row, iso, json_reply, route

from .directory import SET_NAMES, V4_ORDER_CHANGE
from .errors import argument_error, json_object, known_properties, not_found, refuse
from .json_form.check import business_number, check, purpose
from .json_form.convert import NotX12, json_to_x12, x12_to_json
from .json_form.from_mosaic import to_json
from .lifecycle import Lifecycle
from .listing import PARAMETERS, SCEPTICAL_PARAMETERS, page, predicates

_MEMBERS = ("type", "stream", "sender", "receiver")
_TYPE_NAME = re.compile(r"\d{3}_[A-Z0-9_]+\Z")
_ISA_ID_LENGTH = 35
_RAW_HEADERS = ("business-number", "stream", "transaction-type", "receiver-id", "sender-id")
_RAW_TYPES = (
    "application/json",
    "application/xml",
    "text/xml",
    "text/csv",
    "application/pdf",
    "image/jpeg",
    "text/plain",
)
_X12, _JSON = "application/edi-x12", "application/json"
RELATIONSHIPS_PAGE = 100


class V3Endpoints(Lifecycle):
    """Endpoints of the versioned API; `orderful-api-version` must not be sent."""

    @route("POST", "/v3/transactions")
    def create_v3(self, request: Request) -> Reply:
        """201 with an id says nothing about validity: that comes after `validation_delay` seconds."""
        body = json_object(request.get_data())
        known_properties(body, {*_MEMBERS, "message", "summary"})
        message = self._check_v3(body)
        set_id = body["type"]["name"][:3]
        number = business_number(set_id, message)
        stream = body["stream"].lower()
        try:
            path = self.find_route(
                self.organization(request),
                set_id=set_id,
                stream=stream,
                sender_id=body["sender"]["isaId"],
                receiver_id=body["receiver"]["isaId"],
            )
        except Refusal as refused:
            transaction_id = self.note_unprocessed(business_number=number, posted=body, reply=refused.reply)
            if self.options["relationship_failure"] == "refuse":
                raise
            return json_reply(201, {"id": transaction_id})
        errors = [
            {"payloadPaths": [where], "errorMessage": text, "outputPath": set_id}
            for where, text in check(set_id, message)
        ]
        row = self.add_transaction(
            company=self.organization(request).company,
            posted_type=body["type"]["name"],
            route=path,
            message=message,
            business_number=number,
            purpose=purpose(set_id, message),
            form="json",
            errors=errors,
            at_once=False,
        )
        return json_reply(201, {"id": row["key"]})

    def _check_v3(self, body: dict[str, Any]) -> dict[str, Any]:
        """The message as an object. Raises Refusal for everything that the validation pipe would refuse."""
        wrong = [(name, f"{name} should not be empty") for name in _MEMBERS if not body.get(name)]
        wrong.extend(_wrong_type(body.get("type")))
        if "stream" in body and body["stream"] not in ("TEST", "LIVE"):
            wrong.append(("stream", "stream must be one of the following values: TEST, LIVE"))
        for name in ("sender", "receiver"):
            wrong.extend(_wrong_identity(name, body.get(name)))
        if ("message" in body) == ("summary" in body):
            wrong.append(("message", "Either message or summary must be provided, but not both"))
        if wrong:
            raise Refusal(argument_error(wrong))
        message = body.get("message", body.get("summary"))
        if isinstance(message, str):
            message = json_object(message.encode())
        if not isinstance(message, dict):
            raise refuse("message", "message must be a JSON object")
        return message

    @route("GET", "/v3/transactions")
    def transactions(self, request: Request) -> Reply:
        """Newest first, with filters and cursors. `limit` is refused."""
        sceptical = self.options["filters"] == "only_business_number"
        known = SCEPTICAL_PARAMETERS if sceptical else PARAMETERS
        known_properties({name.removesuffix("[]"): "" for name in request.args}, set(known))
        rows = self.rows_of(self.organization(request))
        wanted = predicates(request, v3_type=self.v3_type)
        rows = [row for row in rows if all(test(row) for test in wanted)]
        rows.sort(key=lambda row: int(row["key"]), reverse=True)
        shown, metadata = page(rows, request, size=self.options["page_size"], number=lambda row: int(row["key"]))
        data = [self.transaction_view(request, row) for row in shown]
        return json_reply(200, {"metadata": metadata, "data": data})

    @route("GET", "/v3/transactions/<transaction>")
    def transaction(self, request: Request, transaction: str) -> Reply:
        """One transaction; `expand=message` adds the content."""
        known_properties(request.args.to_dict(), {"expand"})
        expand = request.args.get("expand")
        if expand not in (None, "message"):
            raise refuse("expand", "expand must be one of the following values: message")
        row = self._row(request, transaction)
        view = self.transaction_view(request, row)
        if expand:
            view["message"] = self.message_view(request, row)
        return json_reply(200, view)

    @route("GET", "/v3/transactions/<transaction>/message")
    def message(self, request: Request, transaction: str) -> Reply:
        """The content as OrderfulJSON, whatever form it came in."""
        return json_reply(200, self.message_view(request, self._row(request, transaction)))

    @route("GET", "/v3/transactions/<transaction>/acknowledgment")
    def acknowledgment(self, request: Request, transaction: str) -> Reply:
        """404 until there is one."""
        row = self._row(request, transaction)
        given = row["_acknowledgment"]
        if given is None:
            raise not_found("Transaction or acknowledgment not found")
        href = f"{request.base}/v3/transactions/{row['key']}"
        return json_reply(
            200,
            {
                "href": f"{href}/acknowledgment",
                "createdAt": given["createdAt"],
                "status": given["status"],
                "transaction": {"href": href},
                "transactionId": row["key"],
                "errors": given["errors"],
            },
        )

    @route("POST", "/v3/transactions/<transaction>/acknowledgment")
    def acknowledge(self, request: Request, transaction: str) -> Reply:
        """Only the receiver may, and only once."""
        row = self._row(request, transaction)
        body = json_object(request.get_data())
        known_properties(body, {"status", "errors"})
        if body.get("status") not in ("ACCEPTED", "REJECTED"):
            raise refuse("status", "status must be one of the following values: ACCEPTED, REJECTED")
        if row["key"] in self.store.table("transactions"):
            raise refuse("transactionId", "Only the receiver can acknowledge a transaction", status=403)
        if row["_acknowledgment"] is not None:
            raise refuse(
                "transactionId",
                "Transaction has already been acknowledged",
                status=self.options["second_acknowledgment_status"],
            )
        now = iso(self.clock())
        row["_acknowledgment"] = {"status": body["status"], "createdAt": now, "errors": body.get("errors") or []}
        row["body"]["statuses"]["acknowledgment"] = body["status"]
        row["body"]["lastUpdatedAt"] = now
        self.store.touch()
        return json_reply(201, {})

    @route("POST", "/v3/transactions/raw")
    def raw(self, request: Request) -> Reply:
        """Any file with its routing in headers; X12 is not among the content types."""
        headers = {name: request.headers.get(f"orderful-{name}", "") for name in _RAW_HEADERS}
        wrong = [(f"orderful-{name}", f"orderful-{name} should not be empty") for name in headers if not headers[name]]
        if headers["stream"] not in ("test", "live"):
            wrong.append(("orderful-stream", "orderful-stream must be one of the following values: test, live"))
        if request.mimetype not in _RAW_TYPES:
            wrong.append(("content-type", f"content-type must be one of the following values: {', '.join(_RAW_TYPES)}"))
        if wrong:
            raise Refusal(argument_error(wrong))
        path = self.find_route(
            self.organization(request),
            set_id=headers["transaction-type"][:3],
            stream=headers["stream"],
            sender_id=headers["sender-id"],
            receiver_id=headers["receiver-id"],
        )
        row = self.add_transaction(
            company=self.organization(request).company,
            posted_type=headers["transaction-type"],
            route=path,
            message={"content": request.get_data().decode("utf-8", "replace"), "contentType": request.mimetype},
            business_number=headers["business-number"],
            purpose="",
            form="raw",
            errors=[],
            at_once=False,
        )
        return json_reply(201, {"id": row["key"]})

    @route("POST", "/v3/convert")
    def convert(self, request: Request) -> Reply:
        """X12 to OrderfulJSON or back, by Content-Type and Accept."""
        accept = request.headers.get("Accept", "")
        if (request.mimetype, accept) not in {(_X12, _JSON), (_JSON, _X12)}:
            raise refuse("content-type", f"content-type and accept must be one {_X12} and the other {_JSON}")
        try:
            if request.mimetype == _X12:
                return json_reply(201, x12_to_json(request.get_data().decode("utf-8", "replace")))
            number = self.store.next("converted")
            text = json_to_x12(
                json_object(request.get_data()), sender="SENDERISAID", receiver="RECEIVERISAID", control_number=number
            )
        except NotX12 as error:
            raise refuse("body", str(error)) from error
        return Reply(201, text, {"Content-Type": _X12})

    @route("GET", "/v3/relationships")
    def relationships(self, request: Request) -> Reply:
        """Relationships of the organization, at most 100 a page."""
        known_properties(request.args.to_dict(), {"autoSend", "limit", "prevCursor", "nextCursor"})
        auto_send, limit = request.args.get("autoSend"), request.args.get("limit", str(RELATIONSHIPS_PAGE))
        if auto_send not in (None, "ENABLED", "DISABLED"):
            raise refuse("autoSend", "autoSend must be one of the following values: ENABLED, DISABLED")
        if not limit.isdigit() or not 1 <= int(limit) <= RELATIONSHIPS_PAGE:
            raise refuse("limit", f"limit must not be greater than {RELATIONSHIPS_PAGE}")
        company = self.organization(request).company
        rows = [
            row
            for row in self.store.table("relationships").values()
            if row["_company"] == company and auto_send in (None, row["body"]["autoSend"])
        ]
        rows.reverse()
        shown, metadata = page(rows, request, size=int(limit), number=lambda row: int(row["body"]["id"]))
        return json_reply(200, {"metadata": metadata, "data": [row["body"] for row in shown]})

    @route("GET", "/v3/organizations/me")
    def organization_me(self, request: Request) -> Reply:
        """The cheapest call that proves an API key."""
        account = self.organization(request).account
        edi_account = {
            "id": str(account.id),
            "name": account.name,
            "liveIsaId": account.live,
            "testIsaId": account.test or "",
        }
        organization = {"id": str(account.id + 1000), "name": account.name, "ediAccounts": [edi_account]}
        return json_reply(200, organization)

    @route("GET", "/v2/transactions/<transaction>/validations")
    def validations(self, request: Request, transaction: str) -> Reply:
        """Undocumented, so off: the findings of a transaction's validation. Option undocumented_v2."""
        if not self.options["undocumented_v2"]:
            return self.not_found(request)
        errors = self._row(request, transaction)["body"].get("validationErrors", [])
        found = [
            {
                "dataPath": (error["payloadPaths"] or [""])[0],
                "dataPathDescription": error["outputPath"],
                "message": error["errorMessage"],
                "allowedValues": [],
                "grouping": None,
                "validationErrorType": "SCHEMA",
            }
            for error in errors
        ]
        return json_reply(200, found)

    def transaction_view(self, request: Request, row: Row) -> dict[str, Any]:
        """A transaction as GET, list and bucket show it."""
        href = f"{request.base}/v3/transactions/{row['key']}"
        sender, receiver = (self.directory.any_account(row[side]) for side in ("_sender", "_receiver"))
        body = row["body"]
        numbers = {"INTERCHANGE": f"{int(row['key']):09}", "GROUP": str(int(row["key"])), "TRANSACTION": "0001"}
        return {
            "id": row["key"],
            "href": href,
            "version": "v3",
            "sender": sender.party() if sender else {},
            "receiver": receiver.party() if receiver else {},
            "type": {"name": self.v3_type(row)},
            "stream": body["stream"].upper(),
            "businessNumber": row["business_number"],
            "referenceIdentifiers": [
                {"value": value, "type": kind, "owner": "SENDER"} for kind, value in numbers.items()
            ],
            "message": {"href": f"{href}/message"},
            "validationStatus": body["statuses"]["validation"],
            "deliveryStatus": body["statuses"]["delivery"],
            "acknowledgmentStatus": body["statuses"]["acknowledgment"],
            "createdAt": body["createdAt"],
            "lastUpdatedAt": body["lastUpdatedAt"],
            "acknowledgment": {"href": f"{href}/acknowledgment"},
        }

    def message_view(self, request: Request, row: Row) -> dict[str, Any]:
        """The content of a transaction on v3. A refused Mosaic document has nothing but its header."""
        href = f"{request.base}/v3/transactions/{row['key']}/message"
        message, set_id = row["body"]["message"], row["body"]["type"][:3]
        if isinstance(message, dict) and "transactionSets" in message:
            return {"href": href, **message}
        if row["_form"] == "raw":
            return {"href": href, "transactionSets": [msgspec.convert(message, dict[str, Any])]}
        return {"href": href, **to_json("" if row["_faulty"] else set_id, message)}

    def _row(self, request: Request, transaction: str) -> Row:
        row = self.row_of(self.organization(request), transaction)
        if row is None:
            raise not_found("Transaction not found")
        return row


def _wrong_type(given: Any) -> list[tuple[str, str]]:
    if given is None:
        return []
    name = given.get("name") if isinstance(given, dict) else None
    if not isinstance(name, str) or not _TYPE_NAME.match(name):
        return [("type.name", "type.name must be the name of a transaction type")]
    if name == V4_ORDER_CHANGE:
        return [("type.name", f"Transaction type {name} does not exist; did you mean {SET_NAMES['860']}?")]
    return []


def _wrong_identity(name: str, given: Any) -> list[tuple[str, str]]:
    if given is None:
        return []
    isa_id = given.get("isaId") if isinstance(given, dict) else None
    if not isinstance(isa_id, str) or not 1 <= len(isa_id) <= _ISA_ID_LENGTH:
        text = f"{name}.isaId must be between 1 and {_ISA_ID_LENGTH} characters"
        return [(f"{name}.isaId", text)]
    return []
