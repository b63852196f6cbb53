"""EDIFACT between the company and a trading partner of Cleo: over HTTP, both ways, from the books to the books."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from edi.documents.edifact import MESSAGES
from edi.documents.order_change import OrderChange
from edi.documents.order_response import OrderResponse
from edi.documents.purchase_order import PurchaseOrder
from edi.documents.ship_notice import ShipNotice, ShippedItem, ShippedOrder
from edi.edifact.control import read_contrl
from edi.edifact.reading import read
from edi.edifact.segments import Interchange
from edi.edifact.validate import validate
from edi.edifact.writer import Header, OutgoingMessage, write_interchange
from edi.models import Agreement, TransactionSet
from edi.services.printing import readable_document
from integrations.models import Delivery, Issue, State
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]
Known = TransactionSet.Acknowledged
PARTNER, US, THEM = "SUP80003", "7350099123405", "5790000000012"
OPEN_ORDER = "500004"
"""An order to the partner of which nothing was received yet."""
FLOWS = (
    "purchase-orders",
    "supplier-invoices",
    "purchase-receipts",
    "received-files",
    "our-acknowledgments",
    "order-responses",
    "ship-notices",
)
AT = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)


def agreement(document: str, direction: str = "out", **more: Any) -> dict[str, Any]:
    us, them = f"14:{US}", f"14:{THEM}"
    ends = {"sender": us, "receiver": them} if direction == "out" else {"sender": them, "receiver": us}
    folder = document if direction == "out" else "997"
    return {
        "document": document,
        "direction": direction,
        "network": "cleo",
        "standard": "EDIFACT",
        "settings": {"folder": f"/{PARTNER}/upload/{folder}"},
        **ends,
        **more,
    }


@pytest.fixture
def world(world: World, sandbox: Simulators, tmp_path: Path) -> World:
    """The company with one trading partner, who takes and sends EDIFACT."""
    sandbox.options("cleo", half_written_every=0, answer_delay=0)
    entry = world.entry
    entry["connections"] = [c for c in entry["connections"] if c["system"] in ("visma", "cleo")]
    entry["integrations"] = [i for i in entry["integrations"] if i["key"] == "visma-cleo"]
    entry["integrations"][0]["flows"] = {key: {} for key in FLOWS}
    for connection in entry["connections"]:
        if connection["system"] == "cleo":
            connection["settings"]["quiet_seconds"] = 0
    Agreement.objects.filter(tenant=world.tenant).delete()
    (partner,) = (p for p in entry["trading_partners"] if p["key"] == PARTNER.lower())
    partner["agreements"] = [
        *(agreement(document) for document in ("850", "810", "856")),
        *(agreement(document, "in") for document in ("855", "856", "810")),
    ]
    entry["trading_partners"] = [partner]
    apply_entry(entry, sandbox, folder=tmp_path)
    return world


def uploaded(world: World) -> list[tuple[str, str]]:
    """Name and text of every file of ours at Cleo, oldest first."""
    rows = [row["body"] for row in world.simulators.rows("cleo", "files")]
    return [(b["name"], b["content"]) for b in rows if b["direction"] == "outbound"]


def of_kind(world: World, kind: str) -> list[Interchange]:
    return [read(text).interchanges[0] for name, text in uploaded(world) if name.startswith(f"{kind}_")]


def sent(world: World) -> list[TransactionSet]:
    """Our documents, oldest first."""
    rows = TransactionSet.objects.filter(tenant=world.tenant, interchange__direction="out").exclude(set_id="CONTRL")
    return list(rows.select_related("interchange").order_by("id"))


def issues(world: World) -> list[Issue]:
    return list(Issue.objects.filter(tenant=world.tenant, status=Issue.Status.OPEN).order_by("id"))


def file_in(world: World, kind: str, document: Any, *, number: str, name: str, asks: bool = False) -> None:
    """A file of the partner in a download folder at Cleo."""
    header = Header(
        sender=THEM,
        sender_qualifier="14",
        receiver=US,
        receiver_qualifier="14",
        is_test=True,
        acknowledgment_requested=asks,
    )
    message = OutgoingMessage(type=kind, reference="1", segments=MESSAGES[kind].build(document, None))
    text = write_interchange(header, [message], reference=number, written_at=AT).text
    put(world, text, name)


def put(world: World, text: str, name: str) -> None:
    given = {"company": world.company, "partner": PARTNER, "folder": f"/{PARTNER}/download", "name": name}
    world.simulators.mutate("inbound", None, {**given, "content": text}, system="cleo")


def until(settle: Settle, done: Callable[[], bool], *, seconds: float = 60) -> None:
    """Reads and works until something is so."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not so after {seconds} s"
        settle()


