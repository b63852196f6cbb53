"""Orders of the shop, from the shop's simulator to the books' and back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django_scopes import scopes_disabled

from integrations.engine.operations import claim_operation, work_on
from integrations.engine.sessions import Sessions
from integrations.flows.adobe_in import sales
from integrations.flows.contract import Captured, Needs, NotYet
from integrations.flows.registry import flow_spec
from integrations.models import Delivery, Flow, Link, Operation, State
from integrations.services import operations
from portal.common.clock import db_now
from tests.integrations.flows.adobe.conftest import PAIR, Shop, money

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]


def test_an_order_is_a_released_invoice_of_its_customer_and_knows_its_number(shop: Shop, settle: Settle) -> None:
    made = shop.order()
    settle()
    assert shop.troubles() == []
    invoice = shop.document(made)
    assert money(invoice["amountInCurrency"]) == money(made["grand_total"])
    assert (invoice["status"], invoice["documentType"], invoice["currencyId"]) == ("Open", "Invoice", made["currency"])
    assert shop.stored(made)["ext_order_id"] == invoice["referenceNumber"]
    known = {d.target_id for d in shop.deliveries("customers", record__source_id="101")}
    assert known == {invoice["customer"]["number"]}
    customers = {c["number"]: c for c in shop.rows("customer", system="visma")}
    assert not customers[invoice["customer"]["number"]]["accountReference"], "the books had it before"


BASKETS: tuple[dict[str, Any], ...] = (
    {"items": [{"sku": "SET-DYN", "qty": 2}]},
    {"items": [{"sku": "SET-FIX", "qty": 1}]},
    {"items": [{"sku": "A-001", "qty": 3}, {"sku": "A-004", "qty": 1}], "discount_percent": 15},
    {"items": [{"sku": "A-001", "qty": 3}], "discount_amount": 5, "shipping_discount": 1},
    {"items": [{"sku": "A-004", "qty": 1}], "gift_card": 20},
    {"store": "se", "items": [{"sku": "A-001", "qty": 7}], "discount_percent": 7},
    {"store": "no", "items": [{"sku": "A-007", "qty": 3}]},
    {"items": [{"sku": "GIFT-50", "qty": 1}]},
    {
        "store": "se",
        "fees": [
            {"code": "app::handling", "label": "Handling", "amount": 2.5},
            {"code": "app::club", "label": "Club discount", "amount": -0.75},
        ],
    },
)


@pytest.mark.parametrize("algorithm", ["total", "row", "unit"])
def test_whatever_is_sold_the_books_come_to_what_the_shop_asks_for(shop: Shop, settle: Settle, algorithm: str) -> None:
    shop.world.simulators.options("adobe", tax_algorithm=algorithm)
    orders = [shop.order(**values) for values in BASKETS]
    settle()
    assert shop.troubles() == []
    assert [money(shop.document(o)["amountInCurrency"]) for o in orders] == [money(o["grand_total"]) for o in orders]
    assert {shop.document(made)["status"] for made in orders} == {"Open"}


def test_guests_of_one_address_are_one_customer(shop: Shop, settle: Settle) -> None:
    orders = [shop.act("guest_order", email="Anna@example.fi") for _ in range(2)]
    settle()
    assert shop.troubles() == []
    numbers = {shop.document(made)["customer"]["number"] for made in orders}
    assert len(numbers) == 1
    stamped = [c for c in shop.rows("customer", system="visma") if "guest" in (c.get("accountReference") or "")]
    assert [c["number"] for c in stamped] == list(numbers)


def test_guests_who_share_an_address_are_not_mixed_up(shop: Shop, settle: Settle) -> None:
    """Two companies of one buyer are two customers; a second name changes nothing of the first, and people are told."""
    companies = [
        shop.act("guest_order", email="osto@example.fi", guest={"company": f"Yritys {n} Oy", "vat_id": f"FI2000000{n}"})
        for n in (1, 2, 1)
    ]
    people = [
        shop.act("guest_order", email="koti@example.fi", guest={"firstname": name, "lastname": "Koti", "city": city})
        for name, city in (("Aino", "Turku"), ("Otso", "Oulu"))
    ]
    settle()
    assert shop.troubles() == []
    customers = {c["number"]: c for c in shop.rows("customer", system="visma")}
    bought = [customers[shop.document(made)["customer"]["number"]] for made in (*companies, *people)]
    assert [c["name"] for c in bought] == ["Yritys 1 Oy", "Yritys 2 Oy", "Yritys 1 Oy", "Aino Koti", "Aino Koti"]
    assert [c["vatRegistrationId"] for c in bought[:3]] == ["FI20000001", "FI20000002", "FI20000001"]
    assert bought[3]["mainAddress"]["city"] == "Turku"
    [told] = shop.issues()
    assert "Aino Koti" in told
    assert "Otso Koti" in told


def test_an_order_whose_customer_was_deleted_waits_for_nobody(shop: Shop, settle: Settle) -> None:
    """It says that it is no guest's, and names nobody. One that was posted keeps the customer that it was posted to."""
    posted = shop.order(customer=10002)
    settle()
    made = shop.order(customer=10001)
    for number in (10001, 10002):
        shop.act("delete_customer", customer=number)
    shop.act("comment", order=posted["increment_id"], comment="Packed")
    stored = shop.stored(made)
    assert (stored["customer_is_guest"], stored["customer_id"]) == (0, None)
    settle()
    assert shop.troubles() == []
    invoice = shop.document(made)
    customers = {c["number"]: c["accountReference"] or "" for c in shop.rows("customer", system="visma")}
    assert customers[invoice["customer"]["number"]].startswith("shop:guest:")
    assert [one for one in customers.values() if one.startswith("shop:guest:")] == [
        customers[invoice["customer"]["number"]]
    ], "nobody was made for the order that was posted"
    assert customers[shop.document(posted)["customer"]["number"]] == "shop:customer:10002"


