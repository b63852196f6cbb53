"""Feeds: what is read where, how far, and what keeps it from being read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from integrations.actions.feeds import BeginBackfill, CancelBackfill, MoveCursor, PauseFeed, ResumeFeed, RunNow
from integrations.actions.schedules import SetSchedule, coming
from integrations.admin.words import SystemFilter
from integrations.models import Backfill, Exchange, Feed, Record, Run
from integrations.selectors import flows_of
from integrations.services import backfills
from integrations.services import feeds as services
from integrations.words import RUN_MARKS, feed_badge, flow_label, next_look_of
from portal.site import (
    WORK,
    ChoiceFilter,
    Drawn,
    EvidenceAdmin,
    Facts,
    Line,
    Notice,
    Table,
    TenantFilter,
    ago,
    badge,
    list_url,
    page_link,
    shorten,
)
from portal.site.marks import Kind, due, span

RUNS_SHOWN = 10
BACKFILL_MARKS: dict[str, Kind] = {
    Backfill.State.OPEN: "move",
    Backfill.State.DONE: "ok",
    Backfill.State.CANCELLED: "off",
    Backfill.State.FAILED: "bad",
}


class FeedState(ChoiceFilter):
    """Whether it is read."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("failing", "failing"), ("paused", "paused"), ("off", "switched off")]

    def narrow(self, rows: QuerySet[Feed], choice: str) -> QuerySet[Feed]:
        match choice:
            case "failing":
                return rows.filter(failures__gt=0, enabled=True, paused_reason="")
            case "paused":
                return rows.exclude(paused_reason="")
            case "off":
                return rows.filter(enabled=False)
            case _:
                return rows.none()


class FeedSystem(SystemFilter):
    path = "connection__system"


