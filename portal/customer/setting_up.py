"""Screen 3: making an integration. Pair, flows and settings, then a dry run on real records, then live from a date."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.actions.rules import has_rules, rules_page
from integrations.flows.contract import FlowSpec
from integrations.flows.registry import all_flows, flows_of_pair, pairs
from integrations.forms import fields_of, values_of
from integrations.models import Connection, Flow, Integration, Operation
from integrations.services import feeds as feed_services
from integrations.services import operations as operation_services
from integrations.services import preview as preview_service
from integrations.services import setting_up as services
from integrations.services.offers import list_id, lists_of
from integrations.systems.registry import system
from portal.common.language import spoken
from portal.customer.catalogue import pair_called
from portal.customer.choices import choices
from portal.customer.door import Member, page
from portal.customer.integrations import found
from portal.tenants.models import Role

FLOW, COMPANY = "flow_", "company_"
WANTED = "wanted_pair"
"""Where a session keeps the pair that is being set up."""
LIMIT = 100
"""Deliveries of the first reads that go without being asked about."""
COMPANY_FIELDS: tuple[tuple[str, Any, bool], ...] = (
    ("name", gettext_lazy("Name of your company, as partners know it"), True),
    ("vat_number", gettext_lazy("VAT number"), False),
    ("organisation_number", gettext_lazy("Organisation number"), False),
    ("gln", gettext_lazy("GLN"), False),
    ("address", gettext_lazy("Street address"), False),
    ("city", gettext_lazy("City"), False),
    ("postal_code", gettext_lazy("Postal code"), False),
    ("country", gettext_lazy("Country, two letters"), False),
)
COMPANY_OFFERS = {
    "name": "visma.company_names",
    "vat_number": "visma.vat_numbers",
    "organisation_number": "visma.organisation_numbers",
    "address": "visma.streets",
    "city": "visma.cities",
    "postal_code": "visma.postal_codes",
    "country": "visma.countries",
}
"""Where the books say the same."""


class PairForm(forms.Form):
    """What an integration is called; its flows, and who we are in EDI, are added to it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)


def form_of(specs: list[FlowSpec], *, is_network: bool, member: Member) -> type[PairForm]:
    """The form of a pair."""
    added: dict[str, forms.Field] = {}
    if is_network:
        added["stream"] = forms.ChoiceField(
            label=gettext_lazy("Stream"),
            choices=[("test", gettext_lazy("test: nothing is real yet")), ("live", gettext_lazy("live"))],
            help_text=gettext_lazy("Agreements with trading partners exist for each; begin with test."),
        )
        for name, label, required in COMPANY_FIELDS:
            initial = member.tenant.name if name == "name" else ""
            listed = {"list": list_id(COMPANY_OFFERS[name])} if name in COMPANY_OFFERS else {}
            added[COMPANY + name] = forms.CharField(
                label=label, required=required, max_length=200, initial=initial, widget=forms.TextInput(attrs=listed)
            )
    for spec in specs:
        ticked = not spec.off_at_first
        added[FLOW + spec.key] = forms.BooleanField(label=spoken(spec.label), required=False, initial=ticked)
    return type("ThisPairForm", (PairForm,), added)


@page(Role.OPERATOR)
def integration_new(request: HttpRequest, member: Member) -> HttpResponse:
    """Which two connections. `pair`, as the catalogue calls it, is kept until the integration is made: then what is
    missing of its two systems comes one after the other."""
    if "pair" in request.GET:
        request.session[WANTED] = request.GET["pair"]
    wanted = pair_called(request.session.get(WANTED, ""))
    rows = Connection.objects.filter(enabled=True).defer("secrets", "settings", "check_steps").order_by("name")
    known, taken = set(pairs()), set(Integration.objects.values_list("books", "partner"))
    books = [c for c in rows if c.system == "visma"]
    choices = [(b, p) for b in books for p in rows if pair_of(b, p) in known and (b.pk, p.pk) not in taken]
    steps = (
        [(side, [c for c in rows if c.system == side.key]) for side in (wanted.books, wanted.partner)] if wanted else []
    )
    context = {
        "choices": choices,
        "books": books,
        "wanted": wanted,
        "steps": steps,
        "next": next((side for side, there in steps if not there), None),
        "ready": [(b, p) for b, p in choices if wanted and pair_of(b, p) == wanted.key],
    }
    return TemplateResponse(request, "customer/integration_choose.html", context)


