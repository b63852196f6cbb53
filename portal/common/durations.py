"""How long things take, for monitoring: counted in the process, stored once a slice of work.

Nothing is written for a single call or delivery. A process that is killed loses what it counted since its last slice:
these are figures of monitoring, not of books.
"""

from __future__ import annotations

import bisect
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import structlog
from django.db import DatabaseError, transaction

from portal.common.models import Duration

Kind = Literal["call", "read", "delivery"]
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper ends of the buckets, in seconds. What took longer is counted in one more. Never change them without emptying
the table: its counts are by place."""

log = structlog.get_logger()


@dataclass(slots=True)
class _Counted:
    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    """By bucket, not cumulated."""
    seconds: float = 0.0


_counted: dict[tuple[str, str], _Counted] = {}
_guard = threading.Lock()


def observe(kind: Kind, system: str, seconds: float) -> None:
    """Counts one thing that took `seconds`."""
    place = bisect.bisect_left(BOUNDS, seconds)
    with _guard:
        found = _counted.setdefault((kind, system), _Counted())
        found.counts[place] += 1
        found.seconds += seconds


@contextmanager
def timed(kind: Kind, system: str) -> Iterator[None]:
    """Counts what happens inside, however it ends."""
    begun = time.monotonic()
    try:
        yield
    finally:
        observe(kind, system, time.monotonic() - begun)


def store() -> None:
    """Adds what this process counted to the totals of the installation, in one short transaction; nothing when it
    counted nothing. What cannot be stored now is kept for the next time."""
    with _guard:
        mine = dict(_counted)
        _counted.clear()
    if not mine:
        return
    try:
        with transaction.atomic():
            for (kind, system), more in sorted(mine.items()):  # always in this order: no two wait for each other
                Duration.objects.get_or_create(kind=kind, system=system, defaults={"counts": []})
                row = Duration.objects.select_for_update().get(kind=kind, system=system)
                had = row.counts or [0] * len(more.counts)
                row.counts = [a + b for a, b in zip(had, more.counts, strict=True)]
                row.seconds += more.seconds
                row.save(update_fields=["counts", "seconds"])
    except DatabaseError:
        log.exception("durations.not_stored")
        with _guard:
            for key, more in mine.items():
                found = _counted.setdefault(key, _Counted())
                found.counts = [a + b for a, b in zip(found.counts, more.counts, strict=True)]
                found.seconds += more.seconds
