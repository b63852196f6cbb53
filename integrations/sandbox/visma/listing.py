"""Lists: filters, sorting and pages, with the oddities of the real ones.

Unknown parameters are ignored; a date filter needs its condition; page sizes above the cap are cut silently; an empty
answer is `[]` without any total.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.sandbox.kernel import Request, Row
from integrations.sandbox.visma.problems import model_state, refuse
from integrations.sandbox.visma.stamps import filter_moment, local

CONDITIONS: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
Predicate = Callable[[Row], bool]
_FREE_FIELD_NAMES = (
    *(f"customStr{n}" for n in range(1, 6)),
    *(f"{kind}{n}" for kind in ("customDec", "customInt") for n in (1, 2)),
    "customDateTimeUTC1",
)
FREE_FIELDS = dict.fromkeys(_FREE_FIELD_NAMES, "includecustomfreefields")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a list endpoint can do. Parameter names in lower case, members as dotted paths into the body.

    `hidden` members are shown only when the named parameter is true. `windowed` endpoints still honour the deprecated
    numberToRead and skipRecords, because nothing else pages them.
    """

    entity: str
    paged: bool = True
    windowed: bool = False
    metadata: bool = True
    modified: bool = True
    no_conditions: bool = False
    """Whether times of change come without a condition: what is asked for is what changed since."""
    created: bool = False
    text: Mapping[str, str] = field(default_factory=dict)
    contains: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    special: Mapping[str, Callable[[Row, str], bool]] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    order_by: Mapping[str, str] = field(default_factory=dict)
    key: str = "number"


def member(body: Any, path: str) -> Any:
    """The value at a dotted path, None where a part is missing."""
    for part in path.split("."):
        body = body.get(part) if isinstance(body, dict) else None
    return body


class Query:
    """Query parameters without regard to case, read into types; refuses with 400 what cannot be read."""

    def __init__(self, request: Request) -> None:
        self._values = {name.lower(): values[0] for name, values in request.args.lists()}

    def text(self, name: str) -> str | None:
        """The value; an empty one counts as absent."""
        return self._values.get(name) or None

    def flag(self, name: str) -> bool | None:
        """A boolean."""
        value = self.text(name)
        if value is None:
            return None
        if value.lower() not in {"true", "false"}:
            refuse(model_state(name, f"The value '{value}' is not valid."))
        return value.lower() == "true"

    def integer(self, name: str) -> int | None:
        """An integer."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return int(value)
        except ValueError:
            refuse(model_state(name, f"The value '{value}' is not valid for {name}."))

    def number(self, name: str) -> float | None:
        """A decimal number."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return float(value)
        except ValueError:
            refuse(model_state(name, f"The value '{value}' is not valid for {name}."))

    def moment(self, name: str) -> datetime | None:
        """A date-time without zone."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return filter_moment(value)
        except ValueError as error:
            refuse(model_state(name, str(error)))

    def condition(self, name: str, *, default: str | None = None) -> Callable[[Any, Any], bool]:
        """The comparison that belongs to a filter: `<name>Condition`, one of > < >= <=."""
        value = self.text(name + "condition") or default
        if value is None:
            refuse(model_state(name, f"{name} and {name}Condition have to be used together."))
        if value not in CONDITIONS:
            refuse(model_state(f"{name}Condition", f"'{value}' is not a valid condition. Use >, <, >= or <=."))
        return CONDITIONS[value]


def predicates(listing: Listing, query: Query, zone: str) -> list[Predicate]:
    """The filters that a query sets."""
    found: list[Predicate] = []
    for name, path in listing.text.items():
        if (wanted := query.text(name)) is not None:
            found.append(_equal(path, wanted.lower()))
    for name, path in listing.contains.items():
        if (wanted := query.text(name)) is not None:
            found.append(_containing(path, wanted.lower()))
    for name, path in listing.flags.items():
        if (flag := query.flag(name)) is not None:
            found.append(_is(path, flag))
    for name, path in listing.dates.items():
        if (moment := query.moment(name)) is not None:
            found.append(_compared_date(path, moment, query.condition(name)))
    for name, path in listing.numbers.items():
        if (number := query.number(name)) is not None:
            found.append(_compared_number(path, number, query.condition(name)))
    for name, test in listing.special.items():
        if (wanted := query.text(name)) is not None:
            found.append(_special(test, wanted))
    found += _moments(listing, query, zone)
    if (after := query.text("greaterthanvalue")) is not None:
        found.append(_key_above(after))
    return found


def _moments(listing: Listing, query: Query, zone: str) -> list[Predicate]:
    found = []
    for name, private, offered in (
        ("lastmodifieddatetime", "_modified", listing.modified),
        ("createddatetime", "_created", listing.created),
    ):
        if offered and (moment := query.moment(name)) is not None:
            default = ">=" if listing.no_conditions else None
            found.append(_compared_moment(private, moment, query.condition(name, default=default), zone))
    return found


def _equal(path: str, wanted: str) -> Predicate:
    return lambda row: str(member(row["body"], path) or "").lower() == wanted


def _containing(path: str, wanted: str) -> Predicate:
    return lambda row: wanted in str(member(row["body"], path) or "").lower()


def _is(path: str, flag: bool) -> Predicate:
    return lambda row: bool(member(row["body"], path)) is flag


def _compared_date(path: str, moment: datetime, compare: Callable[[Any, Any], bool]) -> Predicate:
    def test(row: Row) -> bool:
        value = member(row["body"], path)
        return value is not None and compare(datetime.fromisoformat(value), moment)

    return test


def _compared_number(path: str, number: float, compare: Callable[[Any, Any], bool]) -> Predicate:
    def test(row: Row) -> bool:
        value = member(row["body"], path)
        return value is not None and compare(value, number)

    return test


def _compared_moment(private: str, moment: datetime, compare: Callable[[Any, Any], bool], zone: str) -> Predicate:
    return lambda row: private in row and compare(local(row[private], zone), moment)


def _special(test: Callable[[Row, str], bool], wanted: str) -> Predicate:
    return lambda row: test(row, wanted)


def _key_above(after: str) -> Predicate:
    return lambda row: str(row["business_number"]) > after


def has_attributes(row: Row, wanted: str) -> bool:
    """`attributes={"ID":"value"}`: every named attribute has the value. Refuses what is not a JSON object."""
    try:
        pairs = json.loads(wanted)
        items = pairs.items()
    except (ValueError, AttributeError):
        refuse(model_state("attributes", "Unexpected character encountered while parsing value."))
    present = {entry["id"]: entry["value"] for entry in row["body"].get("attributes", [])}
    return all(present.get(name) == value for name, value in items)


def is_released(row: Row, wanted: str) -> bool:
    """`released=1`: the document was released (Open or Closed); `released=0`: it was not."""
    return (row["body"]["status"] in {"Open", "Closed"}) is (wanted in {"1", "true"})
