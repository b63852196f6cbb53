"""Files of partners that hold JSON: one entry, or a list of them, each a record of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.cleo import wire
from integrations.systems.cleo.sources import Download, Inbox, plain
from integrations.systems.contract import Item, Unmappable


def entries(content: bytes, *, several: str) -> list[bytes]:
    """The entries of a file: itself, or each of a list, which may stand in the member `several`. Raises Unmappable when
    there are none."""
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unmappable(f"It is not JSON: {error}.") from error
    found = value.get(several) if isinstance(value, dict) else value
    if isinstance(found, list) and found:
        return [msgspec.json.encode(entry) for entry in found]
    if isinstance(value, dict) and found is None:
        return [content]
    raise Unmappable("There is no entry in it.")


def member(value: Any, path: str) -> Any:
    """The member of an object at a path with points between its steps; None where it is not there."""
    for step in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def text(value: Any) -> str:
    """A member as text; "" for what is none."""
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()


class JsonFiles(Inbox):
    """The files of some download folders, each read once. Subclasses say what an entry is."""

    noun = "File"
    several = "entries"

    def __init__(self, connection: Connection, session: Session, folders: Sequence[str]) -> None:
        super().__init__(connection, session)
        self._wanted = {plain(name) for name in folders}

    def entry(self, taken: Download, raw: bytes) -> Item:
        """An entry as an item. Raises Unmappable."""
        raise NotImplementedError

    def _folders(self) -> list[wire.Folder]:
        if not self._wanted:
            return []
        found = self.client.folders()
        return [f for f in found if f.usage != "upload" and {plain(f.path), f.id, f.name} & self._wanted]

    def _items(self, taken: Download) -> tuple[Item, ...]:
        try:
            return tuple(self._entry(taken, raw) for raw in entries(taken.content, several=self.several))
        except Unmappable as error:
            return (self._unreadable(taken, taken.content, error.sentence),)

    def _entry(self, taken: Download, raw: bytes) -> Item:
        try:
            return self.entry(taken, raw)
        except Unmappable as error:
            return self._unreadable(taken, raw, error.sentence)

    def _unreadable(self, taken: Download, raw: bytes, why: str) -> Item:
        digest = hashlib.sha256(raw).hexdigest()
        return Item(
            source_id=f"unreadable:{digest[:32]}",
            raw=raw,
            fingerprint=digest,
            source_version=taken.sha256,
            business_number=taken.file.name[:100],
            kind="file",
            problem=f"{self.noun} {taken.path} could not be processed. {why}"[:500],
        )
