"""Shapes of the API's answers. They name fields one by one: a new column is never published by accident."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from integrations.flows.registry import all_flows
from integrations.models import Attempt, Connection, Delivery, Feed, Flow, Integration, Issue, Record, Run
from integrations.selectors import DeliveredUntil, read_equation, run_equation, run_equations
from integrations.selectors.standing import flows_delivered_until


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457, application/problem+json."""

    type = serializers.CharField(help_text="about:blank: the status says what kind of problem it is.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A sentence: what was asked for, and why there is none.")
    errors = serializers.DictField(  # type: ignore[assignment]  # a name of RFC 9457's, and of the class's own
        required=False, help_text="What is wrong with which member of what was sent."
    )


class ReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)


class ConnectionSerializer(serializers.ModelSerializer[Connection]):
    class Meta:
        model = Connection
        fields = ["key", "system", "name", "enabled", "health", "checked_at"]


class FeedSerializer(serializers.ModelSerializer[Feed]):
    class Meta:
        model = Feed
        fields = [
            "key",
            "enabled",
            "paused_reason",
            "read_until",
            "due_at",
            "last_read_at",
            "last_change_at",
            "last_problem",
        ]


class FeedRowSerializer(FeedSerializer):
    connection = serializers.CharField(source="connection.key")

    class Meta(FeedSerializer.Meta):
        fields = ["id", "connection", *FeedSerializer.Meta.fields]


class DeliveredUntilSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(
        allow_null=True, help_text="All that changed in the source before this has been delivered."
    )
    older = serializers.IntegerField(help_text="Apart from so many that hang.")
    cause = serializers.CharField(help_text="What the first of them hangs on.")


def _beside(serializer: serializers.BaseSerializer[Any]) -> dict[str, Any]:
    """What was looked up for all rows of an answer."""
    return cast("dict[str, Any]", serializer.context)


class FlowListSerializer(serializers.ListSerializer[Flow]):
    """Looks up what stands beside the flows once for all of them."""

    def to_representation(self, data: Any) -> list[Any]:
        rows = list(data)
        if rows:
            _beside(self)["how_far"] = flows_delivered_until(rows[0].tenant, [row.pk for row in rows])
        return super().to_representation(rows)


class FlowSerializer(serializers.ModelSerializer[Flow]):
    key = serializers.CharField(source="full_key", help_text="As visma-cleo.purchase-orders.")
    integration = serializers.CharField(source="integration.key")
    direction = serializers.SerializerMethodField()
    feed = serializers.SerializerMethodField()
    delivered_until = serializers.SerializerMethodField()

    class Meta:
        model = Flow
        list_serializer_class = FlowListSerializer
        fields = ["id", "key", "integration", "direction", "enabled", "paused_reason", "feed", "delivered_until"]

    def get_direction(self, flow: Flow) -> str:
        spec = all_flows().get(flow.full_key)
        return spec.direction if spec else ""

    @extend_schema_field(FeedSerializer(allow_null=True))
    def get_feed(self, flow: Flow) -> dict[str, Any] | None:
        feed, _ = self._how_far(flow)
        return dict(FeedSerializer(feed).data) if feed else None

    @extend_schema_field(DeliveredUntilSerializer)
    def get_delivered_until(self, flow: Flow) -> dict[str, Any]:
        _, until = self._how_far(flow)
        return {"at": until.at, "older": until.older, "cause": until.cause}

    def _how_far(self, flow: Flow) -> tuple[Feed | None, DeliveredUntil]:
        known: dict[int, tuple[Feed | None, DeliveredUntil]] = _beside(self).setdefault("how_far", {})
        if flow.pk not in known:
            known |= flows_delivered_until(flow.tenant, [flow.pk])
        return known.get(flow.pk, (None, DeliveredUntil(None, 0, "")))


class IntegrationSerializer(serializers.ModelSerializer[Integration]):
    visma = serializers.CharField(source="books.key")
    partner = serializers.CharField(source="partner.key")
    visma_stopped = serializers.CharField(
        source="books_stopped", help_text="Why nothing is written into Visma.net by it; empty: it is."
    )
    partner_stopped = serializers.CharField(help_text="Why nothing goes to the partner by it; empty: it goes.")

    class Meta:
        model = Integration
        fields = ["key", "pair", "name", "enabled", "visma", "partner", "visma_stopped", "partner_stopped"]


