"""What a change by hand leaves behind, and what a row's page shows of it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models

from portal.audit import trail
from portal.audit.models import AuditEvent
from portal.site.marks import list_url
from portal.tenants.models import Tenant, User


def leave_trace(row: models.Model, verb: str, *, actor: User, changed: Iterable[str] = ()) -> None:
    """An audit event on a row of a tenant. Names the fields that changed, never their values: they could be secret."""
    tenant = row if isinstance(row, Tenant) else getattr(row, "tenant", None)
    if tenant is None:
        return
    name, fields = str(row._meta.verbose_name), list(changed)
    trail.record(
        trail.event(
            tenant,
            f"{row._meta.model_name!s}.{verb}",
            f"{name.capitalize()} {row}: {', '.join(fields) or verb}.",
            object_type=str(row._meta.model_name),
            object_id=row.pk,
            actor=actor,
            details={"changed": fields} if fields else {},
        )
    )


def trail_of(row: models.Model, *, last: int = 10) -> list[AuditEvent]:
    """The newest audit events on a row."""
    tenant = row.pk if isinstance(row, Tenant) else getattr(row, "tenant_id", None)
    if tenant is None or isinstance(row, AuditEvent):
        return []
    found = AuditEvent.objects.filter(tenant_id=tenant, object_type=str(row._meta.model_name), object_id=str(row.pk))
    return list(found.order_by("-id")[:last])


def trail_url(row: models.Model) -> str:
    tenant = row.pk if isinstance(row, Tenant) else getattr(row, "tenant_id", "")
    return list_url(AuditEvent, tenant=tenant, object_type=row._meta.model_name, object_id=row.pk)
