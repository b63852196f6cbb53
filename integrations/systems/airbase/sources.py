"""Reading Airbase: payments to be booked, and vendors that were made there.

Airbase has no filter by time of change. Entries wait in the status sync_ready until we report what became of them; so
each read takes what waits, and what was taken back. What was seen before says nothing new and is not captured again.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from integrations.http.errors import NotFound
from integrations.http.session import Session
from integrations.models import Connection, Record
from integrations.systems.airbase import wire
from integrations.systems.airbase.client import Client
from integrations.systems.airbase.errors import NotOffered
from integrations.systems.airbase.settings import Options
from integrations.systems.contract import Item, Page, Window

VOLATILE = frozenset({"status", "error_message", "erp_url", "url", "airbase_url"})
READY, TAKEN_BACK, UNKNOWN, DONE = "ready", "taken back", "unknown", "done"
"""What a payment's status comes to. Unknown: neither a setting nor we know it, so nothing is booked."""


class _Source:
    def __init__(self, connection: Connection, session: Session) -> None:
        self._connection, self._options = connection, Options.of(connection)
        self._client = Client(session, self._options)
        self._session = session

    def now(self) -> dt.datetime | None:
        """By its last answer; there is no filter by time, so none is asked for."""
        return self._session.last_date

    def confirm(self, items: Sequence[Item]) -> None:
        """Results are reported by the flow, one by one."""


class Payments(_Source):
    """Payments of bills, each with the bills that it pays."""

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        """What waits to be booked, then what was taken back."""
        for status in (self._options.ready_status, *self._options.voided_statuses):
            for rows in self._client.pages(self._path(), status=status):
                known = self._known(rows)
                items = (self._item(raw, known) for raw in rows)
                yield Page(items=tuple(item for item in items if item.status != DONE))

    def fetch(self, source_id: str) -> Item | None:
        raw = self._client.one(self._options.ledger_path, source_id)
        return self._item(raw) if raw is not None else None

    def _path(self) -> str:
        return self._options.payments_path if self._options.takes_documents else self._options.ledger_path

    def _known(self, rows: Sequence[bytes]) -> frozenset[str]:
        """Fingerprints of what was captured of these entries: what says nothing new is not captured again, and needs
        no calls for its bills. Thousands may wait at the end of a month, and they are read every few minutes."""
        ids = []
        for raw in rows:
            with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
                ids.append(msgspec.json.decode(raw, type=wire.Identified, strict=False).own_id)
        newest = Record.objects.filter(
            feed__connection=self._connection, feed__key="payments", source_id__in=ids, is_newest=True
        )
        return frozenset(newest.values_list("fingerprint", flat=True))

    def _item(self, raw: bytes, known: frozenset[str] = frozenset()) -> Item:
        try:
            entry = msgspec.json.decode(raw, type=wire.Entry, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            digest = hashlib.sha256(raw).hexdigest()
            return Item(
                source_id=f"unreadable-{digest[:16]}",
                raw=raw,
                fingerprint=digest,
                problem=f"An entry that Airbase sent cannot be read: {error}"[:500],
            )
        standing = self._standing(entry.status)
        mark = {READY: False, DONE: False, TAKEN_BACK: True}.get(standing, entry.status)
        fingerprint = _fingerprint(raw, mark)
        needs_bills = entry.type in self._options.payment_types and fingerprint not in known
        bills = [self._bill(a.own_id) for a in entry.applied_to or ()] if needs_bills else []
        whole = b'{"payment":%b,"bills":[%b]}' % (raw, b",".join(b for b in bills if b is not None))
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
        for rows in self._client.pages(self._options.vendors_path, erp_reference_id=""):
            items = (self._item(raw) for raw in rows)
            yield Page(items=tuple(item for item in items if item.status == "new"))

    def fetch(self, source_id: str) -> Item | None:
        raw = self._client.one(self._options.vendors_path, source_id)
        return self._item(raw) if raw is not None else None

    def _item(self, raw: bytes) -> Item:
        vendor = self._client.decode(raw, wire.Vendor)
        return Item(
            source_id=vendor.own_id,
            raw=raw,
            fingerprint=_fingerprint(raw),
            business_number=vendor.name or vendor.own_id,
            status="linked" if vendor.reference else "new",
        )


def _fingerprint(raw: bytes, mark: bool | str | None = False) -> str:
    """Over what a row says, apart from what we or Airbase note on it while it is booked. `mark`: what its status comes
    to, True for one that was taken back."""
    said = msgspec.json.decode(raw)
    kept = {k: v for k, v in said.items() if k not in VOLATILE and k != "erp_reference_id"}
    return hashlib.sha256(msgspec.json.encode([kept, mark], order="sorted")).hexdigest()
