"""The error desk: deliveries with their state, why, and what to press."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from integrations.actions.approvals import Approve, Refuse, asked
from integrations.actions.deliveries import Dismiss, Force, Replay, ReplayMany, ahead
from integrations.actions.edits import EditAndReplay, edit_lines
from integrations.actions.live import comparison_sections
from integrations.actions.naming import NameIt
from integrations.actions.sentences import said_of
from integrations.actions.settling import Settle
from integrations.admin.words import WHO, FlowFilter, IntegrationFilter, ToFilter
from integrations.flows.contract import RECALL
from integrations.models import OPEN_STATES, Attempt, Delivery, State
from integrations.services import reveal as kept
from integrations.words import flow_label, shown_url, state_badge
from portal.common.clock import db_now
from portal.site import (
    WORK,
    ChoiceFilter,
    EvidenceAdmin,
    Facts,
    KeptBytes,
    Line,
    Table,
    TenantFilter,
    ago,
    all_tenants,
    link,
    list_url,
    page_link,
    page_url,
    shorten,
)
from portal.site.marks import address

NEEDS_SOMEBODY = (State.FAILED, State.IN_DOUBT)
UNDER_WAY = (State.WAITING, State.PENDING, State.SENDING, State.ACCEPTED)
RARE = frozenset({*OPEN_STATES, State.DISMISSED})
"""States that few rows are in: found by the index that begins with tenant and state. Of the others the newest are near
the end of the table, where reading backwards finds them at once."""


class StateTabs(ChoiceFilter):
    """What became of them."""

    title = "state"
    parameter_name = "state"
    as_tabs = True

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        groups = {"needs": "Needs somebody", "failed": "Failed", "in_doubt": "In doubt", "under_way": "Under way"}
        return [*groups.items(), *((s.value, s.label.capitalize()) for s in State if s not in groups)]

    def narrow(self, rows: QuerySet[Delivery], choice: str) -> QuerySet[Delivery]:
        groups: dict[str, tuple[State, ...]] = {"needs": NEEDS_SOMEBODY, "under_way": UNDER_WAY}
        states = groups.get(choice) or ((State(choice),) if choice in State else ())
        rows = rows.filter(state__in=states)
        return rows.filter(tenant__in=all_tenants()) if set(states) <= RARE else rows


class AgeFilter(ChoiceFilter):
    """How long an open delivery has been in its state."""

    title = "for more than"
    parameter_name = "older"
    everything = "any time"
    hours = {"1h": ("1 hour", 1), "4h": ("4 hours", 4), "1d": ("1 day", 24), "7d": ("7 days", 168)}

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(key, label) for key, (label, _) in self.hours.items()]

    def narrow(self, rows: QuerySet[Delivery], choice: str) -> QuerySet[Delivery]:
        if choice not in self.hours:
            return rows.none()
        before = db_now() - dt.timedelta(hours=self.hours[choice][1])
        return rows.filter(since__lt=before, state__in=OPEN_STATES, tenant__in=all_tenants())


@admin.register(Delivery)
class DeliveryAdmin(KeptBytes, EvidenceAdmin):
    """Effects to make at targets: what failed, since when, why, and what to press."""

    area, rank = WORK, 20
    masked, reveal, parts = staticmethod(kept.masked), staticmethod(kept.reveal), ("frozen",)
    person_actions = (Approve, Refuse, Replay, ReplayMany, EditAndReplay, NameIt, Force, Dismiss, Settle)
    list_display = ("what", "state_mark", "flow_name", "target", "since_when", "tries", "why", "tenant_name")
    list_display_links = ("what",)
    list_filter = (StateTabs, TenantFilter, FlowFilter, IntegrationFilter, ToFilter, AgeFilter)
    exact_search = ("business_number",)
    search_help_text = "Business number (order, invoice, supplier): whole, or its beginning."
    empty_list = "No delivery yet. They are made when a feed captures a record that a flow takes."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """Only the columns that the list shows: neither bytes nor JSON, and nothing of a connection but its name."""
        rows: QuerySet[Delivery] = super().get_queryset(request)
        return rows.select_related("tenant", "flow__integration", "sink_connection", "issue").only(
            "business_number",
            "state",
            "since",
            "tries",
            "reason",
            "operation",
            "purpose",
            "waits_for",
            "replays_id",
            "tenant__name",
            "tenant__time_zone",
            "flow__key",
            "flow__integration__pair",
            "flow__integration__name",
            "sink_connection__name",
            "issue__sentence",
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if term.startswith("#") and term[1:].isdecimal():
            return queryset.filter(pk=term[1:]), False
        if term:
            queryset = queryset.filter(tenant__in=all_tenants())
        return super().get_search_results(request, queryset, search_term)

    def whole(self) -> QuerySet[Delivery]:
        return Delivery.objects.select_related(
            "tenant",
            "flow__integration",
            "integration",
            "sink_connection",
            "record",
            "run",
            "issue",
            "replays",
            "edit",
            "frozen",
            "transaction_set__interchange__network",
            "transaction_set__agreement",
        ).defer("sink_connection__secrets", "sink_connection__check_steps", "transaction_set__interchange__text")

    # --- The list -----------------------------------------------------------------------------------------------------

    @admin.display(description="document")
    def what(self, row: Delivery) -> str:
        return row.business_number or f"#{row.pk}"

    @admin.display(description="state")
    def state_mark(self, row: Delivery) -> SafeString:
        return state_badge(row.state)

    @admin.display(description="flow")
    def flow_name(self, row: Delivery) -> SafeString:
        kind = row.purpose or ("cancellation" if row.operation in ("cancel", RECALL) else "")
        again = " · sent once more" if row.replays_id and row.operation != RECALL else ""
        small = f"{row.flow.integration.name}{' · ' + kind if kind else ''}{again}"
        return format_html('{}<br><span class="quiet">{}</span>', flow_label(row.flow), small)

    @admin.display(description="to")
    def target(self, row: Delivery) -> str:
        return row.sink_connection.name

    @admin.display(description="since")
    def since_when(self, row: Delivery) -> SafeString | str:
        return ago(row.since, zone=row.tenant.time_zone)

    @admin.display(description="why")
    def why(self, row: Delivery) -> SafeString | str:
        if row.state == State.WAITING and row.waits_for:
            return f"waits for {row.waits_for}"
        return shorten(row.reason)

    @admin.display(description="tenant")
    def tenant_name(self, row: Delivery) -> str:
        return row.tenant.name

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.compare)
        return [path("<int:pk>/compare/", view, name="integrations_delivery_compare"), *super().get_urls()]

    def compare(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The document on both sides, read now."""
        row = self.whole().filter(pk=pk).first()
        if row is None:
            raise Http404(str(pk))
        shown = {
            "title": f"{row.business_number or 'Delivery'}: both sides now",
            "sections": comparison_sections(row),
            "further": [Line("Back to the delivery", "", page_url(row))],
        }
        return self.render_page(request, row, shown)

    # --- The page -----------------------------------------------------------------------------------------------------

    def page(self, request: HttpRequest, row: Delivery) -> dict[str, Any]:
        sections = [
            *said_of(row, WHO),
            *asked(row),
            facts(row),
            attempts(row),
            *evidence(row),
            *(self.kept_sections(request, row, {"frozen": frozen_title(row)}) if row.frozen is not None else []),
        ]
        return {
            "title": f"{row.business_number or 'Delivery'} – {flow_label(row.flow)}",
            "mark": state_badge(row.state),
            "sections": sections,
            "further": further(row),
        }


