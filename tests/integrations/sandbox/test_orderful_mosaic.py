"""The strict check of Mosaic documents: against the vendor's schemas, and with damaged documents."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.sandbox.orderful.mosaic.check import check
from integrations.sandbox.orderful.mosaic.documents import DOCUMENTS as SHAPES
from integrations.sandbox.orderful.mosaic.kinds import Date, Flag, Group, Many, Node, Number, OneOf, Text, Whole
from tests.integrations.sandbox.mosaic_documents import DOCUMENTS, document
from tests.integrations.sandbox.vendor_schema import require

SPEC = "orderful-openapi-2.15.0.json"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["purpose", "lineItems", "x"]), inner),
    max_leaves=8,
)
Steps = tuple[str | int, ...]


def leaves(value: Any, path: Steps = ()) -> Iterator[Steps]:
    """The way to every single value."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, (*path, name))
    elif isinstance(value, list):
        for position, member in enumerate(value):
            yield from leaves(member, (*path, position))
    else:
        yield path


def at(message: dict[str, Any], path: Steps) -> Any:
    for step in path:
        message = message[step]  # type: ignore[index]
    return message


def text_of(path: Steps) -> str:
    return "message" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


ALL_LEAVES = [(name, path) for name, message in DOCUMENTS.items() for path in leaves(message)]


@pytest.mark.parametrize("document_type", DOCUMENTS)
def test_valid_documents_have_no_fault(document_type: str) -> None:
    assert check(document_type, document(document_type)) == []


@pytest.mark.parametrize(("document_type", "path"), ALL_LEAVES)
@pytest.mark.parametrize("wrong", [7, None, "", {}, []])
def test_every_wrong_value_is_found_at_its_path(document_type: str, path: Steps, wrong: Any) -> None:
    message = document(document_type)
    at(message, path[:-1])[path[-1]] = copy.copy(wrong)
    assert [fault.path for fault in check(document_type, message)] == [text_of(path)]


@pytest.mark.parametrize(("document_type", "path"), ALL_LEAVES)
def test_unknown_members_are_found_everywhere(document_type: str, path: Steps) -> None:
    message = document(document_type)
    at(message, path[:-1])["notInTheShape"] = "x"
    unknown = [fault for fault in check(document_type, message) if fault.unknown_property]
    assert [fault.path for fault in unknown] == [f"{text_of(path[:-1])}.notInTheShape"]


@pytest.mark.parametrize(
    ("document_type", "member"),
    [
        ("850_PURCHASE_ORDER", "purpose"),
        ("850_PURCHASE_ORDER", "purchaseOrderType"),
        ("850_PURCHASE_ORDER", "purchaseOrderNumber"),
        ("850_PURCHASE_ORDER", "purchaseOrderDate"),
        ("850_PURCHASE_ORDER", "lineItems"),
        ("855_PURCHASE_ORDER_ACKNOWLEDGMENT", "purchaseOrderNumber"),
        ("855_PURCHASE_ORDER_ACKNOWLEDGMENT", "status"),
        ("856_SHIP_NOTICE_MANIFEST", "shipmentId"),
        ("856_SHIP_NOTICE_MANIFEST", "orders"),
        ("810_INVOICE", "invoiceNumber"),
        ("810_INVOICE", "invoiceDate"),
        ("810_INVOICE", "lineItems"),
        ("846_INVENTORY_ADVICE", "reportNumber"),
        ("860_PURCHASE_ORDER_CHANGE", "purchaseOrderChangeDate"),
        ("860_PURCHASE_ORDER_CHANGE", "lineItems"),
    ],
)
def test_required_members(document_type: str, member: str) -> None:
    message = document(document_type)
    del message[member]
    assert [(fault.path, fault.text) for fault in check(document_type, message)] == [
        (f"message.{member}", f"{member} is required")
    ]


@pytest.mark.parametrize("value", ["10,5", "1e3", " 5", "5 ", "+5", "0x1", "٥", "NaN"])
def test_numbers_are_plain_decimals(value: str) -> None:
    message = document("850_PURCHASE_ORDER")
    message["lineItems"][0]["quantity"]["value"] = value
    assert [fault.text for fault in check("850_PURCHASE_ORDER", message)] == ["value must be a numeric string"]


@pytest.mark.parametrize("value", ["20261101", "2026-02-30", "2026-1-1", "2026-11-01T00:00:00Z", "٢٠٢٦-11-01"])
def test_dates_are_calendar_dates(value: str) -> None:
    message = document("850_PURCHASE_ORDER") | {"purchaseOrderDate": value}
    assert [fault.path for fault in check("850_PURCHASE_ORDER", message)] == ["message.purchaseOrderDate"]


def test_rules_between_members() -> None:
    order = document("850_PURCHASE_ORDER")
    order["lineItems"][1]["productIds"] = {}
    assert [fault.path for fault in check("850_PURCHASE_ORDER", order)] == ["message.lineItems[1].productIds"]
    shipment = document("856_SHIP_NOTICE_MANIFEST")
    del shipment["orders"][0]["items"]
    assert [fault.path for fault in check("856_SHIP_NOTICE_MANIFEST", shipment)] == ["message.orders[0]"]


@given(document_type=st.sampled_from(sorted(DOCUMENTS)), message=JSON)
def test_no_input_breaks_the_check(document_type: str, message: Any) -> None:
    assert check(document_type, message)


@pytest.mark.parametrize("document_type", DOCUMENTS)
def test_shapes_know_what_the_vendors_schemas_know(document_type: str) -> None:
    schemas = require(SPEC)["components"]["schemas"]
    differences = list(_differences(schemas, schemas[document_type], SHAPES[document_type], document_type))
    assert differences == []


def _differences(schemas: dict[str, Any], schema: dict[str, Any], node: Node, path: str) -> Iterator[str]:
    while "$ref" in schema or "allOf" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema["allOf"][0]
    match node:
        case Group(members, required):
            described = schema.get("properties", {})
            yield from (f"{path}.{name} is not known" for name in described if name not in members)
            for name, member in described.items():
                if name in members:
                    yield from _differences(schemas, member, members[name], f"{path}.{name}")
                if str(member.get("description", "")).startswith("REQUIRED") and name not in required:
                    yield f"{path}.{name} is required"
        case Many(of, least):
            if schema.get("minItems", 0) > least:
                yield f"{path} needs {schema['minItems']} entries"
            yield from _differences(schemas, schema.get("items", {}), of, f"{path}[]")
        case OneOf(words):
            if words != frozenset(schema.get("enum", ())):
                yield f"{path} has other words"
        case Date() if schema.get("format") != "date":
            yield f"{path} is no date"
        case Whole() if schema.get("type") != "integer":
            yield f"{path} is no integer"
        case Flag() if schema.get("type") != "boolean":
            yield f"{path} is no boolean"
        case Text() | Number() if schema.get("type") != "string" or "enum" in schema or "format" in schema:
            yield f"{path} is no plain string"
