"""Customers and customer invoices: we are the supplier, amounts of credit notes are negative."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.documents import t810
from edi.documents.building import BuildOptions
from integrations.systems.visma.mapping import customer, customer_invoice
from tests.integrations.systems.visma.records import OURSELVES, ZONE, raw, refusal

UNITS = BuildOptions(units={"HINK": "PL"})


def invoice(known: bool = False, **changes: Any):
    return customer_invoice(
        raw("customer_invoice", **changes),
        seller=OURSELVES,
        zone=ZONE,
        customer=customer(raw("customer")) if known else None,
    )


def test_customer():
    found = customer(raw("customer"))
    assert (found.number, found.name, found.active, found.currency) == ("10077", "Handelshuset Østby AS", True, "NOK")
    assert (found.vat_number, found.organisation_number, found.gln) == ("NO974761076MVA", "974761076", "7080001234565")
    assert found.invoice_address is not None
    assert found.invoice_address.lines == ("Postboks 12",)
    assert found.delivery_address is not None
    assert found.delivery_address.lines == ("Industrivegen 9",)


@pytest.mark.parametrize(
    ("status", "active"), [("Active", True), ("CreditHold", True), ("OnHold", False), ("Inactive", False)]
)
def test_customer_that_takes_no_documents_is_not_active(status: str, active: bool):
    assert customer(raw("customer", status=status)).active is active


@pytest.mark.parametrize("field", ["number", "name"])
def test_nameless_customer(field: str):
    assert refusal(customer, raw("customer", **{field: ""})).field == field


def test_invoice():
    found = invoice()
    assert (found.number, found.order_number, found.kind, found.currency) == ("156001", "PO-77", "invoice", "EUR")
    assert (found.line_total, found.tax_total, found.total) == (Decimal(1150), Decimal("287.5"), Decimal("1437.5"))
    assert [(line.quantity, line.unit_price, line.amount) for line in found.lines] == [
        (Decimal(10), Decimal(100), Decimal(900)),
        (Decimal(1), Decimal(250), Decimal(250)),
    ]
    assert [charge.amount for charge in found.lines[0].charges] == [Decimal(100)]
    assert found.lines[0].item_ids[0].scheme == "supplier", "an article number of ours, who are the supplier"
    t810.build(found, UNITS)


def test_roles():
    found = invoice(known=True)
    buyer, supplier = found.party("buyer"), found.party("supplier")
    assert buyer is not None
    assert supplier is not None
    assert (supplier.name, supplier.id_of("organisation")) == ("Nordbod AB", "5566778899")
    assert (buyer.id_of("supplier"), buyer.id_of("gln"), buyer.id_of("vat")) == (
        "10077",
        "7080001234565",
        "NO974761076MVA",
    )
    assert buyer.address is not None
    assert buyer.address.lines == ("Postboks 12",)


def test_credit_note_is_negative_and_its_price_is_not():
    found = invoice(documentType="CreditNote")
    assert (found.kind, found.total, found.tax_total) == ("credit_note", Decimal("-1437.5"), Decimal("-287.5"))
    assert (found.lines[0].quantity, found.lines[0].unit_price, found.lines[0].amount) == (-10, 100, -900)
    assert found.lines[0].charges[0].kind == "charge", "what was taken off is put back"
    t810.build(found, UNITS)


def test_total_in_whole_kronor_is_rounding():
    found = invoice(currencyId="SEK", amount=1438.0, roundingDiff=0.5)
    assert (found.rounding, found.total) == (Decimal("0.5"), Decimal(1438))
    t810.build(found, UNITS)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"documentType": "FinCharge"}, "FinCharge"),
        ({"documentType": "Payment"}, "Payment"),
        ({"referenceNumber": None}, "no number"),
        ({"documentDate": None}, "no date"),
        ({"currencyId": ""}, "no currency"),
        ({"customer": None}, "names no customer"),
        ({"amount": None}, "amount"),
        ({"invoiceLines__0__lineNumber": None}, "line without number"),
    ],
)
def test_refusals(changes: dict[str, Any], words: str):
    assert words in refusal(invoice, **changes).sentence


def test_another_customer_is_refused():
    with_other = raw("customer_invoice", customer={"number": "10099", "name": "Annan AB"})
    error = refusal(customer_invoice, with_other, seller=OURSELVES, zone=ZONE, customer=customer(raw("customer")))
    assert "10099, not 10077" in error.sentence


@given(
    quantity=st.decimals(min_value="0.01", max_value="9999", places=2),
    cents=st.integers(min_value=1, max_value=10_000_000),
)
def test_lines_add_up_to_what_was_booked(quantity: Decimal, cents: int):
    amount = Decimal(cents) / 100
    line = {"lineNumber": 1, "quantity": float(quantity), "unitPrice": 1.0, "amount": float(amount), "uom": "ST"}
    found = invoice(invoiceLines=[line], detailTotal=float(amount), vatTotal=0.0, amount=float(amount), taxDetails=[])
    assert found.lines[0].amount == found.line_total == found.total == amount