def compare_url(row: Delivery) -> str:
    return reverse("admin:integrations_delivery_compare", args=[row.pk])


def facts(row: Delivery) -> Facts:
    zone = row.tenant.time_zone
    sent = row.transaction_set
    after = Delivery.objects.filter(replays=row).order_by("pk").values_list("pk", flat=True)
    copies, recalls = after.exclude(operation=RECALL), after.filter(operation=RECALL)
    recalling = row.operation == RECALL
    used = row.settings_used or {}
    lines = [
        Line(
            "Business number",
            row.business_number,
            list_url(Delivery, q=row.business_number) if row.business_number else "",
        ),
        Line("State since", ago(row.since, zone=zone)),
        Line("Flow", page_link(row.flow, f"{flow_label(row.flow)} ({row.integration})")),
        Line("To", page_link(row.sink_connection)),
        Line("Operation", f"{row.operation}{', ' + row.purpose if row.purpose else ''}"),
        Line(
            "From the record",
            page_link(row.record, f"{row.record} captured {row.record.captured_at:%Y-%m-%d %H:%M} UTC"),
        ),
        Line("Made by run", page_link(row.run) if row.run else ""),
        Line("Changed at the source", ago(row.source_modified_at, zone=zone) if row.source_modified_at else ""),
        Line("Made", ago(row.created_at, zone=zone)),
        Line("Closed", ago(row.closed_at, zone=zone) if row.closed_at else ""),
        Line("Its id at the other side", row.target_id),
        Line("Transaction set", page_link(sent, f"{sent.set_id} {sent.business_number}") if sent else ""),
        Line("Acknowledgment", sent.get_acknowledged_display() if sent else ""),
        Line("Goes over" if not sent or sent.interchange.direction == "out" else "Came over", sent.way if sent else ""),
        Line("Issue", page_link(row.issue, shorten(row.issue.sentence)) if row.issue else ""),
        Line(
            "Takes back" if recalling else "Sent once more for",
            page_link(row.replays, f"delivery {row.replays_id}") if row.replays else "",
        ),
        Line(
            "Sent once more as",
            format_html_join(", ", '<a href="{}">delivery {}</a>', ((address(Delivery, c), c) for c in copies)),
        ),
        Line(
            "Taken back by",
            format_html_join(", ", '<a href="{}">delivery {}</a>', ((address(Delivery, c), c) for c in recalls)),
        ),
        Line(
            "Tries",
            f"{row.tries}; workers took it {row.claims}×{f', {row.crashes} of them died' if row.crashes else ''}",
        ),
        *edit_lines(row),
        Line("Altered on the way", "; ".join(used.get("changes", []))),
        Line(
            "Prepared by",
            f"release {used['release']}, mapping {used.get('mapping_version', '?')}" if "release" in used else "",
        ),
        Line("Lane", link(list_url(Delivery, integration=row.integration_id, lane=row.lane), row.lane)),
        Line(
            "Comes after",
            format_html_join(", ", '<a href="{}">{}</a>', ((page_url(d), f"{d.pk} ({d.state})") for d in ahead(row)))
            if row.state in OPEN_STATES
            else "",
        ),
    ]
    return Facts(title="This delivery", lines=lines)


