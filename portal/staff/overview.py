"""What the index says: what is broken, since when, and what to press."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.safestring import SafeString

from edi.models import TransactionSet
from integrations.admin.words import WHO
from integrations.models import Breaker, Connection, Delivery, Feed, Issue, Record
from integrations.selectors import CallsLeft, Hour, TenantHealth, calls_left, deliveries_per_hour, tenant_health
from integrations.words import flow_label, state_badge
from portal.audit.models import AuditEvent
from portal.site import all_tenants, list_url, page_link, page_url
from portal.tenants.models import Tenant

SHOWN = 8
"""Broken things on the index; the rest is one click away."""
FOUND = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number of the index, with the rows behind it."""

    label: str
    number: int
    href: str
    note: str = ""
    since: dt.datetime | None = None
    kind: str = "bad"

    @property
    def mark(self) -> str:
        return self.kind if self.number else "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One thing that is broken: what, whose, since when, and what to press."""

    what: str
    detail: str
    tenant: str
    since: dt.datetime | None
    href: str
    press: str
    who: str = ""
    test: str = ""
    """Address that the button posts to, where pressing does it at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantLine:
    """A tenant on the index."""

    health: TenantHealth
    calls: CallsLeft | None
    """The allowance of which least is left."""

    @property
    def forecast(self) -> str:
        """When that is used up, as a sentence by the tenant's clocks; "" when it is not."""
        return self.calls.forecast(self.health.tenant.time_zone) if self.calls else ""

    @property
    def needs_somebody(self) -> bool:
        stopped = self.health.tenant.sending_stopped or self.health.stops
        return any(self.health.badness) or bool(self.health.overdue_acknowledgments or stopped)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All that the index shows."""

    figures: list[Figure]
    broken: list[Broken]
    more_broken: int
    tenants: list[TenantLine]
    hours: list[Hour]
    calls: list[CallsLeft]

    @property
    def headline(self) -> str:
        """The state of the house in one sentence."""
        worst = [t for t in self.tenants if t.needs_somebody]
        if not self.tenants:
            return "There is no tenant yet."
        if not worst:
            return f"All {len(self.tenants)} tenants are well. Nothing needs somebody."
        name = worst[0].health.tenant.name
        one = "One tenant needs" if len(worst) == 1 else f"{len(worst)} of {len(self.tenants)} tenants need"
        return f"{one} somebody; the worst is {name}." if len(worst) > 1 else f"{one} somebody: {name}."


def overview() -> Overview:
    """Reads what the index shows, in a number of queries that does not depend on how many rows or tenants there are."""
    health, calls = tenant_health(), calls_left()
    least: dict[int, CallsLeft] = {}
    for left in calls:
        least.setdefault(left.tenant_id, left)
    broken = [*_connections(), *_feeds(), *_issues()]
    return Overview(
        figures=_figures(health),
        broken=broken[:SHOWN],
        more_broken=max(0, len(broken) - SHOWN),
        tenants=[TenantLine(health=h, calls=least.get(h.tenant.pk)) for h in health],
        hours=deliveries_per_hour(),
        calls=[c for c in calls if c.allowance is not None][:SHOWN],
    )


def _figures(health: list[TenantHealth]) -> list[Figure]:
    oldest = min((h.oldest_issue for h in health if h.oldest_issue), default=None)
    return [
        Figure(
            label="Broken connections",
            number=sum(len(h.broken_connections) for h in health),
            href=list_url(Connection, state="broken"),
            note="not called, or the live test failed",
        ),
        Figure(
            label="In doubt",
            number=sum(h.in_doubt for h in health),
            href=list_url(Delivery, state="in_doubt"),
            note="nobody knows whether they arrived",
            kind="doubt",
        ),
        Figure(
            label="Failed",
            number=sum(h.failed for h in health),
            href=list_url(Delivery, state="failed"),
            note="refused; each holds up its object",
        ),
        Figure(label="Open issues", number=sum(h.issues for h in health), href=list_url(Issue), since=oldest),
        Figure(
            label="Overdue acknowledgments",
            number=sum(h.overdue_acknowledgments for h in health),
            href=list_url(TransactionSet, acknowledged="overdue"),
            note="the partner has not answered in time",
        ),
        Figure(
            label="Under way",
            number=sum(h.due for h in health),
            href=list_url(Delivery, state="under_way"),
            note="go by themselves",
            kind="move",
        ),
    ]


def _connections() -> list[Broken]:
    rows = Connection.objects.filter(enabled=True).select_related("tenant", "breaker").defer("secrets", "settings")
    stopped = Q(breaker__position__in=[Breaker.Position.OPEN, Breaker.Position.PROBING])
    found = []
    for row in rows.filter(stopped | Q(health=Connection.Health.BROKEN)).order_by("breaker__opened_at", "pk"):
        breaker: Breaker | None = getattr(row, "breaker", None)
        is_open = breaker is not None and breaker.position != Breaker.Position.CLOSED
        failed: dict[str, Any] = next((s for s in row.check_steps or [] if not s.get("ok")), {})
        found.append(
            Broken(
                what=f"{row.name} is not called" if is_open else f"{row.name} does not work",
                detail=(breaker.reason if breaker is not None and is_open else failed.get("detail", ""))
                or "It did not answer.",
                tenant=row.tenant.name,
                since=breaker.opened_at if breaker is not None and is_open else row.checked_at,
                href=page_url(row),
                press="Test connection",
                test=f"{list_url(Connection)}act/test/?ids={row.pk}",
            )
        )
    return found


def _feeds() -> list[Broken]:
    rows = Feed.objects.filter(enabled=True, paused_reason="", failures__gt=0, connection__enabled=True)
    rows = rows.select_related("tenant", "connection").defer("connection__secrets", "connection__settings")
    stopped = Breaker.objects.exclude(position=Breaker.Position.CLOSED).values("connection")
    return [
        Broken(
            what=f"{row} cannot be read ({row.failures} times in a row)",
            detail=row.last_problem,
            tenant=row.tenant.name,
            since=row.last_read_at,
            href=page_url(row),
            press="Look",
        )
        for row in rows.exclude(connection__in=stopped).order_by("-failures", "pk")[: SHOWN + 1]
    ]


def _issues() -> list[Broken]:
    rows = Issue.objects.filter(status=Issue.Status.OPEN, tenant__in=all_tenants()).select_related(
        "tenant", "flow__integration"
    )
    return [
        Broken(
            what=row.sentence,
            detail=row.remedy,
            tenant=row.tenant.name,
            since=row.first_seen_at,
            href=page_url(row),
            press="Open",
            who=WHO[Issue.Who(row.who)],
        )
        for row in rows.defer("technical").order_by("first_seen_at", "pk")[: SHOWN * 4]
    ]


# --- Finding a number -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Rows that carry a business number, in one kind of table."""

    label: str
    rows: list[tuple[SafeString | str, SafeString | str, str, dt.datetime | None]]
    """Link, what it is, tenant, when."""
    more: str


