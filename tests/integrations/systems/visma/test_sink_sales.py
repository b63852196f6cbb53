"""Invoices to customers that were sold elsewhere: made once, and released when they come to what they should."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.http.errors import Rejected, Transient, Unknown
from integrations.http.session import Session
from integrations.models import Breaker, Connection
from integrations.systems.contract import (
    Accepted,
    Applied,
    CannotTell,
    Delivered,
    Effect,
    Evidence,
    NotApplied,
    NotNeeded,
    Refused,
    StillOpen,
)
from integrations.systems.visma.commands import Command, encode
from integrations.systems.visma.sale_commands import MakeSale, NoteSale, ReleaseSale, SaleLine
from integrations.systems.visma.spec import SYSTEM
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.visma.outgoing import outgoing

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(session: Session, connection: Connection) -> Any:
    return SYSTEM.sink("customer-invoices").open(connection, session)


@pytest.fixture
def sale(visma: Served) -> MakeSale:
    """An invoice to the first active customer, in its currency, of today: with VAT, without, and taken off."""
    rows = [r["body"] for r in visma.rows("customer") if r["key"].startswith("SE/")]
    customer = next(c for c in rows if c["status"] == "Active" and c["currencyId"] == "SEK")
    codes = {str(r["body"]["vatId"]): r["body"] for r in visma.rows("vat") if r["key"].startswith("SE/")}
    free, taxed = sorted(codes, key=lambda code: rate_of(codes[code]))[:: len(codes) - 1]
    rate = rate_of(codes[taxed])
    lines = (
        SaleLine(text="Three things", quantity=Decimal(3), amount=Decimal("100.00"), vat_code=taxed),
        SaleLine(text="Gift card", amount=Decimal("-10.00"), vat_code=free),
        SaleLine(text="Rounding", amount=Decimal("0.01"), vat_code=free),
    )
    return MakeSale(
        stamp="adobe:42",
        customer=customer["number"],
        date=dt.date.fromisoformat(today(visma)),
        currency="SEK",
        total=Decimal("90.01") + rate,
        reference="000000042",
        text="Order 000000042",
        lines=lines,
    )


def rate_of(vat: dict[str, Any]) -> Decimal:
    return Decimal(str(vat["schedules"][0]["vatRate"]))


def today(visma: Served) -> str:
    newest = max(r["body"]["documentDate"] for r in visma.rows("customerinvoice") if r["key"].startswith("SE/"))
    return str(newest)[:10]


def do(sink: Any, command: Command) -> Effect:
    [effect] = sink.apply_many([outgoing(command)])
    return effect


def look(sink: Any, command: Command) -> Evidence:
    Breaker.objects.all().delete()
    return sink.evidence(outgoing(command))


def documents(visma: Served, stamp: str = "adobe:42") -> list[dict[str, Any]]:
    rows = [r["body"] for r in visma.rows("customerinvoice") if r["key"].startswith("SE/")]
    return [row for row in rows if row["externalReference"] == stamp]


def release_of(sale: MakeSale, **changes: Any) -> ReleaseSale:
    values: dict[str, Any] = {"stamp": sale.stamp, "total": sale.total, "currency": sale.currency}
    return ReleaseSale(**(values | changes))


def released(visma: Served, sink: Any, sale: MakeSale) -> str:
    """The number of an invoice that was made and released."""
    visma.options(release_result="Done")
    number: str = do(sink, sale).target_id  # type: ignore[union-attr]
    assert isinstance(do(sink, release_of(sale)), Delivered)
    return number


def taking_back(sale: MakeSale, number: str) -> MakeSale:
    return msgspec.structs.replace(
        sale, stamp="adobe:creditmemo:7", document_type="CreditNote", customer="", takes_back=number
    )


def test_an_invoice_is_made_once_and_comes_to_its_total(visma: Served, sink: Any, sale: MakeSale):
    assert isinstance(look(sink, sale), NotApplied)
    sale = msgspec.structs.replace(sale, due=sale.date + dt.timedelta(days=17))
    made = do(sink, sale)
    assert made == do(sink, sale) == Delivered(target_id=documents(visma)[0]["referenceNumber"])
    [there] = documents(visma)
    assert Decimal(str(there["amountInCurrency"])) == sale.total
    assert there["status"] == "Balanced"
    assert there["documentDueDate"][:10] == str(sale.due)
    assert [line["amountInCurrency"] for line in there["invoiceLines"]] == [100.0, -10.0, 0.01]
    assert isinstance(look(sink, sale), Applied)


@pytest.mark.parametrize("fault", ["timeout_after", "reset_after", 500])
def test_an_invoice_whose_making_was_not_heard_of_is_never_made_twice(
    visma: Served, sink: Any, sale: MakeSale, fault: int | str
):
    visma.fault(fault=fault, path_regex="customerinvoice$", method="POST")
    assert isinstance(do(sink, sale), Unknown)
    found = look(sink, sale)
    assert isinstance(found, Applied) == bool(documents(visma))
    assert isinstance(do(sink, sale), Delivered)
    assert len(documents(visma)) == 1


def test_what_takes_an_invoice_back_goes_to_its_customer(visma: Served, sink: Any, sale: MakeSale):
    number = released(visma, sink, sale)
    back = taking_back(sale, number)
    made = do(sink, back)
    [note] = documents(visma, "adobe:creditmemo:7")
    assert note["customer"]["number"] == sale.customer
    assert (made, look(sink, back)) == (do(sink, back), look(sink, back))
    gone = do(sink, msgspec.structs.replace(back, stamp="adobe:creditmemo:8", takes_back="999999"))
    assert isinstance(gone, Rejected)
    assert "999999" in gone.sentence
    assert isinstance(look(sink, msgspec.structs.replace(back, stamp="adobe:creditmemo:8")), NotApplied)


def test_an_invoice_is_released(visma: Served, sink: Any, sale: MakeSale):
    visma.options(release_result="Done")
    do(sink, sale)
    assert isinstance(do(sink, release_of(sale)), Delivered)
    assert documents(visma)[0]["status"] == "Open"
    assert isinstance(look(sink, release_of(sale)), Applied)
    assert isinstance(do(sink, release_of(sale)), Delivered)


def test_a_release_that_failed_with_200_is_a_refusal(visma: Served, sink: Any, sale: MakeSale):
    visma.options(release_result="Failed")
    do(sink, sale)
    effect = do(sink, release_of(sale))
    assert isinstance(effect, Rejected)
    assert "could not be completed" in effect.sentence
    assert isinstance(look(sink, release_of(sale)), NotApplied)


def test_a_release_that_waits_is_followed(visma: Served, sink: Any, sale: MakeSale):
    visma.options(release_result="Queued", queue_seconds=0.4)
    do(sink, sale)
    release = release_of(sale)
    assert isinstance(do(sink, release), Accepted)
    verdicts = {type(sink.follow(outgoing(release)))}
    visma.advance(10)
    verdicts.add(type(sink.follow(outgoing(release))))
    assert verdicts <= {StillOpen, Delivered}
    assert isinstance(sink.follow(outgoing(release)), Delivered)


@pytest.mark.parametrize("passed", [0, 10])
def test_an_invoice_that_is_changed_while_its_release_waits_is_told_at_once(
    visma: Served, sink: Any, sale: MakeSale, passed: int
):
    """Whether it is released meanwhile, or not yet."""
    visma.options(release_result="Queued", queue_seconds=1)
    do(sink, sale)
    release = release_of(sale)
    assert isinstance(do(sink, release), Accepted)
    number = documents(visma)[0]["referenceNumber"]
    visma.mutate("customerinvoice", {"amount": 7.0, "amountInCurrency": 7.0}, key=f"SE/{number}")
    visma.advance(passed)
    told = sink.follow(outgoing(release))
    assert isinstance(told, Refused)
    assert (f"comes to 7 {sale.currency}" in told.sentence, str(sale.total) in told.sentence) == (True, True)
    assert ("released already" in told.sentence) == bool(passed)
    assert told.remedy


def test_what_does_not_come_to_its_total_is_not_released(visma: Served, sink: Any, sale: MakeSale):
    do(sink, sale)
    effect = do(sink, release_of(sale, total=sale.total + 1))
    assert isinstance(effect, Rejected)
    assert str(sale.total) in effect.sentence
    assert documents(visma)[0]["status"] == "Balanced"


def test_what_has_our_stamp_and_comes_to_something_else_is_never_taken_for_ours(
    visma: Served, sink: Any, sale: MakeSale
):
    """Made, released or in doubt: both values go to a person, and nothing more is made."""
    visma.options(release_result="Done")
    number = do(sink, sale).target_id  # type: ignore[union-attr]
    do(sink, release_of(sale))
    other = {"total": sale.total + 1}
    for wanted, values in (
        (msgspec.structs.replace(sale, **other), (f"{sale.total} SEK", f"{sale.total + 1} SEK")),
        (msgspec.structs.replace(sale, currency="EUR"), (f"{sale.total} SEK", f"{sale.total} EUR")),
    ):
        released = release_of(sale, total=wanted.total, currency=wanted.currency, number=number)
        for command in (wanted, released, msgspec.structs.replace(released, number="")):
            effect, found = do(sink, command), look(sink, command)
            assert isinstance(effect, Rejected)
            assert isinstance(found, CannotTell)
            assert [value in said for said in (effect.sentence, found.reason) for value in values] == [True] * 4
    assert len(documents(visma)) == 1


def test_a_document_is_found_by_its_stamp_whoever_its_customer_is(visma: Served, sink: Any, sale: MakeSale):
    """The order's customer was linked to another one since: it is not posted a second time."""
    do(sink, sale)
    rows = [r["body"] for r in visma.rows("customer") if r["key"].startswith("SE/")]
    other = next(c["number"] for c in rows if c["status"] == "Active" and c["number"] != sale.customer)
    moved = msgspec.structs.replace(sale, customer=other)
    effect, found = do(sink, moved), look(sink, moved)
    assert isinstance(effect, Rejected)
    assert isinstance(found, CannotTell)
    assert all(f"customer {sale.customer}" in said and other in said for said in (effect.sentence, found.reason))
    [there] = documents(visma)
    # Somebody gave another invoice the same reference: which one is ours, nobody can tell.
    invoices = [r["body"] for r in visma.rows("customerinvoice") if r["key"].startswith("SE/")]
    twin = next(i for i in invoices if i["documentType"] == "Invoice" and i["status"] in ("Open", "Closed"))
    visma.mutate("customerinvoice", {"externalReference": sale.stamp}, key=f"SE/{twin['referenceNumber']}")
    effect, found = do(sink, sale), look(sink, sale)
    assert isinstance(effect, Rejected)
    assert isinstance(found, CannotTell)
    assert twin["referenceNumber"] in effect.sentence
    assert there["referenceNumber"] in found.reason


