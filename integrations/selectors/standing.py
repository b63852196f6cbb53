"""How far everything is, for programs: each connection, feed and flow with its cursor, up to when all is delivered, the
lag, and what is open. A fixed number of queries, however many there are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from django.db.models import Count, OuterRef, Subquery

from integrations.models import Connection, Delivery, Feed, Flow, Issue
from integrations.selectors import DeliveredUntil
from integrations.selectors.overview import STUCK_STATES, Condition, FlowStatus, broken_connections, flow_statuses
from integrations.systems.registry import system
from portal.common.clock import db_now
from portal.tenants.models import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far something is. Counts are of now."""

    cursor: dt.datetime | None
    """All that changed at the source before has been read; of several feeds the one that is furthest behind."""
    delivered_until: dt.datetime | None
    """All that changed at the source before is settled, apart from what has failed or is in doubt."""
    lag_seconds: int | None
    """Since `delivered_until`; None where nothing was read yet."""
    under_way: int
    failed: int
    in_doubt: int
    open_issues: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStanding:
    flow: Flow
    feed: Feed | None
    condition: Condition
    stream: Literal["test", "live"] | None
    """Whether documents are real, where trading partners get them; None elsewhere."""
    last_delivered: dt.datetime | None
    cause: str
    """What the first of those hangs on that have failed or are in doubt."""
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStanding:
    feed: Feed
    connection: Connection
    flows: tuple[Flow, ...]
    """The switched-on flows that take from it."""
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStanding:
    connection: Connection
    is_called: bool
    """Whether it works, as far as is known, and is called."""
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """All of a tenant."""

    connections: list[ConnectionStanding]
    feeds: list[FeedStanding]
    flows: list[FlowStanding]


@dataclass(frozen=True, slots=True)
class _Issues:
    """Open issues, counted by connection and flow."""

    counts: tuple[tuple[int | None, int | None, int], ...]

    def of(self, *, connection: int | None, flows: Iterable[int]) -> int:
        """Those of the connection, and those of the flows, each once."""
        wanted = set(flows)
        return sum(n for at, flow, n in self.counts if (at is not None and at == connection) or flow in wanted)


def standings(tenant: Tenant) -> Standings:
    """How far everything of the tenant is."""
    now = db_now()
    statuses = flow_statuses(tenant, with_runs=False)
    open_issues = Issue.objects.filter(tenant=tenant, status=Issue.Status.OPEN).order_by()
    counted = open_issues.values_list("connection", "flow").annotate(n=Count("pk"))
    issues = _Issues(tuple((at, flow, n) for at, flow, n in counted))
    connections = list(Connection.objects.filter(tenant=tenant).defer("secrets", "settings", "check_steps"))
    connections.sort(key=lambda c: c.key)
    feeds = Feed.objects.filter(tenant=tenant).order_by("connection__key", "key")
    return Standings(
        flows=_flows(statuses, issues, now),
        feeds=_feeds(list(feeds), {c.pk: c for c in connections}, statuses, issues, now),
        connections=_connections(tenant, connections, list(feeds), statuses, issues, now),
    )


def flows_delivered_until(tenant: Tenant, flows: Sequence[int]) -> dict[int, tuple[Feed | None, DeliveredUntil]]:
    """The feeds of flows, and up to when each has delivered, in a number of queries that does not depend on how many
    there are. Flows that this release does not know are left out."""
    statuses = flow_statuses(tenant, Flow.objects.filter(pk__in=flows), with_runs=False)
    causes = _causes([s.flow.pk for s in statuses if s.stuck])
    return {s.flow.pk: (s.feed, DeliveredUntil(s.until, s.stuck, causes.get(s.flow.pk, ""))) for s in statuses}


def _flows(statuses: Sequence[FlowStatus], issues: _Issues, now: dt.datetime) -> list[FlowStanding]:
    causes = _causes([s.flow.pk for s in statuses if s.stuck])
    return [
        FlowStanding(
            flow=s.flow,
            feed=s.feed,
            condition=s.condition,
            stream=_stream(s.flow),
            last_delivered=s.last_success,
            cause=causes.get(s.flow.pk, ""),
            standing=_standing([s.feed] if s.feed else [], [s], issues.of(connection=None, flows=[s.flow.pk]), now),
        )
        for s in statuses
    ]


def _feeds(
    feeds: Sequence[Feed],
    connections: dict[int, Connection],
    statuses: Sequence[FlowStatus],
    issues: _Issues,
    now: dt.datetime,
) -> list[FeedStanding]:
    found = []
    for feed in feeds:
        takers = [s for s in statuses if s.feed is not None and s.feed.pk == feed.pk and s.condition != "off"]
        number = issues.of(connection=None, flows=[s.flow.pk for s in takers])
        found.append(
            FeedStanding(
                feed=feed,
                connection=connections[feed.connection_id],
                flows=tuple(s.flow for s in takers),
                standing=_standing([feed], takers, number, now),
            )
        )
    return found


def _connections(
    tenant: Tenant,
    connections: Sequence[Connection],
    feeds: Sequence[Feed],
    statuses: Sequence[FlowStatus],
    issues: _Issues,
    now: dt.datetime,
) -> list[ConnectionStanding]:
    broken, found = broken_connections(tenant), []
    for row in connections:
        there = [s for s in statuses if row.pk in (s.source.pk, s.target.pk) and s.condition != "off"]
        read_here = [f for f in feeds if f.connection_id == row.pk and f.enabled]
        number = issues.of(connection=row.pk, flows=[s.flow.pk for s in there])
        standing = _standing(read_here, there, number, now)
        found.append(
            ConnectionStanding(connection=row, is_called=row.enabled and row.pk not in broken, standing=standing)
        )
    return found


def _standing(feeds: Sequence[Feed], flows: Sequence[FlowStatus], issues: int, now: dt.datetime) -> Standing:
    cursor = min((f.read_until for f in feeds if f.read_until is not None), default=None)
    until = min((s.until for s in flows if s.until is not None), default=cursor)
    return Standing(
        cursor=cursor,
        delivered_until=until,
        lag_seconds=max(0, int((now - until).total_seconds())) if until is not None else None,
        under_way=sum(s.moving for s in flows),
        failed=sum(s.failed for s in flows),
        in_doubt=sum(s.in_doubt for s in flows),
        open_issues=issues,
    )


def _causes(flows: Sequence[int]) -> dict[int, str]:
    if not flows:
        return {}
    first = Delivery.objects.filter(flow=OuterRef("pk"), state__in=STUCK_STATES).order_by("source_modified_at", "pk")
    rows = Flow.objects.filter(pk__in=flows).annotate(cause=Subquery(first.values("reason")[:1]))
    return dict(rows.values_list("pk", "cause"))


def _stream(flow: Flow) -> Literal["test", "live"] | None:
    if not system(flow.integration.partner.system).is_network:
        return None
    return "live" if (flow.integration.settings or {}).get("stream") == "live" else "test"
