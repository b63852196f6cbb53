"""What a person does when something is agreed with a trading partner: send what was not sent for want of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join

from edi.models import TradingPartner
from integrations.services import operations as services
from portal.site import Done, Line, Notice, PersonAction, Plan, Reason, page_link, person


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
        refusal = f"Switched off: {', '.join(dict.fromkeys(off))}. Switch it on first." if off else ""
        return Plan(
            title=f"Send what was not sent to {row}",
            sentence="These documents were read before anything was agreed about them. Each is looked at once more, as "
            "the books say it now, and goes as any new document does. If the partner has one by another way, it gets "
            "it a second time.",
            lines=tuple(Line(words_of(one), f"{len(one.source_ids):,}", strong=True) for one in found),
            refusal=refusal if found else f"Nothing was kept from {row} for want of an agreement.",
            button="Send them",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[TradingPartner], data: Mapping[str, Any]) -> Done:
        who = person(request)
        planned = services.ask_send_unagreed(rows.get(), reason=data["reason"], actor=who)
        made = [services.start(one, actor=who) for one in planned]
        links = format_html_join(", ", "{}", ((page_link(one),) for one in made))
        return Done("Workers send them: " + links)


def words_of(found: services.Unagreed) -> str:
    """As "850 live over Cleo, since 2026-05-03"."""
    agreed = found.agreement
    return f"{agreed.set_id} {agreed.stream} over {agreed.network}, since {found.since:%Y-%m-%d}"


def unsent_notice(row: TradingPartner) -> list[Notice]:
    """That documents came to nothing before there was an agreement with this trading partner."""
    found = services.unagreed(row)
    if not found:
        return []
    count, since = sum(len(one.source_ids) for one in found), min(one.since for one in found)
    counted, were = ("1 document", "was") if count == 1 else (f"{count:,} documents", "were")
    return [
        Notice(
            kind="wait",
            sentence=f"{counted} since {since:%Y-%m-%d} {were} not sent for want of this agreement: "
            + "; ".join(f"{len(one.source_ids):,} × {words_of(one)}" for one in found)
            + ".",
            remedy=f"“{SendUnagreed.label}” sends them, unless the partner got them by another way.",
        )
    ]
