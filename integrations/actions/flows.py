"""What a person does to flows: read now, pause, resume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from integrations.actions.feeds import ResumeFeed
from integrations.flows.registry import all_flows
from integrations.models import Delivery, Flow, State
from integrations.selectors import feed_of
from integrations.selectors.stops import flow_stops
from integrations.services import feeds as services
from portal.site import Done, Line, PersonAction, Plan, Reason, Refused, person
from portal.site.marks import thousands


class ReadNow(PersonAction):
    """Has the feeds of flows read at once."""

    name, label, confirm = "run-now", "Run now", False
    form = forms.Form

    def offered(self, row: Flow) -> bool:
        return row.enabled and not row.paused_reason

    def perform(self, request: HttpRequest, rows: QuerySet[Flow], data: Mapping[str, Any]) -> Done:
        feeds = {feed.pk: feed for flow in rows if (feed := feed_of_flow(flow)) is not None}
        ready = [f for f in feeds.values() if f.enabled and not f.paused_reason and f.connection.enabled]
        if not ready:
            raise Refused(
                _(
                    "Its feed is paused, switched off, or not made yet, or the connection is switched off, so there "
                    "is nothing to read."
                )
            )
        for feed in ready:
            services.run_now(feed, actor=person(request))
        return Done(
            _("%(names)s: read as soon as a worker is free. What is due, and not held by somebody, is sent then, too.")
            % {"names": ", ".join(str(f) for f in ready[:5])}
        )


class PauseFlow(PersonAction):
    """Stops sending for flows."""

    name, label = "pause", "Pause"
    form = Reason

    def offered(self, row: Flow) -> bool:
        return not row.paused_reason

    def plan(self, request: HttpRequest, rows: QuerySet[Flow]) -> Plan:
        waiting = Delivery.objects.filter(flow__in=rows.order_by().values("pk"), state=State.PENDING).count()
        return Plan(
            title=_("Pause sending"),
            sentence=_(
                "%(names)s: nothing is sent until somebody resumes it. Records are captured on, and "
                "wait. Nothing is lost."
            )
            % {"names": ", ".join(str(f) for f in rows[:5])},
            lines=(
                Line(_("Flows"), rows.count(), strong=True),
                Line(_("Deliveries that wait from now on"), thousands(waiting)),
            ),
            button=_("Pause"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Flow], data: Mapping[str, Any]) -> Done:
        for flow in rows:
            services.pause_flow(flow, reason=data["reason"], actor=person(request))
        return Done(_("Paused. Records are captured on, and wait."))


class ResumeFlow(ResumeFeed):
    """Sends again."""

    def offered(self, row: Any) -> bool:
        return bool(row.paused_reason)

    def perform(self, request: HttpRequest, rows: QuerySet[Any], data: Mapping[str, Any]) -> Done:
        flows = list(rows.select_related("tenant", "integration__books", "integration__partner"))
        for flow in flows:
            services.resume_flow(flow, actor=person(request))
        held = list(dict.fromkeys(stop for flow in flows for stop in flow_stops(flow, flow.tenant)))
        if held:
            return Done(_("Resumed."), _("Nothing goes out yet: %(names)s") % {"names": " ".join(held)})
        return Done(_("It sends again; what has waited goes out in its order."))


def feed_of_flow(flow: Flow) -> Any:
    """The feed that the flow takes from, None where there is none or this release does not know the flow."""
    spec = all_flows().get(flow.full_key)
    return feed_of(flow, spec) if spec else None
