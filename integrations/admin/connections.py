"""Connections: credentials that can be written but never read, the live test line by line, whether calls pass."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from integrations.actions.connections import TestConnection
from integrations.actions.webhooks import WEBHOOK_ACTIONS
from integrations.admin.webhooks import webhook_sections
from integrations.admin.words import SystemFilter
from integrations.forms import fields_of, names_of, values_of
from integrations.models import AccessToken, Breaker, Connection, Exchange, Feed, Integration
from integrations.selectors import calls_left_at
from integrations.services import connections as services
from integrations.systems.registry import all_systems
from integrations.words import connection_badge, feed_badge, system_label
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
    is_superuser,
    list_url,
    page_link,
    person,
    shorten,
)


class ConnectionForm(forms.ModelForm[Connection]):
    """Name and switch; the fields of the settings are added for the system of the connection."""

    class Meta:
        model = Connection
        fields = ("tenant", "key", "name", "enabled")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        system = all_systems()[self.instance.system]
        try:
            services.check_values(self.instance, values_of(data, system.settings))
        except ValidationError as error:
            self.add_error(None, error)
        return data


class HealthFilter(ChoiceFilter):
    """Whether it works."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("broken", "does not work"), ("ok", "works"), ("untested", "not tested"), ("off", "switched off")]

    def narrow(self, rows: QuerySet[Connection], choice: str) -> QuerySet[Connection]:
        stopped = Breaker.objects.exclude(position=Breaker.Position.CLOSED).values("connection")
        match choice:
            case "broken":
                live = rows.filter(enabled=True)
                return live.filter(pk__in=stopped) | live.filter(health=Connection.Health.BROKEN)
            case "ok" | "untested":
                return rows.filter(health=choice, enabled=True).exclude(pk__in=stopped)
            case "off":
                return rows.filter(enabled=False)
            case _:
                return rows.none()


