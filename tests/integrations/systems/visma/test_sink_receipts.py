"""Ship notices as receipts in the simulated books: four writes, each of which can fail, be lost, or be done twice."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from edi.documents.values import ItemId
from integrations.http.errors import Conflict, RateLimited, Rejected, Unknown
from integrations.http.session import Session
from integrations.models import Breaker, Connection
from integrations.systems.contract import Applied, Delivered, Effect, Evidence, NotApplied
from integrations.systems.visma.commands import (
    AddOrderLines,
    Command,
    MakeReceipt,
    ReleaseReceipt,
    SetQuantities,
    WantedLine,
)
from integrations.systems.visma.sinks.receipts import PurchaseReceiptSink
from integrations.systems.visma.spec import SYSTEM
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.visma.conftest import requests_of
from tests.integrations.systems.visma.outgoing import outgoing

ORDER, SUPPLIER, TODAY = "500004", "50003", dt.date(2026, 11, 20)
SHIPMENT: dict[str, Any] = {"stamp": "856 SUP50003/LEV-1", "supplier": SUPPLIER, "date": TODAY}
MAKE = MakeReceipt(**SHIPMENT, shipment_number="LEV-1")
LINES = (
    WantedLine(order_number=ORDER, order_line="1", quantity=Decimal(4), unit="CT"),
    WantedLine(order_number=f"{ORDER}-1", quantity=Decimal("2.5"), item_ids=(ItemId(scheme="buyer", value="A-0018"),)),
)


@pytest.fixture
def sink(session: Session, connection: Connection) -> PurchaseReceiptSink:
    opened = SYSTEM.sink("purchase-receipts").open(connection, session)
    assert isinstance(opened, PurchaseReceiptSink)
    return opened


@pytest.fixture
def lines(visma: Served) -> tuple[WantedLine, ...]:
    """Two lines of an open order: one by its number, one by its article and an order number with a suffix."""
    article = order_line(visma, 3)["inventory"]["number"]
    by_article = WantedLine(
        order_number=f"{ORDER}-1", quantity=Decimal("2.5"), item_ids=(ItemId(scheme="buyer", value=article),)
    )
    return (LINES[0], by_article)


def order_line(visma: Served, number: int) -> dict[str, Any]:
    order = visma.row("purchaseorder", f"SE/{ORDER}")["body"]
    return next(line for line in order["lines"] if line["lineNbr"] == number)


def do(sink: PurchaseReceiptSink, command: Command) -> Effect:
    [effect] = sink.apply_many([outgoing(command)])
    return effect


def done(sink: PurchaseReceiptSink, command: Command) -> str:
    effect = do(sink, command)
    assert isinstance(effect, Delivered), effect
    return effect.target_id


def look(sink: PurchaseReceiptSink, command: Command) -> Evidence:
    Breaker.objects.all().delete()  # it opens after a lost answer; here its pause is not waited for
    return sink.evidence(outgoing(command))


def receipts(visma: Served, shipment: str = "LEV-1") -> list[dict[str, Any]]:
    rows = [row["body"] for row in visma.rows("PurchaseReceipt")]
    return [row for row in rows if row.get("supplierRef") == shipment]


def writes(visma: Served) -> list[str]:
    return [f"{r['method']} {r['path']}" for r in requests_of(visma) if r["method"] != "GET"]


def test_the_whole_way(visma: Served, sink: PurchaseReceiptSink, lines: tuple[WantedLine, ...]):
    number = done(sink, MAKE)
    assert receipts(visma)[0]["status"] == "Hold", "nobody releases a receipt that is half made"
    assert done(sink, AddOrderLines(**SHIPMENT, receipt_number=number, lines=lines)) == number
    assert done(sink, SetQuantities(**SHIPMENT, receipt_number=number, lines=lines)) == number
    [receipt] = receipts(visma)
    assert [(line["poOrderNbr"], line["poOrderLineNbr"], line["receiptQty"]) for line in receipt["lines"]] == [
        (ORDER, 1, 4.0),
        (ORDER, 3, 2.5),
    ]
    assert receipt["status"] == "Balanced"
    assert done(sink, ReleaseReceipt(**SHIPMENT, receipt_number=number)) == number
    assert receipts(visma)[0]["status"] == "Released"


def test_doing_all_again_writes_nothing(visma: Served, sink: PurchaseReceiptSink, lines: tuple[WantedLine, ...]):
    commands: list[Command] = [
        MAKE,
        AddOrderLines(**SHIPMENT, lines=lines),
        SetQuantities(**SHIPMENT, lines=lines),
        ReleaseReceipt(**SHIPMENT),
    ]
    numbers = {done(sink, command) for command in commands}
    before = writes(visma)
    assert {done(sink, command) for command in commands} == numbers, "found by its mark"
    assert writes(visma) == before
    assert all(isinstance(look(sink, command), Applied) for command in commands)


@pytest.mark.parametrize("fault", ["timeout_after", "reset_after"])
def test_lost_answers_are_found_by_what_was_written(
    fault: str, visma: Served, sink: PurchaseReceiptSink, lines: tuple[WantedLine, ...]
):
    for command, path in (
        (MAKE, "/v1/PurchaseReceipt$"),
        (AddOrderLines(**SHIPMENT, lines=lines), "addpurchaseorderlines"),
        (SetQuantities(**SHIPMENT, lines=lines), "/v1/PurchaseReceipt/"),
        (ReleaseReceipt(**SHIPMENT), "action/release"),
    ):
        assert isinstance(look(sink, command), NotApplied) or command is not MAKE
        visma.fault(fault=fault, path_regex=path, method="PUT" if isinstance(command, SetQuantities) else "POST")
        assert isinstance(do(sink, command), Unknown)
        found = look(sink, command)
        assert isinstance(found, Applied), found
        assert found.proof
    assert len(receipts(visma)) == 1


def test_what_never_arrived_is_not_found(visma: Served, sink: PurchaseReceiptSink, lines: tuple[WantedLine, ...]):
    visma.fault(fault="timeout_before", path_regex="/v1/PurchaseReceipt$", method="POST", times=1)
    assert isinstance(do(sink, MAKE), Unknown)
    assert isinstance(look(sink, MAKE), NotApplied)
    done(sink, MAKE)
    assert isinstance(look(sink, AddOrderLines(**SHIPMENT, lines=lines)), NotApplied)
    assert isinstance(look(sink, SetQuantities(**SHIPMENT, lines=lines)), NotApplied)
    assert isinstance(look(sink, ReleaseReceipt(**SHIPMENT)), NotApplied)


@pytest.mark.parametrize(("fault", "kind"), [(412, Conflict), (409, Conflict), (429, RateLimited), (503, Unknown)])
def test_refused_writes_leave_the_receipt_as_it_was(
    fault: int, kind: type[Exception], visma: Served, sink: PurchaseReceiptSink, lines: tuple[WantedLine, ...]
):
    done(sink, MAKE)
    done(sink, AddOrderLines(**SHIPMENT, lines=lines))
    before = receipts(visma)
    visma.fault(fault=fault, path_regex="/v1/PurchaseReceipt/", method="PUT", times=1)
    effect = do(sink, SetQuantities(**SHIPMENT, lines=lines))
    assert isinstance(effect, kind)
    assert receipts(visma) == before


def test_goods_of_another_suppliers_order_are_not_received(
    visma: Served, sink: PurchaseReceiptSink, lines: tuple[WantedLine, ...]
):
    done(sink, MAKE)
    done(sink, AddOrderLines(**SHIPMENT, lines=lines))
    before = receipts(visma)
    visma.mutate("purchaseorder", {"supplier.number": "50004"}, key=f"SE/{ORDER}")
    for command in (AddOrderLines(**SHIPMENT, lines=lines), SetQuantities(**SHIPMENT, lines=lines)):
        effect = do(sink, command)
        assert isinstance(effect, Rejected)
        assert f"order {ORDER} is of supplier 50004, and the ship notice comes from {SUPPLIER}" in effect.sentence
    assert receipts(visma) == before


def test_a_receipt_of_the_same_shipment_made_by_hand_stops_it(visma: Served, sink: PurchaseReceiptSink):
    done(sink, MakeReceipt(**(SHIPMENT | {"stamp": "by hand"}), shipment_number="LEV-1"))
    effect = do(sink, MAKE)
    assert isinstance(effect, Rejected)
    assert "is on receipt" in effect.sentence
    assert len(receipts(visma)) == 1


def test_lines_that_came_twice_are_removed(visma: Served, sink: PurchaseReceiptSink, lines: tuple[WantedLine, ...]):
    number = done(sink, MAKE)
    add = {"purchaseOrderLines": [{"orderNbr": ORDER, "lines": [{"lineNbr": "1"}]}]}
    for _ in range(2):
        sink.client.act(f"v1/PurchaseReceipt/{number}/action/addpurchaseorderlines", add)
    done(sink, AddOrderLines(**SHIPMENT, lines=lines))
    done(sink, SetQuantities(**SHIPMENT, lines=lines))
    [receipt] = receipts(visma)
    assert [(line["poOrderLineNbr"], line["receiptQty"]) for line in receipt["lines"]] == [(1, 4.0), (3, 2.5)]


def test_a_line_that_visma_leaves_out_is_said(visma: Served, sink: PurchaseReceiptSink):
    done(sink, MAKE)
    visma.mutate("purchaseorder", {"lines.1.canceled": False, "lines.1.completed": True}, key=f"SE/{ORDER}")
    service = WantedLine(order_number=ORDER, order_line="2", quantity=Decimal(1))
    effect = do(sink, AddOrderLines(**SHIPMENT, lines=(LINES[0], service)))
    assert isinstance(effect, Rejected)
    assert f"left out line 2 of order {ORDER}" in effect.sentence
    assert isinstance(look(sink, AddOrderLines(**SHIPMENT, lines=(LINES[0], service))), NotApplied)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (WantedLine(order_number="999999", order_line="1", quantity=Decimal(1)), "no purchase order 999999"),
        (WantedLine(order_number=ORDER, order_line="77", quantity=Decimal(1)), "is not in order"),
        (WantedLine(order_number=ORDER, order_line="1", quantity=Decimal(0)), "nothing is shipped"),
        (WantedLine(order_number=ORDER, order_line="1", quantity=Decimal(-5)), "takes nothing back"),
        (WantedLine(order_number="500002", order_line="1", quantity=Decimal(1)), "is Closed"),
    ],
)
def test_refusals_in_words(line: WantedLine, words: str, visma: Served, sink: PurchaseReceiptSink):
    visma.mutate("purchaseorder", {"supplier.number": SUPPLIER}, key="SE/500002")
    done(sink, MAKE)
    effect = do(sink, AddOrderLines(**SHIPMENT, lines=(line,)))
    assert isinstance(effect, Rejected)
    assert words in effect.sentence
    [receipt] = receipts(visma)
    assert f"Receipt {receipt['receiptNbr']} was made for it and is on hold, with no lines yet" in effect.remedy
    assert "delete it in Visma.net and dismiss this" in effect.remedy


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (WantedLine(order_number="999999", order_line="1", quantity=Decimal(1)), "no purchase order 999999"),
        (WantedLine(order_number=ORDER, order_line="77", quantity=Decimal(1)), "is not in order"),
        (WantedLine(order_number=ORDER, order_line="1", quantity=Decimal(99999)), "99999 are shipped of line 1"),
        (WantedLine(order_number=ORDER, order_line="1", quantity=Decimal(1), unit="KG"), "our books count it in KRT"),
    ],
)
def test_what_cannot_be_received_makes_no_receipt_that_stays_empty(
    line: WantedLine, words: str, visma: Served, sink: PurchaseReceiptSink
):
    effect = do(sink, MakeReceipt(**SHIPMENT, shipment_number="LEV-1", lines=(line,)))
    assert isinstance(effect, Rejected)
    assert words in effect.sentence
    assert receipts(visma) == []


def test_what_visma_refuses_is_taken_up_again_on_the_same_receipt(
    visma: Served, sink: PurchaseReceiptSink, lines: tuple[WantedLine, ...]
):
    """The order is closed between the making of the receipt and its lines; somebody opens it again."""
    make = MakeReceipt(**SHIPMENT, shipment_number="LEV-1", lines=lines)
    number = done(sink, make)
    visma.mutate("purchaseorder", {"status": "Closed"}, key=f"SE/{ORDER}")
    refused = do(sink, AddOrderLines(**SHIPMENT, receipt_number=number, lines=lines))
    assert isinstance(refused, Rejected)
    assert f"Receipt {number} was made for it and is on hold" in refused.remedy
    assert done(sink, make) == number, "there is one already, whatever the order is now"
    visma.mutate("purchaseorder", {"status": "Open"}, key=f"SE/{ORDER}")
    for command in (make, AddOrderLines(**SHIPMENT, lines=lines), SetQuantities(**SHIPMENT, lines=lines)):
        assert done(sink, command) == number
    [receipt] = receipts(visma)
    assert [line["poOrderLineNbr"] for line in receipt["lines"]] == [1, 3]


def test_another_unit_is_not_counted_as_ours(sink: PurchaseReceiptSink):
    done(sink, MAKE)
    wrong = (WantedLine(order_number=ORDER, order_line="1", quantity=Decimal(4), unit="KG"),)
    done(sink, AddOrderLines(**SHIPMENT, lines=wrong))
    effect = do(sink, SetQuantities(**SHIPMENT, lines=wrong))
    assert isinstance(effect, Rejected)
    assert "shipped in KG, and our books count it in KRT" in effect.sentence
    assert "is on hold, with 1 line:" in effect.remedy


def test_release_that_fails_with_200_is_a_failure(
    visma: Served, sink: PurchaseReceiptSink, lines: tuple[WantedLine, ...]
):
    for command in (MAKE, AddOrderLines(**SHIPMENT, lines=lines), SetQuantities(**SHIPMENT, lines=lines)):
        done(sink, command)
    visma.options(release_result="Failed")
    effect = do(sink, ReleaseReceipt(**SHIPMENT))
    assert isinstance(effect, Rejected)
    assert "does not release receipt" in effect.sentence
