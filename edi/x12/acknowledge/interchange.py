"""TA1: the answer to an interchange, about its envelope only."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from edi.x12.acknowledge.codes import ACCEPTING, ACKNOWLEDGED, INTERCHANGE_NOTES, words
from edi.x12.errors import NotAnAcknowledgment
from edi.x12.findings import Finding
from edi.x12.isa_check import is_number
from edi.x12.segments import Interchange, Segment


class InterchangeAcknowledgment(msgspec.Struct, frozen=True, kw_only=True):
    """What a TA1 says about one interchange of ours."""

    control_number: str
    """ISA13 of our interchange."""
    date: str
    """ISA09 of our interchange, YYMMDD."""
    time: str
    """ISA10 of our interchange, HHMM."""
    code: str
    """A, E or R."""
    note_code: str
    words: str
    """What the note code means."""

    @property
    def is_accepted(self) -> bool:
        """Accepted, perhaps with errors noted."""
        return self.code in ACCEPTING

    @property
    def sentence(self) -> str:
        """For people."""
        verdict = f"Interchange {self.control_number} was {words(ACKNOWLEDGED, self.code)}"
        return f"{verdict}." if self.note_code in ("", "000") else f"{verdict}: {self.words}."


def is_ta1_requested(interchange: Interchange) -> bool:
    """Whether the sender wants a TA1 (ISA14)."""
    return interchange.isa is not None and interchange.isa.get(14).strip() == "1"


def build_ta1(interchange: Interchange, findings: Iterable[Finding], *, refusal: str = "") -> list[str]:
    """The TA1 segment that answers ``interchange``: A, E when only warnings were found, R at an error of the envelope.

    ``findings`` may be those of the whole text. ``refusal`` is a note code (TA105) known only to the caller, as 025 for
    a control number used before or 009 for an unknown receiver: it rejects. Raises ``NotAnAcknowledgment`` for an
    interchange without ISA, which cannot be named. ISA14 of the answer must be 0.
    """
    isa = interchange.isa
    if isa is None:
        raise NotAnAcknowledgment("An interchange without ISA cannot be acknowledged.")
    found = sorted(
        (finding for finding in findings if _concerns(finding, interchange)), key=lambda finding: not finding.is_error
    )
    code = "R" if refusal or any(finding.is_error for finding in found) else "E" if found else "A"
    note = refusal or (found[0].ack_interchange_code if found else "000")
    number = isa.get(13).strip()
    return [
        "TA1",
        number.zfill(9) if is_number(number, 9) else "0" * 9,
        isa.get(9).strip() if is_number(isa.get(9).strip(), 6) else "",
        isa.get(10).strip() if is_number(isa.get(10).strip(), 4) else "",
        code,
        note,
    ]


def _concerns(finding: Finding, interchange: Interchange) -> bool:
    """Whether the finding is about this envelope. What a group's 997 can say is left to it."""
    if not finding.ack_interchange_code or not interchange.start <= finding.offset <= interchange.end:
        return False
    return finding.level == "interchange" or not finding.ack_group_code


def read_ta1(segment: Segment) -> InterchangeAcknowledgment:
    """What a TA1 says. Raises ``NotAnAcknowledgment`` for another segment."""
    if segment.tag != "TA1":
        raise NotAnAcknowledgment(f"{segment.tag} is no TA1.")
    note = segment.get(5).strip()
    return InterchangeAcknowledgment(
        control_number=segment.get(1).strip(),
        date=segment.get(2).strip(),
        time=segment.get(3).strip(),
        code=segment.get(4).strip(),
        note_code=note,
        words=words(INTERCHANGE_NOTES, note),
    )
