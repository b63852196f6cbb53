"""A preview of a flow for people: personal and bank data masked on both sides."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from integrations.engine import preview as engine
from integrations.models import Flow
from integrations.services.content import Shown, show


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordShown:
    """One record, as a page shows it."""

    number: str
    action: str
    what: str
    source: Shown
    document: Shown | None
    sent: Shown | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewShown:
    records: tuple[RecordShown, ...]
    looked_at: int
    others: tuple[tuple[str, int], ...]
    """Why the records that are not shown would not be sent, and how many there are of each reason."""
    problem: str


def preview_of(flow: Flow) -> PreviewShown:
    """Reads a few records at the source now. Writes nothing, at either side or here."""
    found = engine.preview(flow)
    records = tuple(
        RecordShown(
            number=one.planned.business_number or one.planned.source_id,
            action=one.planned.action,
            what=one.planned.what,
            source=show(one.source),
            document=show(msgspec.json.encode(one.document)) if one.document is not None else None,
            sent=show(one.sent) if one.sent is not None else None,
        )
        for one in found.shown
    )
    return PreviewShown(
        records=records, looked_at=found.looked_at, others=tuple(found.others.most_common(10)), problem=found.problem
    )
