"""The viewer: every segment and fault at its place, whatever the text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.viewing import InterchangeView, SegmentRow, position_in, view
from edi.x12.guides import ElementRule, Guide
from tests.edi.interchanges import content, functional, one, written
from tests.edi.x12.steps import steps


def row(shown: InterchangeView, tag: str, number: int = 1) -> SegmentRow:
    return [r for r in shown.rows if r.tag == tag][number - 1]


def test_a_clean_text_is_summed_up() -> None:
    shown = view(one("850", isa=17).decode())
    assert (shown.readable, shown.errors, shown.unplaced, shown.hidden) == (True, 0, (), 0)
    (envelope,) = shown.interchanges
    assert (envelope.sender, envelope.receiver, envelope.control_number) == (
        "ZZ:LEVERANTOR",
        "ZZ:NORDBOD",
        "000000017",
    )
    assert (envelope.date, envelope.usage, envelope.version) == ("2026-05-04 07:30", "production", "00401")
    assert dict(envelope.separators) == {"element": "*", "segment": "~", "component": ">"}
    (tset,) = shown.sets
    assert (tset.set_id, tset.name, tset.business_number, tset.version) == (
        "850",
        "Purchase Order",
        "500001",
        "004010",
    )
    assert shown.rows[tset.row].tag == "ST"


def test_elements_have_names_and_codes_meanings() -> None:
    beg = row(view(one("850").decode()), "BEG")
    assert beg.name == "Beginning Segment for Purchase Order"
    assert [(e.label, e.name, e.value, e.meaning) for e in beg.elements] == [
        ("BEG01", "Transaction Set Purpose Code", "00", "Original"),
        ("BEG02", "Purchase Order Type Code", "SA", "Stand-alone order"),
        ("BEG03", "Purchase Order Number", "500001", ""),
        ("BEG05", "Date", "20260504", "2026-05-04"),
    ]


def test_the_envelopes_are_explained_too() -> None:
    shown = view(one("850").decode())
    isa, gs = row(shown, "ISA"), row(shown, "GS")
    assert {e.label: e.meaning for e in isa.elements}["ISA15"] == "Production"
    assert {e.label: e.meaning for e in gs.elements}["GS01"] == "Purchase order (850)"


def test_amounts_are_shown_with_their_decimals() -> None:
    (total,) = row(view(one("810").decode()), "TDS").elements
    assert (total.value, total.meaning) == ("5600", "56.00")


@pytest.mark.parametrize(("value", "meaning"), [("5", "0.05"), ("-5", "-0.05"), ("-12345", "-123.45"), ("1.5", "")])
def test_an_amount_of_any_size_is_shown(value: str, meaning: str) -> None:
    segments = [["TDS", value] if s[0] == "TDS" else s for s in content("810")]
    (total,) = row(view(written([("810", segments)]).decode()), "TDS").elements
    assert total.meaning == meaning


def test_composites_are_taken_apart() -> None:
    segments = content("860")
    at = next(n for n, s in enumerate(segments) if s[0] == "POC")
    segments[at] = ["POC", "1", "CA", "12", "", ("EA", "", "2"), *segments[at][6:]]
    poc = row(view(written([("860", segments)]).decode()), "POC")
    unit = next(e for e in poc.elements if e.label == "POC05")
    first = unit.components[0]
    assert (first.label, first.value, first.meaning) == ("POC05-1", "EA", "Each")
    assert [c.value for c in unit.components] == ["EA", "", "2"]


def test_loops_are_indented_and_counted() -> None:
    shown = view(one("850").decode())
    lines = [(r.depth, r.tag, r.opens) for r in shown.rows if r.tag in ("ISA", "GS", "ST", "BEG", "N1", "N3", "PO1")]
    assert lines == [
        (0, "ISA", ""),
        (1, "GS", ""),
        (2, "ST", ""),
        (3, "BEG", ""),
        (3, "N1", "N1 1"),
        (4, "N3", ""),
        (3, "PO1", "PO1 1"),
        (3, "PO1", "PO1 2"),
    ]


def test_levels_of_a_ship_notice_nest() -> None:
    shown = view(one("856").decode())
    levels = [(r.depth, r.elements[-1].value, r.opens) for r in shown.rows if r.tag == "HL"]
    depths = [depth for depth, _, _ in levels]
    assert depths == [3, 4, 5]
    assert row(shown, "CTT").depth == 3
    assert row(shown, "LIN").depth == 6


def test_a_fault_stands_at_its_element() -> None:
    shown = view(one("850").decode().replace("BEG*00*SA", "BEG*99*SA"))
    beg = row(shown, "BEG")
    (element,) = (e for e in beg.elements if e.findings)
    assert (element.label, element.has_error, beg.has_error) == ("BEG01", True, True)
    assert shown.errors == 1
    assert not shown.ok
    assert shown.sets[0].errors == 1


def test_a_missing_element_is_shown_with_its_fault() -> None:
    shown = view(one("850").decode().replace("BEG*00*SA*500001", "BEG*00*SA*"))
    beg = row(shown, "BEG")
    missing = next(e for e in beg.elements if e.label == "BEG03")
    assert (missing.value, [f.code for f in missing.findings]) == ("", ["element-missing"])


def test_a_missing_segment_is_told_where_it_should_stand() -> None:
    shown = view(written([("850", [s for s in content("850") if s[0] != "BEG"])]).decode())
    told = [r for r in shown.rows if r.findings]
    assert [f.segment for f in told[0].findings] == ["BEG"]
    assert shown.unplaced == ()


def test_a_guide_is_followed() -> None:
    guide = Guide(name="Test", elements=(ElementRule(path="BEG02", codes=("NE",)),))
    assert view(one("850").decode(), guide=guide).errors == 1


def test_several_sets_are_numbered_through() -> None:
    shown = view((one("850") + written([functional(1), functional(2)], isa=2)).decode())
    assert [(s.number, s.set_id) for s in shown.sets] == [(1, "850"), (2, "997"), (3, "997")]
    assert [shown.rows[s.row].set_number for s in shown.sets] == [1, 2, 3]
    assert {r.set_number for r in shown.rows if r.tag in ("ISA", "GS", "GE", "IEA")} == {0}


def test_a_long_text_is_cut_and_says_so() -> None:
    text = one("850").decode()
    whole = view(text)
    shown = view(text, max_rows=2)
    assert ([r.tag for r in shown.rows], shown.hidden) == (["ISA", "GS"], len(whole.rows) - 2)
    assert shown.sets[0].row == -1
    broken = view(text.replace("BEG*00*SA", "BEG*99*SA"), max_rows=2)
    assert broken.errors == 1
    assert broken.unplaced == broken.findings


def many_elements(size: int) -> str:
    return one("850").decode().replace("BEG*00*SA", "BEG*00*SA" + "*A" * 40 * size)


def many_messages(size: int) -> str:
    message = "UNH+1+ORDERS:D:96A:UN'LIN+1'"
    return "UNB+UNOA:1+A+B+260504:0000+1'" + message * size


@pytest.mark.parametrize("damaged", [many_elements, many_messages])
def test_the_work_grows_with_the_text(damaged: Callable[[int], str]) -> None:
    """A hostile text must not stop the page that shows it."""
    view(damaged(1))
    base, small, large = (steps(partial(view, damaged(size))) for size in (1, 50, 400))
    assert large - base < 8 * 1.3 * (small - base), "eight times the text"


def test_a_fault_counts_in_its_own_message() -> None:
    text = many_messages(3)
    starts = [index for index in range(len(text)) if text.startswith("UNH", index)] + [len(text)]
    shown = view(text)
    found = [sum(first <= f.offset < last for f in shown.findings) for first, last in pairwise(starts)]
    assert [own.errors + own.warnings for own in shown.sets] == found
    assert all(found)


def test_what_is_no_x12_says_so() -> None:
    shown = view("Hello")
    assert (shown.readable, shown.rows, shown.ok) == (False, (), False)
    assert [f.code for f in shown.unplaced] == ["not-x12"]


def test_an_unknown_version_still_shows_its_segments() -> None:
    shown = view(one("850").decode().replace("X*004010", "X*003040"))
    beg = row(shown, "BEG")
    assert (beg.name, [e.value for e in beg.elements]) == ("", ["00", "SA", "500001", "20260504"])


def test_line_and_column_are_those_of_an_editor() -> None:
    assert [position_in("ab\ncd", n) for n in range(6)] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]


BASE = (one("856") + written([functional(1)], isa=2)).decode()


@settings(max_examples=150, deadline=None)
@given(
    cuts=st.lists(st.tuples(st.integers(0, len(BASE)), st.integers(0, 40), st.text(max_size=12)), max_size=5),
)
def test_nothing_is_lost_whatever_the_text(cuts: list[tuple[int, int, str]]) -> None:
    text = BASE
    for at, length, put in cuts:
        text = text[:at] + put + text[at + length :]
    shown = view(text)
    placed = [f for r in shown.rows for f in r.all_findings]
    assert len(placed) + len(shown.unplaced) == len(shown.findings)
    assert {id(f) for f in (*placed, *shown.unplaced)} == {id(f) for f in shown.findings}
    assert all(r.depth >= 0 for r in shown.rows)
