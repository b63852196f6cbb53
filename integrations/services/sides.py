"""The kill switch of one direction: what is written into Visma.net by an integration, or what goes to its partner."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from integrations.engine import dispatch
from integrations.flows.sides import where
from integrations.models import Integration, Side
from portal.audit import trail
from portal.tenants.models import User

LONGEST = 300
"""Of a reason."""


def stop_side(integration: Integration, side: Side, *, reason: str, actor: User | None, actor_name: str = "") -> None:
    """Nothing goes to that side by this integration until `allow_side`. Reading and capturing go on, and so does what
    goes the other way. Raises ValidationError without a reason."""
    said = reason.strip()[:LONGEST]
    if not said:
        raise ValidationError(_("Say why it is stopped."))
    summary = f"{integration}: nothing goes to {where(integration, side)} any more. {said}"
    _set(integration, side, said, "integration.stopped", summary, actor, actor_name)


def allow_side(integration: Integration, side: Side, *, actor: User | None, actor_name: str = "") -> None:
    """What has waited goes out, in its order."""
    summary = f"{integration} sends to {where(integration, side)} again."
    _set(integration, side, "", "integration.allowed", summary, actor, actor_name)


def _set(
    integration: Integration, side: Side, reason: str, action: str, summary: str, actor: User | None, actor_name: str
) -> None:
    with transaction.atomic():
        Integration.objects.filter(pk=integration.pk).update(**{f"{side}_stopped": reason})
        trail.record(
            trail.event(
                integration.tenant_id,
                action,
                summary,
                object_type="integration",
                object_id=integration.pk,
                actor=actor,
                actor_name=actor_name or ("" if actor else "command line"),
                details={"side": side},
            )
        )
        dispatch.wake()
