"""What trading partners decide about our orders and changes: 855, 865 and ORDRSP."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Max

from edi.documents.edifact import ordrsp
from edi.documents.order_change import order_numbers
from edi.documents.order_response import OrderResponse
from edi.documents.registry import SETS
from edi.edifact.segments import Message
from edi.models import Acknowledgment, Direction, TransactionSet
from edi.services.received import ExaminedMessage, ExaminedSet, ExaminedTset, Problem, ProblemKind, ReceivedSet
from edi.services.statements import Acknowledged, Kind, Matched, Outcome, Said, is_late, keep, unmatched
from edi.services.texts import storable

ANSWERED_BY = {"855": ("850",), "865": ("860",), "ORDRSP": ("ORDERS", "ORDCHG")}
"""Which sets of ours a response is about."""

_RESPONSES = {
    "accepted": "was accepted",
    "changed": "was accepted with changes",
    "rejected": "was rejected",
    "received": "was received; nothing is decided yet",
    "held": "is held by the partner",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a response says: which order (or change) it is about, and the decision; "" where it cannot be read."""

    number: str
    decision: str
    code: str = ""
    """BAK02 or BCA02, or BGM 1225, where it came as a text."""


def match_response(one: ReceivedSet, *, matched: Matched, now: dt.datetime) -> None:
    """Notes a received 855, 865 or ORDRSP at the newest order or change of ours with its number."""
    note_response(one.row, _answer_in(one.examined), matched=matched, now=now)


def _answer_in(one: ExaminedSet) -> Answer:
    match one:
        case ExaminedTset(tset=tset):
            spec = SETS[tset.set_id]
            document = spec.read(tset).document
            beginning = next((segment for segment in tset.body if segment.tag == spec.beginning), None)
            code = beginning.get(2).strip() if beginning is not None else ""
        case ExaminedMessage(message=message):
            document, code = ordrsp.read(message).document, _function(message)
        case _:
            raise TypeError(f"{one} is neither of X12 nor of EDIFACT")
    decision = document.answer if isinstance(document, OrderResponse) else ""
    return Answer(number=one.business_number, decision=decision, code=code)


def _function(message: Message) -> str:
    """BGM 1225."""
    return next((segment.get(3).strip() for segment in message.body if segment.tag == "BGM"), "")


def note_response(row: TransactionSet, answer: Answer, *, matched: Matched, now: dt.datetime) -> None:
    """Notes what `row`, a received response, decides at the newest order or change of ours with its number."""
    set_id, number = row.set_id, storable(answer.number, 100)
    what = "The change of purchase order" if set_id == "865" else "Purchase order"
    said = Said(
        kind=Kind(set_id),
        code=answer.code,
        named=number,
        sentences=(f"{what} {number} {_RESPONSES.get(answer.decision, 'was answered, but nobody can tell how')}.",),
        interchange=row.interchange,
        carrier=row,
    )
    ours = _answered(row, number)
    if ours is None:
        sought = " or ".join(ANSWERED_BY[set_id])
        unmatched(said, matched, now=now, why=f"No {sought} {number} was sent to {row.partner}.")
        return
    outcome = _decide(ours, answer.decision, now=now, is_repeated=row.repeats_id is not None)
    matched.acknowledgments.append(keep(ours, said, outcome=outcome, now=now))
    if outcome == Outcome.UNCLEAR or (answer.decision == "rejected" and outcome != Outcome.DUPLICATE):
        kind: ProblemKind = "unclear" if outcome == Outcome.UNCLEAR else "rejected"
        text = f"{row.partner}: {' '.join(said.sentences)}"
        matched.problems.append(Problem(kind=kind, interchange=row.interchange, row=ours, sentence=text))


def _answered(response: TransactionSet, number: str) -> TransactionSet | None:
    """The newest order (or change) of ours with that number that went to the sender, locked."""
    ours = TransactionSet.objects.filter(
        tenant_id=response.tenant_id,
        partner=response.partner_id,
        set_id__in=ANSWERED_BY[response.set_id],
        interchange__direction=Direction.OUT,
        interchange__stream=response.interchange.stream,
    )
    for stated in order_numbers(number) if number else ():
        newest = ours.filter(business_number=stated).aggregate(pk=Max("pk"))["pk"]
        if newest is not None:
            return TransactionSet.objects.select_for_update().get(pk=newest)
    return None


def _decide(row: TransactionSet, answer: str, *, now: dt.datetime, is_repeated: bool) -> Acknowledgment.Outcome:
    """A response decides about the order; that it came at all also proves that the set was understood."""
    if not answer:
        return Outcome.UNCLEAR
    if is_repeated and row.response == answer:
        return Outcome.DUPLICATE
    outcome = Outcome.NOTED
    row.response, row.responded_at = answer, now
    fields = ["response", "responded_at"]
    if row.acknowledged in (Acknowledged.WAITING, Acknowledged.OVERDUE):
        outcome = Outcome.LATE if is_late(row, now) else outcome
        row.acknowledged, row.acknowledged_at, row.verdict_noted_at = Acknowledged.ACCEPTED, now, now
        fields += ["acknowledged", "acknowledged_at", "verdict_noted_at"]
    row.save(update_fields=fields)
    return outcome
