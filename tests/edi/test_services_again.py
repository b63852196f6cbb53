"""Receiving again what was held or refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from edi import services as edi
from edi.models import Agreement, Interchange, Network, TransactionSet
from portal.audit.models import AuditEvent
from portal.tenants.models import User
from tests.edi.interchanges import content, one, written

Agree = Callable[..., Agreement]
Intake = TransactionSet.Intake


@pytest.fixture
def receive(network: Network, now: dt.datetime) -> Callable[[bytes], Interchange]:
    def run(data: bytes) -> Interchange:
        return edi.receive(network, data, now=now, source_name="in.x12").interchanges[0].row

    return run


@pytest.fixture
def again(person: User, now: dt.datetime) -> Callable[[Interchange], edi.Received]:
    def run(row: Interchange) -> edi.Received:
        return edi.receive_again(row, reason="The agreement was missing.", actor=person, now=now)

    return run


Receive = Callable[[bytes], Interchange]
Again = Callable[[Interchange], edi.Received]


def test_what_was_not_agreed_is_taken_once_it_is(
    receive: Receive, again: Again, agree: Agree, person: User, now: dt.datetime
) -> None:
    row = receive(one("856"))
    agreement = agree("856")
    received = again(row)
    (found,) = received.taken
    stored = TransactionSet.objects.get()
    assert stored == found.row
    assert (stored.intake, stored.agreement, stored.partner) == (Intake.TAKEN, agreement, agreement.partner)
    assert received.problems == ()
    assert len(edi.acknowledge(received, now=now).answers) == 1
    line = AuditEvent.objects.get(action="interchange.received_again")
    assert (line.actor, line.details["reason"]) == (person, "The agreement was missing.")


def test_what_is_still_not_agreed_stays_held(receive: Receive, again: Again) -> None:
    received = again(receive(one("856")))
    assert received.taken == ()
    assert [p.kind for p in received.problems] == ["unagreed"]


def test_what_was_taken_is_not_given_out_again(receive: Receive, again: Again, agree: Agree) -> None:
    agree("856")
    row = receive(one("856"))
    received = again(row)
    assert received.interchanges[0].sets == ()
    assert edi.acknowledge(received, now=row.created_at).answers == []


def test_a_person_may_accept_a_reused_number(receive: Receive, again: Again, agree: Agree) -> None:
    agree("856")
    receive(one("856"))
    row = receive(one("856", number="SHP-2"))
    assert [s.row.business_number for s in again(row).taken] == ["SHP-2"]


def test_what_was_rejected_in_a_997_stays_refused(
    network: Network, again: Again, agree: Agree, now: dt.datetime
) -> None:
    agreement = agree("856", guide={"segments": [{"path": "REF", "required": True}]})
    received = edi.receive(network, one("856"), now=now, source_name="in")
    edi.acknowledge(received, now=now)
    Agreement.objects.filter(pk=agreement.pk).update(guide={})
    assert again(received.interchanges[0].row).taken == ()
    assert TransactionSet.objects.get(interchange__direction="in").intake == Intake.REFUSED


def test_a_refused_set_that_was_not_answered_is_judged_by_the_new_guide(
    receive: Receive, again: Again, agree: Agree
) -> None:
    agreement = agree("856", guide={"segments": [{"path": "REF", "required": True}]})
    row = receive(one("856"))
    Agreement.objects.filter(pk=agreement.pk).update(guide={})
    (found,) = again(row).taken
    assert (found.row.error_count, found.row.findings) == (0, None)


def test_only_the_held_sets_of_an_interchange_are_judged(receive: Receive, again: Again, agree: Agree) -> None:
    agree("856")
    broken = [s for s in content("856") if s[0] != "BSN"]
    row = receive(written([("856", broken), ("856", content("856"))]))
    received = again(row)
    assert [s.row.position for s in received.interchanges[0].sets] == [1]


def test_acknowledgments_in_it_are_matched_now(receive: Receive, again: Again, agree: Agree, now: dt.datetime) -> None:
    row = receive(one("855"))
    agree("855")
    sent = edi.store_sent(
        agree("850"), body=b"{}", numbers=None, set_id="850", purpose="original", business_number="500001", now=now
    )
    assert [a.outcome for a in again(row).acknowledgments] == ["noted"]
    assert TransactionSet.objects.get(pk=sent.pk).response == "accepted"


@pytest.mark.parametrize("case", ["no reason", "ours", "pruned"])
def test_some_things_cannot_be_received_again(
    receive: Receive, agree: Agree, person: User, now: dt.datetime, case: str
) -> None:
    row = receive(one("856"))
    if case == "ours":
        row = edi.store_sent(
            agree("850"), body=b"{}", numbers=None, set_id="850", purpose="original", business_number="1", now=now
        ).interchange
    if case == "pruned":
        Interchange.objects.update(text=None)
        row.refresh_from_db()
    with pytest.raises(ValidationError):
        edi.receive_again(row, reason="" if case == "no reason" else "why", actor=person, now=now)
