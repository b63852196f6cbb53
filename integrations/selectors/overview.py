"""How all flows of a tenant are, in a fixed number of queries however many there are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery

from integrations.flows.contract import FlowSpec
from integrations.flows.registry import all_flows
from integrations.models import OPEN_STATES, Breaker, Connection, Delivery, Feed, Flow, Issue, Run, State
from integrations.selectors.stops import flow_stops
from portal.common.clock import db_now
from portal.tenants.models import Tenant

STUCK_STATES = (State.FAILED, State.IN_DOUBT)
"""Open states in which nothing happens by itself, or nobody knows yet."""
RUNS_SHOWN = 24

Condition = Literal[
    "healthy",
    "off",
    "connection_off",
    "stopped",
    "paused",
    "broken",
    "reading_fails",
    "needs_you",
    "needs_others",
    "in_doubt",
]

NotRead = Literal["", "integration_off", "off", "connection_off", "no_feed", "paused", "feed_off"]


@dataclass(slots=True)
class RunShown:
    """One run of a flow's feed, as the flow sees it."""

    run: Run
    is_stuck: bool
    """Whether something of it has failed, or is in doubt, in this flow."""


@dataclass(slots=True)
class FlowStatus:
    """How a flow is."""

    flow: Flow
    spec: FlowSpec
    source: Connection
    target: Connection
    feed: Feed | None = None
    runs: list[RunShown] = field(default_factory=list)
    """The last of its feed, oldest first."""
    last_success: dt.datetime | None = None
    failed: int = 0
    in_doubt: int = 0
    moving: int = 0
    """Waiting, pending, on the way or awaiting a verdict."""
    issues: int = 0
    issues_of_yours: int = 0
    broken: bool = False
    """Whether one of its connections is not called."""
    stops: list[str] = field(default_factory=list)
    """Which kill switches hold it, as sentences: the tenant's, and those of the sides to which it goes."""
    until: dt.datetime | None = None
    """All that changed at the source before is settled, apart from what has failed or is in doubt."""

    @property
    def stuck(self) -> int:
        return self.failed + self.in_doubt

    @property
    def condition(self) -> Condition:
        """What is to be said of it first."""
        if not self.flow.enabled or not self.flow.integration.enabled:
            return "off"
        if not (self.flow.integration.books.enabled and self.flow.integration.partner.enabled):
            return "connection_off"
        if self.broken:
            return "broken"
        if self.stops:
            return "stopped"
        if self.flow.paused_reason or (self.feed is not None and (self.feed.paused_reason or not self.feed.enabled)):
            return "paused"
        if self.feed is not None and self.feed.failures:
            return "reading_fails"
        if self.issues_of_yours:
            return "needs_you"
        if self.in_doubt:
            return "in_doubt"
        return "needs_others" if self.issues or self.failed else "healthy"

    @property
    def reader(self) -> Connection:
        """The connection at which its feed is read."""
        integration = self.flow.integration
        return integration.books if self.spec.source == "books" else integration.partner

    @property
    def why_not_read(self) -> NotRead:
        """Why there is no next look at its source, "" where there is one."""
        if not self.flow.integration.enabled:
            return "integration_off"
        if not self.flow.enabled:
            return "off"
        if not self.reader.enabled:
            return "connection_off"
        if self.feed is None:
            return "no_feed"
        if self.feed.paused_reason:
            return "paused"
        return "" if self.feed.enabled else "feed_off"

    @property
    def is_reading(self) -> bool:
        return bool(self.runs) and self.runs[-1].run.outcome == Run.Outcome.RUNNING


def flow_statuses(tenant: Tenant, flows: QuerySet[Flow] | None = None, *, with_runs: bool = True) -> list[FlowStatus]:
    """The status of the tenant's flows (`flows`: only those), by integration and name. Flows that this release does not
    know are left out."""
    found = _statuses(tenant, flows if flows is not None else Flow.objects.all())
    if not found:
        return []
    _add_feeds(found)
    _add_deliveries(tenant, found)
    _add_issues(tenant, found)
    if with_runs:
        _add_runs(tenant, found)
    return found


def _statuses(tenant: Tenant, flows: QuerySet[Flow]) -> list[FlowStatus]:
    # By time, not by key: the index of that serves a flow that never delivered as fast as one that does.
    delivered = Delivery.objects.filter(flow=OuterRef("pk"), state=State.DELIVERED)
    newest = delivered.order_by("-closed_at").values("closed_at")[:1]
    rows = (
        flows.filter(tenant=tenant)
        .select_related("integration__books", "integration__partner")
        .defer(*(f"integration__{side}__{name}" for side in ("books", "partner") for name in _HEAVY))
        .annotate(last_success=Subquery(newest))
        .order_by("integration__name", "key")
    )
    specs = all_flows()
    found = []
    for flow in rows:
        spec = specs.get(flow.full_key)
        if spec is None:
            continue
        ends = (flow.integration.books, flow.integration.partner)
        source, target = ends if spec.direction == "out" else ends[::-1]
        stops = flow_stops(flow, tenant)
        last_success = getattr(flow, "last_success", None)
        found.append(FlowStatus(flow, spec, source, target, last_success=last_success, stops=stops))
    return found


