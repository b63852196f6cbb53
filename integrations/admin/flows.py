"""Flows: how far each is, what hangs, and its switches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from integrations.actions.flows import PauseFlow, ReadNow, ResumeFlow
from integrations.actions.live import CompareReferences, DryRun, Reconcile
from integrations.actions.rules import has_rules, rules_page
from integrations.flows.contract import FlowSpec
from integrations.flows.registry import all_flows
from integrations.flows.sides import said as said_of_side
from integrations.flows.sides import sides_of
from integrations.forms import fields_of, names_of, values_of
from integrations.models import OPEN_STATES, Connection, Delivery, Feed, Flow, MappingVersion, State
from integrations.selectors import count_states, delivered_until, feed_of
from integrations.services import feeds as services
from integrations.words import feed_badge, flow_badge, flow_label, next_look_of
from portal.site import (
    SETUP,
    ChoiceFilter,
    Drawn,
    Facts,
    Line,
    Notice,
    StaffAdmin,
    Table,
    TenantFilter,
    ago,
    list_link,
    list_url,
    page_link,
    page_url,
    person,
    shorten,
)


class FlowForm(forms.ModelForm[Flow]):
    """The switch; the fields of the settings are added for the flow's kind."""

    class Meta:
        model = Flow
        fields = ("enabled",)


