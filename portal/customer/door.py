"""Who comes in, and as what. The one place where membership and role are looked at."""

from __future__ import annotations

import datetime as dt
import functools
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_scopes import scope, scopes_disabled

from portal.common.language import spoken
from portal.customer.places import TenantPlaces
from portal.site.marks import leading_to
from portal.tenants import looking
from portal.tenants.models import Membership, Role, Tenant, User
from portal.tenants.second_factor import has_second_factor

P = ParamSpec("P")
RANKS: dict[str, int] = {Role.VIEWER: 1, Role.OPERATOR: 2, Role.OWNER: 3}
"""Each role may do what the ones below it may."""


@dataclass(frozen=True, slots=True)
class Member:
    """A person at a tenant, with their role there."""

    user: User
    tenant: Tenant
    role: str
    tenants: tuple[Tenant, ...]
    """All tenants that the person may choose from."""
    looks_until: dt.datetime | None = None
    """Of staff who look at a tenant that they do not belong to: until when."""

    @property
    def operates(self) -> bool:
        """Whether they may run and repair."""
        return RANKS[self.role] >= RANKS[Role.OPERATOR]

    @property
    def owns(self) -> bool:
        """Whether they may change people and keys."""
        return self.role == Role.OWNER

    @property
    def role_label(self) -> str:
        return spoken(Role(self.role).label).partition(":")[0]


View = Callable[Concatenate[HttpRequest, Member, P], HttpResponseBase]


def page(role: Role = Role.VIEWER, *, post: Role | None = None) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """A page of a tenant, for members with at least `role`; what it does on POST asks for `post` (None: it takes none).

    Who is not logged in is sent to the login; who has no second factor, where the tenant asks for one, to its set-up.
    Who belongs elsewhere gets 404, as for a tenant that does not exist. A member whose role is too low gets 403 with a
    sentence. The view and its template see this tenant's rows alone, and
    times in its zone.
    """

    def decorate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, tenant: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not isinstance(request.user, User):
                return redirect_to_login(request.get_full_path())
            member = member_of(request.user, tenant) or staff_at(request, request.user, tenant)
            if member is None:
                raise Http404
            if member.tenant.second_factor_required and not has_second_factor(request):
                messages.warning(
                    request, _("%s asks its members for a second factor. Set one up first.") % member.tenant
                )
                return redirect("mfa_index")
            reads = request.method in ("GET", "HEAD")
            needed = role if reads else post
            if needed is None or request.method not in ("GET", "HEAD", "POST"):
                return HttpResponseNotAllowed(["GET", "HEAD", *(["POST"] if post is not None else [])])
            zone = zoneinfo.ZoneInfo(member.tenant.time_zone)
            with scope(tenant=member.tenant), timezone.override(zone), leading_to(TenantPlaces(tenant)):
                request.member = member  # type: ignore[attr-defined]  # what the templates' frame shows
                if RANKS[member.role] < RANKS[needed]:
                    return too_low(request, needed)
                response = view(request, member, *args, **kwargs)
                if isinstance(response, TemplateResponse) and not response.is_rendered:
                    response.render()
            response.headers.setdefault("Cache-Control", "private, no-cache")
            return response

        guarded.role, guarded.post = role, post  # type: ignore[attr-defined]  # asked by the test of every address
        return guarded

    return decorate


def member_of(user: User, slug: str) -> Member | None:
    """The person at the tenant called `slug`; None when they do not belong to it."""
    rows = memberships(user)
    mine = next((m for m in rows if m.tenant.slug == slug), None)
    return Member(user, mine.tenant, mine.role, tuple(m.tenant for m in rows)) if mine is not None else None


def staff_at(request: HttpRequest, user: User, slug: str) -> Member | None:
    """Staff whose look at the tenant stands in the audit trail, as a viewer, as long as it lasts; else None."""
    if not user.is_staff:
        return None
    until = looking.until(request.session, slug)
    if until is None:
        return None
    with scopes_disabled():
        tenant = Tenant.objects.filter(slug=slug).first()
    return Member(user, tenant, Role.VIEWER, (tenant,), until) if tenant is not None else None


def memberships(user: User) -> list[Membership]:
    """Where the person belongs, by name of the tenant."""
    with scopes_disabled():
        return list(Membership.objects.filter(user=user).select_related("tenant").order_by("tenant__name"))


def too_low(request: HttpRequest, needed: Role) -> HttpResponse:
    """Says which role is needed."""
    context = {"needed": spoken(needed.label).partition(":")[0]}
    return TemplateResponse(request, "customer/too_low.html", context, status=403).render()
