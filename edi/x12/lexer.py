"""Text to segments. Tolerant, linear in time, and every segment knows where it stood."""

from __future__ import annotations

import re

import msgspec

from edi.x12.findings import Finding
from edi.x12.header import broken_segment, read_header
from edi.x12.log import PADDING, ReadingLog
from edi.x12.segments import Segment, Separators

MAX_SEGMENTS = 1_000_000
"""Segments read from one text: some 240,000 order lines. What follows is reported as skipped."""

_FIRST_CHUNK, _CHUNK = 1 << 11, 1 << 16
"""Characters split at once, doubled up to the second number: a large file is never held twice, and what follows a small
interchange is not split again for each one."""

_MIN_LINE_WIDTH = 20
"""Lines shorter than this are no record length."""

_JUDGED_LINES = 100
"""So many lines of one width are enough to call a text wrapped."""

_COMMON = """
GS ST SE GE TA1 AK1 AK2 AK3 AK4 AK5 AK9 IK3 IK4 IK5 CTX ACK AMT BAK BCA BCH BEG BIG BSN CAD CTB CTP CTT CUR DTM FOB HL
IT1 IT3 IT8 ITD LIN MAN MEA MSG MTX N1 N2 N3 N4 N9 NTE PER PID PKG PO1 PO3 PO4 POC PRF PWK QTY REF SAC SCH SDQ SLN SN1
TAX TD1 TD3 TD4 TD5 TDS TXI
"""
_COMMON_TAGS = frozenset(_COMMON.split())
"""Upper-case tags that need no second look. ISA and IEA are not among them: the lexer stops at these."""

_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_LINE_BREAK = re.compile(r"[\r\n]+")
_MAYBE_TERMINATORS = frozenset("~!$'^|\\`{}[]<>@#%&;:")
"""One of these at the end of a line behind which a segment begins was typed in place of the terminator."""


class Lexed(msgspec.Struct):
    """The segments of one interchange (or fragment), and where reading goes on."""

    segments: list[Segment]
    end: int
    """Offset just past the last segment's terminator."""
    is_wrapped: bool
    """Whether line breaks stood inside segments at a fixed width, and were taken out."""


