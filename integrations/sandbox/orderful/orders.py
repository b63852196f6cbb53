"""What the trading partner knows about an order that we sent: enough to answer it with a document of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.sandbox.kernel import Row

from .json_form.from_mosaic import PRODUCT_CODES, UNIT_CODES

_UNIT_WORDS = {code: word for word, code in UNIT_CODES.items()}
_PRODUCT_NAMES = {code: name for name, code in PRODUCT_CODES.items()}
_MOST_PRODUCT_PAIRS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line as ordered."""

    id: str
    quantity: str
    unit: str = "each"
    price: str = "0.00"
    products: dict[str, Any] = field(default_factory=lambda: {"vendorItemNumber": "SANDBOX-1"})

    def changed_by(self, difference: int) -> str:
        """The quantity after a change; at least zero."""
        try:
            return str(max(Decimal(self.quantity) + difference, Decimal(0)))
        except InvalidOperation:
            return str(max(difference, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order as the partner received it."""

    number: str
    date: str
    lines: list[OrderLine]


def unknown_order(number: str, today: date) -> Order:
    """An order that nobody sent: one line of ten pieces."""
    return Order(number=number, date=today.isoformat(), lines=[OrderLine(id="1", quantity="10", price="10.00")])


def order_of(row: Row) -> Order:
    """The order of an 850 transaction, whichever form it was posted in."""
    message = row["body"]["message"]
    if row["_form"] == "json":
        return _from_json(row["business_number"], message["transactionSets"][0])
    lines = [
        OrderLine(
            id=str(line.get("purchaseOrderLineId") or position),
            quantity=line["quantity"]["value"],
            unit=line["quantity"].get("unitOfMeasure") or "each",
            price=line.get("unitCostPrice") or "0.00",
            products=line["productIds"],
        )
        for position, line in enumerate(message["lineItems"], start=1)
    ]
    return Order(number=row["business_number"], date=message["purchaseOrderDate"], lines=lines)


def _from_json(number: str, one: dict[str, Any]) -> Order:
    dated = str(one["beginningSegmentForPurchaseOrder"][0].get("date") or "")
    day = f"{dated[:4]}-{dated[4:6]}-{dated[6:8]}" if len(dated) == 8 else "2026-01-01"
    entries = [loop["baselineItemData"][0] for loop in one["PO1_loop"] if loop.get("baselineItemData")]
    lines = [
        OrderLine(
            id=str(entry.get("assignedIdentification") or position),
            quantity=str(entry.get("quantity") or "0"),
            unit=_UNIT_WORDS.get(str(entry.get("unitOrBasisForMeasurementCode")), "each"),
            price=str(entry.get("unitPrice") or "0.00"),
            products=_products(entry),
        )
        for position, entry in enumerate(entries, start=1)
    ]
    return Order(number=number, date=day, lines=lines)


def _products(entry: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for position in range(_MOST_PRODUCT_PAIRS):
        suffix = str(position) if position else ""
        code, value = entry.get(f"productServiceIDQualifier{suffix}"), entry.get(f"productServiceID{suffix}")
        if code and value:
            found[_PRODUCT_NAMES.get(code, "vendorItemNumber")] = value
    return found


def answer(set_id: str, order: Order, *, today: date, sequence: int) -> dict[str, Any]:
    """The partner's document about an order, as Mosaic. Raises ValueError for a set that partners do not send."""
    builder = _ANSWERS.get(set_id)
    if builder is None:
        raise ValueError(f"no sample for set {set_id}; give `message`. Samples exist for {', '.join(_ANSWERS)}")
    message: dict[str, Any] = builder(order, today, sequence)
    return message


def _change(order: Order, today: date, sequence: int) -> dict[str, Any]:
    """Each change orders one more of the first line than the change before it."""
    first = order.lines[0]
    line = {
        "purchaseOrderLineId": first.id,
        "changeReason": "quantityChange",
        "originalQuantity": {"value": first.changed_by(sequence - 1), "unitOfMeasure": first.unit},
        "changeInQuantity": {"value": "1", "unitOfMeasure": first.unit},
        "quantity": {"value": first.changed_by(sequence), "unitOfMeasure": first.unit},
        "unitCostPrice": first.price,
        "productIds": first.products,
    }
    return {
        "purpose": "change",
        "purchaseOrderType": "standalone",
        "purchaseOrderNumber": order.number,
        "purchaseOrderDate": order.date,
        "purchaseOrderChangeDate": today.isoformat(),
        "changeSequenceNumber": f"{sequence:03}",
        "lineItems": [line],
    }


def _response(order: Order, today: date, sequence: int) -> dict[str, Any]:
    lines = [
        {
            "purchaseOrderLineId": line.id,
            "productIds": line.products,
            "actions": [
                {
                    "status": "accepted",
                    "quantity": {"value": line.quantity, "unitOfMeasure": line.unit},
                    "unitCostPrice": line.price,
                    "scheduledShipDate": (today + timedelta(days=3)).isoformat(),
                }
            ],
        }
        for line in order.lines
    ]
    return {"purchaseOrderNumber": order.number, "status": "accepted", "lineItems": lines}


def _shipment(order: Order, today: date, sequence: int) -> dict[str, Any]:
    items = [
        {
            "purchaseOrderLineId": line.id,
            "productIds": line.products,
            "quantityShipped": {"value": line.quantity, "unitOfMeasure": line.unit},
        }
        for line in order.lines
    ]
    return {
        "purpose": "original",
        "shipmentId": f"SHP-{order.number}-{sequence}",
        "dates": {"shipDate": today.isoformat(), "deliveryDate": (today + timedelta(days=2)).isoformat()},
        "orders": [{"purchaseOrderNumber": order.number, "purchaseOrderDate": order.date, "items": items}],
    }


def _invoice(order: Order, today: date, sequence: int) -> dict[str, Any]:
    lines = [
        {
            "purchaseOrderLineId": line.id,
            "quantityInvoiced": {"value": line.quantity, "unitOfMeasure": line.unit},
            "unitPrice": line.price,
            "productIds": line.products,
        }
        for line in order.lines
    ]
    total = sum((Decimal(line.quantity) * Decimal(line.price) for line in order.lines), Decimal(0))
    return {
        "invoiceNumber": f"INV-{order.number}-{sequence}",
        "invoiceDate": today.isoformat(),
        "invoiceType": "invoice",
        "purchaseOrderNumber": order.number,
        "purchaseOrderDate": order.date,
        "lineItems": lines,
        "invoiceTotal": str(total.quantize(Decimal("0.01"))),
    }


_ANSWERS = {"860": _change, "855": _response, "856": _shipment, "810": _invoice}
