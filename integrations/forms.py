"""Forms that admin and portal share. Most are drawn from declared settings: the same list that checks, masks and
documents them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from edi.models import PartnerNumber, TradingPartner
from integrations.services import unmapped
from integrations.services.offers import list_id
from integrations.systems.contract import Setting
from portal.common.language import spoken
from portal.common.secrets import fingerprint_of

PREFIX = "setting_"


class JSONText(forms.JSONField):
    """JSON as people read it: indented, with letters as they are."""

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False)


def fields_of(
    declared: Iterable[Setting], *, stored: Mapping[str, Any], secrets: Mapping[str, Any]
) -> dict[str, forms.Field]:
    """A form field for each setting, by its name with PREFIX. A secret is never given back: the field is empty, and
    empty keeps what is stored; its help says whether one is set, and its fingerprint."""
    return {PREFIX + s.name: _secret(s, secrets) if s.secret else _field(s, stored) for s in declared}


def values_of(cleaned: Mapping[str, Any], declared: Iterable[Setting]) -> dict[str, Any]:
    """The settings in a cleaned form, by name. Secrets that were left empty are left out."""
    found = {}
    for setting in declared:
        value = cleaned.get(PREFIX + setting.name)
        if setting.secret and not value:
            continue
        found[setting.name] = "" if value is None else value
    return found


def names_of(declared: Iterable[Setting], *, secret: bool) -> tuple[str, ...]:
    """Names of the form fields of the settings that are secret, or of those that are not."""
    return tuple(PREFIX + s.name for s in declared if s.secret == secret)


def secret_line(value: object) -> str:
    """What may be said of a secret."""
    text = value if isinstance(value, str) else json.dumps(value) if value else ""
    return _("Set, fingerprint %s.") % fingerprint_of(text) if text else _("Not set.")


def said(choices: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Choices in the language of who looks."""
    return [(value, spoken(label)) for value, label in choices]


def _secret(setting: Setting, secrets: Mapping[str, Any]) -> forms.Field:
    stored = secrets.get(setting.name)
    keep = _("Leave it empty to keep it.") if stored else ""
    widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "size": 50})
    return forms.CharField(
        label=spoken(setting.label),
        required=setting.required and not stored,
        strip=False,
        widget=widget,
        help_text=" ".join(part for part in (secret_line(stored), keep, spoken(setting.help)) if part),
    )


def _field(setting: Setting, stored: Mapping[str, Any]) -> forms.Field:
    value = stored.get(setting.name, setting.default)
    common: dict[str, Any] = {
        "label": spoken(setting.label),
        "required": setting.required,
        "help_text": spoken(setting.help),
        "initial": value,
    }
    match setting.kind:
        case "integer":
            return forms.IntegerField(**common)
        case "boolean":
            return forms.BooleanField(**{**common, "required": False})
        case "choice":
            empty = () if setting.required or setting.default else (("", "–"),)
            return forms.ChoiceField(choices=[*empty, *said(setting.choices)], **common)
        case "choices":
            several: dict[str, Any] = {"choices": said(setting.choices), "widget": forms.CheckboxSelectMultiple}
            return forms.MultipleChoiceField(**several, **{**common, "required": False})
        case "json":
            return JSONText(widget=forms.Textarea(attrs={"rows": 3, "cols": 60}), **{**common, "required": False})
        case "url":
            return forms.CharField(widget=forms.URLInput(attrs={"size": 60}), **common)
        case _:
            listed = {"list": list_id(setting.offers), "autocomplete": "off"} if setting.offers else {}
            return forms.CharField(widget=forms.TextInput(attrs={"size": 60, **listed}), **common)


class LinkForm(forms.Form):
    """The number by which a company's books know the trading partner."""

    company = forms.ChoiceField(label=gettext_lazy("Company"))
    entity = forms.ChoiceField(label=gettext_lazy("It is a"), choices=lambda: said(PartnerNumber.Entity.choices))
    number = forms.CharField(
        label=gettext_lazy("Number in the books"),
        max_length=60,
        widget=forms.TextInput(attrs={"list": "numbers", "autocomplete": "off", "size": 40}),
        help_text=gettext_lazy(
            "Type a few letters of the name or number: those that the books named and nobody is linked to are offered."
        ),
    )

    def __init__(self, *args: Any, partner: TradingPartner, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = unmapped.choices(partner.tenant)
        field: Any = self.fields["company"]
        field.choices = unmapped.companies(partner.tenant)
