"""What a person does to operations: carry out, cancel, and send what one of them found to have never been sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _

from integrations.actions.numbers import numbers
from integrations.models import Operation
from integrations.services import operations as services
from portal.common.language import spoken
from portal.site import Done, Line, OptionalReason, PersonAction, Plan, Reason, page_link, person
from portal.site.marks import Kind, thousands

MARKS: dict[str, Kind] = {
    Operation.State.PLANNED: "wait",
    Operation.State.RUNNING: "move",
    Operation.State.DONE: "ok",
    Operation.State.FAILED: "bad",
    Operation.State.CANCELLED: "off",
}


class Start(PersonAction):
    """Has a planned operation carried out."""

    name, label, many = "start", "Carry it out", False
    form = OptionalReason

    def offered(self, row: Operation) -> bool:
        return row.state == Operation.State.PLANNED

    def plan(self, request: HttpRequest, rows: QuerySet[Operation]) -> Plan:
        row = rows.get()
        return Plan(
            title=_("Carry out: %(row)s") % {"row": row},
            sentence=_("%(about)s. Workers do it in slices; it can be cancelled at any time.")
            % {"about": services.about(row)},
            lines=tuple(numbers(row.plan)),
            refusal=""
            if self.offered(row)
            else _("It is %(state)s already.") % {"state": spoken(row.get_state_display())},
            button=_("Carry it out"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Operation], data: Mapping[str, Any]) -> Done:
        row = services.start(rows.get(), actor=person(request))
        return Done(_("%(row)s is running.") % {"row": row})


class Cancel(PersonAction):
    """Ends an operation before it is done."""

    name, label, danger = "cancel", "Cancel", True
    form = OptionalReason

    def offered(self, row: Operation) -> bool:
        return not row.ended

    def plan(self, request: HttpRequest, rows: QuerySet[Operation]) -> Plan:
        open_ones = [row for row in rows if not row.ended]
        lines = [Line(_("Operations"), thousands(len(open_ones)), strong=True)]
        lines += numbers(open_ones[0].progress) if len(open_ones) == 1 else []
        return Plan(
            title=_("Cancel"),
            sentence=_("Nothing more is begun for it. What it did so far stays done."),
            lines=tuple(lines),
            refusal="" if open_ones else _("It has ended already."),
            button=_("Cancel it"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Operation], data: Mapping[str, Any]) -> Done:
        open_ones = [row for row in rows if not row.ended]
        for row in open_ones:
            services.cancel(row, actor=person(request), reason=data["reason"])
        return Done(_("%(n)s cancelled.") % {"n": thousands(len(open_ones))})


class SendUnsent(PersonAction):
    """Has deliveries made for what a reconciliation found to have never been sent."""

    name, label, many = "send-unsent", "Send what was never sent", False
    form = Reason

    def offered(self, row: Operation) -> bool:
        return row.kind == Operation.Kind.RECONCILE and row.ended and bool(_never_sent(row))

    def plan(self, request: HttpRequest, rows: QuerySet[Operation]) -> Plan:
        row = rows.get()
        count, here = _never_sent(row), row.flow is not None and row.flow.enabled and row.flow.integration.enabled
        refusal = "" if here else _("The flow is switched off: switch it on first.")
        return Plan(
            title=_("Send what was never sent"),
            sentence=_(
                "%(about)s: these documents were read while the flow was off, or had a status that it "
                "did not take, and nobody ever sent them from here. Each is looked at once more and "
                "goes as any new document does. If somebody has sent one by another way, the other "
                "side gets it a second time."
            )
            % {"about": services.about(row)},
            lines=(Line(_("Documents"), thousands(count), strong=True),),
            refusal=refusal if count else _("It found nothing that was never sent."),
            button=_("Send them"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Operation], data: Mapping[str, Any]) -> Done:
        who = person(request)
        made = services.start(services.ask_send_unsent(rows.get(), reason=data["reason"], actor=who), actor=who)
        return Done(format_html(_("Workers send them: {}."), page_link(made)))


def _never_sent(row: Operation) -> int:
    return int(row.progress.get("summary", {}).get("never_sent", 0))
