"""searchCriteria: filter groups, sorting, pages, and `fields`, as Magento's repositories answer them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import refuse, required

Body = dict[str, Any]
_FILTER = re.compile(
    r"(?:searchCriteria|search_criteria)\[(?:filter_groups|filterGroups)\]\[(\d+)\]\[filters\]\[(\d+)\]"
    r"\[(field|value|condition_type|conditionType)\]"
)
_SORT = re.compile(r"(?:searchCriteria|search_criteria)\[(?:sort_orders|sortOrders)\]\[(\d+)\]\[(field|direction)\]")
_PAGE = re.compile(r"(?:searchCriteria|search_criteria)\[(pageSize|page_size|currentPage|current_page)\]")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?")
MOMENTS = frozenset({"created_at", "updated_at"})
MAX_PAGE_SIZE = 300
DEFAULT_PAGE_SIZE = 20


class BadColumn(Exception):
    """A filter or sort that the database would not take."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition."""

    field: str
    value: str
    condition: str


@dataclass(frozen=True, slots=True)
class Criteria:
    """What was asked for: OR inside a group, AND between groups."""

    groups: list[list[Filter]] = field(default_factory=list)
    sorts: list[tuple[str, str]] = field(default_factory=list)
    page_size: int | None = None
    page: int = 1

    def shown(self) -> Body:
        """The criteria as they are repeated in the answer."""
        groups = [
            {"filters": [{"field": f.field, "value": f.value, "condition_type": f.condition} for f in group]}
            for group in self.groups
        ]
        shown: Body = {"filter_groups": groups}
        if self.sorts:
            shown["sort_orders"] = [{"field": name, "direction": direction} for name, direction in self.sorts]
        if self.page_size is not None:
            shown |= {"page_size": self.page_size, "current_page": self.page}
        return shown


def criteria(query: Mapping[str, str], *, limits: bool) -> Criteria:
    """Read the query. `limits` = input limits are on: 20 rows a page by default, 300 at most."""
    if not any(name.startswith(("searchCriteria", "search_criteria")) for name in query):
        required("searchCriteria")
    filters: dict[int, dict[int, dict[str, str]]] = {}
    sorts: dict[int, dict[str, str]] = {}
    numbers: dict[str, int] = {}
    for name, value in query.items():
        if found := _FILTER.fullmatch(name):
            member = "condition_type" if found[3] == "conditionType" else found[3]
            filters.setdefault(int(found[1]), {}).setdefault(int(found[2]), {})[member] = value
        elif found := _SORT.fullmatch(name):
            sorts.setdefault(int(found[1]), {})[found[2]] = value
        elif found := _PAGE.fullmatch(name):
            if not re.fullmatch(r"-?\d+", value):
                text = 'The "%value" value\'s type is invalid. The "%type" type was expected. Verify and try again.'
                refuse(400, text, {"value": value, "type": "int"})
            numbers["size" if "ize" in found[1] else "page"] = int(value)
    size = numbers.get("size") or (DEFAULT_PAGE_SIZE if limits else None)
    if limits and size is not None and size > MAX_PAGE_SIZE:
        refuse(400, "Maximum SearchCriteria pageSize is %max", {"max": MAX_PAGE_SIZE})
    return Criteria(
        groups=[[_one(f) for _, f in sorted(group.items())] for _, group in sorted(filters.items())],
        sorts=[(s.get("field", ""), s.get("direction", "DESC").upper()) for _, s in sorted(sorts.items())],
        page_size=size,
        page=max(numbers.get("page", 1), 1),
    )


def _one(given: dict[str, str]) -> Filter:
    if not given.get("field"):
        required("field")
    return Filter(given["field"], given.get("value", ""), given.get("condition_type", "eq").lower())


def selected(
    bodies: Sequence[Body], wanted: Criteria, *, columns: frozenset[str], aliases: Mapping[str, str]
) -> list[Body]:
    """The bodies that pass, sorted. `columns` are the names that may be asked for; `aliases` say where they stand.

    Raises BadColumn for an unknown name or condition and for a moment that MySQL does not read.
    """
    tests = [[_test(f, columns, aliases) for f in group] for group in wanted.groups]
    rows = [body for body in bodies if all(any(test(body) for test in group) for group in tests)]
    for name, direction in reversed(wanted.sorts):
        if name not in columns or direction not in {"ASC", "DESC"}:
            raise BadColumn(name)
        own = aliases.get(name, name)
        rows.sort(key=lambda body, own=own: _key(body.get(own)), reverse=direction == "DESC")  # type: ignore[misc]
    return rows


