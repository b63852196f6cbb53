"""Reading partners' files from Cleo's download folders: each file once, none half written."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from integrations.http.errors import NotFound
from integrations.http.session import Session
from integrations.models import Connection, SeenFile
from integrations.systems.cleo import wire
from integrations.systems.cleo.client import Client
from integrations.systems.cleo.completeness import is_cut_off
from integrations.systems.cleo.settings import Options
from integrations.systems.contract import Item, Page, Window
from integrations.systems.searching import PutOff

AT_ONCE = 20
"""Files that are downloaded between two looks at their folder."""
STILL_WRITTEN = dt.timedelta(minutes=2)
"""A file that ends in the middle of an interchange waits this long for the rest."""
CLOCKS_DIFFER = dt.timedelta(minutes=1)
LONGEST_PATH = 150
FILE = "file"


@dataclass(frozen=True, slots=True)
class Download:
    """A file with its bytes, as it was listed before they came."""

    path: str
    file: wire.File
    content: bytes
    sha256: str


class Inbox:
    """The download folders of a mailbox.

    A file is read once: what was read is remembered by path, size, time and hash, so that it works where nothing may be
    removed. A file is taken as complete when two looks at the folder, before and after its download, show the same
    size and time, and that size came.
    """

    def __init__(self, connection: Connection, session: Session) -> None:
        self.options = Options.of(connection)
        self.client = Client(session, self.options)
        self._connection = connection
        self._taken: Download | None = None
        self._put_off = PutOff()

    def now(self) -> dt.datetime | None:
        return self.client.session.last_date

    def read(self, window: Window, resume: dict[str, Any] | None) -> Iterator[Page]:
        """One page a file, folder by folder, oldest first, whatever the window. A file that cannot be downloaded keeps
        none of the others back."""
        self._put_off = PutOff()
        for folder in self._folders():
            try:
                listed = self._listed(folder)
            except NotFound:
                if any(there.id == folder.id for there in self.client.folders()):
                    raise
                continue  # it was taken away since the folders were listed
            yield from self._files_of(folder, listed)
        self._put_off.tell()

    def fetch(self, source_id: str) -> Item | None:
        """A file as it is now, None when it is gone."""
        for folder in self._folders():
            for file in self.client.files(folder.id):
                if _short(_path(folder, file)) == source_id:
                    return _item(_download(_path(folder, file), file, self.client.download(file.id)))
        return None

    def confirm(self, items: Sequence[Item]) -> None:
        """Remembers the file that the items came from; removes it where the settings say so."""
        taken, self._taken = self._taken, None
        if taken is None:
            return
        self._remember(taken)
        if self.options.remove_after_reading:
            try:
                self.client.remove(taken.file.id)
            except NotFound:
                return  # somebody else took it away; it is stored here

    # --- inside

    def _folders(self) -> list[wire.Folder]:
        """The folders that are read: those named in the settings, or else all for downloads but those of other data."""
        others = {plain(name) for name in (*self.options.partner_folders, *self.options.match_folders)}
        every = [f for f in self.client.folders() if f.usage != "upload" and not {plain(f.path), f.id, f.name} & others]
        if self.options.download_folders:
            wanted = {plain(name) for name in self.options.download_folders}
            return [f for f in every if {plain(f.path), f.id, f.name} & wanted]
        return [f for f in every if f.usage == "download" and f.name not in self.options.skipped_folders]

    def _files_of(self, folder: wire.Folder, listed: dict[str, wire.File]) -> Iterator[Page]:
        waiting = sorted(self._not_seen(folder, listed), key=lambda f: (f.last_modified or "", f.name))
        for start in range(0, len(waiting), AT_ONCE):
            downloads = self._download(folder, waiting[start : start + AT_ONCE])
            again = self._listed(folder) if downloads else {}
            for taken in downloads:
                if self._is_complete(taken, again.get(taken.path)) and self._is_new(taken):
                    self._taken = taken
                    yield Page(items=self._items(taken))

    def _listed(self, folder: wire.Folder) -> dict[str, wire.File]:
        """Files by path: one file may be listed twice."""
        return {_path(folder, file): file for file in self.client.files(folder.id) if file.id and file.name}

    def _not_seen(self, folder: wire.Folder, listed: dict[str, wire.File]) -> list[wire.File]:
        rows = SeenFile.objects.filter(connection=self._connection, path__in=list(listed))
        seen = {row.path: row for row in rows}
        return [
            file
            for path, file in listed.items()
            if file.size != 0 and not self._is_young(file) and not _is_the_same(file, seen.get(path))
        ]

    def _is_young(self, file: wire.File) -> bool:
        return self._was_written_within(dt.timedelta(seconds=self.options.quiet_seconds), file)

    def _was_written_within(self, span: dt.timedelta, file: wire.File) -> bool:
        """Whether a file was written to a moment ago, by Cleo's clock, which is told in whole seconds. A time that lies
        ahead of that clock says nothing."""
        now, written = self.client.session.last_date, file.written_at
        if now is None or written is None or not span:
            return False
        return -CLOCKS_DIFFER < now - written < span

    def _download(self, folder: wire.Folder, files: Sequence[wire.File]) -> list[Download]:
        found = []
        for file in files:
            path = _path(folder, file)
            # Not there: it was taken away between the two calls.
            with suppress(NotFound), self._put_off.over(f"File {path}"):
                found.append(_download(path, file, self.client.download(file.id)))
        return found

    def _is_complete(self, taken: Download, now: wire.File | None) -> bool:
        before = taken.file
        if now is None or (now.size, now.last_modified) != (before.size, before.last_modified):
            return False
        return before.size is None or before.size == len(taken.content)

    def _is_new(self, taken: Download) -> bool:
        """Not so for a file that was read before under this path, and for one that is cut off and young: it waits for
        the rest."""
        row = SeenFile.objects.filter(connection=self._connection, path=taken.path).first()
        if row is not None and row.sha256 == taken.sha256:
            self._remember(taken)
            return False
        return not (self._was_written_within(STILL_WRITTEN, taken.file) and is_cut_off(taken.content))

    def _items(self, taken: Download) -> tuple[Item, ...]:
        """What a file is captured as; at least one item."""
        return (_item(taken),)

    def _remember(self, taken: Download) -> None:
        SeenFile.objects.update_or_create(
            connection=self._connection,
            path=taken.path,
            defaults={
                "tenant_id": self._connection.tenant_id,
                "size": len(taken.content),
                "modified": taken.file.last_modified or "",
                "sha256": taken.sha256,
                "seen_at": timezone.now(),
            },
        )


def _download(path: str, file: wire.File, content: bytes) -> Download:
    return Download(path, file, content, hashlib.sha256(content).hexdigest())


def _item(taken: Download) -> Item:
    return Item(
        source_id=_short(taken.path),
        raw=taken.content,
        fingerprint=taken.sha256,
        source_version=taken.sha256,
        business_number=taken.file.name[:100],
        kind=FILE,
    )


def _is_the_same(file: wire.File, seen: SeenFile | None) -> bool:
    """Whether a listed file was read already. One without a time is downloaded and compared by its hash."""
    if seen is None or not file.last_modified:
        return False
    return (file.size, file.last_modified) == (seen.size, seen.modified)


def _path(folder: wire.Folder, file: wire.File) -> str:
    return f"{plain(folder.path or folder.name or folder.id)}/{file.name}"[:500]


def plain(path: str) -> str:
    return path.replace("\\", "/").strip("/")


def _short(path: str) -> str:
    """A path that fits into a record's key; of a long one, its end and a hash."""
    if len(path) <= LONGEST_PATH:
        return path
    return f"{hashlib.sha256(path.encode()).hexdigest()[:16]}…{path[-(LONGEST_PATH - 20) :]}"
