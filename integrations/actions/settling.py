"""Settling deliveries by what a person saw at the other side, or did there by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.actions.deliveries import OnDeliveries
from integrations.models import Delivery, State
from integrations.services import deliveries as services
from integrations.services.deliveries import AT_ONCE
from portal.site import Done, Plan, Reason, Refused, person
from portal.site.marks import thousands


class SettleForm(Reason):
    """What a person saw at the other side, or did there."""

    arrived = forms.ChoiceField(
        label=gettext_lazy("What is true"),
        choices=(
            ("yes", gettext_lazy("It is there: it arrived, or was done there by hand")),
            ("no", gettext_lazy("It did not arrive: send it again, byte for byte")),
        ),
        widget=forms.RadioSelect,
    )
    number = forms.CharField(
        label=gettext_lazy("Its number there"),
        max_length=200,
        required=False,
        help_text=gettext_lazy(
            "As the other side calls it: a payment's number, or type and number of an invoice (Invoice/000357). Where "
            "the other side can be asked, it is looked at before it is believed."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("What you saw, and where"),
        max_length=300,
        widget=forms.TextInput(attrs={"size": 70}),
        help_text=gettext_lazy("Kept as the proof, with your name: there is no other."),
    )
    field_order = ("arrived", "number", "reason")


class Settle(OnDeliveries):
    """Says of deliveries in doubt whether they arrived, and of one that failed that it was done by hand."""

    name, label = "settle", "Settle"
    form = SettleForm
    takes = (State.IN_DOUBT, State.FAILED)

    def offered(self, row: Delivery) -> bool:
        return services.may_be_settled(row)

    def initial(self, rows: QuerySet[Delivery]) -> Mapping[str, Any]:
        return {} if rows.exclude(state=State.FAILED).exists() else {"arrived": "yes"}

    def plan(self, request: HttpRequest, rows: QuerySet[Delivery]) -> Plan:
        states, lines = self.lines(rows, _("Settled by what you saw"))
        doubt, failed = states.get(State.IN_DOUBT, 0), states.get(State.FAILED, 0)
        sentences = []
        if doubt or not failed:
            sentences.append(
                _(
                    "Look at the other side, by business number and by what the document says. What you "
                    "answer counts as the proof, and the machine stops asking."
                )
            )
        if failed:
            sentences.append(
                _(
                    "What failed and was done by hand at the other side is closed under its number there, as if it had "
                    "been sent: what comes after it goes on. To try it again instead, replay it."
                )
            )
        return Plan(
            title=_("Settle: did it arrive?") if doubt or not failed else _("Settle: it was done by hand"),
            sentence=" ".join(sentences),
            lines=tuple(lines),
            warning=_("If you say that it did not arrive although it did, the other side gets it twice.")
            if doubt
            else "",
            refusal="" if doubt or failed else _("None of the chosen deliveries is in doubt or has failed."),
            button=_("Settle %(n)s") % {"n": thousands(min(doubt + failed, AT_ONCE))},
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Delivery], data: Mapping[str, Any]) -> Done:
        actor, arrived, number = person(request), data["arrived"] == "yes", data["number"]
        ids = self.ids(rows)
        if number and len(ids) > 1:
            raise Refused(_("A number is of one delivery: choose that one alone."))
        many = services.each(
            ids,
            lambda pk: services.settle_by_person(
                pk, actor=actor, arrived=arrived, reason=data["reason"], number=number
            ),
        )
        return self.outcome(
            many,
            ngettext("%(n)s delivery settled as arrived.", "%(n)s deliveries settled as arrived.", many.done)
            if arrived
            else ngettext(
                "%(n)s delivery settled as not arrived, and sent again.",
                "%(n)s deliveries settled as not arrived, and sent again.",
                many.done,
            ),
        )
