"""What is handed to a sink, and what a sink says of it: at once, later, and when nobody knows what became of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import msgspec

from integrations.http.errors import Fault


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen effect, as it is handed to a sink: the same for every try."""

    delivery_id: int
    operation_key: str
    business_number: str
    purpose: str
    body: bytes
    meta: dict[str, Any]
    """What the flow put beside the bytes for this sink (type, receiver, folder …). Frozen with them."""
    target_id: str = ""
    """What the sink answered on an earlier try or while the delivery is accepted."""
    base: dict[str, str] = {}
    """The values that the first try meant to replace, when somebody else wrote to the target in between (`Conflict`):
    field in words → value in words."""
    first_sent_at: dt.datetime | None = None
    """When the first try began that may have had the effect, by our clock; what was refused had none."""
    other_bytes: bool = False
    """Only for `evidence`: what may be there was frozen by a database that was lost. It says the same, under other
    control numbers and at another time."""


class Differs(msgspec.Struct, frozen=True, kw_only=True):
    """What the target says otherwise than what was sent, and goes on saying, because it is right on it."""

    about: str
    """Which two records are meant: what is said of them again is the same issue."""
    reason: str = ""
    """For whoever looks at the delivery; names no person. "" where both say the same."""
    sentence: str = ""
    """For people, with both values; "" when nobody has to know."""
    remedy: str = ""


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """The target has it and that is final."""

    target_id: str = ""
    version_tag: str = ""
    status: dict[str, Any] = {}
    """What the target says of it, for the transaction set and the document page."""
    differs: Differs | None = None
    """None where nothing was the target's own to say."""


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The target has it; its verdict comes later by `follow`."""

    target_id: str = ""
    status: dict[str, Any] = {}


class NotNeeded(msgspec.Struct, frozen=True, kw_only=True):
    """The target was looked at, and there was nothing to do: nothing was sent."""

    reason: str


Effect = Delivered | Accepted | NotNeeded | Fault
"""The verdict on one item of a batch. An item without verdict is in doubt."""


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """It is there: our key or our field values were read back."""

    target_id: str
    proof: str
    """What was compared and found, in words."""
    status: dict[str, Any] = {}
    """As in `Delivered`."""


class NotApplied(msgspec.Struct, frozen=True, kw_only=True):
    """It is not there. Counts only after a second look past the sink's visibility delay."""

    proof: str


class CannotTell(msgspec.Struct, frozen=True, kw_only=True):
    """The target cannot be asked, or its answer decides nothing: a person must."""

    reason: str


Evidence = Applied | NotApplied | CannotTell


class StillOpen(msgspec.Struct, frozen=True, kw_only=True):
    """No verdict yet."""

    status: dict[str, Any] = {}


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A late refusal."""

    sentence: str
    remedy: str = ""
    status: dict[str, Any] = {}


Verdict = Delivered | StillOpen | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirms:
    """When the target's verdict is known: at once, or later by asking every `poll` until `deadline`."""

    later: bool = False
    poll: dt.timedelta = dt.timedelta(seconds=30)
    deadline: dt.timedelta = dt.timedelta(hours=24)


AT_ONCE = Confirms()
