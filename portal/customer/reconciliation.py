"""Screen 11: both sides counted and compared, flow by flow; and operations, which do such work."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.actions.live import download, result_sections
from integrations.actions.numbers import numbers
from integrations.actions.operations import MARKS, Cancel, SendUnsent, Start
from integrations.flows.registry import all_flows
from integrations.models import Flow, Operation
from integrations.services import operations as services
from integrations.words import flow_label
from portal.customer.acting import act, offered
from portal.customer.door import Member, page
from portal.customer.paging import paged
from portal.tenants.models import Role

ACTIONS = (Start, SendUnsent, Cancel)
FORMS = ("csv", "json")
LOOKED_AT = 200
"""Newest reconciliations among which the last of each flow is looked for."""


class PeriodForm(forms.Form):
    """From when to when, and which flows."""

    since = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=gettext_lazy("To and with"), widget=forms.DateInput(attrs={"type": "date"}))
    flow: forms.ModelChoiceField[Flow] = forms.ModelChoiceField(
        label=gettext_lazy("Flow"), queryset=None, required=False, empty_label=gettext_lazy("all that are switched on")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["flow"]
        field.queryset = Flow.objects.filter(pk__in=[f.pk for f in comparable()]).select_related("integration")
        field.label_from_instance = lambda flow: f"{flow_label(flow)} ({flow.integration.name})"


@dataclass(frozen=True, slots=True)
class Compared:
    """The last reconciliation of a flow."""

    flow: Flow
    operation: Operation | None
    said: dict[str, Any]
    """Counts and amounts; {} while nothing is known."""

    @property
    def unexplained(self) -> int:
        return int(self.said.get("unexplained", 0)) + int(self.said.get("not_visible", 0))


@page(post=Role.OPERATOR)
def reconciliation(request: HttpRequest, member: Member) -> HttpResponse:
    """GET: the last comparison of each flow. POST: asks for new ones; workers read both sides."""
    today = timezone.localdate()
    form = PeriodForm(
        request.POST if request.method == "POST" else None,
        initial={"since": today - dt.timedelta(days=31), "until": today},
    )
    if request.method == "POST" and form.is_valid():
        try:
            begun = begin(member, form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%d comparisons were begun. They go on while you look elsewhere.") % begun)
            return redirect("customer:reconciliation", member.tenant.slug)
    rows = compared()
    runs = any(row.operation is not None and not row.operation.ended for row in rows)
    context = {"form": form, "rows": rows, "runs": runs, "marks": MARKS}
    return TemplateResponse(request, "customer/reconciliation.html", context)


def begin(member: Member, asked: dict[str, Any]) -> int:
    """Asks for a comparison of each flow, for whole days in the tenant's zone. Raises ValidationError."""
    zone = zoneinfo.ZoneInfo(member.tenant.time_zone)
    since, until = (dt.datetime.combine(asked[name], dt.time(), zone) for name in ("since", "until"))
    flows = [asked["flow"]] if asked["flow"] is not None else comparable()
    for flow in flows:
        services.ask_reconcile(flow, since=since, until=until + dt.timedelta(days=1), actor=member.user)
    return len(flows)


def comparable() -> list[Flow]:
    """The switched-on flows that have an effect in another system."""
    specs = all_flows()
    rows = Flow.objects.filter(enabled=True, integration__enabled=True).select_related("integration", "tenant")
    return [f for f in rows if f.full_key in specs and not specs[f.full_key].keeps]


def compared() -> list[Compared]:
    """The last reconciliation of each flow that can be reconciled."""
    last: dict[int, Operation] = {}
    rows = Operation.objects.filter(kind=Operation.Kind.RECONCILE).order_by("-pk")[:LOOKED_AT]
    for row in rows:
        if row.flow_id is not None:
            last.setdefault(row.flow_id, row)
    found = []
    for flow in comparable():
        operation = last.get(flow.pk)
        lines = services.reconciled_lines(operation) if operation is not None else []
        found.append(Compared(flow, operation, services.summary(lines) if operation is not None else {}))
    return found


# --- Operations


@page()
def operations(request: HttpRequest, member: Member) -> HttpResponse:
    rows = Operation.objects.select_related("flow__integration", "feed__connection").defer("result")
    context = {"page": paged(rows, request), "marks": MARKS}
    return TemplateResponse(request, "customer/operations.html", context)


@page()
def operation(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    row = found(pk)
    context = {
        "row": row,
        "about": services.about(row),
        "kind": MARKS[row.state],
        "actions": offered(ACTIONS, row) if member.operates else [],
        "plan": numbers(row.plan),
        "progress": numbers(row.progress),
        "sentences": row.progress.get("sentences", []),
        "sections": result_sections(row),
        "forms": FORMS if row.result else (),
    }
    return TemplateResponse(request, "customer/operation.html", context)


@page(Role.OPERATOR, post=Role.OPERATOR)
def operation_act(request: HttpRequest, member: Member, pk: int, name: str) -> HttpResponse:
    back = reverse("customer:operation", args=[member.tenant.slug, pk])
    return act(request, ACTIONS, name, Operation.objects.filter(pk=pk), back=back)


@page()
def operation_file(request: HttpRequest, member: Member, pk: int, form: str) -> HttpResponse:
    """A result as a file. That it left stays in the activity."""
    row = found(pk)
    if not row.result or form not in FORMS:
        raise Http404
    services.note_download(row, form=form, actor=member.user)
    return download(row, form)


def found(pk: int) -> Operation:
    row = Operation.objects.select_related("flow__integration", "feed__connection", "tenant").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row
