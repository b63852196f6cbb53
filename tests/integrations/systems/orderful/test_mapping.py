"""Orders and invoices as Mosaic messages."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.documents import units
from edi.documents.building import BuildOptions
from edi.documents.values import Charge, ItemId, Party, PartyId, Reference, Tax
from integrations.systems.contract import Unmappable
from integrations.systems.orderful import mosaic_words
from integrations.systems.orderful.mapping import create_body, left_out, mosaic_810, mosaic_850
from tests.edi.documents import strategies
from tests.integrations.sandbox.vendor_schema import require
from tests.integrations.systems.orderful.documents import SUPPLIER, credit_note, invoice, order

FIXTURES = Path(__file__).parent / "fixtures"
SPEC = "orderful-openapi-2.15.0.json"
NUMBERS = {
    "amount",
    "percent",
    "net",
    "gross",
    "unitCostPrice",
    "unitPrice",
    "extendedPrice",
    "invoiceTotal",
    "discountPercent",
}
FROM_EXAMPLES = {"allowances", "charges", "billOfLadingNumber"}
"""Members that the vendor's examples have and its schemas lack."""


def expected(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text())


def refusal(document: Any, **how: Any) -> Unmappable:
    write = mosaic_810 if hasattr(document, "kind") else mosaic_850
    with pytest.raises(Unmappable) as caught:
        write(document, **{"purpose": "original", **how})
    return caught.value


# --- whole documents ---


def test_purchase_order() -> None:
    assert mosaic_850(order(), purpose="original") == expected("850.json")


def test_invoice() -> None:
    assert mosaic_810(invoice(), purpose="original") == expected("810.json")


def test_credit_note_keeps_the_sign_of_the_books() -> None:
    assert mosaic_810(credit_note(), purpose="original") == expected("810_credit.json")


def test_credit_note_turned_positive() -> None:
    message = mosaic_810(credit_note(), purpose="original", options=BuildOptions(credit_sign="positive"))
    line = message["lineItems"][0]
    assert message["invoiceType"] == "creditMemo"
    assert (line["quantityInvoiced"]["value"], line["unitPrice"], line["extendedPrice"]) == ("1", "99.90", "99.90")
    assert message["invoiceTotal"] == "137.38"
    assert message["taxes"]["goodsAndServicesTax"]["amount"] == "27.48"
    # What lowered the credit note's negative total raises the positive one.
    assert message["charges"] == [{"type": "charge", "amount": "10.00", "description": "Frakt"}]
    assert "allowances" not in message


def test_options_do_not_turn_an_invoice() -> None:
    positive = BuildOptions(credit_sign="positive")
    assert mosaic_810(invoice(), purpose="original", options=positive) == mosaic_810(invoice(), purpose="original")


# --- purposes ---


@pytest.mark.parametrize("purpose", ["original", "replace", "change", "cancellation", "confirmation"])
def test_an_order_has_every_purpose(purpose: Any) -> None:
    assert mosaic_850(order(), purpose=purpose)["purpose"] == purpose


@pytest.mark.parametrize("purpose", ["replace", "change", "cancellation", "confirmation"])
def test_an_invoice_goes_out_once_only(purpose: Any) -> None:
    refused = refusal(invoice(), purpose=purpose)
    assert "F-9001" in refused.sentence
    assert purpose in refused.sentence
    assert "credit note" in refused.remedy


def test_cancelled_lines_are_left_out_but_not_from_a_cancellation() -> None:
    first, second = order().lines
    gone = msgspec.structs.replace(second, cancelled=True)
    changed = order(lines=(first, gone))
    assert [x["purchaseOrderLineId"] for x in mosaic_850(changed, purpose="replace")["lineItems"]] == ["1"]
    all_gone = order(lines=tuple(msgspec.structs.replace(x, cancelled=True) for x in order().lines))
    assert len(mosaic_850(all_gone, purpose="cancellation")["lineItems"]) == 2
    assert "no line to send" in refusal(all_gone, purpose="replace").sentence


# --- values without a place ---


@pytest.mark.parametrize(
    ("unit", "word"), [("STK", "each"), ("EA", "each"), ("SET", "set"), ("M", "meter"), ("PALL", "palletUnitLoad")]
)
def test_units_are_words(unit: str, word: str) -> None:
    line = msgspec.structs.replace(order().lines[0], unit=unit)
    assert mosaic_850(order(lines=(line,)), purpose="original")["lineItems"][0]["quantity"]["unitOfMeasure"] == word


