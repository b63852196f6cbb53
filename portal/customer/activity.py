"""Screen 12: who did what. The audit trail, with whether it is intact, and its export."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from portal.audit import trail
from portal.audit.models import AuditEvent, Seal
from portal.common.spreadsheets import MARK, harmless
from portal.customer.door import Member, page
from portal.customer.paging import paged
from portal.customer.places import TenantPlaces
from portal.tenants.models import Role

FILTERS = ("q", "who", "action", "object_type", "object_id")
EXPORTED = 100_000
"""Lines of one export, the newest; a file of more is for no spreadsheet."""
COLUMNS = ("id", "at (UTC)", "who", "action", "object", "id of object", "number", "what", "seal")
OBJECTS = {
    "delivery": "integrations.delivery",
    "issue": "integrations.issue",
    "run": "integrations.run",
    "operation": "integrations.operation",
    "tradingpartner": "edi.tradingpartner",
    "interchange": "edi.interchange",
    "transactionset": "edi.transactionset",
}
"""Kinds of objects with a page here."""


@page(post=Role.OPERATOR)
def activity(request: HttpRequest, member: Member) -> HttpResponse:
    """GET: the trail. POST: its chain computed anew, from the first seal."""
    chosen = asked(request)
    found = paged(narrowed(AuditEvent.objects.defer("details"), chosen), request)
    places = TenantPlaces(member.tenant.slug)
    context = {
        "chosen": chosen,
        "page": found,
        "lines": [(line, address(line, places)) for line in found.rows],
        "last_seal": Seal.objects.order_by("-number").first(),
        "unsealed": AuditEvent.objects.filter(seal=None).count(),
        "verdict": trail.verify(member.tenant) if request.method == "POST" else None,
        "is_narrowed": any(chosen.values()),
    }
    return TemplateResponse(request, "customer/activity.html", context)


def asked(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "").strip()[:100] for name in FILTERS}


def narrowed(rows: QuerySet[AuditEvent], chosen: dict[str, str]) -> QuerySet[AuditEvent]:
    """The lines that the filters of the address leave, newest first."""
    columns = {"q": "business_number", "who": "actor_name", "object_type": "object_type", "object_id": "object_id"}
    for name, column in columns.items():
        if chosen[name]:
            rows = rows.filter(**{column: chosen[name]})
    if chosen["action"]:
        rows = rows.filter(action__startswith=chosen["action"])
    return rows.order_by("-pk")


def address(line: AuditEvent, places: TenantPlaces) -> str:
    """Where the object of a line has its page; "" where it has none."""
    model = OBJECTS.get(line.object_type)
    return places.page(model, line.object_id) if model is not None and line.object_id.isdecimal() else ""


@page()
def activity_export(request: HttpRequest, member: Member) -> HttpResponseBase:
    """The lines of the same filters as CSV. That they were taken out stays in the trail too."""
    chosen = asked(request)
    rows = narrowed(AuditEvent.objects.all(), chosen)[:EXPORTED]
    with transaction.atomic():
        stated = ", ".join(f"{name} {value}" for name, value in chosen.items() if value) or "all of it"
        trail.record(
            trail.event(
                member.tenant,
                "activity.exported",
                f"The activity was exported: {stated}.",
                object_type="tenant",
                object_id=member.tenant.pk,
                actor=member.user,
            )
        )
    response = StreamingHttpResponse(as_csv(rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="activity-{member.tenant.slug}.csv"'
    return response


class _Echo:
    """What csv writes to: gives each line back."""

    def write(self, line: str) -> str:
        return line


def as_csv(rows: QuerySet[AuditEvent]) -> Iterator[Any]:
    """Line by line. What a spreadsheet would take for a formula is made plain."""
    writer = csv.writer(_Echo())
    yield MARK + writer.writerow(COLUMNS)
    for e in rows.iterator(chunk_size=1000):
        said = (e.actor_name, e.action, e.object_type, e.object_id, e.business_number, e.summary)
        yield writer.writerow((e.pk, e.at.isoformat(), *map(harmless, said), e.seal_id or ""))
