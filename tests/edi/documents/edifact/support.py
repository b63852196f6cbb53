"""Messages as their receiver gets them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from edi.documents.edifact import MESSAGES, EdifactOptions
from edi.edifact.segments import Message
from edi.edifact.validate import validate
from edi.edifact.writer import Header, OutgoingMessage, Written, write_interchange

AT = dt.datetime(2026, 5, 4, 12, 30, tzinfo=dt.UTC)


def written(kind: str, document: Any, options: EdifactOptions | None = None) -> Written:
    """An interchange with the document."""
    segments = MESSAGES[kind].build(document, options)
    header = Header(sender="7350099123405", sender_qualifier="14", receiver="5790000000012", receiver_qualifier="14")
    message = OutgoingMessage(type=kind, reference="1", segments=segments, association="EAN008")
    return write_interchange(header, [message], reference="42", written_at=AT)


def received(out: Written) -> Message:
    """Its message, after it was checked."""
    report = validate(out.data.decode("latin-1"))
    assert [finding.message for finding in report.findings] == []
    (message,) = report.parsed.messages
    return message
