"""Looking at both sides: dry runs and reconciliations of flows, and one document compared live."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.http.errors import Fault
from integrations.models import Delivery, Flow, Operation
from integrations.services import operations as services
from integrations.services.content import masked_field
from portal.common.clock import db_now
from portal.common.language import spoken
from portal.site import Done, Facts, Line, Notice, PersonAction, Plan, Table, badge, page_link, person, shorten
from portal.site.marks import Kind, address, thousands

ROWS_SHOWN = 200
CHANGES_SHOWN = 2_000
"""Characters of a document's changes."""
DAYS = 31
"""Of the period that the form begins with."""
CLASS_MARKS: dict[str, Kind] = {
    "same": "ok",
    "in_flight": "move",
    "failed": "bad",
    "never_seen": "wait",
    "never_sent": "wait",
    "changed_after": "wait",
    "left_out": "off",
    "not_final": "wait",
    "not_visible": "off",
    "unexplained": "bad",
}
DIFFERENCE_MARKS: dict[str, Kind] = {
    "same": "ok",
    "missing": "bad",
    "different": "bad",
    "only_there": "wait",
    "not_sent": "off",
}
REASON_MARKS: dict[str, Kind] = {
    "same": "ok",
    "mapped": "ok",
    "rounded": "ok",
    "owned by partner": "off",
    "pending": "move",
    "conflict": "bad",
}


class DryRun(PersonAction):
    """Plans what a flow would create or change, field by field, without a write."""

    name, label, many = "dry-run", "Dry run", False
    form = forms.Form

    def plan(self, request: HttpRequest, rows: QuerySet[Flow]) -> Plan:
        return Plan(
            title=_("Dry run"),
            sentence=_(
                "%(flow)s: a worker reads what the source has from the cursor on, and the target where "
                "it can be read, and says what would be created or changed there. Nothing is written "
                "anywhere."
            )
            % {"flow": rows.get()},
            button=_("Plan it"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Flow], data: Mapping[str, Any]) -> Done:
        made = services.ask_dry_run(rows.get(), actor=person(request))
        return Done(format_html(_("A worker plans it: {}."), page_link(made)))


class PeriodForm(forms.Form):
    """From when to when."""

    since = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=gettext_lazy("To and with"), widget=forms.DateInput(attrs={"type": "date"}))


class Reconcile(PersonAction):
    """Compares what changed in a period at the source with what the target has."""

    name, label, many = "reconcile", "Reconcile", False
    form = PeriodForm

    def initial(self, rows: QuerySet[Flow]) -> Mapping[str, Any]:
        today = db_now().date()
        return {"since": today - dt.timedelta(days=DAYS), "until": today}

    def plan(self, request: HttpRequest, rows: QuerySet[Flow]) -> Plan:
        return Plan(
            title=_("Reconcile"),
            sentence=_(
                "%(flow)s: a worker reads both sides live. Each document of the period (by its last "
                "change at the source) takes a call or more at the target. Nothing is written "
                "anywhere."
            )
            % {"flow": rows.get()},
            button=_("Compare both sides"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Flow], data: Mapping[str, Any]) -> Done:
        since, until = (dt.datetime.combine(data[name], dt.time(), dt.UTC) for name in ("since", "until"))
        made = services.ask_reconcile(
            rows.get(), since=since, until=until + dt.timedelta(days=1), actor=person(request)
        )
        return Done(format_html(_("A worker compares them: {}."), page_link(made)))


class CompareReferences(PersonAction):
    """Lays reference data of both sides side by side."""

    name, label, many = "differences", "Compare reference data", False
    form = forms.Form

    def offered(self, row: Flow) -> bool:
        return services.can_differ(row)

    def plan(self, request: HttpRequest, rows: QuerySet[Flow]) -> Plan:
        may = self.offered(rows.get())
        return Plan(
            title=_("Compare reference data"),
            sentence=_(
                "%(flow)s: a worker reads all of it on both sides and says what is missing there, what "
                "is different, and what is only there. Nothing is written anywhere."
            )
            % {"flow": rows.get()},
            refusal="" if may else _("This flow carries no reference data that both sides list."),
            button=_("Compare both sides"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Flow], data: Mapping[str, Any]) -> Done:
        made = services.ask_differences(rows.get(), actor=person(request))
        return Done(format_html(_("A worker compares them: {}."), page_link(made)))


