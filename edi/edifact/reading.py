"""Read any EDIFACT text: every interchange in it, and a finding for all that was not read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydifact.control.characters import Characters
from pydifact.exceptions import EDISyntaxError
from pydifact.token import Token
from pydifact.tokenizer import Tokenizer

from edi.edifact.assembling import assemble
from edi.edifact.segments import SYNTAX_ENCODINGS, Interchange, Marks, Parsed, Segment
from edi.x12.decode import Decoded, decode
from edi.x12.findings import Finding, quoted

_START = re.compile(
    r"(?P<una>UNA(?P<marks>[^\sA-Za-z0-9]{2}[.,][^A-Za-z0-9][^A-Za-z0-9][^A-Za-z0-9\s])\s*)?UNB(?=[^A-Za-z0-9\s])"
)
_ANYWHERE = re.compile(rb"(?<![A-Za-z0-9])UNB[^A-Za-z0-9\s]UNO[A-Z][^A-Za-z0-9\s]")
_SYNTAX = re.compile(rb"UNB[^A-Za-z0-9](UNO[A-Z])")
_LAST_LATIN = 0x24F
_SPACE = " \t\r\n\ufeff"


MAX_SEGMENTS = 1_000_000
"""Segments read from one interchange. What follows is reported and not read."""

_HEADER = 1_000
"""Characters among which a UNB ends."""


def find_header(text: str) -> Interchange | None:
    """The first interchange of ``text`` with its UNB and nothing else, however long the text is; None without one."""
    found = read(text[:_HEADER]).interchanges
    return found[0] if found else None


def holds_edifact(data: bytes) -> bool:
    """Whether an EDIFACT interchange begins somewhere in ``data``, however it begins itself."""
    return looks_like_edifact(data) or _ANYWHERE.search(data) is not None


def looks_like_edifact(data: bytes) -> bool:
    """Whether the beginning of ``data`` is that of an EDIFACT interchange."""
    head = data[:400].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith((b"UNA", b"UNB"))


def decode_by_syntax(data: bytes) -> Decoded:
    """Bytes as the characters that UNB names; where it names none, or they are no such characters, by guess."""
    named = _SYNTAX.search(data[:400])
    encoding = SYNTAX_ENCODINGS.get(named[1].decode(), "") if named is not None else ""
    if encoding in ("", "ascii") or data.startswith(b"\xef\xbb\xbf"):
        return decode(data)
    if encoding != "utf-8" and not data.isascii() and (utf_8 := _as_utf_8(data)) is not None:
        return utf_8
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        return decode(data)


def _as_utf_8(data: bytes) -> Decoded | None:
    """UTF-8 in an interchange that names another character set: many senders write so."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if any(ord(char) > _LAST_LATIN for char in text):
        return None  # letters that nobody means who names a Latin character set
    at = next(index for index, byte in enumerate(data) if byte > 127)
    message = (
        "The interchange names another character set (UNB), but its letters are UTF-8 and were read so. Ask the sender "
        "to write what he names, or to name UNOY."
    )
    finding = Finding(level="interchange", code="encoding-contradicted", message=message, severity="warning", offset=at)
    return Decoded(text, "utf-8", finding)


def read_bytes(data: bytes) -> tuple[Decoded, Parsed]:
    """Decode and read; what is to be said about the encoding stands first in the findings."""
    decoded = decode_by_syntax(data)
    parsed = read(decoded.text)
    if decoded.finding is not None:
        parsed.findings.insert(0, decoded.finding)
    return decoded, parsed


def read(text: str) -> Parsed:
    """Read ``text``: its interchanges and what is wrong with their envelopes. Never raises for what the text holds."""
    interchanges: list[Interchange] = []
    findings: list[Finding] = []
    position = 0
    while (start := _START.search(text, position)) is not None:
        _skipped(text, position, start.start(), findings)
        marks = _marks(start)
        begin = start.end("una") if start["una"] else start.start()
        segments: list[Segment] = []
        position = _read_segments(text, begin, marks, segments, findings)
        interchange = assemble(segments, marks, findings)
        interchange.start, interchange.end = start.start(), position
        interchanges.append(interchange)
    _skipped(text, position, len(text), findings)
    if not interchanges:
        findings[:] = [_no_edifact(text)]
    findings.sort(key=lambda finding: finding.offset)
    return Parsed(interchanges, findings)


def _marks(start: re.Match[str]) -> Marks:
    stated = start["marks"]
    if stated is None:
        return Marks()
    return Marks(component=stated[0], element=stated[1], decimal=stated[2], release=stated[3], segment=stated[5])


class _Counted(str):
    """A text that knows how many of its characters were taken."""

    taken = 0

    def __iter__(self) -> Iterator[str]:
        for character in str.__iter__(self):
            self.taken += 1
            yield character
        self.taken += 1


