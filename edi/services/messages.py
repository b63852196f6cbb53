"""Receiving from networks that write the envelopes themselves (Orderful): one message, one document, no control numbers
of the partner's. Kept, checked and held like what comes in files."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Min

from edi.models import Acknowledgment, Direction, Interchange, Network, ReceivedFile, TransactionSet
from edi.services.received import Problem, ProblemKind
from edi.services.resolving import Directory, Resolution
from edi.services.responses import ANSWERED_BY, Answer, note_response
from edi.services.statements import Matched
from edi.services.texts import storable
from portal.audit import trail
from portal.common.secrets import SealedBytesField

Intake = TransactionSet.Intake


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a network handed over."""

    network_id: str
    """The network's own number of it. Other content under the same number is held."""
    data: bytes
    set_id: str = ""
    """As 856; "" where nobody can tell."""
    stream: str = ""
    sender_id: str = ""
    receiver_id: str = ""
    business_number: str = ""
    purpose: str = ""
    digest: str = ""
    """Over what it says, whatever brought it."""
    answer: Answer | None = None
    """What an order response says of an order of ours."""
    problem: str = ""
    """Why nothing may be made of it, in a sentence: then it is kept, and that is all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMessage:
    """A message with its rows. `row` is None where nothing may be made of it."""

    file: ReceivedFile
    row: TransactionSet | None = None
    is_duplicate: bool = False
    acknowledgments: tuple[Acknowledgment, ...] = ()
    problems: tuple[Problem, ...] = ()


def receive_message(network: Network, message: Message, *, now: dt.datetime) -> ReceivedMessage:
    """Keeps a message once, in one transaction, and notes what it says of documents of ours. Never raises for what it
    holds."""
    sha256 = hashlib.sha256(message.data).hexdigest()
    with transaction.atomic():
        # One after the other along a network: the same message may come by two ways at once.
        Network.objects.select_for_update().get(pk=network.pk)
        file, is_new = _keep_file(network, message, sha256, now=now)
        if message.problem:
            return _put_aside(file, message, is_new=is_new)
        known = Interchange.objects.filter(network=network, file__isnull=False, sha256=sha256).first()
        if known is not None:
            Interchange.objects.filter(pk=known.pk).update(times=F("times") + 1)
            return ReceivedMessage(file=file, row=known.sets.first(), is_duplicate=True)
        resolution = Directory(network).resolve_message(
            message.sender_id, message.receiver_id, message.set_id, stream=message.stream
        )
        row = _store(file, message, resolution, sha256=sha256, now=now)
        matched = Matched()
        if row.intake == Intake.TAKEN and row.set_id in ANSWERED_BY and message.answer is not None:
            note_response(row, message.answer, matched=matched, now=now)
        problems = (*_held(row, resolution), *matched.problems)
        if problems:
            file.problems = [problem.sentence for problem in problems]  # type: ignore[assignment]  # holds any JSON
            file.save(update_fields=["problems"])
    return ReceivedMessage(file=file, row=row, acknowledgments=tuple(matched.acknowledgments), problems=problems)


def _keep_file(network: Network, message: Message, sha256: str, *, now: dt.datetime) -> tuple[ReceivedFile, bool]:
    file, is_new = ReceivedFile.objects.get_or_create(
        network=network,
        sha256=sha256,
        defaults={
            "tenant_id": network.tenant_id,
            "name": storable(message.network_id, 255),
            "size": len(message.data),
            "interchange_count": 0 if message.problem else 1,
            "content": message.data if message.problem else None,
            "received_at": now,
            "last_received_at": now,
        },
    )
    if not is_new:
        ReceivedFile.objects.filter(pk=file.pk).update(times=F("times") + 1, last_received_at=now)
        file.refresh_from_db(fields=["times", "last_received_at"])
    return file, is_new


def _put_aside(file: ReceivedFile, message: Message, *, is_new: bool) -> ReceivedMessage:
    if not is_new:
        return ReceivedMessage(file=file, is_duplicate=True)
    file.problems = [message.problem]  # type: ignore[assignment]  # the field holds any JSON
    file.save(update_fields=["problems"])
    kind: ProblemKind = "quarantined" if message.set_id else "unreadable"
    return ReceivedMessage(file=file, problems=(Problem(kind=kind, sentence=message.problem),))


def _store(
    file: ReceivedFile, message: Message, resolution: Resolution, *, sha256: str, now: dt.datetime
) -> TransactionSet:
    network = file.network
    earlier = _same_number(network, message)
    is_held = earlier is not None and (resolution.agreement is None or resolution.agreement.unique_numbers)
    route = storable(f"{message.sender_id}/{message.receiver_id}", 80)
    interchange = Interchange.objects.create(
        tenant_id=network.tenant_id,
        network=network,
        direction=Direction.IN,
        stream=message.stream,
        route=route,
        sender_id=storable(message.sender_id, 15),
        receiver_id=storable(message.receiver_id, 15),
        text=SealedBytesField.seal(message.data),
        sha256=sha256,
        size=len(message.data),
        file=file,
        reuses=earlier.interchange if earlier is not None else None,
        created_at=now,
    )
    interchange.text = message.data  # what is created from sealed bytes holds them sealed
    repeated = TransactionSet.objects.filter(
        tenant_id=network.tenant_id,
        digest=message.digest,
        interchange__network=network,
        interchange__route=route,
        interchange__stream=message.stream,
        interchange__direction=Direction.IN,
    )
    intake = Intake.NUMBER_REUSED if is_held and resolution.intake == Intake.TAKEN else resolution.intake
    row = TransactionSet.objects.create(
        tenant_id=network.tenant_id,
        interchange=interchange,
        agreement=resolution.agreement,
        partner=resolution.partner,
        set_id=storable(message.set_id, 3),
        purpose=message.purpose[:12],
        business_number=storable(message.business_number, 100),
        network_id=storable(message.network_id, 100),
        intake=intake,
        digest=message.digest,
        repeats_id=repeated.aggregate(pk=Min("pk"))["pk"] if message.digest else None,
        created_at=now,
    )
    trail.record(
        trail.event(
            network.tenant_id,
            "interchange.received",
            f"{row} from {row.partner or message.sender_id} over {network}: {row.get_intake_display()}.",
            object_type="interchange",
            object_id=interchange.pk,
            business_number=row.business_number,
            details={"sha256": sha256, "network_id": message.network_id, "reuses": interchange.reuses_id},
        )
    )
    return row


def _same_number(network: Network, message: Message) -> TransactionSet | None:
    """The first message that came under the network's number."""
    return (
        TransactionSet.objects.filter(
            tenant_id=network.tenant_id,
            network_id=storable(message.network_id, 100),
            interchange__network=network,
            interchange__direction=Direction.IN,
        )
        .select_related("interchange")
        .order_by("pk")
        .first()
    )