def test_a_voided_invoice_is_not_taken_back(visma: Served, sink: Any, sale: MakeSale):
    number = released(visma, sink, sale)
    visma.mutate("customerinvoice", {"status": "Voided"}, key=f"SE/{number}")
    refused = do(sink, taking_back(sale, number))
    assert isinstance(refused, Rejected)
    assert refused.sentence.startswith(f"Invoice {number} is Voided")
    assert not documents(visma, "adobe:creditmemo:7")


def test_what_takes_an_invoice_back_waits_for_its_release(visma: Served, sink: Any, sale: MakeSale):
    number = do(sink, sale).target_id  # type: ignore[union-attr]
    back = taking_back(sale, number)
    visma.options(release_result="Done")
    waits = do(sink, back)
    assert isinstance(waits, Transient)
    assert f"Invoice {number} is Balanced" in waits.sentence
    assert f"Release invoice {number}" in waits.remedy
    assert not documents(visma, "adobe:creditmemo:7")
    do(sink, release_of(sale))
    assert isinstance(do(sink, back), Delivered)


def test_people_release_where_a_setting_says_so(visma: Served, sink: Any, sale: MakeSale):
    do(sink, sale)
    assert isinstance(do(sink, release_of(sale, release=False)), NotNeeded)
    assert documents(visma)[0]["status"] == "Balanced"


