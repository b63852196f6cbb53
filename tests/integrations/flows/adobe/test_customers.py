"""Customers that are made for a shop's: what they get by rules, and guests whose flow is switched on later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django_scopes import scope

from integrations.models import Delivery, Flow
from portal.common.clock import db_now
from tests.integrations.flows.adobe.conftest import Shop

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]
RULES: list[dict[str, Any]] = [
    {"when": {"countries": ["SE", "NO"]}, "customer_class": "2"},
    {"when": {"groups": [0], "countries": ["NO"]}, "terms": "14"},
    {"when": {"groups": [99]}, "customer_class": "3", "terms": "60"},
    {"customer_class": "1", "vat_zone": "01", "terms": "30"},
]


def test_a_new_customer_gets_what_the_first_rule_that_fits_and_states_it_says(
    make_shop: Callable[..., Shop], settle: Settle
) -> None:
    shop = make_shop(flows={"guests": {"new_customers": RULES}})
    wanted = {"FI": ("01", "30", "1"), "SE": ("01", "30", "2"), "NO": ("01", "14", "2")}
    made = {
        country: shop.order(guest={"email": f"uusi-{country}@post.example", "country_id": country})
        for country in wanted
    }
    settle()
    assert shop.troubles() == []
    customers = {c["number"]: c for c in shop.rows("customer", system="visma")}
    got = {country: customers[shop.document(order)["customer"]["number"]] for country, order in made.items()}
    names = ("vatZone", "creditTerms", "customerClass")
    assert {country: tuple(c[name]["id"] for name in names) for country, c in got.items()} == wanted


def test_a_rule_for_new_customers_that_cannot_be_is_named_and_makes_nobody(
    make_shop: Callable[..., Shop], settle: Settle
) -> None:
    shop = make_shop()
    with scope(tenant=shop.world.tenant):
        Flow.objects.filter(key="guests").update(settings={"new_customers": [{"country": ["SE"]}]})
    before = len(shop.rows("customer", system="visma"))
    shop.order(guest={"email": "uusi@post.example"})
    settle()
    assert any("A rule for new customers cannot be used" in said for said in shop.issues())
    assert len(shop.rows("customer", system="visma")) == before


def test_orders_of_guests_that_were_read_before_their_flow_was_switched_on_are_posted(
    make_shop: Callable[..., Shop], settle: Settle
) -> None:
    shop = make_shop()
    with scope(tenant=shop.world.tenant):
        guests = Flow.objects.get(key="guests")
        Flow.objects.filter(pk=guests.pk).update(enabled=False)
    made = shop.order(guest={"email": "odottaja@post.example"})
    settle()
    assert shop.documents(f"shop:{made['entity_id']}") == []
    [waits] = shop.deliveries("orders", operation="send", business_number=made["increment_id"])
    assert "No flow that is switched on sends it." in waits.reason
    with scope(tenant=shop.world.tenant):
        Flow.objects.filter(pk=guests.pk).update(enabled=True)
        Delivery.objects.filter(pk=waits.pk).update(not_before=db_now())  # five minutes later
    settle()
    assert shop.troubles() == []
    assert shop.document(made)["status"] == "Open"
