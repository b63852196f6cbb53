"""Replaying many deliveries: which, what would come of it, and doing it at a pace that leaves room for others."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import msgspec
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from integrations.engine.replay import Bytes, ReplayRefused, force, reopen
from integrations.engine.step import Step, Stopped, keep
from integrations.flows.registry import all_flows
from integrations.http import budget
from integrations.models import Attempt, Connection, Delivery, Exchange, Operation, RateBudget, Record, State
from integrations.systems.registry import system
from portal.common.clock import db_now

PER_MINUTE = 120
"""Deliveries that are reopened in a minute, unless somebody asks for another pace."""
MOST_PER_MINUTE = 6000
SPREAD_SECONDS = 5
"""How much of the pace one slice does."""
LEAVE_OF_BUDGET = 0.25
"""Part of a target's allowance that a replay leaves to what is new."""
LOOK_AGAIN = dt.timedelta(seconds=30)
SENTENCES = 20
SAMPLE = 50
"""Closed deliveries of a flow by which the calls of the next ones are estimated."""
CALLS_UNKNOWN = 2
NOT_STATED: tuple[State, ...] = (State.FAILED,)


class Selection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which deliveries. Everything that is stated must hold; nothing stated is everything that failed."""

    ids: tuple[int, ...] = ()
    flow: str = ""
    """Full key, as visma-cleo.purchase-orders."""
    integration: int = 0
    states: tuple[str, ...] = ()
    """Empty: failed, or with ids any."""
    issue: int = 0
    error_class: str = ""
    numbers: tuple[str, ...] = ()
    """Business numbers."""
    created_from: dt.datetime | None = None
    created_to: dt.datetime | None = None
    """Exclusive."""
    up_to: int = 0
    """The newest delivery when it was asked for: what comes later was not meant."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How it is done."""

    content: Literal["original", "current"] = "current"
    force: bool = False
    """Whether what was delivered already is sent once more, too."""
    per_minute: int = PER_MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPlan:
    """What a replay would do, in numbers: matched is the sum of those from `would_be_sent` on."""

    matched: int
    would_be_sent: int
    already_applied: int
    """Delivered, accepted, or nothing to change: left alone."""
    in_doubt: int
    """First it must be known whether they arrived."""
    under_way: int
    """They go by themselves."""
    closed: int
    """Superseded or dismissed: left alone."""
    older_versions: int
    """The record has a newer version, which says all that they would."""
    calls_needed: int
    seconds: int
    """At the pace that was asked for."""

    def as_json(self) -> dict[str, int]:
        return asdict(self)


def matching(tenant_id: int, selection: Selection) -> QuerySet[Delivery]:
    """The deliveries that are meant. Raises ValueError for a state that there is not."""
    rows = Delivery.objects.filter(tenant_id=tenant_id)
    states = selection.states or (() if selection.ids else NOT_STATED)
    unknown = set(states) - set(State.values)
    if unknown:
        raise ValueError(f"There is no state called {', '.join(sorted(unknown))}. There are: {', '.join(State)}.")
    if states:
        rows = rows.filter(state__in=states)
    if selection.ids:
        rows = rows.filter(pk__in=selection.ids)
    if selection.flow:
        if selection.flow not in all_flows():
            raise ValueError(f"There is no flow called {selection.flow}.")
        pair, _, key = selection.flow.partition(".")
        rows = rows.filter(flow__integration__pair=pair, flow__key=key)
    if selection.integration:
        rows = rows.filter(integration_id=selection.integration)
    if selection.issue:
        rows = rows.filter(issue_id=selection.issue)
    if selection.error_class:
        rows = rows.filter(error_class=selection.error_class)
    if selection.numbers:
        rows = rows.filter(business_number__in=selection.numbers)
    if selection.created_from:
        rows = rows.filter(created_at__gte=selection.created_from)
    if selection.created_to:
        rows = rows.filter(created_at__lt=selection.created_to)
    return rows.filter(pk__lte=selection.up_to) if selection.up_to else rows


def sendable(rows: QuerySet[Delivery], options: Options) -> QuerySet[Delivery]:
    """Those of the matched that would be sent: what failed, by force also what is closed; never an older version."""
    closed = (State.DELIVERED, State.NO_EFFECT, State.SUPERSEDED, State.DISMISSED)
    return rows.filter(state__in=(State.FAILED, *(closed if options.force else ()))).exclude(_older())


def _older() -> Q:
    """Deliveries of a record that has a newer version."""
    return Q(
        Exists(
            Record.objects.filter(
                feed=OuterRef("record__feed"),
                source_id=OuterRef("record__source_id"),
                is_newest=True,
                pk__gt=OuterRef("record_id"),
            )
        )
    )


