"""Supplier payments: each once, whatever came between; released on what was approved; never where nobody can tell."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from integrations.http.errors import Rejected, Unknown
from integrations.http.session import Session
from integrations.models import Breaker, Connection
from integrations.systems.contract import Accepted, Applied, CannotTell, Delivered, Effect, Evidence, NotApplied
from integrations.systems.visma.commands import Command, MakePayment, PaidDocument, ReleasePayment, encode
from integrations.systems.visma.spec import SYSTEM
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.visma.outgoing import outgoing

DAY = dt.date(2026, 11, 10)


def is_open(body: dict[str, Any]) -> bool:
    return body["status"] == "Open" and body["balanceInCurrency"] == body["amount"] > 0


@pytest.fixture
def invoice(visma: Served) -> dict[str, Any]:
    """One that can be paid, of the Swedish company."""
    rows = [r["body"] for r in visma.rows("supplierInvoice") if r["key"].startswith("SE/Invoice/")]
    return next(b for b in rows if is_open(b) and b["currencyId"] == "SEK")


@pytest.fixture
def sink(session: Session, connection: Connection) -> Any:
    return SYSTEM.sink("supplier-payments").open(connection, session)


def payment(invoice: dict[str, Any], own: str = "A", **changes: Any) -> MakePayment:
    amount = Decimal(str(invoice["amount"]))
    values: dict[str, Any] = {
        "stamp": f"Airbase {own}",
        "supplier": invoice["supplier"]["number"],
        "date": DAY,
        "reference": own,
        "amount": amount,
        "currency": invoice["currencyId"],
        "documents": (PaidDocument(number=invoice["referenceNumber"], amount=amount),),
    }
    return MakePayment(**{**values, **changes})


def released(made: MakePayment, number: str = "", **changes: Any) -> ReleasePayment:
    values: dict[str, Any] = {"supplier": made.supplier, "date": made.date, "amount": made.amount}
    return ReleasePayment(stamp=made.stamp, payment_number=number, **{**values, **changes})


def do(sink: Any, command: Command) -> Effect:
    Breaker.objects.all().delete()
    [effect] = sink.apply_many([outgoing(command)])
    return effect


def look(sink: Any, command: Command) -> Evidence:
    Breaker.objects.all().delete()
    return sink.evidence(outgoing(command))


def number_of(effect: Effect) -> str:
    assert isinstance(effect, Delivered), effect
    return effect.target_id


def booked(visma: Served, stamp: str = "Airbase ") -> list[dict[str, Any]]:
    return [r["body"] for r in visma.rows("supplierPayment") if r["body"]["description"].startswith(stamp)]


def test_made_before_the_answer_was_lost_it_is_found_and_not_made_again(
    visma: Served, sink: Any, invoice: dict[str, Any]
) -> None:
    wanted = payment(invoice)
    assert isinstance(look(sink, wanted), NotApplied)
    visma.fault(method="POST", path_regex="/supplierPayment$", fault="reset_after", times=1)
    assert isinstance(do(sink, wanted), Unknown)
    (there,) = booked(visma)
    found = look(sink, wanted)
    assert isinstance(found, Applied)
    assert found.target_id == there["refNbr"] == number_of(do(sink, wanted))
    assert len(booked(visma)) == 1


def test_two_payments_alike_in_supplier_day_and_amount_are_two(
    visma: Served, sink: Any, invoice: dict[str, Any]
) -> None:
    half = Decimal(str(invoice["amount"])) / 2
    parts = {"amount": half, "documents": (PaidDocument(number=invoice["referenceNumber"], amount=half),)}
    first, second = payment(invoice, "A", **parts), payment(invoice, "B", **parts)
    numbers = [number_of(do(sink, one)) for one in (first, second)]
    assert len(set(numbers)) == len(booked(visma)) == 2
    assert [number_of(do(sink, one)) for one in (first, second)] == numbers, "each is found as itself"


def test_two_payments_of_the_whole_invoice_settle_it_once(visma: Served, sink: Any, invoice: dict[str, Any]) -> None:
    """Both may be made while neither is released; the second is then refused, visibly."""
    first, second = payment(invoice, "A"), payment(invoice, "B")
    one, two = number_of(do(sink, first)), number_of(do(sink, second))
    assert isinstance(do(sink, released(first, one)), Delivered)
    assert isinstance(do(sink, released(second, two)), Rejected)
    assert [p["released"] for p in booked(visma)] == [True, False]
    refused = do(sink, payment(invoice, "C"))
    assert isinstance(refused, Rejected)
    assert "is paid" in refused.sentence
    assert len(booked(visma)) == 2


@pytest.mark.parametrize("status", ["Hold", "Balanced"])
def test_an_invoice_that_is_not_released_is_not_paid(
    visma: Served, sink: Any, invoice: dict[str, Any], status: str
) -> None:
    """The payment could be made, but its release would fail."""
    visma.mutate("supplierInvoice", {"status": status}, key=f"SE/Invoice/{invoice['referenceNumber']}")
    effect = do(sink, payment(invoice))
    assert isinstance(effect, Rejected)
    assert f"cannot be paid as long as it is {status}" in effect.sentence
    assert not booked(visma)


def test_a_payment_of_a_branch_that_is_none_is_refused_in_words(
    visma: Served, sink: Any, invoice: dict[str, Any]
) -> None:
    """Visma.net's own error names neither the branch nor the payment."""
    effect = do(sink, payment(invoice, branch="77"))
    assert isinstance(effect, Rejected)
    assert "branch 77 does not exist" in effect.sentence
    assert not booked(visma)
    number_of(do(sink, payment(invoice, branch="1")))
    assert booked(visma)[0]["branch"] == "1"


