"""What ``validate`` says about one transaction set: order, counts, elements, and that one fault is one finding."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.x12.findings import Finding
from edi.x12.guides import Guide, SegmentRule
from edi.x12.segments import FunctionalGroup, Interchange, TransactionSet
from edi.x12.structure_check import MAX_FINDINGS
from edi.x12.validate import Report, validate, validate_set
from tests.edi.x12.corpus import BODIES, body, document, transaction_set

VERSIONS = ("004010", "005010")


def order(*changes: tuple[str, str], version: str = "004010") -> Report:
    """The order of the corpus with texts replaced, each of which must occur once."""
    text = document(body("850", version), "850", version)
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return validate(text)


def without_counts(report: Report) -> list[Finding]:
    """Findings other than that of a segment count, which a test did not care to correct."""
    return [finding for finding in report.findings if finding.code != "segment-count"]


def only(report: Report) -> Finding:
    found = without_counts(report)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("set_id", BODIES)
def test_a_valid_document_has_no_finding(set_id: str, version: str) -> None:
    report = validate(document(body(set_id, version), set_id, version))
    assert report.findings == []
    assert report.ok
    assert report.readable


# --- segments ---


def test_missing_beg() -> None:
    finding = only(order(("BEG*00*SA*PO-4711*REL1*20260115**AC~\n", "")))
    assert (finding.code, finding.segment, finding.position) == ("mandatory-missing", "BEG", 2)
    assert (finding.ack_segment_code, finding.ack_set_code) == ("3", "5")
    assert "BEG (Beginning Segment for Purchase Order) is missing" in finding.message


def test_unknown_segment() -> None:
    report = order(("FOB*PP", "FOX*PP"))
    finding = only(report)
    assert (finding.code, finding.segment, finding.position) == ("segment-unknown", "FOX", 7)
    assert finding.ack_segment_code == "1"
    assert report.parsed.sets[0].segments[6].offset == finding.offset


def test_segment_of_another_set() -> None:
    finding = only(order(("FOB*PP", "BIG*PP")))
    assert (finding.code, finding.ack_segment_code) == ("segment-not-in-set", "6")


def test_segment_in_the_wrong_order() -> None:
    finding = only(
        order(
            (
                "N3*100 Harbor Road*Dock 4~\nN4*Newark*NJ*07101*US~\n",
                "N4*Newark*NJ*07101*US~\nN3*100 Harbor Road*Dock 4~\n",
            )
        )
    )
    assert (finding.code, finding.segment, finding.loop, finding.ack_segment_code) == ("segment-order", "N3", "N1", "7")
    assert "cannot follow N4" in finding.message


def test_segment_used_too_often() -> None:
    finding = only(order(("N3*1 Main Street~\n", "N3*1 Main Street~\nN3*second~\nN3*third~\nN3*fourth~\n")))
    assert (finding.code, finding.segment, finding.ack_segment_code) == ("segment-over-max", "N3", "5")
    assert "at most twice" in finding.message
    assert finding.position == 31


def test_loop_repeated_too_often() -> None:
    text = document([["BEG", "00", "SA", "1", "", "20260115"], *[["N1", "ST", "A"]] * 201, ["PO1"]], "850", "004010")
    errors = [finding for finding in validate(text).findings if finding.is_error]
    assert [(finding.code, finding.ack_segment_code) for finding in errors] == [("loop-over-max", "4")]
    assert errors[0].position == 203


def test_a_lost_line_start_is_one_finding() -> None:
    """The description after it still fits, so only the count tells; hash and totals would tell the same again."""
    finding = only(order(("PO1*2*4*CA*100.25**VN*V-2*BP*B-2~\n", "")))
    assert (finding.code, finding.value) == ("line-count", "3")


def test_a_misspelt_line_start_is_one_finding() -> None:
    finding = only(order(("PO1*1*10*EA", "P01*1*10*EA")))
    assert (finding.code, finding.segment) == ("segment-unknown", "P01")


def test_structure_faults_silence_meaning() -> None:
    """A lost line also makes the line count wrong: that is the same fault."""
    report = order(("PO1*3*1*EA*0~\n", "PX1*3*1*EA*0~\n"))
    assert [finding.code for finding in report.findings] == ["segment-unknown"]


def test_a_file_of_another_kind_is_cut_short() -> None:
    rows = [["QQ", "1"]] * (MAX_FINDINGS + 50)
    findings = validate(document(rows, "850", "004010")).findings
    assert len(findings) == MAX_FINDINGS + 1
    assert findings[-1].code == "too-many-findings"
    assert findings[-1].offset >= findings[-2].offset


# --- elements ---


@pytest.mark.parametrize(
    ("old", "new", "code", "ack", "segment", "element"),
    [
        ("*10*EA*12.5*PE*UP*", "*10*EA*12,50*PE*UP*", "not-a-number", "6", "PO1", 4),
        ("*10*EA*12.5*PE*UP*", "*ten*EA*12.5*PE*UP*", "not-a-number", "6", "PO1", 2),
        ("*REL1*20260115*", "*REL1*20260230*", "invalid-date", "8", "BEG", 5),
        ("*REL1*20260115*", "*REL1**", "element-missing", "1", "BEG", 5),
        ("*0800*ES", "*2460*ES", "invalid-time", "9", "DTM", 3),
        ("BEG*00*", "BEG*9Z*", "invalid-code", "7", "BEG", 1),
        ("CUR*BY*USD*1.0325", "CUR*BY*USDX*1.0325", "element-too-long", "5", "CUR", 2),
        ("CUR*BY*USD*1.0325", "CUR*BY*US*1.0325", "element-too-short", "4", "CUR", 2),
        ("N3*1 Main Street", "N3*1 Main\x07Street", "invalid-character", "6", "N3", 1),
        ("N3*1 Main Street", "N3*1 Main>Street", "separator-in-data", "6", "N3", 1),
        ("N3*1 Main Street", "N3*1*Main*Street", "too-many-elements", "3", "N3", 3),
        ("*VN*V-2*BP*B-2", "*VN*V-2*BP", "element-condition", "2", "PO1", 9),
        ("QTY*38*10*EA", "QTY*38*10*EA*free", "element-exclusion", "10", "QTY", 4),
    ],
)
def test_element_faults(old: str, new: str, code: str, ack: str, segment: str, element: int) -> None:
    finding = only(order((old, new)))
    assert (finding.code, finding.ack_element_code) == (code, ack)
    assert (finding.segment, finding.element) == (segment, element)
    assert (finding.level, finding.ack_segment_code, finding.ack_set_code) == ("element", "8", "5")


def test_the_place_of_an_element_fault() -> None:
    text = document(body("850", "004010"), "850", "004010").replace("*EA*12.5*PE*", "*EA*12,50*PE*")
    finding = validate(text).findings[0]
    assert text[finding.offset : finding.offset + 5] == "12,50"
    assert (finding.value, finding.element_number, finding.loop) == ("12,50", "212", "PO1")
    assert (finding.set_id, finding.set_control) == ("850", "0001")
    assert finding.message == (
        "PO1 line 1: '12,50' is not a number (PO104 Unit Price). Use a point as the decimal separator."
    )


@pytest.mark.parametrize(
    ("value", "is_date"),
    [
        ("20240229", True),
        ("20230229", False),
        ("20000229", True),
        ("19000229", False),
        ("21000229", False),
        ("20260431", False),
        ("20261231", True),
        ("17991231", False),
        ("260115", False),
        ("00000000", False),
    ],
)
def test_dates_are_days_of_the_calendar(value: str, is_date: bool) -> None:
    report = order(("*REL1*20260115*", f"*REL1*{value}*"))
    assert report.ok is is_date


@pytest.mark.parametrize(
    ("value", "is_number"),
    [
        *[(value, True) for value in ("0", ".5", "-3", "10.25", "123456789012345.67")],
        *[(value, False) for value in ("1.", "1e3", "1,5", "-", "+5", "1.2.3", "٣", "123456789012345678")],
    ],
)
def test_numbers_have_a_point_and_count_digits_only(value: str, is_number: bool) -> None:
    report = order(("CTP*RS*RES*19.99", f"CTP*RS*RES*{value}"))
    assert report.ok is is_number


def test_padding_is_a_warning() -> None:
    report = order(("N3*1 Main Street", "N3*1 Main Street "))
    assert report.ok
    assert only(report).code == "space-padding"
    assert only(report).ack_element_code == ""


@pytest.mark.parametrize(
    ("name", "codes"), [("Malmö", []), ("Luleå", ["character-set"]), ("Øresund", ["character-set"])]
)
def test_swedish_letters(name: str, codes: list[str]) -> None:
    report = order(("N4*Stockholm", f"N4*{name}"))
    assert report.ok
    assert [finding.code for finding in report.findings] == codes


def test_composites_are_checked_by_component() -> None:
    assert order(("PAM*63*10*EA", "PAM*63*10*EA>2>1.5")).ok
    finding = only(order(("PAM*63*10*EA", "PAM*63*10*EA>x>1.5")))
    assert (finding.code, finding.element, finding.component) == ("not-a-number", 3, 2)
    assert "PAM03-2" in finding.message


def test_a_repetition_separator_is_no_data() -> None:
    finding = only(order(("N3*1 Main Street", "N3*1 Main^Street"), version="005010"))
    assert (finding.code, finding.ack_element_code) == ("separator-in-data", "6")
    assert order(("N3*1 Main Street", "N3*1 Main^Street")).ok, "a plain character before 00402"


# --- what is not described ---


@pytest.mark.parametrize("version", ["003010", "004030"])
def test_an_unknown_version_is_a_finding(version: str) -> None:
    report = validate(document(body("850", "004010"), "850", version))
    finding = next(finding for finding in report.findings if finding.code == "version-unsupported")
    assert finding.ack_group_code == "2"
    assert not report.ok


@pytest.mark.parametrize("version", ["4010", "", "X"])
def test_what_is_no_version_is_one_finding_and_the_isa_names_the_version(version: str) -> None:
    text = document(body("850", "004010"), "850", version)
    finding = only(validate(text))
    assert (finding.code, finding.value, finding.ack_group_code) == ("group-version", version, "2")
    wrong_price = validate(text.replace("*12.5*PE*UP", "*12,5*PE*UP"))
    assert [finding.code for finding in wrong_price.findings] == ["group-version", "not-a-number"]


def test_an_unknown_set_is_a_finding() -> None:
    text = document([["ZZ", "1"]], "850", "004010").replace("ST*850", "ST*999").replace("GS*PO", "GS*FA")
    findings = [finding for finding in validate(text).findings if finding.code == "set-unsupported"]
    assert [(finding.value, finding.ack_set_code) for finding in findings] == [("999", "1")]


@pytest.mark.parametrize("isa12", ["00400", "00403", "00200"])
def test_the_group_names_the_version_not_the_isa(isa12: str) -> None:
    text = document(body("850", "004010"), "850", "004010").replace("*00401*", f"*{isa12}*")
    assert not [finding for finding in validate(text).findings if finding.level in ("set", "segment", "element")]


@pytest.mark.parametrize("variant", ["004010VICS", "004010UCS", "004010X357"])
def test_variants_use_the_standard(variant: str) -> None:
    assert validate(document(body("850", "004010"), "850", variant)).ok


def test_a_set_without_group_uses_the_version_of_the_isa() -> None:
    lines = document(body("850", "004010"), "850", "004010").split("\n")
    text = "\n".join(line for line in lines if not line.startswith(("GS", "GE")))
    assert "version-unsupported" not in {finding.code for finding in validate(text).findings}


def test_text_that_is_no_x12() -> None:
    report = validate("UNA:+.? 'UNB+UNOC:3+A+B'")
    assert not report.readable
    assert not report.ok


def test_every_set_of_every_group_is_checked() -> None:
    text = "".join(
        document(body(set_id, "004010"), set_id, "004010").replace("000000001", f"00000000{number}")
        for number, set_id in enumerate(("850", "810", "856"), start=1)
    ).replace("*SA*PO-4711", "*SAX*PO-4711")
    report = validate(text)
    assert len(report.parsed.sets) == 3
    assert [(finding.code, finding.set_id) for finding in report.findings] == [("element-too-long", "850")]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_in_a_set_makes_it_raise(data: st.DataObject) -> None:
    set_id = data.draw(st.sampled_from(sorted(BODIES)))
    rows = [list(row) for row in body(set_id, "004010")]
    for _ in range(data.draw(st.integers(1, 6))):
        row = data.draw(st.sampled_from(rows))
        place = data.draw(st.integers(0, len(row)))
        row[place : place + 1] = [data.draw(st.text(max_size=12))]
    tset, interchange = transaction_set(rows, set_id, "004010")
    findings = validate_set(tset, "004010", separators=interchange.separators)
    assert all(finding.message.endswith((".", "?")) for finding in findings)
    validate(document(rows, set_id, "004010"))


def test_a_terminator_named_as_component_separator_is_one_finding() -> None:
    text = document(body("850", "004010"), "850", "004010").replace("*0*P*>~\n", "*0*P*~\n")
    findings = validate(text).findings
    assert "isa-component-separator" in {finding.code for finding in findings}
    assert [finding for finding in findings if finding.level in ("segment", "element", "meaning")] == []


def test_what_a_sender_does_everywhere_is_said_once() -> None:
    report = order(("N4*Stockholm", "N4*Luleå"), ("N3*1 Main Street", "N3*Västra Storgatan på hörnet"))
    finding = only(report)
    assert finding.code == "character-set"
    assert finding.message.endswith("The same in one more element of this document.")
    assert (finding.segment, report.ok) == ("N3", True)


def test_a_version_that_was_not_agreed_is_a_warning() -> None:
    text = document(body("850", "004010"), "850", "004010")
    found = validate(text, guide=Guide(name="Test", version="004010VICS")).findings
    assert [(finding.code, finding.severity, finding.element) for finding in found] == [
        ("version-not-agreed", "warning", 8)
    ]


def test_a_warning_in_a_component_does_not_hide_an_error() -> None:
    finding = only(order(("REF*DP*038", "REF*DP*038**IV ")))
    assert (finding.code, finding.element, finding.component) == ("element-missing", 4, 2)


def test_each_set_may_have_a_guide_of_its_own() -> None:
    strict = Guide(name="Strict", version="005010", segments=(SegmentRule(path="TD4", forbidden=True),))
    one = document(body("850", "004010"), "850", "004010")
    text = one + one
    chosen = []

    def choose(interchange: Interchange, group: FunctionalGroup, tset: TransactionSet) -> Guide | None:
        chosen.append((group.functional_id, tset.set_id))
        return strict if interchange.start > 0 else None

    report = validate(text, choose=choose)
    assert chosen == [("PO", "850"), ("PO", "850")]
    assert [finding.code for finding in report.findings] == ["version-not-agreed", "segment-forbidden"]
    assert all(finding.offset > len(one) for finding in report.findings)
