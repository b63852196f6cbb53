from __future__ import annotations

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.x12.acknowledge import (
    AcknowledgmentOptions,
    acknowledgment_version,
    build_997,
    build_ta1,
    is_ta1_requested,
    judge,
    read_997,
    read_ta1,
)
from edi.x12.charset import CharsetPolicy
from edi.x12.envelope_spec import EnvelopeSpec
from edi.x12.errors import NotAnAcknowledgment
from edi.x12.findings import Finding
from edi.x12.reader import read
from edi.x12.segments import FunctionalGroup, Segment, Separators, TransactionSet
from edi.x12.validate import validate
from edi.x12.writer import OutgoingGroup, OutgoingSet, write_interchange
from tests.edi.x12.orders import GS, ISA, ORDER, SEGMENTS, replaced, text, without

WRITTEN_AT = datetime.datetime(2026, 1, 15, 13, 0, tzinfo=datetime.UTC)
SECOND = tuple(segment.replace("0001", "0002") for segment in ORDER)
BOTH = text(ISA, GS, *ORDER, *SECOND, "GE*2*7", "IEA*1*000000042")


def fault(whole: str, segment: str, position: int, *, set_control: str = "0001", **changes) -> Finding:
    """A finding as the check of structure and elements makes it."""
    values = {
        "level": "element",
        "code": "test",
        "message": "A fault.",
        "segment": segment,
        "position": position,
        "set_id": "850",
        "set_control": set_control,
        "offset": whole.index(segment + "*"),
        "ack_segment_code": "8",
        "ack_set_code": "5",
    }
    return Finding(**(values | changes))


def answer(whole: str, *findings: Finding, group: int = 0, **options) -> list[str]:
    parsed = read(whole)
    segments = build_997(
        parsed.interchanges[0].groups[group], [*parsed.findings, *findings], AcknowledgmentOptions(**options)
    )
    assert segments is not None
    return ["*".join(value if isinstance(value, str) else ">".join(value) for value in segment) for segment in segments]


def test_a_sound_group_is_accepted():
    assert answer(text()) == ["AK1*PO*7", "AK2*850*0001", "AK5*A", "AK9*A*1*1*1"]
    assert answer(text(), list_accepted=False) == ["AK1*PO*7", "AK9*A*1*1*1"]


def test_segment_and_element_errors():
    faults = [
        fault(text(), "CTT", 6, element=1, element_number="354", ack_element_code="1"),
        fault(text(), "PO1", 4, element=2, element_number="330", ack_element_code="6", value="12 pcs"),
        fault(text(), "PO1", 4, element=5, component=2, element_number="355", ack_element_code="7", value="XX"),
        fault(text(), "CUR", 3, level="segment", ack_segment_code="3"),
    ]
    assert answer(text(), *faults) == [
        "AK1*PO*7",
        "AK2*850*0001",
        "AK3*CUR*3**3",
        "AK3*PO1*4**8",
        "AK4*2*330*6*12 pcs",
        "AK4*5>2*355*7*XX",
        "AK3*CTT*6**8",
        "AK4*1*354*1",
        "AK5*R*5",
        "AK9*R*1*1*0",
    ]


def test_one_of_two_sets_is_rejected():
    error = fault(BOTH, "CUR", 3, set_control="0002", element=2, ack_element_code="5", value="SEKX")
    assert answer(BOTH, error) == [
        "AK1*PO*7",
        "AK2*850*0001",
        "AK5*A",
        "AK2*850*0002",
        "AK3*CUR*3**8",
        "AK4*2**5*SEKX",
        "AK5*R*5",
        "AK9*P*2*2*1",
    ]
    assert answer(BOTH, error, partial=False)[2:] == [
        "AK5*R",
        "AK2*850*0002",
        "AK3*CUR*3**8",
        "AK4*2**5*SEKX",
        "AK5*R*5",
        "AK9*R*2*2*0",
    ]
    assert answer(BOTH, error, list_accepted=False)[1] == "AK2*850*0002"
    assert answer(BOTH, error, errors="note")[-2:] == ["AK5*E*5", "AK9*E*2*2*2"]


