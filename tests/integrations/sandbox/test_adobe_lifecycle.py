"""The Adobe Commerce simulator: what happens to orders, and the documents that follow from them."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.integrations.sandbox.adobe_client import Paas, act, criteria, sandbox, server
from tests.integrations.sandbox.served import Served

__all__ = ["sandbox", "server"]
Json = dict[str, Any]
SKUS = ("A-001", "A-002", "A-0033", "SET-DYN", "SET-FIX", "A-002-VAR")


@pytest.fixture
def paas(sandbox: Served) -> Paas:
    return Paas(sandbox)


def placed(sandbox: Served, **given: Any) -> Json:
    """A new order that waits for its invoice, unless `given` says otherwise."""
    items = [{"sku": "A-001", "qty": 3}, {"sku": "A-002", "qty": 1}]
    return dict(act(sandbox, "place_order", **{"customer": 101, "items": items, "payment": "klarna_kp", **given}))


def state(paas: Paas, order: Json) -> tuple[str, str]:
    shown = paas.order(order["entity_id"])
    return shown["state"], shown["status"]


def documents(paas: Paas, path: str, order: Json) -> list[Json]:
    return list(paas.found(path, ("order_id", "eq", order["entity_id"]), sort=[("entity_id", "ASC")])["items"])


def test_payment_decides_where_an_order_starts(sandbox: Served, paas: Paas) -> None:
    starts = {
        method: state(paas, placed(sandbox, payment=method))
        for method in ("banktransfer", "klarna_kp", "adyen_cc", "swish", "stripe_payments")
    }
    assert starts == {
        "banktransfer": ("new", "pending"),
        "klarna_kp": ("processing", "processing"),
        "adyen_cc": ("pending_payment", "pending_payment"),
        "swish": ("payment_review", "payment_review"),
        "stripe_payments": ("processing", "processing"),
    }


def test_paid_shipped_complete(sandbox: Served, paas: Paas) -> None:
    order = placed(sandbox, payment="adyen_cc")
    number = act(sandbox, "pay", order=order["increment_id"])
    (invoice,) = documents(paas, "/invoices", order)
    assert (invoice["increment_id"], invoice["state"], invoice["grand_total"]) == (number, 2, order["grand_total"])
    assert state(paas, order)[0] == "processing"
    shown = paas.order(order["entity_id"])
    assert (shown["total_paid"], shown["total_due"]) == (order["grand_total"], 0)
    act(sandbox, "ship", order=order["increment_id"], track="JJFI1")
    assert state(paas, order)[0] == "complete"
    assert documents(paas, "/shipments", order)[0]["tracks"][0]["track_number"] == "JJFI1"
    transactions = paas.found("/transactions", ("order_id", "eq", order["entity_id"]))["items"]
    assert [one["txn_type"] for one in transactions] == ["capture"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"store": "se", "discount_percent": 7},
        {"gift_card": 6, "store_credit": 2},
        {"items": [{"sku": "SET-DYN", "qty": 3}]},
        {"items": [{"sku": "A-001-VAR", "qty": 3}]},
    ],
)
def test_partial_invoices_come_to_the_order(sandbox: Served, paas: Paas, given: Json) -> None:
    order = placed(sandbox, **given)
    first = paas.order(order["entity_id"])["items"][0]
    for _ in range(2):
        act(sandbox, "invoice", order=order["increment_id"], items=[{"sku": first["sku"], "qty": 1}])
    act(sandbox, "invoice", order=order["increment_id"])
    invoices, shown = documents(paas, "/invoices", order), paas.order(order["entity_id"])
    assert len(invoices) == 3
    for name in ("grand_total", "subtotal", "tax_amount", "shipping_amount", "discount_amount", "base_grand_total"):
        assert sum(Decimal(str(one[name])) for one in invoices) == Decimal(str(shown[name])), name
    assert [one["shipping_amount"] > 0 for one in invoices] == [True, False, False]
    assert {item["qty_invoiced"] - item["qty_ordered"] for item in shown["items"]} == {0}
    rows = [row for one in invoices for row in one["items"]]
    assert not any("tax_percent" in row or "product_type" in row for row in rows)


def test_rows_that_carry_no_money_have_no_totals_on_invoices(sandbox: Served, paas: Paas) -> None:
    variant = placed(sandbox, items=[{"sku": "A-001-VAR", "qty": 1}], payment="stripe_payments")
    parent, child = documents(paas, "/invoices", variant)[0]["items"]
    assert parent["row_total"] > 0
    assert "row_total" not in child
    dynamic = placed(sandbox, items=[{"sku": "SET-DYN", "qty": 1}], payment="stripe_payments")
    parent, *children = documents(paas, "/invoices", dynamic)[0]["items"]
    assert "row_total" not in parent
    assert all(child["row_total"] for child in children)


def test_invoicing_by_api_and_its_refusals(sandbox: Served, paas: Paas) -> None:
    order = placed(sandbox)
    path, first = f"/order/{order['entity_id']}/invoice", paas.order(order["entity_id"])["items"][0]
    too_many = paas.post(path, json={"items": [{"order_item_id": first["item_id"], "qty": 4}]})
    assert too_many.status_code == 400
    assert 'uninvoiced quantity for product SKU "A-001"' in too_many.json()["message"]
    made = paas.post(path, json={"items": [{"order_item_id": first["item_id"], "qty": 1}], "capture": True})
    assert paas.get(f"/invoices/{made.json()}").json()["total_qty"] == 1
    sandbox.options(new_ids="string")
    assert isinstance(paas.post(path, json={"capture": True}).json(), str), "a repeated call invoices the rest"
    act(sandbox, "ship", order=order["increment_id"])
    again = paas.post(path, json={})
    assert again.json()["message"].endswith("An invoice cannot be created when an order has a status of complete")
    comment = {"entity": {"parent_id": int(made.json()), "comment": "Visma 30017"}}
    assert paas.post("/invoices/comments", json=comment).json()["comment"] == "Visma 30017"
    assert paas.get(f"/invoices/{made.json()}/comments").json()["total_count"] == 1


def test_an_invoice_that_is_not_paid(sandbox: Served, paas: Paas) -> None:
    order = placed(sandbox, payment="banktransfer")
    act(sandbox, "invoice", order=order["increment_id"], paid=False)
    (invoice,) = documents(paas, "/invoices", order)
    assert invoice["state"] == 1
    assert paas.order(order["entity_id"])["total_due"] == order["grand_total"]
    act(sandbox, "pay", order=order["increment_id"])
    assert documents(paas, "/invoices", order)[0]["state"] == 2
    assert paas.order(order["entity_id"])["total_due"] == 0


def test_refunds_in_parts_close_the_order(sandbox: Served, paas: Paas) -> None:
    order = placed(sandbox, payment="stripe_payments", store="se", discount_percent=7)
    name = order["increment_id"]
    act(sandbox, "ship", order=name)
    act(sandbox, "credit_memo", order=name, items=[{"sku": "A-001", "qty": 1}], shipping="0")
    assert state(paas, order)[0] == "complete"
    act(sandbox, "credit_memo", order=name, comment="Returned")
    memos, shown = documents(paas, "/creditmemos", order), paas.order(order["entity_id"])
    assert [memo["state"] for memo in memos] == [2, 2]
    for total in ("grand_total", "tax_amount", "subtotal", "shipping_amount", "base_grand_total"):
        assert sum(Decimal(str(memo[total])) for memo in memos) == Decimal(str(shown[total])), total
    assert (shown["state"], shown["total_refunded"]) == ("closed", order["grand_total"])
    assert shown["status_histories"][0]["comment"] == "Returned"
    assert {item["qty_refunded"] - item["qty_ordered"] for item in shown["items"]} == {0}


def test_fees_come_once_with_the_first_or_the_last_document_as_they_say(sandbox: Served, paas: Paas) -> None:
    fees = [
        {"code": "app::first", "amount": 4, "last_credit_memo": False},
        {"code": "app::last", "label": "Last", "amount": -2, "last_invoice": True},
    ]
    plain, order = placed(sandbox, store="se"), placed(sandbox, store="se", fees=fees)
    name, ratio = order["increment_id"], Decimal(str(paas.order(order["entity_id"])["base_to_order_rate"]))
    assert Decimal(str(order["grand_total"])) == Decimal(str(plain["grand_total"])) + 2 * ratio
    some = [{"sku": "A-001", "qty": 1}]
    act(sandbox, "invoice", order=name, items=some)
    act(sandbox, "invoice", order=name)
    act(sandbox, "credit_memo", order=name, items=some, shipping="0")
    act(sandbox, "credit_memo", order=name)
    shown = paas.order(order["entity_id"])
    first, last = shown["extension_attributes"]["custom_fees"]
    invoices, memos = documents(paas, "/invoices", order), documents(paas, "/creditmemos", order)
    for kind, made in (("invoice", invoices), ("creditmemo", memos)):
        assert [first[f"{kind}_id"], last[f"{kind}_id"]] == [str(one["entity_id"]) for one in made]
        assert sum(Decimal(str(one["grand_total"])) for one in made) == Decimal(str(order["grand_total"]))
        assert not any("custom_fees" in (one.get("extension_attributes") or {}) for one in made)
    assert (first["custom_fee_label"], Decimal(str(first["custom_fee_amount_refunded"]))) == ("app::first", 4 * ratio)
    assert (Decimal(str(last["custom_fee_amount_invoiced"])), last["base_custom_fee_amount"]) == (-2 * ratio, -2)
    assert shown["state"] == "closed"


def test_adjustments_have_no_rows(sandbox: Served, paas: Paas) -> None:
    order = placed(sandbox, payment="stripe_payments")
    made = paas.post(
        f"/order/{order['entity_id']}/refund",
        json={"items": [{"order_item_id": paas.order(order["entity_id"])["items"][0]["item_id"], "qty": 0}],
              "arguments": {"shipping_amount": 0, "adjustment_positive": 2.5}},
    )  # fmt: skip
    memo = paas.get(f"/creditmemo/{made.json()}").json()
    assert (memo["items"], memo["grand_total"], memo["adjustment"]) == ([], 2.5, 2.5)


def test_refunds_give_gift_cards_back_first(sandbox: Served, paas: Paas) -> None:
    order = placed(sandbox, payment="stripe_payments", gift_card=6)
    act(sandbox, "credit_memo", order=order["increment_id"], items=[{"sku": "A-001", "qty": 1}], shipping="0")
    act(sandbox, "credit_memo", order=order["increment_id"])
    first, second = documents(paas, "/creditmemos", order)
    given_back = [Decimal(str(m["extension_attributes"].get("gift_cards_amount", 0))) for m in (first, second)]
    assert sum(given_back) == 6
    assert given_back[0] > 0
    total = Decimal(str(first["grand_total"])) + Decimal(str(second["grand_total"]))
    assert total == Decimal(str(order["grand_total"]))


def test_what_is_refunded_to_store_credit_the_order_says_of_all_and_no_credit_memo(sandbox: Served, paas: Paas) -> None:
    order = placed(sandbox, items=[{"sku": SKUS[0], "qty": 2}], payment="stripe_payments", store_credit=3)
    one = {"order": order["increment_id"], "items": [{"sku": SKUS[0], "qty": 1}], "shipping": 0}
    act(sandbox, "credit_memo", **one, to_store_credit=2.5)
    [first] = documents(paas, "/creditmemos", order)
    said = paas.order(order["entity_id"])["extension_attributes"]
    back = first["extension_attributes"]["customer_balance_amount"]
    assert "total_refunded" not in " ".join(first["extension_attributes"])
    assert said["customer_balance_total_refunded"] == pytest.approx(back + 2.5)
    act(sandbox, "credit_memo", **one, to_store_credit="all")
    second = documents(paas, "/creditmemos", order)[1]
    said = paas.order(order["entity_id"])["extension_attributes"]
    given = 2.5 + second["grand_total"] + said["customer_balance_refunded"]
    assert said["customer_balance_total_refunded"] == pytest.approx(given)


def test_refunds_that_are_refused_change_nothing(sandbox: Served, paas: Paas) -> None:
    order = placed(sandbox, payment="stripe_payments")
    before = paas.order(order["entity_id"])
    path = f"/order/{order['entity_id']}/refund"
    item = before["items"][0]["item_id"]
    attempts: list[tuple[Json, str]] = [
        ({"items": [{"order_item_id": item, "qty": 4}]}, "unrefunded quantity"),
        (
            {"items": [{"order_item_id": item, "qty": 1}], "arguments": {"shipping_amount": 99}},
            "Maximum shipping amount",
        ),
        ({"items": [{"order_item_id": item, "qty": 1}], "arguments": {"adjustment_negative": 999}}, "must be positive"),
        ({"arguments": {"adjustment_positive": 500}}, "The most money available to refund is %1."),
    ]
    for body, text in attempts:
        refused = paas.post(path, json=body)
        assert refused.status_code == 400
        assert text in refused.json()["message"]
    assert paas.order(order["entity_id"]) == before
    made = paas.post(path, json={})
    refused = paas.put(f"/creditmemo/{made.json()}", json={})
    assert (refused.status_code, refused.json()["message"]) == (400, "You can not cancel Credit Memo")
    unpaid = placed(sandbox)
    assert paas.post(f"/order/{unpaid['entity_id']}/refund", json={}).status_code == 400


def test_cancel_hold_and_back(sandbox: Served, paas: Paas) -> None:
    order = placed(sandbox)
    path = f"/orders/{order['entity_id']}"
    assert paas.post(f"{path}/hold").json() is True
    assert state(paas, order) == ("holded", "holded")
    assert paas.post(f"{path}/cancel").json() is False
    assert paas.post(f"/order/{order['entity_id']}/invoice", json={}).status_code == 400
    assert paas.post(f"{path}/unhold").json() is True
    assert paas.post(f"{path}/unhold").json()["message"] == "You cannot remove the hold."
    assert paas.post(f"{path}/cancel").json() is True
    shown = paas.order(order["entity_id"])
    assert (shown["state"], shown["items"][0]["qty_canceled"]) == ("canceled", 3)
    assert shown["total_canceled"] == order["grand_total"]
    answer = paas.post(f"{path}/cancel")
    assert (answer.status_code, answer.json()) == (200, False)


def test_a_half_invoiced_order_is_cancelled_by_half(sandbox: Served, paas: Paas) -> None:
    order = placed(sandbox)
    act(sandbox, "invoice", order=order["increment_id"], items=[{"sku": "A-001", "qty": 3}])
    act(sandbox, "ship", order=order["increment_id"], items=[{"sku": "A-001", "qty": 3}])
    assert act(sandbox, "cancel", order=order["increment_id"]) is True
    shown = paas.order(order["entity_id"])
    assert (shown["state"], [i["qty_canceled"] for i in shown["items"]]) == ("complete", [0, 1])


def test_an_order_of_which_all_that_was_invoiced_was_refunded_is_cancelled(sandbox: Served, paas: Paas) -> None:
    """What is cancelled of it is, as the vendor reckons, what was not paid."""
    order, unpaid = placed(sandbox), placed(sandbox)
    one = [{"sku": "A-001", "qty": 1}]
    act(sandbox, "invoice", order=order["increment_id"], items=one)
    act(sandbox, "credit_memo", order=order["increment_id"])
    act(sandbox, "invoice", order=unpaid["increment_id"], items=one, paid=False)
    for made in (order, unpaid):
        assert act(sandbox, "cancel", order=made["increment_id"]) is True
    shown, other = paas.order(order["entity_id"]), paas.order(unpaid["entity_id"])
    assert (shown["state"], other["state"]) == ("canceled", "processing")
    assert shown["total_canceled"] == pytest.approx(shown["grand_total"] - shown["total_paid"])
    assert other["total_canceled"] == other["grand_total"]


def test_an_edited_order_is_another_one(sandbox: Served, paas: Paas) -> None:
    order = placed(sandbox)
    new = act(sandbox, "edit_order", order=order["increment_id"], items=[{"sku": "A-001", "qty": 1}])
    newer = act(sandbox, "edit_order", order=new["increment_id"], items=[{"sku": "A-001", "qty": 2}])
    first, second, third = (paas.order(one["entity_id"]) for one in (order, new, newer))
    assert [one["state"] for one in (first, second, third)] == ["canceled", "canceled", "processing"]
    assert second["increment_id"] == f"{order['increment_id']}-1"
    assert third["increment_id"] == f"{order['increment_id']}-2"
    assert third["original_increment_id"] == order["increment_id"]
    assert (first["relation_child_id"], first["relation_child_real_id"]) == (str(new["entity_id"]), new["increment_id"])
    assert (third["relation_parent_id"], third["relation_parent_real_id"]) == (
        str(new["entity_id"]),
        new["increment_id"],
    )
    paid = placed(sandbox, payment="stripe_payments")
    body = {"system": "adobe", "action": "edit_order", "with": {"company": "FI", "order": paid["increment_id"]}}
    assert requests.post(f"{sandbox.url}/_control/act", json=body, timeout=10).status_code == 400


def test_own_statuses_inside_a_state(sandbox: Served, paas: Paas) -> None:
    order = placed(sandbox)
    act(sandbox, "set_status", order=order["increment_id"], state="processing", status="packed")
    assert state(paas, order) == ("processing", "packed")
    assert paas.get(f"/orders/{order['entity_id']}/statuses").json() == "packed"


def test_what_needs_no_shipping_is_complete_when_paid(sandbox: Served, paas: Paas) -> None:
    order = placed(sandbox, items=[{"sku": "GIFT-50", "qty": 1}], payment="stripe_payments")
    shown = paas.order(order["entity_id"])
    assert (shown["state"], shown["is_virtual"], shown["tax_amount"], shown["shipping_amount"]) == ("complete", 1, 0, 0)
    assert shown["extension_attributes"]["shipping_assignments"] == []


def test_an_invoice_need_not_move_the_order(sandbox: Served, paas: Paas) -> None:
    sandbox.options(invoice_moves_order=False)
    order = placed(sandbox)
    before = paas.order(order["entity_id"])["updated_at"]
    sandbox.advance(60)
    act(sandbox, "invoice", order=order["increment_id"])
    assert paas.order(order["entity_id"])["updated_at"] == before
    assert documents(paas, "/invoices", order)[0]["updated_at"] > before


def document_total(body: Json, prefix: str) -> Decimal:
    """What an invoice or credit memo comes to, from its own totals."""
    names = ("subtotal", "discount_amount", "discount_tax_compensation_amount", "tax_amount", "shipping_amount")
    compensation = "shipping_discount_tax_compensation_" + ("amnt" if prefix else "amount")
    total = sum((Decimal(str(body[prefix + name])) for name in names), Decimal(0))
    total += Decimal(str(body[prefix + compensation])) + Decimal(str(body.get(f"{prefix}adjustment", 0)))
    credits = (
        body["extension_attributes"].get(f"{prefix}{name}_amount", 0) for name in ("gift_cards", "customer_balance")
    )
    return total - sum(Decimal(str(credit)) for credit in credits)


def test_whatever_is_bought_its_documents_come_out_even(sandbox: Served) -> None:
    chance = random.Random(7)
    for number in range(40):
        company = ("FI", "SE")[number % 2]
        sandbox.options(tax_algorithm=chance.choice(["row", "total"]))
        paas = Paas(sandbox, company)
        items = [{"sku": sku, "qty": chance.randrange(1, 6)} for sku in ("A-0012", *chance.sample(SKUS, 2))]
        given = {
            "discount_percent": chance.choice([0, 3, 7.5]),
            "shipping_discount": chance.choice([0, 1]),
            "gift_card": chance.choice([0, 0.05, 12]),
            "store_credit": chance.choice([0, 2]),
            "store": chance.choice(["default", "se" if company == "FI" else "eu"]),
        }
        customer = paas.found("/customers/search", size=1)["items"][0]["id"]
        order = placed(sandbox, company=company, customer=customer, items=items, **given)
        name = order["increment_id"]
        act(sandbox, "invoice", company, order=name, items=[{"sku": items[0]["sku"], "qty": 1}])
        act(sandbox, "invoice", company, order=name)
        act(sandbox, "credit_memo", company, order=name, items=[{"sku": items[0]["sku"], "qty": 1}], shipping="0")
        act(sandbox, "credit_memo", company, order=name)
        shown = paas.order(order["entity_id"])
        for path in ("/invoices", "/creditmemos"):
            made = documents(paas, path, order)
            for prefix in ("", "base_"):
                assert [document_total(one, prefix) for one in made] == [
                    Decimal(str(one[f"{prefix}grand_total"])) for one in made
                ], f"{name} {path} {prefix}"
                total = sum(Decimal(str(one[f"{prefix}grand_total"])) for one in made)
                assert total == Decimal(str(shown[f"{prefix}grand_total"])), f"{name} {path} {prefix}"
        assert shown["state"] == "closed"


def test_a_day_of_many_orders(sandbox: Served, paas: Paas) -> None:
    made = act(sandbox, "place_orders", count=300, seconds=200, finish=True)
    assert len({one["increment_id"] for one in made}) == 300
    assert {one["currency"] for one in made} == {"EUR", "SEK", "NOK"}
    assert paas.found("/orders", size=1)["total_count"] == 321
    page = paas.get("/orders", params=criteria(("created_at", "gteq", "2020-01-01"), size=100, page=3)).json()
    assert len(page["items"]) == 100
