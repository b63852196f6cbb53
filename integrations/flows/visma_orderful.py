"""Visma.net ERP ↔ Orderful."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from edi import services as edi
from edi.documents.invoice import Invoice
from edi.documents.order_response import OrderResponse
from edi.documents.ship_notice import ShipNotice
from edi.models import Agreement
from integrations.flows import agreement_settings, edi_out, order_change_answers, pair_settings, visma_documents
from integrations.flows.contract import FlowSpec, Frozen, Job, Prepared
from integrations.flows.edi_out import Built, Outbound
from integrations.flows.visma_documents import (
    INVOICE_SETTINGS,
    ORDER_SETTINGS,
    RECEIPT_SETTINGS,
    SALES_SETTINGS,
    accepts_customer_invoice,
    accepts_invoice,
    accepts_order,
    accepts_receipt,
    document_lane,
)
from integrations.models import Delivery, Record, State
from integrations.systems.contract import Unmappable
from integrations.systems.orderful import mapping, mosaic_shipments
from integrations.systems.orderful.settings import Options
from integrations.systems.visma import commands
from integrations.systems.visma import settings as books_settings
from integrations.systems.visma.explained import is_explained

CHANGE_ANSWER = "865"
"""Only v3 has it, and the name of its type is a setting."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How a document goes to Orderful, and what was altered for it, in words."""

    body: bytes
    changes: tuple[str, ...]


def _form(built: Built) -> _Form:
    """Mosaic (v4), or X12 through v3 where the agreement says so or Mosaic has no words for the document: it knows no
    kilogram, no litre and no corrected invoice. The agreement's setting `orderful_api` may be auto, v4 or v3."""
    wanted = agreement_settings.choice(built.agreement, "orderful_api")
    if wanted == "v3":
        return _by_v3(built, "the agreement asks for v3")
    try:
        return _Form(_body_of(built, mapping.create_body, message=_message(built)), _left_out(built))
    except Unmappable as reason:
        if wanted == "v4":
            raise
        return _by_v3(built, reason.sentence)


def _by_v3(built: Built, why: str) -> _Form:
    text = edi_out.write_x12(built, edi_out.TRIAL_NUMBERS, edi_out.TRIAL_DATE)
    answers = built.agreement.document_type == CHANGE_ANSWER
    name = Options.of(built.connection).change_answer_type if answers else ""
    body = _body_of(built, mapping.v3_body, x12=text.text, type_name=name)
    return _Form(body, (f"Sent through v3: {why}", *text.changes))


def _body_of(built: Built, write: Callable[..., bytes], **content: Any) -> bytes:
    agreement = built.agreement
    ids = {"sender_id": agreement.sender_id, "receiver_id": agreement.receiver_id}
    return write(agreement.document_type, stream=agreement.stream, **ids, **content)


def _message(built: Built) -> dict[str, Any]:
    document, words = built.document, Options.of(built.connection).unit_words
    if isinstance(document, OrderResponse):
        raise Unmappable("v4 has no answer to an order change")
    if isinstance(document, ShipNotice):
        return mosaic_shipments.mosaic_856(
            document, purpose=document.purpose, options=built.options, unit_words=words, sent_by=_sent_by(built)
        )
    if isinstance(document, Invoice):
        return mapping.mosaic_810(
            document, purpose=document.purpose, options=built.options, unit_words=words, sent_by=_sent_by(built)
        )
    return mapping.mosaic_850(document, purpose=document.purpose, options=built.options, unit_words=words)


def _left_out(built: Built) -> tuple[str, ...]:
    if isinstance(built.document, OrderResponse):
        return ()
    if isinstance(built.document, ShipNotice):
        return mosaic_shipments.left_out(built.document, options=built.options, sent_by=_sent_by(built))
    if isinstance(built.document, Invoice):
        return mapping.left_out(built.document, options=built.options, sent_by=_sent_by(built))
    return mapping.left_out(built.document, options=built.options)


def _sent_by(built: Built) -> Literal["buyer", "supplier"]:
    """From whose side the numbers of an invoice are named: our invoices to customers are a supplier's; a supplier's
    invoice that we pass on is sent by its buyer."""
    return "supplier" if built.entity == "customer" else "buyer"


def check(built: Built) -> tuple[str, ...]:
    """What had to be altered or left out, in words. Raises Unmappable where it cannot be sent."""
    if built.agreement.is_edifact:
        raise Unmappable(
            f"The agreement '{built.agreement}' is in EDIFACT, but Orderful is handed X12 alone.",
            remedy="Set its standard to X12; how Orderful writes to the partner is 'format at the partner'.",
        )
    edi_out.check_x12(built)
    return _form(built).changes


def body(built: Built) -> bytes:
    """The exact bytes that would be sent."""
    return _form(built).body


