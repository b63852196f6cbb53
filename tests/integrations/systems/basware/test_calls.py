"""Calls as Basware wants them: how much at once, with which token, and what its answers mean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from edi.documents.purchase_order import OrderLine, PurchaseOrder
from edi.documents.values import Party
from integrations.documents import Supplier
from integrations.http.errors import ConfigError, RateLimited, Transient
from integrations.http.session import Session
from integrations.models import AccessToken, Connection
from integrations.systems.basware import mapping
from integrations.systems.basware.client import Client
from integrations.systems.basware.mapping import Place, encode
from integrations.systems.basware.settings import Options
from integrations.systems.basware.spec import SYSTEM
from integrations.systems.contract import Accepted, Delivered, Effect, Outgoing, Refused
from portal.common.clock import db_now
from tests.integrations.sandbox.basware_client import act
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.basware.conftest import asked

PLACE = Place(company="1001", element="1001", source="VISMA", language="sv-SE")
MEGABYTE = 1024 * 1024


def outgoing(body: bytes, **meta: Any) -> Outgoing:
    return Outgoing(
        delivery_id=1, operation_key="0" * 64, business_number="X", purpose="original", body=body, meta=meta
    )


def sink(session: Session, connection: Connection, key: str) -> Any:
    return SYSTEM.sink(key).open(connection, session)


def written(session: Session, connection: Connection, key: str, rows: Sequence[dict[str, Any]]) -> list[Effect]:
    effects: list[Effect] = sink(session, connection, key).apply_many([outgoing(encode(row)) for row in rows])
    return effects


def vendor(number: int) -> dict[str, Any]:
    return mapping.vendor(PLACE, Supplier(number=str(number), name=f"Supplier {number}"))


def account(number: int, name: str = "Office") -> dict[str, Any]:
    return mapping.account(PLACE, number=str(number), name=name, active=True)


def order_of(lines: int) -> PurchaseOrder:
    each = tuple(
        OrderLine(line_number=str(n), quantity=Decimal(1), unit="EA", unit_price=Decimal(1))
        for n in range(1, lines + 1)
    )
    supplier = Party(role="supplier", name="Supplier")
    return PurchaseOrder(
        number="500001",
        date=dt.date(2026, 1, 2),
        currency="SEK",
        parties=(supplier,),
        lines=each,
        line_total=Decimal(lines),
        total=Decimal(lines),
    )


# --- How much at once


@pytest.mark.parametrize(
    ("key", "path", "row", "most"),
    [("vendors", "/v1/vendors", vendor, 200), ("accounts", "/v1/accounts", account, 500)],
)
def test_no_call_holds_more_records_than_basware_takes(
    basware: Served, session: Session, connection: Connection, key: str, path: str, row: Callable[[int], Any], most: int
) -> None:
    effects = written(session, connection, key, [row(n) for n in range(2 * most + 1)])
    assert {type(effect) for effect in effects} == {Accepted}
    assert [entry["status"] for entry in asked(basware, "POST", path)] == [200, 200, 200]
    assert len(basware.rows(key)) == 2 * most + 1


def test_lines_go_after_their_order_a_hundred_at_a_time(
    basware: Served, session: Session, connection: Connection
) -> None:
    order = order_of(201)
    written(session, connection, "vendors", [vendor(1)])
    header = mapping.order(PLACE, order, vendor_number="1", done=False)
    written(session, connection, "matching-orders", [header])
    rows = mapping.order_lines(PLACE, order, done=frozenset())
    body = b"[" + b",".join(encode(row) for row in rows) + b"]"
    lines = sink(session, connection, "matching-order-lines")
    effects = lines.apply_many([outgoing(body, order=header["externalCode"])])
    assert isinstance(effects[0], Accepted)
    assert [entry["status"] for entry in asked(basware, "POST", "/v1/matchingOrderLines")] == [200, 200, 200]
    assert len(basware.rows("matchingOrderLines")) == 201


def test_no_call_is_larger_than_basware_takes(basware: Served, session: Session, connection: Connection) -> None:
    rows = [account(n, "\N{MUSICAL SYMBOL G CLEF}" * 2000) for n in range(500)]
    assert sum(len(encode(row)) for row in rows) > 6 * MEGABYTE
    effects = written(session, connection, "accounts", rows)
    assert {type(effect) for effect in effects} == {Accepted}
    assert [entry["status"] for entry in asked(basware, "POST", "/v1/accounts")] == [200, 200]


# --- Tokens


def test_a_token_of_five_minutes_is_used_for_four_and_renewed(basware: Served, client: Client) -> None:
    basware.options(token_lifetime=300)
    client.reachable()
    client.reachable()
    assert len(asked(basware, "POST", "/v1/tokens")) == 1
    left = AccessToken.objects.get().expires_at - db_now()
    assert dt.timedelta(seconds=280) < left <= dt.timedelta(seconds=300)
    AccessToken.objects.update(expires_at=db_now() + dt.timedelta(seconds=50))
    client.reachable()
    assert len(asked(basware, "POST", "/v1/tokens")) == 2
    basware.advance(301)  # one that ended before its time is refused, and another is fetched once
    client.reachable()
    assert len(asked(basware, "POST", "/v1/tokens")) == 3


def test_a_scope_that_is_missing_is_named_and_pauses(basware: Served, connect: Callable[..., Connection]) -> None:
    connection = connect(scopes="requestStatus.read vendors.read")
    session = SYSTEM.session(connection)
    client = Client(session, Options.of(connection))
    assert list(client.pages("/v1/vendors", "vendorEntities")) == [], "reading is permitted, and there is none"
    with pytest.raises(ConfigError) as found:
        client.post("/v1/vendors", [encode(vendor(1))])
    assert "scope" in found.value.remedy
    session.close()


# --- What answers mean


def test_pages_follow_the_token_and_the_redirect_without_credentials(
    basware: Served, connect: Callable[..., Connection]
) -> None:
    """The store refuses a call that carries the token, and hands the next one's token out itself."""
    basware.options(storage_host="other")
    connection = connect(page_size=2)
    session = SYSTEM.session(connection)
    client = Client(session, Options.of(connection))
    path, envelope = "/v1/accountingDocuments", "accountingDocuments"
    assert list(client.pages(path, envelope)) == [], "an empty list is a 404"
    for n in range(5):
        act(basware, "receive_document", supplierCode="50001", invoiceNumber=f"N-{n}", grossSum=10)
    assert [len(page) for page in client.pages(path, envelope)] == [2, 2, 1]
    session.close()


