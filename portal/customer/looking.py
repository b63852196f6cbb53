"""Ending a look that support takes at a tenant's portal."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from integrations.services.tenants import note_look_ended
from portal.customer.door import Member, page
from portal.tenants import looking
from portal.tenants.models import Role


@page(post=Role.VIEWER)
def look_end(request: HttpRequest, member: Member) -> HttpResponse:
    """POST by support: the portal is closed to them again. For members it does nothing."""
    if request.method != "POST" or member.looks_until is None:
        return redirect("customer:home", member.tenant.slug)
    looking.end(request.session, member.tenant.slug)
    note_look_ended(member.tenant, actor=member.user)
    return redirect("admin:tenants_tenant_change", member.tenant.pk)
