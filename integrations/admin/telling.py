"""Webhooks of both directions: what systems tell us and where, whom we tell, and every message with its tries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from integrations.admin.webhooks import webhook_sections
from integrations.models import WebhookEndpoint, WebhookEvent
from integrations.notices.models import Message, Subscriber
from integrations.services import subscribers as services
from portal.site import (
    EVIDENCE,
    SETUP,
    ChoiceFilter,
    Done,
    EvidenceAdmin,
    Facts,
    Line,
    Notice,
    PersonAction,
    Plan,
    Reason,
    Refused,
    Table,
    TenantFilter,
    ago,
    badge,
    is_superuser,
    list_link,
    list_url,
    page_link,
    person,
)
from portal.site.marks import Kind

MESSAGE_MARKS: dict[str, Kind] = {"pending": "wait", "sending": "move", "delivered": "ok", "failed": "bad"}
HEAVY = ("connection__secrets", "connection__settings", "connection__check_steps")
SHOWN = 20


# --- What comes in


@admin.register(WebhookEndpoint)
class EndpointAdmin(EvidenceAdmin):
    """Addresses at which systems tell us that something happened."""

    area, rank, keyset = SETUP, 45, False
    heading = "Incoming webhooks"
    list_display = ("connection_name", "last_event", "refused_ones", "last_refused", "tenant")
    list_display_links = ("connection_name",)
    list_filter = (TenantFilter,)
    ordering = ("-last_refused_at", "pk")
    empty_list = "No system has an address for its webhooks yet. One is made on the page of its connection."

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        rows: QuerySet[WebhookEndpoint] = super().get_queryset(request)
        return rows.select_related("tenant", "connection").defer(*HEAVY, "token", "keys")

    def whole(self) -> QuerySet[WebhookEndpoint]:
        return WebhookEndpoint.objects.select_related("tenant", "connection__tenant").defer(*HEAVY)

    @admin.display(description="connection")
    def connection_name(self, row: WebhookEndpoint) -> str:
        return row.connection.name

    @admin.display(description="last event")
    def last_event(self, row: WebhookEndpoint) -> SafeString | str:
        return ago(row.last_event_at, zone=row.tenant.time_zone)

    @admin.display(description="refused, ever")
    def refused_ones(self, row: WebhookEndpoint) -> SafeString | str:
        return page_link(row, f"{row.refused:,}")

    @admin.display(description="last refused")
    def last_refused(self, row: WebhookEndpoint) -> SafeString | str:
        return ago(row.last_refused_at, zone=row.tenant.time_zone)

    def page(self, request: HttpRequest, row: WebhookEndpoint) -> dict[str, Any]:
        events = WebhookEvent.objects.filter(connection=row.connection_id).defer("body", "headers")
        zone = row.tenant.time_zone
        lines = [Line("Connection", page_link(row.connection)), Line("Refused, ever", f"{row.refused:,}")]
        if row.last_refused_at is not None:
            lines += [Line("Last refused", ago(row.last_refused_at, zone=zone)), Line("Because", row.last_refusal)]
        newest = Table(
            title="Newest events",
            headings=("Event", "What became of it", "Came", "When"),
            rows=[
                (page_link(e, e.kind or e.event_id[:40]), e.get_state_display(), e.times, ago(e.received_at, zone=zone))
                for e in events.order_by("-pk")[:SHOWN]
            ],
            more=list_url(WebhookEvent, tenant=row.tenant_id),
        )
        shown = webhook_sections(row.connection, show_address=is_superuser(request))
        mark = badge("refused some", "wait") if row.refused else badge("hears", "ok")
        return {"sections": [Facts(title="This address", lines=lines), newest, *shown], "mark": mark}


class EventStateFilter(ChoiceFilter):
    """What became of it."""

    title = "state"
    parameter_name = "state"
    everything = "any"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(s.value, s.label) for s in WebhookEvent.State]

    def narrow(self, rows: QuerySet[WebhookEvent], choice: str) -> QuerySet[WebhookEvent]:
        return rows.filter(state=choice)


@admin.register(WebhookEvent)
class EventAdmin(EvidenceAdmin):
    """Webhooks as they came. Each is a hint and no more: what happened is read from its source."""

    area, rank = EVIDENCE, 30
    heading = "Received webhooks"
    list_display = ("what", "came_of_it", "connection_name", "times", "received", "tenant")
    list_display_links = ("what",)
    list_filter = (TenantFilter, EventStateFilter)
    empty_list = "No webhook has come yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        rows: QuerySet[WebhookEvent] = super().get_queryset(request)
        return rows.select_related("tenant", "connection").defer(*HEAVY, "body", "headers")

    def whole(self) -> QuerySet[WebhookEvent]:
        return WebhookEvent.objects.select_related("tenant", "connection").defer(*HEAVY, "body")

    @admin.display(description="event")
    def what(self, row: WebhookEvent) -> str:
        return row.kind or row.event_id[:40]

    @admin.display(description="what became of it")
    def came_of_it(self, row: WebhookEvent) -> SafeString:
        return badge(row.get_state_display(), "ok" if row.state == WebhookEvent.State.TAKEN else "wait")

    @admin.display(description="connection")
    def connection_name(self, row: WebhookEvent) -> str:
        return row.connection.name

    @admin.display(description="when")
    def received(self, row: WebhookEvent) -> SafeString | str:
        return ago(row.received_at, zone=row.tenant.time_zone)

    def page(self, request: HttpRequest, row: WebhookEvent) -> dict[str, Any]:
        zone = row.tenant.time_zone
        lines = [
            Line("Connection", page_link(row.connection)),
            Line("Its sender's id", row.event_id),
            Line("Feeds that it made due", ", ".join(row.feeds) or "none"),
            Line("Happened", ago(row.occurred_at, zone=zone)),
            Line("Came first", ago(row.received_at, zone=zone)),
            Line("Came last", ago(row.last_received_at, zone=zone)),
            Line("How often it came", f"{row.times:,}"),
        ]
        sections: list[Any] = [Facts(title="This webhook", lines=lines)]
        if row.state == WebhookEvent.State.PARKED:
            said = "Its kind is not known here, so nothing was read for it."
            sections.insert(0, Notice(kind="wait", sentence=said, remedy="The next poll reads what it was about."))
        return {"sections": sections, "mark": self.came_of_it(row), "title": self.what(row)}


# --- What goes out


class SwitchOff(PersonAction):
    """Tells a subscriber nothing any more."""

    name, label, danger, form = "off", "Switch off", True, Reason

    def offered(self, row: Subscriber) -> bool:
        return row.enabled

    def plan(self, request: HttpRequest, rows: QuerySet[Subscriber]) -> Plan:
        queued = Message.objects.filter(subscriber__in=rows.values("pk"), state=Message.State.PENDING).count()
        return Plan(
            title="Switch off",
            sentence=f"{', '.join(r.name for r in rows[:10])}: told nothing from now on. What is queued stays queued.",
            lines=(Line("Webhooks", rows.count(), strong=True), Line("Messages that are queued", f"{queued:,}")),
            button="Switch off",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Subscriber], data: Mapping[str, Any]) -> Done:
        for row in rows:
            services.switch(row, on=False, actor=person(request))
        return Done("Switched off.")


class SendTest(PersonAction):
    """Queues a message that says only that it is a test."""

    name, label, form = "test", "Send a test", forms.Form

    def offered(self, row: Subscriber) -> bool:
        return row.enabled

    def plan(self, request: HttpRequest, rows: QuerySet[Subscriber]) -> Plan:
        names = ", ".join(r.name for r in rows[:10])
        return Plan(title="Send a test", sentence=f"One test message goes to each: {names}.", button="Send")

    def perform(self, request: HttpRequest, rows: QuerySet[Subscriber], data: Mapping[str, Any]) -> Done:
        made = _each(rows.select_related("tenant"), lambda row: services.send_test(row, actor=person(request)))
        return Done(f"{made} queued.")


@admin.register(Subscriber)
class SubscriberAdmin(EvidenceAdmin):
    """Addresses of customers that are told by webhook. Owners make them in the portal, programs over the API."""

    area, rank, keyset = SETUP, 46, False
    heading = "Outgoing webhooks"
    person_actions = (SendTest, SwitchOff)
    list_display = ("called", "host", "waiting", "given_up", "last_success", "tenant")
    list_display_links = ("called",)
    list_filter = (TenantFilter,)
    ordering = ("enabled", "-failing_since", "pk")
    empty_list = "Nobody is told by webhook yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscriber]:
        rows: QuerySet[Subscriber] = super().get_queryset(request)
        state = Message.State
        return (
            rows.select_related("tenant")
            .defer("secret", "former_secret")
            .annotate(
                pending=Count("messages", filter=Q(messages__state=state.PENDING)),
                failed=Count("messages", filter=Q(messages__state=state.FAILED)),
            )
        )

    def whole(self) -> QuerySet[Subscriber]:
        return Subscriber.objects.select_related("tenant").defer("secret", "former_secret")

    @admin.display(description="webhook")
    def called(self, row: Subscriber) -> str:
        return row.name

    @admin.display(description="to")
    def host(self, row: Subscriber) -> str:
        return urlsplit(row.url).hostname or ""

    @admin.display(description="queued")
    def waiting(self, row: Any) -> SafeString:
        return list_link(row.pending, Message, subscriber=row.pk, state="pending")

    @admin.display(description="given up")
    def given_up(self, row: Any) -> SafeString:
        return list_link(row.failed, Message, subscriber=row.pk, state="failed")

    @admin.display(description="last success")
    def last_success(self, row: Subscriber) -> SafeString | str:
        return ago(row.last_success_at, zone=row.tenant.time_zone)

    def page(self, request: HttpRequest, row: Subscriber) -> dict[str, Any]:
        zone = row.tenant.time_zone
        lines = [
            Line("To", self.host(row)),
            Line("Told", ", ".join(row.kinds) or "everything"),
            Line("Last success", ago(row.last_success_at, zone=zone)),
            Line("Signed by the former secret too, until", ago(row.former_until, zone=zone)),
        ]
        lines += [
            Line(Message.State(s).label.capitalize(), f"{n:,}", list_url(Message, subscriber=row.pk, state=s))
            for s, n in row.messages.order_by().values_list("state").annotate(n=Count("pk")).order_by("state")
        ]
        sections: list[Any] = [Facts(title="This webhook", lines=lines), _messages(row)]
        if row.failing_since is not None:
            said = "No message has arrived since " + row.failing_since.strftime("%Y-%m-%d %H:%M") + " UTC."
            sections.insert(
                0, Notice(kind="bad", sentence=said, remedy="Its owner is told; after three days it is off.")
            )
        mark = badge("on", "ok") if row.enabled else badge(row.off_reason or "off", "off")
        return {"sections": sections, "mark": mark}


def _messages(row: Subscriber) -> Table:
    newest = row.messages.select_related("notice").order_by("-pk")[:SHOWN]
    return Table(
        title="Newest messages",
        headings=("Message", "State", "Tries", "When"),
        rows=[
            (
                page_link(m, f"{m.notice.get_kind_display()}: {m.notice.subject}"),
                badge(m.get_state_display(), MESSAGE_MARKS[m.state]),
                m.tries,
                ago(m.created_at, zone=row.tenant.time_zone),
            )
            for m in newest
        ],
        more=list_url(Message, subscriber=row.pk),
    )


class SubscriberFilter(ChoiceFilter):
    """Messages to one subscriber."""

    title = "webhook"
    parameter_name = "subscriber"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        rows = Subscriber.objects.order_by("tenant__name", "name").values_list("pk", "tenant__name", "name")
        return [(str(pk), f"{tenant}: {name}") for pk, tenant, name in rows]

    def narrow(self, rows: QuerySet[Message], choice: str) -> QuerySet[Message]:
        return rows.filter(subscriber=int(choice)) if choice.isdecimal() else rows.none()


class MessageStateFilter(ChoiceFilter):
    """Whether it arrived."""

    title = "state"
    parameter_name = "state"
    everything = "any"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(s.value, s.label) for s in Message.State]

    def narrow(self, rows: QuerySet[Message], choice: str) -> QuerySet[Message]:
        return rows.filter(state=choice)


class Resend(PersonAction):
    """Queues messages again, under their ids: who has one already knows it by that."""

    name, label, form = "resend", "Send again", forms.Form

    def offered(self, row: Message) -> bool:
        return row.state != Message.State.SENDING and row.subscriber.enabled

    def plan(self, request: HttpRequest, rows: QuerySet[Message]) -> Plan:
        states = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
        lines = [
            Line("Messages", f"{sum(states.values()):,}", strong=True),
            Line("of them arrived already", f"{states.get(Message.State.DELIVERED, 0):,}"),
            Line("of them being sent now; these are left", f"{states.get(Message.State.SENDING, 0):,}"),
        ]
        return Plan(
            title="Send again",
            sentence="Each goes once more, with the same id and content, signed with today's secret.",
            lines=tuple(lines),
            button="Send again",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Message], data: Mapping[str, Any]) -> Done:
        waiting = rows.exclude(state=Message.State.SENDING).select_related("subscriber", "notice")
        made = _each(waiting, lambda row: services.resend(row, actor=person(request)))
        return Done(f"{made} queued.")


def _each(rows: QuerySet[Any], do: Any) -> int:
    """Does it to each row. Raises Refused with the first sentence where none could be done."""
    made, refused = 0, ""
    for row in rows:
        try:
            do(row)
            made += 1
        except ValidationError as error:
            refused = refused or " ".join(error.messages)
    if refused and not made:
        raise Refused(refused)
    return made


@admin.register(Message)
class MessageAdmin(EvidenceAdmin):
    """What customers' programs are told, and every try of telling it."""

    area, rank = EVIDENCE, 31
    heading = "Webhook messages"
    person_actions = (Resend,)
    list_display = ("what", "how", "to", "tries", "made", "tenant")
    list_display_links = ("what",)
    list_filter = (TenantFilter, SubscriberFilter, MessageStateFilter)
    empty_list = "Nobody was told anything by webhook yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        rows: QuerySet[Message] = super().get_queryset(request)
        return rows.select_related("tenant", "subscriber", "notice").defer(*_SECRETS, "notice__body")

    def whole(self) -> QuerySet[Message]:
        return Message.objects.select_related("tenant", "subscriber", "notice").defer(*_SECRETS)

    @admin.display(description="message")
    def what(self, row: Message) -> str:
        return f"{row.notice.get_kind_display()}: {row.notice.subject}"

    @admin.display(description="state")
    def how(self, row: Message) -> SafeString:
        return badge(row.get_state_display(), MESSAGE_MARKS[row.state])

    @admin.display(description="to")
    def to(self, row: Message) -> SafeString | str:
        return page_link(row.subscriber)

    @admin.display(description="when")
    def made(self, row: Message) -> SafeString | str:
        return ago(row.created_at, zone=row.tenant.time_zone)

    def page(self, request: HttpRequest, row: Message) -> dict[str, Any]:
        zone = row.tenant.time_zone
        lines = [
            Line("To", page_link(row.subscriber)),
            Line("Its id there", row.wire_id),
            Line("Happened", ago(row.notice.happened_at, zone=zone)),
            Line("Next try", ago(row.not_before, zone=zone) if row.state == Message.State.PENDING else ""),
        ]
        tries = Table(
            title="Tries",
            headings=("When", "Answer", "What it said", "Took"),
            rows=[
                (
                    ago(t.started_at, zone=zone),
                    t.status or t.problem or "under way",
                    t.answer,
                    f"{t.milliseconds:,} ms" if t.milliseconds is not None else "",
                )
                for t in row.calls.order_by("-pk")[:SHOWN]
            ],
        )
        told = Facts(title="What is told", lines=[Line(k, str(v)) for k, v in sorted((row.notice.body or {}).items())])
        sections: list[Any] = [Facts(title="This message", lines=lines), tries, told]
        if row.problem:
            sections.insert(0, Notice(kind="bad", sentence=row.problem))
        return {"sections": sections, "mark": self.how(row), "title": self.what(row)}


_SECRETS = ("subscriber__secret", "subscriber__former_secret")