def plan_replay(tenant_id: int, selection: Selection, options: Options) -> ReplayPlan:
    """What it would do. Sends nothing. Raises ValueError for a selection or a pace that makes no sense."""
    if not 1 <= options.per_minute <= MOST_PER_MINUTE:
        raise ValueError(f"The pace must lie between 1 and {MOST_PER_MINUTE} a minute.")
    rows = matching(tenant_id, selection)
    may = sendable(rows, options)
    by_flow: dict[int, int] = dict(may.order_by().values_list("flow").annotate(n=Count("pk")))
    sent = sum(by_flow.values())
    takes = (State.FAILED, State.DELIVERED, State.NO_EFFECT, State.SUPERSEDED, State.DISMISSED)
    older = rows.filter(state__in=takes if options.force else takes[:1]).filter(_older()).count()
    states = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    counted = {State(s): n for s, n in states.items()}
    applied = counted.get(State.ACCEPTED, 0)
    shut = 0
    if not options.force:
        applied += counted.get(State.DELIVERED, 0) + counted.get(State.NO_EFFECT, 0)
        shut = counted.get(State.SUPERSEDED, 0) + counted.get(State.DISMISSED, 0)
    return ReplayPlan(
        matched=sum(states.values()),
        would_be_sent=sent,
        already_applied=applied,
        in_doubt=counted.get(State.IN_DOUBT, 0),
        under_way=sum(counted.get(s, 0) for s in (State.WAITING, State.PENDING, State.SENDING)),
        closed=shut,
        older_versions=older,
        calls_needed=sum(math.ceil(n * _calls_each(flow)) for flow, n in by_flow.items()),
        seconds=math.ceil(sent * 60 / options.per_minute),
    )


def _calls_each(flow_id: int) -> float:
    """Calls that a delivery of the flow took of late, on average."""
    newest = list(
        Delivery.objects.filter(flow_id=flow_id, state=State.DELIVERED, tries__gt=0)
        .order_by("-pk")
        .values_list("pk", flat=True)[:SAMPLE]
    )
    if not newest:
        return CALLS_UNKNOWN
    calls = Exchange.objects.filter(attempts__in=Attempt.objects.filter(delivery__in=newest)).distinct().count()
    return max(1.0, calls / len(newest))


# --- Doing it


def replay_slice(operation: Operation) -> Step:
    """Reopens as many deliveries as the pace gives for a few seconds, one transaction each with the progress in it: a
    kill loses nothing and repeats nothing. Raises Stopped."""
    options = msgspec.convert(operation.options, Options)
    share = max(1, options.per_minute * SPREAD_SECONDS // 60)
    whole = msgspec.convert(operation.selection, Selection)
    selection = _left(whole, operation, share)
    if selection is None:
        return Step()
    rows = sendable(matching(operation.tenant_id, selection), options)
    wait = _wait_for_budget(rows.filter(pk__gt=operation.progress.get("last", 0)))
    if wait is not None:
        return wait
    for _ in range(share):
        last = int(operation.progress.get("last", 0))
        pk = rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True).first()
        if pk is None:
            if not selection.ids:
                return Step()
            keep(operation, now=db_now(), last=max(selection.ids))
            if _left(whole, operation, share) is None:
                return Step()
            break
        _replay_one(operation, pk, options)
    return Step(again_at=db_now() + dt.timedelta(seconds=share * 60 / options.per_minute))


def _left(selection: Selection, operation: Operation, share: int) -> Selection | None:
    """What is still to be looked at: of many ids only the next, so that no question names thousands. None when that is
    none."""
    if not selection.ids:
        return selection
    last = operation.progress.get("last", 0)
    ids = sorted(i for i in selection.ids if i > last)[:share]
    return msgspec.structs.replace(selection, ids=tuple(ids)) if ids else None


def _replay_one(operation: Operation, pk: int, options: Options) -> None:
    now, before = db_now(), operation.progress
    content: Bytes = options.content
    reason = f"{operation.reason} (operation {operation.pk})".strip()
    with transaction.atomic():
        held = Operation.objects.select_for_update().filter(
            pk=operation.pk, fence=operation.fence, state=Operation.State.RUNNING
        )
        if not held.exists():
            raise Stopped(str(operation))
        counted: dict[str, Any] = {"last": pk}
        try:
            state = Delivery.objects.values_list("state", flat=True).get(pk=pk)
            if state == State.FAILED:
                reopen(pk, actor=operation.asked_by, content=content, reason=reason)
            else:
                force(pk, actor=operation.asked_by, content=content, reason=reason)
            counted["done"] = before.get("done", 0) + 1
        except ReplayRefused as refusal:
            said = [*before.get("sentences", []), f"Delivery {pk}: {refusal}"]
            counted |= {"refused": before.get("refused", 0) + 1, "sentences": said[:SENTENCES]}
        keep(operation, now=now, **counted)


def _wait_for_budget(rows: QuerySet[Delivery]) -> Step | None:
    """Waiting, while a target of what is left asked us to wait or has little of its allowance left: what is new goes
    first."""
    now = db_now()
    next_target = rows.order_by("pk").values_list("sink_connection", flat=True).first()
    if next_target is None:
        return None
    connection = Connection.objects.get(pk=next_target)
    key = budget.key_of(connection, system(connection.system).budget_identity(connection))
    row = RateBudget.objects.filter(tenant_id=connection.tenant_id, key=key).first()
    if row is None:
        return None
    if row.blocked_until is not None and row.blocked_until > now:
        return Step(again_at=row.blocked_until, problem=f"{connection} asked us to wait.")
    if row.allowance is None or row.resets_at is None or row.resets_at <= now:
        return None
    if row.used <= row.allowance * (1 - LEAVE_OF_BUDGET):
        return None
    return Step(
        again_at=min(row.resets_at, now + LOOK_AGAIN),
        problem=f"{row.used:,} of the {row.allowance:,} calls of this window at {connection} are used; "
        f"it goes on at {row.resets_at:%H:%M} UTC, so that what is new goes first.",
    )
