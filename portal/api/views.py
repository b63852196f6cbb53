"""What a tenant's connections, integrations, flows, feeds, runs and deliveries are doing."""

from __future__ import annotations

import django_filters
from django.core.exceptions import ValidationError as Refused
from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.models import Connection, Delivery, Feed, Flow, Integration, Issue, Record, Run, Side, State
from integrations.selectors.standing import standings
from integrations.services.feeds import pause_flow, resume_flow
from integrations.services.sides import allow_side, stop_side
from portal.api.auth import MayOperate, MayTake
from portal.api.base import Listing, NewestFirst
from portal.api.serializers import (
    ConnectionSerializer,
    DeliveryDetailSerializer,
    DeliverySerializer,
    FeedRowSerializer,
    FlowSerializer,
    IntegrationSerializer,
    IssueSerializer,
    ReasonSerializer,
    RecordSerializer,
    RunDetailSerializer,
    RunSerializer,
    StopSerializer,
    ToSerializer,
)
from portal.api.status import ConnectionStatusSerializer, FeedStatusSerializer, FlowStatusSerializer
from portal.api.taking import NO_DOCUMENT, Whatever, taken

SIDES: dict[str, Side] = {"visma": "books", "partner": "partner"}
"""What the sides are called to programs."""


class ConnectionViewSet(Listing):
    serializer_class = ConnectionSerializer
    lookup_field = "key"
    queryset = Connection._base_manager.none()
    pagination_class = None

    def get_queryset(self) -> QuerySet[Connection]:
        return Connection.objects.defer("secrets").order_by("key")

    @extend_schema(responses=ConnectionStatusSerializer, summary="How far it is")
    @action(detail=True)
    def status(self, request: Request, key: str) -> Response:
        """What is read and sent there: of its feeds the one furthest behind, of its flows the sum."""
        pk = self.get_object().pk
        row = next(c for c in standings(self.tenant).connections if c.connection.pk == pk)
        return Response(ConnectionStatusSerializer(row).data)


class IntegrationViewSet(Listing):
    serializer_class = IntegrationSerializer
    lookup_field = "key"
    queryset = Integration._base_manager.none()
    pagination_class = None

    def get_queryset(self) -> QuerySet[Integration]:
        rows = Integration.objects.select_related("books", "partner").order_by("key")
        return rows.defer("books__secrets", "books__check_steps", "partner__secrets", "partner__check_steps")

    @extend_schema(
        request=StopSerializer, responses={200: IntegrationSerializer, 400: dict}, summary="Stop a direction"
    )
    @action(detail=True, methods=["post"], permission_classes=[MayOperate])
    def stop(self, request: Request, key: str) -> Response:
        """Nothing goes to that system by this integration until it is allowed. Reading goes on, and so does the other
        direction; what is on its way at this moment still goes. Needs a reason."""
        row = self.get_object()
        asked = StopSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        side, reason = SIDES[asked.validated_data["to"]], asked.validated_data["reason"]
        try:
            stop_side(row, side, reason=reason, actor=None, actor_name=self.caller)
        except Refused as refused:
            raise ValidationError({"reason": refused.messages}) from refused
        return Response(IntegrationSerializer(self.get_object()).data)

    @extend_schema(request=ToSerializer, responses={200: IntegrationSerializer, 400: dict}, summary="Allow a direction")
    @action(detail=True, methods=["post"], permission_classes=[MayOperate])
    def allow(self, request: Request, key: str) -> Response:
        """What waited goes by itself, in its order."""
        row = self.get_object()
        asked = ToSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        allow_side(row, SIDES[asked.validated_data["to"]], actor=None, actor_name=self.caller)
        return Response(IntegrationSerializer(self.get_object()).data)


class FlowViewSet(Listing):
    serializer_class = FlowSerializer
    queryset = Flow._base_manager.none()
    pagination_class = None

    def get_queryset(self) -> QuerySet[Flow]:
        return Flow.objects.select_related("integration", "tenant").order_by("integration__key", "key")

    @extend_schema(responses=FlowStatusSerializer, summary="How far it is")
    @action(detail=True)
    def status(self, request: Request, pk: str) -> Response:
        """Cursor, delivered until, lag, and what is open."""
        wanted = self.get_object().pk
        row = next((f for f in standings(self.tenant).flows if f.flow.pk == wanted), None)
        if row is None:
            raise NotFound("This release does not know that flow.")
        return Response(FlowStatusSerializer(row).data)

    @extend_schema(request=ReasonSerializer, responses={200: FlowSerializer, 400: dict}, summary="Pause it")
    @action(detail=True, methods=["post"], permission_classes=[MayOperate])
    def pause(self, request: Request, pk: str) -> Response:
        """Stops sending; what changes is captured on, and waits. Needs a reason."""
        flow = self.get_object()
        asked = ReasonSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            pause_flow(flow, reason=asked.validated_data["reason"], actor=None, actor_name=self.caller)
        except Refused as refused:
            raise ValidationError({"reason": refused.messages}) from refused
        return Response(FlowSerializer(self.get_object()).data)

    @extend_schema(request=None, responses=FlowSerializer, summary="Let it send again")
    @action(detail=True, methods=["post"], permission_classes=[MayOperate])
    def resume(self, request: Request, pk: str) -> Response:
        """What waited goes by itself."""
        resume_flow(self.get_object(), actor=None, actor_name=self.caller)
        return Response(FlowSerializer(self.get_object()).data)


