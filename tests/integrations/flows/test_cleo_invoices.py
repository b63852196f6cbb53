"""What becomes of an invoice at Cleo after it was sent: its lines are corrected, it is voided. The files say what the
books say."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from integrations.models import Feed, Issue, State
from tests.support import networks
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]

AMOUNTS = re.compile(r"(amount|total|balance|quantity|^cost)", re.IGNORECASE)


@pytest.fixture
def world(world: World, sandbox: Simulators, tmp_path: Path) -> World:
    """The world with nothing but supplier invoices to Cleo."""
    for integration in world.entry["integrations"]:
        integration["flows"] = {"supplier-invoices": {}} if integration["partner"] == "cleo" else {}
    apply_entry(world.entry, sandbox, folder=tmp_path)
    Feed.objects.exclude(key="supplier-invoices").update(enabled=False)
    return world


def books(world: World, source_id: str) -> dict[str, Any]:
    rows = world.simulators.rows("visma", "supplierInvoice")
    return dict(next(r["body"] for r in rows if r["key"] == f"{world.company}/{source_id}"))


def said(world: World, number: str) -> list[tuple[str, Decimal]]:
    """Purpose and total of what stands at Cleo of the invoice."""
    found = [d for d in networks.stands(world) if d.document == "810" and d.number == number]
    return [(d.purpose, d.total) for d in found]


def lines(world: World, number: str) -> list[list[Decimal]]:
    """Quantities of the lines, by file."""
    rows = [r["body"] for r in world.simulators.rows("cleo", "files")]
    texts = [b["content"] for b in rows if b["name"].startswith("810_") and f"*{number}*" in b["content"]]
    return [[Decimal(found) for found in re.findall(r"IT1\*[^*]*\*([^*]*)\*", text)] for text in texts]


def doubled(value: Any, name: str = "") -> Any:
    """A body with all its amounts and quantities twice as large; prices stay."""
    if isinstance(value, dict):
        return {key: doubled(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [doubled(inner) for inner in value]
    is_amount = isinstance(value, int | float) and not isinstance(value, bool) and AMOUNTS.search(name)
    return value * 2 if is_amount else value


def test_a_corrected_and_then_voided_invoice_is_told_with_the_amounts_of_the_books(
    world: World, settle: Settle
) -> None:
    settle()
    sent = next(
        d
        for d in world.deliveries(state=State.DELIVERED, flow__key="supplier-invoices")
        if d.record.status == "Open" and d.record.kind == "Invoice"
    )
    key, number = sent.record.source_id, sent.transaction_set.business_number
    before = books(world, key)
    total = networks.money(before["amount"])
    assert said(world, number) == [("original", total)]
    assert sum(lines(world, number)[0]) == sum(Decimal(str(line["quantity"])) for line in before["invoiceLines"])

    corrected = doubled(before)
    changes = {name: corrected[name] for name in corrected if corrected[name] != before[name]}
    world.simulators.mutate("supplierInvoice", f"{world.company}/{key}", changes)
    settle()
    assert books(world, key)["amount"] == 2 * before["amount"]
    assert sorted(said(world, number)) == sorted([("original", total), ("replace", 2 * total)])
    assert lines(world, number)[1] == [2 * quantity for quantity in lines(world, number)[0]]

    world.simulators.mutate("supplierInvoice", f"{world.company}/{key}", {"status": "Voided", "balance": 0.0})
    settle()
    expected = sorted([("cancellation", 2 * total), ("original", total), ("replace", 2 * total)])
    assert sorted(said(world, number)) == expected
    settle()
    assert sorted(said(world, number)) == expected, "nothing is told twice"
    assert not Issue.objects.filter(status=Issue.Status.OPEN, flow__key="supplier-invoices", sentence__contains=number)
