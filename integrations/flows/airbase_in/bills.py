"""Which supplier invoices the bills of a payment are, and whose they are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from integrations.flows.contract import Job, Needs
from integrations.models import Link, Record
from integrations.systems.airbase.mapping import ApprovedPayment, PaidBill
from integrations.systems.visma import wire_ledger as ledger
from integrations.systems.visma.mapping.parts import decoded

AT_ONCE = dt.timedelta(0)
AT_A_TIME = 100
"""Records that are in memory at once while one of a number is looked for: many suppliers number from 1."""
NEW = "new"
"""What a person says of a bill that is no invoice in our books yet: it is made from the bill."""
STAMP = "Airbase bill "
"""How the description of an invoice begins that was made from a bill."""
REST = ":rest"
"""After a payment's id: what it pays beside its bills."""
UNAPPLIED = "unapplied"
"""What a person says of a bill that is no invoice in our books: the payment is booked without it."""


@dataclass(frozen=True, slots=True)
class Paid:
    """A bill of a payment and the invoice that it is. An invoice that is still to be made has no number."""

    bill: PaidBill
    kind: str
    number: str

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.number}"


def invoices_of(job: Job, payment: ApprovedPayment) -> list[Paid]:
    """Each bill with its invoice in our books; without those that a person said to leave unapplied. Raises Needs for
    the first that is not known."""
    made = iter(job.made_by("make-invoices").split())
    found = []
    for bill in (*payment.bills, *_rest(payment)):
        said = invoice_of(job, payment, bill)
        if said == UNAPPLIED:
            continue
        key = next(made, "/") if said == NEW else said
        kind, _, number = key.partition("/")
        found.append(Paid(bill, kind, number))
    return found


def _rest(payment: ApprovedPayment) -> tuple[PaidBill, ...]:
    """What is paid and stands on no bill, as one more bill: a person says what it is for. Amounts in two currencies
    leave no rest: a person books them."""
    if any(bill.currency and payment.currency and bill.currency != payment.currency for bill in payment.bills):
        return ()
    rest = payment.amount - sum((bill.amount for bill in payment.bills), Decimal(0))
    if rest <= 0:
        return ()
    return (PaidBill(airbase_id=f"{payment.airbase_id}{REST}", reference="", invoice_number="", amount=rest),)


def invoice_of(job: Job, payment: ApprovedPayment, bill: PaidBill) -> str:
    """Key of the invoice that a bill is: by its reference, a link that a person made, or the supplier's number. What a
    person said may also be UNAPPLIED or NEW."""
    if "/" in bill.reference:
        return bill.reference
    linked = Link.objects.filter(integration=job.flow.integration, entity="bill", source_id=bill.airbase_id).first()
    if linked is not None:
        said = str(linked.target_id)
        return said.lower() if said.lower() in (NEW, UNAPPLIED) else said
    if bill.airbase_id.endswith(REST):
        raise Needs(
            "bill",
            bill.airbase_id,
            words=f"word of what {bill.amount} {payment.currency} of the payment to {payment.vendor_name} is for: no "
            "bill of Airbase says it",
            remedy="Say on the delivery's page which invoice it pays, or that it is to be booked without one "
            "(unapplied).",
            deadline=AT_ONCE,
        )
    supplier, found = known_supplier(job, payment), []
    for record in (
        Record.objects.filter(
            feed__connection=job.flow.integration.books,
            feed__key="supplier-invoices",
            business_number=bill.invoice_number,
            is_newest=True,
        )
        .select_related("payload")
        .iterator(AT_A_TIME)
    ):
        raw = record.payload.data
        given = decoded(bytes(raw), ledger.Payable, "supplier invoice") if raw is not None else None
        if given is not None and given.supplier is not None and given.supplier.number == supplier != "":
            found.append(record.source_id)
    if len(found) == 1:
        return found[0]
    what = f"supplier invoice {bill.invoice_number or '(no number)'} of {payment.vendor_name}"
    raise Needs(
        "bill",
        bill.airbase_id,
        words=f"{what}, which Visma.net has {'more than once' if found else 'not'}",
        remedy="Enter the invoice in Visma.net: it is found by supplier and number. Or say on the delivery's page "
        "which invoice it is, that it is to be made from the bill (new), or that the payment is to be booked "
        "without it (unapplied).",
        deadline=AT_ONCE,
    )


def known_supplier(job: Job, payment: ApprovedPayment) -> str:
    """The supplier's number: as Airbase states it, or by the link of a vendor that was made there; "" where there is
    none."""
    if payment.supplier:
        return payment.supplier
    linked = Link.objects.filter(integration=job.flow.integration, entity="vendor", source_id=payment.vendor_id).first()
    return str(linked.target_id) if linked is not None else ""


def supplier_of(job: Job, payment: ApprovedPayment) -> str:
    """The supplier's number. Raises Needs for a vendor that is not linked."""
    number = known_supplier(job, payment)
    if not number:
        raise Needs(
            "vendor",
            payment.vendor_id,
            words=f"vendor {payment.vendor_name} to be linked to a supplier",
            remedy="See the flow visma-airbase.vendors: link the vendor to its supplier, or have the supplier made.",
            deadline=AT_ONCE,
        )
    return number