def test_a_guest_who_types_the_number_of_a_customer_of_the_books_changes_nothing_there(
    make_shop: Any, settle: Settle
) -> None:
    """Not even where fields of registered customers follow the shop; and people are told, once."""
    everything = ["name", "email", "phone", "vat_number", "address"]
    shop = make_shop(flows={"customers": {"matched_fields": everything}})
    there = {c["number"]: c for c in shop.rows("customer", system="visma")}
    before = next(c for c in there.values() if c["vatRegistrationId"] and c["status"] == "Active")
    guest = {"firstname": "Eve", "lastname": "Outo", "vat_id": before["vatRegistrationId"], "city": "Turku"}
    orders = [shop.act("guest_order", email="eve@example.fi", guest=guest) for _ in range(2)]
    settle()
    assert shop.troubles() == []
    assert {shop.document(made)["customer"]["number"] for made in orders} == {before["number"]}
    assert {c["number"]: c for c in shop.rows("customer", system="visma")} == there
    [said] = [one for one in shop.issues() if before["number"] in one]
    assert before["name"] in said
    assert "Eve Outo" in said
    assert all(before["number"] in d.reason for d in shop.deliveries("guests"))


def test_only_what_is_sold_is_posted_and_what_was_cancelled_before_is_not(shop: Shop, settle: Settle) -> None:
    waiting = shop.order(payment="banktransfer")
    authorised = shop.order(payment="klarna_kp")
    shop.act("hold", order=authorised["increment_id"])
    gone = shop.order(payment="klarna_kp")
    shop.act("cancel", order=gone["increment_id"])
    settle()
    assert shop.troubles() == []
    assert [len(shop.documents(f"shop:{o['entity_id']}")) for o in (waiting, authorised, gone)] == [0, 0, 0]
    shop.act("pay", order=waiting["increment_id"])
    shop.act("unhold", order=authorised["increment_id"])
    settle()
    assert [len(shop.documents(f"shop:{o['entity_id']}")) for o in (waiting, authorised, gone)] == [1, 1, 0]
    assert shop.troubles() == []