def notice(quantity: str = "1", *, number: str = "S-1") -> ShipNotice:
    item = ShippedItem(order_line="1", quantity=Decimal(quantity), unit="EA")
    order = ShippedOrder(order_number=OPEN_ORDER, items=(item,))
    return ShipNotice(number=number, date=AT.date(), orders=(order,), shipped_date=AT.date())


# --- out


def test_orders_receipts_and_invoices_go_and_are_accepted(world: World, settle: Settle) -> None:
    settle()
    files = uploaded(world)
    assert {name.partition("_")[0] for name, _ in files} == {"ORDERS", "INVOIC", "DESADV"}
    for name, text in files:
        assert name.endswith(".edi")
        report = validate(text)
        assert report.findings == [], name
        (interchange,) = report.parsed.interchanges
        assert (interchange.sender, interchange.receiver) == ((US, "14"), (THEM, "14"))
        assert (interchange.is_test, interchange.asks_for_answer) == (True, True)
    references = [read(text).interchanges[0].reference for _, text in files]
    assert sorted(references) == [f"{n:09d}" for n in range(1, len(files) + 1)]
    until(settle, lambda: {row.acknowledged for row in sent(world)} == {Known.ACCEPTED})
    assert {d.state for d in world.deliveries()} <= {State.DELIVERED, State.NO_EFFECT}
    assert not issues(world)
    assert len(uploaded(world)) == len(files), "a CONTRL is not answered"
    order = next(row for row in sent(world) if row.set_id == "ORDERS")
    assert readable_document(order).number == order.business_number
    before = len(world.deliveries())
    settle()
    assert len(world.deliveries()) == before


def test_a_rejection_is_shown_on_the_document_and_is_an_issue(world: World, settle: Settle) -> None:
    world.simulators.options("cleo", reject_every=1)
    settle()
    until(settle, lambda: {row.acknowledged for row in sent(world)} == {Known.REJECTED})
    assert {issue.error_class for issue in issues(world)} == {"rejected"}


def test_a_changed_order_goes_as_a_replacement(world: World, settle: Settle) -> None:
    settle()
    world.simulators.mutate("purchaseorder", f"{world.company}/{OPEN_ORDER}", {"description": "Muutettu"})
    settle()
    orders = [MESSAGES["ORDERS"].read(i.messages[0]).document for i in of_kind(world, "ORDERS")]
    found: list[PurchaseOrder] = [order for order in orders if order is not None and order.number == OPEN_ORDER]
    assert [order.purpose for order in found] == ["original", "replace"]


def test_a_changed_order_goes_as_a_change_to_a_partner_who_takes_changes(world: World, settle: Settle) -> None:
    Agreement.objects.filter(document_type="850").update(versions="change")
    settle()
    key = f"{world.company}/{OPEN_ORDER}"
    row = next(r["body"] for r in world.simulators.rows("visma", "purchaseorder") if r["key"] == key)
    lines = row["lines"]
    quantities = [int(lines[0]["orderQty"]) + more for more in (1, 2)]
    for quantity in quantities:
        total = sum(Decimal(str(line["extCost"])) for line in lines[1:]) + Decimal(str(lines[0]["unitCost"])) * quantity
        first = {**lines[0], "orderQty": quantity, "extCost": float(Decimal(str(lines[0]["unitCost"])) * quantity)}
        world.simulators.mutate("purchaseorder", key, {"lines": [first, *lines[1:]], "lineTotal": float(total),
                                                       "orderTotal": float(total), "taxTotal": 0})  # fmt: skip
        settle()
    changes: list[OrderChange | None] = [
        MESSAGES["ORDCHG"].read(interchange.messages[0]).document for interchange in of_kind(world, "ORDCHG")
    ]
    assert [change.sequence for change in changes if change is not None] == [f"{OPEN_ORDER}-1", f"{OPEN_ORDER}-2"]
    for change, quantity in zip(changes, quantities, strict=True):
        assert change is not None
        assert (change.number, change.purpose) == (OPEN_ORDER, "change")
        assert change.lines[0].quantity == quantity
        kinds = [line.kind for line in change.lines]
        assert kinds == ["change", *["none"] * (len(kinds) - 1)]
    newest = [row for row in sent(world) if row.business_number == OPEN_ORDER][-1]
    assert (newest.set_id, newest.purpose) == ("ORDCHG", "change")
    until(settle, lambda: {row.acknowledged for row in sent(world)} == {Known.ACCEPTED})


