"""What became of documents that we sent: looked at again while their course is open, and told only when it is news."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import requests
from django.utils import timezone

from edi.models import Interchange, Network, TransactionSet
from integrations.models import Connection
from integrations.systems.contract import Item, Window
from integrations.systems.orderful.sinks import Transactions
from integrations.systems.orderful.sources import Statuses
from integrations.systems.orderful.spec import SYSTEM
from integrations.systems.orderful.status import Reported
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.orderful.sending import an_order, outgoing

Known = TransactionSet.Acknowledged


@pytest.fixture
def connection(connect: Callable[..., Connection], orderful: Served) -> Connection:
    orderful.options(validation_delay=0, send_delay=0, delivery_delay=0, acknowledgment_delay=0, overdue_delay=0)
    made = connect()
    made.network = Network.objects.create(tenant=made.tenant, key=made.key, name="Orderful")
    made.save()
    return made


def followed(connection: Connection, *, age: dt.timedelta = dt.timedelta(0)) -> TransactionSet:
    """A document that stands at Orderful and on our records."""
    [effect] = Transactions(connection, SYSTEM.session(connection)).apply_many([outgoing(an_order())])
    network: Any = connection.network
    interchange = Interchange.objects.create(
        tenant=connection.tenant,
        network=network,
        direction="out",
        stream="live",
        route="r",
        sender_id="a",
        receiver_id="b",
        sha256="0" * 64,
        size=0,
        created_at=timezone.now(),
    )
    return TransactionSet.objects.create(
        tenant=connection.tenant,
        interchange=interchange,
        set_id="850",
        network_id=effect.target_id,  # type: ignore[union-attr]
        acknowledged=Known.WAITING,
        created_at=timezone.now() - age,
    )


def looked(connection: Connection) -> list[Item]:
    source = Statuses(connection, SYSTEM.session(connection))
    return [i for page in source.read(Window(start=None, end=timezone.now()), None) for i in page.items]


def calls(orderful: Served) -> int:
    log = requests.get(f"{orderful.url}/_control/requests", params={"system": "orderful"}, timeout=10).json()
    return len(log)


def test_a_change_is_told_until_it_is_noted(connection: Connection) -> None:
    ours = followed(connection)
    [item] = looked(connection)
    said = msgspec.json.decode(item.raw, type=Reported)
    assert (said.transaction_id, said.delivery, said.acknowledgment) == (ours.network_id, "delivered", "accepted")
    ours.network_status = {
        "validation": said.validation,
        "delivery": said.delivery,
        "acknowledgment": said.acknowledgment,
    }
    ours.save()
    assert len(looked(connection)) == 1, "the acknowledgment does not stand on the document yet"
    ours.acknowledged = Known.ACCEPTED
    ours.save()
    assert looked(connection) == []


def test_where_nothing_is_open_no_call_is_made(connection: Connection, orderful: Served) -> None:
    followed(connection, age=dt.timedelta(days=400))
    before = calls(orderful)
    assert looked(connection) == []
    assert calls(orderful) == before


@pytest.mark.parametrize("filters", ["documented", "only_business_number"])
def test_many_are_read_from_the_list_whatever_filters_it_takes(
    connection: Connection, orderful: Served, filters: str
) -> None:
    rows = [followed(connection) for _ in range(7)]
    orderful.options(filters=filters)
    before = calls(orderful)
    assert {i.source_id for i in looked(connection)} == {row.network_id for row in rows}
    # One page (and one that was refused), one acknowledgment each; not one call a document.
    assert calls(orderful) - before <= 2 + len(rows)


def test_a_rejection_comes_with_its_reasons(connection: Connection, orderful: Served) -> None:
    orderful.options(reject_every=1)
    followed(connection)
    [item] = looked(connection)
    said = msgspec.json.decode(item.raw, type=Reported)
    assert said.acknowledgment == "rejected"
    assert said.errors


def test_what_is_on_its_way_for_too_long_is_told_once(connection: Connection, orderful: Served) -> None:
    orderful.options(send_delay=3600)
    ours = followed(connection, age=dt.timedelta(hours=25))
    [item] = looked(connection)
    assert msgspec.json.decode(item.raw, type=Reported).late
    ours.network_status = {
        "validation": "valid",
        "delivery": "pending",
        "acknowledgment": "not acknowledged",
        "late": True,
    }
    ours.save()
    assert looked(connection) == []
    orderful.advance(7200)
    [item] = looked(connection)
    assert not msgspec.json.decode(item.raw, type=Reported).late, "better news takes it back"
