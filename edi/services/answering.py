"""Our answer to an interchange, as it is kept; and the CONTRL, which is the whole answer in EDIFACT."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

import msgspec
from django.db import transaction

from edi.edifact.control import build_contrl, is_about_form
from edi.edifact.writer import Header, OutgoingMessage, Seg, write_interchange
from edi.models import Agreement, ControlNumber, Direction, Interchange, TransactionSet
from edi.services import numbers
from edi.services.received import ExaminedEdifact, ReceivedInterchange
from edi.services.resolving import Ends
from portal.common.secrets import SealedBytesField

Policy = Agreement.AcknowledgmentPolicy
Intake = TransactionSet.Intake

HELD = frozenset({Intake.QUARANTINED, Intake.NUMBER_REUSED, Intake.UNAGREED})
"""What waits for a person is not answered."""

CONTRL = "CONTRL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An interchange of acknowledgments, ready to be sent byte for byte."""

    interchange: Interchange
    rows: tuple[TransactionSet, ...]
    """One for each 997 in it, one for the TA1; or one for the CONTRL."""
    body: bytes
    answers: Interchange
    """What was received."""

    @property
    def row(self) -> TransactionSet:
        """The set to which the delivery is tied."""
        return self.rows[0]


def keep_answer(
    row: Interchange, back: Ends, *, body: bytes, number: int, group: int | None, usage: str, now: dt.datetime
) -> Interchange:
    """Keeps the interchange that answers `row`, along the way `back`."""
    sent = Interchange.objects.create(
        tenant_id=row.tenant_id,
        network=row.network,
        direction=Direction.OUT,
        stream=row.stream,
        standard=back.standard,
        usage=usage,
        route=back.route,
        sender_id=back.sender_id,
        receiver_id=back.receiver_id,
        control_number=number,
        reference=f"{number:09d}" if back.standard == Agreement.Standard.EDIFACT else "",
        group_control_number=group,
        text=SealedBytesField.seal(body),
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        created_at=now,
    )
    sent.text = body  # what is created from sealed bytes holds them sealed
    return sent


def answer_in_edifact(received: ReceivedInterchange, *, now: dt.datetime) -> Answer | None:
    """The CONTRL for an interchange, kept with numbers of our own; None where none is to be sent: by the policy, while
    something in it is held, once it is answered, and for a CONTRL. Raises InvalidHeader."""
    item, row = received.examined, received.row
    if not isinstance(item, ExaminedEdifact):
        raise TypeError(f"{row} is no interchange in EDIFACT")
    agreement = next((one.row.agreement for one in received.sets if one.row.agreement is not None), item.answer_by)
    if agreement is None or not _is_wanted(agreement, item) or row.answered_by_id is not None:
        return None
    if row.sets.filter(intake__in=HELD).exists():
        return None
    segments = build_contrl(item.parsed, item.findings)
    if segments is None:
        return None
    with transaction.atomic():  # a text that cannot be written gives its numbers back
        return _write(received, item, agreement, segments, now=now)


def _is_wanted(agreement: Agreement, item: ExaminedEdifact) -> bool:
    match agreement.acknowledgment_policy:
        case Policy.ALWAYS:
            return True
        case Policy.ASKED:
            return item.parsed.asks_for_answer
        case Policy.ON_ERRORS:
            return any(is_about_form(finding) for finding in item.findings)
        case _:
            return False


def _write(
    received: ReceivedInterchange, item: ExaminedEdifact, agreement: Agreement, segments: list[Seg], *, now: dt.datetime
) -> Answer:
    row, back = received.row, item.ends.reversed()
    route = numbers.Route(network=row.network, route=back.route, stream=row.stream, direction=Direction.OUT)
    number = numbers.take(route, ControlNumber.Kind.INTERCHANGE)  # before the message's, as when documents are sent
    reference = numbers.take(route, ControlNumber.Kind.GROUP)
    message = OutgoingMessage(type=CONTRL, reference=str(reference), segments=segments)
    header = _header(agreement, back, is_test=row.stream != "live")
    body = write_interchange(header, [message], reference=f"{number:09d}", written_at=now).data
    usage = "1" if header.is_test else ""
    sent = keep_answer(row, back, body=body, number=number, group=reference, usage=usage, now=now)
    made = TransactionSet.objects.create(
        tenant_id=row.tenant_id,
        interchange=sent,
        agreement=agreement,
        partner=agreement.partner,
        set_id=CONTRL,
        group_control_number=reference,
        control_number=str(reference),
        business_number=row.reference,
        created_at=now,
    )
    row.answered_by = made
    row.save(update_fields=["answered_by"])
    row.sets.update(answered_by=made)
    for one in received.sets:
        one.row.answered_by = made
    return Answer(interchange=sent, rows=(made,), body=body, answers=row)


def _header(agreement: Agreement, back: Ends, *, is_test: bool) -> Header:
    """As the agreement writes, from the ids to which it was sent to those from which it came."""
    return msgspec.structs.replace(
        agreement.header(),
        sender=back.sender_id,
        sender_qualifier=back.sender_qualifier,
        receiver=back.receiver_id,
        receiver_qualifier=back.receiver_qualifier,
        is_test=is_test,
        acknowledgment_requested=False,
    )
