"""Where an invoice stands in Basware, in our words. Pure.

A document tells it by some thirty processing statuses. The interface that tells only where an invoice is has four words
for them: in approval until the transfer to the books, ready for payment, paid, rejected. Facts: the vendor's OpenAPI
file of Basware P2P.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from edi.documents.values import Value, digest
from integrations.systems.basware import wire

Word = Literal[
    "in approval", "approved", "ready for payment", "partly paid", "paid", "rejected", "exception", "unknown"
]
APPROVED = frozenset({"WaitingForTransfer", "TransferInProgress", "WaitingToBeCompleted", "CompletionInProgress"})
READY = frozenset({"Transferred", "Completed"})
REJECTED = frozenset({"WaitingToBeRemoved", "Removed", "WaitingToBeReturned", "Returned"})
IN_APPROVAL = frozenset(
    {
        "New", "WaitingForPrebook", "PrebookInProgress", "Prebooked", "WaitingForPrebookCancelation",
        "PrebookCancelationInProgress", "PrebookCanceled", "WaitingForEnrichmentTransfer",
        "EnrichmentTransferInProgress", "EnrichmentTransferred", "InDocumentFilter", "DocumentFilterReleased",
    }
)  # fmt: skip
FAILED = frozenset(
    {
        "PrebookFailed", "PrebookCancelFailed", "TransferFailed", "RemoveFailed", "ReturnFailed", "CompletionFailed",
        "EnrichmentTransferFailed",
    }
)  # fmt: skip
BY_STATUS: dict[str, Word] = {
    "InApprovalProcess": "in approval",
    "ReadyForPayment": "ready for payment",
    "Paid": "paid",
    "Rejected": "rejected",
}


class Standing(Value, frozen=True, kw_only=True):
    """Where an invoice stands."""

    invoice_id: str
    """Basware's id of it."""
    bum_id: str = ""
    """The id under which it came in; ours for what we sent."""
    number: str = ""
    supplier: str = ""
    word: Word
    processing_status: str = ""
    reason: str = ""
    """Why it was rejected, or what is wrong with it."""
    paid: Decimal | None = None
    """In total so far, in the document's currency; None where Basware does not say it."""
    paid_on: str = ""
    """A day."""
    payment_number: str = ""
    currency: str = ""

    @property
    def said(self) -> str:
        """Tells it from everything else that can be said of the same invoice."""
        return digest(msgspec.structs.replace(self, invoice_id="", processing_status=""))

    @property
    def sentence(self) -> str:
        """For people, without the invoice's number."""
        match self.word:
            case "paid" | "partly paid":
                parts = [f"{self.paid:,.2f} {self.currency}".strip() if self.paid is not None else ""]
                parts += [f"on {self.paid_on}" if self.paid_on else ""]
                parts += [f"payment {self.payment_number}" if self.payment_number else ""]
                said = ", ".join(part for part in parts if part)
                return f"{self.word} in Basware: {said}" if said else f"{self.word} in Basware"
            case "rejected":
                return f"rejected in Basware: {self.reason or 'no reason is given'}"
            case "exception":
                return f"stopped in Basware: {self.reason or self.processing_status}"
            case "unknown":
                return f"in Basware's status {self.processing_status or '(none)'}, which is not known here"
            case _:
                return f"{self.word} in Basware"


def standing_of(document: wire.AccountingDocument) -> Standing:
    """What a document says."""
    paid = [r for r in document.payment_responses or () if r.success]
    last = paid[-1] if paid else wire.Response()
    total, day = last.paid_total, (document.clearing_date or last.payment_date or "")[:10]
    number = document.clearing_reference_id or last.payment_number or ""
    word = _word(document, some_paid=bool(total or number))
    settled = word in ("paid", "partly paid")
    return Standing(
        invoice_id=document.invoice_id or "",
        bum_id=document.bumid or "",
        number=document.invoice_number or "",
        supplier=document.supplier_code or "",
        word=word,
        processing_status=document.processing_status or document.status or "",
        reason=_reason(document, word),
        paid=total if settled else None,
        paid_on=day if settled else "",
        payment_number=number if settled else "",
        currency=document.currency_code or "",
    )


def _word(document: wire.AccountingDocument, *, some_paid: bool) -> Word:
    status = document.processing_status or ""
    if status == "Paid":
        return "paid"
    if status in REJECTED:
        return "rejected"
    if status in FAILED:
        return "exception"
    if status in READY:
        return "partly paid" if some_paid else "ready for payment"
    if document.dispute_info is not None and document.dispute_info.is_disputed:
        return "exception"
    if document.status in BY_STATUS:
        return BY_STATUS[document.status]
    if status in APPROVED:
        return "approved"
    return "in approval" if status in IN_APPROVAL else "unknown"


def _reason(document: wire.AccountingDocument, word: Word) -> str:
    if word == "rejected":
        return ": ".join(t for t in (document.removal_reason, document.removal_reason_comment) if t)
    if word != "exception":
        return ""
    if document.processing_status in FAILED:
        failed = [r.response_message for r in document.transfer_responses or () if r.success is False]
        return f"{document.processing_status}{f', {failed[-1]}' if failed and failed[-1] else ''}"
    return (document.dispute_info.dispute_reason or "disputed") if document.dispute_info else ""
