"""A connection and a web server that answers it as the test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django_scopes import scopes_disabled

from integrations.http.session import KeyHeader, Profile, Session
from integrations.models import Connection
from portal.tenants.models import Tenant
from tests.support.http_server import ScriptedServer, serving

KEY = "a key that nobody may see"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with serving(ScriptedServer()) as scripted:
        yield scripted


def make_connection() -> Connection:
    tenant, _ = Tenant.objects.get_or_create(slug="nordbod", defaults={"name": "Nordbod AB"})
    return Connection.objects.create(tenant=tenant, key="x", system="x", name="The X", secrets={"key": KEY})


@pytest.fixture
def connection(db: None) -> Iterator[Connection]:
    with scopes_disabled():
        yield make_connection()


@pytest.fixture
def live_connection(transactional_db: None) -> Iterator[Connection]:
    """With real commits, for threads and processes."""
    with scopes_disabled():
        yield make_connection()


@pytest.fixture
def open_session(server: ScriptedServer) -> Callable[..., Session]:
    """Opens a session to the server; keywords change its profile."""

    def open_(connection: Connection, **profile: Any) -> Session:
        values: dict[str, Any] = {
            "label": "The X",
            "base_url": server.url,
            "auth": KeyHeader("X-Api-Key", KEY),
            "budget_identity": ("x",),
            "probe": "/probe",
            "deadline": 5.0,
        }
        return Session(connection, Profile(**{**values, **profile}))

    return open_


@pytest.fixture
def session(connection: Connection, open_session: Callable[..., Session]) -> Session:
    return open_session(connection)
