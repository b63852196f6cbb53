"""Acknowledging what was received: once, for good, and not where it is done already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.http.errors import Rejected, Unknown
from integrations.models import Breaker, Connection
from integrations.systems.contract import Applied, CannotTell, Delivered, NotApplied, NotNeeded, Outgoing
from integrations.systems.orderful.acknowledging import Acknowledgments, body_of
from integrations.systems.orderful.sinks import Transactions
from integrations.systems.orderful.spec import SYSTEM
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.orderful.sending import accepted, an_order, outgoing
from tests.integrations.systems.orderful.test_inbox import arrives, inbox, looked


@pytest.fixture
def received(connect: Callable[..., Connection], orderful: Served) -> str:
    """The id of a transaction that was received and confirmed."""
    arrives(orderful, type="855")
    (item,) = looked(inbox(connect(inbox_id="4001")))
    return item.source_id


@pytest.fixture
def sink(connect: Callable[..., Connection]) -> Acknowledgments:
    connection = connect()
    return Acknowledgments(connection, SYSTEM.session(connection))


def saying(transaction: str, problem: str = "") -> Outgoing:
    return Outgoing(
        delivery_id=1,
        operation_key="k",
        business_number="500001",
        purpose="original",
        body=body_of(problem),
        meta={"transaction_id": transaction},
    )


def said(sink: Acknowledgments, item: Outgoing) -> Any:
    [effect] = sink.apply_many([item])
    return effect


def test_what_can_be_read_is_accepted_once(sink: Acknowledgments, received: str) -> None:
    assert isinstance(sink.evidence(saying(received)), NotApplied)
    effect = said(sink, saying(received))
    assert isinstance(effect, Delivered), effect
    assert effect.status == {"our acknowledgment": "accepted"}
    there = sink.client.acknowledgment(received)
    assert there is not None
    assert there.status == "ACCEPTED"
    again = said(sink, saying(received))
    assert isinstance(again, NotNeeded)
    assert again.reason == "It is acknowledged already, as accepted."


def test_what_cannot_be_read_is_rejected_with_the_reason(sink: Acknowledgments, received: str) -> None:
    assert isinstance(said(sink, saying(received, "It has no lines.")), Delivered)
    there = sink.client.acknowledgment(received)
    assert there is not None
    assert there.status == "REJECTED"
    assert [(e.path, e.message) for e in there.errors or []] == [("/message", "It has no lines.")]


@pytest.mark.parametrize("fault", ["timeout_after", "reset_after", "malformed"])
def test_a_lost_answer_is_found_again_and_nothing_is_said_twice(
    sink: Acknowledgments, orderful: Served, received: str, fault: str
) -> None:
    orderful.fault(method="POST", path_regex="/acknowledgment$", fault=fault, times=1)
    effect = said(sink, saying(received))
    Breaker.objects.update(position=Breaker.Position.CLOSED)
    if fault != "malformed":
        assert isinstance(effect, Unknown), effect
    found = sink.evidence(saying(received))
    assert isinstance(found, Applied)
    assert found.status == {"our acknowledgment": "accepted"}, "as where the answer came"
    other = sink.evidence(saying(received, "It has no lines."))
    assert isinstance(other, CannotTell)
    assert "acknowledged as accepted, and we said rejected" in other.reason


@pytest.mark.parametrize("status", [400, 409, 422])
def test_somebody_who_was_faster_is_no_fault(
    sink: Acknowledgments, orderful: Served, received: str, status: int
) -> None:
    """Orderful acknowledges by itself, or a person does there, between our look and our word."""
    orderful.options(second_acknowledgment_status=status)
    assert isinstance(said(sink, saying(received)), Delivered)
    orderful.fault(method="GET", path_regex="/acknowledgment$", fault="404", times=1)
    effect = said(sink, saying(received))
    assert isinstance(effect, NotNeeded), effect


def test_what_is_not_ours_to_acknowledge_is_no_fault_of_the_key(
    sink: Acknowledgments, connection: Connection, orderful: Served
) -> None:
    """Orderful answers 403, which elsewhere stops the whole connection."""
    ours = accepted(Transactions(connection, SYSTEM.session(connection)), outgoing(an_order()))
    effect = said(sink, saying(ours.target_id))
    assert isinstance(effect, Rejected), effect
    assert "Only the receiver can acknowledge" in effect.sentence


def test_a_relationship_that_wants_none_is_said_with_what_to_do(sink: Acknowledgments, orderful: Served) -> None:
    orderful.fault(method="POST", path_regex="/acknowledgment$", fault="409", times=1)
    arrives(orderful, type="856")
    effect = said(sink, saying(orderful.rows("inbox")[0]["key"]))
    assert isinstance(effect, Rejected), effect
    assert "Send acknowledgment" in effect.remedy