def freeze(built: Built, now: dt.datetime) -> Frozen:
    """Orderful writes the envelope, so no control numbers are taken."""
    agreement, written = built.agreement, body(built)
    sent = edi.store_sent(
        agreement,
        body=written,
        numbers=None,
        set_id=agreement.document_type,
        purpose=built.purpose,
        business_number=built.number,
        now=now,
    )
    meta = {
        "type": agreement.document_type,
        "stream": agreement.stream,
        "sender_id": agreement.sender_id,
        "receiver_id": agreement.receiver_id,
        "business_number": built.number,
        **({"only_with_relationship": True} if agreement.document_type == CHANGE_ANSWER else {}),
    }
    return Frozen(body=written, meta=meta, transaction_set=sent)


def _prepare(outbound: Outbound, job: Job) -> Prepared:
    knows = _made_by_partner if outbound is visma_documents.PURCHASE_ORDER else None
    return edi_out.prepare(job, outbound, freeze=freeze, preview=body, check=check, knows=knows)


def _made_by_partner(job: Job, agreement: Agreement, said: str) -> str:
    """Whether the order stands just as this partner's own changes left what it was told last: then it is not told what
    it told us. What anybody else changed besides goes to it; so does an order of which is not kept any more what it
    was told. A change that a person edited is not the partner's own."""
    if job.last is None:
        return ""
    told = Delivery.objects.select_related("record__payload").get(pk=job.last.delivery_id)
    applied = Delivery.objects.filter(
        integration_id=job.flow.integration_id,
        flow__key=order_change_answers.CHANGES,
        state=State.DELIVERED,
        target_id=job.business_number,
        transaction_set__partner=agreement.partner_id,
        edit=None,
        pk__gt=told.pk,
    )
    bodies = [one.frozen.data if one.frozen else None for one in applied.select_related("frozen").order_by("pk")]
    before = told.record.payload.data
    if not bodies or before is None or None in bodies:
        return ""
    books = job.flow.integration.books
    versions = Record.objects.filter(feed=told.record.feed_id, source_id=told.record.source_id, pk__gt=told.record_id)
    if job.record_id is not None:
        versions = versions.filter(pk__lt=job.record_id)
    between = versions.filter(payload__data__isnull=False).order_by("pk").values_list("payload__data", flat=True)
    try:
        explained = is_explained(
            bytes(before),
            job.raw,
            [msgspec.json.decode(bytes(body), type=commands.ChangeOrder) for body in bodies if body is not None],
            buyer=pair_settings.read(job.flow.integration.settings).company.party(),
            zone=books_settings.Options.of(books).zone,
            between=[bytes(data) for data in between if data is not None],
        )
    except Unmappable:  # what was sent once cannot be read any more: nobody can tell, so it is sent
        return ""
    return f"The order is as {agreement.partner}'s own change left it." if explained else ""


FLOWS = (
    FlowSpec(
        pair="visma-orderful",
        key="purchase-orders",
        label="Purchase orders → 850",
        entity="purchase-order",
        source="books",
        feed="purchase-orders",
        sink="transactions",
        rank=40,
        settings=ORDER_SETTINGS,
        accepts=accepts_order,
        lane=document_lane("purchase-order"),
        prepare=lambda job: _prepare(visma_documents.PURCHASE_ORDER, job),
    ),
    FlowSpec(
        pair="visma-orderful",
        key="supplier-invoices",
        label="Supplier invoices → 810",
        entity="supplier-invoice",
        source="books",
        feed="supplier-invoices",
        sink="transactions",
        rank=60,
        settings=INVOICE_SETTINGS,
        accepts=accepts_invoice,
        lane=document_lane("supplier-invoice"),
        prepare=lambda job: _prepare(visma_documents.SUPPLIER_INVOICE, job),
    ),
    FlowSpec(
        pair="visma-orderful",
        key="purchase-receipts",
        label="Purchase receipts → 856",
        entity="purchase-receipt",
        source="books",
        feed="purchase-receipts",
        sink="transactions",
        rank=50,
        latest_wins=False,
        settings=RECEIPT_SETTINGS,
        accepts=accepts_receipt,
        lane=document_lane("purchase-receipt"),
        prepare=lambda job: _prepare(visma_documents.PURCHASE_RECEIPT, job),
    ),
    FlowSpec(
        pair="visma-orderful",
        key="customer-invoices",
        label="Customer invoices → 810",
        off_at_first=True,
        entity="customer-invoice",
        source="books",
        feed="customer-invoices",
        sink="transactions",
        rank=60,
        settings=SALES_SETTINGS,
        accepts=accepts_customer_invoice,
        lane=document_lane("customer-invoice"),
        prepare=lambda job: _prepare(visma_documents.CUSTOMER_INVOICE, job),
    ),
)
