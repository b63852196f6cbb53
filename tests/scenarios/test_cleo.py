"""A logistics company with two hundred suppliers and three warehouses, from the first order to the last receipt.

Everything on the way that can go wrong does: lost answers, resets, errors with and without sense, half answers, a full
allowance, a version that has changed. In the end the books and the network say the same, once.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scopes_disabled

from edi.models import TransactionSet
from integrations.management.local import Local
from integrations.models import Breaker, Delivery, Feed, State
from portal.common.clock import db_now
from portal.tenants.models import Tenant
from tests.support.cluster import Cluster
from tests.support.contents import differences, must_say
from tests.support.simulators import SHORT_DELAYS, Simulators
from tests.support.weather import (
    EVERY_FAULT,
    Weather,
    nobody_was_sent_elsewhere,
    open_issues,
    retry_all,
    somebody_looks,
    the_wait_is_over,
    told_to_wait,
)
from tests.support.world import World, apply_entry, entry_of

SUPPLIERS, SHIPMENTS = 200, 6
CLOSE = 40
"""So many suppliers, and those who will ship, exchange all documents; the others orders alone."""
OURS = "NORDLOGISTIKT"
UPLOAD, LISTED, RECEIPTS = "/files", "/folders/[^/]+/files", "/v1/PurchaseReceipt"
FLOWS: dict[str, dict[str, Any]] = {
    "purchase-orders": {},
    "supplier-invoices": {},
    "purchase-receipts": {},
    "suppliers": {},
    "trading-partners": {},
    "received-files": {},
    "advices": {},
    "order-responses": {},
    "ship-notices": {"settings": {"release": True}},
}


@pytest.fixture
def simulators_of_the_story(processes: Local) -> Simulators:
    """Simulators of their own: the usual world is smaller. Another try of the story needs other ones: our numbers begin
    anew with the empty database, and Cleo would already hold files of these names."""
    found = Simulators.start(processes, "--seed-size", "3", "--on-cleo", str(SUPPLIERS))
    for system, values in SHORT_DELAYS.items():
        found.options(system, **values)
    found.options("cleo", half_written_every=11, list_twice_every=7)
    return found


@pytest.fixture
def company(transactional_db: None, simulators_of_the_story: Simulators, tmp_path: Path) -> Iterator[World]:
    """The tenant, with an agreement for each document of each supplier."""
    sims = simulators_of_the_story
    entry = entry_of("nordlogistik")
    names = {r["body"]["partnerName"]: r["body"]["alias"] for r in sims.rows("cleo", "connections")}
    numbers = [str(50001 + n) for n in range(SUPPLIERS)]
    shipping = {order["supplier"]["number"] for order in shippable(sims)}
    entry["connections"] = [c for c in entry["connections"] if c["system"] in ("visma", "cleo")]
    settings = entry["connections"][1]["settings"]
    settings |= {"quiet_seconds": 0, "page_size": 1000, "download_folders": ["997"]}
    entry["integrations"] = [i for i in entry["integrations"] if i["partner"] == "cleo"]
    entry["integrations"][0]["flows"] = FLOWS
    entry["trading_partners"] = [
        _partner(number, names[f"SUP{number}"], every=n < CLOSE or number in shipping)
        for n, number in enumerate(numbers)
    ]
    with scopes_disabled():
        apply_entry(entry, sims, folder=tmp_path)
        yield World(Tenant.objects.get(slug="nordlogistik"), entry, sims)


def _partner(number: str, name: str, *, every: bool) -> dict[str, Any]:
    """A trading partner; with all documents, or with orders alone."""
    isa, theirs = f"SUP{number}", f"ZZ:SUP{number}T"
    payload = "json" if number.endswith("7") else "x12"
    out = [
        {"document": d, "network": "cleo", "receiver": theirs, "payload": payload,
         "acknowledgment_hours": 0 if payload == "json" else 24, "settings": {"folder": f"/{isa}/upload/{d}"}}
        for d in (("850", "810", "856") if every else ("850",))
    ]  # fmt: skip
    back = [
        {"document": d, "direction": "in", "network": "cleo", "sender": theirs, "receiver": f"ZZ:{OURS}"}
        for d in ("855", "856")
        if every
    ]
    return {
        "key": isa.lower(),
        "name": name,
        "numbers": [{"company": "1001", "supplier": number}],
        "agreements": [*out, *back],
    }


# --- What the two sides say


def booked(sims: Simulators, entity: str) -> list[dict[str, Any]]:
    return [r["body"] for r in sims.rows("visma", entity) if r["key"].startswith("SE/")]


def shippable(sims: Simulators) -> list[dict[str, Any]]:
    """Orders of which nothing was received, small enough to be watched, of suppliers whose documents are X12."""
    return [
        o
        for o in booked(sims, "purchaseorder")
        if o["status"] == "Open"
        and o["orderType"] == "RegularOrder"
        and 50001 <= int(o["supplier"]["number"]) <= 50000 + SUPPLIERS
        and not o["supplier"]["number"].endswith("7")
        and len(o["lines"]) <= 8
        and all(line["lineType"] == "GoodsForInventory" and not line["qtyOnReceipts"] for line in o["lines"])
    ][:SHIPMENTS]


def failed(world: World) -> dict[str, str]:
    """What failed, and why."""
    rows = world.deliveries(state=State.FAILED)
    return {f"{d.flow.key} {d.business_number}": d.reason for d in rows}


def last_call(world: World) -> int:
    """The number of the last call that the simulators answered."""
    return max((int(entry["n"]) for entry in world.simulators.requests()), default=0)


def writes_since(world: World, number: int) -> list[str]:
    """Calls after that one that changed something, but logins."""
    return [
        f"{e['system']} {e['method']} {e['path']}"
        for e in world.simulators.requests()
        if int(e["n"]) > number and e["method"] != "GET" and "token" not in e["path"] and "auth" not in e["path"]
    ]


# --- The story


@pytest.mark.timeout(900)
def test_from_the_first_order_to_the_last_receipt(company: World, cluster: Cluster) -> None:
    sims = company.simulators
    chosen = shippable(sims)
    assert len(chosen) == SHIPMENTS
    for n, order in enumerate(chosen):
        store = {"id": str(n % 3 + 1)}
        changes = {"warehouse.id": store["id"]} | {
            f"lines.{i}.warehouse.id": store["id"] for i in range(len(order["lines"]))
        }
        sims.mutate("purchaseorder", f"SE/{order['orderNbr']}", changes)

    # Suppliers and orders go out, while Visma and Cleo stumble.
    # What is answered stands between what is not: a pause grows with each effect in a row of unknown outcome.
    weather = Weather(sims)
    weather.meet("visma", "/v1/purchaseorder", 401, "503html")
    weather.meet("visma", "/v1/supplier", "malformed")
    lost = ("timeout_after", 404, 500, 409, "timeout_before", 403, "reset_after", "redirect")
    weather.meet("cleo", UPLOAD, *lost, 401, (429, {"retry_after": 1}), 429, method="POST")
    cluster.wait(lambda: told_to_wait(company, "cleo"), seconds=300)
    the_wait_is_over(company)
    somebody_looks(company, "cleo")
    cluster.settle(seconds=300)
    # The name that was not taken; and the folder that was not there, unless Cleo was given a rest before anybody could
    # ask whether it is there: then it was simply tried again.
    assert retry_all(open_issues(company, "rejected")) in (1, 2)
    cluster.settle(seconds=60, read=False)
    weather.clear()
    assert differences(company) == []
    assert len(must_say(company)) > 100
    told = [r["body"] for r in sims.rows("cleo", "connections") if "partner" in r["body"]]
    assert len(told) == SUPPLIERS
    partners = {f"{50001 + n}" for n in range(SUPPLIERS)}
    in_books = [s for s in booked(sims, "supplier") if s["number"] in partners]
    assert sorted(map(_partner_said, told)) == sorted(map(_partner_booked, in_books))

    # A supplier's address is known at Cleo too, as it stands in the books.
    moved = next(r for r in sims.rows("cleo", "connections") if r["body"]["partnerName"] == "SUP50001")
    here = next(s for s in in_books if s["number"] == "50001")["mainAddress"]
    address = {"line1": here["addressLine1"], "line2": here["addressLine2"] or "", "postalCode": here["postalCode"]}
    address |= {"city": here["city"], "country": here["country"]["id"]}
    sims.mutate("connections", moved["key"], {"partner.address": address}, system="cleo")

    # Each shipment is announced, some twice in one file with the order's answer; Visma and Cleo stumble again.
    weather.meet("visma", RECEIPTS, "reset_after", method="POST")
    weather.meet("visma", RECEIPTS, "commits_late", method="POST", seconds=0.5)
    weather.meet("visma", RECEIPTS, 412, 409, method="PUT")
    weather.meet("visma", "/v2/PurchaseReceipt", 500, 403)
    weather.meet("cleo", LISTED, "malformed", 403, "wrong_types", 404, 502, 409, "slow", "redirect", 503)
    weather.meet("cleo", LISTED, "empty", "duplicates", "unsorted", "unknown_fields")
    for n, order in enumerate(chosen):
        kinds = "855+856" if n % 3 == 0 else "856"
        values = {"company": "SE", "usage": "T", "kinds": kinds, "purchaseOrderNumber": order["orderNbr"]}
        values["folder"] = f"/SUP{order['supplier']['number']}/download/997"  # with all else
        sims.mutate("inbound", None, values, system="cleo")
    cluster.wait(lambda: _due(company) and _received(company) >= SHIPMENTS and weather.is_over, seconds=300)
    weather.clear()
    somebody_looks(company, "visma")  # a right was missing
    cluster.settle(seconds=300)
    assert nobody_was_sent_elsewhere(sims)
    _check_receipts(company, chosen)

    # The receipts, released, go back to Cleo, once; so does an invoice that was paid; a supplier has moved.
    weather.meet("cleo", UPLOAD, "reset", method="POST")
    paid = next(d for d in company.deliveries(flow__key="supplier-invoices", state=State.DELIVERED)
                if d.record.status == "Open")  # fmt: skip
    sims.mutate("supplierInvoice", f"SE/{paid.record.source_id}", {"status": "Closed", "balance": 0.0})
    address = {"line1": "Nya Kajen 9", "postalCode": "411 06", "city": "Göteborg", "country": "SE"}
    sims.mutate("connections", moved["key"], {"partner.address": address}, system="cleo")
    cluster.settle(seconds=300)
    cluster.settle(seconds=300)
    weather.clear()
    assert weather.met == EVERY_FAULT
    supplier = next(s for s in booked(company.simulators, "supplier") if s["number"] == "50001")
    assert supplier["mainAddress"]["addressLine1"] == "Nya Kajen 9"

    # And then there is nothing left to do, and every document says what the books say, line by line; the invoice that
    # was paid stands there twice.
    _check_the_end(company, cluster)
    assert differences(company, versions={paid.transaction_set.business_number: 2}) == []


def _partner_said(body: dict[str, Any]) -> tuple[str, str, str]:
    """Number, name and VAT number of a trading partner, as Cleo knows it. Its address is Cleo's own."""
    partner = body["partner"]
    return body["partnerName"].removeprefix("SUP"), partner.get("name", ""), partner.get("vatNumber") or ""


