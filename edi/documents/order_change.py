"""A change to a purchase order (X12 860), as its sender states it."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Literal

from edi.documents.values import Charge, ItemId, Party, PartyRole, Purpose, Reference, Terms, Value, find_party

ChangeKind = Literal[
    "add",
    "delete",
    "quantity",
    "price",
    "price_and_quantity",
    "date",
    "date_and_quantity",
    "date_and_price",
    "replace_values",
    "replace_item",
    "change",
    "none",
    "other",
]
"""What happens to a line. `change` says only that something does: whatever the line states is new."""

QuantityIn = Literal["auto", "ordered", "left"]
"""Where a sender states the new quantity of a line: POC03, POC04, or told from what was ordered."""


class LineChange(Value, frozen=True, kw_only=True):
    """What one line of a change says. A value of None is not stated and stays as it is."""

    line_number: str = ""
    """The buyer's line number; many senders leave it out, then the item numbers tell which line is meant."""
    kind: ChangeKind
    code: str = ""
    """The X12 element 670 code as received; "" takes the usual code of the kind."""
    quantity: Decimal | None = None
    """Quantity ordered (POC03)."""
    quantity_left: Decimal | None = None
    """Quantity left to receive (POC04); many senders put the new quantity here: see `new_quantity`."""
    unit: str = ""
    unit_price: Decimal | None = None
    item_ids: tuple[ItemId, ...] = ()
    description: str = ""
    requested_date: dt.date | None = None


class OrderChange(Value, frozen=True, kw_only=True):
    """What the sender wants changed in an order. It applies as a whole or not at all."""

    number: str
    """The order's number as the sender writes it, suffix included: see `order_numbers`."""
    order_date: dt.date | None = None
    purpose: Purpose = "change"
    """`change`: the lines named here; `replace`: the order is now what stands here; `cancellation`: the whole order."""
    order_type: Literal["standalone", "dropship", "blanket", "release", "rush", "new"] = "standalone"
    sequence: str = ""
    """The sender's number of this change within the order (BCH05)."""
    request_reference: str = ""
    change_date: dt.date | None = None
    currency: str = ""
    lines: tuple[LineChange, ...] = ()
    parties: tuple[Party, ...] = ()
    requested_date: dt.date | None = None
    """Delivery requested."""
    ship_date: dt.date | None = None
    """Shipment requested."""
    not_before: dt.date | None = None
    """Do not deliver before."""
    not_after: dt.date | None = None
    """Do not deliver after."""
    cancel_after: dt.date | None = None
    terms: Terms | None = None
    references: tuple[Reference, ...] = ()
    charges: tuple[Charge, ...] = ()
    notes: tuple[str, ...] = ()
    total: Decimal | None = None
    """The order's new total, where the sender states it."""

    def party(self, role: PartyRole) -> Party | None:
        return find_party(self.parties, role)


def new_quantity(
    change: LineChange,
    *,
    current: Decimal | None = None,
    received: Decimal = Decimal(0),
    stated_in: QuantityIn = "auto",
) -> Decimal | None:
    """The quantity that the line shall have after the change; None when it stays or cannot be told.

    Senders differ in which element carries it, so an agreement may say (`stated_in`: POC03 or POC04). Without that:
    a deleted line has 0; one value is the new one; of two, POC03 is the old quantity when it equals the `current` one
    and then POC04 is the new; an increase or decrease takes the value that lies on that side of `current`. Whatever is
    still open is None, and a person decides: POC04 = 0 beside a POC03 that differs from `current`; POC04 that is just
    what is left of `current` after what was `received` (what X12 means by it: then the quantity stays); an increase
    to less, or a decrease to more, which may be by so much rather than to so much.
    """
    ordered, left = change.quantity, change.quantity_left
    if change.kind == "delete":
        return Decimal(0)
    if stated_in == "ordered" or left is None or ordered == left:
        return _on_its_side(ordered, change.code, current)
    if stated_in == "left" or ordered is None:
        return _on_its_side(left, change.code, current)
    if current is None or (ordered == current and left == 0):
        return None
    if received and ordered == current and left == current - received:
        return None
    if change.code in ("QI", "QD"):
        fitting = {q for q in (ordered, left) if (q > current if change.code == "QI" else q < current)}
        return fitting.pop() if len(fitting) == 1 else None
    return left if ordered == current else None


def applied_quantity(change: LineChange, *, stated_in: QuantityIn = "auto") -> Decimal | None:
    """The quantity that the line has once the change is applied by `new_quantity`, told without knowing what it was
    before: of two values, an increase made it the larger and a decrease the smaller; any other change made it POC04."""
    ordered, left = change.quantity, change.quantity_left
    if ordered is None or left is None:
        return left if ordered is None else ordered
    if change.kind in ("add", "price", "date", "date_and_price", "none") or stated_in == "ordered":
        return ordered  # what stays is POC03; POC04 is then what is left to receive
    if stated_in == "left" or change.code not in ("QI", "QD"):
        return left
    return max(ordered, left) if change.code == "QI" else min(ordered, left)


def _on_its_side(quantity: Decimal | None, code: str, current: Decimal | None) -> Decimal | None:
    """The quantity, unless an increase (QI) or decrease (QD) would go the other way."""
    if quantity is None or current is None:
        return quantity
    is_other_way = (code == "QI" and quantity < current) or (code == "QD" and quantity > current)
    return None if is_other_way else quantity


def order_numbers(number: str) -> tuple[str, ...]:
    """The order numbers that may be meant: as stated, then without a suffix that the sender may have added.

    PO12345-1 may be PO12345. Nothing is stripped here: which of them exists is for the books to say.
    """
    match = re.fullmatch(r"(.{3,}?)[-/._ ]\w{1,3}", number)
    return (number, match.group(1)) if match else (number,)
