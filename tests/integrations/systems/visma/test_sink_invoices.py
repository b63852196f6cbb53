"""Supplier invoices made from what was approved elsewhere: each once, with the stated total, released, found again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from integrations.http.errors import Rejected, Unknown
from integrations.http.session import Session
from integrations.models import Breaker, Connection
from integrations.systems.contract import Accepted, Applied, CannotTell, Delivered, Effect, Evidence, NotApplied
from integrations.systems.visma.commands import Command, MakeInvoices, NewInvoice, NewLine, ReleaseInvoices, encode
from integrations.systems.visma.spec import SYSTEM
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.visma.outgoing import outgoing

SUPPLIER = "50001"
DAY = dt.date(2026, 11, 10)


def wanted(number: str = "AB-1", **changes: Any) -> NewInvoice:
    values: dict[str, Any] = {
        "stamp": f"Airbase bill {number}",
        "supplier": SUPPLIER,
        "number": number,
        "date": DAY,
        "amount": Decimal("1250.00"),
        "currency": "SEK",
        "lines": (
            NewLine(account="4010", amount=Decimal("1000.00"), description="Paper", segments={1: "20"}),
            NewLine(account="4010", amount=Decimal("250.00"), description="Ink"),
        ),
    }
    return NewInvoice(**{**values, **changes})


@pytest.fixture
def sink(session: Session, connection: Connection) -> Any:
    return SYSTEM.sink("supplier-invoices").open(connection, session)


def do(sink: Any, command: Command) -> Effect:
    Breaker.objects.all().delete()
    [effect] = sink.apply_many([outgoing(command)])
    return effect


def look(sink: Any, command: Command) -> Evidence:
    Breaker.objects.all().delete()
    return sink.evidence(outgoing(command))


def made(visma: Served, number: str = "AB-1") -> list[dict[str, Any]]:
    return [r["body"] for r in visma.rows("supplierInvoice") if r["body"]["supplierReference"] == number]


def test_an_invoice_is_made_once_and_comes_to_what_was_approved(visma: Served, sink: Any) -> None:
    command = MakeInvoices(invoices=(wanted(),))
    assert isinstance(look(sink, command), NotApplied)
    effect = do(sink, command)
    (invoice,) = made(visma)
    assert effect == Delivered(target_id=f"Invoice/{invoice['referenceNumber']}")
    assert (invoice["amount"], invoice["status"], invoice["description"]) == (1250.0, "Balanced", "Airbase bill AB-1")
    assert [(x["account"]["number"], x["costInCurrency"]) for x in invoice["invoiceLines"]] == [
        ("4010", 1000.0),
        ("4010", 250.0),
    ]
    assert invoice["invoiceLines"][0]["subaccount"]["segments"][0]["segmentValue"] == "20"
    assert invoice["vatTotalInCurrency"] > 0, "VAT is taken out of what is to be paid, not put on top"
    assert do(sink, command) == effect
    assert len(made(visma)) == 1
    found = look(sink, command)
    assert isinstance(found, Applied)
    assert found.target_id == f"Invoice/{invoice['referenceNumber']}"


def test_what_was_made_before_the_answer_was_lost_is_found_and_only_the_rest_is_made(visma: Served, sink: Any) -> None:
    command = MakeInvoices(invoices=(wanted("AB-1"), wanted("AB-2")))
    visma.fault(method="POST", path_regex="/supplierInvoice$", fault="reset_after", times=1)
    assert isinstance(do(sink, command), Unknown)
    assert len(made(visma, "AB-1")) == 1
    assert isinstance(look(sink, command), NotApplied)
    effect = do(sink, command)
    assert isinstance(effect, Delivered)
    assert (len(made(visma, "AB-1")), len(made(visma, "AB-2"))) == (1, 1)
    assert effect.target_id == " ".join(f"Invoice/{made(visma, n)[0]['referenceNumber']}" for n in ("AB-1", "AB-2"))


def test_an_invoice_that_somebody_entered_is_not_entered_again(visma: Served, sink: Any) -> None:
    do(sink, MakeInvoices(invoices=(wanted(stamp="By hand"),)))
    effect = do(sink, MakeInvoices(invoices=(wanted(),)))
    assert isinstance(effect, Rejected)
    assert made(visma)[0]["referenceNumber"] in effect.remedy
    assert len(made(visma)) == 1


def test_a_credit_note_is_one(visma: Served, sink: Any) -> None:
    effect = do(sink, MakeInvoices(invoices=(wanted(document_type="DebitAdj"),)))
    (note,) = made(visma)
    assert effect == Delivered(target_id=f"DebitAdj/{note['referenceNumber']}")
    assert (note["documentType"], note["amount"]) == ("DebitAdj", 1250.0)


def test_unknown_codes_are_named_before_anything_is_sent(visma: Served, sink: Any) -> None:
    lines = (NewLine(account="9999", amount=Decimal("1250.00"), segments={1: "nowhere"}),)
    effect = do(sink, MakeInvoices(invoices=(wanted(lines=lines),)))
    assert isinstance(effect, Rejected)
    assert "account 9999 does not exist" in effect.sentence
    assert "nowhere is no active value of segment 1" in effect.sentence
    assert not made(visma)


def test_lines_that_come_to_something_else_are_refused_by_visma(visma: Served, sink: Any) -> None:
    effect = do(sink, MakeInvoices(invoices=(wanted(amount=Decimal("1300.00")),)))
    assert isinstance(effect, Rejected)
    assert not made(visma)


@pytest.mark.parametrize(("result", "kind"), [("Done", Delivered), ("Queued", Accepted), ("Failed", Rejected)])
def test_a_release_is_what_can_be_seen_of_it(visma: Served, sink: Any, result: str, kind: type) -> None:
    key = str(do(sink, MakeInvoices(invoices=(wanted(),))).target_id)  # type: ignore[union-attr]
    visma.options(release_result=result)
    command = ReleaseInvoices(keys=(key,))
    assert isinstance(do(sink, command), kind)
    if result == "Queued":
        assert isinstance(look(sink, command), NotApplied)
        visma.advance(60)
    expected = NotApplied if result == "Failed" else Applied
    assert isinstance(look(sink, command), expected)
    if result != "Failed":
        assert isinstance(do(sink, command), Delivered)
    gone = ReleaseInvoices(keys=("Invoice/999999",))
    assert isinstance(look(sink, gone), CannotTell)


def test_invoices_that_a_person_entered_count_when_they_are_the_suppliers(visma: Served, sink: Any) -> None:
    effect = do(sink, MakeInvoices(invoices=(wanted("HAND-1", stamp="Paper and ink"),)))
    assert isinstance(effect, Delivered)
    key, command = effect.target_id, encode(MakeInvoices(invoices=(wanted("AB-1"),)))
    found = sink.numbered(key, command)
    assert isinstance(found, Applied)
    assert found.target_id == key
    others, more, numbered = (
        encode(MakeInvoices(invoices=(wanted(name, **changes),)))
        for name, changes in (
            ("AB-1", {"supplier": "50002"}),
            ("AB-1", {"amount": Decimal("1250.01")}),
            ("HAND-1", {"amount": Decimal("1250.01")}),
        )
    )
    two = encode(MakeInvoices(invoices=(wanted("AB-1"), wanted("AB-2"))))
    assert isinstance(sink.numbered(key, numbered), Applied), "it has the bill's number"
    made = do(sink, MakeInvoices(invoices=(wanted("AB-9"),)))
    assert isinstance(made, Delivered)
    for refused, why in (
        (sink.numbered(key, others), "not of 50002"),
        (sink.numbered(key, more), "is of 1250.0 SEK, and the bill AB-1 of 1250.01 SEK"),
        (sink.numbered(made.target_id, command), "it was made for another bill"),
        (sink.numbered(key, two), "1 documents are named, and 2"),
        (sink.numbered(f"{key} {key}", two), "named twice"),
        (sink.numbered(key, b""), "Nothing of what was to be written is known"),
        (sink.numbered("Invoice/999999", command), "999999"),
        (sink.numbered(key.partition("/")[2], command), "With its type"),
        (sink.numbered("", command), "With its type"),
        (sink.numbered(f"{key} {key}", command), "2 documents are named, and 1"),
        (sink.numbered("", encode(ReleaseInvoices(keys=(key,)))), "release it there first"),
    ):
        assert isinstance(refused, NotApplied)
        assert why in refused.proof
