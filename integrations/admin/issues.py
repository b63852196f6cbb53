"""Open problems, grouped: one sentence, who acts, and what to press for all that they hit."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from integrations.actions.issues import UNSETTLED, DismissIssue, ReleaseFlood, RetryAll, Snooze, Wake
from integrations.admin.words import WHO, FlowFilter
from integrations.models import Connection, Delivery, Issue
from integrations.selectors import count_states
from integrations.words import ISSUE_MARKS, flow_label, state_badge
from portal.site import (
    WORK,
    ChoiceFilter,
    EvidenceAdmin,
    Facts,
    Line,
    Notice,
    Table,
    TenantFilter,
    ago,
    badge,
    list_link,
    list_url,
    page_link,
    shorten,
)

SHOWN = 20


class OpenTabs(ChoiceFilter):
    """Whether somebody still has to act."""

    title = "state"
    parameter_name = "status"
    as_tabs = True
    default = Issue.Status.OPEN.value

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(s.value, s.label.capitalize()) for s in Issue.Status]

    def narrow(self, rows: QuerySet[Issue], choice: str) -> QuerySet[Issue]:
        return rows.filter(status=choice)


class WhoFilter(ChoiceFilter):
    """Who has to act."""

    title = "who acts"
    parameter_name = "who"
    everything = "anybody"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(who.value, words) for who, words in WHO.items()]

    def narrow(self, rows: QuerySet[Issue], choice: str) -> QuerySet[Issue]:
        return rows.filter(who=choice)


@admin.register(Issue)
class IssueAdmin(EvidenceAdmin):
    """What somebody has to know of, however many records it hits."""

    area, rank, keyset = WORK, 10, False
    person_actions = (RetryAll, ReleaseFlood, Snooze, Wake, DismissIssue)
    list_display = ("what", "hits", "acts", "flow_name", "first", "last", "tenant")
    list_display_links = ("what",)
    list_filter = (OpenTabs, TenantFilter, WhoFilter, FlowFilter)
    ordering = ("-last_seen_at", "-pk")
    sortable_by = ("first", "last")
    list_per_page = 50
    empty_list = "No issue is open. Everything that could be done by itself is done."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Issue]:
        rows: QuerySet[Issue] = super().get_queryset(request)
        hanging = Delivery.objects.filter(issue=OuterRef("pk"), state__in=UNSETTLED).order_by().values("issue")
        number = Subquery(hanging.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
        return (
            rows.select_related("tenant", "flow__integration", "connection")
            .defer("technical", "connection__secrets", "connection__settings", "connection__check_steps")
            .annotate(hanging=Coalesce(number, Value(0)))
        )

    def whole(self) -> QuerySet[Issue]:
        return Issue.objects.select_related("tenant", "flow__integration", "integration", "connection").defer(
            "connection__secrets", "connection__settings", "connection__check_steps"
        )

    @admin.display(description="problem")
    def what(self, row: Issue) -> SafeString:
        return format_html("{} <b>{}</b>", badge(row.get_status_display(), ISSUE_MARKS[row.status]), row.sentence)

    @admin.display(description="deliveries")
    def hits(self, row: Any) -> SafeString:
        return list_link(row.hanging, Delivery, issue=row.pk)

    @admin.display(description="who acts")
    def acts(self, row: Issue) -> str:
        return WHO[Issue.Who(row.who)]

    @admin.display(description="where")
    def flow_name(self, row: Issue) -> SafeString | str:
        if row.flow is not None:
            return format_html('{}<br><span class="quiet">{}</span>', flow_label(row.flow), row.flow.integration.name)
        return row.connection.name if row.connection is not None else ""

    @admin.display(description="since", ordering="first_seen_at")
    def first(self, row: Issue) -> SafeString | str:
        return ago(row.first_seen_at, zone=row.tenant.time_zone)

    @admin.display(description="last", ordering="last_seen_at")
    def last(self, row: Issue) -> SafeString | str:
        return ago(row.last_seen_at, zone=row.tenant.time_zone)

    def page(self, request: HttpRequest, row: Issue) -> dict[str, Any]:
        states = count_states(Delivery.objects.filter(issue=row))
        zone = row.tenant.time_zone
        acts = f"Who acts: {WHO[Issue.Who(row.who)]}."
        kind = ISSUE_MARKS[row.status]
        lines = [
            Line("Since", ago(row.first_seen_at, zone=zone)),
            Line("Last seen", ago(row.last_seen_at, zone=zone)),
            Line("Seen", f"{row.occurrences:,} times"),
            Line("Flow", page_link(row.flow, f"{flow_label(row.flow)} ({row.flow.integration})") if row.flow else ""),
            Line("Connection", page_link(row.connection) if row.connection else ""),
            Line("Kind of error", row.error_class),
            Line("Value in the source", row.field),
            Line("Resolved", ago(row.resolved_at, zone=zone) if row.resolved_at else ""),
            Line("How", row.resolution),
            Line("Snoozed until", ago(row.snoozed_until, zone=zone) if row.snoozed_until else ""),
            Line("Technical", row.technical),
        ]
        sections: list[Notice | Facts | Table] = [
            Notice(kind=kind, sentence=row.sentence, remedy=f"{row.remedy} {acts}".strip()),
            Facts(title="This issue", lines=lines),
            self._deliveries(row, states),
        ]
        return {
            "sections": sections,
            "title": shorten(row.sentence, 90),
            "mark": badge(row.get_status_display(), kind),
            "further": connection_button(row.connection) if row.error_class in ("config", "unauthorized") else [],
        }

    def _deliveries(self, row: Issue, states: dict[str, int]) -> Table:
        found = Delivery.objects.filter(issue=row).order_by("-pk").only("business_number", "state", "since", "reason")
        return Table(
            title=f"What it hits ({sum(states.values()):,})",
            headings=("Document", "State", "Since", "Why"),
            rows=[
                (page_link(d, d.business_number or f"#{d.pk}"), state_badge(d.state), ago(d.since), shorten(d.reason))
                for d in found[:SHOWN]
            ],
            more=list_url(Delivery, issue=row.pk),
            empty="No delivery: it is about the connection or the feed itself.",
        )


def connection_button(connection: Connection | None) -> list[Line]:
    """Where a connection that refuses us is put right."""
    if connection is None:
        return []
    return [Line("Renew the credentials", "", list_url(Connection) + f"{connection.pk}/change/")]