def _read_segments(text: str, begin: int, marks: Marks, into: list[Segment], findings: list[Finding]) -> int:
    """Segments up to UNZ, the next UNB or the end. Returns where reading goes on."""
    following = re.compile(f"{re.escape(marks.segment)}\\s*(?=(?:UNA.{{6}}\\s*)?UNB{re.escape(marks.element)})")
    end = following.search(text, begin)
    until = end.end() if end is not None else len(text)
    rest = _Counted(_terminated(text, begin, until, marks, findings))
    tokens = Tokenizer().get_tokens(rest, _characters(marks))
    elements: list[list[str]] = [[""]]
    offset = begin
    try:
        for token in tokens:
            kind = token.type
            if kind is Token.Type.CONTENT:
                if len(elements) == 1 and len(elements[0]) == 1 and not elements[0][0]:
                    offset = begin + rest.taken - 1 - len(token.value)
                elements[-1][-1] += token.value
            elif kind is Token.Type.COMPONENT_SEPARATOR:
                elements[-1].append("")
            elif kind is Token.Type.DATA_SEPARATOR:
                elements.append([""])
            else:
                segment = _segment(elements, offset)
                elements = [[""]]
                if segment.tag in ("UNB", "UNA") and into:
                    return segment.offset
                if segment.tag:
                    into.append(segment)
                if len(into) == MAX_SEGMENTS:
                    at = min(begin + rest.taken - 1, until)
                    findings.append(_only_so_many(at))
                    return len(text)
                if segment.tag == "UNZ":
                    return min(begin + rest.taken - 1, until)
    except EDISyntaxError:
        at = begin + rest.taken - 1
        findings.append(_unreadable(text, min(at, until - 1), marks))
    return until


def _segment(elements: list[list[str]], offset: int) -> Segment:
    tag, *others = elements
    return Segment(tag[0].strip().upper(), tuple(tuple(parts) for parts in others), offset)


def _terminated(text: str, begin: int, until: int, marks: Marks, findings: list[Finding]) -> str:
    """The text of one interchange, with the last terminator where it is missing."""
    rest = text[begin:until].rstrip(_SPACE + "\x1a\x00")
    if rest.endswith(marks.segment) and not rest.endswith(marks.release + marks.segment):
        return rest
    after = rest.rpartition(marks.segment)[2].lstrip(_SPACE)
    if re.match(r"[A-Z]{3}" + re.escape(marks.element), after) and marks.release not in after[-1:]:
        findings.append(
            Finding(
                level="interchange",
                code="terminator-missing",
                severity="warning",
                message=f"The last segment does not end with {marks.segment!r}. It was read; the file may be cut off.",
                offset=begin + len(rest),
            )
        )
        return rest + marks.segment
    return rest[: len(rest) - len(rest.rpartition(marks.segment)[2])] if marks.segment in rest else rest + marks.segment


def _characters(marks: Marks) -> Characters:
    characters = Characters(  # type: ignore[no-untyped-call]
        component_separator=marks.component,
        data_separator=marks.element,
        decimal_point=marks.decimal,
        escape_character=marks.release if marks.release != " " else "\x00",
        segment_terminator=marks.segment,
    )
    characters.line_terminators = [" ", "\t", "\r", "\n"]
    return characters


def _skipped(text: str, start: int, end: int, findings: list[Finding]) -> None:
    """Report what is neither space nor part of an interchange."""
    rest = text[start:end]
    if not rest.strip(_SPACE + "\x1a\x00"):
        return
    at = start + len(rest) - len(rest.lstrip(_SPACE))
    findings.append(
        Finding(
            level="interchange",
            code="skipped",
            message=f"{quoted(rest.strip(_SPACE))} stands outside the interchanges and was not read.",
            severity="warning",
            offset=at,
        )
    )


def _only_so_many(at: int) -> Finding:
    return Finding(
        level="interchange",
        code="skipped",
        message=f"Only {MAX_SEGMENTS:,} segments of an interchange are read. What follows was not processed.",
        offset=at,
    )


def _unreadable(text: str, at: int, marks: Marks) -> Finding:
    return Finding(
        level="interchange",
        code="release-character",
        message=f"The release character {marks.release!r} stands before the end of a line or of the text. The rest of "
        "the interchange was not read. Ask the sender to write it twice where it is meant.",
        value=text[max(0, at - 20) : at + 1],
        offset=max(0, at),
    )


def _no_edifact(text: str) -> Finding:
    return Finding(
        level="interchange",
        code="not-edifact",
        message=f"There is no EDIFACT interchange in this text: it has no UNB. It begins with {quoted(text[:60])}.",
    )