class Lexer:
    """Splits one interchange of ``text`` with its separators."""

    def __init__(self, text: str, separators: Separators, log: ReadingLog, *, start: int) -> None:
        """``start`` is where the interchange begins; its lines are judged from there."""
        self._text = text
        self._start = start
        self._element = separators.element
        self._is_line_based = separators.segment in ("\r\n", "\n", "\r")
        self._terminator = "\n" if separators.segment == "\r\n" else separators.segment  # a few lone LF are common
        self._padding = PADDING.replace(separators.element, "")
        self._log = log
        self._reported: set[str] = set()
        self._wrong_marks: dict[str, list[int]] = {}
        """Offsets of marks that were typed in place of the terminator."""
        self._is_wrapped: bool | None = None

    def read(self, position: int, end: int, *, limit: int = MAX_SEGMENTS) -> Lexed:
        """Segments of ``text[position:end]`` up to an IEA (included) or another readable ISA (excluded)."""
        lexed = self._read(position, end, limit=limit)
        for mark, offsets in self._wrong_marks.items():
            self._report_wrong_mark(mark, offsets)
        return lexed

    def _read(self, position: int, end: int, *, limit: int) -> Lexed:
        segments: list[Segment] = []
        size = _FIRST_CHUNK
        while position < end:
            chunk_end, is_terminated = self._chunk_end(position, end, size)
            size = min(size * 2, _CHUNK)
            over = self._split(position, chunk_end, segments, is_terminated=is_terminated)
            if over is not None:
                return Lexed(segments, over, self._is_wrapped or False)
            position = chunk_end + 1
            if len(segments) >= limit:
                self._log.skip(self._text, position, end, reason=f"only {MAX_SEGMENTS:,} segments of a text are read")
                break
        return Lexed(segments, end, self._is_wrapped or False)

    def _chunk_end(self, position: int, end: int, size: int) -> tuple[int, bool]:
        """Where the next piece of work, of about ``size``, ends, and whether a terminator stands there."""
        text, terminator = self._text, self._terminator
        trailer = text.find("IEA", position, min(position + size, end))
        if trailer >= 0:
            at = text.find(terminator, trailer, end)
            return (end, False) if at < 0 else (at, True)
        while position + size < end:
            at = text.rfind(terminator, position, position + size)
            if at >= 0:
                return at, True
            size *= 2
        return end, False

    def _split(self, position: int, end: int, segments: list[Segment], *, is_terminated: bool) -> int | None:
        """Add the segments of ``text[position:end]``. If the interchange ends here: the offset behind it."""
        element, padding, is_line_based = self._element, self._padding, self._is_line_based
        add = segments.append
        offset = position
        for piece in self._text[position:end].split(self._terminator):
            body = piece.lstrip(padding)
            start = offset + len(piece) - len(body)
            offset += len(piece) + 1
            if is_line_based:
                body = body.rstrip("\r")
            parts = body.split(element)
            tag = parts[0]
            if tag in _COMMON_TAGS and "\n" not in body and "\r" not in body:
                del parts[0]
                add(Segment(tag, parts, start, tag))
            elif body:
                over = self._add_unusual(body, start, segments)
                if over is not None:
                    is_open = offset > end and not is_terminated
                    if is_open and over < 0:
                        self._report_open_end(end)
                    return over if over >= 0 else end if is_open else offset
            elif not is_line_based and (is_terminated or offset <= end):
                self._report_empty(start)
            if len(piece) - len(body) > 2:
                self._report_padding(offset - len(piece) - 1, start)
        return None

    def _add_unusual(self, body: str, start: int, segments: list[Segment]) -> int | None:
        """Add what is no plain known segment. If the interchange ends: the offset behind it, -1 for behind ``body``."""
        for part, offset in self._parts(body, start):
            name = part[:3].upper()
            if name == "ISA" and read_header(self._text, offset) is not None:
                return offset
            raw = part
            if name == "IEA":
                raw = self._without_next_header(part, offset)
            segment = broken_segment(raw, raw.split(self._element), offset=offset, keep_breaks=not self._is_wrapped)
            self._report_form(segment, raw)
            segments.append(segment)
            if segment.tag == "IEA":
                end = offset + len(raw)
                return end if end < start + len(body) else -1
        return None

    def _parts(self, body: str, start: int) -> list[tuple[str, int]]:
        """The segments in ``body`` with their offsets: one, or more where line breaks replace lost terminators."""
        if ("\n" not in body and "\r" not in body) or self._wrapped():
            return [(body, start)]
        parts, begin = [], 0
        for end, following in [*self._lost_terminators(body, start), (len(body), 0)]:
            part = body[begin:end].lstrip(self._padding)
            parts.append((part, start + end - len(part)))
            begin = following
        return parts

    def _lost_terminators(self, body: str, start: int) -> list[tuple[int, int]]:
        """Places in ``body`` where a line break, or another mark and a line break, stand in for a terminator: a segment
        clearly begins behind it. Each as (where the data end, where the next segment begins)."""
        cuts = []
        tag = re.compile(r"[ \t]*[A-Z][A-Z0-9]{1,2}" + re.escape(self._element))
        for match in _LINE_BREAK.finditer(body):
            if not tag.match(body, match.end()):
                continue
            line = body[: match.start()].rstrip(self._padding)
            if line and line[-1] in _MAYBE_TERMINATORS:
                cuts.append((len(line) - 1, match.end()))
                self._wrong_marks.setdefault(line[-1], []).append(start + len(line) - 1)
                continue
            cuts.append((len(line), match.end()))
            self._log.add(
                Finding(
                    level="segment",
                    code="terminator-missing",
                    message=(
                        f"The line that ends here has no terminator {self._terminator!r}. It was read as a segment "
                        "of its own; ask the sender to end each segment with its terminator."
                    ),
                    value=body[max(match.start() - 20, 0) : match.start()],
                    offset=start + match.start(),
                )
            )
        return cuts

    def _report_wrong_mark(self, mark: str, offsets: list[int]) -> None:
        more = f", and {len(offsets) - 1:,} more lines end so" if len(offsets) > 1 else ""
        self._log.add(
            Finding(
                level="segment",
                code="terminator-wrong",
                message=(
                    f"The line that ends here has {mark!r} in place of the terminator {self._terminator!r}{more}. "
                    "It was read as the end of the segment; ask the sender to use one terminator."
                ),
                value=mark,
                offset=offsets[0],
            )
        )

    def _wrapped(self) -> bool:
        """Whether the text is broken into lines of one width that have nothing to do with segments."""
        if self._is_wrapped is None:
            line_end = self._text.find("\n", self._start)
            width = line_end - self._start
            self._is_wrapped = width >= _MIN_LINE_WIDTH and _has_line_width(self._text, self._start, width)
            if self._is_wrapped:
                self._report_once(
                    "wrapped-lines",
                    f"The text is broken into lines of {width} characters, also inside segments. "
                    "The line breaks were taken out; blanks at the end of a line may be lost.",
                    offset=line_end,
                )
        return self._is_wrapped

    def _without_next_header(self, part: str, offset: int) -> str:
        """``part``, an IEA, without an ISA that follows it with no terminator between."""
        at = part.upper().find("ISA" + self._element, 3)
        if at < 0 or read_header(self._text, offset + at) is None:
            return part
        self._report_once(
            "last-terminator-missing",
            f"The IEA does not end with {self._terminator!r}; the next interchange follows at once.",
            offset=offset + at,
        )
        return part[:at]

    def _report_form(self, segment: Segment, raw: str) -> None:
        if segment.raw_tag != segment.tag and _TAG.fullmatch(segment.tag):
            self._report_once(
                "segment-tag-form",
                f"The segment tag {segment.raw_tag[:20]!r} is not in the standard form: upper-case, without blanks. "
                "It was read; ask the sender to correct it.",
                offset=segment.offset,
            )
        line_break = None if self._is_wrapped else _LINE_BREAK.search(raw)
        if line_break is not None:
            at = line_break.start()
            self._log.add(
                Finding(
                    level="segment",
                    code="line-break-in-segment",
                    severity="warning",
                    message=(
                        f"There is a line break inside segment {segment.tag[:20]}. It was kept as data: perhaps the "
                        f"terminator {self._terminator!r} is missing there, or another character was typed."
                    ),
                    segment=segment.tag,
                    value=raw[max(at - 20, 0) : at + 20],
                    offset=segment.offset + at,
                )
            )

    def _report_padding(self, offset: int, start: int) -> None:
        if self._text[offset:start].strip(" \t\r\n"):
            self._report_once(
                "odd-padding", "Invisible characters stand between two segments. They were ignored.", offset=offset
            )

    def _report_empty(self, start: int) -> None:
        self._report_once(
            "empty-segment",
            "Two terminators follow each other, so there is an empty segment here. It was ignored.",
            offset=start,
        )

    def _report_open_end(self, end: int) -> None:
        if not self._is_line_based:
            self._report_once(
                "last-terminator-missing",
                f"The IEA does not end with {self._terminator!r}. Check that the text is complete.",
                offset=end,
            )

    def _report_once(self, code: str, message: str, *, offset: int) -> None:
        if code not in self._reported:
            self._reported.add(code)
            self._log.add(Finding(level="interchange", code=code, severity="warning", message=message, offset=offset))


def _has_line_width(text: str, start: int, width: int) -> bool:
    """At least two full lines of ``width``, and none but the last of another width."""
    for count in range(_JUDGED_LINES):
        end = text.find("\n", start, start + width + 1)
        if end - start != width:
            is_last = not text[start + width + 1 : start + 2 * width].strip(PADDING)
            return count >= 2 and is_last
        start = end + 1
    return True
