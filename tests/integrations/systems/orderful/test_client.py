"""Sending to a simulated Orderful over HTTP: verdicts, refusals, relationships, limits and failures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.utils import timezone

from integrations.http.errors import ConfigError, Fault, Paused, RateLimited, Rejected, Transient, Unknown
from integrations.models import Breaker, Connection
from integrations.systems.contract import (
    Accepted,
)
from integrations.systems.orderful.client import Client
from integrations.systems.orderful.mapping import mosaic_810
from integrations.systems.orderful.sinks import Transactions
from integrations.systems.orderful.spec import SYSTEM
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.orderful.documents import invoice
from tests.integrations.systems.orderful.sending import CUSTOMER, accepted, an_order, outgoing, posts, sent

# --- sending ---


def test_an_order_is_accepted_byte_for_byte(sink: Transactions, orderful: Served) -> None:
    item = accepted(sink, outgoing(an_order()))
    row = orderful.row("transactions", item.target_id)
    assert row["business_number"] == "500001"
    assert sink.confirms.later
    assert sink.confirms.poll == dt.timedelta(seconds=10)
    assert sink.visibility_delay == dt.timedelta(seconds=10)


def test_an_invoice_is_accepted(sink: Transactions, orderful: Served) -> None:
    item = outgoing(mosaic_810(invoice(), purpose="original"), set_id="810", receiver_id=CUSTOMER)
    assert isinstance(sent(sink, item), Accepted)


def test_the_version_header_goes_to_unversioned_paths_only(
    sink: Transactions, client: Client, orderful: Served
) -> None:
    item = accepted(sink, outgoing(an_order()))
    client.transaction(item.target_id)
    log = requests.get(f"{orderful.url}/_control/requests", params={"system": "orderful"}, timeout=10).json()
    for entry in log:
        assert (entry["headers"].get("orderful-api-version") == "v4") == ("/v3/" not in entry["path"])


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"productIds": {}}, "line 2, product ids: "),
        ({"unitCostPrice": "cheap"}, "line 2, unit cost price: "),
        ({"quantity": {"value": "1", "unitOfMeasure": "bushel"}}, "(sent: 'bushel')"),
    ],
)
def test_failed_validation_is_said_in_our_words(sink: Transactions, change: dict[str, Any], part: str) -> None:
    message = an_order()
    message["lineItems"][1].update(change)
    refused = sent(sink, outgoing(message))
    assert isinstance(refused, Rejected)
    assert refused.sentence.startswith("Orderful refused purchase order 500001: line 2, ")
    assert part in refused.sentence
    assert refused.field.startswith("message.lineItems[1].")
    assert refused.remedy


def test_a_partners_guideline_is_broken(sink: Transactions, orderful: Served) -> None:
    orderful.options(outcomes={"500001": "FAILED"})
    refused = sent(sink, outgoing(an_order()))
    assert isinstance(refused, Rejected)
    assert refused.sentence.startswith("Orderful refused purchase order 500001: ")


def test_an_unknown_member_is_refused_with_its_name(sink: Transactions) -> None:
    refused = sent(sink, outgoing({**an_order(), "colour": "red"}))
    assert isinstance(refused, Rejected)
    assert "colour" in refused.sentence


# --- relationships ---


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"receiver_id": "NOBODY"}, "no relationship by which NORDLOGISTIK sends 850_PURCHASE_ORDER"),
        ({"receiver_id": "SEONBOARDING"}, "still in testing"),
    ],
)
def test_what_has_no_relationship_is_not_sent(
    sink: Transactions, orderful: Served, changes: dict[str, str], part: str
) -> None:
    refused = sent(sink, outgoing(an_order(), **changes))
    assert isinstance(refused, Rejected)
    assert part in refused.sentence
    assert refused.remedy
    assert posts(orderful) == 0


@pytest.mark.parametrize(
    ("set_id", "part"),
    [("810", "still being set up"), ("856", "still waits for the other side"), ("855", "is blocked")],
)
def test_a_relationship_that_is_not_ready(sink: Transactions, orderful: Served, set_id: str, part: str) -> None:
    refused = sent(sink, outgoing({**an_order(), "invoiceNumber": "1"}, set_id=set_id, receiver_id="SEONBOARDING"))
    assert isinstance(refused, Rejected)
    assert part in refused.sentence
    assert posts(orderful) == 0


def test_a_relationship_in_testing_takes_the_test_stream(sink: Transactions) -> None:
    item = outgoing(an_order(), stream="test", sender_id="NORDLOGISTIKT", receiver_id="SEONBOARDING")
    assert isinstance(sent(sink, item), Accepted)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_orderfuls_own_refusal_is_explained_whatever_its_status(
    sink: Transactions, orderful: Served, status: int
) -> None:
    orderful.fault(method="GET", path_regex="/v3/relationships", fault="404", times=1)
    orderful.options(relationship_status=status)
    refused = sent(sink, outgoing(an_order(), receiver_id="NOBODY"))
    assert isinstance(refused, Rejected), refused
    assert (
        "no relationship by which NORDLOGISTIK sends 850_PURCHASE_ORDER (purchase order) to NOBODY" in refused.sentence
    )
    assert "set up 850_PURCHASE_ORDER from NORDLOGISTIK to NOBODY" in refused.remedy
    assert posts(orderful) == 1


def test_live_on_a_relationship_in_testing_is_explained(sink: Transactions, orderful: Served) -> None:
    orderful.fault(method="GET", path_regex="/v3/relationships", fault="404", times=1)
    refused = sent(sink, outgoing(an_order(), receiver_id="SEONBOARDING"))
    assert isinstance(refused, Rejected)
    assert "still in testing" in refused.sentence
    assert "test stream" in refused.remedy


def test_an_unprocessed_document_is_a_refusal(sink: Transactions, orderful: Served) -> None:
    orderful.fault(method="GET", path_regex="/v3/relationships", fault="404", times=1)
    orderful.options(relationship_failure="unprocessed")
    refused = sent(sink, outgoing(an_order(), receiver_id="NOBODY"))
    assert isinstance(refused, Rejected), refused
    assert "could not be processed" in refused.sentence


def test_relationships_are_read_once_for_many_documents(sink: Transactions, orderful: Served) -> None:
    batch = [outgoing(an_order(str(n))) for n in range(500001, 500006)]
    assert all(isinstance(e, Accepted) for e in sink.apply_many(batch))
    log = requests.get(f"{orderful.url}/_control/requests", params={"system": "orderful"}, timeout=10).json()
    assert len({e["path"] + str(e["query"]) for e in log if "relationships" in e["path"]}) == sum(
        1 for e in log if "relationships" in e["path"]
    )


# --- credentials, limits, failures ---


def test_a_wrong_key_stops_all_calls_and_is_not_shown(connect: Callable[..., Connection], orderful: Served) -> None:
    connection = connect(api_key="wrong-key-4711")
    sink = Transactions(connection, SYSTEM.session(connection))
    first, second = sink.apply_many([outgoing(an_order()), outgoing(an_order("500002"))])
    assert isinstance(first, ConfigError)
    assert "wrong-key-4711" not in first.sentence + first.remedy + first.technical
    assert isinstance(second, Paused)
    assert Breaker.objects.get(connection=connection).position == Breaker.Position.OPEN
    assert orderful.rows("transactions") == []


def test_a_key_without_the_right_is_a_configuration_error(connect: Callable[..., Connection]) -> None:
    connection = connect(api_key="sandbox-orderful-se-readonly")
    refused = sent(Transactions(connection, SYSTEM.session(connection)), outgoing(an_order()))
    assert isinstance(refused, ConfigError)
    assert "Insufficient permissions" in refused.sentence
    assert "permission" in refused.remedy


def test_a_key_must_be_there(connect: Callable[..., Connection]) -> None:
    with pytest.raises(ConfigError, match="no API key"):
        SYSTEM.session(connect(api_key=""))


def test_a_setting_that_cannot_be_is_named(connect: Callable[..., Connection]) -> None:
    with pytest.raises(ConfigError, match="final_at"):
        SYSTEM.session(connect(final_at="never"))


@pytest.mark.parametrize("retry_after", [None, 7])
def test_too_many_calls(sink: Transactions, orderful: Served, retry_after: int | None) -> None:
    orderful.fault(method="POST", path_regex="/transactions$", fault="429", times=1, retry_after=retry_after)
    first, second = sink.apply_many([outgoing(an_order()), outgoing(an_order("500002"))])
    assert isinstance(first, RateLimited)
    assert isinstance(second, RateLimited)
    wait = first.retry_at - timezone.now()
    assert dt.timedelta(seconds=(retry_after or 60) - 3) < wait <= dt.timedelta(seconds=retry_after or 60)
    assert posts(orderful) == 1


@pytest.mark.parametrize(
    "fault", ["timeout_before", "timeout_after", "reset", "reset_after", "500", "503html", "malformed"]
)
def test_a_post_without_a_clear_answer_is_in_doubt(sink: Transactions, orderful: Served, fault: str) -> None:
    assert isinstance(sent(sink, outgoing(an_order("1"))), Accepted)
    orderful.fault(method="POST", path_regex="/transactions$", fault=fault, times=1)
    assert isinstance(sent(sink, outgoing(an_order())), Unknown)


def test_a_server_that_is_away_had_no_effect(connect: Callable[..., Connection]) -> None:
    connection = connect(base_url="http://127.0.0.1:9")
    assert isinstance(sent(Transactions(connection, SYSTEM.session(connection)), outgoing(an_order())), Transient)


def test_faults_hold_no_secret(sink: Transactions, orderful: Served) -> None:
    for fault in ("401", "403", "404", "500"):
        orderful.fault(method="POST", path_regex="/transactions$", fault=fault, times=1)
        effect = sent(sink, outgoing(an_order()))
        assert isinstance(effect, Fault)
        assert "sandbox-orderful-se" not in effect.sentence + effect.remedy + effect.technical
        Breaker.objects.update(position=Breaker.Position.CLOSED)
