"""The shops of Adobe Commerce and the books of Visma.net are of one world: what one sells, the other can take."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from integrations.sandbox.assembly import Settings
from integrations.sandbox.main import running
from integrations.sandbox.server import SandboxServer
from tests.integrations.sandbox.adobe_client import Paas
from tests.integrations.sandbox.conftest import VismaClient
from tests.integrations.sandbox.served import Served
from tests.integrations.sandbox.test_adobe_orders import counted, money

Json = dict[str, Any]


@pytest.fixture(scope="module")
def both() -> Iterator[SandboxServer]:
    with running(Settings(systems=frozenset({"adobe", "visma"}))) as server:
        yield server


def test_customers_of_the_shop_are_those_of_the_books(both: SandboxServer) -> None:
    for company in ("FI", "SE"):
        visma = VismaClient(both, company)
        customers = Paas(Served(both.url, "adobe"), company).found("/customers/search", ("entity_id", "lt", 10_000))
        assert customers["total_count"] > 5
        for customer in customers["items"]:
            email = customer["email"].removeprefix(f"{customer['id']}.")
            found = visma.get("/v1/customer", params={"email": email}).json()
            assert found, customer["email"]
            if customer.get("taxvat"):
                assert customer["taxvat"] in {one["vatRegistrationId"] for one in found}


def test_skus_are_item_numbers(both: SandboxServer) -> None:
    for company in ("FI", "SE"):
        visma = VismaClient(both, company)
        numbers = {one["inventoryNumber"] for one in visma.get("/v1/inventory?pageSize=500").json()}
        products = Paas(Served(both.url, "adobe"), company).found("/products")["items"]
        own = {one["sku"] for one in products if one["type_id"] in {"simple", "virtual"}}
        assert own <= numbers
        assert {one["sku"] for one in products} - own == {
            "A-001-VAR", "A-002-VAR", "A-003-VAR", "SET-DYN", "SET-FIX", "GIFT-50",
        }  # fmt: skip


@pytest.mark.parametrize("company", ["FI", "SE"])
def test_orders_become_invoices_of_the_same_total(both: SandboxServer, company: str) -> None:
    visma = VismaClient(both, company)
    codes = {Decimal(str(rate.rate)): rate.vat_id for rate in visma.company.vat_rates}
    exempt = codes[Decimal(0)]
    for order in Paas(Served(both.url, "adobe"), company).found("/orders", ("state", "in", "processing,complete"))[
        "items"
    ]:
        lines = [(codes[money(item["tax_percent"])], _net(item)) for item in counted(order)]
        standard = codes[max(codes)] if order["shipping_tax_amount"] else exempt
        lines.append((standard, money(order["shipping_amount"])))
        extensions = order["extension_attributes"]
        lines += [(exempt, -money(extensions.get(f"{n}_amount"))) for n in ("gift_cards", "customer_balance")]
        probe = _posted(visma, order, lines)
        rounding = money(order["grand_total"]) - money(probe["amountInCurrency"])
        assert abs(rounding) <= Decimal("0.03"), order["increment_id"]
        invoice = _posted(visma, order, [*lines, (exempt, rounding)])
        assert money(invoice["amountInCurrency"]) == money(order["grand_total"])
        assert invoice["currencyId"] == order["order_currency_code"]


def _net(item: Json) -> Decimal:
    """A row without tax and after its discount."""
    compensation, discount = money(item["discount_tax_compensation_amount"]), money(item["discount_amount"])
    return money(item["row_total"]) + compensation - discount


def _posted(visma: VismaClient, order: Json, lines: list[tuple[str, Decimal]]) -> Json:
    def wrapped(value: Any) -> Json:
        return {"value": value}

    body = {
        "customerNumber": wrapped("10001"),
        "currencyId": wrapped(order["order_currency_code"]),
        "customerVatZoneId": wrapped("01"),
        "invoiceLines": [
            {
                "operation": "Insert",
                "description": wrapped("Row"),
                "quantity": wrapped(1),
                "vatCodeId": wrapped(code),
                "manualAmountInCurrency": wrapped(float(amount)),
            }
            for code, amount in lines
            if amount
        ],
    }
    answer = visma.post("/v2/customerinvoice", json=body)
    assert answer.status_code == 201, answer.text
    return dict(visma.get(answer.headers["Location"].removeprefix(visma.base)).json())
