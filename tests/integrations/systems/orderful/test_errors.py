"""What Orderful's refusals mean, and how they read; relationships and statuses without a network."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from integrations.http.errors import Answer, ConfigError, Rejected
from integrations.systems.contract import Delivered, Refused, StillOpen
from integrations.systems.orderful import errors, relationships, status, wire

FIXTURES = Path(__file__).parent / "fixtures"
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
POSTED = wire.Posted(
    type="850_PURCHASE_ORDER",
    stream="live",
    sender_id="US",
    receiver_id="THEM",
    message={
        "parties": {"shipTo": {"contacts": [{"email": "x" * 100}]}},
        "lineItems": [
            {"purchaseOrderLineId": "10", "productIds": {}},
            {"purchaseOrderLineId": "20", "quantity": {"value": "1", "unitOfMeasure": "box"}},
        ],
    },
)


def answer(status: int, body: Any, *, method: str = "POST", effect: bool | None = None) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(
        method, "https://api.orderful.com/transactions", status, {}, raw, method == "POST" if effect is None else effect
    )


# --- the table ---


def test_every_reason_of_an_argument_error_is_said() -> None:
    body = {
        "type": "argumentError",
        "ref": "user",
        "message": "There were errors with your request",
        "errors": [
            {"type": "argumentError", "ref": "limit", "message": "property limit should not exist"},
            {"type": "argumentError", "ref": "stream", "message": "must be one of test, live"},
        ],
    }
    fault = errors.fault(answer(400, body), NOW)
    assert isinstance(fault, Rejected)
    assert fault.sentence == (
        "Orderful refused it: There were errors with your request: property limit should not exist; "
        "stream: must be one of test, live"
    )


@pytest.mark.parametrize("status", [401, 403])
def test_an_unknown_key_is_not_repeated(status: int) -> None:
    fault = errors.fault(answer(status, {"message": "Application with key s3cret not found"}), NOW)
    assert isinstance(fault, ConfigError)
    assert fault.status == 401
    assert "s3cret" not in fault.sentence + fault.remedy + fault.technical


@pytest.mark.parametrize("status", [409, 412, 413, 422])
def test_no_refusal_of_a_document_is_a_conflict(status: int) -> None:
    """There is nothing to re-read: the same document would be refused again."""
    fault = errors.fault(answer(status, {"message": "data format mismatch"}), NOW)
    assert type(fault) is Rejected
    assert "data format mismatch" in fault.sentence


@pytest.mark.parametrize("status", [429, 500, 503, 408])
def test_what_has_a_usual_meaning_keeps_it(status: int) -> None:
    assert errors.fault(answer(status, {"message": "the relationship service is down"}), NOW) is None


@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"[1]", b'{"message": ["a", "b"]}', b"\xff\xfe"])
def test_bodies_of_any_form_make_a_sentence(body: bytes) -> None:
    fault = errors.fault(answer(400, body), NOW)
    assert isinstance(fault, Rejected)
    assert fault.sentence.startswith("Orderful refused it: ")


# --- failed validation ---


def test_failed_validation() -> None:
    created = msgspec.json.decode((FIXTURES / "created_failed.json").read_bytes(), type=wire.Created)
    refusal = errors.validation_refusal(created, POSTED, "500001")
    assert refusal.sentence == (
        "Orderful refused purchase order 500001: "
        "line 10, product ids: At least one product identifier is required; "
        "line 20, quantity, unit of measure: is not allowed by the partner (sent: 'box'); "
        f"parties, ship to, contact 1, email: is not allowed by the partner (sent: '{'x' * 80}…'); "
        "N1 with qualifier BT is required (in N1_loop); not valid"
    )
    assert refusal.field == "message.lineItems[0].productIds"
    assert "802210972" in refusal.technical


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("message.lineItems[0].productIds", "line 10, product ids"),
        ("message.lineItems[7].unitCostPrice", "line 8, unit cost price"),
        ("/message/lineItems/1/quantity/value", "line 20, quantity, value"),
        ("message", "the document"),
        ("", "the document"),
        ("senderId", "sender id"),
        ("message.charges[0]", "charge 1"),
    ],
)
def test_places_in_our_words(path: str, words: str) -> None:
    assert errors.place(path, {"message": POSTED.message}) == words


# --- relationships ---


def relationship(**changes: Any) -> wire.Relationship:
    values: dict[str, Any] = {
        "sender": wire.RelationshipSide(live_isa_id="US", test_isa_id="UST"),
        "receiver": wire.RelationshipSide(live_isa_id="THEM", test_isa_id=None),
        "transaction_type": wire.Named(name="850_PURCHASE_ORDER"),
        "status": "LIVE",
        **changes,
    }
    return wire.Relationship(**values)


@pytest.mark.parametrize(
    ("status", "live", "test"),
    [
        ("LIVE", True, True),
        ("READY", True, True),
        ("TEST", False, True),
        ("SETUP", False, False),
        ("PENDING", False, False),
        ("BLOCKED", False, False),
    ],
)
def test_what_a_relationship_lets_through(status: str, live: bool, test: bool) -> None:
    found = [relationship(status=status)]
    assert (relationships.refusal(found, POSTED) is None) is live
    on_test = msgspec.structs.replace(POSTED, stream="test", sender_id="UST")
    assert (relationships.refusal(found, on_test) is None) is test


def test_swapped_ids_are_noticed() -> None:
    refusal = relationships.refusal(
        [relationship()], msgspec.structs.replace(POSTED, sender_id="THEM", receiver_id="US")
    )
    assert refusal is not None
    assert "opposite direction" in refusal.sentence


def test_an_860_is_known_by_both_of_its_names() -> None:
    posted = msgspec.structs.replace(POSTED, type="860_PURCHASE_ORDER_CHANGE")
    theirs = relationship(transaction_type=wire.Named(name="860_PURCHASE_ORDER_CHANGE_REQUEST_BUYER_INITIATED"))
    assert relationships.find([theirs], posted) is theirs


# --- statuses ---


@pytest.mark.parametrize(
    ("validation", "delivery", "valid", "delivered"),
    [
        ("PROCESSING", "PENDING", StillOpen, StillOpen),
        ("VALID", "PENDING", Delivered, StillOpen),
        ("VALID", "SENT", Delivered, StillOpen),
        ("VALID", "DELIVERED", Delivered, Delivered),
        ("VALID", "FAILED", Refused, Refused),
        ("INVALID", "PENDING", Refused, Refused),
        (None, None, StillOpen, StillOpen),
    ],
)
def test_verdicts(validation: str | None, delivery: str | None, valid: type, delivered: type) -> None:
    transaction = wire.Transaction(
        id=5, validation_status=validation, delivery_status=delivery, acknowledgment_status="NOT_ACKNOWLEDGED"
    )
    assert type(status.verdict(transaction, final_at="valid", auto_send=True)) is valid
    assert type(status.verdict(transaction, final_at="delivered", auto_send=None)) is delivered


def test_transactions_of_both_versions_are_read() -> None:
    old = b"""{"id": "9", "type": {"name": "850_PURCHASE_ORDER"}, "stream": "TEST", "businessNumber": "1",
        "createdAt": "2025-12-24T14:01:23.613Z"}"""
    new = b'{"id":9,"type":"850_PURCHASE_ORDER","stream":"test","businessNumber":1,"sender":null}'
    one, two = (msgspec.json.decode(raw, type=wire.Transaction) for raw in (old, new))
    assert one.kind == two.kind
    assert one.created_at == dt.datetime(2025, 12, 24, 14, 1, 23, 613000, tzinfo=dt.UTC)


def test_the_next_page_is_its_query_only() -> None:
    raw = b'{"data":[],"metadata":{"pagination":{"links":{"next":"https://evil.example/v3/x?nextCursor=a%3D%3D&stream=TEST&stream=LIVE","prev":null}}}}'
    page = msgspec.json.decode(raw, type=wire.TransactionPage)
    assert page.metadata.next_query == {"nextCursor": ["a=="], "stream": ["TEST", "LIVE"]}
