"""Reading Airbase: payments to be booked, and vendors that were made there.

Airbase has no filter by time of change. Entries wait in the status sync_ready until we report what became of them; so
each read takes what waits, and what was taken back. What was seen before says nothing new and is not captured again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from integrations.http.errors import NotFound, Rejected, Transient
from integrations.http.session import Session
from integrations.models import Connection, Record
from integrations.systems.airbase import wire
from integrations.systems.airbase.client import MOST_PAGES, Client, ListPage
from integrations.systems.airbase.errors import LABEL, NotOffered
from integrations.systems.airbase.settings import Options
from integrations.systems.airbase.subsidiaries import Subsidiaries
from integrations.systems.contract import Item, Page, Window
from integrations.systems.searching import Part, PutOff, search, searching

VOLATILE = frozenset({"status", "error_message", "erp_url", "url", "airbase_url"})
SEARCHED = 100
"""Rows of a page while a bad one is looked for: no more than Airbase is sure to give, so that its parts fit."""
READY, TAKEN_BACK, UNKNOWN, DONE = "ready", "taken back", "unknown", "done"
"""What a payment's status comes to. Unknown: neither a setting nor we know it, so nothing is booked."""
OTHERS, NOBODYS = "of another subsidiary", "of no subsidiary"
"""What stands in its place where it is not for this company, or does not say for which."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """A page: rows as they came, and what stands in the place of those that do not come."""

    good: tuple[bytes, ...]
    bad: tuple[Item, ...] = ()


class _Source:
    def __init__(self, connection: Connection, session: Session) -> None:
        self._connection, self._options = connection, Options.of(connection)
        self._client = Client(session, self._options)
        self._subsidiaries = Subsidiaries(self._client)
        self._session = session

    def now(self) -> dt.datetime | None:
        """By its last answer; there is no filter by time, so none is asked for."""
        return self._session.last_date

    def confirm(self, items: Sequence[Item]) -> None:
        """Results are reported by the flow, one by one."""

    def _cheap_call(self) -> object:
        return self._session.get(self._options.subsidiaries_path, params={"page_size": 1})

    def _pages(self, path: str, **filters: str) -> Iterator[_Rows]:
        """The pages of a list. Once reads have failed again and again, pages are small, and one that does not come is
        asked for in parts: what Airbase fails over is put aside as an item that says so, and its neighbours go on."""
        if not self._session.searches:
            yield from (_Rows(rows) for rows in self._client.pages(path, **filters))
            return
        size, last = min(self._options.page_size, SEARCHED), ""
        in_a_row = 0

        def ask(number: int, size: int) -> ListPage:
            return self._client.page(path, number, size, **filters)

        for number in range(1, MOST_PAGES + 1):
            try:
                parts = [Part(ask(number, size))]
            except Transient as fault:
                with searching(self._session, self._cheap_call):
                    parts = search(ask, number, size, fault)
                bad = fault
            rows: list[bytes] = []
            unreadable: list[Item] = []
            for part in parts:
                if part.page is None:
                    in_a_row += 1
                    unreadable.append(_bad(path, last, in_a_row, bad))
                elif part.page.elements:
                    rows += part.page.elements
                    last, in_a_row = _id_of(part.page.elements[-1]) or last, 0
            yield _Rows(tuple(rows), tuple(unreadable))
            end = parts[-1].page
            if end is not None and end.is_last:
                return
        raise Transient(f"{LABEL}'s list {path} does not end after {MOST_PAGES} pages.")


class Payments(_Source):
    """Payments of bills, each with the bills that it pays."""

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        """What waits to be booked, then what was taken back. A payment whose bill does not come keeps none of the
        others back."""
        put_off = PutOff()
        yield from self._of_status(self._options.ready_status, put_off)
        for status in self._options.voided_statuses:
            try:
                yield from self._of_status(status, put_off)
            except Rejected as fault:  # a guess of ours, or a slip of somebody: the others are known all the same
                yield Page(items=(_refused(status, fault),))
        put_off.tell()

    def _of_status(self, status: str, put_off: PutOff) -> Iterator[Page]:
        for rows in self._pages(self._path(), status=status):
            known = self._known(rows.good)
            items = list(rows.bad)
            for raw in rows.good:
                with put_off.over(f"A bill of payment {_id_of(raw)}"):
                    items.append(self._item(raw, known))
            yield Page(items=tuple(item for item in items if item.status != DONE))

    def fetch(self, source_id: str) -> Item | None:
        raw = self._client.one(self._options.ledger_path, source_id)
        return self._item(raw) if raw is not None else None

    def _path(self) -> str:
        return self._options.payments_path if self._options.takes_documents else self._options.ledger_path

    def _known(self, rows: Sequence[bytes]) -> frozenset[str]:
        """Fingerprints of what was captured of these entries: what says nothing new is not captured again, and needs
        no calls for its bills. Thousands may wait at the end of a month, and they are read every few minutes."""
        ids = [_id_of(raw) for raw in rows]
        newest = Record.objects.filter(
            feed__connection=self._connection, feed__key="payments", source_id__in=ids, is_newest=True
        )
        return frozenset(newest.values_list("fingerprint", flat=True))

    def _item(self, raw: bytes, known: frozenset[str] = frozenset()) -> Item:
        try:
            entry = msgspec.json.decode(raw, type=wire.Entry, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return _unreadable(raw, "An entry", error)
        standing = self._standing(entry.status)
        # Once a setting names its type, it is something new, and comes with its bills.
        unknown = "" if self._options.knows_type(entry.type) else f"type {entry.type}"
        fingerprint = _fingerprint(raw, _mark(standing, entry.status), unknown)
        if standing != DONE and (self._subsidiaries.is_chosen or fingerprint not in known):
            standing = self._whose(entry, standing)
            fingerprint = _fingerprint(raw, _mark(standing, entry.status), unknown)
        needs_bills = (
            entry.type in self._options.payment_types and standing not in (OTHERS, NOBODYS) and fingerprint not in known
        )
        bills = {a.own_id: self._bill(a.own_id) for a in entry.applied_to or ()} if needs_bills else {}
        shown = [bill for bill in bills.values() if bill is not None]
        whole = b'{"payment":%b,"bills":[%b]}' % (raw, b",".join(shown))
        if len(shown) < len(bills):
            # They are asked for again at each read; once they are there, the payment is something new.
            missing = sorted(own_id for own_id, bill in bills.items() if bill is None)
            fingerprint = _fingerprint(raw, f"{_mark(standing, entry.status)} without {' '.join(missing)}")
        return Item(
            source_id=entry.own_id,
            raw=whole,
            fingerprint=fingerprint,
            business_number=entry.invoice_number or entry.own_id,
            status=standing,
            kind=entry.type or "",
        )

    def _standing(self, status: str | None) -> str:
        """Airbase may give more than was asked for: what was reported already is left out, and what no setting names
        is not taken for something to be booked."""
        if status in self._options.voided_statuses:
            return TAKEN_BACK
        if status in (self._options.complete_status, self._options.failed_status):
            return DONE
        return READY if status in (None, "", self._options.ready_status) else UNKNOWN

    def _whose(self, entry: wire.Entry, standing: str) -> str:
        """Its standing, unless it is not for this company. Raises ConfigError."""
        ours = self._subsidiaries.has([entry.subsidiary] if entry.subsidiary is not None else [])
        return standing if ours else NOBODYS if ours is None else OTHERS

    def _bill(self, airbase_id: str) -> bytes | None:
        """A bill that a payment pays: where it stands differs between tenants."""
        paths = (self._options.bills_path, self._options.ledger_path)
        for path in paths if self._options.takes_documents else paths[1:]:
            try:
                found = self._client.one(path, airbase_id)
            except (NotFound, NotOffered):
                continue
            if found is not None:
                return found
        return None


class NewVendors(_Source):
    """Vendors without a reference to our books: made in Airbase."""

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        for rows in self._pages(self._options.vendors_path, erp_reference_id=""):
            items = (*rows.bad, *(self._item(raw) for raw in rows.good))
            yield Page(items=tuple(item for item in items if item.status in ("new", OTHERS) or item.problem))

    def fetch(self, source_id: str) -> Item | None:
        raw = self._client.one(self._options.vendors_path, source_id)
        return self._item(raw) if raw is not None else None

    def _item(self, raw: bytes) -> Item:
        try:
            vendor = msgspec.json.decode(raw, type=wire.Vendor, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return _unreadable(raw, "A vendor", error)
        status = "linked" if vendor.reference else "new"
        if status == "new" and self._subsidiaries.has(vendor.subsidiary_reference_ids or ()) is False:
            status = OTHERS
        return Item(
            source_id=vendor.own_id,
            raw=raw,
            fingerprint=_fingerprint(raw, status if status == OTHERS else False),
            business_number=vendor.name or vendor.own_id,
            status=status,
        )


def _mark(standing: str, status: str | None) -> bool | str | None:
    """By what versions of an entry are told from one another that say the same otherwise."""
    if standing in (OTHERS, NOBODYS):
        return standing
    return {READY: False, DONE: False, TAKEN_BACK: True}.get(standing, status)


def _id_of(raw: bytes) -> str:
    """A row's id; "" for one that cannot be read."""
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.json.decode(raw, type=wire.Identified, strict=False).own_id
    return ""


