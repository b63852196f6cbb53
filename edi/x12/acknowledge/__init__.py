"""Acknowledgments: 997 and TA1 for what was received, and 997, 999 and TA1 that trading partners send back."""

from __future__ import annotations

from edi.x12.acknowledge.build import acknowledgment_version, build_997
from edi.x12.acknowledge.interchange import (
    InterchangeAcknowledgment,
    build_ta1,
    is_ta1_requested,
    read_ta1,
)
from edi.x12.acknowledge.read import read_997, read_999, read_acknowledgment
from edi.x12.acknowledge.values import (
    CodedError,
    ElementError,
    GroupAcknowledgment,
    SegmentError,
    SetAcknowledgment,
)
from edi.x12.acknowledge.verdict import AcknowledgmentOptions, GroupVerdict, SetVerdict, judge

__all__ = [
    "AcknowledgmentOptions",
    "CodedError",
    "ElementError",
    "GroupAcknowledgment",
    "GroupVerdict",
    "InterchangeAcknowledgment",
    "SegmentError",
    "SetAcknowledgment",
    "SetVerdict",
    "acknowledgment_version",
    "build_997",
    "build_ta1",
    "is_ta1_requested",
    "judge",
    "read_997",
    "read_999",
    "read_acknowledgment",
    "read_ta1",
]
