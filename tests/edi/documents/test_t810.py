from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from edi.documents import t810
from edi.documents.building import BuildOptions, BuildRefused
from edi.documents.invoice import Invoice
from edi.documents.values import Charge, Reference, Tax, Terms
from tests.edi.documents.examples import CREDIT_NOTE, INVOICE
from tests.edi.documents.strategies import invoices, options
from tests.edi.documents.support import as_set, lines, parsed


def altered(**changes: Any) -> Invoice:
    return msgspec.structs.replace(INVOICE, **changes)


def with_line(**changes: Any) -> Invoice:
    return altered(lines=(msgspec.structs.replace(INVOICE.lines[0], **changes),))


def refusal(invoice: Invoice, chosen: BuildOptions | None = None) -> tuple[str, ...]:
    with pytest.raises(BuildRefused) as refused:
        t810.build(invoice, chosen)
    return refused.value.reasons


def rows_of(invoice: Invoice, *tags: str, chosen: BuildOptions | None = None) -> list[str]:
    return [row for row in lines(t810.build(invoice, chosen)) if row.split("*")[0] in tags]


@given(invoices(), options())
def test_what_is_built_is_read_again(invoice: Invoice, chosen: BuildOptions) -> None:
    result = t810.read(as_set(t810.build(invoice, chosen), "810"))
    assert result.findings == ()
    assert result.left_over == ()
    assert result.document == t810.carried(invoice, chosen)


@settings(max_examples=50)
@given(invoices(), options())
def test_what_is_carried_is_carried_again(invoice: Invoice, chosen: BuildOptions) -> None:
    once = t810.carried(invoice, chosen)
    assert t810.carried(once, chosen) == once
    assert t810.build(once, chosen) == t810.build(invoice, chosen)


def test_total_is_in_hundredths() -> None:
    assert rows_of(INVOICE, "TDS") == ["TDS*5600"]


def test_rule_20_total_is_in_hundredths_in_every_currency() -> None:
    line = msgspec.structs.replace(INVOICE.lines[0], unit_price=Decimal(1290), amount=Decimal(12900))
    whole = altered(
        currency="ISK", lines=(line,), taxes=(), line_total=Decimal(12900), tax_total=Decimal(0), rounding=Decimal(0)
    )
    assert rows_of(msgspec.structs.replace(whole, total=Decimal(12900)), "TDS") == ["TDS*1290000"]


def test_a_thousandth_has_no_form() -> None:
    line = msgspec.structs.replace(INVOICE.lines[0], unit_price=Decimal("1.2345"), amount=Decimal("12.345"))
    invoice = altered(
        currency="KWD",
        lines=(line,),
        taxes=(),
        line_total=Decimal("12.345"),
        tax_total=Decimal(0),
        rounding=Decimal(0),
        total=Decimal("12.345"),
    )
    assert refusal(invoice) == ("total 12.345 has more than two decimals, which X12 cannot carry here",)


def test_rule_20_credit_note_keeps_its_sign() -> None:
    assert rows_of(CREDIT_NOTE, "BIG", "IT1", "TDS") == [
        "BIG*20260520*K-1*****CR*00",
        "IT1*1*-10*EA*4.5**BP*A-1",
        "TDS*-4500",
    ]


def test_credit_note_can_be_sent_positive() -> None:
    options = BuildOptions(credit_sign="positive")
    assert rows_of(CREDIT_NOTE, "IT1", "TDS", chosen=options) == ["IT1*1*10*EA*4.5**BP*A-1", "TDS*4500"]


def test_rule_20_positive_credit_note_is_read_with_the_sign_of_the_books() -> None:
    result = t810.read(parsed("BIG*20260520*K-1*****CR*00\nIT1*1*10*EA*4.5\nTDS*4500", "810"))
    assert result.document is not None
    assert (result.document.total, result.document.lines[0].quantity) == (Decimal(-45), Decimal(-10))


def test_credit_note_with_a_positive_total_is_refused() -> None:
    assert refusal(altered(kind="credit_note"))[0] == "the total of a credit note is 56.00; it must not be positive"


def test_line_amount_must_be_explained() -> None:
    assert "line 1: amount 40.00 is not 10 times 4.5 which make 45" in refusal(with_line(amount=Decimal("40.00")))


def test_line_discount_explains_the_amount() -> None:
    discount = Charge(kind="allowance", code="C310", text="Rabatt", amount=Decimal("5.00"))
    line = msgspec.structs.replace(INVOICE.lines[0], amount=Decimal("40.00"), charges=(discount,))
    invoice = altered(
        lines=(line,),
        taxes=(Tax(rate=Decimal(25), amount=Decimal(10)),),
        line_total=Decimal(40),
        tax_total=Decimal(10),
        rounding=Decimal(0),
        total=Decimal(50),
    )
    assert rows_of(invoice, "IT1", "SAC", "PAM") == ["IT1*1*10*EA*4.5**BP*A-1", "SAC*A*C310***500*******02***Rabatt"]


