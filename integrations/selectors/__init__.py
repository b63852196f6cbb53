"""Reads that admin, portal, API and command line share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _

from edi.models import Agreement, Direction, PartnerNumber, TradingPartner
from integrations.engine import parents
from integrations.engine.deliver import UNMAPPED
from integrations.engine.equation import Term as Term
from integrations.engine.equation import read_equation as read_equation
from integrations.flows.contract import FlowSpec
from integrations.flows.registry import all_flows
from integrations.flows.sides import said as said_of_side
from integrations.http import budget
from integrations.models import OPEN_STATES, Breaker, Connection, Delivery, Feed, Flow, Issue, RateBudget, Run, State
from integrations.selectors.stops import Stop, all_stops
from integrations.systems.registry import system
from portal.common.clock import db_now
from portal.common.language import spoken
from portal.tenants.models import Tenant


@dataclass(slots=True)
class FlowCounts:
    """Deliveries of a flow by what became of them, and what its feed read."""

    flow: str
    tenant: str
    read: int = 0
    delivered: int = 0
    unchanged: int = 0
    waiting: int = 0
    failed: int = 0
    in_doubt: int = 0
    no_effect: int = 0
    superseded: int = 0
    calls: int = 0
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def count_flows(tenants: Iterable[Tenant], *, since: dt.datetime | None = None) -> list[FlowCounts]:
    """A line per switched-on flow. `since`: only runs and deliveries from then on. Waiting counts all that is under
    way."""
    flows = Flow.objects.filter(tenant__in=list(tenants), enabled=True, integration__enabled=True)
    return [
        _count(flow, since)
        for flow in flows.select_related("integration", "tenant").order_by("tenant__name", "integration__name", "key")
    ]


def _count(flow: Flow, since: dt.datetime | None) -> FlowCounts:
    feed = feed_of(flow, all_flows()[flow.full_key])
    deliveries = Delivery.objects.filter(flow=flow)
    runs = Run.objects.filter(feed=feed) if feed else Run.objects.none()
    if since is not None:
        deliveries, runs = deliveries.filter(created_at__gte=since), runs.filter(started_at__gte=since)
    states = dict(deliveries.order_by().values_list("state").annotate(n=Count("id")))
    totals = runs.aggregate(read=Sum("read"), unchanged=Sum("unchanged"), calls=Sum("calls"))
    span = deliveries.aggregate(first=Min("created_at"), last=Max("closed_at"))
    counts = FlowCounts(flow.full_key, flow.tenant.slug)
    counts.read, counts.unchanged, counts.calls = totals["read"] or 0, totals["unchanged"] or 0, totals["calls"] or 0
    if feed and since is not None and feed.last_read_at and feed.last_read_at >= since and feed.last_run_id is None:
        # A read that found nothing new has no run; what it looked at and what it cost stands on the feed.
        counts.read += feed.last_items
        counts.unchanged += feed.last_items
        counts.calls += feed.last_calls
    counts.delivered = states.get(State.DELIVERED, 0)
    counts.failed, counts.in_doubt = states.get(State.FAILED, 0), states.get(State.IN_DOUBT, 0)
    counts.no_effect, counts.superseded = states.get(State.NO_EFFECT, 0), states.get(State.SUPERSEDED, 0)
    under_way = (State.WAITING, State.PENDING, State.SENDING, State.ACCEPTED)
    counts.waiting = sum(states.get(s, 0) for s in under_way)
    if span["first"] and span["last"]:
        counts.seconds = round((span["last"] - span["first"]).total_seconds(), 1)
    return counts


def feed_of(flow: Flow, spec: FlowSpec) -> Feed | None:
    """The feed that a flow takes from, None before it was made."""
    connection = flow.integration.books_id if spec.source == "books" else flow.integration.partner_id
    return Feed.objects.filter(connection_id=connection, key=spec.feed).first()


@dataclass(frozen=True, slots=True)
class DeliveredUntil:
    """All that changed at the source before `at` has been delivered, apart from `older` deliveries that hang."""

    at: dt.datetime | None
    older: int
    cause: str


def delivered_until(flow: Flow) -> DeliveredUntil:
    """Computed, not stored: the oldest source time among open deliveries, or the cursor when nothing is open."""
    feed = feed_of(flow, all_flows()[flow.full_key])
    cursor = feed.read_until if feed else None
    stuck = Delivery.objects.filter(flow=flow, state__in=[State.FAILED, State.IN_DOUBT])
    moving = Delivery.objects.filter(flow=flow, state__in=OPEN_STATES).exclude(state__in=[State.FAILED, State.IN_DOUBT])
    oldest = moving.aggregate(at=Min("source_modified_at"))["at"]
    first = stuck.order_by("source_modified_at").first()
    return DeliveredUntil(
        min((m for m in (cursor, oldest) if m), default=None), stuck.count(), first.reason if first else ""
    )


@dataclass(slots=True)
class TenantHealth:
    """How a tenant is: worst first is a sort by `badness`."""

    tenant: Tenant
    issues: int = 0
    oldest_issue: dt.datetime | None = None
    failed: int = 0
    in_doubt: int = 0
    due: int = 0
    overdue_acknowledgments: int = 0
    broken_connections: list[str] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    """Directions of integrations that somebody has stopped."""
    last_delivered: dt.datetime | None = None

    @property
    def badness(self) -> tuple[int, int, int, int]:
        return (len(self.broken_connections), self.in_doubt, self.failed, self.issues)


def tenant_health() -> list[TenantHealth]:
    """All tenants, worst first."""
    from edi.models import TransactionSet

    rows = {t.pk: TenantHealth(t) for t in Tenant.objects.all()}
    for r in (
        Issue.objects.filter(status=Issue.Status.OPEN)
        .order_by()
        .values("tenant")
        .annotate(n=Count("id"), oldest=Min("first_seen_at"))
    ):
        rows[r["tenant"]].issues, rows[r["tenant"]].oldest_issue = r["n"], r["oldest"]
    open_rows = (
        Delivery.objects.filter(tenant__in=list(rows), state__in=OPEN_STATES)  # the index begins with the tenant
        .order_by()
        .values("tenant")
        .annotate(
            failed=Count("id", filter=Q(state=State.FAILED)),
            doubt=Count("id", filter=Q(state=State.IN_DOUBT)),
            due=Count("id", filter=Q(state__in=[State.PENDING, State.WAITING, State.SENDING, State.ACCEPTED])),
        )
    )
    for row in open_rows:
        health = rows[row["tenant"]]
        health.failed, health.in_doubt, health.due = row["failed"], row["doubt"], row["due"]
    late = Q(acknowledged="waiting", acknowledgment_due_at__lt=db_now())  # what the next tick will find
    for condition in (Q(acknowledged="overdue"), late):
        overdue = TransactionSet.objects.filter(condition).order_by()
        for found in overdue.values("tenant").annotate(n=Count("id")):
            rows[found["tenant"]].overdue_acknowledgments += found["n"]
    for breaker in Breaker.objects.exclude(position=Breaker.Position.CLOSED).select_related("connection"):
        rows[breaker.tenant_id].broken_connections.append(breaker.connection.name)
    for connection in Connection.objects.filter(health=Connection.Health.BROKEN, enabled=True):
        names = rows[connection.tenant_id].broken_connections
        if connection.name not in names:
            names.append(connection.name)
    for stop in all_stops():
        rows[stop.integration.tenant_id].stops.append(stop)
    last = Delivery.objects.filter(tenant=OuterRef("pk"), state=State.DELIVERED).order_by("-id").values("closed_at")[:1]
    for pk, at in Tenant.objects.annotate(last_delivered=Subquery(last)).values_list("pk", "last_delivered"):
        if pk in rows:
            rows[pk].last_delivered = at
    return sorted(rows.values(), key=lambda h: (tuple(-b for b in h.badness), h.tenant.name))


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the chart."""

    start: dt.datetime
    delivered: int
    failed: int


