"""Invoices that a person has had made from bills of Airbase: made, released, and never sent back as bills."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import QuerySet

from edi.documents.invoice import Invoice
from integrations.flows.airbase_in.bills import NEW, STAMP, UNAPPLIED, invoice_of, known_supplier, supplier_of
from integrations.flows.airbase_in.coding import segments_of
from integrations.flows.airbase_in.reading import command_for, read_payment
from integrations.flows.contract import ByHand, Job, Nothing, Prepared
from integrations.flows.visma_airbase_settled import PAYS, bill_key
from integrations.models import OPEN_STATES, Delivery, Link, Record, State
from integrations.systems.airbase import mapping
from integrations.systems.airbase.mapping import ApprovedPayment, PaidBill
from integrations.systems.airbase.sources import READY
from integrations.systems.contract import Unmappable
from integrations.systems.visma import commands
from integrations.systems.visma import wire_ledger as ledger

MOST = 10
"""Invoices made of one payment: their numbers are kept beside the delivery."""
AT_A_TIME = 100
"""Payments that are in memory at once, or bills that are asked for at once, while one of a number is looked for."""
CREDIT_NOTE = "DebitAdj"


def make_invoices(job: Job) -> Prepared:
    """The invoices of those bills of which a person said so."""
    payment = read_payment(job)
    if isinstance(payment, Nothing):
        return payment
    wanted = [bill for bill in payment.bills if invoice_of(job, payment, bill) == NEW]
    if not wanted:
        return Nothing("Every bill has its invoice.")
    if len(wanted) > MOST:
        raise Unmappable(
            f"Payment {payment.airbase_id} of Airbase pays {len(wanted)} bills without an invoice; {MOST} at most are "
            "made at once.",
            remedy="Enter the others in Visma.net and say which bills they are.",
        )
    supplier = supplier_of(job, payment)
    invoices = tuple(_invoice(job, payment, bill, supplier) for bill in wanted)
    return command_for(job, commands.MakeInvoices(invoices=invoices), document=payment)


def invoices_by_hand(job: Job) -> ByHand:
    """What a person entered in the place of invoices that are not made by themselves: with what the bills say of
    themselves, coded or not."""
    payment = read_payment(job)
    if isinstance(payment, Nothing):
        return ByHand()
    wanted = [bill for bill in payment.bills if invoice_of(job, payment, bill) == NEW]
    supplier = supplier_of(job, payment)
    invoices = tuple(
        commands.NewInvoice(
            stamp=stamp_of(bill.airbase_id),
            supplier=supplier,
            number=bill.invoice_number,
            date=bill.date or payment.date,
            amount=abs(bill.total if bill.total is not None else bill.amount),
            currency=bill.currency or payment.currency,
            lines=(),
        )
        for bill in wanted
    )
    if not invoices:
        return ByHand()
    return ByHand(body=commands.encode(commands.MakeInvoices(invoices=invoices)), meta={"payment": payment.airbase_id})


def release_invoices(job: Job) -> Prepared:
    """Only a released invoice can be paid."""
    payment = read_payment(job)
    if isinstance(payment, Nothing):
        return payment
    keys = tuple(job.made_by("make-invoices").split())
    if not keys:
        return Nothing("No invoice was made.")
    return command_for(job, commands.ReleaseInvoices(keys=keys), document=payment)


def _invoice(job: Job, payment: ApprovedPayment, bill: PaidBill, supplier: str) -> commands.NewInvoice:
    """Raises Unmappable for a bill of which Airbase does not say enough."""
    name = bill.invoice_number or bill.airbase_id
    if bill.total is None or not bill.coding:
        raise Unmappable(f"Airbase does not show what bill {name} is for.", remedy=_BY_HAND, field="expense_list")
    uncoded = [str(line.line_number) for line in bill.coding if not line.account]
    if uncoded:
        raise Unmappable(
            f"Line {', '.join(uncoded)} of bill {name} has no account in Airbase.",
            remedy=f"Code it in Airbase and have the payment read again. {_BY_HAND}",
            field="expense_list",
        )
    lines = sum((line.amount for line in bill.coding), Decimal(0))
    if lines != bill.total:
        raise Unmappable(
            f"The lines of bill {name} come to {lines}, and the bill to {bill.total}.",
            remedy=_BY_HAND,
            field="total_amount",
        )
    sign = -1 if bill.total < 0 else 1
    return commands.NewInvoice(
        stamp=stamp_of(bill.airbase_id),
        supplier=supplier,
        number=bill.invoice_number,
        date=bill.date or payment.date,
        amount=abs(bill.total),
        currency=bill.currency or payment.currency,
        document_type=CREDIT_NOTE if sign < 0 else "Invoice",
        branch=str(job.flow.settings.get("branch") or "") or payment.branch,
        vat_code=str(job.flow.settings.get("invoice_vat_code") or ""),
        lines=tuple(
            commands.NewLine(
                account=line.account,
                amount=sign * line.amount,
                description=line.description[:250] or f"Bill {name}",
                segments=segments_of(line.tags),
            )
            for line in bill.coding
        ),
    )


def stamp_of(bill_id: str) -> str:
    """How the invoice of a bill is called in our books: at most 50 characters, the whole id."""
    return f"{STAMP}{bill_id}"[:50]


def bill_that_it_is(job: Job, given: ledger.Payable, invoice: Invoice) -> str:
    """The bill made in Airbase that an invoice of our books stands for; "" for an invoice that was born here. Such a
    bill is there already: sent again, it would be approved and paid a second time."""
    if (given.description or "").startswith(STAMP):
        return str(given.description).removeprefix(STAMP).strip()
    key = f"{given.document_type}/{given.reference_number}"
    linked = Link.objects.filter(integration=job.flow.integration, entity="bill", target_id=key).first()
    if linked is not None:
        return str(linked.source_id)
    supplier = (given.supplier.number or "").strip() if given.supplier else ""
    if not (supplier and invoice.number):
        return ""
    for record in _paying(job, invoice.number):
        raw = record.payload.data
        try:
            payment = mapping.payment(bytes(raw)) if raw is not None else None
        except Unmappable:
            continue  # the payment says so itself
        for bill in payment.bills if payment is not None else ():
            named_so = bill.invoice_number == invoice.number and "/" not in bill.reference
            if payment is not None and named_so and known_supplier(job, payment) == supplier:
                return bill.airbase_id
    return ""


def _paying(job: Job, number: str) -> Iterator[Record]:
    """Payments that may pay an invoice of this number: those that are called so; and, as one of several bills has no
    number of its own, all that are still to be booked or that a person books, and those that were booked without one of
    their bills. All of them, however many came since."""
    integration = job.flow.integration
    feed = Record.objects.filter(feed__connection=integration.partner, feed__key="payments", is_newest=True)
    made = Delivery.objects.filter(integration=integration, flow__key="payments")
    left_out = Link.objects.filter(integration=integration, entity="bill", target_id__iexact=UNAPPLIED)
    waiting = made.filter(state__in=[*OPEN_STATES, State.DISMISSED])
    ready = feed.filter(status=READY)
    yield from _each(feed.filter(business_number=number))
    yield from _each(ready.filter(pk__in=waiting.values("record")))
    keys = [bill_key(one) for one in left_out.values_list("source_id", flat=True)]
    for begin in range(0, len(keys), AT_A_TIME):
        without = made.filter(**{f"frozen_meta__{PAYS}__has_any_keys": keys[begin : begin + AT_A_TIME]})
        yield from _each(ready.filter(source_id__in=without.values("record__source_id")))


def _each(records: QuerySet[Record]) -> Iterator[Record]:
    return records.select_related("payload").iterator(AT_A_TIME)


_BY_HAND = "Or enter the invoice in Visma.net and say on the delivery's page which it is."
