"""requestStatus and its predecessor errorFeedbacks."""

from __future__ import annotations

from typing import Any

import msgspec

from integrations.sandbox.kernel import Refusal, Reply, Request, Row, json_reply, route

from .errors import refused
from .responses import Responses
from .schema import problems

STATES = ("InProgress", "Success", "Error", "AcknowledgedSuccess", "AcknowledgedError")


class Status(Responses):
    """What became of requests."""

    @route("GET", "/v1/requestStatus/<request_id>")
    def status_one(self, request: Request, request_id: str) -> Reply:
        """One request."""
        row = self._status_row(request_id)
        hide = request.args.get("ignoreSuccessfulItems", "").lower() == "true"
        return json_reply(200, {"requestStatus": [_shown(row, request, hide)]})

    @route("GET", "/v1/requestStatus")
    def status_list(self, request: Request) -> Reply:
        """Requests; without status, entityType or system only those with errors."""
        wanted, entity_type = request.args.get("status"), request.args.get("entityType")
        if wanted is not None and wanted not in STATES:
            raise self.refuse(400, [("", "PARAMETER_VALIDATION_ERROR", f"status {wanted} is not supported")])
        if wanted is None and entity_type is None and request.args.get("system") is None:
            wanted = "Error"
        rows = self.since(request, self.rows("requestStatus"))
        if wanted is not None:
            rows = [row for row in rows if row["body"]["requestStatus"] == wanted]
        if entity_type is not None:
            rows = [row for row in rows if row["body"]["entityType"] == entity_type]
        shown, more = self.page(request, rows, default=500, most=500)
        hide = request.args.get("ignoreSuccessfullItems", "").lower() == "true"
        body = {"requestStatus": [_shown(row, request, hide) for row in shown]}
        return json_reply(200, body).with_headers(more)

    @route("POST", "/v1/requestStatus/acknowledge")
    def status_acknowledge(self, request: Request) -> Reply:
        """Seen: works once for each request, and all or none."""
        given = self.decoded(request)
        if wrong := list(problems("ProcessingStatusGetBatchRequest", given)):
            raise self.refuse(400, [("", "SCHEMA_VALIDATION_ERROR", text) for text in wrong])
        rows = [self._status_row(request_id) for request_id in given.get("requestIds") or ()]
        for row in rows:
            state, own = row["body"]["requestStatus"], row["body"]["requestId"]
            if state.startswith("Acknowledged"):
                return refused(405, self.request_id, [(own, "METHOD_NOT_ALLOWED", "already acknowledged")])
            if state == "InProgress":
                raise self.refuse(400, [(own, "DATA_VALIDATION_FAILED", "the request is still in progress")])
        for row in rows:
            status = f"Acknowledged{row['body']['requestStatus']}"
            row["body"] = {**row["body"], "requestStatus": status, "lastUpdated": self.now()}
        self.store.touch()
        return json_reply(200, "OK")

    @route("GET", "/v1/errorFeedbacks")
    def feedback_list(self, request: Request) -> Reply:
        """Errors of records, the old way."""
        rows = self.since(request, self.rows("requestStatus"))
        if (entity_type := request.args.get("entityType")) is not None:
            rows = [row for row in rows if row["body"]["entityType"] == entity_type]
        rows = [row for row in rows if _feedbacks(row)]
        shown, more = self.page(request, rows, default=500, most=500)
        body = {"errorList": [one for row in shown for one in _feedbacks(row)]}
        return json_reply(200, body).with_headers(more)

    @route("GET", "/v1/errorFeedbacks/<request_id>")
    def feedback_one(self, request: Request, request_id: str) -> Reply:
        """Errors of one request."""
        found = _feedbacks(self._status_row(request_id))
        if not found:
            raise Refusal(Reply(404))
        return json_reply(200, {"errorList": found})

    def _status_row(self, request_id: str) -> Row:
        row = self.store.table("requestStatus").get(f"{self.tenant.company.key}/{request_id}")
        if row is None:
            raise Refusal(Reply(404))
        return row


def _shown(row: Row, request: Request, hide_successful: bool) -> dict[str, Any]:
    wanted = request.args.get("system")
    systems = [one for one in row["body"]["systems"] if wanted in (None, one["system"])]
    if hide_successful:
        systems = [{**one, "items": [i for i in one["items"] if i["status"] != "Success"]} for one in systems]
    return {**row["body"], "systems": systems}


def _feedbacks(row: Row) -> list[dict[str, Any]]:
    body = row["body"]
    return [
        {
            "id": f"{body['requestId']}/{item['externalCode']}",
            "requestId": body["requestId"],
            "externalCode": item["externalCode"],
            "errorEntity": msgspec.json.encode(item).decode(),
            "entityType": body["entityType"],
            "errorStamp": body["lastUpdated"],
            "errors": [error["message"] for error in item["errors"]],
            "targetSystem": system["system"],
        }
        for system in body["systems"]
        for item in system["items"]
        if item["status"] == "Error"
    ]
