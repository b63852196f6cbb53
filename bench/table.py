"""The figures as people read them."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bench.figures import Figure

_MET = {True: "[green]yes[/]", False: "[red]NO[/]", None: ""}


def show(figures: list[Figure], console: Console) -> None:
    """Print one row a figure."""
    table = Table("Figure", "Value", "Unit", "Target", "Met", "Compared with")
    table.columns[1].justify = "right"
    for figure in figures:
        target = "" if figure.target is None else str(figure.target)
        table.add_row(figure.name, written(figure.value), figure.unit, target, _MET[figure.met], figure.compared_with)
    console.print(table)


def written(value: float) -> str:
    """Four digits that count: ``0.4497``, ``12.35``, ``1,204``."""
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"
