"""The site: pages in groups by the job to be done, and whether work goes on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from portal.common.installation import agrees, epoch_file
from portal.common.models import Installation


@dataclass(frozen=True, slots=True)
class Group:
    """A heading of the navigation."""

    slug: str
    label: str


WORK = Group("work", "Work")
SETUP = Group("set-up", "Set-up")
EDI = Group("edi", "EDI")
EVIDENCE = Group("evidence", "Evidence")
QUEUE = Group("queue", "Queue")
GROUPS = (WORK, SETUP, EDI, EVIDENCE, QUEUE)

LATE = dt.timedelta(minutes=3)
"""A heartbeat older than this means that nothing works: it comes each minute."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Whether somebody does the work."""

    seen_at: dt.datetime | None
    by: str

    @property
    def late(self) -> bool:
        return self.seen_at is None or self.seen_at < timezone.now() - LATE


class StaffSite(admin.AdminSite):
    """The admin. Who is staff may look at everything and repair; who is superuser may do everything."""

    site_header = "ml-connector"
    site_title = "ml-connector"
    index_title = "What needs somebody"
    index_template = "staff/index.html"
    site_url = None
    enable_nav_sidebar = True

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one login, which counts wrong passwords and asks for the second factor; this leads to it. Who is
        logged in and no staff has no business here."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        wanted = request.GET.get("next", "") or reverse("admin:index", current_app=self.name)
        if request.user.is_authenticated:
            return redirect("admin:index")
        return redirect(f"{reverse('account_login')}?{urlencode({'next': wanted})}")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        if self.has_permission(request):
            context |= house_state()
        return context

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """The navigation: groups instead of apps. With `app_label`, that app's models as Django lists them."""
        apps: list[dict[str, Any]] = list(super().get_app_list(request, app_label))
        if app_label is not None:
            return apps
        models = [model for app in apps for model in app["models"]]
        return [listed for group in GROUPS if (listed := self._listed(group, models))["models"]]

    def _listed(self, group: Group, models: list[dict[str, Any]]) -> dict[str, Any]:
        pages = [(self._registry[m["model"]], m) for m in models]
        inside = [
            (getattr(page, "rank", 50), getattr(page, "heading", "") or str(m["name"]), m)
            for page, m in pages
            if getattr(page, "area", SETUP) == group
        ]
        return {
            "name": group.label,
            "app_label": group.slug,
            "app_url": f"{reverse('admin:index', current_app=self.name)}#{group.slug}",
            "has_module_perms": True,
            "models": [{**m, "name": name} for _, name, m in sorted(inside, key=lambda i: i[:2])],
        }

    def app_index(  # type: ignore[override]
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Pages are grouped by the job, not by the app: there is one index."""
        return HttpResponseRedirect(reverse("admin:index", current_app=self.name))


def house_state() -> dict[str, Any]:
    """What every page warns of: no worker, and a database that was restored from a backup. Leaves the canary alone:
    with a lost key the pages must still say what they can."""
    said = epoch_file()
    row = Installation.objects.filter(id=1).only("epoch", "beats", "heartbeat_at", "heartbeat_by").first()
    if row is None:
        return {"worker": Worker(seen_at=None, by=""), "restored": False}
    restored = said is not None and not agrees(row, said)
    return {"worker": Worker(seen_at=row.heartbeat_at, by=row.heartbeat_by), "restored": restored}
