"""Receiving an interchange again that is kept already: after an agreement was made or mended, or a person decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from edi.models import Interchange, TransactionSet
from edi.services.matching import match
from edi.services.messages import judge_message_again
from edi.services.problems import held_and_refused
from edi.services.received import ExaminedSet, Problem, Received, ReceivedInterchange, ReceivedSet
from edi.services.receiving import examine_interchange
from edi.services.storing import judged, names_of
from portal.audit import trail
from portal.audit.models import AuditEvent
from portal.tenants.models import User

Intake = TransactionSet.Intake


def receive_again(
    interchange: Interchange, *, reason: str, actor: User | None, now: dt.datetime, actor_name: str = ""
) -> Received:
    """Judges the sets of a received interchange anew that were held or refused and not yet answered; what was taken or
    answered stays as it is. A person who asks for it accepts a control number that came before. Audited.

    Gives back only the sets that were judged anew: their taken ones are to be processed, then `acknowledge` answers.
    Raises ValidationError without a reason, for an interchange of ours, and where retention has pruned the bytes.
    """
    if not reason.strip():
        raise ValidationError(_("Say why it is received again."))
    if interchange.direction != "in":
        raise ValidationError(_("This interchange was sent, not received."))
    if interchange.text is None:
        raise ValidationError(
            _("The bytes of this interchange are not kept any more. Ask the partner to send it again.")
        )
    if interchange.text.lstrip().startswith(b"{"):
        return _message_again(interchange, reason=reason, actor=actor, actor_name=actor_name)
    item = examine_interchange(interchange.network, interchange.text)
    with transaction.atomic():
        row = (
            Interchange.objects.select_for_update(of=("self",)).select_related("file", "network").get(pk=interchange.pk)
        )
        open_rows = {
            one.position: one
            for one in row.sets.select_for_update().filter(answered_by=None).exclude(intake=Intake.TAKEN)
        }
        sets = []
        for one in item.sets:
            found = open_rows.get(one.position)
            if found is not None and _is_same(found, one):
                _judge_again(found, judged(item, one, is_reused=False))
                sets.append(ReceivedSet(row=found, examined=one))
        received = ReceivedInterchange(row=row, examined=item, is_again=True, sets=tuple(sets))
        rows = [one.row for one in received.sets]
        trail.record(_event(row, rows, reason=reason, actor=actor, actor_name=actor_name))
        problems = held_and_refused(received)
        said = match(received, now=now)
    assert row.file is not None  # noqa: S101 - what was received came in a file
    return Received(
        file=row.file,
        interchanges=(received,),
        acknowledgments=tuple(said.acknowledgments),
        problems=(*problems, *said.problems),
    )


def _is_same(row: TransactionSet, one: ExaminedSet) -> bool:
    """Whether the set still stands where it stood: a newer reader may see more of a broken text."""
    return {"set_id": row.set_id, "control_number": row.control_number} == names_of(one)


def _judge_again(row: TransactionSet, values: dict[str, object]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _message_again(interchange: Interchange, *, reason: str, actor: User | None, actor_name: str) -> Received:
    """As `receive_again`, for the message of a network that writes the envelope."""
    problems: list[Problem] = []
    with transaction.atomic():
        row = Interchange.objects.select_related("file", "network").get(pk=interchange.pk)
        open_rows = list(row.sets.select_for_update().exclude(intake=Intake.TAKEN))
        for one in open_rows:
            one.interchange = row
            problems += judge_message_again(one)
        trail.record(_event(row, open_rows, reason=reason, actor=actor, actor_name=actor_name))
    assert row.file is not None  # noqa: S101 - what was received came in a file
    return Received(file=row.file, problems=tuple(problems))


def _event(
    row: Interchange, sets: Sequence[TransactionSet], *, reason: str, actor: User | None, actor_name: str
) -> AuditEvent:
    taken = sum(one.intake == Intake.TAKEN for one in sets)
    return trail.event(
        row.tenant_id,
        "interchange.received_again",
        f"Interchange {row}: {taken} of {len(sets)} sets taken. {reason}",
        object_type="interchange",
        object_id=row.pk,
        actor=actor,
        actor_name=actor_name,
        details={"reason": reason, "sets": [one.pk for one in sets][:200]},
    )