def test_an_order_that_is_held_while_it_waits_is_posted_when_it_is_released(
    make_shop: Callable[..., Shop], settle: Settle
) -> None:
    shop = make_shop(flows={"guests": None})
    made = shop.act("guest_order", email="bo@example.fi", payment="klarna_kp")
    settle()
    [waiting] = shop.deliveries("orders", operation="send")
    assert waiting.state == "pending"
    shop.act("hold", order=made["increment_id"])
    settle()
    customer = shop.rows("customer", system="visma")[0]["number"]
    with scopes_disabled():  # its customer is known by now, and it looks again
        link = {"entity": "shop-guest", "source_id": str(made["entity_id"]), "target_id": customer}
        link |= {"tenant_id": waiting.tenant_id, "integration_id": waiting.integration_id, "created_at": db_now()}
        Link.objects.create(**link, one_to_one=False)
        Delivery.objects.filter(pk=waiting.pk).update(not_before=db_now())
    settle()
    assert shop.troubles() == []
    assert not shop.documents(f"shop:{made['entity_id']}")
    [waiting] = shop.deliveries("orders", operation="send")
    assert (waiting.state, "holded" in waiting.reason) == ("no_effect", True)
    shop.act("unhold", order=made["increment_id"])
    settle()
    shop.act("comment", order=made["increment_id"], comment="Packed")
    settle()
    assert shop.troubles() == []
    assert money(shop.document(made)["amountInCurrency"]) == money(made["grand_total"])


@pytest.mark.parametrize("state", ["holded", "pending_payment", "payment_review"])
def test_what_is_not_sold_yet_is_never_posted(state: str) -> None:
    """Not even where it was ticked in an earlier release."""
    setting = next(s for s in flow_spec(f"{PAIR}.orders").settings if s.name == "states")
    assert state not in dict(setting.choices)
    seen = Captured(source_id="1", status=state, kind="guest-1", business_number="1", problem="")
    for key in ("orders", "guests"):
        assert flow_spec(f"{PAIR}.{key}").accepts(seen, {"states": ["processing", state]}) == NotYet(state)


def link_anew(shop: Shop) -> None:
    """The shop's customers are all another customer of the books from now on."""
    with scopes_disabled():
        links = Link.objects.filter(entity="shop-customer")
        mine = {link.target_id for link in links}
        other = next(c["number"] for c in shop.rows("customer", system="visma") if c["number"] not in mine)
        assert links.update(target_id=other)


def test_an_order_that_is_cancelled_after_it_was_posted_is_taken_back_once(shop: Shop, settle: Settle) -> None:
    made = shop.order(payment="klarna_kp")
    settle()
    # Its day lies in a closed period by now, and its customer was linked to another.
    key, long_ago = f"{shop.world.company}/{made['entity_id']}", {"created_at": "2026-01-03 10:00:00"}
    shop.world.simulators.mutate("orders", key, long_ago, system="adobe")
    link_anew(shop)
    shop.act("cancel", order=made["increment_id"])
    settle()
    settle()
    assert shop.troubles() == []
    [note] = shop.documents(f"shop:cancelled:{made['entity_id']}")
    assert (note["documentType"], note["status"]) == ("CreditNote", "Open")
    assert note["documentDate"][:7] != "2026-01"
    assert note["customer"]["number"] == shop.document(made)["customer"]["number"]
    assert money(note["amountInCurrency"]) == money(shop.document(made)["amountInCurrency"])
    assert shop.stored(made)["ext_order_id"] == shop.document(made)["referenceNumber"]


def invoiced_in_part_and_cancelled(shop: Shop, made: dict[str, Any]) -> Decimal:
    """What was cancelled. The order goes on in the shop, and its grand total stays."""
    shop.act("invoice", order=made["increment_id"], items=[{"sku": "A-001", "qty": 1}])
    shop.act("cancel", order=made["increment_id"])
    stored = shop.stored(made)
    assert stored["state"] == "processing"
    return money(stored["total_canceled"])


