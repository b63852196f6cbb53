"""Trading partners and the books: who has no supplier or customer number yet, and linking them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Max
from django.utils.translation import gettext as _

from edi.models import Agreement, PartnerNumber, TradingPartner, TransactionSet
from integrations.models import Connection, Record
from portal.audit import trail
from portal.tenants.models import Tenant, User

ENTITIES = {"suppliers": "supplier", "customers": "customer"}
"""Feeds of the books that name the companies, and what they are called."""
MOST_CHOICES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlinked:
    """A trading partner that no company's books know."""

    partner: TradingPartner
    networks: tuple[str, ...]
    ids: tuple[str, ...]
    """Its own ids, as ZZ:THEM."""
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Somebody who sends over a network and with whom nothing is agreed."""

    tenant: Tenant
    network: str
    sender_id: str
    set_id: str
    count: int
    last_at: dt.datetime
    newest: int
    """Id of the newest set."""


@dataclass(frozen=True, slots=True, order=True)
class Choice:
    """A supplier or customer of a company's books that no trading partner is linked to."""

    company: str
    entity: str
    number: str
    name: str


def unlinked_partners() -> list[Unlinked]:
    """Trading partners with agreements in force and without any number."""
    linked = PartnerNumber.objects.values("partner")
    agreed = Agreement.objects.filter(active=True).exclude(partner__in=linked)
    found: dict[int, list[Agreement]] = {}
    for one in agreed.select_related("partner__tenant", "network").order_by("partner__name", "pk"):
        found.setdefault(one.partner_id, []).append(one)
    return [_unlinked(agreements) for agreements in found.values()]


def _unlinked(agreements: list[Agreement]) -> Unlinked:
    ids = [a.receiver if a.direction == "out" else a.sender for a in agreements]
    return Unlinked(
        partner=agreements[0].partner,
        networks=_once(str(a.network) for a in agreements),
        ids=_once(ids),
        documents=_once(f"{a.set_id} {a.direction}" for a in agreements),
    )


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def strangers() -> list[Stranger]:
    """Who sent what nobody agreed on, by sender and document, the newest first."""
    tenants = {t.pk: t for t in Tenant.objects.all()}
    rows = (
        TransactionSet.objects.filter(tenant__in=list(tenants), intake=TransactionSet.Intake.UNAGREED, partner=None)
        .order_by()
        .values("tenant", "interchange__network__name", "interchange__sender_id", "set_id")
        .annotate(n=Count("pk"), last=Max("created_at"), newest=Max("pk"))
        .order_by("-newest")[:100]
    )
    return [
        Stranger(
            tenant=tenants[row["tenant"]],
            network=row["interchange__network__name"],
            sender_id=row["interchange__sender_id"],
            set_id=row["set_id"],
            count=row["n"],
            last_at=row["last"],
            newest=row["newest"],
        )
        for row in rows
    ]


def choices(tenant: Tenant) -> list[Choice]:
    """Suppliers and customers that the books' feeds brought and that no trading partner is linked to."""
    taken = set(PartnerNumber.objects.filter(tenant=tenant).values_list("company", "entity", "number"))
    records = (
        Record.objects.filter(tenant=tenant, feed__key__in=ENTITIES, is_newest=True)
        .exclude(business_number="")
        .select_related("feed__connection", "payload")
        .defer("feed__connection__secrets")
        .order_by("-pk")[:MOST_CHOICES]
    )
    found = []
    for record in records:
        company = str((record.feed.connection.settings or {}).get("company_id", ""))
        entity = ENTITIES[record.feed.key]
        if (company, entity, record.business_number) not in taken:
            found.append(Choice(company, entity, record.business_number, _name(record)))
    return sorted(found)


def companies(tenant: Tenant) -> list[tuple[str, str]]:
    """Company ids of the tenant's books, with the names of their connections."""
    rows = Connection.objects.filter(tenant=tenant, integrations_as_books__isnull=False).distinct().defer("secrets")
    found = {str((row.settings or {}).get("company_id", "")): row.name for row in rows}
    return sorted((company, f"{company} ({name})") for company, name in found.items() if company)


def _name(record: Record) -> str:
    """What the books call it, "" where the record does not say."""
    try:
        value = json.loads(bytes(record.payload.data or b"{}"))
    except ValueError:
        return ""
    name = value.get("name") if isinstance(value, dict) else None
    return str(name.get("value", "") if isinstance(name, dict) else name or "")


def link(partner: TradingPartner, *, company: str, entity: str, number: str, actor: User) -> PartnerNumber:
    """Says by which number a company's books know a trading partner. Audited.

    Raises ValidationError when the number is another's already, or something is missing.
    """
    row = PartnerNumber(
        tenant_id=partner.tenant_id, partner=partner, company=company.strip(), entity=entity, number=number.strip()
    )
    other = (
        PartnerNumber.objects.filter(tenant=partner.tenant_id, company=row.company, entity=entity, number=row.number)
        .select_related("partner")
        .first()
    )
    if other is not None:
        raise ValidationError(_("%(other)s is %(partner)s already.") % {"other": other, "partner": other.partner})
    row.full_clean(exclude=["tenant"])
    with transaction.atomic():
        row.save()
        trail.record(
            trail.event(
                partner.tenant_id,
                "trading_partner.linked",
                f"{partner} is {row}.",
                object_type="tradingpartner",
                object_id=partner.pk,
                actor=actor,
                details={"company": row.company, "entity": entity, "number": row.number},
            )
        )
    return row
