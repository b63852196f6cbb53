"""The allowance of calls: one row per credential and company, shared by all workers and hosts."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q

from integrations.http.errors import RateLimited
from integrations.models import Connection, RateBudget
from portal.common.clock import clock_in_query, db_now

PEOPLE_SHARE = 0.1
"""Part of the allowance that only people and read-backs may use."""

BACKGROUND_SHARE = 0.6
"""Up to this part of the allowance, periods are read again; the rest is for what is new."""

YOUNG = dt.timedelta(minutes=2)
"""So soon after its beginning, nothing can be told from how a window was used."""


@dataclass(frozen=True, slots=True)
class RateReading:
    """What a response said about the allowance."""

    allowance: int | None = None
    remaining: int | None = None
    resets_in: dt.timedelta | None = None


def key_of(connection: Connection, identity: tuple[str, ...]) -> str:
    """What connections that share one allowance have in common."""
    return hashlib.sha256("\x1f".join((connection.system, *identity)).encode()).hexdigest()


def budget_of(
    connection: Connection,
    identity: tuple[str, ...],
    *,
    allowance: int | None,
    window: dt.timedelta,
    learns: bool = True,
) -> RateBudget:
    """The budget row of a credential, made on first use. `allowance` None = the source states none; then nothing is
    counted. `learns`: whether the source's answers correct it; otherwise it is what is stated now, so that a person's
    change of the setting counts from the next session on."""
    row, _ = RateBudget.objects.get_or_create(
        tenant_id=connection.tenant_id,
        key=key_of(connection, identity),
        defaults={
            "label": f"{connection.system}: {connection.name}",
            "allowance": allowance,
            "window_seconds": int(window.total_seconds()),
        },
    )
    stated = (allowance, int(window.total_seconds()))
    if not learns and (row.allowance, row.window_seconds) != stated:
        row.allowance, row.window_seconds = stated
        row.save(update_fields=["allowance", "window_seconds"])
    return row


def take(budget: RateBudget, *, for_people: bool = False, in_background: bool = False) -> None:
    """Takes one call, or raises RateLimited with the instant from which calls are there again. Costs a write only where
    calls are counted."""
    if budget.allowance is None:
        blocked = RateBudget.objects.filter(pk=budget.pk, blocked_until__gt=clock_in_query()).first()
        if blocked is not None and blocked.blocked_until is not None:
            raise RateLimited(f"{budget.label} asked us to wait.", retry_at=blocked.blocked_until)
        return
    if _taken_at_once(budget, _reachable(budget.allowance, for_people=for_people, in_background=in_background)):
        return
    now = db_now()
    with transaction.atomic():
        row = RateBudget.objects.select_for_update().get(pk=budget.pk)
        budget.allowance = row.allowance
        if row.blocked_until and row.blocked_until > now:
            raise RateLimited(f"{row.label} asked us to wait.", retry_at=row.blocked_until)
        if row.resets_at is None or row.resets_at <= now:
            row.used, row.resets_at = 0, now + dt.timedelta(seconds=row.window_seconds)
        limit = row.allowance if row.allowance is not None else row.used + 1
        if row.used >= _reachable(limit, for_people=for_people, in_background=in_background):
            raise RateLimited(f"The {limit} calls of this window at {row.label} are used up.", retry_at=row.resets_at)
        row.used += 1
        row.save(update_fields=["used", "resets_at"])


def _taken_at_once(budget: RateBudget, reachable: int) -> bool:
    """Takes one call with a single statement, as nearly always: the window runs, calls are left in it, and nobody has
    learned another allowance. No lock is held over two statements that all workers wait for."""
    now = clock_in_query()
    free = RateBudget.objects.filter(
        Q(blocked_until=None) | Q(blocked_until__lte=now),
        pk=budget.pk,
        allowance=budget.allowance,
        resets_at__gt=now,
        used__lt=reachable,
    )
    return bool(free.update(used=F("used") + 1))


def _reachable(limit: int, *, for_people: bool, in_background: bool) -> int:
    """Up to how many calls of the window this caller may come."""
    if for_people:
        return limit
    return max(1, int(limit * (BACKGROUND_SHARE if in_background else 1 - PEOPLE_SHARE)))


def learn(budget: RateBudget, reading: RateReading) -> None:
    """Corrects the row by what the source said. It only lowers what is left within a window: a late answer knows less
    than a newer one."""
    changes: dict[str, object] = {}
    if reading.allowance is not None and reading.allowance != budget.allowance:
        changes["allowance"] = budget.allowance = reading.allowance
    if reading.allowance is not None and reading.remaining is not None:
        used = max(0, reading.allowance - reading.remaining)
        changes_used = RateBudget.objects.filter(pk=budget.pk, used__lt=used)
        if reading.resets_in is not None:
            changes_used.update(used=used, resets_at=db_now() + reading.resets_in)
        else:
            changes_used.update(used=used)
    if changes:
        RateBudget.objects.filter(pk=budget.pk).update(**changes)


def used_up_at(budget: RateBudget, now: dt.datetime) -> dt.datetime | None:
    """When the window's calls are used up if they go on as so far in it; None when that is after its end, when no
    allowance is stated, and while the window is too young to tell."""
    if not budget.allowance or budget.resets_at is None or budget.resets_at <= now:
        return None
    left = budget.allowance - budget.used
    if left <= 0:
        return now
    elapsed = dt.timedelta(seconds=budget.window_seconds) - (budget.resets_at - now)
    if elapsed < YOUNG or not budget.used:
        return None
    ends: dt.datetime = now + elapsed * (left / budget.used)
    return ends if ends < budget.resets_at else None


def block(budget: RateBudget, until: dt.datetime) -> None:
    """Stops all calls of this budget until `until` (a 429 was answered). A later block wins."""
    RateBudget.objects.filter(Q(blocked_until=None) | Q(blocked_until__lt=until), pk=budget.pk).update(
        blocked_until=until
    )