def deliveries_per_hour(*, hours: int = 24) -> list[Hour]:
    """What was delivered and what failed in each of the last hours, oldest first."""
    now = db_now().replace(minute=0, second=0, microsecond=0)
    first = now - dt.timedelta(hours=hours - 1)
    done, bad = [0] * hours, [0] * hours
    from django.db.models.functions import TruncHour

    rows = (
        Delivery.objects.filter(since__gte=first, state__in=[State.DELIVERED, State.FAILED])
        .order_by()
        .annotate(hour=TruncHour("since", tzinfo=dt.UTC))
        .values("hour", "state")
        .annotate(n=Count("id"))
    )
    for row in rows:
        index = int((row["hour"] - first).total_seconds() // 3600)
        if 0 <= index < hours:
            (done if row["state"] == State.DELIVERED else bad)[index] += row["n"]
    return [Hour(first + dt.timedelta(hours=i), done[i], bad[i]) for i in range(hours)]


def run_equation(run: Run) -> dict[str, int]:
    """The deliveries that a run created, by state: they add up to `created`, in every case."""
    return run_equations([run.pk])[run.pk]


def run_equations(runs: Sequence[int]) -> dict[int, dict[str, int]]:
    """The same of several runs, in one query however many there are."""
    states: dict[int, dict[str, int]] = {run: {} for run in runs}
    rows = Delivery.objects.filter(run__in=runs).order_by().values_list("run", "state").annotate(n=Count("id"))
    for run, state, number in rows:
        states[run or 0][state] = number
    return {
        run: {"created": sum(found.values()), **{s.value: found.get(s.value, 0) for s in State}}
        for run, found in states.items()
    }


def count_states(deliveries: QuerySet[Delivery]) -> dict[str, int]:
    """How many of the deliveries are in each state; states without any are left out."""
    return dict(deliveries.order_by().values_list("state").annotate(n=Count("pk")))


@dataclass(frozen=True, slots=True)
class CallsLeft:
    """What is left of the calls that a source allows per window."""

    label: str
    tenant_id: int
    allowance: int | None
    left: int | None
    resets_at: dt.datetime | None
    blocked_until: dt.datetime | None
    used_up_at: dt.datetime | None = None
    """When nothing is left if calls go on as in this window so far; None when the window ends before."""

    def forecast(self, zone: str) -> str:
        """The same as a sentence, by the clocks of `zone`; "" when there is nothing to fear."""
        if self.used_up_at is None or self.resets_at is None:
            return ""
        ends, full = (moment.astimezone(ZoneInfo(zone)) for moment in (self.used_up_at, self.resets_at))
        if not self.left:
            return _("The %(n)s calls are used up; they are there again at %(full)s.") % {
                "n": intcomma(self.allowance or 0),
                "full": f"{full:%H:%M}",
            }
        return _("The %(n)s calls are used up at %(ends)s; they are there again at %(full)s.") % {
            "n": intcomma(self.allowance or 0),
            "ends": f"{ends:%H:%M}",
            "full": f"{full:%H:%M}",
        }

    @property
    def share(self) -> float:
        """Part that is left, 0 to 1; 1 where the source states no allowance."""
        if self.allowance is None or self.left is None:
            return 1.0
        return self.left / self.allowance if self.allowance else 0.0


def calls_left() -> list[CallsLeft]:
    """The allowances of all tenants, least left first."""
    now = db_now()
    return sorted((_calls_left(row, now) for row in RateBudget.objects.all()), key=lambda c: (c.share, c.label))


def calls_left_at(connection: Connection) -> CallsLeft | None:
    """What is left at one connection, None before its first call. Reads its secrets: the credential is part of what
    is counted."""
    identity = system(connection.system).budget_identity(connection)
    row = RateBudget.objects.filter(tenant_id=connection.tenant_id, key=budget.key_of(connection, identity)).first()
    return _calls_left(row, db_now()) if row else None


def _calls_left(row: RateBudget, now: dt.datetime) -> CallsLeft:
    runs = row.resets_at is not None and row.resets_at > now
    left = None if row.allowance is None else max(0, row.allowance - (row.used if runs else 0))
    blocked = row.blocked_until if row.blocked_until is not None and row.blocked_until > now else None
    return CallsLeft(
        row.label,
        row.tenant_id,
        row.allowance,
        left,
        row.resets_at if runs else None,
        blocked,
        budget.used_up_at(row, now),
    )


def children_of(delivery: Delivery) -> QuerySet[Delivery]:
    """What waits for the object that this delivery makes, oldest first."""
    spec = all_flows().get(delivery.flow.full_key)
    return parents.children_of(delivery, spec) if spec is not None else Delivery.objects.none()


def why_not_sent(delivery: Delivery) -> list[str]:
    """What keeps a pending or waiting delivery from being sent now, as sentences; empty when a worker may take it at
    once."""
    now = db_now()
    flow, integration, sink = delivery.flow, delivery.integration, delivery.sink_connection
    stopped_side = said_of_side(integration, integration.side_of(sink.pk))
    reasons = [
        (delivery.tenant.sending_stopped, _("Sending is stopped for %(tenant)s.") % {"tenant": delivery.tenant}),
        (bool(stopped_side), stopped_side),
        (not flow.enabled, _("The flow %(flow)s is switched off.") % {"flow": flow}),
        (
            bool(flow.paused_reason),
            _("The flow %(flow)s is paused: %(reason)s") % {"flow": flow, "reason": flow.paused_reason},
        ),
        (not integration.enabled, _("The integration %(name)s is switched off.") % {"name": integration}),
        (not sink.enabled, _("The connection %(name)s is switched off.") % {"name": sink}),
        (
            delivery.state == State.WAITING,
            _("It waits for %(what)s.") % {"what": delivery.waits_for or _("something that it refers to")},
        ),
    ]
    said = [sentence for holds, sentence in reasons if holds]
    stopped = (
        Breaker.objects.exclude(position=Breaker.Position.CLOSED).filter(connection=sink, probe_after__gt=now).first()
    )
    if stopped is not None:
        said.append(
            _("%(name)s is not called until %(time)s UTC: %(reason)s")
            % {
                "name": sink,
                "time": f"{stopped.probe_after:%H:%M:%S}",
                "reason": stopped.reason or _("it did not answer"),
            }
        )
    ahead = earlier_in_lane(delivery).first()
    if ahead is not None:
        said.append(
            _("Delivery %(pk)s of the same object (%(state)s) comes first: one object's deliveries go one by one.")
            % {"pk": ahead.pk, "state": spoken(ahead.get_state_display())}
        )
    if delivery.not_before > now:
        said.append(_("It is due at %(time)s UTC.") % {"time": f"{delivery.not_before:%Y-%m-%d %H:%M:%S}"})
    return said


def earlier_in_lane(delivery: Delivery) -> QuerySet[Delivery]:
    """Open deliveries of the same object that come before this one, the next first."""
    same = Delivery.objects.filter(integration_id=delivery.integration_id, lane=delivery.lane, state__in=OPEN_STATES)
    return same.filter(pk__lt=delivery.pk).order_by("pk")


def flows_of(feed: Feed) -> list[Flow]:
    """The switched-on flows that take from the feed."""
    found = []
    for side, path in (("books", "integration__books"), ("partner", "integration__partner")):
        flows = Flow.objects.filter(**{path: feed.connection_id}, enabled=True, integration__enabled=True)
        for flow in flows.select_related("integration").order_by("integration__name", "key"):
            spec = all_flows().get(flow.full_key)
            if spec is not None and spec.source == side and spec.feed == feed.key:
                found.append(flow)
    return found


def asked_of(delivery: Delivery) -> list[str]:
    """What a person is asked to approve, a line each; empty where nobody is asked."""
    return [str(line) for line in (delivery.approval or {}).get("asks", [])]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmappedPartner:
    """A supplier or customer of the books whose documents go nowhere, because nothing is agreed with it."""

    network: str
    """Key of the network."""
    entity: str
    number: str
    name: str
    documents: dict[str, int]
    """How many documents of each type there were."""
    stream: str
    newest: Delivery
    partner: TradingPartner | None
    """The trading partner that has this number already: only the agreement is missing."""


def unmapped_partners(tenant: Tenant, *, since: dt.datetime | None = None) -> list[UnmappedPartner]:
    """With whom something would have to be agreed for its documents to go out, the busiest first. What is agreed by
    now is left out, although its documents were not sent then. `since`: only documents from then on."""
    rows = Delivery.objects.filter(tenant=tenant, state=State.NO_EFFECT, error_class=UNMAPPED)
    if since is not None:
        rows = rows.filter(since__gte=since)
    found: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    looked_up: dict[tuple[str, ...], tuple[TradingPartner | None, bool]] = {}
    for row in rows.select_related("integration__books").order_by("-pk").iterator(chunk_size=500):
        who = row.frozen_meta
        company = str((row.integration.books.settings or {}).get("company_id", ""))
        asked = (company, *(str(value) for value in who.values()))
        if asked not in looked_up:
            looked_up[asked] = _mapped(row, who, company)
        partner, agreed = looked_up[asked]
        if agreed:
            continue
        key = (who["network"], who["entity"], who["number"], who["stream"])
        entry = found.setdefault(key, {"name": who["name"], "documents": {}, "newest": row, "partner": partner})
        kinds = entry["documents"]
        kinds[who["document_type"]] = kinds.get(who["document_type"], 0) + 1
    listed = [
        UnmappedPartner(network=network, entity=entity, number=number, stream=stream, **entry)
        for (network, entity, number, stream), entry in found.items()
    ]
    return sorted(listed, key=lambda one: (-sum(one.documents.values()), one.network, one.number))


def _mapped(row: Delivery, who: dict[str, str], company: str) -> tuple[TradingPartner | None, bool]:
    """The trading partner by that number, and whether the document is agreed with it by now."""
    numbers = PartnerNumber.objects.filter(
        tenant_id=row.tenant_id, company=company, entity=who["entity"], number=who["number"]
    )
    known = numbers.select_related("partner").first()
    agreed = (
        known is not None
        and Agreement.objects.filter(
            partner=known.partner,
            document_type=who["document_type"],
            direction=Direction.OUT,
            stream=who["stream"],
            network__key=who["network"],
            active=True,
        ).exists()
    )
    return (known.partner if known is not None else None), agreed
