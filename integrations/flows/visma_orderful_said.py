"""What Orderful itself says of documents that we sent: validation, delivery, acknowledgment."""

from __future__ import annotations

import datetime as dt
import hashlib

import msgspec

from edi import services as edi
from edi.models import TransactionSet
from integrations.flows.contract import FlowSpec, Job, Keep, Kept, Nothing, Prepared, Problem, Take
from integrations.flows.edi_in import companies
from integrations.flows.edi_in.received import network_of
from integrations.systems.orderful.status import ACKNOWLEDGED, Reported

EVERY = dt.timedelta(minutes=10)
Known = TransactionSet.Acknowledged


def _prepare_status(job: Job) -> Prepared:
    """Notes what Orderful says of a document that we sent."""
    said = msgspec.json.decode(job.raw, type=Reported)
    rows = TransactionSet.objects.filter(
        tenant_id=job.flow.tenant_id,
        interchange__network=network_of(job),
        interchange__direction="out",
        network_id=said.transaction_id,
    )
    ours = rows.select_related("partner").order_by("-id").first()
    if ours is None:
        return Nothing(f"Transaction {said.transaction_id} was not sent from here.")
    elsewhere = companies.sent_by_another(job, ours)
    if elsewhere is not None:
        return elsewhere
    summary = f"{said.validation}, {said.delivery}, {said.acknowledgment}"

    def keep(now: dt.datetime) -> Kept:
        return _note_status(ours, said, now)

    return Keep(digest=hashlib.sha256(job.raw).hexdigest(), what=f"'{summary}' would be noted on {ours}.", keep=keep)


def _note_status(ours: TransactionSet, said: Reported, now: dt.datetime) -> Kept:
    edi.hold(ours)
    ours.network_status = {
        **{name: value for name, value in (ours.network_status or {}).items() if name != "late"},
        "validation": said.validation,
        "delivery": said.delivery,
        "acknowledgment": said.acknowledgment,
        **({"late": True} if said.late else {}),
        **({"remarks": list(said.errors)[:20]} if said.errors else {}),
    }
    verdict = ACKNOWLEDGED.get(said.acknowledgment)
    if verdict is not None and ours.acknowledged != verdict:
        ours.acknowledged = verdict
        ours.acknowledged_at = None if verdict == Known.OVERDUE else said.acknowledged_at or now
        ours.verdict_noted_at = None if verdict == Known.OVERDUE else now
    ours.save(update_fields=edi.WHAT_IS_SAID)
    problem = _problem(ours, said)
    fine = problem is None and said.delivery == "delivered"
    return Kept(
        summary=f"{ours.set_id} {ours.business_number}: {said.validation}, {said.delivery}, {said.acknowledgment}.",
        transaction_set=ours,
        problems=(problem,) if problem else (),
        in_order=(ours,) if fine else (),
    )


def _problem(ours: TransactionSet, said: Reported) -> Problem | None:
    what = (
        f"{ours.set_id} {ours.business_number} to {ours.partner or 'the partner'} (transaction {said.transaction_id})"
    )
    if said.validation == "invalid":
        return Problem(
            about=ours,
            error_class="not_valid",
            sentence=f"Orderful found {what} not valid for the partner.",
            remedy="Open the transaction in Orderful to see which rule it breaks, correct the values, then replay.",
        )
    if said.delivery == "failed":
        return Problem(
            about=ours,
            error_class="not_delivered",
            sentence=f"Orderful could not deliver {what}.",
            remedy="See in Orderful why (the partner's communication channel), and have it sent again there.",
        )
    if said.late:
        return Problem(
            about=ours,
            error_class="not_delivered",
            sentence=f"Orderful has not delivered {what} in time; it is {said.delivery}.",
            remedy="Look in Orderful whether automatic sending is off for the relationship, or whether the partner's "
            "communication channel is down.",
        )
    if said.acknowledgment == "rejected":
        return Problem(
            about=ours,
            error_class="rejected",
            sentence=f"The partner rejected {what}. {'; '.join(said.errors)}".strip()[:500],
            remedy="Correct what it names in Visma.net; the corrected version goes out by itself.",
        )
    if said.acknowledgment == "overdue":
        return Problem(
            about=ours,
            error_class="overdue",
            sentence=f"The partner has not acknowledged {what} in time.",
            remedy="Ask the trading partner whether it has the document.",
        )
    return None


FLOWS = (
    FlowSpec(
        pair="visma-orderful",
        key="statuses",
        label="Delivery and acknowledgment of our documents",
        entity="status",
        source="partner",
        feed="statuses",
        rank=30,
        latest_wins=False,
        interval=EVERY,
        accepts=lambda record, settings: Take("send"),
        lane=lambda record: f"status:{record.source_id}",
        prepare=_prepare_status,
    ),
)
