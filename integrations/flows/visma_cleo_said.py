"""What Cleo itself says of documents that we sent: match results of invoices, and entries of its audit log."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from edi import services as edi
from edi.models import Direction, TransactionSet
from integrations.flows import pair_settings
from integrations.flows.contract import Captured, Decision, FlowSpec, Job, Keep, Kept, Nothing, Prepared, Problem, Take
from integrations.flows.edi_in.received import network_of
from integrations.models import Delivery
from integrations.systems.cleo import wire
from integrations.systems.cleo.event_log import file_of
from integrations.systems.cleo.matches import match_of
from integrations.systems.cleo.settings import Options
from integrations.systems.contract import Unmappable
from portal.audit import trail

EVERY = dt.timedelta(minutes=10)
EVENTS_KEPT = 20
"""Entries that stand on the document itself; all of them stand in the audit trail."""
SEVERE = frozenset({"error", "critical", "fatal"})


def note_match(job: Job) -> Prepared:
    """Writes a match result onto the invoice. Raises Unmappable for what is about nothing that we sent."""
    match = match_of(job.raw, Options.of(job.flow.integration.partner))
    newest = _newest_by_sender(job, match.number)
    ours = _of_folder(newest.get(job.flow.integration_id, []), job.source_id)
    if len(ours) > 1 or (ours and len(newest) > 1):
        raise Unmappable(
            f"Cleo matched invoice {match.number} ({match.result}), and several "
            f"{'trading partners were sent' if len(ours) > 1 else 'companies sent'} an invoice of that number: nobody "
            "can tell whose is meant.",
            remedy="Look in Cleo whose it is, and dismiss this.",
        )
    sent = ours[0] if ours else None
    if sent is None and newest:
        return Nothing(f"Invoice {match.number} was sent for another company, which is told.")
    if sent is None:
        raise Unmappable(
            f"Cleo matched invoice {match.number} ({match.result}), which we did not send over this network.",
            remedy="Ask who looks after Cleo which invoice is meant.",
        )
    said = f"{match.result}: {match.message}" if match.message else match.result

    def keep(now: dt.datetime) -> Kept:
        edi.note_status(sent, {"match": said})
        problem = Problem(
            about=sent,
            error_class="rejected",
            sentence=f"Cleo could not match invoice {match.number}: {said}."[:500],
            remedy="Compare invoice, order and receipt in Visma.net; a corrected invoice goes out by itself.",
        )
        return Kept(
            summary=f"Match result of invoice {match.number}: {said}",
            transaction_set=sent,
            problems=() if match.is_good else (problem,),
            in_order=(sent,) if match.is_good else (),
        )

    digest = hashlib.sha256(job.raw).hexdigest()
    return Keep(digest=digest, what=f"The match result of invoice {match.number} would be noted.", keep=keep)


def _newest_by_sender(job: Job, number: str) -> dict[int, list[TransactionSet]]:
    """The newest version of each invoice of this number that we sent, one for each trading partner that got one, by the
    integration that sent it: a number is unique only among one supplier's invoices."""
    stream = pair_settings.read(job.flow.integration.settings).stream
    rows = TransactionSet.objects.filter(
        tenant_id=job.flow.tenant_id,
        interchange__network=network_of(job),
        interchange__direction=Direction.OUT,
        interchange__stream=stream,
        set_id__in=("810", "INVOIC"),
        business_number=number,
    )
    senders = Delivery.objects.filter(transaction_set__in=rows, frozen__isnull=False).order_by("transaction_set_id")
    found: dict[int, dict[int | None, TransactionSet]] = {}
    for sent in senders.select_related("transaction_set__interchange", "transaction_set__partner"):
        if (row := sent.transaction_set) is not None:
            found.setdefault(sent.integration_id, {})[row.partner_id] = row
    return {sender: list(versions.values()) for sender, versions in found.items()}


def _of_folder(rows: list[TransactionSet], source_id: str) -> list[TransactionSet]:
    """Of several partners' invoices those of the partner in whose folder the result stood; all where the folder is
    nobody's own."""
    parts = {part.casefold() for part in source_id.rpartition(":")[0].split("/")}
    own = [
        row
        for row in rows
        if parts & {row.interchange.receiver_id.casefold(), row.partner.key.casefold() if row.partner else ""} - {""}
    ]
    return own or rows


def note_event(job: Job) -> Prepared:
    """Puts an entry of Cleo's audit log into the history of the document that its file carries."""
    try:
        event = msgspec.json.decode(job.raw, type=wire.Event)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unmappable(f"An entry of Cleo's audit log cannot be read: {error}.") from error
    name = file_of(event)
    sent = (
        Delivery.objects.filter(sink_connection=job.flow.integration.partner, frozen_meta__name=name)
        .select_related("transaction_set", "integration")
        .order_by("-pk")
        .first()
    )
    if sent is None:
        raise Unmappable(f"Cleo's audit log speaks of a file {name}, which was not sent from here.")
    if sent.integration_id != job.flow.integration_id:
        return Nothing(f"{name} was sent by {sent.integration.name}, which is told.")
    said = f"{event.type or 'event'}: {event.message or 'no text'}"

    def keep(now: dt.datetime) -> Kept:
        trail.record(
            trail.event(
                sent.tenant_id,
                "cleo.event",
                f"Cleo says of {name}, {event.time}: {said}"[:500],
                object_type="delivery",
                object_id=sent.pk,
                business_number=sent.business_number,
                actor_name="Cleo",
                details={"type": event.type or "", "severity": event.severity or "", "time": event.time or ""},
            )
        )
        row = sent.transaction_set
        if row is not None:
            edi.hold(row)
            before = row.network_status or {}
            known = list(before.get("events", []))
            row.network_status = {**before, "events": [*known, f"{event.time} {said}"[:300]][-EVENTS_KEPT:]}
            row.save(update_fields=["network_status"])
        return Kept(summary=said[:500], transaction_set=row, problems=_problems(event, row, said))

    return Keep(digest=hashlib.sha256(job.raw).hexdigest(), what=f"'{said}' would be noted.", keep=keep)


def _problems(event: wire.Event, row: TransactionSet | None, said: str) -> tuple[Problem, ...]:
    if row is None or (event.severity or "").lower() not in SEVERE:
        return ()
    sentence = f"Cleo has a problem with {row.set_id} {row.business_number}. {said}"[:500]
    return (
        Problem(
            about=row,
            error_class="not_delivered",
            sentence=sentence,
            remedy="Look at the file in Cleo. If the document is wrong, correct it in Visma.net or in the agreement.",
        ),
    )


def _accept_all(record: Captured, settings: Mapping[str, Any]) -> Decision:
    return Take("send")


FLOWS = (
    FlowSpec(
        pair="visma-cleo",
        key="match-results",
        label="Match results → our invoices",
        entity="match-result",
        source="partner",
        feed="match-results",
        rank=65,
        latest_wins=False,
        interval=EVERY,
        accepts=_accept_all,
        lane=lambda record: f"match:{record.source_id}",
        prepare=note_match,
    ),
    FlowSpec(
        pair="visma-cleo",
        key="audit-events",
        label="Cleo's audit log → our documents",
        entity="audit-event",
        source="partner",
        feed="audit-events",
        rank=90,
        latest_wins=False,
        interval=EVERY,
        accepts=_accept_all,
        lane=lambda record: record.source_id,
        prepare=note_event,
    ),
)