# --- in


def test_a_despatch_advice_becomes_a_receipt_and_is_answered(world: World, settle: Settle) -> None:
    settle()
    file_in(world, "DESADV", notice(), number="A1", name="notice.edi")
    until(settle, lambda: len(world.deliveries(flow__key="ship-notices", state=State.DELIVERED)) == 3)
    receipts = [r["body"] for r in world.simulators.rows("visma", "purchaseReceipt")
                if (r["body"].get("note") or "").startswith("[ml-connector")]  # fmt: skip
    assert len(receipts) == 1
    assert [line["receiptQty"] for line in receipts[0]["lines"]] == [1]
    until(settle, lambda: bool(of_kind(world, "CONTRL")))
    (answer,) = of_kind(world, "CONTRL")
    said = read_contrl(answer.messages[0])
    assert (said.interchange, said.accepts("1"), answer.is_test) == ("A1", True, True)
    (name,) = (name for name, _ in uploaded(world) if name.startswith("CONTRL_"))
    assert name.endswith(".edi")
    assert [d.state for d in world.deliveries(flow__key="our-acknowledgments")] == [State.DELIVERED]

    file_in(world, "DESADV", notice(), number="A1", name="again.edi")
    file_in(world, "DESADV", notice("2"), number="A1", name="other.edi")
    settle()
    held = TransactionSet.objects.filter(interchange__direction="in", intake="number_reused")
    assert held.count() == 1
    assert [issue.error_class for issue in issues(world)] == ["number_reused"]
    assert len(of_kind(world, "CONTRL")) == 1


def test_an_order_response_stands_on_the_order_and_an_invoice_is_kept(world: World, settle: Settle) -> None:
    settle()
    Agreement.objects.filter(direction="in").update(acknowledgment_policy="asked")
    response = OrderResponse(order_number=OPEN_ORDER, answer="rejected", number="R-1", date=AT.date())
    file_in(world, "ORDRSP", response, number="B1", name="response.edi")
    invoice = next(MESSAGES["INVOIC"].read(i.messages[0]).document for i in of_kind(world, "INVOIC"))
    file_in(world, "INVOIC", invoice, number="B2", name="invoice.edi", asks=True)
    until(settle, lambda: len(world.deliveries(flow__key="order-responses", state=State.DELIVERED)) == 2)
    order = next(row for row in sent(world) if row.business_number == OPEN_ORDER)
    assert order.response == "rejected"
    assert "rejected" in {issue.error_class for issue in issues(world)}
    summaries = [d.reason for d in Delivery.objects.filter(flow__key="order-responses").order_by("pk")]
    assert any("Order response 500004" in s for s in summaries), summaries
    answered = [read_contrl(i.messages[0]).interchange for i in of_kind(world, "CONTRL")]
    assert answered == ["B2"], "only what asks for it is answered"


def test_what_cannot_be_read_is_listed_and_a_broken_message_rejected(world: World, settle: Settle) -> None:
    settle()
    put(world, "UNA:+.? 'UNB+UNOC:3+++260504:0730+1'UNZ+0+1'", "nobody.edi")
    good = MESSAGES["DESADV"].build(notice(), None)
    header = Header(sender=THEM, sender_qualifier="14", receiver=US, receiver_qualifier="14", is_test=True)
    broken = [OutgoingMessage(type="DESADV", reference="1", segments=[s for s in good if s[0] != "BGM"])]
    put(world, write_interchange(header, broken, reference="C1", written_at=AT).text, "broken.edi")
    until(settle, lambda: bool(of_kind(world, "CONTRL")))
    said = read_contrl(of_kind(world, "CONTRL")[0].messages[0])
    assert (said.interchange, said.is_accepted, said.accepts("1")) == ("C1", True, False)
    assert {issue.error_class for issue in issues(world)} == {"no_header", "refused"}
    assert not world.deliveries(flow__key="ship-notices")


def test_live_data_is_held_on_a_test_route(world: World, settle: Settle) -> None:
    settle()
    header = Header(sender=THEM, sender_qualifier="14", receiver=US, receiver_qualifier="14")
    message = OutgoingMessage(type="DESADV", reference="1", segments=MESSAGES["DESADV"].build(notice(), None))
    put(world, write_interchange(header, [message], reference="D1", written_at=AT).text, "live.edi")
    until(settle, lambda: bool(issues(world)))
    assert [issue.error_class for issue in issues(world)] == ["quarantined"]
    assert not of_kind(world, "CONTRL")
