"""Plain X12 text to read, built without the writer."""

from __future__ import annotations

from edi.x12.segments import Interchange, Parsed, Segment

ISA = "ISA*00*          *00*          *ZZ*NORDBYGG       *14*GROSSISTEN     *260115*1200*U*00401*000000042*0*P*>"
GS = "GS*PO*NORDBYGG*GROSSISTEN*20260115*1200*7*X*004010"
ORDER = (
    "ST*850*0001",
    "BEG*00*SA*4500012345**20260115",
    "CUR*BY*SEK",
    "PO1*1*12*EA*9.25**VP*A-100",
    "PO1*2*3*EA*4**VP*A-200",
    "CTT*2",
    "SE*7*0001",
)
SEGMENTS = (ISA, GS, *ORDER, "GE*1*7", "IEA*1*000000042")


def text(*segments: str, terminator: str = "~", line_break: str = "\n") -> str:
    """The segments (all of a plain order when none are given) as one text."""
    return "".join(segment + terminator + line_break for segment in segments or SEGMENTS)


def without(*tags: str) -> str:
    """A plain order without the first segment of each tag."""
    segments = list(SEGMENTS)
    for tag in tags:
        segments.remove(next(segment for segment in segments if segment.startswith(tag + "*")))
    return text(*segments)


def replaced(old: str, new: str) -> str:
    """A plain order with one change."""
    whole = text()
    assert whole.count(old) == 1
    return whole.replace(old, new)


def order_of(lines: int) -> str:
    """A purchase order with that many lines, four segments each."""
    body = ["ST*850*0001", "BEG*00*SA*4500012345**20260115"]
    for line in range(1, lines + 1):
        body.append(f"PO1*{line}*{line % 9 + 1}*EA*{line % 90}.50**VP*ART{line:06}*BP*B{line:06}")
        body.append(f"PID*F****Beskrivning av artikel {line}")
        body.append("DTM*002*20260201")
        body.append("N9*ZZ*Leverera till port 4")
    body.append(f"CTT*{lines}")
    body.append(f"SE*{len(body) + 1}*0001")
    return text(ISA, GS, *body, "GE*1*7", "IEA*1*000000042")


def codes(parsed: Parsed) -> list[str]:
    return [finding.code for finding in parsed.findings]


def segments_of(interchange: Interchange) -> list[Segment]:
    """Every segment of the interchange, wherever it was put."""
    found = [interchange.isa, *interchange.ta1, *interchange.loose, interchange.iea]
    for group in interchange.groups:
        found += [group.gs, group.ge, *group.loose]
        for tset in group.sets:
            found += tset.segments
    return sorted((segment for segment in found if segment is not None), key=lambda segment: segment.offset)
