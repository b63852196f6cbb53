"""Writing: counts, references, letters, release characters; and reading it back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydifact.segmentcollection import Interchange

from edi.edifact.reading import read, read_bytes
from edi.edifact.segments import Marks
from edi.edifact.validate import validate
from edi.edifact.writer import Header, InvalidHeader, OutgoingMessage, Seg, write_interchange

AT = dt.datetime(2026, 5, 4, 12, 30, tzinfo=dt.UTC)
BODY: list[Seg] = [
    ["BGM", "220", "500001", "9"],
    ["DTM", ("137", "20260504", "102")],
    ["NAD", "BY", ("7350099123405", "", "9"), "", ("Åre Ö's + ?:", "", "")],
    ["UNS", "S"],
]


def header(**changes: Any) -> Header:
    known = {"sender": "US", "sender_qualifier": "14", "receiver": "THEM", "receiver_qualifier": "ZZZ"}
    return Header(**{**known, **changes})


def written(head: Header, body: list[Seg] = BODY) -> Any:
    message = OutgoingMessage(type="ORDERS", reference="M1", segments=body)
    return write_interchange(head, [message], reference="42", written_at=AT)


def test_an_order_to_the_letter() -> None:
    assert written(header(is_test=True, acknowledgment_requested=True)).text == (
        "UNA:+.? '\n"
        "UNB+UNOC:3+US:14+THEM:ZZZ+260504:1230+42++++1++1'\n"
        "UNH+M1+ORDERS:D:96A:UN'\n"
        "BGM+220+500001+9'\n"
        "DTM+137:20260504:102'\n"
        "NAD+BY+7350099123405::9++Åre Ö?'s ?+ ???:'\n"
        "UNS+S'\n"
        "UNT+6+M1'\n"
        "UNZ+1+42'\n"
    )


def test_it_is_sound_and_swedish_letters_are_latin_1() -> None:
    out = written(header())
    assert validate(out.text).findings == []
    assert b"\xc5re \xd6" in out.data
    assert out.changes == ()
    _, parsed = read_bytes(out.data)
    assert parsed.messages[0].body[2].get(4) == "Åre Ö's + ?:"
    assert parsed.interchanges[0].header.get(9) == ""


def test_another_library_reads_the_same() -> None:
    other = Interchange.from_str(written(header()).text)
    (message,) = other.get_messages()
    assert [segment.tag for segment in message.segments] == [str(row[0]) for row in BODY]
    assert message.segments[2].elements[3] == "Åre Ö's + ?:"


def test_letters_that_the_character_set_lacks_are_replaced_and_reported() -> None:
    out = written(header(syntax="UNOB"))
    assert "Are O?'s" in out.text
    assert out.changes == (("Åre Ö's + ?:", "Are O's + ?:"),)
    capitals = written(header(syntax="UNOA"), [*BODY[:2], ["FTX", "AAI", "", "", "Häng med@nu"], BODY[3]])
    assert "FTX+AAI+++HANG MED(AT)NU'" in capitals.text
    assert "Łódź" in written(header(syntax="UNOY"), [*BODY[:2], ["FTX", "AAI", "", "", "Łódź"], BODY[3]]).text


def test_own_service_characters() -> None:
    marks = Marks(component="|", element=";", decimal=",", release="\\", segment="~")
    out = written(header(marks=marks, una=False))
    assert out.text.startswith("UNA|;,\\ ~")
    assert "Åre Ö's + ?:" in out.text
    assert validate(out.text).findings == []


@pytest.mark.parametrize("changes", [{"sender": ""}, {"receiver": "X" * 36}, {"sender_qualifier": "12345"}])
def test_ends_that_do_not_fit(changes: dict[str, str]) -> None:
    with pytest.raises(InvalidHeader):
        header(**changes)


def test_numbers_that_do_not_fit() -> None:
    message = OutgoingMessage(type="ORDERS", reference="1", segments=BODY)
    for messages, reference in (([message], ""), ([message], "1" * 15), ([], "1"), ([message, message], "1")):
        with pytest.raises(InvalidHeader):
            write_interchange(header(), messages, reference=reference, written_at=AT)


VALUES = st.text(
    st.characters(
        min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=("Cc", "Cf", "Zs"), include_characters=" "
    ),
    max_size=35,
)


@given(st.lists(st.lists(VALUES | st.lists(VALUES, min_size=1, max_size=5).map(tuple), max_size=9), max_size=5))
def test_what_is_written_is_read_back(rows: list[list[Any]]) -> None:
    out = written(header(), [["FTX", *row] for row in rows])
    parsed = read(out.text)
    assert parsed.findings == []
    for row, segment in zip(rows, parsed.messages[0].body, strict=True):
        for place, element in enumerate(row, start=1):
            for number, value in enumerate((element,) if isinstance(element, str) else element, start=1):
                assert segment.get(place, number) == value
