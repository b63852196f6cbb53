"""What a payment pays of which invoice, where Airbase does not say it amount by amount."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.flows.airbase_in.bills import Paid, _rest
from integrations.flows.airbase_in.payments import _documents, _must_be_in_one_currency, _pays
from integrations.systems.airbase.mapping import PaidBill, payment
from integrations.systems.contract import Unmappable


def entry(bills: list[dict[str, Any]], *, total: str, currency: str, **applied: str) -> bytes:
    paid = {
        "airbase_id": "pay-1",
        "type": "bill_payment",
        "vendor": {"airbase_id": "v", "name": "V", "erp_reference_id": "50001"},
        "entry_date": "2026-03-01T00:00:00",
        "total_amount": total,
        "currency": {"iso_code": currency},
        "applied_to": [
            {"airbase_id": bill["airbase_id"], "transaction_type": "bill"}
            | ({"amount": applied[bill["airbase_id"]]} if bill["airbase_id"] in applied else {})
            for bill in bills
        ],
    }
    return msgspec.json.encode({"payment": paid, "bills": bills})


def bill(own_id: str, total: str, currency: str) -> dict[str, Any]:
    return {
        "airbase_id": own_id,
        "type": "bill",
        "erp_reference_id": "Invoice/000357",
        "invoice_number": "I-1",
        "total_amount": total,
        "currency": {"iso_code": currency},
        "entry_date": "2026-03-01T00:00:00",
        "expense_list": [],
    }


@pytest.mark.parametrize("applied", [{}, {"b": "100.00"}])
def test_a_bill_that_is_paid_in_another_currency_is_paid_in_its_own(applied: dict[str, str]) -> None:
    said = payment(entry([bill("b", "100.00", "EUR")], total="1125.50", currency="SEK", **applied))
    invoices = [Paid(said.bills[0], "Invoice", "000357")]
    assert _pays(said, invoices) == {"Invoice/000357": "100.00"}
    assert _rest(said) == ()
    with pytest.raises(Unmappable) as refused:
        _must_be_in_one_currency(said, invoices)
    assert "of 1125.50 SEK; it pays 100.00 EUR of Invoice/000357" in refused.value.sentence
    assert "applied to 100.00 EUR of Invoice/000357" in refused.value.remedy


def test_a_payment_in_one_currency_that_names_no_amount_is_of_its_one_bill() -> None:
    said = payment(entry([bill("b", "100.00", "EUR")], total="40.00", currency="EUR"))
    assert [b.amount for b in said.bills] == [Decimal("40.00")]
    more = payment(entry([bill("b", "100.00", "EUR")], total="120.00", currency="EUR", b="100.00"))
    assert [rest.amount for rest in _rest(more)] == [Decimal("20.00")]


def test_what_is_paid_of_one_invoice_is_added_up() -> None:
    def of(own_id: str, amount: int) -> PaidBill:
        return PaidBill(airbase_id=own_id, reference="", invoice_number="", amount=Decimal(amount))

    said = payment(entry([bill("b", "100.00", "EUR")], total="120.00", currency="EUR", b="100.00"))
    invoices = [
        Paid(of("b", 100), "Invoice", "1"),
        Paid(of("n", -30), "DebitAdj", "1"),
        Paid(of("pay-1:rest", 20), "Invoice", "1"),
    ]
    assert _pays(said, invoices) == {"Invoice/1": "120", "DebitAdj/1": "30"}
    assert [(d.document_type, d.number, d.amount) for d in _documents(invoices)] == [
        ("Invoice", "1", Decimal(120)),
        ("DebitAdj", "1", Decimal(30)),
    ]
