"""The Adobe Commerce simulator: searches, the amounts of orders, comments, the sparse save, customers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.sandbox.assembly import Sandbox, Settings
from tests.integrations.sandbox.adobe_client import Paas, Saas, act, criteria, sandbox, server
from tests.integrations.sandbox.served import Served

__all__ = ["sandbox", "server"]
Json = dict[str, Any]


@pytest.fixture
def paas(sandbox: Served) -> Paas:
    return Paas(sandbox)


def money(value: Any) -> Decimal:
    return Decimal(str(value or 0))


def counted(order: Json) -> list[Json]:
    """The rows whose money counts: top rows, but the children of dynamic sets instead of their parent."""
    rows: list[Json] = []
    for item in order["items"]:
        children = [one for one in order["items"] if one.get("parent_item_id") == item["item_id"]]
        dynamic = any(child["row_total"] for child in children)
        if (item.get("parent_item_id") is None and not dynamic) or (item.get("parent_item_id") and item["row_total"]):
            rows.append(item)
    return rows


def expected_total(order: Json, prefix: str = "") -> Decimal:
    """What rows, shipping and credits come to."""
    total = Decimal(0)
    for item in counted(order):
        total += money(item[f"{prefix}row_total"]) + money(item[f"{prefix}tax_amount"])
        total += money(item[f"{prefix}discount_tax_compensation_amount"]) - money(item[f"{prefix}discount_amount"])
    total += money(order[f"{prefix}shipping_amount"]) + money(order[f"{prefix}shipping_tax_amount"])
    total -= money(order[f"{prefix}shipping_discount_amount"])
    compensation = "shipping_discount_tax_compensation_" + ("amnt" if prefix else "amount")
    total += money(order[prefix + compensation])
    extensions = order["extension_attributes"]
    return total - sum(money(extensions.get(f"{prefix}{n}_amount")) for n in ("gift_cards", "customer_balance"))


def test_search_groups_conditions_and_pages(paas: Paas) -> None:
    everything = paas.found("/orders")
    assert everything["total_count"] == len(everything["items"]) == 21
    assert "page_size" not in everything["search_criteria"], "no page size: all rows"
    open_ones = paas.found(
        "/orders", [("state", "eq", "processing"), ("state", "eq", "new")], ("store_id", "in", "1,3")
    )
    assert {order["state"] for order in open_ones["items"]} == {"processing"}
    sort = [("updated_at", "ASC"), ("entity_id", "ASC")]
    first = paas.found("/orders", size=5, page=1, sort=sort)
    second = paas.found("/orders", size=5, page=2, sort=sort)
    seen = [(order["updated_at"], order["entity_id"]) for order in first["items"] + second["items"]]
    assert seen == sorted(seen)
    assert second["search_criteria"]["current_page"] == 2
    since = seen[3][0]
    newer = paas.found("/orders", ("updated_at", "gteq", since), ("entity_id", "gt", 0))
    assert newer["total_count"] == 21 - 3
    assert paas.found("/orders", ("customer_email", "like", "VIERAS@%"))["total_count"] == 1
    assert paas.found("/orders", ("customer_id", "null", "1"))["total_count"] == 3
    assert paas.found("/orders", ("entity_id", "from", 3), ("entity_id", "to", 5))["total_count"] == 3


def test_snake_and_camel_case_and_fields(paas: Paas) -> None:
    query = {
        "searchCriteria[filterGroups][0][filters][0][field]": "increment_id",
        "searchCriteria[filterGroups][0][filters][0][value]": "000000004",
        "fields": "items[entity_id,items[sku],payment[method]],total_count",
    }
    answer = paas.get("/orders", params=query).json()
    assert set(answer) == {"items", "total_count"}
    assert set(answer["items"][0]) == {"entity_id", "items", "payment"}
    assert answer["items"][0]["payment"] == {"method": "klarna_kp"}


def test_searches_that_are_refused(paas: Paas) -> None:
    missing = paas.get("/orders")
    assert missing.status_code == 400
    assert missing.json()["parameters"] == {"fieldName": "searchCriteria"}
    for group in (("payment.po_number", "eq", "PO-1"), ("updated_at", "gteq", "2026-01-01T00:00:00Z")):
        answer = paas.get("/orders", params=criteria(group))
        assert answer.status_code == 500
        assert "Report ID" in answer.json()["message"]


def test_beyond_the_last_page(sandbox: Served, paas: Paas) -> None:
    assert paas.found("/orders", size=10, page=9) | {"search_criteria": 0} == {
        "items": [], "search_criteria": 0, "total_count": 21,
    }  # fmt: skip
    sandbox.options(legacy_paging=True)
    again = paas.found("/orders", size=10, page=9)["items"]
    assert again == paas.found("/orders", size=10, page=3)["items"]
    assert len(again) == 1
    sandbox.options(input_limits=True)
    refused = paas.get("/orders", params=criteria(size=301))
    assert refused.json() == {"message": "Maximum SearchCriteria pageSize is %max", "parameters": {"max": 300}}
    assert len(paas.found("/orders")["items"]) == 20


def test_a_corrupt_order_takes_its_page_along(sandbox: Served, paas: Paas) -> None:
    sandbox.options(corrupt_orders=[7])
    sort = [("entity_id", "ASC")]
    assert paas.get("/orders", params=criteria(size=10, sort=sort)).status_code == 500
    assert paas.get("/orders", params=criteria(size=10, page=2, sort=sort)).status_code == 200
    assert paas.get("/orders/7").status_code == 500
    assert paas.get("/orders/8").status_code == 200


def test_a_fatal_error_has_another_shape(sandbox: Served, paas: Paas) -> None:
    sandbox.options(corrupt_orders=[7], fatal_errors=True)
    answer = paas.get("/orders/7")
    (error,) = answer.json()["messages"]["error"]
    assert (answer.status_code, error["code"]) == (500, 500)
    assert error["message"].startswith("Server internal error. See details in report api/")


def test_totals_follow_from_the_rows_in_both_currencies(sandbox: Served) -> None:
    for company in ("FI", "SE"):
        act(sandbox, "place_orders", company, count=60)
    sandbox.options(tax_algorithm="row")
    act(sandbox, "place_orders", count=20)
    for company in ("FI", "SE"):
        orders = Paas(sandbox, company).found("/orders")["items"]
        assert len(orders) > 60
        for order in orders:
            for prefix in ("", "base_"):
                assert expected_total(order, prefix) == money(order[f"{prefix}grand_total"]), order["increment_id"]
            applied = order["extension_attributes"]["applied_taxes"]
            assert sum(money(tax["amount"]) for tax in applied) == money(order["tax_amount"])
            rows = sum(money(item["row_total"]) for item in counted(order))
            assert rows == money(order["subtotal"])
            assert money(order["discount_amount"]) <= 0


def test_currencies_and_taxes_by_country(paas: Paas) -> None:
    orders = {order["entity_id"]: order for order in paas.found("/orders")["items"]}
    swedish, norwegian, german = orders[6], orders[7], orders[8]
    assert (swedish["order_currency_code"], swedish["base_currency_code"]) == ("SEK", "EUR")
    assert swedish["increment_id"] == "3000000001"
    assert swedish["base_grand_total"] * 5 < swedish["grand_total"]
    assert (norwegian["order_currency_code"], norwegian["tax_amount"]) == ("NOK", 0)
    assert (german["customer_taxvat"], german["customer_group_id"], german["tax_amount"]) == ("DE811907980", 4, 0)
    assert orders[1]["items"][0]["tax_percent"] == 25.5


def test_variants_and_sets(sandbox: Served, paas: Paas) -> None:
    variant = paas.order(3)
    parent, child = variant["items"]
    assert (parent["product_type"], child["product_type"]) == ("configurable", "simple")
    assert parent["sku"] == child["sku"] == "A-001"
    assert (child["price"], child["row_total"], child["parent_item_id"]) == (0, 0, parent["item_id"])
    assert child["parent_item"]["item_id"] == parent["item_id"]
    dynamic, fixed = paas.order(4)["items"], paas.order(5)["items"]
    assert dynamic[0]["row_total"] == pytest.approx(sum(one["row_total"] for one in dynamic[1:]))
    assert fixed[0]["row_total"] > 0
    assert [one["row_total"] for one in fixed[1:]] == [0, 0]
    sandbox.options(child_price="copy")
    made = act(sandbox, "place_order", customer=101, items=[{"sku": "A-001-VAR", "qty": 1, "child": "A-0012"}])
    parent, child = paas.order(made["entity_id"])["items"]
    assert child["price"] == parent["price"] > 0
    assert child["row_total"] == 0


def test_guests_and_null_members(paas: Paas) -> None:
    guest = paas.order(3)
    assert guest["customer_is_guest"] == 1
    assert "customer_id" not in guest
    assert "ext_order_id" not in guest, "null members are left out"
    assert guest["payment"]["account_status"] is None, "but for those that the interface demands"
    assert guest["billing_address"]["street"] == ["Mannerheimintie 1"]
    assert guest["store_name"] == "Käsityöpuoti\nKäsityöpuoti Store\nSuomi"
    assert paas.found("/orders", ("entity_id", "eq", 12))["items"][0]["customer_lastname"] == "O'Korhonen"


def test_gift_cards_and_store_credit_lower_what_is_paid(paas: Paas) -> None:
    card, credit = paas.order(9), paas.order(10)
    assert card["extension_attributes"]["gift_cards_amount"] == 10
    assert card["extension_attributes"]["gift_cards"][0]["amount"] == 10
    assert (credit["grand_total"], credit["payment"]["method"]) == (0, "free")
    assert credit["extension_attributes"]["customer_balance_amount"] > 0


def test_comments_are_appended_and_move_the_order(sandbox: Served, paas: Paas) -> None:
    before = paas.order(1)
    sandbox.advance(2)
    values = {"comment": "[ERP] 1", "is_customer_notified": 0, "is_visible_on_front": 0, "parent_id": 1}
    assert paas.post("/orders/1/comments", json={"statusHistory": values}).json() is True
    listed = paas.get("/orders/1/comments").json()
    assert (listed["total_count"], listed["items"][0]["comment"]) == (1, "[ERP] 1")
    assert paas.order(1)["updated_at"] > before["updated_at"]
    assert paas.order(1)["status"] == before["status"]
    wrong = paas.post("/orders/1/comments", json={"statusHistory": {**values, "status": "pending"}})
    assert (wrong.status_code, wrong.json()["parameters"]) == (400, ["pending"])
    del values["comment"]
    assert paas.post("/orders/1/comments", json={"statusHistory": values}).status_code == 400
    unknown = paas.post("/orders/99999/comments", json={"statusHistory": {**values, "comment": "x"}})
    assert unknown.status_code == 404
    assert unknown.json()["message"].startswith("The entity that was requested doesn't exist.")


def test_the_sparse_save(sandbox: Served, paas: Paas) -> None:
    before = paas.order(1)
    sandbox.advance(2)
    answer = paas.post("/orders", json={"entity": {"entity_id": 1, "ext_order_id": 30017}})
    assert answer.status_code == 200
    assert set(answer.json()) == {"entity_id", "ext_order_id", "updated_at"}
    after = paas.order(1)
    assert after["ext_order_id"] == "30017"
    assert after["updated_at"] > before["updated_at"]
    assert after["items"] == before["items"]
    assert paas.found("/orders", ("ext_order_id", "eq", "30017"))["total_count"] == 1
    attributes = [{"attribute_code": "erp_ref", "value": "7"}]
    refused = paas.post("/orders", json={"entity": {"entity_id": 1, "custom_attributes": attributes}})
    assert refused.status_code == 400
    assert "accessor method" in refused.json()["message"]
    saas = Saas(sandbox)
    assert saas.post("/orders", json={"entity": {"entity_id": 1, "custom_attributes": attributes}}).status_code == 200
    assert saas.get("/orders/1").json()["custom_attributes"] == attributes
    assert "custom_attributes" not in paas.order(1)
    assert paas.post("/orders", json={"entity": {"increment_id": "new"}}).status_code == 400


def test_an_order_shows_only_when_it_is_committed(sandbox: Served, paas: Paas) -> None:
    sandbox.options(commit_delay=60)
    made = act(sandbox, "guest_order")
    assert paas.get(f"/orders/{made['entity_id']}").status_code == 404
    newest = paas.found("/orders", sort=[("entity_id", "DESC")])["items"][0]
    sandbox.advance(61)
    late = paas.order(made["entity_id"])
    assert late["updated_at"] >= newest["updated_at"]
    assert paas.found("/orders")["total_count"] == 22


def test_customers(sandbox: Served, paas: Paas) -> None:
    found = paas.found("/customers/search", ("email", "eq", "SINDRE.HAUGEN@post.example"))["items"]
    assert [one["lastname"] for one in found] == ["Haugen"]
    assert found[0]["addresses"][0]["country_id"] == "NO"
    assert found[0]["default_billing"] == str(found[0]["addresses"][0]["id"])
    unknown = paas.get("/customers/999")
    assert unknown.json() == {
        "message": "No such entity with %fieldName = %fieldValue",
        "parameters": {"fieldName": "customerId", "fieldValue": 999},
    }
    own = found[0]["id"]
    sandbox.advance(5)
    changed = {"id": own, "email": found[0]["email"], "firstname": "Sindre", "lastname": "Hauge", "website_id": 2}
    answer = paas.put(f"/customers/{own}", json={"customer": changed})
    assert answer.status_code == 200
    assert answer.json()["addresses"] == found[0]["addresses"], "addresses that are not named are kept"
    assert answer.json()["updated_at"] > found[0]["updated_at"]
    double = {"email": found[0]["email"], "firstname": "A", "lastname": "B", "website_id": 2}
    assert paas.post("/customers", json={"customer": double}).status_code == 400
    assert paas.post("/customers", json={"customer": {**double, "website_id": 1, "store_id": 1}}).status_code == 200


def test_an_address_edit_does_not_move_updated_at(sandbox: Served, paas: Paas) -> None:
    before = paas.get("/customers/101").json()
    sandbox.advance(5)
    act(sandbox, "change_address", customer=101, street=["Uusi katu 9"], postcode="20100")
    after = paas.get("/customers/101").json()
    assert after["addresses"][0]["street"] == ["Uusi katu 9"]
    assert after["updated_at"] == before["updated_at"]
    sandbox.options(address_moves_updated_at=True)
    act(sandbox, "change_address", customer=101, street=["Uusi katu 10"])
    assert paas.get("/customers/101").json()["updated_at"] > before["updated_at"]
    order = paas.order(1)
    billing = {**order["billing_address"], "city": "Turku"}
    assert paas.put("/orders/1", json={"entity": billing}).json()["city"] == "Turku"
    assert paas.order(1)["updated_at"] == order["updated_at"]
    act(sandbox, "delete_customer", customer=101)
    assert "customer_id" not in paas.order(1)


def test_registers(sandbox: Served, paas: Paas) -> None:
    configs = paas.get("/store/storeConfigs").json()
    assert [(c["code"], c["default_display_currency_code"]) for c in configs] == [
        ("default", "EUR"), ("sv", "EUR"), ("se", "SEK"), ("no", "NOK"),
    ]  # fmt: skip
    assert paas.get("/store/storeViews").json()[0]["code"] == "admin"
    classes = paas.found("/taxClasses/search", ("class_type", "eq", "PRODUCT"))["items"]
    product = paas.get("/products/A-001").json()
    own = next(a["value"] for a in product["custom_attributes"] if a["attribute_code"] == "tax_class_id")
    assert int(own) in {one["class_id"] for one in classes}
    assert paas.found("/customerGroups/search", ("code", "eq", "General"))["items"][0]["id"] == 1
    companies = Paas(sandbox, "SE").found("/company")["items"]
    order = Paas(sandbox, "SE").order(1)
    assert order["extension_attributes"]["company_order_attributes"]["company_name"] in {
        c["company_name"] for c in companies
    }
    assert order["payment"]["po_number"] == "PO-77"
    values = {"companyId": 1, "customAttributes": [{"attribute_code": "erp_bills", "value": "000001"}]}
    assert Paas(sandbox, "SE").post("/company/setCustomAttributes", json=values).status_code == 404
    saas = Saas(sandbox, "SE")
    assert saas.post("/company/setCustomAttributes", json=values).json() is True
    assert saas.get("/company/1").json()["custom_attributes"] == values["customAttributes"]
    assert "custom_attributes" not in Paas(sandbox, "SE").get("/company/1").json()
    sandbox.options(modules=["Magento_Store"])
    assert Paas(sandbox, "SE").get("/company", params=criteria()).status_code == 404


def test_a_saved_state_is_taken_up_again() -> None:
    settings = Settings(systems=frozenset({"adobe"}))
    first, second = Sandbox(settings), Sandbox(settings)
    first.systems["adobe"].perform("place_orders", {"company": "FI", "count": 3})
    second.load(msgspec.json.decode(msgspec.json.encode(first.dump())))
    assert second.dump() == first.dump()
    made = [one.systems["adobe"].perform("guest_order", {"company": "FI"}) for one in (first, second)]
    assert made[0] == made[1]


def test_the_same_seed_gives_the_same_shop(sandbox: Served, paas: Paas) -> None:
    before = paas.found("/orders")
    sandbox.reset()
    assert Paas(sandbox).found("/orders") == before
