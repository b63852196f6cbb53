"""One statement about one set of ours: kept, and what it changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction

from edi.models import Acknowledgment, Interchange, TransactionSet
from edi.services.received import Problem
from edi.services.texts import storable
from portal.audit import trail

Acknowledged = TransactionSet.Acknowledged
Kind = Acknowledgment.Kind
Outcome = Acknowledgment.Outcome

VERDICTS = {
    "A": Acknowledged.ACCEPTED,
    "E": Acknowledged.WITH_ERRORS,
    **dict.fromkeys(("R", "M", "W", "X"), Acknowledged.REJECTED),
}
"""By AK501, IK501, AK901 and TA104. P, or nothing, decides nothing about a set."""

RESPONSES = frozenset({Kind.ORDER_RESPONSE, Kind.CHANGE_RESPONSE, Kind.ORDRSP})
"""Kinds that decide about the business, not about the form."""


@dataclass(slots=True)
class Matched:
    """What came of the acknowledgments of one interchange."""

    acknowledgments: list[Acknowledgment] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One statement, before it is matched with one of our sets."""

    kind: str
    code: str
    named: str
    sentences: tuple[str, ...]
    interchange: Interchange | None = None
    carrier: TransactionSet | None = None


def note_verdict(
    sent: TransactionSet, *, verdict: str, sentences: Sequence[str], now: dt.datetime, code: str = ""
) -> Acknowledgment:
    """Notes what a network itself reports about the acknowledgment of a set of ours: `verdict` is accepted, with_errors
    or rejected. For networks that turn the partner's 997 into a status (Orderful). Asking again and again writes
    nothing: the statement that stands is given back."""
    if verdict not in set(VERDICTS.values()):
        raise ValueError(f"'{verdict}' is no verdict.")
    said = Said(kind=Kind.NETWORK, code=code, named=sent.control_number, sentences=tuple(sentences))
    with transaction.atomic():
        row = TransactionSet.objects.select_for_update().get(pk=sent.pk)
        standing = _last_verdict(row)
        noted = standing if standing is not None and row.acknowledged == verdict else None
        noted = noted or _note(row.pk, said, verdict=Acknowledged(verdict), now=now)
    sent.refresh_from_db(fields=["acknowledged", "acknowledged_at"])
    return noted


def apply_verdict(
    row: TransactionSet,
    said: Said,
    *,
    verdict: TransactionSet.Acknowledged | None,
    matched: Matched,
    now: dt.datetime,
    is_envelope: bool = False,
) -> None:
    """Notes what was said about a set of ours, and into `matched` what a person has to know of it.

    `verdict` None: nothing was decided about the set; that is a problem unless `is_envelope` says that the statement is
    about the interchange alone.
    """
    noted = _note(row.pk, said, verdict=verdict, now=now, is_envelope=is_envelope)
    matched.acknowledgments.append(noted)
    row.refresh_from_db(fields=["acknowledged", "acknowledged_at"])
    name = f"{row.set_id} {row.business_number}"
    text = " ".join(said.sentences)
    if noted.outcome == Outcome.CONTRADICTS:
        sentence = f"{name}: {text} The partner had said something else before. Ask which of the two counts."
        matched.problems.append(Problem(kind="contradiction", interchange=said.interchange, row=row, sentence=sentence))
    elif noted.outcome == Outcome.UNCLEAR:
        sentence = f"{name}: {text} It does not say what became of this set. Ask the partner."
        matched.problems.append(Problem(kind="unclear", interchange=said.interchange, row=row, sentence=sentence))
    elif verdict == Acknowledged.REJECTED and noted.outcome != Outcome.DUPLICATE:
        matched.problems.append(
            Problem(kind="rejected", interchange=said.interchange, row=row, sentence=f"{name} was rejected. {text}")
        )


def _note(
    pk: int,
    said: Said,
    *,
    verdict: TransactionSet.Acknowledged | None,
    now: dt.datetime,
    is_envelope: bool = False,
) -> Acknowledgment:
    """Stores a statement and lets it change the set: the newest stands, and one that differs from the one before is
    marked."""
    row = TransactionSet.objects.select_for_update().get(pk=pk)
    if verdict is None:
        outcome = _repeated(row, said) if is_envelope else Outcome.UNCLEAR
        return keep(row, said, outcome=outcome, now=now)
    before = _last_verdict(row)
    if before is not None:
        outcome = Outcome.DUPLICATE if row.acknowledged == verdict else Outcome.CONTRADICTS
    else:
        outcome = Outcome.LATE if is_late(row, now) else Outcome.NOTED
    if outcome != Outcome.DUPLICATE:
        row.acknowledged, row.acknowledged_at, row.verdict_noted_at = verdict, now, now
        row.save(update_fields=["acknowledged", "acknowledged_at", "verdict_noted_at"])
    kept = keep(row, said, outcome=outcome, now=now)
    if outcome == Outcome.CONTRADICTS or (verdict == Acknowledged.REJECTED and outcome != Outcome.DUPLICATE):
        trail.record(
            trail.event(
                row.tenant_id,
                "transactionset.acknowledged",
                f"{row.set_id} {row.business_number}: {verdict.label} ({kept.get_outcome_display()}).",
                object_type="transactionset",
                object_id=row.pk,
                business_number=row.business_number,
                details={"acknowledgment": kept.pk, "verdict": verdict, "outcome": outcome},
            )
        )
    return kept


def _last_verdict(row: TransactionSet) -> Acknowledgment | None:
    """The last functional statement that changed the set. That an order was answered is none: a 997 may follow."""
    said = (
        Acknowledgment.objects.filter(about=row, outcome__in=[Outcome.NOTED, Outcome.LATE, Outcome.CONTRADICTS])
        .exclude(kind__in=RESPONSES)
        .exclude(kind=Kind.INTERCHANGE, code__in=["A", "E"])
    )
    return max(said, key=lambda statement: statement.pk, default=None)


def _repeated(row: TransactionSet, said: Said) -> Acknowledgment.Outcome:
    same = Acknowledgment.objects.filter(about=row, kind=said.kind, code=said.code)
    return Outcome.DUPLICATE if same.exists() else Outcome.NOTED


def is_late(row: TransactionSet, now: dt.datetime) -> bool:
    """Whether the deadline of its acknowledgment is over."""
    due = row.acknowledgment_due_at
    return row.acknowledged == Acknowledged.OVERDUE or (due is not None and due < now)


def keep(row: TransactionSet | None, said: Said, *, outcome: str, now: dt.datetime, why: str = "") -> Acknowledgment:
    """Stores a statement with what came of it; `row` None: it is about nothing of ours, and `why` says so."""
    holder = row or said.interchange
    assert holder is not None  # noqa: S101 - a statement is about something of ours, or stands in an interchange
    return Acknowledgment.objects.create(
        tenant_id=holder.tenant_id,
        kind=said.kind,
        outcome=outcome,
        about=row,
        interchange=said.interchange,
        carrier=said.carrier,
        code=storable(said.code, 2),
        named=storable(said.named, 100),
        sentences=[*said.sentences, why] if why else list(said.sentences),
        created_at=now,
    )


def unmatched(said: Said, matched: Matched, *, now: dt.datetime, why: str) -> None:
    """Notes a statement about nothing that we sent."""
    matched.acknowledgments.append(keep(None, said, outcome=Outcome.UNMATCHED, now=now, why=why))
    matched.problems.append(
        Problem(
            kind="unmatched",
            interchange=said.interchange,
            row=said.carrier,
            sentence=f"A {said.kind} from a trading partner answers nothing that we sent. {why}",
        )
    )
