"""Partner guides: differences over the standard."""

from __future__ import annotations

import msgspec
import pytest

from edi.x12.findings import Finding
from edi.x12.guides import ElementRule, Guide, GuideError, SegmentRule, check_guide, definition_for, guide_from
from edi.x12.validate import validate
from tests.edi.x12.corpus import body, document


def findings(guide: Guide, *changes: tuple[str, str], set_id: str = "850") -> list[Finding]:
    text = document(body(set_id, "004010"), set_id, "004010")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return validate(text, guide=guide).findings


def segments(*rules: SegmentRule) -> Guide:
    return Guide(name="Test", version="004010", set_id="850", segments=rules)


def elements(*rules: ElementRule) -> Guide:
    return Guide(name="Test", version="004010", set_id="850", elements=rules)


def test_an_empty_guide_changes_nothing() -> None:
    assert findings(Guide(name="Test")) == []
    assert definition_for("004010", "850", Guide(name="Test", set_id="810")) is definition_for("004010", "850")


def test_a_required_segment() -> None:
    guide = segments(SegmentRule(path="/SI", required=True))
    found = findings(guide)
    assert [(finding.code, finding.segment) for finding in found] == [("mandatory-missing", "SI")]
    assert len(findings(segments(SegmentRule(path="FOB", required=True)))) > 1, "in the loops too"
    assert findings(segments(SegmentRule(path="/FOB", required=True))) == [], "only the one in the heading"


def test_a_forbidden_segment() -> None:
    found = findings(segments(SegmentRule(path="/CSH", forbidden=True)))
    assert [(finding.code, finding.segment, finding.ack_segment_code) for finding in found] == [
        ("segment-forbidden", "CSH", "2")
    ]
    assert "must not be sent to this partner" in found[0].message


def test_a_forbidden_loop() -> None:
    found = findings(segments(SegmentRule(path="PO1/SLN", forbidden=True)))
    assert [(finding.code, finding.segment) for finding in found] == [("segment-forbidden", "SLN")]


def test_a_smaller_maximum() -> None:
    found = findings(segments(SegmentRule(path="/DTM", max_use=1)))
    assert [(finding.code, finding.position) for finding in found] == [("segment-over-max", 12)]
    found = findings(segments(SegmentRule(path="PO1", max_use=2)))
    assert [(finding.code, finding.segment) for finding in found] == [("loop-over-max", "PO1")]


def test_a_required_element() -> None:
    found = findings(elements(ElementRule(path="PO1/PO106", required=True)))
    assert [(finding.code, finding.segment, finding.element) for finding in found] == [("element-missing", "PO1", 6)]


def test_a_forbidden_element() -> None:
    found = findings(elements(ElementRule(path="CUR03", forbidden=True)))
    assert [(finding.code, finding.value) for finding in found] == [("element-forbidden", "1.0325")]


def test_a_subset_of_codes() -> None:
    guide = elements(ElementRule(path="BEG02", codes=("NE", "SA")), ElementRule(path="/N1/N103", codes=("92",)))
    found = findings(guide)
    assert [(finding.code, finding.segment, finding.value) for finding in found] == [("invalid-code", "N1", "UL")]
    assert "Possible are 92" in found[0].message


def test_lengths() -> None:
    guide = elements(ElementRule(path="BEG03", max_length=6), ElementRule(path="/REF02", min_length=4))
    assert [(finding.code, finding.segment) for finding in findings(guide)] == [
        ("element-too-long", "BEG"),
        ("element-too-short", "REF"),
    ]


def test_a_path_inside_a_loop_leaves_others_alone() -> None:
    guide = elements(ElementRule(path="PO1/N1/N103", codes=("91",)))
    found = findings(guide)
    assert [(finding.segment, finding.position, finding.loop) for finding in found] == [("N1", 52, "N1")]


def test_codes_that_a_partner_adds() -> None:
    guide = Guide(name="Test", codes=(("353", ("QQ",)),))
    assert [finding.code for finding in findings(Guide(name="Test"), ("BEG*00", "BEG*QQ"))] == ["invalid-code"]
    assert findings(guide, ("BEG*00", "BEG*QQ")) == []


