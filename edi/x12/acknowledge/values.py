"""What an acknowledgment from a trading partner says."""

from __future__ import annotations

import msgspec

from edi.x12.acknowledge.codes import ACCEPTING, ACKNOWLEDGED, words


class CodedError(msgspec.Struct, frozen=True):
    """A code and what it means, as the end of a sentence."""

    code: str
    words: str


class ElementError(msgspec.Struct, frozen=True, kw_only=True):
    """AK4 or IK4."""

    element: int
    """1-based place in the segment; 0 when none was given."""
    component: int = 0
    element_number: str = ""
    """Data element number, ``"373"``."""
    code: str
    words: str
    value: str = ""
    """Copy of what we sent."""

    @property
    def sentence(self) -> str:
        """``element 2 (data element 100): the value is too long ('USDX')``."""
        place = f"element {self.element}" + (f", component {self.component}" if self.component else "")
        number = f" (data element {self.element_number})" if self.element_number else ""
        return f"{place}{number}: {self.words}" + (f" ({self.value!r})" if self.value else "")


class SegmentError(msgspec.Struct, frozen=True, kw_only=True):
    """AK3 or IK3 with its elements."""

    segment: str
    position: int
    """The segment's place in our transaction set (ST = 1); 0 when none was given."""
    loop: str = ""
    code: str
    words: str
    elements: tuple[ElementError, ...] = ()
    context: tuple[str, ...] = ()
    """CTX segments of a 999: what the error depends on."""

    @property
    def sentence(self) -> str:
        """``CUR, segment 3: the segment has errors in its elements; element 2 (data element 100): ...``."""
        place = f"{self.segment}, segment {self.position}" if self.position else self.segment
        return "; ".join([f"{place}: {self.words}", *(element.sentence for element in self.elements)])


class SetAcknowledgment(msgspec.Struct, frozen=True, kw_only=True):
    """AK2 to AK5, or AK2 to IK5: the verdict on one transaction set of ours."""

    set_id: str
    control_number: str
    """ST02 of our transaction set."""
    implementation: str = ""
    code: str
    """A, E, R, M, W or X; ``""`` when the verdict (AK5) is missing."""
    errors: tuple[CodedError, ...] = ()
    segments: tuple[SegmentError, ...] = ()

    @property
    def is_accepted(self) -> bool:
        """Accepted, perhaps with errors noted."""
        return self.code in ACCEPTING

    @property
    def sentences(self) -> tuple[str, ...]:
        """The verdict and every error, for people."""
        verdict = f"Transaction set {self.set_id} {self.control_number} was {words(ACKNOWLEDGED, self.code)}"
        return (verdict, *(error.words for error in self.errors), *(segment.sentence for segment in self.segments))


class GroupAcknowledgment(msgspec.Struct, frozen=True, kw_only=True):
    """A 997 or 999: the verdict on one functional group of ours."""

    kind: str
    """``997`` or ``999``."""
    control_number: str
    """ST02 of the acknowledgment itself."""
    functional_id: str
    """GS01 of our group."""
    group_control: str
    """GS06 of our group."""
    version: str = ""
    """AK103, from 005010 on."""
    code: str
    """A, E, P, R, M, W or X; ``""`` when the verdict (AK9) is missing."""
    included: int | None = None
    """Transaction sets in our group as its GE says, as the partner read it."""
    received: int | None = None
    accepted: int | None = None
    errors: tuple[CodedError, ...] = ()
    sets: tuple[SetAcknowledgment, ...] = ()
    unread: tuple[str, ...] = ()
    """Tags of segments in the acknowledgment that have no meaning in it."""

    @property
    def is_accepted(self) -> bool:
        """All of it accepted, perhaps with errors noted."""
        return self.code in ACCEPTING

    def code_of(self, set_control: str) -> str:
        """The verdict on the transaction set with that ST02: A, E, R ..., ``""`` when nothing certain was said.

        A partner need not list what was accepted: a set that is not named shares the group's verdict. In a group that
        was partly accepted it was accepted if as many sets are named as rejected as the counts say.
        """
        for tset in self.sets:
            if tset.control_number == set_control:
                return tset.code
        if self.code != "P":
            return self.code
        rejected = sum(not tset.is_accepted for tset in self.sets)
        if self.received is not None and self.accepted is not None and self.received - self.accepted == rejected:
            return "A"
        return ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """The verdict and every error, for people."""
        verdict = f"Functional group {self.functional_id} {self.group_control} was {words(ACKNOWLEDGED, self.code)}"
        details = [sentence for tset in self.sets if tset.code != "A" for sentence in tset.sentences]
        return (verdict, *(error.words for error in self.errors), *details)
