"""Partners' documents from inbox and bucket: at least once, confirmed only after they are stored."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.utils import timezone

from edi.documents.invoice import Invoice
from edi.documents.order_change import OrderChange
from edi.documents.order_response import OrderResponse
from edi.documents.ship_notice import ShipNotice
from integrations.http.errors import ConfigError, Fault, Transient
from integrations.models import Breaker, Connection
from integrations.systems.contract import Item, Window
from integrations.systems.orderful import inbound
from integrations.systems.orderful.sources import Inbox
from integrations.systems.orderful.spec import SYSTEM
from tests.integrations.sandbox.served import Served
from tests.support.http_server import Asked, Says, ScriptedServer, failing, serving

DOCUMENTS = {"860": OrderChange, "855": OrderResponse, "856": ShipNotice, "810": Invoice}


def looked(source: Inbox, *, confirm: bool = True, into: list[Item] | None = None) -> list[Item]:
    found = [] if into is None else into
    for page in source.read(Window(start=None, end=timezone.now() + dt.timedelta(hours=1)), None):
        found += page.items
        if confirm:
            source.confirm(page.items)
    return found


def arrives(orderful: Served, count: int = 1, **values: Any) -> None:
    body = {
        "system": "orderful",
        "entity": "inbox",
        "key": None,
        "count": count,
        "set": {"company": "SE", "stream": "test", "type": "860", **values},
    }
    requests.post(f"{orderful.url}/_control/mutate", json=body, timeout=30).raise_for_status()


def waiting(orderful: Served) -> int:
    params = {"system": "orderful", "entity": "inbox"}
    state = requests.get(f"{orderful.url}/_control/state", params=params, timeout=10).json()
    return int(state["orderful"]["inbox"]["count"])


def inbox(connection: Connection) -> Inbox:
    return Inbox(connection, SYSTEM.session(connection))


@pytest.fixture
def source(connect: Callable[..., Connection]) -> Inbox:
    return inbox(connect(inbox_id="4001", bucket_id="7001"))


@pytest.mark.parametrize("channel", ["inbox", "bucket"])
@pytest.mark.parametrize("kind", sorted(DOCUMENTS))
def test_each_document_is_told_and_read_from_both_channels(
    source: Inbox, orderful: Served, channel: str, kind: str
) -> None:
    arrives(orderful, type=kind, channel=channel)
    [item] = looked(source)
    assert (item.kind, item.status, item.problem) == (kind, "test", "")
    found = inbound.received(item.raw)
    assert (found.sender_id, found.receiver_id) == ("SUP50002T", "NORDLOGISTIKT")
    assert item.business_number == found.business_number != ""
    assert isinstance(inbound.read(found).document, DOCUMENTS[kind])


@pytest.mark.parametrize("channel", ["inbox", "bucket"])
def test_rule_09_what_is_older_than_an_item_that_orderful_fails_over_comes(
    connect: Callable[..., Connection], orderful: Served, channel: str
) -> None:
    """A look always begins with the oldest, so what is younger waits; that is said, and the calls to Orderful go on."""
    arrives(orderful, count=5, channel=channel)
    every = [item.source_id for item in looked(inbox(connect(inbox_id="4001", bucket_id="7001")), confirm=False)]
    bad = every[3]

    def holds(asked: Asked, says: Says) -> bool:
        return "limit=" in asked.path and bad.encode() in says.bytes

    with serving(ScriptedServer(otherwise=failing(orderful.url, holds))) as server:
        source = inbox(connect(inbox_id="4001", bucket_id="7001", base_url=f"{server.url}/orderful"))
        with pytest.raises(Transient):
            looked(source)
        source.client.session.searches = True
        came: list[Item] = []
        with pytest.raises(Transient):
            looked(source, confirm=False, into=came)
    assert [item.source_id for item in came] == every[:3]
    assert Breaker.objects.get(connection=source.client.session.connection).position == Breaker.Position.CLOSED


def test_rule_09_an_item_of_which_a_part_does_not_come_keeps_no_other_back(
    connect: Callable[..., Connection], orderful: Served
) -> None:
    """A bucket may give the address of the message in its place."""
    arrives(orderful, count=3, channel="bucket")
    every = [item.source_id for item in looked(inbox(connect(bucket_id="7001")), confirm=False)]
    true = failing(orderful.url, lambda asked, says: f"/{every[1]}/message" in asked.path)

    def answer(asked: Asked) -> Says:
        says = true(asked)
        if "/polling-buckets/" not in asked.path:
            return says
        return Says(says.status, [item | {"message": {"href": "there"}} for item in json.loads(says.bytes)])

    with serving(ScriptedServer(otherwise=answer)) as server:
        source = inbox(connect(bucket_id="7001", base_url=f"{server.url}/orderful"))
        came: list[Item] = []
        with pytest.raises(Transient, match="all others were read"):
            looked(source, confirm=False, into=came)
    assert [item.source_id for item in came] == [every[0], every[2]]


def test_more_than_one_look_gives_are_all_read(source: Inbox, orderful: Served) -> None:
    arrives(orderful, count=130)
    items = looked(source)
    assert len({i.source_id for i in items}) == len(items) == 130
    assert waiting(orderful) == 0


def test_rule_17_what_is_not_confirmed_comes_again_and_the_same(source: Inbox, orderful: Served) -> None:
    arrives(orderful)
    [first] = looked(source, confirm=False)
    [again] = looked(source)
    assert (first.source_id, first.fingerprint) == (again.source_id, again.fingerprint)
    assert waiting(orderful) == 0


def test_rule_17_that_it_was_confirmed_before_is_a_success(source: Inbox, orderful: Served) -> None:
    arrives(orderful)
    [page] = list(source.read(Window(start=None, end=timezone.now()), None))
    hrefs = dict(source._hrefs)
    source.confirm(page.items)
    source._hrefs = hrefs
    source.confirm(page.items)


def test_rule_17_a_lost_answer_to_a_confirmation_is_made_good(source: Inbox, orderful: Served) -> None:
    arrives(orderful)
    orderful.fault(method="POST", path_regex="/accept$", fault="timeout_after", times=1)
    with pytest.raises(Transient):
        looked(source)
    Breaker.objects.update(position=Breaker.Position.CLOSED)
    assert looked(source) == []
    assert waiting(orderful) == 0


def test_an_item_is_never_failed(source: Inbox, orderful: Served) -> None:
    arrives(orderful)
    orderful.fault(method="POST", path_regex="/accept$", fault="500", times=1)
    with pytest.raises(Fault):
        looked(source)
    log = requests.get(f"{orderful.url}/_control/requests", params={"system": "orderful"}, timeout=10).json()
    assert not [entry for entry in log if entry["path"].endswith("/fail")]
    assert waiting(orderful) == 1


def test_another_stream_is_put_aside_with_a_sentence(connect: Callable[..., Connection], orderful: Served) -> None:
    arrives(orderful, stream="test")
    [item] = looked(inbox(connect(inbox_id="4001", stream="live")))
    assert "came on the test stream" in item.problem
    assert waiting(orderful) == 0


def test_a_document_that_nobody_can_tell_is_kept(source: Inbox, orderful: Served) -> None:
    arrives(orderful, type="855", message={"colour": "blue"})
    [item] = looked(source)
    assert b"blue" in item.raw
    assert item.kind in ("unknown", "855")


def test_without_inbox_and_bucket_somebody_is_told(connect: Callable[..., Connection]) -> None:
    with pytest.raises(ConfigError, match="neither an inbox nor a polling bucket"):
        looked(inbox(connect()))
