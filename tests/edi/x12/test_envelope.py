from __future__ import annotations

import pytest

from edi.x12.isa_check import is_date, is_number, is_time
from edi.x12.reader import read
from tests.edi.x12.orders import GS, ISA, ORDER, SEGMENTS, codes, replaced, text


def one_finding(whole: str):
    parsed = read(whole)
    assert len(parsed.findings) == 1, codes(parsed)
    finding = parsed.findings[0]
    assert whole[finding.offset :].startswith(finding.value)
    return finding


def test_a_sound_interchange_has_no_findings():
    assert read(text()).findings == []


@pytest.mark.parametrize(
    ("old", "new", "code", "segment", "element"),
    [
        ("SE*7*0001", "SE*8*0001", "segment-count", "SE", 1),
        ("SE*7*0001", "SE*seven*0001", "segment-count", "SE", 1),
        ("SE*7*0001", "SE**0001", "segment-count", "SE", 1),
        ("SE*7*0001", "SE*7*0002", "set-control-mismatch", "SE", 2),
        ("SE*7*0001", "SE*7", "set-control-mismatch", "SE", 2),
        ("ST*850*0001", "ST*850*0002", "set-control-mismatch", "SE", 2),
        ("ST*850*0001", "ST*850", "set-control-invalid", "ST", 2),
        ("ST*850*0001", "ST*850*1", "set-control-invalid", "ST", 2),
        ("ST*850*", "ST*8500*", "set-id-invalid", "ST", 1),
        ("GE*1*7", "GE*2*7", "group-count", "GE", 1),
        ("GE*1*7", "GE*x*7", "group-count", "GE", 1),
        ("GE*1*7", "GE*1*8", "group-control-mismatch", "GE", 2),
        ("GE*1*7", "GE*1", "group-control-mismatch", "GE", 2),
        ("*1200*7*X", "*1200*A7*X", "group-control-invalid", "GS", 6),
        ("GS*PO*", "GS*POO*", "group-functional-id", "GS", 1),
        ("*20260115*1200*7", "*20260230*1200*7", "group-date", "GS", 4),
        ("*20260115*1200*7", "*20260115*2460*7", "group-time", "GS", 5),
        ("*X*004010", "*X*4010", "group-version", "GS", 8),
        ("IEA*1*", "IEA*2*", "interchange-count", "IEA", 1),
        ("IEA*1*000000042", "IEA*1*000000043", "interchange-control-mismatch", "IEA", 2),
        ("*260115*1200*U", "*261315*1200*U", "isa-date", "ISA", 9),
        ("*260115*1200*U", "*260115*1260*U", "isa-time", "ISA", 10),
        ("*00401*000000042*0*P", "*4010 *000000042*0*P", "isa-version", "ISA", 12),
        ("*0*P*>", "*0*X*>", "isa-usage", "ISA", 15),
        ("*ZZ*NORDBYGG       *", "*ZZ*               *", "isa-id-missing", "ISA", 6),
    ],
)
def test_one_fault_one_error(old, new, code, segment, element):
    finding = one_finding(replaced(old, new))
    if code == "group-control-invalid":
        assert finding.group_control == "A7"
    assert (finding.code, finding.segment, finding.element) == (code, segment, element)
    assert finding.severity == "error"
    assert finding.message.endswith(".")


