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
from portal.site.marks import span


class RunNow(PersonAction):
    """Makes feeds due at once."""

    name, label, confirm = "run-now", "Read now", False
    form = forms.Form

    def offered(self, row: Feed) -> bool:
        return row.enabled and not row.paused_reason and row.connection.enabled

    def perform(self, request: HttpRequest, rows: QuerySet[Feed], data: Mapping[str, Any]) -> Done:
        due = [f for f in rows if self.offered(f)]
        if not due:
            raise Refused("It is paused or switched off, so it is not read. Resume it first.")
        for feed in due:
            services.run_now(feed, actor=person(request))
        return Done(f"{len(due)} {'feed is' if len(due) == 1 else 'feeds are'} read as soon as a worker is free.")


class PauseFeed(PersonAction):
    """Stops reading."""

    name, label = "pause", "Pause"
    form = Reason

    def offered(self, row: Feed) -> bool:
        return not row.paused_reason

    def plan(self, request: HttpRequest, rows: QuerySet[Feed]) -> Plan:
        names = ", ".join(str(f) for f in rows[:5])
        return Plan(
            title="Pause reading",
            sentence=f"{names}: not read until somebody resumes it. Nothing is lost: the cursor stays, and what "
            f"changes "
            "meanwhile is read then.",
            lines=(Line("Feeds", rows.count(), strong=True),),
            button="Pause",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Feed], data: Mapping[str, Any]) -> Done:
        for feed in rows:
            services.pause_feed(feed, reason=data["reason"], actor=person(request))
        return Done("Paused.")


class ResumeFeed(PersonAction):
    """Reads again."""

    name, label, confirm = "resume", "Resume", False
    form = forms.Form

    def offered(self, row: Feed) -> bool:
        return bool(row.paused_reason)

    def perform(self, request: HttpRequest, rows: QuerySet[Feed], data: Mapping[str, Any]) -> Done:
        for feed in rows:
            services.resume_feed(feed, actor=person(request))
        return Done("It is read again, from where it stood.")


class CursorForm(Reason):
    """Where the cursor goes."""

    whole = forms.BooleanField(label="Read everything again, from the beginning", required=False)
    read_until = forms.DateTimeField(
        label="Cursor (UTC)",
        required=False,
        widget=forms.DateTimeInput(format="%Y-%m-%d %H:%M:%S", attrs={"size": 22}),
        help_text="As 2026-08-31 22:00:00. What changed at the source before this instant counts as read.",
    )
    field_order = ("read_until", "whole", "reason")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("whole") and data.get("read_until") is None and "read_until" not in self.errors:
            self.add_error("read_until", "Say from when, or tick that everything is read again.")
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
        takers = ", ".join(str(s) for s in flows_of(feed)) or "no flow"
        return Plan(
            title=f"Move the cursor of {feed}",
            sentence="The cursor says how far the source has been read.",
            lines=(
                Line(
                    "It stands at", f"{feed.read_until:%Y-%m-%d %H:%M:%S} UTC" if feed.read_until else "the beginning"
                ),
                Line("Overlap of each read", span(feed.overlap_seconds)),
                Line("Flows that take from it", takers),
            ),
            warning="Back: everything since then is read again, which costs calls; what is unchanged is not sent "
            "again. "
            "Forward: what changed in between is never read. Only do that when you are sure that nobody needs it.",
            button="Move the cursor",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Feed], data: Mapping[str, Any]) -> Done:
        feed = rows.get()
        to = None if data["whole"] else data["read_until"]
        services.set_cursor(feed, read_until=to, reason=data["reason"], actor=person(request))
        return Done(
            f"The cursor stands at {to:%Y-%m-%d %H:%M:%S} UTC."
            if to
            else "Everything is read again, from the beginning."
        )


class BackfillForm(Reason):
    """Which period."""

    start = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(
        label="Until before",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Days of the tenant's calendar, by the time of change at the source.",
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
                "The cursor stays at", f"{feed.read_until:%Y-%m-%d %H:%M} UTC" if feed.read_until else "the beginning"
            ),
            Line("Flows that take from it", ", ".join(str(s) for s in flows_of(feed)) or "no flow"),
            Line("Known records of the last 30 days", f"{month.known:,}; about {month.calls:,} calls or more"),
        ]
        if left is not None and left.left is not None:
            lines.append(Line("Calls left", f"{left.left:,} of {left.allowance:,}; it takes at most 60 % of them"))
        under_way = Backfill.objects.filter(feed=feed, state=Backfill.State.OPEN).first()
        return Plan(
            title=f"Read a period of {feed} again",
            sentence="What changed at the source in that period is read once more, beside the live reading. Unchanged "
            "records are not sent again, and nothing older replaces what is newer. It can be cancelled.",
            lines=tuple(lines),
            refusal=f"One is under way already: {backfills.progress(under_way)}" if under_way else "",
            button="Read it again",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Feed], data: Mapping[str, Any]) -> Done:
        feed = rows.get()
        zone = feed.tenant.time_zone
        start, end = (backfills.moment(str(data[name]), zone) for name in ("start", "end"))
        try:
            backfills.begin(feed, start=start, end=end, reason=data["reason"], actor=person(request))
        except ValidationError as error:
            raise Refused(" ".join(error.messages)) from error
        return Done("It is read as soon as a worker is free. Its progress stands on this page.")


class CancelBackfill(PersonAction):
    """Ends a backfill."""

    name, label, many = "cancel-backfill", "Cancel the backfill", False
    form = Reason

    def offered(self, row: Feed) -> bool:
        return Backfill.objects.filter(feed=row, state=Backfill.State.OPEN).exists()

    def plan(self, request: HttpRequest, rows: QuerySet[Feed]) -> Plan:
        row = Backfill.objects.filter(feed=rows.get(), state=Backfill.State.OPEN).first()
        return Plan(
            title="Cancel the backfill",
            sentence="No further page is read. What it has captured stays, and is sent.",
            lines=(Line("So far", backfills.progress(row), strong=True),) if row else (),
            refusal="" if row else "None is under way.",
            button="Cancel it",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Feed], data: Mapping[str, Any]) -> Done:
        row = Backfill.objects.filter(feed=rows.get(), state=Backfill.State.OPEN).first()
        if row is None:
            raise Refused("None is under way.")
        backfills.cancel(row, reason=data["reason"], actor=person(request))
        return Done("Cancelled.")
