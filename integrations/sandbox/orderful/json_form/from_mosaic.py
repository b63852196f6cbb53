"""A Mosaic document as X12 segments, so that v3 can show what v4 took in: key numbers, dates, parties and lines.

Orderful's own transformation is not public; this one carries what a reader needs to recognise the document.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from .convert import Segment, tree

_PURPOSES = {"original": "00", "cancellation": "01", "change": "04", "replace": "05", "confirmation": "06"}
_ORDER_KINDS = {
    "standalone": "SA",
    "dropship": "DS",
    "release": "RL",
    "rushOrder": "RO",
    "blanketEstimated": "BE",
    "blanketFirm": "BK",
}
UNIT_CODES = {
    "each": "EA",
    "case": "CA",
    "pound": "LB",
    "carton": "CT",
    "box": "BX",
    "piece": "PC",
    "unit": "UN",
    "meter": "MR",
    "gram": "GR",
    "dozen": "DZ",
    "pair": "PR",
    "roll": "RL",
    "bag": "BG",
    "kit": "KT",
    "package": "PK",
    "palletUnitLoad": "PL",
    "set": "ST",
    "sheet": "SH",
    "drum": "DR",
}
_PARTIES = {
    "buyer": "BY",
    "shipTo": "ST",
    "billTo": "BT",
    "shipFrom": "SF",
    "supplier": "SU",
    "soldTo": "SO",
    "accountsReceivable": "RI",
    "accountsPayable": "PR",
    "inventoryLocation": "WH",
}
PRODUCT_CODES = {"buyerItemNumber": "BP", "vendorItemNumber": "VP", "gtin12": "UP", "gtin13": "EN", "gtin14": "UK"}
_CHANGES = {
    "addItem": "AI",
    "deleteItem": "DI",
    "changeToItem": "CA",
    "priceChange": "PC",
    "quantityChange": "QC",
}
_ANSWERS = {"accepted": "IA", "rejected": "IR", "backordered": "IB"}


def to_json(set_id: str, message: dict[str, Any]) -> dict[str, Any]:
    """{"transactionSets": [...]} of a valid Mosaic document; for sets without a rendering just the header."""
    render = _RENDER.get(set_id, _nothing)
    return {"transactionSets": [tree([["ST", set_id, "0001"], *render(message)])]}


def _order(message: dict[str, Any]) -> Iterator[Segment]:
    yield [
        "BEG",
        _PURPOSES.get(_text(message, "purpose"), "00"),
        _ORDER_KINDS.get(_text(message, "purchaseOrderType"), "SA"),
        _text(message, "purchaseOrderNumber"),
        _text(message, "releaseNumber"),
        _day(message, "purchaseOrderDate"),
    ]
    yield from _parties(message)
    lines = _list(message, "lineItems")
    for line in lines:
        quantity, price = _amount(line, "quantity"), _text(line, "unitCostPrice")
        yield ["PO1", _text(line, "purchaseOrderLineId"), *quantity, price, "", *_products(line)]
        yield from _description(line)
    yield ["CTT", str(len(lines))]


def _response(message: dict[str, Any]) -> Iterator[Segment]:
    code = "AD" if _text(message, "status") == "accepted" else "RJ"
    dated = _day(message.get("dates") or {}, "purchaseOrderDate")
    yield ["BAK", "00", code, _text(message, "purchaseOrderNumber"), dated]
    yield from _parties(message)
    lines = _list(message, "lineItems")
    for line in lines:
        yield ["PO1", _text(line, "purchaseOrderLineId"), "", "", "", "", *_products(line)]
        for action in _list(line, "actions"):
            yield [
                "ACK",
                _ANSWERS.get(_text(action, "status"), "IA"),
                *_amount(action, "quantity"),
                "068",
                _day(action, "scheduledShipDate"),
            ]
    yield ["CTT", str(len(lines))]


def _change(message: dict[str, Any]) -> Iterator[Segment]:
    beginning = [""] * 11
    beginning[0] = _PURPOSES.get(_text(message, "purpose"), "04")
    beginning[1] = _ORDER_KINDS.get(_text(message, "purchaseOrderType"), "SA")
    beginning[2] = _text(message, "purchaseOrderNumber")
    beginning[4] = _text(message, "changeSequenceNumber")
    beginning[5] = _day(message, "purchaseOrderDate")
    beginning[10] = _day(message, "purchaseOrderChangeDate")
    yield ["BCH", *beginning]
    yield from _parties(message)
    lines = _list(message, "lineItems")
    for line in lines:
        before, (after, unit) = _amount(line, "originalQuantity")[0], _amount(line, "quantity")
        yield [
            "POC",
            _text(line, "purchaseOrderLineId"),
            _CHANGES.get(_text(line, "changeReason"), "CA"),
            before,
            after,
            unit,
            _text(line, "unitCostPrice"),
            "",
            *_products(line),
        ]
    yield ["CTT", str(len(lines))]


def _shipment(message: dict[str, Any]) -> Iterator[Segment]:
    dated = _day(message.get("dates") or {}, "shipDate")
    yield ["BSN", _PURPOSES.get(_text(message, "purpose"), "00"), _text(message, "shipmentId"), dated, "", "0004"]
    count = 1
    yield ["HL", "1", "", "S", "1"]
    for order in _list(message, "orders"):
        count += 1
        parent = str(count)
        yield ["HL", parent, "1", "O", "1"]
        yield ["PRF", _text(order, "purchaseOrderNumber"), "", "", _day(order, "purchaseOrderDate")]
        for item in _items(order):
            count += 1
            yield ["HL", str(count), parent, "I", "0"]
            yield ["LIN", _text(item, "purchaseOrderLineId"), *_products(item)]
            yield ["SN1", "", *_amount(item, "quantityShipped")]
    yield ["CTT", str(count)]


def _items(holder: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from _list(holder, "items")
    for name in ("pallets", "cartons"):
        for inner in _list(holder, name):
            yield from _items(inner)


def _invoice(message: dict[str, Any]) -> Iterator[Segment]:
    kind = {"creditMemo": "CR", "debitMemo": "DR"}.get(_text(message, "invoiceType"), "DI")
    yield [
        "BIG",
        _day(message, "invoiceDate"),
        _text(message, "invoiceNumber"),
        _day(message, "purchaseOrderDate"),
        _text(message, "purchaseOrderNumber"),
        "",
        "",
        kind,
    ]
    yield from _parties(message)
    lines = _list(message, "lineItems")
    for line in lines:
        quantity = _amount(line, "quantityInvoiced")
        yield ["IT1", _text(line, "purchaseOrderLineId"), *quantity, _text(line, "unitPrice"), "", *_products(line)]
        yield from _description(line)
    if total := _text(message, "invoiceTotal"):
        yield ["TDS", str(int(Decimal(total).scaleb(2)))]
    yield ["CTT", str(len(lines))]


def _inventory(message: dict[str, Any]) -> Iterator[Segment]:
    purpose = "00" if _text(message, "purpose") == "full" else "04"
    yield ["BIA", purpose, "SI", _text(message, "reportNumber"), _day(message, "reportDate")]
    yield from _parties(message)
    for line in _list(message, "lineItems"):
        yield ["LIN", _text(line, "lineNumber"), *_products(line)]
        for stock in _list(line, "inventoryQuantities"):
            yield ["QTY", "33", _text(stock, "quantity")]


def _nothing(_message: dict[str, Any]) -> Iterator[Segment]:
    return iter(())


def _parties(message: dict[str, Any]) -> Iterator[Segment]:
    for role, party in (message.get("parties") or {}).items():
        yield ["N1", _PARTIES.get(role, "ZZ"), _text(party, "name"), "92", _text(party, "identificationCode")]
        if street := _text(party, "addressLine1"):
            yield ["N3", street, _text(party, "addressLine2")]
        yield [
            "N4",
            *(_text(party, name) for name in ("city", "stateOrProvinceCode", "postalCode", "countryCode")),
        ]


def _description(line: dict[str, Any]) -> Iterator[Segment]:
    if text := _text(line.get("productAttributes") or {}, "description"):
        yield ["PID", "F", "", "", "", text]


def _products(line: dict[str, Any]) -> list[str]:
    ids = line.get("productIds") or {}
    return [part for name, code in PRODUCT_CODES.items() if ids.get(name) for part in (code, str(ids[name]))]


def _amount(holder: dict[str, Any], name: str) -> list[str]:
    quantity = holder.get(name) or {}
    unit = _text(quantity, "unitOfMeasure")
    return [_text(quantity, "value"), UNIT_CODES.get(unit, "ZZ") if unit else ""]


def _text(holder: dict[str, Any], name: str) -> str:
    value = holder.get(name)
    return "" if value is None else str(value)


def _day(holder: dict[str, Any], name: str) -> str:
    return _text(holder, name).replace("-", "")


def _list(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = holder.get(name)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


_RENDER = {
    "850": _order,
    "855": _response,
    "856": _shipment,
    "810": _invoice,
    "846": _inventory,
    "860": _change,
}