def test_warnings_are_noted_if_the_partner_wants_them():
    warning = fault(text(), "CUR", 3, severity="warning", element=2, ack_element_code="7", value="SEX")
    assert answer(text(), warning)[-1] == "AK9*A*1*1*1"
    assert answer(text(), warning, note_warnings=True)[2:] == ["AK3*CUR*3**8", "AK4*2**7*SEX", "AK5*E*5", "AK9*E*1*1*1"]


@pytest.mark.parametrize(
    ("old", "new", "verdict", "group"),
    [
        ("SE*7*0001", "SE*8*0001", "AK5*R*4", "AK9*R*1*1*0"),
        ("SE*7*0001", "SE*7*0002", "AK5*R*3", "AK9*R*1*1*0"),
        ("ST*850*0001", "ST*850", "AK5*R*7", "AK9*R*1*1*0"),
        ("SEK~\n", "SEK\n", "AK5*R*5", "AK9*R*1*1*0"),
        ("GE*1*7", "GE*2*7", None, "AK9*R*2*1*0*5"),
        ("GE*1*7", "GE*1*8", None, "AK9*R*1*1*0*4"),
        ("GE*1*7", "GE*one*7", None, "AK9*R*1*1*0*5"),
        ("*1200*7*X", "*1200*A7*X", None, "AK9*R*1*1*0*6"),
        ("*X*004010", "*X*4010", None, "AK9*R*1*1*0*2"),
        ("IEA*1*", "IEA*2*", "AK5*A", "AK9*A*1*1*1"),
    ],
)
def test_envelope_errors(old, new, verdict, group):
    said = answer(replaced(old, new))
    assert said[-1] == group
    assert [line for line in said if line.startswith("AK5")] == ([verdict] if verdict else [])
    assert answer(replaced(old, new), errors="note")[-1] == (group if verdict != "AK5*R*5" else "AK9*E*1*1*1")


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("SE", ["AK5*R*2", "AK9*R*1*1*0"]),
        ("GE", ["AK9*R*1*1*0*3"]),
        ("ST", ["AK9*R*1*0*0*5"]),
    ],
)
def test_missing_trailers_and_headers(tag, expected):
    assert answer(without(tag))[-len(expected) :] == expected


def test_a_group_that_was_cut_off():
    assert answer(text(*SEGMENTS[:5])) == ["AK1*PO*7", "AK2*850*0001", "AK5*R*2", "AK9*R*1*1*0*3"]


def test_numbers_that_occur_twice():
    sets = text(ISA, GS, *ORDER, *ORDER, "GE*2*7", "IEA*1*000000042")
    assert answer(sets)[-3:] == ["AK2*850*0001", "AK5*R*7", "AK9*P*2*2*1"]
    assert answer(sets.replace("*X*004010", "*X*005010"))[-2:] == ["AK5*R*23", "AK9*P*2*2*1"]
    groups = text(ISA, GS, *ORDER, "GE*1*7", GS, *ORDER, "GE*1*7", "IEA*2*000000042")
    assert answer(groups, group=0)[-1] == "AK9*A*1*1*1"
    assert answer(groups, group=1)[-1] == "AK9*R*1*1*0*6"


def test_findings_of_other_groups_and_interchanges_are_left_out():
    other = text(ISA, GS.replace("*7*", "*8*"), *ORDER, "GE*1*8", "IEA*1*000000042").replace("SE*7*", "SE*9*")
    parsed = read(text() + other)
    first, second = (interchange.groups[0] for interchange in parsed.interchanges)
    assert judge(first, parsed.findings).code == "A"
    assert judge(second, parsed.findings).code == "R"


def test_5010_names_versions():
    whole = text().replace("*X*004010", "*X*005010X300").replace("ST*850*0001", "ST*850*0001*GUIDE")
    assert answer(whole)[:2] == ["AK1*PO*7*005010X300", "AK2*850*0001*GUIDE"]


