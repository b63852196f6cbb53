"""Rules of a flow as a file that spreadsheets read and write: a line for each rule, in their order, a column for each
thing that a rule may ask or state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

import msgspec

from integrations.flows.contract import RuleTable
from integrations.rule_forms import MOST_RULES, shown, stored
from integrations.systems.contract import Setting
from portal.common import spreadsheets

MOST_BYTES = 500_000
WHEN = "when "
"""Begins the names of columns that a rule asks."""
MOST_SAID = 20


@dataclass(frozen=True, slots=True)
class Change:
    """One line that differs between two tables of rules."""

    kind: Literal["added", "removed"]
    place: int
    """In the new table of one that is added, in the old one of one that is removed."""
    text: str


def written(table: RuleTable, rules: Sequence[Mapping[str, Any]]) -> str:
    """The file of these rules."""
    columns = columns_of(table)
    rows = (
        [shown(setting, _side(name, rule).get(setting.name)) for name, setting in columns.items()] for rule in rules
    )
    return spreadsheets.written(list(columns), rows)


def read(table: RuleTable, data: bytes) -> tuple[list[dict[str, Any]], list[str]]:
    """The rules of a file, and what is wrong with it, each sentence with its line. Empty lines say nothing."""
    try:
        return _read(table, spreadsheets.read(data, most_bytes=MOST_BYTES))
    except spreadsheets.NoTable as error:
        return [], [str(error)]


def _read(table: RuleTable, lines: Iterator[tuple[int, list[str]]]) -> tuple[list[dict[str, Any]], list[str]]:
    known = columns_of(table)
    header = [name.strip() for name in next(lines, (1, []))[1]]
    unknown = [name or "without a name" for name in header if name not in known]
    if unknown or not header:
        return [], [
            f"Line 1: there is no column {', '.join(unknown) or 'at all'}. There are: {', '.join(known)}.",
        ]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        return [], [f"Line 1: {', '.join(twice)} stands there twice."]
    rules: list[dict[str, Any]] = []
    problems: list[str] = []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        try:
            rules.append(_rule(table, known, header, cells))
        except ValueError as error:
            problems.append(f"Line {number}: {error}")
    if not rules and not problems:
        problems.append("The file has no rule. Delete rules on the page, one by one.")
    if len(rules) > MOST_RULES:
        problems.append(f"The file has {len(rules)} rules; at most {MOST_RULES} can be kept.")
    return rules, problems[:MOST_SAID]


def _rule(
    table: RuleTable, known: Mapping[str, Setting], header: Sequence[str], cells: Sequence[str]
) -> dict[str, Any]:
    """One line. Raises ValueError with what is wrong with it."""
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        raise ValueError(f"it has {len(cells)} cells, and there are {len(header)} columns.")
    when: dict[str, Any] = {}
    then: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=False):
        setting, entered = known[name], _entered(known[name], spreadsheets.plain(cell))
        if setting.kind == "choices":
            wrong = [one for one in entered if one not in dict(setting.choices)]
            if wrong:
                raise ValueError(f"{name} cannot be {', '.join(wrong)}. It may be {', '.join(dict(setting.choices))}.")
        if value := stored(setting, entered):
            (when if name.startswith(WHEN) else then)[setting.name] = value
    if not then:
        raise ValueError("it states nothing: one of the columns " + ", ".join(s.name for s in table.then) + " has to.")
    rule = ({"when": when} if when else {}) | then
    try:
        msgspec.convert(rule, table.shape, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"{error}.") from error
    return rule


def columns_of(table: RuleTable) -> dict[str, Setting]:
    """The columns of the file, in their order."""
    return {WHEN + s.name: s for s in table.when} | {s.name: s for s in table.then}


def changes(table: RuleTable, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[Change]:
    """What makes one table of rules out of the other: a rule that says something else, or stands elsewhere, is removed
    and added."""
    old, new = ([in_words(table, rule) for rule in rules] for rules in (before, after))
    found: list[Change] = []
    for what, begin, end, other_begin, other_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        found += [Change("removed", place + 1, old[place]) for place in range(begin, end)]
        found += [Change("added", place + 1, new[place]) for place in range(other_begin, other_end)]
    return found


def in_words(table: RuleTable, rule: Mapping[str, Any]) -> str:
    """A rule in a line."""
    asked, stated = rule.get("when") or {}, rule
    when = [f"{s.label.lower()} {shown(s, asked[s.name])}" for s in table.when if asked.get(s.name)]
    then = [f"{s.label.lower()} {shown(s, stated[s.name])}" for s in table.then if stated.get(s.name)]
    return f"{', '.join(when) or 'always'} → {', '.join(then) or 'nothing'}"


def _side(column: str, rule: Mapping[str, Any]) -> Mapping[str, Any]:
    return (rule.get("when") or {}) if column.startswith(WHEN) else rule


def _entered(setting: Setting, text: str) -> Any:
    """A cell as the form has it."""
    return [part.strip() for part in text.split(",") if part.strip()] if setting.kind == "choices" else text
