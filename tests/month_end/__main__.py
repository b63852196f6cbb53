"""`python -m tests.month_end`: a month's end under each allowance of calls, one after the other. Writes
month-end/results.json, and ends with 1 where anything was lost, doubled or wrong, or an allowance was overdrawn."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.status import Status

from tests.crash import strands
from tests.crash.databases import Databases

RESULTS = Path("month-end") / "results.json"
MOST_429 = 1
"""A window: the allowance is learned from the answers, so that one may be refused, and no second one."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="month-end", description=__doc__)
    parser.add_argument("--invoices", type=int, default=5000)
    parser.add_argument("--payments", type=int, default=1500)
    parser.add_argument("--calls", type=int, nargs="+", default=[15_000, 500], help="calls an hour, one run for each")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    said = []
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="month-end-") as name:
        strands.set_up(Path(name))
        base = strands.databases(Path(name))
        for calls in options.calls:
            with console.status(f"{calls:,} calls an hour") as status:
                said.append(_run(base, Path(name), calls, options.invoices, options.payments, status))
            console.print(json.dumps(said[-1], indent=2))
    options.results.parent.mkdir(parents=True, exist_ok=True)
    options.results.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    return 0 if all(_good(one) for one in said) else 1


def _run(base: Databases, folder: Path, calls: int, invoices: int, payments: int, status: Status) -> dict[str, Any]:
    from django.core.management import call_command
    from django_scopes import scopes_disabled

    from integrations.management.local import Local
    from tests.month_end.clock import moved_clock
    from tests.month_end.month_end import Month, MonthEnd
    from tests.support.simulators import Simulators

    base.make("month_end")
    base.use("month_end")
    call_command("migrate", verbosity=0)

    def tell(text: str) -> None:
        status.update(f"{calls:,} calls an hour; {text}")
        if not status.console.is_terminal:
            print(f"{calls:,} calls an hour; {text}", file=sys.stderr, flush=True)

    try:
        with Local() as local, scopes_disabled():
            simulators = Simulators.start(local)
            with moved_clock(simulators) as clock:
                month = Month(invoices=invoices, payments=payments, calls_an_hour=calls)
                return MonthEnd.begin(month, simulators, clock, folder=folder, tell=tell).run()
    finally:
        base.drop("month_end")


def _good(said: dict[str, Any]) -> bool:
    return not (said["lost"] or said["doubled"] or said["wrong"]) and said["most_429_a_window"] <= MOST_429


if __name__ == "__main__":
    sys.exit(main())