def test_the_version_of_the_answer():
    def group(version):
        return FunctionalGroup(Segment("GS", ["PO", "A", "B", "20260115", "1200", "7", "X", version]))

    assert acknowledgment_version(group("004010VICS")) == "004010"
    assert acknowledgment_version(group("005010")) == "005010"
    assert acknowledgment_version(group("?")) == "004010"


def test_acknowledgments_and_fragments_are_not_acknowledged():
    acknowledgment = text(
        ISA, GS.replace("*PO*", "*FA*"), "ST*997*0001", "AK1*PO*7", "AK9*A*1*1*1", "SE*4*0001", "GE*1*7"
    )
    for whole in (acknowledgment, text(*ORDER)):
        assert build_997(read(whole).interchanges[0].groups[0], []) is None


def test_what_cannot_be_sent_back_is_left_out():
    def copied(value, **options):
        error = fault(text(), "PO1", 4, element=2, element_number="330", ack_element_code="6", value=value)
        return next(line for line in answer(text(), error, **options) if line.startswith("AK4"))

    assert copied("A>B") == copied("A*B") == copied("Åse") == copied("a\nb") == "AK4*2*330*6"
    assert copied("12", copy_values=False) == "AK4*2*330*6"
    assert copied("9" * 120) == "AK4*2*330*6*" + "9" * 99
    odd = text().replace("ST*850*0001", "ST*8>0*0001")
    assert "AK2*8?0*0001" in answer(odd)


def test_errors_of_meaning_reject_only_with_a_code():
    total = fault(text(), "CTT", 6, level="meaning", ack_segment_code="", ack_set_code="")
    assert answer(text(), total)[-1] == "AK9*A*1*1*1"
    coded = fault(text(), "CTT", 6, level="meaning", element=1, ack_element_code="7")
    assert answer(text(), coded)[-1] == "AK9*R*1*1*0"


def test_at_most_99_element_notes_and_five_codes():
    errors = [fault(text(), "PO1", 4, element=1 + n, ack_element_code="1") for n in range(150)]
    errors += [fault(text(), "PO1", 4, level="set", ack_segment_code="", ack_set_code=str(n)) for n in range(1, 9)]
    said = answer(text(), *errors)
    assert sum(line.startswith("AK4") for line in said) == 99
    assert said[-2] == "AK5*R*1*2*3*4*5"


def test_generated_groups_have_no_offsets():
    tset = TransactionSet(Segment("ST", ["850", "0001"]), [Segment("BEG", [])], Segment("SE", ["3", "0001"]))
    group = FunctionalGroup(Segment("GS", ["PO", "A", "B", "", "", "7", "X", "004010"]), [tset])
    error = Finding(
        level="segment", code="x", message="X.", segment="BEG", position=2, set_control="0001", ack_segment_code="8"
    )
    assert judge(group, [error]).sets[0].code == "R"
    assert judge(group, []).code == "A"


