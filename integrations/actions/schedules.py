"""When a feed is read, as people set it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.engine.cadence import Cadence, NeverDue, countries
from integrations.engine.read import cadence_of
from integrations.models import Feed
from integrations.services import feeds as services
from portal.site import Done, Line, PersonAction, Plan, person

SHOWN = 5
NORDIC = ("SE", "NO", "DK", "FI")


class ScheduleForm(forms.Form):
    """Interval or cron lines, business days, days off, quiet hours. Times are the tenant's."""

    every = forms.IntegerField(
        label=gettext_lazy("Every (seconds)"),
        min_value=10,
        max_value=7 * 24 * 3600,
        help_text=gettext_lazy("Counts where there is no cron line."),
    )
    cron = forms.CharField(
        label=gettext_lazy("Cron lines"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 40}),
        help_text=gettext_lazy(
            "Instead of the interval, one a line: minute, hour, day, month, day of the week. 0 "
            "6-18/2 * * 1-5 is every two hours from 6 to 18, Monday to Friday."
        ),
    )
    business_days = forms.ChoiceField(
        label=gettext_lazy("Only on business days of"),
        required=False,
        choices=lambda: [
            ("", _("every day")),
            *((c, c) for c in NORDIC),
            *((c, c) for c in countries() if c not in NORDIC),
        ],
        help_text=gettext_lazy("Leaves out weekends, public holidays and days on which banks are closed."),
    )
    closed_days = forms.CharField(
        label=gettext_lazy("Own days off"),
        required=False,
        widget=forms.TextInput(attrs={"size": 70}),
        help_text=gettext_lazy("With spaces between them: 12-24 for each year, 2026-12-28 for one."),
    )
    quiet_hours = forms.CharField(
        label=gettext_lazy("Quiet hours"),
        required=False,
        widget=forms.TextInput(attrs={"size": 40}),
        help_text=gettext_lazy(
            "With spaces between them, as 20:00-06:00. Nothing is read then, not even after a webhook."
        ),
    )


def cadence_from(data: Mapping[str, Any]) -> Cadence:
    """The schedule that a filled-in form states."""
    return Cadence(
        cron=tuple(" ".join(line.split()) for line in data["cron"].splitlines() if line.strip()),
        business_days=data["business_days"],
        closed_days=tuple(data["closed_days"].replace(",", " ").split()),
        quiet_hours=tuple(data["quiet_hours"].replace(",", " ").split()),
    )


class SetSchedule(PersonAction):
    """Says when a feed is read."""

    name, label, many = "schedule", "Change the schedule", False
    form = ScheduleForm

    def initial(self, rows: QuerySet[Feed]) -> Mapping[str, Any]:
        feed = rows.get()
        cadence = cadence_of(feed)
        return {
            "every": feed.interval_seconds,
            "cron": "\n".join(cadence.cron),
            "business_days": cadence.business_days,
            "closed_days": " ".join(cadence.closed_days),
            "quiet_hours": " ".join(cadence.quiet_hours),
        }

    def plan(self, request: HttpRequest, rows: QuerySet[Feed]) -> Plan:
        feed = rows.get()
        return Plan(
            title=_("When %(feed)s is read") % {"feed": feed},
            sentence=_(
                "Times are those of %(time_zone)s. What changes while nothing is read is read at the "
                "next time: nothing is lost."
            )
            % {"time_zone": feed.tenant.time_zone},
            lines=(
                Line(_("It is read now"), services.schedule_in_words(feed)),
                Line(_("Next reads"), ", ".join(coming(feed))),
            ),
            button=_("Change the schedule"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Feed], data: Mapping[str, Any]) -> Done:
        feed = rows.select_related("tenant").get()
        every = dt.timedelta(seconds=data["every"])
        changed = services.set_schedule(feed, every=every, cadence=cadence_from(data), actor=person(request))
        feed.refresh_from_db()
        said = _("It is read %(often)s.") % {"often": services.schedule_in_words(feed)}
        return Done(
            _("%(said)s Next: %(times)s.") % {"said": said, "times": ", ".join(coming(feed, count=3))}
            if changed
            else _("Nothing changed. %(said)s") % {"said": said}
        )


def coming(feed: Feed, *, count: int = SHOWN) -> list[str]:
    """The next reads in the tenant's zone, the first one as it is planned."""
    zone = ZoneInfo(feed.tenant.time_zone)
    cadence, every = cadence_of(feed), dt.timedelta(seconds=feed.interval_seconds)
    first = feed.due_at or timezone.now()
    try:
        later = cadence.coming(first, every=every, zone=zone, count=count - 1)
        return [date_format(moment.astimezone(zone), "D Y-m-d H:i") for moment in (first, *later)]
    except NeverDue as error:
        return [str(error)]
