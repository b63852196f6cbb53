"""The first address: leads people to where they belong."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from portal.customer.door import memberships
from portal.tenants.models import User


def start(request: HttpRequest) -> HttpResponse:
    """To the login, to the only tenant, to the choice of tenants, or to the staff admin."""
    if not isinstance(request.user, User):
        return redirect("account_login")
    tenants = [m.tenant for m in memberships(request.user)]
    if not tenants and request.user.is_staff:
        return redirect("admin:index")
    if len(tenants) == 1 and not request.user.is_staff:
        return redirect("customer:home", tenants[0].slug)
    return TemplateResponse(request, "customer/choose_tenant.html", {"tenants": tenants})
