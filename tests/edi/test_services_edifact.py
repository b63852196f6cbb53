"""What comes and goes in EDIFACT: kept, checked, held, matched and answered as what comes in X12."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from edi import services as edi
from edi.edifact.control import read_contrl
from edi.edifact.reading import read_bytes
from edi.edifact.validate import validate
from edi.models import Acknowledgment, Agreement, ControlNumber, Interchange, Network, ReceivedFile, TransactionSet
from edi.services.printing import readable_document
from tests.edi import interchanges as x12
from tests.edi.conftest import THEM, US
from tests.edi.messages import content, control, one, written

Agree = Callable[..., Agreement]
Receive = Callable[..., edi.Received]
Known = TransactionSet.Acknowledged
Intake = TransactionSet.Intake


@pytest.fixture
def agree_edifact(agree: Agree) -> Agree:
    """An agreement in EDIFACT."""

    def make(document_type: str, **changes: Any) -> Agreement:
        values = {"standard": "EDIFACT", "sender_qualifier": "14", "receiver_qualifier": "14", **changes}
        return agree(document_type, **values)

    return make


@pytest.fixture
def receive(network: Network, now: dt.datetime) -> Receive:
    def run(data: bytes, name: str = "in/a.edi") -> edi.Received:
        return edi.receive(network, data, now=now, source_name=name)

    return run


@pytest.fixture
def answer(receive: Receive, now: dt.datetime) -> Callable[[bytes], list[edi.Answer]]:
    def run(data: bytes) -> list[edi.Answer]:
        found = edi.acknowledge(receive(data), now=now)
        assert found.problems == []
        return found.answers

    return run


@pytest.fixture
def send(agree_edifact: Agree, now: dt.datetime) -> Callable[..., TransactionSet]:
    """An order of ours that went out."""

    def run(number: str = "500001", agreement: Agreement | None = None, kind: str = "ORDERS") -> TransactionSet:
        agreed = agreement or agree_edifact("850")
        with transaction.atomic():
            numbers = edi.take_control_numbers(agreed)
            body = written(
                [(kind, content("ORDERS", number=number))],
                number=f"{numbers.interchange:09d}",
                sender=US,
                receiver=THEM,
                test=agreed.stream == "test",
            )
            sent = edi.store_sent(
                agreed, body=body, numbers=numbers, set_id=kind, purpose="original", business_number=number, now=now
            )
        edi.note_sent(sent, network_id="f1", status={}, now=now)
        return sent

    return run


def kinds(received: edi.Received) -> list[str]:
    return [problem.kind for problem in received.problems]


def codes(row: TransactionSet) -> list[tuple[str, str]]:
    said = Acknowledgment.objects.filter(about=row).order_by("pk")
    return [(one.code, one.outcome) for one in said]


# --- receiving


def test_a_message_is_taken_with_all_that_names_it(receive: Receive, agree_edifact: Agree) -> None:
    agreement = agree_edifact("856")
    data = one("DESADV", number="REF17A")
    received = receive(data)
    (found,) = received.taken
    row = found.row
    assert (row.set_id, row.control_number, row.business_number, row.purpose) == ("DESADV", "1", "SHP-1", "original")
    assert (row.agreement, row.partner, row.intake) == (agreement, agreement.partner, "taken")
    came = row.interchange
    assert (came.standard, came.reference, came.control_number, came.stream) == ("EDIFACT", "REF17A", None, "live")
    assert came.route == f"EDIFACT 14:{THEM}/14:{US}"
    assert came.text == data.rstrip()
    assert received.problems == ()


def test_what_is_taken_is_passed_on_message_by_message(
    receive: Receive, agree_edifact: Agree, network: Network
) -> None:
    agree_edifact("856")
    two = [("DESADV", content("DESADV", number=f"SHP-{n}")) for n in (1, 2)]
    receive(written(two, number="5"))
    (batch,) = edi.documents_to_pass_on(network)
    assert [passed.row.business_number for passed in batch] == ["SHP-1", "SHP-2"]
    for passed in batch:
        report = validate((passed.data or b"").decode("latin-1"))
        assert report.findings == []
        (message,) = report.parsed.messages
        assert message.body[0].get(2) == passed.row.business_number


def test_letters_of_the_sender_arrive(receive: Receive, agree_edifact: Agree) -> None:
    agree_edifact("850", direction="in")
    (found,) = receive(one("ORDERS", notes=("Hör av er på måndag",))).taken
    text = str(readable_document(found.row))
    assert "Hör av er på måndag" in text


def test_a_message_with_errors_is_refused(receive: Receive, agree_edifact: Agree) -> None:
    agree_edifact("856")
    broken = [segment for segment in content("DESADV") if segment[0] != "BGM"]
    received = receive(written([("DESADV", broken), ("DESADV", content("DESADV"))]))
    assert [found.row.control_number for found in received.taken] == ["2"]
    assert kinds(received) == ["refused"]
    assert "BGM" in received.problems[0].sentence


def test_a_cut_interchange_is_refused_as_a_whole(receive: Receive, agree_edifact: Agree) -> None:
    agree_edifact("856")
    data = one("DESADV").rpartition(b"UNZ")[0]
    received = receive(data)
    assert received.taken == ()
    assert kinds(received) == ["refused"]
    assert "UNZ" in received.problems[0].sentence


def test_the_same_bytes_again_are_counted(receive: Receive, agree_edifact: Agree) -> None:
    agree_edifact("856")
    receive(one("DESADV"), "first")
    again = receive(one("DESADV"), "second")
    assert len(again.duplicates) == 1
    assert Interchange.objects.get().times == 2


@pytest.mark.parametrize("number", ["7", "REF7"])
def test_a_number_that_came_with_other_content_is_held(receive: Receive, agree_edifact: Agree, number: str) -> None:
    agree_edifact("856")
    receive(one("DESADV", number=number))
    received = receive(one("DESADV", number=number, gross_weight=None, package_count=9))
    assert received.taken == ()
    assert kinds(received) == ["number_reused"]
    assert TransactionSet.objects.latest("pk").intake == Intake.NUMBER_REUSED


def test_x12_and_edifact_count_apart(receive: Receive, agree: Agree, agree_edifact: Agree) -> None:
    agree("810", sender_qualifier="14", receiver_qualifier="14")
    agree_edifact("856")
    receive(one("DESADV", number="000000007"))
    data = x12.one("810", isa=7).replace(b"*ZZ*", b"*14*")
    assert len(receive(data).taken) == 1
    assert {c.route for c in ControlNumber.objects.all()} == {f"14:{THEM}/14:{US}", f"EDIFACT 14:{THEM}/14:{US}"}


def test_an_agreement_in_x12_takes_no_edifact(receive: Receive, agree: Agree) -> None:
    agree("856", sender_qualifier="14", receiver_qualifier="14")
    received = receive(one("DESADV"))
    assert received.taken == ()
    assert kinds(received) == ["unagreed"]


def test_test_data_on_a_live_route_is_held(receive: Receive, agree_edifact: Agree) -> None:
    agree_edifact("856")
    received = receive(one("DESADV", test=True))
    assert kinds(received) == ["quarantined"]
    assert "UNB 0035 1" in received.problems[0].sentence
    row = TransactionSet.objects.get()
    assert (row.interchange.stream, row.interchange.usage) == ("test", "1")


def test_what_is_neither_test_nor_live_is_held(receive: Receive, agree_edifact: Agree) -> None:
    agree_edifact("856")
    data = one("DESADV", test=True).replace(b"++++++1'", b"++++++3'")
    received = receive(data)
    assert kinds(received) == ["quarantined"]
    assert "'3'" in received.problems[0].sentence


def test_a_stranger_is_held_until_there_is_an_agreement(
    receive: Receive, agree_edifact: Agree, now: dt.datetime
) -> None:
    received = receive(one("DESADV"))
    assert kinds(received) == ["unagreed"]
    agree_edifact("856")
    again = edi.receive_again(received.interchanges[0].row, reason="agreed now", actor=None, now=now)
    assert [found.row.intake for found in again.taken] == ["taken"]
    (answer,) = edi.acknowledge(again, now=now).answers
    assert answer.row.set_id == "CONTRL"


def test_an_interchange_without_ends_is_listed(receive: Receive) -> None:
    data = b"UNA:+.? 'UNB+UNOC:3++14:14+260504:0730+1'UNH+1+DESADV:D:96A:UN'UNT+2+1'UNZ+1+1'"
    received = receive(data)
    assert kinds(received) == ["no_header"]
    file = ReceivedFile.objects.get()
    assert (file.content, file.interchange_count) == (data, 0)


def test_what_stands_around_it_is_told(receive: Receive, agree_edifact: Agree) -> None:
    agree_edifact("856")
    received = receive(b"From: edi@them.example\n\n" + one("DESADV"))
    assert len(received.taken) == 1
    assert kinds(received) == ["skipped"]
    assert ReceivedFile.objects.get().content is not None


def test_a_message_that_nobody_knows_is_held(receive: Receive, agree_edifact: Agree) -> None:
    agree_edifact("856")
    received = receive(one("DESADV").replace(b"DESADV:D", b"PRICAT:D"))
    assert kinds(received) == ["unagreed"]
    assert "PRICAT" in received.problems[0].sentence


# --- answering


def test_a_good_interchange_is_accepted(answer: Callable[[bytes], list[edi.Answer]], agree_edifact: Agree) -> None:
    agreement = agree_edifact("856")
    (found,) = answer(one("DESADV", number="REF17A"))
    report = validate(found.body.decode("latin-1"))
    assert report.findings == []  # we would accept it ourselves
    (interchange,) = report.parsed.interchanges
    assert (interchange.sender, interchange.receiver) == ((US, "14"), (THEM, "14"))
    assert (interchange.reference, interchange.is_test, interchange.asks_for_answer) == ("000000001", False, False)
    said = read_contrl(interchange.messages[0])
    assert (said.interchange, said.action, said.accepts("1")) == ("REF17A", "7", True)
    row = found.row
    assert (row.set_id, row.agreement, row.business_number) == ("CONTRL", agreement, "REF17A")
    assert (row.interchange.route, row.interchange.standard) == (f"EDIFACT 14:{US}/14:{THEM}", "EDIFACT")
    assert TransactionSet.objects.get(interchange__direction="in").answered_by == row


def test_a_refused_message_is_rejected_in_its_place(
    answer: Callable[[bytes], list[edi.Answer]], agree_edifact: Agree
) -> None:
    agree_edifact("856")
    broken = [segment for segment in content("DESADV") if segment[0] != "BGM"]
    (found,) = answer(written([("DESADV", broken), ("DESADV", content("DESADV"))]))
    said = read_contrl(read_bytes(found.body)[1].messages[0])
    assert (said.accepts("1"), said.accepts("2")) == (False, True)


@pytest.mark.parametrize(
    ("policy", "asks", "is_broken", "answered"),
    [
        ("always", False, False, True),
        ("asked", False, False, False),
        ("asked", True, False, True),
        ("on_errors", True, False, False),
        ("on_errors", False, True, True),
        ("never", True, True, False),
    ],
)
def test_the_policy_decides(
    answer: Callable[[bytes], list[edi.Answer]],
    agree_edifact: Agree,
    policy: str,
    asks: bool,
    is_broken: bool,
    answered: bool,
) -> None:
    agree_edifact("856", acknowledgment_policy=policy)
    segments = content("DESADV")
    if is_broken:
        segments = [segment for segment in segments if segment[0] != "BGM"]
    assert bool(answer(written([("DESADV", segments)], asks=asks))) is answered


def test_nothing_is_answered_twice_nor_while_it_is_held(
    answer: Callable[[bytes], list[edi.Answer]], agree_edifact: Agree
) -> None:
    agree_edifact("856")
    assert len(answer(one("DESADV"))) == 1
    assert answer(one("DESADV")) == []
    mixed = [("DESADV", content("DESADV", number="SHP-9")), ("INVOIC", content("INVOIC"))]
    assert answer(written(mixed, number="2")) == []  # nothing is agreed about invoices


def test_a_control_is_never_answered(answer: Callable[[bytes], list[edi.Answer]], send: Any) -> None:
    send()
    assert answer(control("000000001")) == []


# --- what is said about ours


def test_a_control_accepts_what_was_sent(receive: Receive, send: Any) -> None:
    sent = send()
    assert (sent.acknowledged, sent.control_number, sent.interchange.reference) == (Known.WAITING, "1", "000000001")
    received = receive(control("000000001"))
    sent.refresh_from_db()
    assert sent.acknowledged == Known.ACCEPTED
    assert codes(sent) == [("7", "noted")]
    assert received.problems == ()
    assert [one.about for one in received.acknowledgments] == [sent]


def test_a_control_rejects_a_message_and_says_why(receive: Receive, send: Any) -> None:
    sent = send()
    ucm = ["UCM", "1", ("ORDERS", "D", "96A", "UN"), "4", "13"]
    received = receive(control("1", messages=[ucm, ["UCS", "3", "13"]]))  # leading zeros are often lost
    sent.refresh_from_db()
    assert sent.acknowledged == Known.REJECTED
    assert kinds(received) == ["rejected"]
    assert "mandatory is missing" in received.problems[0].sentence


def test_an_interchange_that_is_rejected_takes_all_with_it(receive: Receive, send: Any) -> None:
    sent = send()
    receive(control("000000001", action="4", code="23"))
    sent.refresh_from_db()
    assert sent.acknowledged == Known.REJECTED


def test_that_it_came_decides_nothing(receive: Receive, send: Any) -> None:
    sent = send()
    received = receive(control("000000001", action="8"))
    sent.refresh_from_db()
    assert sent.acknowledged == Known.WAITING
    assert received.problems == ()
    receive(control("000000001"))
    sent.refresh_from_db()
    assert sent.acknowledged == Known.ACCEPTED


def test_a_control_about_nothing_of_ours_is_told(receive: Receive, send: Any) -> None:
    send()
    received = receive(control("000000009"))
    assert kinds(received) == ["unmatched"]
    assert "000000009" in received.problems[0].sentence


def test_a_second_opinion_is_told(receive: Receive, send: Any) -> None:
    sent = send()
    receive(control("000000001"))
    received = receive(control("000000001", action="4", code="18"))
    assert kinds(received) == ["contradiction"]
    sent.refresh_from_db()
    assert sent.acknowledged == Known.REJECTED


def test_what_is_not_answered_is_overdue(send: Any, now: dt.datetime) -> None:
    sent = send()
    (late,) = edi.mark_overdue(now + dt.timedelta(hours=25))
    assert (late, late.acknowledged) == (sent, Known.OVERDUE)


@pytest.mark.parametrize(("decision", "kind"), [("accepted", []), ("rejected", ["rejected"])])
def test_an_order_response_decides_about_the_order(
    receive: Receive, agree_edifact: Agree, send: Any, decision: str, kind: list[str]
) -> None:
    sent = send()
    agree_edifact("855")
    received = receive(one("ORDRSP", order_number="500001", answer=decision))
    sent.refresh_from_db()
    assert (sent.response, sent.acknowledged) == (decision, Known.ACCEPTED)
    assert kinds(received) == kind


def test_an_order_response_is_about_the_newest_of_order_and_change(
    receive: Receive, agree_edifact: Agree, send: Any
) -> None:
    agreement = agree_edifact("850")
    first = send(agreement=agreement)
    change = send(agreement=agreement, kind="ORDCHG")
    agree_edifact("855")
    receive(one("ORDRSP", order_number="500001"))
    first.refresh_from_db()
    change.refresh_from_db()
    assert (first.response, bool(change.response)) == ("", True)


# --- sending


def test_test_data_never_goes_out_as_live(agree_edifact: Agree, now: dt.datetime) -> None:
    agreement = agree_edifact("850")
    body = written([("ORDERS", content("ORDERS"))], number="000000001", sender=US, receiver=THEM, test=True)
    wrong_number = written([("ORDERS", content("ORDERS"))], number="000000002", sender=US, receiver=THEM)
    for data, said in ((body, "UNB 0035"), (wrong_number, "number 000000002"), (x12.one("850"), "EDIFACT")):
        with transaction.atomic(), pytest.raises(edi.WrongEnvelope, match=said):
            edi.store_sent(
                agreement,
                body=data,
                numbers=edi.ControlNumbers(interchange=1, group=1),
                set_id="ORDERS",
                purpose="original",
                business_number="1",
                now=now,
            )
    assert Interchange.objects.count() == 0


# --- agreements


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"document_type": "865"}, "document_type"),
        ({"payload": "json"}, "payload"),
        ({"guide": {"segments": []}}, "guide"),
        ({"group_sender_id": "G"}, "group_sender_id"),
        ({"requests_ta1": True}, "requests_ta1"),
        ({"service_characters": ":+,? '"}, "service_characters"),
        ({"service_characters": "::.? '"}, "service_characters"),
        ({"service_characters": ":+.?"}, "service_characters"),
        ({"service_characters": ":+.  '"}, "service_characters"),
        ({"syntax": "UNOA", "sender_id": "nordbod"}, "sender_id"),
        ({"syntax": "UNOX"}, "syntax"),
        ({"sender_qualifier": "TOO-LONG"}, "sender_qualifier"),
        ({"settings": {"build": {"units": 3}}}, "settings"),
        ({"settings": {"letters": {"Å": "Å"}}, "syntax": "UNOA"}, "settings"),
    ],
)
def test_what_does_not_fit_edifact_is_said(agree_edifact: Agree, changes: dict[str, Any], field: str) -> None:
    document_type = changes.pop("document_type", "850")
    with pytest.raises(ValidationError) as caught:
        agree_edifact(document_type, **{"direction": "out", **changes})
    assert field in caught.value.message_dict


def test_what_does_not_fit_x12_is_said(agree: Agree) -> None:
    with pytest.raises(ValidationError) as caught:
        agree("856", acknowledgment_policy="asked")
    assert "acknowledgment_policy" in caught.value.message_dict
    with pytest.raises(ValidationError) as caught:
        agree("856", sender_id="A" * 16)
    assert "ISA06" in str(caught.value)
    with pytest.raises(ValidationError):
        agree("856", sender_qualifier="ZZZ")


def test_an_id_may_stand_without_a_qualifier(agree_edifact: Agree, receive: Receive) -> None:
    agreement = agree_edifact("856", sender_qualifier="", receiver_qualifier="")
    assert edi.route_of(agreement) == f"EDIFACT {THEM}/{US}"
    data = one("DESADV").replace(b":14+", b"+")
    assert len(receive(data).taken) == 1


def test_an_agreement_writes_its_header(agree_edifact: Agree) -> None:
    header = agree_edifact("850", stream="test", service_characters="|+.\\ '", acknowledgment_hours=0).header()
    assert (header.is_test, header.acknowledgment_requested, header.marks.una) == (True, False, "UNA|+.\\ '")


# --- whatever comes


@pytest.mark.parametrize("seed", range(3))
def test_nothing_in_a_file_makes_receiving_fail(
    receive: Receive, agree_edifact: Agree, now: dt.datetime, seed: int
) -> None:
    """Broken at random: bytes changed, lost, doubled, in a message or in a CONTRL."""
    agree_edifact("856")
    agree_edifact("850")
    chance = random.Random(seed)
    for number in range(12):
        whole = bytearray(one("DESADV", number=f"{seed}-{number}") if number % 2 else control(f"{number}"))
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(whole))
            match chance.randrange(4):
                case 0:
                    whole[at] = chance.choice(b"+:'?\x00\xffA1 ")
                case 1:
                    del whole[at : at + chance.randint(1, 60)]
                case 2:
                    whole[at:at] = whole[at : at + chance.randint(1, 60)]
                case _:
                    whole[at:at] = chance.choice((b"'", b"??", b"UNB+", b"UNH+1+X'", b"UNZ+1+1'", b"\r\n"))
        received = receive(bytes(whole), f"{seed}/{number}.edi")
        edi.acknowledge(received, now=now)
        for passed in received.taken:
            assert edi.received_document(passed.row).data
