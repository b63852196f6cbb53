"""Partners' documents that are read and shown: they have no effect in the books."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from edi.documents.registry import Document
from edi.documents.values import digest
from integrations.flows.contract import Job, Keep, Kept, Prepared
from integrations.flows.edi_in import companies, received


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A received document, read."""

    document: Document
    set_id: str
    business_number: str
    unsure: tuple[str, ...] = ()
    """What in it could not be told, in words."""
    unread: tuple[str, ...] = ()
    """Of that, what the document does not hold."""
    uncertain: tuple[str, ...] = ()
    """Of that, what is not to be acted on unseen."""


def prepare(job: Job, reader: Callable[[Job], Read]) -> Prepared:
    """Reads a received document; what it says of ours was noted when it was received. Raises Unmappable when it cannot
    be read."""
    read = reader(job)
    row = received.row_of(job)
    elsewhere = companies.is_for_another(job, row)
    if elsewhere is not None:
        return elsewhere
    name = received.name_of(read.set_id, read.business_number)
    about = [one.about for one in row.acknowledges.select_related("about") if one.about is not None]
    summary = f"{name} of {received.sender_of(row)} was kept."
    summary += f" It answers {', '.join(str(ours) for ours in about[:3])}." if about else ""
    summary += f" Not understood: {'; '.join(read.unsure[:3])}." if read.unsure else ""

    def keep(now: dt.datetime) -> Kept:
        return Kept(summary=summary, transaction_set=row)

    return Keep(digest=digest(read.document), what=f"{name} would be shown.", keep=keep)
