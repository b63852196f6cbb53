"""Coding of invoices: on the version that was read, again after a stale one, and never over somebody's own change."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from integrations.http.errors import Conflict, Rejected
from integrations.http.session import Session
from integrations.models import Breaker, Connection
from integrations.systems.contract import Applied, Delivered, Effect, NotApplied
from integrations.systems.visma.commands import (
    CodedInvoice,
    CodeInvoices,
    Command,
    JournalLine,
    LineCoding,
    MakeJournals,
    MakePayment,
    NewJournal,
    PaidDocument,
    ReleasePayment,
)
from integrations.systems.visma.spec import SYSTEM
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.visma.outgoing import outgoing

DAY = dt.date(2026, 11, 10)


def opened(key: str, session: Session, connection: Connection) -> Any:
    return SYSTEM.sink(key).open(connection, session)


def do(sink: Any, command: Command, **values: Any) -> Effect:
    Breaker.objects.all().delete()
    [effect] = sink.apply_many([outgoing(command, **values)])
    return effect


@pytest.fixture
def invoice(visma: Served) -> dict[str, Any]:
    """An invoice that can still be coded."""
    rows = visma.rows("supplierInvoice")
    return next(r for r in rows if r["key"].startswith("SE/Invoice/") and r["body"]["status"] == "Balanced")


def coded(row: dict[str, Any], account: str, *, was: str | None) -> CodeInvoices:
    line = row["body"]["invoiceLines"][0]["lineNumber"]
    change = LineCoding(line_number=line, account=account, was_account=was)
    return CodeInvoices(invoices=(CodedInvoice(number=row["body"]["referenceNumber"], lines=(change,)),))


def other_accounts(visma: Served, row: dict[str, Any]) -> tuple[str, str, str]:
    """The account of the first line, and two others of the company."""
    now = row["body"]["invoiceLines"][0]["account"]["number"]
    numbers = sorted(
        r["body"]["accountCD"]
        for r in visma.rows("account")
        if r["key"].startswith("SE/") and r["body"]["type"] == "Expense" and r["body"]["accountCD"] != now
    )
    return now, numbers[0], numbers[1]


def account_now(visma: Served, row: dict[str, Any]) -> str:
    lines = visma.row("supplierInvoice", row["key"])["body"]["invoiceLines"]
    return str(lines[0]["account"]["number"])


def test_a_stale_version_is_read_again_and_the_coding_goes_on_the_new_one(
    visma: Served, session: Session, connection: Connection, invoice: dict[str, Any]
) -> None:
    visma.options(strict_if_match=True)
    sink = opened("invoice-coding", session, connection)
    was, shall, _ = other_accounts(visma, invoice)
    command = coded(invoice, shall, was=was)
    visma.fault(method="PUT", path_regex="/supplierInvoice/", fault=412, times=1)
    stale = do(sink, command)
    assert isinstance(stale, Conflict)
    assert list(stale.base.values()) == [was]
    visma.mutate("supplierInvoice", {"description": "Saved by somebody"}, key=invoice["key"])
    assert isinstance(do(sink, command, base=stale.base), Delivered)
    assert account_now(visma, invoice) == shall


def test_what_somebody_else_coded_meanwhile_goes_to_a_person_with_all_values(
    visma: Served, session: Session, connection: Connection, invoice: dict[str, Any]
) -> None:
    sink = opened("invoice-coding", session, connection)
    was, shall, theirs = other_accounts(visma, invoice)
    visma.mutate("supplierInvoice", {"invoiceLines.0.account.number": theirs}, key=invoice["key"])
    effect = do(sink, coded(invoice, shall, was=was))
    assert isinstance(effect, Rejected)
    assert f"was {was} and is now {theirs}, shall be {shall}" in effect.sentence
    assert account_now(visma, invoice) == theirs
    # Prepared anew after a conflict, the command knows the newer value; what the first try replaced still counts.
    place = f"Invoice {invoice['body']['referenceNumber']} line 1 account"
    again = do(sink, coded(invoice, shall, was=theirs), base={place: was})
    assert isinstance(again, Rejected)
    forced = do(sink, coded(invoice, shall, was=None))
    assert isinstance(forced, Delivered)
    assert account_now(visma, invoice) == shall


def test_a_payment_is_released_on_the_version_that_was_read_and_only_as_it_was_approved(
    visma: Served, session: Session, connection: Connection
) -> None:
    sink = opened("supplier-payments", session, connection)
    row = next(
        r["body"]
        for r in visma.rows("supplierInvoice")
        if r["key"].startswith("SE/Invoice/") and r["body"]["status"] == "Open" and r["body"]["balanceInCurrency"] > 20
    )
    number, supplier, currency = row["referenceNumber"], row["supplier"]["number"], row["currencyId"]
    paid = PaidDocument(number=number, amount=Decimal("10.00"))
    made = do(
        sink,
        MakePayment(
            stamp="Airbase 1",
            supplier=supplier,
            date=DAY,
            reference="R1",
            amount=Decimal("10.00"),
            currency=currency,
            documents=(paid,),
        ),
    )
    assert isinstance(made, Delivered), made
    visma.options(release_result="Done")
    command = ReleasePayment(
        stamp="Airbase 1", supplier=supplier, date=DAY, payment_number=made.target_id, amount=Decimal("10.00")
    )
    visma.fault(method="POST", path_regex="/action/release", fault=412, times=1)
    assert isinstance(do(sink, command), Conflict)
    key = f"SE/{made.target_id}"
    visma.mutate("supplierPayment", {"paymentAmount": 12.0}, key=key)
    changed = do(sink, command)
    assert isinstance(changed, Rejected)
    assert "it says 12" in changed.sentence
    assert not visma.row("supplierPayment", key)["body"]["released"]
    visma.mutate("supplierPayment", {"paymentAmount": 10.0}, key=key)
    assert isinstance(do(sink, command), Delivered)
    assert visma.row("supplierPayment", key)["body"]["released"]


def test_a_correcting_journal_is_made_once(visma: Served, session: Session, connection: Connection) -> None:
    sink = opened("journals", session, connection)
    lines = (
        JournalLine(account="4010", amount=Decimal("-100.00"), segments={1: "20"}),
        JournalLine(account="5410", amount=Decimal("100.00")),
    )
    journal = NewJournal(stamp="Airbase coding b-1", date=DAY, since=DAY, currency="SEK", lines=lines)
    command = MakeJournals(journals=(journal,))
    assert isinstance(sink.evidence(outgoing(command)), NotApplied)
    visma.fault(method="POST", path_regex="/journaltransaction$", fault="reset_after", times=1)
    do(sink, command)
    effect = do(sink, command)
    assert isinstance(effect, Delivered), effect
    (made,) = (r["body"] for r in visma.rows("journaltransaction") if r["body"]["description"] == journal.stamp)
    assert (made["batchNumber"], made["status"], made["debitTotal"]) == (effect.target_id, "Balanced", 100.0)
    Breaker.objects.all().delete()
    assert isinstance(sink.evidence(outgoing(command)), Applied)
