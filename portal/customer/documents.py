"""Screen 6: every document, found by its business number first."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from integrations.models import Delivery, Flow, Record, State
from integrations.selectors.overview import STUCK_STATES
from integrations.words import STATE_WORDS, flow_label
from portal.customer.door import Member, page
from portal.customer.paging import paged
from portal.site.lists import row_key

UNDER_WAY = (State.WAITING, State.PENDING, State.SENDING, State.ACCEPTED)
TABS: dict[str, tuple[Any, tuple[State, ...]]] = {
    "": (_("All"), ()),
    "needs": (_("Hang"), STUCK_STATES),
    "under_way": (_("Under way"), UNDER_WAY),
    "delivered": (_("Delivered"), (State.DELIVERED,)),
}
"""What the tabs are called, and which states they hold."""
FILTERS = ("q", "state", "flow", "run", "issue", "lane", "integration", "to")
BY_ROW = {
    "flow": "flow_id",
    "run": "run_id",
    "issue": "issue_id",
    "integration": "integration_id",
    "to": "sink_connection_id",
}
"""Filters that name rows, and the columns that they narrow."""
SEARCHED = 100
UNROUTED_SHOWN = 10


@page()
def documents(request: HttpRequest, member: Member) -> HttpResponse:
    chosen = {name: request.GET.get(name, "").strip()[:SEARCHED] for name in FILTERS}
    rows = narrowed(deliveries_shown(), chosen)
    context = {
        "chosen": chosen,
        "tabs": [(key, label) for key, (label, _states) in TABS.items()],
        "states": [(s.value, STATE_WORDS[s]) for s in State],
        "flows": [(f.pk, flow_label(f), f.integration.name) for f in Flow.objects.select_related("integration")],
        "page": paged(rows, request),
        "not_sent": not_sent(chosen["q"]) if chosen["q"] else [],
        "is_narrowed": any(chosen.values()),
    }
    return TemplateResponse(request, "customer/documents.html", context)


def deliveries_shown() -> QuerySet[Delivery]:
    """Only the columns that lists show: neither bytes nor JSON, and nothing of a connection but its name."""
    return Delivery.objects.select_related("flow__integration", "sink_connection").only(
        "business_number",
        "state",
        "since",
        "reason",
        "operation",
        "purpose",
        "waits_for",
        "replays_id",
        "source_modified_at",
        "flow__key",
        "flow__integration__pair",
        "flow__integration__name",
        "flow__integration__books_id",
        "flow__integration__books_stopped",
        "flow__integration__partner_stopped",
        "sink_connection__name",
    )


def narrowed(rows: QuerySet[Delivery], chosen: dict[str, str]) -> QuerySet[Delivery]:
    """The rows that the filters of the address leave. What is no filter finds nothing: a wrong link must not look like
    a full list."""
    if chosen["state"]:
        states = TABS[chosen["state"]][1] if chosen["state"] in TABS else (chosen["state"],)
        rows = rows.filter(state__in=states)
    for name, column in BY_ROW.items():
        if chosen[name]:
            keys = [row_key(part) for part in chosen[name].split(",")]
            rows = rows.filter(**{f"{column}__in": [k for k in keys if k is not None]})
    if chosen["lane"]:
        rows = rows.filter(lane=chosen["lane"])
    if chosen["q"]:
        whole = rows.filter(business_number=chosen["q"])
        rows = whole if whole.exists() else rows.filter(business_number__startswith=chosen["q"])
    return rows


def not_sent(number: str) -> list[Record]:
    """What was read under this number and no flow took: it stands in no list of documents."""
    rows = Record.objects.filter(business_number=number, takers=0, is_newest=True).select_related("feed__connection")
    shown = rows.only(
        "business_number", "status", "kind", "problem", "not_yet", "captured_at", "feed__key", "feed__connection__name"
    )
    return list(shown.order_by("-pk")[:UNROUTED_SHOWN])
