"""Visma.net ERP → Basware: what was paid of invoices that were approved there, where it is switched on.

Basware takes the total that was paid so far, as often as it changes, with the day and the number of the last payment.
Only payments count. What a credit note, a write-off or a reversal took off an invoice was not paid: Basware is not told
that it was, and a person is told that the invoice is closed.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from django.db.models import Q

from edi.documents.money import rounded
from edi.documents.values import Value, digest
from integrations.flows.contract import Captured, Decision, Frozen, Job, Needs, Nothing, Prepared, Send, Take
from integrations.flows.visma_basware import flow, place_of
from integrations.flows.visma_basware_known import AT_A_TIME
from integrations.flows.visma_rows import books_of
from integrations.http.errors import Paused
from integrations.models import OPEN_STATES, Delivery, Feed, Link, Record, State
from integrations.systems.basware import mapping as basware
from integrations.systems.basware import wire
from integrations.systems.basware.standing import READY, REJECTED
from integrations.systems.contract import Unmappable
from integrations.systems.visma import mapping as visma
from integrations.systems.visma import wire_ledger as ledger
from integrations.systems.visma.mapping.parts import decoded
from integrations.systems.visma.settlements import FEED
from portal.common.clock import db_now

RELEASED = ("Open", "Closed", "Voided")
"""Statuses of a payment that was released, or had been."""
PAYING = ("Payment", "Prepayment", "Refund")
"""Types of payments by which money moves. Visma.net applies credit notes to invoices as a type of its own."""
VOIDING = ("VoidPayment", "VoidRefund")
"""Types that take a payment back; they have its number."""
TAKES = READY | {"Paid"}
"""Processing statuses in which Basware takes what was paid."""
CREDIT_NOTE = "DebitAdj"
INVOICES = "supplier-invoices"
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
    paid_on: str = ""
    """Day of the last payment; "" where nothing is paid any more."""
    payment: str = ""
    """Its number in our books."""


class Payments(Value, frozen=True, kw_only=True):
    """What was paid of an invoice, by the payments that the books have of it."""

    paid: Decimal = Decimal(0)
    """With the cash discount that was taken: it is settled too."""
    discount: Decimal = Decimal(0)
    """Of it, what was not paid because it was paid in time, or withheld."""
    currency: str = ""
    """Of the invoice; "" where no payment says it."""
    paid_on: str = ""
    payment: str = ""
    in_other_currency: bool = False
    """Whether one was paid in another currency: then its lines do not say what it took off the invoice."""
    supplier_number: str = ""
    """The supplier's own number of the invoice."""


def _accepts(record: Captured, settings: Mapping[str, Any]) -> Decision:
    taken = record.problem or record.status in RELEASED or record.kind in VOIDING
    return Take("send") if taken else None


def _invoice_key(source_id: str) -> str:
    """Which invoice a payment of it, or the closed invoice itself, is about: as Invoice/000001."""
    return "/".join(source_id.split("/", 2)[:2])


def _paid(job: Job) -> Prepared:
    """Raises Needs while Basware has not approved the invoice, or has not been told its number yet."""
    number = _invoice_key(job.source_id)
    closed = decoded(job.raw, ledger.Payable, "supplier invoice") if job.source_id == number else None
    links = Link.objects.filter(integration_id=job.flow.integration_id, entity="supplier-invoice", source_id=number)
    link = links.first()
    if link is None:
        _is_being_sent(job, number)
        return Nothing("It was not sent to Basware from here.")
    found = _payments(job, number)
    if closed is not None and (other := _settled_otherwise(job, number, closed, found)) is not None:
        return other
    if not found.paid and job.last is None:
        return Nothing("Nothing of it is paid.")
    document = _document(job, link.target_id, (closed.supplier_reference if closed else "") or found.supplier_number)
    currency = found.currency or document.currency_code or ""
    paid = _in_its_currency(job, number) if found.in_other_currency else found.paid
    total = rounded(-paid if number.startswith(f"{CREDIT_NOTE}/") else paid, currency)
    told = PaidSoFar(
        invoice_id=document.invoice_id or "",
        number=number,
        paid=total,
        currency=currency,
        paid_on=found.paid_on,
        payment=found.payment,
    )
    said = digest(told)
    if not job.forced_purpose and _knows(job, document, total, said):
        return Nothing(f"Basware knows that {total} {currency} of it is paid.")
    place = place_of(job)
    response = {
        "externalCode": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{place.source} {told.invoice_id} paid {job.record_id}")),
        "success": True,
        "responseMessage": _in_words(told, found),
        "sourceSystem": place.source,
        "paymentBlock": bool(document.payment_block),
        "paidTotal": total,
    }
    optional = {"paymentDate": f"{found.paid_on}T00:00:00Z" if found.paid_on else "", "paymentNumber": found.payment}
    body = basware.encode(response | {name: value for name, value in optional.items() if value})
    return Send(
        digest=said,
        purpose="original",
        document=told,
        freeze=lambda now: Frozen(body=body, meta={"invoice": told.invoice_id, "step": "payment"}),
        preview=lambda: body,
    )


def _in_words(told: PaidSoFar, found: Payments) -> str:
    if not told.payment:
        return f"Nothing of {told.number} is paid in Visma.net any more"
    discount = f", cash discount {found.discount} of it" if found.discount else ""
    return f"{told.paid} {told.currency} of {told.number} is paid in Visma.net{discount}"[:250]


