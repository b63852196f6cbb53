"""Where the engine is measured: a database of its own, simulators of its own, one tenant."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.crash import strands

if TYPE_CHECKING:
    from integrations.management.local import Local
    from tests.support.simulators import Simulators

TENANT = "kasityopuoti"
PLENTY = 10_000_000
"""Calls that a measure never uses up: what is measured is the engine, not somebody's allowance."""
DATABASE = "PostgreSQL" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "SQLite"


@dataclass(frozen=True, slots=True)
class Place:
    """A migrated, empty database in this process, and what else the context ends."""

    folder: Path
    local: Local

    def simulators(self, **wanted: int) -> Simulators:
        """Simulators in a process of their own, as `latency_ms=50, orders=1000` (see simulators.py)."""
        from integrations.management.local import Sandbox, free_port
        from tests.support.simulators import Simulators
        from tests.support.stories import AT_ONCE

        port = free_port(0)
        flags = [part for name, value in wanted.items() for part in (f"--{name.replace('_', '-')}", str(value))]
        process = self.local.start("simulators", "-m", "bench.engine.simulators", "--port", str(port), *flags)
        Sandbox(f"http://127.0.0.1:{port}", process).wait_until_ready(seconds=120)
        found = Simulators(f"http://127.0.0.1:{port}")
        for system, values in AT_ONCE.items():
            found.options(system, **values)
        for system in ("visma", "airbase"):
            found.options(system, rate_limit=PLENTY)
        return found

    def tenant(self, simulators: Simulators, *flows: str, slug: str = "", **settings: dict[str, Any]) -> None:
        """The demo's tenant with these flows alone. Its feeds have never been read and are not due."""
        from tests.support.stories import Story
        from tests.support.world import apply_entry

        asked = {"visma": {"calls_per_hour": PLENTY}, "airbase": {"calls_per_minute": PLENTY}}
        told = {system: values | settings.get(system, {}) for system, values in asked.items()} | {
            system: values for system, values in settings.items() if system not in asked
        }
        story = Story(news=lambda simulators: None, delivered=0, also=flows[1:], settings=told)
        entry = story.entry(flows[0])
        if slug:
            entry |= {"slug": slug, "members": []}
        apply_entry(entry, simulators, folder=self.folder)


@contextmanager
def place() -> Iterator[Place]:
    """Django on a database that is gone afterwards. Once a process."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        strands.set_up(folder)
        from django.core.management import call_command
        from django_scopes import scopes_disabled

        from integrations.flows.registry import all_flows
        from integrations.management.local import Local
        from portal.common.installation import installation

        base = strands.databases(folder)
        base.make("bench")
        base.use("bench")
        try:
            call_command("migrate", verbosity=0)
            installation()
            all_flows()
            with Local() as local, scopes_disabled():
                yield Place(folder, local)
        finally:
            base.drop("bench")


def settled_in() -> None:
    """What PostgreSQL's autovacuum does within a minute of life: the planner knows how large the tables are."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@dataclass(slots=True)
class Used:
    """What a stretch of work took."""

    seconds: float = 0.0
    processor: float = 0.0
    """Seconds of processor time of this process alone."""


@contextmanager
def used() -> Iterator[Used]:
    """Measures what happens inside."""
    found = Used()
    begun, processor = time.perf_counter(), time.process_time()
    yield found
    found.seconds, found.processor = time.perf_counter() - begun, time.process_time() - processor


def peak_memory() -> float:
    """The most memory that this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
