from __future__ import annotations

import re
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.x12 import lexer
from edi.x12.findings import Finding
from edi.x12.reader import read
from edi.x12.segments import BrokenSegment
from tests.edi.x12.orders import GS, ISA, ORDER, SEGMENTS, codes, order_of, replaced, segments_of, text
from tests.edi.x12.steps import steps


def the_only(code: str, parsed) -> Finding:
    assert codes(parsed) == [code]
    return parsed.findings[0]


def tags(parsed) -> list[str]:
    return [segment.tag for segment in segments_of(parsed.interchanges[0])]


@pytest.mark.parametrize("line_break", ["", "\n", "\r\n", "\n\n", " \n", "\n\t\t"])
def test_line_breaks_after_terminators(line_break):
    whole = text(line_break=line_break)
    parsed = read(whole)
    assert parsed.findings == []
    assert parsed.skipped == []
    for segment in segments_of(parsed.interchanges[0]):
        assert whole[segment.offset :].startswith(segment.tag + "*")


@pytest.mark.parametrize("terminator", ["\n", "\r\n", "\r"])
def test_line_breaks_as_terminators(terminator):
    parsed = read(text(terminator=terminator, line_break=""))
    assert parsed.findings == []
    assert [segment.get(3) for segment in parsed.sets[0].body if segment.tag == "PO1"] == ["EA", "EA"]


def test_a_line_feed_ends_a_segment_in_a_file_of_crlf():
    parsed = read(text(terminator="\r\n", line_break="").replace("SEK\r\n", "SEK\n"))
    assert parsed.findings == []
    assert parsed.sets[0].body[1].elements == ["BY", "SEK"]


def test_bom_and_blank_lines_around():
    parsed = read("\ufeff\r\n \n" + text() + "\n\n \x1a")
    assert parsed.findings == []
    assert parsed.interchanges[0].start == 5


def test_lower_case_tags():
    finding = the_only("segment-tag-form", read(replaced("PO1*1*", "po1*1*")))
    assert finding.severity == "warning"
    lower = read(text(*(segment.lower() for segment in SEGMENTS)))
    assert tags(lower) == tags(read(text()))
    assert codes(lower).count("segment-tag-form") == 1


def test_trailing_empty_elements_and_blanks_stay():
    parsed = read(replaced("CUR*BY*SEK", "CUR*BY*SEK  **"))
    assert parsed.sets[0].body[1].elements == ["BY", "SEK  ", "", ""]


def test_invisible_characters_between_segments():
    assert the_only("odd-padding", read(replaced("CUR*", "\xa0\xa0\x00\x00CUR*"))).severity == "warning"


def test_empty_segments_are_reported():
    finding = the_only("empty-segment", read(replaced("CUR*BY*SEK~", "CUR*BY*SEK~~")))
    assert finding.offset == text().index("CUR*BY*SEK~") + len("CUR*BY*SEK~")


def test_a_lost_terminator_is_one_fault():
    whole = replaced("SEK~\n", "SEK\n")
    finding = the_only("terminator-missing", read(whole))
    assert (finding.level, finding.severity) == ("segment", "error")
    assert whole[finding.offset - 3 :].startswith("SEK\n")
    assert tags(read(whole)) == tags(read(text()))


def test_a_line_break_inside_data_is_kept_and_reported():
    whole = replaced("A-100", "A-\n100")
    finding = the_only("line-break-in-segment", read(whole))
    assert (finding.segment, whole[finding.offset]) == ("PO1", "\n")
    assert read(whole).sets[0].body[2].get(7) == "A-\n100"


@pytest.mark.parametrize("mark", ["!", "$", "'"])
def test_another_mark_in_place_of_the_terminator_is_one_fault(mark):
    whole = replaced("SEK~\n", f"SEK{mark}\n")
    finding = the_only("terminator-wrong", read(whole))
    assert (finding.severity, finding.value, whole[finding.offset]) == ("error", mark, mark)
    assert tags(read(whole)) == tags(read(text()))
    assert read(whole).sets[0].body[1].elements == ["BY", "SEK"]


def test_several_wrong_terminators_of_one_kind_are_one_fault():
    whole = text()
    for data in ("CUR*BY*SEK", "*VP*A-100"):
        whole = whole.replace(data + "~", data + "$")
    finding = the_only("terminator-wrong", read(whole))
    assert whole.count("$") > 1
    assert f"and {whole.count('$') - 1} more lines end so" in finding.message
    assert tags(read(whole)) == tags(read(text()))


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
@pytest.mark.parametrize("width", [80, 72, 131])
def test_wrapped_lines_are_put_together(width, line_break):
    plain = order_of(3).replace("\n", "")
    whole = line_break.join(plain[at : at + width] for at in range(0, len(plain), width))
    parsed = read(whole)
    finding = the_only("wrapped-lines", parsed)
    assert finding.severity == "warning"
    expected = segments_of(read(plain).interchanges[0])
    found = segments_of(parsed.interchanges[0])
    assert [(s.tag, s.elements) for s in found] == [(s.tag, s.elements) for s in expected]
    assert any(isinstance(segment, BrokenSegment) for segment in found)
    for segment in found:
        for position, value in enumerate(segment.elements, start=1):
            unwrapped = re.sub("[\r\n]", "", whole[segment.element_offset(position) :][: len(value) + 20])
            assert unwrapped.startswith(value)