@pytest.mark.parametrize(
    ("old", "new", "code", "element"),
    [
        ("*14*GROSSISTEN", "*XX*GROSSISTEN", "isa-qualifier", 7),
        ("NORDBYGG       *14", "NORDBYGG*14", "isa-width", 6),
        ("ISA*00*          *00*", "ISA*99*          *00*", "isa-qualifier", 1),
        ("ISA*00*          *00*", "ISA*00*          *99*", "isa-qualifier", 3),
        ("GS*PO*NORDBYGG*", "GS*PO*NORDBYGGNORDBYGG*", "group-id-invalid", 2),
        ("*1200*U*", "*1200*^*", "isa-standards-id", 11),
        ("*U*00401*", "*U*00501*", "isa-repetition-separator", 11),
        ("*0*P*>", "*9*P*>", "isa-acknowledgment-requested", 14),
        ("*X*004010", "*Y*004010", "group-agency", 7),
        ("GS*PO*NORDBYGG*", "GS*PO**", "group-id-invalid", 2),
        ("GS*PO*", "GS*IN*", "group-functional-id", 1),
        ("GE*1*7", "GE*1*007", "group-control-mismatch", 2),
        ("IEA*1*000000042", "IEA*1*42", "interchange-control-mismatch", 2),
    ],
)
def test_what_can_be_read_all_the_same_is_a_warning(old, new, code, element):
    finding = one_finding(replaced(old, new))
    assert (finding.code, finding.element, finding.severity) == (code, element, "warning")


def test_isa_with_an_element_too_many():
    finding = one_finding(replaced("*0*P*>", "*0*P*>*>"))
    assert (finding.code, finding.severity) == ("isa-elements", "error")


def test_separators_that_are_not_distinct():
    parsed = read(text(*SEGMENTS, terminator=">").replace("*P*>>", "*P*>>"))
    assert codes(parsed) == ["separators-not-distinct"]


def test_an_isa_without_component_separator():
    """Also with a line break behind it, where the ~ could be ISA16: the lines that follow end with it."""
    for whole in (replaced("*0*P*>~", "*0*P*~").replace("~\n", "~"), replaced("*0*P*>~", "*0*P*~")):
        parsed = read(whole)
        assert codes(parsed) == ["isa-component-separator"]
        assert (parsed.interchanges[0].separators.segment, parsed.interchanges[0].separators.component) == ("~", "")
        assert [group.version for group in parsed.interchanges[0].groups] == ["004010"]


def test_the_terminator_of_the_isa_is_not_the_one_in_use():
    parsed = read(replaced("*P*>~", "*P*>!"))
    assert codes(parsed) == ["terminator-wrong"]
    assert [segment.get(1) for segment in parsed.sets[0].body[:2]] == ["00", "BY"]


def test_control_numbers_are_unique_in_their_container():
    group = (GS, *ORDER, *ORDER, "GE*2*7")
    parsed = read(text(ISA, *group, "IEA*1*000000042"))
    assert codes(parsed) == ["set-control-duplicate"]
    assert parsed.findings[0].ack_set_code == "23"
    parsed = read(text(ISA, GS, *ORDER, "GE*1*7", GS, *ORDER, "GE*1*7", "IEA*2*000000042"))
    assert codes(parsed) == ["group-control-duplicate"]
    assert read(text() + text()).findings == []


def test_a_changed_number_that_now_occurs_twice_is_one_fault():
    second = tuple(segment.replace("SE*7*0001", "SE*7*0002") for segment in ORDER)
    parsed = read(text(ISA, GS, *ORDER, *second, "GE*2*7", "IEA*1*000000042"))
    assert codes(parsed) == ["set-control-mismatch"]


def test_older_groups_have_short_dates():
    assert read(replaced("*20260115*1200*7*X*004010", "*260115*1200*7*X*003040")).findings == []


def test_long_values_do_not_flood_the_message():
    finding = one_finding(replaced("GE*1*7", "GE*1*" + "7" * 5_000))
    assert len(finding.message) < 200
    assert len(finding.value) == 5_000


def test_dates_times_and_numbers():
    assert all(map(is_date, ["20240229", "260115"]))
    assert not any(map(is_date, ["20230229", "2026011", "", "２０２６０１１５", "00000101"]))
    assert all(map(is_time, ["0000", "2359", "235959", "2359599", "23595999"]))
    assert not any(map(is_time, ["2400", "12", "12345", "1260", "123460", ""]))
    assert is_number("123", 3)
    assert not any(is_number(value, 3) for value in ("", "1234", "+1", "1.0", "１"))
