"""Screen 1: whether all is well, what needs somebody, and every flow in a row."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from integrations.selectors.overview import FlowStatus, flow_statuses, needs_customer
from integrations.selectors.stops import stops
from portal.customer.door import Member, page

WORST_FIRST = (
    "needs_you",
    "broken",
    "reading_fails",
    "in_doubt",
    "needs_others",
    "stopped",
    "connection_off",
    "paused",
    "healthy",
)
"""In which order flows are shown: what the reader can do something about comes before what others see to."""


@page()
def home(request: HttpRequest, member: Member) -> HttpResponse:
    statuses = flow_statuses(member.tenant)
    on = sorted((s for s in statuses if s.condition != "off"), key=lambda s: WORST_FIRST.index(s.condition))
    context = {
        "statuses": on,
        "switched_off": len(statuses) - len(on),
        "healthy": sum(s.condition == "healthy" for s in on),
        "paused": sum(s.condition == "paused" for s in on),
        "yours": needs_customer(member.tenant),
        "handled": sum(s.moving for s in on),
        "waits_until": min(
            (s.feed.due_at for s in on if s.feed and s.feed.due_at and not s.why_not_read), default=None
        ),
        "stopped": sum(s.condition == "stopped" for s in on),
        "stops": stops({s.flow.integration_id: s.flow.integration for s in statuses}.values()),
        "settled_until": settled_until(on),
        "stuck": sum(s.stuck for s in on),
        "trouble": any(s.condition not in ("healthy", "paused") for s in on),
    }
    return TemplateResponse(request, "customer/home.html", context)


def settled_until(statuses: list[FlowStatus]) -> dt.datetime | None:
    """Up to when everything is settled on both sides, apart from what has failed or is in doubt; None while a flow has
    read nothing yet."""
    known = [s.until for s in statuses if s.condition != "paused"]
    return min((u for u in known if u is not None), default=None) if known and None not in known else None
