"""The canonical documents as EDIFACT messages of the directory D.96A, both ways, like the transaction sets of X12."""

from __future__ import annotations

from edi.documents.edifact.building import EdifactOptions
from edi.documents.edifact.registry import MESSAGE_OF, MESSAGES, Heading, MessageSpec, heading_of, message_for

__all__ = ["MESSAGES", "MESSAGE_OF", "EdifactOptions", "Heading", "MessageSpec", "heading_of", "message_for"]
