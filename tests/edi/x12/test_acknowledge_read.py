from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.x12.acknowledge import read_997, read_999, read_acknowledgment, read_ta1
from edi.x12.errors import NotAnAcknowledgment
from edi.x12.reader import read, read_bytes
from edi.x12.segments import Segment, TransactionSet

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"


def tset(*lines: str, set_id: str = "997") -> TransactionSet:
    body = [Segment(line.split("*")[0], line.split("*")[1:]) for line in lines]
    return TransactionSet(Segment("ST", [set_id, "0007"]), body, Segment("SE", [str(len(body) + 2), "0007"]))


def test_everything_a_997_says():
    said = read_997(
        tset(
            "AK1*PO*7",
            "AK2*850*0001",
            "AK5*A",
            "AK2*850*0002",
            "AK3*CUR*3**8",
            "AK4*2*100*5*USDX",
            "AK4*5>2*355*7*XX",
            "AK3*N1*9*N1*3",
            "AK5*R*5*4",
            "AK9*P*2*2*1",
        )
    )
    assert (said.kind, said.control_number) == ("997", "0007")
    assert (said.functional_id, said.group_control, said.version) == ("PO", "7", "")
    assert (said.code, said.included, said.received, said.accepted) == ("P", 2, 2, 1)
    assert not said.is_accepted
    assert said.unread == ()
    first, second = said.sets
    assert (first.set_id, first.control_number, first.code, first.is_accepted) == ("850", "0001", "A", True)
    assert [error.code for error in second.errors] == ["5", "4"]
    assert [(segment.segment, segment.position, segment.loop, segment.code) for segment in second.segments] == [
        ("CUR", 3, "", "8"),
        ("N1", 9, "N1", "3"),
    ]
    assert [(e.element, e.component, e.element_number, e.code, e.value) for e in second.segments[0].elements] == [
        (2, 0, "100", "5", "USDX"),
        (5, 2, "355", "7", "XX"),
    ]
    assert said.sentences == (
        "Functional group PO 7 was partly accepted: at least one transaction set was rejected",
        "Transaction set 850 0002 was rejected",
        "one or more segments are in error",
        "the number of segments does not match the actual count",
        (
            "CUR, segment 3: the segment has errors in its elements; element 2 (data element 100): "
            "the value is too long ('USDX'); element 5, component 2 (data element 355): the code is not valid ('XX')"
        ),
        "N1, segment 9: a mandatory segment is missing",
    )


def test_everything_a_999_says():
    said = read_999(
        tset(
            "AK1*PO*7*005010",
            "AK2*850*0001*GUIDE",
            "IK3*N1*5**I7",
            "CTX*SITUATIONAL TRIGGER*N1*5",
            "IK4*2*93*I9",
            "IK5*R*I5",
            "AK9*R*1*1*0*19",
            set_id="999",
        )
    )
    assert (said.version, said.code, said.errors[0].code) == ("005010", "R", "19")
    (acknowledged,) = said.sets
    assert (acknowledged.implementation, acknowledged.code) == ("GUIDE", "R")
    (segment,) = acknowledged.segments
    assert segment.context == ("SITUATIONAL TRIGGER*N1*5",)
    assert segment.elements[0].words == "an element that depends on other data is missing"
    assert read_acknowledgment(tset("AK1*PO*7", set_id="999")).kind == "999"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["AK9*A*2*2*2"], "A"),
        (["AK9*E*2*2*2"], "E"),
        (["AK9*R*2*2*0*2"], "R"),
        (["AK2*850*0002", "AK5*R*5", "AK9*P*2*2*1"], "A"),
        (["AK2*850*0002", "AK5*R*5", "AK9*P*3*3*1"], ""),
        (["AK2*850*0002", "AK5*R*5", "AK9*P"], ""),
        (["AK2*850*0001", "AK5*E*5", "AK9*A*1*1*1"], "E"),
        (["AK2*850*0001", "AK9*A*1*1*1"], ""),
        ([], ""),
    ],
)
def test_the_verdict_on_one_set(lines, expected):
    assert read_997(tset("AK1*PO*7", *lines)).code_of("0001") == expected


def test_parts_out_of_order_and_unknown_codes():
    said = read_997(tset("AK1*PO*7", "AK3*CUR*x**99", "AK4*?*100*99", "AK5*Z*99", "AK5*A", "XYZ*1", "AK4*1"))
    assert [acknowledged.code for acknowledged in said.sets] == ["Z", "A"]
    assert said.sets[0].segments[0].position == 0
    assert "does not define" in said.sets[0].segments[0].words
    assert "does not define" in said.sets[0].sentences[0]
    assert said.unread == ("XYZ", "AK4")
    assert (said.code, said.included) == ("", None)


def test_what_is_no_acknowledgment():
    for read_one, wrong in [
        (read_997, tset("AK1*PO*7", set_id="999")),
        (read_999, tset("AK1*PO*7")),
        (read_acknowledgment, tset("BEG*00", set_id="850")),
        (read_997, tset("AK9*A*1*1*1")),
    ]:
        with pytest.raises(NotAnAcknowledgment):
            read_one(wrong)
    with pytest.raises(NotAnAcknowledgment):
        read_ta1(Segment("TA2", []))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["AK1", "AK2", "AK3", "AK4", "AK5", "AK9", "CTX", "X"]), st.lists(st.text(max_size=5))
        )
    )
)
def test_any_segments_can_be_read(pairs):
    body = [Segment("AK1", ["PO", "7"]), *(Segment(tag, elements) for tag, elements in pairs)]
    said = read_997(TransactionSet(Segment("ST", ["997", "0001"]), body))
    assert said.sentences
    assert len(said.sets) <= len(pairs)
    said.code_of("0001")


def test_the_public_samples():
    facts = SAMPLES / "FACTS.json"
    if not facts.exists():
        if os.environ.get("CI"):
            pytest.fail(f"the sample files are missing: {facts}")
        pytest.skip(f"no sample files at {facts}")
    read_files = []
    for name in json.loads(facts.read_text()):
        if name.startswith("997/"):
            (tset,) = read_bytes((SAMPLES / name).read_bytes())[1].sets
            read_files.append(read_997(tset))
    first, second = read_files
    assert (first.functional_id, first.group_control, first.code, first.code_of("0160")) == ("AG", "160", "A", "A")
    assert (second.functional_id, second.code, second.code_of("0001"), second.code_of("0002")) == ("HC", "P", "A", "R")
    assert second.sets[1].segments[0].sentence == (
        "CLM, segment 22: the segment has errors in its elements; element 1 (data element 1028): "
        "a mandatory element is missing"
    )


def test_ta1():
    isa = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260115*1200*U*00401*000000001*0*P*>~"
    parsed = read(isa + "TA1*000000042*260115*1200*R*025~IEA*0*000000001~")
    said = read_ta1(parsed.interchanges[0].ta1[0])
    assert (said.control_number, said.date, said.time) == ("000000042", "260115", "1200")
    assert (said.code, said.note_code, said.is_accepted) == ("R", "025", False)
    assert said.sentence == "Interchange 000000042 was rejected: the control number was used before."
    assert read_ta1(Segment("TA1", ["1", "", "", "A", "000"])).sentence == "Interchange 1 was accepted."
