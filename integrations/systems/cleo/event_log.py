"""Cleo's audit log: what it says of files that we uploaded."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from integrations.http.errors import ConfigError, Rejected
from integrations.http.session import Session
from integrations.models import Connection, Delivery
from integrations.systems.cleo import wire
from integrations.systems.cleo.client import Client
from integrations.systems.cleo.settings import Options
from integrations.systems.contract import Item, Page, Window

MOST_PAGES = 200


def file_of(event: wire.Event) -> str:
    """The name of the file that an event is about, "" for none."""
    return (event.path or "").replace("\\", "/").rpartition("/")[2]


def moment_of(event: wire.Event) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(event.time or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def newer_than(client: Client, start: dt.datetime | None) -> Iterator[list[wire.Event]]:
    """Pages of the log, newest first, up to the one that reaches back before `start`.

    Which way the log is sorted is not known publicly, and it only grows: it is read from the end that its times show as
    the newer one. Raises Fault.
    """
    first = client.events()
    total = first.total_results if first.total_results is not None else len(first.resources)
    yield first.resources
    if not first.resources or len(first.resources) >= total:
        return
    size = len(first.resources)
    falling = _is_falling(first.resources)
    at = size if falling else max(total - size, size)
    for _ in range(MOST_PAGES):
        if falling and _reaches(first.resources, start):
            return
        page = client.events(start=at)
        yield page.resources
        if not page.resources or _reaches(page.resources, start):
            return
        if falling:
            at += len(page.resources)
            if at >= total:
                return
        elif at <= size:
            return
        else:
            at = max(at - size, size)


def entries_about(client: Client, name: str, *, since: dt.datetime | None) -> list[wire.Event]:
    """The entries that name a file, oldest first; [] where the user may not read the log. Raises Fault when Cleo cannot
    be asked."""
    try:
        found = [e for page in newer_than(client, since) for e in page if name and file_of(e) == name]
    except (ConfigError, Rejected) as fault:
        if fault.status not in (400, 403, 404, 405):
            raise
        return []
    return sorted(found, key=lambda e: moment_of(e) or dt.datetime.min.replace(tzinfo=dt.UTC))


class EventLog:
    """The entries of the audit log that name a file of ours, back to those that are older than the window."""

    def __init__(self, connection: Connection, session: Session) -> None:
        self.options = Options.of(connection)
        self.client = Client(session, self.options)
        self._connection = connection

    def now(self) -> dt.datetime | None:
        return self.client.session.last_date

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        for events in newer_than(self.client, window.start):
            ours = self._ours([file_of(e) for e in events])
            items = tuple(_item(e) for e in events if file_of(e) in ours)
            if items:
                yield Page(items=items)

    def fetch(self, source_id: str) -> Item | None:
        """A single entry cannot be asked for."""
        return None

    def confirm(self, items: Sequence[Item]) -> None:
        """Cleo wants no confirmation."""

    def _ours(self, names: Sequence[str]) -> set[str]:
        """Those of the names under which we sent a file."""
        wanted = [name for name in set(names) if name]
        rows = Delivery.objects.filter(sink_connection=self._connection, frozen_meta__name__in=wanted)
        return set(rows.values_list("frozen_meta__name", flat=True))


def _item(event: wire.Event) -> Item:
    raw = msgspec.json.encode(event)
    digest = hashlib.sha256(raw).hexdigest()
    return Item(
        source_id=f"event:{event.id or digest[:32]}"[:190],
        raw=raw,
        fingerprint=digest,
        modified_at=moment_of(event),
        business_number=file_of(event)[:100],
        status=(event.severity or "")[:40],
        kind="event",
    )


def _is_falling(events: Sequence[wire.Event]) -> bool:
    moments = [m for e in events if (m := moment_of(e)) is not None]
    return len(moments) > 1 and moments[0] > moments[-1]


def _reaches(events: Sequence[wire.Event], start: dt.datetime | None) -> bool:
    """Whether a page has an entry from before the window."""
    return start is not None and any((m := moment_of(e)) is not None and m < start for e in events)
