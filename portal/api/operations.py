"""Operations over the API: ask for one, see how far it is, take its result, cancel it. They end by themselves in a
state that they never leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import django_filters
import msgspec
from django.core.exceptions import ValidationError as Refused
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from edi.models import TradingPartner
from integrations.flows.registry import flow_spec
from integrations.models import Feed, Flow, Operation
from integrations.selectors import feed_of
from integrations.services import operations as services
from integrations.services.content import masked_field
from portal.api.auth import KeyHolder, MayOperate
from portal.api.base import Listing, NewestFirst
from portal.api.serializers import ProblemSerializer, ReasonSerializer

T = TypeVar("T")
LONGEST_NAME = 100
WITHOUT_FLOW = (Operation.Kind.REPLAY, Operation.Kind.SEND_UNSENT)
PLANNED_FIRST = WITHOUT_FLOW
"""What is counted first, and can be looked at before it is done."""
SEND_UNAGREED = OpenApiExample(
    "Send what was not sent before there was an agreement",
    value={"kind": "send_unsent", "trading_partner": "lahti-metal", "reason": "agreed on 3 May"},
    request_only=True,
)


class Conflict(APIException):
    """What is asked for contradicts what was asked before."""

    status_code = status.HTTP_409_CONFLICT


class AskSerializer(serializers.Serializer[Any]):
    """What is asked for. `flow` is the id of a flow; a replay and send_unsent need none."""

    kind = serializers.ChoiceField(choices=Operation.Kind.choices)
    flow = serializers.IntegerField(required=False, help_text="Id of the flow; sync and backfill read its feed.")
    since = serializers.DateTimeField(required=False, help_text="Begin of the period: backfill, reconcile.")
    until = serializers.DateTimeField(required=False, help_text="End of the period, exclusive.")
    selection = serializers.DictField(
        required=False,
        help_text="Replay: ids, flow (key), integration (id), states, issue, error_class, numbers, created_from, "
        "created_to. Everything that is stated must hold; nothing stated is everything that failed.",
    )
    options = serializers.DictField(required=False, help_text="Replay: content (current, original), force, per_minute.")
    reconciliation = serializers.IntegerField(
        required=False, help_text="send_unsent: id of the reconcile operation that found what was never sent."
    )
    trading_partner = serializers.CharField(
        required=False,
        help_text="send_unsent: key of the trading partner, for what was not sent to it for want of an agreement that "
        "there is by now. `flow` says of which flow, where it is several.",
    )
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300, help_text="For the audit trail.")
    start = serializers.BooleanField(
        default=True, help_text="Replay, send_unsent: false only counts what would be done; POST …/start has it done."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kind = attrs["kind"]
        if kind not in WITHOUT_FLOW and "flow" not in attrs:
            raise ValidationError({"flow": [f"A {kind} is about a flow; state its id."]})
        if kind in (Operation.Kind.BACKFILL, Operation.Kind.RECONCILE):
            missing = {name: ["A period has a begin and an end."] for name in ("since", "until") if name not in attrs}
            if missing:
                raise ValidationError(missing)
        if kind == Operation.Kind.SEND_UNSENT and ("reconciliation" in attrs) == ("trading_partner" in attrs):
            told = "State the operation that found what was never sent, or the trading partner that had no agreement."
            raise ValidationError({"reconciliation": [told]})
        return attrs


class OperationSerializer(serializers.ModelSerializer[Operation]):
    ended = serializers.BooleanField(help_text="Whether nothing more will happen.")
    flow = serializers.CharField(source="flow.full_key", default=None, allow_null=True)
    feed = serializers.CharField(source="feed.key", default=None, allow_null=True)

    class Meta:
        model = Operation
        fields = [
            "id",
            "kind",
            "state",
            "ended",
            "flow",
            "feed",
            "selection",
            "options",
            "plan",
            "progress",
            "reason",
            "problem",
            "asked_by_name",
            "created_at",
            "started_at",
            "ended_at",
        ]


class OperationFilter(django_filters.FilterSet):  # type: ignore[misc]
    kind = django_filters.ChoiceFilter(choices=Operation.Kind.choices)
    state = django_filters.MultipleChoiceFilter(choices=Operation.State.choices)


class OperationViewSet(Listing):
    """Asked-for work. Its states: planned, running, done, failed, cancelled; the last three are final."""

    permission_classes = [MayOperate]
    serializer_class = OperationSerializer
    pagination_class = NewestFirst
    queryset = Operation._base_manager.none()
    filterset_class = OperationFilter

    def get_queryset(self) -> QuerySet[Operation]:
        return Operation.objects.defer("result").select_related("flow__integration", "feed")

    @extend_schema(
        request=AskSerializer,
        responses={200: OperationSerializer, 202: OperationSerializer, 400: dict, 409: ProblemSerializer},
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="A name for the request, up to 100 characters: the same request under the same name is "
                "carried out once and answered with 200.",
            )
        ],
        examples=[SEND_UNAGREED],
        summary="Ask for an operation",
    )
    def create(self, request: Request) -> Response:
        """Answers 202 at once; workers carry it out."""
        asked = AskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        name = request.headers.get("Idempotency-Key", "").strip()
        if len(name) > LONGEST_NAME:
            raise ValidationError({"Idempotency-Key": [f"It has at most {LONGEST_NAME} characters."]})
        made_now = True
        if name:
            said = msgspec.json.encode(request.data, order="sorted")
            try:
                made, made_now = _accepted(
                    lambda: services.once(self.tenant, f"{self.key_name}:{name}", said, lambda: self._ask(wanted))
                )
            except services.NameTaken as taken:
                raise Conflict(str(taken)) from taken
        else:
            made = _accepted(lambda: self._ask(wanted))
        where = reverse("api:operation-detail", [made.pk], request=request)
        code = status.HTTP_202_ACCEPTED if made_now else status.HTTP_200_OK
        return Response(OperationSerializer(made).data, status=code, headers={"Location": where})

    @extend_schema(request=None, responses={202: OperationSerializer, 400: dict}, summary="Start a planned replay")
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        """Has what was only counted carried out."""
        row = self.get_object()
        started = _accepted(lambda: services.start(row, actor=None, actor_name=self.caller))
        return Response(OperationSerializer(started).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=ReasonSerializer, responses={200: OperationSerializer, 400: dict}, summary="Cancel it")
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """What it did stays done; it begins nothing more."""
        row = self.get_object()
        asked = ReasonSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        reason = asked.validated_data["reason"]
        ended = _accepted(lambda: services.cancel(row, actor=None, actor_name=self.caller, reason=reason))
        return Response(OperationSerializer(ended).data)

    @extend_schema(responses={200: list[dict[str, Any]]}, summary="What it found")
    @action(detail=True)
    def result(self, request: Request, pk: str) -> Response:
        """The plan of a dry run, or the documents of a reconciliation, as far as they are; personal and bank data is
        masked. Taking it leaves a line in the audit trail."""
        row = Operation.objects.get(pk=self.get_object().pk)
        if row.kind == Operation.Kind.DRY_RUN:
            found = [_masked(line) for line in services.planned_rows(row)]
        else:
            found = services.reconciled_lines(row) if row.kind == Operation.Kind.RECONCILE else []
        services.note_download(row, form="JSON", actor=None, actor_name=self.caller)
        return Response(found)

    # --- inside

    @property
    def key_name(self) -> str:
        return str(cast(KeyHolder, self.request.user).key.pk)

    def _ask(self, wanted: dict[str, Any]) -> Operation:
        who: dict[str, Any] = {"actor": None, "actor_name": self.caller, "reason": wanted.get("reason", "")}
        kind = wanted["kind"]
        if kind in PLANNED_FIRST:
            planned = (
                services.ask_replay(self.tenant, *_replay(wanted), **who)
                if kind == Operation.Kind.REPLAY
                else self._send_unsent(wanted, **who)
            )
            return services.start(planned, actor=None, actor_name=self.caller) if wanted["start"] else planned
        flow = self._flow(wanted["flow"])
        if kind == Operation.Kind.DRY_RUN:
            return services.ask_dry_run(flow, **who)
        if kind == Operation.Kind.RECONCILE:
            return services.ask_reconcile(flow, since=wanted["since"], until=wanted["until"], **who)
        feed = self._feed(flow)
        if kind == Operation.Kind.BACKFILL:
            return services.ask_backfill(feed, since=wanted["since"], until=wanted["until"], **who)
        return services.ask_sync([feed], **who)

    def _send_unsent(self, wanted: dict[str, Any], **who: Any) -> Operation:
        if "reconciliation" in wanted:
            return services.ask_send_unsent(self._reconciliation(wanted["reconciliation"]), **who)
        key = wanted["trading_partner"]
        partner = TradingPartner.objects.filter(key=key).first()
        if partner is None:
            raise ValidationError({"trading_partner": [f"There is no trading partner {key}."]})
        flow = self._flow(wanted["flow"]) if "flow" in wanted else None
        flows = {one.flow.pk: str(one.flow) for one in services.unagreed(partner)}
        if flow is None and len(flows) > 1:
            names = ", ".join(f"{pk} ({name})" for pk, name in flows.items())
            raise ValidationError({"flow": [f"Documents of several flows were not sent to it; state which: {names}."]})
        (planned,) = services.ask_send_unagreed(partner, only=flow, **who)
        return planned

    def _reconciliation(self, pk: int) -> Operation:
        rows = Operation.objects.select_related("tenant", "flow__integration")
        found = rows.filter(pk=pk, kind=Operation.Kind.RECONCILE).first()
        if found is None:
            raise ValidationError({"reconciliation": [f"There is no reconciliation {pk}."]})
        return found

    def _flow(self, pk: int) -> Flow:
        found = Flow.objects.select_related("integration__books", "integration__partner", "tenant").filter(pk=pk)
        flow = found.first()
        if flow is None:
            raise ValidationError({"flow": [f"There is no flow {pk}."]})
        return flow

    def _feed(self, flow: Flow) -> Feed:
        feed = feed_of(flow, flow_spec(flow.full_key))
        if feed is None:
            raise ValidationError({"flow": [f"{flow} was never switched on: it has no feed yet."]})
        return feed


def _replay(wanted: dict[str, Any]) -> tuple[services.Selection, services.Options]:
    """Raises ValidationError for members that there are not."""
    try:
        selection = msgspec.convert(_plain(wanted.get("selection", {})), services.Selection)
        options = msgspec.convert(_plain(wanted.get("options", {})), services.Options)
    except msgspec.ValidationError as error:
        raise ValidationError({"selection": [str(error)]}) from error
    return selection, options


def _plain(value: Any) -> Any:
    """Values of the request as JSON has them."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _accepted(ask: Callable[[], T]) -> T:
    """What a service gives; what it refuses is a 400 with its sentences."""
    try:
        return ask()
    except Refused as refused:
        raise ValidationError({"detail": refused.messages}) from refused


def _masked(line: dict[str, Any]) -> dict[str, Any]:
    changes = [
        change | {side: masked_field(change["field"], change[side]) for side in ("before", "after")}
        for change in line.get("changes", [])
    ]
    return line | {"changes": changes}
