"""Strict check of a Mosaic document against its shape.

Two kinds of fault, because Orderful answers them differently: a member that no shape knows makes the whole request
an argumentError (400, nothing created); a value that is missing or wrong makes a FAILED transaction (202).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .documents import DOCUMENTS
from .kinds import Group, Leaf, Many, Node, leaf_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong: `path` as in `message.lineItems[0].quantity.value`."""

    path: str
    text: str
    unknown_property: bool = False


def check(document_type: str, message: object) -> list[Fault]:
    """Every fault of `message`, in document order; empty when it is valid. KeyError for an unknown type."""
    faults = list(_check(DOCUMENTS[document_type], message, "message"))
    if isinstance(message, dict) and not faults:
        faults.extend(_RULES.get(document_type, _no_rules)(message))
    return faults


def output_path(document_type: str, path: str) -> str:
    """The X12 segment in which the fault shows after transformation ("PO1"), as far as it is known."""
    members = path.split(".")
    member = members[1].partition("[")[0] if len(members) > 1 else ""
    return _OUTPUT.get(document_type, {}).get(member) or _SHARED_OUTPUT.get(member) or "ST"


def _check(node: Node, value: object, path: str) -> Iterator[Fault]:
    if isinstance(node, Group):
        if isinstance(value, dict):
            yield from _check_members(node, value, path)
        else:
            yield Fault(path=path, text=f"{_name(path)} must be an object")
    elif isinstance(node, Many):
        yield from _check_entries(node, value, path)
    else:
        yield from _check_leaf(node, value, path)


def _check_members(node: Group, value: dict[str, Any], path: str) -> Iterator[Fault]:
    for name in value:
        if name not in node.members:
            yield Fault(path=f"{path}.{name}", text=f"property {name} should not exist", unknown_property=True)
    for name, member in node.members.items():
        if name in value:
            yield from _check(member, value[name], f"{path}.{name}")
        elif name in node.required:
            yield Fault(path=f"{path}.{name}", text=f"{name} is required")


def _check_entries(node: Many, value: object, path: str) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield Fault(path=path, text=f"{_name(path)} must be an array")
        return
    if len(value) < node.least:
        yield Fault(path=path, text=f"{_name(path)} must contain at least {node.least} elements")
    for position, entry in enumerate(value):
        yield from _check(node.of, entry, f"{path}[{position}]")


def _check_leaf(node: Leaf, value: object, path: str) -> Iterator[Fault]:
    if wrong := leaf_error(node, value):
        yield Fault(path=path, text=f"{_name(path)} {wrong}")


def _name(path: str) -> str:
    return path.rpartition(".")[2].partition("[")[0]


def _products(message: dict[str, Any]) -> Iterator[Fault]:
    for position, line in enumerate(message["lineItems"]):
        if not line["productIds"]:
            yield Fault(
                path=f"message.lineItems[{position}].productIds", text="At least one product identifier is required"
            )


def _shipped(message: dict[str, Any]) -> Iterator[Fault]:
    for position, order in enumerate(message["orders"]):
        if not any(order.get(name) for name in ("pallets", "cartons", "items")):
            yield Fault(path=f"message.orders[{position}]", text="One of pallets, cartons or items must be provided")


def _no_rules(_message: dict[str, Any]) -> Iterator[Fault]:
    return iter(())


_RULES = {
    "850_PURCHASE_ORDER": _products,
    "810_INVOICE": _products,
    "856_SHIP_NOTICE_MANIFEST": _shipped,
}
_SHARED_OUTPUT = {
    "parties": "N1",
    "references": "REF",
    "dates": "DTM",
    "termsOfSale": "ITD",
    "carrierDetails": "TD5",
    "notes": "N9",
    "allowances": "SAC",
    "charges": "SAC",
    "taxes": "TXI",
    "buyersCurrency": "CUR",
    "sellersCurrency": "CUR",
}
_OUTPUT = {
    "850_PURCHASE_ORDER": {
        "purpose": "BEG01",
        "purchaseOrderType": "BEG02",
        "purchaseOrderNumber": "BEG03",
        "releaseNumber": "BEG04",
        "purchaseOrderDate": "BEG05",
        "contractNumber": "BEG06",
        "lineItems": "PO1",
    },
    "855_PURCHASE_ORDER_ACKNOWLEDGMENT": {"status": "BAK02", "purchaseOrderNumber": "BAK03", "lineItems": "PO1"},
    "856_SHIP_NOTICE_MANIFEST": {"purpose": "BSN01", "shipmentId": "BSN02", "orders": "HL"},
    "810_INVOICE": {
        "invoiceDate": "BIG01",
        "invoiceNumber": "BIG02",
        "purchaseOrderDate": "BIG03",
        "purchaseOrderNumber": "BIG04",
        "invoiceType": "BIG07",
        "lineItems": "IT1",
        "invoiceTotal": "TDS01",
        "invoiceSalesTotal": "TDS02",
        "invoiceTermsDiscount": "TDS04",
    },
    "846_INVENTORY_ADVICE": {
        "purpose": "BIA01",
        "reportType": "BIA02",
        "reportNumber": "BIA03",
        "reportDate": "BIA04",
        "lineItems": "LIN",
    },
    "860_PURCHASE_ORDER_CHANGE": {
        "purpose": "BCH01",
        "purchaseOrderType": "BCH02",
        "purchaseOrderNumber": "BCH03",
        "changeSequenceNumber": "BCH05",
        "purchaseOrderDate": "BCH06",
        "purchaseOrderChangeDate": "BCH11",
        "lineItems": "POC",
    },
}