# --- Results


def result_sections(row: Operation) -> list[Any]:
    """What a dry run or a reconciliation has found so far."""
    if row.kind == Operation.Kind.DRY_RUN:
        return [planned_table(row)]
    if row.kind == Operation.Kind.RECONCILE:
        lines = services.reconciled_lines(row)
        by_code = services.totals_of(lines)
        return [totals(lines), *([totals_table(by_code)] if by_code else []), lines_table(lines)]
    if row.kind == Operation.Kind.DIFFERENCES:
        return difference_sections(services.difference_report(row))
    return []


def difference_sections(found: services.Differences) -> list[Any]:
    """Counts, and everything that is not the same."""
    other = [line for line in found.lines if line.kind != "same"]
    counted = [Line(spoken(w).capitalize(), thousands(found.counts[k])) for k, w in services.DIFFERENCE_WORDS.items()]
    rows = [
        (line.reference, line.name, badge(services.DIFFERENCE_WORDS[line.kind], DIFFERENCE_MARKS[line.kind]), line.why)
        for line in other[:ROWS_SHOWN]
    ]
    more = beyond(len(other))
    return [
        Facts(title=_("Both sides"), lines=counted),
        Table(
            title=_("Every difference%(more)s") % {"more": more},
            headings=(_("Reference"), _("Name"), _("What"), _("Why")),
            rows=rows,
            empty=_("None: both sides say the same."),
        ),
    ]


def beyond(count: int) -> str:
    """What a title says beside itself when there are more lines than are shown."""
    if count <= ROWS_SHOWN:
        return ""
    return " " + _("(the first %(shown)s of %(count)s; download the rest)") % {
        "shown": ROWS_SHOWN,
        "count": thousands(count),
    }


def planned_table(row: Operation) -> Table:
    planned = [p for p in services.planned_rows(row) if p["action"] != "nothing"]
    shown = [
        (
            p["business_number"],
            spoken(p["action"]),
            p["what"],
            "; ".join(map(_words, p["changes"]))[:CHANGES_SHOWN],
        )
        for p in planned[:ROWS_SHOWN]
    ]
    more = beyond(len(planned))
    return Table(
        title=_("What would be done%(more)s") % {"more": more},
        headings=(_("Document"), _("What"), _("In words"), _("Field by field")),
        rows=shown,
        empty=_("Nothing would be sent or changed."),
    )


def _words(change: Mapping[str, Any]) -> str:
    was, now = (masked_field(change["field"], change[side]) or _("nothing") for side in ("before", "after"))
    return f"{change['field']}: {was} → {now} ({spoken(change['reason'])})"


def totals(lines: list[dict[str, Any]]) -> Facts:
    said = services.summary(lines)
    stated = [
        Line(
            _("At the source"),
            _("%(source_count)s documents, %(source_amount)s")
            % {"source_count": thousands(said["source_count"]), "source_amount": services.in_words(said, "source")},
        ),
        Line(
            _("At the target"),
            _("%(target_count)s documents, %(target_amount)s")
            % {"target_count": thousands(said["target_count"]), "target_amount": services.in_words(said, "target")},
        ),
        Line(_("Difference"), services.in_words(said, "difference")),
    ]
    counted = [
        Line(spoken(words).capitalize(), thousands(said[kind]), f"#{kind}" if said[kind] and kind != "same" else "")
        for kind, words in services.CLASS_WORDS.items()
        if said[kind] or kind == "unexplained"
    ]
    return Facts(title=_("Both sides"), lines=[*stated, *counted])


def totals_table(found: Sequence[services.Total]) -> Table:
    """Both sides by day, currency and tax code."""
    rows = [
        (
            total.day,
            total.currency,
            total.code,
            thousands(total.documents),
            f"{total.net_here} + {total.tax_here}",
            f"{total.net_there} + {total.tax_there}",
            badge(_("equal"), "ok") if total.is_equal else badge(_difference(total), "bad"),
        )
        for total in found[:ROWS_SHOWN]
    ]
    return Table(
        title=_("By day, currency and tax code: net + tax"),
        headings=(
            _("Day"),
            _("Currency"),
            _("Tax code"),
            _("Documents"),
            _("At the source"),
            _("At the target"),
            _("Difference"),
        ),
        rows=rows,
        empty="",
    )