def page_of(rows: list[Body], wanted: Criteria, *, legacy: bool) -> list[Body]:
    """One page. Beyond the end it is empty; `legacy` repeats the last one, as versions before 2.4 did."""
    if wanted.page_size is None:
        return rows
    page = wanted.page
    if legacy and rows:
        page = min(page, -(-len(rows) // wanted.page_size))
    return rows[(page - 1) * wanted.page_size : page * wanted.page_size]


def _key(value: Any) -> tuple[int, float, str]:
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, int | float):
        return (1, float(value), "")
    return (2, 0.0, str(value).casefold())


def _test(wanted: Filter, columns: frozenset[str], aliases: Mapping[str, str]) -> Callable[[Body], bool]:
    if wanted.field not in columns:
        raise BadColumn(wanted.field)
    if wanted.field in MOMENTS and wanted.condition not in {"null", "notnull", "like", "nlike"}:
        values = wanted.value.split(",") if wanted.condition in {"in", "nin"} else [wanted.value]
        if not all(_MOMENT.fullmatch(value) for value in values):
            raise BadColumn(wanted.field)
    own = aliases.get(wanted.field, wanted.field)
    check = _CONDITIONS.get(wanted.condition)
    if check is None:
        raise BadColumn(wanted.condition)
    given = _full(wanted.value) if wanted.field in MOMENTS else wanted.value
    return lambda body: check(body.get(own), given)


def _full(value: str) -> str:
    """A date alone is its midnight, for MySQL."""
    return f"{value} 00:00:00" if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else value


def _compare(value: Any, given: str) -> int | None:
    """-1, 0 or 1; None where SQL would say NULL. Text is compared without case, as its collation does."""
    if value is None:
        return None
    left: Any
    right: Any
    if isinstance(value, int | float):
        try:
            left, right = float(value), float(given)
        except ValueError:
            left, right = float(value), 0.0
    else:
        left, right = str(value).casefold(), given.casefold()
    return int(left > right) - int(left < right)


def _like(value: Any, pattern: str) -> bool | None:
    if value is None:
        return None
    pieces = [".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern]
    return re.fullmatch("".join(pieces), str(value), re.IGNORECASE | re.DOTALL) is not None


def _in(value: Any, given: str) -> bool:
    return any(_compare(value, one.strip()) == 0 for one in given.split(","))


_CONDITIONS: dict[str, Callable[[Any, str], bool]] = {
    "eq": lambda value, given: _compare(value, given) == 0,
    "neq": lambda value, given: _compare(value, given) in {-1, 1},
    "gt": lambda value, given: _compare(value, given) == 1,
    "gteq": lambda value, given: _compare(value, given) in {0, 1},
    "moreq": lambda value, given: _compare(value, given) in {0, 1},
    "lt": lambda value, given: _compare(value, given) == -1,
    "lteq": lambda value, given: _compare(value, given) in {-1, 0},
    "from": lambda value, given: _compare(value, given) in {0, 1},
    "to": lambda value, given: _compare(value, given) in {-1, 0},
    "in": _in,
    "nin": lambda value, given: value is not None and not _in(value, given),
    "like": lambda value, given: _like(value, given) is True,
    "nlike": lambda value, given: _like(value, given) is False,
    "finset": lambda value, given: value is not None and given in str(value).split(","),
    "nfinset": lambda value, given: value is not None and given not in str(value).split(","),
    "null": lambda value, _given: value is None,
    "notnull": lambda value, _given: value is not None,
}


def trimmed(body: Any, fields: str) -> Any:
    """Only the members that `fields` names: "items[entity_id,payment[method]],total_count"."""
    return _only(body, _tree(fields))


def _only(body: Any, tree: dict[str, Any]) -> Any:
    if isinstance(body, list):
        return [_only(one, tree) for one in body]
    if not isinstance(body, dict):
        return body
    return {name: _only(body[name], sub) if sub else body[name] for name, sub in tree.items() if name in body}


def _tree(text: str) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    stack, name = [tree], ""
    for token in re.findall(r"[^\[\],]+|[\[\],]", text):
        if token == "[":
            stack.append(stack[-1].setdefault(name, {}))
        elif token == "]":
            if len(stack) > 1:
                stack.pop()
        elif token != ",":
            name = token.strip()
            stack[-1].setdefault(name, {})
    return tree