@pytest.mark.parametrize(
    ("charset", "name", "codes"),
    [
        ("basic", "MALMO", []),
        ("basic", "Malmo", ["invalid-character"]),
        ("extended", "Malmö", []),
        ("extended", "Luleå", ["invalid-character"]),
        ("latin-1", "Luleå", []),
        ("latin-1", "Łódź", ["invalid-character"]),
        ("utf-8", "Łódź", []),
        ("utf-8", "a\x07b", ["invalid-character"]),
        ("", "Luleå", ["character-set"]),
    ],
)
def test_charsets(charset: str, name: str, codes: list[str]) -> None:
    guide = msgspec.convert({"name": "Test", "charset": charset}, Guide)
    rows = [["BEG", "00", "SA", "1", "", "20260115"], ["N1", "ST", name], ["PO1"]]
    assert [finding.code for finding in validate(document(rows, "850", "004010"), guide=guide).findings] == codes


def test_guides_are_data() -> None:
    guide = segments(SegmentRule(path="/CSH", forbidden=True))
    assert msgspec.json.decode(msgspec.json.encode(guide), type=Guide) == guide
    assert hash(guide) == hash(msgspec.json.decode(msgspec.json.encode(guide), type=Guide))


# --- checking a guide itself ---


def test_a_good_guide_has_no_problem() -> None:
    guide = Guide(
        name="Test",
        version="004010VICS",
        set_id="850",
        segments=(SegmentRule(path="/N1", required=True), SegmentRule(path="PO1/PID", max_use=1)),
        elements=(ElementRule(path="BEG01", codes=("00", "05")), ElementRule(path="PO1/PO106", required=True)),
    )
    assert check_guide(guide) == []


@pytest.mark.parametrize(
    ("guide", "problem"),
    [
        (Guide(name="T", version="003010"), "Version 003010 is not described."),
        (Guide(name="T", set_id="999"), "Transaction set 999 is not described."),
        (segments(SegmentRule(path="BIG")), "BIG: there is no such segment in 850."),
        (segments(SegmentRule(path="PO1/BEG")), "PO1/BEG: there is no such segment in 850."),
        (segments(SegmentRule(path="N1", required=True, forbidden=True)), "N1: it cannot be required and forbidden."),
        (elements(ElementRule(path="BEG99")), "BEG99: there is no such element."),
        (elements(ElementRule(path="beg")), "beg: there is no such element."),
        (elements(ElementRule(path="BEG01", codes=("XX",))), "BEG01: XX is no code of Transaction Set Purpose Code."),
        (
            elements(ElementRule(path="BEG03", forbidden=True)),
            "BEG03: the standard makes it mandatory, so it cannot be forbidden.",
        ),
    ],
)
def test_problems_of_a_guide(guide: Guide, problem: str) -> None:
    assert check_guide(guide) == [problem]


def test_a_guide_is_read_from_data() -> None:
    data = {
        "name": "Test",
        "version": "004010",
        "segments": [{"path": "REF", "max_use": 2}],
        "elements": [{"path": "BEG01", "codes": ["00", "05"]}],
        "codes": [["353", ["XX"]]],
    }
    assert guide_from(data) == Guide(
        name="Test",
        version="004010",
        segments=(SegmentRule(path="REF", max_use=2),),
        elements=(ElementRule(path="BEG01", codes=("00", "05")),),
        codes=(("353", ("XX",)),),
    )


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({}, "name"),
        ({"name": "T", "segment": []}, "The guide has no segment"),
        (
            {"name": "T", "segments": [{"path": "REF"}, {"path": "N1", "requird": True}]},
            "Rule 2 of segments has no requird",
        ),
        ({"name": "T", "elements": [{"path": "REF02", "code": ["A"]}]}, "Rule 1 of elements has no code"),
        ({"name": "T", "elements": "REF02"}, "This is no guide"),
        ({"name": "T", "elements": [1]}, "This is no guide"),
        ({"name": "T", "charset": "ebcdic"}, "This is no guide"),
    ],
)
def test_a_misspelt_rule_is_refused(data: dict[str, object], problem: str) -> None:
    with pytest.raises(GuideError, match=problem):
        guide_from(data)