class FeedViewSet(Listing):
    """What is read: each stream of changes of a system once, for all flows that take from it."""

    serializer_class = FeedRowSerializer
    queryset = Feed._base_manager.none()
    pagination_class = None

    def get_queryset(self) -> QuerySet[Feed]:
        rows = Feed.objects.select_related("connection").order_by("connection__key", "key")
        return rows.defer("connection__secrets", "connection__settings", "connection__check_steps")

    @extend_schema(responses=FeedStatusSerializer, summary="How far it is")
    @action(detail=True)
    def status(self, request: Request, pk: str) -> Response:
        """Cursor, delivered until, lag, and what is open in the flows that take from it."""
        wanted = self.get_object().pk
        row = next(f for f in standings(self.tenant).feeds if f.feed.pk == wanted)
        return Response(FeedStatusSerializer(row).data)


class RunFilter(django_filters.FilterSet):  # type: ignore[misc]
    feed = django_filters.CharFilter(field_name="feed__key")
    connection = django_filters.CharFilter(field_name="feed__connection__key")
    outcome = django_filters.ChoiceFilter(choices=Run.Outcome.choices)


class RunViewSet(Listing):
    serializer_class = RunSerializer
    filterset_class = RunFilter
    pagination_class = NewestFirst
    queryset = Run._base_manager.none()

    def get_serializer_class(self) -> type[RunSerializer]:
        return RunDetailSerializer if self.action == "retrieve" else RunSerializer

    def get_queryset(self) -> QuerySet[Run]:
        rows = Run.objects.select_related("feed__connection").defer("feed__history", "feed__resume")
        return rows.defer("feed__connection__secrets", "feed__connection__settings", "feed__connection__check_steps")


class DeliveryFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = django_filters.MultipleChoiceFilter(choices=State.choices)
    flow = django_filters.CharFilter(field_name="flow__key", help_text="As purchase-orders.")
    integration = django_filters.CharFilter(field_name="integration__key")
    business_number = django_filters.CharFilter(field_name="business_number", help_text="Exactly, as 500001.")


class DeliveryViewSet(Listing):
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    pagination_class = NewestFirst
    queryset = Delivery._base_manager.none()

    def get_serializer_class(self) -> type[DeliverySerializer]:
        return DeliveryDetailSerializer if self.action == "retrieve" else DeliverySerializer

    def get_queryset(self) -> QuerySet[Delivery]:
        rows = Delivery.objects.select_related("flow__integration", "integration")
        if self.action == "pdf":
            return rows.select_related("transaction_set__interchange")
        return rows.prefetch_related("attempts") if self.action == "retrieve" else rows

    @extend_schema(responses={(200, "application/pdf"): bytes, **NO_DOCUMENT}, summary="Its document on paper")
    @action(detail=True, permission_classes=[MayTake], content_negotiation_class=Whatever)
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The EDI document of the delivery on paper; 404 with a sentence where it has none that can be read. Needs a
        key that may operate; leaves a line in the audit trail."""
        row = self.get_object().transaction_set
        if row is None:
            raise NotFound("This delivery carries no EDI document.")
        return taken(row, "PDF", caller=self.caller)


class IssueFilter(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.MultipleChoiceFilter(choices=Issue.Status.choices)
    who = django_filters.ChoiceFilter(choices=Issue.Who.choices, help_text="Who has to act.")
    flow = django_filters.CharFilter(field_name="flow__key", help_text="As purchase-orders.")
    connection = django_filters.CharFilter(field_name="connection__key")
    error_class = django_filters.CharFilter()


class IssueViewSet(Listing):
    """Problems, each once however many records it hits."""

    serializer_class = IssueSerializer
    filterset_class = IssueFilter
    pagination_class = NewestFirst
    queryset = Issue._base_manager.none()

    def get_queryset(self) -> QuerySet[Issue]:
        return Issue.objects.select_related("flow__integration", "integration", "connection")


class RecordFilter(django_filters.FilterSet):  # type: ignore[misc]
    feed = django_filters.CharFilter(field_name="feed__key")
    connection = django_filters.CharFilter(field_name="feed__connection__key")
    business_number = django_filters.CharFilter(help_text="Exactly, as 500001.")


class RecordViewSet(Listing):
    """What was read, version by version, without its content."""

    serializer_class = RecordSerializer
    filterset_class = RecordFilter
    pagination_class = NewestFirst
    queryset = Record._base_manager.none()

    def get_queryset(self) -> QuerySet[Record]:
        return Record.objects.select_related("feed__connection")