def _held(row: TransactionSet, resolution: Resolution) -> list[Problem]:
    name = f"{row} from {row.partner or row.interchange.sender_id}"
    if row.intake == Intake.NUMBER_REUSED:
        sentence = (
            f"{name} came under {row.network_id}, the network's number of another document, with other content. It was "
            "not processed: ask which of the two counts, and receive it again if it is this one."
        )
        return [Problem(kind="number_reused", interchange=row.interchange, row=row, sentence=sentence)]
    if row.intake == Intake.TAKEN:
        return []
    kind: ProblemKind = "quarantined" if row.intake == Intake.QUARANTINED else "unagreed"
    return [Problem(kind=kind, interchange=row.interchange, row=row, sentence=f"{name}: {resolution.sentence}")]


def judge_message_again(row: TransactionSet) -> list[Problem]:
    """Judges a held message anew, by what is agreed now; a person who asks for it accepts a number that came before.
    Call it inside a transaction that holds the row."""
    came = row.interchange
    resolution = Directory(came.network).resolve_message(
        came.sender_id, came.receiver_id, row.set_id, stream=came.stream
    )
    row.agreement, row.partner, row.intake = resolution.agreement, resolution.partner, resolution.intake
    row.save(update_fields=["agreement", "partner", "intake"])
    return _held(row, resolution)
