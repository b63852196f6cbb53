"""CONTRL: the answer to an interchange, written and read. It speaks of syntax, as a 997 does."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import msgspec

from edi.edifact.segments import Interchange, Message
from edi.edifact.writer import Seg
from edi.x12.findings import Finding

ACCEPTED, REJECTED, RECEIVED = "7", "4", "8"
"""Actions (0083): acknowledged with what is below it unless that is rejected; rejected with all below it; received."""

ERRORS = {
    "2": "the syntax version or level is not supported",
    "7": "the interchange's recipient is another",
    "12": "the value is not valid",
    "13": "something that is mandatory is missing",
    "14": "the value is not supported in this place",
    "15": "this is not supported in this place",
    "16": "there are too many components or elements",
    "17": "there is no agreement",
    "18": "there is an error that has no code",
    "21": "there is a character that is not allowed",
    "22": "there is a service character that is not allowed",
    "23": "the interchange's sender is not known",
    "25": "test data is not taken",
    "26": "it came before",
    "28": "the references at the beginning and at the end differ",
    "29": "the count at the end is not that of what was received",
    "32": "there is something of a lower level that does not belong together",
    "35": "there are too many repetitions",
    "37": "the characters are of another kind: letters in a number, or digits in letters",
    "39": "the value is too long",
    "40": "the value is too short",
}
"""Syntax errors (0085), as the end of a sentence."""

_CODES = {
    "segment-count": "29",
    "message-count": "29",
    "message-reference-mismatch": "28",
    "interchange-reference-mismatch": "28",
    "group-reference-mismatch": "28",
    "message-reference-duplicate": "26",
    "message-trailer-missing": "13",
    "interchange-trailer-missing": "13",
    "element-missing": "13",
    "component-missing": "13",
    "release-character": "22",
}
"""Our codes of faults around documents, and theirs."""


class SegmentReport(msgspec.Struct, frozen=True, kw_only=True):
    """UCS with its UCDs: what is wrong in one segment."""

    position: int
    """The segment's place in our message (UNH = 1)."""
    code: str = ""
    elements: tuple[tuple[str, int, int], ...] = ()
    """Code, element and component."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is wrong, for people."""
        said = [f"Segment {self.position}: {_words(self.code)}"] if self.code else []
        for code, element, component in self.elements:
            place = f"element {element}" + (f", component {component}" if component else "")
            said.append(f"Segment {self.position}, {place}: {_words(code)}")
        return tuple(said)


class MessageReport(msgspec.Struct, frozen=True, kw_only=True):
    """UCM: the verdict on one message of ours."""

    reference: str
    type: str
    action: str
    code: str = ""
    segments: tuple[SegmentReport, ...] = ()

    @property
    def is_accepted(self) -> bool:
        return self.action != REJECTED

    @property
    def sentences(self) -> tuple[str, ...]:
        """The verdict and every error, for people."""
        verdict = f"{self.type} {self.reference} was {'accepted' if self.is_accepted else 'rejected'}"
        why = [f"{verdict}: {_words(self.code)}" if self.code else verdict]
        return (*why, *(sentence for segment in self.segments for sentence in segment.sentences))


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """A CONTRL: the verdict on one interchange of ours."""

    interchange: str
    """Its reference (UNB 0020)."""
    sender: str
    receiver: str
    action: str
    code: str = ""
    messages: tuple[MessageReport, ...] = ()

    @property
    def is_accepted(self) -> bool:
        """Whether the interchange as such was taken; single messages may be rejected all the same."""
        return self.action != REJECTED

    @property
    def sentences(self) -> tuple[str, ...]:
        """The verdict on the interchange, for people."""
        words = {REJECTED: "was rejected", RECEIVED: "has come; nothing is said of what is in it"}
        said = f"Interchange {self.interchange} {words.get(self.action, 'was accepted')}"
        return (f"{said}: {_words(self.code)}" if self.code else said,)

    def accepts(self, reference: str) -> bool:
        """Whether the message with that reference was taken: what is not named shares the interchange's verdict."""
        named = next((message for message in self.messages if message.reference == reference), None)
        return self.is_accepted if named is None else named.is_accepted


