"""A captured payment, and what its writes have in common."""

from __future__ import annotations

import hashlib
from typing import Any

from edi.documents.values import digest
from integrations.flows.contract import Frozen, Job, Nothing, Send
from integrations.models import Delivery, Flow, Record, State
from integrations.systems.airbase import mapping
from integrations.systems.airbase.mapping import ApprovedPayment, EntryHead
from integrations.systems.airbase.settings import UNKNOWN_TYPE, Options
from integrations.systems.airbase.sources import NOBODYS, OTHERS
from integrations.systems.contract import Unmappable
from integrations.systems.visma import commands

LONGEST_ID = 50 - len("Airbase ")


def read_payment(job: Job) -> ApprovedPayment | Nothing:
    """The payment; Nothing for what is none. Raises Unmappable."""
    options = Options.of(job.flow.integration.partner)
    head = mapping.entry_head(job.raw)
    if head.kind not in options.payment_types:
        return _no_payment(job, head)
    if head.status in (options.complete_status, options.failed_status):
        return Nothing(f"Airbase has been told of it already: its status is {head.status}.")
    if head.status and head.status not in (options.ready_status, *options.voided_statuses):
        return Nothing(
            f"Payment {head.airbase_id} of {head.amount} has the status {head.status} in Airbase, which is not known "
            "here: nothing is booked.",
            issue=_is_first(job),
            remedy="Where payments in this status were taken back, add it to the connection's setting “Statuses: "
            "taken back”. Else wait until Airbase has it ready to be booked, and dismiss this.",
        )
    payment = mapping.payment(job.raw)
    newest = Record.objects.filter(
        feed__connection=job.flow.integration.partner,
        feed__key="payments",
        source_id=payment.airbase_id,
        is_newest=True,
    ).first()
    if newest is not None and newest.status == "taken back" and job.operation != "cancel":
        return Nothing("It was taken back in Airbase before it was booked.")
    if newest is not None and newest.status == OTHERS:
        return Nothing("It is of another subsidiary of Airbase than the one that the connection is for.")
    if newest is not None and newest.status == NOBODYS:
        return Nothing(
            f"Payment {payment.amount} {payment.currency} to {payment.vendor_name} does not say of which subsidiary "
            "it is: nothing is booked.",
            issue=_is_first(job),
            remedy="Give it its subsidiary in Airbase. Or book it by hand in the company that it belongs to, mark it "
            "as synced in Airbase, and dismiss this.",
        )
    if newest is not None and newest.status == "unknown":
        return Nothing("Its status changed in Airbase before it was booked, to one that is not known here.")
    if newest is not None and newest.status == "ready" and newest.pk != job.record_id is not None:
        return _corrected(job, payment, newest) or payment
    return payment


def _corrected(job: Job, payment: ApprovedPayment, newest: Record) -> Nothing | None:
    """Whether Airbase says it otherwise now and nothing was booked: then its newest version is booked, which waits in
    the same lane. What was booked is compared by that version."""
    data = newest.payload.data
    if data is None or made_before(job.flow, payment.airbase_id) is not None:
        return None
    try:
        now = mapping.payment(bytes(data))
    except Unmappable:
        return Nothing("It was corrected in Airbase before it was booked, and cannot be read any more as it is now.")
    if digest(now) == digest(payment):
        return None
    return Nothing(
        f"It was corrected in Airbase before it was booked: {payment.amount} {payment.currency} is "
        f"{now.amount} {now.currency} now, as it is booked instead."
        if (now.amount, now.currency) != (payment.amount, payment.currency)
        else "It was corrected in Airbase before it was booked: it is booked as it is now."
    )


def overtaken(job: Job) -> Nothing | None:
    """Why a payment whose write was begun must not go on: Airbase has taken it back meanwhile."""
    found = read_payment(job)
    return found if isinstance(found, Nothing) else None


def _no_payment(job: Job, head: EntryHead) -> Nothing:
    """An entry of a type that no setting names. One that is about a payment that was booked somebody has to see: it may
    take it back."""
    reason = f"A {head.kind or 'nameless'} entry is no payment of a bill; nothing is booked."
    for airbase_id in head.applied_to:
        made = made_before(job.flow, airbase_id)
        if made is not None:
            return Nothing(
                f"A {head.kind or 'nameless'} entry of {head.amount} came from Airbase for the payment that was booked "
                f"as {made.target_id} in Visma.net; nothing is booked for it.",
                issue=_is_first(job),
                remedy=f"Look at entry {head.airbase_id} in Airbase. If it takes the payment back, open supplier "
                f"payment {made.target_id} in Visma.net: delete it if it is not released, otherwise void it, so that "
                "its invoices are open again. Then dismiss this.",
            )
    if Options.of(job.flow.integration.partner).knows_type(head.kind):
        return Nothing(reason)
    # Without what tells one entry from another: all of a type are one issue.
    return Nothing(
        f"Entries of the type “{head.kind}” wait in Airbase to be booked, and no setting says whether they are "
        "payments of bills: nothing is booked for them.",
        issue=_is_first(job),
        remedy=f"{UNKNOWN_TYPE} Then dismiss this.",
    )


def _is_first(job: Job) -> bool:
    """Whether it is the first of a payment's operations: what is wrong is told once."""
    return job.operation in ("send", "cancel")


def made_before(flow: Flow, airbase_id: str) -> Delivery | None:
    """What booked a payment of Airbase, or an earlier version of it, as the books number it."""
    made = Delivery.objects.filter(
        flow=flow,
        record__source_id=airbase_id,
        operation="pay",
        state__in=[State.DELIVERED, State.ACCEPTED, State.IN_DOUBT],
    )
    return made.exclude(target_id="").last()


def stamp_of(payment: ApprovedPayment) -> str:
    """How the payment is called in our books: at most 50 characters, the whole id, or what stands for it."""
    own = payment.airbase_id
    return f"Airbase {own if len(own) <= LONGEST_ID else hashlib.sha256(own.encode()).hexdigest()[:LONGEST_ID]}"


def command_for(
    job: Job, command: commands.Command, *, document: ApprovedPayment, meta: dict[str, Any] | None = None
) -> Send:
    """One write to the books, frozen as it is. `meta`: what else is kept beside it."""
    body = commands.encode(command)
    return Send(
        digest=digest(document),
        purpose="original",
        document=document,
        freeze=lambda now: Frozen(body=body, meta={"payment": document.airbase_id, **(meta or {})}),
        preview=lambda: body,
    )