def test_an_order_of_which_the_rest_was_cancelled_before_is_for_a_person(shop: Shop, settle: Settle) -> None:
    made = shop.order(payment="klarna_kp", items=[{"sku": "A-001", "qty": 4}])
    rest = invoiced_in_part_and_cancelled(shop, made)
    settle()
    assert not shop.documents(f"shop:{made['entity_id']}")
    [said] = [one for one in shop.issues() if "cancelled in the shop" in one]
    assert str(rest.normalize()) in said
    assert "before" in said


def test_the_rest_that_is_cancelled_after_is_credited_once(shop: Shop, settle: Settle) -> None:
    since = db_now() - dt.timedelta(seconds=2)
    carts = ({"items": [{"sku": "A-001", "qty": 4}, {"sku": "SET-DYN", "qty": 1}]}, {"store": "se"})
    orders = [shop.order(**{"payment": "klarna_kp", "items": [{"sku": "A-001", "qty": 4}], **cart}) for cart in carts]
    settle()
    rests = [invoiced_in_part_and_cancelled(shop, made) for made in orders]
    settle()
    for made, rest in zip(orders, rests, strict=True):
        shop.act("ship", order=made["increment_id"], items=[{"sku": "A-001", "qty": 1}])
        shop.act("credit_memo", order=made["increment_id"], items=[{"sku": "A-001", "qty": 1}])
        settle()
        assert (shop.troubles(), shop.issues()) == ([], [])
        [note] = shop.documents(f"shop:cancelled:{made['entity_id']}")
        assert (note["documentType"], note["status"]) == ("CreditNote", "Open")
        assert money(note["amountInCurrency"]) == rest
        invoice = shop.document(made)
        assert note["customer"]["number"] == invoice["customer"]["number"]
        assert {line["vatCode"]["id"] for line in note["invoiceLines"] if line["amountInCurrency"] > 1} <= {
            line["vatCode"]["id"] for line in invoice["invoiceLines"]
        }
        assert shop.stored(made)["ext_order_id"] == invoice["referenceNumber"]
        with scopes_disabled():
            link = Link.objects.get(entity="shop-order", source_id=str(made["entity_id"]))
        assert link.target_id == invoice["referenceNumber"], "what takes it back names the invoice"
        [memo] = [m for m in shop.rows("creditmemos") if str(m["order_id"]) == str(made["entity_id"])]
        [refund] = shop.documents(f"shop:creditmemo:{memo['entity_id']}")
        sold = money(invoice["amountInCurrency"]) - money(note["amountInCurrency"])
        assert money(refund["amountInCurrency"]) == sold, "the piece that was invoiced is given back"
    found = operations.reconciled_lines(reconciled(shop, "orders", since))
    assert {line["kind"] for line in found if line["counts_here"]} == {"same"}
    assert differences_of(found) == {Decimal(0)}


def test_a_rest_that_the_shop_does_not_say_to_the_cent_is_for_a_person_once(shop: Shop, settle: Settle) -> None:
    """What of a gift card is left, it does not say. When the order goes on, nobody is asked a second time."""
    made = shop.order(payment="klarna_kp", items=[{"sku": "A-001", "qty": 4}], gift_card=5)
    settle()
    rest = invoiced_in_part_and_cancelled(shop, made)
    settle()
    [told] = shop.deliveries("orders", operation="send", state="no_effect")
    assert told.issue is not None
    assert str(rest.normalize()) in told.reason
    for part in ("3 of 4 A-001", shop.document(made)["referenceNumber"], str(rest.normalize())):
        assert part in told.issue.remedy
    shop.act("ship", order=made["increment_id"], items=[{"sku": "A-001", "qty": 1}])
    settle()
    again = shop.deliveries("orders", operation="send", state="no_effect")
    assert [one.issue for one in again if one.pk != told.pk] == [None]
    assert not shop.documents(f"shop:cancelled:{made['entity_id']}")


