"""Visma.net ERP ↔ Cleo Integration Cloud."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import msgspec

from edi import services as edi
from edi.documents import money, rendering
from edi.documents.invoice import Invoice
from edi.documents.ship_notice import ShipNotice
from edi.documents.values import Party
from edi.models import Agreement
from integrations.flows import edi_out, visma_documents
from integrations.flows.contract import FlowSpec, Frozen, Job, Prepared
from integrations.flows.edi_out import Built, Outbound
from integrations.flows.visma_documents import (
    INVOICE_SETTINGS,
    ORDER_SETTINGS,
    RECEIPT_SETTINGS,
    accepts_invoice,
    accepts_order,
    accepts_receipt,
    document_lane,
)
from integrations.models import Connection
from integrations.systems.cleo import mapping
from integrations.systems.cleo.settings import Options
from integrations.systems.contract import Setting, Unmappable
from integrations.systems.visma import mapping as visma
from integrations.systems.visma.settings import Options as VismaOptions

TELL_PAYMENT = Setting(
    name="tell_payment",
    label="Tell when an invoice is paid",
    kind="boolean",
    default=True,
    help="An invoice that is paid in Visma.net, in part or in full, goes out again as a new version with a note, so "
    "that Cleo can close its match. Switch it off where the receiver books every version.",
)
EXTENSIONS = {"X12": "x12", "EDIFACT": "edi"}
"""Of files, by the standard that is written in them."""
SETTLED, SETTLED_NOTE = "Closed", "Settled in full: nothing is left to pay."
VOIDED = "Voided"


def _payload(built: Built, numbers: edi.ControlNumbers, now: dt.datetime) -> tuple[bytes, str]:
    """The file's bytes and its extension: text in X12 or EDIFACT, or the JSON rendering of the set, as agreed."""
    agreement = built.agreement
    if agreement.payload != Agreement.Payload.JSON:
        return edi_out.write(built, numbers, now).body, EXTENSIONS[agreement.standard]
    rendered = {
        "sender": f"{agreement.sender_qualifier}:{agreement.sender_id}",
        "receiver": f"{agreement.receiver_qualifier}:{agreement.receiver_id}",
        "usage": agreement.usage,
        "interchange_control_number": f"{numbers.interchange:09d}",
        "business_number": built.document.number,
        **({} if isinstance(built.document, ShipNotice) else {"total": str(built.document.total)}),
        "transaction_set": rendering.as_data(
            built.segments, set_id=agreement.document_type, control_number="0001", version=agreement.version
        ),
    }
    return msgspec.json.encode(rendered), "json"


def _folder(agreement: Agreement) -> str:
    folder = str(agreement.settings.get("folder", ""))
    if not folder:
        raise Unmappable(
            f"The agreement '{agreement}' names no folder at Cleo.",
            remedy="Fill in the folder in the agreement's settings.",
        )
    return folder


def _check(built: Built) -> tuple[str, ...]:
    _folder(built.agreement)
    changes = edi_out.check(built)
    return changes if built.agreement.payload != Agreement.Payload.JSON else built.altered  # JSON has no separators


def _preview(built: Built) -> bytes:
    return _payload(built, edi_out.TRIAL_NUMBERS, edi_out.TRIAL_DATE)[0]


def _freeze(built: Built, now: dt.datetime) -> Frozen:
    """We write the envelope: its numbers are taken here, in the transaction that stores the bytes."""
    agreement = built.agreement
    numbers = edi.take_control_numbers(agreement)
    body, extension = _payload(built, numbers, now)
    sent = edi.store_sent(
        agreement,
        body=body,
        numbers=numbers,
        set_id=built.set_id,
        purpose=built.purpose,
        business_number=built.document.number,
        now=now,
    )
    name = mapping.file_name(
        Options.of(built.connection).file_name_template,
        set_id=built.set_id,
        sender=agreement.sender_id,
        receiver=agreement.receiver_id,
        control_number=numbers.interchange,
        business_number=built.document.number,
        extension=extension,
        stream=agreement.stream,
    )
    meta = {
        "folder": _folder(agreement),
        "name": name,
        "payload": "edifact" if agreement.is_edifact else agreement.payload,
    }
    if agreement.settings.get("action"):
        meta["action"] = str(agreement.settings["action"])
    return Frozen(body=body, meta=meta, transaction_set=sent)


def _paid_invoice(raw: bytes, books: Connection, ourselves: Party) -> edi_out.TradeDocument:
    """The invoice; one that is paid, in part or in full, says so in a note."""
    document = visma_documents.SUPPLIER_INVOICE.to_document(raw, books, ourselves)
    note = _payment_note(raw, books)
    if isinstance(document, Invoice) and note:
        return msgspec.structs.replace(document, notes=(*document.notes, note))
    return document


def _payment_note(raw: bytes, books: Connection) -> str:
    status = visma.status_of(raw)
    if status == SETTLED:
        return SETTLED_NOTE
    balance = visma.balance_of(raw, zone=VismaOptions.of(books).zone)
    if status == VOIDED or balance is None or not balance.is_part:
        return ""
    left, total = (money.rounded(amount, balance.currency) for amount in (balance.left, balance.total))
    return f"Paid in part: {left} of {total} {balance.currency} are left to pay."


PAID_INVOICE = replace(visma_documents.SUPPLIER_INVOICE, to_document=_paid_invoice)


def _prepare_invoice(job: Job) -> Prepared:
    tells = (job.flow.settings or {}).get("tell_payment", TELL_PAYMENT.default)
    return _prepare(PAID_INVOICE if tells else visma_documents.SUPPLIER_INVOICE, job)


def _prepare(outbound: Outbound, job: Job) -> Prepared:
    return edi_out.prepare(job, outbound, freeze=_freeze, preview=_preview, check=_check)


FLOWS = (
    FlowSpec(
        pair="visma-cleo",
        key="purchase-orders",
        label="Purchase orders → 850, ORDERS",
        entity="purchase-order",
        source="books",
        feed="purchase-orders",
        sink="files",
        rank=40,
        settings=ORDER_SETTINGS,
        accepts=accepts_order,
        lane=document_lane("purchase-order"),
        prepare=lambda job: _prepare(visma_documents.PURCHASE_ORDER, job),
    ),
    FlowSpec(
        pair="visma-cleo",
        key="supplier-invoices",
        label="Supplier invoices → 810, INVOIC",
        entity="supplier-invoice",
        source="books",
        feed="supplier-invoices",
        sink="files",
        rank=60,
        settings=(*INVOICE_SETTINGS, TELL_PAYMENT),
        accepts=accepts_invoice,
        lane=document_lane("supplier-invoice"),
        prepare=_prepare_invoice,
    ),
    FlowSpec(
        pair="visma-cleo",
        key="purchase-receipts",
        label="Purchase receipts → 856, DESADV",
        entity="purchase-receipt",
        source="books",
        feed="purchase-receipts",
        sink="files",
        rank=50,
        latest_wins=False,
        settings=RECEIPT_SETTINGS,
        accepts=accepts_receipt,
        lane=document_lane("purchase-receipt"),
        prepare=lambda job: _prepare(visma_documents.PURCHASE_RECEIPT, job),
    ),
)