@pytest.mark.parametrize("version", ["004010", "005010"])
def test_a_997_can_be_written_checked_and_read_back(version):
    parsed = read(BOTH.replace("*X*004010", f"*X*{version}"))
    group = parsed.interchanges[0].groups[0]
    error = fault(
        BOTH, "CUR", 3, set_control="0002", element=2, element_number="100", ack_element_code="5", value="SEKX"
    )
    spec = EnvelopeSpec(
        sender_qualifier="14", sender_id="GROSSISTEN", receiver_qualifier="ZZ", receiver_id="NORDBYGG", usage="P",
        version=version, separators=Separators(repetition="^"),
    )  # fmt: skip
    segments = build_997(group, [error])
    assert segments is not None
    outgoing = OutgoingSet(set_id="997", control_number="0001", segments=segments)
    groups = [OutgoingGroup(control_number=3, sets=[outgoing], version=acknowledgment_version(group))]
    written = write_interchange(spec, groups, control_number=9, written_at=WRITTEN_AT)
    again = read(written.text)
    assert again.findings == []
    assert validate(written.text).findings == []
    assert (again.interchanges[0].groups[0].functional_id, again.sets[0].version) == ("FA", version)
    said = read_997(again.sets[0])
    assert (said.code, said.code_of("0001"), said.code_of("0002")) == ("P", "A", "R")
    assert said.sets[1].segments[0].elements[0].value == "SEKX"


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_comes_the_answer_can_be_sent(data):
    whole = BOTH
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(106, len(whole)))
        length = data.draw(st.sampled_from([0, 1, 2, 9, 30]))
        whole = whole[:start] + data.draw(st.text("~*>:^\n ASGTE01å\x1d", max_size=4)) + whole[start + length :]
    report = validate(whole)
    spec = EnvelopeSpec(
        sender_qualifier="14", sender_id="GROSSISTEN", receiver_qualifier="ZZ", receiver_id="NORDBYGG", usage="P",
        separator_replacement=None, charset=CharsetPolicy(policy="reject"),
    )  # fmt: skip
    for interchange in report.parsed.interchanges:
        if interchange.isa is not None:
            read_ta1(Segment("TA1", build_ta1(interchange, report.findings)[1:]))
        for group in interchange.groups:
            verdict = judge(group, report.findings)
            segments = build_997(group, report.findings)
            if segments is None:
                continue
            outgoing = OutgoingSet(set_id="997", control_number="0001", segments=segments)
            groups = [OutgoingGroup(control_number=3, sets=[outgoing])]
            written = write_interchange(spec, groups, control_number=9, written_at=WRITTEN_AT)
            said = read_997(read(written.text).sets[0])
            assert (said.code, said.accepted) == (verdict.code, verdict.accepted)
            assert said.is_accepted == (said.accepted == len(group.sets) and not verdict.codes)


def test_ta1_of_a_sound_interchange():
    interchange = read(text()).interchanges[0]
    assert build_ta1(interchange, []) == ["TA1", "000000042", "260115", "1200", "A", "000"]
    assert not is_ta1_requested(interchange)
    assert is_ta1_requested(read(replaced("*0*P*>", "*1*P*>")).interchanges[0])


@pytest.mark.parametrize(
    ("old", "new", "code", "note"),
    [
        ("IEA*1*000000042", "IEA*1*000000043", "R", "001"),
        ("IEA*1*", "IEA*3*", "R", "021"),
        ("*260115*1200*U", "*261315*1200*U", "R", "014"),
        ("*0*P*>", "*0*X*>", "R", "020"),
        ("*0*P*>", "*7*P*>", "E", "019"),
        ("*14*GROSSISTEN", "*??*GROSSISTEN", "E", "007"),
        ("*20260115*1200*7", "*20261315*1200*7", "R", "024"),
        ("SE*7*", "SE*8*", "A", "000"),
        ("GE*1*7", "GE*2*7", "A", "000"),
    ],
)
def test_ta1_of_a_faulty_interchange(old, new, code, note):
    parsed = read(replaced(old, new))
    ta1 = build_ta1(parsed.interchanges[0], parsed.findings)
    assert ta1[4:] == [code, note]
    said = read_ta1(Segment("TA1", ta1[1:]))
    assert said.is_accepted == (code != "R")


def test_ta1_of_damaged_interchanges():
    parsed = read(without("IEA"))
    assert build_ta1(parsed.interchanges[0], parsed.findings)[4:] == ["R", "023"]
    parsed = read(replaced("*000000042*0", "*ABC      *0"))
    assert build_ta1(parsed.interchanges[0], parsed.findings) == ["TA1", "000000000", "260115", "1200", "R", "018"]
    with pytest.raises(NotAnAcknowledgment):
        build_ta1(read(without("ISA")).interchanges[0], [])


def test_ta1_for_a_reason_of_the_callers():
    interchange = read(text()).interchanges[0]
    assert build_ta1(interchange, [], refusal="025")[4:] == ["R", "025"]
