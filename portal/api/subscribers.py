"""Outgoing webhooks over the API: who is told, what was told, and telling it again."""

from __future__ import annotations

from typing import Any

import django_filters
from django.core.exceptions import ValidationError as Refused
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.notices.models import Kind, Message, MessageTry, Subscriber
from integrations.services import subscribers as services
from portal.api.auth import MayAdminister, MayOperate
from portal.api.base import Listing, NewestFirst

KINDS = [(kind.value, kind.label) for kind in services.TOLD]


class SubscriberSerializer(serializers.ModelSerializer[Subscriber]):
    kinds = serializers.ListField(child=serializers.CharField(), help_text="What it is told; empty: everything.")

    class Meta:
        model = Subscriber
        fields = [
            "id",
            "name",
            "url",
            "kinds",
            "enabled",
            "off_reason",
            "failing_since",
            "last_success_at",
            "former_until",
            "created_at",
        ]


class SecretSerializer(SubscriberSerializer):
    """With the secret: only in the answer that makes or changes it."""

    secret = serializers.CharField(help_text="whsec_…; by it messages are verified. Shown this once.")

    class Meta(SubscriberSerializer.Meta):
        fields = [*SubscriberSerializer.Meta.fields, "secret"]


class NewSubscriberSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    url = serializers.CharField(max_length=500, help_text="An https:// address.")
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=KINDS), default=list, max_length=20, help_text="Empty: everything."
    )


class ChangedSubscriberSerializer(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=500, required=False)
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=KINDS), required=False, max_length=20)


class SwitchSerializer(serializers.Serializer[Any]):
    on = serializers.BooleanField()
    missed = serializers.BooleanField(default=False, help_text="On: also send what happened while it was off.")


class TrySerializer(serializers.ModelSerializer[MessageTry]):
    class Meta:
        model = MessageTry
        fields = ["started_at", "closed_at", "status", "problem", "answer", "milliseconds"]


class MessageSerializer(serializers.ModelSerializer[Message]):
    webhook_id = serializers.CharField(source="wire_id")
    subscriber = serializers.IntegerField(source="subscriber_id")
    kind = serializers.ChoiceField(source="notice.kind", choices=Kind.choices)
    subject = serializers.CharField(source="notice.subject")
    happened_at = serializers.DateTimeField(source="notice.happened_at")

    class Meta:
        model = Message
        fields = [
            "id",
            "webhook_id",
            "subscriber",
            "kind",
            "subject",
            "state",
            "tries",
            "problem",
            "not_before",
            "happened_at",
            "created_at",
            "closed_at",
        ]


class MessageDetailSerializer(MessageSerializer):
    data = serializers.JSONField(  # type: ignore[assignment]  # the message's own word, and the class's
        source="notice.body", help_text="What is told, as `data` of the message."
    )
    calls = TrySerializer(many=True)

    class Meta(MessageSerializer.Meta):
        fields = [*MessageSerializer.Meta.fields, "data", "calls"]


class SubscriberViewSet(Listing):
    """Addresses that are told by webhook, in the form of Standard Webhooks."""

    permission_classes = [MayAdminister]
    serializer_class = SubscriberSerializer
    pagination_class = None
    queryset = Subscriber._base_manager.none()

    def get_queryset(self) -> QuerySet[Subscriber]:
        return Subscriber.objects.select_related("tenant").order_by("name")

    @extend_schema(request=NewSubscriberSerializer, responses={201: SecretSerializer}, summary="Make one")
    def create(self, request: Request) -> Response:
        """The answer holds the secret, this once."""
        asked = _valid(NewSubscriberSerializer, request)
        row = _accepted(lambda: services.add(self.tenant, **asked, **self.who))
        return Response(SecretSerializer(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ChangedSubscriberSerializer, responses=SubscriberSerializer, summary="Change it")
    def partial_update(self, request: Request, pk: str) -> Response:
        row, asked = self.get_object(), _valid(ChangedSubscriberSerializer, request)
        return Response(SubscriberSerializer(_accepted(lambda: services.change(row, **asked, **self.who))).data)

    @extend_schema(responses={204: None}, summary="Remove it")
    def destroy(self, request: Request, pk: str) -> Response:
        services.remove(self.get_object(), **self.who)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=SecretSerializer, summary="Give it a new secret")
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        """For a day messages are signed with both secrets."""
        return Response(SecretSerializer(services.rotate_secret(self.get_object(), **self.who)).data)

    @extend_schema(request=SwitchSerializer, responses=SubscriberSerializer, summary="Switch it on or off")
    @action(detail=True, methods=["post"])
    def switch(self, request: Request, pk: str) -> Response:
        services.switch(self.get_object(), **_valid(SwitchSerializer, request), **self.who)
        return Response(SubscriberSerializer(self.get_object()).data)

    @extend_schema(request=None, responses={202: MessageSerializer}, summary="Send a test")
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        row = self.get_object()
        message = _accepted(lambda: services.send_test(row, **self.who))
        return Response(MessageSerializer(message).data, status=status.HTTP_202_ACCEPTED)

    @property
    def who(self) -> dict[str, Any]:
        return {"actor": None, "actor_name": self.caller}


class MessageFilter(django_filters.FilterSet):  # type: ignore[misc]
    subscriber = django_filters.NumberFilter(field_name="subscriber_id", min_value=1, max_value=2**63 - 1)
    state = django_filters.MultipleChoiceFilter(choices=Message.State.choices)
    kind = django_filters.ChoiceFilter(field_name="notice__kind", choices=Kind.choices)


class MessageViewSet(Listing):
    """What was told, or is to be: one row for each subscriber."""

    permission_classes = [MayOperate]
    serializer_class = MessageSerializer
    filterset_class = MessageFilter
    pagination_class = NewestFirst
    queryset = Message._base_manager.none()

    def get_serializer_class(self) -> type[MessageSerializer]:
        return MessageDetailSerializer if self.action == "retrieve" else MessageSerializer

    def get_queryset(self) -> QuerySet[Message]:
        rows = Message.objects.select_related("notice", "subscriber")
        return rows.prefetch_related("calls") if self.action == "retrieve" else rows

    @extend_schema(request=None, responses={202: MessageSerializer}, summary="Send it again")
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, pk: str) -> Response:
        """Under the same id: who has it already knows it by that."""
        row = self.get_object()
        sent = _accepted(lambda: services.resend(row, actor=None, actor_name=self.caller))
        return Response(MessageSerializer(self.get_queryset().get(pk=sent.pk)).data, status=status.HTTP_202_ACCEPTED)


def _valid(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    asked = kind(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _accepted(ask: Any) -> Any:
    """What a service gives; what it refuses is a 400 with its sentences."""
    try:
        return ask()
    except Refused as refused:
        said = refused.message_dict if hasattr(refused, "error_dict") else {"detail": refused.messages}
        raise ValidationError(said) from refused
