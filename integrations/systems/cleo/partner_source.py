"""Reading what Cleo states of trading partners: from their connections, or from partner files in download folders."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from integrations.documents import PartnerData
from integrations.http.errors import NotFound
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.cleo import partner_data
from integrations.systems.cleo.client import Client
from integrations.systems.cleo.json_files import JsonFiles
from integrations.systems.cleo.settings import Options
from integrations.systems.cleo.sources import Download
from integrations.systems.contract import Item, Page, Window

FROM_CONNECTION, FROM_FILE = "connection", "file"
"""Kinds of records: whose words they are."""


def sees_connections(client: Client, options: Options) -> bool:
    """Whether supplier data goes by connections: as the settings say, or where the user may see them."""
    return client.sees_connections() if options.partner_data == "auto" else options.partner_data == "connections"


class PartnerSource:
    """Trading partners, whichever way the tenant has them."""

    def __init__(self, connection: Connection, session: Session) -> None:
        self.options = Options.of(connection)
        self.client = Client(session, self.options)
        self._files = PartnerFiles(connection, session, self.options.partner_folders)
        self._by_files = False

    def now(self) -> dt.datetime | None:
        return self.client.session.last_date

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        """All connections, whatever the window (Cleo tells no time of change); or the partner files not seen yet."""
        self._by_files = not sees_connections(self.client, self.options)
        if self._by_files:
            yield from self._files.read(window, resume)
            return
        items = tuple(self._item(c) for c in self.client.all_connections() if c.get("id") and self._says_something(c))
        if items:
            yield Page(items=items, total=len(items))

    def fetch(self, source_id: str) -> Item | None:
        """A connection as it is now. What came in a file is not fetched again."""
        kind, _, key = source_id.partition(":")
        if kind != FROM_CONNECTION:
            return None
        try:
            return self._item(self.client.connection(key))
        except NotFound:
            return None

    def confirm(self, items: Sequence[Item]) -> None:
        if self._by_files:
            self._files.confirm(items)

    def _says_something(self, connection: dict[str, Any]) -> bool:
        """Whether it states any field: most connections are about how a partner is reached, and nothing else."""
        return bool(partner_data.stated_fields(self._read(connection)))

    def _read(self, connection: dict[str, Any]) -> PartnerData:
        return partner_data.from_connection(connection, self.options.partner_fields, key_path=self.options.partner_key)

    def _item(self, connection: dict[str, Any]) -> Item:
        data = self._read(connection)
        return Item(
            source_id=f"{FROM_CONNECTION}:{connection['id']}",
            raw=msgspec.json.encode(connection, order="sorted"),
            fingerprint=hashlib.sha256(msgspec.json.encode(data)).hexdigest(),
            business_number=data.key,
            kind=FROM_CONNECTION,
        )


class PartnerFiles(JsonFiles):
    """Partner files: each trading partner in one is a record of its own."""

    noun, several = "Partner file", "partners"

    def entry(self, taken: Download, raw: bytes) -> Item:
        data = partner_data.from_file(raw)
        return Item(
            source_id=f"{FROM_FILE}:{data.key}"[:190],
            raw=raw,
            fingerprint=hashlib.sha256(msgspec.json.encode(data)).hexdigest(),
            source_version=taken.sha256,
            modified_at=taken.file.written_at,
            business_number=data.key,
            kind=FROM_FILE,
        )
