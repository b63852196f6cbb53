"""Feeds of every EDI network that are read from our own books: what was received over it, and what we answer.

A network's inbox brings files or messages; receiving keeps and checks them (`edi.services`). What was taken lies in our
books until a flow has it, as in an inbox that is confirmed. Nothing is called.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from edi import services as edi
from edi.models import Network, TransactionSet
from integrations.http.errors import ConfigError
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import FeedSpec, Item, Page, Window
from portal.common.clock import db_now

DOCUMENTS = "documents"
OUR_ACKNOWLEDGMENTS = "our-acknowledgments"
PRUNED = "are not kept any more. Ask the trading partner to send it again."


class Documents:
    """Received documents that were taken, each as an interchange of its own; `source_id` is that of its row."""

    def __init__(self, connection: Connection, session: Session) -> None:
        self._network = _network(connection)

    def now(self) -> dt.datetime | None:
        return None

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        """Everything that waits, oldest first, whatever the window."""
        for batch in edi.documents_to_pass_on(self._network):
            yield Page(items=tuple(_item(passed.row, passed.data) for passed in batch))

    def fetch(self, source_id: str) -> Item | None:
        row = _row(self._network, source_id)
        return _item(row, edi.received_document(row).data) if row is not None else None

    def confirm(self, items: Sequence[Item]) -> None:
        edi.note_passed_on([int(item.source_id) for item in items], now=db_now())


class OurAcknowledgments:
    """Our 997 and TA1, an item each interchange; `source_id` is that of the first set in it."""

    def __init__(self, connection: Connection, session: Session) -> None:
        self._network = _network(connection)

    def now(self) -> dt.datetime | None:
        return None

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        """What waits, oldest first, whatever the window."""
        for batch in edi.answers_to_send(self._network):
            yield Page(items=tuple(_item(passed.row, passed.data) for passed in batch))

    def fetch(self, source_id: str) -> Item | None:
        row = _row(self._network, source_id)
        return _item(row, row.interchange.text) if row is not None else None

    def confirm(self, items: Sequence[Item]) -> None:
        edi.note_passed_on([int(item.source_id) for item in items], now=db_now())


def feeds(*, acknowledges: bool) -> tuple[FeedSpec, ...]:
    """The feeds for a network. `acknowledges`: whether we write its envelopes, and so acknowledge what comes."""
    found = [_spec(DOCUMENTS, "Documents received from trading partners", "partner-document", Documents)]
    if acknowledges:
        label = "Acknowledgments to trading partners"
        found.append(_spec(OUR_ACKNOWLEDGMENTS, label, "acknowledgment", OurAcknowledgments))
    return tuple(found)


def _spec(key: str, label: str, entity: str, source: type[Documents] | type[OurAcknowledgments]) -> FeedSpec:
    """Receiving makes it due; the interval is for what is left over."""
    return FeedSpec(
        key=key,
        label=label,
        entity=entity,
        open=source,
        interval=dt.timedelta(minutes=10),
        overlap=dt.timedelta(0),
        settle=dt.timedelta(0),
    )


def _network(connection: Connection) -> Network:
    if connection.network is None:
        raise ConfigError(f"{connection.name} reaches no trading partners.", remedy="Save the connection again.")
    return connection.network


def _row(network: Network, source_id: str) -> TransactionSet | None:
    rows = TransactionSet.objects.filter(tenant_id=network.tenant_id, interchange__network=network)
    return rows.select_related("interchange").filter(pk=int(source_id)).first() if source_id.isdigit() else None


def _item(row: TransactionSet, data: bytes | None) -> Item:
    raw = bytes(data or b"")
    return Item(
        source_id=str(row.pk),
        raw=raw,
        fingerprint=hashlib.sha256(raw).hexdigest(),
        business_number=row.business_number,
        status=row.interchange.stream,
        kind=row.set_id,
        problem="" if data is not None else f"The bytes of {row.set_id} {row.business_number} {PRUNED}",
    )
