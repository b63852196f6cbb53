"""What every system package offers to the engine, and in which words they speak."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, Protocol, runtime_checkable

import msgspec

from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.effects import (
    AT_ONCE,
    Accepted,
    Applied,
    CannotTell,
    Confirms,
    Delivered,
    Differs,
    Effect,
    Evidence,
    NotApplied,
    NotNeeded,
    Outgoing,
    Refused,
    StillOpen,
    Verdict,
)

__all__ = [
    "AT_ONCE",
    "Accepted",
    "Applied",
    "CannotTell",
    "Change",
    "Confirms",
    "Delivered",
    "Differs",
    "Effect",
    "Evidence",
    "FeedSpec",
    "Item",
    "KnowsNumbers",
    "ListedRow",
    "ListsRows",
    "NotApplied",
    "NotNeeded",
    "Outgoing",
    "Page",
    "Part",
    "Plans",
    "Reads",
    "ReadsBack",
    "Refused",
    "Setting",
    "Sink",
    "SinkSpec",
    "Source",
    "Stated",
    "Step",
    "StillOpen",
    "System",
    "Unmappable",
    "Verdict",
    "WebhookCall",
    "WebhookPlace",
    "Window",
]


class Unmappable(Exception):
    """A record that cannot become a document, or a document that cannot become what the target takes.

    `sentence` names the record and the value; `remedy` says what to do and where; `field` is the path of the value
    in the source.
    """

    def __init__(self, sentence: str, *, remedy: str = "", field: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.remedy, self.field = sentence, remedy, field


# --- Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One field of a connection. The same list draws the form, masks, audits, redacts, documents and checks the
    configuration file."""

    name: str
    label: str
    help: str = ""
    """Where to find it, what it does. A value that no public source confirms says so here."""
    kind: Literal["text", "url", "integer", "boolean", "choice", "choices", "json", "moment"] = "text"
    """`choices`: a list of some of them. `moment`: a day (its beginning), or a day and a time."""
    secret: bool = False
    required: bool = False
    default: Any = ""
    choices: tuple[tuple[str, str], ...] = ()
    shape: Any = None
    """What JSON has to be, as a msgspec type; None: what the default is."""
    offers: str = ""
    """The list that has its values, as visma.branches: people choose from what the system says now, or type."""


# --- Reading


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of source time. `start` None = from the beginning. Both bounds aware, UTC; `start` inclusive, `end`
    exclusive."""

    start: dt.datetime | None
    end: dt.datetime


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One source object as it was read."""

    source_id: str
    raw: bytes
    """The object's bytes as the source gave them: what is stored and mapped later."""
    fingerprint: str
    """Hash over what the object says, without what changes by itself (time stamps, row versions, list metadata)."""
    source_version: str = ""
    modified_at: dt.datetime | None = None
    business_number: str = ""
    status: str = ""
    kind: str = ""
    problem: str = ""
    """A sentence, when the object could not be understood. It is captured all the same."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[Item, ...]
    resume: dict[str, Any] | None = None
    """Where a read that is interrupted after this page goes on; None when it must begin its window again."""
    total: int | None = None
    """How many items the window holds, where the source says so (for the progress display)."""


class Source(Protocol):
    """Reads one kind of thing at one connection. Raises Fault."""

    def now(self) -> dt.datetime | None:
        """The source's clock by its last answer or a cheap call; None when it has none (then ours is taken)."""
        ...

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        """All pages of the window, in the source's own order. May give an item twice and items outside the window."""
        ...

    def fetch(self, source_id: str) -> Item | None:
        """One object as it is now, None when it does not exist."""
        ...

    def confirm(self, items: Sequence[Item]) -> None:
        """Tells a pull source that the items are ours now; after the commit. Sources without confirmation do
        nothing."""
        ...


