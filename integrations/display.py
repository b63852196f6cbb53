"""Tables of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from integrations.selectors import FlowCounts


def console(file: Any) -> Console:
    """A console on `file`. Into a pipe or a log it writes wide lines, so that no key is cut."""
    found = Console(file=file)
    return found if found.is_terminal else Console(file=file, width=160)


def counts_table(counts: Sequence[FlowCounts], *, title: str = "") -> Table:
    """A line per flow: what was read, and what became of it."""
    table = Table(title=title or None, box=None, pad_edge=False, title_justify="left")
    for heading, justify in (
        ("Tenant", "left"),
        ("Flow", "left"),
        ("Read", "right"),
        ("Delivered", "right"),
        ("No effect", "right"),
        ("Failed", "right"),
        ("In doubt", "right"),
        ("Waiting", "right"),
        ("Seconds", "right"),
        ("Source calls", "right"),
    ):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for c in counts:
        table.add_row(
            c.tenant,
            c.flow,
            str(c.read),
            str(c.delivered),
            str(c.no_effect),
            str(c.failed),
            str(c.in_doubt),
            str(c.waiting),
            f"{c.seconds:.1f}",
            str(c.calls),
        )
    return table
