"""No two integrations read the same account of a partner system: each would book what the other books.

Two may read different parts of one (subsidiaries), if only one of them writes there: what is sent is called by numbers
of the books, and two companies have the same numbers.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from integrations.flows.registry import flow_spec
from integrations.models import Connection, Flow, Integration
from integrations.systems.contract import Account
from integrations.systems.registry import system


def check_connection(row: Connection, settings: dict[str, Any], secrets: dict[str, Any]) -> None:
    """Raises ValidationError where these settings would have two integrations read the same."""
    if row._state.adding:
        return
    for one in Integration.objects.filter(partner=row, enabled=True):
        _check(one, _account(row.system, settings, secrets))


def check_integration(row: Integration) -> None:
    """Raises ValidationError where another integration that is switched on reads the same, or writes to the same
    account. Flows are judged as they are stored."""
    if row.enabled:
        _check(row, _account(row.partner.system, row.partner.settings, row.partner.secrets))


def _check(row: Integration, mine: Account | None) -> None:
    if mine is None or not all(mine.key):
        return
    others = Integration.objects.filter(
        tenant_id=row.tenant_id, partner__system=row.partner.system, enabled=True
    ).exclude(partner_id=row.partner_id)
    for other in others.select_related("partner", "books"):
        theirs = _account(other.partner.system, other.partner.settings, other.partner.secrets)
        if theirs is None or theirs.key != mine.key:
            continue
        if mine.overlaps(theirs):
            raise ValidationError(
                f"{other.partner} leads to the same account as {row.partner}, and {other} reads it: both would book "
                "the same payments. Choose another subsidiary in each of the two connections, or switch one of the "
                "integrations off."
            )
        if (one := _writes(row)) and (another := _writes(other)):
            raise ValidationError(
                f"{other} writes to the same account already ({', '.join(another)}): what {row} sends "
                f"({', '.join(one)}) has the same numbers and would take its place. Switch these flows off in one of "
                "the two."
            )


def _account(key: str, settings: dict[str, Any] | None, secrets: dict[str, Any] | None) -> Account | None:
    spec = system(key)
    return spec.account(settings or {}, secrets or {}) if spec.account is not None else None


def _writes(row: Integration) -> list[str]:
    """Flows that are on and send records of the books."""
    found = []
    for flow in Flow.objects.filter(integration=row, enabled=True).select_related("integration").order_by("key"):
        spec = flow_spec(flow.full_key)
        if spec.direction == "out" and not spec.keeps:
            found.append(flow.key)
    return found
