"""Invoices to systems that take lines and a total: neither is sent when it does not make the other."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from edi.documents.invoice import Invoice
from edi.documents.money import minor_unit
from edi.documents.values import Charge
from integrations.systems.airbase import mapping as airbase
from integrations.systems.basware import mapping as basware
from integrations.systems.contract import Unmappable
from tests.edi.documents.examples import CREDIT_NOTE, INVOICE

PLACE = basware.Place(company="1001", element="1001", source="VISMA", language="sv-SE")
MAKERS: dict[str, Callable[[Invoice], dict[str, Any]]] = {
    "airbase": lambda invoice: airbase.bill(invoice, reference="Invoice/1", vendor_number="50001", tags={}),
    "basware": lambda invoice: basware.invoice(PLACE, invoice, bum_id="I-1", vendor_number="50001"),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("currency", ["SEK", "ISK", "KWD"])
@pytest.mark.parametrize("invoice", [INVOICE, CREDIT_NOTE], ids=["invoice", "credit note"])
def test_rule_20_an_invoice_goes_only_when_its_total_is_what_its_parts_make(
    invoice: Invoice, currency: str, make: Callable[[Invoice], dict[str, Any]]
) -> None:
    unit = minor_unit(currency)
    for sign in (1, -1):
        for allowed in (Decimal(0), unit):
            make(msgspec.structs.replace(invoice, currency=currency, total=invoice.total + sign * allowed))
        with pytest.raises(Unmappable, match="states a total of"):
            make(msgspec.structs.replace(invoice, currency=currency, total=invoice.total + sign * (unit + unit / 100)))


def test_rule_20_lines_of_a_bill_come_to_its_total_with_charges_and_the_sign_of_the_books() -> None:
    less = Charge(kind="allowance", amount=Decimal("5.00"), text="Discount")
    invoice = msgspec.structs.replace(INVOICE, charges=(less,), total=INVOICE.total - less.amount)
    for one in (invoice, CREDIT_NOTE):
        row = MAKERS["airbase"](one)
        assert sum(Decimal(line["amount"]) for line in row["expense_list"]) == Decimal(row["total_amount"]) == one.total
