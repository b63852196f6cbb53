"""Every fault that a call can meet, met on the way of a story; and what people do where one asks for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from integrations.models import MOVING_STATES, Breaker, Delivery, Issue, RateBudget
from integrations.sandbox.faults import Fault
from integrations.services.connections import check_connection
from integrations.services.issues import retry
from portal.common.clock import db_now
from tests.support.simulators import Simulators
from tests.support.world import World

NO_TIME = "429 that says no time"
EVERY_FAULT = frozenset({*map(str, Fault.KINDS), NO_TIME})
"""What the contract of the systems is tried with."""
AWAY = dt.timedelta(seconds=20)
"""A pause that is longer is waited for by no test: somebody ends it, or the test says that its time has come."""


class Weather:
    """Arms faults and sees to it that each was met: one that never fired proves nothing."""

    def __init__(self, simulators: Simulators) -> None:
        self._simulators = simulators
        self.met: set[str] = set()

    def meet(
        self,
        system: str,
        path: str,
        *faults: int | str | tuple[int | str, dict[str, float]],
        method: str = "GET",
        seconds: float = 4,
    ) -> None:
        """The next calls there meet these faults, one each, in this order. `seconds`: how long what hangs, hangs."""
        for one in faults:
            kind, more = one if isinstance(one, tuple) else (one, {})
            self._simulators.fault(system, kind, path, method=method, seconds=seconds, **more)

    @property
    def is_over(self) -> bool:
        """Whether all that was armed was met."""
        return all(fault["fired"] == fault["times"] for fault in self._simulators.get("faults"))

    def clear(self) -> None:
        """Fails the test unless all that was armed was met; then nothing is armed any more."""
        armed = self._simulators.get("faults")
        unmet = [f"{f['system']} {f['method']} {f['path_regex']}: {f['fault']}" for f in armed if not f["fired"]]
        assert not unmet, f"never met: {unmet}"
        for fault in armed:
            bare = fault["fault"] == 429 and fault["retry_after"] is None
            self.met.add(NO_TIME if bare else str(fault["fault"]))
        self._simulators.no_faults()


def told_to_wait(world: World, key: str) -> bool:
    """Whether the connection's system said that it was asked too often, for longer than a test waits."""
    late = db_now() + AWAY
    return RateBudget.objects.filter(
        tenant=world.tenant, label__startswith=world.connection(key).system, blocked_until__gt=late
    ).exists()


def the_wait_is_over(world: World) -> None:
    """The minute has passed that a 429 without a time costs."""
    RateBudget.objects.filter(tenant=world.tenant).update(blocked_until=None)


def somebody_looks(world: World, key: str) -> None:
    """A person tests a connection that asked for one, and once more where somebody else's call failed meanwhile. It
    works: what waited for it goes on."""
    steps = check_connection(world.connection(key))
    if not all(step.ok for step in steps):
        steps = check_connection(world.connection(key))
    assert all(step.ok for step in steps), steps


def somebody_watches(world: World, key: str) -> bool:
    """A person tests the connection as soon as its system refuses us and nobody calls it any more, or something has to
    wait for it for longer than a test waits; once more, where that failed. To be asked while a test waits: true,
    whatever there was to do."""
    late, connection = db_now() + AWAY, world.connection(key)
    stopped = Breaker.objects.filter(connection=connection, position=Breaker.Position.OPEN, probe_after__gt=late)
    waiting = Delivery.objects.filter(
        sink_connection=connection, state__in=MOVING_STATES, not_before__gt=late, waits_for=""
    )
    if not told_to_wait(world, key) and (stopped.exists() or waiting.exists()):
        check_connection(connection)
    return True


def open_issues(world: World, *classes: str) -> list[Issue]:
    found = Issue.objects.filter(tenant=world.tenant, status=Issue.Status.OPEN)
    return list(found.filter(error_class__in=classes) if classes else found)


def retry_all(issues: Iterable[Issue]) -> int:
    """A person has what failed tried again, issue by issue. Returns how many deliveries."""
    return sum(retry(issue, actor=None, reason="It is over.").done for issue in issues)


def nobody_was_sent_elsewhere(simulators: Simulators) -> bool:
    """Whether no redirect was followed: the simulators would see the call."""
    return not [entry for entry in simulators.requests() if "elsewhere" in entry["query"]]