# --- Writing


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What a document comes to under one tax code."""

    day: str
    """The document's, as 2026-01-31."""
    currency: str
    code: str
    """As the books call it."""
    net: Decimal
    tax: Decimal


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """What the target says now of what an effect made or would change, field by field, in words."""

    target_id: str
    fields: dict[str, str]
    """By the names that `says` gives them."""
    amount: Decimal | None = None
    """What it comes to, in the document's currency; None where it states none."""
    owned: dict[str, str] = {}
    """Fields that are the target's own, as a status: no difference of theirs is ours."""
    parts: tuple[Part, ...] = ()
    """The amount by tax code; empty where it is not stated so."""
    unfinished: str = ""
    """Why it does not count there yet, as what people have to release first; in a sentence."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One field that an effect would change in the target."""

    field: str
    before: str
    after: str
    reason: str


@runtime_checkable
class ReadsBack(Protocol):
    """A sink whose target can be read: for comparing live, for reconciling, and for dry runs."""

    def says(self, item: Outgoing) -> dict[str, str]:
        """What a frozen effect says, field by field. May call the target to understand its own form. Raises Fault."""
        ...

    def current(self, item: Outgoing) -> Stated | NotApplied | CannotTell:
        """What the target says of the same fields now, of what this effect made. Writes nothing. Raises Fault."""
        ...


@runtime_checkable
class Plans(Protocol):
    """A sink that changes what is there already: it can say which fields an effect would change."""

    def changes(self, item: Outgoing) -> list[Change]:
        """What the effect would change in the target as it is now; [] when it says all of it already. Writes nothing.
        Raises Rejected when the target would refuse it, and any other Fault."""
        ...


class ListedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of reference data, as a target has it or shall have it."""

    reference: str
    """By which both sides know it; "" for one that the books do not have."""
    name: str
    fields: dict[str, str] = {}
    """What it says, in words, by the names that both ways of asking use."""
    own_id: str = ""
    """The target's own."""


@runtime_checkable
class ListsRows(Protocol):
    """A sink of reference data whose target tells all that it has."""

    def rows(self) -> Iterator[ListedRow]:
        """Everything there. Raises Fault: NotFound or ConfigError where the target lists nothing."""
        ...

    def row_of(self, body: bytes) -> ListedRow:
        """What a frozen effect says, in the same words."""
        ...


@runtime_checkable
class KnowsNumbers(Protocol):
    """A sink whose target calls what it makes by numbers that people can read there."""

    def numbered(self, number: str, wanted: bytes) -> Applied | NotApplied:
        """Whether what a person made there in the place of an effect counts. `number`: as the person says, "" for the
        one that the effect names itself; `wanted`: the effect, or what is known of one that was never written, b""
        where nothing is. Writes nothing. Raises Fault."""
        ...


class Sink(Protocol):
    """Makes one kind of effect at one connection."""

    confirms: Confirms
    visibility_delay: dt.timedelta
    """How long after a write a read-back may still miss it."""

    def apply_many(self, batch: Sequence[Outgoing]) -> list[Effect]:
        """Makes the effects, one verdict an item in the same order. Raises Fault only when it concerns the whole
        batch."""
        ...

    def evidence(self, item: Outgoing) -> Evidence:
        """Whether an effect of unknown outcome is there, by our stamped key or by the fields sent, never by
        business number alone."""
        ...

    def follow(self, item: Outgoing) -> Verdict:
        """The verdict on an accepted item. Sinks that confirm at once are never asked."""
        ...


# --- The system


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the live test."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    learned: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the connection that the test found out; kept when the test passes."""


