"""Exchanges: what was said over HTTP, secrets masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from integrations.models import Connection, Exchange
from integrations.services import reveal as kept
from integrations.words import shown_url
from portal.common.redaction import mask_headers
from portal.site import (
    EVIDENCE,
    RECENT,
    ChoiceFilter,
    EvidenceAdmin,
    Facts,
    KeptBytes,
    Line,
    Notice,
    TenantFilter,
    ago,
    badge,
    page_link,
    page_url,
    recent,
)


class ConnectionFilter(ChoiceFilter):
    """Exchanges with one connection."""

    title = "connection"
    parameter_name = "connection"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        rows = Connection.objects.order_by("tenant__name", "name").values_list("pk", "tenant__name", "name")
        return [(str(pk), f"{tenant}: {name}") for pk, tenant, name in rows]

    def narrow(self, rows: QuerySet[Exchange], choice: str) -> QuerySet[Exchange]:
        return rows.filter(connection=int(choice)) if choice.isdecimal() else rows.none()


class AnswerFilter(ChoiceFilter):
    """How it was answered."""

    title = f"answer (of the newest {RECENT:,})"
    parameter_name = "answer"
    everything = "any"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("ok", "2xx"), ("refused", "4xx"), ("failed", "5xx"), ("none", "none came")]

    def narrow(self, rows: QuerySet[Exchange], choice: str) -> QuerySet[Exchange]:
        bounds = {"ok": (200, 300), "refused": (400, 500), "failed": (500, 600)}
        if choice == "none":
            return recent(rows).filter(status=None)
        if choice not in bounds:
            return rows.none()
        return recent(rows).filter(status__gte=bounds[choice][0], status__lt=bounds[choice][1])


def status_badge(row: Exchange) -> SafeString:
    if row.status is None:
        return badge("no answer", "doubt")
    kind: Any = "ok" if row.status < 300 else "wait" if row.status == 429 else "bad" if row.status >= 400 else "move"
    return badge(str(row.status), kind)


@admin.register(Exchange)
class ExchangeAdmin(KeptBytes, EvidenceAdmin):
    """HTTP requests and their responses."""

    area, rank = EVIDENCE, 20
    masked, reveal, parts = staticmethod(kept.masked), staticmethod(kept.reveal), ("request", "response")
    list_display = ("call", "answered", "took", "connection_name", "started", "tenant")
    list_display_links = ("call",)
    list_filter = (TenantFilter, ConnectionFilter, AnswerFilter)
    empty_list = "No exchange yet. They are kept for what is sent, for read-backs and for failures."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Exchange]:
        rows: QuerySet[Exchange] = super().get_queryset(request)
        return rows.select_related("tenant", "connection").only(
            "method",
            "url",
            "status",
            "milliseconds",
            "problem",
            "started_at",
            "connection__name",
            "tenant__name",
            "tenant__time_zone",
        )

    def whole(self) -> QuerySet[Exchange]:
        return Exchange.objects.select_related("tenant", "connection", "run").defer("connection__secrets")

    @admin.display(description="call")
    def call(self, row: Exchange) -> str:
        parts = urlsplit(shown_url(row.url))
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return f"{row.method} {path if len(path) <= 100 else path[:99] + '…'}"

    @admin.display(description="answer")
    def answered(self, row: Exchange) -> SafeString:
        return status_badge(row)

    @admin.display(description="took")
    def took(self, row: Exchange) -> str:
        return f"{row.milliseconds:,} ms"

    @admin.display(description="connection")
    def connection_name(self, row: Exchange) -> str:
        return row.connection.name

    @admin.display(description="when")
    def started(self, row: Exchange) -> SafeString | str:
        return ago(row.started_at, zone=row.tenant.time_zone)

    def page(self, request: HttpRequest, row: Exchange) -> dict[str, Any]:
        attempts = row.attempts.select_related("delivery").only("number", "delivery__business_number")
        deliveries = format_html_join(
            ", ",
            '<a href="{}">{}</a>',
            (
                (page_url(a.delivery), f"{a.delivery.business_number or a.delivery.pk}, attempt {a.number}")
                for a in attempts
            ),
        )
        lines = [
            Line("Call", format_html("<code>{} {}</code>", row.method, shown_url(row.url))),
            Line("Connection", page_link(row.connection)),
            Line("When", ago(row.started_at, zone=row.tenant.time_zone)),
            Line("Took", self.took(row)),
            Line("For the deliveries", deliveries),
            Line("For the run", page_link(row.run) if row.run else ""),
            Line("Cut", "A body was longer than what is kept." if row.truncated else ""),
        ]
        sections: list[Any] = [
            Facts(title="This exchange", lines=lines),
            headers("Headers of the request", row.request_headers),
            *self.kept_sections(request, row, {"request": "Body of the request"}),
            headers("Headers of the response", row.response_headers),
            *self.kept_sections(request, row, {"response": "Body of the response"}),
        ]
        if row.problem:
            sections.insert(0, Notice(kind="bad", sentence=row.problem))
        return {"sections": sections, "mark": status_badge(row), "title": self.call(row)}


def headers(title: str, stored: Mapping[str, str]) -> Facts:
    """Headers as they were kept. They are masked once more: an older release may have known fewer secret names."""
    return Facts(title=title, lines=[Line(k, v) for k, v in sorted(mask_headers(stored or {}).items())])
