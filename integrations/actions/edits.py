"""Editing a document and sending it once more: the difference is kept, and nothing is made unless it can be sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.actions.deliveries import what_it_is
from integrations.models import Delivery, State
from integrations.services import deliveries as services
from integrations.services.deliveries import NotNewest, ReplayRefused
from portal.site import Done, Line, PersonAction, Plan, Reason, Refused, page_link, person

SHOWN = 20
"""Differences of two versions that are listed."""


class EditForm(Reason):
    """The document, as it shall be."""

    document = forms.CharField(
        label=gettext_lazy("The document"),
        widget=forms.Textarea(attrs={"rows": 30, "cols": 100, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Change the values. What you change is kept as the difference; the record stays as it came."
        ),
    )
    field_order = ("document", "reason")

    def clean_document(self) -> Any:
        try:
            return json.loads(self.cleaned_data["document"])
        except ValueError as error:
            raise forms.ValidationError(_("This is no JSON: %(error)s") % {"error": error}) from error


class EditAndReplay(PersonAction):
    """Sends a document once more as a person wants it."""

    name, label, many = "edit", "Edit and replay", False
    form = EditForm
    takes = (State.FAILED, State.DELIVERED, State.NO_EFFECT, State.DISMISSED)

    def offered(self, row: Delivery) -> bool:
        return row.state in self.takes

    def initial(self, rows: QuerySet[Delivery]) -> Mapping[str, Any]:
        try:
            shown = services.editable(rows.get().pk)
        except ReplayRefused:
            return {}
        return {"document": json.dumps(shown.document, indent=2, ensure_ascii=False)}

    def plan(self, request: HttpRequest, rows: QuerySet[Delivery]) -> Plan:
        row = rows.get()
        lines, refusal = what_it_is(rows), ""
        try:
            if request.method == "GET":
                services.open_for_editing(row, actor=person(request))
        except ReplayRefused as error:
            refusal = str(error)
        there = row.state == State.DELIVERED
        return Plan(
            title=_("Edit and replay"),
            sentence=_(
                "A new delivery is made that points to this one, with the difference, your name and "
                "why. It is checked first: what could not be sent is refused here. Only the newest "
                "version of a record can be edited."
            ),
            lines=tuple(lines),
            warning=_("The other side has it already, and gets what you change as a later version.") if there else "",
            refusal=refusal,
            button=_("Send it as edited"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Delivery], data: Mapping[str, Any]) -> Done:
        row = rows.get()
        try:
            made = services.edit_and_replay(
                row.pk, document=data["document"], actor=person(request), reason=data["reason"]
            )
        except NotNewest as refusal:
            where = ", ".join(refusal.differs[:SHOWN]) or _("nothing that a person could edit")
            raise Refused(
                _("%(refusal)s The two differ in: %(where)s.") % {"refusal": refusal, "where": where}
            ) from refusal
        except ReplayRefused as refusal:
            raise Refused(str(refusal)) from refusal
        return Done(format_html(_("It goes out as {}."), page_link(made, _("delivery %(pk)s") % {"pk": made.pk})))


def edit_lines(row: Delivery) -> list[Line]:
    """What a person changed in the document of a delivery: places, never values."""
    edit = row.edit
    if edit is None:
        return []
    places = ", ".join(dict.fromkeys(s["path"] for s in edit.patch if s["op"] != "test"))
    by = f"{edit.made_by_name}, {edit.created_at:%Y-%m-%d %H:%M} UTC: {edit.reason}"
    return [Line(_("Edited"), places), Line(_("Edited by"), by)]