def test_last_terminator_missing():
    assert the_only("last-terminator-missing", read(text().rstrip("~\n"))).severity == "warning"
    assert codes(read(text(terminator="\n", line_break="").rstrip("\n"))) == []


@pytest.mark.parametrize("between", ["", "\n", "\r\n"])
def test_interchanges_without_a_terminator_between_them(between):
    parsed = read(text().rstrip("~\n") + between + text())
    assert len(parsed.interchanges) == 2
    assert len(parsed.findings) == 1
    assert [len(segments_of(interchange)) for interchange in parsed.interchanges] == [len(SEGMENTS)] * 2


def test_the_number_of_segments_is_bounded(monkeypatch):
    monkeypatch.setattr("edi.x12.reader.MAX_SEGMENTS", 1_000)
    monkeypatch.setattr(lexer, "_CHUNK", 1_000)
    parsed = read(text(ISA, GS, *["N1*ST*X"] * 5_000))
    assert "text-skipped" in codes(parsed)
    assert len(segments_of(parsed.interchanges[0])) < 1_200
    assert parsed.skipped[0].end == len(text(ISA, GS, *["N1*ST*X"] * 5_000))


def test_findings_are_bounded():
    parsed = read(text(ISA, GS, *["ST*850*0001", "SE*9*0001"] * 3_000, "GE*1*7", "IEA*1*000000042"))
    assert len(parsed.findings) == 1_001
    assert "too-many-findings" in codes(parsed)
    assert len(parsed.sets) == 3_000


SCRAPS = st.sampled_from(
    [
        *SEGMENTS,
        *ORDER,
        "~",
        "\n",
        "\r\n",
        "ISA",
        "GS*",
        "ST*850*",
        "SE",
        "IEA*1*",
        "*",
        ">",
        "^",
        "|",
        "\xa0",
        "\ufeff",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(SCRAPS, SCRAPS, st.text(max_size=20)), max_size=40).map("".join))
def test_any_text_is_read_and_nothing_is_lost(whole):
    check_everything_is_accounted_for(whole)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_damaged_interchanges_are_read_and_nothing_is_lost(data):
    whole = text(line_break=data.draw(st.sampled_from(["", "\n", "\r\n"]))) * data.draw(st.integers(1, 2))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(whole)))
        length = data.draw(st.sampled_from([0, 1, 1, 2, 7, 60]))
        whole = (
            whole[:start] + data.draw(st.text("~*>:^\n\r ABCISAGSTE01\xa0\x1dé", max_size=5)) + whole[start + length :]
        )
    check_everything_is_accounted_for(whole)


def check_everything_is_accounted_for(whole: str) -> None:
    """Each character is part of a segment, of something skipped, a separator, or padding between segments."""
    parsed = read(whole)
    padding = set(" \t\r\n\v\f\xa0\ufeff\x00\x1a\u200b")
    spans = [(skipped.start, skipped.end) for skipped in parsed.skipped]
    for finding in parsed.findings:
        if finding.code == "terminator-wrong":
            padding |= set(finding.value)
    for interchange in parsed.interchanges:
        padding |= set(interchange.separators.segment)
        assert 0 <= interchange.start < interchange.end <= len(whole)
        for segment in segments_of(interchange):
            assert interchange.start <= segment.offset < interchange.end
            spans.append((segment.offset, segment.end_offset))
            if not isinstance(segment, BrokenSegment):
                for position, value in enumerate(segment.elements, start=1):
                    assert whole[segment.element_offset(position) :].startswith(value)
    position = 0
    for start, end in sorted(spans):
        assert set(whole[position:start]) <= padding
        position = max(position, end)
    assert set(whole[position:]) <= padding


@pytest.mark.parametrize(
    "pattern",
    [
        "ISA*",
        "~",
        "\n",
        "*",
        "A~",
        "ISA*00*" + "*" * 14 + "~",
        "ST*850*1~IEA~",
        "GS*" * 9,
        "IEA~",
        "\r\nST*",
        "SE*1*1~",
        text(),
    ],
)
def test_work_grows_linearly(pattern):
    def work(size: int) -> int:
        whole = pattern * (size // len(pattern))
        return steps(lambda: read(whole))

    small, large = work(5_000), work(40_000)
    assert large < 8 * small * 1.5 + 500  # eight times the text; quadratic would be 64 times the work


def test_an_order_of_ten_thousand_lines():
    whole = order_of(10_000)
    tracemalloc.start()
    parsed = read(whole)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert parsed.findings == []
    assert len(parsed.sets[0].body) == 40_002
    assert peak < 60 * 1024 * 1024
