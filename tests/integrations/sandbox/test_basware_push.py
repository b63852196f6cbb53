"""The Basware simulator: subscriptions, signed notifications, tasks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integrations.sandbox.basware_client import Basware, act, api, sandbox, server, slow, vendor
from tests.integrations.sandbox.served import Served
from tests.integrations.sandbox.webhook_receiver import Receiver, receiving

__all__ = ["api", "sandbox", "server", "slow"]
PATH, SECRET = "/v1/subscriptions", "hemlighet-ö"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def subscription(receiver: Receiver, **more: Any) -> dict[str, Any]:
    own = {"taskType": "AccountingDocuments", "taskSubType": "WaitingForTransfer", "subscriptionType": "Webhook"}
    return {**own, "notificationWebhookURL": receiver.url, "webhookAuthenticationToken": SECRET, **more}


def approved(sandbox: Served) -> str:
    own = act(sandbox, "receive_document", supplierCode="50001", invoiceNumber="F1", grossSum=5)
    return act(sandbox, "approve_document", document=own)


def digest(body: bytes) -> bytes:
    return hmac.new(SECRET.encode(), body, hashlib.sha256).digest()


def test_subscribing_calls_the_receiver_first(sandbox: Served, api: Basware, receiver: Receiver) -> None:
    made = api.post(PATH, json=[subscription(receiver)])
    assert made.status_code == 200
    assert made.json()[0]["webhookAuthenticationToken"] == SECRET
    ((headers, body),) = receiver.came
    assert json.loads(body)["taskType"] == "ConnectionTest"
    assert headers["x-bwapi-signature-256"] == digest(body).hex()
    receiver.statuses.append(202)
    refused = api.post(PATH, json=[subscription(receiver, taskSubType="All")])
    assert refused.status_code == 400
    assert refused.json()["hasError"] is True
    assert "ConnectionTest failed" in refused.json()["errorMessages"][0]["message"]
    assert len(api.get(PATH).json()["subscriptions"]) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"taskType": "Vendors"},
        {"taskSubType": "Error"},
        {"subscriptionType": "Polling"},
        {"webhookAuthenticationToken": ""},
        {"notificationWebhookURL": "no url"},
        {"id": 7},
    ],
)
def test_wrong_subscriptions(api: Basware, receiver: Receiver, wrong: dict[str, Any]) -> None:
    refused = api.post(PATH, json=[subscription(receiver, **wrong)])
    assert refused.status_code == 400
    assert refused.json()["errorMessages"][0]["type"] == "VALIDATION"
    assert receiver.came == []


def test_task_type_and_sub_type_are_the_key(api: Basware, receiver: Receiver) -> None:
    assert api.get(PATH).json() == {"detail": "Not Found"}
    bare = subscription(receiver, taskType="RequestStatus")
    del bare["taskSubType"]
    api.post(PATH, json=[subscription(receiver), bare])
    api.post(PATH, json=[subscription(receiver, webhookAuthenticationToken="new")])
    known = api.get(PATH).json()["subscriptions"]
    assert [(one["taskType"], one["taskSubType"]) for one in known] == [
        ("AccountingDocuments", "WaitingForTransfer"),
        ("RequestStatus", "Error"),
    ]
    assert api.delete(PATH, params={"taskType": "RequestStatus"}).status_code == 422
    everything = {"lastUpdated": "2000-01-01T00:00:00Z", "taskType": "All", "taskSubType": "All"}
    assert api.delete(PATH, params=everything).json()["numberOfRecordsDeleted"] == 2
    assert api.get(PATH).status_code == 404


@pytest.mark.parametrize("form", ["hex", "HEX", "sha256=hex", "base64"])
def test_notifications_are_thin_and_signed(sandbox: Served, api: Basware, receiver: Receiver, form: str) -> None:
    sandbox.options(webhook_signature_form=form)
    api.post(PATH, json=[subscription(receiver)])
    own = approved(sandbox)
    headers, body = receiver.wait(2)[1]
    event = json.loads(body)
    assert set(event) == {"taskId", "taskStatus", "taskType", "taskSubType", "documentId", "expirationTime"}
    assert (event["taskType"], event["taskSubType"], event["documentId"]) == (
        "AccountingDocuments",
        "WaitingForTransfer",
        own,
    )
    plain = digest(body)
    forms = {"hex": plain.hex(), "HEX": plain.hex().upper(), "sha256=hex": f"sha256={plain.hex()}"}
    assert headers["x-bwapi-signature-256"] == forms.get(form, base64.b64encode(plain).decode())


def test_late_errors_are_told_without_a_call(sandbox: Served, slow: Basware, receiver: Receiver) -> None:
    sandbox.options(processing_delay=0.01, outcomes={"V-50001": {"message": "Locked"}})
    slow.post(PATH, json=[subscription(receiver, taskType="RequestStatus", taskSubType="Error")])
    answer = slow.post("/v1/vendors", json=[vendor()])
    slow.post("/v1/vendors", json=[vendor("50002")])
    event = json.loads(receiver.wait(2)[1][1])
    assert event["documentId"] == answer.headers["x-amzn-RequestId"]
    assert slow.errors(answer) == ["Locked"]


def test_notifications_may_be_doubled_misspelt_and_tried_again(
    sandbox: Served, api: Basware, receiver: Receiver
) -> None:
    api.post(PATH, json=[subscription(receiver, taskSubType="All")])
    sandbox.options(webhook_copies=2, webhook_retries=1, webhook_retry_seconds=0.01, misspell_task_type=True)
    receiver.statuses.append(500)
    approved(sandbox)
    came = [json.loads(body) for _, body in receiver.wait(4)[1:]]
    assert len({event["taskId"] for event in came}) == 1
    assert came[0]["taskType"] == "AccoutingDocuments"


def test_forged_notifications(sandbox: Served, api: Basware, receiver: Receiver) -> None:
    api.post(PATH, json=[subscription(receiver)])
    assert act(sandbox, "send_notification", raw="{}", secret="wrong") == 1
    headers, body = receiver.wait(2)[1]
    assert headers["x-bwapi-signature-256"] != digest(body).hex()


def test_tasks_are_there_without_a_subscription(sandbox: Served, api: Basware) -> None:
    assert api.get("/v1/tasks").status_code == 404
    own = approved(sandbox)
    (task,) = api.get("/v1/tasks", params={"taskType": "AccountingDocuments"}).json()["taskStatus"]
    assert (task["documentId"], task["taskStatus"]) == (own, "New")
    api.post(f"/v1/accountingDocuments/{own}/acknowledge")
    (done,) = api.get(f"/v1/tasks/{task['taskId']}").json()["taskStatus"]
    assert (done["taskStatus"], [entry["action"] for entry in done["taskHistory"]]) == (
        "Completed",
        ["Created", "Completed"],
    )
    assert api.get("/v1/tasks/nothing").status_code == 404