def test_amount_that_rounding_explains_is_stated() -> None:
    line = msgspec.structs.replace(
        INVOICE.lines[0], quantity=Decimal(1), unit_price=Decimal("4.505"), amount=Decimal("4.50")
    )
    invoice = altered(
        lines=(line,),
        taxes=(),
        line_total=Decimal("4.50"),
        tax_total=Decimal(0),
        rounding=Decimal(0),
        total=Decimal("4.5"),
    )
    assert rows_of(invoice, "PAM") == ["PAM****1*4.5"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"total": Decimal("57.00")},
            "the total is not lines + charges - allowances + tax + rounding: 57.00 is stated, the parts make 56.00",
        ),
        ({"line_total": Decimal("44.00")}, "the line total is not the sum of the lines' amounts: 44.00 is stated"),
        ({"tax_total": Decimal("9.00")}, "the tax total is not the sum of the taxes: 9.00 is stated"),
        ({"lines": ()}, "the invoice has no line"),
        ({"number": ""}, "invoice number is missing"),
        ({"references": (Reference(kind="other", value="x"),) * 13}, "there are more than 12 references"),
        (
            {"due_date": dt.date(2026, 6, 1), "terms": Terms(due_date=dt.date(2026, 6, 2))},
            "the invoice is due 2026-06-01",
        ),
        ({"taxes": INVOICE.taxes * 11}, "there are 11 taxes; 10 can be sent"),
    ],
)
def test_refusals(changes: dict[str, Any], reason: str) -> None:
    assert any(told.startswith(reason) for told in refusal(altered(**changes)))


def test_taxes_of_lines_and_invoice_must_agree() -> None:
    invoice = with_line(taxes=(Tax(rate=Decimal(25), amount=Decimal("11.00")),))
    assert refusal(invoice) == ("the taxes are not the sum of the lines' taxes: 11.25 is stated, the parts make 11.00",)


def test_005010_has_room_for_more() -> None:
    invoice = with_line(quantity=Decimal("12345678901"), amount=Decimal("55555555054.50"))
    invoice = msgspec.structs.replace(
        invoice, taxes=(), line_total=Decimal("55555555054.50"), tax_total=Decimal(0), rounding=Decimal(0)
    )
    invoice = msgspec.structs.replace(invoice, total=Decimal("55555555054.50"))
    assert refusal(invoice) == ("line 1: quantity '12345678901' has 11 digits; IT102 takes at most 10",)
    assert t810.build(invoice, BuildOptions(version="005010"))


def test_tax_total_alone_becomes_a_tax() -> None:
    assert rows_of(altered(taxes=()), "TXI") == ["TXI*VA*11.25"]


def test_what_it_is_matched_by_is_carried() -> None:
    invoice = with_line(order_number="500001", order_line="3", receipt_number="R-9", receipt_line="2", account="4010")
    assert rows_of(invoice, "REF")[1:] == ["REF*PO*500001", "REF*FJ*3", "REF*RV*R-9*2"]


def test_order_of_the_line_may_stand_among_its_item_numbers() -> None:
    result = t810.read(parsed("BIG*20260520*F-1\nIT1*1*10*EA*4.5**BP*A-1*PO*500001*PL*3\nTDS*4500", "810"))
    assert result.document is not None
    line = result.document.lines[0]
    assert (line.order_number, line.order_line, len(line.item_ids)) == ("500001", "3", 1)
    assert (result.findings, result.left_over) == ((), ())


def test_taxes_of_charges_are_not_taxes_of_the_line() -> None:
    text = "BIG*20260520*F-1\nIT1*1*10*EA*4.5\nTXI*VA*11.25\nSAC*C*D240***1000\nTXI*VA*2.50\nTDS*6875"
    result = t810.read(parsed(text, "810"))
    assert result.draft is not None
    assert [tax.amount for tax in result.draft.lines[0].taxes] == [Decimal("11.25")]
    assert [over.elements for over in result.left_over] == [("VA", "2.50")]


def test_stated_total_is_kept_even_when_it_does_not_add_up() -> None:
    result = t810.read(parsed("BIG*20260520*F-1\nIT1*1*10*EA*4.5\nTDS*4400", "810"))
    assert result.document is not None
    assert (result.document.line_total, result.document.total) == (Decimal(45), Decimal(44))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CUR*SE*SEK", "segment-missing"),
        ("BIG*20260520*F-1\nIT1*1*10*EA*4.5", "segment-missing"),
        ("BIG*20260520*F-1\nTDS*45.00", "number-unreadable"),
        ("BIG*20260520\nTDS*4500", "value-missing"),
    ],
)
def test_unreadable_invoices_are_no_documents(text: str, code: str) -> None:
    result = t810.read(parsed(text, "810"))
    assert result.document is None
    assert code in {f.code for f in result.findings}
