"""856 ship notice: `ShipNotice` to segments and back (the reading is in `shipments`).

Levels are shipment, order, pallet (T, tare), carton (P), item: S-O-T-P-I, S-O-P-I or S-O-I, and S-O-I-P for items that
name their packages. BSN05 says which: 0001 with packages, 0002 with packages below items, 0004 without any, ZZZZ for a
mixture. An SSCC is MAN GM with the application identifier 00 in front, a carrier's package number MAN CP. LIN01 is the
line of the order, REF RV the receipt and (REF03) its line. CTT01 counts the HL segments.

What an 856 cannot carry, and `carried` therefore takes out of a document: parts of a second; the time zone; item
numbers of schemes that the partner's options do not name; line breaks and repeated spaces; empty addresses, contacts,
carriers; a unit of weight without a weight. Units become element 355 codes. The number of a party that stands in N1
becomes its first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from edi.documents import codes, money, notes, parties, units
from edi.documents.building import BuildOptions, BuildRefused, Draft, Seg, as_date, carried_items, item_pairs, tidy
from edi.documents.heading import carried_parties, carried_references
from edi.documents.ship_notice import Carrier, Package, ShipNotice, ShippedItem, ShippedOrder, is_sscc
from edi.documents.shipments import DATES, LEVELS, read

__all__ = ["BuildOptions", "BuildRefused", "build", "carried", "read"]

MOST_NUMBERS = 10


def build(document: ShipNotice, options: BuildOptions | None = None) -> list[Seg]:
    """The segments between ST and SE. Raises BuildRefused with the reasons in words."""
    options = options or BuildOptions()
    notice = carried(document, options)
    draft = Draft(options)
    if not notice.orders:
        draft.refuse("the notice names no order")
    purpose = codes.PURPOSES[notice.purpose]
    draft.add("BSN", purpose, notice.number, as_date(notice.date), _as_time(notice.time), _structure(notice))
    levels = _Levels(draft)
    _add_shipment(draft, notice, levels.open("S", "", children=bool(notice.orders)))
    for order in notice.orders:
        _add_order(levels, order)
    hashed = money.hash_total(item.quantity for item in notice.all_items()) if options.hash_total else ""
    draft.add("CTT", str(levels.count), hashed)
    return draft.finish()


class _Levels:
    """Numbers the HL segments."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.count = 0

    def open(self, level: str, parent: str, *, children: bool) -> str:
        """Append an HL and give its number."""
        self.count += 1
        self.draft.add("HL", str(self.count), parent, level, "1" if children else "0")
        return str(self.count)


def _structure(notice: ShipNotice) -> str:
    below_items = any(item.package_ssccs for item in notice.all_items())
    packed, loose = (any(getattr(order, field) for order in notice.orders) for field in ("packages", "items"))
    if packed:
        return "ZZZZ" if loose or below_items else "0001"
    return "0002" if below_items else "0004"


def _as_time(time: dt.time) -> str:
    return time.strftime("%H%M%S" if time.second else "%H%M")


def _add_shipment(draft: Draft, notice: ShipNotice, _number: str) -> None:
    weight, weight_unit = _weight(draft, notice.gross_weight, notice.weight_unit, at="shipment")
    if notice.package_count is not None or weight:
        count = "" if notice.package_count is None else str(notice.package_count)
        draft.add("TD1", "", count, "", "", "", "G" if weight else "", weight, weight_unit, at="shipment")
    carrier = notice.carrier
    if carrier is not None:
        if carrier.scac or carrier.mode or carrier.name:
            draft.add("TD5", "", "2" if carrier.scac else "", carrier.scac, carrier.mode, carrier.name, at="carrier")
        if carrier.equipment_number:
            draft.add("TD3", "TL", "", carrier.equipment_number, at="carrier")
    parties.add_references(draft, notice.references)
    for field, qualifiers in DATES.items():
        parties.add_date(draft, next(iter(qualifiers)), getattr(notice, field))
    for party in notice.parties:
        parties.add_party(draft, party)


def _weight(draft: Draft, weight: Decimal | None, unit: str, *, at: str) -> tuple[str, str]:
    if weight is None:
        return "", ""
    if weight < 0:
        draft.refuse(f"weight {weight} is negative", at=at)
    return money.as_r(weight), draft.unit(unit, at=at)


def _add_order(levels: _Levels, order: ShippedOrder) -> None:
    draft, at = levels.draft, f"order {order.order_number or 'without a number'}"
    if not order.all_items():
        draft.refuse("nothing of it is shipped", at=at)
    number = levels.open("O", "1", children=bool(order.packages or order.items))
    draft.add("PRF", order.order_number, "", "", as_date(order.order_date), at=at)
    parties.add_references(draft, order.references)
    for party in order.parties:
        parties.add_party(draft, party)
    for item in order.items:
        _add_item(levels, item, number, at=at)
    for package in order.packages:
        _add_package(levels, package, number, at=at)


