from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.x12.header import find_fragment, find_header, guess_separators
from tests.edi.x12.orders import ISA, text

MARKS = st.sampled_from("*|^~!:>+;,?@#\t\x1c\x1d\x1e\x1f\u00a6")


@given(st.lists(MARKS, min_size=3, max_size=3, unique=True), st.sampled_from(["", "\n", "\r\n", " \n", "\n\n"]))
def test_any_separators(marks, line_break):
    element, segment, component = marks
    isa = ISA[:-1].replace("*", element) + component
    start, header = find_header(isa + segment + line_break + f"GS{element}PO", 0)
    assert start == 0
    assert header.separators.element == element
    assert header.separators.segment == segment
    assert header.separators.component == component
    assert header.isa.get(13) == "000000042"
    assert header.end == 106


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_line_breaks_instead_of_terminators(line_break):
    _, header = find_header(ISA + line_break + "GS*PO", 0)
    assert header.separators.segment == line_break
    assert header.end == 105 + len(line_break)


@pytest.mark.parametrize(
    ("isa", "component", "terminator"),
    [
        ("ISA*00* *00* *ZZ*A *ZZ*B *260115*1200*U*00401*1*0*P*>~\nGS*PO", ">", "~"),
        ("ISA*00* *00* *ZZ*A *ZZ*B *260115*1200*U*00401*1*0*P*> ~\nGS*PO", ">", "~"),
        ("ISA*00* *00* *ZZ*A *ZZ*B *260115*1200*U*00401*1*0*P*>\nGS*PO", ">", "\n"),
        ("ISA*00* *00* *ZZ*A *ZZ*B *260115*1200*U*00401*1*0*P*>\r\nGS*PO", ">", "\r\n"),
        ("ISA*00* *00* *ZZ*A *ZZ*B *260115*1200*U*00401*1*0*P*~\nGS*PO", "~", "\n"),
        ("ISA*00* *00* *ZZ*A *ZZ*B *260115*1200*U*00401*1*0*P*~GS*PO", "", "~"),
        ("ISA*00* *00* *ZZ*A *ZZ*B *260115*1200*U*00401*1*0*P*\nGS*PO", "", "\n"),
        ("ISA*00* *00* *ZZ*A *ZZ*B *260115*1200*U*00401*1*0*P*>\n~\nGS*PO", ">", "~"),
        ("ISA*00* *00* *ZZ*A \n*ZZ*B *2601\n15*1200*U*00401*1*0*P*>~\nGS*PO", ">", "~"),
        ("ISA*00* *00* *ZZ*A *ZZ*B *260115*1200*U*00401*1*0*P~\nGS*PO*A*B~\nST*850*1~\n", "", "~"),
        ("ISA*00* *00* *ZZ*A *ZZ*B *260115*1200*U*00401*1*0*P*>*~\nGS*PO*A*B~\nST*850*1~\n", "", "~"),
        ("isa*00* *00* *ZZ*A *ZZ*B *260115*1200*U*00401*1*0*P*>~\ngs*PO", ">", "~"),
    ],
)
def test_unpadded_and_damaged(isa, component, terminator):
    start, header = find_header(isa, 0)
    assert start == 0
    assert (header.separators.component, header.separators.segment) == (component, terminator)
    assert isa[header.end :].strip()[:3].upper() == "GS*"
    assert header.isa.tag == "ISA"
    assert header.isa.get(9) == "260115"


def test_repetition_separator_from_00402_on():
    newer = ISA.replace("*U*00401*", "*^*00501*")
    for isa, expected in [(newer, "^"), (ISA.replace("*U*", "*^*"), ""), (newer.replace("*^*", "*U*"), "")]:
        _, header = find_header(isa + "~", 0)
        assert header.separators.repetition == expected


def test_separator_in_padded_data():
    isa = ISA.replace("*00*          *ZZ", "*00*PASS*WORD *ZZ")
    assert len(isa) == 105
    _, header = find_header(isa + "~", 0)
    assert header.isa.get(4) == "PASS*WORD "
    assert header.isa.get(13) == "000000042"


@pytest.mark.parametrize("junk", ["VISA*1*2", "ISA", "ISA 2000", "The ISA* is short", "Paisa*", ""])
def test_no_header(junk):
    assert find_header(junk, 0) is None


def test_fragments_are_found_where_they_start():
    assert find_fragment("x ST*850*0001~", 0, 14).start() == 2
    assert find_fragment("GS*PO*A*B*20260115*1200*7*X*004010~", 0, 35).start() == 0
    assert find_fragment("GS-ab and STS*850*1 and ST*8", 0, 28) is None
    prose = "Sent by GS. Call us. Or write. Or visit. Or fax. Or not. Bye. "
    assert find_fragment(prose, 0, len(prose)) is None


@pytest.mark.parametrize(
    ("fragment", "element", "segment", "component"),
    [
        ("ST*850*0001~BEG*00*SA*1~PO1*1*2*EA>X~SE*4*0001~", "*", "~", ">"),
        ("ST|850|0001\nBEG|00|SA|1\nSE|3|0001\n", "|", "\n", ":"),
        ("ST*850*0001!\r\nBEG*00*SA*1!\r\nSE*3*0001!", "*", "!", ":"),
        ("ST*850*0001", "*", "~", ":"),
    ],
)
def test_separators_of_fragments_are_guessed(fragment, element, segment, component):
    guess = guess_separators(fragment, 0, element)
    assert (guess.segment, guess.component, guess.repetition) == (segment, component, "")


def test_repetition_separator_of_a_newer_fragment():
    fragment = "GS*PO*A*B*20260115*1200*7*X*005010~ST*850*0001~SE*2*0001~"
    assert guess_separators(fragment, 0, "*").repetition == "^"


def test_header_after_junk():
    whole = "From: somebody\nVISA*x\n" + text()
    start, header = find_header(whole, 0)
    assert whole[start:].startswith("ISA*00")
    assert header.isa.offset == start
