"""Actions that say what they will do, with numbers, before they do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy


class Refused(Exception):
    """Why an action cannot be done, as a sentence."""


class Reason(forms.Form):
    """Asks why. The reason is kept in the audit trail."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=300,
        widget=forms.TextInput(attrs={"size": 70}),
        help_text=gettext_lazy("Kept in the audit trail, with your name."),
    )


class OptionalReason(forms.Form):
    """Lets say why."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"size": 70}),
        help_text=gettext_lazy("Kept in the audit trail, with your name. May stay empty."),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plan: what, how many or which, and where the rows behind it are."""

    label: str
    value: object
    href: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an action will do."""

    title: str
    sentence: str
    lines: tuple[Line, ...] = ()
    warning: str = ""
    refusal: str = ""
    """Why it cannot be done; then there is no button."""
    button: str = "Do it"
    first: str = ""
    """Text of a second button that does it for the first row only; empty: none."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it."""

    message: str
    warning: str = ""


class PersonAction:
    """Something that a person does to rows of a list. Subclasses say what it is called, what it will do, and do it by
    a service."""

    name = ""
    """In addresses."""
    label = ""
    """On the button that leads to the plan."""
    many = True
    """Whether it is offered for several rows of a list."""
    confirm = True
    """Without, the button on the object's page does it at once: only where nothing can be lost by it."""
    danger = False
    superuser = False
    form: type[forms.Form] = Reason

    def offered(self, row: Any) -> bool:
        """Whether it makes sense for this row now: decides whether its page has the button."""
        return True

    def initial(self, rows: QuerySet[Any]) -> Mapping[str, Any]:
        """What the form begins with."""
        return {}

    def plan(self, request: HttpRequest, rows: QuerySet[Any]) -> Plan:
        raise NotImplementedError

    def perform(self, request: HttpRequest, rows: QuerySet[Any], data: Mapping[str, Any]) -> Done:
        """Does it. Raises Refused or ValidationError with a sentence."""
        raise NotImplementedError
