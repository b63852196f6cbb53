"""A new trading partner, with what is agreed with it, in one step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from edi.models import Agreement, Direction, Network, PartnerNumber, Stream, TradingPartner
from portal.audit import trail
from portal.tenants.models import User

QUALIFIER = "ZZ"
"""Mutually defined (ISA05, ISA07): for ids that stand without one."""


def add_partner(
    *,
    name: str,
    company: str,
    number: str,
    entity: str,
    network: Network,
    ours: str,
    theirs: str,
    documents: Sequence[tuple[str, str]],
    settings: dict[str, Any],
    actor: User,
) -> TradingPartner:
    """Makes a trading partner that the books of `company` know by `number`, and a test agreement for each of
    `documents`, as (850, out). `ours` and `theirs` are interchange ids, as ZZ:NORDLOGISTIK or the id alone. Audited.

    Raises ValidationError with what is wrong: a number that is somebody else's, ids or settings that cannot be.
    """
    if not documents:
        raise ValidationError(_("Choose at least one document."))
    tenant = network.tenant
    taken = PartnerNumber.objects.select_related("partner").filter(
        tenant=tenant, company=company, entity=entity, number=number
    )
    other = taken.first()
    if other is not None:
        raise ValidationError(
            _("%(number)s belongs to %(partner)s already.") % {"number": number, "partner": other.partner}
        )
    with transaction.atomic():
        row = TradingPartner(tenant=tenant, key=_free_key(tenant.pk, name), name=name.strip())
        row.full_clean(exclude=["tenant"])
        row.save()
        PartnerNumber.objects.create(tenant=tenant, partner=row, company=company, entity=entity, number=number)
        for document, direction in documents:
            ends = (ours, theirs) if direction == Direction.OUT else (theirs, ours)
            (from_qualifier, from_id), (to_qualifier, to_id) = map(_end, ends)
            agreement = Agreement(
                tenant=tenant,
                partner=row,
                document_type=document,
                direction=direction,
                stream=Stream.TEST,
                network=network,
                sender_qualifier=from_qualifier,
                sender_id=from_id,
                receiver_qualifier=to_qualifier,
                receiver_id=to_id,
                settings=settings.get(document, {}),
            )
            agreement.full_clean(exclude=["tenant"])
            agreement.save()
        agreed = ", ".join(f"{document} {direction}" for document, direction in documents)
        trail.record(
            trail.event(
                tenant,
                "trading_partner.added",
                f"{row} ({entity} {number}) over {network}, test: {agreed}.",
                object_type="tradingpartner",
                object_id=row.pk,
                actor=actor,
            )
        )
    return row


def _end(stated: str) -> tuple[str, str]:
    """Qualifier and id."""
    before, sign, after = stated.strip().partition(":")
    return (before, after) if sign else (QUALIFIER, before)


def _free_key(tenant: int, name: str) -> str:
    base = slugify(name)[:40] or "partner"
    taken = set(TradingPartner.objects.filter(tenant=tenant, key__startswith=base).values_list("key", flat=True))
    return next(k for k in (base, *(f"{base}-{n}" for n in range(2, 10_000))) if k not in taken)
