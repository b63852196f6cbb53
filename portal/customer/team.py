"""Screen 13: members and their roles, invitations, API keys."""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.services import people as services
from portal.common.clock import db_now
from portal.customer.door import Member, page
from portal.site.lists import row_key
from portal.tenants.models import ApiKey, Invitation, Membership, Role, Scope, User
from portal.tenants.second_factor import has_second_factor

ROLES = [(role.value, role.label) for role in Role]


@page(post=Role.OWNER)
def team(request: HttpRequest, member: Member) -> HttpResponse:
    """GET: who belongs to the company; for owners also invitations and keys. POST: what an owner changes."""
    if request.method == "POST":
        return changed(request, member)
    return shown(request, member)


def shown(request: HttpRequest, member: Member, *, new_key: str = "") -> HttpResponse:
    factor = Authenticator.objects.filter(user=OuterRef("user"), type=Authenticator.Type.TOTP)
    members = Membership.objects.select_related("user").annotate(second_factor=Exists(factor)).order_by("user__email")
    now = db_now()
    context = {
        "members": members,
        "roles": ROLES,
        "invitations": Invitation.objects.filter(accepted_at=None, withdrawn_at=None) if member.owns else [],
        "keys": ApiKey.objects.defer("key_hash").order_by("revoked_at", "-created_at") if member.owns else [],
        "scopes": Scope.choices,
        "new_key": new_key,
        "now": now,
    }
    response = TemplateResponse(request, "customer/team.html", context)
    if new_key:
        response.headers["Cache-Control"] = "private, no-store"
    return response


def changed(request: HttpRequest, member: Member) -> HttpResponse:
    """What an owner pressed, by its name."""
    do = {"role": role, "remove": remove, "invite": invite, "withdraw": withdraw, "key": key, "revoke": revoke}
    do["second_factor"] = second_factor
    what = do.get(request.POST.get("what", ""))
    if what is None:
        raise Http404
    try:
        answer = what(request, member)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        answer = None
    return answer or redirect("customer:team", member.tenant.slug)


def role(request: HttpRequest, member: Member) -> None:
    row = chosen(request, Membership.objects.all())
    services.change_role(row, request.POST.get("role", ""), actor=member.user)
    messages.success(request, _("The role was changed."))


def remove(request: HttpRequest, member: Member) -> HttpResponse | None:
    row = chosen(request, Membership.objects.select_related("user"))
    services.remove_member(row, actor=member.user)
    messages.success(request, _("%s belongs to the company no more.") % row.user.email)
    return redirect("start") if row.user_id == member.user.pk else None


def invite(request: HttpRequest, member: Member) -> None:
    row, token = services.invite(
        member.tenant, request.POST.get("email", ""), request.POST.get("role", ""), actor=member.user
    )
    link = settings.BASE_URL + reverse("invitation", args=[token])
    words = {"tenant": member.tenant, "by": member.user.get_full_name() or member.user.email, "link": link, "row": row}
    subject = _("Invitation to %s") % member.tenant.name
    send_mail(subject, render_to_string("customer/mail/invitation.txt", words), None, [row.email])
    messages.success(request, _("%s was invited by mail. The invitation ends in 14 days.") % row.email)


def second_factor(request: HttpRequest, member: Member) -> None:
    needed = request.POST.get("needed") == "yes"
    services.require_second_factor(member.tenant, needed, has_one=has_second_factor(request), actor=member.user)
    messages.success(
        request,
        _("Members need a second factor from now on.") if needed else _("A second factor is up to each member now."),
    )


def withdraw(request: HttpRequest, member: Member) -> None:
    services.withdraw(chosen(request, Invitation.objects.select_related("tenant")), actor=member.user)
    messages.success(request, _("The invitation is withdrawn."))


def key(request: HttpRequest, member: Member) -> HttpResponse:
    """Shows the new key, this once: the page is not kept anywhere, and reloading asks again."""
    days = row_key(request.POST.get("days"))
    ends = db_now() + dt.timedelta(days=min(days, 3650)) if days else None
    _row, made = services.issue_key(
        member.tenant,
        request.POST.get("name", ""),
        scope=request.POST.get("scope", Scope.READ),
        expires_at=ends,
        actor=member.user,
    )
    return shown(request, member, new_key=made)


def revoke(request: HttpRequest, member: Member) -> None:
    services.revoke_key(chosen(request, ApiKey.objects.select_related("tenant")), actor=member.user)
    messages.success(request, _("The key is revoked: calls with it are refused from now on."))


def chosen(request: HttpRequest, rows: Any) -> Any:
    """The row that was pressed, of this tenant, or 404."""
    row = rows.filter(pk=row_key(request.POST.get("pk"))).first()
    if row is None:
        raise Http404
    return row


# --- Accepting


class AcceptForm(forms.Form):
    """A new account for an invited person."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=150)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 12 characters."),
    )


def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The page that an invitation's mail leads to. Who holds the token is the invited person: nobody else got it."""
    row = services.invitation_of(token)
    if row is None:
        return TemplateResponse(request, "customer/invitation.html", {"row": None}, status=404)
    user = request.user if isinstance(request.user, User) else None
    has_account = User.objects.filter(email__iexact=row.email).exists()
    form = AcceptForm(request.POST if request.method == "POST" and user is None else None)
    if request.method == "POST" and (user is not None or (form.is_valid() and not has_account)):
        words = form.cleaned_data if user is None else {}
        try:
            accepted = services.accept(row, user=user, **words)
        except ValidationError as error:
            if user is None:
                form.add_error(None, error)
            else:
                messages.error(request, " ".join(error.messages))
        else:
            if user is None:
                login(request, accepted, backend="allauth.account.auth_backends.AuthenticationBackend")
            return redirect("customer:home", row.tenant.slug)
    is_other = user is not None and user.email.lower() != row.email
    context = {"row": row, "form": form, "has_account": has_account, "is_other": is_other}
    response = TemplateResponse(request, "customer/invitation.html", context)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
