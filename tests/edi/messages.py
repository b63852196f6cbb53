"""EDIFACT interchanges as a trading partner sends them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec

from edi.documents.edifact import MESSAGES
from edi.edifact.writer import Header, OutgoingMessage, Seg, write_interchange
from tests.edi.conftest import THEM, US
from tests.edi.documents import examples

WRITTEN_AT = dt.datetime(2026, 5, 4, 7, 30, tzinfo=dt.UTC)
DOCUMENTS: dict[str, Any] = {
    "ORDERS": examples.ORDER,
    "ORDRSP": msgspec.structs.replace(examples.RESPONSE, date=WRITTEN_AT.date()),
    "ORDCHG": examples.CHANGE,
    "DESADV": examples.NOTICE,
    "INVOIC": examples.INVOICE,
}


def content(kind: str, **changes: Any) -> list[Seg]:
    """The segments of a valid message; keywords change its document."""
    return MESSAGES[kind].build(msgspec.structs.replace(DOCUMENTS[kind], **changes), None)


def written(
    messages: Sequence[tuple[str, list[Seg]]],
    *,
    number: str = "1",
    test: bool = False,
    asks: bool = False,
    sender: str = THEM,
    receiver: str = US,
    **header: Any,
) -> bytes:
    """Interchange `number` with these messages, their references 1, 2 and so on."""
    head = Header(
        sender=sender,
        sender_qualifier="14",
        receiver=receiver,
        receiver_qualifier="14",
        is_test=test,
        acknowledgment_requested=asks,
        **header,
    )
    outgoing = [
        OutgoingMessage(type=kind, reference=str(place), segments=segments)
        for place, (kind, segments) in enumerate(messages, start=1)
    ]
    return write_interchange(head, outgoing, reference=number, written_at=WRITTEN_AT).data


def one(kind: str, *, number: str = "1", test: bool = False, asks: bool = False, **changes: Any) -> bytes:
    """An interchange with one valid message; further keywords change its document."""
    return written([(kind, content(kind, **changes))], number=number, test=test, asks=asks)


def control(interchange: str, *, action: str = "7", code: str = "", messages: Sequence[Seg] = ()) -> bytes:
    """A CONTRL about an interchange of ours."""
    uci: Seg = ["UCI", interchange, (US, "14"), (THEM, "14"), action, code]
    return written([("CONTRL", [uci, *messages])], number=f"C{interchange}{action}")
