"""Payments that the books have of invoices → their bills at Airbase are lowered.

A payment of a part lessens what is open of an invoice without giving it a new time of change, so that reading by
changes does not see it. A payment that did not come from Airbase therefore has its invoice read anew; what is open of
it now goes to Airbase as its next version. Nothing is written of the payment itself: only the flow of invoices writes
bills, so that an older version never follows a newer one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from edi.documents.values import Value, digest
from integrations.flows.contract import Captured, Decision, Job, Keep, Kept, Needs, Nothing, Prepared, Take
from integrations.flows.visma_airbase_receipts import NOT_OFFERED
from integrations.models import OPEN_STATES, Delivery, Record, State
from integrations.systems.airbase.settings import Options

INVOICES = "supplier-invoices"
RELEASED = ("Open", "Closed", "Voided")
"""Statuses of a payment that was released, or had been."""
VOIDING = ("VoidPayment", "VoidRefund")
"""Types that take a payment back; they have its number."""
LOOK_AGAIN = dt.timedelta(seconds=10)
_REMEDY = "See why the invoice's bill is not as it should be: flow visma-airbase.supplier-invoices."


class Looked(Value, frozen=True, kw_only=True):
    """What was read anew, and because of what."""

    invoice: str
    payment: str


def accepts_payment(record: Captured, settings: Mapping[str, Any]) -> Decision:
    """Released payments of an invoice, and what takes them back. The feed's closed invoices are those of the flow of
    invoices, which reads them itself."""
    if len(record.source_id.split("/")) < 4:
        return Take("send") if record.problem else None
    taken = record.problem or record.status in RELEASED or record.kind in VOIDING
    return Take("send") if taken else None


def invoice_key(source_id: str) -> str:
    """Which invoice a payment of it is about, as Invoice/000001."""
    return "/".join(source_id.split("/", 2)[:2])


def payment(job: Job) -> Prepared:
    """Done once Airbase has the invoice as it is after the payment. Raises Needs until then."""
    if not Options.of(job.flow.integration.partner).takes_documents:
        return Nothing(NOT_OFFERED.format(what="bills"))
    invoice, number = invoice_key(job.source_id), job.source_id.rpartition("/")[2]
    if _is_airbases(job, number):
        return Nothing("It was approved in Airbase, which knows what it pays.")
    if not _bills(job, invoice).exists():
        return Nothing(f"{invoice} is no bill in Airbase.")
    _must_be_at_airbase(job, invoice, _as_it_is_now(job, invoice, number))
    what = f"Airbase has {invoice} as it is after payment {number}."
    return Keep(digest=digest(Looked(invoice=invoice, payment=number)), what=what, keep=lambda now: Kept(summary=what))


def _is_airbases(job: Job, number: str) -> bool:
    made = Delivery.objects.filter(
        integration_id=job.flow.integration_id, flow__key="payments", operation="pay", target_id=number
    )
    return made.filter(state=State.DELIVERED).exists()


def _bills(job: Job, invoice: str) -> Any:
    """What became of the invoice in the flow that sends it."""
    return Delivery.objects.filter(
        integration=job.flow.integration_id,
        flow__key=INVOICES,
        record__source_id=invoice,
        operation__in=["send", "cancel"],
    )


def _as_it_is_now(job: Job, invoice: str, number: str) -> Record:
    """The invoice's record, read after the payment was. Raises Needs."""
    newest = Record.objects.filter(
        feed__connection=job.flow.integration.books, feed__key=INVOICES, source_id=invoice, is_newest=True
    ).first()
    if newest is None:
        raise Needs("supplier-invoice", invoice, words=f"{invoice} to be read", remedy=_REMEDY)
    mine = Record.objects.filter(pk=job.record_id).first() if job.record_id is not None else None
    if mine is not None and max(newest.captured_at, newest.checked_at or newest.captured_at) <= mine.captured_at:
        raise Needs(
            "supplier-invoice",
            invoice,
            words=f"{invoice} to be read again after payment {number}",
            remedy=_REMEDY,
            read_anew=True,
        )
    return newest


def _must_be_at_airbase(job: Job, invoice: str, newest: Record) -> None:
    """Raises Needs until what became of this version of the invoice is settled."""
    sent = _bills(job, invoice).filter(record=newest).order_by("-pk").first()
    # A version that the flow of invoices did not take (as one on hold) leaves the bill as it is.
    if sent is not None and sent.state in OPEN_STATES:
        raise Needs("supplier-invoice", invoice, words=f"{invoice} to reach Airbase", remedy=_REMEDY, again=LOOK_AGAIN)
