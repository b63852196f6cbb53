"""A simulated Orderful in a process of its own, and connections to its Swedish account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django_scopes import scope

from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.orderful.client import Client
from integrations.systems.orderful.settings import Options
from integrations.systems.orderful.sinks import Transactions
from integrations.systems.orderful.spec import SYSTEM
from portal.tenants.models import Tenant
from tests.integrations.sandbox.served import Served, serving


@pytest.fixture(scope="session")
def orderful_process() -> Iterator[Served]:
    with serving("orderful") as served:
        yield served


@pytest.fixture
def orderful(orderful_process: Served) -> Served:
    """The simulator, back to its seed."""
    orderful_process.reset()
    return orderful_process


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    found = Tenant.objects.create(slug="nordbod", name="Nordbod AB")
    with scope(tenant=found):
        yield found


@pytest.fixture
def connect(tenant: Tenant, orderful: Served) -> Callable[..., Connection]:
    """Makes a connection to the Swedish account; keywords change its settings."""

    def make(**changes: Any) -> Connection:
        secrets = {"api_key": changes.pop("api_key", "sandbox-orderful-se")}
        settings = {"base_url": orderful.base, "deadline_seconds": 2, "sender_id": "NORDLOGISTIK", **changes}
        key = f"orderful-{Connection.objects.count()}"
        return Connection.objects.create(
            tenant=tenant, key=key, system="orderful", name=f"Orderful {key}", settings=settings, secrets=secrets
        )

    return make


@pytest.fixture
def connection(connect: Callable[..., Connection]) -> Connection:
    return connect()


@pytest.fixture
def session(connection: Connection) -> Iterator[Session]:
    opened = SYSTEM.session(connection)
    yield opened
    opened.close()


@pytest.fixture
def client(connection: Connection, session: Session) -> Client:
    return Client(session, Options.of(connection))


@pytest.fixture
def sink(connection: Connection, session: Session) -> Transactions:
    return Transactions(connection, session)
