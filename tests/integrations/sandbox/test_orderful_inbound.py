"""Inbound documents of the Orderful simulator: v4 inbox, v3 bucket, confirmations."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integrations.sandbox.orderful_client import (
    PARTNER,
    US,
    V4,
    api,
    post,
    sandbox,
    server,
    v3_body,
)
from tests.integrations.sandbox.served import Served
from tests.integrations.sandbox.vendor_schema import Checked

__all__ = ["api", "sandbox", "server"]
INBOX, BUCKET = "/inboxes/4001/transactions", "/v3/polling-buckets/7001"


def inbox(api: Checked, **params: Any) -> list[dict[str, Any]]:
    answer = api.get(INBOX, params=params, headers=V4)
    assert answer.status_code == 200
    return answer.json()


def test_items_come_oldest_first_and_stay_until_confirmed(api: Checked, sandbox: Served) -> None:
    post(api)
    created = sandbox.mutate("inbox", {}, count=5)
    first = inbox(api, limit=3)
    assert [str(item["transactionId"]) for item in first] == created[:3]
    assert inbox(api, limit=3) == first
    members = "integrationPayloadId transactionId senderId receiverId stream message delivery"
    assert set(first[0]) == set(members.split())
    assert set(first[0]["delivery"]) == {"deliveryId", "transactionId", "href", "approve", "fail"}
    for item, action in zip(first, ("approve", "fail", "approve"), strict=True):
        assert api.post(item["delivery"][action]["href"], json={"note": "seen"}, headers=V4).status_code == 200
    assert [str(item["transactionId"]) for item in inbox(api)] == created[3:]
    assert [row["key"] for row in sandbox.rows("inbox")] == created[3:]
    confirmed = {row["key"]: row["body"]["delivery"]["status"] for row in sandbox.rows("confirmed")}
    assert list(confirmed.values()) == ["DELIVERED", "FAILED", "DELIVERED"]


def test_confirming_needs_a_note_and_works_once(api: Checked, sandbox: Served) -> None:
    sandbox.mutate("inbox", {})
    delivery = inbox(api)[0]["delivery"]
    assert delivery["approve"]["href"].endswith("/accept")
    assert api.get(delivery["href"], headers=V4).json()["approve"]["href"].endswith("/approve")
    for wrong in ({}, {"note": ""}, {"note": "x", "more": 1}):
        assert api.post(delivery["approve"]["href"], json=wrong, headers=V4).status_code == 400
    assert len(inbox(api)) == 1
    assert api.post(delivery["approve"]["href"], json={"note": "ok"}, headers=V4).status_code == 200
    assert api.post(delivery["fail"]["href"], json={"note": "no"}, headers=V4).status_code == 409
    seen = api.get(delivery["href"], headers=V4).json()
    assert (seen["status"], seen["note"]) == ("DELIVERED", "ok")


@pytest.mark.parametrize("limit", ["0", "101", "x", "-1"])
def test_limit_is_1_to_100(api: Checked, limit: str) -> None:
    assert api.get(INBOX, params={"limit": limit}, headers=V4).status_code == 400


def test_thirty_by_default(api: Checked, sandbox: Served) -> None:
    sandbox.mutate("inbox", {}, count=31)
    assert len(inbox(api)) == 30
    assert len(inbox(api, limit=100)) == 31


def test_other_inboxes_and_organizations_are_closed(api: Checked, sandbox: Served) -> None:
    number = sandbox.mutate("inbox", {"company": "SE"})[0]
    assert api.get("/inboxes/4002/transactions", headers=V4).status_code == 404
    stranger = {"orderful-api-key": "sandbox-orderful-no"}
    assert api.get(INBOX, headers={**V4, **stranger}).status_code == 404
    assert api.get(f"/v3/transactions/{number}", headers=stranger).status_code == 404


def test_changes_are_about_orders_that_were_sent(api: Checked, sandbox: Served) -> None:
    post(api, stream="test", senderId=f"{US}T", receiverId=f"{PARTNER}T")
    sandbox.mutate("inbox", {}, count=2)
    changes = inbox(api)
    assert [(one["stream"], one["senderId"], one["receiverId"]) for one in changes] == [
        ("test", f"{PARTNER}T", f"{US}T")
    ] * 2
    lines = [one["message"]["lineItems"][0] for one in changes]
    assert [line["originalQuantity"]["value"] for line in lines] == ["5", "6"]
    assert [line["quantity"]["value"] for line in lines] == ["6", "7"]
    assert {one["message"]["purchaseOrderNumber"] for one in changes} == {"500001"}


@pytest.mark.parametrize("set_id", ["855", "856", "810", "860"])
def test_every_sample_is_a_valid_document(api: Checked, sandbox: Served, set_id: str) -> None:
    api.post("/v3/transactions", json=v3_body())
    sandbox.advance(30)
    number = sandbox.mutate("inbox", {"type": set_id})[0]
    row = sandbox.row("inbox", number)
    again = {"type": row["body"]["type"], "stream": "live", "senderId": US, "receiverId": PARTNER}
    answer = api.post("/transactions", json={**again, "message": row["body"]["message"]}, headers=V4)
    assert answer.json()["status"] == "ACCEPTED"
    assert row["business_number"]


def test_documents_can_be_given_and_changed(api: Checked, sandbox: Served) -> None:
    sandbox.mutate("inbox", {"stream": "test", "message.lineItems.0.quantity.value": "0", "senderId": "STRANGER"})
    sandbox.mutate("inbox", {"type": "856", "message": {"shipmentId": "S-9"}, "businessNumber": "other"})
    change, shipment = inbox(api)
    assert change["message"]["lineItems"][0]["quantity"]["value"] == "0"
    assert (change["stream"], change["senderId"]) == ("test", "STRANGER")
    assert shipment["message"] == {"shipmentId": "S-9"}
    assert [row["business_number"] for row in sandbox.rows("inbox")][1] == "other"


def test_the_type_of_an_item_is_known_on_v3(api: Checked, sandbox: Served) -> None:
    number = sandbox.mutate("inbox", {})[0]
    view = api.get(f"/v3/transactions/{number}").json()
    assert view["type"]["name"] == "860_PURCHASE_ORDER_CHANGE_REQUEST_BUYER_INITIATED"
    assert view["deliveryStatus"] == "SENT"


# v3 bucket


def bucket(api: Checked) -> list[dict[str, Any]]:
    return api.get(BUCKET).json()


def test_bucket_carries_content_and_keeps_it(api: Checked, sandbox: Served) -> None:
    post(api)
    created = sandbox.mutate("inbox", {"channel": "bucket"}, count=2)
    items = bucket(api)
    assert [item["id"] for item in items] == created
    assert bucket(api) == items
    assert inbox(api) == []
    change = items[0]["message"]["transactionSets"][0]
    assert change["POC_loop"][0]["lineItemChange"][0]["quantity1"] == "6"
    assert api.post(items[0]["delivery"]["approve"]["href"], json={}).status_code == 200
    assert api.post(items[1]["delivery"]["fail"]["href"], json={"note": "x"}).status_code == 200
    assert api.post(items[1]["delivery"]["fail"]["href"], json={}).status_code == 409
    assert bucket(api) == []
    assert api.get(f"/v3/transactions/{created[0]}").json()["deliveryStatus"] == "DELIVERED"


def test_deprecated_confirmations(api: Checked, sandbox: Served) -> None:
    created = sandbox.mutate("inbox", {"channel": "bucket"}, count=3)
    retrieval = api.post(f"{BUCKET}/confirm-retrieval", json={"resourceIds": [*created[:2], "99"]})
    assert retrieval.json() == {"confirmedTransactions": 2}
    assert [item["id"] for item in bucket(api)] == created[2:]
    entries = [
        {"transactionId": created[0], "deliveryStatus": "DELIVERED"},
        {"transactionId": created[1], "deliveryStatus": "FAILED", "note": "n" * 240},
        {"transactionId": "99999", "deliveryStatus": "DELIVERED"},
    ]
    answer = api.post("/v3/transactions/confirm-delivery", json=entries)
    assert answer.status_code == 200
    assert answer.json()["99999"] == "Transaction ID 99999 not found"
    assert "failed delivery" in answer.json()[created[1]]
    too_long = [{"transactionId": created[2], "deliveryStatus": "FAILED", "note": "n" * 241}]
    assert api.post("/v3/transactions/confirm-delivery", json=too_long).status_code == 400
