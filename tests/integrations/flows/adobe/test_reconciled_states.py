"""Reconciling sees what became of a document in the books: voided, there twice, or not released."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django_scopes import scopes_disabled

from integrations.engine import reconcile
from integrations.http.errors import Rejected
from integrations.models import Flow
from integrations.services import operations
from portal.common.clock import db_now
from tests.integrations.flows.adobe.conftest import Shop, money
from tests.integrations.flows.adobe.test_orders import reconciled

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]


def people_release(shop: Shop) -> None:
    with scopes_disabled():
        flow = Flow.objects.get(key="orders", integration__pair="visma-adobe-commerce")
        flow.settings = {**(flow.settings or {}), "release": False}
        flow.save(update_fields=["settings"])


def change(shop: Shop, document: dict[str, Any], **values: Any) -> None:
    """As accounting does, in the books."""
    shop.world.simulators.mutate("customerinvoice", f"{shop.world.company}/{document['referenceNumber']}", values)


def doubled(shop: Shop, made: dict[str, Any]) -> str:
    """Another invoice gets the external reference of an order's. Its number."""
    mine = shop.document(made)
    others = [
        d
        for d in shop.rows("customerinvoice", system="visma")
        if d["documentType"] == "Invoice" and d["status"] == "Open" and not (d["externalReference"] or "")
    ]
    same = ("externalReference", "amount", "amountInCurrency", "currencyId", "taxDetails")
    change(shop, others[0], **{name: mine[name] for name in same})
    return str(others[0]["referenceNumber"])


def test_what_was_voided_doubled_or_not_released_is_not_the_same(
    shop: Shop, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = db_now() - dt.timedelta(seconds=2)
    good, voided, twice = (shop.order(payment="klarna_kp") for _ in range(3))
    settle()
    people_release(shop)
    balanced, balanced_twice, unreadable = (shop.order(payment="klarna_kp") for _ in range(3))
    settle()
    assert shop.troubles() == []
    change(shop, shop.document(voided), status="Voided")
    twins = [doubled(shop, made) for made in (twice, balanced_twice)]
    look_at = reconcile.look_at

    def looked(sides: Any, source_id: str, item: Any) -> Any:
        if source_id == str(unreadable["entity_id"]):
            raise Rejected("The shop does not show it.")
        return look_at(sides, source_id, item)

    monkeypatch.setattr(reconcile, "look_at", looked)
    found = operations.reconciled_lines(reconciled(shop, "orders", since))
    kinds = {line["number"]: line["kind"] for line in found}
    assert kinds == {
        good["increment_id"]: "same",
        voided["increment_id"]: "unexplained",
        twice["increment_id"]: "unexplained",
        balanced["increment_id"]: "not_final",
        balanced_twice["increment_id"]: "unexplained",
        unreadable["increment_id"]: "unexplained",
    }
    why = {line["number"]: line["why"] for line in found}
    assert "Voided" in why[voided["increment_id"]]
    assert twins[0] in why[twice["increment_id"]]
    assert twins[1] in why[balanced_twice["increment_id"]]
    assert "Balanced" in why[balanced["increment_id"]]
    # What is voided or not released is in no total of the books; what is there twice is there twice.
    counted = {line["number"]: line for line in found if line["counts_there"]}
    assert set(counted) == {made["increment_id"] for made in (good, twice, balanced_twice)}
    assert Decimal(counted[twice["increment_id"]]["theirs"]) == 2 * money(twice["grand_total"])
    assert Decimal(counted[balanced_twice["increment_id"]]["theirs"]) == money(balanced_twice["grand_total"])
    there = sum(t.net_there + t.tax_there for t in operations.totals_of(found))
    [amounts] = operations.summary(found)["amounts"].values()
    assert there == Decimal(amounts["target"])
