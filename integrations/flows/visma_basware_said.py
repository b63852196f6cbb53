"""Basware P2P → the history of our documents: where invoices stand, and what was ordered there.

Nothing of it reaches the ledger. Where it is switched on, a line is added to the note of the invoice in Visma.net, and
Basware is told that an invoice is in the books, and under which number.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from edi.documents.values import Value, digest
from integrations.flows.contract import (
    Captured,
    Decision,
    FlowSpec,
    Frozen,
    Job,
    Keep,
    Kept,
    Nothing,
    Operation,
    Prepared,
    Problem,
    Send,
    Take,
)
from integrations.flows.visma_basware import PAIR, place_of
from integrations.flows.visma_basware_invoices import VOIDED
from integrations.flows.visma_basware_known import INVOICES, document_of, invoice_of
from integrations.flows.visma_basware_unseen import SAID
from integrations.models import Delivery, Record, State
from integrations.systems.basware import mapping as basware
from integrations.systems.basware import wire
from integrations.systems.basware.errors import LABEL
from integrations.systems.basware.standing import standing_of
from integrations.systems.contract import Setting, Unmappable
from integrations.systems.visma import commands
from portal.audit import trail

EVERY = dt.timedelta(minutes=10)
BAD = frozenset({"rejected", "exception"})
NOTED = ("rejected", "exception", "partly paid", "paid")
"""What is worth a line in the invoice's note, unless a setting says otherwise."""
NOT_OURS = "It is no invoice of the books: it came to Basware another way."
REMEDIES = {
    "rejected": "Void or correct the invoice in Visma.net, or ask in Basware why it was rejected.",
    "exception": "Look at the invoice in Basware; correct what it names there or in Visma.net.",
}


class OrderThere(Value, frozen=True, kw_only=True):
    """A purchase order that was made in Basware, as far as it is told here."""

    number: str
    status: str = ""
    supplier: str = ""
    total: str = ""
    lines: int = 0

    @property
    def sentence(self) -> str:
        parts = [f"of {self.supplier}" if self.supplier else "", self.status, f"{self.lines} lines", self.total]
        return f"Purchase order {self.number} of Basware: {', '.join(p for p in parts if p)}."


# --- Which delivery it is about


def _sent(job: Job, invoice: str) -> Delivery | None:
    """What brought the invoice to Basware; None when that was not us. A later version that said nothing new to Basware
    brought nothing."""
    rows = Delivery.objects.filter(
        integration_id=job.flow.integration_id, flow__key=INVOICES, record__source_id=invoice, operation="send"
    )
    brought = rows.exclude(state__in=[State.NO_EFFECT, State.SUPERSEDED, State.DISMISSED])
    return brought.order_by("-pk").first() or rows.order_by("-pk").first()


# --- Into the history


def note_standing(job: Job) -> Prepared:
    """Puts what Basware says of an invoice into the history of the invoice, with an issue for what is wrong. Raises
    Unmappable."""
    document = document_of(job)
    standing = standing_of(document)
    said = standing.said
    if job.last is not None and job.last.digest == said and not job.forced_purpose:
        return Nothing(f"It says nothing new: {standing.sentence}.")
    invoice = invoice_of(job, document)
    if isinstance(invoice, Nothing):
        return replace(invoice, issue=False)  # told once, where Basware waits for an answer
    if not invoice:
        return Nothing(f"{NOT_OURS} It is {standing.sentence}.")
    number = standing.number or invoice
    sentence = f"Invoice {number} is {standing.sentence}."

    def keep(now: dt.datetime) -> Kept:
        sent = _sent(job, invoice)
        if sent is None:
            return Kept(summary=f"{sentence} It is {invoice} of the books, which was not sent from here.")
        trail.record(
            trail.event(
                sent.tenant_id,
                SAID,
                sentence[:500],
                object_type="delivery",
                object_id=sent.pk,
                business_number=sent.business_number,
                actor_name=LABEL,
                details=msgspec.to_builtins(standing),
            )
        )
        if standing.word in BAD:
            problem = Problem(
                about=sent, error_class="rejected", sentence=sentence[:500], remedy=REMEDIES[standing.word]
            )
            return Kept(summary=sentence, problems=(problem,))
        return Kept(summary=sentence, in_order=(sent,))

    return Keep(digest=said, what=f"'{sentence}' would be noted in the history of the invoice.", keep=keep)


