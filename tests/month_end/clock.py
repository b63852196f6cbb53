"""A clock that can be moved: hours of waiting for an allowance pass at once."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection
from django.utils import timezone

from portal.common import clock
from tests.support.simulators import Simulators


@dataclass(slots=True)
class MovedClock:
    """How far the connector's clock and that of the simulators stand before the real one."""

    simulators: Simulators
    ahead: dt.timedelta = field(default_factory=dt.timedelta)

    def move(self, span: dt.timedelta) -> None:
        """Both clocks go forward."""
        self.simulators.advance(span.total_seconds())
        self.ahead += span


@contextmanager
def moved_clock(simulators: Simulators) -> Iterator[MovedClock]:
    """While it lasts, whoever in this process asks for the time, by Django or by the database, is told the moved one.
    Other processes are not: the work is done in this one."""
    moved = MovedClock(simulators)
    real_now, real_db_now = timezone.now, clock.db_now

    def now() -> dt.datetime:
        return real_now() + moved.ahead

    def db_now() -> dt.datetime:
        # By SQLite it is this process's clock, which is moved already.
        return real_db_now() + (moved.ahead if connection.vendor == "postgresql" else dt.timedelta())

    timezone.now = now
    replaced = _replace(real_db_now, db_now)
    try:
        yield moved
    finally:
        timezone.now = real_now
        for module in replaced:
            module.db_now = real_db_now  # type: ignore[attr-defined]
        moved.ahead = dt.timedelta()  # for a module that was imported meanwhile


def _replace(old: Callable[[], dt.datetime], new: Callable[[], dt.datetime]) -> list[object]:
    """In every module that knows the clock by its own name."""
    found = [module for module in list(sys.modules.values()) if getattr(module, "db_now", None) is old]
    for module in found:
        module.db_now = new  # type: ignore[attr-defined]
    return list(found)
