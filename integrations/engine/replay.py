"""Reopening what failed, and saying again what was said: always through the outbox, never by a side door."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Literal

from django.db import transaction

from integrations.engine import dispatch, issues, outcome
from integrations.engine.capture import operation_key
from integrations.flows.registry import flow_spec
from integrations.models import Delivery, Record, State
from portal.audit import trail
from portal.common.clock import db_now
from portal.tenants.models import User

Bytes = Literal["original", "current"]


class ReplayRefused(Exception):
    """Why this delivery cannot be replayed, as a sentence."""


def reopen(delivery_id: int, *, actor: User | None, content: Bytes = "current", reason: str = "") -> Delivery:
    """A failed delivery is tried again: the same delivery, a new attempt, the same operation key, so that nothing
    can be applied twice.

    `content`: "original" sends the frozen bytes again, "current" maps the record again (a refused document was
    certainly not applied). Of what is half done the frozen bytes go again, whatever is asked for: the part
    that was made is not made twice. Raises ReplayRefused.
    """
    with transaction.atomic():
        delivery = locked(delivery_id)
        if delivery.state != State.FAILED:
            raise ReplayRefused(_why_not_failed(delivery))
        now = db_now()
        if outcome.is_half_done(delivery):
            content = "original"
        if content == "current":
            outcome.thaw(delivery)
        delivery.transient_failures, delivery.crashes, delivery.base, delivery.deadline = 0, 0, {}, None
        outcome.set_state(delivery, State.PENDING, now, reason="A person asked for another try.")
        delivery.not_before = now
        delivery.save()
        audit(
            delivery,
            "delivery.replayed",
            f"{delivery.business_number}: tried again ({content} content). {reason}".strip(),
            actor,
        )
        dispatch.wake()
    return delivery


def force(delivery_id: int, *, actor: User | None, reason: str, content: Bytes = "current") -> Delivery:
    """Sends once more what was delivered already, as a new delivery that points to the original. The other side
    gets it a second time: that is what the person wants, and why a reason is asked for. The operations that follow it
    are made anew too. Raises ReplayRefused."""
    if not reason.strip():
        raise ReplayRefused("A forced replay sends the document a second time; say why.")
    with transaction.atomic():
        original = locked(delivery_id)
        check_closed(original)
        newest = newest_of(original)
        if newest.pk != original.record_id:
            raise ReplayRefused(
                f"The record has a newer version (captured {newest.captured_at:%Y-%m-%d %H:%M} UTC). "
                "Replay the delivery of that one."
            )
        now = db_now()
        copy, *further = copies(original, now)
        if content == "original" and original.frozen_id is not None:
            copy.frozen_id, copy.frozen_meta, copy.transaction_set_id = (
                original.frozen_id,
                original.frozen_meta,
                original.transaction_set_id,
            )
            copy.document_digest, copy.purpose = original.document_digest, original.purpose
            copy.edit_id = original.edit_id
        take_place(original, [copy, *further], reason=reason, now=now)
        audit(
            copy,
            "delivery.forced",
            f"{copy.business_number}: sent once more ({content} content) for delivery {original.pk}: {reason}",
            actor,
        )
        dispatch.wake()
    return copy


def check_closed(original: Delivery) -> None:
    """Raises ReplayRefused for a delivery that is under way or in doubt: nothing may be sent in its place yet."""
    if original.state not in (State.DELIVERED, State.NO_EFFECT, State.FAILED, State.SUPERSEDED, State.DISMISSED):
        raise ReplayRefused(f"It is {original.get_state_display()}; wait until that is settled.")


def newest_of(delivery: Delivery) -> Record:
    """The newest version of a delivery's record."""
    rows = Record.objects.filter(feed_id=delivery.record.feed_id, source_id=delivery.record.source_id, is_newest=True)
    return rows.first() or delivery.record


def copies(original: Delivery, now: dt.datetime) -> list[Delivery]:
    """New deliveries for an operation and all that follow it, not saved yet."""
    return [
        _copy(original, operation, now) for operation in flow_spec(original.flow.full_key).chain(original.operation)
    ]


def take_place(original: Delivery, made: list[Delivery], *, reason: str, now: dt.datetime) -> None:
    """Saves the new deliveries; one that failed gives way to them."""
    for delivery in made:
        delivery.save()
    if original.state == State.FAILED:  # it would hold the lane, and the copy wait behind it for ever
        outcome.set_state(original, State.SUPERSEDED, now, reason=f"Delivery {made[0].pk} took its place: {reason}")
        original.save()
        issues.resolve_if_settled(original.issue, original.reason, now=now, apart_from=original.pk)


def _copy(original: Delivery, operation: str, now: dt.datetime) -> Delivery:
    """A new delivery of the original's record, pending now, not saved yet."""
    integration = original.flow.integration
    target = flow_spec(original.flow.full_key).operation(operation).target
    return Delivery(
        tenant_id=original.tenant_id,
        integration_id=original.integration_id,
        flow_id=original.flow_id,
        sink_connection_id=integration.partner_id if target == "partner" else integration.books_id,
        record_id=original.record_id,
        replays=original,
        operation=operation,
        operation_key=operation_key(original.record, original.flow, 0, operation, nonce=secrets.token_hex(16)),
        lane=original.lane,
        rank=original.rank,
        business_number=original.business_number,
        source_modified_at=original.source_modified_at,
        state=State.PENDING,
        since=now,
        not_before=now,
        created_at=now,
    )


def dismiss(delivery_id: int, *, actor: User | None, reason: str) -> Delivery:
    """Closes a delivery that nobody will send. The lane goes on with the next. Raises ReplayRefused."""
    if not reason.strip():
        raise ReplayRefused("Say why it is dismissed.")
    with transaction.atomic():
        delivery = locked(delivery_id)
        if delivery.state not in (State.FAILED, State.WAITING, State.PENDING, State.IN_DOUBT):
            raise ReplayRefused(f"It is {delivery.get_state_display()}; there is nothing to dismiss.")
        now = db_now()
        outcome.set_state(delivery, State.DISMISSED, now, reason=reason)
        delivery.waits_for = ""
        delivery.fence += 1
        delivery.save()
        outcome.wake_those_who_wait_for(delivery, now)
        issues.resolve_if_settled(delivery.issue, f"Dismissed: {reason}", now=now, apart_from=delivery.pk)
        audit(delivery, "delivery.dismissed", f"{delivery.business_number}: {reason}", actor)
        dispatch.wake()
    return delivery


def locked(delivery_id: int) -> Delivery:
    return (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("record", "flow__integration", "issue", "edit")
        .get(pk=delivery_id)
    )


def _why_not_failed(delivery: Delivery) -> str:
    if delivery.state in (State.DELIVERED, State.NO_EFFECT):
        return (
            f"It is {delivery.get_state_display()} already: nothing is sent twice. "
            "To send it once more all the same, force it with a reason."
        )
    if delivery.state == State.IN_DOUBT:
        return "It is in doubt: first it must be known whether it arrived."
    if delivery.state in (State.SUPERSEDED, State.DISMISSED):
        return f"It is {delivery.get_state_display()}. To send it all the same, force it with a reason."
    return f"It is {delivery.get_state_display()} and will be sent by itself."


def audit(delivery: Delivery, action: str, summary: str, actor: User | None) -> None:
    trail.record(
        trail.event(
            delivery.tenant_id,
            action,
            summary,
            object_type="delivery",
            object_id=delivery.pk,
            business_number=delivery.business_number,
            actor=actor,
            actor_name="" if actor else "command line",
        )
    )
