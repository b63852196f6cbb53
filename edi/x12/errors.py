"""What cannot be written or read, each naming the place and the value."""

from __future__ import annotations

from edi.x12.findings import quoted


class X12Error(Exception):
    """Base of the errors of this library; the message is a sentence for people."""


class InvalidEnvelope(X12Error):
    """An envelope that no translator accepts: an id too long, separators that are not distinct, a number used twice."""


class InvalidValue(X12Error):
    """A value that cannot be written as it is. ``value`` is the whole of it."""

    def __init__(
        self, reason: str, *, segment: str, position: int, element: int, value: str, component: int = 0
    ) -> None:
        self.segment = segment
        self.position = position
        """The segment's place in its transaction set (ST = 1)."""
        self.element = element
        self.component = component
        self.value = value
        name = f"{segment}{element:02}" + (f"-{component}" if component else "")
        super().__init__(f"{name} (segment {position}): {reason} Value: {quoted(value)}.")


class ForbiddenCharacter(InvalidValue):
    """A character outside the trading partner's character set, where the policy is to reject it."""


class SeparatorInData(InvalidValue):
    """A separator inside a value, where the policy is to reject it: X12 has no way to escape one."""


class NotAnAcknowledgment(X12Error):
    """A transaction set or segment that was taken for an acknowledgment and is none."""
