"""Visma.net ERP → Basware P2P: purchase orders, their lines and what was received of them, for invoice matching."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from edi.documents.purchase_order import PurchaseOrder
from integrations.flows.contract import Job, Needs, Nothing, Operation, Prepared
from integrations.flows.status import status_settings
from integrations.flows.visma_basware import COST_CENTERS, PAIR, flow, place_of, send, send_list, there
from integrations.flows.visma_documents import ORDER_STATUSES
from integrations.flows.visma_rows import OURSELVES, RECEIPT_STATUSES, accepts_order, accepts_receipt, books_of
from integrations.http.errors import Paused
from integrations.models import Delivery, Flow, Record, State
from integrations.systems.basware import mapping as basware
from integrations.systems.contract import Setting
from integrations.systems.visma import mapping as visma
from integrations.systems.visma import vocabulary, wire
from integrations.systems.visma import wire_ledger as ledger
from integrations.systems.visma.mapping.parts import decoded
from integrations.systems.visma.references import segment_id
from portal.common.clock import db_now

RETURN = "PoReturn"
IN_FLIGHT = (State.SENDING, State.ACCEPTED, State.IN_DOUBT)
AT_ONCE = dt.timedelta(seconds=2)
CODING = Setting(
    name="coding",
    label="Send coding, VAT code and payment term",
    kind="boolean",
    default=True,
    help="Account and cost centre of each line, the order's VAT code where all lines have the same, and its payment "
    "term. The order waits until P2P has them. Switch it off where orders are coded in Basware.",
)


# --- Purchase orders


def _order(job: Job) -> Prepared:
    """The header. Its vendor must be confirmed first: P2P refuses an order of a vendor that it does not know."""
    given = decoded(job.raw, wire.PurchaseOrder, "purchase order")
    order = _document(job)
    cancelled = job.operation == "cancel"
    if cancelled and job.last is None:
        return Nothing("It was cancelled before Basware had it.")
    number = (given.supplier.number or "").strip() if given.supplier else ""
    there(job, "supplier", {number}, "supplier", "suppliers")
    term = (given.terms.id or "").strip() if given.terms and job.flow.settings.get("coding", True) else ""
    if term:
        there(job, "payment-term", {term}, "payment term", "payment-terms")
    done = cancelled or given.status in ("Closed", "Completed")
    row = basware.order(place_of(job), order, vendor_number=number, done=done, term=term)
    return send(job, row, purpose="cancellation" if cancelled else "original", again=True)


def _lines(job: Job) -> Prepared:
    given = decoded(job.raw, wire.PurchaseOrder, "purchase order")
    order = _document(job)
    done = frozenset(str(line.line_nbr) for line in given.lines or () if line.completed)
    place = place_of(job)
    coding = _coding(job) if job.flow.settings.get("coding", True) else {}
    rows = basware.order_lines(place, order, done=done, coding=coding)
    if not rows:
        return Nothing(f"Order {order.number} has no line that could be matched; P2P does not show it.")
    return send_list(job, rows, meta={"order": place.code("O", order.number)}, again=True)


def _document(job: Job) -> PurchaseOrder:
    return visma.purchase_order(job.raw, buyer=OURSELVES, zone=books_of(job).zone)


def _coding(job: Job) -> dict[str, basware.Coding]:
    """How each line is coded, by its number. Raises Needs for what P2P does not have yet.

    An order of Visma.net names a VAT code in its totals only: where there is one, it is that of all lines.
    """
    given = decoded(job.raw, ledger.CodedOrder, "purchase order")
    codes = {detail.code for detail in given.tax_details or () if detail.code}
    tax_code = codes.pop() if len(codes) == 1 else ""
    settings = _dimension_settings(job)
    segment = int(settings.get("cost_center_segment", COST_CENTERS))
    numbers = {int(name): int(number) for name, number in (settings.get("dimensions") or {}).items()}
    lists = settings.get("lists") or {}
    found: dict[str, basware.Coding] = {}
    sent: set[str] = set()
    for line in given.lines or ():
        parts = (line.sub.segments if line.sub else None) or ()
        values = {p.segment_id: (p.segment_value or "").strip() for p in parts if p.segment_id is not None}
        account = (line.account.number or "").strip() if line.account else ""
        others = {number: values[name] for name, number in numbers.items() if values.get(name)}
        sent |= {segment_id(name, values[name]) for name in numbers if values.get(name) and str(name) in lists}
        found[str(line.line_nbr)] = basware.Coding(
            account=account, cost_center=values.get(segment, ""), tax_code=tax_code, dimensions=others
        )
    there(job, "account", {c.account for c in found.values() if c.account}, "account", "accounts")
    centers = {segment_id(segment, c.cost_center) for c in found.values() if c.cost_center}
    there(job, "dimension", centers, "cost centre", "dimensions")
    there(job, "dimension", sent, "value of a segment", "dimensions")
    there(job, "tax-code", {tax_code} if tax_code else set(), "VAT code", "tax-codes")
    return found


def _dimension_settings(job: Job) -> Mapping[str, Any]:
    """Those of the flow for dimensions: which segment is what in P2P."""
    settings = Flow.objects.filter(integration_id=job.flow.integration_id, key="dimensions").values_list(
        "settings", flat=True
    )
    return settings.first() or {}


# --- Receipts


def _receipt(job: Job) -> Prepared:
    """What was received, inside the order lines that it was received of."""
    receipt = visma.purchase_receipt(job.raw, buyer=OURSELVES, zone=books_of(job).zone)
    place = place_of(job)
    rows: dict[str, dict[str, Any]] = {}
    for line in receipt.lines:
        if not line.order_number or not line.order_line:
            continue
        code = basware.line_code(place, line.order_number, line.order_line)
        entry = rows.setdefault(
            code,
            {
                "externalCode": code,
                "orderNumber": line.order_number,
                "lineNumber": line.order_line,
                "goodsReceipts": [],
            },
        )
        entry["goodsReceipts"].append(
            basware.goods_receipt(
                place,
                number=receipt.number,
                line_number=line.line_number,
                quantity=line.quantity,
                day=receipt.date,
                delivery_note=receipt.shipment_number,
            )
        )
    if not rows:
        return Nothing("It is of no purchase order.")
    orders = sorted({row["orderNumber"] for row in rows.values()})
    for order in orders:
        _lines_must_be_there(job, order)
    _one_at_a_time(job, orders)
    if any(Decimal(one["quantity"]) < 0 for row in rows.values() for one in row["goodsReceipts"]):
        _after_what_it_takes_back(job, orders)
    return send_list(job, list(rows.values()), meta={"order": place.code("R", receipt.number), "orders": orders})


def _lines_must_be_there(job: Job, order: str) -> None:
    """Raises Needs as long as P2P has not confirmed the lines of an order."""
    there(job, "purchase-order", {order}, "purchase order", "purchase-orders")
    confirmed = Delivery.objects.filter(
        integration_id=job.flow.integration_id,
        flow__key="purchase-orders",
        record__source_id=order,
        operation="lines",
        state=State.DELIVERED,
    )
    if not confirmed.exists():
        raise Needs(
            "purchase-order",
            order,
            words=f"the lines of purchase order {order}",
            remedy=f"See why the lines of purchase order {order} are not in Basware: flow {PAIR}.purchase-orders.",
        )


def _one_at_a_time(job: Job, orders: list[str]) -> None:
    """Raises Needs or Paused while another receipt of one of these orders is under way.

    A line's receipts are written together, with those that stand there: two at once would each leave out the other's.
    Of two that are looked at in the same moment, the older one comes back at once.
    """
    own = job.record_id or 0
    others = Delivery.objects.filter(flow=job.flow, state__in=IN_FLIGHT).exclude(record_id=own)
    for number, source_id, meta, record_id in others.values_list(
        "business_number", "record__source_id", "frozen_meta", "record_id"
    ):
        shared = set(meta["orders"] if "orders" in meta else _orders_of(record_id)) & set(orders)
        if not shared:
            continue
        words = f"receipt {number}, which is of order {min(shared)} too"
        if "orders" not in meta and own < record_id:
            raise Paused(f"Lets go {words}.", retry_at=db_now() + AT_ONCE)
        raise Needs("purchase-receipt", source_id, words=words, remedy=f"See what keeps receipt {number}.")


def _after_what_it_takes_back(job: Job, orders: list[str]) -> None:
    """Raises Needs for a return while a receipt of its orders is still to go: it names in P2P what it takes back."""
    to_go = Delivery.objects.filter(flow=job.flow, state__in=(State.WAITING, State.PENDING))
    receipts = to_go.exclude(record_id=job.record_id or 0).exclude(record__kind=RETURN)
    for number, source_id, record_id in receipts.values_list("business_number", "record__source_id", "record_id"):
        if _orders_of(record_id) & set(orders):
            words = f"receipt {number}, which it may take back"
            raise Needs("purchase-receipt", source_id, words=words, remedy=f"See what keeps receipt {number}.")


def _orders_of(record_id: int) -> set[str]:
    """The orders that a receipt is of which nothing is frozen yet."""
    raw = Record.objects.select_related("payload").get(pk=record_id).payload.data
    given = decoded(bytes(raw), wire.PurchaseReceipt, "purchase receipt") if raw is not None else None
    return {line.po_order_nbr for line in given.lines or () if line.po_order_nbr} if given is not None else set()


# --- The flows

FLOWS = (
    flow(
        "purchase-orders",
        "Purchase orders → matching",
        entity="purchase-order",
        sink="matching-orders",
        rank=40,
        prepare=_order,
        accepts=accepts_order,
        settings=(*status_settings(**ORDER_STATUSES, among=vocabulary.ORDER_STATUSES), CODING),
        operations=(Operation(key="lines", label="Send its lines", prepare=_lines, sink="matching-order-lines"),),
        latest_wins=False,
    ),
    flow(
        "purchase-receipts",
        "Purchase receipts → matching",
        entity="purchase-receipt",
        sink="goods-receipts",
        rank=50,
        prepare=_receipt,
        accepts=accepts_receipt,
        settings=status_settings(**RECEIPT_STATUSES, among=vocabulary.RECEIPT_STATUSES),
        latest_wins=False,
    ),
)
