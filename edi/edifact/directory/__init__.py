"""D.96A as data: the structure of the messages, the elements of the segments that trade documents use."""

from __future__ import annotations

from edi.edifact.directory.messages import MESSAGES as _MESSAGES
from edi.edifact.directory.model import Group, Node, SegmentDef, Use, read_segments, read_structure
from edi.edifact.directory.segments import SEGMENTS as _SEGMENTS

RELEASE = "D96A"
"""The one directory that is described here."""

STRUCTURES: dict[str, tuple[Node, ...]] = {name: read_structure(text) for name, text in _MESSAGES.items()}
"""What stands between UNH and UNT, by message type."""

SEGMENTS: dict[str, SegmentDef] = read_segments(_SEGMENTS)
"""Elements by tag; a segment without an entry is checked for its place only."""

__all__ = ["RELEASE", "SEGMENTS", "STRUCTURES", "Group", "Node", "SegmentDef", "Use"]