def _payments(job: Job, number: str) -> Payments:
    """All released payments of the invoice that were not taken back. Raises Unmappable."""
    kind, _, reference = number.partition("/")
    rows = Record.objects.filter(
        feed__connection=job.flow.integration.books,
        feed__key=FEED,
        business_number=reference,
        source_id__startswith=f"{kind}/{reference}/",
        is_newest=True,
    )
    there = []
    for record in rows.select_related("payload").order_by("pk"):
        if record.payload.data is None:
            raise Unmappable(
                f"What was paid of {number} in all cannot be told: what payment {record.source_id} said is not kept "
                "any more.",
                remedy="Enter in Basware what was paid, then dismiss this.",
            )
        if not record.problem:
            there.append(decoded(bytes(record.payload.data), ledger.InvoicePayment, "supplier payment"))
    return paid_by(there)


def paid_by(there: Sequence[ledger.InvoicePayment]) -> Payments:
    """What the payments of an invoice come to. What was not released, was taken back, or is the application of a credit
    note, does not count."""
    taken_back = {one.ref_nbr for one in there if one.type in VOIDING and _is_released(one)}
    paying = [one for one in there if one.type in PAYING and _is_released(one) and one.ref_nbr not in taken_back]
    paying.sort(key=lambda one: (one.application_date or "", one.ref_nbr or ""))
    lines = [line for one in paying for line in one.lines]
    discount = sum((_or_nothing(x.cash_discount_taken) + _or_nothing(x.withholding_tax) for x in lines), Decimal(0))
    last = paying[-1] if paying else ledger.InvoicePayment()
    return Payments(
        paid=sum((_or_nothing(line.amount_paid) for line in lines), discount),
        discount=discount,
        currency=next((line.currency for line in lines if line.currency), last.currency or ""),
        paid_on=(last.application_date or "")[:10],
        payment=last.ref_nbr or "",
        in_other_currency=any(
            line.currency and one.currency and line.currency != one.currency for one in paying for line in one.lines
        ),
        supplier_number=next((line.supplier_ref for one in there for line in one.lines if line.supplier_ref), ""),
    )


def _is_released(payment: ledger.InvoicePayment) -> bool:
    return payment.status != "Voided" and (payment.released or payment.status in RELEASED)


def _or_nothing(amount: Decimal | None) -> Decimal:
    return amount or Decimal(0)


def _settled_otherwise(job: Job, number: str, closed: ledger.Payable, found: Payments) -> Nothing | None:
    """What to do about a closed invoice that payments did not pay in full; None for one that they did."""
    balance = visma.balance_of(job.raw, zone=books_of(job).zone)
    if closed.status != "Closed" or found.in_other_currency or balance is None:
        return None
    if found.paid >= balance.total - balance.left:
        return None
    currency, called = balance.currency, closed.supplier_reference or number
    paid, total = rounded(found.paid, currency), rounded(balance.total, currency)
    return Nothing(
        f"{number} (invoice {called}) is closed in Visma.net, but payments paid only {paid} of {total} {currency} of "
        "it: a credit note, a write-off or a reversal took off the rest. Basware is not told that this was paid.",
        issue=True,
        remedy="1. See in Visma.net what closed it. 2. In Basware, complete the invoice by hand where that is right, "
        "or reject it where nothing is owed any more. 3. Dismiss this.",
    )


def _in_its_currency(job: Job, number: str) -> Decimal:
    """What is no longer open of an invoice that was paid in another currency, by the invoice as it is now. Raises
    Needs."""
    newest = (
        Record.objects.filter(
            feed__connection=job.flow.integration.books, feed__key=INVOICES, source_id=number, is_newest=True
        )
        .select_related("payload")
        .first()
    )
    mine = Record.objects.filter(pk=job.record_id).first() if job.record_id is not None else None
    read_at = max(newest.captured_at, newest.checked_at or newest.captured_at) if newest is not None else None
    raw = newest.payload.data if newest is not None else None
    if raw is None or (mine is not None and read_at is not None and read_at <= mine.captured_at):
        raise Needs(
            "supplier-invoice",
            number,
            words=f"{number} to be read again after its payment",
            remedy="See that the flow visma-basware.supplier-invoices is on and reads.",
            read_anew=True,
        )
    balance = visma.balance_of(bytes(raw), zone=books_of(job).zone)
    return balance.total - balance.left if balance is not None else Decimal(0)


def _is_being_sent(job: Job, number: str) -> None:
    """Raises Needs while the invoice is on its way to Basware, and Paused as long as the books' invoices were never
    read."""
    feeds = Feed.objects.filter(connection=job.flow.integration.books, key=INVOICES, enabled=True, paused_reason="")
    if feeds.filter(read_until=None).exists():
        raise Paused("The invoices in Visma.net are read first.", retry_at=db_now() + ABOUT_TO)
    on_its_way = Delivery.objects.filter(
        integration_id=job.flow.integration_id,
        flow__key=INVOICES,
        record__source_id=number,
        state__in=OPEN_STATES,
    )
    if on_its_way.exists():
        raise Needs(
            "supplier-invoice",
            number,
            words=f"{number} to be in Basware",
            remedy=f"See what keeps {number}: flow visma-basware.supplier-invoices.",
        )


def _document(job: Job, bum_id: str, supplier_number: str) -> wire.AccountingDocument:
    """The invoice as Basware shows it, ready to be paid. Raises Needs."""
    number = supplier_number.strip() or _invoice_key(job.source_id).partition("/")[2]
    rows = Record.objects.filter(
        feed__connection=job.flow.integration.partner,
        feed__key="accounting-documents",
        business_number=number,
        is_newest=True,
    )
    found = None
    for record in rows.select_related("payload").iterator(AT_A_TIME):
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
        feed=FEED,
        sink="payment-responses",
        rank=68,
        latest_wins=False,
        prepare=_paid,
        accepts=_accepts,
        lane=lambda record: f"payment-response:{_invoice_key(record.source_id)}",
        one_to_one=False,
    ),
)
