"""Reading Basware: where invoices stand, and purchase orders that were made there. None of it reaches the books.

Both lists are asked by time of change. Documents are listed when P2P has something to tell the books of them, so of an
invoice that we sent and that no list has shown yet its status is asked, some at each read.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from integrations.http.errors import NotFound, Rejected
from integrations.http.session import Session
from integrations.models import Connection, Delivery, Record, State
from integrations.systems.basware import wire
from integrations.systems.basware.client import Client
from integrations.systems.basware.settings import Options
from integrations.systems.basware.standing import standing_of
from integrations.systems.contract import FeedSpec, Item, Page, Window
from integrations.systems.searching import PutOff
from portal.common.clock import db_now

DOCUMENTS, ORDERS = "/v1/accountingDocuments", "/v1/exportedPurchaseOrders"
VOLATILE = frozenset({"lastUpdated"})
ASKED_AT_ONCE = 25
"""Invoices whose status is asked for at one read."""
ASKED_FOR = dt.timedelta(days=90)
"""How long the status of an invoice is asked for."""


class _Sent(wire.Wire, frozen=True, kw_only=True):
    """What identifies an invoice that we sent."""

    external_code: str
    company_code: str
    supplier_code: str
    invoice_number: str
    invoice_date: str
    currency_code: str
    gross_sum: Decimal


class _Source:
    """A list that is asked by time of change."""

    def __init__(self, connection: Connection, session: Session) -> None:
        self.connection, self.options = connection, Options.of(connection)
        self.client = Client(session, self.options)

    def now(self) -> dt.datetime | None:
        """Basware's clock by its last answer; a cheap call where there is none yet."""
        if self.client.session.last_date is None:
            self.client.reachable()
        return self.client.session.last_date

    def confirm(self, items: Sequence[Item]) -> None:
        """Nothing, unless a list says otherwise."""

    def since(self, window: Window) -> dict[str, str]:
        """The query of a window. Basware has no upper bound: what changed after it is given too."""
        filters = {"companyCode": self.options.company_code}
        if window.start is not None:
            filters["lastUpdated"] = window.start.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return filters


