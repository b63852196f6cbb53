"""Visma.net ERP → Basware: what was paid of invoices that were approved there, where it is switched on.

Basware takes the total that was paid so far, as often as it changes. The invoice in the books says it: what is no
longer open of it. Under which number and on which day it was paid the invoice does not say, so neither is told; Basware
then takes today as the day.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from django.db.models import Q

from edi.documents.money import rounded
from edi.documents.values import Value, digest
from integrations.flows.contract import Captured, Decision, Frozen, Job, Needs, Nothing, Prepared, Send, Take
from integrations.flows.visma_basware import flow, place_of
from integrations.flows.visma_rows import books_of
from integrations.http.errors import Paused
from integrations.models import Delivery, Feed, Link, Record, State
from integrations.systems.basware import mapping as basware
from integrations.systems.basware import wire
from integrations.systems.basware.standing import READY, REJECTED
from integrations.systems.visma import mapping as visma
from integrations.systems.visma import wire_ledger as ledger
from integrations.systems.visma.mapping.parts import decoded
from portal.common.clock import db_now

PAYABLE = ("Open", "Closed")
"""Statuses of an invoice of which something can have been paid."""
TAKES = READY | {"Paid"}
"""Processing statuses in which Basware takes what was paid."""
CREDIT_NOTE = "DebitAdj"
LOOK_AGAIN = dt.timedelta(minutes=10)
ABOUT_TO = dt.timedelta(minutes=1)
"""Basware's invoices that are read as soon as this are waited for."""
SOON = dt.timedelta(seconds=3)
"""When it is looked again after that."""
PATIENCE = dt.timedelta(days=7)
"""How long the approval in Basware may take once an invoice is paid, before somebody is told."""


class PaidSoFar(Value, frozen=True, kw_only=True):
    """What is told."""

    invoice_id: str
    """Basware's id of it."""
    number: str
    """In our books, as Invoice/000001."""
    paid: Decimal
    currency: str


def _accepts(record: Captured, settings: Mapping[str, Any]) -> Decision:
    return Take("send") if record.problem or record.status in PAYABLE else None


def _paid(job: Job) -> Prepared:
    """Raises Needs while Basware has not approved the invoice, or has not been told its number yet."""
    given = decoded(job.raw, ledger.Payable, "supplier invoice")
    number = f"{given.document_type}/{given.reference_number}"
    links = Link.objects.filter(
        integration_id=job.flow.integration_id, entity="supplier-invoice", source_id=job.source_id or number
    )
    link = links.first()
    balance = visma.balance_of(job.raw, zone=books_of(job).zone)
    if balance is None:
        return Nothing("The books do not say what is open of it.")
    paid = balance.total - balance.left
    if not paid and job.last is None:
        return Nothing("Nothing of it is paid.")
    if link is None:
        return Nothing("It was not sent to Basware from here.")
    document = _document(job, link.target_id, given)
    sign = -1 if given.document_type == CREDIT_NOTE else 1
    total = rounded(sign * paid, balance.currency)
    told = PaidSoFar(invoice_id=document.invoice_id or "", number=number, paid=total, currency=balance.currency)
    said = digest(told)
    if not job.forced_purpose and _knows(job, document, total, said):
        return Nothing(f"Basware knows that {total} {balance.currency} of it is paid.")
    place = place_of(job)
    response = {
        "externalCode": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{place.source} {told.invoice_id} paid {job.record_id}")),
        "success": True,
        "responseMessage": f"{total} {balance.currency} of {number} is paid in Visma.net",
        "sourceSystem": place.source,
        "paymentBlock": bool(document.payment_block),
        "paidTotal": total,
    }
    body = basware.encode(response)
    return Send(
        digest=said,
        purpose="original",
        document=told,
        freeze=lambda now: Frozen(body=body, meta={"invoice": told.invoice_id, "step": "payment"}),
        preview=lambda: body,
    )


def _document(job: Job, bum_id: str, given: ledger.Payable) -> wire.AccountingDocument:
    """The invoice as Basware shows it, ready to be paid. Raises Needs."""
    number = (given.supplier_reference or "").strip() or given.reference_number or ""
    rows = Record.objects.filter(
        feed__connection=job.flow.integration.partner,
        feed__key="accounting-documents",
        business_number=number,
        is_newest=True,
    )
    found = None
    for record in rows.select_related("payload")[:20]:
        raw = record.payload.data
        if raw is None:
            continue
        document = msgspec.json.decode(bytes(raw), type=wire.AccountingDocument, strict=False)
        if document.bumid == bum_id and document.invoice_id:
            found = document
    if found is not None and (found.processing_status in TAKES or _transferred(job, found.invoice_id or "")):
        return found
    _is_being_read(job)
    status = (found.processing_status or found.status or "") if found is not None else ""
    rejected = status in REJECTED
    raise Needs(
        "transfer-response",
        (found.invoice_id or "") if found is not None else bum_id,
        words=f"Basware to have invoice {number} transferred" + (f"; it is in status {status}" if status else ""),
        remedy="It is paid in Visma.net and was rejected in Basware: find out which is right, then dismiss this."
        if rejected
        else "See in Basware what keeps the invoice. Basware takes payments of invoices that were transferred, which "
        "the flow visma-basware.transfer-responses tells it; visma-basware.invoice-statuses reads where it is.",
        deadline=dt.timedelta(0) if rejected else PATIENCE,
        again=LOOK_AGAIN,
    )


def _transferred(job: Job, invoice_id: str) -> bool:
    """Whether Basware took our number of the invoice, also where the invoice was not read since."""
    told = Delivery.objects.filter(
        integration_id=job.flow.integration_id,
        flow__key="transfer-responses",
        record__source_id=invoice_id,
        operation="transfer",
        state=State.DELIVERED,
    )
    return told.exists()


def _is_being_read(job: Job) -> None:
    """Raises Paused while the invoices in Basware are about to be read: what is there then is known soon."""
    feeds = Feed.objects.filter(
        connection=job.flow.integration.partner, key="accounting-documents", enabled=True, paused_reason=""
    )
    now = db_now()
    feed = feeds.filter(Q(due_at__lte=now + ABOUT_TO) | Q(lease_until__gt=now)).first()
    if feed is not None:
        due = feed.due_at if feed.due_at is not None and feed.due_at <= now + ABOUT_TO else now
        raise Paused("Where invoices stand in Basware is read first.", retry_at=max(now, due) + SOON)


def _knows(job: Job, document: wire.AccountingDocument, total: Decimal, said: str) -> bool:
    """Whether Basware has this total: from us, or because it paid the invoice itself."""
    if job.last is not None:
        return job.last.digest == said
    paid = [r.paid_total for r in document.payment_responses or () if r.success]
    return bool(paid) and paid[-1] == total


FLOWS = (
    flow(
        "payment-responses",
        "What was paid of invoices → payment responses",
        entity="payment-response",
        feed="supplier-invoices",
        sink="payment-responses",
        rank=68,
        prepare=_paid,
        accepts=_accepts,
        lane=lambda record: f"payment-response:{record.source_id}",
        one_to_one=False,
    ),
)
