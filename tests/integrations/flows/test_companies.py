"""Two companies with one connection to Cleo: what comes in goes to the one that it is for, and back goes one answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from integrations.engine.slice import run_slice
from integrations.models import Delivery, Feed, State
from tests.support.settling import read_now
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry, entry_of

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]
FINNISH, SWEDISH = "visma-cleo", "visma-se-cleo"
PARTNER, FOLDER = "SUP80001", "/SUP80001/download"
OPEN_ORDER = "500004"
"""An order of the Finnish company to the supplier, of which nothing was received."""
INBOUND = ("received-files", "our-acknowledgments", "order-responses", "ship-notices")
ITS_OWN = {
    "key": "sup80001-se",
    "name": "Itä-Suomen Pakkaus Ky, for Sweden",
    "numbers": [{"company": "1001", "supplier": "50001"}],
    "agreements": [
        {"document": document, "direction": "in", "network": "cleo", "sender": f"ZZ:{PARTNER}T",
         "receiver": "ZZ:NORDLOGISTIKT"}
        for document in ("855", "856")
    ],
}  # fmt: skip
"""The supplier as the Swedish company has it: the same sender, another receiver."""


def tenant_of_two(world: World, folder: Path, *, partner: dict[str, Any] | None = None, **agreed: Any) -> World:
    """The Finnish company of the demo, and the Swedish one beside it. `partner`: one more trading partner; without,
    both companies know the supplier as one. `agreed` goes into the settings of what comes from it."""
    entry = world.entry
    other = next(deepcopy(c) for c in entry_of("nordlogistik")["connections"] if c["key"] == "visma")
    entry["connections"] = [c for c in entry["connections"] if c["key"] != "orderful"] + [other | {"key": "visma-se"}]
    cleo = next(c for c in entry["connections"] if c["key"] == "cleo")
    cleo["settings"] |= {"quiet_seconds": 0, "download_folders": [FOLDER, f"{FOLDER}/997"]}
    (first,) = (i for i in entry["integrations"] if i["key"] == FINNISH)
    first["flows"] = {"purchase-orders": {}} | {key: {} for key in INBOUND}
    second = deepcopy(first) | {"key": SWEDISH, "name": "Visma.net Sweden and Cleo", "visma": "visma-se"}
    second["flows"] = {key: {} for key in INBOUND}
    entry["integrations"] = [first, second]
    (supplier,) = (p for p in entry["trading_partners"] if p["key"] == PARTNER.lower())
    for agreement in supplier["agreements"]:
        if agreement.get("direction") == "in":
            agreement["settings"] = {**agreement.get("settings", {}), **agreed}
    if partner is None:
        supplier["numbers"].append({"company": "1001", "supplier": "50001"})
    entry["trading_partners"] = [supplier, *([partner] if partner else [])]
    world.simulators.options("cleo", half_written_every=0)
    apply_entry(entry, world.simulators, folder=folder)
    return world


def notice(receiver: str, order: str, line: dict[str, Any], number: int) -> str:
    """A ship notice of the supplier for one line of an order."""
    return "~\n".join(
        [
            f"ISA*00*{'':10}*00*{'':10}*ZZ*{PARTNER + 'T':15}*ZZ*{receiver:15}*261121*0020*U*00401*{number:09d}*0*T*>",
            f"GS*SH*{PARTNER}T*{receiver}*20261121*0020*{number}*X*004010",
            "ST*856*0001",
            f"BSN*00*SHIP{number}*20261121*0020*0004",
            "HL*1**S*1",
            "DTM*011*20261121",
            "HL*2*1*O*1",
            f"PRF*{order}",
            "HL*3*2*I*0",
            f"LIN*{line['lineNbr']}*BP*{line['inventory']['number']}",
            f"SN1*{line['lineNbr']}*1*EA",
            "CTT*3",
            "SE*11*0001",
            f"GE*1*{number}",
            f"IEA*1*{number:09d}",
            "",
        ]
    )


def arrives(world: World, content: str) -> None:
    values = {"company": world.company, "content": content, "folder": FOLDER}
    world.simulators.mutate("inbound", None, values, system="cleo")


def order_of(world: World, company: str, supplier: str, number: str = "") -> dict[str, Any]:
    """An order of which nothing was received, made one to the supplier, in a unit that need not be translated."""
    for row in world.simulators.rows("visma", "purchaseorder"):
        body = row["body"]
        untouched = body["status"] == "Open" and not body["lines"][0]["qtyOnReceipts"]
        if row["key"].startswith(f"{company}/") and (body["orderNbr"] == number if number else untouched):
            changes = {"supplier.number": supplier, "lines.0.uom": "STK"}
            world.simulators.mutate("purchaseorder", row["key"], changes)
            return dict(body)
    raise AssertionError("there is none")


def notices(world: World, integration: str) -> list[Delivery]:
    return world.deliveries(flow__key="ship-notices", integration__key=integration)


def work_until(done: Callable[[], bool], *, seconds: float = 60) -> None:
    """Reads and works until something is so; what failed may hold up its lane for ever."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not so after {seconds} s"
        read_now()
        run_slice(seconds=5, threads=2)