@pytest.mark.parametrize("unit", ["KG", "LITER", "kvarts", ""])
def test_a_unit_without_a_word_is_named(unit: str) -> None:
    line = msgspec.structs.replace(order().lines[1], unit=unit)
    refused = refusal(order(lines=(order().lines[0], line)))
    assert "line 2" in refused.sentence
    assert refused.field == "lines[1].unit"


def test_the_account_may_know_more_units() -> None:
    line = msgspec.structs.replace(order().lines[0], unit="kilo")
    message = mosaic_850(order(lines=(line,)), purpose="original", unit_words={"KG": "kilogram"})
    assert message["lineItems"][0]["quantity"] == {"value": "10", "unitOfMeasure": "kilogram"}


def test_all_reasons_are_named_at_once() -> None:
    first, second = order().lines
    bad = (
        msgspec.structs.replace(first, unit="KG", item_ids=()),
        msgspec.structs.replace(second, item_ids=(ItemId(scheme="gtin", value="731086500470"[:10]),)),
    )
    sentence = refusal(order(lines=bad, parties=(Party(role="buyer"),))).sentence
    for part in ("Purchase order 500001", "'KG'", "line 1 has no article number", "GTIN '7310865004'", "party buyer"):
        assert part in sentence


@pytest.mark.parametrize(
    ("scheme", "value", "found"),
    [
        ("gtin", "7310865004703", {"gtin13": "7310865004703"}),
        ("gtin", "17310865004700", {"gtin14": "17310865004700"}),
        ("gtin", "012345678905", {"gtin12": "012345678905"}),
        ("upc", "012345678905", {"gtin12": "012345678905"}),
        ("gtin", "73108655", {"gtin14": "00000073108655"}),
        ("other", "X", {"vendorItemIds": [{"type": "other", "value": "X"}]}),
    ],
)
def test_article_numbers(scheme: Any, value: str, found: dict[str, Any]) -> None:
    line = msgspec.structs.replace(order().lines[0], item_ids=(ItemId(scheme=scheme, value=value),))
    assert mosaic_850(order(lines=(line,)), purpose="original")["lineItems"][0]["productIds"] == found


def test_a_second_number_of_a_kind_is_kept() -> None:
    ids = (ItemId(scheme="buyer", value="A"), ItemId(scheme="buyer", value="B"))
    line = msgspec.structs.replace(order().lines[0], item_ids=ids)
    assert mosaic_850(order(lines=(line,)), purpose="original")["lineItems"][0]["productIds"] == {
        "buyerItemNumber": "A",
        "buyerItemIds": [{"type": "buyerItemNumber", "value": "B"}],
    }


def test_the_currency_is_said_in_words() -> None:
    assert "Currency: SEK" in mosaic_850(order(), purpose="original")["notes"]["general"]["text"]
    message = mosaic_810(invoice(terms=None), purpose="original")
    assert message["termsOfSale"]["description"] == "Currency: SEK"


def test_amounts_have_the_decimals_of_their_currency() -> None:
    line = msgspec.structs.replace(order().lines[0], unit_price=Decimal("1500"), quantity=Decimal("1.50"))
    totals = {"line_total": Decimal(2250), "tax_total": Decimal(0), "total": Decimal(2250), "charges": ()}
    message = mosaic_850(order(lines=(line,), currency="ISK", **totals), purpose="original")
    assert message["monetaryAmounts"] == {"net": "2250", "gross": "2250"}
    assert message["lineItems"][0]["unitCostPrice"] == "1500"
    assert message["lineItems"][0]["quantity"]["value"] == "1.5"


def test_numbers_of_parties_are_the_senders_or_the_receivers() -> None:
    by_supplier = mosaic_810(invoice(), purpose="original")["parties"]["buyer"]
    by_buyer = mosaic_810(invoice(), purpose="original", sent_by="buyer")["parties"]["buyer"]
    assert by_supplier["identificationCodeType"] == "receiversId"
    assert by_buyer["identificationCodeType"] == "sendersId"


def test_the_partner_chooses_which_number_comes_first() -> None:
    chosen = BuildOptions(party_ids=("buyer", "gln"))
    supplier = mosaic_850(order(), purpose="original", options=chosen)["parties"]["supplier"]
    assert (supplier["identificationCode"], supplier["identificationCodeType"]) == ("50002", "sendersId")


