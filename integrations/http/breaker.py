"""Stops calling a system that is down or does not know us; one probe at a time looks whether it is back."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

from django.db.models import F

from integrations.http.errors import Paused
from integrations.models import Breaker, Connection
from portal.common.clock import db_now

FAILURES_IN_A_ROW = 5
FIRST_PAUSE = dt.timedelta(seconds=2)
LONGEST_PAUSE = dt.timedelta(minutes=10)
REFUSED_PAUSE = dt.timedelta(minutes=30)
"""After refused credentials: systems lock accounts, so there is no early probe. New credentials close the breaker at
once."""
PROBE_LEASE = dt.timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Admission:
    """That a call may pass, and how the breaker stood then: what its answer may change of it."""

    must_probe: bool
    """It holds the only probe, and must prove the connection first."""
    openings: int
    opened_at: dt.datetime | None
    spotless: bool
    """Closed, nothing counted, nothing on trial: a good answer has nothing to change."""


def breaker_of(connection: Connection) -> Breaker:
    row, _ = Breaker.objects.get_or_create(tenant_id=connection.tenant_id, connection=connection)
    return row


def admit(connection: Connection) -> Admission:
    """Lets a call pass, or raises Paused while the breaker is open."""
    row = breaker_of(connection)
    if row.position == Breaker.Position.CLOSED:
        return _admission(row)
    now = db_now()
    if row.probe_after is not None and row.probe_after <= now:
        # Whoever moves probe_after holds the probe; a probe that dies is free again after its lease.
        won = Breaker.objects.filter(pk=row.pk, probe_after=row.probe_after).update(
            position=Breaker.Position.PROBING, probe_after=now + PROBE_LEASE
        )
        if won:
            return _admission(row, must_probe=True)
    raise _paused(connection, row, now)


def after_probe(connection: Connection) -> Admission:
    """For the call that a probe was made for: how the breaker stands now that the probe was answered. Raises Paused
    where it was opened anew meanwhile."""
    row = breaker_of(connection)
    if row.position != Breaker.Position.CLOSED:
        raise _paused(connection, row, db_now())
    return _admission(row)


def _admission(row: Breaker, *, must_probe: bool = False) -> Admission:
    spotless = row.position == Breaker.Position.CLOSED and not (row.failures or row.openings or row.on_trial)
    return Admission(must_probe, row.openings, row.opened_at, spotless)


def check(connection: Connection) -> bool:
    """Raises Paused where a call would not be admitted. Takes no probe. Returns whether effects are on trial: the
    outcome of one was unknown, and none has been answered since."""
    row = breaker_of(connection)
    if row.position != Breaker.Position.CLOSED and row.probe_after is not None:
        now = db_now()
        if row.probe_after > now:
            raise _paused(connection, row, now)
    return row.on_trial


def hold_trial(connection: Connection) -> None:
    """Lets others that want to try an effect wait until this transaction ends."""
    Breaker.objects.select_for_update().filter(connection=connection).first()


def check_open(connection: Connection) -> None:
    """Raises Paused while it is open. Not for whoever probes: the probe may need what this guards."""
    row, now = breaker_of(connection), db_now()
    if row.position == Breaker.Position.OPEN and row.probe_after is not None and row.probe_after > now:
        raise _paused(connection, row, now)


def _paused(connection: Connection, row: Breaker, now: dt.datetime) -> Paused:
    # While somebody probes, the answer is a moment away; the probe's lease is only for its death.
    retry_at = now if row.position == Breaker.Position.PROBING else row.probe_after or now
    return Paused(
        f"{connection.name} is not called for now: {row.reason or 'it did not answer'}",
        retry_at=retry_at + dt.timedelta(seconds=random.uniform(0.2, 1.2)),
    )


def succeeded(connection: Connection, admitted: Admission, *, effect: bool = False) -> None:
    """A call was answered sensibly: closed, counters to zero. Writes only when something changes.

    An answer to a call that began before the breaker opened says nothing of what opened it: credentials that were
    refused since stay refused. That reads are answered says nothing of effects: after one of unknown outcome they stay
    on trial, and the next pause grows, until one of them is answered.
    """
    if admitted.spotless:
        return  # what was counted since, a call that began since clears
    row = breaker_of(connection)
    if (row.openings, row.opened_at) != (admitted.openings, admitted.opened_at):
        return
    on_trial = row.on_trial and not effect
    openings = row.openings if on_trial else 0
    if row.failures or row.position != Breaker.Position.CLOSED or row.openings != openings or row.on_trial != on_trial:
        Breaker.objects.filter(pk=row.pk, openings=row.openings, opened_at=row.opened_at).update(
            position=Breaker.Position.CLOSED,
            failures=0,
            openings=openings,
            on_trial=on_trial,
            probe_after=None,
            opened_at=None,
            reason="",
        )


def failed(connection: Connection, reason: str, *, open_now: bool) -> None:
    """A call failed. After five in a row, or at once with `open_now` (an effect of unknown outcome: an outage must not
    put more deliveries in doubt than are under way), the breaker opens, and effects are on trial."""
    row = breaker_of(connection)
    # Counted by the database: many fail at once in an outage, and each of them counts.
    on_trial = {"on_trial": True} if open_now else {}
    Breaker.objects.filter(pk=row.pk).update(failures=F("failures") + 1, **on_trial)
    row.refresh_from_db()
    if row.position == Breaker.Position.OPEN and row.probe_after is not None and row.probe_after > db_now():
        return  # a call that was under way when it opened: the same outage, not a longer one
    if open_now or row.failures >= FAILURES_IN_A_ROW or row.position != Breaker.Position.CLOSED:
        _open(row, reason, min(FIRST_PAUSE * 2 ** min(row.openings, 12), LONGEST_PAUSE), failures=row.failures)
    else:
        Breaker.objects.filter(pk=row.pk).update(reason=reason[:500])


def refused(connection: Connection, reason: str) -> None:
    """The credentials were refused: open at once, and for long."""
    row = breaker_of(connection)
    _open(row, reason, REFUSED_PAUSE, failures=row.failures + 1)


def reset(connection: Connection) -> None:
    """Closes the breaker: the connection's credentials or settings were changed, or a live test passed."""
    Breaker.objects.filter(connection=connection).update(
        position=Breaker.Position.CLOSED,
        failures=0,
        openings=0,
        on_trial=False,
        probe_after=None,
        opened_at=None,
        reason="",
    )


def _open(row: Breaker, reason: str, pause: dt.timedelta, *, failures: int) -> None:
    now = db_now()
    Breaker.objects.filter(pk=row.pk).update(
        position=Breaker.Position.OPEN,
        failures=failures,
        openings=row.openings + 1,
        opened_at=row.opened_at or now,
        probe_after=now + pause,
        reason=reason[:500],
    )
