"""Naming what a delivery waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.actions.deliveries import OnDeliveries
from integrations.flows.contract import Naming
from integrations.models import Delivery, State
from integrations.services import deliveries as services
from portal.site import Done, Line, Plan, Reason, person


class Suggested(forms.TextInput):
    """A text with some values to choose from; others may be entered."""

    def __init__(self, values: Sequence[tuple[str, str]]) -> None:
        super().__init__(attrs={"list": "suggested", "autocomplete": "off"})
        self.values = values

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        options = format_html_join("", '<option value="{}" label="{}"></option>', self.values)
        field = super().render(name, value, attrs, renderer)
        return format_html('{}<datalist id="suggested">{}</datalist>', field, options)


class NameForm(Reason):
    """What a delivery waits for is called at the other side."""

    target_id = forms.CharField(
        label=gettext_lazy("What it is in Visma.net"),
        max_length=200,
        help_text=gettext_lazy(
            "For a bill: type and number of the supplier invoice, as Invoice/000357; the word new "
            "to have the invoice made and released from the bill; or the word unapplied to book "
            "the payment without it. For a vendor: the supplier's number."
        ),
    )
    field_order = ("target_id", "reason")

    def __init__(self, data: Any = None, *, initial: Mapping[str, Any] | None = None) -> None:
        stated = dict(initial or {})
        naming: Naming | None = stated.pop("naming", None)
        values = stated.pop("values", ())
        super().__init__(data, initial=stated)
        if naming is not None:
            field = self.fields["target_id"]
            field.label, field.help_text, field.widget = naming.label, naming.help, Suggested(values)


class NameIt(OnDeliveries):
    """Says what a delivery waits for: the missing link."""

    name, label = "name-it", "Say what it is"
    form = NameForm
    takes = (State.PENDING,)

    def offered(self, row: Delivery) -> bool:
        return row.state == State.PENDING and " " in row.waits_for

    def taken(self, rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
        return super().taken(rows).filter(waits_for__contains=" ")

    def initial(self, rows: QuerySet[Delivery]) -> Mapping[str, Any]:
        row = self.taken(rows).select_related("flow__integration").first()
        naming = services.naming_of(row) if row is not None else None
        if row is None or naming is None:
            return {}
        return {"naming": naming, "values": naming.offered(row.flow)}

    def plan(self, request: HttpRequest, rows: QuerySet[Delivery]) -> Plan:
        waiting = list(self.taken(rows).values_list("reason", flat=True)[:2])
        return Plan(
            title=_("Say what it is"),
            sentence=_("The link is kept, and everything that waits for it goes on. Nothing is sent by this itself."),
            lines=tuple(Line(_("Now"), reason) for reason in waiting),
            refusal="" if len(waiting) == 1 else _("Choose one delivery that waits for something to be named."),
            button=_("Keep the link"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Delivery], data: Mapping[str, Any]) -> Done:
        many = services.each(
            self.ids(rows)[:1],
            lambda pk: services.say_what_it_is(
                pk, target_id=data["target_id"], actor=person(request), reason=data["reason"]
            ),
        )
        return self.outcome(many, ngettext("%(n)s delivery goes on.", "%(n)s deliveries go on.", many.done))
