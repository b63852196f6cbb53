"""The Orderful simulator over HTTP: creation, statuses, relationships."""

from __future__ import annotations

import json
from typing import Any

import pytest

from integrations.sandbox.assembly import Sandbox, Settings
from tests.integrations.sandbox.mosaic_documents import DOCUMENTS, document
from tests.integrations.sandbox.orderful_client import (
    PARTNER,
    READ_ONLY,
    SPEC,
    US,
    V3_CHANGE,
    V4,
    api,
    body,
    messages,
    post,
    sandbox,
    server,
    statuses,
    v3_body,
)
from tests.integrations.sandbox.served import Served
from tests.integrations.sandbox.vendor_schema import Checked, require

__all__ = ["api", "sandbox", "server"]


# credentials and headers


def test_credentials(api: Checked) -> None:
    assert api.get("/v3/organizations/me").json()["ediAccounts"][0]["liveIsaId"] == US
    wrong = api.get("/v3/organizations/me", headers={"orderful-api-key": "nope"})
    assert wrong.status_code == 403
    assert "Application with key nope not found" in wrong.json()["message"]
    missing = api.get("/v3/organizations/me", headers={"orderful-api-key": None})
    assert missing.status_code == 401
    assert "Application with key undefined not found" in missing.json()["message"]
    refused = api.post("/transactions", json=body(), headers={**V4, "orderful-api-key": READ_ONLY})
    assert (refused.status_code, refused.json()["message"]) == (403, "Insufficient permissions")


def test_version_header_belongs_to_unversioned_paths_only(api: Checked) -> None:
    assert api.post("/transactions", json=body()).status_code == 400
    assert api.get("/v3/transactions", headers=V4).status_code == 400
    assert api.get("/inboxes/4001/transactions").status_code == 400
    assert api.get("/inboxes/4001/transactions", headers=V4).status_code == 200


# v4 creation


@pytest.mark.parametrize("document_type", DOCUMENTS)
def test_every_document_type_is_accepted(api: Checked, sandbox: Served, document_type: str) -> None:
    created = post(api, document_type)
    assert (created["status"], created["detail"]) == ("ACCEPTED", "")
    row = sandbox.row("transactions", created["id"])
    assert row["business_number"] in json.dumps(document(document_type))
    assert row["body"]["type"] == document_type
    assert row["body"]["message"] == document(document_type)
    assert api.get(f"/v3/transactions/{created['id']}/message").json()["transactionSets"]


@pytest.mark.parametrize(
    "name", ["purchaseOrder", "poAcknowledgment", "shipNotice", "invoice", "inventoryAdvice", "purchaseOrderChange"]
)
def test_vendor_examples_pass_when_their_numbers_are_strings(api: Checked, name: str) -> None:
    example = require("orderful-v4-mosaic-examples.json")[name]
    changes = {"stream": "live", "senderId": US, "receiverId": PARTNER}
    as_published = api.post("/transactions", json={**example, **changes}, headers=V4).json()
    assert as_published["status"] == "FAILED"
    for error in as_published["validationErrors"]:
        assert error["errorMessage"].endswith("must be a string")
    corrected = {**example, **changes, "message": _numbers_as_strings(example["message"])}
    assert api.post("/transactions", json=corrected, headers=V4).json()["status"] == "ACCEPTED"