def _unreadable(raw: bytes, what: str, why: Exception) -> Item:
    digest = hashlib.sha256(raw).hexdigest()
    return Item(
        source_id=f"unreadable-{digest[:16]}",
        raw=raw,
        fingerprint=digest,
        problem=f"{what} that {LABEL} sent cannot be read: {why}"[:500],
    )


def _bad(path: str, after: str, in_a_row: int, fault: Transient) -> Item:
    """What stands in the place of a row that Airbase does not give. Known by its neighbour: nothing else is. Of several
    one after the other the neighbour is the same."""
    place = f"after {after}" if after else "at the beginning"
    place += f", number {in_a_row}" if in_a_row > 1 else ""
    return Item(
        source_id=f"unreadable, {place}"[:200],
        raw=(fault.technical or fault.sentence).encode(),
        fingerprint=hashlib.sha256(f"{path}, {place}".encode()).hexdigest(),
        business_number=f"({place})",
        problem=f"One of the rows of {path} cannot be read: {LABEL} fails over it whenever it is in a list ({place}). "
        f"Tell {LABEL}'s support.",
    )


def _refused(status: str, fault: Rejected) -> Item:
    """What stands in the place of payments of a status that Airbase does not list. The same at each read, so that it is
    told once."""
    return Item(
        source_id=f"refused, status {status}"[:200],
        raw=(fault.technical or fault.sentence).encode(),
        fingerprint=hashlib.sha256(f"refused, status {status}".encode()).hexdigest(),
        business_number=f"(status {status})"[:100],
        problem=f"{LABEL} refuses to list payments in the status {status}, so those that are taken back so are not "
        f"seen: {fault.sentence} Correct the connection's setting “Statuses: taken back”, then dismiss this."[:500],
    )


def _fingerprint(raw: bytes, mark: bool | str | None = False, unknown: str = "") -> str:
    """Over what a row says, apart from what we or Airbase note on it while it is booked. `mark`: what its status comes
    to, True for one that was taken back; `unknown`: what of it no setting explains."""
    said = msgspec.json.decode(raw)
    kept = {k: v for k, v in said.items() if k not in VOLATILE and k != "erp_reference_id"}
    whole = [kept, mark, unknown] if unknown else [kept, mark]
    return hashlib.sha256(msgspec.json.encode(whole, order="sorted")).hexdigest()
