"""Each system in turn, connected to its simulator as the demo connects it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django_scopes import scope

from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import System
from integrations.systems.registry import all_systems
from portal.tenants.models import Tenant
from tests.integrations.systems.contract.subjects import SUBJECTS, Subject
from tests.support.simulators import Simulators
from tests.support.stories import AT_ONCE, QUICK


@pytest.fixture(params=sorted(SUBJECTS))
def key(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def subject(key: str) -> Subject:
    return SUBJECTS[key]


@pytest.fixture
def system(key: str) -> System:
    return all_systems()[key]


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    found = Tenant.objects.create(slug="kasityopuoti", name="Käsityöpuoti")
    with scope(tenant=found):
        yield found


@pytest.fixture
def connect(key: str, system: System, tenant: Tenant, sandbox: Simulators) -> Callable[..., Connection]:
    """Makes the demo's connection; keywords change settings and secrets."""
    for name, values in AT_ONCE.items():
        sandbox.options(name, **values)
    SUBJECTS[key].ready(sandbox)
    text = (Path(settings.BASE_DIR) / "demo" / "tenants.yaml").read_text(encoding="utf-8")
    entries = [t for t in yaml.safe_load(text)["tenants"] if t["slug"] == tenant.slug]
    entry = next(c for t in entries for c in t["connections"] if c["system"] == key)

    def make(**changes: Any) -> Connection:
        values = {
            name: value.replace("${SANDBOX_URL}", sandbox.url) if isinstance(value, str) else value
            for name, value in (entry["settings"] | QUICK.get(key, {})).items()
        }
        values |= changes
        secret = {name: values.pop(name) for name in system.secret_names if name in values}
        number = Connection.objects.count()
        return Connection.objects.create(
            tenant=tenant, key=f"{key}-{number}", system=key, name=key.capitalize(), settings=values, secrets=secret
        )

    return make


@pytest.fixture
def connection(connect: Callable[..., Connection]) -> Connection:
    return connect()


@pytest.fixture
def session(system: System, connection: Connection) -> Iterator[Session]:
    opened = system.session(connection)
    yield opened
    opened.close()


@pytest.fixture
def fault(key: str, subject: Subject, sandbox: Simulators) -> Callable[..., None]:
    """Arms a fault for the system's calls, logins left alone."""

    def arm(kind: int | str, *, times: int = 1, **more: Any) -> None:
        path = more.pop("path", subject.lists)
        sandbox.fault(subject.simulator or key, kind, path, times=times, **more)

    return arm
