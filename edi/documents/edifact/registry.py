"""The messages that documents are exchanged as, by their type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from edi.documents.edifact import desadv, invoic, ordchg, orders, ordrsp
from edi.documents.edifact.building import EdifactOptions
from edi.documents.invoice import Invoice
from edi.documents.order_change import OrderChange
from edi.documents.order_response import OrderResponse
from edi.documents.purchase_order import PurchaseOrder
from edi.documents.reading import ReadResult
from edi.documents.ship_notice import ShipNotice
from edi.documents.values import Value
from edi.edifact.segments import Message
from edi.edifact.writer import Seg


class MessageSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A message type: its name, its document, and how one becomes the other."""

    kind: str
    """UNH 0065."""
    document_type: str
    """By the number of the transaction set that carries the same in X12, as agreements name documents."""
    name: str
    document: type[Value]
    build: Callable[[Any, EdifactOptions | None], list[Seg]]
    read: Callable[[Message], ReadResult[Any]]
    carried: Callable[[Any, EdifactOptions | None], Any]


def _spec(module: Any, kind: str, document_type: str, name: str, document: type[Value]) -> MessageSpec:
    return MessageSpec(
        kind=kind,
        document_type=document_type,
        name=name,
        document=document,
        build=module.build,
        read=module.read,
        carried=module.carried,
    )


MESSAGES: dict[str, MessageSpec] = {
    spec.kind: spec
    for spec in (
        _spec(orders, "ORDERS", "850", "Purchase order", PurchaseOrder),
        _spec(ordrsp, "ORDRSP", "855", "Order response", OrderResponse),
        _spec(ordchg, "ORDCHG", "860", "Order change", OrderChange),
        _spec(desadv, "DESADV", "856", "Despatch advice", ShipNotice),
        _spec(invoic, "INVOIC", "810", "Invoice", Invoice),
    )
}
"""By message type (UNH 0065)."""


def message_for(document: Value) -> MessageSpec:
    """The message that carries a document. Raises KeyError for a value that none carries."""
    return {spec.document: spec for spec in MESSAGES.values()}[type(document)]


MESSAGE_OF: dict[str, str] = {spec.document_type: kind for kind, spec in MESSAGES.items()}
"""Message type by document type: 850 is ORDERS. An answer to a change (865) is an ORDRSP as well, and has none of its
own."""


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """By what people know a message."""

    number: str
    """Of the order, invoice or shipment; of an answer or change, of the order that it is about."""
    purpose: str
    """original, replace, change, cancellation; "" where it says none."""


def heading_of(message: Message) -> Heading:
    """Number and purpose of any message; what cannot be read gives the number of its BGM."""
    spec = MESSAGES.get(message.type)
    draft = spec.read(message).draft if spec is not None else None
    if draft is None:
        number = next((segment.get(2).strip() for segment in message.body if segment.tag == "BGM"), "")
        return Heading(number=number, purpose="")
    number = draft.order_number if isinstance(draft, OrderResponse) else draft.number
    return Heading(number=number, purpose=draft.purpose)