def is_about_form(finding: Finding) -> bool:
    """Whether a finding is an error that a CONTRL speaks of. What a message means is another matter."""
    return finding.is_error and finding.level != "meaning"


class NoControl(ValueError):
    """A message that is no CONTRL. Its text is a sentence."""


def build_contrl(interchange: Interchange, findings: Iterable[Finding]) -> list[Seg] | None:
    """The segments between UNH and UNT of the CONTRL that answers ``interchange``; None for a CONTRL, which is never
    answered.

    A message with an error is rejected, the others are accepted. An interchange whose end is missing or wrong is
    rejected as a whole: nobody knows what was lost. Errors of meaning reject nothing.
    """
    if any(message.type == "CONTRL" for message in interchange.messages):
        return None
    errors = [finding for finding in findings if is_about_form(finding)]
    around = [finding for finding in errors if finding.level in ("interchange", "group")]
    ends = interchange.header.elements
    sender, receiver = (ends[1] if len(ends) > 1 else ("",)), (ends[2] if len(ends) > 2 else ("",))
    head: Seg = ["UCI", interchange.reference, sender, receiver, REJECTED if around else ACCEPTED]
    if around:
        return [[*head, _CODES.get(around[0].code, "18")]]
    segments: list[Seg] = [head]
    by_message: dict[tuple[str, str], list[Finding]] = {}
    for finding in errors:
        by_message.setdefault((finding.set_id, finding.set_control), []).append(finding)
    for message in interchange.messages:
        segments += _message(message, by_message.get((message.type, message.reference), []))
    return segments


def read_contrl(message: Message) -> Control:
    """What a CONTRL says. Raises NoControl for another message, or one that does not say what it answers."""
    if message.type != "CONTRL":
        raise NoControl(f"A message of type {message.type or '(none)'} is no CONTRL.")
    header = next((segment for segment in message.body if segment.tag == "UCI"), None)
    if header is None:
        raise NoControl(f"CONTRL {message.reference} has no UCI: it does not say what it answers.")
    reports: list[MessageReport] = []
    for segment in message.body:
        if segment.tag == "UCM":
            reference, kind, action = segment.get(1), segment.get(2), segment.get(3)
            reports.append(MessageReport(reference=reference, type=kind, action=action, code=segment.get(4)))
        elif segment.tag == "UCS" and reports:
            report = SegmentReport(position=_integer(segment.get(1)), code=segment.get(2))
            reports[-1] = msgspec.structs.replace(reports[-1], segments=(*reports[-1].segments, report))
        elif segment.tag == "UCD" and reports and reports[-1].segments:
            *others, last = reports[-1].segments
            place = (segment.get(1), _integer(segment.get(2, 1)), _integer(segment.get(2, 2)))
            last = msgspec.structs.replace(last, elements=(*last.elements, place))
            reports[-1] = msgspec.structs.replace(reports[-1], segments=(*others, last))
    return Control(
        interchange=header.get(1),
        sender=header.get(2),
        receiver=header.get(3),
        action=header.get(4),
        code=header.get(5),
        messages=tuple(reports),
    )


def _message(message: Message, errors: list[Finding]) -> list[Seg]:
    kind = message.header.elements[1] if len(message.header.elements) > 1 else ("",)
    head: Seg = ["UCM", message.reference, kind, REJECTED if errors else ACCEPTED]
    whole = next((f for f in errors if not (f.ack_segment_code or f.ack_element_code)), None)
    if whole is not None:
        head.append(_CODES.get(whole.code, "18"))
    segments: list[Seg] = [head]
    placed = [f for f in errors if f.ack_segment_code or f.ack_element_code]
    for position, found in groupby(sorted(placed, key=lambda f: f.position), key=lambda f: f.position):
        faults = list(found)
        own = next((f.ack_segment_code for f in faults if f.ack_segment_code), "")
        segments.append(["UCS", str(position), own])
        segments += [
            ["UCD", f.ack_element_code, (str(f.element), str(f.component) if f.component else "")]
            for f in faults
            if f.ack_element_code
        ]
    return segments


def _integer(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0


def _words(code: str) -> str:
    return ERRORS.get(code, f"error {code}")
