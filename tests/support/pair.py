"""A pair of systems that tests script: the ledger, which is read, and the exchange, which is written to.

They take the place of real systems in the registries, so that the engine can be tested without any of them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from edi.documents.values import Value
from integrations.flows.contract import FlowSpec, Frozen, Job, Nothing, Prepared, Send
from integrations.flows.registry import all_flows
from integrations.flows.status import by_status, status_settings
from integrations.http.errors import Fault, Unknown
from integrations.http.session import KeyHeader, Profile, Session
from integrations.models import Connection
from integrations.systems.contract import (
    AT_ONCE,
    Applied,
    CannotTell,
    Change,
    Confirms,
    Delivered,
    Effect,
    Evidence,
    FeedSpec,
    Item,
    NotApplied,
    Outgoing,
    Page,
    Reads,
    Setting,
    SinkSpec,
    Stated,
    Step,
    System,
    Verdict,
    Window,
)
from integrations.systems.registry import all_systems

LEAVE, CANCEL = ("Open",), ("Cancelled",)
STATUSES = ("Hold", "Open", "Printed", "Closed", "Cancelled")
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
"""When the ledger's records changed, unless a test says otherwise."""


def item(
    number: str, content: str = "first", *, status: str = "Open", at: dt.datetime | None = NOON, **more: Any
) -> Item:
    """A record of the ledger. `content` is what it says; `at` is when it changed."""
    raw = f"{number}: {content}, {status}".encode()
    values: dict[str, Any] = {
        "source_id": number,
        "raw": raw,
        "fingerprint": hashlib.sha256(raw).hexdigest(),
        "modified_at": at,
        "business_number": number,
        "status": status,
    }
    return Item(**{**values, **more})


class Paper(Value, frozen=True, kw_only=True):
    """The document of the pair."""

    text: str
    copies: int = 1


@dataclass(slots=True)
class Pair:
    """What the two systems do, and what was asked of them."""

    pages: list[Sequence[Item] | Exception | Callable[[], Sequence[Item]]] = field(default_factory=list)
    """What the next read gives, page by page; an exception ends it there. Stays until a test changes it."""
    rows: list[Item] | None = None
    """A ledger that is asked by time, in the place of `pages`: what it holds, in the order in which it lists it."""
    page_size: int = 2
    counts: bool = True
    """Whether a page of `rows` says how many there are."""
    between: Callable[[int], None] | None = None
    """Called before each page of `rows` but the first, with the number of pages so far over all reads."""
    pages_read: int = 0
    resumable: bool = False
    date: dt.datetime | None = None
    """The ledger's clock, as its answers state it."""
    windows: list[Window] = field(default_factory=list)
    places: list[dict[str, Any] | None] = field(default_factory=list)
    """Where each read was asked to go on."""
    confirmed: list[str] = field(default_factory=list)

    effects: list[Effect | Exception | Callable[[Outgoing], Effect]] = field(default_factory=list)
    """Of the next sends; when they are used up, everything is delivered."""
    silent_after: int | None = None
    """So many verdicts a call gives; the others never come."""
    there: list[Outgoing] = field(default_factory=list)
    """What the exchange has, in the order in which it came."""
    sent: list[Outgoing] = field(default_factory=list)
    """Every call that sent something, whether it arrived or not."""
    evidences: list[Evidence | Exception] = field(default_factory=list)
    """Of the next look-ups; when they are used up, by what is there."""
    verdicts: list[Verdict | Exception] = field(default_factory=list)
    looked: list[Outgoing] = field(default_factory=list)
    looks_over_http: bool = False
    followed: list[Outgoing] = field(default_factory=list)
    confirms: Confirms = AT_ONCE
    visibility_delay: dt.timedelta = dt.timedelta(0)
    fetched: list[str] = field(default_factory=list)
    fetch_fails: Exception | None = None
    prepare: Callable[[Job], Prepared] | None = None
    jobs: list[Job] = field(default_factory=list)
    accepts: Callable[..., Any] | None = None
    before_send: Callable[[Outgoing], None] | None = None
    altered: dict[str, bytes] = field(default_factory=dict)
    """What papers say there now, by their number, where somebody has changed them."""
    numbers: dict[str, str] = field(default_factory=dict)
    """What people made there by hand: number to whose it is."""
    hidden: set[str] = field(default_factory=set)
    """Papers that cannot be looked at any more."""

    def arrived(self, number: str) -> list[Outgoing]:
        return [o for o in self.there if o.business_number == number]


