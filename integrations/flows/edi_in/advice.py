"""Application advices (824): what became of a document of ours after it was understood, as the match of an invoice."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

from django.db.models import QuerySet

from edi import services as edi
from edi.models import Direction, TransactionSet
from edi.x12.segments import Segment
from integrations.flows.contract import Job, Keep, Kept, Prepared, Problem
from integrations.flows.edi_in import companies, received, x12
from integrations.systems.contract import Unmappable

OUTCOMES = {
    f"{scope}{verdict}": said
    for scope in "GIT"
    for verdict, said in (
        ("A", "accepted"),
        ("E", "accepted with errors"),
        ("R", "rejected"),
        ("P", "partly accepted"),
    )
}
"""OTI01: the verdict on a group, an item or a transaction set."""
GOOD = ("TA", "TE")
"""Of a whole set: what was wrong with it before is over."""
REJECTED = TransactionSet.Acknowledged.REJECTED
NAMED = {"PO": "850", "IV": "810"}
"""OTI02 → the set that is meant, where OTI10 does not say which."""
SENT_AS = {"850": ("850", "ORDERS", "860", "ORDCHG"), "810": ("810", "INVOIC"), "856": ("856", "DESADV")}
"""As what we may have sent a set that is named: in EDIFACT too, and an order as a change of what was told before."""
CORRECT = "Correct what it names in Visma.net or in the agreement; the corrected version goes out by itself."


def prepare(job: Job) -> Prepared:
    """Notes the advice on the documents that it is about. Raises Unmappable when none of them is ours."""
    row = received.row_of(job)
    body = x12.set_of(x12.interchange_of(job.raw)).body
    sender = row.interchange.sender_id
    blocks = _blocks(body)
    numbers = {head.get(3).strip() for head, _ in blocks}
    known: dict[tuple[str, str], TransactionSet] = {}
    for sent in _sent_to(row).filter(business_number__in=numbers).order_by("id"):
        known[sent.set_id, sent.business_number] = known["", sent.business_number] = sent
    about = [_about(head, known) for head, _ in blocks]
    newest = {sent.pk: sent for sent in about if sent is not None}
    missing = sorted({head.get(3).strip() for (head, _), sent in zip(blocks, about, strict=True) if sent is None})
    if not newest:
        raise Unmappable(
            f"An 824 of {sender} is about {', '.join(missing) or 'nothing'}, which we did not send to it.",
            remedy="Ask the trading partner whose document it means.",
        )
    elsewhere = [companies.sent_by_another(job, sent) for sent in newest.values()]
    if elsewhere[0] is not None and all(elsewhere):
        return elsewhere[0]
    names = ", ".join(str(sent) for sent in list(newest.values())[:5])

    def keep(now: dt.datetime) -> Kept:
        problems: list[Problem] = []
        for (head, errors), sent in zip(blocks, about, strict=True):
            if sent is not None:
                problems += _noted(head, errors, sent=newest[sent.pk], sender=sender)
        doubted = {s.pk for (head, _), s in zip(blocks, about, strict=True) if s and head.get(1).strip() not in GOOD}
        fine = (sent for pk, sent in newest.items() if pk not in doubted)
        in_order = tuple(sent for sent in fine if sent.acknowledged != REJECTED)
        summary = f"Application advice for {names} was noted."
        if missing:
            summary += f" We did not send {', '.join(missing)}."
        return Kept(summary=summary, transaction_set=row, problems=tuple(problems), in_order=in_order)

    return Keep(digest=hashlib.sha256(job.raw).hexdigest(), what=f"824 for {names} would be noted.", keep=keep)


def _sent_to(row: TransactionSet) -> QuerySet[TransactionSet]:
    """What we sent to the sender of a received set, on its stream."""
    came = row.interchange
    return TransactionSet.objects.filter(
        tenant_id=row.tenant_id,
        interchange__network=came.network_id,
        interchange__direction=Direction.OUT,
        interchange__stream=came.stream,
        interchange__sender_id=came.receiver_id,
        interchange__receiver_id=came.sender_id,
    ).select_related("partner")


def _about(head: Segment, known: dict[tuple[str, str], TransactionSet]) -> TransactionSet | None:
    """The newest document of ours that is meant. Where it is said of what kind it is, one of another kind is not: an
    invoice and an order may have the same number."""
    number = head.get(3).strip()
    stated = head.get(10).strip() or NAMED.get(head.get(2).strip(), "")
    found = [known[kind, number] for kind in SENT_AS.get(stated, (stated,)) if (kind, number) in known]
    return max(found, key=lambda sent: sent.pk, default=None)


def _noted(head: Segment, errors: Sequence[Segment], *, sent: TransactionSet, sender: str) -> list[Problem]:
    outcome = OUTCOMES.get(head.get(1).strip(), head.get(1).strip())
    said = "; ".join(text for text in (error.get(2).strip() for error in errors) if text)
    edi.note_status(sent, {"application": f"{outcome}: {said}" if said else outcome})
    if outcome not in ("rejected", "partly accepted"):
        return []
    sentence = f"{sender} {outcome} {sent.set_id} {sent.business_number}. {said}".strip()
    return [Problem(about=sent, error_class="rejected", sentence=sentence, remedy=CORRECT)]


def _blocks(body: Sequence[Segment]) -> list[tuple[Segment, list[Segment]]]:
    found: list[tuple[Segment, list[Segment]]] = []
    for segment in body:
        if segment.tag == "OTI":
            found.append((segment, []))
        elif found and segment.tag in ("TED", "NTE"):
            found[-1][1].append(segment)
    return found
