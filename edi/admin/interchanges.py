"""What was exchanged: interchanges, the documents in them, the numbers they took."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from edi.admin.checking import Checking
from edi.admin.paper import Printed
from edi.admin.received import NOT_TAKEN, ReceiveAgain, findings_table, intake_facts, said_table
from edi.models import Interchange, TransactionSet
from edi.words import state_badge, stream_badge
from integrations.services import reveal as kept
from portal.common.clock import db_now
from portal.site import (
    EDI,
    ChoiceFilter,
    EvidenceAdmin,
    Facts,
    KeptBytes,
    Line,
    Table,
    TenantFilter,
    ago,
    all_tenants,
    list_url,
    page_link,
    page_url,
)


class DirectionFilter(ChoiceFilter):
    """Out or in."""

    title = "direction"
    parameter_name = "direction"
    path = "direction"
    everything = "both"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("out", "out"), ("in", "in")]

    def narrow(self, rows: QuerySet[Any], choice: str) -> QuerySet[Any]:
        return rows.filter(**{self.path: choice})


class StreamFilter(DirectionFilter):
    """Test or live."""

    title = "stream"
    parameter_name = "stream"
    path = "stream"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("live", "live"), ("test", "test")]


@admin.register(Interchange)
class InterchangeAdmin(Checking, KeptBytes, EvidenceAdmin):
    """Every interchange that was written or read."""

    area, rank = EDI, 30
    masked, reveal, parts = staticmethod(kept.masked), staticmethod(kept.reveal), ("text",)
    person_actions = (ReceiveAgain,)
    list_display = ("number", "direction", "stream_mark", "network", "documents", "sent", "size", "tenant")
    list_display_links = ("number",)
    list_filter = (TenantFilter, DirectionFilter, StreamFilter)
    exact_search = ("control_number",)
    search_help_text = "Control number (ISA13, UNB 0020) or business number of a document in it, whole."
    empty_list = "No interchange yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Interchange]:
        rows: QuerySet[Interchange] = super().get_queryset(request)
        return rows.select_related("tenant", "network").defer("text").prefetch_related("sets")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        sets = TransactionSet.objects.filter(tenant__in=all_tenants(), business_number=term).values("interchange")
        found = Q(pk__in=sets)
        if term.isdecimal() and len(term) <= 14:
            found |= Q(control_number=int(term))
        return queryset.filter(found), False

    def whole(self) -> QuerySet[Interchange]:
        return Interchange.objects.select_related("tenant", "network")

    @admin.display(description="interchange")
    def number(self, row: Interchange) -> str:
        return str(row)

    @admin.display(description="stream")
    def stream_mark(self, row: Interchange) -> SafeString:
        return stream_badge(row.stream)

    @admin.display(description="documents")
    def documents(self, row: Interchange) -> SafeString:
        sets = list(row.sets.all()[:5])
        parts = ((f"{s.set_id} {s.business_number}", state_badge(s)) for s in sets)
        return format_html_join("", '<span class="line">{} {}</span>', parts)

    @admin.display(description="when")
    def sent(self, row: Interchange) -> SafeString | str:
        return ago(row.created_at, zone=row.tenant.time_zone)

    def page(self, request: HttpRequest, row: Interchange) -> dict[str, Any]:
        group = f"{row.group_control_number}" if row.group_control_number is not None else ""
        lines = [
            Line("Direction", row.get_direction_display()),
            Line("Over", row.network),
            Line("Route", row.route),
            Line("Written in", row.get_standard_display()),
            Line("Control number (UNB 0020)" if row.reference else "Control number (ISA13)", row.number),
            Line("Group control number (GS06)", "" if row.reference else group),
            Line("When", ago(row.created_at, zone=row.tenant.time_zone)),
            Line("SHA-256 of the bytes", row.sha256[:16]),
            Line("Came in", page_link(row.file) if row.file_id else ""),
            Line("How often these bytes came", row.times if row.times > 1 else ""),
            Line("Its number came before with", page_link(row.reuses) if row.reuses_id else ""),
            Line("Answered by", page_link(row.answered_by) if row.answered_by_id else ""),
        ]
        return {
            "mark": stream_badge(row.stream),
            "sections": [
                Facts(title="This interchange", lines=lines),
                *findings_table(row),
                self._sets(row),
                *self.kept_sections(request, row, {"text": "What it says"}),
            ],
        }

    def _sets(self, row: Interchange) -> Table:
        found = row.sets.select_related("partner").prefetch_related("deliveries").order_by("pk")[:100]
        return Table(
            title="Documents in it",
            headings=("Document", "Trading partner", "Purpose", "State", "Delivery"),
            rows=[
                (
                    page_link(s, f"{s.set_id} {s.business_number}"),
                    page_link(s.partner),
                    s.purpose,
                    state_badge(s),
                    format_html_join(", ", '<a href="{}">{}</a>', ((page_url(d), d.pk) for d in s.deliveries.all())),
                )
                for s in found
            ],
        )


class AcknowledgedFilter(ChoiceFilter):
    """What the other side said."""

    title = "acknowledgment"
    parameter_name = "acknowledged"
    everything = "any"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(a.value, a.label) for a in TransactionSet.Acknowledged]

    def narrow(self, rows: QuerySet[TransactionSet], choice: str) -> QuerySet[TransactionSet]:
        if choice != TransactionSet.Acknowledged.OVERDUE:
            return rows.filter(acknowledged=choice)
        waiting = Q(acknowledged="waiting", acknowledgment_due_at__lt=db_now())
        return rows.filter(waiting | Q(acknowledged="overdue"))


class IntakeFilter(ChoiceFilter):
    """What became of what was received."""

    title = "received"
    parameter_name = "intake"
    everything = "any"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        held = [(i.value, str(i.label).partition(":")[0] + f" ({i.value})") for i in TransactionSet.Intake]
        return [("not_taken", "held or refused"), *held]

    def narrow(self, rows: QuerySet[TransactionSet], choice: str) -> QuerySet[TransactionSet]:
        return rows.filter(intake__in=NOT_TAKEN) if choice == "not_taken" else rows.filter(intake=choice)


@admin.register(TransactionSet)
class TransactionSetAdmin(Printed, EvidenceAdmin):
    """Documents, with what the other side said about them."""

    area, rank = EDI, 40
    list_display = ("document", "partner_name", "direction", "state_mark", "due", "made", "tenant")
    list_display_links = ("document",)
    list_filter = (TenantFilter, AcknowledgedFilter, IntakeFilter)
    exact_search = ("business_number", "network_id")
    search_help_text = "Business number, or the network's id of the document: whole, or its beginning."
    empty_list = "No document yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[TransactionSet]:
        rows: QuerySet[TransactionSet] = super().get_queryset(request)
        return rows.select_related("tenant", "partner", "interchange").defer("interchange__text", "network_status")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if search_term.strip():
            queryset = queryset.filter(tenant__in=all_tenants())
        return super().get_search_results(request, queryset, search_term)

    def whole(self) -> QuerySet[TransactionSet]:
        rows = TransactionSet.objects.select_related("tenant", "partner", "agreement__partner", "interchange__network")
        return rows.defer("interchange__text")

    @admin.display(description="document")
    def document(self, row: TransactionSet) -> str:
        return f"{row.set_id} {row.business_number}"

    @admin.display(description="trading partner")
    def partner_name(self, row: TransactionSet) -> str:
        return row.partner.name if row.partner else "–"

    @admin.display(description="direction")
    def direction(self, row: TransactionSet) -> str:
        return row.interchange.get_direction_display()

    @admin.display(description="state")
    def state_mark(self, row: TransactionSet) -> SafeString:
        return state_badge(row)

    @admin.display(description="due")
    def due(self, row: TransactionSet) -> SafeString | str:
        waits = row.acknowledged == TransactionSet.Acknowledged.WAITING
        return ago(row.acknowledgment_due_at, zone=row.tenant.time_zone, never="–") if waits else "–"

    @admin.display(description="when")
    def made(self, row: TransactionSet) -> SafeString | str:
        return ago(row.created_at, zone=row.tenant.time_zone)

    def page(self, request: HttpRequest, row: TransactionSet) -> dict[str, Any]:
        zone = row.tenant.time_zone
        lines = [
            Line("Business number", row.business_number, list_url(TransactionSet, q=row.business_number)),
            Line("Trading partner", page_link(row.partner)),
            Line("Agreement", page_link(row.agreement) if row.agreement else ""),
            Line("Goes over" if row.interchange.direction == "out" else "Came over", row.way),
            Line("Interchange", page_link(row.interchange)),
            Line("Purpose", row.purpose),
            Line("Number in the interchange (ST02, UNH)", row.control_number),
            Line("The network's id", row.network_id),
            Line("Acknowledgment due", ago(row.acknowledgment_due_at, zone=zone) if row.acknowledgment_due_at else ""),
            Line("Acknowledged", ago(row.acknowledged_at, zone=zone) if row.acknowledged_at else ""),
            Line("When", ago(row.created_at, zone=zone)),
            Line(
                "Delivery",
                format_html_join(", ", '<a href="{}">{}</a>', ((page_url(d), d.pk) for d in row.deliveries.all())),
            ),
        ]
        lines += intake_facts(row)
        if row.response:
            lines.append(Line("What the partner decided", row.get_response_display()))
        status = [Line(str(k), str(v)) for k, v in (row.network_status or {}).items()]
        sections: list[Any] = [Facts(title="This document", lines=lines)]
        if status:
            sections.append(Facts(title="What the network says of it", lines=status))
        sections += findings_table(row)
        if not row.intake:
            sections.append(said_table(row))
        sections += self.paper_sections(row)
        return {"sections": sections, "mark": state_badge(row), "title": self.document(row)}
