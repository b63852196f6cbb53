"""What comes back from trading partners, from the networks' simulators to our own books and to Visma.net."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scope

from edi.models import ReceivedFile, TransactionSet
from integrations.engine.edit import edit_and_replay
from integrations.engine.slice import run_slice
from integrations.models import Delivery, Issue, SeenFile, State
from tests.edi import interchanges as x12
from tests.support.settling import read_now
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]
Known = TransactionSet.Acknowledged
CLEO_PARTNER, ORDERFUL_PARTNER = "SUP80001", "SUP80002"


FOLDER = f"/{CLEO_PARTNER}/download"
OPEN_AT_CLEO, OPEN_AT_ORDERFUL = "500004", "500020"
"""Orders of the company of which nothing has been received yet, by the network of their supplier."""
STRAY_997 = (
    "ISA*00*          *00*          *ZZ*SUP80001T      *ZZ*KASITYOPUOTIT  *261121*0020*U*00401*000000900*0*T*>~"
    "GS*FA*SUP80001T*KASITYOPUOTIT*20261121*0020*1*X*004010~"
    "ST*997*0001~AK1*PO*999~AK9*A*1*1*1~SE*4*0001~GE*1*1~IEA*1*000000900~"
)
"""It acknowledges a group that was never sent."""
INBOUND = {
    "visma-cleo": ("received-files", "our-acknowledgments", "advices", "order-responses", "ship-notices"),
    "visma-orderful": ("received-documents", "order-changes", "partner-documents", "statuses"),
}


@pytest.fixture
def world(world: World, sandbox: Simulators, tmp_path: Path) -> World:
    """The world with its inbound flows on, and files of Cleo taken at once."""
    for integration in world.entry["integrations"]:
        integration["flows"] |= {key: {} for key in INBOUND[integration["key"]]}
    for connection in world.entry["connections"]:
        if connection["system"] == "cleo":
            connection["settings"]["quiet_seconds"] = 0
    agreed = next(p for p in world.entry["trading_partners"] if p["key"] == CLEO_PARTNER.lower())["agreements"]
    answer = next(a for a in agreed if a.get("direction") == "in")
    agreed += [{**deepcopy(answer), "document": document} for document in ("810", "860")]
    apply_entry(world.entry, sandbox, folder=tmp_path)
    return world


def sent(world: World, network: str) -> list[TransactionSet]:
    """What stands on a network for us, oldest first."""
    with scope(tenant=world.tenant):
        rows = TransactionSet.objects.filter(interchange__direction="out", interchange__network__key=network)
        return list(rows.order_by("id"))


def received(world: World) -> list[TransactionSet]:
    with scope(tenant=world.tenant):
        rows = TransactionSet.objects.filter(interchange__direction="in").exclude(set_id="997")
        return list(rows.select_related("partner", "agreement").order_by("id"))


def issues(world: World) -> list[Issue]:
    with scope(tenant=world.tenant):
        return list(Issue.objects.filter(status=Issue.Status.OPEN).order_by("id"))


def file_in(world: World, **values: Any) -> None:
    """A partner's file in a download folder at Cleo."""
    world.simulators.mutate("inbound", None, {"company": world.company, "usage": "T", **values}, system="cleo")


def item_in(world: World, **values: Any) -> None:
    """A partner's document in the inbox at Orderful."""
    values = {"company": world.company, "stream": "test", **values}
    world.simulators.mutate("inbox", None, values, system="orderful")


def answered(world: World) -> list[tuple[str, str]]:
    """Name and text of every acknowledgment of ours at Cleo."""
    rows = [row["body"] for row in world.simulators.rows("cleo", "files") if row["key"].startswith("/")]
    return [(f["name"], f["content"]) for f in rows if f["name"].startswith("997_KASI")]