def _partner_booked(row: dict[str, Any]) -> tuple[str, str, str]:
    """The same of a supplier in the books."""
    return row["number"], row["name"], row["vatRegistrationId"] or ""


def _due(world: World) -> bool:
    """Files are read as soon as they are whole, not at the next interval."""
    now = db_now()
    just_read = now - dt.timedelta(seconds=4)
    Feed.objects.filter(tenant=world.tenant, key="inbox", last_read_at__lt=just_read, due_at__gt=now).update(due_at=now)
    return True


def _received(world: World) -> int:
    rows = TransactionSet.objects.filter(tenant=world.tenant, interchange__direction="in", set_id="856")
    return rows.count()


def _check_receipts(world: World, chosen: list[dict[str, Any]]) -> None:
    """Each shipment is one receipt, released, with what was shipped, in the warehouse that ordered it."""
    receipts = booked(world.simulators, "purchaseReceipt")
    for n, order in enumerate(chosen):
        number = order["orderNbr"]
        of_it = [r for r in receipts if {line["poOrderNbr"] for line in r["lines"]} == {number}]
        assert [r["status"] for r in of_it] == ["Released"], (number, failed(world))
        got = {line["poOrderLineNbr"]: line["receiptQty"] for line in of_it[0]["lines"]}
        assert got == {line["lineNbr"]: line["orderQty"] for line in order["lines"]}
        assert {line["warehouse"]["id"] for line in of_it[0]["lines"]} == {str(n % 3 + 1)}


def _check_the_end(world: World, cluster: Cluster) -> None:
    states = Counter(Delivery.objects.filter(tenant=world.tenant).values_list("state", flat=True))
    assert set(states) <= {State.DELIVERED, State.NO_EFFECT, State.SUPERSEDED}
    assert failed(world) == {}
    sets = TransactionSet.objects.filter(tenant=world.tenant, interchange__direction="out")
    waiting = sets.filter(acknowledged="waiting").exclude(agreement__payload="json")
    cluster.wait(lambda: _due(world) and not waiting.exists(), seconds=120)
    cluster.settle(seconds=300)
    assert set(Breaker.objects.values_list("position", flat=True)) == {Breaker.Position.CLOSED}
    again = [i.sentence for i in open_issues(world) if "Cleo" in i.sentence or "breaker" in i.sentence]
    assert again == []
    before = last_call(world)
    cluster.settle(seconds=300)
    assert writes_since(world, before) == []
    assert not any(r["body"]["duplicate_control_number"] for r in world.simulators.rows("cleo", "files"))
