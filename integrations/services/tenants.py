"""What people do to tenants."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from integrations.engine import dispatch
from portal.audit import trail
from portal.tenants.models import Tenant, User


def stop_sending(tenant: Tenant, *, reason: str, actor: User | None) -> None:
    """The kill switch: nothing is sent for the tenant until `allow_sending`. Reading and capturing go on."""
    if not reason.strip():
        raise ValidationError(_("Say why sending is stopped."))
    _set(
        tenant,
        stopped=True,
        action="tenant.sending_stopped",
        summary=f"Nothing is sent for {tenant}: {reason}",
        actor=actor,
    )


def allow_sending(tenant: Tenant, *, actor: User | None) -> None:
    _set(tenant, stopped=False, action="tenant.sending_allowed", summary=f"{tenant} sends again.", actor=actor)


def note_look(tenant: Tenant, *, reason: str, actor: User) -> None:
    """Staff begins to look at the tenant's portal. Raises ValidationError without a reason."""
    if not reason.strip():
        raise ValidationError(_("Say why you look at their portal."))
    _note(tenant, "tenant.looked_at", f"Support looks at the portal of {tenant}, as a viewer: {reason}", actor)


def note_look_ended(tenant: Tenant, *, actor: User) -> None:
    _note(tenant, "tenant.look_ended", f"Support does not look at the portal of {tenant} any more.", actor)


def _note(tenant: Tenant, action: str, summary: str, actor: User) -> None:
    with transaction.atomic():
        trail.record(trail.event(tenant, action, summary, object_type="tenant", object_id=tenant.pk, actor=actor))


def _set(tenant: Tenant, *, stopped: bool, action: str, summary: str, actor: User | None) -> None:
    with transaction.atomic():
        Tenant.objects.filter(pk=tenant.pk).update(sending_stopped=stopped)
        trail.record(trail.event(tenant, action, summary, object_type="tenant", object_id=tenant.pk, actor=actor))
        dispatch.wake()
