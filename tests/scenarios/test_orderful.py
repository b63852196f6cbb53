"""A food wholesaler with three warehouses: orders to its suppliers, invoices to five retail chains in five countries,
over four networks and in both formats, all through Orderful; from the first order to the last receipt, while everything
fails that can."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django_scopes import scope, scopes_disabled

from edi.models import TransactionSet
from integrations.models import Breaker, Feed, Issue, State, WebhookEndpoint, WebhookEvent
from integrations.services import webhooks
from integrations.services.deliveries import approve
from integrations.services.issues import dismiss_issue
from integrations.services.tenants import allow_sending, stop_sending
from integrations.systems.registry import system
from integrations.systems.visma.client import VismaClient
from integrations.systems.visma.settings import Options
from portal.common.clock import db_now
from portal.tenants.models import Tenant
from tests.support.cluster import Cluster
from tests.support.contents import differences
from tests.support.networks import (
    must_stand,
    of_number,
    receipts_that_must_stand,
    sales_that_must_stand,
    stands,
)
from tests.support.settling import what_moves
from tests.support.simulators import Simulators
from tests.support.weather import (
    EVERY_FAULT,
    Weather,
    nobody_was_sent_elsewhere,
    open_issues,
    retry_all,
    somebody_looks,
    somebody_watches,
    the_wait_is_over,
    told_to_wait,
)
from tests.support.world import World, apply_entry, entry_of

WHOLESALER = "smorengros"
SENDER = "ZZ:SMORENGROST"
RETAILERS = (
    ("10001", "AS2", "X12"),
    ("10002", "SFTP", "EDIFACT"),
    ("10003", "VAN", "EDIFACT"),
    ("10004", "HTTP", "X12"),
    ("10005", "AS2", "EDIFACT"),
)
"""Customer, and how Orderful reaches it."""
COUNTRIES = {"10001": "US", "10002": "DK", "10003": "SE", "10004": "NO", "10005": "DE"}
WAREHOUSES = ("KOL", "FROST", "TOR")
ON_ORDERFUL = ("70002", "70004", "70006")
"""Suppliers that Orderful reaches."""
FLOWS = (
    "purchase-orders",
    "supplier-invoices",
    "purchase-receipts",
    "customer-invoices",
    "received-documents",
    "order-changes",
    "order-change-answers",
    "acknowledgments",
    "partner-documents",
    "statuses",
)
SENDING = "/transactions$"
Known = TransactionSet.Acknowledged


def wholesaler(simulators: Simulators, folder: Path, **change_settings: Any) -> World:
    """The wholesaler of the demo with Orderful alone, all its flows on, and five retailers."""
    entry = entry_of(WHOLESALER)
    entry["integrations"] = [i for i in entry["integrations"] if i["key"] == "visma-orderful"]
    entry["connections"] = [c for c in entry["connections"] if c["key"] != "cleo"]
    visma, orderful = (next(c for c in entry["connections"] if c["key"] == key) for key in ("visma", "orderful"))
    orderful["settings"]["deadline_seconds"] = 3
    visma["settings"]["deadline_seconds"] = 20
    entry["integrations"][0]["flows"] = {key: {} for key in FLOWS} | {"order-changes": {"settings": change_settings}}
    suppliers = [
        partner for partner in entry["trading_partners"] if partner["numbers"][0].get("supplier") in ON_ORDERFUL
    ]
    entry["trading_partners"] = [*suppliers, *(_retailer(*one) for one in RETAILERS)]
    apply_entry(entry, simulators, folder=folder)
    return World(Tenant.objects.get(slug=WHOLESALER), entry, simulators)


def _retailer(number: str, transport: str, partner_format: str) -> dict[str, Any]:
    how = {"network": "orderful", "transport": transport, "partner_format": partner_format}
    return {
        "key": f"cus{number}",
        "name": f"Retail chain {number}",
        "numbers": [{"company": "1003", "customer": number}],
        "agreements": [{"document": "810", "receiver": f"ZZ:CUS{number}T", **how}],
    }


@pytest.fixture
def world(transactional_db: None, sandbox: Simulators, tmp_path: Path) -> Iterator[World]:
    with scopes_disabled():
        yield wholesaler(sandbox, tmp_path, approval="above", approval_amount=100000)


@pytest.fixture
def resting(world: World, cluster_process: Cluster) -> Iterator[Cluster]:
    """The cluster, which begins with the first `settle`: until then nobody reads what people still enter."""
    yield cluster_process
    cluster_process.wait_until_idle()


def expected(world: World) -> list[Any]:
    return sorted([*must_stand(world), *sales_that_must_stand(world), *receipts_that_must_stand(world)])


def open_orders(world: World) -> tuple[str, str]:
    """Two orders to suppliers on Orderful of which nothing has come yet, the first of several lines; a person has just
    released them."""
    found = []
    for one in world.simulators.rows("visma", "purchaseorder"):
        body = one["body"]
        mine = one["key"].startswith(f"{world.company}/") and body["supplier"]["number"] in ON_ORDERFUL
        untouched = not any(line["qtyOnReceipts"] or line["completed"] or line["canceled"] for line in body["lines"])
        standing = body["orderType"] == "RegularOrder" and body["status"] not in ("Cancelled", "Voided")
        if mine and untouched and standing and (found or len(body["lines"]) >= 3):
            world.simulators.mutate("purchaseorder", one["key"], {"status": "Open", "hold": False})
            found.append(str(body["orderNbr"]))
    return found[0], found[1]


def row(world: World, entity: str, number: str) -> dict[str, Any]:
    rows = world.simulators.rows("visma", entity)
    found: dict[str, Any] = next(r["body"] for r in rows if r["key"] == f"{world.company}/{number}")
    return found


def issues(world: World) -> list[str]:
    return [i.sentence for i in Issue.objects.filter(tenant=world.tenant, status=Issue.Status.OPEN)]


def invoice_everybody(world: World) -> None:
    """People release the invoices to the retailers, a credit note among them."""
    numbers = {number for number, *_ in RETAILERS}
    for one in world.simulators.rows("visma", "customerInvoice"):
        body = one["body"]
        mine = one["key"].startswith(f"{world.company}/") and body["customer"]["number"] in numbers
        if mine:
            released = {} if body["status"] in ("Closed", "Voided") else {"status": "Open"}
            country = {"id": COUNTRIES[body["customer"]["number"]]}
            address = {
                "addressLine1": "Main Street 1",
                "postalCode": "10001",
                "city": "Springfield",
                "country": country,
            }
            world.simulators.mutate("customerInvoice", one["key"], released | {"invoiceAddress": address})


def three_warehouses(world: World) -> None:
    """Of the orders that leave, the first three go to one warehouse each."""
    leaving = {d.number for d in must_stand(world) if d.document == "850"}
    rows = [r for r in world.simulators.rows("visma", "purchaseorder")
            if r["key"].startswith(f"{world.company}/") and r["body"]["orderNbr"] in leaving]  # fmt: skip
    for store, one in zip(WAREHOUSES, rows, strict=False):
        where = {"warehouse.id": store} | {
            f"lines.{n}.warehouse": {"id": store} for n, _ in enumerate(one["body"]["lines"])
        }
        world.simulators.mutate("purchaseorder", one["key"], where)


def at_orderful(world: World, document: str, receiver: str = "") -> str:
    """All that documents of a kind say there, as text."""
    rows = [r["body"] for r in world.simulators.rows("orderful", "transactions")]
    wanted = [b["message"] for b in rows if b["type"].startswith(document) and receiver in ("", b["receiverId"])]
    return json.dumps(wanted, ensure_ascii=False)


def all_fails_while_sending(weather: Weather) -> None:
    """Everything that a call with an effect can meet. What is answered stands between what is not: a pause grows with
    each effect in a row of unknown outcome."""
    lost = (
        "timeout_after",
        404,
        500,
        409,
        "timeout_before",
        403,
        "reset_after",
        412,
        "malformed",
        "redirect",
        "503html",
    )
    weather.meet("orderful", SENDING, *lost, (429, {"retry_after": 1}), 429, method="POST", seconds=8)
    weather.meet("visma", "/v1/purchaseorder.*pageNumber=1", "503html")
    weather.meet("visma", "/v1/customerinvoice", "malformed")
    weather.meet("visma", "/v2/purchasereceipt", (429, {"retry_after": 1}))


def all_fails_while_receiving(weather: Weather, number: str) -> None:
    """Everything that a look at the inbox can meet, and what is done about its item: confirmed, acknowledged, written
    to the order, answered. Last of all the key is refused."""
    looks = ("malformed", "wrong_types", 404, 502, 409, 403, "slow", "redirect", 503, "empty", 500)
    weather.meet("orderful", "/inboxes/", *looks, "duplicates", "unsorted", 401, seconds=2)
    weather.meet("orderful", "/accept$", "reset", 409, 404, "timeout_after", method="POST", seconds=8)
    weather.meet("orderful", "/accept$", "commits_late", method="POST", seconds=0.5)
    weather.meet("orderful", "/acknowledgment$", "reset_after", method="POST")
    weather.meet("orderful", "/v3/convert$", 503, "malformed", method="POST")
    weather.meet("orderful", "/v3/transactions$", "reset", "timeout_after", method="POST", seconds=8)
    weather.meet("visma", f"/purchaseorder/{number}$", 412, 409, "reset_after", method="PUT")


def change(world: World, number: str, sequence: str, *lines: dict[str, Any], purpose: str = "change") -> None:
    """The supplier's 860, with a suffix of its own on the order's number."""
    values = {
        "type": "860",
        "company": world.company,
        "stream": "test",
        "purchaseOrderNumber": number,
        "message.purchaseOrderNumber": f"{number}-1",
        "message.changeSequenceNumber": sequence,
        "message.purpose": purpose,
        "message.lineItems": list(lines),
    }
    world.simulators.mutate("inbox", None, values, system="orderful")


def quantity(line: int, pieces: str) -> dict[str, Any]:
    return {"purchaseOrderLineId": str(line), "changeReason": "quantityChange", "quantity": {"value": pieces}}


def everything_at_once(article: str) -> tuple[dict[str, Any], ...]:
    """Quantity and price of the first line, the day of the second; the third goes, and one comes."""
    return (
        quantity(1, "37"),
        {"purchaseOrderLineId": "1", "changeReason": "priceChange", "unitCostPrice": "9.95"},
        {
            "purchaseOrderLineId": "2",
            "changeReason": "changeToItem",
            "dates": {"requestedDeliveryDate": "2027-01-20"},
        },
        {"purchaseOrderLineId": "3", "changeReason": "deleteItem", "quantity": {"value": "0"}},
        {
            "changeReason": "addItem",
            "quantity": {"value": "12", "unitOfMeasure": "each"},
            "unitCostPrice": "5.25",
            "productIds": {"buyerItemNumber": article},
        },
    )


def lines_of(world: World, number: str) -> list[tuple[Any, ...]]:
    """What an order in the books says: line, article, quantity, price, day; nothing of what was closed."""
    lines = row(world, "purchaseorder", number)["lines"]
    return [
        (line["lineNbr"], line["inventory"]["number"], line["orderQty"], line["unitCost"], line["promised"][:10])
        for line in lines
        if not line["completed"]
    ]


def answer_to(world: World, number: str) -> tuple[str, list[tuple[str, ...]]]:
    """What our 865 at Orderful says: of the whole, and of each line its number, kind of change, quantity, price and
    answer."""
    rows = [r for r in world.simulators.rows("orderful", "transactions") if r["body"]["type"].startswith("865")]
    (body,) = [r["body"] for r in rows if r["business_number"].startswith(number)]
    content = body["message"]["transactionSets"][0]
    names = ("assignedIdentification", "changeOrResponseTypeCode", "quantity", "unitPrice")
    lines = [
        (
            *(line["lineItemChange"][0].get(name, "") for name in names),
            line["ACK_loop"][0]["lineItemAcknowledgment"][0]["lineItemStatusCode"],
        )
        for line in content.get("POC_loop", ())
    ]
    return content["beginningSegmentForPurchaseOrderChangeAcknowledgment"][0]["acknowledgmentTypeCode"], lines


def receive_goods(world: World, number: str) -> str:
    """A person in Visma receives what is open of the changed order, and releases it. Returns the receipt's number."""
    connection = world.connection("visma")
    with scope(tenant=world.tenant):
        session = system("visma").session(connection)
        client = VismaClient(session, Options.of(connection))
        client.act(f"v1/purchaseorder/{number}/action/createpurchasereceipt", {"orderType": "RegularOrder"})
        mine = [r["key"].split("/") for r in world.simulators.rows("visma", "purchaseReceipt")]
        made = max((number for company, number in mine if company == world.company), key=int)
        client.act(f"v1/PurchaseReceipt/{made}/action/release", {})
    return str(made)


