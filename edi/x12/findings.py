"""What is wrong with an interchange, in a sentence for people and in codes for the acknowledgment."""

from __future__ import annotations

from typing import Literal

import msgspec

Level = Literal["interchange", "group", "set", "segment", "element", "meaning"]
Severity = Literal["error", "warning"]


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fault, at one place.

    ``code`` is stable and in kebab-case (``segment-count``); ``message`` is a sentence that a buyer understands and
    that says what to do. Positions are as the acknowledgment counts them: ``position`` is the segment's place in its
    transaction set (ST = 1), ``element`` and ``component`` are 1-based, 0 means "none". ``offset`` is a character
    offset in the text that was read. The ``ack_*`` codes are empty where the acknowledgment has no code for the fault.
    """

    level: Level
    code: str
    message: str
    severity: Severity = "error"
    segment: str = ""
    """Segment tag, ``"PO1"``."""
    position: int = 0
    element: int = 0
    component: int = 0
    loop: str = ""
    value: str = ""
    """The offending value, as read."""
    offset: int = 0
    set_id: str = ""
    """ST01 of the transaction set."""
    set_control: str = ""
    """ST02 of the transaction set."""
    group_control: str = ""
    """GS06 of the functional group."""
    element_number: str = ""
    """Data element number, ``"373"``."""
    ack_segment_code: str = ""
    """AK304 (997) and IK304 (999)."""
    ack_element_code: str = ""
    """AK403 and IK403."""
    ack_set_code: str = ""
    """AK502 and IK502."""
    ack_group_code: str = ""
    """AK905."""
    ack_interchange_code: str = ""
    """TA105."""

    @property
    def is_error(self) -> bool:
        """True for an error, False for a warning (which never rejects anything)."""
        return self.severity == "error"


def quoted(value: str) -> str:
    """``value`` in quotes for a message, cut after 40 characters."""
    return repr(value if len(value) <= 40 else value[:39] + "…")
