"""Whole texts: real files, fragments, several interchanges, junk."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from edi.x12.decode import decode
from edi.x12.reader import read, read_bytes
from edi.x12.segments import Separators
from edi.x12.validate import validate
from tests.edi.x12.orders import GS, ISA, ORDER, codes, replaced, segments_of, text, without

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"


def facts() -> dict[str, dict]:
    path = SAMPLES / "FACTS.json"
    if not path.exists():
        if os.environ.get("CI"):
            pytest.fail(f"the sample files are missing: {path}")
        pytest.skip(f"no sample files at {path}")
    return json.loads(path.read_text())


BROKEN_ISA = "855/stupidedi__004010_PR855_fail_2.edi"
"""Its ISA is broken over two lines. The facts take it for two segments, so that ISA13 and IEA02 differ; put together,
it is whole, and the break itself is what is wrong."""

NO_ISA16 = "850/EDI.Net__x12.850.issue135.edi"
"""Its ISA16 was left out, and each line but one ends with ~. The facts take the line break for the terminator and leave
the ~ in each last element, so that GS08 ends with it and GE02 and IEA02 differ. Read as it was meant, ISA16 is wrong
and one terminator is missing."""

WRONG_TERMINATORS = "856/stupidedi__004010_SH856_fail_2.edi"
"""Three of its lines end with ~ in place of $. The facts take each with the line after it for one segment; told apart,
there are as many segments as SE01 says, and the wrong mark is the only fault."""


def test_the_samples_are_what_their_facts_say():
    read_files = 0
    for name, fact in facts().items():
        _, parsed = read_bytes((SAMPLES / name).read_bytes())
        if "lex" not in fact:
            assert codes(parsed) == ["not-x12"], name
            assert "EDIFACT" in parsed.findings[0].message
            continue
        read_files += 1
        assert parsed.skipped == [], name
        (interchange,) = parsed.interchanges
        assert len(segments_of(interchange)) == segment_count(name, fact), name
        assert repr(interchange.separators.segment) == ("'~'" if name == NO_ISA16 else fact["term"]), name
        assert repr(interchange.separators.element) == fact["elem"], name
        assert interchange.version == fact["isa12"], name
        stray = "~" if name == NO_ISA16 else ""
        assert [group.version + stray for group in interchange.groups] == fact["gs08"], name
        assert [tset.set_id for tset in parsed.sets] == fact["st"], name
        assert said_of(parsed) == expected_of(name, fact), name
        if fact["clean"]:
            assert not any(finding.is_error for finding in parsed.findings), name
    assert read_files >= 30


def segment_count(name: str, fact: dict) -> int:
    """The number of segments by the facts."""
    return fact["segs"] + {BROKEN_ISA: -1, WRONG_TERMINATORS: 3}.get(name, 0)


def test_the_sample_with_wrong_terminators_has_that_one_error():
    assert WRONG_TERMINATORS in facts()
    report = validate(decode((SAMPLES / WRONG_TERMINATORS).read_bytes()).text)
    assert [finding.code for finding in report.findings if finding.is_error] == ["terminator-wrong"]


NOT_COUNTED = {
    NO_ISA16: "the terminator stands at the end of CTT01, and the number before it is right",
    WRONG_TERMINATORS: "it counts the items, which is a warning; with the terminators told apart there is one",
}


def test_the_samples_with_a_wrong_line_count():
    for name, fact in facts().items():
        if "lex" not in fact or name in NOT_COUNTED:
            continue
        said = [f for f in validate(decode((SAMPLES / name).read_bytes()).text).findings if f.code == "line-count"]
        assert len([f for f in said if f.is_error]) == sum(issue.startswith("CTT01") for issue in fact["issues"]), name


def expected_of(name: str, fact: dict) -> list[str]:
    """The envelope issues of the facts; CTT01 is a matter of meaning."""
    issues = [issue for issue in fact["issues"] if not issue.startswith("CTT")]
    if name == BROKEN_ISA:
        issues = ["ISA line break" if issue.startswith("IEA02") else issue for issue in issues]
    elif name == NO_ISA16:
        issues = ["terminator-missing"]
    elif name == WRONG_TERMINATORS:
        issues = ["terminator-wrong"]
    elif "003050" in name:
        issues.append("ISA line break")
    return sorted(issues)


def said_of(parsed) -> list[str]:
    """Errors, and the warnings on the form of the ISA, in the words of the facts."""
    said = []
    for finding in parsed.findings:
        match finding.code:
            case "isa-width":
                said.append("ISA not 106 chars/unpadded")
            case "isa-line-break":
                said.append("ISA line break")
            case "segment-count":
                claimed, real = re.findall(r"\d+", finding.message.removeprefix("SE01"))
                said.append(f"SE01={claimed} real={real}")
            case "interchange-control-mismatch":
                said.append("IEA02!=ISA13")
            case "group-control-mismatch":
                said.append("GE02!=GS06")
            case code if finding.is_error and code != "set-control-duplicate":
                said.append(code)
    return sorted(said)


@pytest.mark.parametrize("line_break", ["", "\n"])
@pytest.mark.parametrize("first", [0, 1])
def test_fragments_are_read_with_guessed_separators(first, line_break):
    """Only ST to SE, or GS to GE."""
    segments = [GS, *ORDER, "GE*1*7"] if first == 0 else ORDER
    parsed = read(text(*segments, line_break=line_break))
    assert codes(parsed) == ["fragment"]
    assert parsed.findings[0].severity == "warning"
    (interchange,) = parsed.interchanges
    assert interchange.isa is None
    assert (interchange.separators.element, interchange.separators.segment) == ("*", "~")
    assert parsed.sets[0].version == ("004010" if first == 0 else "")
    assert [segment.tag for segment in parsed.sets[0].segments] == [segment.split("*")[0] for segment in ORDER]


def test_a_fragment_with_faults():
    assert codes(read(text(*ORDER[:-1]))) == ["fragment", "set-trailer-missing"]
    assert codes(read(text(*ORDER[:-1], "SE*9*0001"))) == ["fragment", "segment-count"]


def test_two_sets_without_envelope():
    parsed = read(text(*ORDER, *ORDER).replace("0001", "0001", 2))
    assert len(parsed.sets) == 2


def test_several_interchanges_with_different_separators():
    other = text(line_break="").replace("*", "|").replace("~", "'")
    parsed = read(text() + "\n" + other + text(line_break=""))
    assert parsed.findings == []
    assert [interchange.separators.element for interchange in parsed.interchanges] == ["*", "|", "*"]
    whole = text() + "\n" + other + text(line_break="")
    assert [whole[i.start : i.end] for i in parsed.interchanges] == [text()[:-1], other, text(line_break="")]


def test_an_interchange_without_trailer_before_one_with_other_separators():
    other = text(line_break="").replace("*", "|").replace("~", "'")
    parsed = read(without("IEA") + other)
    assert codes(parsed) == ["interchange-trailer-missing"]
    assert len(parsed.interchanges) == 2


def test_junk_around_is_reported_and_nothing_else():
    whole = "From: edi@example.com\nSubject: order\n\n" + text() + "\n-- \nSent by our VAN\n"
    parsed = read(whole)
    assert codes(parsed) == ["text-skipped", "text-skipped"]
    assert [whole[skipped.start : skipped.end].strip() for skipped in parsed.skipped] == [
        "From: edi@example.com\nSubject: order",
        "-- \nSent by our VAN",
    ]
    assert len(parsed.sets) == 1


def test_segments_behind_the_interchange_are_read_as_a_fragment():
    parsed = read(text() + text(*ORDER))
    assert codes(parsed) == ["fragment"]
    assert len(parsed.sets) == 2


@pytest.mark.parametrize(
    ("junk", "word"),
    [
        ("", "empty"),
        ("   \n", "empty"),
        ("Hello", "ISA"),
        ("<Order/>", "XML"),
        ('{"a": 1}', "JSON"),
        ("UNA:+.? 'UNB+UNOC:3+A+B'", "EDIFACT"),
        ("%PDF-1.7", "PDF"),
    ],
)
def test_what_is_no_x12(junk, word):
    parsed = read(junk)
    assert codes(parsed) == ["not-x12"]
    assert parsed.interchanges == []
    assert word in parsed.findings[0].message
    assert len(parsed.skipped) == (1 if junk.strip() else 0)


def test_separators_can_be_given():
    whole = text(terminator="~\n", line_break="").replace("*P*>~\n", "*P*~\n")
    assert whole.startswith(ISA[:-1])
    parsed = read(whole, separators=Separators(element="*", segment="~", component=">"))
    assert parsed.sets[0].body[0].elements == ["00", "SA", "4500012345", "", "20260115"]


def test_findings_come_in_the_order_of_the_text():
    whole = replaced("SE*7*", "SE*8*").replace("*260115*", "*269915*").replace("IEA*1", "IEA*2")
    assert codes(read(whole)) == ["isa-date", "segment-count", "interchange-count"]


def test_a_record_number_before_the_isa():
    assert codes(read("000001" + text())) == ["text-skipped"]


def test_separators_are_words_of_the_isa_even_in_control_characters():
    whole = text(line_break="").replace("*", "\x1d").replace("~", "\x1c").replace(">", "\x1f")
    parsed = read(whole)
    assert parsed.findings == []
    assert parsed.interchanges[0].separators == Separators(element="\x1d", segment="\x1c", component="\x1f")
