"""What a person may do to feeds: read now, pause, move the cursor, read a period again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.models import Backfill, Feed
from integrations.selectors import calls_left_at, flows_of
from integrations.services import backfills
from integrations.services import feeds as services
from portal.site import (
    Done,
    Line,
    PersonAction,
    Plan,
    Reason,
    Refused,
    person,
)
from portal.site.marks import span, thousands


class RunNow(PersonAction):
    """Makes feeds due at once."""

    name, label, confirm = "run-now", "Read now", False
    form = forms.Form

    def offered(self, row: Feed) -> bool:
        return row.enabled and not row.paused_reason and row.connection.enabled

    def perform(self, request: HttpRequest, rows: QuerySet[Feed], data: Mapping[str, Any]) -> Done:
        due = [f for f in rows if self.offered(f)]
        if not due:
            raise Refused(_("It is paused or switched off, so it is not read. Resume it first."))
        for feed in due:
            services.run_now(feed, actor=person(request))
        return Done(
            ngettext(
                "%(n)s feed is read as soon as a worker is free.",
                "%(n)s feeds are read as soon as a worker is free.",
                len(due),
            )
            % {"n": len(due)}
        )


class PauseFeed(PersonAction):
    """Stops reading."""

    name, label = "pause", "Pause"
    form = Reason

    def offered(self, row: Feed) -> bool:
        return not row.paused_reason

    def plan(self, request: HttpRequest, rows: QuerySet[Feed]) -> Plan:
        names = ", ".join(str(f) for f in rows[:5])
        return Plan(
            title=_("Pause reading"),
            sentence=_(
                "%(names)s: not read until somebody resumes it. Nothing is lost: the cursor stays, "
                "and what changes meanwhile is read then."
            )
            % {"names": names},
            lines=(Line(_("Feeds"), rows.count(), strong=True),),
            button=_("Pause"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Feed], data: Mapping[str, Any]) -> Done:
        for feed in rows:
            services.pause_feed(feed, reason=data["reason"], actor=person(request))
        return Done(_("Paused."))


class ResumeFeed(PersonAction):
    """Reads again."""

    name, label, confirm = "resume", "Resume", False
    form = forms.Form

    def offered(self, row: Feed) -> bool:
        return bool(row.paused_reason)

    def perform(self, request: HttpRequest, rows: QuerySet[Feed], data: Mapping[str, Any]) -> Done:
        for feed in rows:
            services.resume_feed(feed, actor=person(request))
        return Done(_("It is read again, from where it stood."))


class CursorForm(Reason):
    """Where the cursor goes."""

    whole = forms.BooleanField(label=gettext_lazy("Read everything again, from the beginning"), required=False)
    read_until = forms.DateTimeField(
        label=gettext_lazy("Cursor (UTC)"),
        required=False,
        widget=forms.DateTimeInput(format="%Y-%m-%d %H:%M:%S", attrs={"size": 22}),
        help_text=gettext_lazy(
            "As 2026-08-31 22:00:00. What changed at the source before this instant counts as read."
        ),
    )
    field_order = ("read_until", "whole", "reason")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("whole") and data.get("read_until") is None and "read_until" not in self.errors:
            self.add_error("read_until", _("Say from when, or tick that everything is read again."))
        return data


class MoveCursor(PersonAction):
    """Moves the cursor by hand."""

    name, label, many, danger = "cursor", "Move the cursor", False, True
    form = CursorForm

    def initial(self, rows: QuerySet[Feed]) -> Mapping[str, Any]:
        feed = rows.get()
        return {"read_until": feed.read_until.astimezone(dt.UTC).replace(microsecond=0) if feed.read_until else None}

    def plan(self, request: HttpRequest, rows: QuerySet[Feed]) -> Plan:
        feed = rows.get()
        takers = ", ".join(str(s) for s in flows_of(feed)) or _("no flow")
        return Plan(
            title=_("Move the cursor of %(feed)s") % {"feed": feed},
            sentence=_("The cursor says how far the source has been read."),
            lines=(
                Line(
                    _("It stands at"),
                    _("%(read_until)s UTC") % {"read_until": f"{feed.read_until:%Y-%m-%d %H:%M:%S}"}
                    if feed.read_until
                    else _("the beginning"),
                ),
                Line(_("Overlap of each read"), span(feed.overlap_seconds)),
                Line(_("Flows that take from it"), takers),
            ),
            warning=_(
                "Back: everything since then is read again, which costs calls; what is unchanged is "
                "not sent again. Forward: what changed in between is never read. Only do that when "
                "you are sure that nobody needs it."
            ),
            button=_("Move the cursor"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Feed], data: Mapping[str, Any]) -> Done:
        feed = rows.get()
        to = None if data["whole"] else data["read_until"]
        services.set_cursor(feed, read_until=to, reason=data["reason"], actor=person(request))
        return Done(
            _("The cursor stands at %(to)s UTC.") % {"to": f"{to:%Y-%m-%d %H:%M:%S}"}
            if to
            else _("Everything is read again, from the beginning.")
        )


class BackfillForm(Reason):
    """Which period."""

    start = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(
        label=gettext_lazy("Until before"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Days of the tenant's calendar, by the time of change at the source."),
    )
    field_order = ("start", "end", "reason")


class BeginBackfill(PersonAction):
    """Reads a period again, beside the live reading."""

    name, label, many = "backfill", "Read a period again", False
    form = BackfillForm

    def offered(self, row: Feed) -> bool:
        return row.enabled and not row.paused_reason and backfills.has_periods(row)

    def initial(self, rows: QuerySet[Feed]) -> Mapping[str, Any]:
        today = timezone.localdate(timezone=ZoneInfo(rows.get().tenant.time_zone))
        return {"start": today - dt.timedelta(days=30), "end": today}

    def plan(self, request: HttpRequest, rows: QuerySet[Feed]) -> Plan:
        feed, now = rows.get(), timezone.now()
        month = backfills.expected(feed, start=now - dt.timedelta(days=30), end=now)
        left = calls_left_at(feed.connection)
        lines = [
            Line(
                _("The cursor stays at"),
                _("%(read_until)s UTC") % {"read_until": f"{feed.read_until:%Y-%m-%d %H:%M}"}
                if feed.read_until
                else _("the beginning"),
            ),
            Line(_("Flows that take from it"), ", ".join(str(s) for s in flows_of(feed)) or _("no flow")),
            Line(
                _("Known records of the last 30 days"),
                _("%(known)s; about %(calls)s calls or more")
                % {"known": thousands(month.known), "calls": thousands(month.calls)},
            ),
        ]
        if left is not None and left.left is not None:
            lines.append(
                Line(
                    _("Calls left"),
                    _("%(left)s of %(allowance)s; it takes at most 60 %% of them")
                    % {"left": thousands(left.left), "allowance": thousands(left.allowance or 0)},
                )
            )
        under_way = Backfill.objects.filter(feed=feed, state=Backfill.State.OPEN).first()
        return Plan(
            title=_("Read a period of %(feed)s again") % {"feed": feed},
            sentence=_(
                "What changed at the source in that period is read once more, beside the live "
                "reading. Unchanged records are not sent again, and nothing older replaces what is "
                "newer. It can be cancelled."
            ),
            lines=tuple(lines),
            refusal=_("One is under way already: %(progress)s") % {"progress": backfills.progress(under_way)}
            if under_way
            else "",
            button=_("Read it again"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Feed], data: Mapping[str, Any]) -> Done:
        feed = rows.get()
        zone = feed.tenant.time_zone
        start, end = (backfills.moment(str(data[name]), zone) for name in ("start", "end"))
        try:
            backfills.begin(feed, start=start, end=end, reason=data["reason"], actor=person(request))
        except ValidationError as error:
            raise Refused(" ".join(error.messages)) from error
        return Done(_("It is read as soon as a worker is free. Its progress stands on this page."))


class CancelBackfill(PersonAction):
    """Ends a backfill."""

    name, label, many = "cancel-backfill", "Cancel the backfill", False
    form = Reason

    def offered(self, row: Feed) -> bool:
        return Backfill.objects.filter(feed=row, state=Backfill.State.OPEN).exists()

    def plan(self, request: HttpRequest, rows: QuerySet[Feed]) -> Plan:
        row = Backfill.objects.filter(feed=rows.get(), state=Backfill.State.OPEN).first()
        return Plan(
            title=_("Cancel the backfill"),
            sentence=_("No further page is read. What it has captured stays, and is sent."),
            lines=(Line(_("So far"), backfills.progress(row), strong=True),) if row else (),
            refusal="" if row else _("None is under way."),
            button=_("Cancel it"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Feed], data: Mapping[str, Any]) -> Done:
        row = Backfill.objects.filter(feed=rows.get(), state=Backfill.State.OPEN).first()
        if row is None:
            raise Refused(_("None is under way."))
        backfills.cancel(row, reason=data["reason"], actor=person(request))
        return Done(_("Cancelled."))
