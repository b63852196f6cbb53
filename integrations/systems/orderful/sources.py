"""Reading from Orderful: partners' documents, and what became of ours."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from django.utils import timezone

from edi.models import Direction, TransactionSet
from integrations.http.errors import ConfigError, Conflict, NotFound, Rejected, Transient
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import Item, Page, Window
from integrations.systems.orderful import inbound, status, wire
from integrations.systems.orderful.client import INBOX_LIMIT, Client
from integrations.systems.orderful.settings import Options
from integrations.systems.searching import PutOff, searching

MOST_LOOKS = 1000
MOST_SINGLY = 100
"""Of those that the list does not show."""
Look = Callable[[int], Sequence[bytes]]
ASKED_SINGLY = 5
"""Up to so many open documents are asked for one by one; more are read from the list, 100 a page."""


class Inbox:
    """The v4 inbox and the v3 polling bucket of a connection.

    There is no cursor: a look gives the oldest items, and they stay until they are confirmed, which the engine has done
    after each page. So an item comes at least once, and one that was stored already is only confirmed. `fail` is never
    called: it throws an item away.
    """

    def __init__(self, connection: Connection, session: Session) -> None:
        self.options = Options.of(connection)
        self.client = Client(session, self.options)
        self._hrefs: dict[str, str] = {}

    def now(self) -> dt.datetime | None:
        return self.client.session.last_date

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        """Everything that waits, oldest first, whatever the window."""
        if not self.options.inbox_id and not self.options.bucket_id:
            raise ConfigError(
                "The Orderful connection names neither an inbox nor a polling bucket.",
                remedy="Fill in the number that Orderful shows under Communication Channels.",
            )
        put_off = PutOff()
        if self.options.inbox_id:
            yield from self._pages(lambda most: self.client.inbox(self.options.inbox_id, most), put_off)
        if self.options.bucket_id:
            yield from self._pages(lambda most: self.client.bucket(self.options.bucket_id, most), put_off)
        put_off.tell()

    def fetch(self, source_id: str) -> Item | None:
        """A received transaction as it is now, read as a v3 transaction with its message."""
        try:
            raw = self.client.transaction_as_it_is(source_id)
        except NotFound:
            return None
        return self._item(raw)

    def confirm(self, items: Sequence[Item]) -> None:
        """Confirms what is stored now. That it was confirmed before is a success. One item that Orderful refuses to
        confirm does not keep the others from being confirmed; it fails the read at the end."""
        refusal: Rejected | None = None
        for item in items:
            href = self._hrefs.pop(item.source_id, "")
            if not href:
                continue
            try:
                self.client.confirm(href)
            except (Conflict, NotFound):
                continue
            except Rejected as fault:
                if "already" not in fault.sentence.lower():
                    refusal = fault
        if refusal is not None:
            raise refusal

    # --- inside

    def _pages(self, look: Look, put_off: PutOff) -> Iterator[Page]:
        """An item of which a part does not come stays where it is, and the others are given."""
        seen: set[str] = set()
        for _ in range(MOST_LOOKS):
            failed: Transient | None = None
            try:
                raws = look(INBOX_LIMIT)
            except Transient as fault:
                if not self.client.session.searches:
                    raise
                failed = fault
                with searching(self.client.session, self.client.organization):
                    raws = _oldest(look)
            found: list[Item] = []
            for raw in raws:
                with put_off.over("A part of an item of the inbox"):
                    found.append(self._item(bytes(raw)))
            items = tuple(found)
            new = {item.source_id for item in items} - seen
            if not new and failed is not None:
                raise failed
            if not new:
                return  # empty, or what is left does not leave
            seen |= new
            yield Page(items=items)

    def _item(self, raw: bytes) -> Item:
        try:
            found = inbound.received(raw)
            self._note(raw, found.transaction_id)
            if not found.message:
                raw = self._with_message(raw, found.transaction_id)
                found = inbound.received(raw)
            if not found.set_id:
                raw = self._with_type(raw, found.transaction_id)
                found = inbound.received(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            digest = hashlib.sha256(raw).hexdigest()
            said = f"Orderful's inbox holds something that cannot be read: {error}"
            return Item(
                source_id=f"unreadable:{digest[:32]}", raw=raw, fingerprint=digest, kind="unreadable", problem=said
            )
        return Item(
            source_id=found.transaction_id,
            raw=raw,
            fingerprint=found.fingerprint,
            business_number=found.business_number,
            status=found.stream,
            kind=found.set_id or "unknown",
            problem=self._problem(found),
        )

    def _problem(self, found: inbound.Received) -> str:
        if not found.set_id:
            return f"Nobody can tell which document transaction {found.transaction_id} of Orderful is."
        if found.stream not in self.options.streams_received:
            return (
                f"{found.name} came on the {found.stream or 'unnamed'} stream, and this connection receives "
                f"{' and '.join(sorted(self.options.streams_received))}: it was put aside and has no effect."
            )
        return ""

    def _note(self, raw: bytes, transaction_id: str) -> None:
        item = msgspec.json.decode(raw, type=wire.InboxItem, strict=False)
        if item.delivery.approve.href:
            self._hrefs[transaction_id] = item.delivery.approve.href

    def _with_message(self, raw: bytes, transaction_id: str) -> bytes:
        """A bucket may give the address of the message in its place."""
        return msgspec.json.encode(msgspec.json.decode(raw) | {"message": self.client.message(transaction_id)})

    def _with_type(self, raw: bytes, transaction_id: str) -> bytes:
        """The message does not tell what it is; the transaction may."""
        try:
            kind = self.client.transaction(transaction_id).kind
        except NotFound:
            return raw
        return msgspec.json.encode(msgspec.json.decode(raw) | {"type": kind})


class Statuses:
    """What became of the documents that we sent: validation, delivery, acknowledgment.

    Orderful's list knows no time of change, so the documents whose course has not ended are looked at again, for
    some days. An item is one transaction whose statuses are not those that we know.
    """

    def __init__(self, connection: Connection, session: Session) -> None:
        self.options = Options.of(connection)
        self.client = Client(session, self.options)
        self._connection = connection

    def now(self) -> dt.datetime | None:
        return self.client.session.last_date

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        """One page for each page of Orderful's list. Where nothing is open, no call is made."""
        open_sets, put_off = self._open(), PutOff()
        if len(open_sets) <= ASKED_SINGLY:
            yield from self._singly(open_sets, put_off)
            put_off.tell()
            return
        for page in self._readable(min(s.created_at for s in open_sets.values())):
            known = {str(t.id): t for t in page.data if str(t.id) in open_sets}
            rows = {number: open_sets.pop(number) for number in known}
            items: list[Item] = []
            for number, transaction in known.items():
                if self._is_news(transaction, rows[number]):
                    with put_off.over(f"The acknowledgment of transaction {number}"):
                        items.append(self._item(transaction, late=self._late(transaction, rows[number])))
            yield Page(items=tuple(items))
            if not open_sets:
                break
        yield from self._singly(dict(list(open_sets.items())[:MOST_SINGLY]), put_off)
        put_off.tell()

    def fetch(self, source_id: str) -> Item | None:
        try:
            return self._item(self.client.transaction(source_id))
        except NotFound:
            return None

    def confirm(self, items: Sequence[Item]) -> None:
        """Statuses want no confirmation."""

    # --- inside

    def _open(self) -> dict[str, TransactionSet]:
        """Documents of ours whose course has not ended, by Orderful's id."""
        known = TransactionSet.Acknowledged
        rows = TransactionSet.objects.filter(
            tenant_id=self._connection.tenant_id,
            interchange__network__connection=self._connection,
            interchange__direction=Direction.OUT,
            created_at__gte=timezone.now() - dt.timedelta(days=self.options.status_days),
            acknowledged__in=[known.WAITING, known.OVERDUE, known.NOT_EXPECTED],
        ).exclude(network_id="")
        return {row.network_id: row for row in rows.order_by("id") if not _ended(row)}

    def _readable(self, since: dt.datetime) -> Iterator[wire.TransactionPage]:
        """The pages of the list. Where one does not come, read after read, they end before it: its size is Orderful's
        choice, so it cannot be asked for in parts, and what it would tell is asked for singly."""
        try:
            yield from self._listed(since)
        except Transient:
            if not self.client.session.searches:
                raise

    def _listed(self, since: dt.datetime) -> Iterator[wire.TransactionPage]:
        """Pages of the list back to `since`, newest first; unfiltered where the filter by time is refused."""
        begin = since - dt.timedelta(seconds=self.options.clock_slack_seconds + 60)
        end = timezone.now() + dt.timedelta(days=1)
        period = f"[{begin:%Y-%m-%dT%H:%M:%S.000Z},{end:%Y-%m-%dT%H:%M:%S.000Z})"
        try:
            yield from self.client.transactions({"createdAt": period}, pages=self.options.list_pages)
        except Rejected as fault:
            if fault.status != 400:
                raise
            for page in self.client.transactions({}, pages=self.options.list_pages):
                yield page
                if page.data and all(t.created_at is not None and t.created_at < begin for t in page.data):
                    return

    def _singly(self, open_sets: Mapping[str, TransactionSet], put_off: PutOff) -> Iterator[Page]:
        items = []
        for number, row in open_sets.items():
            # Not shown yet, or no longer: our own deadline for the acknowledgment stands.
            with suppress(NotFound), put_off.over(f"Transaction {number}"):
                transaction = self.client.transaction(number)
                if self._is_news(transaction, row):
                    items.append(self._item(transaction, late=self._late(transaction, row)))
        if items:
            yield Page(items=tuple(items))

    def _late(self, transaction: wire.Transaction, row: TransactionSet) -> bool:
        """Whether it should long be at the partner."""
        under_way = (transaction.delivery_status or "").upper() in ("", "PENDING", "SENT")
        return under_way and row.created_at < timezone.now() - dt.timedelta(hours=self.options.late_hours)

    def _is_news(self, transaction: wire.Transaction, row: TransactionSet) -> bool:
        known = row.network_status or {}
        return _is_news(transaction, row) or bool(known.get("late")) != self._late(transaction, row)

    def _item(self, transaction: wire.Transaction, *, late: bool = False) -> Item:
        said = status.as_dict(transaction)
        errors: tuple[str, ...] = ()
        at: dt.datetime | None = None
        if said["acknowledgment"] in ("accepted", "rejected", "accepted with errors"):
            found = status.acknowledgment(self.client, str(transaction.id))
            errors, at = (found.errors, found.at) if found else ((), None)
        body = status.Reported(
            transaction_id=str(transaction.id),
            type=transaction.kind,
            business_number=str(transaction.business_number or ""),
            validation=said["validation"],
            delivery=said["delivery"],
            acknowledgment=said["acknowledgment"],
            errors=errors,
            acknowledged_at=at,
            late=late,
        )
        raw = msgspec.json.encode(body)
        return Item(
            source_id=body.transaction_id,
            raw=raw,
            fingerprint=hashlib.sha256(raw).hexdigest(),
            business_number=body.business_number,
            status=f"{body.delivery}, {body.acknowledgment}"[:40],
            kind=transaction.kind.partition("_")[0],
        )


def _oldest(look: Look) -> Sequence[bytes]:
    """The oldest items, as many as come: of a look that does not come, those before the item that it fails over. What
    is younger comes when that one has left, for a look always begins with the oldest."""
    most = INBOX_LIMIT
    while True:
        most //= 2
        try:
            return look(most)
        except Transient:
            if most == 1:
                raise


def _is_news(transaction: wire.Transaction, row: TransactionSet) -> bool:
    """Whether Orderful says something of a document that is not noted on it."""
    known, said = row.network_status or {}, status.as_dict(transaction)
    verdict = status.ACKNOWLEDGED.get(said["acknowledgment"], row.acknowledged)
    return verdict != row.acknowledged or any(known.get(name) != value for name, value in said.items())


def _ended(row: TransactionSet) -> bool:
    """Whether nothing more is expected of a document: it was found not valid, or it wants no acknowledgment and was
    delivered."""
    said = row.network_status or {}
    if said.get("validation") == "invalid":
        return True
    not_expected = row.acknowledged == TransactionSet.Acknowledged.NOT_EXPECTED
    return not_expected and said.get("delivery") in ("delivered", "failed")