def test_who_invoices_is_the_payee_unless_another_is_named() -> None:
    payee = Party(role="remit_to", name="Factoring Nord", ids=(PartyId(scheme="duns", value="123456789"),))
    document = invoice(parties=(*invoice().parties, payee))
    assert mosaic_810(invoice(), purpose="original")["parties"]["accountsReceivable"]["name"] == SUPPLIER.name
    assert mosaic_810(document, purpose="original")["parties"]["accountsReceivable"]["name"] == "Factoring Nord"
    assert f"party supplier {SUPPLIER.name}" in left_out(document)


def test_lines_of_several_orders_name_theirs() -> None:
    first, second = invoice().lines
    document = invoice(lines=(first, msgspec.structs.replace(second, order_number="500002")))
    message = mosaic_810(document, purpose="original")
    assert "purchaseOrderNumber" not in message
    assert "Purchase order 500001" in message["lineItems"][0]["notes"]["general"]["text"]
    assert "Purchase order 500002" in message["lineItems"][1]["notes"]["general"]["text"]


def test_a_line_number_of_the_invoice_is_no_line_of_the_order() -> None:
    assert "purchaseOrderLineId" not in mosaic_810(invoice(), purpose="original")["lineItems"][1]


def test_what_has_no_place_is_named() -> None:
    document = invoice(references=(Reference(kind="project", value="P-17"),), notes=("Tack!",))
    buyer = "number SE556677889901 (vat) of party buyer"
    assert left_out(document) == ("note 'Tack!'", buyer, "project P-17")
    assert left_out(invoice()) == (buyer,)
    assert left_out(order(parties=())) == ()


def test_several_taxes_of_the_whole_are_added_up_and_that_is_said() -> None:
    lines = tuple(msgspec.structs.replace(line, taxes=()) for line in invoice().lines)
    taxes = (Tax(rate=Decimal(25), amount=Decimal("249.75")), Tax(rate=Decimal(12), amount=Decimal("2.40")))
    document = invoice(lines=lines, taxes=taxes)
    assert mosaic_810(document, purpose="original")["taxes"] == {
        "goodsAndServicesTax": {"amount": "252.15", "taxIdNumber": "SE9901"}
    }
    assert "the taxes apart (25 %: 249.75, 12 %: 2.40); their sum is sent" in left_out(document)


def test_a_negative_charge_is_refused() -> None:
    charge = Charge(kind="charge", amount=Decimal(-1))
    assert "opposite kind" in refusal(order(charges=(charge,))).sentence


def test_a_credit_note_must_not_be_positive() -> None:
    assert "must not be positive" in refusal(credit_note(total=Decimal(1))).sentence


# --- the body ---


def test_the_body_is_exact() -> None:
    body = create_body(
        "850", stream="test", sender_id="US", receiver_id="THEM", message={"purpose": "original", "å": "1"}
    )
    assert (
        body
        == (
            '{"type":"850_PURCHASE_ORDER","stream":"test","senderId":"US","receiverId":"THEM",'
            '"message":{"purpose":"original","å":"1"}}'
        ).encode()
    )


@pytest.mark.parametrize(("set_id", "message"), [("850", expected("850.json")), ("810", expected("810_credit.json"))])
def test_the_body_is_as_the_vendor_declares(set_id: str, message: dict[str, Any]) -> None:
    body = json.loads(create_body(set_id, stream="live", sender_id="US", receiver_id="THEM", message=message))
    declared = require(SPEC)["components"]["schemas"]["CreateTransactionBodyV4Dto"]
    assert set(body) == set(declared["required"])
    assert body["type"] in declared["properties"]["type"]["enum"]
    assert body["stream"] in declared["properties"]["stream"]["enum"]
    validator(body["type"]).validate(body["message"])


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"set_id": "997"}, "no 997"),
        ({"stream": "TEST"}, "'TEST'"),
        ({"sender_id": " "}, "sender"),
        ({"receiver_id": ""}, "receiver"),
    ],
)
def test_a_body_that_cannot_be(changes: dict[str, str], part: str) -> None:
    values = {"set_id": "850", "stream": "live", "sender_id": "US", "receiver_id": "THEM", **changes}
    with pytest.raises(Unmappable, match=part):
        create_body(values.pop("set_id"), message={}, **values)