def test_money_does_not_leave_an_account_of_another_currency(visma: Served, sink: Any, invoice: dict[str, Any]) -> None:
    accounts = [r["body"] for r in visma.rows("cashaccount") if r["key"].startswith("SE/")]
    own = next(a for a in accounts if a["currency"] == "SEK")
    foreign = next((a for a in accounts if a["currency"] == "EUR"), None)
    if foreign is None:
        foreign = own
        visma.mutate("cashaccount", {"currency": "EUR"}, key=f"SE/{own['number']}")
    effect = do(sink, payment(invoice, cash_account=foreign["number"]))
    assert isinstance(effect, Rejected)
    assert f"cash account {foreign['number']} is held in EUR" in effect.sentence
    assert not booked(visma)


def test_what_was_entered_by_hand_is_not_booked_beside_it(visma: Served, sink: Any, invoice: dict[str, Any]) -> None:
    by_hand = number_of(do(sink, payment(invoice, "A", stamp="Paid by hand")))
    effect = do(sink, payment(invoice, "A"))
    assert isinstance(effect, Rejected)
    assert by_hand in effect.sentence
    assert not booked(visma)


def test_a_later_version_with_another_day_is_the_same_payment(
    visma: Served, sink: Any, invoice: dict[str, Any]
) -> None:
    """A payment's day may move by more than is looked back: then it is known by its number."""
    made = number_of(do(sink, payment(invoice)))
    later = payment(invoice, date=DAY + dt.timedelta(days=90), made_as=made)
    assert number_of(do(sink, later)) == made
    found = look(sink, later)
    assert isinstance(found, Applied)
    assert found.target_id == made
    assert len(booked(visma)) == 1


@pytest.mark.parametrize("changes", [{"amount": Decimal("99999.00")}, {"currency": "EUR"}])
def test_a_version_that_says_something_else_is_neither_booked_again_nor_taken_for_booked(
    visma: Served, sink: Any, invoice: dict[str, Any], changes: dict[str, Any]
) -> None:
    made = number_of(do(sink, payment(invoice)))
    other = payment(invoice, **changes)
    effect = do(sink, other)
    assert isinstance(effect, Rejected)
    assert made in effect.sentence
    assert isinstance(look(sink, other), CannotTell)
    assert len(booked(visma)) == 1


def others_of(visma: Served, invoice: dict[str, Any]) -> dict[str, Any]:
    """Another invoice of the same supplier that can be paid."""
    numbers = visma.control(
        "act", {"system": "visma", "action": "enter_invoices", "with": {"company": "SE", "count": 1}}
    )
    key = f"SE/Invoice/{numbers['result'][0]}"
    other = {"supplier": invoice["supplier"], "currencyId": invoice["currencyId"]}
    visma.mutate("supplierInvoice", other, key=key)
    return next(r["body"] for r in visma.rows("supplierInvoice") if r["key"] == key)


