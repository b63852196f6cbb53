"""What comes back is matched with what we sent: verdicts, repeats, delays, contradictions, strangers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import transaction

from edi import services as edi
from edi.models import Acknowledgment, Agreement, Network, TradingPartner, TransactionSet
from portal.audit.models import AuditEvent
from tests.edi.conftest import THEM, US
from tests.edi.interchanges import content, functional, one, written

Agree = Callable[..., Agreement]
Acknowledged = TransactionSet.Acknowledged
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def order(agree: Agree) -> Agreement:
    agree("855")
    return agree("850")


@pytest.fixture
def send(order: Agreement, now: dt.datetime) -> Callable[..., TransactionSet]:
    """An order that the network has."""

    def run(number: str = "500001", agreement: Agreement = order) -> TransactionSet:
        with transaction.atomic():
            numbers = edi.take_control_numbers(agreement)
            body = written(
                [("850", content("850", number=number))],
                isa=numbers.interchange,
                group=numbers.group,
                usage=agreement.usage,
                sender=US,
                receiver=THEM,
            )
            sent = edi.store_sent(
                agreement,
                body=body,
                numbers=numbers,
                set_id=agreement.document_type,
                purpose="original",
                business_number=number,
                now=now,
            )
        edi.note_sent(sent, network_id=f"out/{number}.x12", status={}, now=now)
        return sent

    return run


@pytest.fixture
def receive(network: Network, now: dt.datetime) -> Callable[..., edi.Received]:
    def run(data: bytes, *, after: dt.timedelta = HOUR) -> edi.Received:
        return edi.receive(network, data, now=now + after, source_name="in.x12")

    return run


Send = Callable[..., TransactionSet]
Receive = Callable[..., edi.Received]


def outcomes(received: edi.Received) -> list[tuple[str, str]]:
    return [(a.kind, a.outcome) for a in received.acknowledgments]


def reload(row: TransactionSet) -> TransactionSet:
    return TransactionSet.objects.get(pk=row.pk)


# --- 997 and 999


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("A", Acknowledged.ACCEPTED),
        ("E", Acknowledged.WITH_ERRORS),
        ("R", Acknowledged.REJECTED),
        ("M", Acknowledged.REJECTED),
    ],
)
def test_a_verdict_on_the_group_is_one_on_its_set(
    send: Send, receive: Receive, now: dt.datetime, code: str, state: str
) -> None:
    sent = send()
    assert sent.acknowledged == Acknowledged.WAITING
    received = receive(written([functional(1, code=code)]))
    assert outcomes(received) == [("997", "noted")]
    row = reload(sent)
    assert (row.acknowledged, row.acknowledged_at) == (state, now + HOUR)
    noted = row.acknowledgments.get()
    assert (noted.code, noted.carrier, noted.named) == (code, received.taken[0].row, "PO 1 0001")
    assert [p.kind for p in received.problems] == (["rejected"] if state == Acknowledged.REJECTED else [])


def test_a_rejection_says_why_and_stands_in_the_trail(send: Send, receive: Receive) -> None:
    sent = send()
    segments = [
        ["AK1", "PO", "1"],
        ["AK2", "850", "0001"],
        ["AK3", "PO1", "9", "", "8"],
        ["AK4", "2", "330", "1"],
        ["AK5", "R", "5"],
        ["AK9", "R", "1", "1", "0"],
    ]
    received = receive(written([("997", segments)]))
    (problem,) = received.problems
    assert problem.kind == "rejected"
    assert problem.row == sent
    assert "500001" in problem.sentence
    assert "PO1, segment 9" in problem.sentence
    line = AuditEvent.objects.get(action="transactionset.acknowledged")
    assert (line.business_number, line.details["verdict"]) == ("500001", "rejected")


def test_a_verdict_on_the_set_comes_before_that_on_the_group(send: Send, receive: Receive) -> None:
    sent = send()
    receive(written([functional(1, code="P", sets=[("850", "0001", "E")])]))
    assert reload(sent).acknowledged == Acknowledged.WITH_ERRORS


def test_a_999_counts_like_a_997(send: Send, receive: Receive) -> None:
    sent = send()
    segments = [["AK1", "PO", "1", "005010"], ["AK2", "850", "0001"], ["IK5", "A"], ["AK9", "A", "1", "1", "1"]]
    received = receive(written([("999", segments)], version="005010", separators=_newer()))
    assert outcomes(received) == [("999", "noted")]
    assert reload(sent).acknowledged == Acknowledged.ACCEPTED


def _newer():
    from edi.x12.segments import Separators

    return Separators(repetition="^")


def test_a_partly_accepted_group_that_does_not_name_the_set_says_nothing(send: Send, receive: Receive) -> None:
    sent = send()
    received = receive(written([("997", [["AK1", "PO", "1"], ["AK9", "P", "2", "2", "1"]])]))
    assert outcomes(received) == [("997", "unclear")]
    assert [p.kind for p in received.problems] == ["unclear"]
    assert reload(sent).acknowledged == Acknowledged.WAITING


def test_the_same_997_again_is_a_duplicate(send: Send, receive: Receive, now: dt.datetime) -> None:
    sent = send()
    receive(written([functional(1)], isa=1))
    received = receive(written([functional(1)], isa=2), after=2 * HOUR)
    assert outcomes(received) == [("997", "duplicate")]
    assert received.problems == ()
    assert reload(sent).acknowledged_at == now + HOUR


def test_a_later_verdict_that_differs_stands_and_is_reported(send: Send, receive: Receive) -> None:
    sent = send()
    receive(written([functional(1, code="A")], isa=1))
    received = receive(written([functional(1, code="R")], isa=2))
    assert outcomes(received) == [("997", "contradicts")]
    assert [p.kind for p in received.problems] == ["contradiction"]
    assert reload(sent).acknowledged == Acknowledged.REJECTED


def test_a_late_997_still_counts(send: Send, receive: Receive, now: dt.datetime) -> None:
    sent = send()
    edi.mark_overdue(now + 25 * HOUR)
    assert reload(sent).acknowledged == Acknowledged.OVERDUE
    received = receive(written([functional(1)]), after=26 * HOUR)
    assert outcomes(received) == [("997", "late")]
    assert reload(sent).acknowledged == Acknowledged.ACCEPTED


def test_a_997_that_comes_before_the_upload_is_noted_is_not_lost(
    order: Agreement, send: Send, receive: Receive, now: dt.datetime
) -> None:
    sent = send()
    TransactionSet.objects.filter(pk=sent.pk).update(acknowledged="not_expected", acknowledgment_due_at=None)
    sent.refresh_from_db()
    receive(written([functional(1)]))
    edi.note_sent(sent, network_id="out/1.x12", status={}, now=now)
    assert reload(sent).acknowledged == Acknowledged.ACCEPTED
    assert sent.acknowledged == Acknowledged.ACCEPTED


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (written([functional(2)]), "No group 2"),
        (written([functional(1, functional_id="IN")]), "held 850, not IN"),
        (written([functional(1)], usage="T"), "sent as live"),
        (written([("997", [["AK1", "PO", "X1"], ["AK9", "A", "1", "1", "1"]])]), "No group X1"),
    ],
)
def test_what_answers_nothing_of_ours_is_visible(
    send: Send, receive: Receive, agree: Agree, data: bytes, reason: str
) -> None:
    sent = send()
    agree("850", stream="test")
    received = receive(data)
    assert outcomes(received) == [("997", "unmatched")]
    (problem,) = received.problems
    assert problem.kind == "unmatched"
    assert reason in problem.sentence
    assert Acknowledgment.objects.get().about is None
    assert reload(sent).acknowledged == Acknowledged.WAITING


def test_a_set_that_the_group_did_not_hold_is_unmatched(send: Send, receive: Receive) -> None:
    send()
    received = receive(written([functional(1, sets=[("850", "0001", "A"), ("850", "0002", "A")])]))
    assert outcomes(received) == [("997", "noted"), ("997", "unmatched")]


def test_a_997_without_ak1_is_visible(send: Send, receive: Receive) -> None:
    send()
    received = receive(written([("997", [["AK9", "A", "1", "1", "1"]])]))
    assert outcomes(received) == [("997", "unmatched")]


def test_a_997_from_somebody_else_is_no_answer(send: Send, receive: Receive) -> None:
    sent = send()
    received = receive(written([functional(1)], sender="STRANGER"))
    assert received.acknowledgments == ()
    assert [p.kind for p in received.problems] == ["unagreed"]
    assert reload(sent).acknowledged == Acknowledged.WAITING


def test_the_same_numbers_on_another_route_are_others(
    send: Send, receive: Receive, agree: Agree, network: Network
) -> None:
    other = TradingPartner.objects.create(tenant=network.tenant, key="annan", name="Annan AB")
    second = agree("850", partner=other, receiver_id="ANNAN")
    mine, theirs = send(), None
    with transaction.atomic():
        numbers = edi.take_control_numbers(second)
        body = written(
            [("850", content("850"))], isa=numbers.interchange, group=numbers.group, sender=US, receiver="ANNAN"
        )
        theirs = edi.store_sent(
            second,
            body=body,
            numbers=numbers,
            set_id="850",
            purpose="original",
            business_number="500001",
            now=dt.datetime(2026, 5, 4, tzinfo=dt.UTC),
        )
    receive(written([functional(1)], sender="ANNAN"))
    assert reload(mine).acknowledged == Acknowledged.WAITING
    assert reload(theirs).acknowledged == Acknowledged.ACCEPTED


# --- TA1


def ta1(number: int, code: str, note: str = "000") -> list[str]:
    return ["TA1", f"{number:09d}", "260504", "0800", code, note]


def test_an_accepting_ta1_is_noted_and_the_997_still_waited_for(send: Send, receive: Receive) -> None:
    sent = send()
    received = receive(written([], ta1=[ta1(1, "A")]))
    assert outcomes(received) == [("TA1", "noted")]
    assert reload(sent).acknowledged == Acknowledged.WAITING
    assert outcomes(receive(written([functional(1)], isa=2))) == [("997", "noted")]
    assert reload(sent).acknowledged == Acknowledged.ACCEPTED
    assert outcomes(receive(written([], isa=3, ta1=[ta1(1, "A")]))) == [("TA1", "duplicate")]


def test_a_rejecting_ta1_rejects_what_is_inside(send: Send, receive: Receive) -> None:
    sent = send()
    received = receive(written([], ta1=[ta1(1, "R", "025")]))
    assert outcomes(received) == [("TA1", "noted")]
    assert [p.kind for p in received.problems] == ["rejected"]
    assert reload(sent).acknowledged == Acknowledged.REJECTED


def test_a_ta1_for_nothing_of_ours_is_visible(send: Send, receive: Receive) -> None:
    send()
    received = receive(written([], ta1=[ta1(77, "A")]))
    assert outcomes(received) == [("TA1", "unmatched")]
    assert [p.kind for p in received.problems] == ["unmatched"]


def test_a_ta1_under_a_reused_number_is_not_believed(send: Send, receive: Receive) -> None:
    sent = send()
    receive(one("855", isa=1))
    received = receive(written([], isa=1, ta1=[ta1(1, "R", "025")]))
    assert received.acknowledgments == ()
    assert [p.kind for p in received.problems] == ["number_reused"]
    assert reload(sent).acknowledged != Acknowledged.REJECTED


# --- 855 and 865


def test_a_response_decides_about_the_order_and_proves_that_it_came(
    send: Send, receive: Receive, now: dt.datetime
) -> None:
    sent = send()
    received = receive(one("855"))
    assert outcomes(received) == [("855", "noted")]
    row = reload(sent)
    assert (row.response, row.responded_at) == ("accepted", now + HOUR)
    assert (row.acknowledged, row.acknowledged_at) == (Acknowledged.ACCEPTED, now + HOUR)
    assert received.acknowledgments[0].sentences == ["Purchase order 500001 was accepted."]


def test_a_997_after_the_response_is_no_contradiction(send: Send, receive: Receive) -> None:
    sent = send()
    receive(one("855", isa=1))
    received = receive(written([functional(1, code="E")], isa=2))
    assert outcomes(received) == [("997", "noted")]
    assert reload(sent).acknowledged == Acknowledged.WITH_ERRORS


def test_a_rejected_order_was_understood_all_the_same(send: Send, receive: Receive) -> None:
    sent = send()
    receive(one("855", answer="rejected", lines=()))
    row = reload(sent)
    assert (row.response, row.acknowledged) == ("rejected", Acknowledged.ACCEPTED)


def test_a_second_answer_replaces_the_first(send: Send, receive: Receive) -> None:
    sent = send()
    receive(one("855", isa=1, answer="received", lines=()))
    received = receive(one("855", isa=2))
    assert outcomes(received) == [("855", "noted")]
    assert reload(sent).response == "accepted"


def test_the_same_answer_in_a_new_envelope_is_a_duplicate(send: Send, receive: Receive) -> None:
    send()
    receive(one("855", isa=1))
    assert outcomes(receive(one("855", isa=2))) == [("855", "duplicate")]


def test_the_newest_version_of_an_order_is_answered(send: Send, receive: Receive) -> None:
    first, second = send(), send()
    receive(one("855"))
    assert (reload(first).response, reload(second).response) == ("", "accepted")


def test_an_answer_to_no_order_of_ours_is_visible(send: Send, receive: Receive) -> None:
    send()
    received = receive(one("855", order_number="999"))
    assert outcomes(received) == [("855", "unmatched")]
    assert [p.kind for p in received.problems] == ["unmatched"]


def test_an_answer_to_a_change_finds_the_change(agree: Agree, send: Send, receive: Receive) -> None:
    agree("865")
    order, change = send(), send(agreement=agree("860"))
    received = receive(one("865"))
    assert outcomes(received) == [("865", "noted")]
    assert (reload(order).response, reload(change).response) == ("", "accepted")


# --- the network's own word


def test_the_status_of_a_network_is_noted_once(send: Send, now: dt.datetime) -> None:
    sent = send()
    first = edi.note_verdict(sent, verdict="rejected", sentences=["Line 1 has no item number."], now=now)
    assert (sent.acknowledged, first.kind, first.outcome) == (Acknowledged.REJECTED, "network", "noted")
    assert edi.note_verdict(sent, verdict="rejected", sentences=["…"], now=now) == first
    assert Acknowledgment.objects.count() == 1
    changed = edi.note_verdict(sent, verdict="accepted", sentences=[], now=now)
    assert changed.outcome == "contradicts"
    with pytest.raises(ValueError, match="no verdict"):
        edi.note_verdict(sent, verdict="waiting", sentences=[], now=now)
