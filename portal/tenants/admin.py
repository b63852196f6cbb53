"""Tenants, people and their roles, API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from portal.site import (
    SETUP,
    Done,
    PersonAction,
    Plan,
    Reason,
    StaffAdmin,
    TenantFilter,
    ago,
    badge,
    is_superuser,
    leave_trace,
    link,
    list_url,
    person,
)
from portal.tenants.models import ApiKey, Membership, Tenant, User

if TYPE_CHECKING:
    _UserAdmin = UserAdmin[User]
else:
    _UserAdmin = UserAdmin


@admin.register(Tenant)
class TenantAdmin(StaffAdmin):
    """Customer companies. The upper floors add to this page what they know of a tenant."""

    area, rank = SETUP, 10
    may_add = True
    list_display = ("name", "slug", "sending", "time_zone", "members", "created")
    fields = ("name", "slug", "time_zone", "retention", "legal_hold", "second_factor_required")
    exact_search = ("name", "slug")
    empty_list = "No tenant yet. Add one, or apply a configuration file: python manage.py config apply FILE."

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    @admin.display(description="sending")
    def sending(self, tenant: Tenant) -> SafeString:
        return badge("stopped", "bad") if tenant.sending_stopped else badge("on", "ok")

    @admin.display(description="members")
    def members(self, tenant: Tenant) -> SafeString:
        return link(list_url(Membership, tenant=tenant.pk), "show")

    @admin.display(description="since")
    def created(self, tenant: Tenant) -> SafeString | str:
        return ago(tenant.created_at, zone=tenant.time_zone)


@admin.register(Membership)
class MembershipAdmin(StaffAdmin):
    """Who may do what for a tenant."""

    area, rank = SETUP, 20
    heading = "Members"
    may_add = may_delete = True
    list_display = ("user", "tenant", "role", "created_at")
    list_filter = (TenantFilter,)
    list_select_related = ("user", "tenant")
    fields = ("tenant", "user", "role")
    exact_search = ("user__username", "user__email")
    search_help_text = "User name or e-mail address: whole, or its beginning."

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        return ("tenant", "user") if obj else ()


@admin.register(User)
class PersonAdmin(StaffAdmin, _UserAdmin):
    """People who log in. Staff look; superusers make, change and block them."""

    area, rank = SETUP, 30
    heading = "People"
    may_add = True
    list_display = ("username", "email", "first_name", "last_name", "role", "active", "last_login")
    list_filter = ()
    exact_search = ("username", "email", "last_name")
    search_help_text = "User name, e-mail address or last name: whole, or its beginning."
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    add_fieldsets = ((None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),)
    add_form_template = "admin/auth/user/add_form.html"

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        account = ("username", "password", "email") if is_superuser(request) else ("username", "email")
        return (
            (None, {"fields": account}),
            ("Person", {"fields": ("first_name", "last_name")}),
            (
                "May",
                {
                    "fields": ("is_active", "is_staff", "is_superuser"),
                    "description": "Staff look at every tenant and repair. Superusers do everything. What somebody "
                    "may do for one "
                    "tenant is said by their membership.",
                },
            ),
            ("Times", {"fields": ("last_login", "date_joined")}),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request)
        return rows

    @admin.display(description="role")
    def role(self, user: User) -> str:
        return "superuser" if user.is_superuser else "staff" if user.is_staff else "customer"

    @admin.display(description="may log in")
    def active(self, user: User) -> SafeString:
        return badge("yes", "ok") if user.is_active else badge("blocked", "off")


class Revoke(PersonAction):
    """Ends an API key."""

    name, label, danger, superuser = "revoke", "Revoke", True, True
    form = Reason

    def offered(self, row: ApiKey) -> bool:
        return row.revoked_at is None

    def plan(self, request: HttpRequest, rows: QuerySet[ApiKey]) -> Plan:
        live = [k for k in rows if k.revoked_at is None]
        names = ", ".join(str(k) for k in live)
        return Plan(
            title="Revoke API keys",
            sentence=f"Calls with {names} are refused from now on. This cannot be undone; issue a new key instead.",
            refusal="" if live else "These keys are revoked already.",
            button=f"Revoke {len(live)}",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[ApiKey], data: Any) -> Done:
        with transaction.atomic():
            live = list(rows.filter(revoked_at=None))
            ApiKey.objects.filter(pk__in=[k.pk for k in live]).update(revoked_at=timezone.now())
            for key in live:
                leave_trace(key, "revoked", actor=person(request), changed=[data["reason"]])
        return Done(f"{len(live)} revoked.")


class KeyForm(forms.ModelForm[ApiKey]):
    class Meta:
        model = ApiKey
        fields = ("tenant", "name", "expires_at", "may_operate", "may_administer")


@admin.register(ApiKey)
class ApiKeyAdmin(StaffAdmin):
    """Keys for the API. The key itself is shown once, when it is issued; only its hash is kept."""

    area, rank = SETUP, 70
    may_add = True
    person_actions = (Revoke,)
    list_display = ("__str__", "tenant", "state", "last_used", "expires_at", "created_at")
    list_filter = (TenantFilter,)
    list_select_related = ("tenant",)
    fields = (
        "tenant",
        "name",
        "prefix",
        "may_operate",
        "may_administer",
        "expires_at",
        "revoked_at",
        "last_used_at",
        "created_at",
    )
    form = KeyForm
    exact_search = ("prefix", "name")
    search_help_text = "Prefix (the part after mlc_) or name: whole, or its beginning."

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        rows: QuerySet[ApiKey] = super().get_queryset(request)
        return rows.defer("key_hash")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return self.fields if obj else ("tenant", "name", "expires_at", "may_operate", "may_administer")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method != "POST" or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        form = KeyForm(request.POST)
        if not form.is_valid():
            return super().add_view(request, form_url, extra_context)
        with transaction.atomic():
            row, key = ApiKey.issue(
                tenant=form.cleaned_data["tenant"],
                name=form.cleaned_data["name"],
                expires_at=form.cleaned_data["expires_at"],
                may_operate=form.cleaned_data["may_operate"] or form.cleaned_data["may_administer"],
                may_administer=form.cleaned_data["may_administer"],
            )
            leave_trace(row, "created", actor=person(request))
        context = {
            **self.admin_site.each_context(request),
            "title": "The new key",
            "key": key,
            "row": row,
            "opts": self.opts,
            "group": self.area,
        }
        return TemplateResponse(request, "staff/new_key.html", context)

    @admin.display(description="state")
    def state(self, key: ApiKey) -> SafeString:
        if key.revoked_at is not None:
            return badge("revoked", "off")
        if key.expires_at is not None and key.expires_at <= timezone.now():
            return badge("expired", "off")
        return badge("live", "ok")

    @admin.display(description="last used")
    def last_used(self, key: ApiKey) -> SafeString | str:
        return ago(key.last_used_at, zone=key.tenant.time_zone)