def refunded_and_cancelled(shop: Shop, made: dict[str, Any]) -> None:
    """One piece is invoiced and given back, the rest is cancelled: so the shop calls the order cancelled."""
    shop.act("invoice", order=made["increment_id"], items=[{"sku": "A-001", "qty": 1}])
    shop.act("credit_memo", order=made["increment_id"])
    shop.act("cancel", order=made["increment_id"])
    assert shop.stored(made)["state"] == "canceled"


def test_of_a_cancelled_order_what_was_refunded_is_not_credited_again(shop: Shop, settle: Settle) -> None:
    made = shop.order(payment="klarna_kp", items=[{"sku": "A-001", "qty": 4}])
    settle()
    refunded_and_cancelled(shop, made)
    settle()
    shop.act("comment", order=made["increment_id"], comment="Packed away")
    settle()
    assert (shop.troubles(), shop.issues()) == ([], [])
    [memo] = [m for m in shop.rows("creditmemos") if str(m["order_id"]) == str(made["entity_id"])]
    [refund] = shop.documents(f"shop:creditmemo:{memo['entity_id']}")
    [note] = shop.documents(f"shop:cancelled:{made['entity_id']}")
    assert (note["documentType"], note["status"]) == ("CreditNote", "Open")
    assert money(refund["amountInCurrency"]) == money(memo["grand_total"])
    credited = money(refund["amountInCurrency"]) + money(note["amountInCurrency"])
    assert credited == money(shop.document(made)["amountInCurrency"])


def test_a_cancelled_order_keeps_the_number_of_its_invoice(shop: Shop, settle: Settle) -> None:
    """Credit memos of the order find its invoice by that."""
    made = shop.order(payment="klarna_kp")
    settle()
    shop.act("cancel", order=made["increment_id"])
    settle()
    assert shop.documents(f"shop:cancelled:{made['entity_id']}")
    with scopes_disabled():
        link = Link.objects.get(entity="shop-order", source_id=str(made["entity_id"]))
    assert link.target_id == shop.document(made)["referenceNumber"]


def test_a_cancelled_order_that_was_refunded_in_part_is_for_a_person_where_its_rest_is_not_clear(
    shop: Shop, settle: Settle
) -> None:
    made = shop.order(payment="klarna_kp", items=[{"sku": "A-001", "qty": 4}], gift_card=5)
    settle()
    refunded_and_cancelled(shop, made)
    stored = shop.stored(made)
    settle()
    assert not shop.documents(f"shop:cancelled:{made['entity_id']}")
    [said] = [one for one in shop.issues() if "cancelled in the shop" in one]
    assert str((money(stored["grand_total"]) - money(stored["total_invoiced"])).normalize()) in said
    shop.act("comment", order=made["increment_id"], comment="Packed away")
    settle()
    assert len([one for one in shop.issues() if "cancelled in the shop" in one]) == 1


def test_what_was_invoiced_and_not_paid_is_no_part_of_the_rest(shop: Shop, settle: Settle) -> None:
    """What the shop calls cancelled is what was not paid."""
    carts: tuple[dict[str, Any], ...] = ({}, {"gift_card": 5})
    clear, unclear = [shop.order(payment="klarna_kp", items=[{"sku": "A-001", "qty": 4}], **cart) for cart in carts]
    settle()
    rests = []
    for made in (clear, unclear):
        shop.act("invoice", order=made["increment_id"], items=[{"sku": "A-001", "qty": 1}], paid=False)
        shop.act("cancel", order=made["increment_id"])
        stored = shop.stored(made)
        rests.append(money(stored["grand_total"]) - money(stored["total_invoiced"]))
        assert money(stored["total_canceled"]) == money(stored["grand_total"]) > rests[-1]
    settle()
    assert shop.troubles() == []
    [note] = shop.documents(f"shop:cancelled:{clear['entity_id']}")
    assert money(note["amountInCurrency"]) == rests[0]
    [said] = [one for one in shop.issues() if "cancelled in the shop" in one]
    assert unclear["increment_id"] in said
    assert f"{rests[1].normalize():f} EUR" in said


