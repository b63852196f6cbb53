"""What the rules can choose from, as both systems have it now, and a try on an order that was never read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django_scopes import scopes_disabled

from integrations.models import Breaker, Delivery, Exchange, Flow, Record
from integrations.services import rules
from tests.integrations.flows.adobe.conftest import PAIR, Shop

pytestmark = pytest.mark.django_db(transaction=True)


def flow_of(shop: Shop) -> Flow:
    rows = Flow.objects.select_related("integration__books", "integration__partner", "integration__tenant", "tenant")
    return rows.get(key="orders", integration__pair=PAIR, tenant=shop.world.tenant)


def test_both_systems_say_what_can_be_chosen(shop: Shop) -> None:
    with scopes_disabled():
        found = rules.offered(flow_of(shop))
        kept = Exchange.objects.count()
    assert found.problems == ()
    assert set(found.choices) == {
        "account", "vat_code", "segments", "branch", "terms", "stores", "groups", "tax_codes",
    }  # fmt: skip
    assert all(found.choices.values())
    assert {"255", "000"} <= {code for code, _ in found.choices["vat_code"]}
    assert any("=" in code and text for code, text in found.choices["segments"])
    assert "0" not in dict(found.choices["stores"]), "nobody buys in the administration"
    assert any(code.startswith("FI-25.5") and "25.5 %" in text for code, text in found.choices["tax_codes"])
    assert kept == 0


def test_what_is_not_permitted_is_typed_and_closes_no_connection(make_shop: Callable[..., Shop]) -> None:
    shop = make_shop()
    shop.act("revoke")
    try:
        with scopes_disabled():
            found = rules.offered(flow_of(shop))
            stopped = Breaker.objects.exclude(position=Breaker.Position.CLOSED).exists()
    finally:
        shop.act("revoke", restore=True)
    assert {"account", "vat_code"} <= set(found.choices)
    assert not {"stores", "groups", "tax_codes"} & set(found.choices)
    assert [said.partition(":")[0].rpartition(" its ")[2] for said in found.problems] == [
        "stores", "customer groups", "tax classes",
    ]  # fmt: skip
    assert not stopped


def test_a_try_on_an_order_that_was_never_read_asks_the_shop_and_keeps_nothing(shop: Shop) -> None:
    made = shop.order(ship_to={"country_id": "NO"})
    with scopes_disabled():
        flow = flow_of(shop)
        exported = {"when": {"countries": ["NO"], "billing_countries": ["FI"]}, "account": "3100"}
        tried = rules.try_rules(flow, [exported, *flow.settings["rules"]], made["increment_id"])
        assert not Record.objects.filter(business_number=made["increment_id"]).exists()
        assert not Delivery.objects.exists()
        with pytest.raises(ValidationError, match="has no order with the number 4711"):
            rules.try_rules(flow, flow.settings["rules"], "4711")
    assert tried.number == made["increment_id"]
    assert not tried.problem
    assert {one.what for line in tried.lines for one in line.decided} >= {"VAT code", "account"}
    assert {"country NO", "goods to NO", "bill to FI"} <= set(tried.facts)
    assert {one.value for line in tried.lines for one in line.decided if one.what == "account"} == {"3100"}
