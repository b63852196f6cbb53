"""The base of all staff pages: who may do what, lists that stay fast, actions with a plan, changes that leave a
trace."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import QuerySet
from django.forms import Form, ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst

from portal.site.confirm import Done, PersonAction, Refused
from portal.site.desk import SETUP, Group
from portal.site.lists import KEY_DIGITS, CappedPaginator, Newest, StaffChangeList
from portal.site.traces import leave_trace, trail_of, trail_url
from portal.tenants.models import User

if TYPE_CHECKING:
    _Page = admin.ModelAdmin[Any]
    _Inline = admin.TabularInline[Any, Any]
else:
    _Page, _Inline = admin.ModelAdmin, admin.TabularInline

MAX_IDS = 500
SEARCHED = 200
"""Longest text that is searched for: no number is longer."""


def person(request: HttpRequest) -> User:
    """Who does it. Staff pages have nobody else."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


class StaffAdmin(_Page):
    """A page of the admin. Everybody on the staff may look. Forms are for superusers, unless `staff_may_change`;
    repairing goes by `person_actions`, each of which calls a service and shows a plan first."""

    area: ClassVar[Group] = SETUP
    rank: ClassVar[int] = 50
    person_actions: ClassVar[tuple[type[PersonAction], ...]] = ()
    staff_may_change: ClassVar[bool] = False
    may_add: ClassVar[bool] = False
    may_delete: ClassVar[bool] = False
    exact_search: ClassVar[tuple[str, ...]] = ()
    """Fields in which the search box looks: for the whole value first, for its beginning where that finds nothing."""
    keyset = False
    heading: ClassVar[str] = ""
    """What the list is called, where that is not the plural of the model's name."""
    empty_list = "Nothing here."

    change_list_template = "staff/list.html"
    change_form_template = "staff/form.html"
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    paginator = CappedPaginator
    search_help_text = "The whole value, or its beginning."

    # --- Rights -------------------------------------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_add and is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (self.staff_may_change and self.admin_site.has_permission(request)) or is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_delete and is_superuser(request)

    # --- Lists --------------------------------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[StaffChangeList]:
        return Newest if self.keyset else StaffChangeList

    def get_sortable_by(self, request: HttpRequest) -> Any:
        return () if self.keyset else super().get_sortable_by(request)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return self.exact_search

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()[:SEARCHED]
        if not term:
            return queryset, False
        whole = queryset.filter(self.matching(term, "exact"))
        return (whole if whole.exists() else queryset.filter(self.matching(term, "startswith"))), False

    def matching(self, term: str, lookup: str) -> models.Q:
        """Where the search box looks."""
        found = models.Q(pk__in=[])
        for name in self.exact_search:
            found |= models.Q(**{f"{name}__{lookup}": term})
        return found

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {
            "title": self.heading or capfirst(self.opts.verbose_name_plural),
            "group": self.area,
            "list_name": self.heading,
            "empty_list": self.empty_list,
            "list_links": self.list_links(),
        }
        response = super().changelist_view(request, {**context, **(extra_context or {})})
        shown = getattr(response, "context_data", None)
        if shown is not None and "cl" in shown:
            shown["list_actions"] = [a for a in self.usable_actions(request) if a.many and shown["cl"].result_list]
            shown["bulk"] = self._bulk(shown["list_actions"], shown["cl"])
        return response

    def list_links(self) -> list[tuple[str, str]]:
        """Addresses and labels of buttons above the list. For subclasses."""
        return []

    def _bulk(self, actions: list[PersonAction], changes: StaffChangeList) -> list[dict[str, Any]]:
        """Actions on all that the list was narrowed to, not only on the page of it that is shown."""
        if not changes.is_narrowed:
            return []
        return [
            {"action": a, "href": self.act_url(a.name, matching=changes.filter_query)} for a in actions if a.confirm
        ]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Each action of the list leads to its plan, which is a page of its own."""
        usable = [a for a in self.usable_actions(request) if a.many]
        return {a.name: (_leads_to(a), a.name, a.label) for a in usable}

    # --- Actions of people --------------------------------------------------------------------------------------------

    def usable_actions(self, request: HttpRequest) -> list[PersonAction]:
        return [a() for a in self.person_actions if not a.superuser or is_superuser(request)]

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        return [path("act/<slug:action>/", self.admin_site.admin_view(self.act_view), name=name), *super().get_urls()]

    def act_url(self, action: str, **query: Any) -> str:
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_act", args=[action])
        return f"{url}?{urlencode(query)}"

    def offered_actions(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        """The buttons of a row's page."""
        offered = [a for a in self.usable_actions(request) if a.offered(row)]
        return [
            {"action": a, "href": self.act_url(a.name, ids=row.pk), "primary": place == 0 and not a.danger}
            for place, a in enumerate(offered)
        ]

    def act_view(self, request: HttpRequest, action: str) -> HttpResponse:
        """GET: the plan of an action. POST: does it."""
        found = next((a for a in self.usable_actions(request) if a.name == action), None)
        if found is None:
            raise Http404(action)
        if request.method not in ("GET", "POST") or (request.method == "GET" and not found.confirm):
            return HttpResponseNotAllowed(["GET", "POST"] if found.confirm else ["POST"])
        rows, back = self._chosen(request)
        plan = found.plan(request, rows) if found.confirm else None
        form = found.form(request.POST) if request.method == "POST" else found.form(initial=dict(found.initial(rows)))
        may = plan is None or not plan.refusal
        if request.method == "POST" and may and form.is_valid():
            answer = self.perform_action(request, found, rows, form)
            if answer is not None:
                if answer.message:
                    messages.success(request, answer.message)
                if answer.warning:
                    messages.warning(request, answer.warning)
                return HttpResponseRedirect(back)
        if plan is None:
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": plan.title,
            "plan": plan,
            "form": form,
            "action": found,
            "back": back,
            "opts": self.opts,
            "group": self.area,
            "list_name": self.heading,
        }
        return TemplateResponse(request, "staff/confirm.html", context)

    def perform_action(
        self, request: HttpRequest, action: PersonAction, rows: QuerySet[Any], form: Form
    ) -> Done | None:
        if request.POST.get("how") == "first":
            rows = rows.filter(pk=rows.order_by("pk").values_list("pk", flat=True).first())
        try:
            return action.perform(request, rows, form.cleaned_data)
        except Refused as refusal:
            sentences = [str(refusal)]
        except ValidationError as error:
            sentences = error.messages
        for sentence in sentences:
            if action.confirm:
                form.add_error(None, sentence)
            else:
                messages.error(request, sentence)
        return None

    def _chosen(self, request: HttpRequest) -> tuple[QuerySet[Any], str]:
        """The rows that an action is asked for, by ids or by the filters of the list, and where to go back to."""
        changelist = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        matching = request.GET.get("matching")
        if matching is not None:
            narrowed = copy.copy(request)
            narrowed.GET = QueryDict(matching)
            rows = self.get_changelist_instance(narrowed).get_queryset(narrowed)
            return rows, f"{changelist}?{matching}"
        ids = [int(i) for i in request.GET.get("ids", "").split(",") if i.isdecimal() and len(i) <= KEY_DIGITS][
            :MAX_IDS
        ]
        if not ids:
            raise Http404("no rows")
        rows = self.get_queryset(request).filter(pk__in=ids)
        if len(ids) == 1:
            if not rows.exists():
                raise Http404("no such row")
            return rows, reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=ids)
        return rows, changelist

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return _labelled(super().formfield_for_dbfield(db_field, request, **kwargs))

    # --- Pages --------------------------------------------------------------------------------------------------------

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the row's page shows beside its form. For subclasses."""
        return {}

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {
            "group": self.area,
            "list_name": self.heading,
            "row": row,
            "buttons": self.offered_actions(request, row),
            "trail": trail_of(row),
            "trail_url": trail_url(row),
            **self.page(request, row),
        }

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context: dict[str, Any] = {
            "group": self.area,
            "list_name": self.heading,
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        if object_id is not None and request.method == "GET":
            row = self.get_object(request, object_id)
            if row is not None:
                context |= self.page_context(request, row)
        return super().changeform_view(request, object_id, form_url, {**context, **(extra_context or {})})

    # --- Traces -------------------------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        super().save_model(request, obj, form, change)
        leave_trace(obj, "changed" if change else "created", actor=person(request), changed=form.changed_data)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        leave_trace(obj, "deleted", actor=person(request))
        super().delete_model(request, obj)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save()
        for row, changed in [*((r, []) for r in formset.new_objects), *formset.changed_objects]:
            leave_trace(row, "changed" if changed else "created", actor=person(request), changed=changed)
        for row in formset.deleted_objects:
            leave_trace(row, "deleted", actor=person(request))


class EvidenceAdmin(StaffAdmin):
    """Rows that tell what happened: they are looked at, never made, changed or deleted by hand."""

    page_template = "staff/page.html"
    keyset = True
    list_per_page = 100

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def whole(self) -> QuerySet[Any]:
        """Rows with all that their page needs."""
        return self.opts.model._default_manager.all()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The row's page: no form, but what it means and what can be done."""
        row = self.whole().filter(pk=object_id).first() if object_id.isdecimal() else None
        if row is None:
            raise Http404(object_id)
        return self.render_page(request, row, extra_context)

    def render_page(self, request: HttpRequest, row: Any, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(row),
            **self.page_context(request, row),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.page_template, context)


class StaffInline(_Inline):
    """Rows inside the page of another: the rights are those of the page."""

    extra = 0
    show_change_link = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)

    has_change_permission = has_add_permission
    has_delete_permission = has_add_permission

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs.setdefault("aria-label", str(field.label))  # the heading of a column is no label
        return field


def is_superuser(request: HttpRequest) -> bool:
    return request.user.is_active and bool(getattr(request.user, "is_superuser", False))


def _labelled(field: Any) -> Any:
    """Names the two boxes of a date with time for those who hear the page: one label cannot name both."""
    if field is not None and isinstance(field.widget, AdminSplitDateTime):
        for box, word in zip(field.widget.widgets, ("date", "time"), strict=True):
            box.attrs["aria-label"] = f"{field.label}, {word}"
    return field


def _leads_to(action: PersonAction) -> Callable[[StaffAdmin, HttpRequest, QuerySet[Any]], HttpResponse | None]:
    """What Django calls for the ticked rows: leads to the plan, or does at once what needs none."""

    def lead(page: StaffAdmin, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        if action.confirm:
            ids = rows.values_list("pk", flat=True)[:MAX_IDS]
            return HttpResponseRedirect(page.act_url(action.name, ids=",".join(str(i) for i in ids)))
        form = action.form(request.POST)
        done = page.perform_action(request, action, rows, form) if form.is_valid() else None
        if done is not None:
            messages.success(request, done.message)
        return None

    return lead
