"""Orders whose amounts a person edited: released with what was sent, and taken back with that."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django_scopes import scopes_disabled

from integrations.engine.edit import edit_and_replay, editable
from integrations.models import State
from tests.integrations.flows.adobe.conftest import Shop, money

pytestmark = pytest.mark.django_db(transaction=True)


def edit_to_more(shop: Shop, number: str) -> Decimal:
    """A person corrects a posting that failed: a line is worth one more, and the total with it. What it comes to."""
    [failed] = shop.deliveries("orders", business_number=number, operation="send", state=State.FAILED)
    with scopes_disabled():
        document = editable(failed.pk).document
        line = next(one for one in document["lines"] if one["kind"] == "shipping")
        line["net"] = str(Decimal(line["net"]) + 1)
        more = Decimal(1) + Decimal(line["percent"]) / 100
        document["total"] = str(Decimal(document["total"]) + more)
        edit_and_replay(failed.pk, document=document, actor=None, actor_name="asa", reason="freight was agreed")
    return money(document["total"])


def test_an_edited_order_is_released_as_edited_and_taken_back_as_that(
    make_shop: Callable[..., Shop], settle: Callable[..., None]
) -> None:
    """The books refuse it once; a person edits it; the shop says something that is no amount, then cancels."""
    shop = make_shop()
    shop.world.simulators.fault("visma", 404, "v2/customerinvoice$", method="POST")
    made = shop.order(payment="klarna_kp")
    settle()
    total = edit_to_more(shop, made["increment_id"])
    assert total != money(made["grand_total"])
    settle()
    assert shop.troubles() == []
    invoice = shop.document(made)
    assert (invoice["status"], money(invoice["amountInCurrency"])) == ("Open", total)

    shop.act("comment", order=made["increment_id"], comment="The customer called.")
    settle()
    assert shop.issues() == []
    shop.act("cancel", order=made["increment_id"])
    settle()
    assert (shop.troubles(), shop.issues()) == ([], [])
    [note] = shop.documents(f"shop:cancelled:{made['entity_id']}")
    assert (note["documentType"], note["status"], money(note["amountInCurrency"])) == ("CreditNote", "Open", total)