def find(number: str) -> list[Found]:
    """Everything that carries exactly this business number, in all tenants; by their indexes, so it is quick in a
    full house."""
    number = number.strip()[:100]
    if not number:
        return []
    by = Q(tenant__in=all_tenants(), business_number=number)
    names = dict(Tenant.objects.values_list("pk", "name"))
    deliveries = (
        Delivery.objects.filter(by)
        .select_related("flow__integration")
        .order_by("-pk")
        .only("tenant", "business_number", "state", "since", "flow__key", "flow__integration__pair")
    )
    records = (
        Record.objects.filter(by)
        .select_related("feed")
        .order_by("-pk")
        .only("tenant", "business_number", "source_id", "fingerprint", "status", "captured_at", "feed__key")
    )
    sets = TransactionSet.objects.filter(by).order_by("-pk").defer("network_status")
    events = AuditEvent.objects.filter(by).order_by("-pk").defer("details")
    return [
        Found(
            label="Deliveries",
            rows=[
                (page_link(d, flow_label(d.flow)), state_badge(d.state), names[d.tenant_id], d.since)
                for d in deliveries[:FOUND]
            ],
            more=list_url(Delivery, q=number),
        ),
        Found(
            label="Records",
            rows=[(page_link(r, r.feed.key), r.status, names[r.tenant_id], r.captured_at) for r in records[:FOUND]],
            more=list_url(Record, q=number),
        ),
        Found(
            label="EDI documents",
            rows=[
                (
                    page_link(s, f"{s.set_id} {s.purpose}".strip()),
                    s.get_acknowledged_display(),
                    names[s.tenant_id],
                    s.created_at,
                )
                for s in sets[:FOUND]
            ],
            more=list_url(TransactionSet, q=number),
        ),
        Found(
            label="Audit trail",
            rows=[(page_link(e, e.action), e.summary, names[e.tenant_id], e.at) for e in events[:FOUND]],
            more=list_url(AuditEvent, q=number),
        ),
    ]