class FlowState(ChoiceFilter):
    """Whether it sends."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("on", "on"), ("paused", "paused"), ("off", "switched off")]

    def narrow(self, rows: QuerySet[Flow], choice: str) -> QuerySet[Flow]:
        match choice:
            case "on":
                return rows.filter(enabled=True, integration__enabled=True, paused_reason="")
            case "paused":
                return rows.exclude(paused_reason="")
            case "off":
                return rows.exclude(enabled=True, integration__enabled=True)
            case _:
                return rows.none()


@admin.register(Flow)
class FlowAdmin(StaffAdmin):
    """One record type in one direction of an integration. Made with its integration."""

    area, rank = SETUP, 60
    staff_may_change = True
    person_actions = (ReadNow, DryRun, Reconcile, CompareReferences, PauseFlow, ResumeFlow)
    form = FlowForm
    list_display = ("name", "state", "integration", "failed", "in_doubt", "paused", "tenant")
    list_display_links = ("name",)
    list_filter = (TenantFilter, FlowState)
    exact_search = ("key", "integration__name")
    search_help_text = "Key of the flow, as purchase-orders, or name of the integration."
    ordering = ("tenant__name", "integration__name", "key")
    empty_list = "No flow yet. They come with an integration."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Flow]:
        rows: QuerySet[Flow] = super().get_queryset(request)
        return rows.select_related("tenant", "integration__books", "integration__partner").defer(
            "integration__books__secrets",
            "integration__books__check_steps",
            "integration__partner__secrets",
            "integration__partner__check_steps",
        )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Counts what hangs once for the whole page: by flow and state there is an index."""
        changes = super().get_changelist_instance(request)
        flows = [f.pk for f in changes.result_list]
        rows = Delivery.objects.filter(flow__in=flows, state__in=[State.FAILED, State.IN_DOUBT]).order_by()
        counted = rows.values_list("flow", "state").annotate(n=Count("pk"))
        hanging = {(flow, state): n for flow, state, n in counted}
        for flow in changes.result_list:
            flow.hanging = {s: hanging.get((flow.pk, s), 0) for s in (State.FAILED, State.IN_DOUBT)}
        return changes

    @admin.display(description="flow")
    def name(self, row: Flow) -> str:
        return f"{flow_label(row)}"

    @admin.display(description="state")
    def state(self, row: Flow) -> SafeString:
        return flow_badge(row)

    @admin.display(description="failed")
    def failed(self, row: Any) -> SafeString:
        return list_link(row.hanging[State.FAILED], Delivery, flow__id__exact=row.pk, state="failed")

    @admin.display(description="in doubt")
    def in_doubt(self, row: Any) -> SafeString:
        return list_link(row.hanging[State.IN_DOUBT], Delivery, flow__id__exact=row.pk, state="in_doubt")

    @admin.display(description="paused because")
    def paused(self, row: Flow) -> SafeString | str:
        return shorten(row.paused_reason, 80)

    # --- The form -----------------------------------------------------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        spec = all_flows().get(obj.full_key) if obj is not None else None
        drawn = fields_of(spec.settings, stored=obj.settings or {}, secrets={}) if spec else {}
        base = type("FlowSettingsForm", (FlowForm,), dict(drawn))
        return super().get_form(request, obj, change, **{**kwargs, "form": base})

    def get_fieldsets(self, request: HttpRequest, obj: Flow | None = None) -> Any:
        spec = all_flows().get(obj.full_key) if obj is not None else None
        sets: list[tuple[str | None, dict[str, Any]]] = [(None, {"fields": ("enabled",)})]
        if spec is not None and spec.settings:
            sets.append(("Settings of this flow", {"fields": names_of(spec.settings, secret=False)}))
        return sets

    def save_model(self, request: HttpRequest, obj: Flow, form: Any, change: bool) -> None:
        spec = all_flows().get(obj.full_key)
        settings = stated(values_of(form.cleaned_data, spec.settings), spec) if spec else dict(obj.settings or {})
        enabled = form.cleaned_data["enabled"]
        services.save_flow(Flow.objects.get(pk=obj.pk), enabled=enabled, settings=settings, actor=person(request))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """There is nothing else to save: the service has saved all."""

    # --- Rules --------------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.rules_view)
        return [path("<int:pk>/rules/", view, name="integrations_flow_rules"), *super().get_urls()]

    def rules_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The rules of a flow, edited one by one and tried on a record."""
        row = self.get_queryset(request).filter(pk=pk).first()
        if request.method == "POST" and not self.has_change_permission(request, row):
            raise PermissionDenied
        found = rules_page(request, row, person(request)) if row is not None else None
        if row is None or found is None:
            raise Http404(str(pk))
        if found.saved:
            messages.success(request, "Saved. What is mapped from now on goes by these rules.")
            return HttpResponseRedirect(reverse("admin:integrations_flow_rules", args=[pk]))
        if found.file is not None:
            return found.file
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "group": self.area,
            "title": f"Rules of {flow_label(row)} ({row.integration})",
            "back": page_url(row),
            "page": found,
        }
        return TemplateResponse(request, "staff/flow_rules.html", context)

    # --- The page -----------------------------------------------------------------------------------------------------

    def page(self, request: HttpRequest, row: Flow) -> dict[str, Any]:
        spec = all_flows().get(row.full_key)
        sections: list[Any] = []
        if row.tenant.sending_stopped:
            remedy = "Allow sending, on the page of the tenant, lets it go on."
            sections.append(Notice(kind="bad", sentence=f"Sending is stopped for {row.tenant}.", remedy=remedy))
        for side in sides_of(spec) if spec is not None else ():
            if said := said_of_side(row.integration, side):
                remedy = "Allow, on the page of the integration, lets it go on."
                sections.append(Notice(kind="bad", sentence=said, remedy=remedy))
        if row.paused_reason:
            remedy = "Records are captured on, and wait. Press Resume to send them."
            sections.append(Notice(kind="off", sentence=f"Paused: {row.paused_reason}", remedy=remedy))
        if spec is None:
            remedy = "It belongs to another release. Nothing is sent for it; install that release, or switch it off."
            sections.append(
                Notice(kind="bad", sentence=f"This release does not know the flow {row.full_key}.", remedy=remedy)
            )
        else:
            sections += status_sections(row, spec)
        further = [Line("Rules", "", reverse("admin:integrations_flow_rules", args=[row.pk]))] if has_rules(row) else []
        name = f"{flow_label(row)} ({row.integration})"
        return {"sections": sections, "further": further, "mark": flow_badge(row), "name": name}


def status_sections(row: Flow, spec: FlowSpec) -> list[Any]:
    """How far the flow is, and what became of its deliveries."""
    zone = row.tenant.time_zone
    feed, until = feed_of(row, spec), delivered_until(row)
    states = count_states(Delivery.objects.filter(flow=row, state__in=OPEN_STATES))  # the closed are too many to count
    source, target = (row.integration.books, row.integration.partner)
    if spec.source != "books":
        source, target = target, source
    lines = [
        Line("From", page_link(source)),
        Line("To", page_link(target)),
        Line("Integration", page_link(row.integration)),
        Line("Feed", page_link(feed) if feed else "not made yet: it comes when the flow is switched on"),
        Line("The feed", feed_badge(feed) if feed else ""),
        Line("Read until", ago(feed.read_until, zone=zone, never="the beginning") if feed else ""),
        Line("All delivered up to", ago(until.at, zone=zone)),
        Line(
            "Except for",
            f"{until.older:,} that hang: {until.cause}" if until.older else "",
            list_url(Delivery, flow__id__exact=row.pk, state="needs"),
        ),
        Line("Next read", _next_read(row, feed, source, zone)),
        Line("Mapping version", row.mapping_version),
    ]
    versions = [
        (
            version.number,
            ago(version.created_at, zone=zone),
            version.made_by_name,
            version.release,
            shorten(json.dumps(version.flow_settings, ensure_ascii=False), 200),
        )
        for version in MappingVersion.objects.filter(flow=row)[:10]
    ]
    counted = [
        Line(State(s).label.capitalize(), f"{n:,}", list_url(Delivery, flow__id__exact=row.pk, state=s))
        for s, n in sorted(states.items())
    ]
    counted.append(Line("Delivered", "show", list_url(Delivery, flow__id__exact=row.pk, state="delivered")))
    sections: list[Any] = [
        Facts(title="Status", lines=lines),
        Facts(title="Open deliveries", lines=counted),
        Table(
            title="Mapping versions",
            headings=("No.", "In force since", "By", "Release", "Settings of the flow"),
            rows=versions,
            empty="None yet: the first one is kept when a setting changes.",
        ),
    ]
    if feed is not None and feed.history:
        history = {"history": feed.history}
        sections.append(
            Drawn(title="What the last reads brought", template="staff/sections/history.html", values=history)
        )
    return sections


def _next_read(row: Flow, feed: Feed | None, source: Connection, zone: str) -> SafeString | str:
    """When its feed is read next; that nothing is taken of it, where the flow is off."""
    if not row.integration.enabled:
        return "nothing is taken: the integration is switched off. Its own page switches it on."
    if not row.enabled:
        return "nothing is taken: the flow is switched off. Tick Enabled below and save."
    return next_look_of(feed, source, zone=zone) if feed else ""


def stated(values: Mapping[str, Any], spec: FlowSpec) -> dict[str, Any]:
    """Only what differs from the defaults: a default that a later release improves is then taken over."""
    defaults = {s.name: s.default for s in spec.settings}
    return {name: value for name, value in values.items() if value != defaults[name] and value != ""}
