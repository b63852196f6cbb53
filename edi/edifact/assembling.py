"""Segments to messages and an interchange, with the checks of what stands around documents: references and counts."""

from __future__ import annotations

from edi.edifact.segments import Interchange, Marks, Message, Segment
from edi.x12.findings import Finding, Level, quoted

MAX_FINDINGS = 1_000
"""Findings on what stands around the documents of one text; with more, the interchange is refused as a whole."""

_ASK = "Ask the sender whether something was lost."


def assemble(segments: list[Segment], marks: Marks, findings: list[Finding]) -> Interchange:
    """The interchange of ``segments`` (the first is its UNB); what is wrong with its envelope goes to ``findings``."""
    interchange = Interchange(marks=marks, header=segments[0] if segments else Segment("UNB"))
    work = _Assembly(interchange, findings)
    for segment in segments[1:]:
        work.take(segment)
    work.end()
    return interchange


class _Assembly:
    def __init__(self, interchange: Interchange, findings: list[Finding]) -> None:
        self.interchange = interchange
        self.findings = findings
        self.open: Message | None = None
        self.group: Segment | None = None
        self.in_group = 0
        self.is_cut = False
        """Whether faults were left out."""

    def take(self, segment: Segment) -> None:
        match segment.tag:
            case "UNH":
                self._end_message(segment)
                self.open = Message(header=segment, body=[])
                self.interchange.messages.append(self.open)
                self.in_group += 1
            case "UNT":
                if self.open is None:
                    self._say(
                        "set", "trailer-without-header", "This UNT ends no message: no UNH stands before it.", segment
                    )
                else:
                    self.open.trailer = segment
                    self._check_message(self.open)
                    self.open = None
            case "UNG":
                self._end_message(segment)
                self.group, self.in_group = segment, 0
                self.interchange.group_count += 1
            case "UNE":
                self._end_message(segment)
                self._check_group(segment)
                self.group = None
            case "UNZ":
                self._end_message(segment)
                self.interchange.trailer = segment
            case _ if self.open is not None:
                self.open.body.append(segment)
            case _:
                self.interchange.loose.append(segment)
                self._say(
                    "segment", "segment-outside", f"{segment.tag} stands outside any message (UNH to UNT).", segment
                )

    def end(self) -> None:
        """Checks of the whole."""
        interchange = self.interchange
        if interchange.trailer is None:
            self._end_message(None)
            text = f"The interchange has no UNZ: it may be cut off. {_ASK}"
            self._say("interchange", "interchange-trailer-missing", text, interchange.header)
        else:
            self._check_trailer(interchange.trailer)
        if not interchange.messages:
            self._say("interchange", "no-message", "There is no message in the interchange.", interchange.header)
        seen: set[str] = set()
        for message in interchange.messages:
            if message.reference in seen:
                text = (
                    f"The message reference {quoted(message.reference)} (UNH) occurs twice. Ask the sender whether a "
                )
                self._say("set", "message-reference-duplicate", text + "document was doubled.", message.header, 1)
            seen.add(message.reference)
        self._check_header(interchange.header)

    def _check_header(self, header: Segment) -> None:
        if header.tag != "UNB":
            mark = repr(self.interchange.marks.element)
            text = f"Behind UNB stands no element separator ({mark}): sender and receiver cannot be read. {_ASK}"
            self._say("interchange", "header-unreadable", text, header)
            return
        needed = ((1, "syntax identifier"), (2, "sender"), (3, "receiver"), (4, "date and time"), (5, "reference"))
        for element, name in needed:
            if not header.get(element).strip():
                self._say("interchange", "element-missing", f"UNB has no {name}.", header, element)

    def _check_message(self, message: Message) -> None:
        trailer = message.trailer
        assert trailer is not None  # noqa: S101 - the caller has just set it
        count, given = len(message.body) + 2, trailer.get(1).strip()
        if not _is(given, count):
            text = f"UNT says {quoted(given)}, but the message has {count} segments. {_ASK}"
            self._say("set", "segment-count", text, trailer, 1)
        if trailer.get(2).strip() != message.reference:
            text = f"UNT {quoted(trailer.get(2))} and UNH {quoted(message.reference)} are different references. {_ASK}"
            self._say("set", "message-reference-mismatch", text, trailer, 2)

    def _end_message(self, before: Segment | None) -> None:
        if self.open is None:
            return
        where = f" before the {before.tag}" if before is not None else ""
        text = f"Message {quoted(self.open.reference)} has no UNT{where}. {_ASK}"
        self._say("set", "message-trailer-missing", text, self.open.header)
        self.open = None

    def _check_group(self, trailer: Segment) -> None:
        if self.group is None:
            self._say("group", "trailer-without-header", "This UNE ends no group: no UNG stands before it.", trailer)
            return
        if not _is(trailer.get(1).strip(), self.in_group):
            text = f"UNE says {quoted(trailer.get(1))}, but the group has {self.in_group} messages. {_ASK}"
            self._say("group", "message-count", text, trailer, 1)
        if trailer.get(2).strip() != self.group.get(5).strip():
            text = f"UNE {quoted(trailer.get(2))} and UNG {quoted(self.group.get(5))} are different references. {_ASK}"
            self._say("group", "group-reference-mismatch", text, trailer, 2)

    def _check_trailer(self, trailer: Segment) -> None:
        interchange = self.interchange
        count = interchange.group_count or len(interchange.messages)
        what = "groups" if interchange.group_count else "messages"
        if not _is(trailer.get(1).strip(), count):
            text = f"UNZ says {quoted(trailer.get(1))}, but the interchange has {count} {what}. {_ASK}"
            self._say("interchange", "message-count", text, trailer, 1)
        if trailer.get(2).strip() != interchange.reference and interchange.header.tag == "UNB":
            said = f"UNZ {quoted(trailer.get(2))} and UNB {quoted(interchange.reference)} are different references."
            self._say("interchange", "interchange-reference-mismatch", f"{said} {_ASK}", trailer, 2)

    def _say(self, level: Level, code: str, text: str, segment: Segment, element: int = 0) -> None:
        if len(self.findings) >= MAX_FINDINGS:
            self._say_too_many(segment)
            return
        message = self.open
        self.findings.append(
            Finding(
                level=level,
                code=code,
                message=text,
                segment=segment.tag,
                position=len(message.body) + 2 if message is not None and level in ("set", "segment") else 0,
                element=element,
                value=segment.get(element) if element else "",
                offset=segment.offset,
                set_id=message.type if message is not None else "",
                set_control=message.reference if message is not None else "",
            )
        )

    def _say_too_many(self, segment: Segment) -> None:
        if self.is_cut:
            return
        self.is_cut = True
        self.findings.append(too_many(self.interchange.header, offset=segment.offset))


def too_many(header: Segment, *, offset: int) -> Finding:
    """The last finding on an interchange of which not every fault is listed; it refuses the interchange."""
    return Finding(
        level="interchange",
        code="too-many-findings",
        message="There are too many faults: the rest is not listed. Correct these first.",
        segment=header.tag,
        offset=max(offset, header.offset),
    )


def _is(text: str, count: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and int(text) == count
