"""Operations: what was asked for, how far it is, and how it ended."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from integrations.actions.live import download, result_sections
from integrations.actions.numbers import numbers
from integrations.actions.operations import MARKS, Cancel, SendUnsent, Start
from integrations.models import Operation
from integrations.services import operations as services
from portal.site import (
    WORK,
    ChoiceFilter,
    EvidenceAdmin,
    Facts,
    Line,
    Notice,
    TenantFilter,
    ago,
    badge,
    page_link,
    person,
    shorten,
)
from portal.site.marks import Kind

FORMS = ("csv", "json")


class StateFilter(ChoiceFilter):
    """How far it is."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(s.value, s.label) for s in Operation.State]

    def narrow(self, rows: QuerySet[Operation], choice: str) -> QuerySet[Operation]:
        return rows.filter(state=choice)


class KindFilter(ChoiceFilter):
    """What was asked for."""

    title = "what"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(k.value, k.label) for k in Operation.Kind]

    def narrow(self, rows: QuerySet[Operation], choice: str) -> QuerySet[Operation]:
        return rows.filter(kind=choice)


@admin.register(Operation)
class OperationAdmin(EvidenceAdmin):
    """What people and programs asked for: with its plan, its progress and its end."""

    area, rank = WORK, 35
    person_actions = (Start, SendUnsent, Cancel)
    list_display = ("what", "state_mark", "concerns", "how_far", "asked", "by", "tenant")
    list_display_links = ("what",)
    list_filter = (TenantFilter, StateFilter, KindFilter)
    empty_list = "Nothing yet. Replays of many, dry runs and reconciliations stand here."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Operation]:
        rows: QuerySet[Operation] = super().get_queryset(request)
        return rows.select_related("tenant", "flow__integration", "feed__connection").defer(
            "result", "feed__connection__secrets", "feed__connection__check_steps"
        )

    def whole(self) -> QuerySet[Operation]:
        return Operation.objects.select_related("tenant", "flow__integration", "feed__connection").defer(
            "feed__connection__secrets"
        )

    @admin.display(description="what")
    def what(self, row: Operation) -> str:
        return str(row)

    @admin.display(description="state")
    def state_mark(self, row: Operation) -> SafeString:
        return badge(row.get_state_display(), MARKS[row.state])

    @admin.display(description="of")
    def concerns(self, row: Operation) -> str:
        return services.about(row)

    @admin.display(description="how far")
    def how_far(self, row: Operation) -> SafeString | str:
        if row.problem:
            return shorten(row.problem, 90)
        total, done = row.plan.get("would_be_sent"), row.progress.get("done", 0)
        return f"{done:,} of {total:,}" if total else f"{done:,}" if done else ""

    @admin.display(description="asked for")
    def asked(self, row: Operation) -> SafeString | str:
        return ago(row.created_at, zone=row.tenant.time_zone)

    @admin.display(description="by")
    def by(self, row: Operation) -> str:
        return row.asked_by_name

    def page(self, request: HttpRequest, row: Operation) -> dict[str, Any]:
        zone = row.tenant.time_zone
        lines = [
            Line("What", row.get_kind_display()),
            Line("Of", page_link(row.flow) if row.flow else services.about(row)),
            Line("Asked for by", row.asked_by_name),
            Line("Why", row.reason),
            Line("Asked for", ago(row.created_at, zone=zone)),
            Line("Begun", ago(row.started_at, zone=zone) if row.started_at else ""),
            Line("Ended", ago(row.ended_at, zone=zone) if row.ended_at else ""),
            *(Line(k.replace("_", " ").capitalize(), _said(v)) for k, v in row.selection.items() if k != "up_to"),
            *(Line(k.replace("_", " ").capitalize(), _said(v)) for k, v in row.options.items()),
        ]
        sections: list[Any] = [Facts(title="This operation", lines=lines)]
        if row.problem:
            kind: Kind = "bad" if row.state == Operation.State.FAILED else "wait"
            sections.insert(0, Notice(kind=kind, sentence=row.problem))
        if row.plan:
            sections.append(Facts(title="Plan", lines=numbers(row.plan)))
        if row.progress:
            sections.append(Facts(title="Progress", lines=numbers(row.progress)))
        sections += [Notice(kind="off", sentence=s) for s in row.progress.get("sentences", [])]
        sections += result_sections(row)
        further = []
        if row.result:
            further = [Line(f"Download as {form.upper()}", "", self.file_url(row, form)) for form in FORMS]
        return {"sections": sections, "mark": self.state_mark(row), "title": str(row), "further": further}

    # --- The result as a file

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.file)
        return [path("<int:pk>/result.<slug:form>", view, name="integrations_operation_result"), *super().get_urls()]

    def file_url(self, row: Operation, form: str) -> str:
        return reverse("admin:integrations_operation_result", args=[row.pk, form])

    def file(self, request: HttpRequest, pk: int, form: str) -> HttpResponse:
        """What was found, for a spreadsheet or a program. Documents hold business data: that it left stays in the
        audit trail."""
        row = self.whole().filter(pk=pk).first()
        if row is None or not row.result or form not in FORMS:
            raise Http404(form)
        services.note_download(row, form=form, actor=person(request))
        return download(row, form)


def _said(value: object) -> SafeString | str:
    if isinstance(value, list):
        shown = ", ".join(str(v) for v in value[:20])
        return f"{shown} and {len(value) - 20:,} more" if len(value) > 20 else shown
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format_html("{}", value) if value else ""
