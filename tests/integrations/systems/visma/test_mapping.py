"""Visma's records as documents: figures, signs, currencies, parties, refusals."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.documents import t810, t850
from edi.documents.values import Charge, Party, PartyId, encode
from integrations.documents import Supplier
from integrations.systems.contract import Unmappable
from integrations.systems.visma.mapping import purchase_order, status_of, supplier, supplier_invoice

FIXTURES = Path(__file__).parent / "fixtures"
ZONE = ZoneInfo("Europe/Stockholm")
BUYER = Party(role="buyer", name="Nordbod AB", ids=(PartyId(scheme="organisation", value="5566778899"),))


def raw(fixture: str, /, **changes: Any) -> bytes:
    """A fixture with some members changed; `lines__0__canceled=True` reaches inside."""
    record = json.loads((FIXTURES / f"{fixture}.json").read_text())
    for path, value in changes.items():
        *parents, last = path.split("__")
        target = record
        for part in parents:
            target = target[int(part) if part.isdecimal() else part]
        target[int(last) if last.isdecimal() else last] = value
    return json.dumps(record).encode()


def order(**changes: Any):
    return purchase_order(raw("purchase_order", **changes), buyer=BUYER, zone=ZONE)


def invoice(**changes: Any):
    return supplier_invoice(raw("supplier_invoice", **changes), buyer=BUYER, zone=ZONE)


def refusal(call, *args: Any, **kwargs: Any) -> Unmappable:
    with pytest.raises(Unmappable) as caught:
        call(*args, **kwargs)
    assert caught.value.sentence
    assert caught.value.remedy
    return caught.value


# --- Suppliers ------------------------------------------------------------------------------------------------------


def test_supplier():
    found = supplier(raw("supplier"))
    assert (found.number, found.name, found.active, found.currency) == ("50002", "Fjordfisk Råvarer AS", True, "NOK")
    assert (found.vat_number, found.organisation_number) == ("NO923609016MVA", "923609016")
    assert found.address is not None
    assert found.address.lines == ("Brattørkaia 15", "Bygg B")
    assert (found.address.city, found.address.country, found.address.region) == ("TRONDHEIM", "NO", "")
    assert found.contact is not None
    assert (found.contact.name, found.contact.phone) == ("Åse Bjørnstad", "+47 73 00 00 00")
    assert found.bank_account == "NO9315031234567", "the account of the kind that the supplier is paid by"


@pytest.mark.parametrize(
    ("status", "active"),
    [("Active", True), ("OneTime", True), ("HoldPayments", True), ("OnHold", False), ("Inactive", False)],
)
def test_supplier_that_takes_no_documents_is_not_active(status: str, active: bool):
    found = supplier(raw("supplier", status=status))
    assert (found.status, found.active) == (status, active)


def test_supplier_without_details():
    found = supplier(b'{"number":"1","name":"Kort AB","mainAddress":{},"mainContact":null}')
    assert found == Supplier(number="1", name="Kort AB", active=False)


def test_bank_account_by_its_description_when_no_kind_is_chosen():
    assert supplier(raw("supplier", accountUsedForPayment=None)).bank_account == "15031234567"
    assert supplier(raw("supplier", supplierPaymentMethodDetails=None)).bank_account == ""


@pytest.mark.parametrize("name", ["", None, "   "])
def test_supplier_needs_a_name(name: str | None):
    caught = refusal(supplier, raw("supplier", name=name))
    assert caught.sentence == "Supplier 50002 has no name."
    assert caught.field == "name"


def test_status():
    assert status_of(raw("purchase_order")) == "Open"
    assert status_of(b"{}") == ""


# --- Purchase orders ------------------------------------------------------------------------------------------------


def test_order():
    found = order()
    assert (found.number, str(found.date), found.currency, found.order_type) == (
        "500001", "2026-06-01", "SEK", "standalone",
    )  # fmt: skip
    assert (found.line_total, found.tax_total, found.total) == (
        Decimal("1350.3"),
        Decimal("337.58"),
        Decimal("1687.88"),
    )
    assert [line.line_number for line in found.lines] == ["1", "2", "4"]
    first = found.lines[0]
    assert (first.quantity, first.unit, first.unit_price) == (Decimal(10), "KRT", Decimal(100))
    assert [(i.scheme, i.value) for i in first.item_ids] == [("buyer", "SKU1"), ("supplier", "FF-5000")]
    assert str(first.requested_date) == "2026-09-01"
    assert found.lines[1].unit_price == Decimal("0.3"), "0.1 + 0.2 as doubles have it"
    assert found.notes == ("Säsongslager höst", "Lossas vid port 7"), "notes are our own"
    assert found.terms is not None
    assert found.terms.text == "30 dagar netto"
    assert t850.build(found)


def test_order_parties():
    known = supplier(raw("supplier"))
    found = purchase_order(raw("purchase_order"), buyer=BUYER, zone=ZONE, supplier=known)
    assert [p.role for p in found.parties] == ["buyer", "supplier", "ship_to"]
    seller, place = found.party("supplier"), found.party("ship_to")
    assert seller is not None
    assert place is not None
    assert [(i.scheme, i.value) for i in seller.ids] == [
        ("buyer", "50002"), ("vat", "NO923609016MVA"), ("organisation", "923609016"),
    ]  # fmt: skip
    assert seller.address is not None
    assert seller.address.city == "TRONDHEIM"
    assert place.id_of("buyer") == "2"
    assert place.name == "Nordbod Logistik AB"
    assert place.address is not None
    assert place.address.postal_code == "556 52"


def test_order_to_a_branch_and_to_a_customer():
    branch = order(
        shippingDestinationType="CompanyLocation", shippingContact=None, shippingAddress=None, warehouse=None
    )
    place = branch.party("ship_to")
    assert place is not None
    assert (place.id_of("buyer"), place.name, place.address) == ("1", "Huvudkontoret", None)
    sent = order(
        shippingDestinationType="Customer", shipTo={"number": "10000", "name": "Kunde AS"}, shippingContact=None
    )
    place = sent.party("ship_to")
    assert place is not None
    assert (place.id_of("buyer"), place.name) == ("10000", "Kunde AS")


def test_order_that_says_nothing_about_delivery():
    found = order(
        warehouse=None,
        branch=None,
        shipTo=None,
        shippingAddress=None,
        shippingContact=None,
        shippingDestinationType=None,
    )
    assert found.party("ship_to") is None


def test_supplier_record_of_another_supplier_is_refused():
    other = Supplier(number="1", name="Fel AB")
    caught = refusal(purchase_order, raw("purchase_order"), buyer=BUYER, zone=ZONE, supplier=other)
    assert caught.sentence == "Purchase order 500001 is of supplier 50002, not 1."


def test_line_discount_becomes_a_net_price():
    found = order(
        lines__0__discountAmount=50.0, lines__0__amount=950.0, lineTotal=1300.3, taxTotal=325.08, orderTotal=1625.38
    )
    assert found.lines[0].unit_price == Decimal(95)
    assert t850.build(found)


def test_order_discount_becomes_an_allowance():
    found = order(
        discountDetails=[
            {"type": "Document", "discountCode": "SOMMAR", "discountAmt": 100.0},
            {"type": "Line", "discountCode": "RAD", "discountAmt": 5.0},
            {"type": "Group", "discountAmt": 7.0, "skipDiscount": True},
        ],
        taxTotal=312.58,
        orderTotal=1562.88,
    )
    assert found.charges == (Charge(kind="allowance", text="SOMMAR", amount=Decimal(100)),)
    assert t850.build(found)


def test_cancelled_line_that_the_totals_leave_out():
    found = order(lines__0__canceled=True, lineTotal=350.3, taxTotal=87.58, orderTotal=437.88)
    assert [line.cancelled for line in found.lines] == [True, False, False]
    assert (found.line_total, found.total) == (Decimal("350.3"), Decimal("437.88"))
    assert t850.build(found)


def test_cancelled_line_that_the_totals_still_hold_is_taken_out_with_its_tax():
    found = order(lines__0__canceled=True)
    assert (found.line_total, found.tax_total, found.total) == (Decimal("350.3"), Decimal("87.58"), Decimal("437.88"))
    assert t850.build(found)


def test_cancelled_line_with_several_rates_is_left_for_the_sender_to_refuse():
    details = [{"vatRate": 25.0, "vatAmount": 250.0}, {"vatRate": 12.0, "vatAmount": 87.58}]
    found = order(lines__0__canceled=True, taxDetails=details)
    assert found.line_total == Decimal("1350.3")
    with pytest.raises(t850.BuildRefused):
        t850.build(found)


def test_order_of_which_all_is_cancelled_keeps_its_totals():
    found = order(lines__0__canceled=True, lines__1__canceled=True, lines__3__canceled=True)
    assert found.total == Decimal("1687.88")
    assert t850.build(msgspec.structs.replace(found, purpose="cancellation"))


@pytest.mark.parametrize(
    ("order_type", "expected"),
    [("RegularOrder", "standalone"), ("DropShip", "dropship"), ("Blanket", "blanket"), ("StandardBlanket", "blanket")],
)
def test_order_types(order_type: str, expected: str):
    assert order(orderType=order_type).order_type == expected


def test_freight_without_quantity_is_one_of_its_amount():
    found = order(lines__3__lineType="Freight", lines__3__orderQty=0.0, lines__3__unitCost=0.0)
    assert (found.lines[2].quantity, found.lines[2].unit_price) == (Decimal(1), Decimal("349.4"))


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"supplier": None}, "supplier.number", "Purchase order 500001 names no supplier."),
        ({"currency": " "}, "currency", "Purchase order 500001 has no currency."),
        ({"date": None}, "date", "Purchase order 500001 has no date (date)."),
        ({"date": "0001-01-01T00:00:00"}, "date", "Purchase order 500001 has no date (date)."),
        ({"date": "soon"}, "date", "Purchase order 500001 has 'soon' where a date belongs (date)."),
        ({"orderNbr": None}, "orderNbr", "A purchase order has no number."),
        ({"orderTotal": None}, "orderTotal", "Purchase order 500001 has no value for orderTotal."),
        ({"orderTotal": "NaN"}, "orderTotal", "Purchase order 500001 has NaN where a number belongs (orderTotal)."),
        (
            {"lines__1__lineNbr": None},
            "lines[1].lineNbr",
            "Purchase order 500001 has a line without number (lines[1]).",
        ),
        (
            {"lines__0__unitCost": None},
            "lines[0].unitCost",
            "Purchase order 500001 has no value for lines[0].unitCost.",
        ),
        ({"orderType": "Ny"}, "orderType", "Purchase order 500001 is of type 'Ny', which is not known."),
    ],
)
def test_order_that_cannot_be_mapped(changes: dict[str, Any], field: str, sentence: str):
    caught = refusal(order, **changes)
    assert (caught.sentence, caught.field) == (sentence, field)


@pytest.mark.parametrize("body", [b"[]", b"null", b'{"orderNbr": 5}', b'{"orderNbr": "5"', b'{"orderNbr":"\xff"}', b""])
def test_what_is_no_order(body: bytes):
    assert "cannot be read" in refusal(purchase_order, body, buyer=BUYER, zone=ZONE).sentence


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-06-01T00:00:00", "2026-06-01"),
        ("2026-05-31T22:00:00Z", "2026-06-01"),
        ("2026-06-01T00:00:00+02:00", "2026-06-01"),
        ("2026-06-01", "2026-06-01"),
        ("2026-06-01 00:00:00.000", "2026-06-01"),
    ],
)
def test_dates_in_all_forms_are_the_same_day(text: str, day: str):
    assert str(order(date=text).date) == day


# --- Supplier invoices ----------------------------------------------------------------------------------------------


def sendable(document):
    """The invoice with a unit on each line, which is what Visma leaves out of costs without articles."""
    lines = tuple(msgspec.structs.replace(line, unit=line.unit or "EA") for line in document.lines)
    return t810.build(msgspec.structs.replace(document, lines=lines))


def test_invoice():
    found = invoice()
    assert (found.number, found.ledger_number, found.kind) == ("INV-9", "000357", "invoice")
    assert (str(found.date), str(found.due_date), found.currency) == ("2026-08-25", "2026-09-24", "SEK")
    assert (found.line_total, found.tax_total, found.total) == (Decimal("1350.3"), Decimal("337.58"), Decimal(1688))
    assert found.rounding == Decimal("0.12"), "rounded to whole kronor"
    assert found.order_number == "500001"
    assert [(r.kind, r.value) for r in found.references] == [("payment", "2345676")]
    line, cost = found.lines
    assert (line.order_number, line.order_line, line.receipt_number, line.receipt_line) == (
        "500001",
        "1",
        "700010",
        "1",
    )
    assert (line.quantity, line.unit, line.unit_price, line.amount) == (Decimal(10), "KRT", Decimal(100), Decimal(1000))
    assert (line.account, line.taxes[0].rate, line.taxes[0].amount) == ("4000", Decimal(25), Decimal(250))
    assert (cost.quantity, cost.unit_price, cost.amount) == (Decimal(1), Decimal("350.3"), Decimal("350.3"))
    assert [(t.code, t.rate, t.base, t.amount) for t in found.taxes] == [
        ("1", Decimal(25), Decimal("1350.3"), Decimal("337.58"))
    ]
    assert sendable(found)


def test_invoice_without_the_suppliers_number_has_ours():
    assert invoice(supplierReference=" ").number == "000357"


def test_debit_adjustment_is_the_suppliers_credit_note():
    found = invoice(documentType="DebitAdj", discountTotal=10.0, vatTotal=335.08, vatAmount=335.08, amount=1675.0)
    assert found.kind == "credit_note"
    assert (found.line_total, found.tax_total, found.total) == (Decimal("-1350.3"), Decimal("-335.08"), Decimal(-1675))
    assert found.charges == (Charge(kind="charge", text="Discount", amount=Decimal(10)),)
    assert [line.quantity for line in found.lines] == [-10, -1]
    assert [line.unit_price for line in found.lines] == [100, Decimal("350.3")]
    assert found.lines[0].amount == -1000
    assert found.lines[0].taxes[0].amount == -250
    assert found.taxes[0].amount == Decimal("-337.58")
    assert found.rounding == Decimal("0.38"), "-1350.30 + 10 - 335.08 = -1675.38, rounded towards 0"


def test_plain_credit_note_can_be_sent():
    assert sendable(invoice(documentType="DebitAdj"))


def test_credit_note_that_is_negative_already_keeps_its_sign():
    found = invoice(
        documentType="DebitAdj", amount=-1687.88, detailTotal=-1350.3, vatTotal=-337.58,
        detailTotalInCurrency=-1350.3, vatTotalInCurrency=-337.58,
        taxDetailLines__0__vatAmount=-337.58, taxDetailLines__0__taxableAmount=-1350.3,
        invoiceLines__0__quantity=-10.0, invoiceLines__0__costInCurrency=-1000.0, invoiceLines__0__cost=-1000.0,
        invoiceLines__1__costInCurrency=-350.3,
    )  # fmt: skip
    assert (found.total, found.lines[0].quantity, found.lines[0].amount) == (Decimal("-1687.88"), -10, -1000)
    assert sendable(found)


def test_credit_adjustment_is_the_suppliers_debit_note():
    found = invoice(documentType="CreditAdj")
    assert (found.kind, found.total) == ("debit_note", Decimal(1688))


@pytest.mark.parametrize("kind", ["Prepayment", "Check", "QuickCheck", "Refund", "VoidCheck", None])
def test_payments_are_no_invoices(kind: str | None):
    assert refusal(invoice, documentType=kind).field == "documentType"


FOREIGN: dict[str, Any] = {
    "currencyId": "EUR", "exchangeRate": 11.5, "amount": 125.0, "vatAmount": 25.0, "roundingDiff": 0.0,
    "taxDetailLines": [{"vatId": {"number": "1"}, "vatRate": 25.0, "taxableAmount": 100.0, "vatAmount": 25.0}],
    "invoiceLines": [{
        "lineNumber": 1, "quantity": 4.0, "uom": "STK", "unitCost": 287.5, "unitCostInCurrency": 25.0, "cost": 1150.0,
        "costInCurrency": 100.0, "discountAmount": 0.0, "discountAmountInCurrency": 0.0, "vatCode": {"id": "1"},
    }],
}  # fmt: skip


@pytest.mark.parametrize("suffix_is_foreign", [True, False])
@pytest.mark.parametrize("lines_too", [True, False])
def test_foreign_invoice_whichever_way_the_two_currencies_are_named(suffix_is_foreign: bool, lines_too: bool):
    base, foreign = {"detailTotal": 1150.0, "vatTotal": 287.5}, {"detailTotal": 100.0, "vatTotal": 25.0}
    plain, named = (base, foreign) if suffix_is_foreign else (foreign, base)
    changes = {**FOREIGN, **plain, **{f"{name}InCurrency": value for name, value in named.items()}}
    if lines_too:
        line: dict[str, Any] = dict(FOREIGN["invoiceLines"][0])
        line["cost"], line["costInCurrency"] = line["costInCurrency"], line["cost"]
        line["unitCost"], line["unitCostInCurrency"] = line["unitCostInCurrency"], line["unitCost"]
        changes["invoiceLines"] = [line]
    found = invoice(**changes)
    assert (found.currency, found.line_total, found.tax_total, found.total) == ("EUR", 100, 25, 125)
    assert (found.lines[0].amount, found.lines[0].unit_price) == (100, 25)
    assert sendable(found)


def test_own_currency_figures_left_at_zero():
    changes = {f"invoiceLines__0__{name}": 0.0 for name in ("costInCurrency", "unitCostInCurrency")}
    found = invoice(**changes)
    assert (found.lines[0].amount, found.lines[0].unit_price) == (1000, 100)


@pytest.mark.parametrize("cost", [950.0, 1000.0])
def test_line_discount_whether_cost_is_before_or_after_it(cost: float):
    found = invoice(
        detailTotal=1300.3, detailTotalInCurrency=1300.3, vatTotal=325.08, vatTotalInCurrency=325.08, amount=1625.38,
        taxDetailLines__0__taxableAmount=1300.3, taxDetailLines__0__vatAmount=325.08,
        invoiceLines__0__discountAmount=50.0, invoiceLines__0__discountAmountInCurrency=50.0,
        invoiceLines__0__costInCurrency=cost, invoiceLines__0__cost=cost,
    )  # fmt: skip
    assert found.lines[0].amount == 950
    assert found.lines[0].charges == (Charge(kind="allowance", text="Discount", amount=Decimal(50)),)
    assert sendable(found)


def test_rounding_may_be_stated_in_either_currency():
    assert invoice(
        amount=1687.9, currencyId="EUR", roundingDiff=0.23, roundingDiffInCurrency=-0.02
    ).rounding == Decimal("0.02")


def test_price_of_a_line_is_what_its_amount_makes_of_it():
    """As in an order with a discount that Visma takes over into the invoice without stating it."""
    found = invoice(
        detailTotal=1225.3, detailTotalInCurrency=1225.3, vatTotal=306.33, vatTotalInCurrency=306.33, amount=1531.63,
        taxDetailLines__0__taxableAmount=1225.3, taxDetailLines__0__vatAmount=306.33,
        invoiceLines__0__costInCurrency=875.0, invoiceLines__0__cost=875.0,
    )  # fmt: skip
    assert (found.lines[0].unit_price, found.lines[0].amount, found.lines[0].charges) == (Decimal("87.5"), 875, ())
    assert sendable(found)


def test_discount_that_is_in_the_price_already_is_no_charge():
    found = invoice(invoiceLines__0__discountAmount=50.0, invoiceLines__0__discountAmountInCurrency=50.0)
    assert (found.lines[0].amount, found.lines[0].charges) == (1000, ())
    assert sendable(found)


@pytest.mark.parametrize(
    ("amount", "currency", "stated", "rounding"),
    [
        (1688.0, "SEK", 0.0, "0.12"),
        (1688.0, "SEK", None, "0.12"),
        (1687.88, "SEK", 0.0, "0"),
        (1688.0, "EUR", 0.0, "0"),  # nobody rounds invoices in euro: a difference
        (1687.9, "EUR", 0.02, "0.02"),  # unless the books call it so
        (1687.9, "EUR", -0.02, "0.02"),
        (1688.5, "SEK", 0.62, "0.62"),
        (1687.9, "EUR", 0.05, "0"),  # they call another amount so
        (1689.0, "SEK", 0.0, "0"),  # more than half a krona
        (1687.9, "SEK", 0.0, "0"),  # not whole
        (1689.38, "SEK", 1.5, "0"),  # a krona and more is no rounding
    ],
)
def test_rounding_is_what_the_books_or_whole_kronor_explain(
    amount: float, currency: str, stated: float | None, rounding: str
):
    found = invoice(amount=amount, currencyId=currency, roundingDiff=stated)
    assert found.rounding == Decimal(rounding)
    assert found.total == Decimal(str(amount)), "totals are never corrected"
    adds_up = found.line_total + found.tax_total + found.rounding == found.total
    assert adds_up == (rounding != "0" or amount == 1687.88)


def test_lines_with_vat_in_them_are_refused():
    caught = refusal(
        invoice, detailTotal=1688.0, detailTotalInCurrency=1688.0, taxCalculationMode="Gross", amount=1688.0,
        invoiceLines__0__costInCurrency=1337.7,
    )  # fmt: skip
    assert "include VAT" in caught.sentence
    assert "VAT calculation mode" in caught.remedy


def test_lines_that_were_entered_with_vat_are_told_without_it():
    """VAT calculation mode Gross: the header states the lines without VAT, and the VAT."""
    net = invoice()
    gross = [
        (line.amount * (100 + line.taxes[0].rate) / 100).quantize(Decimal("0.01"))
        for line in net.lines
        if line.taxes[0].rate is not None
    ]
    members = {
        f"invoiceLines__{n}__{name}": float(amount)
        for n, amount in enumerate(gross)
        for name in ("cost", "costInCurrency")
    }
    found = invoice(taxCalculationMode="Gross", **members)
    assert [line.amount for line in found.lines] == [line.amount for line in net.lines]
    assert [line.taxes for line in found.lines] == [line.taxes for line in net.lines]
    assert (found.line_total, found.tax_total, found.total) == (net.line_total, net.tax_total, net.total)
    assert sendable(found)


def test_vat_free_invoice():
    found = invoice(
        amount=1350.3,
        vatTotal=0.0,
        vatTotalInCurrency=0.0,
        vatAmount=0.0,
        taxDetailLines=[],
        taxCalculationMode="Gross",
    )
    assert (found.tax_total, found.taxes) == (0, ())
    assert [t.code for line in found.lines for t in line.taxes] == ["1", "1"]
    assert sendable(found)


def test_line_vat_without_known_rate_is_not_stated_as_none():
    found = invoice(taxDetailLines=None)
    assert [line.taxes for line in found.lines] == [(), ()]
    assert sendable(found), "a tax total without taxes is one tax"


def test_invoice_over_several_orders_has_no_order_of_its_own():
    assert invoice(invoiceLines__1__poNumber="500002").order_number == ""


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amount": None}, "Supplier invoice 000357 has no value for amount."),
        ({"detailTotal": None, "detailTotalInCurrency": None}, "Supplier invoice 000357 has no total of its lines."),
        ({"currencyId": None}, "Supplier invoice 000357 has no currency."),
        (
            {"invoiceLines__1__lineNumber": None},
            "Supplier invoice 000357 has a line without number (invoiceLines[1]).",
        ),
        (
            {"invoiceLines__1__costInCurrency": None},
            "Supplier invoice 000357 has no value for invoiceLines[1].costInCurrency.",
        ),
        ({"supplier": {"number": ""}}, "Supplier invoice 000357 names no supplier."),
    ],
)
def test_invoice_that_cannot_be_mapped(changes: dict[str, Any], sentence: str):
    assert refusal(invoice, **changes).sentence == sentence


# --- Money ----------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(1, 9_999), st.integers(1, 99_999_99)), min_size=1, max_size=40),
    st.sampled_from([0, 6, 12, 25]),
)
def test_no_digit_of_an_amount_is_lost_on_the_way_from_doubles(lines: list[tuple[int, int]], rate: int):
    """Amounts go through doubles, summed as Visma sums them, and come out as the exact decimals that they were."""
    exact = [Decimal(quantity) * Decimal(cents) / 100 for quantity, cents in lines]
    total = sum(exact, Decimal(0))
    tax = (total * rate / 100).quantize(Decimal("0.01"))
    record = {
        "orderNbr": "1", "orderType": "RegularOrder", "date": "2026-06-01T00:00:00", "currency": "SEK",
        "supplier": {"number": "50002", "name": "Fjordfisk"}, "taxTotal": float(tax),
        "lineTotal": sum(float(a) for a in exact), "orderTotal": sum(float(a) for a in exact) + float(tax),
        "lines": [
            {"lineNbr": n, "uom": "STK", "orderQty": float(quantity), "unitCost": cents / 100, "amount": float(amount)}
            for n, ((quantity, cents), amount) in enumerate(zip(lines, exact, strict=True), start=1)
        ],
    }  # fmt: skip
    found = purchase_order(json.dumps(record).encode(), buyer=BUYER, zone=ZONE)
    assert (found.line_total, found.tax_total, found.total) == (total, tax, total + tax)
    assert [line.amount for line in found.lines] == exact
    assert t850.build(found)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_any_json_is_a_document_or_a_refusal_in_words(value: Any):
    names = ("lines", "invoiceLines", "date", "amount", "orderTotal", "supplier", "currency", "currencyId")
    body = json.dumps({**dict.fromkeys(names, value), "orderNbr": "1", "documentType": "Invoice", "number": "1"})
    for call in (purchase_order, supplier_invoice):
        with contextlib.suppress(Unmappable):
            assert call(body.encode(), buyer=BUYER, zone=ZONE).number


def test_documents_do_not_depend_on_the_way_numbers_are_written():
    one = encode(order(lineTotal=1350.3))
    text = raw("purchase_order").replace(b"1350.3,", b"1350.3000,").replace(b"1687.88", b"1.68788E3")
    assert encode(purchase_order(text, buyer=BUYER, zone=ZONE)) == one
