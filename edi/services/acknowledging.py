"""Answering what was received: a 997 for each functional group, and a TA1 where the sender asks for one; in EDIFACT a
CONTRL for each interchange."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from django.db import transaction

from edi.edifact.writer import InvalidHeader
from edi.models import Agreement, ControlNumber, Direction, Interchange, TransactionSet
from edi.services import numbers
from edi.services.answering import HELD, Answer, answer_in_edifact, keep_answer
from edi.services.received import ExaminedGroup, ExaminedX12, Problem, Received, ReceivedInterchange, ReceivedSet
from edi.services.resolving import Ends
from edi.services.texts import storable
from edi.x12.acknowledge import acknowledgment_version, build_997, is_ta1_requested
from edi.x12.envelope_spec import EnvelopeSpec
from edi.x12.errors import X12Error
from edi.x12.writer import OutgoingGroup, OutgoingSet, SegmentValues, write_interchange

Policy = Agreement.AcknowledgmentPolicy

_ACCEPTED = "A"
_GROUP_ID = "FA"


@dataclass(slots=True)
class Answers:
    """What is to be sent, and what could not be written."""

    answers: list[Answer] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """A 997 before it is written."""

    group: ExaminedGroup
    sets: tuple[ReceivedSet, ...]
    segments: list[SegmentValues]


def acknowledge(received: Received, *, now: dt.datetime) -> Answers:
    """Writes what is to be answered to what was received, by the policies of the agreements, with control numbers of
    our own. Call it in the transaction that stored it. Sending is the caller's business.

    Nothing is answered twice, nothing that is held, and never an acknowledgment.
    """
    found = Answers()
    # By route: two workers take the numbers of several routes in the same order.
    for interchange in sorted(received.interchanges, key=lambda i: (i.row.route, i.row.pk)):
        if interchange.is_duplicate:
            continue
        try:
            answer = _answer(interchange, now)
        except (X12Error, InvalidHeader) as error:
            sentence = f"Interchange {interchange.row} cannot be acknowledged: {error} Correct the agreement."
            found.problems.append(Problem(kind="answer", interchange=interchange.row, sentence=sentence))
            continue
        if answer is not None:
            found.answers.append(answer)
    return found


def answers_to(interchange: Interchange) -> list[Interchange]:
    """The interchanges in which a received one was answered, to be sent again as they are."""
    ids = set(interchange.sets.exclude(answered_by=None).values_list("answered_by__interchange", flat=True))
    if interchange.answered_by is not None:
        ids.add(interchange.answered_by.interchange_id)
    return list(Interchange.objects.filter(pk__in=ids).order_by("pk"))


def _answer(received: ReceivedInterchange, now: dt.datetime) -> Answer | None:
    item = received.examined
    if not isinstance(item, ExaminedX12):
        return answer_in_edifact(received, now=now)
    replies = _replies(received, item)
    agreement = _agreement(received, replies)
    if agreement is None:
        return None
    ta1 = _ta1(received, item, agreement)
    if ta1 is None and not replies:
        return None
    with transaction.atomic():  # a text that cannot be written gives its numbers back
        return _write(received, item, agreement, ta1=ta1, replies=replies, now=now)


def _agreement(received: ReceivedInterchange, replies: Sequence[_Reply]) -> Agreement | None:
    for reply in replies:
        agreement = reply.sets[0].row.agreement
        if agreement is not None:
            return agreement
    return received.examined.answer_by


def _ta1(received: ReceivedInterchange, item: ExaminedX12, agreement: Agreement) -> list[SegmentValues] | None:
    row = received.row
    is_wanted = is_ta1_requested(item.parsed) and bool(item.groups) and row.answered_by_id is None
    if not is_wanted or agreement.acknowledgment_policy == Policy.NEVER:
        return None
    if received.sets and all(one.row.intake in HELD for one in received.sets):
        return None
    if agreement.acknowledgment_policy == Policy.ON_ERRORS and item.ta1[4] == _ACCEPTED:
        return None
    return [list(item.ta1)]


def _replies(received: ReceivedInterchange, item: ExaminedX12) -> list[_Reply]:
    if item.is_refused and is_ta1_requested(item.parsed):
        return []  # the TA1 refuses all of it
    by_position = {one.examined.position: one for one in received.sets}
    replies = []
    for group in item.groups:
        sets = tuple(by_position[one.position] for one in group.sets if one.position in by_position)
        if not sets or any(one.row.intake in HELD or one.row.answered_by_id for one in sets):
            continue
        reply = _reply(group, sets)
        if reply is not None:
            replies.append(reply)
    return replies


def _reply(group: ExaminedGroup, sets: tuple[ReceivedSet, ...]) -> _Reply | None:
    agreement = sets[0].row.agreement
    if agreement is None or agreement.acknowledgment_policy == Policy.NEVER:
        return None
    if agreement.acknowledgment_policy == Policy.ON_ERRORS and group.verdict.code == _ACCEPTED:
        return None
    segments = build_997(group.group, list(group.findings), sets[0].examined.resolution.options)
    return None if segments is None else _Reply(group=group, sets=sets, segments=segments)


# --- writing


def _write(
    received: ReceivedInterchange,
    item: ExaminedX12,
    agreement: Agreement,
    *,
    ta1: list[SegmentValues] | None,
    replies: list[_Reply],
    now: dt.datetime,
) -> Answer:
    row, back = received.row, item.ends.reversed()
    route = numbers.Route(network=row.network, route=back.route, stream=row.stream, direction=Direction.OUT)
    number = numbers.take(route, ControlNumber.Kind.INTERCHANGE)  # before the group's, as when documents are sent
    by_version: dict[str, list[_Reply]] = {}
    for reply in replies:
        by_version.setdefault(acknowledgment_version(reply.group.group), []).append(reply)
    groups = [
        OutgoingGroup(
            control_number=numbers.take(route, ControlNumber.Kind.GROUP),
            version=version,
            functional_id=_GROUP_ID,
            sets=[
                OutgoingSet(set_id="997", control_number=f"{number:04d}", segments=reply.segments)
                for number, reply in enumerate(found, start=1)
            ],
        )
        for version, found in by_version.items()
    ]
    spec = _envelope(received, item, agreement, back=back, version=next(iter(by_version), ""))
    body = write_interchange(spec, groups, control_number=number, written_at=now, ta1=ta1 or ()).data
    group = groups[0].control_number if len(groups) == 1 else None
    sent = keep_answer(row, back, body=body, number=number, group=group, usage=spec.usage, now=now)
    rows = [_store_ta1(received, sent, agreement=agreement, now=now)] if ta1 else []
    for outgoing, found in zip(groups, by_version.values(), strict=True):
        for one, reply in zip(outgoing.sets, found, strict=True):
            rows.append(_store_997(sent, reply, outgoing=outgoing, one=one, position=len(rows) + 1, now=now))
    return Answer(interchange=sent, rows=tuple(rows), body=body, answers=row)


def _envelope(
    received: ReceivedInterchange, item: ExaminedX12, agreement: Agreement, *, back: Ends, version: str
) -> EnvelopeSpec:
    """As the agreement writes, from the ids to which it was sent to those from which it came."""
    written = agreement.envelope()
    gs = next((group.gs for group in item.parsed.groups if group.gs is not None), None)
    sender, receiver = (gs.get(3).strip(), gs.get(2).strip()) if gs is not None else ("", "")
    separators = written.separators
    isa12 = (version or written.version)[:5]
    return msgspec.structs.replace(
        written,
        sender_qualifier=back.sender_qualifier,
        sender_id=back.sender_id,
        receiver_qualifier=back.receiver_qualifier,
        receiver_id=back.receiver_id,
        group_sender=sender if 2 <= len(sender) <= 15 else "",
        group_receiver=receiver if 2 <= len(receiver) <= 15 else "",
        version=version or written.version,
        usage="P" if received.row.stream == "live" else "T",
        acknowledgment_requested=False,
        separators=msgspec.structs.replace(
            separators, repetition=agreement.repetition_separator if isa12 >= "00402" else ""
        ),
    )


def _store_ta1(
    received: ReceivedInterchange, sent: Interchange, *, agreement: Agreement, now: dt.datetime
) -> TransactionSet:
    row = received.row
    made = TransactionSet.objects.create(
        tenant_id=row.tenant_id,
        interchange=sent,
        agreement=agreement,
        partner=agreement.partner,
        set_id="TA1",
        business_number=f"{row.control_number:09d}" if row.control_number is not None else "",
        created_at=now,
    )
    row.answered_by = made
    row.save(update_fields=["answered_by"])
    return made


def _store_997(
    sent: Interchange, reply: _Reply, *, outgoing: OutgoingGroup, one: OutgoingSet, position: int, now: dt.datetime
) -> TransactionSet:
    first = reply.sets[0].row
    group = reply.group.group
    made = TransactionSet.objects.create(
        tenant_id=sent.tenant_id,
        interchange=sent,
        agreement=first.agreement,
        partner=first.partner,
        set_id="997",
        group_control_number=outgoing.control_number,
        control_number=one.control_number,
        position=position,
        business_number=storable(f"{group.functional_id} {group.control_number}", 100),
        created_at=now,
    )
    ids = [received.row.pk for received in reply.sets]
    for start in range(0, len(ids), 500):
        TransactionSet.objects.filter(pk__in=ids[start : start + 500]).update(answered_by=made)
    for received in reply.sets:
        received.row.answered_by = made
    return made
