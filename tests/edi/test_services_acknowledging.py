"""Answers to what was received: 997 for each group, TA1 when asked, by policy, once, never to an acknowledgment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from edi import services as edi
from edi.models import Agreement, ControlNumber, Interchange, Network, TransactionSet
from edi.x12.acknowledge import read_997, read_ta1
from edi.x12.validate import validate
from edi.x12.writer import SegmentValues
from tests.edi.conftest import THEM, US
from tests.edi.interchanges import content, functional, one, written

Agree = Callable[..., Agreement]


@pytest.fixture
def answer(network: Network, now: dt.datetime) -> Callable[[bytes], edi.Answers]:
    def run(data: bytes) -> edi.Answers:
        return edi.acknowledge(edi.receive(network, data, now=now, source_name="in.x12"), now=now)

    return run


AnswerTo = Callable[[bytes], edi.Answers]


def asking(data: bytes) -> bytes:
    """The interchange with ISA14 = 1."""
    return data.replace(b"*0*P*", b"*1*P*", 1)


def broken(set_id: str = "856") -> list[SegmentValues]:
    return [s for s in content(set_id) if s[0] != "BSN"]


def test_a_good_set_is_accepted(answer: AnswerTo, agree: Agree) -> None:
    agreement = agree("856")
    (found,) = answer(one("856", isa=17)).answers
    report = validate(found.body.decode())
    assert report.findings == []  # we would accept it ourselves
    (interchange,) = report.parsed.interchanges
    assert [interchange.isa.get(n).strip() for n in (5, 6, 7, 8, 15)] == ["ZZ", US, "ZZ", THEM, "P"]
    (group,) = interchange.groups
    assert [group.gs.get(n) for n in (1, 2, 3, 8)] == ["FA", US, THEM, "004010"]
    said = read_997(group.sets[0])
    assert (said.functional_id, said.group_control, said.code, said.code_of("0001")) == ("SH", "17", "A", "A")
    assert (found.row.set_id, found.row.agreement, found.row.partner) == ("997", agreement, agreement.partner)
    assert found.row.business_number == "SH 17"


def test_what_is_sent_is_stored_with_numbers_of_the_way_back(answer: AnswerTo, agree: Agree, network: Network) -> None:
    agree("856")
    agree("850")
    (first,) = answer(one("856", isa=1)).answers
    (second,) = answer(one("856", isa=2, number="SHP-2")).answers
    assert (first.interchange.control_number, second.interchange.control_number) == (1, 2)
    assert first.interchange.route == f"ZZ:{US}/ZZ:{THEM}"
    stored = Interchange.objects.get(pk=second.interchange.pk)
    assert (bytes(stored.text), stored.direction, stored.group_control_number) == (second.body, "out", 2)
    assert b"*000000002*" in second.body
    counters = ControlNumber.objects.filter(direction="out").values_list("kind", "route", "last")
    assert sorted(counters) == [("group", f"ZZ:{US}/ZZ:{THEM}", 2), ("interchange", f"ZZ:{US}/ZZ:{THEM}", 2)]


def test_answers_count_along_with_documents(answer: AnswerTo, agree: Agree) -> None:
    from django.db import transaction

    agree("856")
    order = agree("850")
    with transaction.atomic():
        assert edi.take_control_numbers(order) == edi.ControlNumbers(interchange=1, group=1)
    (found,) = answer(one("856")).answers
    assert (found.interchange.control_number, found.row.group_control_number) == (2, 2)


def test_a_refused_set_is_rejected_in_its_place(answer: AnswerTo, agree: Agree) -> None:
    agree("856")
    (found,) = answer(written([("856", broken()), ("856", content("856"))])).answers
    said = read_997(validate(found.body.decode()).parsed.sets[0])
    assert (said.code, said.included, said.accepted) == ("P", 2, 1)
    assert (said.code_of("0001"), said.code_of("0002")) == ("R", "A")
    assert any("BSN" in sentence for sentence in said.sentences)


def test_what_is_answered_points_at_its_answer(answer: AnswerTo, agree: Agree) -> None:
    agree("856")
    (found,) = answer(one("856")).answers
    row = TransactionSet.objects.get(interchange__direction="in")
    assert row.answered_by == found.row
    assert edi.answers_to(row.interchange) == [found.interchange]


def test_a_duplicate_is_not_answered_again(answer: AnswerTo, agree: Agree) -> None:
    agree("856")
    answer(one("856"))
    assert answer(one("856")).answers == []


def test_what_was_answered_is_not_answered_again(agree: Agree, network: Network, now: dt.datetime) -> None:
    agree("856")
    received = edi.receive(network, asking(one("856")), now=now, source_name="in.x12")
    assert len(edi.acknowledge(received, now=now).answers) == 1
    assert edi.acknowledge(received, now=now).answers == []


def test_an_acknowledgment_is_never_acknowledged(answer: AnswerTo, agree: Agree) -> None:
    agree("850")
    assert answer(written([functional(1)])).answers == []


def test_a_997_of_ours_is_not_waited_for(answer: AnswerTo, agree: Agree, now: dt.datetime) -> None:
    agree("856")
    (found,) = answer(one("856")).answers
    edi.note_sent(found.row, network_id="out/997.x12", status={}, now=now)
    assert found.row.acknowledged == TransactionSet.Acknowledged.NOT_EXPECTED


@pytest.mark.parametrize(
    ("policy", "good", "bad"), [("always", True, True), ("on_errors", False, True), ("never", False, False)]
)
def test_the_policy_of_the_agreement_decides(
    answer: AnswerTo, agree: Agree, policy: str, good: bool, bad: bool
) -> None:
    agree("856", acknowledgment_policy=policy)
    assert bool(answer(asking(one("856", isa=1))).answers) is good
    assert bool(answer(written([("856", broken())], isa=2)).answers) is bad


@pytest.mark.parametrize("usage", ["T", "I"])
def test_what_is_held_is_not_answered(answer: AnswerTo, agree: Agree, usage: str) -> None:
    agree("856")
    assert answer(asking(one("856", usage=usage))).answers == []


def test_a_stranger_is_not_answered(answer: AnswerTo) -> None:
    assert answer(one("856")).answers == []


def test_a_reused_number_is_not_answered_until_somebody_decides(answer: AnswerTo, agree: Agree) -> None:
    agree("856")
    answer(one("856"))
    assert answer(asking(one("856", number="SHP-2"))).answers == []


def test_a_ta1_is_written_when_it_is_asked_for(answer: AnswerTo, agree: Agree) -> None:
    agree("856")
    (found,) = answer(asking(one("856", isa=9))).answers
    parsed = validate(found.body.decode()).parsed
    said = read_ta1(parsed.interchanges[0].ta1[0])
    assert (said.control_number, said.date, said.time, said.code, said.note_code) == (
        "000000009",
        "260504",
        "0730",
        "A",
        "000",
    )
    assert [row.set_id for row in found.rows] == ["TA1", "997"]
    assert parsed.interchanges[0].isa.get(14) == "0"
    assert Interchange.objects.get(direction="in").answered_by == found.rows[0]


def test_a_refused_envelope_is_refused_by_the_ta1_alone(answer: AnswerTo, agree: Agree) -> None:
    agree("856")
    data = asking(one("856")).replace(b"260504*0730", b"269904*0730", 1)
    (found,) = answer(data).answers
    parsed = validate(found.body.decode()).parsed
    said = read_ta1(parsed.interchanges[0].ta1[0])
    assert (said.code, said.note_code) == ("R", "014")
    assert parsed.sets == []


def test_a_refused_envelope_is_refused_by_the_997_where_no_ta1_is_wanted(answer: AnswerTo, agree: Agree) -> None:
    agree("856")
    (found,) = answer(one("856").replace(b"260504*0730", b"269904*0730", 1)).answers
    said = read_997(validate(found.body.decode()).parsed.sets[0])
    assert (said.code, said.code_of("0001"), said.accepted) == ("R", "R", 0)


def test_the_verdict_answered_is_the_verdict_acted_on(answer: AnswerTo, agree: Agree) -> None:
    agree("856", settings={"acknowledgment": {"errors": "note"}})
    (found,) = answer(written([("856", broken())])).answers
    assert read_997(validate(found.body.decode()).parsed.sets[0]).code == "E"
    assert TransactionSet.objects.get(interchange__direction="in").intake == TransactionSet.Intake.TAKEN


def test_groups_of_two_versions_are_answered_in_theirs(answer: AnswerTo, agree: Agree, network: Network) -> None:
    from edi.x12.envelope_spec import EnvelopeSpec
    from edi.x12.writer import OutgoingGroup, OutgoingSet, write_interchange
    from tests.edi.interchanges import WRITTEN_AT

    agree("856")
    spec = EnvelopeSpec(
        sender_qualifier="ZZ", sender_id=THEM, receiver_qualifier="ZZ", receiver_id=US, usage="P", line_break="\n"
    )
    groups = [
        OutgoingGroup(
            control_number=number,
            version=version,
            sets=[OutgoingSet(set_id="856", control_number="0001", segments=content("856"))],
        )
        for number, version in ((1, "004010"), (2, "005010"), (3, "004010VICS"))
    ]
    (found,) = answer(write_interchange(spec, groups, control_number=1, written_at=WRITTEN_AT).data).answers
    answered = [
        (group.version, [read_997(tset).group_control for tset in group.sets])
        for group in validate(found.body.decode()).parsed.interchanges[0].groups
    ]
    assert answered == [("004010", ["1", "3"]), ("005010", ["2"])]
    assert [(row.group_control_number, row.control_number) for row in found.rows] == [
        (1, "0001"),
        (1, "0002"),
        (2, "0001"),
    ]


def test_an_answer_that_cannot_be_written_is_a_problem_and_takes_no_number(answer: AnswerTo, agree: Agree) -> None:
    agreement = agree("856")
    Agreement.objects.filter(pk=agreement.pk).update(element_separator="A")  # past the model's own checks
    answers = answer(one("856"))
    assert answers.answers == []
    assert [problem.kind for problem in answers.problems] == ["answer"]
    assert not ControlNumber.objects.filter(direction="out", last__gt=0).exists()


def test_the_ids_of_the_group_are_turned_round(answer: AnswerTo, agree: Agree) -> None:
    agree("856")
    (found,) = answer(written([("856", content("856"))], group_sender="LEV-GS", group_receiver="BOD-GS")).answers
    gs = validate(found.body.decode()).parsed.interchanges[0].groups[0].gs
    assert (gs.get(2), gs.get(3)) == ("BOD-GS", "LEV-GS")
