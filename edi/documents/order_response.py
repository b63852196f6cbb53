"""A supplier's answer to a purchase order (X12 855) or to a change of one (X12 865)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal

from edi.documents.values import Charge, ItemId, Party, PartyRole, Purpose, Reference, Terms, Value, find_party

Answer = Literal["accepted", "changed", "rejected", "received", "held"]
"""What becomes of the whole order. `received`: it has arrived, nothing is said about it yet."""

LineStatus = Literal["accepted", "changed", "backordered", "substituted", "held", "rejected", "deleted", "other"]

DateKind = Literal["ship", "delivery"]


class LineAnswer(Value, frozen=True, kw_only=True):
    """What becomes of a line, or of a part of its quantity."""

    status: LineStatus
    code: str = ""
    """The X12 element 668 code as received, which says more (price changed, date changed …); "" takes the usual one."""
    quantity: Decimal | None = None
    unit: str = ""
    date: dt.date | None = None
    date_kind: DateKind = "ship"
    item_ids: tuple[ItemId, ...] = ()
    """The item delivered instead, for `substituted`."""


class Schedule(Value, frozen=True, kw_only=True):
    """When a part of a line's quantity comes."""

    quantity: Decimal
    unit: str
    date: dt.date
    date_kind: DateKind = "ship"


class ResponseLine(Value, frozen=True, kw_only=True):
    """One line as the supplier states it, and his answers to it."""

    line_number: str
    """The buyer's line number; "" when the sender leaves it out."""
    change: str = ""
    """865 only: the X12 element 670 code of the change that is answered."""
    quantity: Decimal | None = None
    unit: str = ""
    unit_price: Decimal | None = None
    item_ids: tuple[ItemId, ...] = ()
    description: str = ""
    answers: tuple[LineAnswer, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    notes: tuple[str, ...] = ()


class OrderResponse(Value, frozen=True, kw_only=True):
    order_number: str
    order_date: dt.date | None = None
    answer: Answer
    code: str = ""
    """The X12 element 587 code as received; "" takes the usual one of the answer."""
    answers_change: bool = False
    """Whether it answers a change (865) instead of an order (855)."""
    change_sequence: str = ""
    """The buyer's number of the change (BCA05)."""
    number: str = ""
    """The supplier's own number of the order or answer."""
    date: dt.date | None = None
    """Date of the answer."""
    purpose: Purpose = "original"
    request_reference: str = ""
    currency: str = ""
    lines: tuple[ResponseLine, ...] = ()
    parties: tuple[Party, ...] = ()
    ship_date: dt.date | None = None
    """When the supplier will ship."""
    delivery_date: dt.date | None = None
    """When the supplier will deliver."""
    terms: Terms | None = None
    references: tuple[Reference, ...] = ()
    charges: tuple[Charge, ...] = ()
    notes: tuple[str, ...] = ()
    total: Decimal | None = None

    def party(self, role: PartyRole) -> Party | None:
        return find_party(self.parties, role)
