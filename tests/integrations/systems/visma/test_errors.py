"""The error table, body by body."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from integrations.http.errors import (
    Answer,
    ConfigError,
    Conflict,
    Fault,
    NotFound,
    RateLimited,
    Rejected,
    Transient,
    Unauthorized,
    Unknown,
)
from integrations.systems.visma.errors import ErrorTable, rate_reading

NOW = dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC)
TOKEN_URL = "https://connect.visma.com/connect/token"
API = "https://api.finance.visma.net"
TABLE = ErrorTable(token_url=TOKEN_URL, tenant_id="5a6d0e10", company_id="1001", scope="a:read a:create")
GUID = "0d3c2f6e-1111-4222-8333-944445555666"
TERMS = (
    f"VismaId: {GUID}. Error inserting the customer. Error: Inserting 'Customer' record raised at least one error. "
    "Please review the errors.\r\nError: Terms 'TT' cannot be found in the system."
)
NOT_FOUND = "TaxCategoryID '0' cannot be found in the system."


def answer(
    status: int,
    body: Any = b"",
    *,
    method: str = "GET",
    url: str = f"{API}/v1/supplier",
    headers: dict[str, str] | None = None,
) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(method, url, status, headers or {}, raw, method != "GET")


def fault(*args: Any, **kwargs: Any) -> Fault:
    found = TABLE(answer(*args, **kwargs), NOW)
    assert found is not None
    assert found.sentence
    assert found.status == args[0]
    return found


def test_business_message():
    found = fault(400, {"message": TERMS}, method="POST", url=f"{API}/v1/customer")
    assert isinstance(found, Rejected)
    assert found.sentence == (
        "Visma.net ERP refuses customer: Error inserting the customer. Error: Inserting 'Customer' record raised at "
        "least one error. Please review the errors.; Error: Terms 'TT' cannot be found in the system."
    )
    assert found.remedy == "Correct the record, or make Terms TT in Visma.net ERP."
    assert found.field == "Terms"
    assert GUID in found.technical
    assert GUID not in found.sentence


@pytest.mark.parametrize(
    "body",
    [
        {"Message": NOT_FOUND},
        {
            "ExceptionType": "IPPException",
            "ExceptionMessage": NOT_FOUND,
            "ExceptionFaultCode": "1",
            "ExceptionDetails": "",
        },
        {"message": "The request is invalid.", "modelState": {"dto.terms": [NOT_FOUND]}},
        NOT_FOUND.encode(),
        f"<html><head><title>400</title></head><body><p>{NOT_FOUND}</p></body></html>".encode(),
    ],
)
def test_every_body_gives_its_words(body: Any):
    found = fault(400, body)
    assert isinstance(found, Rejected)
    assert NOT_FOUND.rstrip(".") in found.sentence
    assert "<" not in found.sentence


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'"text"', b"{", b"\xff\xfe", b'{"message": 5}'])
def test_bodies_that_say_nothing(body: bytes):
    for status in (400, 401, 403, 404, 412, 429, 500, 503):
        assert fault(status, body).remedy or fault(status, body).sentence


# --- Writes of which it matters whether they had an effect ----------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        TERMS,
        f"VismaId: {GUID}. Error creating document. Error: TaxCategoryID '0' cannot be found in the system.",
        "Error updating document. Error: 'Supplier' cannot be empty.",
    ],
)
def test_500_that_names_its_refusal_was_not_applied(message: str):
    found = fault(500, {"message": message}, method="PUT")
    assert isinstance(found, Rejected)
    assert found.certainly_not_applied


@pytest.mark.parametrize(
    ("message", "url"),
    [
        ("", f"{API}/v1/supplierInvoice"),
        (f"VismaId: {GUID}. An error occurred.", f"{API}/v1/supplierInvoice"),
        ("Error creating document. Error: Timeout expired.", f"{API}/v1/supplierInvoice"),
        ("Error updating document. Transaction was deadlocked on lock resources with another process", f"{API}/v1/x"),
        ("Error inserting: Object reference not set to an instance of an object.", f"{API}/v1/x"),
        (TERMS, f"{API}/v1/supplierInvoice/Invoice/000357/action/release"),
    ],
)
def test_500_that_leaves_it_open_is_in_doubt(message: str, url: str):
    found = fault(500, {"message": message}, method="POST", url=url)
    assert isinstance(found, Unknown)
    assert not found.certainly_not_applied


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_failed_reads_are_tried_again(status: int):
    assert isinstance(fault(status, {"message": TERMS}), Transient)


def test_html_of_the_gateway():
    found = fault(503, b"<html><body><h1>Service Unavailable</h1></body></html>", headers={"Retry-After": "30"})
    assert isinstance(found, Transient)
    assert found.retry_after == dt.timedelta(seconds=30)
    assert isinstance(fault(503, b"<html></html>", method="PUT"), Unknown)


# --- Who we are -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("invalid_client", "client secret is wrong"),
        ("invalid_tenant", "no access to Visma tenant 5a6d0e10"),
        ("invalid_scope", "the scopes “a:read a:create”"),
        ("unauthorized_client", "log in by itself"),
        ("invalid_grant", "refused the log-in"),
        ("invalid_request", "does not understand"),
        ("something_new", "refused to give a token"),
    ],
)
@pytest.mark.parametrize("status", [400, 401])
def test_refused_logins(status: int, code: str, words: str):
    found = fault(status, {"error": code}, method="POST", url=TOKEN_URL)
    assert isinstance(found, ConfigError)
    assert words in found.sentence
    assert found.remedy
    assert code in found.technical


def test_rights_that_are_on_their_way():
    assert "15 minutes" in fault(400, {"error": "invalid_tenant"}, url=TOKEN_URL).remedy


def test_token_url_that_gives_no_tokens():
    assert "token URL" in fault(404, b"<html>", url=TOKEN_URL).sentence
    assert TABLE(answer(503, b"", url=TOKEN_URL), NOW) is not None


def test_refused_token_is_explained_by_the_customers_tenant_id():
    found = fault(401)
    assert isinstance(found, Unauthorized)
    assert "customer's and not the company's" in found.remedy


def test_no_licence():
    found = fault(
        401,
        {
            "ExceptionType": "IPPException",
            "ExceptionMessage": "No license for this company.",
            "ExceptionFaultCode": "12027",
            "ExceptionMessageID": f"12027_{GUID}",
            "ExceptionDetails": "",
        },
    )
    assert isinstance(found, ConfigError)
    assert "No license for this company" in found.sentence
    assert f"12027_{GUID}" in found.technical


def test_missing_right():
    found = fault(403, method="PUT", url=f"{API}/v1/purchaseorder/500001")
    assert isinstance(found, ConfigError)
    assert "change purchaseorder/500001 in company 1001" in found.sentence
    assert "read supplier" in fault(403).sentence


# --- The rest -------------------------------------------------------------------------------------------------------


def test_not_found_and_conflicts():
    assert isinstance(fault(404), NotFound)
    for status in (409, 412):
        assert isinstance(fault(status, method="PUT"), Conflict)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "17"}, b"", 17),
        ({"retry-after": "Tue, 01 Sep 2026 12:00:40 GMT"}, b"", 40),
        ({"Retry-After": "5", "X-RateLimit-Reset": "900"}, b"", 5),
        ({"X-RateLimit-Reset": "900"}, b"", 900),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 120)}, b"", 120),
        ({}, {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 33 seconds."}, 33),
        ({}, b"", 60),
    ],
)
def test_when_calls_are_there_again(headers: dict[str, str], body: Any, seconds: int):
    found = fault(429, body, headers=headers)
    assert isinstance(found, RateLimited)
    assert found.retry_at == NOW + dt.timedelta(seconds=seconds)


def test_rate_headers():
    reading = rate_reading({"X-RateLimit-Limit": "500", "X-RateLimit-Remaining": "12", "X-RateLimit-Reset": "61"}, NOW)
    assert reading is not None
    assert (reading.allowance, reading.remaining, reading.resets_in) == (500, 12, dt.timedelta(seconds=61))
    assert rate_reading({"Date": "now"}, NOW) is None
    partly = rate_reading({"x-ratelimit-remaining": "7", "x-ratelimit-reset": "soon"}, NOW)
    assert partly is not None
    assert (partly.allowance, partly.remaining, partly.resets_in) == (None, 7, None)


def test_reset_long_ago_is_now():
    reading = rate_reading({"x-ratelimit-reset": str(int(NOW.timestamp()) - 500)}, NOW)
    assert reading is not None
    assert reading.resets_in == dt.timedelta(0)
