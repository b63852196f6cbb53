"""What a delivery would send: its record, what the other side has, and what came before, put before its flow."""

from __future__ import annotations

from django.db.models import F

from integrations.flows.contract import RECALL, Earlier, FlowSpec, Job, LastExchange, Nothing, Prepared, job_for
from integrations.models import Delivery, Record, State
from integrations.systems.contract import Unmappable


def last_exchange(*, flow_id: int, integration_id: int, lane: str, before: int | None = None) -> LastExchange | None:
    """The newest document of the lane that the other side has, by this flow."""
    rows = Delivery.objects.filter(
        flow_id=flow_id,
        integration_id=integration_id,
        lane=lane,
        state__in=[State.DELIVERED, State.ACCEPTED],
        operation__in=["send", "cancel"],
    ).exclude(document_digest="")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    row = rows.order_by(F("closed_at").desc(nulls_first=True), "-pk").values("pk", "document_digest", "purpose").first()
    return LastExchange(delivery_id=row["pk"], digest=row["document_digest"], purpose=row["purpose"]) if row else None


def prepare(delivery: Delivery, spec: FlowSpec) -> Prepared | None:
    """What to send; None when the bytes are frozen already, and the source still wants them sent."""
    if delivery.frozen_id is not None:
        overtaken = spec.operation(delivery.operation).overtaken
        # What may have been sent by a database that was lost is looked for before anything else.
        return None if overtaken is None or delivery.look_first else overtaken(job_of(delivery, spec))
    record = delivery.record
    if record.problem and not spec.takes_problems:
        raise Unmappable(
            record.problem, remedy="Correct the record in the source; the corrected version is read by itself."
        )
    if not record.is_newest and spec.latest_wins and not delivery.replays_id:
        newer = Record.objects.filter(feed_id=record.feed_id, source_id=record.source_id, is_newest=True).first()
        if newer is not None and Delivery.objects.filter(flow=delivery.flow, record=newer).exists():
            return Nothing("A newer version of the record took its place.")
    operation, job = spec.operation(delivery.operation), job_of(delivery, spec)
    failed = next((e for e in job.earlier if not e.delivered), None)
    if failed is not None and not operation.always:
        return Nothing(f"{spec.operation(failed.operation).label} came to nothing: {failed.reason}")
    return operation.prepare(job)


def job_of(delivery: Delivery, spec: FlowSpec) -> Job:
    """What is to be prepared for a delivery. Raises Unmappable when the record's bytes are gone."""
    raw = delivery.record.payload.data
    if raw is None and delivery.operation == RECALL:
        raise _nothing_to_recall_by(delivery)
    if raw is None:
        raise Unmappable(
            "The source record has been pruned by retention.",
            remedy="Change the record in the source; it is read again.",
        )
    last = last_exchange(
        flow_id=delivery.flow_id, integration_id=delivery.integration_id, lane=delivery.lane, before=delivery.pk
    )
    return job_for(delivery, bytes(raw), last, earlier=_earlier(delivery, spec))


def _nothing_to_recall_by(delivery: Delivery) -> Unmappable:
    """Why the former partner has to be told otherwise: a cancellation says again what was sent to it, and that is not
    kept any more. Reading the source again would bring what is said to its new one."""
    original = delivery.replays
    sent = original.transaction_set if original is not None else None
    partner = str(sent.partner) if sent is not None and sent.partner is not None else "its former partner"
    on = f" on {original.closed_at:%Y-%m-%d}" if original is not None and original.closed_at is not None else ""
    number = delivery.business_number or delivery.record.source_id
    return Unmappable(
        f"{number} went to {partner}{on} and is another partner's now, but no cancellation can be written: what was "
        "sent then has been pruned by retention.",
        remedy=f"Tell {partner} yourself, by mail or telephone, that {number} is cancelled. Then dismiss this, and "
        "say who was told and when. A replay cannot help.",
    )


def _earlier(delivery: Delivery, spec: FlowSpec) -> tuple[Earlier, ...]:
    """What became of the operations before this one. The lane let this one go, so all of them are closed."""
    keys = spec.before(delivery.operation)
    if not keys:
        return ()
    rows = Delivery.objects.filter(flow_id=delivery.flow_id, record_id=delivery.record_id, operation__in=keys)
    if delivery.pk is not None:  # one that is only tried out has none: it would be the newest
        rows = rows.filter(pk__lt=delivery.pk)
    rows = rows.order_by("pk")
    newest = {row.operation: row for row in rows}  # a forced replay has operations of its own
    return tuple(
        Earlier(
            operation=key,
            delivered=newest[key].state == State.DELIVERED,
            target_id=newest[key].target_id,
            meta=newest[key].frozen_meta,
            reason=newest[key].reason or newest[key].get_state_display(),
            purpose=newest[key].purpose,
        )
        for key in keys
        if key in newest
    )
