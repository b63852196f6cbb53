"""What every simulator is made of: requests, replies, stored rows, options and the base class."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import werkzeug

from integrations.sandbox.routing import Match, Route, Router, route

if TYPE_CHECKING:
    from integrations.sandbox.world import World

__all__ = [
    "Clock",
    "Options",
    "Refusal",
    "Reply",
    "Request",
    "Route",
    "Row",
    "Simulator",
    "Store",
    "Table",
    "iso",
    "json_reply",
    "new_row",
    "reply_bytes",
    "route",
    "set_path",
]

JSON_TYPE = "application/json; charset=utf-8"
Clock = Callable[[], datetime]
Row = dict[str, Any]


class Request(werkzeug.Request):
    """A request as handlers see it: werkzeug's, plus where it stands in the sandbox."""

    system: str = ""
    route: Route | None = None

    @property
    def sub_path(self) -> str:
        """The path below the system's prefix, percent-encoding kept: "/v1/supplier/b64(QUI)"."""
        return self.raw_path[len(self.system) + 1 :] or "/"

    @property
    def raw_path(self) -> str:
        """The whole path as the client wrote it, without query."""
        uri: str = self.environ.get("REQUEST_URI") or self.environ.get("RAW_URI") or self.path
        if not uri.startswith("/"):
            uri = "/" + uri.partition("://")[2].partition("/")[2]
        return uri.partition("?")[0]

    @property
    def base(self) -> str:
        """The absolute URL of the system, as this client reaches it: "http://127.0.0.1:8899/visma"."""
        return f"{self.scheme}://{self.host}/{self.system}"


