"""How far everything is: the tenant, each connection, each feed and each flow, with cursor, delivered-until, lag, open
issues and what is in doubt."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from edi.models import Stream
from integrations.models import Issue
from integrations.selectors.standing import standings
from portal.api.base import ScopedView
from portal.common.installation import installation

CONDITIONS = (
    ("healthy", "healthy"),
    ("off", "switched off"),
    ("connection_off", "one of its connections is switched off"),
    ("stopped", "a person has stopped all sending, or what goes to the system to which it goes"),
    ("paused", "paused"),
    ("broken", "one of its connections does not work"),
    ("reading_fails", "its feed cannot be read"),
    ("needs_you", "the customer has to act"),
    ("needs_others", "somebody else has to act"),
    ("in_doubt", "something is in doubt"),
)


class StandingSerializer(serializers.Serializer[Any]):
    cursor = serializers.DateTimeField(
        allow_null=True, source="standing.cursor", help_text="All that changed in the source before has been read."
    )
    delivered_until = serializers.DateTimeField(
        allow_null=True,
        source="standing.delivered_until",
        help_text="All that changed in the source before is settled, apart from what failed or is in doubt.",
    )
    lag_seconds = serializers.IntegerField(
        allow_null=True, source="standing.lag_seconds", help_text="Since delivered_until; null: nothing was read yet."
    )
    under_way = serializers.IntegerField(
        source="standing.under_way", help_text="Waiting, pending, on the way or awaiting a verdict."
    )
    failed = serializers.IntegerField(source="standing.failed")
    in_doubt = serializers.IntegerField(source="standing.in_doubt", help_text="Whether they arrived is not known.")
    open_issues = serializers.IntegerField(source="standing.open_issues")


class ConnectionStatusSerializer(StandingSerializer):
    connection = serializers.CharField(source="connection.key")
    system = serializers.CharField(source="connection.system")
    works = serializers.BooleanField(source="is_called", help_text="Switched on, called, and no test failed.")


class FeedStatusSerializer(StandingSerializer):
    id = serializers.IntegerField(source="feed.pk")
    feed = serializers.CharField(source="feed.key")
    connection = serializers.CharField(source="connection.key")
    enabled = serializers.BooleanField(source="feed.enabled")
    paused_reason = serializers.CharField(source="feed.paused_reason", allow_blank=True)
    last_read_at = serializers.DateTimeField(source="feed.last_read_at", allow_null=True)
    last_change_at = serializers.DateTimeField(source="feed.last_change_at", allow_null=True)
    due_at = serializers.DateTimeField(source="feed.due_at", allow_null=True, help_text="The next read.")
    failures = serializers.IntegerField(source="feed.failures", help_text="Failed reads in a row.")
    last_problem = serializers.CharField(source="feed.last_problem", allow_blank=True)
    flows = serializers.SerializerMethodField(help_text="The flows that take from it.")

    def get_flows(self, row: Any) -> list[str]:
        return [flow.full_key for flow in row.flows]


class FlowStatusSerializer(StandingSerializer):
    id = serializers.IntegerField(source="flow.pk")
    flow = serializers.CharField(source="flow.full_key")
    integration = serializers.CharField(source="flow.integration.key")
    feed = serializers.IntegerField(source="feed.pk", default=None, allow_null=True)
    condition = serializers.ChoiceField(choices=CONDITIONS)
    stream = serializers.ChoiceField(
        choices=Stream.choices,
        allow_null=True,
        help_text="Of documents for trading partners; null where there are none.",
    )
    last_delivered = serializers.DateTimeField(allow_null=True)
    cause = serializers.CharField(allow_blank=True, help_text="What the first that hangs hangs on.")


class StatusSerializer(serializers.Serializer[Any]):
    tenant = serializers.CharField()
    healthy = serializers.BooleanField(help_text="No open issue, nothing failed or in doubt, every connection works.")
    open_issues = serializers.IntegerField()
    in_doubt = serializers.IntegerField()
    failed = serializers.IntegerField()
    sending_stopped = serializers.BooleanField()
    worker_seen_at = serializers.DateTimeField(allow_null=True)
    connections = ConnectionStatusSerializer(many=True)
    feeds = FeedStatusSerializer(many=True)
    flows = FlowStatusSerializer(many=True)


class StatusView(ScopedView):
    @extend_schema(responses=StatusSerializer, summary="How the tenant is", operation_id="status")
    def get(self, request: Request) -> Response:
        """In one answer: every connection, feed and switched-on flow."""
        tenant, found = self.tenant, standings(self.tenant)
        flows = [f for f in found.flows if f.flow.enabled and f.flow.integration.enabled]
        issues = Issue.objects.filter(status=Issue.Status.OPEN).count()
        failed, in_doubt = (sum(getattr(f.standing, name) for f in found.flows) for name in ("failed", "in_doubt"))
        broken = any(c.connection.enabled and not c.is_called for c in found.connections)
        answer = {
            "tenant": tenant.slug,
            "healthy": not (issues or broken or failed or in_doubt),
            "open_issues": issues,
            "in_doubt": in_doubt,
            "failed": failed,
            "sending_stopped": tenant.sending_stopped,
            "worker_seen_at": installation().heartbeat_at,
            "connections": found.connections,
            "feeds": found.feeds,
            "flows": flows,
        }
        return Response(StatusSerializer(answer).data)
