"""`python -m tests.crash`: the crash kit on every flow. Writes {flow: {points, equal}}; ends with 1 if any differs."""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import queue
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from tests.crash import strands

RESULTS = Path("crash") / "results.json"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="crash", description=__doc__)
    parser.add_argument("flows", nargs="*", help="flows to run; default: all")
    parser.add_argument("--every", type=int, default=1, help="kill at every n-th point only")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="strands of work side by side")
    parser.add_argument("--results", type=Path, default=RESULTS, help=f"where the results go (default {RESULTS})")
    parser.add_argument("--points", action="store_true", help="show every point of the undisturbed run")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="crash-") as folder:
        strands.set_up(Path(folder))
        from tests.support.stories import STORIES

        if unknown := sorted(set(options.flows) - set(STORIES)):
            parser.error(f"no story of {', '.join(unknown)}; there are {', '.join(sorted(STORIES))}")
        flows = options.flows or sorted(STORIES)
        results = {r["flow"]: r for r in _run(flows, Path(folder), jobs=options.jobs, every=options.every)}
    options.results.parent.mkdir(parents=True, exist_ok=True)
    said = {flow: {"points": results[flow]["points"], "equal": not results[flow]["problems"]} for flow in flows}
    options.results.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    for flow in flows:
        result = results[flow]
        print(f"{flow}: {result['points']} points, {'equal' if said[flow]['equal'] else 'NOT EQUAL'}")
        for line in result["passed"] if options.points else []:
            print(f"    {line}")
        for problem in result["problems"][:20]:
            print(f"    {problem}")
    return 0 if all(flow["equal"] and flow["points"] for flow in said.values()) else 1


def _run(flows: Sequence[str], folder: Path, *, jobs: int, every: int) -> Iterator[dict[str, Any]]:
    """The results, as they come, with a display of how far everything is."""
    context = multiprocessing.get_context("spawn")
    news: Any = context.Manager().Queue()
    base = _base_database()
    pool = ProcessPoolExecutor(
        min(jobs, len(flows)), context, initializer=strands.open_strand, initargs=(folder, base, news)
    )
    with _display() as display, pool:
        coming = [pool.submit(strands.run_flow, flow, every) for flow in flows]
        bars = {flow: display.add_task(flow, total=None) for flow in flows}
        while not all(c.done() for c in coming):
            with contextlib.suppress(queue.Empty):
                flow, done, of = news.get(timeout=0.5)
                display.update(bars[flow], completed=done, total=of)
        yield from (c.result() for c in coming)


def _display() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty())


def _base_database() -> str:
    from django.db import connection

    return str(connection.settings_dict["NAME"])


if __name__ == "__main__":
    sys.exit(main())
