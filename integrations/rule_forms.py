"""The form of a flow's rules: one part for each rule, drawn from what the flow's table says that a rule may ask and
state. It works without a script: the last parts are empty, and what is filled in there is a further rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django import forms
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from integrations.flows.contract import Choices, RuleTable
from integrations.forms import said
from integrations.systems.contract import Setting
from portal.common.language import spoken

EMPTY_PARTS = 2
MOST_RULES = 200
SHOWN, MOST_SHOWN = 6, 200
"""Rows of a list to choose from that are seen at once, and that it has at most."""
PREFIX = "rules"


class RuleForm(forms.Form):
    """One rule. `table` is stated by the subclass that `formset_of` makes."""

    table: RuleTable

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            msgspec.convert(self.rule(cleaned), self.table.shape, strict=False)
        except msgspec.ValidationError as error:
            self.add_error(None, _("This rule cannot be used: %(error)s") % {"error": error})
        return cleaned

    def rule(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        """As settings keep it: what is empty is left out."""
        when = {s.name: value for s in self.table.when if (value := stored(s, cleaned.get(s.name)))}
        then = {s.name: value for s in self.table.then if (value := stored(s, cleaned.get(s.name)))}
        return ({"when": when} if when else {}) | then

    @property
    def title(self) -> str:
        """The rule in a line, as it was when the page was opened."""
        if not self.initial:
            return ""
        when = [
            f"{spoken(s.label).lower()} {shown(s, self.initial.get(s.name))}" for s in self.table.when if self._has(s)
        ]
        then = [
            f"{spoken(s.label).lower()} {shown(s, self.initial.get(s.name))}" for s in self.table.then if self._has(s)
        ]
        return " → ".join((", ".join(when) or _("always"), ", ".join(then) or _("nothing")))

    @property
    def asks(self) -> list[forms.BoundField]:
        return [self[s.name] for s in self.table.when]

    @property
    def states(self) -> list[forms.BoundField]:
        return [self[s.name] for s in self.table.then]

    def _has(self, setting: Setting) -> bool:
        return bool(self.initial.get(setting.name))


class RuleFormSet(BaseFormSet[RuleForm]):
    """All rules, in the order of their places."""

    def rules(self) -> list[dict[str, Any]]:
        """What they say, once they are valid."""
        found = [form.rule(form.cleaned_data) for form in self.ordered_forms]
        return [rule for rule in found if rule]

    def add_fields(self, form: RuleForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["ORDER"].label = "Place"
        form.fields["ORDER"].help_text = "Rules are asked from the lowest place to the highest."
        form.fields["DELETE"].label = "Delete this rule"


class Typed(forms.TextInput):
    """One value; what can be chosen is offered while it is typed, by the page's list of that name."""

    def __init__(self, name: str, offered: Choices) -> None:
        super().__init__(attrs={"list": f"offered-{name}"} if offered else {})


class Several(forms.TextInput):
    """Values with commas between. Those that can be chosen are chosen below, and others typed: both count, so nothing
    is lost where the choices could not be read when the page comes back."""

    def __init__(self, offered: Choices) -> None:
        super().__init__()
        self.offered = offered

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        values = data.getlist(name) if hasattr(data, "getlist") else [data.get(name) or ""]
        parts = (part.strip() for value in values for part in str(value).split(","))
        return ", ".join(dict.fromkeys(part for part in parts if part))

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        if not self.offered:
            return super().render(name, value, attrs, renderer)
        stated = [part.strip() for part in str(value or "").split(",") if part.strip()]
        known = [code for code, _ in self.offered]
        typed = super().render(name, ", ".join(one for one in stated if one not in known), attrs, renderer)
        own = (attrs or {}).get("id", f"id_{name}")
        labels = [(code, f"{code} · {text}" if text else code) for code, text in self.offered]
        chosen = forms.SelectMultiple(attrs={"size": min(len(labels), SHOWN)}, choices=labels)
        more = {"id": f"{own}_chosen", "aria-label": _("Chosen")}
        below = chosen.render(name, [one for one in stated if one in known], more, renderer)
        return format_html("{}{}", typed, below)


def formset_of(
    table: RuleTable,
    rules: Sequence[Mapping[str, Any]],
    data: Mapping[str, Any] | None = None,
    offered: Mapping[str, Choices] | None = None,
) -> RuleFormSet:
    """The form of these rules, with what a person entered where `data` is. `offered`: what can be chosen."""
    known = offered or {}
    fields = {s.name: _field(s, known.get(s.name, ())) for s in (*table.when, *table.then)}
    form = type("ThisRuleForm", (RuleForm,), {**fields, "table": table})
    made: Any = formset_factory(
        form,
        formset=RuleFormSet,
        can_order=True,
        can_delete=True,
        extra=EMPTY_PARTS,
        max_num=MOST_RULES,
        absolute_max=MOST_RULES + EMPTY_PARTS,
    )
    initial = [_initial(table, rule) for rule in rules]
    found: RuleFormSet = made(data, initial=initial, prefix=PREFIX)
    return found


def _initial(table: RuleTable, rule: Mapping[str, Any]) -> dict[str, Any]:
    when = rule.get("when") or {}
    asked = {s.name: _entered(s, when.get(s.name)) for s in table.when}
    return asked | {s.name: _entered(s, rule.get(s.name)) for s in table.then}


def _field(setting: Setting, offered: Choices) -> forms.Field:
    common: dict[str, Any] = {"label": spoken(setting.label), "required": False, "help_text": spoken(setting.help)}
    if setting.kind == "choices":
        return forms.MultipleChoiceField(choices=said(setting.choices), widget=forms.CheckboxSelectMultiple, **common)
    if _is_several(setting):
        common["help_text"] = " ".join((spoken(setting.help), _("Several with commas between."))).strip()
    widget = Several(offered[:MOST_SHOWN]) if _is_several(setting) or _is_pairs(setting) else None
    return forms.CharField(max_length=500, widget=widget or Typed(setting.name, offered), **common)


def _is_several(setting: Setting) -> bool:
    return setting.kind == "json" and isinstance(setting.default, list)


def _is_pairs(setting: Setting) -> bool:
    return setting.kind == "json" and isinstance(setting.default, dict)


def _entered(setting: Setting, value: Any) -> Any:
    """A stored value as it stands in the form."""
    if setting.kind == "choices":
        return list(value or [])
    return shown(setting, value)


def shown(setting: Setting, value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={one}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return str(value or "")


def stored(setting: Setting, value: Any) -> Any:
    """What was entered, as settings keep it."""
    if setting.kind == "choices":
        return list(value or [])
    parts = [part.strip() for part in str(value or "").split(",") if part.strip()]
    if _is_pairs(setting):
        pairs = [part.partition("=") for part in parts]
        return {name.strip(): one.strip() for name, _, one in pairs}
    if _is_several(setting):
        return [_plain(part) for part in parts]
    return str(value or "").strip()


def _plain(text: str) -> str | int | float:
    """A number as files of settings have it; any other text, and one with leading zeros, as it is."""
    for kind in (int, float):
        try:
            found = kind(text)
        except ValueError:
            continue
        if str(found) == text:
            return found
    return text
