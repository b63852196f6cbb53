"""The package for Basware against its simulator: connections to the Swedish company."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from django_scopes import scope

from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.basware.client import Client
from integrations.systems.basware.settings import Options
from integrations.systems.basware.spec import SYSTEM
from portal.tenants.models import Tenant
from tests.integrations.sandbox.basware_client import QUICK
from tests.integrations.sandbox.served import Served, serving


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serving("basware") as served:
        yield served


@pytest.fixture
def basware(server: Served) -> Served:
    """The simulator, back to its seed, processing at once."""
    server.reset()
    server.options(**QUICK, rate_limit=100_000)
    return server


@pytest.fixture
def connect(db: None, basware: Served) -> Iterator[Callable[..., Connection]]:
    tenant = Tenant.objects.create(slug="nordbod", name="Nordbod AB")

    def make(**changes: Any) -> Connection:
        settings = {
            "client_id": "basware-se",
            "company_code": "1001",
            "region": "eu",
            "eu_url": f"{basware.base}/eu",
            "storage_hosts": ["localhost", "127.1"],
            "calls_per_minute": 100_000,
            "deadline_seconds": 20,
            **changes,
        }
        secrets = {"client_secret": "sandbox-basware-se-secret"}
        return Connection.objects.create(
            tenant=tenant, key="basware", system="basware", name="Basware", settings=settings, secrets=secrets
        )

    with scope(tenant=tenant):
        yield make


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


def asked(basware: Served, method: str, path: str) -> list[dict[str, Any]]:
    """What the simulator was asked, of one method and path."""
    log = requests.get(f"{basware.url}/_control/requests", params={"system": "basware"}, timeout=10).json()
    return [entry for entry in log if entry["method"] == method and entry["path"].endswith(path)]