@pytest.mark.parametrize(("told", "soonest"), [(True, 20), (False, 1)])
def test_a_429_stops_all_calls_until_it_may_go_on(basware: Served, client: Client, told: bool, soonest: int) -> None:
    client.reachable()
    basware.options(rate_limit=0, retry_after=told, rate_window=60)
    with pytest.raises(RateLimited) as found:
        client.reachable()
    left = found.value.retry_at - db_now()
    assert dt.timedelta(seconds=soonest) < left <= dt.timedelta(minutes=15)
    before = len(asked(basware, "GET", "/v1/requestStatus"))
    with pytest.raises(RateLimited):
        client.reachable()
    assert len(asked(basware, "GET", "/v1/requestStatus")) == before, "the second was not made"


def test_a_line_that_is_busy_is_tried_again_soon(
    basware: Served, session: Session, connection: Connection, client: Client
) -> None:
    order = order_of(1)
    written(session, connection, "vendors", [vendor(1)])
    written(session, connection, "matching-orders", [mapping.order(PLACE, order, vendor_number="1", done=False)])
    (row,) = mapping.order_lines(PLACE, order, done=frozenset())
    client.post("/v1/matchingOrderLines", [encode(row)])
    basware.options(line_busy_seconds=60)
    client.patch("/v1/matchingOrderLines", row["externalCode"], {"isClosed": True})
    with pytest.raises(Transient) as found:
        client.patch("/v1/matchingOrderLines", row["externalCode"], {"isClosed": False})
    assert found.value.status == 503
    assert found.value.retry_after is not None
    assert found.value.retry_after <= dt.timedelta(seconds=5)


def test_the_verdict_comes_later_and_in_words(basware: Served, session: Session, connection: Connection) -> None:
    good, bad = vendor(1), vendor(2)
    basware.options(outcomes={bad["externalCode"]: {"status": "Error", "message": "Bank account is not unique"}})
    vendors = sink(session, connection, "vendors")
    items = [outgoing(encode(row)) for row in (good, bad)]
    effects = vendors.apply_many(items)
    assert {type(effect) for effect in effects} == {Accepted}, "a 200 says nothing of what P2P makes of them"
    followed = [outgoing_as(item, effect) for item, effect in zip(items, effects, strict=True)]
    taken, refused = (vendors.follow(item) for item in followed)
    assert taken == Delivered(target_id=good["externalCode"], status={"p2p": "Success"})
    assert isinstance(refused, Refused)
    assert "Bank account is not unique" in refused.sentence
    assert refused.remedy


def test_the_same_words_again_are_not_processed_and_count_as_there(
    basware: Served, session: Session, connection: Connection
) -> None:
    row = vendor(1)
    vendors = sink(session, connection, "vendors")
    vendors.apply_many([outgoing(encode(row))])
    [again] = vendors.apply_many([outgoing(encode(row))])
    verdict = vendors.follow(outgoing_as(outgoing(encode(row)), again))
    assert verdict == Delivered(target_id=row["externalCode"], status={"p2p": "NotProcessed"})
    assert [entry["body"]["processed"] for entry in basware.rows("p2p")] == [1]


def outgoing_as(item: Outgoing, effect: Effect) -> Outgoing:
    """As the engine asks for the verdict: by what took it."""
    assert isinstance(effect, Accepted)
    return Outgoing(
        delivery_id=item.delivery_id,
        operation_key=item.operation_key,
        business_number=item.business_number,
        purpose=item.purpose,
        body=item.body,
        meta=item.meta,
        target_id=effect.target_id,
    )


def test_what_was_acknowledged_before_is_known_by_405(basware: Served, client: Client) -> None:
    given = {"supplierCode": "50001", "invoiceNumber": "N-1", "grossSum": 10}
    document = act(basware, "receive_document", **given)
    act(basware, "approve_document", document=document)
    assert client.acknowledge("/v1/accountingDocuments", document) is True
    assert client.acknowledge("/v1/accountingDocuments", document) is False
