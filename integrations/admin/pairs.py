"""Integrations: a Visma connection paired with a partner connection, and the flows between them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from integrations.actions.flows import feed_of_flow
from integrations.actions.sides import SIDE_ACTIONS
from integrations.flows.registry import flows_of_pair, pairs
from integrations.models import Connection, Delivery, Feed, Flow, Integration, Issue
from integrations.selectors.stops import stops
from integrations.services import feeds as services
from integrations.words import feed_badge, flow_badge, flow_label, system_label
from portal.site import (
    SETUP,
    Facts,
    Line,
    Notice,
    StaffAdmin,
    Table,
    TenantFilter,
    ago,
    badge,
    list_url,
    page_link,
    person,
)
from portal.tenants.models import Tenant

FLOW = "flow_"


class IntegrationForm(forms.ModelForm[Integration]):
    """Name and switches of an integration; a tick for each flow of its pair."""

    class Meta:
        model = Integration
        fields = ("key", "name", "enabled")

    def flows(self) -> dict[str, dict[str, Any]]:
        """The ticked flows with their settings, as the service takes them."""
        kept = services.flows_as_they_are(self.instance) if self.instance.pk else {}
        return {
            name.removeprefix(FLOW): {
                "enabled": bool(ticked),
                "settings": kept.get(name.removeprefix(FLOW), {}).get("settings", {}),
            }
            for name, ticked in self.cleaned_data.items()
            if name.startswith(FLOW)
        }


@admin.register(Integration)
class IntegrationAdmin(StaffAdmin):
    """What a customer switches on."""

    area, rank = SETUP, 50
    may_add = True
    staff_may_change = True
    person_actions = SIDE_ACTIONS
    form = IntegrationForm
    list_display = ("name", "pair", "from_books", "to_partner", "state", "flow_states", "tenant")
    list_filter = (TenantFilter,)
    exact_search = ("key", "name")
    ordering = ("tenant__name", "name")
    empty_list = "No integration yet. Add the two connections first, then pair them here."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Integration]:
        rows: QuerySet[Integration] = super().get_queryset(request)
        return (
            rows.select_related("tenant", "books", "partner")
            .defer(
                "books__secrets",
                "books__settings",
                "books__check_steps",
                "partner__secrets",
                "partner__settings",
                "partner__check_steps",
            )
            .prefetch_related("flows")
        )

    @admin.display(description="Visma connection")
    def from_books(self, row: Integration) -> SafeString | str:
        return page_link(row.books)

    @admin.display(description="partner connection")
    def to_partner(self, row: Integration) -> SafeString | str:
        return page_link(row.partner)

    @admin.display(description="state")
    def state(self, row: Integration) -> SafeString:
        if not row.enabled:
            return badge("switched off", "off")
        return badge("a direction is stopped", "bad") if stops([row]) else badge("on", "ok")

    @admin.display(description="flows")
    def flow_states(self, row: Integration) -> str:
        flows = list(row.flows.all())
        on = sum(1 for f in flows if f.enabled and not f.paused_reason)
        paused = sum(1 for f in flows if f.enabled and f.paused_reason)
        return f"{on} on{f', {paused} paused' if paused else ''} of {len(flows)}"

    # --- The form -----------------------------------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """First the two connections are chosen, because they say which flows there are."""
        if not self.has_add_permission(request) or chosen_pair(request) is not None:
            return super().add_view(request, form_url, extra_context)
        tenant = request.GET.get("tenant", "")
        choices = possible_pairs(int(tenant)) if tenant.isdecimal() else tenants_to_choose()
        title = "Add an integration: of which connections?" if tenant else "Add an integration: for which tenant?"
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "group": self.area,
            "choices": choices,
            "empty": "Nothing to pair. Add a Visma connection and a partner connection for this tenant first.",
        }
        return TemplateResponse(request, "staff/choose.html", context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        ticks = self._ticks(request, obj)
        base = type("PairForm", (IntegrationForm,), ticks)
        return super().get_form(request, obj, change, **{**kwargs, "form": base})

    def _ticks(self, request: HttpRequest, obj: Integration | None) -> dict[str, forms.Field]:
        on = {f.key: f.enabled for f in Flow.objects.filter(integration=obj)} if obj is not None else {}
        return {
            FLOW + spec.key: forms.BooleanField(label=spec.label, required=False, initial=on.get(spec.key, obj is None))
            for spec in flows_of_pair(pair_of(request, obj))
        }

    def get_fieldsets(self, request: HttpRequest, obj: Integration | None = None) -> Any:
        first = ("name", "enabled") if obj is not None else ("key", "name", "enabled")
        ticks = tuple(self._ticks(request, obj))
        return [(None, {"fields": first}), *([("Flows", {"fields": ticks})] if ticks else [])]

    def save_model(self, request: HttpRequest, obj: Integration, form: Any, change: bool) -> None:
        pair = chosen_pair(request)
        books, partner = (obj.books, obj.partner) if change or pair is None else pair
        row, _ = services.save_integration(
            tenant=books.tenant,
            key=obj.key,
            name=form.cleaned_data["name"],
            books=books,
            partner=partner,
            enabled=form.cleaned_data["enabled"],
            settings=obj.settings or {},
            flows=form.flows(),
            actor=person(request),
        )
        obj.pk = row.pk
        obj.refresh_from_db()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """There is nothing else to save: the service has saved all."""

    # --- The page -----------------------------------------------------------------------------------------------------

    def page(self, request: HttpRequest, row: Integration) -> dict[str, Any]:
        issues = Issue.objects.filter(integration=row, status=Issue.Status.OPEN).count()
        lines = [
            Line("Pair", row.pair),
            Line("Visma connection", page_link(row.books)),
            Line("Partner connection", page_link(row.partner)),
            Line("Open issues", f"{issues:,}", list_url(Issue, integration__id__exact=row.pk)),
            Line("Deliveries", "show", list_url(Delivery, integration=row.pk)),
        ]
        stopped = [
            Notice(kind="bad", sentence=stop.sentence, remedy="Allow, above, lets go out what has waited.")
            for stop in stops([row])
        ]
        if row.tenant.sending_stopped:
            remedy = "Allow sending, on the page of the tenant, lets it go on."
            stopped.append(Notice(kind="bad", sentence=f"Sending is stopped for {row.tenant}.", remedy=remedy))
        sections = [*stopped, Facts(title="This integration", lines=lines), self._flows(row)]
        return {"sections": sections, "mark": self.state(row)}

    def _flows(self, row: Integration) -> Table:
        found = Flow.objects.filter(integration=row).select_related("integration").order_by("key")
        lines = []
        for flow in found:
            feed: Feed | None = feed_of_flow(flow)
            lines.append(
                (
                    page_link(flow, flow_label(flow)),
                    flow_badge(flow),
                    feed_badge(feed) if feed else "–",
                    ago(feed.read_until, zone=row.tenant.time_zone, never="the beginning") if feed else "–",
                    flow.paused_reason,
                )
            )
        return Table(
            title="Flows",
            headings=("Flow", "State", "Feed", "Read until", "Paused because"),
            rows=lines,
            note="Run now, pause and the settings of a flow are on its page.",
        )


def pair_of(request: HttpRequest, obj: Integration | None) -> str:
    if obj is not None:
        return obj.pair
    pair = chosen_pair(request)
    return pair_key(*pair) if pair else ""


def pair_key(books: Connection, partner: Connection) -> str:
    """The name of a pair of systems."""
    return f"{books.system}-{partner.system}".replace("_", "-")


def chosen_pair(request: HttpRequest) -> tuple[Connection, Connection] | None:
    """The two connections that the address names, when they belong to one tenant and can be paired."""
    ids = [request.GET.get(name, "") for name in ("books", "partner")]
    if not all(i.isdecimal() for i in ids):
        return None
    found = {str(c.pk): c for c in Connection.objects.filter(pk__in=ids).select_related("tenant").defer("secrets")}
    books, partner = (found.get(i) for i in ids)
    if books is None or partner is None or books.tenant_id != partner.tenant_id:
        return None
    return (books, partner) if pair_key(books, partner) in pairs() else None


def possible_pairs(tenant: int) -> list[Line]:
    """The pairs of the tenant's connections that an integration exists for and that are not paired yet."""
    rows = list(Connection.objects.filter(tenant=tenant).defer("secrets", "check_steps").order_by("name"))
    taken = set(Integration.objects.filter(tenant=tenant).values_list("books", "partner"))
    return [
        Line(
            f"{books} → {partner}",
            f"{system_label(books.system)} with {system_label(partner.system)}",
            "?" + urlencode({"tenant": tenant, "books": books.pk, "partner": partner.pk}),
        )
        for books in rows
        for partner in rows
        if pair_key(books, partner) in pairs() and (books.pk, partner.pk) not in taken
    ]


def tenants_to_choose() -> list[Line]:
    return [Line(t.name, "", f"?tenant={t.pk}") for t in Tenant.objects.all()]