def test_an_edited_order_is_sold_once(shop: Shop, settle: Settle) -> None:
    made = shop.order(payment="klarna_kp")
    settle()
    edited = shop.act("edit_order", order=made["increment_id"], items=[{"sku": "A-001", "qty": 5}])
    settle()
    settle()
    assert shop.troubles() == []
    [back] = shop.documents(f"shop:cancelled:{made['entity_id']}")
    sold = sum(money(d["amountInCurrency"]) for d in (shop.document(made), shop.document(edited)))
    assert sold - money(back["amountInCurrency"]) == money(edited["grand_total"])


def test_an_edited_order_waits_while_the_one_it_replaces_still_stands(shop: Shop, settle: Settle) -> None:
    """The shop cancels the old order and makes the new one in two steps: in between, both stand."""
    made = shop.order(payment="klarna_kp")
    settle()
    edited = shop.act("edit_order", order=made["increment_id"], items=[{"sku": "A-001", "qty": 5}])
    shop.act("set_status", order=made["increment_id"], state="processing")
    settle()
    [waiting] = shop.deliveries("orders", business_number=edited["increment_id"], operation="send")
    assert (waiting.state, waiting.waits_for) == ("pending", f"replaced-order {made['entity_id']}")
    assert made["increment_id"] in waiting.reason
    assert not shop.documents(f"shop:{edited['entity_id']}")
    shop.act("set_status", order=made["increment_id"], state="canceled")
    settle()
    with scopes_disabled():  # ten minutes later it looks again
        Delivery.objects.filter(pk=waiting.pk, state=State.PENDING).update(not_before=db_now())
    settle()
    assert shop.troubles() == []
    [back] = shop.documents(f"shop:cancelled:{made['entity_id']}")
    sold = sum(money(d["amountInCurrency"]) for d in (shop.document(made), shop.document(edited)))
    assert sold - money(back["amountInCurrency"]) == money(edited["grand_total"])


