"""Values of declared settings, checked: the same for connections and flows, for forms and configuration files."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from integrations.systems.contract import Setting
from portal.common.clock import moment
from portal.common.language import spoken

_KINDS = {
    "integer": gettext_noop("a whole number"),
    "boolean": gettext_noop("true or false"),
    "url": gettext_noop("an http(s) address"),
    "text": gettext_noop("text"),
    "moment": gettext_noop("a day or time, as 2026-08-31 or 2026-08-31T14:00"),
}


def checked(setting: Setting, value: Any) -> Any:
    """The value in the setting's kind. Raises ValidationError naming the setting, the value and what it may be."""
    wrong = ValidationError(
        _("%(name)s: %(value)s is not %(kind)s.")
        % {"name": _name(setting), "value": repr(value), "kind": spoken(_KINDS.get(setting.kind, "right"))}
    )
    match setting.kind:
        case "integer":
            if (
                isinstance(value, bool)
                or not isinstance(value, int | str)
                or not str(value).strip().lstrip("-").isdecimal()
            ):
                raise wrong
            return int(value)
        case "boolean":
            if not isinstance(value, bool):
                raise wrong
            return value
        case "url":
            if not isinstance(value, str) or not value.startswith(("https://", "http://")):
                raise wrong
            return value.rstrip("/")
        case "moment":
            try:
                moment(str(value), ZoneInfo("UTC"))
            except ValueError:
                raise wrong from None
            return str(value).strip()
        case "choice":
            return _one_of(setting, value)
        case "choices":
            return _some_of(setting, value)
        case "json":
            return _shaped(setting, value)
        case _:
            if isinstance(value, bool | dict | list):
                raise wrong
            return str(value).strip() if not setting.secret else str(value)


def _one_of(setting: Setting, value: Any) -> Any:
    if value not in [choice for choice, _ in setting.choices]:
        raise ValidationError(
            _("%(name)s: %(value)s is none of %(choices)s.")
            % {"name": _name(setting), "value": repr(value), "choices": _choices(setting)}
        )
    return value


def _some_of(setting: Setting, value: Any) -> list[str]:
    """A list of texts; where the setting has choices, of these and in their order."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValidationError(
            _("%(name)s: %(value)s is no list of texts.") % {"name": _name(setting), "value": repr(value)}
        )
    known = {choice for choice, _ in setting.choices}
    strange = [one for one in value if known and one not in known]
    if strange:
        said = ", ".join(repr(one) for one in strange)
        raise ValidationError(
            _("%(name)s: %(said)s is none of %(choices)s.")
            % {"name": _name(setting), "said": said, "choices": _choices(setting)}
        )
    return [choice for choice, _ in setting.choices if choice in value] if known else value


def _shaped(setting: Setting, value: Any) -> Any:
    """JSON of the shape that the setting states, else of its default's kind: a list of texts, or an object."""
    if setting.shape is not None:
        try:
            msgspec.convert(value, setting.shape, strict=False)
        except msgspec.ValidationError as error:
            raise ValidationError(f"{_name(setting)}: {error}.") from error
        return value
    if isinstance(setting.default, list):
        return _some_of(setting, value)
    if isinstance(setting.default, dict) and not isinstance(value, dict):
        raise ValidationError(_("%(name)s: %(value)s is no object.") % {"name": _name(setting), "value": repr(value)})
    return value


def _name(setting: Setting) -> str:
    return f"{setting.label} ({setting.name})"


def _choices(setting: Setting) -> str:
    return ", ".join(choice for choice, _ in setting.choices)
