"""What a monitoring system is told: read from the tables each time it asks, so that it is the same on every host and
after every restart."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from django.db.models import Count, Max, Min, Sum
from django.db.models.functions import Now
from django_scopes import scopes_disabled
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from integrations.models import OPEN_STATES, Breaker, Delivery, Feed, Issue, RateBudget, State, WebhookEndpoint
from portal.audit.models import AuditEvent
from portal.common.clock import db_now
from portal.common.durations import BOUNDS
from portal.common.installation import installation, release
from portal.common.models import Duration


class Connector(Collector):
    """All figures, in a fixed number of queries however many tenants there are."""

    def collect(self) -> Iterator[GaugeMetricFamily | HistogramMetricFamily]:
        with scopes_disabled():
            yield from self._installation()
            yield from self._deliveries()
            yield from self._feeds()
            yield from self._rest()
            yield from self._durations()

    def _durations(self) -> Iterator[HistogramMetricFamily]:
        families = {
            "call": HistogramMetricFamily("connector_call_seconds", "HTTP calls of workers.", labels=["system"]),
            "read": HistogramMetricFamily("connector_read_seconds", "Reads of feeds, by source.", labels=["system"]),
            "delivery": HistogramMetricFamily(
                "connector_delivery_seconds", "Tries of deliveries with all their calls, by target.", labels=["system"]
            ),
        }
        ends = [*map(str, BOUNDS), "+Inf"]
        for row in Duration.objects.order_by("kind", "system"):
            if row.kind in families and len(row.counts) == len(ends):  # another release may have other ones
                buckets = list(zip(ends, itertools.accumulate(row.counts), strict=True))
                families[row.kind].add_metric([row.system], buckets=buckets, sum_value=row.seconds)
        yield from families.values()

    def _installation(self) -> Iterator[GaugeMetricFamily]:
        row, now = installation(), db_now()
        info = GaugeMetricFamily("connector_info", "The release that answers.", labels=["release"])
        info.add_metric([release()], 1)
        yield info
        age = (now - row.heartbeat_at).total_seconds() if row.heartbeat_at else float("inf")
        yield GaugeMetricFamily("connector_heartbeat_age_seconds", "Since a worker last showed itself.", value=age)

    def _deliveries(self) -> Iterator[GaugeMetricFamily]:
        states = GaugeMetricFamily("connector_deliveries", "Open deliveries.", labels=["tenant", "state"])
        found = Delivery.objects.filter(state__in=OPEN_STATES).values_list("tenant__slug", "state")
        for tenant, state, number in found.annotate(number=Count("pk")).order_by("tenant__slug", "state"):
            states.add_metric([tenant, state], number)
        yield states
        due = GaugeMetricFamily("connector_deliveries_due", "Pending and due, for some time or not.", labels=["tenant"])
        oldest = GaugeMetricFamily(
            "connector_oldest_due_seconds", "How long the oldest has been due.", labels=["tenant"]
        )
        rows = Delivery.objects.filter(state=State.PENDING, not_before__lte=Now()).values_list("tenant__slug")
        now = db_now()
        for tenant, number, since in rows.annotate(number=Count("pk"), since=Min("not_before")).order_by(
            "tenant__slug"
        ):
            due.add_metric([tenant], number)
            oldest.add_metric([tenant], (now - since).total_seconds())
        yield due
        yield oldest

    def _feeds(self) -> Iterator[GaugeMetricFamily]:
        lag = GaugeMetricFamily(
            "connector_feed_lag_seconds", "Since the moment up to which a feed has read.", labels=["tenant", "feed"]
        )
        now = db_now()
        rows = Feed.objects.filter(enabled=True)
        for tenant, connection, key, until in rows.values_list("tenant__slug", "connection__key", "key", "read_until"):
            if until is not None:
                lag.add_metric([tenant, f"{connection}/{key}"], (now - until).total_seconds())
        yield lag

    def _rest(self) -> Iterator[GaugeMetricFamily]:
        issues = GaugeMetricFamily("connector_issues", "Open issues, by who acts.", labels=["tenant", "who"])
        found = Issue.objects.filter(status=Issue.Status.OPEN).values_list("tenant__slug", "who")
        for tenant, who, number in found.annotate(number=Count("pk")).order_by("tenant__slug", "who"):
            issues.add_metric([tenant, who], number)
        yield issues
        used = GaugeMetricFamily("connector_budget_used", "Calls of this window.", labels=["tenant", "budget"])
        allowance = GaugeMetricFamily("connector_budget_allowance", "Calls a window.", labels=["tenant", "budget"])
        rows = RateBudget.objects.values_list("tenant__slug", "label").annotate(sum=Sum("used"), most=Max("allowance"))
        for tenant, label, spent, most in rows.order_by("tenant__slug", "label"):
            used.add_metric([tenant, label], spent)
            if most is not None:
                allowance.add_metric([tenant, label], most)
        yield used
        yield allowance
        stopped = GaugeMetricFamily("connector_connections_stopped", "Not called until a probe.", labels=["tenant"])
        breakers = Breaker.objects.exclude(position=Breaker.Position.CLOSED).values_list("tenant__slug")
        for tenant, number in breakers.annotate(number=Count("pk")).order_by("tenant__slug"):
            stopped.add_metric([tenant], number)
        yield stopped
        refused = GaugeMetricFamily("connector_webhooks_refused", "Since the address was made.", labels=["tenant"])
        endpoints = WebhookEndpoint.objects.filter(refused__gt=0).values_list("tenant__slug")
        for tenant, number in endpoints.annotate(number=Sum("refused")).order_by("tenant__slug"):
            refused.add_metric([tenant], number)
        yield refused
        unsealed = GaugeMetricFamily("connector_audit_unsealed", "Audit events without a seal.", labels=["tenant"])
        events = AuditEvent.objects.filter(seal=None).values_list("tenant__slug")
        for tenant, number in events.annotate(number=Count("pk")).order_by("tenant__slug"):
            unsealed.add_metric([tenant], number)
        yield unsealed