@admin.register(Connection)
class ConnectionAdmin(StaffAdmin):
    """A tenant's credentials and settings for one system."""

    area, rank = SETUP, 40
    may_add = True
    staff_may_change = True
    person_actions = (TestConnection, *WEBHOOK_ACTIONS)
    form = ConnectionForm
    list_display = ("name", "system_name", "state", "tested", "reason", "tenant")
    list_filter = (TenantFilter, SystemFilter, HealthFilter)
    exact_search = ("key", "name")
    ordering = ("tenant__name", "name")
    empty_list = "No connection yet. Add one for each system that a tenant uses."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        rows: QuerySet[Connection] = super().get_queryset(request)
        return rows.select_related("tenant", "breaker").defer("secrets", "settings", "check_steps")

    # --- The list -----------------------------------------------------------------------------------------------------

    @admin.display(description="system", ordering="system")
    def system_name(self, row: Connection) -> str:
        return system_label(row.system)

    @admin.display(description="state", ordering="health")
    def state(self, row: Connection) -> SafeString:
        return connection_badge(row, breaker_of(row))

    @admin.display(description="tested", ordering="checked_at")
    def tested(self, row: Connection) -> SafeString | str:
        return ago(row.checked_at, zone=row.tenant.time_zone)

    @admin.display(description="why")
    def reason(self, row: Connection) -> SafeString | str:
        breaker = breaker_of(row)
        return shorten(breaker.reason) if breaker is not None and breaker.position != Breaker.Position.CLOSED else ""

    # --- The form -----------------------------------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """First the system is chosen, because it says which settings there are."""
        if request.GET.get("system") in all_systems() or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        choices = [Line(s.label, "", f"?system={key}") for key, s in sorted(all_systems().items())]
        context = {
            **self.admin_site.each_context(request),
            "title": "Add a connection: to which system?",
            "opts": self.opts,
            "group": self.area,
            "choices": choices,
        }
        return TemplateResponse(request, "staff/choose.html", context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form of the connection's system."""
        key = obj.system if obj is not None else request.GET.get("system", "")
        base = type("SystemConnectionForm", (ConnectionForm,), self._setting_fields(key, obj))
        form = super().get_form(request, obj, change, **{**kwargs, "form": base})
        return form if obj is not None else _bound_to(form, key)

    def _setting_fields(self, key: str, obj: Connection | None) -> dict[str, forms.Field]:
        system = all_systems().get(key)
        if system is None:
            return {}
        if obj is None:
            return fields_of(system.settings, stored={}, secrets={})
        return fields_of(system.settings, stored=obj.settings or {}, secrets=obj.secrets or {})

    def get_fieldsets(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        system = all_systems().get(obj.system if obj is not None else request.GET.get("system", ""))
        first = ("name", "enabled") if obj is not None else ("tenant", "key", "name", "enabled")
        sets: list[tuple[str | None, dict[str, Any]]] = [(None, {"fields": first})]
        if system is None:
            return sets
        secret, plain = names_of(system.settings, secret=True), names_of(system.settings, secret=False)
        if secret:
            text = "These can be written, but nobody can read them again, here or anywhere else."
            sets.append(("Secrets", {"fields": secret, "description": text}))
        if plain:
            sets.append((f"Settings of {system.label}", {"fields": plain}))
        return sets

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        system = all_systems()[obj.system]
        row, _ = services.save_connection(
            tenant=obj.tenant,
            key=obj.key,
            system_key=obj.system,
            name=form.cleaned_data["name"],
            enabled=form.cleaned_data["enabled"],
            values=values_of(form.cleaned_data, system.settings),
            actor=person(request),
        )
        obj.pk = row.pk
        obj.refresh_from_db()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """There is nothing else to save: the service has saved all."""

    # --- The page -----------------------------------------------------------------------------------------------------

    def page(self, request: HttpRequest, row: Connection) -> dict[str, Any]:
        breaker = breaker_of(row)
        return {
            "mark": connection_badge(row, breaker),
            "sections": [
                *said_of(row, breaker),
                Drawn(
                    title="Live test",
                    template="staff/sections/checklist.html",
                    values={
                        "steps": row.check_steps,
                        "at": row.checked_at,
                        "test_url": self.act_url("test", ids=row.pk),
                    },
                ),
                self._facts(row, breaker),
                *webhook_sections(row, show_address=is_superuser(request)),
            ],
            "sections_below": [self._feeds(row), self._integrations(row)],
        }

    def _facts(self, row: Connection, breaker: Breaker | None) -> Facts:
        zone = row.tenant.time_zone
        token = AccessToken.objects.filter(connection=row).defer("token").first()
        left = calls_left_at(row) if row.system in all_systems() else None
        if left is None or left.allowance is None:
            calls = "not counted" if left is None else "no limit stated by the source"
        else:
            calls = f"{left.left:,} of {left.allowance:,}"
        lines = [
            Line("System", system_label(row.system)),
            Line("Key", row.key),
            Line("Calls pass", breaker.get_position_display() if breaker else "closed (calls pass)"),
            Line("Failures in a row", breaker.failures if breaker and breaker.failures else ""),
            Line("Next probe", ago(breaker.probe_after, zone=zone) if breaker and breaker.probe_after else ""),
            Line("Calls left in this window", calls),
            Line("Forecast", left.forecast(zone) if left else ""),
            Line("Full again", ago(left.resets_at, zone=zone) if left and left.resets_at else ""),
            Line("Asked us to wait until", ago(left.blocked_until, zone=zone) if left and left.blocked_until else ""),
            Line("Token ends", ago(token.expires_at, zone=zone) if token and token.expires_at else ""),
            Line("Exchanges", "show", list_url(Exchange, connection=row.pk)),
            Line("Changed", ago(row.updated_at, zone=zone)),
        ]
        return Facts(title="Now", lines=lines)

    def _feeds(self, row: Connection) -> Table:
        found = Feed.objects.filter(connection=row).select_related("connection").order_by("key")
        return Table(
            title="Feeds: what is read here",
            headings=("Feed", "State", "Read until", "Last read"),
            rows=[
                (page_link(f, f.key), feed_badge(f), ago(f.read_until, never="the beginning"), ago(f.last_read_at))
                for f in found
            ],
            empty="None. They are made with the integrations that need them.",
        )

    def _integrations(self, row: Connection) -> Table:
        found = (Integration.objects.filter(books=row) | Integration.objects.filter(partner=row)).order_by("name")
        return Table(
            title="Integrations that use it",
            headings=("Integration", "Pair"),
            rows=[(page_link(i), i.pair) for i in found],
            more=reverse("admin:integrations_integration_add") + f"?tenant={row.tenant_id}",
            more_text="Add an integration",
        )


def breaker_of(row: Connection) -> Breaker | None:
    """The breaker, None before the first call."""
    found: Breaker | None = getattr(row, "breaker", None)
    return found


def said_of(row: Connection, breaker: Breaker | None) -> list[Notice]:
    if breaker is not None and breaker.position != Breaker.Position.CLOSED:
        since = f" since {breaker.opened_at:%Y-%m-%d %H:%M} UTC" if breaker.opened_at else ""
        return [
            Notice(
                kind="bad",
                sentence=f"It is not called{since}: {breaker.reason or 'it did not answer.'}",
                remedy="Deliveries and reads wait; nothing is lost. Correct the credentials below, or press Test "
                "connection: when the test passes, calls go on at once.",
            )
        ]
    if row.health == Connection.Health.BROKEN:
        return [
            Notice(kind="bad", sentence="The last live test failed.", remedy="The step that failed says what to do.")
        ]
    return []


def _bound_to(form: type[forms.ModelForm[Connection]], key: str) -> type[forms.ModelForm[Connection]]:
    """The form, making connections to the system `key`."""

    class NewConnectionForm(form):  # type: ignore[valid-type, misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.instance.system = key

    return NewConnectionForm