def pair_of(books: Connection, partner: Connection) -> str:
    return f"{books.system}-{partner.system}".replace("_", "-")


@page(Role.OPERATOR, post=Role.OPERATOR)
def integration_pair(request: HttpRequest, member: Member, books: str, partner: str) -> HttpResponse:
    """What moves between the two, and what the mapping needs."""
    rows = {c.key: c for c in Connection.objects.defer("secrets", "check_steps").filter(key__in=[books, partner])}
    if books not in rows or partner not in rows:
        raise Http404
    ours, theirs = rows[books], rows[partner]
    specs = flows_of_pair(pair_of(ours, theirs))
    if not specs:
        raise Http404
    is_network = system(theirs.system).is_network
    initial = {"name": _("%(one)s and %(other)s") % {"one": ours.name, "other": theirs.name}}
    form_class = form_of(specs, is_network=is_network, member=member)
    form = form_class(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.draft(
                tenant=member.tenant,
                key=free_key(pair_of(ours, theirs)),
                name=form.cleaned_data["name"],
                books=ours,
                partner=theirs,
                settings=settings_in(form.cleaned_data) if is_network else {},
                flows={s.key: {"enabled": form.cleaned_data[FLOW + s.key]} for s in specs},
                actor=member.user,
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            request.session.pop(WANTED, None)
            return redirect("customer:integration_setup", member.tenant.slug, row.key)
    context = {
        "books": ours,
        "partner": theirs,
        "form": form,
        "first": [form[n] for n in form.fields if not n.startswith(FLOW)],
        "outward": [form[FLOW + s.key] for s in specs if s.direction == "out"],
        "inward": [form[FLOW + s.key] for s in specs if s.direction == "in"],
        **choices(request, COMPANY_OFFERS.values() if is_network else (), [ours]),
    }
    return TemplateResponse(request, "customer/integration_pair.html", context)


def settings_in(cleaned: dict[str, Any]) -> dict[str, Any]:
    """The settings of an integration with trading partners."""
    company: dict[str, Any] = {n: cleaned[COMPANY + n].strip() for n, _label, _needed in COMPANY_FIELDS}
    street = company.pop("address")
    stated = {name: value for name, value in company.items() if value}
    return {"stream": cleaned["stream"], "company": {**stated, **({"address": [street]} if street else {})}}


def free_key(pair: str) -> str:
    """A key that no integration of the tenant has yet."""
    base = slugify(pair)[:40]
    taken = set(Integration.objects.filter(key__startswith=base).values_list("key", flat=True))
    return next(k for k in (base, *(f"{base}-{n}" for n in range(2, 1000))) if k not in taken)


class FirstDayForm(forms.Form):
    """From when."""

    start = forms.DateField(
        label=gettext_lazy("Everything that changed from this day on"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def begins(self, zone: str) -> dt.datetime:
        """The beginning of the day, by the tenant's clocks."""
        return dt.datetime.combine(self.cleaned_data["start"], dt.time(), zoneinfo.ZoneInfo(zone))


class LiveForm(FirstDayForm):
    """From when, and how much at first."""

    limit = forms.IntegerField(
        label=gettext_lazy("At most so many documents of one read, before a person is asked"),
        min_value=1,
        initial=LIMIT,
    )


@page(Role.OPERATOR, post=Role.OPERATOR)
def integration_setup(request: HttpRequest, member: Member, key: str) -> HttpResponse:
    """What is left to do before it goes live. POST: a dry run of its flows, or going live."""
    row = found(key)
    if row.enabled:
        return redirect("customer:integration", member.tenant.slug, key)
    asked, zone, today = request.POST.get("what"), member.tenant.time_zone, timezone.localdate()
    form = LiveForm(request.POST if asked == "live" else None, initial={"start": today, "limit": LIMIT})
    trial = FirstDayForm(request.POST if asked == "try" else None, initial={"start": today}, prefix="trial")
    if asked == "try" and trial.is_valid():
        try:
            with transaction.atomic():
                for flow in Flow.objects.filter(integration=row, enabled=True).select_related("integration", "tenant"):
                    operation_services.ask_dry_run(flow, actor=member.user, live_from=trial.begins(zone))
        except ValidationError as error:
            trial.add_error(None, error)
        else:
            return redirect("customer:integration_setup", member.tenant.slug, key)
    if asked == "live" and form.is_valid():
        try:
            shared = services.go_live(row, start=form.begins(zone), limit=form.cleaned_data["limit"], actor=member.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%s is live.") % row)
            if shared:
                names = ", ".join(feed.key for feed in shared)
                said = _("Read for others already, so only what changes from now on goes: %s.")
                messages.warning(request, said % names)
            return redirect("customer:integration", member.tenant.slug, key)
    flows = Flow.objects.filter(integration=row, enabled=True).select_related("integration").order_by("key")
    last: dict[int, Operation] = {}
    for operation in Operation.objects.filter(kind=Operation.Kind.DRY_RUN, flow__in=flows).order_by("pk"):
        last[operation.flow_id or 0] = operation
    context = {
        "row": row,
        "form": form,
        "trial": trial,
        "flows": [(f, last.get(f.pk), planned(last.get(f.pk)), planned_from(last.get(f.pk), zone)) for f in flows],
        "runs": any(not o.ended for o in last.values()),
        "starts": [s.starts for s in (all_flows().get(f.full_key) for f in flows) if s is not None and s.starts],
    }
    return TemplateResponse(request, "customer/integration_setup.html", context)


def planned_from(operation: Operation | None, zone: str) -> dt.date | None:
    """The day of going live that a dry run goes by; None where nobody chose one."""
    stated = operation.options.get("live_from") if operation is not None else None
    return dt.datetime.fromisoformat(stated).astimezone(zoneinfo.ZoneInfo(zone)).date() if stated else None


def planned(operation: Operation | None) -> dict[str, int]:
    """What a dry run found so far, counted by what would be done."""
    counts: dict[str, int] = {}
    for line in operation_services.planned_rows(operation) if operation is not None else []:
        counts[line["action"]] = counts.get(line["action"], 0) + 1
    return counts


@page(Role.OPERATOR, post=Role.OPERATOR)
def flow_settings(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """The settings by which one flow maps. Changing them makes the next mapping version."""
    rows = Flow.objects.select_related("integration__books", "integration__partner", "integration__tenant")
    flow = rows.filter(pk=pk).first()
    spec = all_flows().get(flow.full_key) if flow is not None else None
    if flow is None or spec is None:
        raise Http404
    fields: dict[str, forms.Field] = {
        "enabled": forms.BooleanField(label=_("Switched on"), required=False, initial=flow.enabled),
        **fields_of(spec.settings, stored=flow.settings or {}, secrets={}),
    }
    form = type("FlowSettingsForm", (forms.Form,), fields)(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        defaults = {s.name: s.default for s in spec.settings}
        values = {n: v for n, v in values_of(form.cleaned_data, spec.settings).items() if v not in (defaults[n], "")}
        try:
            feed_services.save_flow(flow, enabled=form.cleaned_data["enabled"], settings=values, actor=member.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved. What is mapped from now on goes by these settings."))
            return redirect("customer:integration", member.tenant.slug, flow.integration.key)
    ends = [flow.integration.books, flow.integration.partner]
    context = {
        "flow": flow,
        "form": form,
        "starts": spec.starts,
        "has_rules": has_rules(flow),
        **choices(request, lists_of(spec.settings).values(), ends),
    }
    return TemplateResponse(request, "customer/flow_settings.html", context)


@page(Role.OPERATOR)
def flow_preview(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """A few real records, read now: the source, the document, and what would be sent. Nothing is written."""
    rows = Flow.objects.select_related("integration__books", "integration__partner", "tenant")
    flow = rows.filter(pk=pk).first()
    if flow is None or flow.full_key not in all_flows():
        raise Http404
    found = preview_service.preview_of(flow)
    response = TemplateResponse(request, "customer/flow_preview.html", {"flow": flow, "found": found})
    response.headers["Cache-Control"] = "private, no-store"
    return response


@page(Role.OPERATOR, post=Role.OPERATOR)
def flow_rules(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """The rules of a flow, edited one by one and tried on a record."""
    rows = Flow.objects.select_related("integration__books", "integration__partner", "integration__tenant")
    flow = rows.filter(pk=pk).first()
    found = rules_page(request, flow, member.user) if flow is not None else None
    if flow is None or found is None:
        raise Http404
    if found.saved:
        messages.success(request, _("Saved. What is mapped from now on goes by these rules."))
        return redirect("customer:flow_rules", member.tenant.slug, flow.pk)
    return found.file or TemplateResponse(request, "customer/flow_rules.html", {"page": found})