def test_an_edited_order_waits_for_one_that_was_never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read later, the order that it replaces would be posted too."""
    known: dict[str, Any] = {"record": None, "link": ""}
    monkeypatch.setattr(sales, "newest", lambda *_: known["record"])
    monkeypatch.setattr(sales, "linked", lambda *_: known["link"])
    edited: Any = SimpleNamespace(replaces="17")
    job: Any = None
    with pytest.raises(Needs) as missing:
        sales._wait_for_the_replaced(job, edited)
    assert missing.value.key == "shop-order 17"  # of the flow of orders, which is asked for it then
    known["link"] = "100123"
    sales._wait_for_the_replaced(job, edited)
    known |= {"record": SimpleNamespace(status="processing", business_number="000000017"), "link": ""}
    with pytest.raises(Needs, match="to be cancelled"):
        sales._wait_for_the_replaced(job, edited)
    known["record"] = SimpleNamespace(status="canceled")
    sales._wait_for_the_replaced(job, edited)


def test_a_refund_is_a_credit_note_and_an_invoice_of_the_shop_a_reference(shop: Shop, settle: Settle) -> None:
    fee = {"code": "app::handling", "label": "Handling", "amount": 2.5, "last_credit_memo": False}
    made = shop.order(items=[{"sku": "A-001", "qty": 4}, {"sku": "SET-DYN", "qty": 1}], fees=[fee])
    settle()
    link_anew(shop)
    parts = {"items": [{"sku": "A-001", "qty": 1}], "shipping": 2, "adjustment_positive": 1}
    shop.act("credit_memo", order=made["increment_id"], **parts)
    settle()
    assert shop.troubles() == []
    [memo] = [m for m in shop.rows("creditmemos") if str(m["order_id"]) == str(made["entity_id"])]
    [note] = shop.documents(f"shop:creditmemo:{memo['entity_id']}")
    assert (note["documentType"], note["status"]) == ("CreditNote", "Open")
    assert money(note["amountInCurrency"]) == money(memo["grand_total"])
    for document in (shop.document(made), note):
        assert [
            money(one["amountInCurrency"]) for one in document["invoiceLines"] if one["description"] == "Handling"
        ] == [money(2.5)]
    assert note["customer"]["number"] == shop.document(made)["customer"]["number"]
    [invoice] = [i for i in shop.rows("invoices") if str(i["order_id"]) == str(made["entity_id"])]
    told = shop.document(made)["note"]
    assert invoice["increment_id"] in told
    assert f"Credit memo {memo['increment_id']} of the shop" in told
    assert told.endswith(f"credit note {note['referenceNumber']}")
    assert note["invoiceText"].endswith(f"for invoice {shop.document(made)['referenceNumber']}")


def test_what_the_shop_cancels_after_it_was_posted_is_for_a_person_once(shop: Shop, settle: Settle) -> None:
    made = shop.order()
    settle()
    shop.act("credit_memo", order=made["increment_id"])
    settle()
    assert (shop.troubles(), shop.issues()) == ([], [])
    company = shop.world.company
    for entity, remark in (("creditmemos", 1), ("invoices", 1), ("creditmemos", 2), ("invoices", 2)):
        [one] = [r for r in shop.rows(entity) if str(r["order_id"]) == str(made["entity_id"])]
        gone = {"state": 3, "updated_at": f"{db_now():%Y-%m-%d %H:%M:%S}", "email_sent": remark}
        shop.world.simulators.mutate(entity, f"{company}/{one['entity_id']}", gone, system="adobe")
        settle()
    assert shop.troubles() == []
    told = [one for one in shop.issues() if "was cancelled" in one]
    assert sorted(one.partition(" ")[0] for one in told) == ["Credit", "Invoice"]


def test_an_order_waits_visibly_for_its_customer_and_goes_on_by_itself(make_shop: Any, settle: Settle) -> None:
    shop = make_shop(flows={"guests": None})
    made = shop.act("guest_order", email="bo@example.fi")
    settle()
    [waiting] = shop.deliveries("orders", operation="send")
    assert (waiting.state, waiting.waits_for) == ("pending", f"shop-guest {made['entity_id']}")


def test_a_customer_of_all_guests_is_a_setting(make_shop: Any, settle: Settle) -> None:
    shop = make_shop(flows={"guests": None, "orders": {"guest_customer": "10001"}})
    made = shop.act("guest_order", email="bo@example.fi")
    settle()
    assert shop.document(made)["customer"]["number"] == "10001"


def test_releasing_and_writing_the_number_back_are_settings(make_shop: Any, settle: Settle) -> None:
    shop = make_shop(flows={"orders": {"release": False, "write_reference": False}})
    made = shop.order()
    settle()
    assert shop.troubles() == []
    assert shop.document(made)["status"] == "Balanced"
    assert not shop.stored(made).get("ext_order_id")


def test_a_rate_without_rule_is_an_issue_that_says_what_to_do(make_shop: Any, settle: Settle) -> None:
    shop = make_shop(flows={"orders": {"rules": []}})
    made = shop.order()
    settle()
    assert not shop.documents(f"shop:{made['entity_id']}")
    assert any("VAT code" in said for said in shop.issues())


def test_lost_answers_double_nothing(shop: Shop, settle: Settle) -> None:
    simulators = shop.world.simulators
    for kind in ("timeout_after", "reset_after"):
        simulators.fault("visma", kind, "customerinvoice$", method="POST", seconds=6)
    simulators.fault("visma", "reset_after", "v1/customer$", method="POST")
    simulators.fault("adobe", "reset_after", "V1/orders$", method="POST")
    orders = [shop.order(customer=number) for number in (10001, 10002)]
    settle(seconds=150)
    assert shop.troubles() == []
    for made in orders:
        assert money(shop.document(made)["amountInCurrency"]) == money(made["grand_total"])
        assert shop.stored(made)["ext_order_id"] == shop.document(made)["referenceNumber"]
    stamps = [c.get("accountReference") for c in shop.rows("customer", system="visma")]
    assert [stamps.count(f"shop:customer:{n}") for n in (10001, 10002)] == [1, 1]


def reconciled(shop: Shop, flow: str, since: dt.datetime) -> Operation:
    """The flow's reconciliation until now, done."""
    with scopes_disabled():
        row = Flow.objects.select_related("integration", "tenant").get(key=flow, integration__pair=PAIR)
        asked = operations.ask_reconcile(row, since=since, until=db_now() + dt.timedelta(days=1), actor=None)
        for _ in range(20):
            Operation.objects.filter(pk=asked.pk).update(due_at=db_now(), lease_until=None)
            claimed = claim_operation("test")
            assert claimed is not None
            work_on(claimed, Sessions())
            asked = Operation.objects.get(pk=asked.pk)
            if asked.ended:
                break
        assert asked.state == "done", asked.problem
        return asked


