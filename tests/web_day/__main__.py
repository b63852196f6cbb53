"""`python -m tests.web_day --orders 2000`: a day of a web shop is read and posted: guests, companies, three currencies,
invoices in parts, cancellations, refunds to money and to store credit. Shop and books are compared: from outside
document by document, VAT code and account, to the cent, and by our own reconciliation. Writes web-day/results.json, and
ends with 1 where anything differs."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.crash import strands

RESULTS = Path("web-day") / "results.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="web-day", description=__doc__)
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--hours", type=float, default=4, help="within which they have to stand in the books")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="web-day-") as name:
        folder = Path(name)
        strands.set_up(folder)
        from django.core.management import call_command

        base = strands.databases(folder)
        base.make("day")
        base.use("day")
        call_command("migrate", verbosity=0)
        try:
            said = _day(folder, options.orders, options.hours)
        finally:
            base.drop("day")
    options.results.parent.mkdir(parents=True, exist_ok=True)
    options.results.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(said, indent=2))
    return 1 if said["wrong"] else 0


def _day(folder: Path, orders: int, hours: float) -> dict[str, object]:
    from django_scopes import scopes_disabled

    from integrations.management.local import Local
    from integrations.models import Delivery, State
    from portal.common.clock import db_now
    from portal.common.installation import installation
    from tests.support import web_day
    from tests.support.settling import settle
    from tests.support.simulators import Simulators

    with Local() as local, scopes_disabled():
        installation()
        simulators = Simulators.start(local)
        simulators.reset()
        simulators.options("visma", release_result="Done", rate_limit=10_000_000)
        placed = simulators.act("adobe", "place_orders", company="FI", count=orders, seconds=20, finish=True)
        finished = [order["increment_id"] for order in placed if order["state"] == "complete"]
        begun_too = web_day.begin_the_rest(simulators, max(3, orders // 100))
        web_day.configure(simulators, folder, calls_per_minute=100_000)
        begun = time.monotonic()
        settle(seconds=hours * 3600)
        web_day.end_the_rest(simulators, begun_too, finished[:: max(1, len(finished) * 33 // orders)])
        settle(seconds=hours * 3600)
        took = time.monotonic() - begun
        since = db_now() - dt.timedelta(days=60)
        compared = {key: web_day.reconciled(key, since=since, seconds=3600) for key in ("orders", "credit-memos")}
        back = begun_too.taken_back
        shop = web_day.in_the_shop(simulators, company="FI", zone="Europe/Helsinki", taken_back=back)
        return {
            "orders": orders,
            "seconds": round(took, 1),
            "documents": len(shop),
            "delivered": Delivery.objects.filter(state=State.DELIVERED).count(),
            "totals": {" ".join(key): str(amount) for key, amount in sorted(web_day.sold(shop).items())},
            "reconciled": {key: totals for key, (totals, _) in compared.items()},
            "wrong": [*web_day.wrong(simulators, back), *(line for _, said in compared.values() for line in said)],
        }


if __name__ == "__main__":
    sys.exit(main())
