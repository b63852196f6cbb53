"""What a trading partner and our own books are told of an order change that it sent: an 865, and a line in the note of
the order.

It is a flow of its own, in a lane of its own: whatever becomes of the answer, the change stays applied and the order's
next version is not held up. It waits until the change is settled: applied, or refused by a person. A change that a
person dismissed is that person's to answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import msgspec

from edi.documents.order_change import OrderChange, QuantityIn
from edi.documents.values import digest
from edi.models import Agreement, Direction, TransactionSet
from integrations.flows import agreement_settings, edi_out, order_change_checks
from integrations.flows.contract import Captured, Frozen, Job, Needs, Nothing, Prepared, Send, edit_from
from integrations.flows.edi_in import received
from integrations.flows.edi_in.documents import Read
from integrations.flows.edi_out import Freezer, Previewer
from integrations.flows.order_change_reply import answer_to
from integrations.models import OPEN_STATES, Delivery, State
from integrations.systems.visma import commands, restated
from portal.common.clock import db_now

CHANGES = "order-changes"
"""Key of the flow that applies them."""
ENTITY_OF_CHANGES = "order-change"
MOST_PATIENCE = dt.timedelta(days=7)
"""How long a change may be open before somebody is told that its sender has no answer."""
ENTITY = "supplier"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change."""

    accepted: bool
    order_number: str
    """The order's number in our books; as stated where the books do not know it."""
    said: str
    """In words, for the note."""
    applied: OrderChange
    """What was applied, or refused: with what a person edited of it."""


def lane(record: Captured) -> str:
    """One for each change: the order's own lane goes on."""
    return f"order-change-answer:{record.source_id}"


def outcome_of(job: Job, change: OrderChange, left_out: Sequence[str]) -> Outcome | Nothing:
    """What became of the change. `left_out`: what of it is not applied. Raises Needs while it is open."""
    if job.record_id is None:
        return Nothing("The change is answered when it is applied.")
    rows = Delivery.objects.select_related("transaction_set", "edit").filter(
        integration_id=job.flow.integration_id, flow__key=CHANGES, record_id=job.record_id, operation="send"
    )
    made = rows.order_by("-pk").first()
    if made is None:
        return Nothing("The change itself is not applied here: the flow for order changes is off.")
    if made.state in OPEN_STATES:
        raise Needs(ENTITY_OF_CHANGES, job.source_id, words="the change to be settled", deadline=MOST_PATIENCE)
    applied = edit_from(made.edit).applied(change) if made.edit is not None else change
    refusal = (made.approval or {}).get("refused_by", "")
    if made.state == State.DISMISSED and not refusal:
        return Nothing("A person dismissed the change: the trading partner is answered by that person.")
    if made.state == State.DISMISSED:
        reason = str(made.approval.get("reason", ""))
        return Outcome(False, change.number, f"refused by {refusal}: {reason}", applied)
    if made.state != State.DELIVERED:
        return Nothing(f"The change is {made.get_state_display()}.")
    # By what the change itself says: what it replaced is not known of one that was found applied after a doubt.
    lines = len(applied.lines)
    words = "accepted" if applied == change else "accepted as a person edited it"
    words += f", {lines} line{'' if lines == 1 else 's'}" if lines else ""
    if left_out:
        words += f", but for {', '.join(left_out)}"
    return Outcome(True, made.target_id or change.number, words, applied)


def agreement_for(row: TransactionSet) -> Agreement | None:
    """The agreement to send an 865 back over the network, to whom and by which ids the change came."""
    came = row.interchange
    return (
        Agreement.objects.filter(
            network=came.network_id,
            document_type=Agreement.DocumentType.CHANGE_RESPONSE,
            direction=Direction.OUT,
            stream=came.stream,
            active=True,
            sender_id=came.receiver_id,
            receiver_id=came.sender_id,
        )
        .select_related("partner", "network")
        .first()
    )


def not_in_the_order(change: OrderChange, read: Read, row: TransactionSet) -> tuple[str, ...]:
    """What of the change is not in the order, although the change was applied. Where nobody noted what was (it was
    found applied after a doubt), what it restates of the whole order may be otherwise."""
    noted = (row.network_status or {}).get("otherwise")
    otherwise = restated.stated(change) if noted is None else tuple(noted)
    return (*order_change_checks.left_out(change, read, row.agreement), *otherwise)


def prepare_answer(job: Job, read: Read, *, freeze: Freezer, preview: Previewer) -> Prepared:
    """The 865, where one is agreed. Raises Unmappable, and Needs while the change is open."""
    change = read.document
    if not isinstance(change, OrderChange):
        return Nothing("It is no order change.")
    row = received.row_of(job)
    left_out = not_in_the_order(change, read, row)
    found = outcome_of(job, change, left_out)
    if isinstance(found, Nothing):
        return found
    if found.accepted and left_out:
        return Nothing(
            f"It also states {', '.join(left_out)}, which a person has to answer: nothing is accepted unseen."
        )
    agreement = agreement_for(row)
    if agreement is None:
        return Nothing(f"No answer (865) is agreed with {received.sender_of(row)}.")
    response = answer_to(
        change,
        accepted=found.accepted,
        date=db_now().date(),
        quantity_in=cast(QuantityIn, agreement_settings.choice(row.agreement, "quantity_in")),
        applied=found.applied,
    )
    built = edi_out.build(job, response, agreement, purpose="original", entity=ENTITY)
    edi_out.check_x12(built)
    return Send(
        digest=digest(response),
        purpose="original",
        document=response,
        freeze=lambda now: freeze(built, now),
        preview=lambda: preview(built),
    )


def prepare_note(job: Job, read: Read) -> Prepared:
    """The line in the order's note: what was decided, and how the trading partner was told. Raises Needs while the
    change is open."""
    change = read.document
    if not isinstance(change, OrderChange):
        return Nothing("It is no order change.")
    row = received.row_of(job)
    found = outcome_of(job, change, not_in_the_order(change, read, row))
    if isinstance(found, Nothing):
        return found
    company = str((job.flow.integration.books.settings or {}).get("company_id", ""))
    supplier = received.number_of(row.partner, company=company, entity="supplier")
    if not supplier and not found.accepted:
        return Nothing(f"Nobody can tell whether the order is {received.sender_of(row)}'s: its note stays as it is.")
    answer = next((e for e in job.earlier if e.operation == "send"), None)
    told = (
        f"answered by 865 (transaction {answer.target_id})"
        if answer is not None and answer.delivered and answer.target_id
        else "no 865 was sent"
    )
    sequence = f" {change.sequence}" if change.sequence else ""
    body = commands.encode(
        commands.AppendNote(
            stamp=f"860 {row.network_id} acknowledgment",
            order_number=found.order_number,
            supplier=supplier,
            text=f"change{sequence} {found.said}; {told}",
        )
    )
    said = msgspec.structs.replace(change, purpose="original")
    return Send(
        digest=digest(said),
        purpose="original",
        document=change,
        freeze=lambda now: Frozen(body=body, meta={"order_number": found.order_number}),
        preview=lambda: body,
    )
