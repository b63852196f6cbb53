"""A real django-q2 cluster on the test database."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable

from django_q.models import OrmQ
from django_scopes import scopes_disabled

from integrations.engine import dispatch, schedule
from integrations.management.local import Local, Process
from integrations.models import Connection, WorkSlot
from tests.support.database import Upkeep
from tests.support.settling import at_rest, read_now, settled, what_moves

WAKE_EVERY = 2.0


class Cluster:
    """`manage.py qcluster` in its own process group."""

    def __init__(self, local: Local, environment: dict[str, str]) -> None:
        self._local, self._environment = local, environment
        self._process: Process | None = None
        self._was_killed = False

    def start(self) -> None:
        """Starts it, unless it runs."""
        if self._process is None or not self._process.runs:
            self._local.environment = self._environment
            self._process = self._local.start_worker()

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.runs

    def kill(self) -> None:
        """SIGKILL to every process of the group, at once and in the middle of whatever they do."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.popen.pid, signal.SIGKILL)
        self._process.popen.wait()
        self._was_killed = True

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._was_killed = False

    def settle(self, *, seconds: float = 60, read: bool = True) -> None:
        """Has the cluster read every feed once and waits until nothing is under way, or fails the test."""
        since = read_now() if read else None
        self.wait(lambda: settled(since), seconds=seconds)

    def rest(self, *, seconds: float = 60) -> None:
        """Has the cluster read every feed once and waits until all that is under way waits for somebody."""
        read_now()
        self.wait(at_rest, seconds=seconds)

    def wait(self, until: Callable[[], bool], *, seconds: float = 60) -> None:
        """Waits until `until()`; calls workers now and then, as the minute's tick does in life."""
        end = time.monotonic() + seconds
        woken, upkeep = 0.0, Upkeep()
        with scopes_disabled():
            while not until():
                upkeep.look()
                assert time.monotonic() < end, f"Not there after {seconds} s: {what_moves()}"
                if time.monotonic() - woken > WAKE_EVERY:
                    self.start()
                    schedule.sweep()
                    dispatch.wake()
                    woken = time.monotonic()
                time.sleep(0.2)

    def wait_until_idle(self, *, seconds: float = 120) -> None:
        """Waits until no task is queued and no slice runs, so that the database can be emptied. What would become due
        meanwhile is switched off: one slice after the other would wait for it."""
        if self._was_killed:  # what a killed cluster took stays in the queue's table for minutes: nothing to wait for
            self.stop()
        with scopes_disabled():
            Connection.objects.update(enabled=False)
        end = time.monotonic() + seconds
        while self._process is not None and self._process.runs and self._busy():
            assert time.monotonic() < end, "the cluster does not come to rest"
            time.sleep(0.05)

    @staticmethod
    def _busy() -> bool:
        return bool(OrmQ.objects.exists() or WorkSlot.objects.exclude(lease_until=None).exists())
