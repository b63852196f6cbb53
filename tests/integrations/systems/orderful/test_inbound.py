"""Partners' documents in Mosaic and in the JSON form of X12, as canonical documents."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.documents.invoice import Invoice
from edi.documents.order_change import OrderChange, new_quantity
from edi.documents.order_response import OrderResponse
from edi.documents.ship_notice import ShipNotice
from integrations.systems.contract import Unmappable
from integrations.systems.orderful import inbound, spelled


def item(message: dict[str, Any], **members: Any) -> inbound.Received:
    values = {"transactionId": 7, "senderId": "THEM", "receiverId": "US", "stream": "test", **members}
    return inbound.received(json.dumps({**values, "message": message}).encode())


def document(message: dict[str, Any], **members: Any) -> Any:
    return inbound.read(item(message, **members)).document


def change(*lines: dict[str, Any], **members: Any) -> OrderChange:
    head = {"purpose": "change", "purchaseOrderNumber": "PO-1", "purchaseOrderChangeDate": "2026-01-15"}
    found: OrderChange = document({**head, "lineItems": list(lines), **members})
    return found


def each(value: object) -> dict[str, Any]:
    return {"value": value, "unitOfMeasure": "each"}


@pytest.mark.parametrize(
    ("line", "quantity"),
    [
        ({"quantity": each("150")}, 150),
        ({"quantity": each(150)}, 150),
        ({"quantity": each(12.5)}, Decimal("12.5")),
        ({"originalQuantity": each("100"), "changeInQuantity": each("-40")}, 60),
        ({"originalQuantity": each("100"), "changeInQuantity": each("50"), "quantity": each("150")}, 150),
        ({"quantity": each("0")}, 0),
        ({"changeInQuantity": each("5")}, None),
    ],
)
def test_the_new_quantity_of_an_860(line: dict[str, Any], quantity: object) -> None:
    [found] = change({"purchaseOrderLineId": "1", "changeReason": "quantityChange", **line}).lines
    assert new_quantity(found) == quantity


@pytest.mark.parametrize(("basis", "kind"), [("perEach", "price"), ("", "price"), ("pricePerHundred", "other")])
def test_a_price_for_many_is_not_taken_for_that_of_one(basis: str, kind: str) -> None:
    line = {
        "purchaseOrderLineId": "1",
        "changeReason": "priceChange",
        "unitCostPrice": "995",
        "unitPriceBasis": basis,
    }
    [found] = change(line).lines
    assert found.kind == kind, "another kind is for a person"


def test_a_difference_that_does_not_fit_is_named_and_the_total_counts() -> None:
    line = {
        "changeReason": "quantityChange",
        "originalQuantity": each("1"),
        "changeInQuantity": each("1"),
        "quantity": each("9"),
    }
    head = {"purpose": "change", "purchaseOrderNumber": "PO-1", "purchaseOrderChangeDate": "2026-01-15"}
    reading = inbound.read(item({**head, "lineItems": [line]}))
    assert isinstance(reading.document, OrderChange)
    assert reading.document.lines[0].quantity == 9
    assert "is not the new quantity 9" in reading.unsure[0]
    assert reading.uncertain
    assert reading.uncertain == reading.unread


@pytest.mark.parametrize("purpose", ["", "delete", "confirmation"])
def test_a_purpose_that_is_not_known_is_never_taken_for_another(purpose: str) -> None:
    with pytest.raises(Unmappable, match="purpose"):
        change({"changeReason": "quantityChange", "quantity": each("1")}, purpose=purpose)


def test_article_numbers_come_with_their_zeros_and_units_as_codes() -> None:
    ids = {"buyerItemNumber": "A-1", "vendorItemNumber": "V", "gtin12": 2837465832}
    [line] = change(
        {"changeReason": "addItem", "quantity": {"value": "1", "unitOfMeasure": "case"}, "productIds": ids}
    ).lines
    assert [(i.scheme, i.value) for i in line.item_ids] == [
        ("buyer", "A-1"),
        ("supplier", "V"),
        ("upc", "002837465832"),
    ]
    assert line.unit == "CA"


def test_an_accepted_order_with_a_line_that_is_not_is_changed() -> None:
    actions = [{"status": "accepted", "quantity": each("6")}, {"status": "backordered", "quantity": each("4")}]
    found = document(
        {
            "purchaseOrderNumber": "PO-1",
            "status": "accepted",
            "lineItems": [{"purchaseOrderLineId": "1", "actions": actions}],
        }
    )
    assert isinstance(found, OrderResponse)
    assert (found.answer, [a.status for a in found.lines[0].answers]) == ("changed", ["accepted", "backordered"])


def test_items_in_cartons_on_pallets_are_all_shipped() -> None:
    def line(number: str) -> dict[str, Any]:
        return {"purchaseOrderLineId": number, "quantityShipped": each("1"), "productIds": {"buyerItemNumber": number}}

    pallet = {"serialShippingId": 100487590500000100, "cartons": [{"items": [line("1")]}], "items": [line("2")]}
    order = {"purchaseOrderNumber": "PO-1", "pallets": [pallet], "items": [line("3")]}
    found = document({"shipmentId": "S1", "dates": {"shipDate": "2026-02-19"}, "orders": [order]})
    assert isinstance(found, ShipNotice)
    assert sorted(i.order_line for i in found.all_items()) == ["1", "2", "3"]
    assert (found.date, found.orders[0].packages[0].sscc) == (dt.date(2026, 2, 19), "100487590500000100")


def invoice(**members: Any) -> Invoice:
    line = {"quantityInvoiced": each("2"), "unitPrice": "10.50"}
    found: Invoice = document({"invoiceNumber": "I1", "invoiceDate": "2026-02-22", "lineItems": [line], **members})
    return found


def test_an_invoice_adds_up_and_says_so_where_it_does_not() -> None:
    found = invoice(invoiceTotal="26.25", taxes={"goodsAndServicesTax": {"amount": "5.25", "percent": "25"}})
    assert (found.line_total, found.tax_total, found.total) == (Decimal("21.00"), Decimal("5.25"), Decimal("26.25"))
    reading = inbound.read(
        item({"invoiceNumber": "I1", "invoiceDate": "2026-02-22", "lineItems": [], "invoiceTotal": "1"})
    )
    assert "its total is 1" in reading.unsure[0]


@given(st.booleans())
def test_a_credit_note_is_negative_whatever_its_sender_writes(positive: bool) -> None:
    sign = 1 if positive else -1
    line = {
        "quantityInvoiced": each(str(2 * sign)),
        "unitPrice": "10.50",
        "extendedPrice": str(Decimal("21.00") * sign),
    }
    found = invoice(invoiceType="creditMemo", lineItems=[line], invoiceTotal=str(Decimal("21.00") * sign))
    assert (found.kind, found.total, found.lines[0].quantity, found.lines[0].amount) == ("credit_note", -21, -2, -21)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ({"purchaseOrderNumber": "1", "purchaseOrderChangeDate": "2026-01-01"}, "860"),
        ({"purchaseOrderNumber": "1", "lineItems": [{"changeReason": "addItem"}]}, "860"),
        ({"purchaseOrderNumber": "1", "status": "accepted"}, "855"),
        ({"shipmentId": "1", "orders": []}, "856"),
        ({"invoiceNumber": "1", "purchaseOrderNumber": "2"}, "810"),
        ({"purchaseOrderNumber": "1", "purchaseOrderType": "standalone"}, "850"),
        ({"colour": "blue"}, ""),
        ({}, ""),
    ],
)
def test_the_type_is_told_by_the_members(message: dict[str, Any], kind: str) -> None:
    assert item(message).set_id == kind


# --- The JSON form of X12


def poc(**elements: str) -> dict[str, Any]:
    base = {"assignedIdentification": "1", "changeOrResponseTypeCode": "QC", "unitPrice": "9.95"}
    return {"lineItemChange": [{**base, **elements}]}


def spelled_860(*lines: dict[str, Any]) -> dict[str, Any]:
    head = {
        "transactionSetPurposeCode": "04",
        "purchaseOrderTypeCode": "SA",
        "purchaseOrderNumber": "PO1",
        "date": "20260122",
    }
    content = {
        "POC_loop": list(lines),  # before the heading: members of an object have no order
        "transactionSetHeader": [{"transactionSetIdentifierCode": "860"}],
        "beginningSegmentForPurchaseOrderChange": [head],
        "N1_loop": [{"partyIdentification": [{"entityIdentifierCode": "ST", "name": "Här & där"}]}],
    }
    return {"transactionSets": [content]}


def test_a_spelled_860_is_read_in_the_order_of_the_standard() -> None:
    line = poc(quantity="100", quantity1="150", productServiceIDQualifier="UP", productServiceID="012345678905")
    found = document(spelled_860(line))
    assert isinstance(found, OrderChange)
    assert (found.number, found.order_date, found.parties[0].name) == ("PO1", dt.date(2026, 1, 22), "Här & där")
    assert new_quantity(found.lines[0], current=Decimal(100)) == 150
    assert found.lines[0].item_ids[0].value == "012345678905"


def test_members_that_have_no_place_are_named() -> None:
    reading = inbound.read(item(spelled_860(poc(quantity="1", wingspan="3 m"))))
    assert any("wingspan" in text for text in reading.unsure)


def test_what_may_change_a_line_and_is_not_understood_makes_it_uncertain() -> None:
    """Store quantities, a price of another kind and a schedule beside a plain quantity: more is meant than that."""
    line = poc(quantity="321")
    line |= {
        "destinationQuantity": [{"unitOrBasisForMeasurementCode": "EA", "identificationCode": "4711", "quantity": "9"}],
        "CTP_loop": [{"pricingInformation": [{"classOfTradeCode": "", "unitPrice": "9.10"}]}],
        "SCH_loop": [{"lineItemSchedule": [{"quantity": "100", "unitOrBasisForMeasurementCode": "EA"}]}],
    }
    reading = inbound.read(item(spelled_860(line)))
    assert [text.split()[0] for text in reading.uncertain] == ["CTP", "SDQ", "SCH"]
    assert set(reading.uncertain) <= set(reading.unread) <= set(reading.unsure)

    wingspan = inbound.read(item(spelled_860(poc(quantity="1", wingspan="3 m"))))
    assert wingspan.uncertain, "nobody can tell what an unknown member of a line means"
    size = [{"measurementReferenceIDCode": "PD", "measurementValue": "3"}]
    described = inbound.read(item(spelled_860(poc(quantity="1") | {"measurements": size})))
    assert described.unread == ("MEA (segment 5) is not used",)
    assert not described.uncertain, "a measure changes no quantity"
    assert not inbound.read(item(spelled_860(poc(quantity="1")))).unread


def digest(message: dict[str, Any], *, read: bool = True) -> str:
    found = item(message)
    return inbound.digest_of(found, inbound.read(found).document if read else None)


def enveloped(message: dict[str, Any], number: int) -> dict[str, Any]:
    """The same in envelopes with the sender's numbers."""
    [content] = message["transactionSets"]
    header = {"transactionSetIdentifierCode": "860", "transactionSetControlNumber": f"{number:04}"}
    content = {**content, "transactionSetHeader": [header], "transactionSetTrailer": [{"n": number}]}
    around = {"interchangeControlHeader": [{"n": number}], "functionalGroupHeader": [{"n": number}]}
    return {**around, "transactionSets": [content], "functionalGroupTrailer": [], "interchangeControlTrailer": []}


