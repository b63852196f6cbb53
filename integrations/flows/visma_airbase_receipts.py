"""Purchase receipts → what was received of the orders at Airbase.

Visma's order says itself what was received of each line, once a receipt is released. But it does so without a new time
of change, so that reading by changes does not see it. A receipt therefore has its orders read anew; what they say now
goes to Airbase as their next version. Nothing is written of the receipt itself: only the flow of orders writes orders,
so that an older version never follows a newer one.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from edi.documents.values import Value, digest
from integrations.flows.contract import Job, Keep, Kept, Needs, Nothing, Prepared
from integrations.models import OPEN_STATES, Delivery, Record
from integrations.systems.airbase.settings import Options
from integrations.systems.visma import wire
from integrations.systems.visma.mapping.parts import decoded

NOT_OFFERED = "This Airbase tenant takes no {what} over its API; test the connection if that has changed."
ORDERS = "purchase-orders"
RECEIPT = "PoReceipt"
"""The type that adds to what was received. A return takes from it."""
LOOK_AGAIN = dt.timedelta(seconds=10)


class Received(Value, frozen=True, kw_only=True):
    """What a receipt moved."""

    receipt: str
    orders: tuple[str, ...]


def receipt(job: Job) -> Prepared:
    """Done once Airbase has every order of the receipt as it is after the receipt. Raises Needs until then."""
    if not Options.of(job.flow.integration.partner).takes_documents:
        return Nothing(NOT_OFFERED.format(what="purchase orders"))
    given = decoded(job.raw, wire.PurchaseReceipt, "purchase receipt")
    numbers = tuple(sorted({line.po_order_nbr for line in given.lines or () if line.po_order_nbr}))
    if not numbers:
        return Nothing("It is of no purchase order.")
    for number in numbers:
        _must_be_at_airbase(job, number, _as_it_is_now(job, number, given))
    what = f"Airbase has what receipt {given.receipt_nbr} brought of purchase order {', '.join(numbers)}."
    value = Received(receipt=given.receipt_nbr or "", orders=numbers)
    return Keep(digest=digest(value), what=what, keep=lambda now: Kept(summary=what))


def _as_it_is_now(job: Job, number: str, given: wire.PurchaseReceipt) -> Record:
    """The order's record, read after the receipt was and with the receipt on it. Raises Needs."""
    newest = Record.objects.filter(
        feed__connection=job.flow.integration.books, feed__key=ORDERS, source_id=number, is_newest=True
    ).first()
    if newest is None:
        raise Needs("purchase-order", number, words=f"purchase order {number} to be read", remedy=_REMEDY)
    mine = Record.objects.filter(pk=job.record_id).first() if job.record_id is not None else None
    read_at = max(newest.captured_at, newest.checked_at or newest.captured_at)
    if mine is not None and read_at <= mine.captured_at:
        raise Needs(
            "purchase-order",
            number,
            words=f"purchase order {number} to be read again after receipt {given.receipt_nbr}",
            remedy=_REMEDY,
            read_anew=True,
        )
    if given.receipt_type == RECEIPT and _is_behind(newest, number, given):
        raise Needs(
            "purchase-order",
            number,
            words=f"Visma.net to note receipt {given.receipt_nbr} on purchase order {number}",
            remedy="Look at both in Visma.net: the order should say what was received. Save it there.",
            read_anew=True,
        )
    return newest


def _is_behind(order: Record, number: str, given: wire.PurchaseReceipt) -> bool:
    """Whether the order says of a line that less was received than this receipt alone brought."""
    raw = order.payload.data
    if raw is None:
        return False
    brought: dict[int | None, Decimal] = {}
    for line in given.lines or ():
        if line.po_order_nbr == number and line.receipt_qty:
            brought[line.po_order_line_nbr] = brought.get(line.po_order_line_nbr, Decimal(0)) + line.receipt_qty
    lines = decoded(bytes(raw), wire.PurchaseOrder, "purchase order").lines or ()
    return any((line.qty_on_receipts or Decimal(0)) < brought.get(line.line_nbr, Decimal(0)) for line in lines)


def _must_be_at_airbase(job: Job, number: str, order: Record) -> None:
    """Raises Needs until what became of this version of the order is settled."""
    sent = Delivery.objects.filter(
        integration=job.flow.integration_id, flow__key=ORDERS, record=order, operation__in=["send", "cancel"]
    )
    newest = sent.order_by("-pk").first()
    if newest is None or newest.state in OPEN_STATES:
        raise Needs(
            "purchase-order",
            number,
            words=f"purchase order {number} to reach Airbase",
            remedy=_REMEDY,
            again=LOOK_AGAIN,
        )


_REMEDY = (
    "See why the purchase order is not in Airbase: flow visma-airbase.purchase-orders. If it is switched off, switch "
    "it on."
)
