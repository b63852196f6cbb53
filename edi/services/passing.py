"""Passing on: what was received and taken goes to what is made of it, and our acknowledgments go to their network.

Both lie here until somebody says that he has them, as in an inbox. Nothing is passed on that is held or refused; what
is taken later (received again) is passed on then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from django.db.models import QuerySet

from edi.edifact import reading as edifact
from edi.edifact.segments import SYNTAX_ENCODINGS, Message
from edi.edifact.segments import Interchange as EdifactInterchange
from edi.edifact.segments import Segment as EdifactSegment
from edi.edifact.writer import as_text
from edi.models import Agreement, Direction, Interchange, Network, TransactionSet
from edi.services.resolving import ACKNOWLEDGMENTS
from edi.x12.reader import read_bytes
from edi.x12.segments import FunctionalGroup, Segment
from edi.x12.segments import Interchange as Parsed
from edi.x12.segments import TransactionSet as ParsedSet

_BATCH = 100
_ANSWERS = ("997", "TA1", "CONTRL")


@dataclass(frozen=True, slots=True)
class Passed:
    """A received document with its bytes: an interchange of its own, with one set in it; or the message of a network
    that writes the envelope. None where retention has pruned them."""

    row: TransactionSet
    data: bytes | None


def documents_to_pass_on(network: Network) -> Iterator[list[Passed]]:
    """What was taken of what came over a network and is not passed on yet, oldest first, up to 100 at a time."""
    rows = TransactionSet.objects.filter(
        interchange__network=network, interchange__direction=Direction.IN, intake=TransactionSet.Intake.TAKEN
    ).exclude(set_id__in=ACKNOWLEDGMENTS)
    parts = _Parts()
    for batch in _batches(rows.filter(passed_on_at=None).select_related("interchange", "partner", "agreement")):
        yield [Passed(row=row, data=parts.of(row)) for row in batch]


def received_document(row: TransactionSet) -> Passed:
    """One received document with its bytes."""
    return Passed(row=row, data=_Parts().of(row))


def answers_to_send(network: Network) -> Iterator[list[Passed]]:
    """Our acknowledgments that are not on their way yet, up to 100 at a time: of each interchange the set to which its
    delivery is tied, with the bytes of all of it."""
    rows = TransactionSet.objects.filter(
        interchange__network=network,
        interchange__direction=Direction.OUT,
        set_id__in=_ANSWERS,
        intake="",
        passed_on_at=None,
        position=1,
    )
    for batch in _batches(rows.select_related("interchange", "partner", "agreement")):
        yield [Passed(row=row, data=row.interchange.text) for row in batch]


def note_passed_on(pks: Sequence[int], *, now: dt.datetime) -> None:
    """They are in other hands now."""
    TransactionSet.objects.filter(pk__in=pks, passed_on_at=None).update(passed_on_at=now)


def _batches(rows: QuerySet[TransactionSet]) -> Iterator[list[TransactionSet]]:
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        last = batch[-1].pk
        yield batch


class _Parts:
    """Documents out of interchanges. The last one stays read: it may hold thousands."""

    def __init__(self) -> None:
        self._read: Interchange | None = None
        self._parts: list[partial[bytes]] = []

    def of(self, row: TransactionSet) -> bytes | None:
        """The bytes of a document. None where they are not kept any more."""
        if row.interchange.text is None:
            return None
        text = bytes(row.interchange.text)
        if text.lstrip().startswith(b"{"):
            return text  # a network's message: one document, without envelope
        if self._read is None or self._read.pk != row.interchange_id:
            is_edifact = row.interchange.standard == Agreement.Standard.EDIFACT
            self._read, self._parts = row.interchange, (_messages_of if is_edifact else _sets_of)(text)
        return self._parts[row.position - 1]() if row.position <= len(self._parts) else None


def _sets_of(text: bytes) -> list[partial[bytes]]:
    _, read = read_bytes(text)
    return [
        partial(_part, one, group, tset) for one in read.interchanges[:1] for group in one.groups for tset in group.sets
    ]


def _messages_of(text: bytes) -> list[partial[bytes]]:
    _, read = edifact.read_bytes(text)
    return [partial(_message, one, message) for one in read.interchanges[:1] for message in one.messages]


def _message(parsed: EdifactInterchange, message: Message) -> bytes:
    """A message in the UNB that it came with, and a UNZ that counts one. A missing UNT is not made up."""
    marks = parsed.marks
    end = EdifactSegment("UNZ", (("1",), (parsed.reference,)))
    segments = (parsed.header, *message.segments, end)
    lines = [marks.una, *(as_text([segment.tag, *segment.elements], marks) for segment in segments)]
    text = "".join(f"{line}\n" for line in lines)
    try:
        return text.encode(SYNTAX_ENCODINGS.get(parsed.header.get(1), "utf-8"))
    except UnicodeEncodeError:
        return text.encode("utf-8")


def _part(parsed: Parsed, group: FunctionalGroup, tset: ParsedSet) -> bytes:
    """A set in the ISA and GS that it came with, and trailers that count one. A missing SE is not made up."""
    inside = [*([group.gs] if group.gs else []), *tset.segments, Segment("GE", ["1", group.control_number])]
    head = [parsed.isa] if parsed.isa else []
    segments = [*head, *inside, Segment("IEA", ["1", parsed.control_number])]
    marks = parsed.separators
    text = "".join(marks.element.join([s.tag, *s.elements]) + marks.segment + "\n" for s in segments)
    return text.encode("utf-8")
