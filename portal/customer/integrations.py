"""Screen 4: one integration. How its flows are, what happened, by which settings it maps."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from integrations.actions.flows import PauseFlow, ReadNow, ResumeFlow
from integrations.actions.live import CompareReferences, DryRun, Reconcile
from integrations.actions.sides import SIDE_ACTIONS
from integrations.flows import patch as patches
from integrations.models import Flow, Integration, MappingVersion, Run
from integrations.selectors.overview import FlowStatus, flow_statuses
from integrations.selectors.stops import stops
from integrations.selectors.webhooks import heard_of
from integrations.systems.registry import system
from integrations.words import RUN_MARKS
from portal.audit.models import AuditEvent
from portal.common.language import spoken
from portal.customer.acting import act, offered
from portal.customer.door import Member, page
from portal.site.marks import Kind
from portal.tenants.models import Role

ACTIONS = (ReadNow, DryRun, Reconcile, CompareReferences, PauseFlow, ResumeFlow)
TABS: tuple[tuple[str, Any], ...] = (
    ("status", _("Status")),
    ("timeline", _("Timeline")),
    ("mapping", _("Mapping")),
    ("settings", _("Settings")),
)
HAPPENED_SHOWN = 60
VERSIONS_SHOWN = 20


@page()
def integrations(request: HttpRequest, member: Member) -> HttpResponse:
    statuses = flow_statuses(member.tenant)
    rows = Integration.objects.select_related("books", "partner").defer(*_HEAVY)
    context = {"rows": [(row, [s for s in statuses if s.flow.integration_id == row.pk], stops([row])) for row in rows]}
    return TemplateResponse(request, "customer/integrations.html", context)


@page()
def integration(request: HttpRequest, member: Member, key: str) -> HttpResponse:
    row = found(key)
    tab = request.GET.get("tab", "status")
    if tab not in dict(TABS):
        raise Http404
    statuses = flow_statuses(member.tenant, Flow.objects.filter(integration=row))
    context: dict[str, Any] = {"row": row, "tab": tab, "tabs": TABS, "statuses": statuses, "stops": stops([row])}
    context["row_actions"] = offered(SIDE_ACTIONS, row) if member.operates else []
    match tab:
        case "status":
            context["heard"] = heard_of(row.books)
            context["actions"] = {s.flow.pk: offered(ACTIONS, s.flow) if member.operates else [] for s in statuses}
        case "timeline":
            context["happened"] = timeline(row, statuses)
        case "mapping":
            versions = mapping_versions(row)
            context["mappings"] = [(s, versions.get(s.flow.pk, [])) for s in statuses]
        case _:
            context["may_change"] = member.operates and system(row.partner.system).is_network
            context["settings"] = json.dumps(row.settings or {}, indent=2, ensure_ascii=False)
            context["flow_settings"] = [(s, s.flow.settings or {}) for s in statuses]
    return TemplateResponse(request, "customer/integration.html", context)


@page(Role.OPERATOR, post=Role.OPERATOR)
def integration_act(request: HttpRequest, member: Member, key: str, name: str) -> HttpResponse:
    """Stopping one direction, and letting it go on."""
    back = reverse("customer:integration", args=[member.tenant.slug, key])
    return act(request, SIDE_ACTIONS, name, Integration.objects.filter(key=key), back=back)


@page(Role.OPERATOR, post=Role.OPERATOR)
def flow_act(request: HttpRequest, member: Member, pk: int, name: str) -> HttpResponse:
    flow = Flow.objects.select_related("integration").filter(pk=pk).first()
    if flow is None:
        raise Http404
    back = reverse("customer:integration", args=[member.tenant.slug, flow.integration.key])
    return act(request, ACTIONS, name, Flow.objects.filter(pk=pk), back=back)


_HEAVY = tuple(f"{side}__{name}" for side in ("books", "partner") for name in ("secrets", "settings", "check_steps"))


def found(key: str) -> Integration:
    row = Integration.objects.select_related("books", "partner").defer(*_HEAVY).filter(key=key).first()
    if row is None:
        raise Http404
    return row


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the timeline."""

    at: dt.datetime
    kind: Kind
    text: str
    href: str = ""
    by: str = ""


def timeline(row: Integration, statuses: list[FlowStatus]) -> list[Happened]:
    """Runs, and what people changed, paused and replayed, in one stream, newest first."""
    feeds = [s.feed.pk for s in statuses if s.feed is not None]
    flows = [str(s.flow.pk) for s in statuses]
    runs = Run.objects.filter(feed__in=feeds).select_related("feed__connection").order_by("-pk")
    shown = runs.defer("feed__connection__secrets", "feed__connection__settings", "feed__connection__check_steps")
    about = (
        Q(object_type="integration", object_id=str(row.pk))
        | Q(object_type="flow", object_id__in=flows)
        | Q(object_type="feed", object_id__in=[str(f) for f in feeds])
        | Q(object_type="connection", object_id__in=[str(row.books_id), str(row.partner_id)])
    )
    slug = row.tenant.slug
    lines = [
        Happened(
            r.started_at,
            RUN_MARKS[r.outcome],
            _("%(feed)s: %(captured)s new of %(read)s, %(outcome)s")
            % {"feed": r.feed, "captured": r.captured, "read": r.read, "outcome": spoken(r.get_outcome_display())},
            reverse("customer:run", args=[slug, r.pk]),
        )
        for r in shown[:HAPPENED_SHOWN]
    ]
    events = AuditEvent.objects.filter(about)[:HAPPENED_SHOWN]
    lines += [Happened(e.at, "off", e.summary, by=e.actor_name) for e in events]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:HAPPENED_SHOWN]


def mapping_versions(row: Integration) -> dict[int, list[tuple[MappingVersion, list[tuple[str, str, str]]]]]:
    """The versions of each flow's settings, by flow, newest first, each with what it changed."""
    found: dict[int, list[MappingVersion]] = {}
    for version in MappingVersion.objects.filter(flow__integration=row).order_by("flow", "-number"):
        found.setdefault(version.flow_id, []).append(version)
    return {
        flow: [(newer, changed(older, newer)) for newer, older in zip(rows, [*rows[1:], None], strict=True)][
            :VERSIONS_SHOWN
        ]
        for flow, rows in found.items()
    }


def changed(older: MappingVersion | None, newer: MappingVersion) -> list[tuple[str, str, str]]:
    """Place, before and after of what differs."""
    if older is None:
        return []
    before, after = ({"flow": v.flow_settings, "integration": v.integration_settings} for v in (older, newer))
    paths = patches.changed_paths(patches.difference(before, after))
    return [(_place(p), _text(patches.read(before, p)), _text(patches.read(after, p))) for p in paths]


def _place(path: str) -> str:
    return path.strip("/").replace("/", " · ")


def _text(value: Any) -> str:
    return "" if value is patches.ABSENT else json.dumps(value, ensure_ascii=False)
