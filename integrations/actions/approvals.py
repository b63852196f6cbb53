"""Saying yes or no to what waits for a person's approval. Both show first what would be written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.actions.deliveries import OnDeliveries, what_it_is
from integrations.models import Delivery, State
from integrations.selectors import asked_of
from integrations.services import deliveries as services
from portal.site import Done, Line, OptionalReason, Plan, Reason, Table, person
from portal.site.marks import thousands

LINES_SHOWN = 30
WAITING = Q(state=State.WAITING, waits_for=services.APPROVAL)


class Approve(OnDeliveries):
    """Lets go what waits for approval, exactly as it is shown."""

    name, label = "approve", "Approve"
    form = OptionalReason
    takes = (State.WAITING,)

    def offered(self, row: Delivery) -> bool:
        return services.waits_for_approval(row)

    def taken(self, rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
        return rows.filter(WAITING)

    def plan(self, request: HttpRequest, rows: QuerySet[Delivery]) -> Plan:
        mine = list(self.taken(rows).order_by("pk")[:LINES_SHOWN])
        lines = what_it_is(rows) if rows.count() == 1 else [Line(_("Chosen"), thousands(rows.count()))]
        lines += [Line(one.business_number, said) for one in mine for said in asked_of(one)]
        return Plan(
            title=_("Approve: let it be applied"),
            sentence=_(
                "It is applied as it is shown here. When the record has been changed since, so that "
                "something else would be written, you are asked again."
            ),
            lines=tuple(lines[:LINES_SHOWN]),
            refusal="" if mine else _("None of the chosen deliveries waits for approval."),
            button=_("Approve %(n)s") % {"n": thousands(len(mine))} if len(mine) > 1 else _("Approve"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Delivery], data: Mapping[str, Any]) -> Done:
        actor = person(request)
        many = services.each(
            self.ids(rows), lambda pk: services.approve(pk, actor=actor, reason=data.get("reason", ""))
        )
        return self.outcome(many, ngettext("%(n)s delivery approved.", "%(n)s deliveries approved.", many.done))


class Refuse(OnDeliveries):
    """Closes what waits for approval, or what could not be applied, and has the sender told so."""

    name, label, danger = "refuse", "Refuse", True
    form = Reason
    takes = (State.WAITING, State.FAILED)

    def offered(self, row: Delivery) -> bool:
        return services.may_be_refused(row)

    def plan(self, request: HttpRequest, rows: QuerySet[Delivery]) -> Plan:
        mine = [one for one in self.taken(rows).order_by("pk")[:LINES_SHOWN] if services.may_be_refused(one)]
        lines = what_it_is(rows) if rows.count() == 1 else [Line(_("Chosen"), thousands(rows.count()))]
        lines += [Line(one.business_number, said) for one in mine for said in asked_of(one)]
        return Plan(
            title=_("Refuse: it is not applied"),
            sentence=_(
                "Nothing is written. The sender is told that it was refused, where an answer is "
                "agreed with it. What comes after it goes on."
            ),
            lines=tuple(lines[:LINES_SHOWN]),
            refusal="" if mine else _("None of the chosen deliveries can be refused."),
            button=_("Refuse %(n)s") % {"n": thousands(len(mine))} if len(mine) > 1 else _("Refuse"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Delivery], data: Mapping[str, Any]) -> Done:
        actor = person(request)
        many = services.each(self.ids(rows), lambda pk: services.refuse(pk, actor=actor, reason=data["reason"]))
        return self.outcome(many, ngettext("%(n)s delivery refused.", "%(n)s deliveries refused.", many.done))


def asked(row: Delivery) -> list[Table]:
    """What a person is asked, or was asked and by whom it was decided."""
    approval = row.approval or {}
    if not approval.get("asks"):
        return []
    who = approval.get("by") or approval.get("refused_by") or ""
    title = (
        _("What waits for approval")
        if services.waits_for_approval(row)
        else _("What %(who)s decided about") % {"who": who or _("somebody")}
    )
    return [
        Table(
            title=title,
            headings=(_("Change"),),
            rows=[(line,) for line in asked_of(row)],
            empty="",
        )
    ]
