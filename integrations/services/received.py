"""What people do to what was received: receive it again, after an agreement was mended or by their decision."""

from __future__ import annotations

from django.db import transaction

from edi import services as edi
from edi.models import Interchange, TransactionSet
from integrations.engine import hints, issues
from integrations.models import Connection, Flow
from integrations.systems.received import DOCUMENTS, OUR_ACKNOWLEDGMENTS
from portal.common.clock import db_now
from portal.tenants.models import User

Intake = TransactionSet.Intake


def receive_again(interchange: Interchange, *, reason: str, actor: User) -> list[TransactionSet]:
    """Judges anew what was held or refused of a received interchange. What is taken now goes its way and is
    acknowledged; what still is not keeps its issue. Gives back the sets that were taken now.

    Raises ValidationError without a reason, for what we sent, and where the bytes are not kept any more.
    """
    now = db_now()
    with transaction.atomic():
        before = set(interchange.sets.filter(intake=Intake.TAKEN).values_list("pk", flat=True))
        received = edi.receive_again(interchange, reason=reason, actor=actor, now=now)
        connection = Connection.objects.filter(network=interchange.network_id).first()
        answers = edi.Answers()
        if connection is not None and _acknowledges(connection):
            answers = edi.acknowledge(received, now=now)
        problems = [*received.problems, *answers.problems]
        rows = list(interchange.sets.all())
        issues.resolve_received(
            [interchange, *rows],
            except_for={((p.row or p.interchange or received.file).pk, p.kind) for p in problems},
            how=f"It was received again: {reason}",
            now=now,
        )
        for problem in problems:
            issues.for_received(problem, about=problem.row or problem.interchange or received.file, now=now)
        if connection is not None:
            hints.make_due(connection.pk, (DOCUMENTS, OUR_ACKNOWLEDGMENTS), at=now, now=now)
    return [row for row in rows if row.intake == Intake.TAKEN and row.pk not in before]


def _acknowledges(connection: Connection) -> bool:
    return Flow.objects.filter(
        integration__partner=connection, integration__enabled=True, key=OUR_ACKNOWLEDGMENTS, enabled=True
    ).exists()
