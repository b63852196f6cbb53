"""A read that suddenly makes far more deliveries than any lately is held until a person lets it go on."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from integrations.engine import dispatch, issues
from integrations.engine.handle import RunHandle
from integrations.http.errors import Fault
from integrations.models import Delivery, Feed, Issue, Run, State
from portal.audit import trail
from portal.common.clock import db_now
from portal.tenants.models import User

CLASS = "flood"
BATCH = 500


class Flood(Fault):
    """Far more than usual at once."""

    kind = CLASS


def limit_of(feed: Feed) -> int | None:
    """How many deliveries one read may make without being asked about; None where a feed has no limit. Ten times the
    most that any of the last reads brought, and never less than the floor: both are settings of the feed."""
    if not feed.flood_factor:
        return None
    return max(feed.flood_floor, feed.flood_factor * max(feed.history, default=0))


def hold(handle: RunHandle, now: dt.datetime) -> None:
    """Inside the capturing transaction: once the read has made more than its limit, what it made and did not send yet
    waits for a person, and so does what it makes from now on."""
    run, limit = handle.row, limit_of(handle.feed)
    if run is None or limit is None or handle.may_flood:
        return
    if handle.made_before + handle.counts.deliveries <= limit:
        return
    if handle.flooded and not Run.objects.filter(pk=run.pk, flood=True).exists():
        handle.may_flood = True  # a person has let it go on while it was being read
        return
    error = Flood(
        f"{handle.feed.key.replace('-', ' ').capitalize()} of {handle.feed.connection}: one read makes more than "
        f"{limit:,} deliveries, far more than any lately. They wait for you.",
        remedy="Look at some of them. If they are meant, release them; if somebody changed all records by mistake, "
        "dismiss them.",
    )
    issue = issues.for_flood(run, error, now=now)
    Delivery.objects.filter(run=run, state=State.PENDING).update(
        state=State.WAITING, since=now, waits_for="a person who releases them", issue=issue, reason=error.sentence[:500]
    )
    if not handle.flooded:
        handle.flooded = True
        Run.objects.filter(pk=run.pk).update(flood=True)
        trail.record(trail.event(run.tenant_id, "run.held", error.sentence, object_type="run", object_id=run.pk))


def release(issue: Issue, *, actor: User | None, reason: str) -> int:
    """Lets everything go that waits because of a flood. Returns how many. Its rows are moved in batches, so that a
    worker never waits long; interrupted, it is done again."""
    held = Delivery.objects.filter(issue=issue, state=State.WAITING).order_by().values("run")
    Run.objects.filter(pk__in=held, flood=True).update(flood=False)
    return _end(issue, State.PENDING, "released", actor=actor, reason=reason)


def dismiss(issue: Issue, *, actor: User | None, reason: str) -> int:
    """Closes everything that waits because of a flood: it is not sent. Returns how many."""
    return _end(issue, State.DISMISSED, "dismissed", actor=actor, reason=reason)


def _end(issue: Issue, state: State, verb: str, *, actor: User | None, reason: str) -> int:
    done = 0
    while True:
        with transaction.atomic():
            now = db_now()
            held = Delivery.objects.select_for_update().filter(issue=issue, state=State.WAITING).order_by("pk")
            ids = list(held.values_list("pk", flat=True)[:BATCH])
            if not ids:
                break
            Delivery.objects.filter(pk__in=ids).update(
                state=state,
                since=now,
                not_before=now,
                closed_at=now if state == State.DISMISSED else None,
                waits_for="",
                reason=f"A person {verb} it: {reason}"[:500],
            )
            done += len(ids)
            trail.record(
                trail.event(
                    issue.tenant_id,
                    f"flood.{verb}",
                    f"{len(ids)} deliveries: {reason}",
                    object_type="issue",
                    object_id=issue.pk,
                    actor=actor,
                    actor_name="" if actor else "command line",
                    details={"deliveries": len(ids), "from": ids[0], "to": ids[-1]},
                )
            )
            if state == State.PENDING:
                dispatch.wake()
    with transaction.atomic():
        issues.resolve_if_settled(Issue.objects.get(pk=issue.pk), f"{done} deliveries were {verb}: {reason}", now=now)
    return done