def note_order(job: Job) -> Prepared:
    """Keeps a purchase order that was made in Basware, to be seen: nothing is written anywhere."""
    try:
        given = msgspec.json.decode(job.raw, type=wire.ExportedOrder, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unmappable(f"A purchase order that {LABEL} sent cannot be read: {error}.") from error
    total = given.net_sum if given.net_sum is not None else given.gross_sum
    order = OrderThere(
        number=given.order_number or given.external_code or job.source_id,
        status=given.order_status or "",
        supplier=given.supplier_name or given.supplier_code or "",
        total=f"{total:,.2f} {given.purchase_currency or ''}".strip() if total is not None else "",
        lines=len(given.order_lines or ()),
    )
    return Keep(
        digest=digest(order),
        what=f"'{order.sentence}' would be kept.",
        keep=lambda now: Kept(summary=f"{order.sentence} It is kept here and not written to Visma.net."),
    )


# --- Into the note of the invoice in Visma.net


def _accepts_note(record: Captured, settings: Mapping[str, Any]) -> Decision:
    return Take("send") if record.problem or record.status in settings.get("noted", NOTED) else None


def prepare_note(job: Job) -> Prepared:
    """A line in the note of the invoice, one for each thing that is said. Raises Unmappable."""
    document = document_of(job)
    standing = standing_of(document)
    said = standing.said
    if job.last is not None and job.last.digest == said and not job.forced_purpose:
        return Nothing("Its note says so already.")
    invoice = invoice_of(job, document)
    if isinstance(invoice, Nothing):
        return replace(invoice, issue=False)  # told once, where Basware waits for an answer
    if not invoice:
        return Nothing(NOT_OURS)
    kind, _, number = invoice.partition("/")
    body = commands.encode(
        commands.AppendInvoiceNote(
            stamp=f"basware {standing.invoice_id} {said[:8]}", number=number, document_type=kind, text=standing.sentence
        )
    )
    return Send(
        digest=said,
        purpose="original",
        document=standing,
        freeze=lambda now: Frozen(body=body, meta={"invoice": invoice}),
        preview=lambda: body,
    )


# --- To Basware: that it is in the books


def _accepts(kind: str) -> Callable[[Captured, Mapping[str, Any]], Decision]:
    """An `accepts` for what waits in one processing status."""
    return lambda record, settings: Take("send") if record.problem or record.kind == kind else None


def _lane(step: str) -> Callable[[Captured], str]:
    return lambda record: f"{step}-response:{record.source_id}"


def _acknowledge(job: Job, *, step: str) -> Prepared:
    """Only what is in the books: an invoice that came another way is for whoever books it."""
    document = document_of(job)
    standing = standing_of(document)
    invoice = invoice_of(job, document)
    if isinstance(invoice, Nothing):
        return invoice
    if not invoice:
        return Nothing(f"{NOT_OURS} Nothing is booked from here, so Basware is told nothing.")
    if _is_voided(job, invoice):
        return Nothing(
            f"Invoice {standing.number or invoice} was voided in Visma.net, and Basware has approved it. Basware is "
            "not told that it is in the books.",
            issue=True,
            remedy=VOIDED,
        )
    return Send(
        digest=digest(standing),
        purpose="original",
        document=standing,
        freeze=lambda now: Frozen(body=b"", meta={"invoice": standing.invoice_id, "step": step}),
        preview=lambda: b"",
    )


def _is_voided(job: Job, invoice: str) -> bool:
    """Whether the books have voided the invoice, as far as was read."""
    rows = Record.objects.filter(
        feed__connection=job.flow.integration.books, feed__key=INVOICES, source_id=invoice, is_newest=True
    )
    return rows.filter(status="Voided").exists()


def _numbered(job: Job, *, step: str) -> Prepared:
    """Under which number the books have it. The external code is of this record alone: Basware wants a new one for each
    response."""
    document = document_of(job)
    standing = standing_of(document)
    invoice = invoice_of(job, document)
    if isinstance(invoice, Nothing):
        return replace(invoice, issue=False)  # told once, where Basware waits for an answer
    if not invoice:
        return Nothing(NOT_OURS)
    kind, _, number = invoice.partition("/")
    place = place_of(job)
    response = {
        "externalCode": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{place.source} {standing.invoice_id} {job.record_id}")),
        "success": True,
        "responseMessage": f"In Visma.net as {kind} {number}",
        "sourceSystem": place.source,
        "voucherNumber1": number,
        "paymentBlock": bool(document.payment_block),
    }

    def freeze(now: dt.datetime) -> Frozen:
        dated = {**response, f"{step}Date": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return Frozen(body=basware.encode(dated), meta={"invoice": standing.invoice_id, "step": step})

    return Send(
        digest=digest(standing),
        purpose="original",
        document=standing,
        freeze=freeze,
        preview=lambda: basware.encode(response),
    )


FLOWS = (
    FlowSpec(
        pair=PAIR,
        key="invoice-statuses",
        label="Where invoices stand → their history",
        entity="invoice-status",
        source="partner",
        feed="accounting-documents",
        rank=65,
        latest_wins=False,
        interval=EVERY,
        accepts=lambda record, settings: Take("send"),
        lane=lambda record: f"invoice-status:{record.source_id}",
        prepare=note_standing,
    ),
    FlowSpec(
        pair=PAIR,
        key="invoice-notes",
        label="Where invoices stand → notes in Visma.net",
        entity="invoice-note",
        source="partner",
        feed="accounting-documents",
        sink="invoice-notes",
        rank=66,
        latest_wins=False,
        one_to_one=False,
        settings=(
            Setting(
                name="noted",
                label="What is noted",
                kind="json",
                default=list(NOTED),
                help="Of: in approval, approved, ready for payment, partly paid, paid, rejected, exception. Each goes "
                "into the note of the supplier invoice once; nothing else of the invoice is changed.",
            ),
        ),
        interval=EVERY,
        accepts=_accepts_note,
        lane=lambda record: f"invoice-note:{record.source_id}",
        prepare=prepare_note,
    ),
    *(
        FlowSpec(
            pair=PAIR,
            key=f"{step}-responses",
            label=label,
            entity=f"{step}-response",
            source="partner",
            feed="accounting-documents",
            sink="acknowledgments",
            answers=True,
            rank=67,
            latest_wins=False,
            one_to_one=False,
            interval=EVERY,
            accepts=_accepts(waits),
            lane=_lane(step),
            prepare=partial(_acknowledge, step=step),
            operations=(
                Operation(
                    key=step,
                    label="Tell their numbers",
                    prepare=partial(_numbered, step=step),
                    sink="transfer-responses",
                ),
            ),
        )
        for step, waits, label in (
            ("prebook", "WaitingForPrebook", "Invoices of the books → prebooked in Basware"),
            ("transfer", "WaitingForTransfer", "Invoices of the books → acknowledged in Basware"),
        )
    ),
    FlowSpec(
        pair=PAIR,
        key="exported-orders",
        label="Purchase orders made in Basware: kept to be seen",
        entity="exported-order",
        source="partner",
        feed="exported-orders",
        rank=45,
        interval=EVERY,
        accepts=lambda record, settings: Take("send"),
        lane=lambda record: f"exported-order:{record.source_id}",
        prepare=note_order,
    ),
)