class Documents(_Source):
    """Accounting documents: invoices on their way through approval and payment, ours and others."""

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        shown: set[str] = set()
        for rows in self.client.pages(DOCUMENTS, "accountingDocuments", **self.since(window)):
            items = tuple(_document(raw) for raw in rows)
            shown.update(item.business_number for item in items)
            yield Page(items=items)
        asked: list[Item] = []
        put_off = PutOff()
        for sent in self._unseen(shown):
            with put_off.over(f"The status of invoice {sent.invoice_number}"):
                asked += self._status(sent)
        if asked:
            yield Page(items=tuple(asked))
        put_off.tell()

    def fetch(self, source_id: str) -> Item | None:
        answer = self.client.one(DOCUMENTS, source_id)
        rows = self.client.listed(answer, "accountingDocuments") if answer is not None else ()
        return _document(rows[0]) if rows else None

    def _unseen(self, shown: set[str]) -> list[_Sent]:
        """Invoices that we sent of which no document was read yet; another part of them at each read."""
        if not self.options.ask_status:
            return []
        now = db_now()
        rows = Delivery.objects.filter(
            sink_connection=self.connection,
            state=State.DELIVERED,
            since__gte=now - ASKED_FOR,
            frozen_meta__has_key="bum_id",
        ).select_related("frozen")
        known = Record.objects.filter(feed__connection=self.connection, feed__key=FEEDS[0].key)
        rows = rows.exclude(business_number__in=known.values("business_number")).order_by("pk")
        parts = max(1, -(-rows.count() // ASKED_AT_ONCE))
        begin = int(now.timestamp() // FEEDS[0].interval.total_seconds()) % parts * ASKED_AT_ONCE
        asked = rows[begin : begin + ASKED_AT_ONCE].iterator(chunk_size=1)  # with attachments, each may be large
        frozen = (row.frozen.data if row.frozen else None for row in asked)
        sent = [msgspec.json.decode(body, type=_Sent) for body in frozen if body is not None]
        return [one for one in sent if one.invoice_number not in shown]

    def _status(self, sent: _Sent) -> tuple[Item, ...]:
        """Where one of our invoices is, by what identifies it. Of several that fit nothing is said."""
        try:
            found = self.client.invoice_status(
                company=sent.company_code, number=sent.invoice_number, day=sent.invoice_date, gross=str(sent.gross_sum)
            )
        except (NotFound, Rejected):
            return ()  # the feature is off, or P2P does not have it yet
        if len(found) != 1:
            return ()
        known = {
            "invoiceNumber": sent.invoice_number,
            "supplierCode": sent.supplier_code,
            "companyCode": sent.company_code,
            "currencyCode": sent.currency_code,
        }
        return (_document(msgspec.json.encode({**known, "bumid": sent.external_code, **found[0]})),)


class ExportedOrders(_Source):
    """Purchase orders of Basware Procurement: read, kept, and nothing else."""

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        for rows in self.client.pages(ORDERS, "exportedPurchaseOrders", **self.since(window)):
            yield Page(items=tuple(_order(raw) for raw in rows))

    def fetch(self, source_id: str) -> Item | None:
        answer = self.client.one(ORDERS, source_id)
        rows = self.client.listed(answer, "exportedPurchaseOrders") if answer is not None else ()
        return _order(rows[0]) if rows else None

    def confirm(self, items: Sequence[Item]) -> None:
        """Tells Basware that they are read, where the connection says so; that it knows already is as good."""
        if not self.options.confirm_exported_orders:
            return
        for item in items:
            if item.kind == "WaitingForExport":
                self.client.acknowledge(ORDERS, item.source_id)


def _document(raw: bytes) -> Item:
    try:
        given = msgspec.json.decode(raw, type=wire.AccountingDocument, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _unreadable(raw, "an invoice", error)
    if not given.invoice_id:
        return _unreadable(raw, "an invoice", "it has no id")
    return Item(
        source_id=given.invoice_id,
        raw=raw,
        fingerprint=_fingerprint(raw),
        modified_at=_moment(given.last_updated),
        business_number=given.invoice_number or given.invoice_id,
        status=standing_of(given).word,
        kind=given.processing_status or "",
    )


def _order(raw: bytes) -> Item:
    try:
        given = msgspec.json.decode(raw, type=wire.ExportedOrder, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _unreadable(raw, "a purchase order", error)
    if not given.external_code:
        return _unreadable(raw, "a purchase order", "it has no external code")
    return Item(
        source_id=given.external_code,
        raw=raw,
        fingerprint=_fingerprint(raw, "processingStatus"),
        modified_at=_moment(given.last_updated),
        business_number=given.order_number or given.external_code,
        status=given.order_status or "",
        kind=given.processing_status or "",
    )


def _unreadable(raw: bytes, what: str, why: object) -> Item:
    digest = hashlib.sha256(raw).hexdigest()
    return Item(
        source_id=f"unreadable-{digest[:16]}",
        raw=raw,
        fingerprint=digest,
        problem=f"What Basware sent as {what} cannot be read: {why}"[:500],
    )


def _fingerprint(raw: bytes, *without: str) -> str:
    said = msgspec.json.decode(raw)
    kept = {name: value for name, value in said.items() if name not in VOLATILE and name not in without}
    return hashlib.sha256(msgspec.json.encode(kept, order="sorted")).hexdigest()


def _moment(text: str | None) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC) if moment is not None else None


INTERVAL = dt.timedelta(minutes=10)
FEEDS = (
    FeedSpec(
        key="accounting-documents",
        label="Invoices in Basware",
        entity="accounting-document",
        open=Documents,
        interval=INTERVAL,
    ),
    FeedSpec(
        key="exported-orders",
        label="Purchase orders made in Basware",
        entity="exported-order",
        open=ExportedOrders,
        interval=INTERVAL,
    ),
)
