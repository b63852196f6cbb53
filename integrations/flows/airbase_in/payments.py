"""Approved payments: read, made, released, reported; what to do when one is taken back."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeVar

import msgspec

from edi.documents.values import digest
from integrations.flows.airbase_in.bills import Paid, invoices_of, supplier_of
from integrations.flows.airbase_in.reading import command_for, made_before, read_payment, stamp_of
from integrations.flows.contract import ByHand, Frozen, Job, Nothing, Prepared, Send
from integrations.flows.visma_airbase_settled import PAYS, bill_key
from integrations.models import Delivery, State
from integrations.systems.airbase.mapping import ApprovedPayment
from integrations.systems.airbase.settings import Options
from integrations.systems.contract import Unmappable
from integrations.systems.visma import commands

CREDIT_NOTE = "DebitAdj"


def make_payment(job: Job) -> Prepared:
    """The supplier payment, applied to the invoices that its bills are."""
    payment = read_payment(job)
    if isinstance(payment, Nothing):
        return payment
    supplier = supplier_of(job, payment)
    invoices = invoices_of(job, payment)
    unknown = [paid.bill.invoice_number or paid.bill.airbase_id for paid in invoices if not paid.number]
    if unknown:
        raise Unmappable(
            f"The invoice of bill {', '.join(unknown)} was to be made and is not there.",
            remedy="See why the making of the invoice came to nothing and replay that; or enter the invoice in "
            "Visma.net, book the payment, and settle this delivery as arrived with its number.",
        )
    _must_be_in_one_currency(payment, invoices)
    applied = sum((paid.bill.amount for paid in invoices), Decimal(0))
    if applied > payment.amount:
        raise Unmappable(
            f"Payment {payment.airbase_id} of {payment.amount} {payment.currency} pays bills of {applied}.",
            remedy="Book it by hand in Visma.net, and settle this delivery as arrived with its number.",
            field="applied_to",
        )
    _must_have_its_sign(payment, invoices)
    settings = job.flow.settings
    command = commands.MakePayment(
        stamp=stamp_of(payment),
        supplier=supplier,
        date=payment.date,
        reference=payment.airbase_id.replace("-", "")[:15],
        amount=payment.amount,
        currency=payment.currency,
        payment_method=str(settings.get("payment_method") or ""),
        cash_account=payment.bank_account or str(settings.get("cash_account") or ""),
        branch=str(settings.get("branch") or "") or payment.branch,
        documents=_documents(invoices),
        made_as=made.target_id if (made := made_before(job.flow, payment.airbase_id)) is not None else "",
    )
    return command_for(job, command, document=payment, meta={PAYS: _pays(payment, invoices)})


def _pays(payment: ApprovedPayment, invoices: list[Paid]) -> dict[str, str]:
    """Which invoices it pays, for `standing_of`; bills that are none in the books stand for themselves."""
    known = [paid for paid in invoices if paid.number]
    applied_to = {paid.bill.airbase_id for paid in known}
    of = [(paid.key, paid.bill.amount) for paid in known]
    of += [(bill_key(b.airbase_id), b.amount) for b in payment.bills if b.airbase_id not in applied_to]
    return {key: str(abs(amount)) for key, amount in _added_up(of).items()}


def _documents(invoices: list[Paid]) -> tuple[commands.PaidDocument, ...]:
    """One line for each: Visma.net takes none twice, and several bills, or a bill and the rest, may be of one."""
    amounts = _added_up(((paid.kind, paid.number), paid.bill.amount) for paid in invoices)
    return tuple(
        commands.PaidDocument(number=number, document_type=kind, amount=abs(amount))
        for (kind, number), amount in amounts.items()
    )


K = TypeVar("K")


def _added_up(amounts: Iterable[tuple[K, Decimal]]) -> dict[K, Decimal]:
    found: dict[K, Decimal] = {}
    for key, amount in amounts:
        found[key] = found.get(key, Decimal(0)) + amount
    return found


def paid_by_hand(job: Job) -> ByHand:
    """What a person booked in the place of a payment that is not booked by itself."""
    payment = read_payment(job)
    if isinstance(payment, Nothing):
        return ByHand()
    invoices = invoices_of(job, payment)
    wanted = commands.MakePayment(
        stamp=stamp_of(payment),
        supplier=supplier_of(job, payment),
        date=payment.date,
        reference="",
        amount=payment.amount,
        currency=payment.currency,
        documents=_documents([paid for paid in invoices if paid.number and _has_its_sign(paid)]),
    )
    return ByHand(body=commands.encode(wanted), meta={"payment": payment.airbase_id, PAYS: _pays(payment, invoices)})


def _must_be_in_one_currency(payment: ApprovedPayment, invoices: list[Paid]) -> None:
    """Raises Unmappable for a payment from an account in another currency than its bills. Visma.net takes a cross rate
    for each line, and which way round it counts is not documented: the currency difference is booked by a person."""
    bills = {paid.bill.currency for paid in invoices if paid.bill.currency}
    others = bills | ({payment.settled_in} if payment.settled_in else set())
    if not payment.currency or others <= {payment.currency}:
        return
    left = f", and {payment.settled} {payment.settled_in} left the account" if payment.settled is not None else ""
    what = ", ".join(f"{paid.bill.amount} {paid.bill.currency or payment.currency} of {paid.key}" for paid in invoices)
    raise Unmappable(
        f"Payment {payment.airbase_id} of Airbase is of {payment.amount} {payment.currency}{left}; it pays {what}. "
        "Payments in two currencies are not booked.",
        remedy=f"Book and release it in Visma.net: a payment of {_from_account(payment)}, applied to {what}; "
        f"Visma.net shows the currency difference. Call it “{stamp_of(payment)}” in its description, then settle this "
        "delivery as arrived with its number, which Airbase is told.",
        field="currency",
    )


def _from_account(payment: ApprovedPayment) -> str:
    account = f" from cash account {payment.bank_account}" if payment.bank_account else ""
    if payment.settled is not None:
        return f"{payment.settled} {payment.settled_in}{account}"
    return f"{payment.amount} {payment.currency}{account}"


def _must_have_its_sign(payment: ApprovedPayment, invoices: list[Paid]) -> None:
    """Raises Unmappable for a credit note that would raise what is paid, or an invoice that would lessen it: Visma.net
    takes both without sign."""
    for paid in invoices:
        if not _has_its_sign(paid):
            raise Unmappable(
                f"Payment {payment.airbase_id} of Airbase pays {paid.bill.amount} {payment.currency} of {paid.key}, "
                f"which is {'a credit note' if paid.kind == CREDIT_NOTE else 'no credit note'} in Visma.net.",
                remedy="Book it by hand in Visma.net, and settle this delivery as arrived with its number.",
                field="applied_to",
            )


def _has_its_sign(paid: Paid) -> bool:
    return paid.bill.amount == 0 or (paid.bill.amount < 0) == (paid.kind == CREDIT_NOTE)


def release_payment(job: Job) -> Prepared:
    """Only a released payment counts in the ledger."""
    payment = read_payment(job)
    if isinstance(payment, Nothing):
        return payment
    if not was_made(job):
        return Nothing("No payment was made.")
    if not job.flow.settings.get("release", True):
        return Nothing("Payments are released by people: a setting of the flow.")
    command = commands.ReleasePayment(
        stamp=stamp_of(payment),
        supplier=supplier_of(job, payment),
        date=payment.date,
        payment_number=job.made_by("pay"),
        amount=payment.amount,
    )
    return command_for(job, command, document=payment)


def report_number(job: Job) -> Prepared:
    """Tells Airbase that it is booked, and under which number."""
    payment = read_payment(job)
    if isinstance(payment, Nothing):
        return payment
    if not was_made(job):
        return Nothing("No payment was made: Airbase keeps it among what waits.")
    options = Options.of(job.flow.integration.partner)
    body = msgspec.json.encode(
        {"status": options.complete_status, "erp_reference_id": job.made_by("pay"), "error_message": None}
    )
    return Send(
        digest=digest(payment),
        purpose="original",
        document=payment,
        freeze=lambda now: Frozen(body=body, meta={"entry": payment.airbase_id}),
        preview=lambda: body,
    )


def was_made(job: Job) -> bool:
    return any(e.operation == "pay" and e.delivered for e in job.earlier)


def taken_back(job: Job, payment: ApprovedPayment) -> Nothing:
    """A payment that failed or was voided in Airbase. Nothing is undone here: an issue says what a person has to do."""
    made = Delivery.objects.filter(
        flow=job.flow,
        record__source_id=payment.airbase_id,
        operation="pay",
        state__in=[State.DELIVERED, State.ACCEPTED, State.IN_DOUBT, State.SENDING],
    ).last()
    if made is None:
        return Nothing("It was taken back in Airbase before it was booked.")
    return Nothing(
        f"Payment {payment.amount} {payment.currency} to {payment.vendor_name} was taken back in Airbase "
        f"({payment.status}) after it was booked as {made.target_id or 'a supplier payment'} in Visma.net.",
        issue=True,
        remedy=f"In Visma.net, open supplier payment {made.target_id or stamp_of(payment)}: delete it if it is not "
        "released, otherwise void it, so that its invoices are open again. Then dismiss this.",
    )
