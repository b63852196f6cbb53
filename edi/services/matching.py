"""What trading partners say about what we sent: 997, 999, TA1, 855 and 865, CONTRL and ORDRSP, matched with the sets
they are about."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from edi.models import Direction, TransactionSet
from edi.services.control import match_control
from edi.services.received import (
    ExaminedMessage,
    ExaminedTset,
    ExaminedX12,
    ReceivedInterchange,
    as_number,
)
from edi.services.resolving import ACKNOWLEDGMENTS
from edi.services.responses import ANSWERED_BY, match_response
from edi.services.statements import VERDICTS, Acknowledged, Kind, Matched, Said, apply_verdict, unmatched
from edi.x12.acknowledge import GroupAcknowledgment, SetAcknowledgment, read_acknowledgment, read_ta1
from edi.x12.errors import NotAnAcknowledgment
from edi.x12.functional_ids import FUNCTIONAL_IDS
from edi.x12.segments import Segment

_SENTENCES = 50


def match(received: ReceivedInterchange, *, now: dt.datetime) -> Matched:
    """Notes what a stored interchange says about sets of ours. Call it in the transaction that stored it; a duplicate
    says nothing new."""
    matched = Matched()
    if received.is_duplicate:
        return matched
    item = received.examined
    if isinstance(item, ExaminedX12) and _takes_ta1(received):
        for segment in item.parsed.ta1:
            _match_ta1(received, segment, matched=matched, now=now)
    for one in received.sets:
        if not one.is_taken:
            continue
        if isinstance(one.examined, ExaminedMessage) and one.row.set_id in ACKNOWLEDGMENTS:
            match_control(received, one.row, one.examined.message, matched=matched, now=now)
        elif isinstance(one.examined, ExaminedTset) and one.row.set_id in ACKNOWLEDGMENTS:
            _match_group(received, one.row, one.examined, matched=matched, now=now)
        elif one.row.set_id in ANSWERED_BY:
            match_response(one, matched=matched, now=now)
    return matched


# --- TA1


def _takes_ta1(received: ReceivedInterchange) -> bool:
    """TA1 stand in no set whose state would tell whether they were noted already."""
    if received.examined.is_refused or received.is_number_held:
        return False
    return not received.is_again or received.row.reuses_id is not None


def _match_ta1(received: ReceivedInterchange, segment: Segment, *, matched: Matched, now: dt.datetime) -> None:
    answer = read_ta1(segment)
    number = as_number(answer.control_number)
    said = Said(
        kind=Kind.INTERCHANGE,
        code=answer.code,
        named=answer.control_number,
        sentences=(answer.sentence,),
        interchange=received.row,
    )
    ours = _sorted(_ours(received).filter(interchange__control_number=number)) if number is not None else []
    if not ours:
        unmatched(said, matched, now=now, why=f"No interchange {answer.control_number} was sent along this way.")
    for row in ours:
        # A TA1 speaks of the envelope: accepting it does not accept what is inside, refusing it does refuse that.
        verdict = Acknowledged.REJECTED if VERDICTS.get(answer.code) == Acknowledged.REJECTED else None
        apply_verdict(row, said, verdict=verdict, matched=matched, now=now, is_envelope=answer.is_accepted)


# --- 997 and 999


def _match_group(
    received: ReceivedInterchange, carrier: TransactionSet, one: ExaminedTset, *, matched: Matched, now: dt.datetime
) -> None:
    kind = Kind(carrier.set_id)
    try:
        answer = read_acknowledgment(one.tset)
    except NotAnAcknowledgment as error:
        said = Said(kind=kind, code="", named="", sentences=(str(error),), interchange=received.row, carrier=carrier)
        return unmatched(said, matched, now=now, why="It names nothing.")
    number = as_number(answer.group_control)
    ours = _sorted(_ours(received).filter(group_control_number=number)) if number is not None else []
    fitting = [row for row in ours if FUNCTIONAL_IDS.get(row.set_id) == answer.functional_id]
    named = f"{answer.functional_id} {answer.group_control}"
    whole = Said(
        kind=kind,
        code=answer.code,
        named=named,
        sentences=answer.sentences[:_SENTENCES],
        interchange=received.row,
        carrier=carrier,
    )
    if not fitting:
        return unmatched(whole, matched, now=now, why=_whyunmatched(received, answer, ours))
    for row in fitting:
        said = _about(whole, answer, row)
        apply_verdict(row, said, verdict=VERDICTS.get(said.code), matched=matched, now=now)
    ours_numbers = {row.control_number for row in fitting}
    for part in answer.sets:
        if part.control_number not in ours_numbers:
            stray = _part(whole, part)
            unmatched(stray, matched, now=now, why=f"Group {answer.group_control} had no set {part.control_number}.")
    return None


def _about(whole: Said, answer: GroupAcknowledgment, row: TransactionSet) -> Said:
    """What the acknowledgment of a group says about one set of it."""
    part = next((p for p in answer.sets if p.control_number == row.control_number), None)
    if part is not None:
        return _part(whole, part)
    return Said(
        kind=whole.kind,
        code=answer.code_of(row.control_number) or answer.code,
        named=f"{whole.named} {row.control_number}",
        sentences=whole.sentences,
        interchange=whole.interchange,
        carrier=whole.carrier,
    )


def _part(whole: Said, part: SetAcknowledgment) -> Said:
    return Said(
        kind=whole.kind,
        code=part.code,
        named=f"{whole.named} {part.control_number}",
        sentences=part.sentences[:_SENTENCES],
        interchange=whole.interchange,
        carrier=whole.carrier,
    )


def _whyunmatched(received: ReceivedInterchange, answer: GroupAcknowledgment, ours: list[TransactionSet]) -> str:
    if ours:
        kinds = ", ".join(sorted({row.set_id for row in ours}))
        return f"Group {answer.group_control} along this way held {kinds}, not {answer.functional_id}."
    other = "test" if received.row.stream == "live" else "live"
    number = as_number(answer.group_control)
    if number is not None and _ours(received, stream=other).filter(group_control_number=number).exists():
        return (
            f"Group {answer.group_control} was sent as {other}, but its acknowledgment is marked {received.row.stream}."
        )
    return f"No group {answer.group_control} was sent along this way ({_way_back(received)}, {received.row.stream})."


def _way_back(received: ReceivedInterchange) -> str:
    return received.examined.ends.reversed().route


def _ours(received: ReceivedInterchange, *, stream: str = "") -> QuerySet[TransactionSet]:
    """What we sent along the way back."""
    row = received.row
    return TransactionSet.objects.filter(
        tenant_id=row.tenant_id,
        interchange__network=row.network_id,
        interchange__route=_way_back(received),
        interchange__direction=Direction.OUT,
        interchange__stream=stream or row.stream,
    )


def _sorted(rows: QuerySet[TransactionSet]) -> list[TransactionSet]:
    """By id, sorted here: a database might read all rows of the tenant in that order rather than sort a few."""
    return sorted(rows, key=lambda row: row.pk)