def is_over(world: World) -> bool:
    rows = [*notices(world, FINNISH), *notices(world, SWEDISH)]
    return bool(rows) and all(d.closed_at or d.state == State.FAILED for d in rows if d.operation == "send")


def receipts_made(world: World) -> list[str]:
    """Company and order of each receipt that was made of a notice."""
    return [
        f"{row['key'].partition('/')[0]} {line['poOrderNbr']}"
        for row in world.simulators.rows("visma", "purchaseReceipt")
        if (row["body"].get("note") or "").startswith("[ml-connector")
        for line in row["body"]["lines"]
    ]


def test_a_document_goes_to_the_company_of_its_receiver(
    world: World, sandbox: Simulators, settle: Settle, tmp_path: Path
) -> None:
    world = tenant_of_two(world, tmp_path, partner=ITS_OWN)
    order = order_of(world, "SE", "50001")
    arrives(world, notice("NORDLOGISTIKT", order["orderNbr"], order["lines"][0], 700))
    work_until(lambda: is_over(world))
    settle()
    assert {d.state for d in notices(world, FINNISH)} == {State.NO_EFFECT}
    assert notices(world, FINNISH)[0].reason == "It is for company 1001."
    assert receipts_made(world) == [f"SE {order['orderNbr']}"], [d.reason for d in notices(world, SWEDISH)]

    finnish = order_of(world, "FI", "80001", OPEN_ORDER)
    arrives(world, notice("KASITYOPUOTIT", OPEN_ORDER, finnish["lines"][0], 701))
    work_until(lambda: len(notices(world, FINNISH)) == 8)
    settle()
    assert receipts_made(world) == [f"SE {order['orderNbr']}", f"FI {OPEN_ORDER}"]
    assert notices(world, SWEDISH)[-1].state == State.NO_EFFECT


def test_our_acknowledgment_goes_out_once(world: World, settle: Settle, tmp_path: Path) -> None:
    """Also where files may be overwritten or get a new name, so that Cleo would take a second one."""
    world.simulators.options("cleo", overwrite="rename")
    world = tenant_of_two(world, tmp_path, partner=ITS_OWN)
    finnish = order_of(world, "FI", "80001", OPEN_ORDER)
    arrives(world, notice("KASITYOPUOTIT", OPEN_ORDER, finnish["lines"][0], 702))
    work_until(lambda: len(world.deliveries(flow__key="our-acknowledgments")) == 2)
    settle()
    states = {d.integration.key: d.state for d in world.deliveries(flow__key="our-acknowledgments")}
    assert states == {FINNISH: State.DELIVERED, SWEDISH: State.NO_EFFECT}
    names = [r["body"]["name"] for r in world.simulators.rows("cleo", "files") if r["body"]["direction"] == "outbound"]
    assert sum(name.startswith("997_") for name in names) == 1


def test_a_supplier_of_both_companies_is_told_by_the_order_that_it_names(
    world: World, settle: Settle, tmp_path: Path
) -> None:
    world = tenant_of_two(world, tmp_path)
    finnish = order_of(world, "FI", "80001", OPEN_ORDER)
    settle()
    assert world.deliveries(OPEN_ORDER, flow__key="purchase-orders", state=State.DELIVERED)
    arrives(world, notice("KASITYOPUOTIT", OPEN_ORDER, finnish["lines"][0], 703))
    work_until(lambda: is_over(world))
    settle()
    assert receipts_made(world) == [f"FI {OPEN_ORDER}"]
    assert notices(world, SWEDISH)[0].reason == "It is for company 1004."


def test_nothing_is_applied_where_nobody_can_tell_and_the_agreement_may_say(
    world: World, settle: Settle, tmp_path: Path
) -> None:
    world = tenant_of_two(world, tmp_path)
    Feed.objects.filter(key="purchase-orders").update(enabled=False)  # the order was made known in another way
    finnish = order_of(world, "FI", "80001", OPEN_ORDER)
    arrives(world, notice("KASITYOPUOTIT", OPEN_ORDER, finnish["lines"][0], 704))
    work_until(lambda: is_over(world))
    sends = [notices(world, key)[0] for key in (FINNISH, SWEDISH)]
    assert {d.state for d in sends} == {State.FAILED}
    assert all("may be for company 1001 or 1004: nothing was done" in d.reason for d in sends)
    assert receipts_made(world) == []

    for partner in world.entry["trading_partners"]:
        for agreement in partner["agreements"]:
            if agreement.get("direction") == "in":
                agreement["settings"] = {**agreement.get("settings", {}), "company": "1004"}
    apply_entry(world.entry, world.simulators, folder=tmp_path)
    Feed.objects.filter(key="purchase-orders").update(enabled=False)
    Delivery.objects.filter(pk__in=[d.pk for d in sends]).update(state=State.PENDING)
    work_until(lambda: is_over(world))
    settle()
    assert receipts_made(world) == [f"FI {OPEN_ORDER}"]
    assert notices(world, SWEDISH)[0].reason == "It is for company 1004."
