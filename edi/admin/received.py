"""What came in: files with what could not be processed, and what trading partners said about our documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from edi.models import Acknowledgment, Interchange, ReceivedFile, TransactionSet
from edi.words import intake_badge, outcome_badge, stream_badge
from integrations.services import received as services
from integrations.services import reveal as kept
from portal.site import (
    EDI,
    ChoiceFilter,
    Done,
    EvidenceAdmin,
    Facts,
    KeptBytes,
    Line,
    Notice,
    PersonAction,
    Plan,
    Reason,
    Table,
    TenantFilter,
    ago,
    badge,
    page_link,
    person,
)

SHOWN = 100
NOT_TAKEN = ("refused", "quarantined", "number_reused", "unagreed")


class ProcessedFilter(ChoiceFilter):
    """Whether all of a file could be processed."""

    title = "processed"
    parameter_name = "processed"
    everything = "all files"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("no", "could not be processed"), ("again", "came more than once")]

    def narrow(self, rows: QuerySet[ReceivedFile], choice: str) -> QuerySet[ReceivedFile]:
        return rows.filter(problems__isnull=False) if choice == "no" else rows.filter(times__gt=1)


@admin.register(ReceivedFile)
class ReceivedFileAdmin(KeptBytes, EvidenceAdmin):
    """Every file or message that came over a network, with what could not be processed of it."""

    area, rank = EDI, 25
    masked, reveal, parts = staticmethod(kept.masked), staticmethod(kept.reveal), ("content",)
    list_display = ("name", "state", "network", "interchange_count", "size", "times", "came", "tenant")
    list_display_links = ("name",)
    list_filter = (TenantFilter, ProcessedFilter)
    exact_search = ("name",)
    search_help_text = "Path of the file, or the network's id of the message: whole, or its beginning."
    empty_list = "Nothing has come yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReceivedFile]:
        rows: QuerySet[ReceivedFile] = super().get_queryset(request)
        return rows.select_related("tenant", "network").defer("content")

    def whole(self) -> QuerySet[ReceivedFile]:
        return ReceivedFile.objects.select_related("tenant", "network")

    @admin.display(description="processed")
    def state(self, row: ReceivedFile) -> SafeString:
        if not row.problems:
            return badge("all of it", "ok")
        return badge("not processed", "bad") if not row.interchange_count else badge("not all of it", "doubt")

    @admin.display(description="came")
    def came(self, row: ReceivedFile) -> SafeString | str:
        return ago(row.received_at, zone=row.tenant.time_zone)

    def page(self, request: HttpRequest, row: ReceivedFile) -> dict[str, Any]:
        zone = row.tenant.time_zone
        lines = [
            Line("Over", row.network),
            Line("Came", ago(row.received_at, zone=zone)),
            Line("Came last", ago(row.last_received_at, zone=zone) if row.times > 1 else ""),
            Line("How often these bytes came", row.times if row.times > 1 else ""),
            Line("Read as", row.encoding),
            Line("SHA-256 of the bytes", row.sha256[:16]),
        ]
        found = row.interchanges.defer("text").order_by("pk")[:SHOWN]
        interchanges = Table(
            title="Interchanges in it",
            headings=("Interchange", "Stream", "Documents"),
            rows=[(page_link(i), stream_badge(i.stream), i.sets.count()) for i in found],
            empty="None that could be read.",
        )
        problems = [Notice(kind="bad", sentence=sentence) for sentence in list(row.problems or [])[:20]]
        content = self.kept_sections(request, row, {"content": "What came"}) if not _holds_all(row) else []
        return {
            "mark": self.state(row),
            "sections": [*problems, Facts(title="This file", lines=lines), interchanges, *content],
        }


def _holds_all(row: ReceivedFile) -> bool:
    """Whether its one interchange holds all that came."""
    return row.content is None and row.interchange_count > 0


class ReceiveAgain(PersonAction):
    """Judges anew what was held or refused."""

    name, label, many = "receive", "Receive again", False
    form = Reason

    def offered(self, row: Interchange) -> bool:
        return row.direction == "in" and row.sets.filter(intake__in=NOT_TAKEN, answered_by=None).exists()

    def plan(self, request: HttpRequest, rows: QuerySet[Interchange]) -> Plan:
        row = rows.get()
        held = row.sets.filter(intake__in=NOT_TAKEN, answered_by=None)
        lines = [Line(f"{s}", s.get_intake_display()) for s in held[:20]]
        return Plan(
            title="Receive it again",
            sentence="What was held or refused is checked by what is agreed now. What is taken goes its way and is "
            "acknowledged, as if it came today; what was taken before stays as it is.",
            lines=tuple(lines),
            warning="Other content came under this control number before. By receiving it again you say that this one "
            "counts as well."
            if row.reuses_id
            else "",
            refusal="" if lines else "Nothing of it is held.",
            button="Receive again",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Interchange], data: Mapping[str, Any]) -> Done:
        row = rows.get()
        held = row.sets.filter(intake__in=NOT_TAKEN, answered_by=None).count()
        taken = services.receive_again(row, reason=data["reason"], actor=person(request))
        left = held - len(taken)
        return Done(f"{len(taken)} taken.", f"{left} still not: see the issues." if left else "")


class OutcomeFilter(ChoiceFilter):
    """What came of a statement."""

    title = "outcome"
    parameter_name = "outcome"
    everything = "any"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("odd", "all that needs a look"), *((o.value, o.label) for o in Acknowledgment.Outcome)]

    def narrow(self, rows: QuerySet[Acknowledgment], choice: str) -> QuerySet[Acknowledgment]:
        odd = Q(outcome__in=["contradicts", "unclear", "unmatched"])
        return rows.filter(odd if choice == "odd" else Q(outcome=choice))


@admin.register(Acknowledgment)
class AcknowledgmentAdmin(EvidenceAdmin):
    """What the other side said about what we sent: a statement a row, none ever changed."""

    area, rank = EDI, 45
    list_display = ("statement", "about_what", "outcome_mark", "came", "tenant")
    list_display_links = ("statement",)
    list_filter = (TenantFilter, OutcomeFilter)
    exact_search = ("about__business_number", "named")
    search_help_text = "Business number of the document, or what it names: whole, or its beginning."
    empty_list = "No acknowledgment has come yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Acknowledgment]:
        rows: QuerySet[Acknowledgment] = super().get_queryset(request)
        return rows.select_related("tenant", "about")

    def whole(self) -> QuerySet[Acknowledgment]:
        return Acknowledgment.objects.select_related("tenant", "about__partner", "carrier", "interchange").defer(
            "interchange__text"
        )

    @admin.display(description="statement")
    def statement(self, row: Acknowledgment) -> str:
        return str(row)

    @admin.display(description="about")
    def about_what(self, row: Acknowledgment) -> SafeString | str:
        return page_link(row.about)

    @admin.display(description="outcome")
    def outcome_mark(self, row: Acknowledgment) -> SafeString:
        return outcome_badge(row)

    @admin.display(description="when")
    def came(self, row: Acknowledgment) -> SafeString | str:
        return ago(row.created_at, zone=row.tenant.time_zone)

    def page(self, request: HttpRequest, row: Acknowledgment) -> dict[str, Any]:
        lines = [
            Line("Kind", row.get_kind_display()),
            Line("Code", row.code),
            Line("Names", row.named),
            Line("About", page_link(row.about)),
            Line("Trading partner", page_link(row.about.partner) if row.about else ""),
            Line("Stands in", page_link(row.carrier or row.interchange)),
            Line("When", ago(row.created_at, zone=row.tenant.time_zone)),
        ]
        said = [(sentence,) for sentence in list(row.sentences or [])]
        return {
            "mark": outcome_badge(row),
            "sections": [
                Facts(title="This statement", lines=lines),
                Table(title="What it says", headings=("Sentence",), rows=said),
            ],
        }


def said_table(row: TransactionSet) -> Table:
    """All that was said about a document of ours."""
    found = row.acknowledgments.order_by("-pk")[:20]
    return Table(
        title="What was said about it",
        headings=("Statement", "Outcome", "When"),
        rows=[(page_link(a), outcome_badge(a), ago(a.created_at)) for a in found],
        empty="Nothing yet.",
    )


def intake_facts(row: TransactionSet) -> list[Line]:
    """What became of a received document."""
    if not row.intake:
        return []
    return [
        Line("What became of it", intake_badge(row)),
        Line("Answered by", page_link(row.answered_by) if row.answered_by_id else ""),
        Line("Says the same as", page_link(row.repeats) if row.repeats_id else ""),
        Line("Went on to its flow", ago(row.passed_on_at) if row.passed_on_at else ""),
    ]


def findings_table(row: TransactionSet | Interchange) -> list[Table]:
    """The first findings about it, where there are any."""
    found = list(row.findings or [])
    if not found:
        return []
    return [
        Table(
            title=f"{row.error_count} errors, {row.warning_count} warnings",
            headings=("", "Where", "What"),
            rows=[
                (
                    badge("error", "bad") if f["severity"] == "error" else badge("warning", "doubt"),
                    f"{f['segment']}{f['element']:02d}" if f["element"] else f["segment"],
                    f["message"],
                )
                for f in found
            ],
            note=f"The first {len(found)}." if row.error_count + row.warning_count > len(found) else "",
        )
    ]