@pytest.mark.parametrize("by_number", [False, True])
def test_one_that_was_pointed_to_another_invoice_since_is_not_taken_for_booked(
    visma: Served, sink: Any, invoice: dict[str, Any], by_number: bool
) -> None:
    ten = Decimal(10)
    other = others_of(visma, invoice)["referenceNumber"]
    here = (PaidDocument(number=invoice["referenceNumber"], amount=ten),)
    made = number_of(do(sink, payment(invoice, amount=ten, documents=here)))
    there = (PaidDocument(number=other, amount=ten),)
    later = {"date": DAY + dt.timedelta(days=90), "made_as": made} if by_number else {}
    pointed = payment(invoice, amount=ten, documents=there, **later)
    effect = do(sink, pointed)
    assert isinstance(effect, Rejected)
    assert made in effect.sentence
    for number in (invoice["referenceNumber"], other):
        assert f"of Invoice {number}" in effect.sentence
    doubtful = look(sink, pointed)
    assert isinstance(doubtful, CannotTell)
    assert other in doubtful.reason
    # Of two documents that change what they get, both are named.
    shares = (PaidDocument(number=other, amount=Decimal(4)), PaidDocument(number=here[0].number, amount=Decimal(6)))
    shared = do(sink, payment(invoice, amount=ten, documents=shares, **later))
    assert isinstance(shared, Rejected)
    assert f"4 of Invoice {other}" in shared.sentence
    assert len(booked(visma)) == 1


def test_what_a_person_applied_later_is_no_difference(visma: Served, sink: Any, invoice: dict[str, Any]) -> None:
    """A payment that was booked without its bill is applied in Visma.net once the bill is there."""
    wanted = payment(invoice, documents=())
    made = number_of(do(sink, wanted))
    line = {"docType": "Invoice", "invoiceRefNbr": invoice["referenceNumber"], "amountPaid": invoice["amount"]}
    visma.mutate("supplierPayment", {"paymentLines": [line]}, key=f"SE/{made}")
    assert number_of(do(sink, wanted)) == made


def test_one_that_was_voided_is_made_again_only_when_that_is_known(
    visma: Served, sink: Any, invoice: dict[str, Any]
) -> None:
    """Somebody voids it while its answer is awaited: whether to pay again is theirs to say."""
    wanted = payment(invoice)
    made = number_of(do(sink, wanted))
    visma.mutate("supplierPayment", {"status": "Voided"}, key=f"SE/{made}")
    doubtful = look(sink, wanted)
    assert isinstance(doubtful, CannotTell)
    assert made in doubtful.reason
    again = payment(invoice, made_as=made)
    assert isinstance(look(sink, again), NotApplied)
    assert number_of(do(sink, again)) != made


def test_an_invoice_in_another_currency_is_for_a_person(visma: Served, sink: Any, invoice: dict[str, Any]) -> None:
    effect = do(sink, payment(invoice, currency="EUR"))
    assert isinstance(effect, Rejected)
    assert "is in SEK, the payment in EUR" in effect.sentence
    assert not booked(visma)


