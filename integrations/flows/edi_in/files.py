"""Files of trading partners, received into our own books: read, checked, kept once, matched, and acknowledged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from edi import services as edi
from edi.models import Acknowledgment, TransactionSet
from integrations.flows.contract import Job, Keep, Kept, Prepared, Problem
from integrations.flows.edi_in.received import network_of
from integrations.models import Delivery, Flow, Record, State
from integrations.systems.received import DOCUMENTS, OUR_ACKNOWLEDGMENTS

Known = TransactionSet.Acknowledged
Outcome = Acknowledgment.Outcome

RESEND = "Ask the trading partner to correct it and send it again; what came is kept as it came."
AGAIN = "Mend what it names, then receive the interchange again, on its page."
REMEDIES: dict[edi.ProblemKind, str] = {
    "unreadable": RESEND,
    "too_large": RESEND,
    "skipped": "Look at the file, and ask the trading partner what stands there.",
    "no_header": RESEND,
    "number_reused": "Ask the trading partner which of the two counts; both are kept.",
    "refused": RESEND,
    "quarantined": AGAIN,
    "unagreed": AGAIN,
    "unmatched": "Ask the trading partner what it is about; test and live count by themselves.",
    "unclear": "Ask the trading partner what became of it.",
    "rejected": "Correct what it names in Visma.net or in the agreement; the corrected version goes out by itself.",
    "contradiction": "Ask the trading partner which of the two counts.",
    "answer": "Correct the agreement.",
}


def prepare(job: Job) -> Prepared:
    """Examines the file, and keeps it with all that is in it. Nothing in it makes this fail: what cannot be processed
    is kept and reported."""
    network = network_of(job)
    examined = edi.examine(network, job.raw, source_name=job.source_id)

    def keep(now: dt.datetime) -> Kept:
        elsewhere = received_elsewhere(job)
        if elsewhere:
            return Kept(summary=f"It was received for {elsewhere}, which reads the same inbox.")
        received = edi.store(network, examined, now=now)
        answers = edi.acknowledge(received, now=now) if _acknowledges(job) else edi.Answers()
        sets = [one.row for interchange in received.interchanges for one in interchange.sets]
        return Kept(
            summary=_summary(received, answers),
            transaction_set=sets[0] if len(sets) == 1 else None,
            problems=tuple(_problem(received, one) for one in (*received.problems, *answers.problems)),
            in_order=in_order(received.acknowledgments),
            brought=(DOCUMENTS, OUR_ACKNOWLEDGMENTS),
        )

    count = sum(len(interchange.sets) for interchange in examined.interchanges)
    what = f"{count} documents in {len(examined.interchanges)} interchanges would be received."
    return Keep(digest=examined.sha256, what=what, keep=keep)


def received_elsewhere(job: Job) -> str:
    """The integration for which this very record was received already: several may read one inbox."""
    if job.record_id is None:
        return ""
    Record.objects.select_for_update().get(pk=job.record_id)  # one after the other
    done = Delivery.objects.filter(record_id=job.record_id, state=State.DELIVERED, flow__key=job.flow.key)
    other = done.exclude(integration_id=job.flow.integration_id).select_related("integration").first()
    return other.integration.name if other is not None else ""


def _acknowledges(job: Job) -> bool:
    """Whether somebody sends what is written: acknowledgments take numbers, and none is left lying."""
    return Flow.objects.filter(
        integration__partner_id=job.flow.integration.partner_id,
        integration__enabled=True,
        key=OUR_ACKNOWLEDGMENTS,
        enabled=True,
    ).exists()


def _problem(received: edi.Received, problem: edi.Problem) -> Problem:
    return Problem(
        about=problem.row or problem.interchange or received.file,
        error_class=problem.kind,
        sentence=problem.sentence,
        remedy=REMEDIES[problem.kind],
    )


def in_order(said: Iterable[Acknowledgment]) -> tuple[TransactionSet, ...]:
    """Documents of ours that the other side has in order now. One that it declined is not, whatever its form."""
    found = {
        one.about_id: one.about for one in said if one.outcome in (Outcome.NOTED, Outcome.LATE, Outcome.CONTRADICTS)
    }
    return tuple(
        row
        for row in found.values()
        if row is not None
        and row.acknowledged in (Known.ACCEPTED, Known.WITH_ERRORS)
        and row.response != TransactionSet.Response.REJECTED
    )


def _summary(received: edi.Received, answers: edi.Answers) -> str:
    """As "1 interchange: 2 taken, 1 refused. 1 acknowledgment written." """
    counts: dict[str, int] = {}
    for interchange in received.interchanges:
        for one in interchange.sets:
            label = str(one.row.get_intake_display()).partition(":")[0]
            counts[label] = counts.get(label, 0) + 1
    said = [f"{count} {label}" for label, count in counts.items()]
    new = len(received.interchanges) - len(received.duplicates)
    parts = [f"{_count(new, 'interchange')}: {', '.join(said) or 'no document in it'}."] if new else []
    if received.duplicates:
        names = ", ".join(str(one.row) for one in received.duplicates[:3])
        parts.append(f"Came before with the same content, and was counted, nothing else: {names}.")
    if received.acknowledgments:
        parts.append(f"{_count(len(received.acknowledgments), 'statement')} about documents of ours.")
    if answers.answers:
        rows = [row.set_id for answer in answers.answers for row in answer.rows]
        parts.append(f"Answered with {', '.join(rows[:10])}.")
    if not received.interchanges:
        parts.append("It could not be processed; the file is kept.")
    return " ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
