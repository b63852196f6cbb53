"""What Orderful says of a transaction after it took it: validation, delivery, acknowledgment."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import msgspec

from edi.models import TransactionSet
from integrations.systems.contract import Delivered, Refused, StillOpen, Verdict
from integrations.systems.orderful import wire
from integrations.systems.orderful.client import Client
from integrations.systems.orderful.kinds import noun

FinalAt = Literal["valid", "delivered"]

HELD_BACK = (
    "It is valid, but automatic sending is off for this relationship: it stays in Orderful until somebody presses Send."
)


class Acknowledgment(msgspec.Struct, frozen=True, kw_only=True):
    """What the receiver said about a document (its functional acknowledgment)."""

    outcome: Literal["accepted", "with_errors", "rejected", "other"]
    said: str
    """Orderful's own word."""
    at: dt.datetime | None
    errors: tuple[str, ...]


ACKNOWLEDGED = {
    "accepted": TransactionSet.Acknowledged.ACCEPTED,
    "accepted with errors": TransactionSet.Acknowledged.WITH_ERRORS,
    "rejected": TransactionSet.Acknowledged.REJECTED,
    "overdue": TransactionSet.Acknowledged.OVERDUE,
}
"""Orderful's words for an acknowledgment that is there or too late."""


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """The three statuses of a transaction that we sent, and its receiver's remarks: what a record of them holds."""

    transaction_id: str
    type: str
    business_number: str
    validation: str
    delivery: str
    acknowledgment: str
    errors: tuple[str, ...] = ()
    acknowledged_at: dt.datetime | None = None
    late: bool = False
    """Whether it has been on its way to the partner for longer than it should be."""


_OUTCOMES: dict[str, Literal["accepted", "with_errors", "rejected"]] = {
    "ACCEPTED": "accepted",
    "ACCEPTED_WITH_ERRORS": "with_errors",
    "REJECTED": "rejected",
}


def acknowledgment(client: Client, transaction_id: str) -> Acknowledgment | None:
    """The receiver's acknowledgment of a transaction that we sent, None as long as there is none.

    For senders of JSON a 997 is no document: it is this. Raises Fault when Orderful cannot be asked.
    """
    found = client.acknowledgment(transaction_id)
    if found is None:
        return None
    errors = tuple(
        f"{e.path or 'the document'}: {e.message or 'no text'} ({e.code or 'no code'})" for e in found.errors or []
    )
    return Acknowledgment(
        outcome=_OUTCOMES.get(found.status.upper(), "other"), said=found.status, at=found.created_at, errors=errors
    )


def as_dict(transaction: wire.Transaction) -> dict[str, Any]:
    """The three statuses in words, for the transaction set and the document page."""
    stated = {
        "validation": transaction.validation_status,
        "delivery": transaction.delivery_status,
        "acknowledgment": transaction.acknowledgment_status,
    }
    return {name: (value or "unknown").lower().replace("_", " ") for name, value in stated.items()}


def verdict(transaction: wire.Transaction, *, final_at: FinalAt, auto_send: bool | None) -> Verdict:
    """What the statuses mean for the delivery.

    A valid transaction is Orderful's to deliver. With `final_at` "valid" that ends the delivery, so that a partner
    whose connection is down for a day does not hold back the next version of an order; delivery and acknowledgment go
    on being followed on the transaction set. With "delivered" the delivery ends when the partner has it. A failed
    validation or delivery is a refusal either way.

    `auto_send` False: the relationship sends only by hand; None: not known.
    """
    status = as_dict(transaction)
    what = f"{noun(transaction.kind)} {transaction.business_number or transaction.id}"
    if transaction.validation_status == "INVALID":
        return Refused(
            sentence=f"Orderful found {what} not valid for the partner (transaction {transaction.id}); it was not "
            "delivered.",
            remedy="Open the transaction in Orderful to see which rule of the partner it breaks, correct the values, "
            "then replay.",
            status=status,
        )
    if transaction.delivery_status == "FAILED":
        return Refused(
            sentence=f"Orderful could not deliver {what} to the partner (transaction {transaction.id}).",
            remedy="See in Orderful why (the partner's communication channel). Then either send it again there or "
            "replay it here, not both.",
            status=status,
        )
    if transaction.delivery_status == "DELIVERED":
        return Delivered(target_id=str(transaction.id), status=status)
    if transaction.validation_status != "VALID":
        return StillOpen(status=status)
    if auto_send is False and transaction.delivery_status == "PENDING":
        status["note"] = HELD_BACK
    return Delivered(target_id=str(transaction.id), status=status) if final_at == "valid" else StillOpen(status=status)
