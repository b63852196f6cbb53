"""Reading and keeping the installation row: version, epoch, heartbeat."""

from __future__ import annotations

import os
import threading
import uuid
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F

from portal.common.clock import db_now
from portal.common.models import CANARY, Installation


@cache
def release() -> str:
    """The release that runs, as in the changelog. It stays the same while the process lives."""
    try:
        return version("ml-connector")
    except PackageNotFoundError:
        for line in (Path(settings.BASE_DIR) / "pyproject.toml").read_text().splitlines():
            if line.startswith("version = "):
                return line.split('"')[1]
        return "unknown"


def installation() -> Installation:
    """The row, made on first use together with the epoch file."""
    row = Installation.objects.filter(id=1).first()
    if row is None:
        with transaction.atomic():
            row, made = Installation.objects.get_or_create(id=1, defaults={"version": release()})
        if made or not settings.EPOCH_FILE.exists():
            _write(row)
    return row


def epoch_matches() -> bool:
    """False when this database is not the one that this host's keys belong to, or is an earlier state of it, as after
    restoring a backup: nothing may be read or sent then.

    The file beside the keys holds the epoch and how often a worker of this host has shown itself. A database that
    counts less has gone back in time; then it is given an epoch of its own, so that every host sees it, and no counting
    on makes it forget.
    """
    said = epoch_file()
    row = installation()
    if said is None:
        if not settings.EPOCH_FILE.exists():
            _write(row)
        return True
    if agrees(row, said):
        return True
    said, row = epoch_file(), installation()  # the first look at an empty database makes the row, and the file anew
    if said is None or agrees(row, said):
        return True
    if said[0] == str(row.epoch):
        Installation.objects.filter(id=1, epoch=row.epoch).update(epoch=uuid.uuid4())
    return False


def agrees(row: Installation, said: tuple[str, int]) -> bool:
    """Whether the row, read after what the file said, has gone at least as far.

    The file is written after the database. Who reads them in the other order takes a worker's sign of life between the
    two looks for a restored database.
    """
    epoch, beats = said
    return epoch == str(row.epoch) and row.beats >= beats


def new_epoch() -> uuid.UUID:
    """Begins a new epoch in the database and in the file beside the keys."""
    row = installation()
    row.epoch = uuid.uuid4()
    row.save(update_fields=["epoch"])
    write_epoch()
    return row.epoch


def write_epoch() -> None:
    """Says in the file beside the keys that this database is the one that they belong to."""
    _write(installation())


def beat(worker: str) -> None:
    """Notes that a worker is alive, in the database and in the file beside the keys. A database that was restored is
    not counted on: it would catch up with the file."""
    counted = {"beats": F("beats") + 1} if epoch_matches() else {}
    Installation.objects.filter(id=1).update(heartbeat_at=db_now(), heartbeat_by=worker, **counted)
    if counted:
        _write(installation())


def epoch_file() -> tuple[str, int] | None:
    """Epoch and count of the file, None when there is none. One that was written by hand may hold the epoch alone."""
    try:
        text = settings.EPOCH_FILE.read_text()
    except FileNotFoundError:
        return None
    epoch, *rest = text.split() or [""]
    return epoch, int(rest[0]) if rest and rest[0].isdecimal() else 0


def _write(row: Installation) -> None:
    """Replaces the file at once: nobody ever reads half of it."""
    file = settings.EPOCH_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.{os.getpid()}.{threading.get_native_id()}")
    beside.write_text(f"{row.epoch}\n{row.beats}\n")
    beside.replace(file)


def canary_sings() -> bool:
    """Whether the configured encryption keys read what was stored with them. Raises SecretUnreadable when they do
    not."""
    return installation().canary == CANARY
