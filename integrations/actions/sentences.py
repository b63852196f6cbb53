"""What a delivery's state means, and what to do about it, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from integrations.models import Delivery, Issue, State
from integrations.selectors import why_not_sent
from portal.common.language import spoken
from portal.site import Notice, ago
from portal.site.marks import due


def said_of(row: Delivery, who_acts: Mapping[Issue.Who, str]) -> list[Notice]:
    """What the state means now, and what to do about it. `who_acts`: how those who act are called to who reads it."""
    issue = row.issue
    remedy = issue.remedy if issue is not None else ""
    who = _("Who acts: %(who)s.") % {"who": who_acts[Issue.Who(issue.who)]} if issue is not None else ""
    match row.state:
        case State.FAILED:
            advice = " ".join(
                (remedy, who, _("When it is corrected, press Replay; if it is not to be sent, press Dismiss."))
            )
            return [Notice(kind="bad", sentence=row.reason or _("It was refused."), remedy=advice.strip())]
        case State.IN_DOUBT:
            asked = format_html(_("It is looked for again {}."), due(row.not_before))
            sentence = " ".join((_("Nobody knows whether it arrived."), row.reason))
            advice = format_html(
                _("{} If you can see it at the other side, or that it is not there: press Settle. {}"), asked, remedy
            )
            return [Notice(kind="doubt", sentence=sentence, remedy=advice)]
        case State.WAITING | State.PENDING:
            reasons = why_not_sent(row)
            if not reasons:
                return [Notice(kind="wait", sentence=_("It is due: the next free worker takes it."), remedy=row.reason)]
            until = format_html(" " + _("It is given up as an issue {}."), ago(row.deadline)) if row.deadline else ""
            listed = format_html_join(" ", "{}", ((r,) for r in reasons))
            return [
                Notice(
                    kind="wait",
                    sentence=_("Why it has not gone yet"),
                    remedy=format_html("{}{} {}", listed, until, row.reason),
                )
            ]
        case State.SENDING:
            return [
                Notice(
                    kind="move", sentence=_("%(worker)s is sending it now.") % {"worker": row.worker or _("A worker")}
                )
            ]
        case State.ACCEPTED:
            text = format_html(
                _("Its verdict is asked for again {}; without one it is in doubt {}."),
                due(row.not_before),
                ago(row.deadline),
            )
            return [Notice(kind="move", sentence=_("The other side has it and is checking it."), remedy=text)]
        case State.NO_EFFECT:
            return [Notice(kind="ok", sentence=_("There was nothing to send."), remedy=row.reason)]
        case State.SUPERSEDED | State.DISMISSED:
            return [Notice(kind="off", sentence=row.reason or spoken(row.get_state_display()))]
        case _:
            return []
