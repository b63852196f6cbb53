"""The settings of an integration with trading partners: stream, our company in EDI, units, and which side is right on
which field of a supplier."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.flows.pair_settings import Masters
from integrations.forms import JSONText
from integrations.models import Integration
from integrations.services import feeds as services
from integrations.systems.registry import system
from portal.customer.door import Member, page
from portal.customer.integrations import found
from portal.customer.setting_up import COMPANY, COMPANY_FIELDS
from portal.tenants.models import Role

MASTER = "master_"
MASTER_LABELS: dict[str, Any] = {
    "name": gettext_lazy("Name"),
    "address": gettext_lazy("Address"),
    "vat_number": gettext_lazy("VAT number"),
    "organisation_number": gettext_lazy("Organisation number"),
}
KEEPS_MASTERS = "visma-cleo"
"""The pair in which both sides keep suppliers."""


class SettingsForm(forms.Form):
    """What stands in the settings of every integration with trading partners; the company and the fields of suppliers
    are added."""

    stream = forms.ChoiceField(
        label=gettext_lazy("Stream"),
        choices=[("test", gettext_lazy("test: nothing is real yet")), ("live", gettext_lazy("live"))],
        help_text=gettext_lazy("Documents go by the agreements of this stream alone."),
    )
    sure = forms.BooleanField(
        label=gettext_lazy("Yes, real documents go to trading partners from now on"),
        required=False,
        help_text=gettext_lazy("Only asked for when you change from test to live."),
    )
    unknown_partner_is_issue = forms.BooleanField(
        label=gettext_lazy("A document for somebody without an agreement is an issue"),
        required=False,
        help_text=gettext_lazy("Otherwise it is only counted, and listed among those who are not linked."),
    )
    missing_unit = forms.CharField(
        label=gettext_lazy("Unit of lines that have none"),
        max_length=3,
        help_text=gettext_lazy("As X12 writes it; EA is 'each'."),
    )
    units = JSONText(
        label=gettext_lazy("Your units, as X12 writes them"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=gettext_lazy('Before the built-in table, as {"STK": "EA"}.'),
    )


def form_of(row: Integration, data: Any) -> forms.Form:
    """The form, filled with what is stored."""
    stored: dict[str, Any] = dict(row.settings or {})
    company: dict[str, Any] = stored.get("company") or {}
    added: dict[str, forms.Field] = {}
    for name, label, required in COMPANY_FIELDS:
        if name == "address":
            lines = forms.Textarea(attrs={"rows": 2, "cols": 60})
            added[COMPANY + name] = forms.CharField(
                label=label, required=False, max_length=400, widget=lines, initial="\n".join(company.get(name) or [])
            )
            continue
        initial = company.get(name, "")
        added[COMPANY + name] = forms.CharField(label=label, required=required, max_length=200, initial=initial)
    if row.pair == KEEPS_MASTERS:
        masters = {**_default_masters(), **(stored.get("supplier_masters") or {})}
        sides = [("visma", row.books.name), ("network", row.partner.name)]
        for name, label in MASTER_LABELS.items():
            added[MASTER + name] = forms.ChoiceField(label=label, choices=sides, initial=masters[name])
    initial = {
        "stream": stored.get("stream", "test"),
        "unknown_partner_is_issue": stored.get("unknown_partner_is_issue", False),
        "missing_unit": stored.get("missing_unit", "EA"),
        "units": stored.get("units", {}),
    }
    form: forms.Form = type("IntegrationSettingsForm", (SettingsForm,), added)(data, initial=initial)
    return form


def settings_from(row: Integration, cleaned: dict[str, Any]) -> dict[str, Any]:
    """The settings as they are stored: what the form does not know stays as it is."""
    stored: dict[str, Any] = dict(row.settings or {})
    company: dict[str, Any] = {name: cleaned[COMPANY + name].strip() for name, _label, _needed in COMPANY_FIELDS}
    company["address"] = [line.strip() for line in company["address"].splitlines() if line.strip()]
    stored["company"] = {name: value for name, value in company.items() if value}
    stored["stream"] = cleaned["stream"]
    chosen = {
        "unknown_partner_is_issue": (cleaned["unknown_partner_is_issue"], False),
        "missing_unit": (cleaned["missing_unit"].strip().upper(), "EA"),
        "units": (cleaned["units"] or {}, {}),
    }
    if row.pair == KEEPS_MASTERS:
        masters = {name: cleaned[MASTER + name] for name in MASTER_LABELS}
        chosen["supplier_masters"] = (masters, _default_masters())
    for name, (value, default) in chosen.items():
        if value != default or name in stored:
            stored[name] = value
    return stored


def _default_masters() -> dict[str, str]:
    default = Masters()
    return {name: getattr(default, name) for name in MASTER_LABELS}


@page(Role.OPERATOR, post=Role.OPERATOR)
def integration_settings(request: HttpRequest, member: Member, key: str) -> HttpResponse:
    """The form, and saving it. Each flow maps by a new version from then on."""
    row = found(key)
    if not system(row.partner.system).is_network:
        raise Http404
    form = form_of(row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        wanted = settings_from(row, form.cleaned_data)
        goes_live = wanted["stream"] == "live" and (row.settings or {}).get("stream") != "live"
        try:
            if goes_live and not form.cleaned_data["sure"]:
                raise ValidationError({"sure": _("Say that you are sure: real documents would go out.")})
            changed = services.save_settings(row, wanted, actor=member.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            said = _("Saved. What is mapped from now on goes by these settings.") if changed else _("Nothing changed.")
            messages.success(request, said)
            return redirect(reverse("customer:integration", args=[member.tenant.slug, key]) + "?tab=settings")
    context = {
        "row": row,
        "form": form,
        "first": [form["stream"], form["sure"]],
        "company": [form[COMPANY + name] for name, _label, _needed in COMPANY_FIELDS],
        "masters": [form[n] for n in form.fields if n.startswith(MASTER)],
        "further": [form[n] for n in ("unknown_partner_is_issue", "missing_unit", "units")],
    }
    return TemplateResponse(request, "customer/integration_settings.html", context)
