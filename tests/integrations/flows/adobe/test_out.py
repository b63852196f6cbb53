"""What the shop's people see of the books: comments on orders, and what is compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django_scopes import scopes_disabled

from integrations.actions.naming import NameForm, NameIt
from integrations.models import Delivery, State
from integrations.sandbox.adobe.access import MODULES as USUAL
from integrations.services import deliveries
from portal.common.clock import db_now
from tests.integrations.flows.adobe.conftest import Shop
from tests.support.simulators import Simulators

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]


def test_what_becomes_of_an_invoice_is_a_comment_on_its_order_each_time(shop: Shop, settle: Settle) -> None:
    made = shop.order()
    settle()
    settle()  # the invoice is read again, as it is now
    number = shop.document(made)["referenceNumber"]
    told = [c for c in shop.comments(made) if c.startswith(f"[ERP-AR visma:{number}")]
    assert len(told) == 1
    assert "Open" in told[0]
    company = shop.world.company
    paid = {"status": "Closed", "balance": 0.0, "balanceInCurrency": 0.0}
    shop.world.simulators.mutate("customerinvoice", f"{company}/{number}", paid)
    settle()
    told = [c for c in shop.comments(made) if c.startswith(f"[ERP-AR visma:{number}")]
    assert [c.partition(" rev:")[2][:1] for c in told] == ["1", "2"]
    assert "0.00 of" in told[-1]
    before = len(shop.deliveries("customer-invoices"))
    settle()
    assert len(shop.deliveries("customer-invoices")) == before
    assert shop.troubles() == []


def buy_for(shop: Shop, purchase: str, web_order: str) -> None:
    shop.world.simulators.mutate("purchaseorder", f"{shop.world.company}/{purchase}", {"supplierRef": web_order})


def test_a_supplier_invoice_is_told_on_the_order_that_was_bought_for(shop: Shop, settle: Settle) -> None:
    made = shop.order()
    settle()
    buy_for(shop, "500001", made["increment_id"])
    settle()
    invoice = f"{shop.world.company}/Invoice/000001"
    shop.world.simulators.mutate("supplierInvoice", invoice, {"description": "Checked"})
    settle()
    [comment] = [c for c in shop.comments(made) if c.startswith("[ERP-AP")]
    assert comment.startswith("[ERP-AP visma:Invoice/000001 rev:1]")
    assert "PO 500001" in comment
    assert "281.62 EUR" in comment
    shop.world.simulators.mutate("supplierInvoice", invoice, {"status": "Voided"})
    settle()
    told = [c for c in shop.comments(made) if c.startswith("[ERP-AP")]
    assert len(told) == 2
    assert "Voided" in told[-1]
    [kept] = shop.deliveries("purchase-orders", state="delivered")
    assert made["increment_id"] in kept.reason


def checked(shop: Shop) -> None:
    """Somebody saves the supplier invoice of purchase order 500001."""
    invoice = f"{shop.world.company}/Invoice/000001"
    shop.world.simulators.mutate("supplierInvoice", invoice, {"description": "Checked"})


def test_a_supplier_invoice_of_no_known_order_waits_until_a_person_picks_the_order(shop: Shop, settle: Settle) -> None:
    made = shop.order()
    checked(shop)
    settle()
    [waiting] = shop.deliveries("supplier-invoices")
    assert waiting.waits_for == "order-of-purchase 500001"
    assert any("500001" in said for said in shop.issues())
    with scopes_disabled():
        shown = NameIt().initial(Delivery.objects.filter(pk=waiting.pk))
        form = NameForm(initial=shown)
        assert made["increment_id"] in str(form["target_id"])
        assert "The order of the shop" in str(form["target_id"].label)
        with pytest.raises(deliveries.ReplayRefused, match="the number 99"):
            deliveries.say_what_it_is(waiting.pk, target_id="99", actor=None, reason="I guess.")
        number = made["increment_id"]
        deliveries.say_what_it_is(waiting.pk, target_id=number, actor=None, reason="The buyer says so.")
    settle()
    assert [c for c in shop.comments(made) if c.startswith("[ERP-AP visma:Invoice/000001")]
    assert shop.troubles() == []
    assert shop.issues() == []


def of_two_purchases(shop: Shop) -> None:
    """The supplier invoice of purchase order 500001 has a line of 500002, too."""
    [found] = [
        row["body"]
        for row in shop.world.simulators.rows("visma", "supplierInvoice")
        if row["key"] == f"{shop.world.company}/Invoice/000001"
    ]
    lines = found["invoiceLines"]
    more = {**lines[0], "poNumber": "500002", "lineNumber": 99}
    shop.world.simulators.mutate(
        "supplierInvoice", f"{shop.world.company}/Invoice/000001", {"invoiceLines": [*lines, more]}
    )


def told_of(shop: Shop, made: dict[str, Any]) -> list[str]:
    return [c.partition("]")[0] for c in shop.comments(made) if c.startswith("[ERP-AP")]


def test_a_supplier_invoice_of_two_purchases_is_told_on_both_orders(shop: Shop, settle: Settle) -> None:
    orders = [shop.order(), shop.order()]
    settle()
    for purchase, made in zip(("500001", "500002"), orders, strict=True):
        buy_for(shop, purchase, made["increment_id"])
    settle()
    of_two_purchases(shop)
    settle()
    assert shop.troubles() == []
    assert shop.issues() == []
    assert [told_of(shop, made) for made in orders] == [["[ERP-AP visma:Invoice/000001 rev:1"]] * 2


def test_the_order_that_is_known_is_told_and_the_other_purchase_is_listed_once(shop: Shop, settle: Settle) -> None:
    known, late = shop.order(), shop.order()
    settle()
    buy_for(shop, "500001", known["increment_id"])
    settle()
    of_two_purchases(shop)
    settle()
    settle()
    assert shop.troubles() == []
    assert told_of(shop, known) == ["[ERP-AP visma:Invoice/000001 rev:1"]
    [said] = [one for one in shop.issues() if "500002" in one]
    assert "500001" not in said
    buy_for(shop, "500002", late["increment_id"])
    settle()
    [delivered] = shop.deliveries("supplier-invoices", state="delivered")
    with scopes_disabled():
        deliveries.force(delivered.pk, actor=None, reason="Its order is known now.")
    settle()
    assert shop.troubles() == []
    assert told_of(shop, known) == ["[ERP-AP visma:Invoice/000001 rev:1"]
    assert told_of(shop, late) == ["[ERP-AP visma:Invoice/000001 rev:2"]


MODULES = ["Magento_CustomAttributeSerializable", "Magento_CustomAttributeSerializableB2b"]


SERVICE = {
    "auth": "ims",
    "base_url": "${SANDBOX_URL}/adobe/accs/nordlogistiktenant0000",
    "ims_url": "${SANDBOX_URL}/adobe/ims/token/v3",
    "client_id": "ims-nordlogistik",
    "client_secret": "sandbox-nordlogistik-ims-secret",
    "org_id": "NORDLOGISTIK000000000000@AdobeOrg",
}


def attribute(row: dict[str, Any], code: str) -> str:
    return next((a["value"] for a in row.get("custom_attributes") or () if a["attribute_code"] == code), "")


@pytest.mark.parametrize("saving", ["merge", "replace"])
def test_attributes_list_the_documents_of_an_order_where_the_shop_has_them(
    make_shop: Callable[..., Shop], settle: Settle, sandbox: Simulators, saving: str
) -> None:
    sandbox.options("adobe", modules=[*USUAL, *MODULES], custom_attributes_merge=saving)
    both = {"told_as": "both"}
    shop = make_shop(
        flows={"supplier-invoices": both, "customer-invoices": {"told_as": "attribute", "attribute": "erp_status"}},
        modules=MODULES,
    )
    made = shop.order()
    settle()
    buy_for(shop, "500001", made["increment_id"])
    settle()
    checked(shop)
    settle()
    settle()
    stored, number = shop.stored(made), shop.document(made)["referenceNumber"]
    assert attribute(stored, "erp_supplier_invoices") == "Invoice/000001 Open 281.62 EUR PO 500001"
    assert attribute(stored, "erp_status").startswith(f"{number} Open ")
    assert [c.partition(" ")[0] for c in shop.comments(made)] == ["[ERP-AP"]
    shop.world.simulators.mutate("supplierInvoice", f"{shop.world.company}/Invoice/000001", {"status": "Voided"})
    settle()
    assert attribute(shop.stored(made), "erp_supplier_invoices") == "Invoice/000001 Voided 281.62 EUR PO 500001"
    posted = len(shop.deliveries("orders"))
    settle()
    assert len(shop.deliveries("orders")) == posted, "what is written to an order is no news of it"
    assert shop.troubles() == []


def test_without_the_module_it_is_a_comment_all_the_same(make_shop: Callable[..., Shop], settle: Settle) -> None:
    shop = make_shop(flows={"customer-invoices": {"told_as": "attribute"}})
    made = shop.order()
    settle()
    settle()
    assert [c.partition(" ")[0] for c in shop.comments(made)] == ["[ERP-AR"]


def test_what_belongs_to_no_known_order_may_go_to_a_company(
    make_shop: Callable[..., Shop], settle: Settle, sandbox: Simulators
) -> None:
    """The shop is one of companies, as a Cloud Service."""
    company = next(row for row in sandbox.rows("adobe", "companies") if row["key"].startswith("SE/"))
    own = company["body"]["id"]
    shop = make_shop(flows={"supplier-invoices": {"company": str(own)}}, **SERVICE)
    checked(shop)
    settle()
    there = next(row["body"] for row in sandbox.rows("adobe", "companies") if row["key"] == company["key"])
    assert attribute(there, "erp_supplier_invoices").startswith("Invoice/000001 Open 281.62 EUR")
    assert shop.troubles() == []
    assert shop.issues() == []


def test_a_table_says_which_order_it_is(make_shop: Callable[..., Shop], settle: Settle) -> None:
    shop = make_shop(past=False, flows={"supplier-invoices": {"orders_of_purchases": {"500001": "000000004"}}})
    settle(seconds=120)
    with scopes_disabled():  # some minutes later: what was read before the orders looks again
        Delivery.objects.filter(state=State.PENDING).update(not_before=db_now())
    settle()
    orders = {o["increment_id"]: o for o in shop.rows("orders")}
    assert any(c.startswith("[ERP-AP visma:Invoice/000001") for c in shop.comments(orders["000000004"]))


def test_customers_are_compared_and_nothing_is_written(shop: Shop, settle: Settle) -> None:
    made = shop.order()
    settle()
    number = shop.document(made)["customer"]["number"]
    shop.world.simulators.mutate("customer", f"{shop.world.company}/{number}", {"name": "Renamed Here"})
    settle()
    compared = shop.deliveries("visma-customers", state="delivered")
    assert "Renamed Here" in compared[-1].reason
    assert shop.troubles() == []
