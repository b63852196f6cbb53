"""What a person does to one direction of an integration: stop it, and let it go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from integrations.flows.sides import said, where
from integrations.models import Delivery, Integration, Side, State
from integrations.selectors import count_states
from integrations.services import sides as services
from portal.site import Done, Line, PersonAction, Plan, Reason, list_url, person
from portal.site.marks import thousands

STILL_ASKED = (State.ACCEPTED, State.IN_DOUBT)


def bound_for(integration: Integration, side: Side) -> QuerySet[Delivery]:
    """Deliveries of the integration that go to a side."""
    connection = integration.books_id if side == "books" else integration.partner_id
    return Delivery.objects.filter(tenant=integration.tenant_id, integration=integration, sink_connection=connection)


class _OfSide(PersonAction):
    many = False
    side: Side

    def row(self, rows: QuerySet[Integration]) -> Integration:
        return rows.select_related("books", "partner", "tenant").get()

    def line(self, label: str, integration: Integration, state: State, number: int, *, strong: bool = False) -> Line:
        connection = integration.books_id if self.side == "books" else integration.partner_id
        url = list_url(Delivery, integration=integration.pk, to=connection, state=state.value)
        return Line(label, thousands(number), url if number else "", strong)


class _Stop(_OfSide):
    """The kill switch of a direction."""

    danger = True
    form = Reason

    def offered(self, row: Integration) -> bool:
        return not row.why_stopped(self.side)

    def plan(self, request: HttpRequest, rows: QuerySet[Integration]) -> Plan:
        row = self.row(rows)
        states = count_states(bound_for(row, self.side).filter(state__in=[State.PENDING, State.SENDING, *STILL_ASKED]))
        there, asked = where(row, self.side), sum(states.get(s, 0) for s in STILL_ASKED)
        waiting, moving = states.get(State.PENDING, 0), states.get(State.SENDING, 0)
        lines = [
            self.line(_("Deliveries that wait until it is allowed again"), row, State.PENDING, waiting, strong=True),
            self.line(_("Being sent at this moment; these still go out"), row, State.SENDING, moving),
        ]
        if asked:
            lines.append(Line(_("Sent before; what became of them is still asked for, by reading"), thousands(asked)))
        return Plan(
            title=_("Stop what goes to %(there)s") % {"there": there},
            sentence=_(
                "%(row)s: nothing goes to %(there)s from now on, by any flow of this integration. "
                "Reading and capturing go on, and so does what goes the other way. Nothing is lost."
            )
            % {"row": row, "there": there},
            lines=tuple(lines),
            warning=_("%(row)s is switched off anyway.") % {"row": row} if not row.enabled else "",
            button=_("Stop what goes to %(there)s") % {"there": there},
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Integration], data: Mapping[str, Any]) -> Done:
        row = self.row(rows)
        services.stop_side(row, self.side, reason=data["reason"], actor=person(request))
        return Done(_("Nothing goes to %(where)s by %(row)s any more.") % {"where": where(row, self.side), "row": row})


class _Allow(_OfSide):
    """Lets a direction go on."""

    form = forms.Form

    def offered(self, row: Integration) -> bool:
        return bool(row.why_stopped(self.side))

    def plan(self, request: HttpRequest, rows: QuerySet[Integration]) -> Plan:
        row = self.row(rows)
        there, waiting = where(row, self.side), bound_for(row, self.side).filter(state=State.PENDING)
        off = Q(flow__enabled=False) | ~Q(flow__paused_reason="")
        whole = row.tenant.sending_stopped or not row.enabled
        number = waiting.count()
        held = number if whole else waiting.filter(off).count()
        lines = [self.line(_("Deliveries that have waited"), row, State.PENDING, number, strong=True)]
        if held:
            lines.append(Line(_("Of these still held by another switch"), thousands(held)))
        if row.tenant.sending_stopped:
            warning = _(
                "All sending of %(tenant)s is stopped as well: nothing goes out before that is allowed again."
            ) % {"tenant": row.tenant}
        else:
            warning = (
                ""
                if row.enabled
                else _("%(row)s is switched off as well: nothing goes out before it is on again.") % {"row": row}
            )
        return Plan(
            title=_("Allow what goes to %(there)s") % {"there": there},
            sentence=_("%(now)s. What has waited goes out, in its order.")
            % {"now": said(row, self.side) or _("%(row)s sends to %(there)s") % {"row": row, "there": there}},
            lines=tuple(lines),
            warning=warning,
            button=_("Allow what goes to %(there)s") % {"there": there},
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Integration], data: Mapping[str, Any]) -> Done:
        row = self.row(rows)
        services.allow_side(row, self.side, actor=person(request))
        return Done(
            _("%(row)s sends to %(where)s again; what has waited goes out in its order.")
            % {"row": row, "where": where(row, self.side)}
        )


class StopBooks(_Stop):
    name, label, side = "stop-books", "Stop writing into Visma.net", "books"


class AllowBooks(_Allow):
    name, label, side = "allow-books", "Allow writing into Visma.net", "books"


class StopPartner(_Stop):
    name, label, side = "stop-partner", "Stop sending to the partner", "partner"


class AllowPartner(_Allow):
    name, label, side = "allow-partner", "Allow sending to the partner", "partner"


SIDE_ACTIONS = (StopBooks, StopPartner, AllowBooks, AllowPartner)
