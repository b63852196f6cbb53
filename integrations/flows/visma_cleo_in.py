"""Cleo Integration Cloud → Visma.net ERP: what comes in partners' files, and our acknowledgments of it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from edi.models import TransactionSet
from integrations.flows.contract import Captured, Decision, FlowSpec, Frozen, Job, Prepared, Send, Take
from integrations.flows.edi_in import advice, companies, documents, files, reading, receipts, received
from integrations.flows.visma_cleo import EXTENSIONS
from integrations.systems.cleo import mapping
from integrations.systems.cleo.settings import Options
from integrations.systems.contract import Unmappable
from integrations.systems.received import DOCUMENTS, OUR_ACKNOWLEDGMENTS

SHIP_NOTICES, ADVICE = frozenset({"856", "DESADV"}), "824"
SHOWN = frozenset({"850", "855", "860", "865", "810", "ORDERS", "ORDRSP", "ORDCHG", "INVOIC"})
EVERY = dt.timedelta(minutes=10)


def _all(record: Captured, settings: Mapping[str, Any]) -> Decision:
    return Take("send")


def _of_kinds(kinds: frozenset[str]) -> Callable[[Captured, Mapping[str, Any]], Decision]:
    return lambda record, settings: Take("send") if record.kind in kinds else None


def _lane(record: Captured) -> str:
    """Each document for itself: one that cannot be processed holds up no other."""
    return f"received:{record.source_id}"


def _prepare_acknowledgment(job: Job) -> Prepared:
    """What was written when the file was received, as a file: its numbers were taken then."""
    elsewhere = companies.done_by_another(job)
    if elsewhere is not None:
        return elsewhere
    row = received.row_of(job)
    agreement = row.agreement
    if agreement is None:
        raise Unmappable(
            f"The agreement by which {row} was written is gone: nobody can tell where to send it.",
            remedy="Make the agreement again; what comes from then on is acknowledged by it.",
        )
    sent = row.interchange
    name = mapping.file_name(
        Options.of(job.flow.integration.partner).file_name_template,
        set_id=row.set_id,
        sender=sent.sender_id,
        receiver=sent.receiver_id,
        control_number=sent.control_number or 0,
        business_number=row.business_number,
        extension=EXTENSIONS[sent.standard],
        stream=sent.stream,
    )
    # The agreement for what comes names the folder for what goes back; without, it is the connection's.
    meta = {"folder": str(agreement.settings.get("folder", "")), "name": name, "payload": str(sent.standard).lower()}

    def freeze(now: dt.datetime) -> Frozen:
        return Frozen(body=job.raw, meta=meta, transaction_set=_unsent(row))

    digest = hashlib.sha256(job.raw).hexdigest()
    return Send(digest=digest, purpose="original", document=None, freeze=freeze, preview=lambda: job.raw)


def _unsent(row: TransactionSet) -> TransactionSet:
    if row.interchange.direction != "out":
        raise Unmappable(f"{row} came in: it is nothing to send.")
    return row


FLOWS = (
    FlowSpec(
        pair="visma-cleo",
        key="received-files",
        label="Partners' files → received, checked, matched",
        entity="partner-file",
        source="partner",
        feed="inbox",
        rank=30,
        latest_wins=False,
        interval=EVERY,
        accepts=_all,
        lane=lambda record: f"file:{record.source_id}",
        prepare=files.prepare,
    ),
    FlowSpec(
        pair="visma-cleo",
        key=OUR_ACKNOWLEDGMENTS,
        label="Received documents → our 997, TA1 and CONTRL",
        entity="acknowledgment",
        source="partner",
        feed=OUR_ACKNOWLEDGMENTS,
        sink="files",
        answers=True,
        rank=30,
        latest_wins=False,
        interval=EVERY,
        accepts=_all,
        lane=lambda record: f"acknowledgment:{record.source_id}",
        prepare=_prepare_acknowledgment,
    ),
    FlowSpec(
        pair="visma-cleo",
        key="advices",
        label="824 → our documents",
        entity="advice",
        source="partner",
        feed=DOCUMENTS,
        rank=35,
        latest_wins=False,
        interval=EVERY,
        accepts=_of_kinds(frozenset({ADVICE})),
        lane=_lane,
        prepare=advice.prepare,
    ),
    FlowSpec(
        pair="visma-cleo",
        key="order-responses",
        label="855, 850, 860, 865, 810 and their EDIFACT messages kept and shown",
        entity="partner-document",
        source="partner",
        feed=DOCUMENTS,
        rank=45,
        latest_wins=False,
        interval=EVERY,
        accepts=_of_kinds(SHOWN),
        lane=_lane,
        prepare=lambda job: documents.prepare(job, reading.read_document),
    ),
    FlowSpec(
        pair="visma-cleo",
        key="ship-notices",
        label="856, DESADV → purchase receipts",
        entity="purchase-receipt",
        source="partner",
        feed=DOCUMENTS,
        sink="purchase-receipts",
        rank=50,
        latest_wins=False,
        interval=EVERY,
        settings=receipts.SETTINGS,
        accepts=_of_kinds(SHIP_NOTICES),
        lane=_lane,
        prepare=lambda job: receipts.make(job, reading.read_document),
        operations=receipts.operations(reading.read_document),
    ),
)
