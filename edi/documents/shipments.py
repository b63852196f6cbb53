"""Reading an 856: the HL levels of any usual structure to orders, packages and items.

Understood are S-O-I, S-O-P-I, S-O-T-P-I, S-O-I-P (packages below the item), S-P-O-I and S-T-O-P-I (orders below the
package; a package that holds several orders then appears in each of them). An item belongs to the nearest order (PRF)
above it, or its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from edi.documents import codes, notes, parties
from edi.documents.heading import read_heading
from edi.documents.reading import Reading, ReadResult, View, every, first, loops, split
from edi.documents.ship_notice import Carrier, Package, ShipNotice, ShippedItem, ShippedOrder
from edi.documents.structure import LEVEL_LOOPS
from edi.x12.segments import TransactionSet

LEVELS = {"pallet": "T", "carton": "P"}
"""Element 735."""
KINDS: dict[str, Literal["pallet", "carton"]] = {"T": "pallet", "P": "carton"}

DATES = {
    "shipped_date": {"011": "ship date"},
    "expected_date": {"017": "expected date", "067": "delivery date", "002": "delivery date"},
    "received_date": {"050": "receipt date", "035": "delivery date"},
}


class Level:
    """One HL with its segments, its parent and its children."""

    __slots__ = ("children", "code", "inner", "own", "parent")

    def __init__(self, code: str, own: list[View], inner: list[list[View]]) -> None:
        self.code = code
        self.own = own
        self.inner = inner
        self.parent: Level | None = None
        self.children: list[Level] = []

    def path(self) -> list[Level]:
        """The levels from the top down to this one."""
        above = self.parent.path() if self.parent else []
        return [*above, self]

    def below(self, codes_: str) -> list[Level]:
        """All levels of these codes under this one, in their order."""
        return [x for child in self.children for x in ([child] if child.code in codes_ else []) + child.below(codes_)]


class _Package:
    """A package while it is read."""

    def __init__(self, level: Level) -> None:
        self.level = level
        self.packages: dict[int, _Package] = {}
        self.items: list[ShippedItem] = []


class _Order(_Package):
    """An order while it is read; `number` is its own, however many levels state it."""

    def __init__(self, level: Level, number: str) -> None:
        super().__init__(level)
        self.number = number


def read(tset: TransactionSet) -> ReadResult[ShipNotice]:
    """The ship notice that an 856 states, with what could not be read and what is left over."""
    reading = Reading(tset)
    bsn = first(reading.views, "BSN")
    if bsn is None:
        reading.missing("BSN", "shipment number")
        return reading.result(None)
    heading, rest = split(reading.views, ("HL", "CTT"))
    for ctt in (view for block in rest for view in every(block, "CTT")):
        ctt.use_all()
    levels = _levels([block for block in rest if block[0].tag == "HL"])
    bsn.get(5)
    shipment = [level for level in levels if level.code == "S"]
    own = [*heading, *(view for level in shipment for view in level.own)]
    common = read_heading(own, [loop for level in shipment for loop in level.inner])
    count, weight, weight_unit = _read_weight(own)
    notice = ShipNotice(
        number=bsn.required(2, "shipment number"),
        date=bsn.required_date(3, "date of the notice"),
        time=_read_time(bsn),
        purpose=bsn.purpose(1, codes.NOTICE_PURPOSES_READ),  # type: ignore[arg-type]
        orders=_read_orders(levels),
        parties=common.parties,
        shipped_date=parties.read_date(own, DATES["shipped_date"]),
        expected_date=parties.read_date(own, DATES["expected_date"]),
        received_date=parties.read_date(own, DATES["received_date"]),
        carrier=_read_carrier(own),
        package_count=count,
        gross_weight=weight,
        weight_unit=weight_unit,
        references=common.references,
    )
    return reading.result(notice)


def _levels(blocks: Sequence[Sequence[View]]) -> list[Level]:
    """The HL levels, linked to their parents."""
    by_number: dict[str, Level] = {}
    found = []
    for block in blocks:
        hl = block[0]
        own, inner = loops(block[1:], LEVEL_LOOPS)
        level = Level(hl.get(3).strip(), own, inner)
        hl.get(4)
        number, parent = hl.get(1).strip(), hl.get(2).strip()
        level.parent = by_number.get(parent)
        if parent and level.parent is None:
            hl.fail(2, "parent-missing", f"Level {number} stands under level {parent}, which does not come before it.")
        if level.parent is not None:
            level.parent.children.append(level)
        if number in by_number:
            hl.fail(1, "level-twice", f"Level number {number} is used twice, so what belongs together cannot be told.")
        if level.code not in ("S", "O", "T", "P", "I"):
            text = f"Level '{level.code}' is not understood; what it says is left over."
            hl.complain(3, "level-not-understood", text)
        by_number[number] = level
        found.append(level)
    return found


def _read_time(bsn: View) -> dt.time:
    text = bsn.get(4).strip()
    if not text:
        return dt.time(0)
    try:
        if not (text.isascii() and text.isdigit() and len(text) in (4, 6, 7, 8)):
            raise ValueError
        return dt.time(int(text[:2]), int(text[2:4]), int(text[4:6] or 0))
    except ValueError:
        bsn.fail(4, "time-unreadable", f"The time '{text}' is not a time; it must be written HHMM or HHMMSS.")
        return dt.time(0)


def _read_weight(own: Sequence[View]) -> tuple[int | None, Decimal | None, str]:
    td1 = first(own, "TD1")
    if td1 is None:
        return None, None, ""
    count = td1.days(2, "number of packages")
    if td1.peek(6) not in ("G", ""):
        return count, None, ""
    td1.get(6)
    weight = td1.number(7, "weight")
    return count, weight, td1.unit(8) if weight is not None else ""


def _read_carrier(own: Sequence[View]) -> Carrier | None:
    td5, td3 = first(own, "TD5"), first(own, "TD3")
    found = {}
    if td5 is not None:
        if td5.peek(2) == "2":
            td5.get(2)
        found = {"scac": td5.get(3), "mode": td5.get(4), "name": td5.get(5)}
    if td3 is not None:
        if td3.peek(1) == "TL":
            td3.get(1)
        found["equipment_number"] = td3.get(2) + td3.get(3)
    carrier = Carrier(**found)
    return None if carrier == Carrier() else carrier


def _read_orders(levels: Sequence[Level]) -> tuple[ShippedOrder, ...]:
    orders: dict[object, _Order] = {}
    for level in levels:
        if level.code in ("T", "P") and (level.below("I") or any(above.code == "I" for above in level.path())):
            continue
        if level.code in ("I", "T", "P", "O"):
            _place(orders, level)
    return tuple(_read_order(order) for order in orders.values())


def _place(orders: dict[object, _Order], level: Level) -> None:
    """Put a level under its order and packages; an order below a package goes by its number, so that it stays one."""
    path = level.path()
    stating = next((above for above in reversed(path) if first(above.own, "PRF") is not None), None)
    if level.code == "O" and (stating is not level or level.below("I")):
        return
    number = _order_number(stating)
    under_package = stating is not None and any(above.code in ("T", "P") for above in stating.path())
    key: object = ("number", number) if stating is None or under_package else id(stating)
    order = orders.setdefault(key, _Order(stating or level, number))
    holder: _Package = order
    for package in (above for above in path if above.code in ("T", "P")):
        holder = holder.packages.setdefault(id(package), _Package(package))
    if level.code == "I":
        holder.items.append(_read_item(level))


def _order_number(level: Level | None) -> str:
    prf = first(level.own, "PRF") if level is not None else None
    return "" if prf is None else prf.get(1)


def _read_order(order: _Order) -> ShippedOrder:
    level = order.level
    prf = first(level.own, "PRF")
    apart = level.code == "O"
    common = read_heading(level.own, level.inner) if apart else None
    return ShippedOrder(
        order_number=order.number,
        order_date=None if prf is None else prf.date(4, "order date"),
        packages=tuple(_read_package(p) for p in order.packages.values()),
        items=tuple(order.items),
        references=common.references if common else (),
        parties=common.parties if common else (),
    )


def _read_package(package: _Package) -> Package:
    own = package.level.own
    po4 = first(own, "PO4")
    weight = None if po4 is None else po4.number(6, "weight")
    return Package(
        kind=KINDS[package.level.code],
        sscc=_read_sscc(own),
        tracking_number=_read_mark(own, "CP"),
        gross_weight=weight,
        weight_unit=po4.unit(7) if po4 is not None and weight is not None else "",
        packages=tuple(_read_package(p) for p in package.packages.values()),
        items=tuple(package.items),
    )


def _read_sscc(own: Sequence[View]) -> str:
    """The SSCC of a package: GM with the application identifier 00 in front, AA without it."""
    mark = _read_mark(own, "GM") or _read_mark(own, "AA")
    return mark[2:] if len(mark) == 20 and mark.startswith("00") else mark


def _read_mark(own: Sequence[View], qualifier: str) -> str:
    man = first(own, "MAN", (qualifier,))
    if man is None:
        return ""
    man.get(1)
    return man.get(2)


def _read_item(level: Level) -> ShippedItem:
    own = level.own
    lin, sn1 = first(own, "LIN"), first(own, "SN1")
    if sn1 is None and lin is not None:
        lin.fail(0, "segment-missing", "This item has no SN1 segment, so the quantity shipped is not known.")
    if sn1 is not None and sn1.peek(6) == sn1.peek(3):
        sn1.get(6)
    return ShippedItem(
        order_line=lin.get(1) if lin is not None else "",
        quantity=(sn1.number(2, "quantity shipped") if sn1 is not None else None) or Decimal(0),
        unit=sn1.unit(3) if sn1 is not None else "",
        ordered_quantity=sn1.number(5, "ordered quantity") if sn1 is not None else None,
        item_ids=lin.items(2) if lin is not None else (),
        description=notes.read_description(own),
        receipt_number=parties.read_reference(own, ("RV",)),
        receipt_line=parties.read_reference(own, ("RV",), 3),
        package_ssccs=tuple(s for package in level.below("TP") if (s := _read_sscc(package.own))),
    )