@pytest.mark.timeout(900)
def test_the_wholesalers_story(world: World, resting: Cluster) -> None:
    """Chapter by chapter; after each, what stands at Orderful is what must, once."""
    cluster = resting
    stop_sending(world.tenant, actor=None, reason="until both sides fail")
    simulators, (changed, cancelled) = world.simulators, open_orders(world)
    invoice_everybody(world)
    three_warehouses(world)
    retailers = {standing.receiver for standing in sales_that_must_stand(world)}
    assert retailers == {f"CUS{number}T" for number, *_ in RETAILERS}

    # 1. All that the books hold goes out, while both sides fail in every way. People do what they are asked for: they
    # test the connection, and try again what was refused.
    weather = Weather(simulators)
    all_fails_while_sending(weather)
    allow_sending(world.tenant, actor=None)
    cluster.wait(lambda: told_to_wait(world, "orderful") or not somebody_watches(world, "orderful"), seconds=180)
    the_wait_is_over(world)
    somebody_looks(world, "orderful")
    cluster.settle(seconds=90)
    assert retry_all(open_issues(world, "rejected")) == 3
    cluster.settle(seconds=60, read=False)
    weather.clear()
    assert stands(world) == expected(world)
    assert differences(world) == []
    assert {d.document for d in stands(world)} == {"850", "810", "856"}
    ordered = {d.number for d in stands(world) if d.document == "850"}
    assert {row(world, "purchaseorder", number)["warehouse"]["id"] for number in ordered} == set(WAREHOUSES)
    for number, country in COUNTRIES.items():
        assert f'"countryCode": "{country}"' in at_orderful(world, "810", f"CUS{number}T"), number
    ways = {(a.transport, a.partner_format) for a in _agreements(world) if a.transport}
    assert ways == {(transport, written) for _, transport, written in RETAILERS}
    assert {transport for transport, _ in ways} == {"AS2", "SFTP", "VAN", "HTTP"}

    # 2. A supplier changes all of an order that can be changed, and cancels another; somebody else writes to the first
    # at that moment (412); everything on the way there and back fails, in the end the key itself is refused.
    all_fails_while_receiving(weather, changed)
    first, second, third, *others = lines_of(world, changed)
    change(world, changed, "001", *everything_at_once(third[1]))
    change(world, cancelled, "001", purpose="cancellation")
    cluster.wait(lambda: _watched(world) and weather.is_over and _answered(world) == 2, seconds=180)
    weather.clear()
    _dismiss_what_nobody_can_read(world)
    *kept, new = lines_of(world, changed)
    assert kept == [(1, first[1], 37, 9.95, first[4]), (*second[:4], "2027-01-20"), *others]
    assert new[1:4] == (third[1], 12, 5.25)
    assert answer_to(world, changed) == (
        "AD",
        [
            ("1", "PQ", "37", "9.95", "IA"),
            ("2", "CA", "", "", "IA"),
            ("3", "DI", "", "", "IA"),
            ("", "AI", "12", "5.25", "IA"),
        ],
    )
    assert lines_of(world, cancelled) == []
    assert row(world, "purchaseorder", cancelled)["hold"]
    assert answer_to(world, cancelled) == ("AK", [])
    for number in (changed, cancelled):
        assert "change 001 accepted" in row(world, "purchaseorder", number)["note"]
    cluster.settle(seconds=60)
    assert not simulators.rows("orderful", "inbox")
    for number in (changed, cancelled):
        assert [d.purpose for d in of_number(stands(world), number) if d.document == "850"] == ["original"]

    # 3. A change that is worth too much waits for a person. Orderful has got members that nobody knows.
    weather.meet("orderful", "/inboxes/", "unknown_fields")
    change(world, changed, "002", quantity(1, "99999"))
    _until(cluster, lambda: bool(world.deliveries(flow__key="order-changes", state=State.WAITING)))
    assert row(world, "purchaseorder", changed)["lines"][0]["orderQty"] == 37
    (waiting,) = world.deliveries(flow__key="order-changes", state=State.WAITING)
    assert "37 → 99999" in waiting.approval["asks"][0]
    approve(waiting.pk, actor=None, reason="Christmas")
    _until(cluster, lambda: _answered(world) == 3)
    assert row(world, "purchaseorder", changed)["lines"][0]["orderQty"] == 99999

    # 4. The supplier answers, ships and invoices: kept and shown. The goods come, and the last receipt goes out.
    for kind in ("855", "856", "810"):
        values = {"type": kind, "company": world.company, "stream": "test", "purchaseOrderNumber": changed}
        simulators.mutate("inbox", None, values, system="orderful")
    weather.meet("orderful", SENDING, "reset", method="POST")
    last = receive_goods(world, changed)
    cluster.settle(seconds=60)
    weather.clear()
    assert weather.met == EVERY_FAULT
    assert nobody_was_sent_elsewhere(simulators)
    assert [d.document for d in of_number(stands(world), last)] == ["856"]
    with scope(tenant=world.tenant):
        received = TransactionSet.objects.filter(interchange__direction="in", set_id__in=["855", "856", "810"])
        assert sorted(received.values_list("set_id", flat=True)) == ["810", "855", "856"]
        readable = TransactionSet.objects.filter(interchange__direction="in").exclude(set_id="")
        said = readable.values_list("network_status", flat=True)
        assert [s.get("our acknowledgment") for s in said] == ["accepted"] * 6

    # 5. Every document says what the books say, line by line, but for two orders: what a supplier changed or cancelled
    # is not sent back. Everything is acknowledged, nothing is open, and two more looks find nothing to do.
    wrong = differences(world)
    assert wrong
    told = {number: ("orderful", "850", number, _supplier_id(world, number)) for number in (changed, cancelled)}
    assert {line.partition(" says ")[0].partition(" has ")[0] for line in wrong} == {
        str(told[changed]),
        f"{told[cancelled]} is not in the books",  # it is on hold
    }
    _until(cluster, lambda: _unacknowledged(world) == 0)
    assert {d.state for d in world.deliveries()} == {State.DELIVERED, State.NO_EFFECT}
    before = len(world.deliveries()), len(stands(world))
    cluster.settle(seconds=60)
    cluster.settle(seconds=60)
    assert (len(world.deliveries()), len(stands(world))) == before
    assert issues(world) == []
    assert {b.position for b in Breaker.objects.all()} == {Breaker.Position.CLOSED}


