"""Screen 10: a new trading partner. Who it is in the books, by which ids, which documents; test first, live later."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from edi.models import Agreement, Network, PartnerNumber
from edi.services.agreeing import add_partner
from integrations.forms import said
from integrations.models import Connection, Record
from integrations.services.offers import list_id
from portal.customer.choices import choices
from portal.customer.door import Member, page
from portal.tenants.models import Role

OUT = (("850", _("Purchase order (850)")), ("810", _("Invoice (810)")), ("856", _("Receipt, ship notice (856)")))
IN = (
    ("855", _("Order response (855)")),
    ("856", _("Ship notice (856)")),
    ("810", _("Invoice (810)")),
    ("860", _("Order change (860)")),
)
OFFERS = {"ours": "orderful.live_ids", "theirs": "orderful.partner_ids", "folder": "cleo.upload_folders"}
"""What the networks say themselves."""
KNOWN_SHOWN = 500
"""Suppliers that were read already and are offered by number."""


class PartnerForm(forms.Form):
    """What is needed for the first document."""

    name = forms.CharField(label=_("Name"), max_length=200)
    books = forms.ChoiceField(label=_("Books"))
    entity = forms.ChoiceField(label=_("It is our"), choices=lambda: said(PartnerNumber.Entity.choices))
    number = forms.CharField(
        label=_("Its number in Visma.net"), max_length=60, help_text=_("As 50001. Those that were read are offered.")
    )
    network = forms.ModelChoiceField[Network](label=_("Over"), queryset=None)
    ours = forms.CharField(
        label=_("Our interchange id"),
        max_length=40,
        help_text=_("ISA06, with its qualifier if it has one: ZZ:OURNAME."),
    )
    theirs = forms.CharField(label=_("Its interchange id"), max_length=40, help_text=_("ISA08, as ZZ:THEIRNAME."))
    sent = forms.MultipleChoiceField(
        label=_("What we send"), choices=OUT, required=False, initial=["850"], widget=forms.CheckboxSelectMultiple
    )
    come = forms.MultipleChoiceField(
        label=_("What comes"), choices=IN, required=False, widget=forms.CheckboxSelectMultiple
    )
    folder = forms.CharField(
        label=_("Folder at Cleo"),
        required=False,
        max_length=200,
        help_text=_("Over Cleo only: where its documents are put, as /PARTNER/upload. Each kind has a folder in it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        books = Connection.objects.filter(system="visma").defer("secrets", "check_steps").order_by("name")
        stated: Any = self.fields
        stated["books"].choices = [(str((c.settings or {}).get("company_id", "")), c.name) for c in books]
        stated["network"].queryset = Network.objects.order_by("name")
        stated["network"].initial = Network.objects.order_by("pk").first()
        last = Agreement.objects.filter(direction="out").order_by("-pk").first()
        stated["ours"].initial = last.sender if last is not None else ""
        stated["number"].widget.attrs["list"] = "known-suppliers"
        for name, listed in OFFERS.items():
            stated[name].widget.attrs["list"] = list_id(listed)


@page(Role.OPERATOR, post=Role.OPERATOR)
def partner_new(request: HttpRequest, member: Member) -> HttpResponse:
    form = PartnerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        folder = data["folder"].rstrip("/")
        try:
            row = add_partner(
                name=data["name"],
                company=data["books"],
                number=data["number"].strip(),
                entity=data["entity"],
                network=data["network"],
                ours=data["ours"],
                theirs=data["theirs"],
                documents=[*((d, "out") for d in data["sent"]), *((d, "in") for d in data["come"])],
                settings={d: {"folder": f"{folder}/{d}"} for d, _label in OUT} if folder else {},
                actor=member.user,
            )
        except ValidationError as error:
            form.add_error(None, ValidationError(error.messages))
        else:
            return redirect("customer:partner", member.tenant.slug, row.pk)
    networks = Connection.objects.filter(enabled=True, network__isnull=False).order_by("pk")
    there = {c.system for c in networks}
    context = {
        "form": form,
        "has_network": Network.objects.exists(),
        "known": known_suppliers(),
        **choices(request, [name for name in OFFERS.values() if name.partition(".")[0] in there], networks),
    }
    return TemplateResponse(request, "customer/partner_form.html", context)


def known_suppliers() -> list[str]:
    """Numbers of suppliers whose documents were read."""
    rows = Record.objects.filter(feed__key="suppliers", is_newest=True).order_by("business_number")
    return list(rows.values_list("business_number", flat=True).distinct()[:KNOWN_SHOWN])