def until(world: World, settle: Settle, done: Callable[[], bool], *, seconds: float = 40) -> None:
    """Reads and works until something is so."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not so after {seconds} s"
        time.sleep(0.3)
        settle()


def test_every_document_is_acknowledged_and_reading_again_finds_nothing(world: World, settle: Settle) -> None:
    settle()
    # The partners who take JSON send no 997, and their agreements say so.
    expected = {"cleo": {Known.ACCEPTED, Known.NOT_EXPECTED}, "orderful": {Known.ACCEPTED}}
    for network, states in expected.items():
        until(
            world,
            settle,
            lambda network=network, states=states: {s.acknowledged for s in sent(world, network)} == states,
        )
    assert {d.state for d in world.deliveries()} <= {State.DELIVERED, State.NO_EFFECT}
    before = len(world.deliveries())
    settle()
    assert len(world.deliveries()) == before
    assert not issues(world)


def test_a_rejection_is_shown_on_the_document_and_is_an_issue(world: World, settle: Settle) -> None:
    world.simulators.options("cleo", reject_every=1)
    world.simulators.options("orderful", reject_every=1)
    settle()
    until(world, settle, lambda: {s.acknowledged for s in sent(world, "cleo")} == {Known.REJECTED, Known.NOT_EXPECTED})
    until(world, settle, lambda: {s.acknowledged for s in sent(world, "orderful")} == {Known.REJECTED})
    rejected = [s for n in ("cleo", "orderful") for s in sent(world, n) if s.acknowledged == Known.REJECTED]
    found = [i for i in issues(world) if i.error_class == "rejected"]
    assert len(found) == len(rejected)
    assert any(rejected[0].business_number in issue.sentence for issue in found)


def test_an_824_is_noted_on_the_document_it_means_until_a_good_one_comes(world: World, settle: Settle) -> None:
    """An order and an invoice may have the same number; OTI10, or OTI02, says which is meant."""
    settle()
    invoice = next(s for s in sent(world, "cleo") if s.set_id == "810" and s.partner.key == CLEO_PARTNER.lower())
    newer = next(s for s in sent(world, "cleo") if s.set_id == "850" and s.partner == invoice.partner)
    TransactionSet.objects.filter(pk=newer.pk).update(business_number=invoice.business_number)
    for number, (said, problems) in enumerate((("IR", 1), ("TA", 0)), start=1):
        advice = f"ST*824*0001~BGN*00*1*20261121~OTI*{said}*IV*{invoice.business_number}*******810~SE*4*0001~"
        text = STRAY_997.partition("ST*")[0] + advice + "GE*1*1~IEA*1*000000900~"
        text = text.replace("GS*FA*", "GS*AG*").replace("000000900", f"00000090{number}")
        file_in(world, content=text, folder=f"{FOLDER}", name=f"advice{number}.edi")
        until(world, settle, lambda n=number: len(world.deliveries(flow__key="advices", state=State.DELIVERED)) == n)
        invoice.refresh_from_db()
        assert invoice.network_status["application"] == {"IR": "rejected", "TA": "accepted"}[said]
        assert len([i for i in issues(world) if invoice.business_number in i.sentence]) == problems
    newer.refresh_from_db()
    assert "application" not in (newer.network_status or {})

    # An order of the number of an invoice that we never sent is not what is meant.
    TransactionSet.objects.filter(pk=invoice.pk).update(business_number="ELSEWHERE")
    advice = f"ST*824*0001~BGN*00*1*20261121~OTI*IR*IV*{newer.business_number}~SE*4*0001~"
    text = STRAY_997.partition("ST*")[0] + advice + "GE*1*1~IEA*1*000000900~"
    text = text.replace("GS*FA*", "GS*AG*").replace("000000900", "000000903")
    file_in(world, content=text, folder=f"{FOLDER}", name="advice3.edi")
    until(world, settle, lambda: bool(world.deliveries(flow__key="advices", state=State.FAILED)))
    newer.refresh_from_db()
    assert "application" not in (newer.network_status or {})


def test_documents_of_partners_are_kept_once_and_answers_stand_on_the_order(world: World, settle: Settle) -> None:
    settle()
    order = next(s for s in sent(world, "cleo") if s.set_id == "850" and s.agreement.payload == "x12")
    file_in(world, kinds="855", purchaseOrderNumber=order.business_number, verdict="rejected")
    file_in(world, kinds="810+860", partner=CLEO_PARTNER)
    theirs = next(
        s for s in sent(world, "orderful") if s.set_id == "850" and s.interchange.receiver_id[:-1] == ORDERFUL_PARTNER
    )
    for kind in ("855", "856", "810"):
        about = {"purchaseOrderNumber": theirs.business_number} if kind == "855" else {}
        item_in(world, type=kind, partner=ORDERFUL_PARTNER, **about)
        item_in(world, type=kind, partner=ORDERFUL_PARTNER, channel="bucket", **about)
    until(world, settle, lambda: len(received(world)) >= 9)
    settle()
    kinds = sorted(s.set_id for s in received(world))
    assert kinds == sorted(["855", "810", "860", "855", "856", "810", "855", "856", "810"])
    assert all(s.partner is not None for s in received(world))
    order.refresh_from_db()
    assert order.response == "rejected"
    said = f"{order.partner}: Purchase order {order.business_number} was rejected."
    assert [(i.error_class, i.sentence) for i in issues(world)] == [("rejected", said)]
    assert not world.simulators.rows("orderful", "inbox"), "everything that is stored was confirmed"
    assert {d.state for d in world.deliveries()} <= {State.DELIVERED, State.NO_EFFECT}


def test_what_cannot_be_told_or_is_not_ours_is_kept_and_shown(world: World, settle: Settle) -> None:
    file_in(world, content="<html>no X12</html>", folder=f"/{CLEO_PARTNER}/download", name="page.edi")
    file_in(world, content=STRAY_997, folder=f"/{CLEO_PARTNER}/download", name="stray.edi")
    item_in(world, type="860", stream="live", partner=ORDERFUL_PARTNER)
    item_in(world, type="855", stream="live", partner=ORDERFUL_PARTNER)
    settle()
    until(world, settle, lambda: ReceivedFile.objects.filter(content__isnull=False).count() == 3)
    classes = [issue.error_class for issue in issues(world)]
    assert sorted(classes) == ["quarantined", "quarantined", "unmatched", "unreadable"]
    assert all("came on the live stream" in i.sentence for i in issues(world) if i.error_class == "quarantined")
    page = ReceivedFile.objects.get(name__endswith="page.edi")
    assert bytes(page.content or b"") == b"<html>no X12</html>"
    assert "page.edi" in page.problems[0]
    assert not world.simulators.rows("orderful", "inbox")
    assert not received(world)
    assert SeenFile.objects.filter(path__endswith="page.edi").count() == 1
    settle()
    assert ReceivedFile.objects.get(pk=page.pk).times == 1


def test_an_order_change_is_applied_to_the_order_once(world: World, settle: Settle) -> None:
    settle()
    key = f"{world.company}/{OPEN_AT_ORDERFUL}"
    change = {
        "type": "860",
        "purchaseOrderNumber": OPEN_AT_ORDERFUL,
        "message.lineItems": [
            {
                "purchaseOrderLineId": "1",
                "changeReason": "quantityChange",
                "quantity": {"value": "321"},
            }
        ],
    }
    item_in(world, **change)
    until(world, settle, lambda: bool(world.deliveries(flow__key="order-changes")))
    settle()
    (delivery,) = world.deliveries(flow__key="order-changes")
    assert (delivery.state, delivery.reason) == (State.DELIVERED, "")
    assert row(world, "purchaseorder", key)["lines"][0]["orderQty"] == 321
    assert [s.set_id for s in received(world)] == ["860"]
    assert received(world)[0].acknowledged == Known.NOT_EXPECTED
    settle()
    assert len(world.deliveries(flow__key="order-changes")) == 1


def test_a_ship_notice_becomes_one_receipt(world: World, settle: Settle) -> None:
    settle()
    file_in(world, kinds="856", purchaseOrderNumber=OPEN_AT_CLEO)
    until(world, settle, lambda: len(world.deliveries(flow__key="ship-notices")) == 4)
    settle()
    made = world.deliveries(flow__key="ship-notices")
    assert [(d.operation, d.state) for d in made] == [
        ("send", State.DELIVERED),
        ("add-lines", State.DELIVERED),
        ("set-quantities", State.DELIVERED),
        ("release", State.NO_EFFECT),
    ], [d.reason for d in made]
    (notice,) = received(world)
    assert notice.set_id == "856"
    assert {d.transaction_set_id for d in made[:3]} == {notice.pk}


def another(text: str, number: int, *, purpose: str) -> str:
    """The same notice once more, under numbers of its own and with another purpose."""
    segments = [s.strip() for s in text.split("~") if s.strip()]
    isa = segments[0].split("*")
    old = isa[13]
    isa[13] = f"{number:09d}"
    rest = [s.replace(f"*{old}", f"*{number:09d}") if s.startswith("IEA") else s for s in segments[1:]]
    return "~\n".join(["*".join(isa), *(s.replace("BSN*00*", f"BSN*{purpose}*") for s in rest), ""])


def test_a_notice_that_replaces_one_changes_its_receipt_and_a_cancellation_is_for_a_person(
    world: World, settle: Settle
) -> None:
    settle()
    file_in(world, kinds="856", purchaseOrderNumber=OPEN_AT_CLEO, folder=FOLDER)
    until(world, settle, lambda: len(world.deliveries(flow__key="ship-notices", state=State.DELIVERED)) == 3)
    (notice,) = received(world)
    text = bytes(notice.interchange.text or b"").decode()
    first = next(s for s in text.split("~") if s.strip().startswith("SN1")).strip()
    parts = first.split("*")
    smaller = "*".join([*parts[:2], "1", *parts[3:]])

    file_in(world, content=another(text, 900, purpose="05").replace(first, smaller, 1), folder=FOLDER)
    until(world, settle, lambda: len(world.deliveries(flow__key="ship-notices", state=State.DELIVERED)) == 6)
    receipts = receipts_of_ours(world)
    assert len(receipts) == 1, "it is the same receipt"
    quantities = {str(line["poOrderLineNbr"]): line["receiptQty"] for line in receipts[0]["lines"]}
    assert quantities[parts[1]] == 1

    file_in(world, content=another(text, 901, purpose="01"), folder=FOLDER)
    refused = failed_notice(world)
    number = receipts[0]["receiptNbr"]
    assert f"a cancellation of one that was sent before; that one is receipt {number}" in refused.reason


def test_a_second_original_of_a_shipment_changes_nothing_and_asks_a_person(world: World, settle: Settle) -> None:
    """The same again comes to nothing; something else under the same number is an issue that says both, and goes the
    way that a person chooses."""
    settle()
    file_in(world, kinds="856", purchaseOrderNumber=OPEN_AT_CLEO, folder=FOLDER)
    until(world, settle, lambda: len(world.deliveries(flow__key="ship-notices", state=State.DELIVERED)) == 3)
    (notice,) = received(world)
    text = bytes(notice.interchange.text or b"").decode()
    first = next(s for s in text.split("~") if s.strip().startswith("SN1")).strip()
    parts = first.split("*")
    smaller = "*".join([*parts[:2], "1", *parts[3:]])
    (before,) = ours = receipts_of_ours(world)

    file_in(world, content=another(text, 900, purpose="00"), folder=FOLDER)
    until(world, settle, lambda: len(world.deliveries(flow__key="ship-notices", state=State.NO_EFFECT)) >= 5)
    assert not world.deliveries(flow__key="ship-notices", state=State.FAILED)
    assert "came before and says the same" in world.deliveries(flow__key="ship-notices", operation="send")[-1].reason

    file_in(world, content=another(text, 901, purpose="00").replace(first, smaller, 1), folder=FOLDER)
    refused = failed_notice(world)
    assert receipts_of_ours(world) == ours, "the receipt of the first stays as it is"
    (issue,) = issues(world)
    for said in (f"receipt {before['receiptNbr']}", f"was {parts[2]} ", "is 1 ", "dismiss this one"):
        assert said in f"{issue.sentence} {issue.remedy}"

    edit_and_replay(refused.pk, actor=None, reason="The supplier says so", patch=REPLACES)
    until(world, settle, lambda: len(world.deliveries(flow__key="ship-notices", state=State.DELIVERED)) >= 6)
    (after,) = receipts_of_ours(world)
    assert after["receiptNbr"] == before["receiptNbr"]
    assert {str(line["poOrderLineNbr"]): line["receiptQty"] for line in after["lines"]}[parts[1]] == 1
    assert not issues(world)


REPLACES = [{"op": "add", "path": "/purpose", "value": "replace"}]


def receipts_of_ours(world: World) -> list[dict[str, Any]]:
    rows = [r["body"] for r in world.simulators.rows("visma", "purchaseReceipt")]
    return [body for body in rows if (body.get("note") or "").startswith("[ml-connector")]


def failed_notice(world: World, *, seconds: float = 40) -> Delivery:
    """The one that a person must look at. What follows it in its lane waits, so nothing settles."""
    end = time.monotonic() + seconds
    while True:
        read_now()
        run_slice(seconds=5, threads=2)
        failed = world.deliveries(flow__key="ship-notices", state=State.FAILED)
        if failed:
            return failed[0]
        assert time.monotonic() < end, "it does not fail"
        time.sleep(0.2)


def test_what_comes_is_acknowledged_once_and_acknowledgments_are_not(world: World, settle: Settle) -> None:
    settle()
    file_in(world, kinds="856", purchaseOrderNumber=OPEN_AT_CLEO)
    until(world, settle, lambda: bool(answered(world)))
    settle()
    (notice,) = received(world)
    ((name, text),) = answered(world)
    group = notice.group_control_number
    assert f"AK1*SH*{group}" in text.replace("~", "\n")
    assert "AK9*A*1*1*1" in text
    assert text.startswith("ISA*")
    assert name.startswith(f"997_KASITYOPUOTIT_{notice.interchange.sender_id}_T0000")
    assert notice.answered_by is not None
    assert [d.state for d in world.deliveries(flow__key="our-acknowledgments")] == [State.DELIVERED]
    assert TransactionSet.objects.filter(interchange__direction="in", set_id="997").exists()


def test_the_same_again_is_counted_and_other_content_under_its_number_is_held(world: World, settle: Settle) -> None:
    settle()
    file_in(world, kinds="856", purchaseOrderNumber=OPEN_AT_CLEO, name="notice.edi", folder=FOLDER)
    until(world, settle, lambda: bool(received(world)))
    (notice,) = received(world)
    text = bytes(notice.interchange.text or b"").decode()
    file_in(world, content=text, name="again.edi", folder=FOLDER)
    file_in(world, content=text.replace("BSN*00*S", "BSN*00*X"), name="other.edi", folder=FOLDER)
    until(world, settle, lambda: ReceivedFile.objects.filter(name__endswith="other.edi").exists())
    settle()
    notice.interchange.refresh_from_db()
    assert notice.interchange.times == 2
    held = [s for s in received(world) if s.pk != notice.pk]
    assert [s.intake for s in held] == ["number_reused"]
    assert [i.error_class for i in issues(world)] == ["number_reused"]
    assert len(world.deliveries(flow__key="ship-notices", operation="send")) == 1
    assert len(answered(world)) == 1


def row(world: World, entity: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(r["body"] for r in world.simulators.rows("visma", entity) if r["key"] == key)
    return found


def test_a_ta1_that_is_asked_for_stands_in_the_upload_folder(world: World, settle: Settle) -> None:
    settle()
    asking = {"isa": 321, "usage": "T", "sender": f"{CLEO_PARTNER}T", "receiver": "KASITYOPUOTIT"}
    response = x12.written([("855", x12.content("855"))], **asking, acknowledgment_requested=True)
    whole = x12.written([("810", x12.content("810"))], **{**asking, "isa": 322}, acknowledgment_requested=True)
    wrong = whole.replace(b"IEA*1*", b"IEA*9*")
    file_in(world, content=response.decode(), name="asks.edi", folder=FOLDER, partner=CLEO_PARTNER)
    file_in(world, content=wrong.decode(), name="wrong.edi", folder=FOLDER, partner=CLEO_PARTNER)
    until(world, settle, lambda: len(ta1s(world)) == 2)
    accepted, refused = ta1s(world)
    assert accepted["folder"] == refused["folder"] == f"/{CLEO_PARTNER}/upload/997"
    assert accepted["name"].startswith(f"TA1_KASITYOPUOTIT_{CLEO_PARTNER}T_T0000")
    assert "TA1*000000321*" in accepted["content"]
    assert "*A*000~" in accepted["content"]
    assert "AK1*PR*" in accepted["content"], "the 997 comes in the same file"
    assert "TA1*000000322*" in refused["content"]
    assert "*R*021~" in refused["content"]
    assert "AK1" not in refused["content"]
    states = [d.state for d in world.deliveries(flow__key="our-acknowledgments")]
    assert states == [State.DELIVERED, State.DELIVERED]


def ta1s(world: World) -> list[dict[str, Any]]:
    """Our TA1 at Cleo, by the interchange that they are about."""
    rows = [row["body"] for row in world.simulators.rows("cleo", "files")]
    return sorted((b for b in rows if b["name"].startswith("TA1_KASI")), key=lambda b: str(b["name"]))
