"""Refunds to store credit: the customer is owed them still, so they leave no receivable but are a liability."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from integrations.services import operations
from portal.common.clock import db_now
from tests.integrations.flows.adobe.conftest import Shop, money
from tests.integrations.flows.adobe.test_orders import reconciled

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]
LIABILITY = "2870"


def credit_notes(shop: Shop, made: dict[str, Any]) -> list[dict[str, Any]]:
    memos = sorted(
        (m for m in shop.rows("creditmemos") if m["order_id"] == made["entity_id"]), key=lambda m: m["entity_id"]
    )
    return [note for memo in memos for note in shop.documents(f"shop:creditmemo:{memo['entity_id']}")]


def owed(note: dict[str, Any]) -> Decimal:
    """What a credit note leaves on the account of store credit."""
    return -sum(money(n["amountInCurrency"]) for n in note["invoiceLines"] if n["account"]["number"] == LIABILITY)


@pytest.mark.parametrize(
    ("store", "to_store_credit", "used"),
    [("default", 7.35, 3), ("se", 4.21, 0), ("no", "all", 2)],
)
def test_what_goes_to_store_credit_leaves_no_receivable_but_is_owed(
    shop: Shop, settle: Settle, store: str, to_store_credit: Any, used: float
) -> None:
    since = db_now() - dt.timedelta(seconds=2)
    made = shop.order(store=store, items=[{"sku": "A-001", "qty": 3}], store_credit=used)
    settle()
    shop.act("credit_memo", order=made["increment_id"], to_store_credit=to_store_credit)
    settle()
    assert (shop.troubles(), shop.issues()) == ([], [])
    [memo] = [m for m in shop.rows("creditmemos") if m["order_id"] == made["entity_id"]]
    [given] = [h for h in shop.rows("balance_history") if h["creditmemo_id"] == memo["entity_id"]]
    was_paid_so = money(memo["extension_attributes"].get("customer_balance_amount", 0))
    [note] = credit_notes(shop, made)
    assert (note["documentType"], note["status"] in ("Open", "Closed")) == ("CreditNote", True)
    assert money(note["amountInCurrency"]) == money(memo["grand_total"]) - money(given["amount"])
    assert owed(note) == money(given["amount"]) + was_paid_so
    assert bool(was_paid_so) is bool(used)
    [line] = [line for line in operations.reconciled_lines(reconciled(shop, "credit-memos", since)) if line["here"]]
    assert (line["kind"], line["here"]) == ("same", line["there"])


def test_refunds_of_one_order_that_go_different_ways_are_told_apart_as_they_come(shop: Shop, settle: Settle) -> None:
    made = shop.order(items=[{"sku": "A-001", "qty": 3}])
    one = {"order": made["increment_id"], "items": [{"sku": "A-001", "qty": 1}], "shipping": 0}
    for way in ({}, {"to_store_credit": 5}, {}):
        settle()
        shop.act("credit_memo", **one, **way)
    settle(read=True)
    assert (shop.troubles(), shop.issues()) == ([], [])
    assert [owed(note) for note in credit_notes(shop, made)] == [0, 5, 0]


def test_refunds_that_came_at_once_and_went_different_ways_are_for_a_person(shop: Shop, settle: Settle) -> None:
    made = shop.order(items=[{"sku": "A-001", "qty": 3}])
    settle()
    one = {"order": made["increment_id"], "items": [{"sku": "A-001", "qty": 1}], "shipping": 0}
    shop.act("credit_memo", **one, to_store_credit="all")
    shop.act("credit_memo", **one)
    settle()
    assert credit_notes(shop, made) == []
    assert len(shop.troubles()) == 2
    assert all("does not say what of it went to the customer's store credit" in said for said in shop.troubles())
