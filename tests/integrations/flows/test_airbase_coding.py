"""The coding of a bill comes to the lines of the invoice that it was approved for, and to no others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django_scopes import scope

from edi.documents.invoice import InvoiceLine
from integrations.flows.airbase_in.bills import Paid
from integrations.flows.airbase_in.coding import _Different, _journal
from integrations.flows.airbase_in.matching import matched
from integrations.flows.airbase_in.payments import _must_have_its_sign
from integrations.models import Issue
from integrations.systems.airbase import mapping as airbase
from integrations.systems.airbase.mapping import ApprovedPayment, Coding, PaidBill
from integrations.systems.contract import Unmappable
from integrations.systems.visma import wire_ledger as ledger
from integrations.systems.visma.commands import LineCoding
from integrations.systems.visma.sinks.journals import _members
from tests.edi.documents.examples import INVOICE
from tests.integrations.flows.test_airbase import act
from tests.integrations.flows.test_airbase import airbase as airbase_world
from tests.integrations.flows.test_airbase_settled import bill_of, entered, key_of
from tests.support.world import World

__all__ = ["airbase_world"]


def line(number: int, amount: str) -> InvoiceLine:
    return InvoiceLine(
        line_number=str(number), quantity=Decimal(1), unit="", unit_price=Decimal(amount), amount=Decimal(amount)
    )


def coded(number: int, amount: str, account: str) -> Coding:
    return Coding(line_number=number, account=account, amount=Decimal(amount))


def told(lines: list[InvoiceLine], coding: list[Coding], *, by_place: bool = False) -> dict[str, str] | None:
    found = matched(lines, coding, by_place=by_place)
    return None if found is None else {number: one.account for number, one in found.items()}


LINES = [line(2, "100"), line(3, "50.00")]
VAT = coded(4, "37.50", "")


@pytest.mark.parametrize(
    ("coding", "expected"),
    [
        ([coded(3, "50", "B"), coded(2, "100.00", "A"), VAT], {"2": "A", "3": "B"}),  # by number, in another order
        ([coded(1, "100", "A"), coded(2, "50", "B"), VAT], {"2": "A", "3": "B"}),  # numbered anew by Airbase
        ([coded(2, "50", "B"), coded(3, "100", "A"), VAT], None),  # the numbers say one thing, the amounts another
        ([coded(2, "70", "A"), coded(3, "50", "B"), coded(5, "30", "C")], None),  # split by the approver
        ([coded(2, "150", "A"), VAT], None),  # made one by the approver
    ],
)
def test_lines_are_told_by_number_and_amount_or_by_order_and_amount_or_not_at_all(
    coding: list[Coding], expected: dict[str, str] | None
) -> None:
    assert told(LINES, coding) == expected


def test_an_only_line_and_lines_made_from_the_bill_need_no_amounts() -> None:
    assert told([line(1, "100")], [coded(1, "125", "A")]) == {"1": "A"}
    gross = [coded(1, "125", "A"), coded(2, "62.50", "B")]
    assert told(LINES, gross) is None
    assert told(LINES, gross, by_place=True) == {"2": "A", "3": "B"}


def test_a_bill_numbers_its_lines_as_the_books_do() -> None:
    first, *others = INVOICE.lines
    lines = (msgspec.structs.replace(first, line_number="7"), *others)
    row = airbase.bill(msgspec.structs.replace(INVOICE, lines=lines), reference="Invoice/1", vendor_number="1", tags={})
    numbers = [one["line_number"] for one in row["expense_list"]]
    assert numbers[: len(lines)] == [int(one.line_number) for one in lines]
    assert len(set(numbers)) == len(numbers)


# --- Journals

PAYMENT = ApprovedPayment(
    airbase_id="p",
    kind="bill_payment",
    status="sync_ready",
    vendor_id="v",
    vendor_name="V",
    supplier="50001",
    date=dt.date(2026, 3, 1),
    amount=Decimal(100),
    currency="EUR",
    bank_account="",
    branch="",
)


def journal_of(amount: str, *, document_type: str = "Invoice", currency: str = "EUR") -> dict[str, Any]:
    """The journal of one line, as Visma.net gets it; the line itself states no amount in its currency."""
    invoice = ledger.Payable(
        document_type=document_type,
        reference_number="1",
        date="2026-02-01T00:00:00",
        currency_id=currency,
        exchange_rate=Decimal("11.25"),
        invoice_lines=(ledger.PayableLine(line_number=2, account=ledger.Numbered(number="4000")),),
    )
    paid = Paid(PaidBill(airbase_id="b", reference="", invoice_number="", amount=Decimal(1)), document_type, "1")
    different = _Different(paid, invoice, (LineCoding(line_number=2, account="5000"),), {"2": Decimal(amount)})
    return _members(_journal(different, PAYMENT, ""))


@pytest.mark.parametrize(
    ("amount", "currency", "debit"),
    [("1.005", "EUR", "1.01"), ("-40", "EUR", "-40"), ("99.5", "ISK", "100"), ("1.0005", "KWD", "1.001")],
)
def test_a_journal_corrects_what_the_document_says_in_its_currency_and_at_its_rate(
    amount: str, currency: str, debit: str
) -> None:
    body = journal_of(amount, currency=currency)
    assert (body["currencyId"]["value"], body["exchangeRate"]["value"]) == (currency, Decimal("11.25"))
    off, on = body["journalTransactionLines"]
    assert (off["accountNumber"]["value"], on["accountNumber"]["value"]) == ("4000", "5000")
    net = on["debitAmountInCurrency"]["value"] - on["creditAmountInCurrency"]["value"]
    assert net == Decimal(debit)
    assert off["debitAmountInCurrency"] == on["creditAmountInCurrency"]
    assert off["creditAmountInCurrency"] == on["debitAmountInCurrency"]


@pytest.mark.parametrize(("kind", "amount"), [("Invoice", "-5"), ("CreditAdj", "-5"), ("DebitAdj", "5")])
def test_what_is_paid_with_the_wrong_sign_is_not_booked(kind: str, amount: str) -> None:
    bill = PaidBill(airbase_id="b", reference=f"{kind}/1", invoice_number="", amount=Decimal(amount))
    with pytest.raises(Unmappable, match="credit note in Visma"):
        _must_have_its_sign(PAYMENT, [Paid(bill, kind, "1")])
    right = msgspec.structs.replace(bill, amount=-bill.amount)
    _must_have_its_sign(PAYMENT, [Paid(right, kind, "1")])


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(600)
def test_lines_that_cannot_be_told_apart_are_left_to_a_person(
    airbase_world: World, settle: Callable[..., None]
) -> None:
    """The approver splits a line of two; which is which nobody knows, and the payment is booked all the same."""
    (invoice,) = entered(airbase_world, 1)
    settle()
    bill = bill_of(airbase_world, invoice)
    (one, *rest) = bill["expense_list"]
    split = [
        {**one, "amount": "1.00"},
        {**one, "line_number": 9, "amount": f"{float(one['amount']) - 1:.2f}", "account": {"erp_reference_id": "9"}},
    ]
    act(airbase_world, "approve_bill", bill=key_of(invoice), expense_list=[*split, *rest])
    act(airbase_world, "approve_payment", bill=key_of(invoice))
    settle()
    settle()
    with scope(tenant=airbase_world.tenant):
        issue = Issue.objects.get(status=Issue.Status.OPEN, sentence__contains="are not those of its bill")
    assert invoice["referenceNumber"] in issue.sentence
    assert "code its lines as they were approved" in issue.remedy
