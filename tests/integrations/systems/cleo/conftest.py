"""A simulated Cleo in a process of its own, and connections with its Swedish account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django_scopes import scope

from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.cleo.client import Client
from integrations.systems.cleo.settings import Options
from integrations.systems.cleo.sinks import Files
from integrations.systems.cleo.spec import SYSTEM
from portal.tenants.models import Tenant
from tests.integrations.sandbox.served import Served, serving


@pytest.fixture(scope="session")
def cleo_process() -> Iterator[Served]:
    with serving("cleo") as served:
        yield served


@pytest.fixture
def cleo(cleo_process: Served) -> Served:
    """The simulator, back to its seed."""
    cleo_process.reset()
    return cleo_process


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    found = Tenant.objects.create(slug="nordbod", name="Nordbod AB")
    with scope(tenant=found):
        yield found


@pytest.fixture
def connect(tenant: Tenant, cleo: Served) -> Callable[..., Connection]:
    """Makes a connection; keywords change its settings."""

    def make(**changes: Any) -> Connection:
        secrets = {"password": changes.pop("password", "Sandbox-Cleo-1")}
        settings = {"base_url": cleo.base, "username": "ml-connector-se", "deadline_seconds": 2, **changes}
        key = f"cleo-{Connection.objects.count()}"
        return Connection.objects.create(
            tenant=tenant, key=key, system="cleo", name=f"Cleo {key}", settings=settings, secrets=secrets
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
def sink(connection: Connection, session: Session) -> Files:
    return Files(connection, session)