class Refusal(Exception):
    """Raised anywhere below a handler to answer with this reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"HTTP {reply.status}")
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. A dict or list body is sent as JSON; text as UTF-8; None as an empty body."""

    status: int
    body: bytes | str | dict[str, Any] | list[Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def with_headers(self, extra: Mapping[str, str]) -> Reply:
        """The same answer with more headers; existing names are replaced."""
        return Reply(self.status, self.body, {**self.headers, **extra})


def json_reply(status: int, obj: Any, **headers: str) -> Reply:
    """A JSON answer. Header names are given with underscores: `retry_after="5"`."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return Reply(status, msgspec.json.encode(obj), {"Content-Type": JSON_TYPE, **named})


def reply_bytes(reply: Reply) -> tuple[bytes, dict[str, str]]:
    """The encoded body and the headers with a Content-Type where there is a body."""
    headers = dict(reply.headers)
    typed = any(name.lower() == "content-type" for name in headers)
    match reply.body:
        case None:
            return b"", headers
        case bytes() as raw:
            content_type, data = "application/octet-stream", raw
        case str() as text:
            content_type, data = "text/plain; charset=utf-8", text.encode()
        case structured:
            content_type, data = JSON_TYPE, msgspec.json.encode(structured)
    if data and not typed:
        headers["Content-Type"] = content_type
    return data, headers


def iso(moment: datetime) -> str:
    """UTC with milliseconds and Z: "2026-09-01T12:03:04.567Z"."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_row(*, key: str, body: Any, received_at: datetime, business_number: str = "", **private: Any) -> Row:
    """A row for a table. Names of private members start with an underscore and are not shown by the control API."""
    return {"key": key, "business_number": business_number, "received_at": iso(received_at), "body": body, **private}


class Table(MutableMapping[str, Row]):
    """Rows of one entity by key, in insertion order. Changing a row in place needs `Store.touch()`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: dict[str, Row] = {}

    def __getitem__(self, key: str) -> Row:
        return self._rows[key]

    def __setitem__(self, key: str, row: Row) -> None:
        self._rows[key] = row
        self._store.touch()

    def __delitem__(self, key: str) -> None:
        del self._rows[key]
        self._store.touch()

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Row) -> Row:
        """Insert or replace under the row's own key."""
        self[row["key"]] = row
        return row


class Store:
    """Everything one simulator remembers. JSON-able as a whole: that is what `--state` saves.

    Not locked itself: the server holds the system's lock around every call.
    """

    def __init__(self) -> None:
        self._tables: dict[str, Table] = {}
        self.counters: dict[str, int] = {}
        self.version = 0

    def table(self, entity: str) -> Table:
        """The table of `entity`, created when new."""
        if entity not in self._tables:
            self._tables[entity] = Table(self)
        return self._tables[entity]

    def entities(self) -> list[str]:
        """Names of the tables there are."""
        return list(self._tables)

    def touch(self) -> None:
        """Say that something changed, so that it is saved."""
        self.version += 1

    def next(self, counter: str, *, start: int = 1) -> int:
        """The next number of a named series."""
        value = self.counters.get(counter, start - 1) + 1
        self.counters[counter] = value
        self.touch()
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._tables.clear()
        self.counters.clear()
        self.touch()

    def dump(self) -> dict[str, Any]:
        """The content as JSON-able data."""
        return {
            "tables": {name: list(table.values()) for name, table in self._tables.items()},
            "counters": self.counters,
        }

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take over what `dump` gave."""
        self.clear()
        self.counters.update(saved["counters"])
        for name, rows in saved["tables"].items():
            table = self.table(name)
            for row in rows:
                table.add(row)


class Options:
    """Runtime switches of one simulator: declared with their defaults, changed by POST /_control/options."""

    def __init__(self, defaults: Mapping[str, Any], **given: Any) -> None:
        self._start = {**defaults, **given}
        self._values = dict(self._start)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def set(self, values: Mapping[str, Any]) -> None:
        """Change switches. Raises KeyError for a name that was never declared; nothing is changed then."""
        unknown = sorted(set(values) - set(self._start))
        if unknown:
            raise KeyError(f"unknown options: {', '.join(unknown)}; known: {', '.join(sorted(self._start))}")
        self._values.update(values)

    def reset(self) -> None:
        """Back to the values of the start."""
        self._values = dict(self._start)

    def as_dict(self) -> dict[str, Any]:
        """All switches with their present values."""
        return dict(self._values)


class Simulator:
    """Base of the simulators. A subclass sets `name`, declares routes and fills its store in `seed`."""

    name: ClassVar[str]
    default_options: ClassVar[Mapping[str, Any]] = {"strict": True}
    ignore_case: ClassVar[bool] = False
    ticks_itself: ClassVar[bool] = False
    """Whether things happen without a call: `main` then calls `tick` regularly."""

    def __init__(self, *, world: World, store: Store, options: Options, clock: Clock, rng: random.Random) -> None:
        self.world, self.store, self.options, self.clock, self.rng = world, store, options, clock, rng
        self.router = Router(self, ignore_case=self.ignore_case)
        self.prepare()

    def prepare(self) -> None:
        """Hook: set up what is not stored. Runs once, before `seed`."""

    def seed(self) -> None:
        """Fill the store from the world. Runs when there is no saved state, and on reset."""

    def entities(self) -> Iterable[str]:
        """Entities that GET /_control/state shows."""
        return self.store.entities()

    def before(self, request: Request) -> Reply | None:
        """Credentials, required headers, rate limit. Runs after routing, before the handler; a Reply ends the call."""
        return None

    def after(self, request: Request, reply: Reply) -> Reply:
        """Last touch on every answer, refusals included: rate-limit headers and the like."""
        return reply

    def tick(self) -> None:
        """Let time-dependent things happen, computed from the clock. Runs before every call and every state reading."""

    def describe(self) -> dict[str, Any]:
        """Credentials and whatever a client needs to know, for GET /_control/."""
        return {}

    def route_path(self, request: Request) -> str:
        """The path that routes are matched with; a system with several base URLs maps them onto one."""
        return request.sub_path

    def not_found(self, request: Request) -> Reply:
        """The answer to an unknown path."""
        return json_reply(404, {"message": "Not found"})

    def method_not_allowed(self, request: Request, allowed: set[str]) -> Reply:
        """The answer to a known path with a method it does not have."""
        return json_reply(405, {"message": "Method not allowed"}, allow=", ".join(sorted(allowed)))

    def fault_reply(self, request: Request, status: int) -> Reply:
        """The body this system gives with an armed status fault; subclasses use their own error shape."""
        return json_reply(status, {"message": HTTPStatus(status).phrase})

    def handle(self, request: Request) -> Reply:
        """One call: tick, routing, `before`, handler, `after`. The caller holds the system's lock."""
        self.tick()
        found = self.router.match(request.method, self.route_path(request))
        try:
            if isinstance(found, Match):
                request.route = found.route
                reply = self.before(request) or found.handler(request, **found.arguments)
            else:
                reply = self.method_not_allowed(request, found) if found else self.not_found(request)
        except Refusal as refusal:
            reply = refusal.reply
        return self.after(request, reply)

    def mutate(self, entity: str, key: str | None, values: Mapping[str, Any], count: int) -> list[str]:
        """Change rows behind the client's back, as a person in that system would. Returns the keys.

        `key` None takes the first `count` rows that no mutation touched before. `values` may name dotted paths
        ("lines.0.unitCost"). Raises KeyError for an unknown key or entity.
        """
        entity = self.entity_named(entity)
        table = self.store.table(entity)
        rows = [table[self.resolve_key(entity, key)]] if key is not None else self._untouched(table)[:count]
        changed = [copy.deepcopy(row["body"]) for row in rows]
        for body in changed:
            for path, value in values.items():
                set_path(body, path, value)
        for row, body in zip(rows, changed, strict=True):
            row["body"] = body
            row["_mutated"] = True
            self.touched(entity, row)
        self.store.touch()
        return [row["key"] for row in rows]

    def perform(self, action: str, values: Mapping[str, Any]) -> Any:
        """Do what a person in that system does: the method `act_<action>`. Raises KeyError for an unknown action.

        ValueError and LookupError say what is wrong with `values`.
        """
        if action not in self.acts():
            raise KeyError(f"{self.name} has no action {action!r}; there are {', '.join(self.acts())}")
        result = getattr(self, f"act_{action}")(values)
        self.store.touch()
        return result

    def acts(self) -> dict[str, str]:
        """Names of the actions of POST /_control/act with what they do and take."""
        methods = {name: getattr(type(self), name) for name in dir(type(self)) if name.startswith("act_")}
        return {name[4:]: " ".join((method.__doc__ or "").split()) for name, method in methods.items()}

    def entity_named(self, name: str) -> str:
        """The entity's own spelling of `name`, whatever its case. Raises KeyError."""
        for entity in self.entities():
            if entity.lower() == name.lower():
                return entity
        raise KeyError(f"{self.name} has no entity {name!r}; there are {', '.join(self.entities())}")

    def resolve_key(self, entity: str, key: str) -> str:
        """The row key meant by `key`; systems with composite keys may accept a shorter form."""
        return key

    def touched(self, entity: str, row: Row) -> None:
        """Hook: a row changed. Bump last-modified and row version here."""

    @staticmethod
    def _untouched(table: Table) -> list[Row]:
        return [row for row in table.values() if not row.get("_mutated")]


def set_path(target: Any, path: str, value: Any) -> None:
    """Set a member by dotted path; numbers index lists. Raises KeyError or IndexError when a part is missing."""
    *parents, last = path.split(".")
    for part in parents:
        target = target[int(part)] if isinstance(target, list) else target[part]
    if isinstance(target, list):
        target[int(last)] = value
    else:
        target[last] = value
