"""Writing what there is as a configuration file. Secrets are left out: applying it again keeps them."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import yaml
from django_scopes import scopes_disabled

from edi.models import Agreement, TradingPartner
from integrations.engine.read import subscriptions_of
from integrations.models import Connection, Feed, Integration
from integrations.services.configuration.schema import (
    AgreementEntry,
    Configuration,
    ConnectionEntry,
    FeedEntry,
    FlowEntry,
    IntegrationEntry,
    Member,
    NumberEntry,
    PartnerEntry,
    TenantEntry,
)
from integrations.systems.registry import system
from portal.tenants.models import Membership, Tenant

SAME_NAMES = (
    "direction",
    "stream",
    "active",
    "version",
    "payload",
    "element_separator",
    "segment_terminator",
    "component_separator",
    "repetition_separator",
    "line_breaks",
    "separator_policy",
    "charset",
    "charset_policy",
    "versions",
    "acknowledgment_hours",
    "requests_ta1",
    "acknowledgment_policy",
    "unique_numbers",
)
"""Members of an agreement that are called as in the model."""


def export(tenants: list[Tenant] | None = None) -> str:
    """YAML of the given tenants, or of all."""
    with scopes_disabled():
        chosen = list(Tenant.objects.order_by("slug")) if tenants is None else tenants
        configuration = Configuration(tenants=[_tenant(t) for t in chosen])
    return yaml.safe_dump(msgspec.to_builtins(configuration), allow_unicode=True, sort_keys=False, width=140)


def _tenant(tenant: Tenant) -> TenantEntry:
    members = Membership.objects.filter(tenant=tenant).select_related("user").order_by("user__email")
    connections = Connection.objects.filter(tenant=tenant).order_by("key").defer("secrets")
    partners = (
        TradingPartner.objects.filter(tenant=tenant).prefetch_related("numbers", "agreements__network").order_by("key")
    )
    integrations = (
        Integration.objects.filter(tenant=tenant)
        .select_related("books", "partner")
        .prefetch_related("flows")
        .order_by("key")
    )
    return TenantEntry(
        slug=tenant.slug,
        name=tenant.name,
        time_zone=tenant.time_zone,
        retention=msgspec.convert(tenant.retention, Literal["short", "standard", "long"]),
        members=[
            msgspec.convert(
                {"email": m.user.email, "role": m.role, "name": m.user.get_full_name(), "staff": m.user.is_staff},
                Member,
            )
            for m in members
        ],
        connections=[
            ConnectionEntry(
                key=c.key, system=c.system, name=c.name, enabled=c.enabled, settings=c.settings, feeds=_feeds(c)
            )
            for c in connections
        ],
        trading_partners=[_partner(p) for p in partners],
        integrations=[_integration(i) for i in integrations],
    )


def _feeds(connection: Connection) -> dict[str, FeedEntry]:
    """The schedules of the feeds that flows take from."""
    spec = system(connection.system)
    rows = Feed.objects.filter(connection=connection, key__in=[f.key for f in spec.feeds]).order_by("key")
    return {
        row.key: msgspec.convert({"every_seconds": row.interval_seconds, **(row.schedule or {})}, FeedEntry)
        for row in rows
        if subscriptions_of(row, spec.feed(row.key))
    }


def _partner(partner: TradingPartner) -> PartnerEntry:
    numbers = sorted(partner.numbers.all(), key=lambda n: (n.company, n.entity, n.number))
    agreements = sorted(partner.agreements.all(), key=lambda a: (a.document_type, a.direction, a.stream, a.network.key))
    return PartnerEntry(
        key=partner.key,
        name=partner.name,
        note=partner.note,
        numbers=[NumberEntry(company=n.company, **{n.entity: n.number}) for n in numbers],
        agreements=[_agreement(a) for a in agreements],
    )


def _agreement(row: Agreement) -> AgreementEntry:
    values = {
        "document": row.document_type,
        "network": row.network.key,
        "sender": row.sender,
        "receiver": row.receiver,
        "group_sender": row.group_sender_id or None,
        "group_receiver": row.group_receiver_id or None,
        "standard": row.standard if row.is_edifact else None,
        "syntax": row.syntax if row.is_edifact else None,
        "service_characters": row.service_characters if row.is_edifact else None,
        "association": row.association or None,
        "guide": row.guide or None,
        "transport": row.transport or None,
        "partner_format": row.partner_format or None,
        "settings": row.settings or None,
    }
    return msgspec.convert({**{name: getattr(row, name) for name in SAME_NAMES}, **values}, AgreementEntry)


def _integration(row: Integration) -> IntegrationEntry:
    flows: dict[str, Any] = {f.key: FlowEntry(enabled=f.enabled, settings=f.settings) for f in row.flows.all()}
    return IntegrationEntry(
        key=row.key,
        visma=row.books.key,
        partner=row.partner.key,
        name=row.name,
        enabled=row.enabled,
        settings=row.settings,
        flows=dict(sorted(flows.items())),
    )