# --- against the vendor's schema, for any document ---

gtins = st.sampled_from([8, 12, 13, 14]).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n))
sendable = [u for u in [*units.BOOK_UNITS, *units.CODES] if units.to_x12(u) in mosaic_words.UNITS]


def mappable(document: Any, draw: Any) -> Any:
    """The document with units and article numbers that Mosaic takes."""
    lines = tuple(
        msgspec.structs.replace(
            line,
            unit=draw(st.sampled_from(sendable)),
            item_ids=(
                ItemId(scheme="buyer", value=draw(strategies.text(1, 30))),
                *(i for i in line.item_ids if i.scheme not in ("gtin", "upc")),
                ItemId(scheme="gtin", value=draw(gtins)),
            ),
        )
        for line in document.lines
    )
    return msgspec.structs.replace(document, lines=lines)


@pytest.mark.parametrize(("kind", "documents"), [("850", strategies.purchase_orders()), ("810", strategies.invoices())])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_document_is_written_as_the_vendor_declares(kind: str, documents: Any, data: Any) -> None:
    document = mappable(data.draw(documents), data.draw)
    if kind == "850":
        message = mosaic_850(document, purpose=document.purpose)
    else:
        message = mosaic_810(document, purpose="original")
        sign = -1 if document.kind == "credit_note" else 1
        turned = mosaic_810(document, purpose="original", options=BuildOptions(credit_sign="positive"))
        assert Decimal(turned["invoiceTotal"]) == document.total * sign
        assert Decimal(message["invoiceTotal"]) == document.total
    for line, sent in zip(
        [x for x in document.lines if not getattr(x, "cancelled", False)], message["lineItems"], strict=False
    ):
        quantity = sent.get("quantity") or sent["quantityInvoiced"]
        assert Decimal(quantity["value"]) == line.quantity
        assert Decimal(sent.get("unitCostPrice") or sent["unitPrice"]) == line.unit_price
    schema = {"850": "850_PURCHASE_ORDER", "810": "810_INVOICE"}[kind]
    validator(schema).validate(message)
    unknown = set(undeclared(message, {"$ref": f"#/components/schemas/{schema}"}, require(SPEC)))
    assert unknown <= FROM_EXAMPLES
    assert not [v for v in values(message) if not isinstance(v, str | int) or v == ""]
    assert not [text for text in numbers(message) if not re.fullmatch(r"(?!-0(\.0+)?$)-?\d+(\.\d+)?", text)]


@functools.cache
def validator(schema: str) -> jsonschema.Draft7Validator:
    """Of one of the vendor's schemas, with those that it refers to."""
    schemas = require(SPEC)["components"]["schemas"]
    wanted, found = [schema], {}
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = schemas[name]
            wanted += re.findall(r"#/components/schemas/(\w+)", json.dumps(schemas[name]))
    document = {"$ref": f"#/components/schemas/{schema}", "components": {"schemas": found}}
    return jsonschema.Draft7Validator(document)


def undeclared(value: Any, schema: dict[str, Any], spec: dict[str, Any]) -> Iterator[str]:
    """Members that the schema does not name."""
    while "$ref" in schema or "allOf" in schema:
        schema = (
            schema["allOf"][0]
            if "allOf" in schema
            else spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        )
    if isinstance(value, list):
        for entry in value:
            yield from undeclared(entry, schema.get("items", {}), spec)
    elif isinstance(value, dict):
        for name, member in value.items():
            if name in schema.get("properties", {}):
                yield from undeclared(member, schema["properties"][name], spec)
            else:
                yield name


def numbers(message: Any) -> Iterator[str]:
    """All that stands in members for numbers."""
    for entry in message if isinstance(message, list) else []:
        yield from numbers(entry)
    for name, member in message.items() if isinstance(message, dict) else ():
        if name in NUMBERS and isinstance(member, str):
            yield member
        yield from numbers(member)


def values(message: Any) -> Iterator[Any]:
    """All that stands at the leaves."""
    if isinstance(message, dict | list):
        for member in message.values() if isinstance(message, dict) else message:
            yield from values(member)
    else:
        yield message


def test_every_unit_word_is_one_of_the_vendors() -> None:
    listed = require(SPEC)["components"]["schemas"]["Quantity"]["properties"]["unitOfMeasure"]["enum"]
    assert set(mosaic_words.UNITS.values()) <= set(listed)
