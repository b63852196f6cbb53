"""What a person does to deliveries: replay, send once more, dismiss. Each says first what it will do, in
numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from integrations.actions.numbers import numbers
from integrations.models import Connection, Delivery, State
from integrations.selectors import calls_left_at, children_of, count_states, earlier_in_lane
from integrations.services import deliveries as services
from integrations.services import operations
from integrations.services.deliveries import AT_ONCE, Many
from integrations.services.operations import MOST_PER_MINUTE, PER_MINUTE, Options, Selection
from integrations.words import STATE_WORDS, flow_label, state_badge
from portal.common.language import spoken
from portal.site import (
    Done,
    Line,
    OptionalReason,
    PersonAction,
    Plan,
    Reason,
    Refused,
    ago,
    page_link,
    page_url,
    person,
)
from portal.site.marks import thousands
from portal.tenants.models import Tenant

CONTENT = (
    ("current", gettext_lazy("Mapped again from the captured record, with today's settings")),
    ("original", gettext_lazy("The same bytes as before")),
)
REFUSALS_SHOWN = 5
MOST_IDS = 20_000
"""Deliveries that one operation names."""


class ReplayForm(OptionalReason):
    """What is sent when a failed delivery is tried again."""

    content = forms.ChoiceField(
        label=gettext_lazy("What is sent"), choices=CONTENT, initial="current", widget=forms.RadioSelect
    )
    field_order = ("content", "reason")


class ForceForm(Reason):
    """What is sent a second time, and why."""

    content = forms.ChoiceField(
        label=gettext_lazy("What is sent"), choices=CONTENT, initial="current", widget=forms.RadioSelect
    )
    field_order = ("content", "reason")


class OnDeliveries(PersonAction):
    """Shared: which of the chosen deliveries it concerns, and numbers about them."""

    takes: tuple[State, ...] = ()

    def offered(self, row: Delivery) -> bool:
        return row.state in self.takes

    def taken(self, rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
        return rows.filter(state__in=self.takes)

    def ids(self, rows: QuerySet[Delivery]) -> list[int]:
        """The oldest first, and no more than one request can do."""
        return list(self.taken(rows).order_by("pk").values_list("pk", flat=True)[:AT_ONCE])

    def lines(self, rows: QuerySet[Delivery], verb: str) -> tuple[dict[str, int], list[Line]]:
        """Counts by state, and lines that say what is left alone and why."""
        states = count_states(rows)
        total, mine = sum(states.values()), sum(states.get(s, 0) for s in self.takes)
        lines = what_it_is(rows) if total == 1 else [Line(_("Chosen"), thousands(total))]
        lines.append(Line(verb, thousands(min(mine, AT_ONCE)), strong=True))
        if mine > AT_ONCE:
            lines.append(
                Line(
                    _("Left for the next time"),
                    _("%(n)s: at most %(most)s at once, oldest first")
                    % {"n": thousands(mine - AT_ONCE), "most": AT_ONCE},
                )
            )
        for state, number in sorted(states.items()):
            if state not in self.takes:
                lines.append(
                    Line(
                        _("Left alone: %(label)s") % {"label": STATE_WORDS[State(state)]},
                        f"{thousands(number)}. {spoken(WHY_NOT[State(state)])}",
                    )
                )
        return states, lines

    def outcome(self, many: Many, said: str) -> Done:
        """`said`: what became of `n` deliveries."""
        if not many.done and many.refused:
            raise Refused(" ".join(many.refused[:REFUSALS_SHOWN]))
        more = len(many.refused) - REFUSALS_SHOWN
        refused = " ".join(many.refused[:REFUSALS_SHOWN]) + (
            " " + _("And %(more)s more.") % {"more": more} if more > 0 else ""
        )
        return Done(said % {"n": thousands(many.done)}, refused)


WHY_NOT = {
    State.WAITING: gettext_noop("It goes by itself when what it waits for is there."),
    State.PENDING: gettext_noop("It goes by itself."),
    State.SENDING: gettext_noop("It is on its way."),
    State.ACCEPTED: gettext_noop("The other side has it; its verdict is awaited."),
    State.IN_DOUBT: gettext_noop("First it must be known whether it arrived: settle it."),
    State.DELIVERED: gettext_noop("It is there already: nothing is sent twice."),
    State.NO_EFFECT: gettext_noop("There was nothing to send."),
    State.FAILED: gettext_noop("It was refused."),
    State.SUPERSEDED: gettext_noop("A newer version took its place."),
    State.DISMISSED: gettext_noop("Somebody decided that it is not sent."),
}


class Replay(OnDeliveries):
    """Tries failed deliveries again: the same delivery, so that what was applied is not applied a second time."""

    name, label = "replay", "Replay"
    form = ReplayForm
    takes = (State.FAILED,)

    def plan(self, request: HttpRequest, rows: QuerySet[Delivery]) -> Plan:
        states, lines = self.lines(rows, _("Tried again"))
        failed = states.get(State.FAILED, 0)
        lines += calls_lines(rows)
        return Plan(
            title=_("Replay: try again what failed"),
            sentence=_(
                "Failed deliveries are tried again as the same deliveries: whatever the other side "
                "has already is not made there a second time. They go out in their order, as soon as "
                "a worker takes them."
            ),
            lines=tuple(lines),
            refusal="" if failed else _("None of the chosen deliveries has failed, so there is nothing to try again."),
            button=_("Try all %(n)s again") % {"n": thousands(min(failed, AT_ONCE))} if failed > 1 else _("Try again"),
            first=_("Try the oldest one first") if failed > 1 else "",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Delivery], data: Mapping[str, Any]) -> Done:
        actor = person(request)
        many = services.each(
            self.ids(rows),
            lambda pk: services.reopen(pk, actor=actor, content=data["content"], reason=data["reason"]),
        )
        return self.outcome(
            many, ngettext("%(n)s delivery will be tried again.", "%(n)s deliveries will be tried again.", many.done)
        )


class PacedForm(OptionalReason):
    """What is sent, and how fast."""

    content = forms.ChoiceField(
        label=gettext_lazy("What is sent"), choices=CONTENT, initial="current", widget=forms.RadioSelect
    )
    per_minute = forms.IntegerField(
        label=gettext_lazy("At most in a minute"),
        min_value=1,
        max_value=MOST_PER_MINUTE,
        initial=PER_MINUTE,
        help_text=gettext_lazy(
            "It also waits while little of a target's allowance of calls is left: what is new goes first."
        ),
    )
    field_order = ("content", "per_minute", "reason")


class ReplayMany(OnDeliveries):
    """Tries many again, at a pace: an operation, which workers carry out and which can be watched and cancelled."""

    name, label = "replay-many", "Replay at a pace"
    form = PacedForm
    takes = (State.FAILED,)

    def offered(self, row: Delivery) -> bool:
        return False

    def plan(self, request: HttpRequest, rows: QuerySet[Delivery]) -> Plan:
        tenants, ids = meant(rows)
        lines = [Line(_("Chosen"), thousands(len(ids)))]
        sent = 0
        for tenant in tenants:
            counted = operations.plan_replay(tenant.pk, Selection(ids=tuple(ids)), Options())
            sent += counted.would_be_sent
            name = f"{tenant}: " if len(tenants) > 1 else ""
            lines += [Line(f"{name}{line.label}", line.value) for line in numbers(counted.as_json())]
        lines += calls_lines(rows)
        return Plan(
            title=_("Replay at a pace: try again what failed"),
            sentence=_(
                "Workers reopen the failed ones as the same deliveries, oldest first, so that "
                "whatever the other side has already is not made there a second time. You can watch "
                "it and cancel it on the operation's page."
            ),
            lines=tuple(lines),
            refusal="" if sent else _("None of the chosen deliveries has failed, so there is nothing to try again."),
            button=_("Try %(sent)s again") % {"sent": thousands(sent)},
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Delivery], data: Mapping[str, Any]) -> Done:
        tenants, ids = meant(rows)
        options = Options(content=data["content"], per_minute=data["per_minute"])
        actor = person(request)
        made = [
            operations.start(
                operations.ask_replay(t, Selection(ids=tuple(ids)), options, reason=data["reason"], actor=actor),
                actor=actor,
            )
            for t in tenants
        ]
        links = format_html_join(", ", "{}", ((page_link(o),) for o in made))
        return Done(format_html(_("Workers carry it out: {}."), links))


def meant(rows: QuerySet[Delivery]) -> tuple[list[Tenant], list[int]]:
    """The chosen deliveries, as many as one operation names, and whose they are."""
    chosen = list(rows.order_by("pk").values_list("pk", "tenant_id")[:MOST_IDS])
    tenants = Tenant.objects.filter(pk__in={tenant for _, tenant in chosen}).order_by("name")
    return list(tenants), [pk for pk, _ in chosen]


class Force(OnDeliveries):
    """Sends documents a second time, as new deliveries that point to the originals."""

    name, label, danger = "force", "Send once more", True
    form = ForceForm
    takes = (State.DELIVERED, State.NO_EFFECT, State.FAILED, State.SUPERSEDED, State.DISMISSED)

    def offered(self, row: Delivery) -> bool:
        return row.state in self.takes and row.state != State.FAILED

    def plan(self, request: HttpRequest, rows: QuerySet[Delivery]) -> Plan:
        states, lines = self.lines(rows, _("Sent once more"))
        mine = sum(states.get(s, 0) for s in self.takes)
        there = states.get(State.DELIVERED, 0)
        lines += calls_lines(rows)
        return Plan(
            title=_("Send once more, although it was closed"),
            sentence=_(
                "A new delivery is made for each, which points to the original and goes the same way. "
                "Only the newest version of a record can be sent; older ones are refused."
            ),
            lines=tuple(lines),
            warning=_("The other side has %(there)s of them already and gets them a second time.")
            % {"there": thousands(there)}
            if there
            else "",
            refusal="" if mine else _("None of the chosen deliveries is closed."),
            button=_("Send %(n)s once more") % {"n": thousands(min(mine, AT_ONCE))},
            first=_("Send only the oldest one") if mine > 1 else "",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Delivery], data: Mapping[str, Any]) -> Done:
        actor = person(request)
        many = services.each(
            self.ids(rows),
            lambda pk: services.force(pk, actor=actor, content=data["content"], reason=data["reason"]),
        )
        return self.outcome(
            many,
            ngettext("%(n)s delivery will be sent once more.", "%(n)s deliveries will be sent once more.", many.done),
        )


class Dismiss(OnDeliveries):
    """Closes deliveries that nobody will send."""

    name, label, danger = "dismiss", "Dismiss", True
    form = Reason
    takes = (State.FAILED, State.WAITING, State.PENDING, State.IN_DOUBT)

    def plan(self, request: HttpRequest, rows: QuerySet[Delivery]) -> Plan:
        states, lines = self.lines(rows, _("Closed without being sent"))
        mine = sum(states.get(s, 0) for s in self.takes)
        doubt = states.get(State.IN_DOUBT, 0)
        behind = behind_in_lane(self.taken(rows))
        if behind:
            lines.append(Line(_("Wait behind them and go next"), thousands(behind)))
        lines += children_lines(self.taken(rows))
        return Plan(
            title=_("Dismiss: these are not sent"),
            sentence=_(
                "They are closed, and the next delivery of the same object goes on. Nothing is "
                "deleted, and the record stays."
            ),
            lines=tuple(lines),
            warning=_("%(doubt)s of them may have arrived. Settle those instead, if you can look.")
            % {"doubt": thousands(doubt)}
            if doubt
            else "",
            refusal="" if mine else _("None of the chosen deliveries is open."),
            button=_("Dismiss %(n)s") % {"n": thousands(min(mine, AT_ONCE))},
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Delivery], data: Mapping[str, Any]) -> Done:
        actor = person(request)
        many = services.each(self.ids(rows), lambda pk: services.dismiss(pk, actor=actor, reason=data["reason"]))
        said = ngettext("%(n)s delivery dismissed.", "%(n)s deliveries dismissed.", many.done)
        return self.outcome(many, said)


def what_it_is(rows: QuerySet[Delivery]) -> list[Line]:
    """Which delivery it is, where only one was chosen."""
    row = rows.get()
    said = _("%(number)s – %(flow)s to %(target)s") % {
        "number": row.business_number or f"#{row.pk}",
        "flow": flow_label(row.flow),
        "target": row.sink_connection.name,
    }
    lines = [
        Line(_("Delivery"), said, page_url(row)),
        Line(_("Now"), state_badge(row.state)),
        Line(_("Since"), ago(row.since)),
    ]
    return [*lines, Line(_("Why"), row.reason)] if row.reason else lines


def calls_lines(rows: QuerySet[Delivery]) -> list[Line]:
    """What is left of the allowance at each target of the deliveries."""
    targets = (
        Connection.objects.filter(pk__in=rows.order_by().values("sink_connection"))
        .select_related("tenant")
        .order_by("name")[:5]
    )
    lines = []
    for connection in targets:
        left = calls_left_at(connection)
        if left is not None and left.left is not None:
            lines.append(
                Line(
                    _("Calls left at %(connection)s") % {"connection": connection},
                    _("%(left)s of %(allowance)s")
                    % {"left": thousands(left.left), "allowance": thousands(left.allowance or 0)},
                )
            )
            if left.used_up_at is not None:
                lines.append(Line(_("At this pace"), left.forecast(connection.tenant.time_zone)))
        if left is not None and left.blocked_until is not None:
            lines.append(
                Line(
                    _("%(connection)s asked us to wait") % {"connection": connection},
                    _("until %(blocked_until)s UTC") % {"blocked_until": f"{left.blocked_until:%H:%M:%S}"},
                )
            )
    return lines


def behind_in_lane(rows: QuerySet[Delivery], *, looked_at: int = 50) -> int:
    """Open deliveries that wait behind the given ones; counted for the first of them, which is enough to warn."""
    waiting: set[int] = set()
    for row in rows.order_by("pk")[:looked_at]:
        lane = Delivery.objects.filter(integration_id=row.integration_id, lane=row.lane, pk__gt=row.pk)
        waiting |= set(lane.filter(state__in=[State.PENDING, State.WAITING]).values_list("pk", flat=True))
    return len(waiting)


def children_lines(rows: QuerySet[Delivery], *, looked_at: int = 50, shown: int = 10) -> list[Line]:
    """What waits for the objects that the given deliveries would make: it goes on waiting, and becomes an issue."""
    found: dict[int, Delivery] = {}
    chosen = Delivery.objects.filter(pk__in=rows.order_by().values("pk")).select_related("record", "flow__integration")
    for row in chosen.order_by("pk")[:looked_at]:
        found |= {child.pk: child for child in children_of(row)[: shown + 1]}
    lines = [
        Line(
            _("Waits for it, and goes on waiting"),
            f"{c.business_number or '#' + str(c.pk)} – {flow_label(c.flow)}",
            page_url(c),
        )
        for c in list(found.values())[:shown]
    ]
    return [*lines, Line("", _("and more"))] if len(found) > shown else lines


def ahead(row: Delivery) -> list[Delivery]:
    """What must be over before this one goes."""
    return list(earlier_in_lane(row)[:5])