def _numbers_as_strings(value: Any, name: str = "") -> Any:
    whole = {"discountDaysDue", "netDaysDue", "layersPerPallet", "cartonsPerLayer"}
    if isinstance(value, dict):
        return {key: _numbers_as_strings(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return [_numbers_as_strings(entry) for entry in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and name not in whole else value


def test_refused_documents_are_stored_as_invalid(api: Checked, sandbox: Served) -> None:
    wrong = document("850_PURCHASE_ORDER")
    wrong["lineItems"][1]["quantity"] = {"value": 5, "unitOfMeasure": "EA"}
    wrong["purchaseOrderDate"] = "01.11.2026"
    created = post(api, message=wrong)
    assert created["status"] == "FAILED"
    assert [error["payloadPaths"] for error in created["validationErrors"]] == [
        ["message.purchaseOrderDate"],
        ["message.lineItems[1].quantity.value"],
        ["message.lineItems[1].quantity.unitOfMeasure"],
    ]
    assert [error["outputPath"] for error in created["validationErrors"]] == ["BEG05", "PO1", "PO1"]
    assert statuses(api, created["id"]) == ("INVALID", "PENDING", "NOT_ACKNOWLEDGED")
    sandbox.advance(60)
    assert statuses(api, created["id"])[1] == "PENDING"


def test_request_errors_create_nothing(api: Checked, sandbox: Served) -> None:
    inner = document("850_PURCHASE_ORDER") | {"currency": "SEK"}
    for wrong, text in (
        (body(message=inner), "property currency should not exist"),
        (body() | {"sender": US}, "property sender should not exist"),
        (body(type="997_FUNCTIONAL_ACKNOWLEDGMENT"), "type must be one of"),
        (body(type=V3_CHANGE), "type must be one of"),
        (body(stream="LIVE"), "stream must be one of"),
        ({name: value for name, value in body().items() if name != "message"}, "message should not be empty"),
    ):
        answer = api.post("/transactions", json=wrong, headers=V4)
        assert answer.status_code == 400
        assert text in messages(answer)[0]
    assert api.post("/transactions", data="{", headers=V4).status_code == 400
    assert sandbox.rows("transactions") == []


def test_same_document_twice_is_two_transactions(api: Checked) -> None:
    first, second = post(api), post(api)
    assert first["id"] != second["id"]
    listed = api.get("/v3/transactions", params={"businessNumber": "500001"}).json()["data"]
    assert [one["id"] for one in listed] == [second["id"], first["id"]]


# relationships


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"senderId": "NOBODY"}, "Sender with ISA ID NOBODY was not found"),
        ({"receiverId": "NOBODY"}, "Receiver with ISA ID NOBODY was not found"),
        ({"stream": "test"}, "Sender with ISA ID NORDLOGISTIK was not found on the TEST stream"),
        ({"receiverId": "SEONBOARDING"}, "Cannot post a LIVE transaction because the relationship is in testing"),
    ],
)
def test_documents_without_a_relationship_are_unprocessed(
    api: Checked, sandbox: Served, changes: dict[str, str], text: str
) -> None:
    answer = api.post("/transactions", json=body(**changes), headers=V4)
    assert answer.status_code == 400
    assert text in messages(answer)[0]
    assert [row["body"]["reason"] for row in sandbox.rows("unprocessed")] == messages(answer)
    assert sandbox.rows("transactions") == []


@pytest.mark.parametrize(
    ("set_id", "text"),
    [("810", "in setup"), ("856", "is pending"), ("855", "is blocked"), ("846", "doesn't exist")],
)
def test_relationship_statuses(api: Checked, set_id: str, text: str) -> None:
    document_type = next(name for name in DOCUMENTS if name.startswith(set_id))
    answer = api.post("/transactions", json=body(document_type, receiverId="SEONBOARDING"), headers=V4)
    assert text in messages(answer)[0]


def test_test_stream_uses_test_ids(api: Checked, sandbox: Served) -> None:
    created = post(api, stream="test", senderId=f"{US}T", receiverId="SEONBOARDING")
    assert created["status"] == "ACCEPTED"
    assert api.get(f"/v3/transactions/{created['id']}").json()["stream"] == "TEST"
    relationship = f"{US}>{PARTNER}:850"
    sandbox.mutate("relationships", {"status": "BLOCKED"}, key=relationship)
    assert api.post("/transactions", json=body(), headers=V4).status_code == 400


def test_created_as_receiver_goes_to_the_test_stream(api: Checked, sandbox: Served) -> None:
    created = post(api, senderId=PARTNER, receiverId=US)
    assert sandbox.row("transactions", created["id"])["body"]["stream"] == "test"


def test_somebody_elses_account_is_forbidden(api: Checked) -> None:
    answer = api.post("/transactions", json=body(senderId="FJORDMEKANIKK", receiverId="SUP60002"), headers=V4)
    assert answer.status_code == 403


def test_unprocessed_without_a_word(api: Checked, sandbox: Served) -> None:
    sandbox.options(relationship_failure="unprocessed")
    created = post(api, receiverId="NOBODY")
    assert created["status"] == "FAILED"
    answer = api.post("/v3/transactions", json=v3_body(receiver={"isaId": "NOBODY"}))
    assert answer.status_code == 201
    for transaction_id in (created["id"], answer.json()["id"]):
        assert api.get(f"/v3/transactions/{transaction_id}").status_code == 404


def test_relationships_are_paged(api: Checked) -> None:
    seen: list[int] = []
    url: str | None = "/v3/relationships?limit=50"
    while url:
        page = api.get(url).json()
        seen += [one["id"] for one in page["data"]]
        url = page["metadata"]["pagination"]["links"]["next"]
    assert len(seen) == len(set(seen)) > 100
    assert seen == sorted(seen, reverse=True)
    disabled = api.get("/v3/relationships", params={"autoSend": "DISABLED"}).json()["data"]
    assert {one["transactionType"]["name"] for one in disabled} == {V3_CHANGE}
    assert api.get("/v3/relationships", params={"limit": 101}).status_code == 400


# the course of a transaction


