"""What receiving gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from edi.edifact import segments as edifact
from edi.models import Acknowledgment, Agreement, Interchange, ReceivedFile, TransactionSet
from edi.services.resolving import ACKNOWLEDGMENTS, Ends, Resolution
from edi.x12 import segments as x12
from edi.x12.acknowledge import GroupVerdict
from edi.x12.findings import Finding

ProblemKind = Literal[
    "unreadable",
    "too_large",
    "skipped",
    "no_header",
    "number_reused",
    "refused",
    "quarantined",
    "unagreed",
    "unmatched",
    "unclear",
    "rejected",
    "contradiction",
    "answer",
]
"""What went wrong: the file, a held or refused set, an acknowledgment, or our answer."""

WHO_ACTS: dict[ProblemKind, Literal["customer", "other_side"]] = {
    "unreadable": "other_side",
    "too_large": "other_side",
    "skipped": "other_side",
    "no_header": "other_side",
    "number_reused": "other_side",
    "refused": "other_side",
    "quarantined": "other_side",
    "unagreed": "customer",
    "unmatched": "other_side",
    "unclear": "other_side",
    "rejected": "customer",
    "contradiction": "other_side",
    "answer": "customer",
}


def as_number(text: str, *, digits: int = 9) -> int | None:
    """A control number of up to nine digits, None for anything else. UNB 0020 may have 14."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that was not processed or was refused, for people: open an issue for each."""

    kind: ProblemKind
    sentence: str
    interchange: Interchange | None = None
    row: TransactionSet | None = None
    """The set that it is about: the received one or, for what was said about ours, our own."""

    @property
    def who(self) -> Literal["customer", "other_side"]:
        """Who can mend it."""
        return WHO_ACTS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedSet:
    """A set or message before it is stored."""

    set_id: str
    """ST01, or UNH 0065."""
    control_number: str
    """ST02, or UNH 0062."""
    group_number: int | None
    """GS06; None in EDIFACT, and where it is no number."""
    business_number: str
    """For people; of an acknowledgment, what it is about."""
    purpose: str
    position: int
    resolution: Resolution
    verdict: str
    """A, E or R, as the 997 or CONTRL will say."""
    findings: tuple[Finding, ...]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedTset(ExaminedSet):
    """One of X12."""

    tset: x12.TransactionSet


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedMessage(ExaminedSet):
    """One of EDIFACT."""

    message: edifact.Message


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedGroup:
    """A functional group with the verdict that decides both what is processed and what is answered."""

    group: x12.FunctionalGroup
    verdict: GroupVerdict
    findings: tuple[Finding, ...]
    """All of the group, for the 997."""
    sets: tuple[ExaminedTset, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedInterchange:
    """An interchange before it is stored."""

    ends: Ends
    data: bytes
    sha256: str
    stream: str
    usage: str
    findings: tuple[Finding, ...]
    own_findings: tuple[Finding, ...]
    """About its envelopes, in no set."""
    control_number: int | None
    """ISA13 or UNB 0020, None where it is no number."""
    reference: str
    """UNB 0020 as it stands; "" in X12."""
    group_number: int | None
    """GS06 of its one group."""
    is_refused: bool
    """Whether its envelope is so wrong that nothing in it may be processed."""
    sets: tuple[ExaminedSet, ...]
    answer_by: Agreement | None
    """By whose envelope it would be answered."""

    @property
    def route(self) -> str:
        """From whom to whom; control numbers count along it."""
        return self.ends.route


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedX12(ExaminedInterchange):
    """One of X12."""

    parsed: x12.Interchange
    ta1: tuple[str, ...]
    """The TA1 that says what is to be said about its envelope."""
    groups: tuple[ExaminedGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedEdifact(ExaminedInterchange):
    """One of EDIFACT."""

    parsed: edifact.Interchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A file, read and checked, before anything is stored."""

    source_name: str
    data: bytes
    sha256: str
    encoding: str
    interchanges: tuple[ExaminedInterchange, ...]
    problems: tuple[Problem, ...]
    keeps_file: bool
    """Whether the file's bytes are to be kept beside its interchanges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedSet:
    """A set with its row."""

    row: TransactionSet
    examined: ExaminedSet

    @property
    def is_taken(self) -> bool:
        """Whether it is to be processed."""
        return self.row.intake == TransactionSet.Intake.TAKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedInterchange:
    """An interchange with its row. A duplicate came before with the same bytes: its sets are not among `sets`."""

    row: Interchange
    examined: ExaminedInterchange
    is_duplicate: bool = False
    is_number_held: bool = False
    """Whether all of it is held because its control number came before with other content."""
    is_again: bool = False
    """Whether it had been received before, and is judged anew."""
    sets: tuple[ReceivedSet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What a file brought."""

    file: ReceivedFile
    interchanges: tuple[ReceivedInterchange, ...] = ()
    acknowledgments: tuple[Acknowledgment, ...] = ()
    """What was said about sets of ours."""
    problems: tuple[Problem, ...] = field(default=())

    @property
    def taken(self) -> tuple[ReceivedSet, ...]:
        """The sets that were taken, acknowledgments among them (those have done their work already)."""
        return tuple(s for interchange in self.interchanges for s in interchange.sets if s.is_taken)

    @property
    def documents(self) -> tuple[ReceivedSet, ...]:
        """Of those, what is to be read into the books: everything but acknowledgments."""
        return tuple(one for one in self.taken if one.row.set_id not in ACKNOWLEDGMENTS)

    @property
    def duplicates(self) -> tuple[ReceivedInterchange, ...]:
        """Interchanges that had been received before: counted, nothing else."""
        return tuple(interchange for interchange in self.interchanges if interchange.is_duplicate)