class ToSerializer(serializers.Serializer[Any]):
    to = serializers.ChoiceField(choices=[("visma", "Visma.net"), ("partner", "the partner's system")])


class StopSerializer(ToSerializer):
    reason = serializers.CharField(max_length=300)


class RunListSerializer(serializers.ListSerializer[Run]):
    """Counts the deliveries of all runs at once."""

    def to_representation(self, data: Any) -> list[Any]:
        rows = list(data)
        _beside(self)["made"] = run_equations([row.pk for row in rows])
        return super().to_representation(rows)


class RunSerializer(serializers.ModelSerializer[Run]):
    feed = serializers.CharField(source="feed.key")
    connection = serializers.CharField(source="feed.connection.key")
    deliveries = serializers.SerializerMethodField(
        help_text="Deliveries that it made, by state; they add up to `created`."
    )

    class Meta:
        model = Run
        list_serializer_class = RunListSerializer
        fields = [
            "id",
            "feed",
            "connection",
            "kind",
            "outcome",
            "trigger",
            "window_from",
            "window_to",
            "started_at",
            "ended_at",
            "pages",
            "read",
            "unchanged",
            "captured",
            "history",
            "unrouted",
            "calls",
            "problem",
            "deliveries",
        ]

    def get_deliveries(self, run: Run) -> dict[str, int]:
        made: dict[str, int] | None = self.context.get("made", {}).get(run.pk)
        return made if made is not None else run_equation(run)


class EquationSerializer(serializers.Serializer[Any]):
    read = serializers.IntegerField()
    terms = serializers.DictField(
        child=serializers.IntegerField(), help_text="What became of it: every item in one of them."
    )
    adds_up = serializers.BooleanField(help_text="Whether the terms come to what was read; they always do.")


class RunDetailSerializer(RunSerializer):
    equation = serializers.SerializerMethodField(help_text="What became of everything that was read.")

    class Meta(RunSerializer.Meta):
        fields = [*RunSerializer.Meta.fields, "equation"]

    @extend_schema_field(EquationSerializer)
    def get_equation(self, run: Run) -> dict[str, Any]:
        found = read_equation(run)
        return {"read": found.read, "terms": {t.key: t.number for t in found.terms}, "adds_up": found.adds_up}


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    class Meta:
        model = Attempt
        fields = ["number", "kind", "started_at", "closed_at", "outcome", "detail"]


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    flow = serializers.CharField(source="flow.full_key")
    integration = serializers.CharField(source="integration.key")

    class Meta:
        model = Delivery
        fields = [
            "id",
            "flow",
            "integration",
            "business_number",
            "operation",
            "purpose",
            "state",
            "since",
            "reason",
            "tries",
            "target_id",
            "not_before",
            "created_at",
            "closed_at",
            "replays",
        ]


class DeliveryDetailSerializer(DeliverySerializer):
    attempts = AttemptSerializer(many=True)

    class Meta(DeliverySerializer.Meta):
        fields = [*DeliverySerializer.Meta.fields, "lane", "source_modified_at", "evidence", "attempts"]


class IssueSerializer(serializers.ModelSerializer[Issue]):
    flow = serializers.CharField(source="flow.full_key", default=None, allow_null=True)
    integration = serializers.CharField(source="integration.key", default=None, allow_null=True)
    connection = serializers.CharField(source="connection.key", default=None, allow_null=True)

    class Meta:
        model = Issue
        fields = [
            "id",
            "status",
            "who",
            "error_class",
            "sentence",
            "remedy",
            "field",
            "flow",
            "integration",
            "connection",
            "occurrences",
            "first_seen_at",
            "last_seen_at",
            "snoozed_until",
            "resolved_at",
            "resolution",
        ]


class RecordSerializer(serializers.ModelSerializer[Record]):
    feed = serializers.CharField(source="feed.key")
    connection = serializers.CharField(source="feed.connection.key")

    class Meta:
        model = Record
        fields = [
            "id",
            "feed",
            "connection",
            "source_id",
            "business_number",
            "status",
            "modified_at",
            "captured_at",
            "is_newest",
            "problem",
        ]
