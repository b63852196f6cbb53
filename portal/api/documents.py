"""EDI documents over the API: what was exchanged with trading partners, as values, as the text that went, on paper."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from edi.models import Acknowledgment, Direction, Stream, TransactionSet
from edi.services.printing import NotReadable
from integrations.services import paper
from portal.api.auth import MayTake
from portal.api.base import Listing, NewestFirst
from portal.api.examples import DOCUMENT_VALUES
from portal.api.taking import NO_DOCUMENT, Whatever, taken


class DocumentSerializer(serializers.ModelSerializer[TransactionSet]):
    kind = serializers.CharField(source="set_id", help_text="850, 855, 856, 810 … or ORDERS, ORDRSP, DESADV, INVOIC.")
    network = serializers.CharField(source="interchange.network.key", help_text="The connection that carried it.")
    direction = serializers.ChoiceField(source="interchange.direction", choices=Direction.choices)
    stream = serializers.ChoiceField(source="interchange.stream", choices=Stream.choices)
    standard = serializers.CharField(source="interchange.standard", help_text="X12 or EDIFACT.")
    partner = serializers.CharField(source="partner.key", default=None, allow_null=True)
    interchange_number = serializers.CharField(source="interchange.number", help_text="ISA13, or UNB 0020.")

    class Meta:
        model = TransactionSet
        fields = [
            "id",
            "kind",
            "business_number",
            "purpose",
            "direction",
            "stream",
            "standard",
            "network",
            "partner",
            "interchange_number",
            "control_number",
            "network_id",
            "acknowledged",
            "acknowledgment_due_at",
            "acknowledged_at",
            "response",
            "intake",
            "error_count",
            "warning_count",
            "created_at",
        ]


class AcknowledgmentSerializer(serializers.ModelSerializer[Acknowledgment]):
    class Meta:
        model = Acknowledgment
        fields = ["kind", "outcome", "code", "named", "created_at"]


class DocumentDetailSerializer(DocumentSerializer):
    acknowledgments = AcknowledgmentSerializer(many=True, help_text="What the other side said about it.")
    deliveries: Any = serializers.PrimaryKeyRelatedField(
        many=True, read_only=True, help_text="The deliveries that carry it, or were made of it."
    )

    class Meta(DocumentSerializer.Meta):
        fields = [*DocumentSerializer.Meta.fields, "acknowledgments", "deliveries"]


class DocumentFilter(django_filters.FilterSet):  # type: ignore[misc]
    kind = django_filters.CharFilter(field_name="set_id", help_text="As 850 or ORDERS.")
    business_number = django_filters.CharFilter(help_text="Exactly, as 500001.")
    direction = django_filters.ChoiceFilter(field_name="interchange__direction", choices=Direction.choices)
    stream = django_filters.ChoiceFilter(field_name="interchange__stream", choices=Stream.choices)
    network = django_filters.CharFilter(field_name="interchange__network__key")
    partner = django_filters.CharFilter(field_name="partner__key")
    acknowledged = django_filters.MultipleChoiceFilter(choices=TransactionSet.Acknowledged.choices)
    intake = django_filters.MultipleChoiceFilter(choices=TransactionSet.Intake.choices)


class DocumentViewSet(Listing):
    """Documents that were exchanged by EDI: sent and received, live and test."""

    serializer_class = DocumentSerializer
    filterset_class = DocumentFilter
    pagination_class = NewestFirst
    queryset = TransactionSet._base_manager.none()

    def get_serializer_class(self) -> type[DocumentSerializer]:
        return DocumentDetailSerializer if self.action == "retrieve" else DocumentSerializer

    def get_queryset(self) -> QuerySet[TransactionSet]:
        rows = TransactionSet.objects.select_related("interchange__network", "partner").defer("findings")
        if self.action in ("list", "retrieve"):
            rows = rows.defer("findings", "interchange__text", "interchange__findings")
        return rows.prefetch_related("acknowledgments", "deliveries") if self.action == "retrieve" else rows

    @extend_schema(
        responses={200: dict[str, Any], **NO_DOCUMENT},
        summary="What it says",
        examples=[OpenApiExample("An order", value=DOCUMENT_VALUES)],
    )
    @action(detail=True, content_negotiation_class=Whatever)
    def json(self, request: Request, pk: str) -> Response:
        """The document as values, whatever it was written in: parties, lines, amounts (as texts). What belongs to a
        person is masked; 404 with a sentence where it has no document that can be read."""
        try:
            return Response(paper.values(self.get_object()))
        except NotReadable as error:
            raise NotFound(str(error)) from error

    @extend_schema(responses={200: dict[str, Any], **NO_DOCUMENT}, summary="All that it says")
    @action(detail=True, url_path="json/whole", permission_classes=[MayTake], content_negotiation_class=Whatever)
    def whole(self, request: Request, pk: str) -> HttpResponse:
        """The same with personal data. Needs a key that may operate; leaves a line in the audit trail."""
        return self._taken("JSON")

    @extend_schema(
        responses={
            (200, "application/EDI-X12"): bytes,
            (200, "application/EDIFACT"): bytes,
            (200, "application/json"): dict[str, Any],
            **NO_DOCUMENT,
        },
        summary="X12 or EDIFACT",
    )
    @action(detail=True, permission_classes=[MayTake], content_negotiation_class=Whatever)
    def text(self, request: Request, pk: str) -> HttpResponse:
        """The text as it went or came: the interchange, cut to this document where it carries others. JSON where the
        network takes that. Needs a key that may operate; leaves a line in the audit trail."""
        return self._taken("text")

    @extend_schema(responses={(200, "application/pdf"): bytes, **NO_DOCUMENT}, summary="On paper")
    @action(detail=True, permission_classes=[MayTake], content_negotiation_class=Whatever)
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The document as PDF. Needs a key that may operate; leaves a line in the audit trail."""
        return self._taken("PDF")

    def _taken(self, form: paper.Form) -> HttpResponse:
        return taken(self.get_object(), form, caller=self.caller)
