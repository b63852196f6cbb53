"""Control numbers: what is used, what is missing, what came twice, and setting the next one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from edi import services as edi
from edi.admin.interchanges import DirectionFilter, StreamFilter
from edi.models import ControlNumber, Interchange
from edi.words import stream_badge
from portal.common.clock import db_now
from portal.site import (
    EDI,
    Done,
    EvidenceAdmin,
    Facts,
    Line,
    Notice,
    PersonAction,
    Plan,
    Reason,
    Table,
    TenantFilter,
    ago,
    badge,
    list_url,
    page_link,
    person,
)

NAMED = 50


class NextNumber(Reason):
    """Which number comes next, and why."""

    number = forms.IntegerField(label="Next number", min_value=1, max_value=999_999_999)
    field_order = ("number", "reason")


class SetNext(PersonAction):
    """Lets a counter go on with another number: to begin where another system stopped, or to leave numbers out."""

    name, label, many, danger, superuser = "set-next", "Set the next number", False, True, True
    form = NextNumber

    def offered(self, row: ControlNumber) -> bool:
        return row.direction == "out"

    def initial(self, rows: QuerySet[ControlNumber]) -> Mapping[str, Any]:
        return {"number": rows.get().last + 1}

    def plan(self, request: HttpRequest, rows: QuerySet[ControlNumber]) -> Plan:
        row = rows.get()
        return Plan(
            title=f"Set the next number of {row.route}",
            sentence="The next interchange takes the number that you give. Numbers are never used twice: it must be "
            "higher than every number used so far. Numbers in between are left out, and the report says why.",
            lines=(
                Line("Counter", f"{row.get_kind_display()}, {row.stream}"),
                Line("Last number used", f"{row.last:09d}"),
                Line("Next number as it is", f"{row.last + 1:09d}", strong=True),
            ),
            warning="Agree on it with the trading partner first: many partners refuse a number that jumps.",
            refusal="" if row.direction == "out" else "The partner gives the numbers of what is received.",
            button="Set it",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[ControlNumber], data: Mapping[str, Any]) -> Done:
        row = rows.get()
        edi.set_next_number(
            route_of(row), row.kind, data["number"], reason=data["reason"], actor=person(request), now=db_now()
        )
        return Done(f"The next number is {data['number']:09d}.")


@admin.register(ControlNumber)
class ControlNumberAdmin(EvidenceAdmin):
    """The last number used on each route. A number is never given back."""

    area, rank, keyset = EDI, 50, False
    person_actions = (SetNext,)
    list_display = ("route", "network", "kind", "direction", "stream_mark", "last", "tenant")
    list_filter = (TenantFilter, DirectionFilter, StreamFilter)
    list_select_related = ("network", "tenant")
    ordering = ("network__name", "route", "stream", "kind", "pk")
    empty_list = "No number was taken yet. Where the network writes the envelope, none is."

    def whole(self) -> QuerySet[ControlNumber]:
        return ControlNumber.objects.select_related("network", "tenant")

    @admin.display(description="stream")
    def stream_mark(self, row: ControlNumber) -> SafeString:
        return stream_badge(row.stream)

    def page(self, request: HttpRequest, row: ControlNumber) -> dict[str, Any]:
        used = Interchange.objects.filter(
            network=row.network, route=row.route, stream=row.stream, direction=row.direction
        )
        found = used.defer("text").order_by("-pk")[:20]
        report = edi.number_report(route_of(row), row.kind)
        lines = [
            Line("Route", row.route),
            Line("Over", row.network),
            Line("Kind", row.get_kind_display()),
            Line("Last number used" if row.direction == "out" else "Highest number received", f"{row.last:09d}"),
            Line("Numbers used", f"{report.used:,}"),
            Line("First number", f"{report.first:09d}" if report.first is not None else ""),
        ]
        table = Table(
            title="Last interchanges of the route",
            headings=("Interchange", "When"),
            rows=[(page_link(i), ago(i.created_at, zone=row.tenant.time_zone)) for i in found],
        )
        return {
            "sections": [
                *wrong(report),
                Facts(title="This counter", lines=lines),
                _gaps(report),
                _duplicates(report),
                table,
            ],
            "mark": stream_badge(row.stream),
        }


def route_of(row: ControlNumber) -> edi.Route:
    """The route along which the counter counts."""
    return edi.Route(network=row.network, route=row.route, stream=row.stream, direction=row.direction)


def wrong(report: edi.NumberReport) -> list[Notice]:
    """What a person has to look at."""
    said = []
    if report.unexplained:
        said.append(f"{len(report.unexplained)} gaps that nothing explains")
    twice = [d for d in report.duplicates if d.contents > 1]
    if twice:
        said.append(f"{len(twice)} numbers with more than one content")
    if not said:
        return []
    ours = report.route.direction == "out"
    remedy = "Tell the developers: numbers of ours are never lost." if ours else "Ask the trading partner about them."
    return [Notice(kind="bad", sentence=f"{' and '.join(said).capitalize()}.", remedy=remedy)]


def _gaps(report: edi.NumberReport) -> Table:
    return Table(
        title="Numbers that are missing",
        headings=("Numbers", "Why"),
        rows=[
            (
                f"{gap.first:09d}" + (f" – {gap.last:09d}" if gap.last > gap.first else ""),
                gap.reason or badge("nothing explains it", "bad"),
            )
            for gap in report.gaps[:NAMED]
        ],
        empty="None.",
        note=f"{report.gap_count} gaps; the first {NAMED} are shown." if report.gap_count > NAMED else "",
    )


def _duplicates(report: edi.NumberReport) -> Table:
    return Table(
        title="Numbers that came more than once",
        headings=("Number", "Came", "With"),
        rows=[
            (
                f"{one.number:09d}",
                f"{one.times} times",
                badge(f"{one.contents} different contents", "bad") if one.contents > 1 else "the same content",
            )
            for one in report.duplicates[:NAMED]
        ],
        empty="None.",
        more=list_url(Interchange),
        more_text="All interchanges",
    )
