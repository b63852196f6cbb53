"""Reading lists by time of change, page by page, until nothing that lies in the window can have been missed."""

from __future__ import annotations

import datetime as dt
import hashlib
from array import array
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.http.errors import ConfigError, NotFound, Transient
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import Item, Page, Window
from integrations.systems.searching import Part, search
from integrations.systems.visma import stamps
from integrations.systems.visma.client import ETag, ListPage, VismaClient
from integrations.systems.visma.errors import LABEL
from integrations.systems.visma.resources import Resource
from integrations.systems.visma.settings import Options

MOST_PASSES = 5
"""How often a list that changes under our hands is read anew before it is left for later."""
CLEARLY_OLDER = dt.timedelta(hours=26)
"""No zone and no clock explains more than this between a record and the bound that it was asked with."""


class ListSource:
    """One list at one connection."""

    def __init__(self, resource: Resource, client: VismaClient) -> None:
        self.resource, self._client = resource, client

    @classmethod
    def open(cls, resource: Resource, connection: Connection, session: Session) -> ListSource:
        return cls(resource, VismaClient(session, Options.of(connection)))

    def now(self) -> dt.datetime | None:
        """Visma's clock by its last answer; a cheap call when this session has none yet."""
        return self._client.server_time()

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        """All pages of what changed since the window's start.

        What changed after its end is given too: Visma's filter takes one bound. Pages are counted off by number and
        no order is promised, so a record that changes or goes while the list is read can push another one over a
        page's edge. Where the count shows that (see `_Pass`), the list is read again, until a pass brings nothing
        new.
        """
        seen = _Different()
        for attempt in range(MOST_PASSES):
            one = _Pass.begin(window, resume if attempt == 0 else None)
            known = len(seen)
            yield from self._pages(one, seen)
            if one.complete or (attempt and not one.restarted and len(seen) == known):
                return
        raise Transient(
            f"The {self.resource.label.lower()} of {LABEL} changed faster than they could be read; the read begins "
            "again later."
        )

    def fetch(self, source_id: str) -> Item | None:
        """One record as it is now."""
        try:
            answer = self._client.get(self.resource.path_of(source_id), params=dict(self.resource.asks_of_one) or None)
        except NotFound:
            return None
        etag = ETag.of(answer)
        return self.resource.item(
            answer.body, self._client.options.zone, answered_at=answer.date, version=etag.value if etag else ""
        )

    def file(self, file_id: str) -> bytes:
        """The latest revision of a file that a record names among its attachments."""
        return self._client.file(file_id)

    def confirm(self, items: Sequence[Item]) -> None:
        """Visma wants no confirmation."""

    def _pages(self, one: _Pass, seen: _Different) -> Iterator[Page]:
        since = stamps.lower_bound(one.window.start, self._client.options.zone) if one.window.start else ""
        while True:
            page, items = self._page(one, since)
            self._check_filter(items, one.window)
            last = one.take(page, items)
            seen.update((item.source_id, item.source_version or item.fingerprint) for item in items)
            if one.restarted:
                return
            yield Page(items=items, resume=one.resume, total=one.total)
            if last:
                return

    def _page(self, one: _Pass, since: str) -> tuple[ListPage, tuple[Item, ...]]:
        """The next page. One that does not come, read after read, is asked for in parts, and what Visma fails over is
        put aside as an item that says so: its neighbours go on."""

        def ask(number: int, size: int | None = None) -> ListPage:
            return self._client.page(
                self.resource.path, number, changed_since=since, size=size, filters=dict(self.resource.asks_for)
            )

        try:
            page = ask(one.number)
        except Transient as fault:
            if not self._client.may_search:
                raise
            with self._client.searching():
                parts = search(ask, one.number, one.size or self._client.options.page_size, fault)
            return self._put_together(parts, one, fault)
        return page, self._items(page)

    def _items(self, page: ListPage) -> tuple[Item, ...]:
        zone = self._client.options.zone
        return tuple(self.resource.item(raw, zone, answered_at=page.date) for raw in page.elements)

    def _put_together(
        self, parts: Sequence[Part[ListPage]], one: _Pass, fault: Transient
    ) -> tuple[ListPage, tuple[Item, ...]]:
        items: list[Item] = []
        pages = [part.page for part in parts if part.page is not None]
        for part in parts:
            items += self._items(part.page) if part.page is not None else [self._bad(items, one, fault)]
        total = next((page.total for page in pages if page.total is not None), None)
        elements = tuple(item.raw for item in items)
        return ListPage(elements=elements, total=total, date=pages[0].date if pages else None), tuple(items)

    def _bad(self, before: Sequence[Item], one: _Pass, fault: Transient) -> Item:
        """What stands in the place of a record that Visma does not give. Known by its neighbour: nothing else is."""
        after = before[-1].source_id if before else one.last_id
        place = f"after {after}" if after else "at the beginning"
        said = (
            f"One of the {self.resource.label.lower()} cannot be read: {LABEL} fails over it whenever it is in a list "
            f"({place}). Open the records that were changed lately in {LABEL} and save the one that shows an error."
        )
        return Item(
            source_id=f"unreadable, {place}"[:200],
            raw=(fault.technical or fault.sentence).encode(),
            fingerprint=hashlib.sha256(f"{self.resource.feed}, {place}".encode()).hexdigest(),
            business_number=f"({place})",
            problem=said,
        )

    def _check_filter(self, items: Sequence[Item], window: Window) -> None:
        """Raises ConfigError when most of a page is older than what was asked for: Visma sends everything for a
        filter that it does not know, with status 200. A single old record is no sign: its time of change may not
        tell of all changes."""
        if window.start is None or self._client.options.accept_unfiltered:
            return
        old = [i for i in items if i.modified_at is not None and i.modified_at < window.start - CLEARLY_OLDER]
        if not old or 2 * len(old) < len(items):
            return
        raise ConfigError(
            f"{LABEL} ignored the filter by time of change on {self.resource.label.lower()}: asked for changes since "
            f"{window.start:%Y-%m-%d %H:%M} UTC, it sent {self.resource.noun} "
            f"{old[0].business_number or old[0].source_id} of {old[0].modified_at:%Y-%m-%d %H:%M}.",
            remedy="Tell the people who look after this connector: Visma may have renamed the filter. To go on with "
            "complete lists, which takes many more calls, switch on “Accept unfiltered lists” in the connection's "
            "settings.",
        )


