"""What people do to deliveries, one or many."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import transaction

from integrations.engine.approval import approve, may_be_refused, refuse, waits_for_approval
from integrations.engine.by_person import may_be_settled, settle_by_person
from integrations.engine.edit import Editable, NotNewest, edit_and_replay, editable
from integrations.engine.outcome import APPROVAL
from integrations.engine.replay import ReplayRefused, dismiss, force, reopen
from integrations.engine.waiting import naming_of, say_what_it_is
from integrations.models import Delivery
from portal.audit import trail
from portal.tenants.models import User

__all__ = [
    "APPROVAL",
    "AT_ONCE",
    "Editable",
    "Many",
    "NotNewest",
    "ReplayRefused",
    "approve",
    "dismiss",
    "each",
    "edit_and_replay",
    "editable",
    "force",
    "may_be_refused",
    "may_be_settled",
    "naming_of",
    "open_for_editing",
    "refuse",
    "reopen",
    "say_what_it_is",
    "settle_by_person",
    "waits_for_approval",
]

AT_ONCE = 500
"""Deliveries that one request does at most: each is a transaction of its own, and the page must answer."""


@dataclass(frozen=True, slots=True)
class Many:
    """What came of doing something to many deliveries."""

    done: int
    refused: tuple[str, ...]
    """A sentence for each that was refused, with its number."""


def each(delivery_ids: Iterable[int], do: Callable[[int], Delivery]) -> Many:
    """Does something to each delivery, one transaction each: what is refused does not stop its neighbours."""
    done, refused = 0, []
    for pk in delivery_ids:
        try:
            do(pk)
        except ReplayRefused as refusal:
            refused.append(f"Delivery {pk}: {refusal}")
        else:
            done += 1
    return Many(done, tuple(refused))


def open_for_editing(delivery: Delivery, *, actor: User) -> Editable:
    """The document as a person edits it, with personal and bank data: that they saw it stays in the audit trail. Raises
    ReplayRefused."""
    with transaction.atomic():
        shown = editable(delivery.pk)
        trail.record(
            trail.event(
                delivery.tenant_id,
                "delivery.revealed",
                f"delivery {delivery.business_number or delivery.pk}: its document was opened for editing",
                object_type="delivery",
                object_id=delivery.pk,
                business_number=delivery.business_number,
                actor=actor,
                details={"part": "document"},
            )
        )
    return shown