def test_a_foreign_invoice_is_paid_in_its_own_currency(visma: Served, sink: Any) -> None:
    """What its rate has become since is booked by Visma.net."""
    active = {r["body"]["number"] for r in visma.rows("supplier") if r["body"]["status"] == "Active"}
    rows = [r["body"] for r in visma.rows("supplierInvoice") if r["key"].startswith("SE/Invoice/")]
    foreign = next(b for b in rows if is_open(b) and b["currencyId"] != "SEK" and b["supplier"]["number"] in active)
    amount = Decimal(str(foreign["balanceInCurrency"]))
    documents = (PaidDocument(number=foreign["referenceNumber"], amount=amount),)
    wanted = payment(foreign, amount=amount, documents=documents)
    number = number_of(do(sink, wanted))
    assert isinstance(do(sink, released(wanted, number)), Delivered)
    (there,) = booked(visma)
    assert (there["currency"]["id"], there["paymentAmount"], there["status"]) == (
        foreign["currencyId"], float(amount), "Closed",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"payment_method": "PIGEON"}, "PIGEON is no way to pay suppliers"),
        ({"cash_account": "0000"}, "there is no cash account 0000"),
        ({"documents": (PaidDocument(number="999999", amount=Decimal(1)),)}, "there is no Invoice 999999"),
    ],
)
def test_codes_and_documents_are_looked_at_first(
    visma: Served, sink: Any, invoice: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    effect = do(sink, payment(invoice, **changes))
    assert isinstance(effect, Rejected)
    assert said in effect.sentence
    assert not booked(visma)


def test_more_than_is_open_is_not_paid(visma: Served, sink: Any, invoice: dict[str, Any]) -> None:
    more = Decimal(str(invoice["amount"])) + 1
    documents = (PaidDocument(number=invoice["referenceNumber"], amount=more),)
    effect = do(sink, payment(invoice, amount=more, documents=documents))
    assert isinstance(effect, Rejected)
    assert "is open, and" in effect.sentence
    assert not booked(visma)


@pytest.mark.parametrize(("result", "kind"), [("Done", Delivered), ("Queued", Accepted), ("Failed", Rejected)])
def test_a_release_is_what_can_be_seen_of_it(
    visma: Served, sink: Any, invoice: dict[str, Any], result: str, kind: type
) -> None:
    wanted = payment(invoice)
    number = number_of(do(sink, wanted))
    visma.options(release_result=result)
    assert isinstance(do(sink, released(wanted, number)), kind)
    if result == "Queued":
        assert isinstance(look(sink, released(wanted, number)), NotApplied)
        visma.advance(60)
    assert isinstance(look(sink, released(wanted, number)), NotApplied if result == "Failed" else Applied)


def test_a_payment_that_was_changed_since_is_not_released(visma: Served, sink: Any, invoice: dict[str, Any]) -> None:
    wanted = payment(invoice)
    number = number_of(do(sink, wanted))
    visma.mutate("supplierPayment", {"paymentAmount": 1.0}, key=f"SE/{number}")
    effect = do(sink, released(wanted, number))
    assert isinstance(effect, Rejected)
    assert "It is not released" in effect.sentence
    assert not booked(visma)[0]["released"]


# --- Booked by hand


def test_a_payment_that_a_person_booked_counts_when_it_is_the_suppliers_and_alive(
    visma: Served, sink: Any, invoice: dict[str, Any]
) -> None:
    wanted = payment(invoice)
    number = number_of(do(sink, payment(invoice, "by hand")))
    found = sink.numbered(number, encode(wanted))
    assert isinstance(found, Applied)
    assert (found.target_id, wanted.supplier in found.proof) == (number, True)
    for refused, why in (
        (sink.numbered(number, encode(payment(invoice, supplier="99999"))), "not to 99999"),
        (sink.numbered(number, b""), "Nothing of what was to be written is known"),
        (sink.numbered("999999", encode(wanted)), "no supplier payment 999999"),
        (sink.numbered("", encode(wanted)), "Say under which number"),
        (sink.numbered("", encode(released(wanted, number))), "release it there first"),
    ):
        assert isinstance(refused, NotApplied)
        assert why in refused.proof
    assert isinstance(do(sink, released(payment(invoice, "by hand"), number)), Delivered)
    assert isinstance(sink.numbered("", encode(released(wanted, number))), Applied)
    visma.mutate("supplierPayment", {"status": "Voided"}, key=f"SE/{number}")
    dead = sink.numbered(number, encode(wanted))
    assert isinstance(dead, NotApplied)
    assert "is Voided" in dead.proof


def test_a_payment_of_something_else_counts_only_when_it_is_called_so_in_the_books(
    visma: Served, sink: Any, invoice: dict[str, Any]
) -> None:
    """Any payment of the supplier is not the one that was approved."""
    wanted, one = payment(invoice), Decimal(1)
    less = number_of(do(sink, payment(invoice, "by hand", amount=one, documents=())))
    elses = number_of(do(sink, payment(invoice, "0000-B")))
    unapplied = number_of(do(sink, payment(invoice, "C", stamp="from the bank", documents=())))
    abroad = payment(invoice, currency="EUR", amount=one)
    for number, command, why in (
        (less, wanted, f"is of 1.0, and {wanted.amount} SEK was approved and does not pay Invoice"),
        (less, released(wanted, elses), "was approved"),
        (elses, wanted, "called “Airbase 0000-B”: it was made for another payment"),
        (unapplied, wanted, f"does not pay Invoice {invoice['referenceNumber']}. If it is this payment all the same"),
        (unapplied, abroad, "does not pay"),
    ):
        visma.mutate("supplierPayment", {"released": True}, key=f"SE/{number}")
        refused = sink.numbered(number, encode(command))
        assert isinstance(refused, NotApplied)
        assert why in refused.proof
    paid = number_of(do(sink, payment(invoice, "D", stamp="from the bank too")))
    assert isinstance(sink.numbered(paid, encode(abroad)), Applied), "in another currency it is another amount"
    visma.mutate("supplierPayment", {"description": wanted.stamp}, key=f"SE/{less}")
    assert isinstance(sink.numbered(less, encode(wanted)), Applied), "somebody says in the books that it is this one"
