"""Runs: what was read, and what became of it, as equations that add up."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from integrations.models import Delivery, Exchange, Record, Run, State
from integrations.selectors import Term, read_equation, run_equation
from integrations.words import DELIVERY_MARKS, RUN_MARKS
from portal.site import (
    WORK,
    ChoiceFilter,
    Drawn,
    EvidenceAdmin,
    Facts,
    Line,
    Notice,
    TenantFilter,
    ago,
    badge,
    list_link,
    list_url,
    page_link,
)
from portal.site.marks import span


class OutcomeFilter(ChoiceFilter):
    """How the run ended."""

    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(o.value, o.label) for o in Run.Outcome]

    def narrow(self, rows: QuerySet[Run], choice: str) -> QuerySet[Run]:
        return rows.filter(outcome=choice)


@admin.register(Run)
class RunAdmin(EvidenceAdmin):
    """Executions of a feed that found something. Reads that find nothing only show on the feed."""

    area, rank = WORK, 30
    list_display = (
        "started",
        "feed_name",
        "ended_as",
        "read",
        "captured",
        "unrouted_records",
        "calls",
        "took",
        "tenant",
    )
    list_display_links = ("started",)
    list_filter = (TenantFilter, OutcomeFilter)
    empty_list = "No run yet. A run begins when a feed finds something new."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        rows: QuerySet[Run] = super().get_queryset(request)
        return rows.select_related("tenant", "feed__connection").defer(
            "feed__history",
            "feed__resume",
            "feed__connection__secrets",
            "feed__connection__settings",
            "feed__connection__check_steps",
        )

    def whole(self) -> QuerySet[Run]:
        return Run.objects.select_related("tenant", "feed__connection").defer("feed__connection__secrets")

    @admin.display(description="started")
    def started(self, row: Run) -> SafeString | str:
        return ago(row.started_at, zone=row.tenant.time_zone)

    @admin.display(description="feed")
    def feed_name(self, row: Run) -> str:
        return str(row.feed)

    @admin.display(description="outcome")
    def ended_as(self, row: Run) -> SafeString:
        return badge(row.get_outcome_display(), RUN_MARKS[row.outcome])

    @admin.display(description="unrouted")
    def unrouted_records(self, row: Run) -> SafeString:
        return list_link(row.unrouted, Record, run=row.pk, routed="no")

    @admin.display(description="took")
    def took(self, row: Run) -> str:
        return span((row.ended_at - row.started_at).total_seconds()) if row.ended_at else "–"

    def page(self, request: HttpRequest, row: Run) -> dict[str, Any]:
        zone = row.tenant.time_zone
        lines = [
            Line("Feed", page_link(row.feed)),
            Line("Kind", f"{row.get_kind_display()}, begun by {row.trigger}"),
            Line("Changes from", ago(row.window_from, zone=zone, never="the beginning")),
            Line("Changes until", ago(row.window_to, zone=zone)),
            Line("Started", ago(row.started_at, zone=zone)),
            Line("Took", self.took(row)),
            Line("Pages", f"{row.pages:,}"),
            Line("Calls used", f"{row.calls:,}", list_url(Exchange, run=row.pk)),
            Line("Records", f"{row.captured:,}", list_url(Record, run=row.pk)),
        ]
        sections: list[Any] = [Facts(title="This run", lines=lines), *equations(row)]
        if row.problem:
            sections.insert(
                0, Notice(kind="bad", sentence=row.problem, remedy="The next read goes on where this one ended.")
            )
        return {
            "sections": sections,
            "mark": self.ended_as(row),
            "title": f"{row.feed}, {row.started_at:%Y-%m-%d %H:%M} UTC",
        }


def equations(row: Run) -> list[Drawn]:
    """What became of everything that was read, and of the deliveries: both must add up."""
    whole = read_equation(row)
    ended = row.outcome in (Run.Outcome.DONE, Run.Outcome.FAILED)
    read = Drawn(
        title="What was read",
        template="staff/sections/equation.html",
        values={
            "sum": Line("read", whole.read),
            "terms": [
                {"line": Line(term.label, term.number, rows_of(row, term.key)), "mark": term_badge(term)}
                for term in whole.terms
                if term.number
            ],
            "adds_up": whole.adds_up,
            "beside": [
                Line("captured", row.captured, list_url(Record, run=row.pk)),
                Line("so what it found unchanged is not known", "" if ended else "It has not come to its end,"),
            ],
        },
    )
    made = run_equation(row)
    created = made.pop("created")
    terms = [
        {
            "line": Line(State(state).label, number, list_url(Delivery, run=row.pk, state=state)),
            "mark": badge(State(state).label, DELIVERY_MARKS[state]),
        }
        for state, number in made.items()
        if number
    ]
    became = Drawn(
        title="What became of it",
        template="staff/sections/equation.html",
        values={
            "sum": Line("deliveries created", created, list_url(Delivery, run=row.pk)),
            "terms": terms,
            "adds_up": created == sum(made.values()),
            "beside": [],
        },
    )
    return [read, became]


def rows_of(run: Run, term: str) -> str:
    """Where the rows behind a term of the equation are."""
    if term in State.values:
        return list_url(Delivery, run=run.pk, state=term)
    return {
        "unrouted": list_url(Record, run=run.pk, routed="no"),
        "history": list_url(Record, run=run.pk, routed="no"),
        "not_yet": list_url(Record, run=run.pk),
        "nothing_to_cancel": list_url(Record, run=run.pk),
    }.get(term, "")


def term_badge(term: Term) -> SafeString:
    return badge(term.label, DELIVERY_MARKS.get(term.key, "off"))
