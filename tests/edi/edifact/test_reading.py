"""Reading: service characters, encodings, several interchanges, junk, and what is damaged."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.edifact.reading import decode_by_syntax, looks_like_edifact, read, read_bytes
from edi.edifact.segments import Parsed
from tests.edi.edifact.orders import ORDER, SEGMENTS, UNB, replaced, text


def codes(parsed: Parsed) -> list[str]:
    return [finding.code for finding in parsed.findings]


def test_a_sound_interchange() -> None:
    parsed = read(text())
    assert parsed.findings == []
    (interchange,) = parsed.interchanges
    (message,) = interchange.messages
    assert (interchange.reference, interchange.sender) == ("42", ("7350099123405", "14"))
    assert (message.type, message.release, message.reference) == ("ORDERS", "D96A", "1")
    assert [segment.tag for segment in message.segments] == [row[:3] for row in ORDER]
    for segment, row in zip(message.segments, ORDER, strict=True):
        assert text()[segment.offset :].startswith(row)


@pytest.mark.parametrize("line_break", ["", "\n", "\r\n", " \n   ", "\n\n"])
def test_line_breaks(line_break: str) -> None:
    parsed = read("UNA:+.? '" + line_break + text(line_break=line_break))
    assert parsed.findings == []
    assert parsed.messages[0].body[0].get(2) == "500001"


def test_other_service_characters() -> None:
    whole = "UNA|;,\\ ~" + "".join(row.replace("+", ";").replace(":", "|") + "~" for row in SEGMENTS)
    parsed = read(whole)
    assert parsed.findings == []
    assert parsed.messages[0].body[1].get(1, 2) == "20260504"
    assert parsed.interchanges[0].marks.decimal == ","


def test_the_release_character() -> None:
    parsed = read(replaced("PIA+1+A-1:IN", "PIA+1+A?+1?:??B?':IN"))
    assert parsed.findings == []
    assert parsed.messages[0].body[6].elements == (("1",), ("A+1:?B'", "IN"))


def test_a_release_character_before_a_line_break_ends_the_reading_and_says_so() -> None:
    whole = replaced("PIA+1+A-1:IN'", "PIA+1+A-1:IN?") + text()
    parsed = read(whole)
    assert codes(parsed)[:3] == ["interchange-trailer-missing", "message-trailer-missing", "release-character"]
    assert len(parsed.interchanges) == 2, "the next one is read"
    assert len(parsed.interchanges[1].messages[0].segments) == 15


def test_several_interchanges_and_what_stands_between() -> None:
    other = "UNA:+,? ~" + text(*(row.replace("+42", "+43") for row in SEGMENTS), terminator="~")
    parsed = read("From: edi@partner.example\n" + text() + "-- \nnext\n" + other)
    assert [interchange.reference for interchange in parsed.interchanges] == ["42", "43"]
    assert codes(parsed) == ["skipped", "skipped"]
    assert all(not finding.is_error for finding in parsed.findings)


@pytest.mark.parametrize(
    ("whole", "code"),
    [
        ("", "not-edifact"),
        ("ISA*00*", "not-edifact"),
        ("UNBELIEVABLE", "not-edifact"),
        (text(UNB, "UNZ+0+42"), "no-message"),
        (text(UNB, *ORDER), "interchange-trailer-missing"),
        (text(UNB, *ORDER[:-1], "UNZ+1+42"), "message-trailer-missing"),
        (text(UNB, *ORDER[1:], "UNZ+0+42"), "segment-outside"),
        (text().rstrip("'\n"), "terminator-missing"),
        (replaced("UNT+15+1", "UNT+14+1"), "segment-count"),
        (replaced("UNT+15+1", "UNT+15+2"), "message-reference-mismatch"),
        (replaced("UNZ+1+42", "UNZ+2+42"), "message-count"),
        (replaced("UNZ+1+42", "UNZ+1+43"), "interchange-reference-mismatch"),
        (text(UNB, *ORDER, *ORDER, "UNZ+2+42"), "message-reference-duplicate"),
        (text(UNB, "UNG+ORDERS+A+B+260504:1230+7+UN+D:96A", *ORDER, "UNE+2+7", "UNZ+1+42"), "message-count"),
        (text(UNB, "UNG+ORDERS+A+B+260504:1230+7+UN+D:96A", *ORDER, "UNE+1+8", "UNZ+1+42"), "group-reference-mismatch"),
        (replaced("5790000000012:14", ""), "element-missing"),
    ],
)
def test_one_fault_around_the_documents(whole: str, code: str) -> None:
    assert code in codes(read(whole))[:2]


def test_groups_are_read() -> None:
    whole = text(UNB, "UNG+ORDERS+A+B+260504:1230+7+UN+D:96A", *ORDER, "UNE+1+7", "UNZ+1+42")
    assert codes(read(whole)) == []


@pytest.mark.parametrize(
    ("syntax", "encoding", "finding"),
    [
        ("UNOC", "latin-1", ""),
        ("UNOC", "utf-8", "encoding-contradicted"),
        ("UNOY", "utf-8", ""),
        ("UNOB", "utf-8", ""),
        ("UNOA", "latin-1", "encoding-guessed"),
    ],
)
def test_letters_are_read_as_they_were_written(syntax: str, encoding: str, finding: str) -> None:
    data = replaced("UNB+UNOC", f"UNB+{syntax}").encode(encoding)
    _, parsed = read_bytes(data)
    assert parsed.messages[0].body[2].get(4) == "Blåbär & Örter AB"
    assert codes(parsed) == ([finding] if finding else [])


def test_what_looks_like_edifact() -> None:
    assert looks_like_edifact(b"\xef\xbb\xbfUNA:+.? 'UNB+")
    assert looks_like_edifact(b"\n UNB+UNOA:1")
    assert not looks_like_edifact(b"ISA*00*")
    assert decode_by_syntax(b"\xef\xbb\xbfUNB+UNOC:3").text == "UNB+UNOC:3"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_damage_is_read_and_nothing_is_lost_silently(data: st.DataObject) -> None:
    whole = text()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole)))
        cut = data.draw(st.sampled_from([0, 1, 3, 40]))
        new = data.draw(st.sampled_from(["", "'", "?", "+", ":", "UNB+", "UNZ'", "UNH+1'", "\n", "?\n", "å"]))
        whole = whole[:at] + new + whole[at + cut :]
    parsed = read(whole)
    offsets = [s.offset for i in parsed.interchanges for s in (i.header, *i.loose) if s.elements]
    offsets += [s.offset for m in parsed.messages for s in m.segments]
    assert all(0 <= offset <= len(whole) for offset in offsets)
    if not parsed.findings:
        tags = sum(2 + sum(len(m.segments) for m in i.messages) for i in parsed.interchanges)
        assert tags >= 2


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("UNABHTZ+:'?. \n1å"), max_size=200))
def test_any_text_is_read(whole: str) -> None:
    parsed = read("UNB+" + whole)
    assert parsed.interchanges
