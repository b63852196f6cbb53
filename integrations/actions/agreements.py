"""What a person does when something is agreed with a trading partner: send what was not sent for want of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from edi.models import TradingPartner
from integrations.services import operations as services
from portal.common.language import spoken
from portal.site import Done, Line, Notice, PersonAction, Plan, Reason, page_link, person
from portal.site.marks import thousands


class SendUnagreed(PersonAction):
    """Has the documents sent that came to nothing before there was an agreement."""

    name, label, many = "send-unagreed", "Send what was not sent", False
    form = Reason

    def offered(self, row: TradingPartner) -> bool:
        return bool(services.unagreed(row))

    def plan(self, request: HttpRequest, rows: QuerySet[TradingPartner]) -> Plan:
        row = rows.get()
        found = services.unagreed(row)
        off = [str(one.flow) for one in found if not (one.flow.enabled and one.flow.integration.enabled)]
        names = ", ".join(dict.fromkeys(off))
        refusal = _("Switched off: %(names)s. Switch it on first.") % {"names": names} if off else ""
        return Plan(
            title=_("Send what was not sent to %(row)s") % {"row": row},
            sentence=_(
                "These documents were read before anything was agreed about them. Each is looked at "
                "once more, as the books say it now, and goes as any new document does. If the "
                "partner has one by another way, it gets it a second time."
            ),
            lines=tuple(Line(words_of(one), thousands(len(one.source_ids)), strong=True) for one in found),
            refusal=refusal if found else _("Nothing was kept from %(row)s for want of an agreement.") % {"row": row},
            button=_("Send them"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[TradingPartner], data: Mapping[str, Any]) -> Done:
        who = person(request)
        planned = services.ask_send_unagreed(rows.get(), reason=data["reason"], actor=who)
        made = [services.start(one, actor=who) for one in planned]
        links = format_html_join(", ", "{}", ((page_link(one),) for one in made))
        return Done(format_html(_("Workers send them: {}."), links))


def words_of(found: services.Unagreed) -> str:
    """As "850 live over Cleo, since 2026-05-03"."""
    agreed = found.agreement
    return _("%(set)s %(stream)s over %(network)s, since %(day)s") % {
        "set": agreed.set_id,
        "stream": spoken(agreed.stream),
        "network": agreed.network,
        "day": f"{found.since:%Y-%m-%d}",
    }


def unsent_notice(row: TradingPartner) -> list[Notice]:
    """That documents came to nothing before there was an agreement with this trading partner."""
    found = services.unagreed(row)
    if not found:
        return []
    count, since = sum(len(one.source_ids) for one in found), min(one.since for one in found)
    said = ngettext(
        "%(n)s document since %(since)s was not sent for want of this agreement:",
        "%(n)s documents since %(since)s were not sent for want of this agreement:",
        count,
    )
    return [
        Notice(
            kind="wait",
            sentence=said % {"n": thousands(count), "since": f"{since:%Y-%m-%d}"}
            + " "
            + "; ".join(f"{thousands(len(one.source_ids))} × {words_of(one)}" for one in found)
            + ".",
            remedy=_("“%(label)s” sends them, unless the partner got them by another way.")
            % {"label": spoken(SendUnagreed.label)},
        )
    ]