def _difference(total: services.Total) -> str:
    return str(total.difference) if total.difference else _("0, but net and tax differ")


def lines_table(lines: list[dict[str, Any]]) -> Table:
    order = list(reversed(services.CLASS_WORDS))
    other = sorted((line for line in lines if line["kind"] != "same"), key=lambda line: order.index(line["kind"]))
    marked: set[str] = set()
    rows = [
        (
            _number(line),
            _first_of(line["kind"], marked),
            line["ours"] or "–",
            line["theirs"] or "–",
            shorten(line["why"], 300),
        )
        for line in other[:ROWS_SHOWN]
    ]
    more = beyond(len(other))
    return Table(
        title=_("Every difference%(more)s") % {"more": more},
        headings=(_("Document"), _("Class"), _("At the source"), _("At the target"), _("Why")),
        rows=rows,
        empty=_("None: both sides say the same."),
    )


def _first_of(kind: str, marked: set[str]) -> SafeString:
    """The class; the first line of each can be jumped to."""
    shown = badge(services.CLASS_WORDS[kind], CLASS_MARKS[kind])
    if kind in marked:
        return shown
    marked.add(kind)
    return format_html('<span id="{}">{}</span>', kind, shown)


def _number(line: Mapping[str, Any]) -> SafeString | str:
    if not line["delivery"]:
        return str(line["number"])
    return format_html('<a href="{}">{}</a>', address(Delivery, line["delivery"]), line["number"])


def download(row: Operation, form: str) -> HttpResponse:
    """A result as a file: csv, or json."""
    found = _found(row)
    name = f"{row.kind}-{row.pk}.{form}"
    if form == "json":
        text, kind = json.dumps(found, indent=2, ensure_ascii=False), "application/json"
    else:
        rows = list(services.as_rows(found)) if row.kind == Operation.Kind.DRY_RUN else found
        into = io.StringIO()
        if rows:
            columns = [name for name in rows[0] if name not in ("here", "there")]
            writer = csv.DictWriter(into, columns, lineterminator="\n", extrasaction="ignore")
            writer.writeheader()
            writer.writerows({k: _harmless(v) for k, v in line.items()} for line in rows)
        text, kind = into.getvalue(), "text/csv; charset=utf-8"
    return HttpResponse(text, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _found(row: Operation) -> list[dict[str, Any]]:
    match row.kind:
        case Operation.Kind.DRY_RUN:
            return services.planned_rows(row)
        case Operation.Kind.DIFFERENCES:
            return services.difference_rows(services.difference_report(row))
        case _:
            return services.reconciled_lines(row)


def _harmless(value: object) -> object:
    """A text that a spreadsheet would take for a formula, made plain."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "@", "\t") else value


# --- One document


def comparison_sections(row: Delivery) -> list[Any]:
    """A document on both sides, read now."""
    try:
        found = services.compare(row.pk)
    except Fault as fault:
        return [
            Notice(
                kind="bad",
                sentence=_("One side cannot be read: %(sentence)s") % {"sentence": fault.sentence},
                remedy=fault.remedy,
            )
        ]
    kind: Kind = "bad" if found.conflicts else "ok" if found.fields else "wait"
    rows = [
        (
            f.name,
            *(masked_field(f.name, value) or "–" for value in (f.ours, f.sent, f.theirs)),
            badge(f.reason, REASON_MARKS[f.reason]),
            f.why,
        )
        for f in found.fields
    ]
    return [
        Notice(kind=kind, sentence=found.sentence),
        Table(
            title=_("Field by field, read now"),
            headings=(
                _("Field"),
                _("The source now"),
                _("What was sent"),
                _("The other side now"),
                _("Reason"),
                _("Why"),
            ),
            rows=rows,
            empty=_("There is nothing to compare."),
        ),
    ]