def _supplier_id(world: World, number: str) -> str:
    return f"SUP{row(world, 'purchaseorder', number)['supplier']['number']}T"


def _watched(world: World) -> bool:
    """Orderful is looked at again at once, not at the next interval, and where it refuses us, a person looks."""
    now = db_now()
    just_read = now - dt.timedelta(seconds=1)
    feeds = Feed.objects.filter(tenant=world.tenant, connection=world.connection("orderful"), due_at__gt=now)
    feeds.filter(last_read_at__lt=just_read).update(due_at=now)
    return somebody_watches(world, "orderful")


def _dismiss_what_nobody_can_read(world: World) -> None:
    """An item whose values were of other kinds is kept and told; a person looks at it, and at what came after it, and
    lets it be."""
    for issue in open_issues(world):
        if "cannot be read" in issue.sentence:
            dismiss_issue(issue, actor=None, reason="It came once more, as it should be.")


def _agreements(world: World) -> list[Any]:
    with scope(tenant=world.tenant):
        rows = TransactionSet.objects.filter(interchange__direction="out", agreement__isnull=False)
        return [sent.agreement for sent in rows.select_related("agreement")]


def _answered(world: World) -> int:
    """Answers to order changes that stand at Orderful, with their notes written."""
    sent = [r for r in world.simulators.rows("orderful", "transactions") if r["body"]["type"].startswith("865")]
    notes = world.deliveries(flow__key="order-change-answers", operation="note", state=State.DELIVERED)
    return min(len(sent), len(notes))


