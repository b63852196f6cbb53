"""Signing up by oneself, where the installation allows it: an account, a company, and its owner."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from integrations.services.people import found_company
from portal.customer.catalogue import pair_called
from portal.customer.door import RANKS, memberships
from portal.tenants.models import Role, User

ZONES = (
    ("Europe/Stockholm", _("Stockholm")),
    ("Europe/Oslo", _("Oslo")),
    ("Europe/Copenhagen", _("Copenhagen")),
    ("Europe/Helsinki", _("Helsinki")),
    ("Europe/London", _("London")),
    ("Europe/Amsterdam", _("Amsterdam")),
    ("UTC", _("UTC")),
)
"""Where those who use Visma.net ERP keep their books."""


class SignUpForm(forms.Form):
    """What is asked besides an address and a password. allauth adds its own fields to these, and calls `signup`."""

    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    company = forms.CharField(
        label=_("Your company"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    time_zone = forms.ChoiceField(
        label=_("Your time zone"), choices=ZONES, help_text=_("All times are shown in it, and days begin by it.")
    )
    field_order = ("company", "name", "email", "password1", "password2", "time_zone")

    def signup(self, request: HttpRequest, user: User) -> None:
        data: dict[str, Any] = self.cleaned_data
        first, _sign, last = data["name"].strip().partition(" ")
        user.first_name, user.last_name = first[:150], last[:150]
        user.save(update_fields=["first_name", "last_name"])
        found_company(data["company"], time_zone=data["time_zone"], owner=user)


def get_started(request: HttpRequest, pair: str = "") -> Any:
    """From the catalogue into the set-up with the pair chosen: by way of the sign-up for who has no account, and of the
    choice for who belongs to several companies."""
    here = reverse("get_started", args=[pair]) if pair and pair_called(pair) else reverse("get_started_any")
    if not isinstance(request.user, User):
        return redirect(f"{reverse('account_signup')}?{urlencode({'next': here})}")
    able = [m.tenant for m in memberships(request.user) if RANKS[m.role] >= RANKS[Role.OPERATOR]]
    wanted = urlencode({"pair": pair}) if pair_called(pair) else ""
    if len(able) == 1:
        return redirect(f"{reverse('customer:integration_new', args=[able[0].slug])}?{wanted}")
    context = {"tenants": able, "wanted": wanted}
    return TemplateResponse(request, "customer/choose_tenant.html", context)