def _add_package(levels: _Levels, package: Package, parent: str, *, at: str) -> None:
    draft, at = levels.draft, f"{at}, {package.kind} {package.sscc}".rstrip()
    if package.kind == "carton" and package.packages:
        draft.refuse("a carton cannot hold packages; make it a pallet", at=at)
    if any(inner.kind == "pallet" for inner in package.packages):
        draft.refuse("a pallet cannot stand in another package", at=at)
    if not package.packages and not package.items:
        draft.refuse("it is empty", at=at)
    number = levels.open(LEVELS[package.kind], parent, children=True)
    weight, weight_unit = _weight(draft, package.gross_weight, package.weight_unit, at=at)
    if weight:
        draft.add("PO4", "", "", "", "", "", weight, weight_unit, at=at)
    _add_marks(draft, package.sscc, package.tracking_number, at=at)
    for item in package.items:
        _add_item(levels, item, number, at=at)
    for inner in package.packages:
        _add_package(levels, inner, number, at=at)


def _add_marks(draft: Draft, sscc: str, tracking_number: str, *, at: str) -> None:
    if sscc:
        if not is_sscc(sscc):
            draft.refuse(f"SSCC {sscc} must have 18 digits, the last one its check digit", at=at)
        draft.add("MAN", "GM", f"00{sscc}", at=at)
    if tracking_number:
        draft.add("MAN", "CP", tracking_number, at=at)


def _add_item(levels: _Levels, item: ShippedItem, parent: str, *, at: str) -> None:
    draft = levels.draft
    at = f"{at}, line {item.order_line}" if item.order_line else f"{at}, item {item.description}".rstrip()
    if item.quantity < 0:
        draft.refuse(f"quantity {item.quantity} is negative; a ship notice cannot take goods back", at=at)
    if not item.item_ids:
        draft.refuse("it has no item number of a kind that the partner takes", at=at)
    if len(item.item_ids) > MOST_NUMBERS:
        draft.refuse(f"it has {len(item.item_ids)} item numbers; {MOST_NUMBERS} can be sent", at=at)
    number = levels.open("I", parent, children=bool(item.package_ssccs))
    draft.add("LIN", item.order_line, *item_pairs(item.item_ids[:MOST_NUMBERS], draft.options), at=at)
    unit = draft.unit(item.unit, at=at)
    ordered = ("", "") if item.ordered_quantity is None else (money.as_r(item.ordered_quantity), unit)
    draft.add("SN1", "", money.as_r(item.quantity), unit, "", *ordered, at=at)
    notes.add_description(draft, item.description, at=at)
    if item.receipt_number or item.receipt_line:
        draft.add("REF", "RV", item.receipt_number, item.receipt_line, at=at)
    for sscc in item.package_ssccs:
        levels.open("P", number, children=False)
        _add_marks(draft, sscc, "", at=at)


def carried(document: ShipNotice, options: BuildOptions | None = None) -> ShipNotice:
    """The document as an 856 carries it: `read` of `build` gives exactly this."""
    options = options or BuildOptions()
    notice = tidy(document)
    return msgspec.structs.replace(
        notice,
        time=notice.time.replace(microsecond=0, tzinfo=None),
        orders=tuple(_carried_order(order, options) for order in notice.orders),
        parties=carried_parties(notice.parties, options),
        carrier=None if notice.carrier == Carrier() else notice.carrier,
        weight_unit=_carried_weight_unit(notice.gross_weight, notice.weight_unit, options),
        references=carried_references(notice.references),
    )


def _carried_order(order: ShippedOrder, options: BuildOptions) -> ShippedOrder:
    return msgspec.structs.replace(
        order,
        packages=tuple(_carried_package(p, options) for p in order.packages),
        items=_carried_items(order.items, options),
        references=carried_references(order.references),
        parties=carried_parties(order.parties, options),
    )


def _carried_package(package: Package, options: BuildOptions) -> Package:
    return msgspec.structs.replace(
        package,
        weight_unit=_carried_weight_unit(package.gross_weight, package.weight_unit, options),
        packages=tuple(_carried_package(p, options) for p in package.packages),
        items=_carried_items(package.items, options),
    )


def _carried_items(items: Sequence[ShippedItem], options: BuildOptions) -> tuple[ShippedItem, ...]:
    return tuple(
        msgspec.structs.replace(
            item,
            unit=units.from_x12(units.to_x12(item.unit, options.units)) or item.unit,
            item_ids=carried_items(item.item_ids, options),
            description=notes.carried_description(item.description),
            package_ssccs=tuple(s for s in item.package_ssccs if s),
        )
        for item in items
    )


def _carried_weight_unit(weight: Decimal | None, unit: str, options: BuildOptions) -> str:
    if weight is None:
        return ""
    return units.from_x12(units.to_x12(unit, options.units)) or unit