def _unacknowledged(world: World) -> int:
    """Documents at Orderful without their acknowledgment. What was refused and mapped anew was never there."""
    with scope(tenant=world.tenant):
        rows = TransactionSet.objects.filter(interchange__direction="out").exclude(network_id="")
        return rows.exclude(acknowledged=Known.ACCEPTED).count()


def _until(cluster: Cluster, done: Callable[[], bool], *, looks: int = 12) -> None:
    """Reads every feed again and works, until it is so."""
    for _ in range(looks):
        cluster.rest(seconds=60)
        if done():
            return
    raise AssertionError(f"not so after {looks} looks: {what_moves()}")


def test_webhooks_are_lost_for_a_day_and_polling_finds_everything(world: World, cluster: Cluster) -> None:
    """An event makes its feed due at once. Then none comes for a day; the books change all the while."""
    cluster.settle(seconds=90)
    first, other = [d.number for d in must_stand(world) if d.document == "850"][:2]
    connection = world.connection("visma")
    with scope(tenant=world.tenant):
        endpoint = webhooks.endpoint_of(connection)
        webhooks.set_keys(endpoint, ["old key", "new key"], actor=None)
    Feed.objects.filter(tenant=world.tenant).update(due_at=dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
    world.simulators.mutate("purchaseorder", f"{world.company}/{first}", {"lines.0.orderQty": 41.0})
    assert _event(endpoint, "Purchase Order Changed", key="new key") == 200
    cluster.wait(lambda: len(of_number(stands(world), first)) == 2, seconds=60)
    assert WebhookEvent.objects.filter(connection=connection).count() == 1
    endpoint.refresh_from_db()
    last_event = endpoint.last_event_at
    assert last_event is not None
    polled_on = Feed.objects.get(connection=connection, key="purchase-orders").due_at
    assert polled_on - db_now() < dt.timedelta(minutes=10), "who sends webhooks is polled as before"

    for hour in range(24):
        number = (first, other)[hour % 2]
        world.simulators.mutate("purchaseorder", f"{world.company}/{number}", {"lines.0.orderQty": 100.0 + hour})
        world.simulators.advance(3600)
    cluster.settle(seconds=90)
    newest = {row.number: row.total for row in must_stand(world)}
    for number in (first, other):
        versions = [d for d in of_number(stands(world), number) if d.document == "850"]
        assert newest[number] in {d.total for d in versions}
    times = {number: len(of_number(stands(world), number)) for number in (first, other)}
    assert [line for line in differences(world, versions=times) if "'850'" in line] == []
    endpoint.refresh_from_db()
    assert endpoint.last_event_at == last_event, "no event came"
    polled = Feed.objects.get(connection=connection, key="purchase-orders").last_read_at
    assert polled is not None
    assert polled > last_event
    before = stands(world)
    cluster.settle(seconds=60)
    assert stands(world) == before


def _event(endpoint: WebhookEndpoint, name: str, *, key: str) -> int:
    """One event of Visma's dispatcher, as it comes from outside."""
    body = json.dumps({"event": name}).encode()
    now = dt.datetime.now(dt.UTC)
    headers = {
        "x-vwd-signature-v1": base64.b64encode(hmac.digest(key.encode(), body, hashlib.sha256)).decode(),
        "x-vwd-notification-id": "n-1",
        "x-vwd-notification-timestamp": str(int(now.timestamp() * 1000)),
    }
    address = webhooks.address_of(endpoint).partition("/api/")[2]
    answer = Client().post(f"/api/{address}", body, content_type="application/json", headers=headers)
    return answer.status_code
