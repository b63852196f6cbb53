"""Staff pages look at all tenants, and ask their people for a second factor."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django_scopes import scopes_disabled

from portal.tenants.second_factor import has_second_factor


class StaffScopeMiddleware:
    """Lifts the tenant scope for the staff admin alone; everywhere else an unscoped query raises."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/admin/"):
            return self.get_response(request)
        if settings.STAFF_SECOND_FACTOR and request.user.is_staff and not has_second_factor(request):
            messages.warning(request, _("The staff admin asks for a second factor. Set one up first."))
            return redirect("mfa_index")
        with scopes_disabled():
            response = self.get_response(request)
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response = response.render()
            return response
