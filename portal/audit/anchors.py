"""Anchors: once a day the newest seal of every tenant is written to a file outside the database.

A hash chain alone does not show that somebody who may do everything in the database wrote it anew from its beginning.
What an anchor said of it does, as long as the file is where that somebody does not come to: the operator may put the
folder (AUDIT_ANCHORS) on storage that can only be added to. An anchor belongs to an epoch of the database: what was
restored from a backup, and accepted, goes on with new ones.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from django.conf import settings

from portal.audit.models import Seal
from portal.common.installation import installation
from portal.tenants.models import Tenant


class Anchored(msgspec.Struct, frozen=True, kw_only=True):
    """The newest seal of one tenant."""

    number: int
    digest: str


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds. `seals` by the tenants' slugs, which never change."""

    epoch: str
    written_at: dt.datetime
    seals: dict[str, Anchored]


@dataclass(frozen=True, slots=True)
class Broken:
    """A chain that is not the one that an anchor knew."""

    seal: int
    problem: str


def write(now: dt.datetime) -> bool:
    """Writes the anchor of the day, unless it is there. Returns whether it did. Call it unscoped."""
    epoch = str(installation().epoch)
    file = _folder() / f"{now:%Y-%m-%d}-{epoch[:8]}.json"
    if file.exists():
        return False
    seals = {}
    for tenant in Tenant.objects.all():
        last = Seal.objects.filter(tenant=tenant).order_by("-number").first()
        if last is not None:
            seals[tenant.slug] = Anchored(number=last.number, digest=last.digest)
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    beside.write_bytes(msgspec.json.format(msgspec.json.encode(Anchor(epoch=epoch, written_at=now, seals=seals))))
    beside.replace(file)
    return True


def broken(tenant: Tenant) -> Broken | None:
    """The first anchor of this epoch with which the tenant's chain does not agree; None when it agrees with all."""
    for file, anchor in _anchors():
        if anchor is None:
            return Broken(0, f"The anchor {file.name} cannot be read.")
        known = anchor.seals.get(tenant.slug)
        if known is None:
            continue
        seal = Seal.objects.filter(tenant=tenant, number=known.number).first()
        if seal is None or seal.digest != known.digest:
            what = "is gone" if seal is None else "has another digest"
            day = f"{anchor.written_at:%Y-%m-%d}"
            return Broken(known.number, f"Seal {known.number} {what} since the anchor of {day}.")
    return None


def _anchors() -> Iterator[tuple[Path, Anchor | None]]:
    epoch = str(installation().epoch)
    for file in sorted(_folder().glob(f"*-{epoch[:8]}.json")):
        try:
            anchor = msgspec.json.decode(file.read_bytes(), type=Anchor)
        except msgspec.DecodeError:
            yield file, None
            continue
        if anchor.epoch == epoch:
            yield file, anchor


def _folder() -> Path:
    named: str = settings.AUDIT_ANCHORS
    return Path(named) if named else settings.EPOCH_FILE.with_name("anchors")
