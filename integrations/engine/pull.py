"""Pulling a window page by page: a long one in stretches of time, each read to its end, resumed where it stood."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.engine.capture import Subscription, capture
from integrations.engine.handle import RunHandle
from integrations.http.errors import Transient
from integrations.systems.contract import Item, Page, Reads, Source, Window
from portal.common.clock import db_now

MOST_PAGES = 50
"""A window of more pages is read in stretches: while a long list is read, it changes."""
MOST_PASSES = 5
"""How often a stretch that changes under our hands is read anew before it is left for later."""
SHORTEST = dt.timedelta(seconds=2)
"""No shorter stretch is halved: what changed all at once cannot be told apart by time."""
EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Where a window without beginning is taken to begin when it is halved; its first stretch has none all the same."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the window, and where in it the read goes on."""

    start: dt.datetime | None
    end: dt.datetime
    place: dict[str, Any] | None = None
    total: int | None = None
    """How many items it had when it was interrupted, where the source says so."""

    @property
    def span(self) -> dt.timedelta:
        return self.end - (self.start or min(EARLIEST, self.end))

    @property
    def middle(self) -> dt.datetime:
        return self.end - self.span / 2


def as_json(stretch: Stretch, window: Window, *, made: int) -> dict[str, Any]:
    """What an interrupted read leaves: its window, its stretch and place, and how many deliveries it made."""
    return {
        "start": stretch.start.isoformat() if stretch.start else None,
        "end": stretch.end.isoformat(),
        "place": stretch.place,
        "total": stretch.total,
        "from": window.start.isoformat() if window.start else None,
        "until": window.end.isoformat(),
        "made": made,
    }


def from_json(left: dict[str, Any]) -> tuple[Window, Stretch, int]:
    """The reverse of `as_json`."""
    moments = {
        k: dt.datetime.fromisoformat(left[k]) if left.get(k) else None for k in ("start", "end", "from", "until")
    }
    end = moments["end"]
    if end is None:
        raise ValueError("an interrupted read without its window's end")
    stretch = Stretch(moments["start"], end, left["place"], left.get("total"))
    start = moments["from"] if "from" in left else moments["start"]
    return Window(start=start, end=moments["until"] or end), stretch, int(left.get("made", 0))


Keep = Callable[[Stretch, bool], None]
"""Called after each page with where the read goes on, and whether it can go on there at all (False: its stretch begins
again). Renews the lease. Raises FenceLost."""


def pull(
    handle: RunHandle,
    source: Source,
    subscriptions: Sequence[Subscription],
    *,
    reads: Reads,
    window: Window,
    left: Stretch | None,
    keep: Keep,
    wanted: Callable[[Item], bool] = lambda item: True,
    heard: Callable[[int | None], None] = lambda total: None,
) -> None:
    """Reads the window to its end. `left` is where an interrupted read stood; `heard` is told how many items the source
    says there are. Raises Fault and FenceLost."""
    puller = _Puller(handle, source, subscriptions, reads, keep, wanted, heard)
    stretch = left or Stretch(window.start, window.end)
    passes = 0
    while True:
        captured = handle.counts.captured
        walk = puller.walk(stretch)
        if walk.too_long:
            stretch = Stretch(stretch.start, stretch.middle)
            continue
        passes += 1
        if not walk.complete and (passes == 1 or walk.shrunk or handle.counts.captured > captured):
            if passes >= MOST_PASSES:
                raise Transient("The list changed faster than it could be read; the read goes on later.")
            stretch = Stretch(stretch.start, stretch.end)
            continue
        if stretch.end >= window.end:
            return
        # Where one stretch was short enough, the next may be twice as long.
        stretch = Stretch(stretch.end, min(window.end, stretch.end + 2 * stretch.span))
        passes = 0
        keep(stretch, True)


@dataclass(slots=True)
class _Walk:
    """One walk through the pages of a stretch, and what it counted.

    Lists are counted off by pages and no order is promised: a record that leaves the stretch while it is read, because
    it changes, pulls the rest one place forward, and one of them over the edge of a page. Then the count falls, or
    fewer different records come than there are.
    """

    total: int | None
    resumed: bool
    pages: int = 0
    shrunk: bool = False
    too_long: bool = False
    ids: set[str] = field(default_factory=set)

    def take(self, page: Page) -> None:
        self.pages += 1
        if page.total is not None:
            self.shrunk = self.shrunk or (self.total is not None and page.total < self.total)
            self.total = page.total
        self.ids.update(item.source_id for item in page.items)

    @property
    def complete(self) -> bool:
        if self.shrunk:
            return False
        return self.pages <= 1 or self.resumed or self.total is None or len(self.ids) >= self.total


@dataclass(frozen=True, slots=True)
class _Puller:
    handle: RunHandle
    source: Source
    subscriptions: Sequence[Subscription]
    reads: Reads
    keep: Keep
    wanted: Callable[[Item], bool]
    heard: Callable[[int | None], None]

    def walk(self, stretch: Stretch) -> _Walk:
        """Reads one stretch to its end, or until it shows to be too long. Sources that take one bound watch their list
        themselves."""
        walk = _Walk(stretch.total, resumed=stretch.place is not None)
        by_time = self.reads == "period"
        may_split = by_time and stretch.span > SHORTEST and not walk.resumed
        pages = iter(self.source.read(Window(start=stretch.start, end=stretch.end), stretch.place))
        while True:
            self.handle.asked_at = db_now()
            page = next(pages, None)
            if page is None:
                return walk
            self.heard(page.total)
            if by_time:
                walk.take(page)
            if may_split and _is_too_long(walk.pages, page):
                walk.too_long = True
                return walk
            taken = tuple(item for item in page.items if self.wanted(item))
            capture(self.handle, taken, self.subscriptions)
            self.source.confirm(taken)  # after the commit: an item that we do not have is never confirmed
            self.keep(Stretch(stretch.start, stretch.end, page.resume, walk.total), page.resume is not None)


def _is_too_long(number: int, page: Page) -> bool:
    """By the count that the source states with the first page; where it states none, by the pages that came."""
    if page.total is not None:
        return number == 1 and page.total > MOST_PAGES * max(1, len(page.items))
    return number > MOST_PAGES
