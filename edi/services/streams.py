"""Test and live: preparing a trading partner's live agreements, and switching them on and off."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from edi.models import Agreement, Stream, TradingPartner
from portal.audit import trail
from portal.tenants.models import User


def prepare_live(partner: TradingPartner, *, reason: str, actor: User) -> list[Agreement]:
    """Copies the test agreements in force that have no live one beside them. The copies are off: ids often differ, so
    somebody looks at them first. Audited. Raises ValidationError without a reason."""
    _ask(reason)
    made = []
    with transaction.atomic():
        for agreement in missing_live(partner):
            agreement.pk, agreement._state.adding = None, True
            agreement.stream, agreement.active = Stream.LIVE, False
            agreement.full_clean(exclude=["tenant"])
            agreement.save()
            made.append(agreement)
        _note(partner, "prepared", f"{len(made)} live agreements were prepared, switched off.", reason, actor)
    return made


def missing_live(partner: TradingPartner) -> list[Agreement]:
    """The test agreements in force that have no live one beside them."""
    rows = list(Agreement.objects.filter(partner=partner))
    live = {(a.document_type, a.direction) for a in rows if a.stream == Stream.LIVE}
    return [a for a in rows if a.active and a.stream == Stream.TEST and (a.document_type, a.direction) not in live]


def switch_live(partner: TradingPartner, *, on: bool, reason: str, actor: User) -> int:
    """Puts all live agreements of a partner in force, or out of it. Returns how many changed. Audited.

    Raises ValidationError without a reason, and where an agreement cannot be in force as it is.
    """
    _ask(reason)
    with transaction.atomic():
        rows = list(
            Agreement.objects.select_for_update().filter(partner=partner, stream=Stream.LIVE).exclude(active=on)
        )
        for row in rows:
            row.active = on
            row.full_clean(exclude=["tenant"])
            row.save(update_fields=["active"])
        word = "on" if on else "off"
        _note(partner, f"live_{word}", f"{len(rows)} live agreements were switched {word}.", reason, actor)
    return len(rows)


def _ask(reason: str) -> None:
    if not reason.strip():
        raise ValidationError(_("Say why."))


def _note(partner: TradingPartner, verb: str, what: str, reason: str, actor: User) -> None:
    trail.record(
        trail.event(
            partner.tenant_id,
            f"trading_partner.{verb}",
            f"{partner}: {what} {reason}",
            object_type="tradingpartner",
            object_id=partner.pk,
            actor=actor,
            details={"reason": reason},
        )
    )