Reads = Literal["changes", "period", "whole", "inbox"]
"""What a read of a feed gives: "changes" since the window's start, later ones included; "period": changes between both
bounds, so that a long window can be read in stretches; "whole": everything there is, each time; "inbox": what waits
there, whatever the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSpec:
    """A kind of thing that can be read here."""

    key: str
    label: str
    entity: str
    open: Callable[[Connection, Session], Source]
    reads: Reads = "changes"
    interval: dt.timedelta = dt.timedelta(minutes=5)
    cron: tuple[str, ...] = ()
    """Cron lines that take the interval's place in a new feed, in the tenant's time: for a system that is read at
    certain times of the day."""
    overlap: dt.timedelta = dt.timedelta(minutes=5)
    settle: dt.timedelta = dt.timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkSpec:
    """A kind of effect that can be made here."""

    key: str
    label: str
    open: Callable[[Connection, Session], Sink]
    batch: int = 1
    """How many items one call may take."""
    knows_numbers: bool = False
    """Whether what it opens is KnowsNumbers: what a person made in its place is looked at by its number."""
    lists_rows: bool = False
    """Whether what it opens is ListsRows: there is a report of differences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPlace:
    """Where a system is to send its webhooks."""

    address: str
    key: str = ""
    """By which it signs them, where the key is ours to choose."""
    feeds: frozenset[str] = frozenset()
    """Feeds whose news is wanted."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a setting may have, as its system says."""

    value: str
    label: str = ""


Offer = Callable[[Connection, Session], Iterator[Choice]]
"""A list, read now. Raises Fault."""
WebhookCall = Callable[[Connection, Session, WebhookPlace], Iterator[Step]]
"""Connection, session, place → what came of it, step by step."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose data a connection reads."""

    key: tuple[str, ...]
    """Address and credential. It holds a secret: it is compared, and never shown."""
    parts: frozenset[str] = frozenset()
    """Which parts of it; empty: all."""

    def overlaps(self, other: Account) -> bool:
        """Whether both read the same."""
        return self.key == other.key and not (self.parts and other.parts and not self.parts & other.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One kind of external software. Each system package exposes one as `SYSTEM` in its `spec` module."""

    key: str
    label: str
    settings: tuple[Setting, ...]
    session: Callable[[Connection], Session]
    """A session to the connection, with its authentication, error table and rate headers."""
    checks: Callable[[Connection, Session], Iterator[Step]]
    """The live test, step by step; a step that fails says what to do. Ends after a step without which the next make
    no sense."""
    feeds: tuple[FeedSpec, ...] = ()
    sinks: tuple[SinkSpec, ...] = ()
    register: WebhookCall | None = None
    """Asks the system to send its webhooks. None: its webhooks are set up by people."""
    registered: WebhookCall | None = None
    """What the system says is registered, a step each: ok where it is sent to our address."""
    unregister: WebhookCall | None = None
    """Asks the system to send nothing to our address any more; what is sent elsewhere stays."""
    makes_key: bool = False
    """Whether it signs its webhooks with a key that we give it."""
    is_network: bool = False
    """Whether trading partners are reached through it."""
    one_company: bool = False
    """Whether a connection belongs to one company: what comes from it does not say for which it is, and what is sent
    there is called by numbers that another company has too."""
    account: Callable[[Mapping[str, Any], Mapping[str, Any]], Account] | None = None
    """Whose data settings and secrets lead to, where two connections that read the same would book it twice."""
    name_in_books: str = ""
    """The setting with which the references of its documents in the books begin: by it they are found again, so no two
    integrations of one company have the same, and a new connection gets one of its own. Empty: it has none."""
    old_name_in_books: str = ""
    """What it is in connections of which none is stored."""
    carries: tuple[Literal["X12", "EDIFACT"], ...] = ("X12",)
    """Of a network: the standards in which we may write and take documents there."""
    offers: Mapping[str, Offer] = field(default_factory=dict)
    """Lists of values for settings, by name."""
    budget_identity: Callable[[Connection], tuple[str, ...]] = field(default=lambda connection: (str(connection.pk),))
    """What shares one allowance of calls: credential and company."""

    def feed(self, key: str) -> FeedSpec:
        return next(f for f in self.feeds if f.key == key)

    def sink(self, key: str) -> SinkSpec:
        return next(s for s in self.sinks if s.key == key)

    @property
    def secret_names(self) -> tuple[str, ...]:
        return tuple(s.name for s in self.settings if s.secret)