class _Different:
    """How many different things came, in eight bytes each: a list of a hundred thousand records must not fill the
    memory. Two that are taken for one make a walk look incomplete, and it is walked again."""

    def __init__(self) -> None:
        self._hashes = array("q")

    def update(self, things: Iterable[Hashable]) -> None:
        self._hashes.extend(hash(thing) for thing in things)

    @property
    def any(self) -> bool:
        return bool(self._hashes)

    def __len__(self) -> int:
        return len(set(self._hashes))


@dataclass(slots=True, kw_only=True)
class _Pass:
    """One walk through the pages of a list, and what it has counted."""

    window: Window
    number: int = 1
    """The page to ask for next."""
    rows: int = 0
    total: int | None = None
    resumed: bool = False
    restarted: bool = False
    """The list is no longer the one whose first pages were read earlier: this pass is given up."""
    size: int = 0
    """Records of a full page, as far as this pass has seen: Visma cuts what was asked for, without a word."""
    last_id: str = ""
    shrunk: bool = False
    late: bool = False
    ids: _Different = field(default_factory=_Different)
    last_page: frozenset[str] = frozenset()

    @classmethod
    def begin(cls, window: Window, resume: dict[str, Any] | None) -> _Pass:
        if not resume:
            return cls(window=window)
        number, rows = resume["page"], resume["rows"]
        size = rows // (number - 1) if number > 1 else 0
        return cls(window=window, number=number, rows=rows, total=resume["total"], resumed=True, size=size)

    @property
    def resume(self) -> dict[str, Any]:
        return {"page": self.number, "rows": self.rows, "total": self.total}

    def take(self, page: ListPage, items: Sequence[Item]) -> bool:
        """Counts a page. True when it is the last one of this pass."""
        if page.total is not None and self.total is not None and page.total != self.total:
            self.restarted = self.resumed and not self.ids.any
            self.shrunk = self.shrunk or page.total < self.total
        self.total = page.total if page.total is not None else self.total
        this_page = frozenset(item.source_id for item in items)
        repeated = this_page <= self.last_page
        self.last_page = this_page
        self.ids.update(this_page)
        self.late = self.late or any(i.modified_at is not None and i.modified_at >= self.window.end for i in items)
        self.size, self.last_id = max(self.size, len(items)), items[-1].source_id if items else self.last_id
        self.rows += len(items)
        self.number += 1
        if not items or repeated:
            return True  # the end; or a list that does not know pages and sends the same again
        return self.total is not None and self.rows >= self.total

    @property
    def complete(self) -> bool:
        """Whether no record can have slipped from one page to another between two calls.

        A walk over one page cannot miss anything. Over several: the count never fell (something went, the rest
        moved up), and as many different records came as the list holds (one that moves to the end shows up twice,
        or another one is missing). A resumed walk knows the first pages by their count only; so what changed since
        counts as a sign.
        """
        if self.restarted:
            return False
        if self.resumed:
            return not (self.shrunk or self.late)
        if self.number <= 2:
            return True
        return not self.shrunk and (self.total is None or len(self.ids) >= self.total)
