"""What the sync engine knows of a tenant, on the tenant's page; and the kill switch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from integrations.models import OPEN_STATES, Connection, Delivery, Integration, Issue, State
from integrations.selectors import count_states
from integrations.selectors.stops import side_not_stopped, stops_of
from integrations.services import tenants as services
from integrations.words import connection_badge, system_label
from portal.site import Done, Facts, Line, Notice, PersonAction, Plan, Reason, Table, badge, list_url, page_link, person
from portal.tenants import looking
from portal.tenants.admin import TenantAdmin
from portal.tenants.models import Tenant


class StopSending(PersonAction):
    """The kill switch."""

    name, label, danger = "stop", "Stop sending", True
    form = Reason

    def offered(self, row: Tenant) -> bool:
        return not row.sending_stopped

    def plan(self, request: HttpRequest, rows: QuerySet[Tenant]) -> Plan:
        names = ", ".join(t.name for t in rows[:10])
        states = count_states(Delivery.objects.filter(tenant__in=rows.values("pk"), state__in=OPEN_STATES))
        moving = states.get(State.SENDING, 0)
        lines = [
            Line("Tenants", rows.count(), strong=True),
            Line("Deliveries that wait until sending is allowed again", f"{states.get(State.PENDING, 0):,}"),
            Line("Being sent at this moment; these still go out", f"{moving:,}"),
        ]
        return Plan(
            title="Stop sending",
            sentence=f"Nothing is sent for {names} from now on, by any flow to any system. Reading and capturing go "
            f"on, "
            "and nothing is lost.",
            lines=tuple(lines),
            button="Stop sending",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Tenant], data: Mapping[str, Any]) -> Done:
        for tenant in rows:
            services.stop_sending(tenant, reason=data["reason"], actor=person(request))
        return Done("Sending is stopped.")


class AllowSending(PersonAction):
    """Sends again."""

    name, label = "allow", "Allow sending"
    form = forms.Form

    def offered(self, row: Tenant) -> bool:
        return row.sending_stopped

    def plan(self, request: HttpRequest, rows: QuerySet[Tenant]) -> Plan:
        waiting = Delivery.objects.filter(tenant__in=rows.values("pk"), state=State.PENDING)
        off = Q(flow__enabled=False) | ~Q(flow__paused_reason="") | Q(integration__enabled=False)
        held = waiting.filter(off | ~side_not_stopped()).count()
        lines = [Line("Deliveries that go out", f"{waiting.count() - held:,}", strong=True)]
        if held:
            lines.append(Line("Held by another switch: of a flow, an integration or a direction", f"{held:,}"))
        return Plan(
            title="Allow sending",
            sentence=f"What has waited for {', '.join(t.name for t in rows[:10])} goes out, in its order.",
            lines=tuple(lines),
            button="Allow sending",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Tenant], data: Mapping[str, Any]) -> Done:
        for tenant in rows:
            services.allow_sending(tenant, actor=person(request))
        return Done("Sending is allowed.")


class LookAtPortal(PersonAction):
    """Opens the tenant's portal to this session, as a viewer sees it."""

    name, label, many, form = "look", "Look at their portal", False, Reason

    def plan(self, request: HttpRequest, rows: QuerySet[Tenant]) -> Plan:
        return Plan(
            title="Look at their portal",
            sentence=f"For {looking.LASTS.total_seconds() / 60:.0f} minutes you see the portal of {rows.get()} as its "
            "viewers see it: personal and bank data masked, and nothing can be changed. They see in their activity "
            "that you looked, and why.",
            button="Look",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Tenant], data: Mapping[str, Any]) -> Done:
        tenant = rows.get()
        services.note_look(tenant, reason=data["reason"], actor=person(request))
        until = looking.begin(request.session, tenant.slug)
        return Done(
            f"Until {until:%H:%M} UTC their portal is open to you: Open their portal, on this page, leads there."
        )


admin.site.unregister(Tenant)


@admin.register(Tenant)
class TenantDeskAdmin(TenantAdmin):
    """The tenant's page, with what is open for it."""

    person_actions = (StopSending, AllowSending, LookAtPortal)

    def page(self, request: HttpRequest, row: Tenant) -> dict[str, Any]:
        states = count_states(Delivery.objects.filter(tenant=row, state__in=OPEN_STATES))
        issues = Issue.objects.filter(tenant=row, status=Issue.Status.OPEN).count()
        lines = [Line("Open issues", f"{issues:,}", list_url(Issue, tenant=row.pk))]
        lines += [
            Line(State(state).label.capitalize(), f"{number:,}", list_url(Delivery, tenant=row.pk, state=state))
            for state, number in sorted(states.items())
        ]
        until = looking.until(request.session, row.slug)
        if until is not None:
            href = reverse("customer:home", args=[row.slug])
            lines.append(Line("Open their portal", f"as a viewer, until {until:%H:%M} UTC", href))
        sections: list[Any] = [
            Facts(title="Open for this tenant", lines=lines),
            self._connections(row),
            self._pairs(row),
        ]
        if row.sending_stopped:
            remedy = (
                "Reading and capturing go on. The reason is in the audit trail below. Press Allow sending to go on."
            )
            sections.insert(0, Notice(kind="bad", sentence="Nothing is sent for this tenant.", remedy=remedy))
        sections[:0] = [
            Notice(kind="bad", sentence=stop.sentence, remedy=page_link(stop.integration, "To the integration"))
            for stop in stops_of(row)
        ]
        mark = badge("sending stopped", "bad") if row.sending_stopped else badge("sends", "ok")
        return {"sections": sections, "mark": mark}

    def _connections(self, row: Tenant) -> Table:
        found = Connection.objects.filter(tenant=row).select_related("breaker").defer("secrets", "check_steps")
        return Table(
            title="Connections",
            headings=("Connection", "System", "State"),
            rows=[
                (page_link(c), system_label(c.system), connection_badge(c, getattr(c, "breaker", None))) for c in found
            ],
            more=list_url(Connection, tenant=row.pk),
        )

    def _pairs(self, row: Tenant) -> Table:
        found = Integration.objects.filter(tenant=row).prefetch_related("flows")
        return Table(
            title="Integrations",
            headings=("Integration", "Pair", "Flows"),
            rows=[
                (
                    page_link(i),
                    i.pair,
                    ", ".join(f"{f.key}{' (paused)' if f.paused_reason else ''}" for f in i.flows.all()),
                )
                for i in found
            ],
            more=list_url(Integration, tenant=row.pk),
        )
