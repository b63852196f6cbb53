"""The runbook says what to do about everything that can be seen: a new class of issue, figure or check without an entry
fails here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from edi import services as edi
from integrations.engine import issues
from integrations.http.errors import Fault
from integrations.selectors.metrics import Connector

ROOT = Path(__file__).parents[1]
RUNBOOK = (ROOT / "docs" / "operating.md").read_text()
GIVES_CLASS = {"error_class", "as_class"}


def sources(*packages: str) -> Iterator[Path]:
    for package in packages:
        for file in sorted((ROOT / package).rglob("*.py")):
            if not {"sandbox", "migrations"} & set(file.parts):
                yield file


def classes_in_the_code() -> set[str]:
    """Every class that an issue can have: of errors, of what is received, and wherever one is named."""
    found = {"unmappable", *issues._WHO, *map(str, edi.WHO_ACTS)}
    for file in sources("integrations"):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.keyword(arg=str(name), value=ast.Constant(value=str(kind))) if name in GIVES_CLASS:
                    found.add(kind)
                case ast.ClassDef():
                    found |= set(kinds_of(node))
                case _:
                    pass
    return found


def kinds_of(node: ast.ClassDef) -> Iterator[str]:
    for line in node.body:
        match line:
            case ast.Assign(targets=[ast.Name(id="kind")], value=ast.Constant(value=str(kind))):
                yield kind
            case _:
                pass


def entries(heading: str) -> dict[str, list[str]]:
    """The rows of the table below a heading, by what stands in its first column."""
    text = RUNBOOK.partition(f"\n{heading}\n")[2]
    table = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert table is not None, heading
    rows = [[cell.strip() for cell in line.strip("|\n").split(" | ")] for line in table[0].splitlines()[2:]]
    return {row[0].strip().strip("|").strip("` "): row[1:] for row in rows}


def test_every_class_of_issue_has_an_entry() -> None:
    told = entries("### By the class of an issue")
    assert {"rejected", "overdue", "unreadable", "quiet", "bug"} <= classes_in_the_code(), "the search finds them"
    assert set(told) == classes_in_the_code()
    assert [name for name, row in told.items() if len(row) != 2 or not all(row)] == []


def test_a_fault_of_the_clients_is_among_them() -> None:
    def below(kind: type[Fault]) -> Iterator[type[Fault]]:
        yield kind
        for one in kind.__subclasses__():
            yield from below(one)

    assert {kind.kind for kind in below(Fault)} <= set(entries("### By the class of an issue"))


def test_every_check_has_an_entry() -> None:
    named = {found for file in sources("portal") for found in re.findall(r"portal\.[EW]\d{3}", file.read_text())}
    assert len(named) >= 7
    assert set(entries("### By the id of a check")) == named


@pytest.mark.django_db
def test_every_figure_has_an_alert_or_needs_none_and_no_alert_is_about_nothing() -> None:
    figures = {family.name for family in Connector().collect()}
    below = RUNBOOK.partition("\n## Is it well?\n")[2].partition("\n## ")[0]
    table = [line for line in below.splitlines() if line.startswith("| `") and "connector_" in line]
    alerts = {name for line in table for name in re.findall(r"connector_\w+", line.split(" | ")[0])}
    silent = set(re.findall(r"connector_\w+", below.partition("Without an alert:")[2].partition(". Nine of ten")[0]))
    assert all(line.count(" | ") == 2 for line in table)
    assert not alerts & silent
    assert alerts | silent == figures