def test_codes_that_do_not_exist_are_named_before_anything_is_made(visma: Served, sink: Any, sale: MakeSale):
    wrong = SaleLine(text="x", amount=Decimal(1), account="999999", segments={1: "NOPE"})
    effect = do(sink, msgspec.structs.replace(sale, lines=(wrong,)))
    assert isinstance(effect, Rejected)
    assert "999999" in effect.sentence
    assert "NOPE" in effect.sentence
    assert not documents(visma)


def test_a_note_is_appended_once(visma: Served, sink: Any, sale: MakeSale, session: Session, connection: Connection):
    number = do(sink, sale).target_id  # type: ignore[union-attr]
    visma.mutate("customerinvoice", {"note": "Ring her"}, key=f"SE/{number}")
    notes = SYSTEM.sink("sale-notes").open(connection, session)
    command = NoteSale(stamp="adobe invoice 7", number=number, text="Invoice 000000007 of the shop")
    assert isinstance(look(notes, command), NotApplied)
    assert isinstance(do(notes, command), Delivered)
    assert isinstance(do(notes, command), Delivered)
    assert isinstance(look(notes, command), Applied)
    note = documents(visma)[0]["note"]
    assert note.startswith("Ring her\n")
    assert note.count("000000007") == 1


def test_a_document_that_a_person_entered_counts_when_it_is_the_customers(
    visma: Served, sink: Any, sale: MakeSale
) -> None:
    effect = do(sink, msgspec.structs.replace(sale, stamp="by hand"))
    assert isinstance(effect, Delivered)
    number = effect.target_id
    found = sink.numbered(number, encode(sale))
    assert isinstance(found, Applied)
    assert found.target_id == number
    for refused, why in (
        (sink.numbered(number, encode(msgspec.structs.replace(sale, customer="nobody"))), "not of nobody"),
        (sink.numbered("999999", encode(sale)), "no invoice 999999"),
        (sink.numbered("", encode(sale)), "Say under which number"),
        (sink.numbered("", encode(release_of(sale, number=number))), "release it there first"),
    ):
        assert isinstance(refused, NotApplied)
        assert why in refused.proof
