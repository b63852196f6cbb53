"""Ship notices as DESADV: a tree of consignments (CPS), packages in it, items in them with the orders they are for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from edi.documents import texts
from edi.documents.building import tidy
from edi.documents.edifact import carried as shared
from edi.documents.edifact import codes
from edi.documents.edifact.building import PIECE, Draft, EdifactOptions
from edi.documents.edifact.despatch import packed, packing_of
from edi.documents.edifact.reading import Reading, View, date_of, groups, one, parties_of, references_of
from edi.documents.edifact.values import SECOND, as_number, from_unit, to_unit
from edi.documents.reading import ReadResult
from edi.documents.ship_notice import Carrier, Package, ShipNotice, ShippedItem, ShippedOrder
from edi.edifact.segments import Message
from edi.edifact.writer import Seg

_DOCUMENT, _SHIPPED, _EXPECTED, _RECEIVED = "137", "11", "17", "50"
_MODES = {"M": "30", "A": "40", "R": "20", "S": "10"}
"""Mode of transport (8067) by its X12 code."""
_MODES_READ = {code: mode for mode, code in _MODES.items()}


def carried(notice: ShipNotice, options: EdifactOptions | None = None) -> ShipNotice:
    """The notice as DESADV carries it: references and parties of single orders stay here."""
    options = options or EdifactOptions()
    notice = tidy(notice)
    carrier = notice.carrier
    if carrier is not None:
        carrier = msgspec.structs.replace(carrier, name=texts.wrapped(carrier.name, PIECE))
    orders = tuple(
        msgspec.structs.replace(
            order,
            items=tuple(_carried_item(item, options) for item in order.items),
            packages=tuple(_carried_package(package, options) for package in order.packages),
            references=(),
            parties=(),
        )
        for order in notice.orders
    )
    return msgspec.structs.replace(
        notice,
        time=notice.time.replace(microsecond=0, tzinfo=None, fold=0),
        orders=orders,
        parties=shared.carried_parties(notice.parties, options),
        carrier=None if carrier == Carrier() else carrier,
        weight_unit="" if notice.gross_weight is None else shared.carried_unit(notice.weight_unit, options),
        references=shared.carried_references(notice.references),
    )


def _carried_item(item: ShippedItem, options: EdifactOptions) -> ShippedItem:
    return msgspec.structs.replace(
        item,
        unit=shared.carried_unit(item.unit, options),
        item_ids=shared.carried_items(item.item_ids, options),
        description=shared.carried_description(item.description),
        receipt_line=item.receipt_line if len(item.receipt_line) <= 6 else "",
    )


def _carried_package(package: Package, options: EdifactOptions) -> Package:
    return msgspec.structs.replace(
        package,
        weight_unit="" if package.gross_weight is None else shared.carried_unit(package.weight_unit, options),
        packages=tuple(_carried_package(inner, options) for inner in package.packages),
        items=tuple(_carried_item(item, options) for item in package.items),
    )


def build(notice: ShipNotice, options: EdifactOptions | None = None) -> list[Seg]:
    """The segments between UNH and UNT. Raises BuildRefused with every reason why the notice cannot be sent."""
    options = options or EdifactOptions()
    notice = carried(notice, options)
    draft = Draft("DESADV", options)
    draft.add("BGM", "351", notice.number, codes.PURPOSES[notice.purpose])
    moment = dt.datetime.combine(notice.date, notice.time)
    draft.add("DTM", (_DOCUMENT, f"{moment.year:04d}{moment:%m%d%H%M%S}", SECOND))
    draft.date(_SHIPPED, notice.shipped_date)
    draft.date(_EXPECTED, notice.expected_date)
    draft.date(_RECEIVED, notice.received_date)
    if notice.gross_weight is not None:
        weigh(draft, notice.gross_weight, notice.weight_unit)
    draft.references(notice.references)
    for party in notice.parties:
        draft.party(party)
    _add_carrier(draft, notice.carrier)
    draft.add("CPS", "1")
    if notice.package_count is not None:
        draft.add("PAC", str(notice.package_count))
    _check(draft, notice.orders)
    lines = packed(draft, notice.orders)
    draft.add("CNT", ("2", str(lines)))
    return draft.finish()


def weigh(draft: Draft, weight: Decimal, unit: str) -> None:
    """Append a gross weight."""
    code = to_unit(unit, draft.options.units)
    if not code:
        draft.refuse(f"unit of weight '{unit}' is not known")
    draft.add("MEA", "AAE", "G", (code, as_number(weight)))


def _add_carrier(draft: Draft, carrier: Carrier | None) -> None:
    if carrier is None:
        return
    name = texts.split(carrier.name, PIECE)
    if len(name) > 1:
        draft.refuse(f"the carrier's name '{carrier.name}' is longer than {PIECE} characters")
    who = (carrier.scac, "", "", *name)
    draft.add("TDT", "20", "", _MODES.get(carrier.mode, carrier.mode), "", who)
    if carrier.equipment_number:
        draft.add("EQD", "TE", carrier.equipment_number)


def _check(draft: Draft, orders: Iterable[ShippedOrder]) -> None:
    numbers = [order.order_number for order in orders]
    if len(set(numbers)) != len(numbers) or not all(numbers):
        draft.refuse("each order needs a number of its own")
    for order in orders:
        if not order.all_items():
            draft.refuse("nothing of it is shipped", at=f"order {order.order_number}")


def read(message: Message) -> ReadResult[ShipNotice]:
    """The notice that a DESADV states."""
    reading = Reading(message)
    head = reading.heading
    bgm = next((view for view in head if view.tag == "BGM"), None)
    if message.type != "DESADV" or bgm is None:
        reading.fail("no-beginning", "This is no DESADV with a BGM: it does not say which shipment it is.")
        return ReadResult(draft=None, findings=tuple(reading.findings), left_over=reading.left_over)
    if not bgm.get(2):
        bgm.fail("value-missing", "The shipment's number (BGM) is missing.")
    dated = one(head, "DTM", _DOCUMENT)
    moment = dated.moment("date of the notice") if dated is not None else None
    if dated is None:
        reading.fail("value-missing", "The notice's date (DTM 137) is missing.")
    weight, unit = weight_of(head)
    count, orders = packing_of(reading)
    draft = ShipNotice(
        number=bgm.get(2),
        date=moment.date() if moment is not None else dt.date.min,
        time=moment.time() if moment is not None else dt.time(0),
        purpose=reading.word(bgm, 3, codes.PURPOSES_READ, "original", "purpose"),  # type: ignore[arg-type]
        orders=orders,
        parties=parties_of(head),
        shipped_date=date_of(head, _SHIPPED, "ship date"),
        expected_date=date_of(head, _EXPECTED, "expected date"),
        received_date=date_of(head, _RECEIVED, "date of receipt"),
        carrier=_carrier(head),
        package_count=count,
        gross_weight=weight,
        weight_unit=unit,
        references=references_of(head),
    )
    return ReadResult(draft=draft, findings=tuple(reading.findings), left_over=reading.left_over)


def weight_of(views: Iterable[View]) -> tuple[Decimal | None, str]:
    """The gross weight and its unit."""
    for view in views:
        if view.tag == "MEA" and view.peek(2) in ("G", "AAB"):
            view.get(1)
            return view.number(3, 2, "gross weight"), from_unit(view.get(3, 1))
    return None, ""


def _carrier(head: list[View]) -> Carrier | None:
    group = next(iter(groups(head, "TDT", ("PCD", "LOC", "DTM"))), None)
    equipment = next((view for view in head if view.tag == "EQD"), None)
    if group is None:
        return None
    tdt = group[0]
    mode = tdt.get(3)
    carrier = Carrier(
        scac=tdt.get(5),
        name=tdt.get(5, 4),
        mode=_MODES_READ.get(mode, mode),
        equipment_number="" if equipment is None else equipment.get(2),
    )
    return None if carrier == Carrier() else carrier
