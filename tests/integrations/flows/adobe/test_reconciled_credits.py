"""Reconciling sees the credit notes of what was cancelled: each that is missing, or wrong by an öre or a tax code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django_scopes import scopes_disabled

from integrations.engine.operations import claim_operation, work_on
from integrations.engine.sessions import Sessions
from integrations.models import Flow
from integrations.services import operations
from portal.common.clock import db_now
from tests.integrations.flows.adobe.conftest import Shop, money
from tests.integrations.flows.adobe.test_orders import differences_of, reconciled

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]


def unequal(lines: list[dict[str, Any]]) -> set[tuple[str, str, Decimal]]:
    return {(t.day, t.currency, t.difference) for t in operations.totals_of(lines) if not t.is_equal}


def test_credit_notes_of_what_was_cancelled_are_compared_too(shop: Shop, settle: Settle) -> None:
    since, simulators = db_now() - dt.timedelta(seconds=2), shop.world.simulators
    whole = shop.order(payment="klarna_kp", store="se", items=[{"sku": "A-001", "qty": 3}])
    in_part = shop.order(payment="klarna_kp", items=[{"sku": "A-001", "qty": 4}])
    shop.act("invoice", order=in_part["increment_id"], items=[{"sku": "A-001", "qty": 1}])
    settle()
    for made in (whole, in_part):
        shop.act("cancel", order=made["increment_id"])
    settle()
    assert (shop.troubles(), shop.issues()) == ([], [])
    simulators.advance(23 * 3600)  # the shop says of another day that the order changed; the credit note keeps its own
    shop.act("comment", order=whole["increment_id"], comment="Packed away")

    found = operations.reconciled_lines(reconciled(shop, "orders", since))
    mine = [line for line in found if line["number"] in (whole["increment_id"], in_part["increment_id"])]
    assert {line["kind"] for line in mine} == {"same"}
    notes = {
        made["increment_id"]: shop.documents(f"shop:cancelled:{made['entity_id']}")[0] for made in (whole, in_part)
    }
    back = {line["number"]: line for line in mine if Decimal(line["ours"]) < 0}
    assert {number: Decimal(line["theirs"]) for number, line in back.items()} == {
        number: -money(note["amountInCurrency"]) for number, note in notes.items()
    }
    assert unequal(found) == set()

    # A tax code of one is an öre off, the other comes to something else.
    note, other = notes[whole["increment_id"]], notes[in_part["increment_id"]]
    tax = note["taxDetails"][0]
    body = {"taxDetails": [{**tax, "taxableAmount": tax["taxableAmount"] + 0.01}, *note["taxDetails"][1:]]}
    simulators.mutate("customerinvoice", f"FI/{note['referenceNumber']}", body)
    simulators.mutate("customerinvoice", f"FI/{other['referenceNumber']}", {"amount": 1.0, "amountInCurrency": 1.0})
    found = operations.reconciled_lines(reconciled(shop, "orders", since))
    assert {(currency, abs(amount)) for _, currency, amount in unequal(found)} == {("SEK", Decimal("0.01"))}
    [line] = [line for line in found if line["kind"] == "unexplained"]
    assert (line["number"], line["why"].startswith("What takes it back: ")) == (in_part["increment_id"], True)


def test_a_credit_note_that_was_never_made_is_a_difference(shop: Shop, settle: Settle) -> None:
    since = db_now() - dt.timedelta(seconds=2)
    made = shop.order(payment="klarna_kp")
    settle()
    with scopes_disabled():
        Flow.objects.filter(key="orders").update(enabled=False)
    shop.act("cancel", order=made["increment_id"])
    settle()
    with scopes_disabled():
        Flow.objects.filter(key="orders").update(enabled=True)
    looked = reconciled(shop, "orders", since)
    found = operations.reconciled_lines(looked)
    assert [(line["kind"], Decimal(line["ours"]) < 0) for line in found] == [("same", False), ("never_sent", True)]
    total = money(made["grand_total"])
    assert differences_of(found) == {-total}
    assert sum(amount for *_, amount in unequal(found)) == -total
    with scopes_disabled():
        operations.start(operations.ask_send_unsent(looked, reason="It was off.", actor=None), actor=None)
        claimed = claim_operation("test")
        assert claimed is not None
        work_on(claimed, Sessions())
    settle()
    [note] = shop.documents(f"shop:cancelled:{made['entity_id']}")
    assert money(note["amountInCurrency"]) == total
    assert differences_of(operations.reconciled_lines(reconciled(shop, "orders", since))) == {Decimal(0)}
