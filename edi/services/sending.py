"""Keeping what is sent."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping

from edi.edifact import reading as edifact
from edi.models import Agreement, Interchange, TransactionSet
from edi.services.noting import WHAT_IS_SAID, hold
from edi.services.numbers import ControlNumbers, route_of
from edi.x12.header import find_header
from portal.common.secrets import SealedBytesField

NEVER_ACKNOWLEDGED = frozenset({"997", "999", "TA1", "CONTRL"})
"""Acknowledgments: nobody answers them."""


_HEADER = 1_000
"""Bytes among which the header ends."""


class WrongEnvelope(Exception):
    """Bytes whose envelope is not that of the agreement they are sent by: test for live, or another number."""


def store_sent(
    agreement: Agreement,
    *,
    body: bytes,
    numbers: ControlNumbers | None,
    set_id: str,
    purpose: str,
    business_number: str,
    now: dt.datetime,
) -> TransactionSet:
    """Keeps an interchange that is about to be sent, with its one transaction set. `numbers` None: the network writes
    the envelope.

    Raises WrongEnvelope when the bytes are an interchange of the other stream (ISA15, UNB 0035) or carry another number
    (ISA13, UNB 0020): test data never goes out as live.
    """
    if numbers is not None:
        _check_envelope(agreement, body, numbers)
    interchange = Interchange.objects.create(
        tenant_id=agreement.tenant_id,
        network=agreement.network,
        direction=agreement.direction,
        stream=agreement.stream,
        standard=agreement.standard,
        usage=agreement.usage,
        route=route_of(agreement),
        sender_id=agreement.sender_id,
        receiver_id=agreement.receiver_id,
        control_number=numbers.interchange if numbers else None,
        reference=f"{numbers.interchange:09d}" if numbers and agreement.is_edifact else "",
        group_control_number=numbers.group if numbers else None,
        text=SealedBytesField.seal(body),
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        created_at=now,
    )
    interchange.text = body  # what is created from sealed bytes holds them sealed
    return TransactionSet.objects.create(
        tenant_id=agreement.tenant_id,
        interchange=interchange,
        agreement=agreement,
        partner=agreement.partner,
        set_id=set_id,
        group_control_number=numbers.group if numbers else None,
        control_number=_set_number(agreement, numbers),
        purpose=purpose,
        business_number=business_number,
        created_at=now,
    )


def _check_envelope(agreement: Agreement, body: bytes, numbers: ControlNumbers) -> None:
    """Nothing to check where the body is the JSON rendering of a set."""
    if agreement.is_edifact or edifact.looks_like_edifact(body):
        return _check_header(agreement, body, numbers)
    if not body.startswith(b"ISA"):
        return None
    found = find_header(body[:200].decode("latin-1"), 0)
    isa = found[1].isa if found is not None else None
    if isa is None or isa.get(15) != agreement.usage:
        usage = isa.get(15) if isa is not None else ""
        raise WrongEnvelope(
            f"The interchange says {usage or 'nothing'} in ISA15, but '{agreement}' is for the {agreement.stream} "
            f"stream ({agreement.usage}). It was not stored and is not sent."
        )
    if isa.get(13) != f"{numbers.interchange:09d}":
        raise WrongEnvelope(f"The interchange carries number {isa.get(13)} instead of {numbers.interchange:09d}.")
    return None


def _check_header(agreement: Agreement, body: bytes, numbers: ControlNumbers) -> None:
    found = edifact.find_header(edifact.decode_by_syntax(body[:_HEADER]).text)
    if found is None or not agreement.is_edifact:
        raise WrongEnvelope(f"What '{agreement}' sends is not written in {agreement.get_standard_display()}.")
    if found.test != ("" if agreement.usage == "P" else "1"):
        marked = f"says {found.test} in UNB 0035" if found.test else "is not marked as a test (UNB 0035)"
        raise WrongEnvelope(
            f"The interchange {marked}, but '{agreement}' is for the {agreement.stream} stream. It was not stored and "
            "is not sent."
        )
    if found.reference != f"{numbers.interchange:09d}":
        raise WrongEnvelope(f"The interchange carries number {found.reference} instead of {numbers.interchange:09d}.")


def _set_number(agreement: Agreement, numbers: ControlNumbers | None) -> str:
    """ST02, which begins anew in each interchange; or UNH 0062, which does not."""
    if numbers is None:
        return ""
    return str(numbers.group) if agreement.is_edifact else "0001"


def note_sent(sent: TransactionSet, *, network_id: str, status: Mapping[str, object], now: dt.datetime) -> None:
    """Notes that the network has the set: from now on its acknowledgment is awaited, where the agreement says so. An
    acknowledgment is never acknowledged, and one that came before this note stands. Call it in a transaction."""
    hold(sent)
    sent.network_id = network_id[:100] or sent.network_id
    sent.network_status = {**(sent.network_status or {}), **status}
    hours = sent.agreement.acknowledgment_hours if sent.agreement else 0
    expected = hours and sent.set_id not in NEVER_ACKNOWLEDGED
    if expected and sent.acknowledged == TransactionSet.Acknowledged.NOT_EXPECTED:
        sent.acknowledged = TransactionSet.Acknowledged.WAITING
        sent.acknowledgment_due_at = now + dt.timedelta(hours=hours)
    sent.save(update_fields=WHAT_IS_SAID)
