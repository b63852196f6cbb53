"""The summary of an interchange, and its control segments, which are the same in every version."""

from __future__ import annotations

from edi.viewing.elements import as_date, as_time
from edi.viewing.values import EnvelopeView
from edi.x12 import segments as x12
from edi.x12.acknowledge.codes import INTERCHANGE_NOTES
from edi.x12.maps.envelope import CONTROL_ELEMENTS, CONTROL_SEGMENTS
from edi.x12.maps.model import CodeList, SegmentDef, read_elements, read_segments

_USAGES = {"P": "production", "T": "test", "I": "information"}


def envelope_view(interchange: x12.Interchange) -> EnvelopeView:
    isa, marks = interchange.isa, interchange.separators

    def value(element: int) -> str:
        return isa.get(element).strip() if isa is not None else ""

    date, time = value(9), value(10)
    when = f"{as_date(date) if len(date) == 6 and date.isdigit() else date} {as_time(time) if time.isdigit() else time}"
    return EnvelopeView(
        sender=f"{value(5)}:{value(6)}" if isa is not None else "",
        receiver=f"{value(7)}:{value(8)}" if isa is not None else "",
        control_number=interchange.control_number,
        date=when.strip(),
        usage=_USAGES.get(value(15), ""),
        version=interchange.version,
        separators=tuple(
            (name, mark)
            for name, mark in (
                ("element", marks.element),
                ("segment", marks.segment),
                ("component", marks.component),
                ("repetition", marks.repetition),
            )
            if mark
        ),
        groups=len(interchange.groups),
        sets=len(interchange.sets),
        acknowledgment_requested=value(14) == "1",
    )


_GROUPS = {
    "CA": "Purchase order change acknowledgment (865)",
    "FA": "Functional acknowledgment (997, 999)",
    "IN": "Invoice (810)",
    "PC": "Purchase order change (860)",
    "PO": "Purchase order (850)",
    "PR": "Purchase order acknowledgment (855)",
    "SH": "Ship notice (856)",
}
_ID_QUALIFIERS = {
    "01": "D-U-N-S number",
    "08": "UCC communications id",
    "12": "Phone number",
    "14": "D-U-N-S number with suffix",
    "16": "D-U-N-S number with four characters",
    "20": "Health industry number",
    "ZZ": "Mutually defined",
}
_MEANINGS = {
    "I01": {"00": "None"},
    "I03": {"00": "None"},
    "I05": _ID_QUALIFIERS,
    "I13": {"0": "No", "1": "Yes: a TA1 is wanted"},
    "I14": {"T": "Test", "P": "Production", "I": "Information"},
    "I17": {"A": "Accepted", "E": "Accepted, with errors noted", "R": "Rejected"},
    "I18": INTERCHANGE_NOTES,
    "455": {"X": "ANSI X12", "T": "TDCC"},
    "479": _GROUPS,
}
"""What codes in the envelopes say, by data element."""

_CODES = {number: CodeList(meanings, closed=False) for number, meanings in _MEANINGS.items()}
_CONTROL = read_segments(CONTROL_SEGMENTS, read_elements(CONTROL_ELEMENTS, _CODES), {})


def control_segment(tag: str) -> SegmentDef | None:
    """ISA, GS, GE, TA1 or IEA; None for any other."""
    return _CONTROL.get(tag)
