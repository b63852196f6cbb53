"""What refusals mean: bodies as the vendor's public source and threads show them."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from integrations.http.errors import Answer, ConfigError, Fault, Rejected, Transient, Unauthorized, Unknown
from integrations.systems.adobe.errors import PageTooLarge, filled, sentence_of, table_of
from integrations.systems.adobe.settings import Options

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
ACL = {
    "message": "The consumer isn't authorized to access %resources.",
    "parameters": {"resources": "Magento_Sales::actions_view"},
}
CRASH = {"message": "Internal Error. Details are available in Magento log file. Report ID: webapi-6333f157bfbb8"}


def meant(status: int, body: Any, *, auth: str = "oauth1", effect: bool = False, **headers: str) -> Fault | None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    table = table_of(Options(auth=auth))  # type: ignore[arg-type]
    return table(Answer("POST" if effect else "GET", "https://shop/V1/orders", status, headers, raw, effect), NOW)


def test_parameters_are_filled_in_by_place_and_by_name() -> None:
    assert filled("%1 of %2 is %1", ["a", "b"]) == "a of b is a"
    assert filled('"%fieldName" is required, 5% off', {"fieldName": "nonce"}) == '"nonce" is required, 5% off'
    assert filled("%1 and %2", ["a"]) == "a and %2"
    assert filled("%1", None) == "%1"


def test_inner_errors_and_crashes_are_read_too() -> None:
    assert (
        sentence_of(json.dumps({"message": "Bad", "errors": [{"message": "%1!", "parameters": ["x"]}]}).encode())
        == "Bad x!"
    )
    assert "api/123" in sentence_of(b'{"messages":{"error":[{"code":500,"message":"See api/123"}]}}')
    assert sentence_of(b"<html>") == ""


def test_a_missing_right_is_named() -> None:
    """A revoked integration is told the same, so nobody calls on: the status closes the connection."""
    fault = meant(401, ACL)
    assert isinstance(fault, ConfigError)
    assert "Magento_Sales::actions_view" in fault.sentence
    assert fault.status == 401


def test_with_a_token_it_may_have_ended_and_is_had_anew() -> None:
    assert isinstance(meant(401, ACL, auth="admin"), Unauthorized)


def test_a_wrong_signature_is_refused_credentials() -> None:
    assert isinstance(meant(401, {"message": "The signature is invalid. Verify and try again."}), Unauthorized)


@pytest.mark.parametrize(
    "body",
    [
        {"message": "The token length is invalid. Check the length and try again."},
        {"message": "Signature method %1 is not supported", "parameters": ["HMAC-SHA1"]},
        {"message": '"%fieldName" is required. Enter and try again.', "parameters": {"fieldName": "oauth_nonce"}},
    ],
)
def test_credentials_that_are_refused_with_400_close_the_connection_and_fail_no_record(body: dict[str, Any]) -> None:
    assert isinstance(meant(400, body, effect=True), Unauthorized)
    required = {"message": '"%fieldName" is required. Enter and try again.', "parameters": {"fieldName": "entity"}}
    assert isinstance(meant(400, required), Rejected)


@pytest.mark.parametrize("status", [400, 401])
def test_a_second_factor_is_asked_for_in_words(status: int) -> None:
    fault = meant(
        status, {"message": "Please use the 2fa provider-specific endpoints to obtain a token."}, auth="admin"
    )
    assert isinstance(fault, ConfigError)
    assert "integration" in fault.remedy


def test_a_limit_of_pages_says_how_long_they_may_be() -> None:
    fault = meant(400, {"message": "Maximum SearchCriteria pageSize is %max", "parameters": {"max": 300}})
    assert isinstance(fault, PageTooLarge)
    assert fault.most == 300


@pytest.mark.parametrize(("effect", "kind"), [(False, Transient), (True, Unknown)])
def test_maintenance_is_html_and_says_nothing_of_what_was_done(effect: bool, kind: type[Fault]) -> None:
    fault = meant(503, b"<html><body>503 backend</body></html>", effect=effect)
    assert type(fault) is kind


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize("effect", [False, True])
def test_from_a_page_nobody_concludes_that_a_record_was_deleted(status: int, effect: bool) -> None:
    fault = meant(status, b"<!doctype html><html>Not found</html>", effect=effect)
    assert type(fault) is Transient
    assert "address" in fault.sentence
    assert meant(404, {"message": "The entity that was requested doesn't exist."}) is None, "the usual table: NotFound"


@pytest.mark.parametrize(("effect", "kind"), [(False, Transient), (True, Unknown)])
def test_newer_shops_say_400_for_a_crash(effect: bool, kind: type[Fault]) -> None:
    assert type(meant(400, CRASH, effect=effect)) is kind


def test_a_crash_after_a_write_is_left_to_the_usual_table_which_is_in_doubt() -> None:
    assert meant(500, CRASH, effect=True) is None


def test_a_refusal_is_of_this_record_alone() -> None:
    body = {
        "message": 'Unable to add comment: The status "%1" is not part of the order status history.',
        "parameters": ["x"],
    }
    fault = meant(400, body, effect=True)
    assert type(fault) is Rejected
    assert '"x"' in fault.sentence
