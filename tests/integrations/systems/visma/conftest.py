"""A simulated Visma in a process of its own, and connections to its companies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from django_scopes import scope

from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.visma.spec import SYSTEM
from portal.tenants.models import Tenant
from tests.integrations.sandbox.served import Served, serving


@pytest.fixture(scope="session")
def visma_process() -> Iterator[Served]:
    with serving("visma") as served:
        yield served


@pytest.fixture
def visma(visma_process: Served) -> Served:
    """The simulator, back to its seed."""
    visma_process.reset()
    return visma_process


def requests_of(visma: Served) -> list[dict[str, Any]]:
    """What the simulator was asked, apart from logins."""
    log = requests.get(f"{visma.url}/_control/requests", params={"system": "visma"}, timeout=10).json()
    return [entry for entry in log if not entry["path"].endswith("/connect/token")]


@pytest.fixture
def companies(visma: Served) -> dict[str, dict[str, Any]]:
    """The companies, as the simulator's front page describes them, by country."""
    page = requests.get(f"{visma.url}/_control/", timeout=10).json()
    return {company["key"]: company for company in page["systems"]["visma"]["companies"]}


@pytest.fixture
def company(companies: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The Swedish one, to which tests connect unless they say otherwise."""
    return companies["SE"]


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    found = Tenant.objects.create(slug="nordbod", name="Nordbod AB")
    with scope(tenant=found):
        yield found


@pytest.fixture
def connect(tenant: Tenant, visma: Served, companies: dict[str, dict[str, Any]]) -> Callable[..., Connection]:
    """Makes a connection to a company; keywords change its settings."""

    def make(key: str = "SE", **changes: Any) -> Connection:
        company = companies[key]
        secrets = {"client_secret": changes.pop("client_secret", company["client_secret"])}
        settings = {
            "base_url": visma.base,
            "token_url": f"{visma.base}/connect/token",
            "client_id": company["client_id"],
            "tenant_id": company["tenant_id"],
            "company_id": str(company["company_id"]),
            "zone": company["time_zone"],
            "deadline_seconds": 3,
            "visibility_seconds": 2,
            **changes,
        }
        name = f"visma-{Connection.objects.count()}"
        return Connection.objects.create(
            tenant=tenant, key=name, system="visma", name=name, settings=settings, secrets=secrets
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
