"""Looking at a simulated Orderful whether a document arrived, in Mosaic or through v3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from integrations.http.errors import Transient
from integrations.models import Connection
from integrations.systems.contract import (
    Accepted,
    Applied,
    CannotTell,
    Delivered,
    NotApplied,
    Refused,
    StillOpen,
)
from integrations.systems.orderful.mapping import mosaic_810
from integrations.systems.orderful.sinks import Transactions
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.orderful.documents import invoice, order
from tests.integrations.systems.orderful.sending import (
    CUSTOMER,
    PARTNER,
    accepted,
    an_order,
    by_v3,
    doubtful,
    outgoing,
    posts,
    sent,
)


def test_evidence_finds_what_arrived(sink: Transactions, orderful: Served) -> None:
    item = outgoing(an_order())
    doubtful(sink, orderful, item, "timeout_after")
    found = sink.evidence(item)
    assert isinstance(found, Applied), found
    assert found.target_id == orderful.rows("transactions")[-1]["key"]
    assert "500001" in found.proof
    assert "2 lines" in found.proof


def test_evidence_finds_an_invoice_by_its_total(sink: Transactions, orderful: Served) -> None:
    item = outgoing(mosaic_810(invoice(), purpose="original"), set_id="810", receiver_id=CUSTOMER)
    doubtful(sink, orderful, item, "reset_after")
    found = sink.evidence(item)
    assert isinstance(found, Applied), found
    assert "total 1252.00" in found.proof


def test_evidence_says_when_nothing_arrived(sink: Transactions, orderful: Served) -> None:
    item = outgoing(an_order())
    doubtful(sink, orderful, item, "reset")
    found = sink.evidence(item)
    assert isinstance(found, NotApplied), found
    assert "no 850_PURCHASE_ORDER 500001 from NORDLOGISTIK to SUP50002 on live" in found.proof


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"purpose": "replace"}, "purpose"),
        ({"date": dt.date(2026, 11, 19)}, "date"),
        ({"lines": order().lines[:1]}, "1 lines there and 2 here"),
        ({"lines": (msgspec.structs.replace(order().lines[0], quantity=Decimal(11)), order().lines[1])}, "quantity"),
        ({"lines": (msgspec.structs.replace(order().lines[0], unit_price=Decimal(9)), order().lines[1])}, "price"),
    ],
)
def test_another_version_of_the_order_is_not_taken_for_this_one(
    sink: Transactions, orderful: Served, changes: dict[str, Any], part: str
) -> None:
    assert isinstance(sent(sink, outgoing(an_order(**changes))), Accepted)
    item = outgoing(an_order())
    doubtful(sink, orderful, item, "timeout_before")
    found = sink.evidence(item)
    assert isinstance(found, NotApplied), found
    assert "another version" in found.proof
    assert part in found.proof


def test_an_older_equal_transaction_is_not_taken_for_this_one(sink: Transactions, orderful: Served) -> None:
    assert isinstance(sent(sink, outgoing(an_order())), Accepted)
    later = timezone.now() + dt.timedelta(minutes=5)
    found = sink.evidence(outgoing(an_order(), first_sent_at=later))
    assert isinstance(found, NotApplied)


@pytest.mark.parametrize(
    "changes",
    [{"receiver_id": "SUP50004"}, {"stream": "test", "sender_id": "NORDLOGISTIKT", "receiver_id": "SUP50002T"}],
)
def test_the_same_order_on_another_route_is_not_this_one(sink: Transactions, changes: dict[str, str]) -> None:
    assert isinstance(sent(sink, outgoing(an_order(), **changes)), Accepted)
    assert isinstance(sink.evidence(outgoing(an_order())), NotApplied)


def test_evidence_reads_on_over_pages(connect: Callable[..., Connection], sink: Transactions, orderful: Served) -> None:
    orderful.options(page_size=2)
    item = outgoing(an_order())
    doubtful(sink, orderful, item, "timeout_after")
    for number in range(600001, 600008):
        assert isinstance(sent(sink, outgoing(an_order(str(number)))), Accepted)
    assert isinstance(sink.evidence(item), Applied)


def test_a_page_that_cannot_be_read_decides_nothing(sink: Transactions, orderful: Served) -> None:
    item = outgoing(an_order())
    doubtful(sink, orderful, item, "timeout_after")
    orderful.fault(method="GET", path_regex="/message$", fault="404", times=5)
    found = sink.evidence(item)
    assert isinstance(found, CannotTell)
    assert orderful.rows("transactions")[-1]["key"] in found.reason


# --- through v3 ---


def test_what_mosaic_has_no_words_for_goes_through_v3(sink: Transactions, orderful: Served) -> None:
    item = accepted(sink, by_v3())
    row = orderful.row("transactions", item.target_id)
    assert row["business_number"] == "500001"
    orderful.advance(60)
    assert isinstance(sink.follow(item), Delivered)


def test_v3_validates_later(sink: Transactions, orderful: Served) -> None:
    orderful.options(outcomes={"500001": "INVALID"})
    item = accepted(sink, by_v3())
    assert isinstance(sink.follow(item), StillOpen)
    orderful.advance(60)
    assert isinstance(sink.follow(item), Refused)


@pytest.mark.parametrize(
    ("there", "kind"),
    [
        ({}, Applied),
        ({"purpose": "05"}, NotApplied),
        ({"quantity": "11"}, NotApplied),
        ({"price": "99.91"}, NotApplied),
    ],
)
def test_evidence_of_what_went_through_v3(
    sink: Transactions, orderful: Served, there: dict[str, str], kind: type
) -> None:
    doubtful(sink, orderful, by_v3(**there), "timeout_after")
    assert isinstance(sink.evidence(by_v3()), kind)


def test_a_v3_document_without_a_relationship_is_not_sent(sink: Transactions, orderful: Served) -> None:
    item = by_v3()
    item = msgspec.structs.replace(item, body=item.body.replace(PARTNER.encode(), b"NOBODY"))
    assert "no relationship" in sent(sink, item).sentence
    assert posts(orderful) == 0


def test_a_conversion_that_fails_had_no_effect(sink: Transactions, orderful: Served) -> None:
    orderful.fault(method="POST", path_regex="/v3/convert$", fault="500", times=1)
    assert isinstance(sent(sink, by_v3()), Transient)
    assert orderful.rows("transactions") == []
