"""Edits of documents across releases: carried over, upgraded, or refused with a sentence."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from edi.documents.purchase_order import PurchaseOrder
from edi.documents.ship_notice import ShipNotice
from edi.documents.values import Value
from integrations.flows import editing
from integrations.flows.editing import Edit, as_json, edit_of, schema_of, shape_at
from integrations.flows.patch import PatchRefused
from integrations.systems.contract import Unmappable


def kind(**fields: Any) -> type[Value]:
    """The document "Note" as some release has it."""
    stated = [(name, *(spec if isinstance(spec, tuple) else (spec,))) for name, spec in fields.items()]
    return msgspec.defstruct("Note", stated, bases=(Value,), frozen=True, kw_only=True)  # type: ignore[return-value]


V1 = kind(number=str, quantity=Decimal, unit=(str, "EA"))


def edit(**changes: Any) -> Edit:
    """An edit that release 1 kept."""
    before = V1(number="1", quantity=Decimal("2.50"))  # type: ignore[call-arg]
    return edit_of(before, {**as_json(before), **changes}, release="1.0")


def test_an_edit_says_only_what_was_changed_and_numbers_keep_their_digits() -> None:
    made = edit(quantity="3.75")
    assert made.patch == [
        {"op": "test", "path": "/quantity", "value": "2.50"},
        {"op": "replace", "path": "/quantity", "value": "3.75"},
    ]
    assert made.applied(V1(number="1", quantity=Decimal("2.50"))).quantity == Decimal("3.75")  # type: ignore


def test_what_is_no_such_document_is_refused_with_the_place() -> None:
    with pytest.raises(Unmappable, match=r"no Note any more.*\$\.quantity"):
        edit(quantity="many")
    with pytest.raises(PatchRefused, match="the same as before"):
        edit(quantity="2.50")


def test_a_record_that_says_something_else_now_is_not_changed() -> None:
    with pytest.raises(Unmappable, match="as the edit expects") as refused:
        edit(quantity="3").applied(V1(number="1", quantity=Decimal(9)))  # type: ignore
    assert "edit again" in refused.value.remedy or "make the edit again" in refused.value.remedy


def test_rule_25_a_release_that_changes_other_fields_keeps_the_edit() -> None:
    wider = kind(number=str, quantity=Decimal, unit=(str, "EA"), note=(str, ""))
    assert schema_of(wider) != schema_of(V1)
    now = edit(quantity="3").applied(wider(number="1", quantity=Decimal("2.50"), note="new"))  # type: ignore
    assert as_json(now) == {"number": "1", "quantity": "3", "note": "new"}


def test_rule_25_a_release_that_changes_the_field_refuses_with_a_sentence() -> None:
    renamed = kind(number=str, amount=Decimal)
    with pytest.raises(Unmappable, match=r"made with release 1\.0; this release understands /quantity of a Note"):
        edit(quantity="3").applied(renamed(number="1", amount=Decimal("2.50")))  # type: ignore
    retyped = kind(number=str, quantity=int)
    with pytest.raises(Unmappable, match="understands /quantity"):
        edit(quantity="3").applied(retyped(number="1", quantity=2))  # type: ignore


def test_rule_25_or_upgrades_it(monkeypatch: pytest.MonkeyPatch) -> None:
    renamed = kind(number=str, amount=Decimal)
    monkeypatch.setitem(
        editing.UPGRADES,
        ("Note", schema_of(V1)),
        lambda patch: [{**step, "path": step["path"].replace("/quantity", "/amount")} for step in patch],
    )
    now = edit(quantity="3").applied(renamed(number="1", amount=Decimal("2.50")))  # type: ignore
    assert as_json(now) == {"number": "1", "amount": "3"}


def test_an_edit_of_another_kind_of_document_is_refused() -> None:
    other = msgspec.defstruct("Letter", [("number", str)], bases=(Value,), frozen=True, kw_only=True)
    with pytest.raises(Unmappable, match="made in a Note, and the record is a Letter now"):
        edit(quantity="3").applied(other(number="1"))  # type: ignore[type-var]


def test_places_of_real_documents_have_a_shape() -> None:
    assert shape_at(PurchaseOrder, "/lines/0/quantity") == shape_at(PurchaseOrder, "/lines/7/unit_price")
    assert shape_at(PurchaseOrder, "/lines/0/quantity") != shape_at(PurchaseOrder, "/lines/0/unit")
    assert shape_at(PurchaseOrder, "/lines/-") == shape_at(PurchaseOrder, "/lines/0")
    assert shape_at(PurchaseOrder, "/lines/first") == shape_at(PurchaseOrder, "/nothing") == ""
    assert shape_at(PurchaseOrder, "/parties/0/address/city") != ""
    assert schema_of(ShipNotice) != schema_of(PurchaseOrder), "packages in packages come to an end"
