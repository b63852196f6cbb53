"""Read any X12 text: every interchange and fragment in it, and a finding for all that is wrong around the documents."""

from __future__ import annotations

import msgspec

from edi.x12.decode import Decoded, decode
from edi.x12.envelope import check_envelope
from edi.x12.findings import Finding
from edi.x12.header import Header, find_fragment, find_header, guess_separators
from edi.x12.lexer import MAX_SEGMENTS, Lexer
from edi.x12.log import ReadingLog
from edi.x12.segments import BrokenSegment, Interchange, Parsed, Segment, Separators
from edi.x12.structure import assemble

_NEAR = 1_000
"""Characters within which a terminator must occur."""

_LATE_TRAILERS = ("SE", "GE")


def read(text: str, *, separators: Separators | None = None) -> Parsed:
    """Read ``text``: interchanges, fragments without ISA, findings in the order of the text, and what was skipped.

    Never raises for what the text holds; time and memory grow linearly with it. ``separators`` overrides what the ISA
    says, for a sender who is known to fill it wrongly.
    """
    reader = _Reader(text, separators)
    reader.run()
    parsed = Parsed(reader.interchanges, reader.log.findings, reader.log.skipped)
    parsed.findings.sort(key=lambda finding: finding.offset)
    parsed.skipped.sort(key=lambda skipped: skipped.start)
    return parsed


def read_bytes(data: bytes, *, separators: Separators | None = None) -> tuple[Decoded, Parsed]:
    """Decode and read; what is to be said about the encoding stands first in the findings."""
    decoded = decode(data)
    parsed = read(decoded.text, separators=separators)
    if decoded.finding is not None:
        parsed.findings.insert(0, decoded.finding)
    return decoded, parsed


class _Reader:
    def __init__(self, text: str, separators: Separators | None) -> None:
        self.text = text
        self.override = separators
        self.log = ReadingLog()
        self.interchanges: list[Interchange] = []
        self._segments_left = MAX_SEGMENTS
        self._last: Separators | None = None

    def run(self) -> None:
        position = 0
        while position < len(self.text) and self._segments_left > 0:
            found = find_header(self.text, position)
            until = found[0] if found is not None else len(self.text)
            position = self._read_between(position, until)
            if found is None:
                break
            start, header = found
            if position <= start:
                separators = self.override or self._checked(header)
                position = self._read_interchange(start, header.isa, separators, begin=header.end, end=len(self.text))
        if not self.interchanges:
            self._report_no_x12()

    def _read_between(self, position: int, end: int) -> int:
        """Fragments before, between and behind interchanges; the rest of ``text[position:end]`` is skipped."""
        while position < end:
            match = find_fragment(self.text, position, end)
            if match is None:
                break
            start, skipped_from = match.start(), position
            separators = self.override or self._separators_at(start, match[1])
            position = self._read_interchange(start, None, separators, begin=start, end=end)
            is_told = self.interchanges[-1].iea is not None  # what was skipped is the ISA that is reported as missing
            self.log.skip(self.text, skipped_from, start, reason="text before the first segment", is_told=is_told)
        self.log.skip(self.text, position, end, reason="text outside the interchanges")
        return max(position, end)

    def _checked(self, header: Header) -> Separators:
        """The separators of the ISA, unless its terminator occurs nowhere after it."""
        named = header.separators
        if self.text.find(named.segment[-1], header.end, header.end + _NEAR) >= 0:
            return named
        guess = guess_separators(self.text, header.end, named.element)
        if self.text.find(guess.segment, header.end, header.end + _NEAR) < 0:
            return named
        self.log.add(
            Finding(
                level="interchange",
                code="terminator-wrong",
                message=(
                    f"The ISA ends with {named.segment!r}, but the segments after it end with {guess.segment!r}. "
                    "They were read so; ask the sender to use one terminator."
                ),
                segment="ISA",
                value=named.segment,
                offset=header.end - 1,
                ack_interchange_code="004",
            )
        )
        return msgspec.structs.replace(named, segment=guess.segment)

    def _separators_at(self, start: int, element: str) -> Separators:
        if self._last is not None and self._last.element == element:
            return self._last
        return guess_separators(self.text, start, element)

    def _read_interchange(
        self, start: int, isa: Segment | None, separators: Separators, *, begin: int, end: int
    ) -> int:
        log = self.log
        lexer = Lexer(self.text, separators, log, start=start)
        lexed = lexer.read(begin, end, limit=self._segments_left)
        segments, position = lexed.segments, lexed.end
        while segments and segments[-1].tag == "IEA" and self._late_trailer_at(position, separators):
            late_end = self.text.find(separators.segment, position)
            late_end = len(self.text) if late_end < 0 else late_end + len(separators.segment)
            late = Lexer(self.text, separators, log, start=position).read(position, late_end)
            segments[-1:] = [segments[-1], *late.segments]
            position = late.end
            if not late.segments or late.segments[-1].tag not in _LATE_TRAILERS:
                break
        if isinstance(isa, BrokenSegment) and not lexed.is_wrapped:
            self._report_broken_isa(isa)
        interchange = Interchange(isa, separators, start=start, end=position)
        self.interchanges.append(interchange)
        self._segments_left -= len(segments)
        self._last = separators
        reported = len(log.findings)
        assemble(interchange, segments, log)
        structure_faults = len(log.findings) - reported
        if isa is None:
            self._report_fragment(interchange)
        check_envelope(interchange, log, structure_faults=structure_faults)
        return position

    def _late_trailer_at(self, position: int, separators: Separators) -> bool:
        head = self.text[position : position + 20].lstrip()
        return head[:2].upper() in _LATE_TRAILERS and head[2:3] == separators.element

    def _report_broken_isa(self, isa: BrokenSegment) -> None:
        self.log.add(
            Finding(
                level="interchange",
                code="isa-line-break",
                severity="warning",
                message="The ISA is broken over several lines. It was put together; ask the sender to write it in one.",
                segment="ISA",
                offset=isa.removed[0],
            )
        )

    def _report_fragment(self, interchange: Interchange) -> None:
        marks = interchange.separators
        used = f"element {marks.element!r}, segment {marks.segment!r}, component {marks.component!r}"
        if interchange.iea is None:
            self.log.add(
                Finding(
                    level="interchange",
                    code="fragment",
                    severity="warning",
                    message=f"There is no ISA: this is a part of an interchange. Its separators were guessed: {used}.",
                    offset=interchange.start,
                )
            )
            return
        self.log.add(
            Finding(
                level="interchange",
                code="interchange-header-missing",
                message=(
                    f"There is no readable ISA before this IEA. Ask the sender for a complete file. "
                    f"The separators were guessed: {used}."
                ),
                segment="ISA",
                offset=interchange.start,
                ack_interchange_code="022",
            )
        )

    def _report_no_x12(self) -> None:
        head = self.text.lstrip("\ufeff \t\r\n")[:200]
        guess = "It holds no ISA, GS or ST segment."
        if not head:
            guess = "It is empty."
        elif head.startswith(("UNA", "UNB")):
            guess = "It is EDIFACT."
        elif head.startswith(("<", "{", "[")):
            guess = "It is XML or HTML." if head[0] == "<" else "It is JSON."
        elif head.startswith("%PDF"):
            guess = "It is a PDF file."
        self.log.findings.clear()  # "nothing was read" says it all
        self.log.add(
            Finding(
                level="interchange",
                code="not-x12",
                message=f"This is no X12 text. {guess} Check that the right file was sent.",
                value=head[:80],
            )
        )