@pytest.mark.parametrize("read", [True, False])
def test_what_is_sent_again_in_other_envelopes_says_the_same(read: bool) -> None:
    five, six = (spelled_860(poc(quantity=number)) for number in ("5", "6"))
    first, again = (digest(enveloped(five, number), read=read) for number in (1, 2))
    assert first == again
    assert first != digest(enveloped(six, 1), read=read)
    assert inbound.set_of(enveloped(five, 1)) == "860"


def test_a_cancellation_says_something_else_than_a_change() -> None:
    head = {"purchaseOrderNumber": "PO-1", "purchaseOrderChangeDate": "2026-01-15", "lineItems": []}
    assert digest({**head, "purpose": "change"}) != digest({**head, "purpose": "cancellation"})


def test_what_lacks_its_kind_of_change_is_not_guessed() -> None:
    line = {"lineItemChange": [{"assignedIdentification": "1", "quantity": "5"}]}
    with pytest.raises(Unmappable, match="cannot be read"):
        document(spelled_860(line))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["POC_loop", "lineItemChange", "quantity", "N1_loop", "x"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["POC_loop", "HL_loop", "beginningSegmentForShipNotice", "CTT_loop"]), json_values)
)
def test_any_content_gives_segments_and_never_an_error(content: dict[str, Any]) -> None:
    for set_id in ("860", "856"):
        found = spelled.segments_of(set_id, content)
        assert all(isinstance(e, str) for s in found.tset.body for e in s.elements)


@given(st.dictionaries(st.text(max_size=12), json_values, max_size=4))
def test_any_message_that_nobody_knows_is_refused_with_a_sentence(message: dict[str, Any]) -> None:
    with pytest.raises(Unmappable, match="transaction 7"):
        inbound.read(item(message))