_HEAVY = ("secrets", "settings", "check_steps")


def _add_feeds(found: Sequence[FlowStatus]) -> None:
    """Feeds, with the id of the oldest run that is shown: the next query finds the runs by it."""
    keys = {(_read_at(s), s.spec.feed) for s in found}
    oldest = Run.objects.filter(feed=OuterRef("pk")).order_by("-pk").values("pk")[RUNS_SHOWN - 1 : RUNS_SHOWN]
    rows = Feed.objects.filter(connection__in={connection for connection, _ in keys}, key__in={key for _, key in keys})
    feeds = {(f.connection_id, f.key): f for f in rows.annotate(first_shown=Subquery(oldest))}
    for status in found:
        status.feed = feeds.get((_read_at(status), status.spec.feed))


def _read_at(status: FlowStatus) -> int:
    integration = status.flow.integration
    return integration.books_id if status.spec.source == "books" else integration.partner_id


def _add_deliveries(tenant: Tenant, found: Sequence[FlowStatus]) -> None:
    of_flow = {s.flow.pk: s for s in found}
    open_rows = Delivery.objects.filter(tenant=tenant, state__in=OPEN_STATES, flow__in=list(of_flow)).order_by()
    oldest: dict[int, dt.datetime] = {}
    for row in open_rows.values("flow", "state").annotate(n=Count("pk"), oldest=Min("source_modified_at")):
        status = of_flow[row["flow"]]
        match row["state"]:
            case State.FAILED:
                status.failed = row["n"]
            case State.IN_DOUBT:
                status.in_doubt = row["n"]
            case _:
                status.moving += row["n"]
                if row["oldest"] is not None:
                    oldest[row["flow"]] = min(oldest.get(row["flow"], row["oldest"]), row["oldest"])
    for status in found:
        bounds = (status.feed.read_until if status.feed is not None else None, oldest.get(status.flow.pk))
        status.until = min((b for b in bounds if b is not None), default=None)


def _add_issues(tenant: Tenant, found: Sequence[FlowStatus]) -> None:
    of_flow = {s.flow.pk: s for s in found}
    rows = Issue.objects.filter(tenant=tenant, status=Issue.Status.OPEN, flow__in=list(of_flow)).order_by()
    yours = Count("pk", filter=Q(who=Issue.Who.CUSTOMER))
    for row in rows.values("flow").annotate(n=Count("pk"), yours=yours):
        of_flow[row["flow"]].issues, of_flow[row["flow"]].issues_of_yours = row["n"], row["yours"]
    broken = broken_connections(tenant)
    for status in found:
        status.broken = bool({status.source.pk, status.target.pk} & broken)


def broken_connections(tenant: Tenant) -> set[int]:
    """The connections that do not work or are not called now."""
    stopped = Breaker.objects.filter(tenant=tenant).exclude(position=Breaker.Position.CLOSED)
    bad = Connection.objects.filter(tenant=tenant, enabled=True).filter(
        Q(health=Connection.Health.BROKEN) | Q(breaker__in=stopped)
    )
    return set(bad.values_list("pk", flat=True))


def _add_runs(tenant: Tenant, found: Sequence[FlowStatus]) -> None:
    feeds = {s.feed.pk: s.feed for s in found if s.feed is not None}
    if not feeds:
        return
    last = Q(pk__in=[])
    for feed in feeds.values():
        last |= Q(feed=feed, pk__gte=getattr(feed, "first_shown", None) or 0)
    runs: dict[int, list[Run]] = {}
    for run in Run.objects.filter(last).order_by("pk"):
        runs.setdefault(run.feed_id, []).append(run)
    stuck = _stuck_in(tenant, (run.pk for some in runs.values() for run in some))
    for status in found:
        if status.feed is not None:
            status.runs = [RunShown(r, (r.pk, status.flow.pk) in stuck) for r in runs.get(status.feed.pk, [])]


def _stuck_in(tenant: Tenant, runs: Iterable[int]) -> set[tuple[int | None, int]]:
    rows = Delivery.objects.filter(tenant=tenant, state__in=STUCK_STATES, run__in=list(runs)).order_by()
    return set(rows.values_list("run", "flow").distinct())


@dataclass(frozen=True, slots=True)
class NeedsYou:
    """Open issues that the customer has to act on."""

    issues: int
    oldest: dt.datetime | None


def needs_customer(tenant: Tenant) -> NeedsYou:
    """How many open issues wait for the customer, and since when."""
    rows = awake(Issue.objects.filter(tenant=tenant, status=Issue.Status.OPEN, who=Issue.Who.CUSTOMER))
    said = rows.aggregate(n=Count("pk"), oldest=Min("first_seen_at"))
    return NeedsYou(said["n"], said["oldest"])


def awake(issues: QuerySet[Issue]) -> QuerySet[Issue]:
    """Without those that somebody snoozed."""
    return issues.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=db_now()))
