"""What all tests share: a folder of their own, people and tenants, simulators, a configured world, a cluster."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db.backends.sqlite3.base import DatabaseOperations
from django_scopes import scopes_disabled

from integrations.management.local import Local
from portal.common.installation import installation
from portal.tenants.models import Membership, Role, Tenant, User
from tests.support.cluster import Cluster
from tests.support.database import environment
from tests.support.settling import settle as settle_now
from tests.support.simulators import Simulators
from tests.support.world import World, configure

# Generated examples are slow to make on a busy machine, which says nothing of the code. In continuous integration they
# are the same each time, so that a change is judged by what it changes; on a desk they are new each time, to find more.
hypothesis.settings.register_profile(
    "project",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
hypothesis.settings.load_profile("project")

COMPANY = "kasityopuoti"
"""The company of the simulators' world that most stories happen in: the one with the fewest documents."""


@pytest.fixture(scope="session", autouse=True)
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parallel test processes have databases of their own, so they need epoch files and logs of their own."""
    folder = tmp_path_factory.mktemp("var")
    settings.VAR_DIR, settings.EPOCH_FILE = folder, folder / "epoch"
    return folder


@pytest.fixture(scope="session", autouse=True)
def trail_can_be_emptied() -> Iterator[None]:
    """The audit trail refuses to be deleted; between two tests it has to be, and SQLite knows no TRUNCATE. Changed for
    every connection there will be: while a browser's event loop runs, this thread has another one than afterwards."""
    triggers: Any = importlib.import_module("portal.audit.migrations.0003_triggers")
    flush = DatabaseOperations.execute_sql_flush

    def flush_without_triggers(self: DatabaseOperations, statements: list[str]) -> None:
        flush(self, [*triggers.SQLITE_BACK, *statements, *triggers.SQLITE])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", flush_without_triggers)
        yield


@pytest.fixture
def transactional_db(transactional_db: None) -> None:
    """An empty database is one that was never started: its first look makes the epoch anew, in the file too. Workers
    that look at the same moment would find the file of the test before, and take the database for a restored one."""
    installation()


SECOND_TRY = bool(os.environ.get("CI"))
"""What several processes do by their clocks, on a machine that does other things too, may be tried once more where a
change is judged, which the report then says. On a desk its first failure is a failure, and is looked into."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what talks to another process."""
    for item in items if SECOND_TRY else []:
        if {"processes", "live_server"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.flaky(reruns=1))


# --- People


@dataclass(frozen=True, slots=True)
class People:
    """Who may do what: an owner and a member of one tenant, and a stranger, who owns another."""

    tenant: Tenant
    elsewhere: Tenant
    empty: Tenant
    """A tenant in which nobody is and nothing stands."""
    owner: User
    member: User
    stranger: User


@pytest.fixture
def people(db: None) -> People:
    with scopes_disabled():
        tenant, elsewhere, empty = (
            Tenant.objects.create(slug=slug, name=name)
            for slug, name in (("bruket", "Bruket AB"), ("grannen", "Grannen AB"), ("tomten", "Tomten AB"))
        )
        owner, member, stranger = (
            User.objects.create_user(name, f"{name}@people.example", "correct horse 9")
            for name in ("owner", "member", "stranger")
        )
        for user, place, role in (
            (owner, tenant, Role.OWNER),
            (member, tenant, Role.OPERATOR),
            (stranger, elsewhere, Role.OWNER),
        ):
            Membership.objects.create(tenant=place, user=user, role=role)
    return People(tenant, elsewhere, empty, owner, member, stranger)


# --- Processes


@pytest.fixture(scope="session")
def processes(own_folder: Path) -> Iterator[Local]:
    """Processes that end with the test run."""
    with Local() as local:
        yield local


@pytest.fixture(scope="session")
def simulators(processes: Local) -> Simulators:
    """The simulators of all systems, in a process of their own."""
    return Simulators.start(processes)


@pytest.fixture
def sandbox(simulators: Simulators) -> Simulators:
    """The simulators, back to their seed, with short delays."""
    simulators.reset()
    return simulators


@pytest.fixture
def world(transactional_db: None, sandbox: Simulators, tmp_path: Path) -> Iterator[World]:
    """A tenant as the demo configures it, pointing at the simulators. The test looks at it as staff does, unscoped."""
    with scopes_disabled():
        yield configure(COMPANY, sandbox, folder=tmp_path)


@pytest.fixture
def settle() -> Callable[..., None]:
    """Works in this process until everything is settled, as `manage.py sync` does."""
    return settle_now


@pytest.fixture(scope="session")
def cluster_process(
    django_db_setup: None, processes: Local, django_db_blocker: Any, own_folder: Path
) -> Iterator[Cluster]:
    """A django-q2 cluster in a process group of its own, working in the test database."""
    with django_db_blocker.unblock():
        cluster = Cluster(processes, environment(own_folder))
    yield cluster
    cluster.stop()


@pytest.fixture
def cluster(transactional_db: None, cluster_process: Cluster) -> Iterator[Cluster]:
    """The cluster, running, with nothing to do; left so before the database is emptied."""
    cluster_process.start()
    yield cluster_process
    cluster_process.wait_until_idle()