def differences_of(lines: list[dict[str, Any]]) -> set[Decimal]:
    return {Decimal(own["difference"]) for own in operations.summary(lines)["amounts"].values()}


def test_reconciling_compares_what_the_books_made_of_each_tax_code(shop: Shop, settle: Settle) -> None:
    simulators, since = shop.world.simulators, db_now() - dt.timedelta(seconds=2)
    simulators.options("adobe", tax_algorithm="row")
    orders = [shop.order(**values) for values in BASKETS[:7]]
    taken_back = shop.order(payment="klarna_kp")
    settle()
    shop.act("credit_memo", order=orders[2]["increment_id"])
    shop.act("cancel", order=taken_back["increment_id"])
    settle()
    assert shop.troubles() == []
    found = operations.reconciled_lines(reconciled(shop, "orders", since))
    counted = [line for line in found if line["counts_here"]]
    assert {line["kind"] for line in counted} == {"same"}
    sold, given_back = ([line for line in counted if (Decimal(line["ours"]) < 0) is below] for below in (False, True))
    assert {line["number"] for line in sold} == {o["increment_id"] for o in [*orders, taken_back]}
    assert [line["number"] for line in given_back] == [taken_back["increment_id"]]
    assert differences_of(found) == {Decimal(0)}
    assert set(operations.summary(found)["amounts"]) == {"EUR", "SEK", "NOK"}
    totals = operations.totals_of(found)
    assert {t.currency for t in totals} == {"EUR", "SEK", "NOK"}
    assert {"255", "000"} <= {t.code for t in totals}
    assert [t for t in totals if not t.is_equal] == []
    gross = sum(money(o["grand_total"]) for o in orders if o["currency"] == "EUR")
    assert sum(t.net_there + t.tax_there for t in totals if t.currency == "EUR") == gross
    [refunded] = [line for line in operations.reconciled_lines(reconciled(shop, "credit-memos", since)) if line["here"]]
    assert refunded["here"] == refunded["there"]
    # Somebody changes an invoice in the books: it is told, with the tax code.
    invoice = shop.document(orders[0])
    body = {"amount": 1.0, "amountInCurrency": 1.0, "taxDetails": [{**invoice["taxDetails"][0], "taxableAmount": 1.0}]}
    simulators.mutate("customerinvoice", f"{shop.world.company}/{invoice['referenceNumber']}", body)
    found = operations.reconciled_lines(reconciled(shop, "orders", since))
    [line] = [line for line in found if line["kind"] == "unexplained"]
    assert line["number"] == orders[0]["increment_id"]
    assert [t.code for t in operations.totals_of(found) if t.difference]
