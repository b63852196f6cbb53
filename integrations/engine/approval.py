"""What waits for a person's yes: approving it, or refusing it. Both are audited with who and why."""

from __future__ import annotations

from django.db import transaction

from integrations.engine import dispatch, issues, outcome
from integrations.engine.replay import ReplayRefused
from integrations.flows.registry import flow_spec
from integrations.models import Delivery, State
from portal.audit import trail
from portal.common.clock import db_now
from portal.tenants.models import User


def waits_for_approval(delivery: Delivery) -> bool:
    """Whether a person is asked about it right now."""
    return bool(delivery.state == State.WAITING and delivery.waits_for == outcome.APPROVAL)


def approve(delivery_id: int, *, actor: User | None, reason: str = "") -> Delivery:
    """Lets it go, exactly as it was shown: when the target has changed since and it would write something else, it
    asks again. Raises ReplayRefused."""
    with transaction.atomic():
        delivery = _locked(delivery_id)
        if not waits_for_approval(delivery):
            raise ReplayRefused(f"It is {delivery.get_state_display()}, and nobody is asked about it.")
        now = db_now()
        said = f"Approved by {_name(actor)}.{f' {reason}' if reason else ''}"
        delivery.approval = {
            **delivery.approval,
            "approved": delivery.approval.get("digest", ""),
            "by": _name(actor),
            "at": now.isoformat(),
            "reason": reason[:300],
        }
        outcome.set_state(delivery, State.PENDING, now, reason=said)
        delivery.waits_for, delivery.not_before = "", now
        delivery.save()
        issues.resolve_if_settled(delivery.issue, said, now=now, apart_from=delivery.pk)
        _audit(delivery, "delivery.approved", said, actor)
        dispatch.wake()
    return delivery


def may_be_refused(delivery: Delivery) -> bool:
    """Whether a person can refuse it: what waits for approval, and what failed where the sender is told of a
    refusal."""
    try:
        known = flow_spec(delivery.flow.full_key).may_be_refused
    except KeyError:
        return False
    return waits_for_approval(delivery) or (known and delivery.state == State.FAILED)


def refuse(delivery_id: int, *, actor: User | None, reason: str) -> Delivery:
    """Closes it without writing anything; what comes after it in the lane goes on, and the sender is told where the
    flow answers. Raises ReplayRefused."""
    if not reason.strip():
        raise ReplayRefused("Say why it is refused: the trading partner may be told.")
    with transaction.atomic():
        delivery = _locked(delivery_id)
        if not may_be_refused(delivery):
            raise ReplayRefused(f"It is {delivery.get_state_display()}: it cannot be refused.")
        now = db_now()
        said = f"Refused by {_name(actor)}: {reason}"
        refusal = {"refused_by": _name(actor), "reason": reason[:300], "at": now.isoformat()}
        delivery.approval = {**delivery.approval, **refusal}
        outcome.set_state(delivery, State.DISMISSED, now, reason=said)
        delivery.waits_for = ""
        delivery.fence += 1
        delivery.save()
        issues.resolve_if_settled(delivery.issue, said, now=now, apart_from=delivery.pk)
        outcome.wake_those_who_wait_for(delivery, now)
        _audit(delivery, "delivery.refused", said, actor)
        dispatch.wake()
    return delivery


def _locked(delivery_id: int) -> Delivery:
    rows = Delivery.objects.select_for_update(of=("self",))
    return rows.select_related("record", "flow__integration", "issue").get(pk=delivery_id)


def _name(actor: User | None) -> str:
    return actor.get_username() if actor else "the command line"


def _audit(delivery: Delivery, action: str, said: str, actor: User | None) -> None:
    asked = [str(line) for line in delivery.approval.get("asks", [])]
    trail.record(
        trail.event(
            delivery.tenant_id,
            action,
            f"{delivery.business_number}: {said}",
            object_type="delivery",
            object_id=delivery.pk,
            business_number=delivery.business_number,
            actor=actor,
            actor_name="" if actor else "command line",
            details={"asked": asked[:50], "digest": delivery.approval.get("digest", "")},
        )
    )
