"""The answers to order changes as their senders get them: line by line what stands in the books."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from integrations.engine.edit import edit_and_replay
from integrations.models import Issue, State
from integrations.services import deliveries as services
from tests.integrations.flows.test_order_changes import (
    ANSWERS,
    acknowledged,
    answers,
    change,
    changes,
    configured,
    order,
    sent_versions,
    work,
)
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(world: World, tmp_path: Path) -> World:
    return configured(world, tmp_path)


def lines_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    content = body["message"]["transactionSets"][0]
    return [line["lineItemChange"][0] for line in content["POC_loop"]]


def test_quantity_and_price_of_one_line_and_a_new_one_are_answered_line_by_line(world: World) -> None:
    work(world)
    before = order(world)["lines"]
    article = before[0]["inventory"]["number"]
    added = {"changeReason": "addItem", "quantity": {"value": "7", "unitOfMeasure": "each"}, "unitCostPrice": "5.00"}
    lines = [
        {"purchaseOrderLineId": "1", "changeReason": "quantityChange", "quantity": {"value": "37"}},
        {"purchaseOrderLineId": "1", "changeReason": "priceChange", "unitCostPrice": "9.95"},
        {"purchaseOrderLineId": "", "productIds": {"buyerItemNumber": article}, **added},
        {"purchaseOrderLineId": "2", "changeReason": "deleteItem", "quantity": {"value": "0"}},
        {"purchaseOrderLineId": "5", "changeReason": "quantityChange", "quantity": {"value": "24"}},
    ]
    assert before[4]["discountPercent"] > 0
    change(world, **{"message.lineItems": lines})
    work(world)
    now = order(world)["lines"]
    assert len(now) == len(before)
    assert (now[0]["orderQty"], now[0]["unitCost"]) == (37, 9.95)
    assert (now[-1]["orderQty"], now[-1]["unitCost"], now[-1]["inventory"]["number"]) == (7, 5, article)
    assert 2 not in [line["lineNbr"] for line in now]
    [answer] = answers(world)
    assert acknowledged(answer) == ("AD", ["IA"] * 4)
    first, new, gone, _ = lines_of(answer)
    assert (first["assignedIdentification"], first["changeOrResponseTypeCode"]) == ("1", "PQ")
    assert (Decimal(first["quantity"]), Decimal(first["unitPrice"])) == (37, Decimal("9.95"))
    assert (new["changeOrResponseTypeCode"], Decimal(new["quantity"])) == ("AI", 7)
    assert (gone["assignedIdentification"], gone["changeOrResponseTypeCode"]) == ("2", "DI")
    assert {d.state for d in world.deliveries(flow__key=ANSWERS)} == {State.DELIVERED}
    assert "answered by 865" in order(world)["note"]
    work(world)
    assert sent_versions(world) == ["original"], "all of it is the supplier's own"
    assert not Issue.objects.filter(status=Issue.Status.OPEN).exists()


def test_what_a_person_edited_is_answered_as_it_was_applied_and_what_cannot_be_answered_says_what_to_do(
    world: World,
) -> None:
    """The sender asked for a line that is not there; a person knows which is meant, and how many there can be."""
    work(world)
    change(world, **{"message.lineItems.0.purchaseOrderLineId": "99"})
    work(world)
    [failed] = changes(world)
    patch = [
        {"op": "replace", "path": "/lines/0/line_number", "value": "1"},
        {"op": "replace", "path": "/lines/0/quantity", "value": "300"},
    ]
    edit_and_replay(failed.pk, actor=None, reason="Agreed on the phone", patch=patch)
    work(world)
    assert order(world)["lines"][0]["orderQty"] == 300
    [answer] = answers(world)
    assert acknowledged(answer) == ("AC", ["IC", "IR"])
    assert [line["assignedIdentification"] for line in lines_of(answer)] == ["1", "99"]
    assert Decimal(lines_of(answer)[0]["quantity"]) == 300
    assert "accepted as a person edited it, 1 line; answered by 865" in order(world)["note"]

    # One that cannot be written names nothing of our books, so correcting it there would mend nothing.
    change(world, sequence="002", **{"message.lineItems.0.productIds": {"vendorItemNumber": "9" * 60}})
    work(world)
    assert order(world)["lines"][0]["orderQty"] == 321
    [issue] = Issue.objects.filter(status=Issue.Status.OPEN)
    assert "takes at most 48" in issue.sentence
    assert "answer the trading partner yourself and dismiss it" in issue.remedy
    services.dismiss(issue.deliveries.get().pk, actor=None, reason="Told by mail")
    work(world)
    assert "change 002 accepted, 1 line; no 865 was sent" in order(world)["note"]
