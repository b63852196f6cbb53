"""Records: what the sources said, version by version."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from integrations.models import Delivery, Record
from integrations.services import reveal as kept
from integrations.words import flow_label, state_badge
from portal.site import (
    EVIDENCE,
    RECENT,
    ChoiceFilter,
    EvidenceAdmin,
    Facts,
    KeptBytes,
    Line,
    Notice,
    Table,
    TenantFilter,
    ago,
    all_tenants,
    badge,
    list_url,
    page_link,
    recent,
    shorten,
)

VERSIONS_SHOWN = 20


class RoutedFilter(ChoiceFilter):
    """Whether a flow took the record."""

    title = f"taken (of the newest {RECENT:,})"
    parameter_name = "routed"
    everything = "or not"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [
            ("yes", "by a flow"),
            ("no", "by no flow: unrouted"),
            ("later", "not yet: status"),
            ("bad", "could not be read"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        of_one_run = "run" in request.GET  # few rows, by an index: nothing is to be left out
        return super().queryset(request, queryset if of_one_run or not self.chosen else recent(queryset))

    def narrow(self, rows: QuerySet[Record], choice: str) -> QuerySet[Record]:
        match choice:
            case "yes":
                return rows.filter(takers__gt=0)
            case "no":
                return rows.filter(takers=0, not_yet=False)
            case "later":
                return rows.filter(not_yet=True)
            case "bad":
                return rows.exclude(problem="")
            case _:
                return rows.none()


def routed_badge(row: Record) -> SafeString:
    if row.problem:
        return badge("could not be read", "bad")
    if row.takers:
        return badge(f"taken by {row.takers} flow{'s' if row.takers > 1 else ''}", "ok")
    return badge("not yet", "wait") if row.not_yet else badge("unrouted", "off")


@admin.register(Record)
class RecordAdmin(KeptBytes, EvidenceAdmin):
    """Each version of each source object, as it was captured."""

    area, rank = EVIDENCE, 10
    masked, reveal, parts = staticmethod(kept.masked), staticmethod(kept.reveal), ("raw",)
    list_display = ("number", "feed_name", "status", "routed", "captured", "changed", "newest", "tenant")
    list_display_links = ("number",)
    list_filter = (TenantFilter, RoutedFilter)
    exact_search = ("business_number",)
    search_help_text = "Business number (order, invoice, supplier): whole, or its beginning."
    empty_list = "No record yet. They come with the first read of a feed."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Record]:
        rows: QuerySet[Record] = super().get_queryset(request)
        return rows.select_related("tenant", "feed__connection").only(
            "business_number",
            "source_id",
            "kind",
            "status",
            "takers",
            "not_yet",
            "problem",
            "captured_at",
            "modified_at",
            "is_newest",
            "tenant__name",
            "tenant__time_zone",
            "feed__key",
            "feed__connection__name",
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if search_term.strip():
            queryset = queryset.filter(tenant__in=all_tenants())
        return super().get_search_results(request, queryset, search_term)

    def whole(self) -> QuerySet[Record]:
        return Record.objects.select_related("tenant", "feed__connection", "run", "payload").defer(
            "feed__connection__secrets"
        )

    @admin.display(description="record")
    def number(self, row: Record) -> str:
        return row.business_number or row.source_id

    @admin.display(description="feed")
    def feed_name(self, row: Record) -> str:
        return f"{row.feed}{', ' + row.kind if row.kind else ''}"

    @admin.display(description="taken")
    def routed(self, row: Record) -> SafeString:
        return routed_badge(row)

    @admin.display(description="captured")
    def captured(self, row: Record) -> SafeString | str:
        return ago(row.captured_at, zone=row.tenant.time_zone)

    @admin.display(description="changed at the source")
    def changed(self, row: Record) -> SafeString | str:
        return ago(row.modified_at, zone=row.tenant.time_zone, never="–")

    @admin.display(description="version")
    def newest(self, row: Record) -> str:
        return "newest" if row.is_newest else "older"

    def page(self, request: HttpRequest, row: Record) -> dict[str, Any]:
        zone = row.tenant.time_zone
        lines = [
            Line("Business number", row.business_number, list_url(Record, q=row.business_number)),
            Line("Feed", page_link(row.feed)),
            Line("Kind", row.kind),
            Line("Status at the source", row.status),
            Line("Id at the source", row.source_id),
            Line("Version at the source", row.source_version),
            Line("Changed at the source", ago(row.modified_at, zone=zone, never="")),
            Line("Captured", ago(row.captured_at, zone=zone)),
            Line("By run", page_link(row.run) if row.run else ""),
            Line("Version", "newest" if row.is_newest else "a newer one was captured since"),
            Line("Fingerprint", row.fingerprint[:16]),
            Line("SHA-256 of the bytes", row.payload.sha256[:16]),
        ]
        sections: list[Any] = [
            Facts(title="This record", lines=lines),
            self._deliveries(row),
            self._versions(row),
            *self.kept_sections(request, row, {"raw": "What the source gave"}),
        ]
        if row.problem:
            remedy = (
                "It was kept, and becomes a delivery that fails visibly. Correct it at the source: it is read again."
            )
            sections.insert(0, Notice(kind="bad", sentence=row.problem, remedy=remedy))
        return {"sections": sections, "title": f"{row.business_number or row.source_id}", "mark": routed_badge(row)}

    def _deliveries(self, row: Record) -> Table:
        found = Delivery.objects.filter(record=row).select_related("flow__integration").order_by("-pk")
        return Table(
            title="What was made of it",
            headings=("Delivery", "State", "Flow", "Since", "Why"),
            rows=[
                (page_link(d, f"#{d.pk}"), state_badge(d.state), flow_label(d.flow), ago(d.since), shorten(d.reason))
                for d in found.only("state", "since", "reason", "flow__key", "flow__integration__pair")[:VERSIONS_SHOWN]
            ],
            empty="Nothing: "
            + (
                "a flow waits for its status to change."
                if row.not_yet
                else "no flow takes it, or it is an older version."
            ),
        )

    def _versions(self, row: Record) -> Table:
        found = Record.objects.filter(feed_id=row.feed_id, source_id=row.source_id).exclude(pk=row.pk).order_by("-pk")
        return Table(
            title="Other versions of the same object",
            headings=("Captured", "Changed at the source", "Status", "Version"),
            rows=[
                (
                    page_link(r, f"{r.captured_at:%Y-%m-%d %H:%M:%S} UTC"),
                    ago(r.modified_at, never="–"),
                    r.status,
                    self.newest(r),
                )
                for r in found.only("captured_at", "modified_at", "status", "is_newest")[:VERSIONS_SHOWN]
            ],
        )