def attempts(row: Delivery) -> Table:
    rows = []
    found = Attempt.objects.filter(delivery=row).order_by("-number").prefetch_related("exchanges")[:50]
    for attempt in found:
        said = format_html_join(
            "",
            '<a class="line" href="{}">{} {} → {}</a>',
            (
                (page_url(e), e.method, shown_url(e.url)[:90], e.status or e.problem or "no answer")
                for e in attempt.exchanges.all()
            ),
        )
        took = "–" if attempt.closed_at is None else f"{(attempt.closed_at - attempt.started_at).total_seconds():.1f} s"
        rows.append(
            (
                attempt.number,
                attempt.get_kind_display(),
                ago(attempt.started_at, zone=row.tenant.time_zone),
                took,
                attempt.outcome or "open",
                shorten(attempt.detail),
                said or "–",
            )
        )
    return Table(
        title="Attempts",
        headings=("No.", "What", "When", "Took", "Outcome", "What it said", "Exchanges"),
        rows=rows,
        empty="None: nothing has been sent. What is refused while it is prepared is never tried.",
    )


def evidence(row: Delivery) -> list[Table]:
    if not row.evidence:
        return []
    lines = [(e.get("at", "")[:19].replace("T", " "), e.get("found", ""), e.get("proof", "")) for e in row.evidence]
    return [Table(title="Evidence: whether it arrived", headings=("When (UTC)", "Found", "Proof"), rows=lines)]


def frozen_title(row: Delivery) -> str:
    return "What is sent, every time" if row.closed_at is None else "What was sent"


def further(row: Delivery) -> list[Line]:
    others = Line("Other deliveries of it", "", list_url(Delivery, q=row.business_number))
    compared = Line("Compare both sides now", "", compare_url(row))
    return [compared, others] if row.business_number else [compared]
