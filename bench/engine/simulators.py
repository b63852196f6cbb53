"""The project's simulators with as many documents as a measure needs: `python -m bench.engine.simulators --orders 9`.

Rows are copies of what the simulators were seeded with, under numbers of their own. All were modified two hours before
the process began, one millisecond after the other.
"""

from __future__ import annotations

import argparse
import datetime as dt
import signal
import threading
from typing import Any

from integrations.sandbox.assembly import Sandbox, Settings
from integrations.sandbox.kernel import Row, iso
from integrations.sandbox.main import running

COMPANY = "FI"
FIRST = {"purchaseorder": 900_001, "supplier": 300_001}
AGREED = "80001"
"""A supplier with whom orders are agreed over Cleo."""


def main() -> None:
    """Serves until SIGTERM."""
    parser = argparse.ArgumentParser(prog="simulators", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=int, default=0)
    parser.add_argument("--orders", type=int, default=0)
    parser.add_argument("--lines", type=int, default=10)
    parser.add_argument("--suppliers", type=int, default=0)
    chosen = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with running(Settings(latency_ms=chosen.latency_ms), port=chosen.port) as server:
        add_orders(server.sandbox, chosen.orders, lines=chosen.lines)
        add_suppliers(server.sandbox, chosen.suppliers)
        stop.wait()


def add_orders(sandbox: Sandbox, count: int, *, lines: int) -> None:
    """Open purchase orders of so many lines, all to the same supplier."""
    table = sandbox.systems["visma"].store.table("purchaseorder")
    pattern = next(
        row
        for row in table.values()
        if row["key"].startswith(f"{COMPANY}/")
        and row["body"]["supplier"]["number"] == AGREED
        and row["body"]["status"] == "Open"
        and row["body"]["lines"]
    )
    line = pattern["body"]["lines"][0]
    body = {**pattern["body"], "lines": [{**line, "lineNbr": n} for n in range(1, lines + 1)], "purchaseReceipts": []}
    for name in ("lineTotal", "lineTotalInBaseCurrency", "taxTotal", "taxTotalInBaseCurrency", "orderTotal"):
        if isinstance(body.get(name), int | float):
            body[name] = round(body[name], 2)
    _settle(sandbox, body)
    _fill(sandbox, "purchaseorder", {**pattern, "body": body}, "orderNbr", count)


def _settle(sandbox: Sandbox, body: dict[str, Any]) -> None:
    """Header and lines agree, by the simulator's own arithmetic."""
    from integrations.sandbox.visma import amounts

    for line in body["lines"]:
        amounts.order_line(line)
    amounts.order(body, sandbox.world.company(COMPANY))


def add_suppliers(sandbox: Sandbox, count: int) -> None:
    """Active suppliers."""
    table = sandbox.systems["visma"].store.table("supplier")
    pattern = next(row for row in table.values() if row["key"].startswith(f"{COMPANY}/"))
    _fill(sandbox, "supplier", pattern, "number", count)


def _fill(sandbox: Sandbox, entity: str, pattern: Row, number_in: str, count: int) -> None:
    store = sandbox.systems["visma"].store
    begin = sandbox.now() - dt.timedelta(hours=2)
    for n in range(count):
        number = str(FIRST[entity] + n)
        store.table(entity).add(
            {
                **pattern,
                "key": f"{COMPANY}/{number}",
                "business_number": number,
                # What is the same in all of them is shared, so that a hundred thousand fit into memory.
                "body": {**pattern["body"], number_in: number},
                "_modified": iso(begin + dt.timedelta(milliseconds=n)),
                "_version": store.next("rowversion"),
            }
        )


if __name__ == "__main__":
    main()
