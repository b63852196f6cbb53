"""The transaction sets that documents are exchanged as, by their number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from edi.documents import t810, t850, t855, t856, t860, t865
from edi.documents.building import BuildOptions, Seg
from edi.documents.invoice import Invoice
from edi.documents.order_change import OrderChange
from edi.documents.order_response import OrderResponse
from edi.documents.purchase_order import PurchaseOrder
from edi.documents.reading import ReadResult
from edi.documents.ship_notice import ShipNotice
from edi.documents.values import Value
from edi.x12.functional_ids import FUNCTIONAL_IDS
from edi.x12.segments import Segment, TransactionSet

Document = PurchaseOrder | OrderChange | OrderResponse | ShipNotice | Invoice


class SetSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction set: its names, its document, and how one becomes the other."""

    set_id: str
    name: str
    document: type[Value]
    beginning: str
    """The beginning segment."""
    number_at: int
    """Element of the beginning segment that holds the business number."""
    purpose_at: int
    """Element of the beginning segment that holds the purpose (element 353)."""
    build: Callable[[Any, BuildOptions | None], list[Seg]]
    read: Callable[[TransactionSet], ReadResult[Any]]
    carried: Callable[[Any, BuildOptions | None], Any]

    @property
    def functional_id(self) -> str:
        """GS01 of the group it is sent in."""
        return FUNCTIONAL_IDS[self.set_id]


def _spec(module: Any, **names: Any) -> SetSpec:
    return SetSpec(build=module.build, read=module.read, carried=module.carried, **names)


SETS: dict[str, SetSpec] = {
    spec.set_id: spec
    for spec in (
        _spec(
            t850,
            set_id="850",
            name="Purchase order",
            document=PurchaseOrder,
            beginning="BEG",
            number_at=3,
            purpose_at=1,
        ),
        _spec(
            t855,
            set_id="855",
            name="Purchase order acknowledgment",
            document=OrderResponse,
            beginning="BAK",
            number_at=3,
            purpose_at=1,
        ),
        _spec(
            t860,
            set_id="860",
            name="Purchase order change",
            document=OrderChange,
            beginning="BCH",
            number_at=3,
            purpose_at=1,
        ),
        _spec(
            t865,
            set_id="865",
            name="Purchase order change acknowledgment",
            document=OrderResponse,
            beginning="BCA",
            number_at=3,
            purpose_at=1,
        ),
        _spec(
            t856,
            set_id="856",
            name="Ship notice",
            document=ShipNotice,
            beginning="BSN",
            number_at=2,
            purpose_at=1,
        ),
        _spec(
            t810,
            set_id="810",
            name="Invoice",
            document=Invoice,
            beginning="BIG",
            number_at=2,
            purpose_at=8,
        ),
    )
}
"""By ST01."""


def set_for(document: Document) -> SetSpec:
    """The transaction set that carries a document. Raises KeyError for a value that none carries."""
    if isinstance(document, OrderResponse):
        return SETS["865" if document.answers_change else "855"]
    return {spec.document: spec for spec in SETS.values()}[type(document)]


def business_number(tset: TransactionSet) -> str:
    """The number by which people know what the set carries: of the order, invoice or shipment; "" when it has none."""
    return _beginning(tset, "number_at")


def purpose_code(tset: TransactionSet) -> str:
    """The element 353 code of the set, "" when it has none; an invoice without one is an original."""
    return _beginning(tset, "purpose_at")


def _beginning(tset: TransactionSet, field: str) -> str:
    spec = SETS.get(tset.set_id)
    if spec is None:
        return ""
    beginning: Segment | None = next((s for s in tset.body if s.tag == spec.beginning), None)
    return "" if beginning is None else beginning.get(getattr(spec, field)).strip()
