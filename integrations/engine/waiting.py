"""Deliveries that need something at the other side first: a payment its invoice, a bill its vendor.

They stay pending and say what they wait for. Whoever makes the missing link wakes them; they also look for themselves
from time to time. After the deadline somebody is told, and they go on waiting: the link may still come.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from integrations.engine import dispatch, issues
from integrations.engine.outcome import set_state
from integrations.engine.replay import ReplayRefused
from integrations.flows.contract import Naming, Needs
from integrations.flows.registry import flow_spec
from integrations.models import Delivery, Link, State
from integrations.systems.contract import Unmappable
from portal.audit import trail
from portal.common.clock import db_now
from portal.tenants.models import User

JUST_NOW = dt.timedelta(seconds=10)
LOOK_SOON = dt.timedelta(seconds=1)
"""Where the object arrived just now, and what is needed of it is not there yet: it is about to be."""
LOOK_AGAIN = dt.timedelta(minutes=5)
DEADLINE = dt.timedelta(hours=24)


def wait(delivery: Delivery, missing: Needs, *, now: dt.datetime) -> None:
    """In memory, and with its issue once the deadline has passed: the delivery waits for a link."""
    first, patience = delivery.waits_for != missing.key, DEADLINE if missing.deadline is None else missing.deadline
    known = delivery.waits_for
    moved = _moved_meanwhile(delivery, missing)
    set_state(delivery, State.PENDING, now, reason=f"Waits for {missing.words}.")
    delivery.waits_for = missing.key
    if first:  # who wrote the link meanwhile could not see who waits: a second look, when that can be seen, is certain
        delivery.not_before = now
    else:
        delivery.not_before = now + (missing.again or (LOOK_SOON if moved else LOOK_AGAIN))
    if delivery.deadline is None or (first and known):  # after a pause it goes on waiting as long as before
        delivery.deadline = now + patience
    if delivery.deadline <= now:
        error = Unmappable(
            f"{delivery.business_number or 'The record'} has been waiting for {missing.words} since "
            f"{delivery.deadline - patience:%Y-%m-%d %H:%M} UTC.",
            remedy=missing.remedy,
        )
        issues.for_delivery(delivery, error, now=now, as_class="missing_link")


def _moved_meanwhile(delivery: Delivery, missing: Needs) -> bool:
    """Whether the object arrived while this delivery was being looked at: who wrote the link could not see yet who
    waits for it."""
    rows = Delivery.objects.filter(integration_id=delivery.integration_id, record__source_id=missing.source_id)
    return rows.filter(state=State.DELIVERED, since__gte=delivery.since - JUST_NOW).exists()


def say_what_it_is(delivery_id: int, *, target_id: str, actor: User | None, reason: str) -> Delivery:
    """A person names what a waiting delivery waits for: the link is written and the delivery goes on. Raises
    ReplayRefused for a delivery that waits for no link."""
    target_id = target_id.strip()
    if not target_id or not reason.strip():
        raise ReplayRefused("Say what it is, and how you know.")
    with transaction.atomic():
        rows = Delivery.objects.select_for_update(of=("self",)).select_related("flow__integration")
        delivery = rows.get(pk=delivery_id)
        entity, _, source_id = delivery.waits_for.partition(" ")
        if delivery.state != State.PENDING or not source_id:
            raise ReplayRefused(f"It is {delivery.get_state_display()} and waits for nothing that can be named.")
        target_id = _meant(delivery, target_id)
        now = db_now()
        Link.objects.update_or_create(
            integration_id=delivery.integration_id,
            entity=entity,
            source_id=source_id,
            defaults={
                "tenant_id": delivery.tenant_id,
                "target_id": target_id[:200],
                "one_to_one": False,
                "created_at": now,
            },
        )
        dispatch.wake_waiting(integration_id=delivery.integration_id, entity=entity, source_id=source_id, now=now)
        trail.record(
            trail.event(
                delivery.tenant_id,
                "link.named",
                f"{delivery.business_number}: {entity} {source_id} is {target_id}. {reason}",
                object_type="delivery",
                object_id=delivery.pk,
                business_number=delivery.business_number,
                actor=actor,
                actor_name="" if actor else "command line",
                details={"entity": entity, "source_id": source_id, "target_id": target_id},
            )
        )
    return delivery


def naming_of(delivery: Delivery) -> Naming | None:
    """How people name what a delivery waits for; None where they name it by its id."""
    entity = delivery.waits_for.partition(" ")[0]
    return flow_spec(delivery.flow.full_key).names.get(entity)


def _meant(delivery: Delivery, named: str) -> str:
    naming = naming_of(delivery)
    if naming is None:
        return named
    try:
        return naming.meant(delivery.flow, named)
    except Unmappable as error:
        raise ReplayRefused(f"{error.sentence} {error.remedy}".strip()) from error
