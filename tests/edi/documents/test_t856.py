from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from edi.documents import t856
from edi.documents.building import BuildOptions, BuildRefused
from edi.documents.ship_notice import Package, ShipNotice, ShippedItem, ShippedOrder
from tests.edi.documents.examples import NOTICE
from tests.edi.documents.strategies import options, ship_notices
from tests.edi.documents.support import as_set, lines

ITEM = NOTICE.orders[0].items[0]
SSCC = "373500100000000014"
OTHER_SSCC = "373500100000000021"


def altered(**changes: Any) -> ShipNotice:
    return msgspec.structs.replace(NOTICE, **changes)


def holding(*packages: Package, items: tuple[ShippedItem, ...] = ()) -> ShipNotice:
    return altered(orders=(ShippedOrder(order_number="500001", packages=packages, items=items),))


def with_item(**changes: Any) -> ShipNotice:
    return holding(items=(msgspec.structs.replace(ITEM, **changes),))


def levels(notice: ShipNotice) -> list[str]:
    return [row.split("*", 1)[1] for row in lines(t856.build(notice)) if row.startswith("HL*")]


def structure(notice: ShipNotice) -> str:
    return lines(t856.build(notice))[0].split("*")[5]


@given(ship_notices(), options())
def test_what_is_built_is_read_again(notice: ShipNotice, chosen: BuildOptions) -> None:
    result = t856.read(as_set(t856.build(notice, chosen), "856"))
    assert result.findings == ()
    assert result.left_over == ()
    assert result.document == t856.carried(notice, chosen)


@settings(max_examples=50)
@given(ship_notices(), options())
def test_what_is_carried_is_carried_again(notice: ShipNotice, chosen: BuildOptions) -> None:
    once = t856.carried(notice, chosen)
    assert t856.carried(once, chosen) == once
    assert t856.build(once, chosen) == t856.build(notice, chosen)


def test_loose_items_stand_under_their_order() -> None:
    assert levels(NOTICE) == ["1**S*1", "2*1*O*1", "3*2*I*0"]
    assert structure(NOTICE) == "0004"


def test_cartons_stand_between_order_and_item() -> None:
    notice = holding(Package(sscc=SSCC, items=(ITEM,)))
    assert levels(notice) == ["1**S*1", "2*1*O*1", "3*2*P*1", "4*3*I*0"]
    assert structure(notice) == "0001"
    assert f"MAN*GM*00{SSCC}" in lines(t856.build(notice))


def test_pallets_hold_cartons() -> None:
    carton = Package(sscc=OTHER_SSCC, items=(ITEM,))
    notice = holding(Package(kind="pallet", sscc=SSCC, packages=(carton,)))
    assert levels(notice) == ["1**S*1", "2*1*O*1", "3*2*T*1", "4*3*P*1", "5*4*I*0"]


def test_packages_may_stand_below_their_item() -> None:
    notice = with_item(package_ssccs=(SSCC, OTHER_SSCC))
    assert levels(notice) == ["1**S*1", "2*1*O*1", "3*2*I*1", "4*3*P*0", "5*3*P*0"]
    assert structure(notice) == "0002"


def test_mixtures_say_so() -> None:
    assert structure(holding(Package(items=(ITEM,)), items=(ITEM,))) == "ZZZZ"


def test_counts() -> None:
    assert lines(t856.build(NOTICE, BuildOptions(hash_total=True)))[-1] == "CTT*3*10"


def test_seconds_are_sent_when_there_are_any() -> None:
    assert lines(t856.build(altered(time=dt.time(14, 30))))[0] == "BSN*00*SHP-1*20260516*1430*0004"
    assert "*143005*" in lines(t856.build(altered(time=dt.time(14, 30, 5, 900))))[0]


@pytest.mark.parametrize(
    ("notice", "reason"),
    [
        (altered(orders=()), "the notice names no order"),
        (altered(number="7"), "shipment number '7' has 1 characters; BSN02 takes at least 2"),
        (holding(), "order 500001: nothing of it is shipped"),
        (
            altered(orders=(ShippedOrder(order_number="", items=(ITEM,)),)),
            "order without a number: order number is missing",
        ),
        (holding(Package(), items=(ITEM,)), "order 500001, carton: it is empty"),
        (
            holding(Package(packages=(Package(items=(ITEM,)),))),
            "order 500001, carton: a carton cannot hold packages; make it a pallet",
        ),
        (
            holding(Package(kind="pallet", packages=(Package(kind="pallet", items=(ITEM,)),))),
            "order 500001, pallet: a pallet cannot stand in another package",
        ),
        (
            holding(Package(sscc="373500100000000015", items=(ITEM,))),
            (
                "order 500001, carton 373500100000000015: SSCC 373500100000000015 must have 18 digits, "
                "the last one its check digit"
            ),
        ),
        (with_item(item_ids=()), "order 500001, line 1: it has no item number of a kind that the partner takes"),
        (with_item(unit="FLAK"), "order 500001, line 1: unit 'FLAK' is not known; add it to the partner's units"),
        (
            with_item(quantity=Decimal(-1)),
            "order 500001, line 1: quantity -1 is negative; a ship notice cannot take goods back",
        ),
        (altered(gross_weight=Decimal(5)), "shipment: unit is missing"),
        (altered(gross_weight=Decimal(-5), weight_unit="KG"), "shipment: weight -5 is negative"),
    ],
)
def test_refusals(notice: ShipNotice, reason: str) -> None:
    with pytest.raises(BuildRefused) as refused:
        t856.build(notice)
    assert reason in refused.value.reasons
