"""Screen 5: one run, and what became of everything that it read. Both equations must add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from integrations.models import Exchange, Feed, Record, Run, State
from integrations.selectors import calls_left_at, flows_of, read_equation, run_equation
from integrations.words import DELIVERY_MARKS, RUN_MARKS, STATE_WORDS, flow_label, shown_url
from portal.customer.door import Member, page
from portal.customer.paging import paged
from portal.site.lists import row_key
from portal.site.marks import Kind

CALLS_SHOWN, MORE_CALLS = 60, 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """One term of an equation, with the rows behind it."""

    label: Any
    number: int
    kind: Kind
    href: str


@page()
def run(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    rows = Run.objects.select_related("feed__connection").defer(
        "feed__connection__check_steps", "feed__history", "feed__resume"
    )
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    documents, records = (reverse(f"customer:{name}", args=[member.tenant.slug]) for name in ("documents", "records"))
    whole, made = read_equation(row), run_equation(row)
    created = made.pop("created")
    kept = Exchange.objects.filter(run=row).order_by("pk")
    calls = list(kept.only("method", "url", "status", "milliseconds", "started_at", "problem")[: CALLS_SHOWN + 1])
    number = len(calls)
    if number > CALLS_SHOWN:
        number = kept.count()
        most = MORE_CALLS if "calls" in request.GET else CALLS_SHOWN
        calls = list(kept.only("method", "url", "status", "milliseconds", "started_at", "problem")[:most])
    terms = [t for t in whole.terms if t.number]
    context = {
        "row": row,
        "kind": RUN_MARKS[row.outcome],
        "took": (row.ended_at - row.started_at).total_seconds() if row.ended_at else None,
        "whole": whole,
        "parts": [_part(t.key, t.label, t.number, _behind(t.key, row, documents, records)) for t in terms],
        "created": created,
        "made": [_part(key, key, n, _behind(key, row, documents, records)) for key, n in made.items() if n],
        "adds_up": whole.adds_up and created == sum(made.values()),
        "flows": [(f, flow_label(f)) for f in flows_of(row.feed)],
        "calls": [(c, shown_url(c.url)) for c in calls],
        "kept": number,
        "waterfall": waterfall(calls),
        "left": calls_left_at(row.feed.connection),
    }
    return TemplateResponse(request, "customer/run.html", context)


def _part(key: str, label: str, number: int, href: str) -> Part:
    return Part(STATE_WORDS.get(key, label), number, DELIVERY_MARKS.get(key, "off"), href)


def _behind(term: str, row: Run, documents: str, records: str) -> str:
    """Where the rows behind a term are."""
    if term in State.values:
        return f"{documents}?{urlencode({'run': str(row.pk), 'state': term})}"
    if term == "unchanged":
        return ""
    return f"{records}?{urlencode({'run': str(row.pk), 'routed': 'no'})}"


def waterfall(calls: list[Exchange]) -> list[tuple[Exchange, float, float]]:
    """Each call with its beginning and length, in parts of a thousand of the whole span."""
    if not calls:
        return []
    first = min(c.started_at for c in calls)
    begun = [(c.started_at - first).total_seconds() * 1000 for c in calls]
    per_thousand = 1000 / max(1.0, *(at + c.milliseconds for at, c in zip(begun, calls, strict=True)))
    return [
        (c, round(at * per_thousand, 1), max(round(c.milliseconds * per_thousand, 1), 2))
        for at, c in zip(begun, calls, strict=True)
    ]


@page()
def runs(request: HttpRequest, member: Member) -> HttpResponse:
    """All runs, newest first; `feed` narrows them."""
    feed = row_key(request.GET.get("feed"))
    rows = Run.objects.select_related("feed__connection").defer(
        "feed__history", "feed__connection__secrets", "feed__connection__settings", "feed__connection__check_steps"
    )
    if feed is not None:
        rows = rows.filter(feed_id=feed)
    context = {
        "page": paged(rows, request),
        "feed": feed,
        "feeds": Feed.objects.select_related("connection").only("key", "connection__name"),
        "marks": RUN_MARKS,
    }
    return TemplateResponse(request, "customer/runs.html", context)


@page()
def records(request: HttpRequest, member: Member) -> HttpResponse:
    """What was read: `run` and `routed=no` narrow it to what no flow took."""
    chosen = {"run": row_key(request.GET.get("run")), "routed": request.GET.get("routed", "")}
    rows = Record.objects.select_related("feed__connection").only(
        "business_number",
        "source_id",
        "kind",
        "status",
        "problem",
        "not_yet",
        "takers",
        "is_newest",
        "modified_at",
        "captured_at",
        "run_id",
        "feed__key",
        "feed__connection__name",
    )
    if chosen["run"] is not None:
        rows = rows.filter(run_id=chosen["run"])
    if chosen["routed"] == "no":
        rows = rows.filter(takers=0)
    run = Run.objects.filter(pk=chosen["run"]).first() if chosen["run"] is not None else None
    context = {"page": paged(rows, request), "chosen": chosen, "of_run": run}
    return TemplateResponse(request, "customer/records.html", context)