class _Ledger:
    def __init__(self, pair: Pair, session: Session) -> None:
        self._pair, self._session = pair, session

    def now(self) -> dt.datetime | None:
        return self._pair.date

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        pair = self._pair
        pair.windows.append(window)
        pair.places.append(resume)
        if pair.rows is not None:
            yield from self._by_time(window, resume)
            return
        begin = resume["page"] if resume else 0
        for number, page in enumerate(pair.pages[begin:], start=begin + 1):
            self._session.calls += 1
            self._session.last_date = pair.date
            if isinstance(page, Exception):
                raise page
            items = page() if callable(page) else page
            yield Page(items=tuple(items), resume={"page": number} if pair.resumable else None)

    def _by_time(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        """Pages of what lies in the window, counted off anew for each call, as real lists are."""
        pair, number = self._pair, resume["page"] if resume else 0
        while True:
            if pair.between is not None and pair.pages_read:
                pair.between(pair.pages_read)
            pair.pages_read += 1
            self._session.calls += 1
            assert pair.rows is not None
            rows = [r for r in pair.rows if r.modified_at is None or _lies_in(r.modified_at, window)]
            shown = rows[number * pair.page_size : (number + 1) * pair.page_size]
            number += 1
            yield Page(items=tuple(shown), resume={"page": number}, total=len(rows) if pair.counts else None)
            if number * pair.page_size >= len(rows):
                return

    def fetch(self, source_id: str) -> Item | None:
        self._pair.fetched.append(source_id)
        if self._pair.fetch_fails is not None:
            raise self._pair.fetch_fails
        if self._pair.rows is not None:
            return next((i for i in self._pair.rows if i.source_id == source_id), None)
        pages = (page for page in self._pair.pages if isinstance(page, Sequence))
        return next((i for page in pages for i in page if i.source_id == source_id), None)

    def confirm(self, items: Sequence[Item]) -> None:
        self._pair.confirmed += [i.source_id for i in items]


def _lies_in(moment: dt.datetime, window: Window) -> bool:
    return (window.start is None or moment >= window.start) and moment < window.end


class _Exchange:
    def __init__(self, pair: Pair, session: Session) -> None:
        self._pair, self._session = pair, session
        self.confirms, self.visibility_delay = pair.confirms, pair.visibility_delay

    def apply_many(self, batch: Sequence[Outgoing]) -> list[Effect]:
        effects = [effect for effect in map(self._apply, batch) if effect is not None]
        return effects if self._pair.silent_after is None else effects[: self._pair.silent_after]

    def _apply(self, outgoing: Outgoing) -> Effect | None:
        pair = self._pair
        pair.sent.append(outgoing)
        if pair.before_send is not None:
            pair.before_send(outgoing)
        effect = pair.effects.pop(0) if pair.effects else self._take
        if isinstance(effect, Fault):
            return effect
        if isinstance(effect, Exception):
            raise effect
        return effect(outgoing) if callable(effect) else effect

    def _take(self, outgoing: Outgoing) -> Effect:
        return take(self._pair, outgoing)

    def evidence(self, outgoing: Outgoing) -> Evidence:
        pair = self._pair
        pair.looked.append(outgoing)
        if pair.looks_over_http:
            self._session.get("/papers")
        if pair.evidences:
            answer = pair.evidences.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        found = [n for n, o in enumerate(pair.there, start=1) if o.operation_key == outgoing.operation_key]
        if found:
            return Applied(target_id=f"E-{found[0]}", proof="the same key")
        return NotApplied(proof="no such key")

    def says(self, outgoing: Outgoing) -> dict[str, str]:
        return said_by(outgoing.body)

    def current(self, outgoing: Outgoing) -> Stated | NotApplied | CannotTell:
        pair = self._pair
        if outgoing.business_number in pair.hidden:
            return CannotTell(reason="Papers are taken away from the desk.")
        found = next((o for o in pair.there if o.operation_key == outgoing.operation_key), None)
        if found is None:
            return NotApplied(proof="no such paper")
        fields = said_by(pair.altered.get(outgoing.business_number, found.body))
        return Stated(target_id=outgoing.target_id, fields=fields, owned={"shelf": "3"})

    def changes(self, outgoing: Outgoing) -> list[Change]:
        there = [o for o in self._pair.there if o.business_number == outgoing.business_number]
        before = said_by(there[-1].body) if there else {}
        after = said_by(outgoing.body)
        return [
            Change(field=name, before=before.get(name, ""), after=value, reason="the ledger says so")
            for name, value in after.items()
            if before.get(name) != value
        ]

    def numbered(self, number: str, wanted: bytes) -> Applied | NotApplied:
        whose = self._pair.numbers.get(number)
        if whose is None:
            return NotApplied(proof=f"There is no paper {number} of anybody.")
        return Applied(target_id=number, proof=f"Paper {number} is of {whose}.")

    def follow(self, outgoing: Outgoing) -> Verdict:
        pair = self._pair
        pair.followed.append(outgoing)
        answer = pair.verdicts.pop(0) if pair.verdicts else Delivered(target_id=outgoing.target_id)
        if isinstance(answer, Exception):
            raise answer
        return answer


def take(pair: Pair, outgoing: Outgoing) -> Delivered:
    """It arrives."""
    pair.there.append(outgoing)
    return Delivered(target_id=f"E-{len(pair.there)}")


def lose_answer(pair: Pair) -> Callable[[Outgoing], Effect]:
    """It arrives, and the answer does not."""

    def effect(outgoing: Outgoing) -> Effect:
        take(pair, outgoing)
        return Unknown("The exchange did not answer in time.")

    return effect


def said_by(body: bytes) -> dict[str, str]:
    """What a paper says, field by field: `purpose: number: content, status`."""
    _, _, rest = body.decode().partition(": ")
    number, _, rest = rest.partition(": ")
    content, _, status = rest.rpartition(", ")
    return {"number": number, "content": content, "status": status}


SETTINGS = (
    Setting(name="account", label="Account", required=True, default="main"),
    Setting(name="size", label="Page size", kind="integer", default=50),
    Setting(name="address", label="Address", kind="url"),
    Setting(name="quick", label="Quick", kind="boolean", default=False),
    Setting(name="region", label="Region", kind="choice", default="north", choices=(("north", "N"), ("south", "S"))),
    Setting(name="password", label="Password", secret=True),
)
FEED = "papers"


def _session(connection: Connection) -> Session:
    secret = str((connection.secrets or {}).get("password", ""))
    profile = Profile(
        label=connection.system.capitalize(),
        base_url=str((connection.settings or {}).get("address") or "http://127.0.0.1:9"),
        auth=KeyHeader("X-Api-Key", secret),
        rate=lambda headers, now: None,  # it may say so, and does not: a test writes the allowance into its row
        budget_identity=(str(connection.pk),),
        probe="/probe",
        deadline=1.0,
    )
    return Session(connection, profile)


def _checks(connection: Connection, session: Session) -> Iterator[Step]:
    session.get("/probe")
    yield Step(name="Reach it", ok=True, detail="It answers.")


def _prepare(pair: Pair, job: Job) -> Prepared:
    """As the flows do it: by what the other side has."""
    pair.jobs.append(job)
    if pair.prepare is not None:
        return pair.prepare(job)
    return prepared(job)


def prepared(job: Job) -> Prepared:
    """Original, replacement or cancellation, with the record itself as bytes."""
    paper = job.edited(Paper(text=job.raw.decode()))
    said = hashlib.sha256(paper.text.encode()).hexdigest()
    there = job.last is not None and job.last.purpose != "cancellation"
    if job.forced_purpose:
        purpose = job.forced_purpose
    elif job.operation == "cancel":
        if not there:
            return Nothing("It was cancelled before it was ever sent.")
        purpose = "cancellation"
    elif job.last is None or not there:
        purpose = "original"
    elif job.last.digest == said:
        return Nothing("Nothing has changed.")
    else:
        purpose = "replace"
    body = f"{purpose}: {paper.text}".encode()
    return Send(
        digest=said,
        purpose=purpose,
        document=paper,
        freeze=lambda now: Frozen(body=body, meta={"lane": job.lane}),
        preview=lambda: body,
    )


def reading(reads: Reads) -> None:
    """The ledger's feed reads in this way from now on."""
    ledger = all_systems()["ledger"]
    all_systems()["ledger"] = replace(ledger, feeds=(replace(ledger.feeds[0], reads=reads),))


def taking_batches(most: int) -> None:
    """The exchange takes so many at once from now on."""
    exchange = all_systems()["exchange"]
    all_systems()["exchange"] = replace(exchange, sinks=(replace(exchange.sinks[0], batch=most),))


def knowing_numbers() -> None:
    """The exchange can be asked for papers by number from now on."""
    exchange = all_systems()["exchange"]
    all_systems()["exchange"] = replace(exchange, sinks=(replace(exchange.sinks[0], knows_numbers=True),))


def install(pair: Pair) -> Callable[[], None]:
    """Puts the pair into the registries. Returns what takes it out again."""
    accepts = by_status(leave=LEAVE, cancel=CANCEL)
    papers = FlowSpec(
        pair="ledger-exchange",
        key="papers",
        label="Papers",
        entity="paper",
        source="books",
        feed=FEED,
        sink="desk",
        rank=40,
        settings=status_settings(leave=LEAVE, cancel=CANCEL, among=STATUSES),
        accepts=lambda record, settings: (pair.accepts or accepts)(record, settings),
        lane=lambda record: f"paper:{record.source_id}",
        prepare=lambda job: _prepare(pair, job),
    )
    events = replace(papers, key="events", label="Events", entity="event", rank=70, latest_wins=False)
    ledger = System(
        key="ledger",
        label="Ledger",
        settings=SETTINGS,
        session=_session,
        checks=_checks,
        feeds=(
            FeedSpec(key=FEED, label="Papers", entity="paper", open=lambda connection, session: _Ledger(pair, session)),
        ),
    )
    exchange = System(
        key="exchange",
        label="Exchange",
        settings=SETTINGS,
        session=_session,
        checks=_checks,
        sinks=(SinkSpec(key="desk", label="Desk", open=lambda connection, session: _Exchange(pair, session)),),
    )
    all_systems().update(ledger=ledger, exchange=exchange)
    all_flows().update({spec.full_key: spec for spec in (papers, events)})

    def remove() -> None:
        for key in ("ledger", "exchange"):
            del all_systems()[key]
        for spec in (papers, events):
            del all_flows()[spec.full_key]

    return remove
