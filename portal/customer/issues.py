"""Screens 8 and 9: what hangs, grouped by cause, who acts, and what to press for all of it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations.actions.issues import UNSETTLED, DismissIssue, ReleaseFlood, RetryAll, Snooze, Wake
from integrations.models import Attempt, Delivery, Issue, State
from integrations.selectors import count_states
from integrations.selectors.overview import awake
from integrations.services import reveal as kept
from integrations.words import STATE_WORDS
from portal.audit.models import AuditEvent
from portal.customer.acting import act, offered
from portal.customer.document import ACTIONS as DOCUMENT_ACTIONS
from portal.customer.document import WHO
from portal.customer.documents import deliveries_shown
from portal.customer.door import Member, page
from portal.customer.paging import paged
from portal.site.lists import row_key
from portal.tenants.models import Role

ACTIONS = (RetryAll, ReleaseFlood, Snooze, Wake, DismissIssue)
SIZE = 30
HIT_SHOWN = 20
TABS: tuple[tuple[str, Any], ...] = (
    ("yours", _("Needs you")),
    ("others", _("Others act")),
    ("snoozed", _("Snoozed")),
    ("closed", _("Resolved")),
)


@page()
def issues(request: HttpRequest, member: Member) -> HttpResponse:
    tab = request.GET.get("tab", "yours")
    flow = row_key(request.GET.get("flow"))
    rows = of_tab(Issue.objects.all(), tab if not flow or "tab" in request.GET else "open")
    if flow is not None:
        rows = rows.filter(flow_id=flow)
    found = paged(with_hits(rows), request, size=SIZE)
    open_now = Issue.objects.filter(status=Issue.Status.OPEN).order_by()
    now = timezone.now()
    context = {
        "page": found,
        "tab": tab,
        "tabs": TABS,
        "flow": flow,
        "who": {who.value: words for who, words in WHO.items()},
        "counts": open_now.aggregate(
            yours=Count("pk", filter=Q(who=Issue.Who.CUSTOMER) & (Q(snoozed_until=None) | Q(snoozed_until__lte=now))),
            others=Count("pk", filter=~Q(who=Issue.Who.CUSTOMER) & (Q(snoozed_until=None) | Q(snoozed_until__lte=now))),
            snoozed=Count("pk", filter=Q(snoozed_until__gt=now)),
        ),
        "actions": {issue.pk: offered(ACTIONS, issue) if member.operates else [] for issue in found.rows},
        **moving(member),
    }
    return TemplateResponse(request, "customer/issues.html", context)


def of_tab(rows: QuerySet[Issue], tab: str) -> QuerySet[Issue]:
    """The issues that a tab holds; none for a tab that there is not."""
    is_open = rows.filter(status=Issue.Status.OPEN)
    match tab:
        case "yours":
            return awake(is_open.filter(who=Issue.Who.CUSTOMER))
        case "others":
            return awake(is_open.exclude(who=Issue.Who.CUSTOMER))
        case "snoozed":
            return is_open.filter(snoozed_until__gt=timezone.now())
        case "closed":
            return rows.exclude(status=Issue.Status.OPEN)
        case "open":
            return is_open
        case _:
            return rows.none()


def with_hits(rows: QuerySet[Issue]) -> QuerySet[Issue]:
    """With the number of deliveries that hang on each."""
    hanging = Delivery.objects.filter(issue=OuterRef("pk"), state__in=UNSETTLED).order_by().values("issue")
    number = Subquery(hanging.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    return (
        rows.select_related("flow__integration", "connection")
        .defer("technical", "connection__secrets", "connection__settings", "connection__check_steps")
        .annotate(hanging=Coalesce(number, Value(0)))
    )


def moving(member: Member) -> dict[str, int]:
    """How much is tried again by itself, and how much is in doubt."""
    rows = Delivery.objects.filter(tenant=member.tenant)
    return {
        "retrying": rows.filter(state=State.PENDING, transient_failures__gt=0).count(),
        "in_doubt": rows.filter(state=State.IN_DOUBT).count(),
    }


@page()
def issue(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    row = found(pk)
    hit = deliveries_shown().filter(issue=row).order_by("-pk")
    states = count_states(Delivery.objects.filter(issue=row))
    mine = Delivery.objects.filter(issue=row).select_related("record__payload", "flow__integration")
    first = mine.order_by("-pk").first()
    context = {
        "row": row,
        "who": WHO[Issue.Who(row.who)],
        "actions": offered(ACTIONS, row) if member.operates else [],
        "hit": list(hit[:HIT_SHOWN]),
        "states": [(STATE_WORDS[State(s)], s, n) for s, n in sorted(states.items())],
        "total": sum(states.values()),
        "raw": kept.masked(first.record, "raw", about=row.field) if first is not None else None,
        "first": first,
        "first_actions": offered(DOCUMENT_ACTIONS, first) if member.operates and first is not None else [],
        "attempts": Attempt.objects.filter(delivery=first).order_by("-number")[:10] if first is not None else [],
        "history": AuditEvent.objects.filter(object_type="issue", object_id=str(row.pk))[:10],
    }
    return TemplateResponse(request, "customer/issue.html", context)


@page(Role.OPERATOR, post=Role.OPERATOR)
def issue_act(request: HttpRequest, member: Member, pk: int, name: str) -> HttpResponse:
    back = reverse("customer:issue", args=[member.tenant.slug, pk])
    return act(request, ACTIONS, name, Issue.objects.filter(pk=pk), back=back)


def found(pk: int) -> Issue:
    rows = Issue.objects.select_related("flow__integration", "integration", "connection")
    row = rows.defer("connection__secrets", "connection__settings", "connection__check_steps").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row
