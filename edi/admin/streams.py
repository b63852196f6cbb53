"""Switching a trading partner between test and live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from edi import services as edi
from edi.models import Agreement, TradingPartner
from portal.site import Done, Line, PersonAction, Plan, person


def _live(row: TradingPartner, *, active: bool) -> list[Agreement]:
    return list(Agreement.objects.filter(partner=row, stream="live", active=active).select_related("network"))


def _line(row: Agreement) -> Line:
    return Line(f"{row.set_id} {row.direction}", f"{row.sender} → {row.receiver} over {row.network}")


class PrepareLive(PersonAction):
    """Copies the test agreements."""

    name, label, many, superuser = "prepare-live", "Prepare live", False, True

    def offered(self, row: TradingPartner) -> bool:
        return bool(edi.missing_live(row))

    def plan(self, request: HttpRequest, rows: QuerySet[TradingPartner]) -> Plan:
        missing = edi.missing_live(rows.get())
        return Plan(
            title="Prepare the live agreements",
            sentence="The test agreements are copied for the live stream. The copies are off until you switch live on.",
            lines=tuple(_line(one) for one in missing),
            warning="Many partners have other ids for live: look at each copy before you switch live on.",
            refusal="" if missing else "There is a live agreement for every test agreement.",
            button=f"Make {len(missing)} agreements",
        )

    def perform(self, request: HttpRequest, rows: QuerySet[TradingPartner], data: Mapping[str, Any]) -> Done:
        made = edi.prepare_live(rows.get(), reason=data["reason"], actor=person(request))
        return Done(f"{len(made)} live agreements were made. They are off.")


class LiveOn(PersonAction):
    """Puts the live agreements in force."""

    name, label, many, superuser = "live-on", "Switch live on", False, True
    on = True

    def offered(self, row: TradingPartner) -> bool:
        return bool(_live(row, active=not self.on))

    def plan(self, request: HttpRequest, rows: QuerySet[TradingPartner]) -> Plan:
        found = _live(rows.get(), active=not self.on)
        return Plan(
            title=f"{self.label} for {rows.get()}",
            sentence="What the partner sends as live is taken from now on. What we send goes live where the "
            "integration's stream is live."
            if self.on
            else "What the partner sends as live is held from now on, and nothing goes to it as live.",
            lines=tuple(_line(one) for one in found),
            refusal="" if found else f"There is no live agreement that is {'off' if self.on else 'on'}.",
            button=self.label,
        )

    def perform(self, request: HttpRequest, rows: QuerySet[TradingPartner], data: Mapping[str, Any]) -> Done:
        count = edi.switch_live(rows.get(), on=self.on, reason=data["reason"], actor=person(request))
        return Done(f"{count} live agreements were switched {'on' if self.on else 'off'}.")


class LiveOff(LiveOn):
    """Puts the live agreements out of force."""

    name, label, danger = "live-off", "Switch live off", True
    on = False