def test_delivery_and_acknowledgment_come_with_time(api: Checked, sandbox: Served) -> None:
    sandbox.options(send_delay=100, delivery_delay=100, acknowledgment_delay=100)
    number = post(api)["id"]
    assert api.get(f"/v3/transactions/{number}/acknowledgment").status_code == 404
    course = [statuses(api, number)]
    for _ in range(3):
        sandbox.advance(101)
        course.append(statuses(api, number))
    assert course == [
        ("VALID", "PENDING", "NOT_ACKNOWLEDGED"),
        ("VALID", "SENT", "NOT_ACKNOWLEDGED"),
        ("VALID", "DELIVERED", "NOT_ACKNOWLEDGED"),
        ("VALID", "DELIVERED", "ACCEPTED"),
    ]
    assert api.get(f"/v3/transactions/{number}/acknowledgment").json()["status"] == "ACCEPTED"
    assert sandbox.row("transactions", number)["body"]["statuses"] == {
        "validation": "VALID",
        "delivery": "DELIVERED",
        "acknowledgment": "ACCEPTED",
    }


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("FAILED", ("INVALID", "PENDING", "NOT_ACKNOWLEDGED")),
        ("DELIVERY_FAILED", ("VALID", "FAILED", "NOT_ACKNOWLEDGED")),
        ("REJECTED", ("VALID", "DELIVERED", "REJECTED")),
        ("OVERDUE", ("VALID", "DELIVERED", "OVERDUE")),
        ("ACCEPTED_WITH_ERRORS", ("VALID", "DELIVERED", "ACCEPTED_WITH_ERRORS")),
    ],
)
def test_chosen_outcomes(api: Checked, sandbox: Served, outcome: str, expected: tuple[str, str, str]) -> None:
    sandbox.options(outcomes={"500001": outcome})
    created = post(api)
    assert (created["status"] == "FAILED") is (outcome == "FAILED")
    sandbox.advance(60)
    assert statuses(api, created["id"]) == expected
    acknowledgment = api.get(f"/v3/transactions/{created['id']}/acknowledgment")
    refused = outcome in {"REJECTED", "ACCEPTED_WITH_ERRORS"}
    assert bool(acknowledgment.ok and acknowledgment.json()["errors"]) is refused


def test_every_nth_is_rejected(api: Checked, sandbox: Served) -> None:
    sandbox.options(reject_every=2)
    created = [post(api)["id"] for _ in range(4)]
    sandbox.advance(60)
    assert [statuses(api, one)[2] for one in created] == ["ACCEPTED", "REJECTED"] * 2


def test_auto_send_disabled_waits_for_a_person(api: Checked, sandbox: Served) -> None:
    created = post(api, "860_PURCHASE_ORDER_CHANGE", receiverId="SEONBOARDING")
    sandbox.advance(3600)
    assert statuses(api, created["id"]) == ("VALID", "PENDING", "NOT_ACKNOWLEDGED")
    sandbox.mutate("transactions", {"send": True}, key=created["id"])
    sandbox.advance(60)
    assert statuses(api, created["id"]) == ("VALID", "DELIVERED", "ACCEPTED")


def test_mutated_status_stays(api: Checked, sandbox: Served) -> None:
    created = post(api)
    sandbox.mutate("transactions", {"statuses.acknowledgment": "REJECTED"}, key=created["id"])
    sandbox.advance(60)
    assert statuses(api, created["id"])[2] == "REJECTED"
    assert api.get(f"/v3/transactions/{created['id']}/acknowledgment").json()["status"] == "REJECTED"


def test_state_survives_a_restart(tmp_path: Any) -> None:
    settings = Settings(systems=frozenset({"orderful"}))
    first = Sandbox(settings)
    first.systems["orderful"].mutate("inbox", None, {}, 2)
    saved = json.loads(json.dumps(first.dump()))
    second = Sandbox(settings)
    second.load(saved)
    assert second.dump()["systems"] == first.dump()["systems"]
    assert second.systems["orderful"].mutate("inbox", None, {}, 1) != []
    assert len(second.systems["orderful"].store.table("inbox")) == 3


def test_faults_use_orderfuls_shape(api: Checked, sandbox: Served) -> None:
    sandbox.fault(fault=429, method="POST", path_regex="/transactions", times=1, retry_after=3)
    limited = api.post("/transactions", json=body(), headers=V4)
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "3")
    assert sandbox.rows("transactions") == []
    assert post(api)["status"] == "ACCEPTED"


def test_answers_are_held_against_the_vendors_description(api: Checked, sandbox: Served) -> None:
    require(SPEC)
    number = post(api)["id"]
    sandbox.advance(60)
    sandbox.mutate("inbox", {})
    item = api.get("/inboxes/4001/transactions", headers=V4).json()[0]
    api.get(item["delivery"]["href"], headers=V4)
    api.post("/v3/transactions", json=v3_body())
    for path in ("", f"/{number}", f"/{number}/message", f"/{number}/acknowledgment"):
        api.get(f"/v3/transactions{path}")
    api.get("/v3/relationships")
    api.get("/v3/organizations/me")
    assert len(api.checked) == 9
