"""How much of an invoice may be billed at Airbase: what is open in Visma.net, and what Airbase itself has paid.

What was paid or settled otherwise (from the bank by hand, by a credit note, a cash discount) must not be paid a second
time. The invoice's balance says how much that is: what is missing from it and was not paid by payments that were
approved in Airbase.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from integrations.flows.contract import Job, Needs
from integrations.flows.visma_rows import books_of
from integrations.models import Delivery, Record, State
from integrations.systems.airbase.sources import TAKEN_BACK
from integrations.systems.visma import mapping as visma

RELEASED = ("Open", "Closed")
"""Statuses of an invoice of which something can have been paid: the balance of others says nothing."""
PAID = "Closed"
PAYS = "pays"
"""Where a payment's delivery keeps which invoices it pays: type and number to amount, in the invoice's currency. Bills
that it was booked without (unapplied) stand there by `bill_key`: a person applies the payment later."""
LOOK_AGAIN = dt.timedelta(minutes=10)
_IN_THE_BOOKS = (State.WAITING, State.PENDING, State.SENDING, State.ACCEPTED, State.IN_DOUBT, State.DELIVERED)
"""States of a payment's booking that is there, or may be, or comes by itself. What failed is not there, and of what a
person has dismissed somebody said so."""


def bill_key(airbase_id: str) -> str:
    return f"bill {airbase_id}"


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of an invoice. Amounts are without sign, in its currency."""

    is_open: bool
    """Whether something is left to be paid."""
    by_airbase: Decimal
    """What payments that were approved in Airbase are for, booked already or about to be."""
    elsewhere: Decimal
    """What was settled without Airbase."""
    currency: str


def standing_of(job: Job, reference: str, status: str, *, bill: str = "") -> Standing:
    """`reference`: type and number of the invoice; `bill`: Airbase's id of the bill that it stands for, if it was made
    there. Raises Unmappable, and Needs while nobody can tell who paid it."""
    balance = visma.balance_of(job.raw, zone=books_of(job).zone)
    if balance is None or status not in RELEASED:
        return Standing(is_open=status != PAID, by_airbase=Decimal(0), elsewhere=Decimal(0), currency="")
    keys = (reference, bill_key(bill)) if bill else (reference,)
    by_airbase = _paid_by_airbase(job, keys, _IN_THE_BOOKS)
    elsewhere = max(balance.total - balance.left - sum(by_airbase.values()), Decimal(0))
    failed = _paid_by_airbase(job, keys, [State.FAILED]) if elsewhere else {}
    for entry in sorted(failed.keys() - by_airbase.keys()):
        raise Needs(
            "payment",
            entry,
            words=f"word of what became of payment {entry} of Airbase, which could not be booked: {elsewhere} "
            f"{balance.currency} of {reference} is paid in Visma.net, by that payment or by another",
            remedy="If somebody booked that payment, settle its delivery as arrived, with its number. If another "
            f"payment paid {reference}, have no more of it paid in Airbase, and dismiss the delivery once the payment "
            "that could not be booked is dealt with. The bill is corrected after that.",
            deadline=dt.timedelta(0),
            again=LOOK_AGAIN,
        )
    return Standing(balance.left > 0, sum(by_airbase.values(), Decimal(0)), elsewhere, balance.currency)


def _paid_by_airbase(job: Job, keys: Sequence[str], states: Sequence[State]) -> dict[str, Decimal]:
    """By payments that stand in Airbase and whose booking is in one of these states: their ids, and what each pays of
    it. Without those that were taken back there."""
    made = Delivery.objects.filter(
        integration_id=job.flow.integration_id,
        flow__key="payments",
        operation="pay",
        state__in=states,
        **{f"frozen_meta__{PAYS}__has_any_keys": list(keys)},
    )
    amounts = {
        entry: sum((Decimal(meta[PAYS].get(key, 0)) for key in keys), Decimal(0))
        for entry, meta in made.order_by("pk").values_list("record__source_id", "frozen_meta")
    }
    taken_back = Record.objects.filter(
        feed__connection_id=job.flow.integration.partner_id,
        feed__key="payments",
        source_id__in=amounts,
        is_newest=True,
        status=TAKEN_BACK,
    )
    gone = set(taken_back.values_list("source_id", flat=True))
    return {entry: amount for entry, amount in amounts.items() if entry not in gone}
