"""Push notifications: subscriptions, their ConnectionTest, signed thin notifications, tasks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from integrations.sandbox import hooks
from integrations.sandbox.kernel import Refusal, Reply, Request, Row, iso, json_reply, route

from .errors import push_refused
from .schema import moment
from .storage import Storage

TASK_TYPES: Final[dict[str, tuple[str, ...]]] = {
    "AccountingDocuments": (
        "WaitingForPrebook", "WaitingForTransfer", "WaitingForPrebookCancelation", "WaitingToBeRemoved",
        "WaitingToBeReturned", "WaitingToBeCompleted",
    ),
    "ExportedPurchaseRequisitions": ("WaitingForExport",),
    "ExportedPurchaseOrders": ("WaitingForExport",),
    "RequestStatus": ("Error", "Success"),
    "ExportedContracts": ("WaitingForExport",),
    "ExportedContractSpends": ("WaitingForExport",),
}  # fmt: skip
_REQUIRED: Final = ("taskType", "subscriptionType", "notificationWebhookURL", "webhookAuthenticationToken")
_KNOWN: Final = {*_REQUIRED, "taskSubType", "lastUpdated", "autoResponder"}
SIGNATURE: Final = "X-BWAPI-Signature-256"


class Push(Storage):
    """/v1/subscriptions and /v1/tasks."""

    @route("POST", "/v1/subscriptions")
    def subscription_create(self, request: Request) -> Reply:
        """Each URL is called with a ConnectionTest before the answer; without its 200 nothing is saved."""
        try:
            entries = msgspec.json.decode(request.get_data(), type=list[dict[str, Any]])
        except msgspec.DecodeError as error:
            raise Refusal(push_refused(self.request_id, [str(error)])) from error
        wrong = [text for entry in entries for text in _wrong(entry)]
        if wrong:
            raise Refusal(push_refused(self.request_id, wrong))
        company = self.tenant.company.key
        for entry in entries:
            entry.setdefault("taskSubType", "Error" if entry["taskType"] == "RequestStatus" else "All")
            if not self._connection_test(company, entry):
                text = f"ConnectionTest failed: {entry['notificationWebhookURL']} did not answer with status 200"
                raise Refusal(push_refused(self.request_id, [text], code="DATA_VALIDATION_FAILED"))
        saved = [{**entry, "lastUpdated": self.now()} for entry in entries]
        for entry in saved:
            self.stored("subscriptions", company, f"{entry['taskType']}/{entry['taskSubType']}", entry)
        return json_reply(200, saved)

    @route("GET", "/v1/subscriptions")
    def subscription_list(self, request: Request) -> Reply:
        """Own subscriptions, the secrets included."""
        found = self._subscriptions(request)
        if not found:
            return json_reply(404, {"detail": "Not Found"})
        return json_reply(200, {"subscriptions": [row["body"] for row in found]})

    @route("DELETE", "/v1/subscriptions")
    def subscription_delete(self, request: Request) -> Reply:
        """Needs all three query parameters; "All" stands for every type."""
        if not all(request.args.get(name) for name in ("lastUpdated", "taskType", "taskSubType")):
            return json_reply(422, {"message": "UnprocessableEntity"})
        found = self._subscriptions(request, wildcard=True)
        for row in found:
            del self.store.table("subscriptions")[row["key"]]
        return json_reply(200, {"status": "Deleted successfully", "numberOfRecordsDeleted": len(found)})

    def _subscriptions(self, request: Request, *, wildcard: bool = False) -> list[Row]:
        rows = self.since(request, self.rows("subscriptions"))
        for name in ("taskType", "taskSubType"):
            wanted = request.args.get(name)
            if wanted is not None and not (wildcard and wanted == "All"):
                rows = [row for row in rows if row["body"][name] == wanted]
        return rows

    @route("GET", "/v1/tasks")
    def task_list(self, request: Request) -> Reply:
        """What was to be notified, subscribed or not."""
        rows = self.since(request, self.rows("tasks"))
        for name in ("taskType", "taskStatus", "documentId"):
            if (wanted := request.args.get(name)) is not None:
                rows = [row for row in rows if row["body"][name] == wanted]
        shown, more = self.page(request, rows, default=100, most=500)
        return json_reply(200, {"taskStatus": [row["body"] for row in shown]}).with_headers(more)

    @route("GET", "/v1/tasks/<task_id>")
    def task_one(self, request: Request, task_id: str) -> Reply:
        """One task."""
        row = self.store.table("tasks").get(f"{self.tenant.company.key}/{task_id}")
        if row is None:
            return json_reply(404, {"detail": "Not Found"})
        return json_reply(200, {"taskStatus": [row["body"]]})

    def _connection_test(self, company: str, subscription: dict[str, Any]) -> bool:
        content = self._content("ConnectionTest", None, self.new_id(), self.new_id())
        notification = self._notification(subscription, content, "ConnectionTest")
        row = hooks.written(self.store, notification, company=company, at=self.clock())
        status, error = hooks.post(notification.url, notification.content, notification.headers)
        hooks.noted(self.store, row, status, error)
        return status == 200

    def notify(self, company: str, task_type: str, sub_type: str, document_id: str) -> str:
        """Make a task and tell everyone who subscribed to it. Answers the task's id."""
        task_id, now = self.new_id(), self.clock()
        task = {
            "taskId": task_id,
            "taskStatus": "New",
            "taskType": task_type,
            "taskSubType": sub_type,
            "documentId": document_id,
            "expirationTime": _seconds(now + timedelta(days=7)),
            "lastUpdated": self.now(),
            "taskHistory": [{"action": "Created", "timeStamp": self.now(), "messages": []}],
        }
        self.stored("tasks", company, task_id, task)
        shown_type = task_type
        if self.options["misspell_task_type"]:
            shown_type = shown_type.replace("Accounting", "Accouting")
        content = self._content(shown_type, sub_type, document_id, task_id)
        for row in self.rows("subscriptions", company):
            entry = row["body"]
            if entry["taskType"] == task_type and entry["taskSubType"] in {sub_type, "All"}:
                hooks.send(self.store, self._notification(entry, content, task_id), company=company, at=now)
        return task_id

    def task_done(self, company: str, document_id: str) -> None:
        """Complete the tasks of a document: somebody took it."""
        for row in self.rows("tasks", company):
            if row["body"]["documentId"] == document_id and row["body"]["taskStatus"] == "New":
                done = {"action": "Completed", "timeStamp": self.now(), "messages": []}
                history = [*row["body"]["taskHistory"], done]
                more = {"taskStatus": "Completed", "lastUpdated": self.now(), "taskHistory": history}
                row["body"] = {**row["body"], **more}

    def send_raw(self, company: str, content: bytes, *, secret: str | None = None) -> int:
        """Send any body to every subscription of a company, signed with its own secret or a wrong one."""
        rows = self.rows("subscriptions", company)
        for row in rows:
            entry = {**row["body"], **({"webhookAuthenticationToken": secret} if secret is not None else {})}
            notification = self._notification(entry, content, f"raw {self.new_id()}")
            hooks.send(self.store, notification, company=company, at=self.clock())
        return len(rows)

    def _content(self, task_type: str, sub_type: str | None, document_id: str, task_id: str) -> bytes:
        content = {
            "taskId": task_id,
            "taskStatus": "New",
            "taskType": task_type,
            "taskSubType": sub_type,
            "documentId": document_id,
            "expirationTime": _seconds(self.clock() + timedelta(days=7)),
        }
        return msgspec.json.encode({name: value for name, value in content.items() if value is not None})

    def _notification(self, subscription: dict[str, Any], content: bytes, own: str) -> hooks.Notification:
        secret, form = subscription["webhookAuthenticationToken"], self.options["webhook_signature_form"]
        return hooks.Notification(
            id=own,
            url=subscription["notificationWebhookURL"],
            content=content,
            headers={SIGNATURE: hooks.signature(content, secret, form)},
            copies=int(self.options["webhook_copies"]),
            retries=int(self.options["webhook_retries"]),
            retry_seconds=float(self.options["webhook_retry_seconds"]),
        )


def _wrong(entry: dict[str, Any]) -> list[str]:
    texts = [f"{name} field required" for name in _REQUIRED if not entry.get(name)]
    texts += [f"{name} extra fields not permitted" for name in entry if name not in _KNOWN]
    if texts:
        return texts
    if entry["taskType"] not in TASK_TYPES:
        return [f"taskType {entry['taskType']} is not supported"]
    if entry.get("taskSubType") not in {None, "All", *TASK_TYPES[entry["taskType"]]}:
        texts.append(f"taskSubType {entry['taskSubType']} is not supported for {entry['taskType']}")
    if entry["subscriptionType"] != "Webhook":
        texts.append("subscriptionType must be Webhook")
    if len(entry["notificationWebhookURL"]) > 2083 or "://" not in entry["notificationWebhookURL"]:
        texts.append("notificationWebhookURL is no valid URL")
    if entry.get("lastUpdated") and moment(entry["lastUpdated"]) is None:
        texts.append("lastUpdated invalid datetime format")
    return texts


def _seconds(at: datetime) -> str:
    return iso(at)[:19] + "Z"
