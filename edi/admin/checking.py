"""Paste or upload any X12 or EDIFACT text: what is wrong with it, and what it says. Nothing of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from edi import services as edi
from edi.models import Agreement
from portal.site import EvidenceAdmin

if TYPE_CHECKING:
    _Base = EvidenceAdmin
else:
    _Base = object

NAME = "edi_check"


class CheckForm(forms.Form):
    """The text or file, and by whose guide."""

    text = forms.CharField(
        label="X12 or EDIFACT text",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "cols": 100, "spellcheck": "false", "class": "x12-text"}),
        help_text="From ISA to IEA, or from UNB to UNZ. Text before or after is found and told.",
    )
    file = forms.FileField(label="Or a file", required=False)
    agreement: forms.ModelChoiceField[Agreement] = forms.ModelChoiceField(
        label="By the guide of", queryset=Agreement.objects.none(), required=False, empty_label="the standard"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["agreement"]
        field.queryset = Agreement.objects.exclude(guide={}).select_related("partner").order_by("partner__name", "pk")


class Checking(_Base):
    """Mixin of the admin of interchanges: the page where a text is checked."""

    def get_urls(self) -> list[URLPattern]:
        return [path("check/", self.admin_site.admin_view(self.check_view), name=NAME), *super().get_urls()]

    def list_links(self) -> list[tuple[str, str]]:
        return [(reverse(f"admin:{NAME}"), "Check an X12 or EDIFACT text")]

    def check_view(self, request: HttpRequest) -> HttpResponse:
        """GET: the form. POST: the form with what was found."""
        form = CheckForm(request.POST, request.FILES) if request.method == "POST" else CheckForm()
        checked = None
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                checked = edi.check_text(
                    file.read(edi.MOST_BYTES + 1) if file else form.cleaned_data["text"],
                    agreement=form.cleaned_data["agreement"],
                )
            except ValidationError as error:
                form.add_error(None, error)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "group": self.area,
            "title": "Check an X12 or EDIFACT text",
            "form": form,
            "checked": checked,
        }
        response = TemplateResponse(request, "staff/check_x12.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response
