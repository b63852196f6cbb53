"""Run the measures: ``python -m bench [--only WORD] [--strict] [--out FILE]``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from rich.console import Console

from bench.child import run
from bench.figures import Figure
from bench.registry import MEASURES
from bench.table import show

RESULTS = Path(__file__).parent / "results.json"

_WIDTH = 160
"""Columns of the table in a file or a pipe."""


def main(arguments: list[str] | None = None) -> int:
    """Measure, write the results, print the table. 1 when a measure failed or, with ``--strict``, missed its target."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Run the benchmarks.")
    parser.add_argument("--only", default="", metavar="WORD", help="measures with this word in their name")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FILE", help="where the results go as JSON")
    chosen = parser.parse_args(arguments)
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH)
    figures: list[Figure] = []
    failed: list[str] = []
    wanted = [measure for measure in MEASURES if chosen.only in measure]
    for number, measure in enumerate(wanted, start=1):
        console.print(f"[dim]{number} of {len(wanted)}: {measure} …[/]")
        begun = time.monotonic()
        found = run(measure)
        figures += found or []
        if found is None:
            failed.append(measure)
        console.print(f"[dim]    {time.monotonic() - begun:.0f} s[/]")
    written = json.dumps([figure.as_json() for figure in figures], indent=2, ensure_ascii=False)
    chosen.out.write_text(written + "\n", encoding="utf-8")
    show(figures, console)
    missed = [figure.name for figure in figures if figure.met is False]
    if failed:
        console.print(f"[red]Failed:[/] {', '.join(failed)}")
    if missed:
        console.print(f"[red]Target missed:[/] {', '.join(missed)}")
    console.print(f"Written to {chosen.out}")
    return 1 if failed or (chosen.strict and missed) else 0


if __name__ == "__main__":
    raise SystemExit(main())
