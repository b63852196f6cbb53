"""Killed before any statement at all, and gone on with: the same end, every effect once."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from integrations.engine.claim import sweep_leases
from integrations.models import Attempt, Delivery, Link, Record, State
from tests.support.harness import Engine, killed_at
from tests.support.pair import NOON, item

HOUR = dt.timedelta(hours=1)


def work(engine: Engine) -> None:
    """Reads, delivers, settles, until nothing is under way; what was put off is due at once."""
    engine.later()
    engine.read()
    for _ in range(30):
        engine.later()
        sweep_leases()
        if engine.claim_and_deliver() or engine.claim_and_settle():
            continue
        if not Delivery.objects.filter(state__in=[State.PENDING, State.SENDING, State.IN_DOUBT]).exists():
            return


def end(engine: Engine) -> object:
    return (
        sorted(Record.objects.values_list("source_id", "fingerprint", "is_newest")),
        sorted(Delivery.objects.values_list("business_number", "operation_key", "state", "purpose")),
        sorted(Link.objects.values_list("source_id", flat=True)),
        sorted((o.operation_key, o.body) for o in engine.pair.there),
        Attempt.objects.filter(closed_at=None).count(),
    )


def test_rule_03_and_06_killed_before_any_statement_every_effect_is_made_once(engine: Engine) -> None:
    engine.send(item("1"))
    engine.pair.pages = [[item("1", "second", at=NOON + HOUR)]]
    there, sent = list(engine.pair.there), list(engine.pair.sent)

    def start_again() -> None:
        transaction.set_rollback(True)
        engine.pair.there[:], engine.pair.sent[:] = there, sent

    with transaction.atomic():
        work(engine)
        undisturbed = end(engine)
        start_again()
    assert len(undisturbed[1]) == 2  # type: ignore[index]

    number, killed, again = 0, True, 0
    while killed:
        number += 1
        with transaction.atomic():
            killed = killed_at(number, lambda: work(engine))
            work(engine)
            assert end(engine) == undisturbed, f"killed at statement {number}"
            again += len(engine.pair.sent) > len(sent) + 1
            start_again()
    assert number > 50
    assert again == 0
