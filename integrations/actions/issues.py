"""What a person does to issues: try again all that they hit, release a flood, dismiss. Each says first what it will
do, in numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.actions.deliveries import calls_lines
from integrations.models import Delivery, Issue, State
from integrations.selectors import count_states
from integrations.services import issues as services
from integrations.services.deliveries import AT_ONCE
from portal.common.clock import db_now
from portal.site import Done, Line, OptionalReason, PersonAction, Plan, Reason, Refused, list_url, person
from portal.site.marks import thousands

UNSETTLED = (State.FAILED, State.IN_DOUBT, State.WAITING)


def hit_by(issues: QuerySet[Issue]) -> QuerySet[Delivery]:
    """The deliveries that hang because of these issues."""
    return Delivery.objects.filter(issue__in=issues.order_by().values("pk"), state__in=UNSETTLED)


class RetryAll(PersonAction):
    """Tries again all that failed because of an issue."""

    name, label = "retry", "Replay all"
    form = OptionalReason

    def offered(self, row: Issue) -> bool:
        return row.status == Issue.Status.OPEN and row.deliveries.filter(state=State.FAILED).exists()

    def plan(self, request: HttpRequest, rows: QuerySet[Issue]) -> Plan:
        states = count_states(hit_by(rows))
        failed, doubt, waiting = (states.get(s, 0) for s in UNSETTLED)
        pks = ",".join(str(pk) for pk in rows.values_list("pk", flat=True)[:AT_ONCE])
        lines = [
            Line(_("Issues"), thousands(rows.count())),
            Line(
                _("Deliveries tried again"),
                thousands(min(failed, AT_ONCE)),
                list_url(Delivery, issue__in=pks, state="failed"),
                strong=True,
            ),
        ]
        if failed > AT_ONCE:
            lines.append(
                Line(
                    _("Left for the next time"),
                    _("%(n)s: at most %(most)s at once, oldest first")
                    % {"n": thousands(failed - AT_ONCE), "most": AT_ONCE},
                )
            )
        if doubt:
            lines.append(
                Line(
                    _("Left alone: in doubt"),
                    _("%(doubt)s. First it must be known whether they arrived.") % {"doubt": thousands(doubt)},
                )
            )
        if waiting:
            lines.append(
                Line(
                    _("Left alone: waiting"), _("%(waiting)s. They go by themselves.") % {"waiting": thousands(waiting)}
                )
            )
        lines += calls_lines(hit_by(rows))
        return Plan(
            title=_("Replay all that failed because of this"),
            sentence=_(
                "They are tried again as the same deliveries: whatever the other side has already is "
                "not made there a second time. If the cause is still there, they fail again and "
                "nothing else happens."
            ),
            lines=tuple(lines),
            refusal="" if failed else _("Nothing has failed because of it, so there is nothing to try again."),
            button=_("Try all %(n)s again") % {"n": thousands(min(failed, AT_ONCE))},
            first=_("Try the first one") if failed > 1 and rows.count() == 1 else "",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Issue], data: Mapping[str, Any]) -> Done:
        limit = 1 if request.POST.get("how") == "first" else AT_ONCE
        done = 0
        refused: list[str] = []
        for issue in rows:
            many = services.retry(issue, actor=person(request), reason=data["reason"], limit=limit - done)
            done, refused = done + many.done, [*refused, *many.refused]
            if done >= limit:
                break
        if not done and refused:
            raise Refused(" ".join(refused[:3]))
        return Done(_("%(done)s will be tried again.") % {"done": thousands(done)}, " ".join(refused[:3]))


class ReleaseFlood(PersonAction):
    """Lets go what waits because there was so much of it."""

    name, label, many = "release", "Release", False
    form = Reason

    def offered(self, row: Issue) -> bool:
        return row.status == Issue.Status.OPEN and row.error_class == "flood"

    def plan(self, request: HttpRequest, rows: QuerySet[Issue]) -> Plan:
        waiting = count_states(hit_by(rows)).get(State.WAITING, 0)
        lines = [
            Line(_("Deliveries released: they are sent"), thousands(waiting), strong=True),
            *calls_lines(hit_by(rows)),
        ]
        return Plan(
            title=_("Release: all of this is meant"),
            sentence=_(
                "They go out in their order, as soon as workers take them. To send none of them, "
                "dismiss the issue instead."
            ),
            lines=tuple(lines),
            warning=_("The other side gets all of them. Look at some first."),
            refusal="" if waiting else _("Nothing waits because of it."),
            button=_("Release %(waiting)s") % {"waiting": thousands(waiting)},
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Issue], data: Mapping[str, Any]) -> Done:
        done = services.release(rows.get(), actor=person(request), reason=data["reason"])
        return Done(_("%(done)s deliveries are sent.") % {"done": thousands(done)})


class SnoozeForm(OptionalReason):
    """For how long."""

    hours = forms.TypedChoiceField(
        label=gettext_lazy("For how long"),
        choices=(
            (4, gettext_lazy("4 hours")),
            (24, gettext_lazy("a day")),
            (72, gettext_lazy("three days")),
            (168, gettext_lazy("a week")),
        ),
        coerce=int,
        initial=24,
        widget=forms.RadioSelect,
    )
    field_order = ("hours", "reason")


class Snooze(PersonAction):
    """Has nobody reminded of issues for a while."""

    name, label = "snooze", "Snooze"
    form = SnoozeForm

    def offered(self, row: Issue) -> bool:
        return row.status == Issue.Status.OPEN and not is_snoozed(row)

    def plan(self, request: HttpRequest, rows: QuerySet[Issue]) -> Plan:
        hang = sum(count_states(hit_by(rows)).values())
        return Plan(
            title=_("Snooze: not now"),
            sentence=_(
                "The issue leaves the list of what needs you and comes back by itself. It stays open: "
                "what hangs on it still hangs."
            ),
            lines=(
                Line(_("Issues"), thousands(rows.count())),
                Line(_("Deliveries that go on hanging"), thousands(hang)),
            ),
            button=_("Snooze"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Issue], data: Mapping[str, Any]) -> Done:
        until = db_now() + dt.timedelta(hours=data["hours"])
        for issue in rows:
            services.snooze(issue, until=until, actor=person(request), reason=data["reason"])
        return Done(
            _("It comes back at %(until)s.")
            % {"until": f"{until.astimezone(timezone.get_current_timezone()):%Y-%m-%d %H:%M}"}
        )


class Wake(PersonAction):
    """Ends a snooze."""

    name, label = "wake", "End the snooze"
    form = forms.Form

    def offered(self, row: Issue) -> bool:
        return row.status == Issue.Status.OPEN and is_snoozed(row)

    def plan(self, request: HttpRequest, rows: QuerySet[Issue]) -> Plan:
        return Plan(title=_("End the snooze"), sentence=_("The issue is listed again."), button=_("List it again"))

    def perform(self, request: HttpRequest, rows: QuerySet[Issue], data: Mapping[str, Any]) -> Done:
        for issue in rows:
            services.wake(issue, actor=person(request))
        return Done(_("It is listed again."))


def is_snoozed(row: Issue) -> bool:
    """Whether nobody is reminded of it now."""
    return row.snoozed_until is not None and row.snoozed_until > timezone.now()


class DismissIssue(PersonAction):
    """Closes issues that nobody acts on, with all that hangs on them."""

    name, label, danger = "dismiss", "Dismiss", True
    form = Reason

    def offered(self, row: Issue) -> bool:
        return row.status == Issue.Status.OPEN

    def plan(self, request: HttpRequest, rows: QuerySet[Issue]) -> Plan:
        states = count_states(hit_by(rows))
        failed, doubt, waiting = (states.get(s, 0) for s in UNSETTLED)
        lines = [
            Line(_("Issues closed"), thousands(rows.count()), strong=True),
            Line(_("Failed deliveries dismissed: they are not sent"), thousands(min(failed, AT_ONCE))),
        ]
        held = count_states(hit_by(rows.filter(error_class="flood"))).get(State.WAITING, 0)
        if held:
            lines.append(Line(_("Held back and dismissed: they are not sent"), thousands(held)))
        if doubt + waiting - held:
            lines.append(Line(_("Stay open: in doubt or waiting"), thousands(doubt + waiting - held)))
        return Plan(
            title=_("Dismiss: nobody acts on this"),
            sentence=_(
                "The issue is closed, and what failed because of it is not sent. If it happens again, "
                "it is a new issue."
            ),
            lines=tuple(lines),
            button=_("Dismiss"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Issue], data: Mapping[str, Any]) -> Done:
        dismissed = [services.dismiss_issue(i, actor=person(request), reason=data["reason"]) for i in rows]
        return Done(
            _("%(n)s dismissed, with %(deliveries)s deliveries.")
            % {"n": thousands(len(dismissed)), "deliveries": thousands(sum(m.done for m in dismissed))}
        )
