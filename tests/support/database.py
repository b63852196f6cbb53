"""The test database, for other processes and for other threads."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.db import connection, connections

T = TypeVar("T")


def environment(folder: Path) -> dict[str, str]:
    """The environment in which another process works in this run's database with this run's keys."""
    return {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATABASE_URL": database_url(),
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEY),
        "VAR_DIR": str(folder),
        "EPOCH_FILE": str(settings.EPOCH_FILE),
        "EGRESS_ALLOWED_NETWORKS": "127.0.0.0/8",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO"),
        "PYTHONUNBUFFERED": "1",
    }


def database_url() -> str:
    """The test database as DATABASE_URL names it."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    password = f":{values['PASSWORD']}" if values["PASSWORD"] else ""
    return f"postgres://{values['USER']}{password}@{values['HOST']}:{values['PORT'] or 5432}/{values['NAME']}"


class Upkeep:
    """What PostgreSQL's autovacuum does within a minute of life, for long runs on a database where it is switched off:
    the planner knows how large the tables are, or it reads thousands of rows for one."""

    EVERY = 10.0
    """Seconds."""

    def __init__(self) -> None:
        self._at = time.monotonic()

    def look(self) -> None:
        if connection.vendor == "postgresql" and time.monotonic() > self._at + self.EVERY:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
            self._at = time.monotonic()


def in_threads(count: int, work: Callable[[int], T], *, seconds: float = 60) -> list[T | BaseException]:
    """What `work(0)` … `work(count - 1)` returned or raised, each in a thread of its own, all begun at once."""
    results: list[T | BaseException] = [TimeoutError("the thread did not end")] * count
    together = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            together.wait()
            results[number] = work(number)
        except BaseException as error:  # noqa: BLE001  (whatever it is, the test looks at it)
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,), daemon=True) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
    return results
