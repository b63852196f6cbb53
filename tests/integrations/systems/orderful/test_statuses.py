"""What a simulated Orderful says of a transaction after it took it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.utils import timezone

from integrations.models import Connection
from integrations.systems.contract import (
    Delivered,
    Refused,
    StillOpen,
)
from integrations.systems.orderful.client import Client
from integrations.systems.orderful.sinks import Transactions
from integrations.systems.orderful.spec import SYSTEM
from integrations.systems.orderful.status import acknowledgment
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.orderful.sending import PARTNER, US, accepted, an_order, outgoing


def test_a_valid_transaction_is_final(sink: Transactions, orderful: Served) -> None:
    orderful.options(send_delay=3600)
    item = accepted(sink, outgoing(an_order()))
    verdict = sink.follow(item)
    assert isinstance(verdict, Delivered), verdict
    assert verdict.target_id == item.target_id
    assert verdict.status == {"validation": "valid", "delivery": "pending", "acknowledgment": "not acknowledged"}


def test_delivery_may_be_waited_for(connect: Callable[..., Connection], orderful: Served) -> None:
    connection = connect(final_at="delivered")
    sink = Transactions(connection, SYSTEM.session(connection))
    orderful.options(send_delay=60, delivery_delay=60)
    item = accepted(sink, outgoing(an_order()))
    assert isinstance(sink.follow(item), StillOpen)
    orderful.advance(200)
    verdict = sink.follow(item)
    assert isinstance(verdict, Delivered)
    assert verdict.status["delivery"] == "delivered"


def test_processing_is_no_verdict(sink: Transactions, orderful: Served) -> None:
    item = accepted(sink, outgoing(an_order()))
    orderful.mutate("transactions", {"statuses.validation": "PROCESSING"}, key=item.target_id)
    verdict = sink.follow(item)
    assert isinstance(verdict, StillOpen)
    assert verdict.status["validation"] == "processing"


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({"statuses.validation": "INVALID"}, "not valid for the partner"),
        ({"statuses.validation": "VALID", "statuses.delivery": "FAILED"}, "could not deliver"),
    ],
)
def test_late_refusals(sink: Transactions, orderful: Served, values: dict[str, str], part: str) -> None:
    item = accepted(sink, outgoing(an_order()))
    orderful.mutate("transactions", values, key=item.target_id)
    verdict = sink.follow(item)
    assert isinstance(verdict, Refused)
    assert part in verdict.sentence
    assert "purchase order 500001" in verdict.sentence
    assert verdict.remedy


@pytest.mark.parametrize("final_at", ["valid", "delivered"])
def test_sending_by_hand_is_explained(connect: Callable[..., Connection], orderful: Served, final_at: str) -> None:
    connection = connect(final_at=final_at)
    sink = Transactions(connection, SYSTEM.session(connection))
    orderful.mutate("relationships", {"autoSend": "DISABLED"}, key=f"{US}>{PARTNER}:850")
    item = accepted(sink, outgoing(an_order()))
    verdict = sink.follow(item)
    assert isinstance(verdict, Delivered if final_at == "valid" else StillOpen)
    assert "presses Send" in verdict.status["note"]


def test_a_transaction_that_is_not_there_yet(sink: Transactions) -> None:
    verdict = sink.follow(outgoing(an_order(), target_id="1"))
    assert isinstance(verdict, StillOpen)


def test_a_transaction_that_never_shows_was_not_processed(sink: Transactions) -> None:
    """v3 gives an id also to a document of which it makes no transaction."""
    long_ago = timezone.now() - dt.timedelta(hours=2)
    verdict = sink.follow(outgoing(an_order(), target_id="1", first_sent_at=long_ago))
    assert isinstance(verdict, Refused)
    assert "made none of it" in verdict.sentence
    assert "unprocessed transactions" in verdict.remedy


@pytest.mark.parametrize(
    ("outcome", "found"), [(None, "accepted"), ("REJECTED", "rejected"), ("ACCEPTED_WITH_ERRORS", "with_errors")]
)
def test_acknowledgments(sink: Transactions, client: Client, orderful: Served, outcome: str | None, found: str) -> None:
    if outcome:
        orderful.options(outcomes={"500001": outcome})
    item = accepted(sink, outgoing(an_order()))
    assert acknowledgment(client, item.target_id) is None
    orderful.advance(3600)
    said = acknowledgment(client, item.target_id)
    assert said is not None
    assert said.outcome == found
    assert said.at is not None
    assert bool(said.errors) == (outcome is not None)