@admin.register(Feed)
class FeedAdmin(EvidenceAdmin):
    """What is read, how far, and when next. Made with the flows that need it; removed with its connection."""

    area, rank, keyset = WORK, 40, False
    person_actions = (RunNow, PauseFeed, ResumeFeed, SetSchedule, BeginBackfill, CancelBackfill, MoveCursor)
    list_display = ("name", "state", "cursor", "last_read", "next_read", "brought", "problem", "tenant")
    list_display_links = ("name",)
    list_filter = (TenantFilter, FeedSystem, FeedState)
    exact_search = ("key",)
    search_help_text = "Key of the feed, as purchase-orders."
    ordering = ("-failures", "tenant__name", "connection__name", "key")
    empty_list = "No feed yet. They are made with the integrations that need them."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Feed]:
        rows: QuerySet[Feed] = super().get_queryset(request)
        return rows.select_related("tenant", "connection").defer(
            "connection__secrets", "connection__settings", "connection__check_steps", "resume"
        )

    def whole(self) -> QuerySet[Feed]:
        return Feed.objects.select_related("tenant", "connection").defer("connection__secrets")

    @admin.display(description="feed")
    def name(self, row: Feed) -> str:
        return str(row)

    @admin.display(description="state")
    def state(self, row: Feed) -> SafeString:
        return feed_badge(row)

    @admin.display(description="read until")
    def cursor(self, row: Feed) -> SafeString | str:
        return ago(row.read_until, zone=row.tenant.time_zone, never="the beginning")

    @admin.display(description="last read")
    def last_read(self, row: Feed) -> SafeString | str:
        return ago(row.last_read_at, zone=row.tenant.time_zone)

    @admin.display(description="next")
    def next_read(self, row: Feed) -> SafeString | str:
        return next_look_of(row, row.connection, zone=row.tenant.time_zone)

    @admin.display(description="last reads brought")
    def brought(self, row: Feed) -> str:
        return " ".join(str(n) for n in (row.history or [])[-6:]) or "–"

    @admin.display(description="why")
    def problem(self, row: Feed) -> SafeString | str:
        return shorten(row.paused_reason or row.last_problem, 80)

    def page(self, request: HttpRequest, row: Feed) -> dict[str, Any]:
        zone = row.tenant.time_zone
        lines = [
            Line("Connection", page_link(row.connection)),
            Line("Read until (cursor)", ago(row.read_until, zone=zone, never="the beginning")),
            Line("Last read", ago(row.last_read_at, zone=zone)),
            Line("Last change found", ago(row.last_change_at, zone=zone)),
            Line("Next read", self.next_read(row)),
            Line("Schedule", services.schedule_in_words(row)),
            Line(f"Reads after that ({zone})", ", ".join(coming(row)[1:]) if row.schedule else ""),
            Line("Overlap", f"{span(row.overlap_seconds)}: how far before the cursor each read begins again"),
            Line("Settle delay", f"{span(row.settle_seconds)}: what is younger is left for the next read"),
            Line(
                "Clock of the source",
                f"{row.clock_skew_ms / 1000:+.1f} s against ours" if row.clock_skew_ms else "as ours",
            ),
            Line("Being read by", row.leased_by),
            Line("A long read was interrupted", "it goes on where it ended" if row.resume else ""),
            Line("Records", format_html('<a href="{}">show</a>', list_url(Record, feed=row.pk))),
            Line("Exchanges", format_html('<a href="{}">show</a>', list_url(Exchange, connection=row.connection_id))),
        ]
        return {
            "sections": [
                *said_of(row),
                Facts(title="This feed", lines=lines),
                Drawn(
                    title="What the last reads brought",
                    template="staff/sections/history.html",
                    values={"history": row.history},
                ),
                *self._backfills(row),
                self._takers(row),
                self._runs(row),
            ],
            "mark": feed_badge(row),
        }

    def _takers(self, row: Feed) -> Table:
        return Table(
            title="Flows that take from it",
            headings=("Flow", "Integration"),
            rows=[(page_link(f, flow_label(f)), page_link(f.integration)) for f in flows_of(row)],
            empty="None: what it brings is kept and shown as unrouted.",
        )

    def _backfills(self, row: Feed) -> list[Table]:
        found = Backfill.objects.filter(feed=row).order_by("-pk")[:RUNS_SHOWN]
        if not found:
            return []
        zone = row.tenant.time_zone
        return [
            Table(
                title="Periods that were read again",
                headings=("Period", "Begun", "State", "How far", "Why"),
                rows=[
                    (
                        f"{b.window_from:%Y-%m-%d %H:%M} to {b.window_to:%Y-%m-%d %H:%M} UTC",
                        ago(b.created_at, zone=zone),
                        badge(b.get_state_display(), BACKFILL_MARKS[b.state]),
                        backfills.progress(b),
                        b.problem or b.reason,
                    )
                    for b in found
                ],
            )
        ]

    def _runs(self, row: Feed) -> Table:
        found = Run.objects.filter(feed=row).order_by("-pk")[:RUNS_SHOWN]
        return Table(
            title="Last runs",
            headings=("Run", "Started", "Outcome", "Read", "Captured", "Calls"),
            rows=[
                (
                    page_link(r),
                    ago(r.started_at, zone=row.tenant.time_zone),
                    badge(r.get_outcome_display(), RUN_MARKS[r.outcome]),
                    r.read,
                    r.captured,
                    r.calls,
                )
                for r in found
            ],
            numeric=(3, 4, 5),
            more=list_url(Run, feed=row.pk),
            empty="None yet: no read has found anything.",
        )


def said_of(row: Feed) -> list[Notice]:
    if row.paused_reason:
        return [
            Notice(
                kind="off", sentence=f"Paused: {row.paused_reason}", remedy="Nothing is lost. Press Resume to read on."
            )
        ]
    if row.failures:
        advice = format_html("{} reads in a row have failed. It is tried again {}.", row.failures, due(row.due_at))
        return [Notice(kind="bad", sentence=row.last_problem or "It cannot be read.", remedy=advice)]
    return []
