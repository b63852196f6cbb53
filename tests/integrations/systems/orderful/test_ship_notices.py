"""Ship notices and answers to order changes at a simulated Orderful: sent in the form that has words for them, and
found again after a doubt."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from edi.documents import t856, t865
from edi.documents.order_change import LineChange, OrderChange
from edi.documents.ship_notice import Package, ShipNotice, ShippedItem, ShippedOrder
from edi.documents.values import ItemId, Reference
from edi.x12.envelope_spec import EnvelopeSpec
from edi.x12.writer import OutgoingGroup, OutgoingSet, write_interchange
from integrations.flows.order_change_reply import answer_to
from integrations.systems.contract import Accepted, Applied, NotApplied, NotNeeded, Outgoing, Unmappable
from integrations.systems.orderful import compare
from integrations.systems.orderful.errors import RelationshipRefused
from integrations.systems.orderful.mapping import create_body, v3_body
from integrations.systems.orderful.mosaic_shipments import left_out, mosaic_856
from integrations.systems.orderful.settings import Options
from integrations.systems.orderful.sinks import Transactions
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.orderful.documents import SHIP_TO, SUPPLIER
from tests.integrations.systems.orderful.sending import PARTNER, US, doubtful, sent

ANSWER_TYPE = Options().change_answer_type
SHIP_NOTICE = "856_SHIP_NOTICE_MANIFEST"


def item(line: str, quantity: str = "5", **changes: Any) -> ShippedItem:
    values = {"unit": "EA", "item_ids": (ItemId(scheme="buyer", value=f"A-{line}"),), "description": "Kullager"}
    return ShippedItem(order_line=line, quantity=Decimal(quantity), **{**values, **changes})  # type: ignore[arg-type]


def notice(**changes: Any) -> ShipNotice:
    """Two items of one order, one of another."""
    orders = (
        ShippedOrder(order_number="500001", order_date=dt.date(2026, 11, 20), items=(item("1"), item("2", "2.5"))),
        ShippedOrder(order_number="500002", items=(item("1", "7"),)),
    )
    found = ShipNotice(
        number="700010",
        date=dt.date(2026, 11, 25),
        orders=orders,
        parties=(SUPPLIER, SHIP_TO),
        received_date=dt.date(2026, 11, 25),
        references=(Reference(kind="delivery_note", value="DN-9"),),
    )
    return msgspec.structs.replace(found, **changes)


def x12_of(set_id: str, segments: Any) -> str:
    spec = EnvelopeSpec(
        sender_qualifier="ZZ",
        sender_id=US,
        receiver_qualifier="ZZ",
        receiver_id=PARTNER,
        group_sender="",
        group_receiver="",
        version="004010",
        usage="P",
    )
    group = OutgoingGroup(control_number=1, sets=[OutgoingSet(set_id=set_id, control_number="0001", segments=segments)])
    return write_interchange(spec, [group], control_number=1, written_at=timezone.now()).text


def frozen(body: bytes, number: str, **changes: Any) -> Outgoing:
    return Outgoing(
        delivery_id=1,
        operation_key="k",
        business_number=number,
        purpose="original",
        body=body,
        meta=changes.pop("meta", {}),
        first_sent_at=timezone.now() - dt.timedelta(seconds=1),
    )


def by_mosaic(document: ShipNotice) -> Outgoing:
    message = mosaic_856(document, purpose=document.purpose)
    return frozen(create_body("856", stream="live", sender_id=US, receiver_id=PARTNER, message=message), "700010")


def by_v3(document: ShipNotice) -> Outgoing:
    text = x12_of("856", t856.build(document))
    return frozen(v3_body("856", stream="live", sender_id=US, receiver_id=PARTNER, x12=text), "700010")


def answer(*, accepted: bool = True, sequence: str = "001", **meta: Any) -> Outgoing:
    change = OrderChange(
        number="500001",
        order_date=dt.date(2026, 11, 20),
        sequence=sequence,
        lines=(
            LineChange(line_number="1", kind="quantity", quantity=Decimal(12), unit="EA"),
            LineChange(line_number="2", kind="delete", item_ids=(ItemId(scheme="buyer", value="A-2"),)),
        ),
    )
    response = answer_to(change, accepted=accepted, date=dt.date(2026, 11, 21))
    text = x12_of("865", t865.build(response))
    body = v3_body("865", stream="live", sender_id=US, receiver_id=PARTNER, x12=text, type_name=ANSWER_TYPE)
    return frozen(body, "500001", meta=meta)


def test_a_ship_notice_goes_as_mosaic(sink: Transactions, orderful: Served) -> None:
    assert isinstance(sent(sink, by_mosaic(notice())), Accepted)
    [row] = orderful.rows("transactions")
    message = row["body"]["message"]
    assert message["shipmentId"] == "700010"
    assert [o["purchaseOrderNumber"] for o in message["orders"]] == ["500001", "500002"]
    assert message["orders"][0]["items"][1]["quantityShipped"] == {"value": "2.5", "unitOfMeasure": "each"}
    assert message["dates"]["deliveryDate"] == "2026-11-25"
    assert left_out(notice()) == ("delivery note DN-9",)


def test_packages_go_as_pallets_and_cartons() -> None:
    carton = Package(kind="carton", sscc="373100000000000017", items=(item("1"),))
    pallet = Package(kind="pallet", packages=(carton,), items=(item("2"),))
    order = ShippedOrder(order_number="500001", packages=(pallet, carton))
    [written] = mosaic_856(notice(orders=(order,)), purpose="original")["orders"]
    assert written["pallets"][0]["cartons"][0]["serialShippingId"] == "373100000000000017"
    assert written["pallets"][0]["items"][0]["purchaseOrderLineId"] == "2"
    assert len(written["cartons"]) == 1


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (notice(purpose="replace"), "cannot say that it is a replace"),
        (notice(orders=(ShippedOrder(order_number="1", items=(item("1", unit="KGM"),)),)), "has the unit"),
        (notice(orders=(ShippedOrder(order_number="1", items=(item("1", item_ids=()),)),)), "no article number"),
        (notice(orders=()), "names no item"),
    ],
)
def test_what_mosaic_cannot_say_is_refused_with_reasons(document: ShipNotice, said: str) -> None:
    with pytest.raises(Unmappable, match=said):
        mosaic_856(document, purpose=document.purpose)


@pytest.mark.parametrize("form", [by_mosaic, by_v3])
@pytest.mark.parametrize("fault", ["timeout_after", "reset_after"])
def test_a_ship_notice_whose_answer_was_lost_is_found(
    sink: Transactions, orderful: Served, form: Any, fault: str
) -> None:
    doubtful(sink, orderful, form(notice()), fault)
    found = sink.evidence(form(notice()))
    assert isinstance(found, Applied), found
    assert "quantities of 3 lines" in found.proof


@pytest.mark.parametrize("form", [by_mosaic, by_v3])
def test_another_version_of_a_ship_notice_is_not_taken_for_it(sink: Transactions, orderful: Served, form: Any) -> None:
    first = notice().orders[0]
    others = (
        notice(orders=(msgspec.structs.replace(first, items=(item("1", "6"), item("2", "2.5"))), notice().orders[1])),
        notice(orders=(first,)),
        notice(orders=(first, msgspec.structs.replace(notice().orders[1], order_number="500009"))),
    )
    for other in others:
        assert isinstance(sent(sink, form(other)), Accepted)
    found = sink.evidence(form(notice()))
    assert isinstance(found, NotApplied), found
    assert "is another version" in found.proof


def test_an_answer_goes_through_v3_and_is_found_after_a_doubt(sink: Transactions, orderful: Served) -> None:
    doubtful(sink, orderful, answer(), "timeout_after")
    found = sink.evidence(answer())
    assert isinstance(found, Applied), found
    [row] = orderful.rows("transactions")
    assert row["body"]["type"] == ANSWER_TYPE
    other = sink.evidence(answer(accepted=False))
    assert isinstance(other, NotApplied), other
    assert isinstance(sink.evidence(answer(sequence="002")), NotApplied)


def test_an_answer_that_no_relationship_carries_is_not_needed(sink: Transactions, orderful: Served) -> None:
    orderful.mutate("relationships", {"status": "SETUP"}, key=f"{US}>{PARTNER}:865")
    effect = sent(sink, answer(only_with_relationship=True))
    assert isinstance(effect, NotNeeded), effect
    assert "still being set up" in effect.reason
    assert isinstance(sent(sink, answer()), RelationshipRefused)


def test_lines_are_told_whether_loops_are_nested_or_in_a_row() -> None:
    """How Orderful writes the levels of a ship notice is not public."""
    order = {"purchaseOrderReference": [{"purchaseOrderNumber": "500001"}]}
    shipped = {"itemDetailShipment": [{"assignedIdentification": "1", "quantity": "5"}]}
    head = {"beginningSegmentForShipNotice": [{"shipmentIdentification": "700010"}]}
    flat = {"transactionSets": [{**head, "HL_loop": [order, shipped]}]}
    nested = {"transactionSets": [{**head, "HL_loop": [{**order, "HL_loop": [shipped]}]}]}
    one, other = (compare.of_answer(SHIP_NOTICE, form) for form in (flat, nested))
    assert one == other
    assert one.lines == (compare.Line(quantity=Decimal(5), said=("500001",)),)
