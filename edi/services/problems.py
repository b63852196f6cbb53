"""Why something received was not processed, in sentences."""

from __future__ import annotations

from collections.abc import Iterable

from edi.models import Interchange, TransactionSet
from edi.services.received import Problem, ReceivedInterchange, ReceivedSet

Intake = TransactionSet.Intake


def held_and_refused(received: ReceivedInterchange) -> list[Problem]:
    """Why sets of an interchange are not processed. Sets that are held for one reason are one problem."""
    row, item = received.row, received.examined
    problems = []
    not_taken = [one for one in received.sets if not one.is_taken]
    if received.is_number_held:
        problems.append(_number_reused(row))
    if item.is_refused and not received.is_duplicate:
        errors = " ".join(finding.message for finding in item.own_findings if finding.is_error)
        problems.append(
            Problem(
                kind="refused",
                interchange=row,
                sentence=f"Interchange {row} was refused as a whole, nothing in it was processed. {errors[:1000]}",
            )
        )
        not_taken = [one for one in not_taken if one.row.intake != Intake.REFUSED]
    problems += [_refused(one) for one in not_taken if one.row.intake == Intake.REFUSED]
    problems += _held(row, [one for one in not_taken if one.row.intake in (Intake.QUARANTINED, Intake.UNAGREED)])
    return problems


def _number_reused(row: Interchange) -> Problem:
    when = row.reuses.created_at.date().isoformat() if row.reuses is not None else ""
    return Problem(
        kind="number_reused",
        interchange=row,
        sentence=f"Interchange {row} carries a control number that came on {when} with other content. Nothing in it "
        "was processed: ask the sender which of the two counts, and receive it again if it is this one.",
    )


def _refused(one: ReceivedSet) -> Problem:
    errors = [finding.message for finding in one.examined.findings if finding.is_error]
    more = f" And {len(errors) - 3} more." if len(errors) > 3 else ""
    said = " ".join(errors[:3]) + more or "Its functional group is in error."
    return Problem(
        kind="refused",
        interchange=one.row.interchange,
        row=one.row,
        sentence=f"{_name(one)} was refused: {said}",
    )


def _held(row: Interchange, sets: Iterable[ReceivedSet]) -> list[Problem]:
    by_reason: dict[tuple[str, str], list[ReceivedSet]] = {}
    for one in sets:
        by_reason.setdefault((one.row.intake, one.examined.resolution.sentence), []).append(one)
    return [
        Problem(
            kind="quarantined" if intake == Intake.QUARANTINED else "unagreed",
            interchange=row,
            row=found[0].row,
            sentence=f"{_name(found[0])}{f' and {len(found) - 1} more' if len(found) > 1 else ''}: {sentence}",
        )
        for (intake, sentence), found in by_reason.items()
    ]


def _name(one: ReceivedSet) -> str:
    partner = f" from {one.row.partner}" if one.row.partner is not None else ""
    return f"{one.row.set_id} {one.row.business_number or one.row.control_number}{partner}"
