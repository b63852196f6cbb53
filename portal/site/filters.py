"""What lists are narrowed by: choices drawn as tabs or as a select in one form, which works without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Option:
    """One choice, with the address of the list when it is taken."""

    value: str
    label: str
    chosen: bool
    href: str


class ChoiceFilter(admin.SimpleListFilter):
    """A filter with a fixed set of choices. `as_tabs` draws it above the list; `default` is taken when nothing is
    asked for."""

    as_tabs = False
    default = ""
    everything = "All"

    def value(self) -> str:
        asked: str | None = super().value()
        return self.default if asked is None else asked

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        for option in self.options(changelist):
            yield {
                "selected": option.chosen,
                "query_string": option.href,
                "display": option.label,
                "value": option.value,
            }

    def options(self, changelist: ChangeList) -> Iterator[Option]:
        pairs = [(str(value), str(label)) for value, label in self.lookup_choices]
        if self.everything:
            pairs.insert(len(pairs) if self.as_tabs else 0, ("all" if self.default else "", self.everything))
        now = self.value()
        for value, label in pairs:
            href = changelist.get_query_string({str(self.parameter_name): value or None})
            yield Option(value, label, value == now, href)

    @property
    def chosen(self) -> str:
        """The choice taken, "" for all."""
        now = self.value()
        return "" if now == "all" else now

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.narrow(queryset, self.chosen) if self.chosen else queryset

    def narrow(self, rows: QuerySet[Any], choice: str) -> QuerySet[Any]:
        """`rows` with the choice applied. For subclasses."""
        raise NotImplementedError

    def has_output(self) -> bool:
        return True


class TenantFilter(ChoiceFilter):
    """Rows of one tenant."""

    title = "tenant"
    parameter_name = "tenant"
    path = "tenant"
    """Lookup path from the listed model."""

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Tenant.objects.values_list("pk", "name")]

    def narrow(self, rows: QuerySet[Any], choice: str) -> QuerySet[Any]:
        return rows.filter(**{self.path: choice}) if choice.isdecimal() else rows.none()


RECENT = 200_000
"""Rows that a filter without an index looks through."""


def recent(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The newest RECENT rows of the table: for filters by what no index knows, so that rare values cost no more in a
    large table. What the filter is called says so."""
    newest = rows.model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
    return rows.filter(pk__gt=(newest or 0) - RECENT)


def all_tenants() -> list[int]:
    """Ids of all tenants. Every index of a large table begins with the tenant: naming them all lets the database use
    it for a search over the whole house, where leaving the tenant out would read the table."""
    return list(Tenant.objects.order_by().values_list("pk", flat=True))
