"""What a person does to one direction of an integration: stop it, and let it go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from integrations.flows.sides import said, where
from integrations.models import Delivery, Integration, Side, State
from integrations.selectors import count_states
from integrations.services import sides as services
from portal.site import Done, Line, PersonAction, Plan, Reason, list_url, person

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
        return Line(label, f"{number:,}", url if number else "", strong)


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
            self.line("Deliveries that wait until it is allowed again", row, State.PENDING, waiting, strong=True),
            self.line("Being sent at this moment; these still go out", row, State.SENDING, moving),
        ]
        if asked:
            lines.append(Line("Sent before; what became of them is still asked for, by reading", f"{asked:,}"))
        return Plan(
            title=f"Stop what goes to {there}",
            sentence=f"{row}: nothing goes to {there} from now on, by any flow of this integration. Reading and "
            f"capturing go on, and so does what goes the other way. Nothing is lost.",
            lines=tuple(lines),
            warning=f"{row} is switched off anyway." if not row.enabled else "",
            button=f"Stop what goes to {there}",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Integration], data: Mapping[str, Any]) -> Done:
        row = self.row(rows)
        services.stop_side(row, self.side, reason=data["reason"], actor=person(request))
        return Done(f"Nothing goes to {where(row, self.side)} by {row} any more.")


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
        lines = [self.line("Deliveries that have waited", row, State.PENDING, number, strong=True)]
        if held:
            lines.append(Line("Of these still held by another switch", f"{held:,}"))
        if row.tenant.sending_stopped:
            warning = f"All sending of {row.tenant} is stopped as well: nothing goes out before that is allowed again."
        else:
            warning = "" if row.enabled else f"{row} is switched off as well: nothing goes out before it is on again."
        return Plan(
            title=f"Allow what goes to {there}",
            sentence=f"{said(row, self.side) or f'{row} sends to {there}'}. What has waited goes out, in its order.",
            lines=tuple(lines),
            warning=warning,
            button=f"Allow what goes to {there}",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Integration], data: Mapping[str, Any]) -> Done:
        row = self.row(rows)
        services.allow_side(row, self.side, actor=person(request))
        return Done(f"{row} sends to {where(row, self.side)} again; what has waited goes out in its order.")


class StopBooks(_Stop):
    name, label, side = "stop-books", "Stop writing into Visma.net", "books"


class AllowBooks(_Allow):
    name, label, side = "allow-books", "Allow writing into Visma.net", "books"


class StopPartner(_Stop):
    name, label, side = "stop-partner", "Stop sending to the partner", "partner"


class AllowPartner(_Allow):
    name, label, side = "allow-partner", "Allow sending to the partner", "partner"


SIDE_ACTIONS = (StopBooks, StopPartner, AllowBooks, AllowPartner)
