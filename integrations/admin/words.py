"""Words of staff, and filters that several lists share."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from integrations.flows.registry import all_flows
from integrations.models import Connection, Flow, Integration, Issue
from integrations.systems.registry import all_systems
from portal.site import ChoiceFilter
from portal.site.lists import row_key

WHO = {
    Issue.Who.CUSTOMER: "the customer",
    Issue.Who.STAFF: "we, the support",
    Issue.Who.OTHER_SIDE: "the other side",
}
"""Who acts, as staff say it."""


class FlowFilter(ChoiceFilter):
    """Rows of one flow, in all integrations of its pair."""

    title = "flow"
    parameter_name = "flow"
    path = "flow"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(key, f"{spec.label} ({spec.pair})") for key, spec in sorted(all_flows().items())]

    def narrow(self, rows: QuerySet[Any], choice: str) -> QuerySet[Any]:
        pair, _, key = choice.partition(".")
        ids = list(Flow.objects.filter(integration__pair=pair, key=key).order_by().values_list("pk", flat=True))
        return rows.filter(**{f"{self.path}__in": ids})


class SystemFilter(ChoiceFilter):
    """Rows of connections to one system."""

    title = "system"
    parameter_name = "system"
    path = "system"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(key, system.label) for key, system in sorted(all_systems().items())]

    def narrow(self, rows: QuerySet[Any], choice: str) -> QuerySet[Any]:
        return rows.filter(**{self.path: choice})


class IntegrationFilter(ChoiceFilter):
    """Rows of one integration."""

    title = "integration"
    parameter_name = "integration"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        rows = Integration.objects.select_related("tenant").order_by("tenant__name", "name")
        return [(str(i.pk), f"{i.tenant}: {i}") for i in rows]

    def narrow(self, rows: QuerySet[Any], choice: str) -> QuerySet[Any]:
        return rows.filter(integration=int(choice)) if choice.isdecimal() else rows.none()


class ToFilter(ChoiceFilter):
    """Deliveries to one connection."""

    title = "to"
    parameter_name = "to"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        rows = Connection.objects.select_related("tenant").order_by("tenant__name", "name")
        return [(str(c.pk), f"{c.tenant}: {c}") for c in rows.only("name", "tenant__name")]

    def narrow(self, rows: QuerySet[Any], choice: str) -> QuerySet[Any]:
        key = row_key(choice)
        return rows.filter(sink_connection=key) if key is not None else rows.none()
