"""One missing or misplaced control segment gives one finding."""

from __future__ import annotations

import pytest

from edi.x12.reader import read
from tests.edi.x12.orders import GS, ISA, ORDER, SEGMENTS, codes, segments_of, text, without

SECOND_SET = tuple(segment.replace("0001", "0002") for segment in ORDER)
SECOND_GROUP = (GS.replace("*7*", "*8*"), *ORDER, "GE*1*8")


def one_finding(whole: str):
    parsed = read(whole)
    assert len(parsed.findings) == 1, codes(parsed)
    return parsed.findings[0]


@pytest.mark.parametrize(
    ("tag", "code", "ack"),
    [
        ("ISA", "interchange-header-missing", "022"),
        ("GS", "group-header-missing", "024"),
        ("ST", "set-header-missing", "5"),
        ("SE", "set-trailer-missing", "2"),
        ("GE", "group-trailer-missing", "3"),
        ("IEA", "interchange-trailer-missing", "023"),
    ],
)
def test_a_missing_control_segment_is_one_fault(tag, code, ack):
    finding = one_finding(without(tag))
    assert finding.code == code
    assert finding.severity == "error"
    assert finding.segment == tag
    assert ack in (finding.ack_set_code, finding.ack_group_code, finding.ack_interchange_code)


@pytest.mark.parametrize("tag", ["GS", "ST", "SE", "GE"])
def test_a_missing_control_segment_between_others_is_one_fault(tag):
    segments = [ISA, GS, *ORDER, *SECOND_SET, "GE*2*7", *SECOND_GROUP, "IEA*2*000000042"]
    assert read(text(*segments)).findings == []
    for index in [at for at, segment in enumerate(segments) if segment.startswith(tag + "*")]:
        assert one_finding(text(*segments[:index], *segments[index + 1 :])).segment == tag


def test_a_set_without_trailer_keeps_its_segments_and_names_itself():
    finding = one_finding(without("SE"))
    assert (finding.set_id, finding.set_control, finding.group_control, finding.position) == ("850", "0001", "7", 7)
    tset = read(without("SE")).sets[0]
    assert (tset.se, len(tset.body)) == (None, 5)


@pytest.mark.parametrize(("keep", "missing"), [(6, "SE, GE, IEA"), (9, "GE, IEA")])
def test_a_file_that_was_cut_off_is_one_fault(keep, missing):
    finding = one_finding(text(*SEGMENTS[:keep]))
    assert finding.code == "interchange-truncated"
    assert missing in finding.message
    assert finding.offset == len(text(*SEGMENTS[:keep])) - 2
    assert finding.set_control == ("0001" if keep == 6 else "")


def test_cut_off_inside_a_segment():
    """What there is of the last segment is kept; the missing terminator is part of the same fault."""
    parsed = read(text()[: text().index("A-200")])
    assert codes(parsed) == ["interchange-truncated"]
    assert parsed.sets[0].body[-1].elements[-1] == ""


def test_cut_off_right_behind_the_isa():
    finding = one_finding(ISA + "~")
    assert (finding.code, finding.offset) == ("interchange-trailer-missing", 105)


@pytest.mark.parametrize(
    ("order", "segment"),
    [
        ([0, 1, *range(2, 8), 9, 8, 10], "SE"),
        ([0, 1, *range(2, 9), 10, 9], "GE"),
        ([0, 2, 1, *range(3, 11)], "GS"),
    ],
)
def test_control_segments_in_the_wrong_order_are_one_fault(order, segment):
    parsed = read(text(*(SEGMENTS[index] for index in order)))
    assert codes(parsed) == ["wrong-order"]
    assert parsed.findings[0].segment == segment
    interchange = parsed.interchanges[0]
    assert [len(group.sets) for group in interchange.groups] == [1]
    assert interchange.groups[0].gs is not None
    assert interchange.groups[0].ge is not None
    assert interchange.sets[0].se is not None
    assert interchange.sets[0].version == "004010"


@pytest.mark.parametrize("tag", ["ISA", "GS", "ST", "SE", "GE", "IEA"])
def test_a_misspelt_control_segment_is_one_fault(tag):
    """Another segment stands where the control segment should be: that is part of the same fault."""
    parsed = read(text().replace(f"{tag}*", "ZZZ*", 1))
    assert len(parsed.findings) == 1, codes(parsed)
    assert parsed.findings[0].segment == tag
    if tag in ("GS", "GE", "IEA"):
        assert "'ZZZ' stands in its place" in parsed.findings[0].message
    if tag == "ISA":
        assert [skipped.start for skipped in parsed.skipped] == [0]
    else:
        assert "ZZZ" in {segment.tag for segment in segments_of(parsed.interchanges[0])}


@pytest.mark.parametrize("tag", ["GS", "ST", "SE", "GE"])
def test_a_doubled_control_segment_is_one_fault(tag):
    segments = [ISA, GS, *ORDER, *SECOND_SET, "GE*2*7", *SECOND_GROUP, "IEA*2*000000042"]
    for index in [at for at, segment in enumerate(segments) if segment.startswith(tag + "*")]:
        parsed = read(text(*segments[: index + 1], *segments[index:]))
        assert len(parsed.findings) == 1, codes(parsed)


@pytest.mark.parametrize("first", [8, 16])
def test_a_trailer_behind_the_next_header_is_one_fault(first):
    """SE behind the next ST, GE behind the next GS."""
    segments = [ISA, GS, *ORDER, *SECOND_SET, "GE*2*7", *SECOND_GROUP, "IEA*2*000000042"]
    segments[first], segments[first + 1] = segments[first + 1], segments[first]
    parsed = read(text(*segments))
    assert codes(parsed) == ["wrong-order"]
    assert all(tset.se is not None for tset in parsed.sets)
    assert all(group.ge is not None for group in parsed.interchanges[0].groups)


@pytest.mark.parametrize("place", [1, 2, 9, 10])
def test_a_segment_outside_any_set_is_one_fault(place):
    segments = [*SEGMENTS[:place], "NTE**lost", "MSG*too", *SEGMENTS[place:]]
    parsed = read(text(*segments))
    assert codes(parsed) == ["segment-outside-set"]
    assert parsed.findings[0].segment == "NTE"
    interchange = parsed.interchanges[0]
    loose = interchange.loose if place in (1, 10) else interchange.groups[0].loose
    assert [segment.tag for segment in loose] == ["NTE", "MSG"]


def test_sets_groups_and_acknowledgments_side_by_side():
    ta1 = "TA1*000000001*260115*1200*A*000"
    parsed = read(text(ISA, ta1, GS, *ORDER, *SECOND_SET, "GE*2*7", *SECOND_GROUP, "IEA*2*000000042"))
    assert parsed.findings == []
    interchange = parsed.interchanges[0]
    assert [segment.get(1) for segment in interchange.ta1] == ["000000001"]
    assert [[tset.control_number for tset in group.sets] for group in interchange.groups] == [
        ["0001", "0002"],
        ["0001"],
    ]
    assert {tset.version for tset in parsed.sets} == {"004010"}


def test_an_unreadable_isa_in_the_middle_is_kept():
    parsed = read(text(ISA, GS, *ORDER, "GE*1*7", "ISA*??", "IEA*1*000000042"))
    assert codes(parsed) == ["segment-outside-set"]
    assert len(segments_of(parsed.interchanges[0])) == 12
