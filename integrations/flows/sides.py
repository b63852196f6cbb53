"""The two sides of an integration in words, and what is said where a person has stopped one of them."""

from __future__ import annotations

from django.utils.translation import gettext as _

from integrations.flows.contract import FlowSpec
from integrations.models import Integration, Side
from integrations.systems.registry import all_systems

SIDES: tuple[Side, ...] = ("books", "partner")


def where(integration: Integration, side: Side) -> str:
    """What the system at a side is called."""
    connection = integration.books if side == "books" else integration.partner
    known = all_systems().get(connection.system)
    return known.label if known else connection.system


def said(integration: Integration, side: Side) -> str:
    """That nothing goes to a side, and why; "" where it goes."""
    reason = integration.why_stopped(side)
    if not reason:
        return ""
    what = (
        _("Writing into %(system)s is stopped for %(integration)s: %(reason)s")
        if side == "books"
        else _("Sending to %(system)s is stopped for %(integration)s: %(reason)s")
    )
    return what % {"system": where(integration, side), "integration": integration, "reason": reason}


def sides_of(spec: FlowSpec) -> tuple[Side, ...]:
    """To which sides the deliveries of a flow go: mostly one, both where it also tells the one what it did at the
    other."""
    targets = {spec.target, *(operation.target for operation in spec.operations)}
    return tuple(side for side in SIDES if side in targets)
