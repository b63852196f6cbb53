"""EDIFACT as a trading partner behind Cleo takes it: interchanges are read, their counts and references checked, and
answered by a CONTRL of syntax version 3."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

_USUAL = ":+.? '"
_REJECTED, _ACCEPTED = "4", "7"
_REFERENCES_DIFFER, _COUNT_WRONG, _NO_CODE, _CAME_BEFORE = "28", "29", "18", "26"

Segment = list[list[str]]
"""Elements with their components; the first is the tag."""


class NoEdifact(ValueError):
    """The text cannot be taken apart; the message says why."""


@dataclass(slots=True)
class Message:
    """UNH to UNT. `code`: why it is rejected, "" where it is not."""

    reference: str
    kind: list[str]
    body: list[Segment] = field(default_factory=list)
    code: str = ""

    @property
    def number(self) -> str:
        """Of the order, invoice or shipment (BGM 1004); of a CONTRL, the interchange that it is about."""
        for segment in self.body:
            if segment[0][0] in ("BGM", "UCI"):
                return _at(segment, 2 if segment[0][0] == "BGM" else 1)
        return ""


@dataclass(slots=True)
class Interchange:
    """UNB to UNZ. `code`: why all of it is rejected, "" where it is not."""

    header: Segment
    messages: list[Message] = field(default_factory=list)
    code: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def reference(self) -> str:
        return _at(self.header, 5)

    @property
    def sender(self) -> str:
        return _at(self.header, 2)

    @property
    def receiver(self) -> str:
        return _at(self.header, 3)

    @property
    def test(self) -> str:
        """UNB 0035: 1, or nothing."""
        return _at(self.header, 11)


def is_edifact(text: str) -> bool:
    return text.lstrip().startswith(("UNA", "UNB"))


def read(text: str) -> Interchange:
    """The interchange of `text` with its faults. Raises NoEdifact."""
    segments = _segments(text)
    if not segments or segments[0][0][0] != "UNB" or not _at(segments[0], 5):
        raise NoEdifact("there is no UNB with a reference")
    found = Interchange(segments[0])
    current: Message | None = None
    for segment in segments[1:]:
        tag = segment[0][0]
        if tag == "UNH":
            current = Message(_at(segment, 1), segment[2] if len(segment) > 2 else [""])
            found.messages.append(current)
        elif tag == "UNT" and current is not None:
            if _at(segment, 2) != current.reference:
                current.code = _REFERENCES_DIFFER
            elif _at(segment, 1) != str(len(current.body) + 2):
                current.code = _COUNT_WRONG
            current = None
        elif tag == "UNZ":
            if _at(segment, 2) != found.reference:
                found.code = _REFERENCES_DIFFER
            elif _at(segment, 1) != str(len(found.messages)):
                found.code = _COUNT_WRONG
        elif current is not None:
            current.body.append(segment)
    if segments[-1][0][0] != "UNZ":
        raise NoEdifact("there is no UNZ at the end")
    found.notes += [f"message {m.reference}: error {m.code}" for m in found.messages if m.code]
    found.notes += [f"interchange {found.reference}: error {found.code}"] if found.code else []
    return found


def came_before(interchange: Interchange) -> None:
    """All of it is rejected because its reference was used before."""
    interchange.code = _CAME_BEFORE


def control(interchange: Interchange, *, reference: str, at: datetime, reject: bool = False) -> str:
    """The interchange with the CONTRL that answers `interchange`. `reject` refuses every message on a whim."""
    sender, receiver = interchange.header[2], interchange.header[3]
    uci = ["UCI", _word([interchange.reference]), _word(sender), _word(receiver)]
    lines = [[*uci, _REJECTED, interchange.code] if interchange.code else [*uci, _ACCEPTED]]
    for message in [] if interchange.code else interchange.messages:
        code = message.code or (_NO_CODE if reject else "")
        ucm = ["UCM", _word([message.reference]), _word(message.kind)]
        lines.append([*ucm, _REJECTED, code] if code else [*ucm, _ACCEPTED])
    body = [["UNH", "1", "CONTRL:2:2:UN"], *lines, ["UNT", str(len(lines) + 2), "1"]]
    flags = ["", "", "", "", "", "1"] if interchange.test == "1" else []
    head = ["UNB", "UNOC:3", _word(receiver), _word(sender), f"{at:%y%m%d}:{at:%H%M}", reference, *flags]
    whole = [head, *body, ["UNZ", "1", reference]]
    return f"UNA{_USUAL}\n" + "".join("+".join(line) + "'\n" for line in whole)


def _segments(text: str) -> list[Segment]:
    text = text.strip()
    marks = _USUAL
    if text.startswith("UNA"):
        if len(text) < 9:
            raise NoEdifact("the UNA is not whole")
        marks, text = text[3:9], text[9:]
    component, element, release, end = marks[0], marks[1], marks[3], marks[5]
    segments: list[Segment] = []
    current: Segment = [[""]]
    escaped = False
    for char in text:
        if escaped:
            current[-1][-1] += char
            escaped = False
        elif char == release:
            escaped = True
        elif char == end:
            segments.append(current)
            current = [[""]]
        elif char == element:
            current.append([""])
        elif char == component:
            current[-1].append("")
        elif not (char in "\r\n" and current == [[""]]):
            current[-1][-1] += char
    if current != [[""]]:
        raise NoEdifact("the last segment has no terminator")
    return segments


def _at(segment: Segment, element: int) -> str:
    return segment[element][0] if element < len(segment) else ""


def _word(components: list[str]) -> str:
    """A composite in the usual marks."""
    return ":".join("".join(f"?{c}" if c in ":+?'" else c for c in part) for part in components)
