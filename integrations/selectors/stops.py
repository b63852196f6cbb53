"""What people have stopped, and why, in sentences: the sending of a tenant, or one direction of an integration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from integrations.engine.claim import side_not_stopped as side_not_stopped
from integrations.flows.registry import all_flows
from integrations.flows.sides import SIDES, said, sides_of, where
from integrations.models import Flow, Integration, Side
from portal.audit.models import AuditEvent
from portal.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Stop:
    """One direction of an integration that somebody has stopped."""

    integration: Integration
    side: Side
    reason: str

    @property
    def sentence(self) -> str:
        """What is stopped, and why."""
        return said(self.integration, self.side)

    @property
    def allow(self) -> str:
        """The action that lets it go on."""
        return f"allow-{self.side}"

    @property
    def label(self) -> str:
        """The same in a few words."""
        return _("nothing goes to %(system)s") % {"system": where(self.integration, self.side)}


def flow_stops(flow: Flow, tenant: Tenant) -> list[str]:
    """Which kill switches hold what a flow sends, as sentences: the tenant's, and those of the sides to which it goes.
    The flow's integration was read with its connections."""
    spec = all_flows().get(flow.full_key)
    found = [_("Sending is stopped for %(tenant)s.") % {"tenant": tenant}] if tenant.sending_stopped else []
    return found + [one for side in (sides_of(spec) if spec else ()) if (one := said(flow.integration, side))]


def stops(integrations: Iterable[Integration]) -> list[Stop]:
    """What is stopped of integrations whose connections were read with them."""
    return [Stop(row, side, row.why_stopped(side)) for row in integrations for side in SIDES if row.why_stopped(side)]


def stops_of(tenant: Tenant) -> list[Stop]:
    """What is stopped of a tenant's integrations."""
    return stops(_stopped().filter(tenant=tenant))


def all_stops() -> list[Stop]:
    """What is stopped in all tenants."""
    return stops(_stopped())


def _stopped() -> QuerySet[Integration]:
    rows = Integration.objects.exclude(books_stopped="", partner_stopped="").order_by("name")
    shown = ("tenant_id", "name", "key", "books_stopped", "partner_stopped", "books__system", "partner__system")
    return rows.select_related("books", "partner").only(*shown)


def why_tenant_stopped(tenant: Tenant) -> str:
    """What was said when all sending of the tenant was stopped, "" where it sends."""
    if not tenant.sending_stopped:
        return ""
    rows = AuditEvent.objects.filter(tenant=tenant, object_type="tenant", object_id=str(tenant.pk))
    told = rows.filter(action="tenant.sending_stopped").order_by("-pk").values_list("summary", flat=True)
    return told.first() or _("Nothing is sent for %(tenant)s.") % {"tenant": tenant}
