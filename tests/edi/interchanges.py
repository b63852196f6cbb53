"""Interchanges as a trading partner sends them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec

from edi.documents.registry import SETS
from edi.x12.envelope_spec import EnvelopeSpec
from edi.x12.writer import OutgoingGroup, OutgoingSet, SegmentValues, write_interchange
from tests.edi.conftest import THEM, US
from tests.edi.documents import examples

WRITTEN_AT = dt.datetime(2026, 5, 4, 7, 30, tzinfo=dt.UTC)

DOCUMENTS: dict[str, Any] = {
    "850": examples.ORDER,
    "855": examples.RESPONSE,
    "856": examples.NOTICE,
    "860": examples.CHANGE,
    "865": msgspec.structs.replace(examples.RESPONSE, answers_change=True),
    "810": examples.INVOICE,
}


def content(set_id: str, **changes: Any) -> list[SegmentValues]:
    """The segments of a valid set; keywords change its document."""
    document = msgspec.structs.replace(DOCUMENTS[set_id], **changes)
    return list(SETS[set_id].build(document, None))


def written(
    sets: Sequence[tuple[str, list[SegmentValues]]],
    *,
    isa: int = 1,
    group: int = 1,
    usage: str = "P",
    sender: str = THEM,
    receiver: str = US,
    ta1: Sequence[SegmentValues] = (),
    **envelope: Any,
) -> bytes:
    """Interchange number `isa` with one group (none where there are no sets)."""
    spec = EnvelopeSpec(
        sender_qualifier="ZZ",
        sender_id=sender,
        receiver_qualifier="ZZ",
        receiver_id=receiver,
        usage=usage,  # type: ignore[arg-type]
        line_break="\n",
        **envelope,
    )
    outgoing = [
        OutgoingSet(set_id=set_id, control_number=f"{place:04d}", segments=segments)
        for place, (set_id, segments) in enumerate(sets, start=1)
    ]
    groups = [OutgoingGroup(control_number=group, sets=outgoing)] if outgoing else []
    return write_interchange(spec, groups, control_number=isa, written_at=WRITTEN_AT, ta1=ta1).data


def one(set_id: str, *, isa: int = 1, usage: str = "P", **changes: Any) -> bytes:
    """An interchange with one valid set and number `isa`; further keywords change its document."""
    return written([(set_id, content(set_id, **changes))], isa=isa, group=isa, usage=usage)


def functional(
    group: int, *, code: str = "A", functional_id: str = "PO", sets: Sequence[tuple[str, str, str]] = ()
) -> tuple[str, list[SegmentValues]]:
    """A 997 about a group of ours; `sets` are (ST01, ST02, verdict)."""
    segments: list[SegmentValues] = [["AK1", functional_id, str(group)]]
    for set_id, control, verdict in sets:
        segments += [["AK2", set_id, control], ["AK5", verdict]]
    accepted = sum(verdict in "AE" for _, _, verdict in sets) if sets else int(code in "AE")
    total = str(max(len(sets), 1))
    return "997", [*segments, ["AK9", code, total, total, str(accepted)]]
